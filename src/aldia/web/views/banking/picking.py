"""What a person ticked and typed to explain a movement by hand, read into plans: one a movement and customer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from aldia.banking.models import AdjustmentReason
from aldia.banking.plans import Line, Plan
from aldia.customers.queries import as_uuid
from aldia.domain.money import MoneyError, minor_text, parse_money
from aldia.receivables.models import Credit, Receivable
from aldia.tenancy.sentences import spoken
from aldia.web.matching_words import DIFFERENCES

MOST_PICKED = 200
NOTE = "note:"
NAMED = frozenset(kind for kind, _label in DIFFERENCES)


@dataclass(slots=True)
class PickedDocument:
    """A document with what was typed beside it. `why` names the difference: a kind, or "note:<credit>".

    `currency` is the movement's: of a document in another one, `owed` is what is paid of it in its own (0: all).
    """

    receivable: Receivable
    currency: str
    notes: Sequence[Credit] = ()
    text: str = ""
    difference_text: str = ""
    why: str = ""
    amount: int = 0
    difference: int = 0
    owed_text: str = ""
    owed: int = 0
    error: str = ""

    @property
    def is_foreign(self) -> bool:
        return self.receivable.currency != self.currency

    @property
    def kind(self) -> str:
        """The kind of the difference, without the entry of its table; "" when a credit note settles it."""
        return "" if self.note else self.why.partition(":")[0]

    @property
    def note(self) -> uuid.UUID | None:
        return as_uuid(self.why.removeprefix(NOTE)) if self.why.startswith(NOTE) else None

    def line(self, amount: int, difference: int) -> Line:
        if self.is_foreign:
            return Line(self.receivable.pk, amount, kind="exchange", owed=self.owed or None)
        if self.note and difference:
            return Line(self.receivable.pk, amount, difference, "credit_note", self.note)
        return Line(self.receivable.pk, amount, difference, self.why if difference else "")


@dataclass(slots=True)
class PickedPayment:
    """A payment that was on the books, and how much of it this movement shows. `room`: what has not arrived yet."""

    credit: Credit
    room: int
    text: str = ""
    amount: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the explanation that can be cut to fill a movement."""

    amount: int
    customer_id: uuid.UUID | None
    document: PickedDocument | None = None
    payment: PickedPayment | None = None
    reason_id: uuid.UUID | None = None


@dataclass(slots=True)
class Basket:
    """Everything chosen. `total` is what the movements still have to be explained; amounts in minor units."""

    currency: str
    decimal: str
    total: int
    documents: list[PickedDocument] = field(default_factory=list)
    payments: list[PickedPayment] = field(default_factory=list)
    rest: uuid.UUID | None = None
    fee_text: str = ""
    reason: AdjustmentReason | None = None
    reason_text: str = ""
    fee: int = 0
    adjustment: int = 0
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def given(self) -> int:
        known = sum(each.amount for each in self.payments) - self.fee
        return sum(each.amount for each in self.documents) + known + self.adjustment

    @property
    def left(self) -> int:
        return self.total - self.given

    @property
    def customer_ids(self) -> list[uuid.UUID]:
        rows = [each.receivable.customer_id for each in self.documents]
        return list(dict.fromkeys([*rows, *(each.credit.customer_id for each in self.payments)]))

    @property
    def is_right(self) -> bool:
        return not self.errors and not any(each.error for each in (*self.documents, *self.payments))

    def amount_of(self, text: str) -> int:
        return parse_money(text, self.currency, decimal=self.decimal).minor

    def shown(self, minor: int) -> str:
        return minor_text(minor, self.currency).replace(".", self.decimal)

    def read(self, data: QueryDict) -> None:
        """What was typed beside each thing chosen; what is wrong stays beside it."""
        for document in self.documents:
            self._read_document(document, data)
        for payment in self.payments:
            payment.text = data.get(f"known-{payment.credit.pk}", "").strip()
            payment.amount, payment.error = self._typed(payment.text)
            if payment.amount > payment.room:
                payment.error = _("Pasa de lo que falta por ver de ese pago.")
        self.fee_text, self.reason_text = (data.get(name, "").strip() for name in ("fee", "adjustment"))
        self.fee, wrong = self._typed(self.fee_text)
        if wrong:
            self.errors["fee"] = wrong
        self.adjustment, wrong = self._typed(self.reason_text)
        if wrong:
            self.errors["adjustment"] = wrong
        self._judge()

    def _read_document(self, document: PickedDocument, data: QueryDict) -> None:
        key = document.receivable.pk
        document.text, document.difference_text, document.why = (
            data.get(f"{name}-{key}", "").strip() for name in ("pay", "diff", "why")
        )
        document.amount, document.error = self._typed(document.text)
        document.difference, wrong = self._typed(document.difference_text)
        document.error = document.error or wrong
        if document.is_foreign:
            self._read_foreign(document, data)
            return
        notes = {f"{NOTE}{each.pk}": each.remaining - each.held for each in document.notes}
        if document.error:
            return
        if document.difference and document.why.partition(":")[0] not in NAMED and document.why not in notes:
            document.error = _("Di qué es la diferencia.")
        elif document.why in notes and document.difference > notes[document.why]:
            document.error = _("A esa nota de crédito no le queda tanto.")
        elif document.amount + document.difference > document.receivable.balance:
            document.error = _("Pasa de lo que se debe.")

    def _read_foreign(self, document: PickedDocument, data: QueryDict) -> None:
        """What is paid of a document in another currency; its difference is the exchange itself."""
        row = document.receivable
        document.owed_text = data.get(f"owed-{row.pk}", "").strip()
        document.difference, document.difference_text, document.why = 0, "", ""
        if not document.owed_text or document.error:
            return
        try:
            document.owed = parse_money(document.owed_text, row.currency, decimal=self.decimal).minor
        except MoneyError as error:
            document.error = spoken(error)
        if document.owed > row.balance:
            document.error = _("Pasa de lo que se debe.")

    def _typed(self, text: str) -> tuple[int, str]:
        if not text:
            return 0, ""
        try:
            return self.amount_of(text), ""
        except MoneyError as error:
            return 0, spoken(error)

    def _judge(self) -> None:
        if self.fee and not any(each.amount for each in self.payments):
            self.errors["fee"] = _("La comisión se descuenta de pagos ya registrados: elige al menos uno.")
        if self.adjustment and self.reason is None:
            self.errors["adjustment"] = _("Elige el motivo del ajuste.")
        if self.given > self.total:
            over = self.shown(self.given - self.total)
            self.errors["total"] = _("Explicaste %(over)s de más: no puede pasar de lo que llegó.") % {"over": over}
        elif not self.given and self.rest is None and self.is_right:
            self.errors["total"] = _("Elige qué explica el movimiento y escribe cuánto.")

    def pieces(self) -> list[Piece]:
        """Everything that explains, in order; the rest goes to the customer chosen for it."""
        found = [
            Piece(each.amount, each.receivable.customer_id, document=each)
            for each in self.documents
            if each.amount or each.difference
        ]
        found += [Piece(each.amount, each.credit.customer_id, payment=each) for each in self.payments if each.amount]
        if self.adjustment and self.reason is not None:
            found.append(Piece(self.adjustment, None, reason_id=self.reason.pk))
        if self.rest is not None and self.left > 0:
            found.append(Piece(self.left, self.rest))
        return found


