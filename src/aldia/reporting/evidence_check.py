"""Verifying an evidence file: from its own bytes alone, and against what the company has on record."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from aldia.collections.models import EvidenceFile
from aldia.collections.operations.evidence import MADE
from aldia.integrations.typesetting.enclosing import CannotRead, enclosures_in, seal_holds, text_in
from aldia.receivables.models import JournalEntry
from aldia.reporting.evidence import FORMAT, MANIFEST
from aldia.reporting.evidence_pieces import bytes_on_record
from aldia.tenancy.chains import digest
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import current_company_id
from aldia.tenancy.verify import audit_anchor

Problems = Iterator[str]
_OF_A_PIECE = ("file", "n", "kind", "title", "bytes", "sha256")


@dataclass(frozen=True, slots=True)
class Check:
    """`rows` looked at, `problems` found: a sentence each."""

    name: str
    rows: int
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class Opened:
    """A file that could be read: its manifest and what lies inside."""

    pdf: bytes
    manifest: dict[str, Any]
    inside: dict[str, bytes] = field(default_factory=dict)

    @property
    def pieces(self) -> list[dict[str, Any]]:
        return list(self.manifest["pieces"])

    def facts(self, kind: str) -> list[dict[str, Any]]:
        """The rows of a piece that is JSON of the house; none of one that is JSON no more."""
        files = {each["file"] for each in self.pieces if each["kind"] == kind}
        found: list[dict[str, Any]] = []
        for name in sorted(files & self.inside.keys()):
            with suppress(ValueError):
                rows = json.loads(self.inside[name])
                found += [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return found


class NotEvidence(ValueError):
    """Not an evidence file, or one too damaged to be opened; the sentence is for the person."""


def opened(pdf: bytes) -> Opened:
    """Open a file. Raises `NotEvidence`."""
    try:
        inside = enclosures_in(pdf)
    except CannotRead as error:
        raise NotEvidence(_("No es un PDF, o está tan dañado que no se puede abrir.")) from error
    try:
        manifest = json.loads(inside[MANIFEST])
        pieces = [tuple(each[name] for name in _OF_A_PIECE) for each in manifest["pieces"]]
        named = [manifest["company"]["id"], manifest["company"]["name"], manifest["customer"]["name"]]
    except (KeyError, TypeError, ValueError) as error:
        raise NotEvidence(_("Este PDF no trae el índice de un expediente.")) from error
    is_ours = manifest.get("format") == FORMAT
    if not is_ours or not all(isinstance(each, str) for each in [*named, *(piece[0] for piece in pieces)]):
        raise NotEvidence(_("Este expediente es de una versión que aquí no se conoce."))
    return Opened(pdf, manifest, inside)


def verify_alone(file: Opened) -> list[Check]:
    """What the file proves by itself."""
    return [
        Check("file_seal", 1, tuple(_seal(file))),
        Check("pieces", len(file.pieces), tuple(_pieces(file))),
        Check("printed_index", len(file.pieces) + 1, tuple(_printed(file))),
        _links("ledger_extract", file, "ledger"),
        _links("audit_extract", file, "audit"),
    ]


def verify_on_record(file: Opened) -> list[Check]:
    """What the company in scope says of it."""
    head = str(file.manifest.get("audit_head", ""))
    sources = [each for each in file.pieces if each.get("source")]
    return [
        Check("on_record", 1, tuple(_on_record(file))),
        Check("audit_head", 1, () if not audit_anchor(noted=head).violations else (_moved(),)),
        Check("sources", len(sources), tuple(_sources(sources))),
        _stands("ledger_on_record", file, "ledger", _entry_stands),
        _stands("audit_on_record", file, "audit", _event_stands),
    ]


def _seal(file: Opened) -> Problems:
    holds = seal_holds(file.pdf)
    if holds is None:
        yield _("No trae sello: alguien lo guardó de nuevo con otro programa.")
    elif not holds:
        yield _("El archivo no es, byte por byte, el que se hizo.")


def _pieces(file: Opened) -> Problems:
    for each in file.pieces:
        data = file.inside.get(each["file"])
        if data is None:
            yield _("Falta la pieza %(n)s (%(file)s).") % each
        elif hashlib.sha256(data).hexdigest() != each["sha256"] or len(data) != each["bytes"]:
            yield _("La pieza %(n)s (%(file)s) no es la del índice.") % each
    for name in sorted(file.inside.keys() - {each["file"] for each in file.pieces} - {MANIFEST}):
        yield _("Trae una pieza que no está en el índice: %(file)s.") % {"file": name}


def _printed(file: Opened) -> Problems:
    """What can be read on paper is what lies inside."""
    try:
        text = text_in(file.pdf)
    except CannotRead:
        yield _("Sus páginas no se pueden leer.")
        return
    if hashlib.sha256(file.inside[MANIFEST]).hexdigest() not in text:
        yield _("La huella impresa del índice no es la de su índice.")
    for each in file.pieces:
        if str(each["sha256"]) not in text:
            yield _("La huella de la pieza %(n)s no es la impresa.") % each


def _links(name: str, file: Opened, kind: str) -> Check:
    """Take anew the hash of each link that goes with all that it covers."""
    whole = [row for row in file.facts(kind) if isinstance(row.get("body"), dict)]
    wrong = [row for row in whole if digest(prev_hash=str(row.get("prev_hash")), body=row["body"]) != row.get("hash")]
    seqs = [_("El renglón %(seq)s no da su huella.") % {"seq": row["body"].get("seq")} for row in wrong]
    return Check(name, len(whole), tuple(seqs))


def _on_record(file: Opened) -> Problems:
    row = EvidenceFile.objects.filter(pk=_uuid(file.manifest.get("id"))).first()
    sha256 = hashlib.sha256(file.pdf).hexdigest()
    if str(current_company_id()) != file.manifest["company"]["id"] or row is None:
        yield _("Esta empresa no tiene registrado ese expediente.")
        return
    if row.sha256 != sha256:
        yield _("La empresa registró otro archivo con ese número (SHA-256 %(sha)s).") % {"sha": row.sha256}
    if row.pieces != file.pieces:
        yield _("El índice no es el que la empresa registró.")
    event = AuditEvent.objects.filter(object_type="evidence", object_id=str(row.pk), verb=MADE).first()
    if event is None or event.detail.get("sha256") != sha256:
        yield _("La bitácora no dice que se haya hecho este archivo.")


def _moved() -> str:
    return _("La bitácora ya no pasa por el eslabón que anotó el expediente.")


def _sources(pieces: list[dict[str, Any]]) -> Problems:
    for each in pieces:
        data = bytes_on_record(each["source"]) if _is_source(each["source"]) else None
        if data is None:
            yield _("La pieza %(n)s (%(title)s) ya no está en los registros.") % each
        elif hashlib.sha256(data).hexdigest() != each["sha256"]:
            yield _("La pieza %(n)s (%(title)s) no es la de los registros.") % each


def _stands(name: str, file: Opened, kind: str, stands: Callable[[int, str], bool]) -> Check:
    rows = file.facts(kind)
    bodies = [row["body"] if isinstance(row.get("body"), dict) else row for row in rows]
    links = [(body.get("seq"), str(row.get("hash"))) for row, body in zip(rows, bodies, strict=True)]
    wrong = [seq for seq, link in links if not (isinstance(seq, int) and stands(seq, link))]
    return Check(name, len(links), tuple(_("El renglón %(seq)s no es el registrado.") % {"seq": seq} for seq in wrong))


def _entry_stands(seq: int, link: str) -> bool:
    return JournalEntry.objects.filter(seq=seq, hash=link).exists()


def _event_stands(seq: int, link: str) -> bool:
    return AuditEvent.objects.filter(seq=seq, hash=link).exists()


def _is_source(text: Any) -> bool:
    return isinstance(text, str) and _uuid(text.partition(":")[2]) is not None


def _uuid(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
