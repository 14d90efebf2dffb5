"""What stops credit, and what leave opens again: tables, and properties over many currencies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.domain.credit import (
    Case,
    Exposure,
    Late,
    Leave,
    Line,
    Manual,
    Policy,
    Why,
    at_home,
    exposure_of,
    is_allowed,
    limit_of,
    reasons,
)
from aldia.domain.money import Money

TODAY = date(2026, 11, 21)
USD = {"USD": Decimal("18.50")}
STRICT = Policy(over_limit=True, overdue_days=15)


def pesos(minor: int) -> Money:
    return Money(minor, "MXN")


def case(**more: object) -> Case:
    values: dict[str, object] = {"home": "MXN", "rates": USD}
    return Case(**{**values, **more})  # type: ignore[arg-type]


def line(limit: int, used: int = 0, *, currency: str = "MXN", name: str = "General", is_default: bool = True) -> Line:
    return Line(name, currency, limit, used, is_default)


def test_exposure_is_everything_that_could_be_lost() -> None:
    assert Exposure("MXN", open=100, unbilled=20, financed=5, in_favour=30).total == 95
    assert Exposure("MXN", open=100, in_favour=300).total == 0


def test_what_is_in_favour_in_one_currency_pays_nothing_of_another() -> None:
    found = exposure_of(case(exposures=(Exposure("MXN", in_favour=900_00), Exposure("USD", open=10_00))))
    assert (found.minor, found.missing) == (185_00, ())


def test_a_currency_without_a_rate_is_said_not_guessed() -> None:
    found = exposure_of(case(exposures=(Exposure("MXN", open=50_00), Exposure("EUR", open=10_00))))
    assert (found.minor, found.missing) == (50_00, ("EUR",))
    assert limit_of(case(lines=(line(100_00), line(5, currency="EUR", name="E", is_default=False)))) is None


OVER = case(exposures=(Exposure("MXN", open=100_01),), lines=(line(100_00, 100_01),))
JUST = case(exposures=(Exposure("MXN", open=100_00),), lines=(line(100_00, 100_00),))
DOLLARS = case(exposures=(Exposure("USD", open=10_00),), lines=(line(180_00),))
TWO = case(
    exposures=(Exposure("MXN", open=70_00),),
    lines=(line(50_00, 10_00), line(50_00, 60_00, name="Obra", is_default=False)),
)
NO_LINE = case(exposures=(Exposure("MXN", open=9_999_99),))
WORD = case(manual=Manual(date(2026, 11, 3), "Cheque devuelto"))
LATE = case(late=(Late("MXN", 40_00, date(2026, 11, 1)), Late("USD", 1_00, date(2026, 10, 1))))


@pytest.mark.parametrize(
    ("given_case", "policy", "why"),
    [
        (OVER, STRICT, [Why.OVER_LIMIT]),
        (OVER, Policy(), []),
        (JUST, STRICT, []),
        (DOLLARS, STRICT, [Why.OVER_LIMIT]),
        (TWO, STRICT, [Why.LINE_OVER]),
        (NO_LINE, STRICT, []),
        (WORD, Policy(), [Why.MANUAL]),
        (LATE, STRICT, [Why.OVERDUE]),
        (LATE, Policy(over_limit=True), []),
        (LATE, Policy(overdue_days=15, min_overdue=58_51), []),
        (LATE, Policy(overdue_days=15, min_overdue=58_50), [Why.OVERDUE]),
    ],
)
def test_what_stops_credit(given_case: Case, policy: Policy, why: list[Why]) -> None:
    assert [each.why for each in reasons(given_case, policy, today=TODAY)] == why


def test_reasons_carry_their_figures() -> None:
    (late,) = reasons(LATE, STRICT, today=TODAY)
    assert (late.amount, late.days, late.since) == (58_50, 51, date(2026, 10, 1))
    (over,) = reasons(OVER, STRICT, today=TODAY)
    assert (over.amount, over.limit, over.currency) == (100_01, 100_00, "MXN")


def test_what_is_about_to_be_sold_counts() -> None:
    assert reasons(JUST, STRICT, today=TODAY, adding=pesos(1))
    assert not reasons(NO_LINE, STRICT, today=TODAY, adding=pesos(10**9))
    assert reasons(DOLLARS, Policy(over_limit=True), today=TODAY, adding=Money(1, "USD"))[0].amount == 185_19


def test_favour_makes_room_on_a_line() -> None:
    covered = case(exposures=(Exposure("MXN", open=70_00, in_favour=20_00),), lines=TWO.lines)
    assert not reasons(covered, STRICT, today=TODAY)


@pytest.mark.parametrize(
    ("granted", "sold", "adding", "allowed"),
    [
        ([None], 10**9, 10**9, True),
        ([100_00], 0, 100_00, True),
        ([100_00], 0, 100_01, False),
        ([100_00], 40_00, 60_01, False),
        ([100_00, 200_00], 100_00, 200_00, True),
        ([100_00], 99_99, None, True),
        ([100_00], 100_00, None, False),
        ([], 0, 1, False),
    ],
)
def test_leave_covers_up_to_its_amount(granted: list[int | None], sold: int, adding: int | None, allowed: bool) -> None:
    leaves = [Leave(None if each is None else pesos(each)) for each in granted]
    asked = None if adding is None else pesos(adding)
    assert is_allowed(leaves, sold=pesos(sold), adding=asked, rates=USD) is allowed


def test_bounded_leave_does_not_cover_a_currency_without_a_rate() -> None:
    assert not is_allowed([Leave(pesos(10**9))], sold=pesos(0), adding=Money(1, "EUR"), rates=USD)


CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine says nothing of it
MINOR = st.integers(0, 10**10)
EXPOSURES = st.builds(Exposure, st.sampled_from(["MXN", "USD"]), MINOR, MINOR, MINOR, MINOR)


@CALM
@given(st.lists(EXPOSURES, max_size=2, unique_by=lambda each: each.currency), MINOR, MINOR)
def test_more_sold_never_opens_credit_and_more_limit_never_stops_it(
    parts: list[Exposure], limit: int, more: int
) -> None:
    policy = Policy(over_limit=True)
    used = sum(each.open for each in parts if each.currency == "MXN")
    tight, wide = (
        case(exposures=parts, lines=(line(limit, used),)),
        case(exposures=parts, lines=(line(limit + more, used),)),
    )
    if reasons(tight, policy, today=TODAY):
        assert reasons(tight, policy, today=TODAY, adding=pesos(more))
    else:
        assert not reasons(wide, policy, today=TODAY)


@CALM
@given(st.lists(EXPOSURES, max_size=4))
def test_each_currency_is_rounded_once(parts: list[Exposure]) -> None:
    found = at_home([(each.currency, each.total) for each in parts], "MXN", USD).minor
    exact = sum(Decimal(each.total) * (USD["USD"] if each.currency == "USD" else 1) for each in parts)
    assert abs(found - exact) <= Decimal("0.5") * len(parts)
