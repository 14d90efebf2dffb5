"""Small books for the engine's tests: a few customers, what they owe, and the deposit of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from aldia.domain.matching import (
    BankMovement,
    Decision,
    Document,
    MemoryIndex,
    Party,
    Record,
    Settings,
    Trust,
    decide,
    earn,
)

TODAY = date(2026, 10, 20)
SETTINGS = Settings(fees=(580,))
NORTE, SUR, ESTE = "norte", "sur", "este"
PEOPLE = {
    NORTE: Party(NORTE, "Comercial del Norte, S.A. de C.V.", "CNO010101AB1"),
    SUR: Party(SUR, "Servicios Integrales del Sur, S.C.", "SIS020202CD2"),
    ESTE: Party(ESTE, "Taller Peñón del Este", "TPE030303EF3"),
}


class Everything(Trust):
    """Every class has earned its trust: what is left to say no are the vetoes."""

    def applies(self, class_key: str, amount: int, settings: Settings) -> bool:
        return True


EVERYTHING = Everything()
PROVEN_ONLY = earn({"exact|folio|known|-": Record(400, 0)})


def document(
    key: str, balance: int, customer: str = NORTE, *, folio: str = "", days: int = 40, **more: object
) -> Document:
    """`days` ago issued, due a month later. The key's digits are the folio unless another is given."""
    issued = TODAY - timedelta(days=days)
    plain = Document(
        key=key, customer=customer, currency="MXN", balance=balance, total=balance, issued_on=issued,
        due_on=issued + timedelta(days=30), series="A", folio=folio or "".join(c for c in key if c.isdigit()),
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def books(*documents: Document) -> MemoryIndex:
    index = MemoryIndex(own_accounts=frozenset({"012345678901234567"}), own_tax_ids=frozenset({"PRO010101XX1"}))
    for party in PEOPLE.values():
        index.add_party(party)
    for each in documents:
        index.add_document(each)
    return index


def deposit(amount: int, *, of: str = NORTE, concept: str = "", key: str = "m1", **more: object) -> BankMovement:
    """A transfer with the payer's tax id and name, or of nobody known (`of=""`)."""
    party = PEOPLE.get(of)
    plain = BankMovement(
        key=key, account="banco", booked_on=TODAY, amount=amount, currency="MXN", text=f"SPEI RECIBIDO {concept} {key}",
        concept=concept, payer_name=party.name if party else "", payer_tax_id=party.tax_id if party else "",
        trace_key=f"TRACE{key}", kind="transfer_in",
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def decided(
    index: MemoryIndex, movement: BankMovement, *, trust: Trust = EVERYTHING, settings: Settings = SETTINGS
) -> Decision:
    return decide(movement, index, settings=settings, trust=trust)


def paid(decision: Decision) -> dict[str, int]:
    """What the best hypothesis pays, by document."""
    assert decision.hypothesis is not None
    return {each.document: each.amount for each in decision.hypothesis.allocations}


def vetoed(decision: Decision) -> tuple[str, ...]:
    return decision.hypothesis.vetoes if decision.hypothesis else ()
