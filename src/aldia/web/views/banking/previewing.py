"""What accepting many would do, before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _

from aldia.banking import standing
from aldia.banking.models import BankMovement
from aldia.banking.queries import guided
from aldia.web.access import CompanyRequest
from aldia.web.inbox_words import why_text
from aldia.web.matching_words import FAMILIES
from aldia.web.views.banking.sights import movements_in_sight
from aldia.web.views.receivables.common import sight

MOST = 200  # accepted in one request: each is a transaction of its own


@dataclass(frozen=True, slots=True)
class Would:
    """What accepting the first proposal of a movement would do; `hurdle`: why it should not go with the others."""

    card: guided.Card
    label: str
    why: str
    hurdle: str

    @property
    def choice(self) -> guided.Choice:
        assert self.card.best is not None  # noqa: S101 — only movements with a proposal are asked about
        return self.card.best

    @property
    def is_sure(self) -> bool:
        return not self.hurdle and self.card.movement.certainty >= standing.LIKELY

    @property
    def seen(self) -> str:
        return seen_of(self.card.movement)


@dataclass(slots=True)
class Sum:
    """Of one currency: movements, their money, the documents that they would settle, and what stays in favour."""

    currency: str
    count: int = 0
    amount: int = 0
    documents: int = 0
    differences: int = 0
    left: int = 0


@dataclass(slots=True)
class Preview:
    """What would happen. `nothing` are movements without a usable proposal; `is_cut`: there are more than fit."""

    would: list[Would] = field(default_factory=list)
    nothing: int = 0
    is_cut: bool = False

    @property
    def sums(self) -> list[Sum]:
        found: dict[str, Sum] = {}
        for each in self.would:
            row = each.card.movement
            total = found.setdefault(row.currency, Sum(row.currency))
            total.count += 1
            total.amount += each.card.left
            total.documents += len(each.choice.paid)
            total.differences += each.choice.differences
            total.left += each.choice.left
        return [found[key] for key in sorted(found)]


def seen_of(movement: BankMovement) -> str:
    """What the person saw of a movement: another version is another question."""
    return f"{movement.pk.hex}.{movement.version}.{movement.decision_id.hex if movement.decision_id else ''}"


def preview_of(request: CompanyRequest, ids: Sequence[UUID]) -> Preview:
    """What accepting these would do, in the order of guided reconciliation; two of them never pay the same twice."""
    rows = {row.pk: row for row in guided.queue(movements_in_sight(request)).filter(pk__in=ids[:MOST])}
    ordered = [rows[key] for key in ids if key in rows]
    preview = Preview(is_cut=len(ids) > MOST)
    owed: dict[UUID, int] = {}
    for card in guided.cards_of(ordered, customers=sight(request).customers(), whole=False):
        if card.best is None:
            preview.nothing += 1
            continue
        preview.would.append(_would(card, owed))
    return preview


def _would(card: guided.Card, owed: dict[UUID, int]) -> Would:
    best, row = card.best, card.movement
    assert best is not None  # noqa: S101 — the caller looked
    hurdle = _hurdle(best, owed)
    if not hurdle:
        for each in best.paid:
            left = owed.get(each.receivable.pk, each.receivable.balance)
            owed[each.receivable.pk] = left - each.amount - each.difference
    label = str(FAMILIES.get(best.family.removesuffix("_all"), best.family))
    return Would(card, label, why_text(row.why, row.outcome, row.doubt), hurdle)


def _hurdle(best: guided.Choice, owed: dict[UUID, int]) -> str:
    """Why it should be looked at by itself, given what the ones before it leave (`owed`)."""
    if best.family == "exchange":
        return _("Está en otra moneda: confirma el tipo de cambio.")
    if best.asks:
        return _("Falta decir qué fue la diferencia: ábrelo.")
    if not best.fits:
        return _("Lo que pagaría ya no se debe: ábrelo.")
    for each in best.paid:
        if owed.get(each.receivable.pk, each.receivable.balance) < each.amount + each.difference:
            return _("%(number)s ya lo paga otro de esta lista.") % {"number": each.receivable.number}
    return ""