def spread(pieces: Iterable[Piece], lefts: Sequence[int], fee: int = 0) -> list[list[Piece]]:
    """The pieces cut so that each movement is filled before the next. `fee` is kept of the first movement."""
    bins: list[list[Piece]] = [[] for _left in lefts]
    room = [left + (fee if place == 0 else 0) for place, left in enumerate(lefts)]
    at = 0
    for piece in pieces:
        rest = piece.amount
        while True:
            while at < len(room) - 1 and not room[at]:
                at += 1
            part = min(rest, room[at]) if at < len(room) - 1 else rest
            bins[at].append(replace(piece, amount=part))
            room[at] -= part
            rest -= part
            if not rest:
                break
    return bins


def plans_of(pieces: Sequence[Piece], fee: int = 0, last: frozenset[int] = frozenset()) -> list[Plan]:
    """The plans of one movement: one for each customer whose documents are paid, one for money already on the books.

    What fits in one plan is one: it is then applied, and undone, as a whole. `last` are the places of pieces that
    carry their document's difference (a document paid by several movements bears it once).
    """
    lines: dict[uuid.UUID | None, list[Line]] = {}
    rests: dict[uuid.UUID | None, int] = {}
    for place, piece in enumerate(pieces):
        if piece.document is not None:
            difference = piece.document.difference if place in last else 0
            lines.setdefault(piece.customer_id, []).append(piece.document.line(piece.amount, difference))
        elif piece.payment is None and piece.reason_id is None:
            rests[piece.customer_id] = rests.get(piece.customer_id, 0) + piece.amount
    known = tuple((piece.payment.credit.pk, piece.amount) for piece in pieces if piece.payment is not None)
    owners = {piece.customer_id for piece in pieces if piece.payment is not None}
    adjustments = tuple((piece.reason_id, piece.amount) for piece in pieces if piece.reason_id is not None)
    common = {"known": known, "adjustments": adjustments, "fee": fee}
    customers = list(dict.fromkeys([*lines, *rests]))
    if len(customers) == 1 and owners <= set(customers):
        key = customers[0]
        return [Plan(key, tuple(lines.get(key, ())), left=rests.get(key, 0), **common)]  # type: ignore[arg-type]
    found = [Plan(key, tuple(lines.get(key, ())), left=rests.get(key, 0)) for key in customers]
    if known or adjustments:
        owner = next(iter(owners)) if len(owners) == 1 else None
        found.append(Plan(owner, **common))  # type: ignore[arg-type]
    return found


def last_places(bins: Sequence[Sequence[Piece]]) -> list[frozenset[int]]:
    """For each movement, the places of the pieces with which a document is done with."""
    ends: dict[uuid.UUID, tuple[int, int]] = {}
    for which, pieces in enumerate(bins):
        for place, piece in enumerate(pieces):
            if piece.document is not None:
                ends[piece.document.receivable.pk] = (which, place)
    return [frozenset(place for at, place in ends.values() if at == which) for which in range(len(bins))]
