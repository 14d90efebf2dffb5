"""Put a plan on the books: the payment it records, what settles its differences, what it recognises, the bank's entry.

Everything is written at one desk, in the transaction of the caller, which holds the customer and the movement. Opening
the desk locks the ledger: what is read after that is current, and is checked again here against the plan.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate, pairwise
from typing import Final

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.banking.models import AdjustmentReason, BankMovement, MatchLine
from aldia.banking.operations.movements import BalanceChanged, MatchError, NotThisCustomer
from aldia.banking.operations.suspecting import refuse_twice
from aldia.banking.plans import Line, Plan, owner_of
from aldia.banking.queries.recognised import recognised
from aldia.domain import ledger
from aldia.domain.money import Money, format_money
from aldia.payments.models import PaymentAttempt
from aldia.receivables.desk import Desk
from aldia.receivables.models import Credit, CreditKind, Receivable
from aldia.receivables.operations.effects import SOURCE as DOCUMENT
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import BANK as SOURCE
from aldia.receivables.operations.presuming import release_presumptions
from aldia.receivables.posting import Subject
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.reading import marks, select_rows
from aldia.tenancy.scope import current_company_id

RULE, NOTE_RULE = "bank", "bank_note"
MONEY: Final = (CreditKind.PAYMENT, CreditKind.ADVANCE)
NOTES: Final = (CreditKind.CREDIT_NOTE, CreditKind.ADVANCE)
METHODS = {"cheque": "cheque", "cash_in": "deposit", "card_settlement": "card"}  # kinds of narrative
# what a difference is called -> the kind of credit that settles it, the account it belongs on, its name for people
DIFFERENCES: Final = {
    "withholding": (CreditKind.WITHHOLDING, "", gettext_lazy("Retención al pagar")),
    "discount": (CreditKind.DISCOUNT, "", gettext_lazy("Descuento por pronto pago")),
    "fee": (CreditKind.ADJUSTMENT, ledger.FEES, gettext_lazy("Comisión que descontó el banco")),
    "commission": (CreditKind.ADJUSTMENT, ledger.FEES, gettext_lazy("Comisión del cobro con tarjeta")),
    "rounding": (CreditKind.ADJUSTMENT, "", gettext_lazy("Redondeo")),
    "exchange": (CreditKind.ADJUSTMENT, ledger.FX, gettext_lazy("Diferencia de tipo de cambio")),
    "adjustment": (CreditKind.ADJUSTMENT, "", gettext_lazy("Ajuste al conciliar")),
    "write_off": (CreditKind.WRITE_OFF, "", gettext_lazy("Incobrable")),
}
NOTE, EXCHANGE = "credit_note", "exchange"


@dataclass(slots=True)
class Booked:
    """What was written: the payment, the lines of the match (not written yet), what undoing must give back."""

    credit: Credit | None = None
    lines: list[MatchLine] = field(default_factory=list)
    before: dict[str, object] = field(default_factory=dict)


class Booking:
    """One plan on its way to the books."""

    def __init__(self, movement: BankMovement, match_id: uuid.UUID, plan: Plan, *, today: date, actor: User | None):
        self.movement, self.match_id, self.plan, self.today = movement, match_id, plan, today
        self.on = min(movement.booked_on, today)
        self.desk = Desk(actor=actor)
        self.booked = Booked()
        self._events: list[ledger.Postings] = []
        self._notes: dict[uuid.UUID, Credit] = {}
        self._released: list[Receivable] = []
        self._actor = actor

    def run(self, *, is_distinct: bool) -> Booked:
        """Check the plan against the books as they are and write it. Raises `MatchError`."""
        rows = self._payable()
        if self.plan.new_money and not is_distinct:
            refuse_twice(self.movement, self.plan, self.on)
        credit = self.booked.credit = self._payment(is_distinct) if self.plan.new_money else None
        for line in self.plan.lines:
            self._pay(line, rows[line.receivable_id], credit)
        if self.plan.left:
            self._line(amount=self.plan.left)
        self._recognise()
        for reason_id, amount in self.plan.adjustments:
            self._adjust(reason_id, amount)
        self._post()
        self.desk.close()
        if self._released:
            apply_documents(keys={row.key for row in self._released}, today=self.today, actor=self._actor)
        return self.booked

    # -- money that is new --------------------------------------------------------------------------------------------

    def _payable(self) -> dict[uuid.UUID, Receivable]:
        """The documents of the plan as they are now; a presumption of what is paid gives way to the money."""
        ids = [line.receivable_id for line in self.plan.lines]
        found = select_rows(Receivable, f"id IN ({marks(ids)})", ids) if ids else []
        rows = {row.id: row for row in found}
        if len(rows) != len(ids):
            raise BalanceChanged(_("Uno de los documentos elegidos ya no está, o aparece dos veces."))
        if any(row.customer_id != self.plan.customer_id for row in found):
            raise NotThisCustomer(_("Uno de los documentos elegidos es de otro cliente."))
        presumed = [row.id for row in found if row.method == "PUE"]
        self._released = release_presumptions(self.desk, presumed, on=self.today) if presumed else []
        return rows | {row.id: row for row in self._released}

    def _payment(self, is_distinct: bool) -> Credit:
        movement = self.movement
        return self.desk.record(
            self._credit(
                CreditKind.PAYMENT, self.plan.new_money, f"{movement.id.hex}:{self.match_id.hex}", self.on,
                method=METHODS.get(movement.kind, "transfer"), is_distinct=is_distinct, note=movement.payer_name[:500],
                reference=(movement.trace_key or movement.bank_reference or movement.concept)[:200],
            )
        )  # fmt: skip

    def _credit(self, kind: str, amount: int, key: str, on: date, **fields: object) -> Credit:
        return Credit(
            id=uuid7(), customer_id=owner_of(self.plan), kind=kind, source=SOURCE, external_key=key,
            currency=self.movement.currency, amount=amount, received_on=on, **fields,
        )  # fmt: skip

    def _pay(self, line: Line, row: Receivable, credit: Credit | None) -> None:
        is_foreign = row.currency != self.movement.currency
        if is_foreign and (line.kind != EXCHANGE or line.difference):
            raise NotThisCustomer(_("%(number)s está en otra moneda.") % {"number": row.number})
        paid = (line.owed or row.balance) if is_foreign else line.amount
        if row.voided_on is not None or not 0 < paid + line.difference <= row.balance:
            values = {"number": row.number, "owed": format_money(row.balance, row.currency)}
            raise BalanceChanged(_("De %(number)s ahora se deben %(owed)s: el reparto ya no cabe.") % values)
        on = max(self.on, row.issued_on)
        if line.amount and credit is not None:
            self.desk.apply(credit, row, amount=paid, credit_amount=line.amount, on=on, rule=RULE)
        settled = self._settle(line, row, on) if line.difference else None
        self._line(
            receivable_id=row.id, amount=line.amount, difference=line.difference, difference_kind=line.kind[:30],
            settled_by=settled, is_note=line.note_id is not None,
        )  # fmt: skip

    # -- what settles a difference --------------------------------------------------------------------------------

    def _settle(self, line: Line, row: Receivable, on: date) -> Credit:
        if line.note_id is not None:
            return self._use_note(line.note_id, line.difference, row, on)
        known = DIFFERENCES.get(line.kind.partition(":")[0])
        if known is None:
            raise MatchError(_("Di por qué de %(number)s no llegó todo.") % {"number": row.number})
        kind, account, label = known
        key = f"{self.match_id.hex}:{len(self.booked.lines)}"
        note = f"{label} · {self.on:%d/%m/%Y} · {row.number}"[:500]
        credit = self.desk.record(self._credit(kind, line.difference, key, on, note=note))
        self.desk.apply(credit, row, amount=line.difference, credit_amount=line.difference, on=on, rule=kind)
        if account:
            money = Money(line.difference, row.currency)
            self._events.append(ledger.reassign(ledger.CREDIT_SOURCES[kind], account, money))
        return credit

    def _use_note(self, note_id: uuid.UUID, amount: int, row: Receivable, on: date) -> Credit:
        """Apply (part of) a credit note; what documents would do with it is a person's word until that is undone."""
        note = self._notes.get(note_id) or self._note(note_id)
        if note.remaining < amount:
            raise BalanceChanged(_("De la nota de crédito ya no queda tanto."))
        on = max(on, note.received_on)
        applied = self.desk.apply(note, row, amount=amount, credit_amount=amount, on=on, rule=NOTE_RULE)
        notes = self.booked.before["notes"]
        assert isinstance(notes, dict)  # noqa: S101
        notes[str(note_id)]["applied"].append(str(applied.id))
        return note

    def _note(self, note_id: uuid.UUID) -> Credit:
        found = select_rows(Credit, "id = %s AND reversed_on IS NULL", [note_id])
        if not found or found[0].kind not in NOTES:
            raise BalanceChanged(_("Esa nota de crédito ya no está."))
        note = self._notes[note_id] = found[0]
        if (note.customer_id, note.currency) != (self.plan.customer_id, self.movement.currency):
            raise NotThisCustomer(_("La nota de crédito es de otro cliente o está en otra moneda."))
        notes = self.booked.before.setdefault("notes", {})
        assert isinstance(notes, dict)  # noqa: S101
        notes[str(note_id)] = {
            "hands_off": note.hands_off, "held": note.held, "review": note.review, "remaining": note.remaining,
            "applied": [],
        }  # fmt: skip
        if note.source == DOCUMENT:
            note.hands_off, note.held, note.review = True, 0, ""
            self.desk.touch(note)
        return note

    # -- money that was on the books ----------------------------------------------------------------------------------

    def _recognise(self) -> None:
        """Credits that the bank shows now: what of each arrived, and what was kept of it on the way."""
        if not self.plan.known:
            return
        ids = [credit_id for credit_id, _amount in self.plan.known]
        rows = {row.id: row for row in select_rows(Credit, f"id IN ({marks(ids)})", ids)}
        if len(rows) != len(ids):
            raise BalanceChanged(_("Uno de los pagos elegidos ya no está, o aparece dos veces."))
        seen = recognised(ids)
        whole: list[uuid.UUID] = []
        for (credit_id, amount), fee in zip(self.plan.known, shares(self.plan), strict=True):
            row, after = rows[credit_id], seen.get(credit_id, 0) + amount
            self._check_known(row, amount, after)
            if after == row.amount:
                whole.append(credit_id)
            kind = "fee" if fee else ""
            self._line(known_id=credit_id, amount=amount - fee, difference=fee, difference_kind=kind)
        told = PaymentAttempt.objects.filter(credit__in=whole).aggregate(fee=Sum("posted_fee"))["fee"] or 0
        if unposted := self.plan.fee - told:
            event = ledger.charge_fee(Money(abs(unposted), self.movement.currency))
            self._events.append(event if unposted > 0 else ledger.reverse(event))

    def _check_known(self, row: Credit, amount: int, after: int) -> None:
        if self.plan.customer_id not in (None, row.customer_id):
            raise NotThisCustomer(_("Uno de los pagos elegidos es de otro cliente."))
        if row.currency != self.movement.currency:
            raise NotThisCustomer(_("Uno de los pagos elegidos está en otra moneda."))
        if row.kind not in MONEY or row.source == SOURCE:
            raise AlreadyAtBank(_("Uno de los abonos elegidos no es dinero que falte por llegar al banco."))
        if row.reversed_on is not None and amount > 0:
            raise BalanceChanged(_("Uno de los pagos elegidos ya se deshizo."))
        if not amount or not 0 <= after <= row.amount:
            values = {"day": f"{row.received_on:%d/%m/%Y}", "amount": self._shown(row.amount)}
            raise AlreadyAtBank(_("El pago del %(day)s por %(amount)s ya se vio en el banco.") % values)

    # -- what has no document, and the bank's own entry -----------------------------------------------------------

    def _adjust(self, reason_id: uuid.UUID, amount: int) -> None:
        reason = AdjustmentReason.objects.select_related("account").filter(pk=reason_id).first()
        if reason is None or reason.retired_at is not None:
            raise MatchError(_("Ese motivo de ajuste ya no se usa. Elige otro."))
        if not amount or reason.direction == ("out" if amount > 0 else "in"):
            raise MatchError(_("«%(reason)s» no es para dinero en ese sentido.") % {"reason": reason.name})
        money = Money(abs(amount), self.movement.currency)
        self._events.append(ledger.adjust_bank(reason.account.role, money, came_in=amount > 0))
        self._line(reason_id=reason_id, amount=amount)

    def _post(self) -> None:
        """One entry for all that the bank shows in this match: its key is how the undo finds it."""
        arrived = self.plan.new_money + sum(amount for _id, amount in self.plan.known) - self.plan.fee
        if arrived:
            event = ledger.deposit(Money(abs(arrived), self.movement.currency))
            self._events.append(event if arrived > 0 else ledger.reverse(event))
        self.desk.book.post(
            kind="bank", key=entry_key(self.match_id), on=self.on, postings=ledger.merge(*self._events),
            subject=Subject(self.plan.customer_id), memo=self.movement.text,
        )  # fmt: skip

    def _line(self, **fields: object) -> None:
        self.booked.lines.append(
            MatchLine(id=uuid7(), company_id=current_company_id(), match_id=self.match_id, **fields)
        )

    def _shown(self, amount: int) -> str:
        return format_money(amount, self.movement.currency)


class AlreadyAtBank(MatchError):
    """A payment on the books that another movement showed already, or that never comes to the bank."""


def entry_key(match_id: uuid.UUID) -> str:
    """The key of the entry that the bank's side of a match posts (`banking.verify` reads it, too)."""
    return f"bank:{match_id.hex}"


def shares(plan: Plan) -> list[int]:
    """What of the fee falls on each known credit: in proportion to what came, to the cent; none on a refund."""
    gross = [max(amount, 0) for _id, amount in plan.known]
    whole = sum(gross)
    if not whole:
        return [0 for _amount in gross]
    upto = [0, *(plan.fee * part // whole for part in accumulate(gross))]
    return [end - start for start, end in pairwise(upto)]
