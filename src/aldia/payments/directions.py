"""How a customer pays by transfer: its own CLABE or reference, as statements, papers and messages say it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from aldia.domain.ports.payments import AccountKind
from aldia.payments.models import CollectionAccount
from aldia.payments.queries.collecting import accounts_of
from aldia.payments.tokens import payment_settings
from aldia.tenancy.models import Company

CURRENCY = "MXN"  # what a CLABE takes: SPEI moves pesos only


@dataclass(frozen=True, slots=True)
class Directions:
    """Where a customer sends a transfer. `clabe` is its own, or the company's one with the customer's `reference`."""

    clabe: str
    bank: str
    beneficiary: str
    reference: str = ""

    @property
    def said(self) -> str:
        """The CLABE in groups, with its reference where it has one: "012 180 … · Ref. 00000017"."""
        return f"{self.grouped} · Ref. {self.reference}" if self.reference else self.grouped

    @property
    def grouped(self) -> str:
        """The CLABE as people read it aloud: "646 180 110 400 000 001"."""
        return grouped(self.clabe)


def grouped(clabe: str) -> str:
    """Digits in groups of three; what is no CLABE stays as it is."""
    if len(clabe) != 18 or not clabe.isdigit():
        return clabe
    return " ".join(clabe[at : at + 3] for at in range(0, 18, 3))


def directions_of(customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Directions]:
    """Where customers are told to transfer to, by customer; whoever has no account of its own is left out."""
    ids = list(customer_ids)
    parts = (accounts_of(ids[at : at + 500]) for at in range(0, len(ids), 500))
    return {customer_id: _directions(row) for part in parts for customer_id, row in part.items()}


def printed_directions(customer_id: uuid.UUID, company: Company) -> Directions | None:
    """What a paper of this customer says of it; None where it has no account, or the company prints none."""
    if not payment_settings().accounts_in_papers:
        return None
    found = directions_of([customer_id]).get(customer_id)
    if found is None or found.beneficiary:
        return found
    return Directions(found.clabe, found.bank, company.legal_name, found.reference)


def _directions(row: CollectionAccount) -> Directions:
    if row.kind == AccountKind.CLABE:
        return Directions(row.value, row.bank, row.beneficiary)
    settings = row.account.settings
    return Directions(
        str(settings.get("clabe", "")),
        row.bank or str(settings.get("bank", "")),
        row.beneficiary or str(settings.get("beneficiary", "")),
        row.value,
    )
