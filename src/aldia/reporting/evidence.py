"""Making an evidence file ("expediente"): the PDF with every piece inside, and the manifest that names their hashes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.collections.models import EvidenceFile
from aldia.integrations.typesetting.enclosing import Enclosure, set_with_enclosures
from aldia.receivables.posting import CHAIN as LEDGER
from aldia.receivables.queries.statement import statement
from aldia.reporting.evidence_paper import made_words, paper_of
from aldia.reporting.evidence_pieces import Collected, as_json, collect, file_name
from aldia.tenancy import audit
from aldia.tenancy.models import ChainHead, Company

MANIFEST, FORMAT = "indice.json", "aldia-evidencia/1"
MOST_BYTES = 200 * 1024 * 1024


class TooLarge(ValueError):
    """More than fits in one file."""

    def __init__(self) -> None:
        super().__init__(_("Pesa demasiado para un solo archivo: pide un periodo más corto."))


@dataclass(frozen=True, slots=True)
class Made:
    """The PDF, its pieces as the manifest lists them, and the audit chain's last link when it was put together."""

    pdf: bytes
    pieces: list[dict[str, Any]]
    manifest_sha256: str
    audit_head: str


def make(row: EvidenceFile, *, now: datetime) -> Made:
    """Put the file together from what is on record now, in the company's language. Raises `TooLarge`, `CannotSet`."""
    company = Company.objects.get(pk=row.company_id)
    with override(company.locale):
        found = collect(row.customer, company, since=row.since, until=row.until)
        if sum(len(piece.data) for piece in found.pieces) > MOST_BYTES:
            raise TooLarge
        head = audit.anchor()
        index, enclosures = _index(found)
        manifest = as_json(_manifest(row, found, index, head, now))
        proof = {
            "made": made_words(now, found),
            "manifest": hashlib.sha256(manifest).hexdigest(),
            "audit": head,
            "ledger": _ledger_head(),
        }
        account = statement(
            customer_id=row.customer_id, first=row.since or _beginning(found), last=row.until, today=row.until,
            home=company.currency,
        )  # fmt: skip
        enclosed = [Enclosure(MANIFEST, manifest, "application/json", _("Índice de piezas")), *enclosures]
        pdf = set_with_enclosures("evidence", paper_of(found, account, index, proof), enclosed)
    return Made(pdf, index, proof["manifest"], head)


def name_of(row: EvidenceFile) -> str:
    """ "expediente-ALG010203AB2-2026-11-21.pdf"."""
    tax_id = "".join(each for each in row.customer.tax_id if each.isascii() and each.isalnum())
    return "-".join(part for part in ("expediente", tax_id, row.until.isoformat()) if part) + ".pdf"


def _index(found: Collected) -> tuple[list[dict[str, Any]], list[Enclosure]]:
    """The pieces in order; the same bytes lie inside once, whatever number of messages carried them."""
    index: list[dict[str, Any]] = []
    places: dict[str, str] = {}
    enclosures: list[Enclosure] = []
    for place, piece in enumerate(found.pieces, 1):
        digest = piece.sha256
        if digest not in places:
            places[digest] = file_name(place, piece.name)
            enclosures.append(Enclosure(places[digest], piece.data, piece.content_type, piece.title[:200]))
        index.append(
            {
                "n": place, "kind": piece.kind, "title": piece.title, "on": piece.on and piece.on.isoformat(),
                "file": places[digest], "bytes": len(piece.data), "sha256": digest, "source": piece.source,
            }
        )  # fmt: skip
    return index, enclosures


def _manifest(
    row: EvidenceFile, found: Collected, index: list[dict[str, Any]], head: str, now: datetime
) -> dict[str, Any]:
    company, customer = found.company, found.customer
    return {
        "format": FORMAT,
        "id": str(row.pk),
        "company": {"id": str(company.pk), "name": company.legal_name, "tax_id": company.tax_id},
        "customer": {"id": str(customer.pk), "name": customer.legal_name, "tax_id": customer.tax_id},
        "since": row.since,
        "until": row.until,
        "made_at": now.isoformat(),
        "audit_head": head,
        "missing": found.missing,
        "pieces": index,
    }


def _ledger_head() -> str:
    head = ChainHead.objects.filter(name=LEDGER).first()
    return f"{head.seq}:{head.hash}" if head else ""


def _beginning(found: Collected) -> Any:
    days = [row.issued_on for row in found.receivables] + [row.received_on for row in found.credits]
    return min(days, default=found.until)
