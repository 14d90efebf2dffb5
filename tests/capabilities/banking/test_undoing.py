"""Undoing a match: after it, the books say to the last column what they said before; `aldia verify` sees sabotage."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from aldia.banking import verify
from aldia.banking.models import BankMovement, Match, MatchLine
from aldia.banking.operations import undoing
from aldia.banking.operations.adjusting import adjust, save_reason
from aldia.banking.operations.applying import MatchError
from aldia.banking.operations.returning import apply_return
from aldia.banking.operations.undoing import reopen_stale, undo_many, undo_match, undo_payment
from aldia.banking.plans import Line
from aldia.cli.commands.verify import verify as verify_companies
from aldia.domain.money import Money
from aldia.payments.models import ReportedPayment, ReportState
from aldia.payments.operations.reported import report_payment
from aldia.receivables.models import (
    Allocation,
    Credit,
    DiscountRule,
    JournalEntry,
    JournalLine,
    LedgerAccount,
    Receivable,
)
from aldia.receivables.operations.allocating import allocate_credit, reassign_credit, unallocate
from aldia.receivables.operations.charge_rules import DiscountDetails, Whom, save_discount, switch_on
from aldia.receivables.operations.charges import void_receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import PaymentError, reverse_credit
from aldia.receivables.operations.presuming import presume_due
from aldia.receivables.verify import run_checks
from aldia.tenancy.guards import lifted
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_customer
from tests.support.bank_window import TODAY, Window, accounts, at, books, fresh, whole


@pytest.fixture
def window(db: None) -> Iterator[Window]:
    window = Window.open()
    with company_scope(window.company.pk):
        yield window


@pytest.fixture(autouse=True)
def _proven(window: Window) -> Iterator[None]:
    yield
    if not getattr(window, "sabotaged", False):
        assert broken() == set()


def broken() -> set[str]:
    return {check.name for check in [*run_checks(), *verify.run_checks()] if check.violations}


def undo(match: Match, window: Window, **fields: Any) -> Match:
    return undo_match(match_id=match.pk, reason="No era", actor=window.owner, now=at(), **fields)


# -- byte for byte -----------------------------------------------------------------------------------------------------


def plain(window: Window) -> Callable[[], Match]:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    return lambda: window.match(movement, whole(row))


def in_part(window: Window) -> Callable[[], Match]:
    rows, movement = [window.owes(600_00), window.owes(500_00)], window.moved(1_500_00)
    return lambda: window.match(movement, whole(rows[0]), Line(rows[1].pk, 300_00), left=200_00)


def with_differences(window: Window) -> Callable[[], Match]:
    rows, movement = [window.owes(1_000_00) for _ in range(4)], window.moved(3_600_00)
    kinds = ("withholding:iva", "discount", "fee", "exchange")
    lines = [Line(row.pk, 900_00, 100_00, kind) for row, kind in zip(rows, kinds, strict=True)]
    return lambda: window.match(movement, *lines)


def with_a_note(window: Window) -> Callable[[], Match]:
    """A note that names two documents waits for a person, one that names none on file is held."""
    papers = Papers(window.company, window.customer)
    invoice, other = papers.invoice(1_000_00, date(2026, 10, 5)), papers.invoice(50_00, date(2026, 10, 5))
    notes = [papers.note(250_00, date(2026, 10, 9), invoice, other)]
    notes.append(papers.note(70_00, date(2026, 10, 9), str(uuid.uuid4()).upper()))
    apply_documents(keys=[invoice.key, other.key, *(each.key for each in notes)], today=TODAY, actor=None)
    row, movement = Receivable.objects.get(key=invoice.key), window.moved(780_00)
    credits = [Credit.objects.get(document=each) for each in notes]
    assert [(each.review, each.held) for each in credits] == [("names_several", 0), ("not_on_file", 70_00)]
    second = window.owes(70_01)
    lines = (
        Line(row.pk, 779_99, 220_01, "credit_note", credits[0].pk),
        Line(second.pk, 1, 70_00, "credit_note", credits[1].pk),
    )
    return lambda: window.match(movement, *lines)


def with_a_note_by_hand(window: Window) -> Callable[[], Match]:
    """A person had used a part of the note already: it stays in that person's hands."""
    match = with_a_note(window)
    note, row = Credit.objects.get(review="names_several"), window.owes(10_00)
    allocate_credit(credit_id=note.pk, named={row.pk: 10_00}, on=TODAY, actor=None)
    return match


