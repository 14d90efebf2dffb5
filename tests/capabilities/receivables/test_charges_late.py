"""Late fees by date: what a rule charges, what it spares, and how all of it is taken back."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from aldia.customers.models import Customer, Portfolio
from aldia.domain.charges.plans import Part
from aldia.domain.money import Money
from aldia.receivables.charge_models import ChargeScope, FeeEnd
from aldia.receivables.models import ChargeRun, Credit, LateFee, LateFeeRule, Receivable
from aldia.receivables.operations import late_fees
from aldia.receivables.operations.charge_rules import (
    LateDetails,
    RuleRefused,
    Whom,
    delete_draft,
    next_version,
    save_late_rule,
    switch_off,
    switch_on,
)
from aldia.receivables.operations.charges import change_due_dates, open_charge, pause, void_receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.receivables.operations.plans import accept_plan, cancel_plan
from aldia.receivables.queries.late_fees import Simulated, differences, rule_words, simulate
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import AuditEvent, Company
from tests.cast import Papers, make_customer

DUE = date(2026, 9, 30)
NOVEMBER_1 = date(2026, 11, 1)
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
THREE = LateDetails(rate=Decimal(3))


def rule(details: LateDetails = THREE, *, on: date | None = date(2026, 9, 1), **whom: Any) -> LateFeeRule:
    row = save_late_rule(whom=Whom("Recargos", **whom), details=details, actor=None)
    if on is None:
        return row
    return switch_on(model=LateFeeRule, rule_id=row.pk, starts_on=on, today=on, actor=None)


def owes(customer: Customer, total: int = 10_000_00, due_on: date = DUE, currency: str = "MXN") -> Receivable:
    return open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(total, currency), issued_on=date(2026, 8, 31),
        due_on=due_on, concept="Flete", key=uuid.uuid4(), actor=None,
    )  # fmt: skip


def pays(row: Receivable, amount: int, on: date) -> Credit:
    return record_payment(
        customer_id=row.customer_id, amount=Money(amount, row.currency), received_on=on, key=uuid.uuid4().hex,
        actor=None, today=date(2027, 1, 1), policy="", named={row.pk: amount}, is_distinct=True,
    )  # fmt: skip


def fees() -> list[tuple[str, int, date]]:
    rows = Receivable.objects.filter(kind="late_fee", voided_on__isnull=True).order_by("issued_on", "number")
    return [(row.number, row.total, row.issued_on) for row in rows]


def assert_clean() -> None:
    assert [check for check in run_checks() if check.violations] == []


def october(row: LateFeeRule, **more: Any) -> Simulated:
    return simulate(
        rule=row, first=OCTOBER[0], last=OCTOBER[1], today=NOVEMBER_1, disputed=late_fees.nobody_disputes, **more
    )


# What is charged


def test_a_month_that_closed_is_charged_once(customer: Customer) -> None:
    late = owes(customer)
    owes(customer, due_on=date(2026, 11, 30))
    made = rule()
    ran = late_fees.run_due(today=NOVEMBER_1)
    assert (len(ran.runs), ran.fees) == (2, 1)  # September had nothing late
    fee = LateFee.objects.get()
    assert (fee.interest, fee.tax, fee.days, fee.receivable_id, fee.rule_id) == (310_00, 0, 31, late.pk, made.pk)
    assert fee.fee.raises_id == late.pk
    assert fee.fee.due_on == date(2026, 11, 11)
    assert "31 días sobre $10,000.00" in fee.words
    assert fees() == [("RE-1", 310_00, NOVEMBER_1)]
    for _again in range(2):
        assert late_fees.run_due(today=NOVEMBER_1).runs == ()
    assert late_fees.run_due(today=date(2026, 11, 30)).runs == ()
    assert late_fees.run_due(today=date(2026, 12, 1)).fees == 1
    assert fees()[1][1] == 300_00  # on the debt, not on the fee
    assert_clean()


def test_months_that_a_stopped_job_missed_are_made_good(customer: Customer) -> None:
    owes(customer)
    rule()
    ran = late_fees.run_due(today=date(2027, 1, 5))
    assert [fee.interest for fee in LateFee.objects.order_by("period_start")] == [310_00, 300_00, 310_00]
    assert len(ran.runs) == 4
    assert [number for number, _total, _on in fees()] == ["RE-1", "RE-2", "RE-3"]
    assert_clean()


def test_a_payment_lowers_the_base_from_its_day(customer: Customer) -> None:
    late = owes(customer)
    pays(late, 5_000_00, date(2026, 10, 10))
    paid = owes(customer)
    pays(paid, 10_000_00, date(2026, 10, 5))
    in_time = owes(customer)
    pays(in_time, 10_000_00, DUE)
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    by_debt = dict(LateFee.objects.values_list("receivable_id", "interest"))
    assert by_debt == {late.pk: 205_00, paid.pk: 50_00}


def test_never_before_the_rule_began(customer: Customer) -> None:
    owes(customer)
    rule(on=date(2026, 10, 16))
    late_fees.run_due(today=NOVEMBER_1)
    assert LateFee.objects.get().interest == 160_00


def test_tax_cap_minimum_and_fixed_fee(customer: Customer) -> None:
    owes(customer)
    rule(LateDetails(rate=Decimal(3), fixed_fee=100_00, cap_percent=Decimal(4), tax_percent=Decimal(16)))
    late_fees.run_due(today=NOVEMBER_1)
    fee = LateFee.objects.get()
    assert (fee.interest, fee.fixed, fee.adjustment, fee.tax, fee.total) == (310_00, 100_00, -10_00, 64_00, 464_00)
    assert fee.fee.total == 464_00
    assert "Por el tope: −$10.00. IVA 16 %: $64.00." in fee.words


def test_who_is_not_charged(company: Company, customer: Customer) -> None:
    disputed, paused, planned = owes(customer), owes(customer), owes(customer)
    owes(make_customer(company, "Apagado", "AAA010101AA1", collecting=False))
    owes(customer, currency="USD")
    pause(receivable_ids=[paused.pk], until=None, reason="acuerdo", today=date(2026, 10, 20), actor=None)
    accept_plan(
        receivable_id=planned.pk, key=uuid.uuid4(), today=date(2026, 10, 20), actor=None,
        parts=[Part(date(2026, 12, 1), 5_000_00), Part(date(2027, 1, 4), 5_000_00)],
    )  # fmt: skip
    made = rule()
    found = simulate(
        rule=made, first=OCTOBER[0], last=OCTOBER[1], today=NOVEMBER_1, disputed=lambda ids: {disputed.pk} & set(ids)
    )
    assert {row.receivable.pk: row.spared for row in found.rows} == {
        disputed.pk: "disputed",
        paused.pk: "paused",
        planned.pk: "planned",
    }
    assert found.total == 0
    harsh = rule(LateDetails(rate=Decimal(3), spares_disputed=False, spares_paused=False, spares_planned=False))
    switch_off(model=LateFeeRule, rule_id=made.pk, today=date(2026, 10, 1), actor=None)
    late_fees.run_due(today=NOVEMBER_1, disputed=lambda ids: ids)
    assert LateFee.objects.filter(rule=harsh, interest=310_00).count() == 3
    assert not LateFee.objects.filter(rule=made).exists()


def test_the_most_specific_rule_wins(company: Company, customer: Customer) -> None:
    north = Portfolio.objects.create(company=company, name="Norte")
    there = make_customer(company, "Norteña", "BBB010101AA1", portfolio=north)
    special = make_customer(company, "Especial", "CCC010101AA1", portfolio=north)
    for each in (customer, there, special):
        owes(each)
    rule()
    rule(LateDetails(rate=Decimal(2)), scope=ChargeScope.PORTFOLIO, portfolio_id=north.pk)
    rule(LateDetails(rate=Decimal(1)), scope=ChargeScope.CUSTOMERS, customer_ids=(special.pk,))
    late_fees.run_due(today=NOVEMBER_1)
    found = dict(LateFee.objects.values_list("receivable__customer__legal_name", "interest"))
    assert found == {str(customer.legal_name): 310_00, "Norteña": 206_67, "Especial": 103_33}


def test_pue_presumed_paid_is_not_late_and_ppd_is(company: Company, customer: Customer, papers: Papers) -> None:
    pue = papers.invoice(10_000_00, date(2026, 8, 31), method="PUE")
    ppd = papers.invoice(10_000_00, date(2026, 8, 31))
    apply_documents(keys=[pue.key, ppd.key], today=date(2026, 9, 1), actor=None)
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    assert [fee.receivable.key for fee in LateFee.objects.all()] == [ppd.key]
    before = list(Receivable.objects.exclude(kind="late_fee").order_by("id").values_list("key", "balance", "due_on"))
    apply_documents(keys=[pue.key, ppd.key], today=NOVEMBER_1, actor=None)
    after = list(Receivable.objects.exclude(kind="late_fee").order_by("id").values_list("key", "balance", "due_on"))
    assert before == after
    assert len(fees()) == 1
    assert_clean()


# Before it is switched on


def test_a_simulation_writes_nothing(customer: Customer) -> None:
    owes(customer)
    draft = rule(on=None)
    events = AuditEvent.objects.count()
    found = october(draft, as_if=True)
    assert [(row.total, row.receivable.number) for row in found.charged] == [(310_00, "NC-1")]
    assert (found.customers, found.total) == (1, 310_00)
    assert AuditEvent.objects.count() == events
    assert not LateFee.objects.exists()
    assert late_fees.run_due(today=NOVEMBER_1).runs == ()


def test_what_is_simulated_is_what_is_charged(customer: Customer) -> None:
    for number in range(5):
        row = owes(customer, total=1_234_57 * (number + 1), due_on=DUE + timedelta(days=number * 5))
        pays(row, 300_00, date(2026, 10, 3 + number * 4))
    made = rule(LateDetails(rate=Decimal("2.75"), basis=365, grace_days=2, fixed_fee=50_00, tax_percent=Decimal(16)))
    foretold = {row.receivable.pk: (row.total, row.words) for row in october(made).charged}
    late_fees.run_due(today=NOVEMBER_1)
    charged = {fee.receivable_id: (fee.fee.total, fee.words) for fee in LateFee.objects.select_related("fee")}
    assert charged == foretold
    assert len(charged) == 5


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        ({"rate": Decimal(0)}, "no cobraría nada"),
        ({"rate": Decimal(-1)}, "porcentaje"),
        ({"rate": Decimal("NaN")}, "porcentaje"),
        ({"rate": Decimal("0.00001")}, "cuatro decimales"),
        ({"rate": Decimal(5000)}, "porcentaje"),
        ({"basis": 364}, "360"),
        ({"grace_days": 400}, "365"),
        ({"cap_amount": 0}, "tope de cero"),
        ({"per": "century"}, "opciones"),
        ({"minimum": -1}, "negativos"),
    ],
)
def test_a_rule_that_cannot_be(company: Company, details: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RuleRefused, match=sentence):
        save_late_rule(whom=Whom("Mala"), details=LateDetails(**{"rate": Decimal(3), **details}), actor=None)


def test_a_rule_never_begins_in_the_past(company: Company) -> None:
    draft = rule(on=None)
    with pytest.raises(RuleRefused, match="hacia atrás"):
        switch_on(model=LateFeeRule, rule_id=draft.pk, starts_on=date(2026, 9, 1), today=date(2026, 9, 2), actor=None)


def test_a_rule_that_is_on_is_replaced_and_not_rewritten(customer: Customer) -> None:
    owes(customer)
    first = rule()
    with pytest.raises(RuleRefused, match="versión nueva"):
        save_late_rule(whom=Whom("Otra"), details=THREE, rule_id=first.pk, actor=None)
    draft = next_version(model=LateFeeRule, rule_id=first.pk, actor=None)
    assert next_version(model=LateFeeRule, rule_id=first.pk, actor=None).pk == draft.pk
    save_late_rule(whom=Whom("Recargos"), details=LateDetails(rate=Decimal(1)), rule_id=draft.pk, actor=None)
    told = AuditEvent.objects.filter(verb="late_rules.saved", object_id=str(draft.pk)).order_by("-seq")[0].detail
    assert told["changes"]["rate_ppm"] == [30_000, 10_000]
    start = date(2026, 10, 11)
    switch_on(model=LateFeeRule, rule_id=draft.pk, starts_on=start, today=date(2026, 10, 8), actor=None)
    late_fees.run_due(today=NOVEMBER_1)
    found = LateFee.objects.order_by("period_start").values_list(
        "rule__version", "period_start", "period_end", "interest"
    )
    assert list(found) == [
        (1, date(2026, 10, 1), date(2026, 10, 10), 100_00),
        (2, date(2026, 10, 11), date(2026, 10, 31), 70_00),
    ]
    assert_clean()


def test_a_draft_is_thrown_away_and_a_rule_is_not(company: Company) -> None:
    draft = rule(on=None)
    delete_draft(model=LateFeeRule, rule_id=draft.pk, actor=None)
    with pytest.raises(RuleRefused, match="no se borra"):
        delete_draft(model=LateFeeRule, rule_id=rule().pk, actor=None)


def test_a_rule_says_what_it_does(company: Company) -> None:
    made = rule(
        LateDetails(rate=Decimal("2.5"), grace_days=3, minimum=50_00, cap_percent=Decimal(30), tax_percent=Decimal(16))
    )
    assert rule_words(made) == (
        "2.5 % al mes sobre lo que se debe cada día, tras 3 días de gracia, mínimo $50.00, tope 30 %, más IVA 16 %"
    )


# Taking back


def test_a_run_is_reversed_and_stays_reversed(customer: Customer) -> None:
    owes(customer)
    second = owes(customer)
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    paid = Receivable.objects.get(raises=second)
    pays(paid, 100_00, date(2026, 11, 5))
    run = ChargeRun.objects.get(period_start=OCTOBER[0])
    assert late_fees.reverse_run(run_id=run.pk, on=date(2026, 11, 6), reason="Fue un error", actor=None) == 2
    assert fees() == []
    assert Credit.objects.get().remaining == 100_00
    assert late_fees.reverse_run(run_id=run.pk, on=date(2026, 11, 6), reason="otra vez", actor=None) == 0
    assert late_fees.run_due(today=date(2026, 11, 20)).fees == 0
    assert_clean()


def test_a_fee_is_forgiven_whole_or_what_is_left(customer: Customer) -> None:
    rows = [owes(customer) for _each in range(3)]
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    whole, part, done = (LateFee.objects.get(receivable=row) for row in rows)
    pays(part.fee, 110_00, date(2026, 11, 5))
    pays(done.fee, 310_00, date(2026, 11, 5))
    for each in (whole, part):
        late_fees.forgive_fee(late_fee_id=each.pk, on=date(2026, 11, 6), reason="Cliente de años", actor=None)
    with pytest.raises(late_fees.FeeError, match="ya se pagó"):
        late_fees.forgive_fee(late_fee_id=done.pk, on=date(2026, 11, 6), reason="x", actor=None)
    states = [Receivable.objects.get(pk=each.fee_id) for each in (whole, part, done)]
    assert [(row.balance, row.voided_on is None) for row in states] == [(0, False), (0, True), (0, True)]
    assert late_fees.end_unowed(today=date(2026, 11, 7)) == 0
    assert_clean()


def test_one_fee_is_reversed(customer: Customer) -> None:
    owes(customer)
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    fee = LateFee.objects.get()
    with pytest.raises(late_fees.FeeError, match="motivo"):
        late_fees.reverse_fee(late_fee_id=fee.pk, on=NOVEMBER_1, reason=" ", actor=None)
    late_fees.reverse_fee(late_fee_id=fee.pk, on=NOVEMBER_1, reason="No procede", actor=None)
    fee.refresh_from_db()
    assert (fee.end_code, fees()) == (FeeEnd.REVERSED, [])
    assert_clean()


def test_fees_end_with_the_invoice_that_caused_them(customer: Customer) -> None:
    row = owes(customer)
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    pays(Receivable.objects.get(kind="late_fee"), 310_00, date(2026, 11, 3))
    void_receivable(receivable_id=row.pk, on=date(2026, 11, 4), reason="Se canceló", actor=None)
    fee = LateFee.objects.get()
    assert (fee.end_code, fees()) == (FeeEnd.NOT_OWED, [])
    assert Credit.objects.get().remaining == 310_00
    assert_clean()


def test_a_payment_that_came_in_time_after_all_ends_the_fee(customer: Customer) -> None:
    row = owes(customer)
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    pays(row, 10_000_00, DUE)  # recorded in November, received in September
    ran = late_fees.run_due(today=date(2026, 11, 4))
    assert (ran.ended, fees()) == (1, [])
    assert LateFee.objects.get().end_code == FeeEnd.NOT_OWED
    assert_clean()


def test_a_back_dated_part_is_shown_and_corrected_by_a_person(customer: Customer) -> None:
    row = owes(customer)
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    credit = pays(row, 5_000_00, date(2026, 10, 10))
    assert late_fees.run_due(today=date(2026, 11, 4)).ended == 0
    (found,) = differences(since=OCTOBER[0])
    assert (found.should, found.change) == (205_00, -105_00)
    fresh = late_fees.correct_fee(late_fee_id=found.late_fee.pk, today=date(2026, 11, 4), actor=None)
    assert fresh is not None
    assert (fresh.take, fees()) == (1, [("RE-2", 205_00, date(2026, 11, 4))])
    assert differences(since=OCTOBER[0]) == []
    reverse_credit(credit_id=credit.pk, on=date(2026, 11, 8), reason="rebotó", actor=None)
    assert differences(since=OCTOBER[0]) == []  # in October that money was there
    assert_clean()


def test_a_due_date_moved_by_a_person_counts(customer: Customer) -> None:
    row = owes(customer)
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    change_due_dates(receivable_ids=[row.pk], actor=None, reason="prórroga", new_due_on=date(2026, 11, 30))
    assert late_fees.end_unowed(today=date(2026, 11, 5)) == 1


def test_a_plan_forgives_nothing_by_itself(customer: Customer) -> None:
    row = owes(customer)
    rule()
    late_fees.run_due(today=NOVEMBER_1)
    plan = accept_plan(
        receivable_id=row.pk, key=uuid.uuid4(), today=date(2026, 11, 10), actor=None,
        parts=[Part(date(2026, 12, 1), 5_000_00), Part(date(2027, 1, 4), 5_000_00)],
    )  # fmt: skip
    assert late_fees.run_due(today=date(2026, 12, 1)).fees == 0
    assert len(fees()) == 1
    cancel_plan(plan_id=plan.pk, today=date(2026, 12, 2), reason="No cumplió", actor=None)
    assert late_fees.run_due(today=date(2027, 1, 1)).fees == 1
    assert_clean()
