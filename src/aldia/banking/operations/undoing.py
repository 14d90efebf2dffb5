"""Take an explanation back ("desconciliar"): the books say what they said before it.

The payment and what settled differences are reversed, credit notes are what they were, presumptions come back (the
documents are asked again), the customer's report waits again, and the bank's entry is turned round. What was applied
later with the same money goes with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from aldia.banking.models import BankMovement, Match, MatchHow, MatchLine
from aldia.banking.operations.applying import BY_ITSELF, MatchError, apply_match
from aldia.banking.operations.booking import entry_key
from aldia.banking.operations.judging import judge
from aldia.banking.operations.lessons import withdraw
from aldia.banking.operations.movements import lock_customers, locked_all, write
from aldia.banking.plans import plan_again
from aldia.banking.queries.recognised import matches_of
from aldia.domain import ledger
from aldia.payments.models import ReportedPayment, ReportState
from aldia.payments.operations.settling import local_day
from aldia.receivables.desk import Desk
from aldia.receivables.models import Allocation, Credit, JournalLine, Receivable
from aldia.receivables.operations.effects import SOURCE as DOCUMENT
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import PERSON, live_allocations, reverse_credit
from aldia.receivables.posting import Subject
from aldia.receivables.successors import NET
from aldia.tenancy import audit
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

RULE = "unmatched"
JUDGED = (*BY_ITSELF, MatchHow.ACCEPTED)


def undo_match(*, match_id: uuid.UUID, reason: str, actor: User | None, now: datetime, is_wrong: bool = True) -> Match:
    """Take a match back; the row stays, undone. Done twice, it is done once. Raises `MatchError`.

    `is_wrong`: it counts against its class (not so where the explanation was right and something else changed).
    Taking back the match of a return applies again what the return had taken back, as far as it still holds.
    """
    return undo_many(match_ids=[match_id], reason=reason, actor=actor, now=now, is_wrong=is_wrong)[0]


def undo_many(
    *, match_ids: Iterable[uuid.UUID], reason: str, actor: User | None, now: datetime, is_wrong: bool = True
) -> list[Match]:
    """Take several back, the latest first, all or none. Raises `MatchError`."""
    with transaction():
        matches = hold(list(match_ids))
        for match in matches:
            if match.undone_at is None:
                take_back(match, reason=reason, actor=actor, now=now, is_wrong=is_wrong)
        crashpoint("in_undo")
    crashpoint("after_undo")
    return matches


def undo_payment(
    *, credit_id: uuid.UUID, reason: str, actor: User | None, now: datetime, on: date | None = None
) -> list[Match]:
    """Take a payment off the books, with every explanation of a movement that rests on it. Raises `MatchError`.

    What a bank movement recorded is gone with its match; what somebody recorded by hand is reversed after it,
    `on` a day (the company's of `now`).
    """
    with transaction():
        ids = [match.pk for match in matches_of([credit_id]).get(credit_id, ())]
        matches = undo_many(match_ids=ids, reason=reason, actor=actor, now=now) if ids else []
        if Credit.objects.filter(pk=credit_id, reversed_on__isnull=True).exists():
            reverse_credit(credit_id=credit_id, on=on or local_day(now), reason=reason, actor=actor)
    return matches


def reopen_stale(*, now: datetime) -> list[Match]:
    """Take back explanations by money that is off the books since: a complement was cancelled, a payment undone.

    The movements wait again, and what took the place of that money (the complement that replaces another) is found for
    them. A provider's refund is none of this: what it took back comes off a later payout.
    """
    gone = MatchLine.objects.filter(
        match__undone_at__isnull=True, known__reversed_on__isnull=False, amount__gt=0,
        known__source__in=(PERSON, DOCUMENT),
    )  # fmt: skip
    successors = {f"{NET}{line.known_id.hex}": line.match_id for line in gone if line.known_id is not None}
    resized = Credit.objects.filter(external_key__in=successors).values_list("external_key", flat=True)
    stale = set(successors.values()) - {successors[key] for key in resized}
    reason = _("El pago que lo explicaba ya no está en los libros")
    return [
        undo_match(match_id=match_id, reason=reason, actor=None, now=now, is_wrong=False) for match_id in sorted(stale)
    ]


def hold(match_ids: Collection[uuid.UUID]) -> list[Match]:
    """Matches with everything they touch locked, in the order of locks; the latest first. Raises `MatchError`."""
    rows = Match.objects.filter(pk__in=match_ids).select_related("movement")
    before = list(rows)
    if len(before) != len(set(match_ids)):
        raise MatchError(_("Esa conciliación no existe."))
    again = [uuid.UUID(each) for match in before for each in match.before.get("undone", ())]
    touched = [match.pk for match in before] + again
    owners = Match.objects.filter(pk__in=touched).values_list("customer_id", flat=True)
    known = MatchLine.objects.filter(match__in=touched, known__isnull=False)
    lock_customers({*owners, *known.values_list("known__customer_id", flat=True)})
    ids = {match.movement_id for match in before}
    deposits = {match.movement.reverses_id for match in before if match.movement.reverses_id is not None}
    movements = {row.pk: row for row in locked_all(ids | deposits)}
    found = sorted(rows, key=lambda match: (match.applied_at, match.pk), reverse=True)
    for match in found:
        match.movement = movements[match.movement_id]
        if match.movement.reverses_id is not None:
            match.movement.reverses = movements.get(match.movement.reverses_id)
    return found


def take_back(
    match: Match, *, reason: str, actor: User | None, now: datetime, is_wrong: bool = False, has_bounced: bool = False
) -> list[uuid.UUID]:
    """Undo a live match whose rows are locked. Returns documents that are not to be presumed paid any more.

    `has_bounced`: the bank took the money back. What a person had recorded of it by hand is reversed, too, and what
    it paid at once is known not to be paid.
    """
    movement, today = match.movement, local_day(now)
    undone = _Undoing(match, today, actor)
    bounced = undone.run(reason, has_bounced=has_bounced)
    match.undone_at, match.undone_by, match.undo_reason = now, actor, reason.strip()[:300]
    match.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    movement.explained -= match.amount
    deposit = movement.reverses
    if deposit is not None:
        movement.reverses = None
        _release(match, deposit)
    write(movement)
    detail = {"movement": movement.pk, "amount": match.amount, "currency": movement.currency, "reason": reason.strip()}
    audit.record(actor=actor, verb="banking.unmatched", object_type="match", object_id=match.pk, detail=detail)
    if is_wrong and match.class_key and match.how in JUDGED:
        judge(movement=movement, is_right=False, how="undone", now=now, actor=actor, class_key=match.class_key)
    withdraw(match=match, now=now)
    if deposit is not None:
        _apply_again(match, today, actor, now)
    return bounced


class _Undoing:
    """One match on its way off the books."""

    def __init__(self, match: Match, today: date, actor: User | None) -> None:
        self.match, self.today, self.actor = match, today, actor
        self.desk = Desk(actor=actor)
        self.lines = list(MatchLine.objects.filter(match=match).select_related("settled_by", "known").order_by("id"))
        self.touched: dict[uuid.UUID, Receivable] = {}
        self.keys: set[str] = set()

    def run(self, reason: str, *, has_bounced: bool) -> list[uuid.UUID]:
        settled = [line.settled_by for line in self.lines if line.settled_by is not None and not line.is_note]
        for credit in [self.match.credit, *settled, *(self._by_hand() if has_bounced else ())]:
            if credit is not None:
                self._reverse(credit, reason)
        for was in self.match.before.get("notes", {}).values():
            self._give_note_back(was)
        bounced = self._presume_no_more() if has_bounced else []
        self._post()
        self.desk.close()
        self._let_report_wait()
        self.keys |= {row.key for row in self.touched.values() if row.key}
        if self.keys:
            apply_documents(keys=self.keys, today=self.today, actor=None)
        return bounced

    def _reverse(self, credit: Credit, reason: str) -> None:
        if credit.reversed_on is not None:
            return
        last = self.today
        for row in live_allocations(credit):
            undone = self.desk.unapply(row, on=self.today, rule=RULE)
            self.touched[row.receivable_id] = undone.receivable
            last = max(last, undone.on)
        self.desk.reverse(credit, on=last, reason=reason.strip() or "Se deshizo la conciliación")

    def _by_hand(self) -> list[Credit]:
        """What a person recorded of the money that the bank took back, where all of it was seen in this match."""
        known = [(line.known, line.amount + line.difference) for line in self.lines if line.known is not None]
        return [credit for credit, amount in known if credit.source == PERSON and credit.amount == amount]

    def _give_note_back(self, was: dict[str, Any]) -> None:
        rows = Allocation.objects.filter(pk__in=was["applied"], reversal__isnull=True)
        note: Credit | None = None
        for row in rows.select_related("credit__document", "receivable").order_by("id"):
            undone = self.desk.unapply(row, on=self.today, rule=RULE)
            self.touched[row.receivable_id], note = undone.receivable, undone.credit
        if note is not None and note.remaining == was["remaining"]:  # nobody used it for something else meanwhile
            note.hands_off, note.held, note.review = was["hands_off"], was["held"], was["review"]
            self.desk.touch(note)
        if note is not None and note.document is not None:
            self.keys.add(note.document.key)

    def _presume_no_more(self) -> list[uuid.UUID]:
        rows = [row for row in self.touched.values() if row.method == "PUE" and not row.no_presumption]
        for row in rows:
            row.no_presumption = True
        return [row.id for row in rows]

    def _post(self) -> None:
        """Turn the bank's entry round, to the cent and on the same accounts."""
        rows = JournalLine.objects.filter(entry__key=entry_key(self.match.pk)).select_related("account", "entry")
        lines = list(rows.order_by("id"))
        if not lines:
            return
        postings = tuple(ledger.Posting(row.account.role, row.amount, row.currency) for row in lines)
        self.desk.book.post(
            kind="bank_undone", key=f"un{entry_key(self.match.pk)}", on=max(self.today, lines[0].entry.on),
            postings=ledger.reverse(postings), subject=Subject(self.match.customer_id), memo=lines[0].entry.memo,
        )  # fmt: skip

    def _let_report_wait(self) -> None:
        """What the customer said waits for the bank again, unless somebody decided it otherwise meanwhile."""
        if "report" not in self.match.before or self.match.report_id is None:
            return
        mine = {self.match.credit_id, *(line.known_id for line in self.lines)} - {None}
        report = ReportedPayment.objects.select_for_update().get(pk=self.match.report_id)
        if report.state == ReportState.ACCEPTED and report.credit_id in mine:
            report.state, report.credit, report.decided_on, report.decided_by = ReportState.WAITING, None, None, None
            report.save(update_fields=["state", "credit", "decided_on", "decided_by"])


def _release(match: Match, deposit: BankMovement) -> None:
    """A return that was none: the deposit stands, and what it paid at once may be presumed paid again."""
    deposit.reversal = None
    write(deposit)
    ids = match.before.get("no_presumption", [])
    Receivable.objects.filter(pk__in=ids).update(no_presumption=False)


def _apply_again(match: Match, today: date, actor: User | None, now: datetime) -> None:
    """Apply what the return had taken back, as far as the books still allow it; the rest waits for a decision."""
    ids = [uuid.UUID(each) for each in match.before.get("undone", ())]
    for number, row in enumerate(Match.objects.filter(pk__in=ids).order_by("applied_at", "id")):
        lines = MatchLine.objects.filter(match=row).order_by("id")
        how = MatchHow.MANUAL if actor is not None and row.how in BY_ITSELF else row.how
        try:
            apply_match(
                movement_id=row.movement_id, plan=plan_again(row, lines), how=how, key=f"again:{match.pk.hex}:{number}",
                actor=actor, now=now, report_id=row.report_id, class_key=row.class_key, note=row.note, is_distinct=True,
            )  # fmt: skip
        except MatchError:
            continue
    released = Receivable.objects.filter(pk__in=match.before.get("no_presumption", [])).exclude(key="")
    if keys := list(released.values_list("key", flat=True)):
        apply_documents(keys=keys, today=today, actor=actor)