def known(window: Window) -> Callable[[], Match]:
    row = window.owes(1_000_00)
    credits = [window.paid(1_000_00, named={row.pk: 1_000_00}), window.paid(500_00)]
    movement = window.moved(1_470_00)
    parts = tuple((each.pk, each.amount) for each in credits)
    return lambda: window.match(movement, known=parts, fee=30_00)


def mixed(window: Window) -> Callable[[], Match]:
    reason = save_reason(name="Propina", code="403.02", actor=window.owner)
    row, movement, credit = window.owes(500_00), window.moved(790_00), window.paid(200_00)
    return lambda: window.match(
        movement, whole(row), known=((credit.pk, 200_00),), adjustments=((reason.pk, 110_00), (reason.pk, -20_00))
    )


def reported(window: Window) -> Callable[[], Match]:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    said = report_payment(
        customer_id=window.customer.pk, amount=Money(1_000_00, "MXN"), paid_on=TODAY, actor=None, today=TODAY,
        receivable_ids=[row.pk], key=uuid.uuid4(),
    )  # fmt: skip
    return lambda: window.match(movement, whole(row), report_id=said.pk)


def reported_and_known(window: Window) -> Callable[[], Match]:
    credit, movement = window.paid(1_000_00), window.moved(1_000_00)
    said = report_payment(
        customer_id=window.customer.pk, amount=Money(1_000_00, "MXN"), paid_on=TODAY, actor=None, today=TODAY,
        receivable_ids=[], key=uuid.uuid4(),
    )  # fmt: skip
    return lambda: window.match(movement, known=((credit.pk, 1_000_00),), report_id=said.pk)


def presumed(window: Window, paid_on: date = TODAY, *, part: int = 0) -> Callable[[], Match]:
    papers = Papers(window.company, window.customer)
    invoice = papers.invoice(1_000_00, date(2026, 10, 5), method="PUE")
    apply_documents(keys=[invoice.key], today=date(2026, 10, 6), actor=None)
    presume_due(today=TODAY)
    row, movement = Receivable.objects.get(), window.moved(900_00, paid_on)
    assert row.balance == 0
    line = Line(row.pk, part) if part else Line(row.pk, 900_00, 100_00, "withholding")
    return lambda: window.match(movement, line)


def presumed_in_its_month(window: Window) -> Callable[[], Match]:
    return presumed(window, date(2026, 10, 20))


def presumed_and_paid_in_part(window: Window) -> Callable[[], Match]:
    return presumed(window, date(2026, 10, 20), part=300_00)


def foreign(window: Window) -> Callable[[], Match]:
    row, movement = window.owes(100_00, currency="USD"), window.moved(1_830_00)
    return lambda: window.match(movement, Line(row.pk, 1_830_00, kind="exchange"))


def on_top_of_another(window: Window) -> Callable[[], Match]:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    window.match(movement, Line(row.pk, 250_00))
    return lambda: window.match(movement, Line(row.pk, 750_00))


def promised(window: Window) -> Receivable:
    """A company that gives two per cent for paying within ten days."""
    rule = save_discount(whom=Whom("Pronto pago"), details=DiscountDetails(((10, Decimal(2)),)), actor=None)
    on = date(2026, 10, 1)
    switch_on(model=DiscountRule, rule_id=rule.pk, starts_on=on, today=on, actor=None)
    return window.owes(1_000_00, issued_on=TODAY, due_on=TODAY + timedelta(days=30))


