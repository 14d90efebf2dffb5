"""Credit on the calendar: it stops by the policy or by a person, sales wait, leave lets them pass, money opens it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from aldia.collections.models import CreditHold, HoldOverride
from aldia.collections.operations import credit_policy, disputes, holds, selling
from aldia.collections.operations.holds import HoldError
from aldia.collections.operations.selling import CreditHeld
from aldia.collections.queries import credit
from aldia.collections.queries.credit import CreditStanding
from aldia.customers.models import Customer
from aldia.customers.operations.credit_lines import Terms, add_credit_line
from aldia.domain.credit import Policy, Why
from aldia.domain.money import Money
from aldia.domain.recurrence import Rule
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.issuing.operations import drafting
from aldia.jobs import recurring as jobs
from aldia.receivables.models import CollectionSettings, PuePolicy, Receivable
from aldia.recurring.models import Occurrence
from aldia.recurring.operations import deciding, issuing, turning
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_company
from tests.support import issuer
from tests.support.drafting import drafted, invoice, with_fiscal_profile, with_profile
from tests.support.issuer import RECEIVER
from tests.support.recurring import rent, states
from tests.support.stage import Stage

LIMIT = 100_000_00


@pytest.fixture
def guera(stage: Stage, settings: Any, tmp_path: Path) -> Customer:
    """A customer that may owe 100,000, of a company that can write invoices."""
    settings.DATA_DIR = tmp_path
    stage.company.tax_id = issuer.ISSUER.rfc
    stage.company.save()
    with_profile()
    guera = stage.customer("ABARROTES LA GUERA", "lupita@laguera.example")
    Customer.objects.filter(pk=guera.pk).update(tax_id=RECEIVER.rfc)
    with_fiscal_profile(guera)
    add_credit_line(customer_id=guera.pk, terms=Terms("General", "MXN", LIMIT), actor=stage.owner)
    return guera


def policy(stage: Stage, *, over: bool = True, days: int | None = 15, least: int = 0) -> None:
    row = credit.policy_of()
    credit_policy.save_policy(policy=Policy(over, days, least), version=row.version, actor=stage.owner)


def stands(stage: Stage, customer: Customer) -> CreditStanding:
    return credit.standing(customer.pk, today=stage.today)


def why(stage: Stage, customer: Customer) -> list[Why]:
    return [each.why for each in stands(stage, customer).why]


def submit(stage: Stage, issue: Issue) -> Issue:
    gate = selling.gate(today=stage.today)
    now = stage.at("10:00")
    return drafting.submit(issue_id=issue.pk, version=issue.version, now=now, actor=stage.owner, gate=gate)


def turn(stage: Stage) -> None:
    """A round of the clock with its gates, as `jobs.recurring` makes it."""
    gates = {
        "invoice_gate": selling.gate(today=stage.today), "charge_gate": selling.charge_gate(today=stage.today)
    }  # fmt: skip
    for schedule_id in turning.due_schedules(today=stage.today):
        turning.appear(schedule_id=schedule_id, today=stage.today)
    for each in issuing.waiting():
        issuing.issue(occurrence_id=each, turn=issuing.Turn(stage.today, stage.at("09:00"), **gates))  # type: ignore[arg-type]


def leave(stage: Stage, customer: Customer, amount: int | None = None, days: int = 0) -> HoldOverride:
    return holds.allow(
        customer_id=customer.pk, reason="Lo pidió ventas", until=stage.today + timedelta(days=days), key=uuid.uuid4(),
        amount=None if amount is None else Money(amount, "MXN"), today=stage.today, actor=stage.owner,
    )  # fmt: skip


def test_nothing_stops_until_somebody_says_when(stage: Stage, guera: Customer) -> None:
    stage.owes(guera, 500_000_00, date(2025, 1, 1), issued_on=date(2024, 12, 1))
    found = stands(stage, guera)
    assert (found.is_held, found.why, found.is_over, found.percent) == (False, (), True, 500)
    assert (found.exposure, found.limit, found.available) == (
        Money(500_000_00, "MXN"), Money(LIMIT, "MXN"), Money(-400_000_00, "MXN"),
    )  # fmt: skip


def test_credit_stops_on_the_sixteenth_day_and_opens_the_day_the_money_comes(stage: Stage, guera: Customer) -> None:
    policy(stage)
    row = stage.owes(guera, 10_000_00, date(2026, 3, 10))
    held = []
    while stage.today <= date(2026, 3, 31):
        if stands(stage, guera).is_held:
            held.append(stage.today)
        if stage.today == date(2026, 3, 28):
            stage.pays(row, 10_000_00)
        stage.today += timedelta(days=1)
    assert held == [date(2026, 3, 26), date(2026, 3, 27), date(2026, 3, 28)]


def test_what_is_in_dispute_stops_nothing(stage: Stage, guera: Customer) -> None:
    policy(stage, least=1_000_00)
    row = stage.owes(guera, 10_000_00, date(2026, 2, 1), issued_on=date(2026, 1, 2))
    assert why(stage, guera) == [Why.OVERDUE]
    made = disputes.open_dispute(
        receivable_id=row.pk, reason="amount", amount=9_500_00, key=uuid.uuid4(),
        today=stage.today, actor=stage.owner,
    )  # fmt: skip
    assert why(stage, guera) == []  # 500 are left, less than the policy minds
    disputes.resolve_dispute(dispute_id=made.pk, resolution="Sí se entregó", today=stage.today, actor=stage.owner)
    assert why(stage, guera) == [Why.OVERDUE]


def test_exposure_has_four_parts(stage: Stage, guera: Customer) -> None:
    stage.owes(guera, 40_000_00, date(2026, 4, 1))
    submit(stage, drafted(guera))  # 1,160.00 on its way to a stamp
    rent(stage, guera)  # 12,000.00 that came on the first, and waits: it was missed
    turn(stage)
    spare = stage.owes(guera, 5_000_00, date(2026, 4, 1))
    paid = stage.pays(spare, 5_000_00)
    assert paid.remaining == 0
    (part,) = stands(stage, guera).parts
    assert (part.open, part.unbilled, part.financed, part.in_favour) == (52_000_00, 1_160_00, 0, 0)
    assert stands(stage, guera).exposure.minor == 53_160_00


def test_a_sale_that_passes_the_limit_waits(stage: Stage, guera: Customer) -> None:
    policy(stage)
    stage.owes(guera, LIMIT - 1_160_00, date(2026, 4, 1))
    first, second = drafted(guera), drafted(guera)
    assert submit(stage, first).state == IssueState.QUEUED  # exactly the limit
    with pytest.raises(CreditHeld, match=r"Usa \$101,160.00 de un límite de \$100,000.00") as refused:
        submit(stage, second)
    second.refresh_from_db()
    assert (second.state, second.folio) == (IssueState.DRAFT, "")
    assert refused.value.standing.exposure.minor == LIMIT


@pytest.mark.parametrize(
    ("kind", "fields", "is_stopped"),
    [
        (IssueKind.INVOICE, {}, True),
        (IssueKind.INVOICE, {"method": "PUE", "form": "03"}, False),
        (IssueKind.DEBIT_NOTE, {}, True),
    ],
)
def test_what_counts_as_a_sale_on_credit(
    stage: Stage, guera: Customer, kind: str, fields: dict[str, str], is_stopped: bool
) -> None:
    holds.place(customer_ids=[guera.pk], reason="Cheque devuelto", today=stage.today, actor=stage.owner)
    issue = drafted(guera, invoice(**fields), kind=kind)
    assert selling.is_on_credit(issue) is is_stopped
    if is_stopped:
        with pytest.raises(CreditHeld, match="Cheque devuelto"):
            selling.gate(today=stage.today)(issue)
    else:
        selling.gate(today=stage.today)(issue)


def test_what_is_paid_at_once_is_credit_where_the_house_keeps_it_open(stage: Stage, guera: Customer) -> None:
    issue = drafted(guera, invoice(method="PUE", form="03"))
    CollectionSettings.objects.create(company=stage.company, pue_policy=PuePolicy.OPEN)
    assert selling.is_on_credit(issue)


def test_a_correction_gives_no_new_credit(stage: Stage, guera: Customer) -> None:
    first = submit(stage, drafted(guera))
    again = drafted(guera, replaces_id=first.pk)
    holds.place(customer_ids=[guera.pk], reason="Cheque devuelto", today=stage.today, actor=stage.owner)
    assert not selling.is_on_credit(again)
    assert stands(stage, guera).exposure.minor == 1_160_00


def test_a_charge_note_is_a_sale_on_credit_like_others(stage: Stage, guera: Customer) -> None:
    policy(stage)
    key = uuid.uuid4()
    charge: dict[str, Any] = {
        "customer_id": guera.pk, "key": key, "today": stage.today, "issued_on": stage.today, "due_on": stage.today,
        "concept": "Flete", "actor": stage.owner,
    }  # fmt: skip
    made = selling.open_note(total=Money(LIMIT, "MXN"), **charge)
    assert selling.open_note(total=Money(LIMIT, "MXN"), **charge) == made, "the second click of one sale"
    with pytest.raises(CreditHeld, match="límite"):
        selling.open_note(total=Money(100, "MXN"), **{**charge, "key": uuid.uuid4()})
    assert Receivable.objects.filter(customer=guera).count() == 1


def test_leave_lets_one_sale_pass_and_is_used_up(stage: Stage, guera: Customer) -> None:
    policy(stage)
    stage.owes(guera, LIMIT, date(2026, 4, 1))
    one, two = drafted(guera), drafted(guera)
    leave(stage, guera, one.total)
    submit(stage, one)
    with pytest.raises(CreditHeld):
        submit(stage, two)
    found = stands(stage, guera)
    assert (found.is_held, found.override is not None) == (True, True)
    leave(stage, guera, two.total)
    assert submit(stage, two).state == IssueState.QUEUED


def test_leave_ends_with_its_last_day_or_before(stage: Stage, guera: Customer) -> None:
    holds.place(customer_ids=[guera.pk], reason="Cheque devuelto", today=stage.today, actor=stage.owner)
    row = leave(stage, guera, days=2)
    seen = []
    for _day in range(4):
        seen.append(stands(stage, guera).is_held)
        stage.today += timedelta(days=1)
    assert seen == [False, False, False, True]
    stage.today = date(2026, 3, 3)
    holds.withdraw_leave(override_id=row.pk, today=stage.today, actor=stage.owner)
    assert stands(stage, guera).is_held


def test_a_persons_word_and_its_end(stage: Stage, guera: Customer) -> None:
    other = stage.customer("Otra")
    made = holds.place(
        customer_ids=[guera.pk, other.pk], reason=" Cheque  devuelto ", today=stage.today, actor=stage.owner
    )
    assert len(made) == 2
    again = holds.place(customer_ids=[guera.pk], reason="Otra vez", today=stage.today, actor=stage.owner)
    assert again == []
    assert CreditHold.objects.get(customer=guera).reason == "Cheque devuelto"
    with pytest.raises(HoldError):
        holds.lift(customer_ids=[guera.pk], reason="  ", today=stage.today, actor=stage.owner)
    holds.lift(customer_ids=[guera.pk, other.pk], reason="Repuso el cheque", today=stage.today, actor=stage.owner)
    assert not stands(stage, guera).is_held
    assert [row.lift_reason for row in CreditHold.objects.all()] == ["Repuso el cheque"] * 2
    verbs = AuditEvent.objects.filter(object_id=str(guera.pk)).order_by("seq").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["collections.credit_held", "collections.credit_lifted"]


def test_nobody_gives_credit_to_the_public(stage: Stage) -> None:
    public = stage.customer("Público en general", generic=True, collecting=False)
    with pytest.raises(HoldError):
        holds.place(customer_ids=[public.pk], reason="x", today=stage.today, actor=stage.owner)
    with pytest.raises(HoldError):
        leave(stage, public)


def test_a_recurring_charge_waits_for_a_person_and_goes_on_with_leave(stage: Stage, guera: Customer) -> None:
    row = rent(stage, guera, rule=Rule(days=(2,)), starts_on=date(2026, 3, 2))
    holds.place(customer_ids=[guera.pk], reason="Cheque devuelto", today=stage.today, actor=stage.owner)
    turn(stage)
    waiting = Occurrence.objects.get(schedule=row)
    assert states(row) == {"03-02": "failed"}
    assert waiting.message == "Crédito detenido. Alguien lo detuvo: Cheque devuelto"
    assert not Receivable.objects.exists()
    assert jobs.tell(stage.company, issuing.Turn(stage.today, stage.at("09:00"))) == 1
    leave(stage, guera, 12_000_00)
    deciding.issue_them(occurrence_ids=[waiting.pk], actor=stage.owner)
    turn(stage)
    assert states(row) == {"03-02": "done"}
    assert Receivable.objects.get().total == 12_000_00


def test_a_recurring_date_is_not_counted_twice(stage: Stage, guera: Customer) -> None:
    policy(stage)
    stage.owes(guera, LIMIT - 12_000_00, date(2026, 4, 1))
    row = rent(stage, guera, rule=Rule(days=(2,)), starts_on=date(2026, 3, 2))
    turn(stage)
    assert states(row) == {"03-02": "done"}
    assert stands(stage, guera).exposure.minor == LIMIT


def test_dollars_count_by_the_newest_rate_on_file(stage: Stage, guera: Customer) -> None:
    policy(stage)
    stage.owes(guera, 10_000_00, date(2026, 4, 1), currency="USD")
    before = stands(stage, guera)
    assert (before.exposure.minor, before.missing, before.is_held) == (0, ("USD",), False)
    papers = Papers(stage.company, guera)
    papers.invoice(100, date(2026, 2, 1), currency="USD", exchange_rate="17.00")
    papers.invoice(100, date(2026, 2, 20), currency="USD", exchange_rate="18.50")
    papers.invoice(100, date(2026, 3, 20), currency="USD", exchange_rate="25")  # not yet
    found = stands(stage, guera)
    assert (found.exposure.minor, found.missing, found.is_held) == (185_000_00, (), True)


def test_two_writers_of_the_policy(stage: Stage) -> None:
    policy(stage)
    with pytest.raises(credit_policy.Stale):
        credit_policy.save_policy(policy=Policy(), version=0, actor=stage.owner)
    assert AuditEvent.objects.get(verb="collections.credit_policy_changed").detail["changes"] == {
        "hold_over_limit": [False, True], "hold_overdue_days": [None, 15],
    }  # fmt: skip


def test_many_customers_are_asked_of_in_few_queries(
    stage: Stage, guera: Customer, django_assert_max_num_queries: Any
) -> None:
    policy(stage)
    for number in range(6):
        customer = stage.customer(f"Cliente {number}")
        stage.owes(customer, 1_000_00 * (number + 1), date(2026, 2, 1), issued_on=date(2026, 1, 1))
    with django_assert_max_num_queries(14):
        found = credit.standings(None, today=stage.today)
    assert sum(each.is_held for each in found.values()) == 6
    one = next(iter(found))
    assert found[one] == credit.standing(one, today=stage.today)


def test_another_company_knows_nothing_of_it(stage: Stage, guera: Customer) -> None:
    holds.place(customer_ids=[guera.pk], reason="Cheque devuelto", today=stage.today, actor=stage.owner)
    other = make_company("Otra", "OTR010203AB1")
    with company_scope(other.pk):
        assert credit.standings(None, today=stage.today) == {}
        with pytest.raises(HoldError):
            holds.lift(customer_ids=[guera.pk], reason="x", today=stage.today, actor=None)
