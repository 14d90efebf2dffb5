"""The customers that documents name: found or created before the documents are stored, switched off."""

from __future__ import annotations

from collections.abc import Sequence

from aldia.customers.models import Customer
from aldia.customers.operations.intake import match_or_create
from aldia.documents.models import FiscalDocument, Kind
from aldia.documents.readings import Reading
from aldia.domain import tax_ids
from aldia.domain.fiscal import document
from aldia.domain.fiscal.document import Party
from aldia.tenancy.models import Company, User


def own_tax_id(company: Company) -> str:
    """The company's tax id, spelled as documents spell it."""
    return tax_ids.normalise(company.country, company.tax_id)


def billed_party(source: document.FiscalDocument, own: str) -> Party | None:
    """Whom a document bills: its receiver, where the company (tax id `own`) issued it to somebody else."""
    if source.issuer.tax_id != own or source.receiver.tax_id == own or source.kind == Kind.TRANSFER:
        return None
    return source.receiver


def meet_customers(*, readings: Sequence[Reading], company: Company, actor: User | None) -> None:
    """Create the customers that new documents name, in a transaction of its own: documents then only find them.

    Apart, because a chunk locks the ledger and then the audit chain, and new customers write to the audit chain.
    """
    own = own_tax_id(company)
    billed = [(each.document.key, party) for each in readings if each.document and (party := _party(each, own))]
    known = keys_on_file([key for key, _ in billed])
    parties = {party for key, party in billed if key not in known}
    if parties:
        match_or_create(parties=parties, country=company.country, actor=actor)


def find_customers(*, parties: set[Party], company: Company, actor: User | None) -> dict[Party, Customer]:
    """The customer of each party; they are on file already unless somebody removed them since."""
    return match_or_create(parties=parties, country=company.country, actor=actor) if parties else {}


def keys_on_file(keys: Sequence[str]) -> set[str]:
    """Which of these documents are on file."""
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        rows = FiscalDocument.objects.filter(key__in=keys[start : start + 500])
        found.update(rows.values_list("key", flat=True))
    return found


def _party(reading: Reading, own: str) -> Party | None:
    return billed_party(reading.document, own) if reading.document is not None else None