def early_as_proposed(window: Window) -> Callable[[], Match]:
    """The discount is settled once, though a rule would give it, too."""
    row, movement = promised(window), window.moved(980_00)
    return lambda: window.match(movement, Line(row.pk, 980_00, 20_00, "discount"))


def early_by_its_rule(window: Window) -> Callable[[], Match]:
    row, movement = promised(window), window.moved(980_00)

    def make() -> Match:
        match = window.match(movement, Line(row.pk, 980_00))
        assert fresh(row).balance == 0
        return match

    return make


CASES = [
    plain, in_part, with_differences, with_a_note, with_a_note_by_hand, known, mixed, reported, reported_and_known,
    presumed, presumed_in_its_month, presumed_and_paid_in_part, early_as_proposed,
    early_by_its_rule, foreign, on_top_of_another,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_undoing_gives_back_every_column(window: Window, case: Callable[[Window], Callable[[], Match]]) -> None:
    make = case(window)
    before = books()
    match = make()
    assert books() != before
    assert broken() == set()
    undo(match, window)
    after = books()
    for part, was in before.items():
        assert after[part] == was, part
    match = fresh(match)
    assert (match.undone_by_id, match.undo_reason, match.undone_at) == (window.owner.pk, "No era", at())
    assert AuditEvent.objects.filter(verb="banking.unmatched", object_id=str(match.pk)).count() == 1


@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_what_was_undone_can_be_matched_and_undone_again(
    window: Window, case: Callable[[Window], Callable[[], Match]]
) -> None:
    make = case(window)
    before = books()
    first = make()
    matched = accounts()
    undo(first, window)
    second = make()
    assert (second.pk != first.pk, accounts()) == (True, matched)
    undo(second, window)
    assert books() == before


def test_undoing_twice_is_undoing_once(window: Window) -> None:
    match = plain(window)()
    undo(match, window)
    after, entries = books(), JournalEntry.objects.count()
    undo(match, window)
    assert (books(), JournalEntry.objects.count()) == (after, entries)
    with pytest.raises(MatchError, match="no existe"):
        undo_match(match_id=uuid.uuid4(), reason="", actor=None, now=at())


def test_several_are_undone_together_or_not_at_all(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    before_all = books()
    rows = [window.owes(100_00) for _ in range(3)]
    movements = [window.moved(100_00) for _ in range(3)]
    before = books()
    pairs = zip(rows, movements, strict=True)
    matches = [window.match(movement, whole(row)) for row, movement in pairs]
    ids = [each.pk for each in matches]
    matched = books()
    with pytest.raises(MatchError):
        undo_many(match_ids=[*ids, uuid.uuid4()], reason="", actor=None, now=at())
    monkeypatch.setattr(undoing, "crashpoint", lambda name: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        undo_many(match_ids=ids, reason="", actor=None, now=at())
    monkeypatch.undo()
    assert books() == matched
    undo_many(match_ids=ids, reason="Al revés", actor=window.owner, now=at())
    assert books() == before != before_all


# -- what happened in between ------------------------------------------------------------------------------------------


def test_what_was_applied_later_with_the_same_money_goes_with_it(window: Window) -> None:
    first, second, movement = window.owes(600_00), window.owes(400_00), window.moved(1_000_00)
    before = books()
    match = window.match(movement, whole(first), left=400_00)
    assert match.credit_id is not None
    allocate_credit(credit_id=match.credit_id, named={second.pk: 400_00}, on=TODAY, actor=None)
    undo(match, window)
    assert books() == before


def test_money_that_a_person_moved_to_another_document_comes_back_from_there(window: Window) -> None:
    first, second, movement = window.owes(600_00), window.owes(600_00), window.moved(600_00)
    before = books()
    match = window.match(movement, whole(first))
    assert match.credit_id is not None
    reassign_credit(credit_id=match.credit_id, named={second.pk: 600_00}, on=TODAY, actor=None)
    undo(match, window)
    assert books() == before


def test_a_difference_that_somebody_took_off_ends_once(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(900_00)
    match = window.match(movement, Line(row.pk, 900_00, 100_00, "fee"))
    allocation = Allocation.objects.get(amount=100_00)
    unallocate(allocation_id=allocation.pk, on=TODAY, actor=None)
    assert fresh(row).balance == 100_00
    undo(match, window)
    assert (fresh(row).balance, accounts()) == (1_000_00, {
        ("income", "MXN"): -1_000_00, ("receivable", "MXN"): 1_000_00
    })  # fmt: skip


def test_a_document_voided_in_between_owes_nothing_after(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    match = window.match(movement, whole(row))
    void_receivable(receivable_id=row.pk, on=TODAY, reason="error", actor=None)
    undo(match, window)
    assert (fresh(row).balance, fresh(movement).state) == (0, "pending")
    assert accounts() == {}


def test_a_note_used_for_something_else_in_between_stays_in_its_hands(window: Window) -> None:
    match = with_a_note(window)()
    note, row = Credit.objects.get(amount=250_00), window.owes(5_00)
    allocate_credit(credit_id=note.pk, named={row.pk: 5_00}, on=TODAY, actor=None)
    undo(match, window)
    note = fresh(note)
    assert (note.remaining, note.hands_off, note.review) == (245_00, True, "")


def test_a_complement_that_documented_the_payment_stands_by_itself_after(window: Window) -> None:
    papers = Papers(window.company, window.customer)
    invoice = papers.invoice(1_000_00, date(2026, 10, 5))
    apply_documents(keys=[invoice.key], today=TODAY, actor=None)
    row = Receivable.objects.get()
    match = window.match(window.moved(1_000_00), whole(row))
    rep = papers.complement(TODAY, 1_000_00, (invoice, 1_000_00))
    apply_documents(keys=[invoice.key, rep.key], today=TODAY, actor=None)
    assert Credit.objects.count() == 1
    undo(match, window)
    live = Credit.objects.get(reversed_on__isnull=True)
    assert (live.source, live.document_id, fresh(row).balance) == ("document", rep.pk, 0)


def test_a_report_decided_otherwise_meanwhile_stays_so(window: Window) -> None:
    match = reported(window)()
    ReportedPayment.objects.update(state=ReportState.REJECTED, credit=None)
    window.sabotaged = True  # type: ignore[attr-defined]  # a live match of a rejected report is seen by verify
    assert broken() == {"report_of_a_match_is_accepted"}
    undo(match, window)
    assert ReportedPayment.objects.get().state == ReportState.REJECTED
    assert broken() == set()


def test_a_part_stays_when_another_is_undone(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    first = window.match(movement, Line(row.pk, 250_00))
    window.match(movement, Line(row.pk, 750_00))
    undo(first, window)
    assert (fresh(movement).state, fresh(movement).explained, fresh(row).balance) == ("partial", 750_00, 250_00)


# -- payments taken off the books --------------------------------------------------------------------------------------


def test_a_payment_of_the_bank_is_undone_at_its_movement(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    before = books()
    match = window.match(movement, whole(row))
    assert match.credit_id is not None
    with pytest.raises(PaymentError, match="se deshace desde su movimiento"):
        reverse_credit(credit_id=match.credit_id, on=TODAY, reason="x", actor=None)
    assert [each.pk for each in undo_payment(credit_id=match.credit_id, reason="x", actor=None, now=at())] == [match.pk]
    assert books() == before


def test_a_payment_by_hand_that_the_bank_showed_leaves_its_movement_to_explain(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    before = books()
    credit = window.paid(1_000_00, named={row.pk: 1_000_00})
    window.match(movement, known=((credit.pk, 1_000_00),))
    undo_payment(credit_id=credit.pk, reason="Se capturó mal", actor=window.owner, now=at())
    assert books() == before
    assert undo_payment(credit_id=credit.pk, reason="otra vez", actor=window.owner, now=at()) == []


def test_what_a_cancelled_complement_explained_waits_again(window: Window) -> None:
    """And the complement that takes its place is there to be recognised."""
    papers = Papers(window.company, window.customer)
    invoice = papers.invoice(1_000_00, date(2026, 10, 5))
    rep = papers.complement(TODAY, 1_000_00, (invoice, 1_000_00))
    apply_documents(keys=[invoice.key, rep.key], today=TODAY, actor=None)
    credit, movement, hand = Credit.objects.get(), window.moved(1_000_00), window.paid(70_00)
    match = window.match(movement, known=((credit.pk, 1_000_00),), class_key="known|key", how="auto", actor=None)
    other = window.match(window.moved(70_00), known=((hand.pk, 70_00),))
    assert reopen_stale(now=at()) == []
    rep.cancelled_on, rep.status = TODAY, "cancelled"
    rep.save()
    again = papers.complement(TODAY, 1_000_00, (invoice, 1_000_00))
    apply_documents(keys=[invoice.key, rep.key, again.key], today=TODAY, actor=None)
    assert [each.pk for each in reopen_stale(now=at())] == [match.pk]
    assert (fresh(movement).state, fresh(other).undone_at, reopen_stale(now=at())) == ("pending", None, [])
    assert fresh(match).undo_reason == "El pago que lo explicaba ya no está en los libros"
    replaced = Credit.objects.get(document=again)
    window.match(movement, known=((replaced.pk, 1_000_00),), how="auto", actor=None)
    assert ("clearing", "MXN") not in accounts()


# -- aldia verify ------------------------------------------------------------------------------------------------------


@pytest.fixture
def story(window: Window) -> Window:
    """Something of everything that is proved: matches that live, that are undone, a return, a report, an adjustment."""
    reported(window)()
    known(window)()
    undo(plain(window)(), window)
    reason = save_reason(name="Intereses", code="702.50", actor=None)
    interest = window.moved(3_00)
    adjust(movement_id=interest.pk, reason_id=reason.pk, actor=None, now=at(), key="a")
    row, deposit, back = window.owes(70_00), window.moved(70_00), window.moved(-70_00)
    window.match(deposit, whole(row))
    apply_return(movement_id=back.pk, undoes_id=deposit.pk, how="return", key="r", actor=None, now=at())
    settled, lacking = window.owes(100_00), window.moved(90_00)
    window.match(lacking, Line(settled.pk, 90_00, 10_00, "fee"))
    assert broken() == set()
    window.sabotaged = True  # type: ignore[attr-defined]
    return window


def live() -> Match:
    return Match.objects.filter(credit__isnull=False, undone_at__isnull=True, lines__settled_by__isnull=True).get()


def explained_changed() -> None:
    BankMovement.objects.filter(matches=live()).update(explained=1, state="partial")


def state_changed() -> None:
    BankMovement.objects.filter(matches=live()).update(state="archived")


def deposit_forgot_its_return() -> None:
    BankMovement.objects.filter(reversal__isnull=False).update(reversal=None, state="pending")


def line_gone() -> None:
    MatchLine.objects.filter(match=live()).delete()


def line_changed() -> None:
    MatchLine.objects.filter(match=live()).update(amount=1)


def bank_entry_renamed() -> None:
    JournalEntry.objects.filter(key=f"bank:{live().pk.hex}").update(key="otra")


def undone_entry_renamed() -> None:
    undone = Match.objects.get(undone_by__isnull=False)
    JournalEntry.objects.filter(key=f"unbank:{undone.pk.hex}").update(key="otra")


def match_came_alive() -> None:
    Match.objects.filter(undone_by__isnull=False).update(undone_at=None)


def bank_line_moved() -> None:
    clearing = LedgerAccount.objects.get(role="clearing")
    entry = JournalEntry.objects.get(key=f"bank:{live().pk.hex}")
    JournalLine.objects.filter(entry=entry, account__role="bank").update(account=clearing)


def payment_taken_off() -> None:
    Credit.objects.filter(pk=live().credit_id).update(reversed_on=TODAY, remaining=0)


def payment_without_match() -> None:
    Match.objects.filter(pk=live().pk).update(credit=None)


def seen_twice() -> None:
    credit = MatchLine.objects.filter(known__isnull=False).order_by("amount")[0].known
    MatchLine.objects.filter(known__isnull=False).update(known=credit)


def another_customers() -> None:
    other = make_customer(live().company, "Otra", "OTR010203AB3")
    Match.objects.filter(pk=live().pk).update(customer=other)


def report_waits() -> None:
    ReportedPayment.objects.update(state=ReportState.WAITING)


def difference_changed() -> None:
    MatchLine.objects.filter(settled_by__isnull=False).update(difference=1)


def difference_lives_on() -> None:
    Match.objects.filter(lines__settled_by__isnull=False).update(undone_at=at())


def another_currency() -> None:
    Credit.objects.filter(pk=live().credit_id).update(currency="USD")


def known_in_another_currency() -> None:
    Credit.objects.filter(bank_lines__isnull=False).update(currency="USD")


SABOTAGE: dict[str, list[Callable[[], None]]] = {
    "movement_explained_is_sum_of_its_matches": [explained_changed, match_came_alive],
    "movement_state_is_what_its_facts_give": [state_changed],
    "return_and_deposit_name_each_other": [deposit_forgot_its_return],
    "match_is_sum_of_its_lines": [line_changed],
    "match_without_lines_is_a_return": [line_gone],
    "match_has_its_entry_at_the_bank": [bank_entry_renamed, bank_line_moved],
    "undone_match_has_its_entry_turned_round": [match_came_alive, undone_entry_renamed],
    "bank_account_is_sum_of_what_is_explained": [bank_line_moved, explained_changed],
    "payment_of_a_match_lives_as_long_as_it": [payment_taken_off, match_came_alive, line_changed],
    "bank_money_on_the_books_has_its_match": [payment_without_match],
    "no_money_is_seen_twice_at_the_bank": [seen_twice],
    "lines_are_of_the_customer_of_their_match": [another_customers],
    "difference_is_what_settled_it": [difference_changed, difference_lives_on],
    "match_is_in_the_currency_of_its_movement": [another_currency, known_in_another_currency],
    "report_of_a_match_is_accepted": [report_waits],
}


@pytest.mark.parametrize(
    ("check", "deed"),
    [(check, deed) for check, deeds in SABOTAGE.items() for deed in deeds],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_check_sees_what_it_proves_broken(story: Window, check: str, deed: Callable[[], None]) -> None:
    with lifted(apps, connection):
        deed()
    assert check in broken()


def test_every_check_is_sabotaged() -> None:
    assert {check.name for check in verify.CHECKS} == SABOTAGE.keys()


def test_the_command_runs_these_checks(story: Window) -> None:
    found = {row["name"]: row for row in verify_companies([story.company])}
    assert found.keys() >= SABOTAGE.keys()
    assert all(not row["violations"] for row in found.values())
    assert found["match_has_its_entry_at_the_bank"]["rows"] == Match.objects.count()


def test_days_pass_between_the_match_and_its_undoing(window: Window) -> None:
    """What was true on a past day stays so: the reversal is of the day it happened."""
    row, movement = window.owes(1_000_00), window.moved(1_000_00, TODAY - timedelta(days=9))
    match = window.match(movement, whole(row), now=at(TODAY - timedelta(days=8)))
    undo(match, window)
    assert list(Allocation.objects.order_by("id").values_list("amount", "on")) == [
        (1_000_00, TODAY - timedelta(days=9)), (-1_000_00, TODAY)
    ]  # fmt: skip
    assert Credit.objects.get().reversed_on == TODAY
