"""Names, references, sums and bounds by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations
from math import comb
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.matching import Alias, Promise, Record, Settings, State, aliases, earn, is_reviewed
from aldia.domain.matching.bounds import at_most_ppm, lower_ppm, upper_ppm
from aldia.domain.matching.names import distance, is_cut, name_key
from aldia.domain.matching.references import read_citing
from aldia.domain.matching.subsets import FAMILIES, lattice, solve
from aldia.domain.statements.model import Evidence
from tests.domain.matching.books import TODAY, deposit, document

NAMES = {
    "accents and form": ("Comercializadora Peñón, S.A. de C.V.", "COMERCIALIZADORA PENON"),
    "form cut by the bank": ("Aceros Lerma, S.A. de C.V.", "ACEROS LERMA SA DE"),
    "form cut inside a word": ("Aceros Lerma, S. de R.L. de C.V.", "ACEROS LERMA S DE R"),
    "spelled letters": ("Aceros Lerma, S.A.P.I. de C.V.", "ACEROS LERMA S A P I DE C V"),
    "ampersand": ("Ruiz & Cía", "RUIZ CIA"),
    "and": ("Ruiz y Asociados", "RUIZ & ASOCIADOS"),
}


@pytest.mark.parametrize("case", NAMES)
def test_a_name_and_the_bank_s_spelling_of_it_are_the_same(case):
    name, written = NAMES[case]
    assert name_key(name) == name_key(written) != ""


@pytest.mark.parametrize("text", ["Sa", "Grupo Sa y Sol", "Casa", "La Sabana"])
def test_a_name_is_not_taken_for_a_legal_form(text):
    assert name_key(text)


def test_a_cut_name_is_a_beginning_of_nine_letters():
    assert is_cut("comercial del nor", "comercial del norte")
    assert not is_cut("comer", "comercial del norte")
    assert not is_cut("comercial del sur", "comercial del norte")


@given(st.text("abcd ", max_size=9), st.text("abcd ", max_size=9))
def test_distance_is_symmetric_and_bounded(one, other):
    assert distance(one, other, 3) == distance(other, one, 3) <= 4
    assert (distance(one, other, 3) == 0) == (one == other)


CITED = {
    "PAGO FACTURA 1234": [("keyword", "", "1234")],
    "FAC A-1234, 1240": [("series", "A", "1234"), ("series", "A", "1240")],
    "F1201 AL F1203": [("series", "F", "1201"), ("series", "F", "1202"), ("series", "F", "1203")],
    "FACTURAS 1201-1203": [("keyword", "", "1201"), ("keyword", "", "1202"), ("keyword", "", "1203")],
    "A-1201 A-1204": [("series", "A", "1201"), ("series", "A", "1204")],
    "A1201 A1204": [("series", "A", "1201"), ("series", "A", "1204")],
    "A 1201 A 1204": [("series", "A", "1201"), ("series", "A", "1204")],
    "1201 A 1202": [("keyword", "", "1201"), ("keyword", "", "1202")],
    "1234/35/41": [("keyword", "", "1234"), ("keyword", "", "1235"), ("keyword", "", "1241")],
    "AB1200,AB1203": [("series", "AB", "1200"), ("series", "AB", "1203")],
    "OC 45001": [("order", "", "45001")],
    "ORDEN DE COMPRA AB-45001": [("order", "", "AB45001")],
    "1A2B3C4D": [("uuid", "", "1A2B3C4D")],
    "1A2B3C4D-0000-4000-8000-1234567890AB": [("uuid", "", "1A2B3C4D")],
    "0001764": [("number", "", "1764")],
    "PAGO": [],
    "$11,600.00": [],
    "11600.50": [],
}


@pytest.mark.parametrize("text", CITED)
def test_what_a_concept_cites(text):
    citing = read_citing(deposit(1, concept=text), frozenset())
    assert [(token.kind, token.series, token.number) for token in citing.tokens] == CITED[text]


def test_without_a_concept_the_parts_that_are_something_else_cite_nothing():
    text = "SPEI RECIBIDO 9876543 DE JUAN 5512 SUC 123 FACTURA 45"
    known = (Evidence("trace", "9876543", 14, 21), Evidence("name", "JUAN 5512", 25, 34))
    citing = read_citing(deposit(1, text=text, evidence=known, concept=""), frozenset())
    cited = {(token.kind, token.number) for token in citing.tokens}
    assert ("keyword", "45") in cited
    assert {number for _, number in cited}.isdisjoint({"9876543", "5512"})


def test_a_date_in_the_seven_digits_is_no_folio():
    assert read_citing(deposit(1, text="PAGO", bank_reference="0260825"), frozenset()).tokens == ()


@given(st.lists(st.integers(1, 60), min_size=2, max_size=9), st.integers(2, 200))
@settings(max_examples=150, deadline=None)
def test_sets_add_up_and_none_that_a_family_holds_is_missed(balances: Sequence[int], target: int):
    documents = [document(f"d{n}", balance, days=n + 1) for n, balance in enumerate(balances)]
    found = solve(documents, target, TODAY.toordinal())
    assert all(sum(each.balance for each in one.documents) == target for one in found)
    assert len({frozenset(each.key for each in one.documents) for one in found}) == len(found)
    exists = any(
        sum(chosen) == target for size in range(2, len(balances) + 1) for chosen in combinations(balances, size)
    )
    assert bool(found) == exists


def test_chance_grows_with_the_number_of_documents():
    """Of 120 documents some pair gives nearly any amount: λ says so. Of six, a pair is no accident."""
    random = Random(4)
    few = [document(f"d{n}", random.randrange(100_000, 2_000_000), days=n + 1) for n in range(6)]
    many = [document(f"d{n}", random.randrange(100_000, 2_000_000), days=n % 90 + 1) for n in range(120)]

    def chance(documents):
        target = documents[1].balance + documents[4].balance
        return next(one.chance_ppm for one in solve(documents, target, TODAY.toordinal()) if one.family == "pair")

    assert chance(few) < 100 < 1_000 < chance(many)


def test_whole_pesos_leave_fewer_places_for_chance():
    assert lattice(1_160_000, [1, 2]) == 10_000
    assert lattice(1_160_037, [1, 2, 3, 4]) == 1
    assert lattice(1_160_058, [58, 116, 174, 232]) == 58


def test_the_simplest_family_names_a_set():
    documents = [document(f"d{n}", balance, days=90 - n) for n, balance in enumerate((10_007, 20_011, 30_029, 40_033))]
    assert solve(documents, 100_080, TODAY.toordinal())[0].family == "all_open"
    assert solve(documents, 30_018, TODAY.toordinal())[0].family == "oldest_first"
    assert FAMILIES[0] == "all_open"


# trust


def exactly(wrong: int, cases: int, rate: Fraction) -> Fraction:
    return sum((comb(cases, i) * rate**i * (1 - rate) ** (cases - i) for i in range(wrong + 1)), Fraction(0))


@given(st.integers(0, 12), st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_the_bound_is_that_of_clopper_and_pearson(wrong, cases):
    wrong = min(wrong, cases)
    bound = upper_ppm(wrong, cases)
    if wrong < cases:
        assert exactly(wrong, cases, Fraction(bound, 10**6)) <= Fraction(50_001, 10**6)
        assert exactly(wrong, cases, Fraction(bound - 1, 10**6)) > Fraction(49_999, 10**6)
    assert lower_ppm(wrong, cases) <= wrong * 10**6 // cases <= bound


def test_known_bounds():
    assert upper_ppm(0, 3_000) == pytest.approx(998, abs=1)
    assert upper_ppm(0, 0) == upper_ppm(5, 5) == 10**6
    assert upper_ppm(42, 85_366) == pytest.approx(637, abs=3)
    assert upper_ppm(1_000, 10_000) == pytest.approx(105_000, rel=0.01)
    assert at_most_ppm(0, 10, 0) == 10**6
    with pytest.raises(ValueError, match="some of the cases"):
        upper_ppm(3, 2)


SETTINGS = Settings()
LOOSE = "exact|none|known|sure"
PROVEN = "exact|folio|known|-"


def test_a_class_earns_its_trust_and_loses_it():
    def state(right, wrong):
        records = {PROVEN: Record(6_000, 0), LOOSE: Record(right, wrong)}
        return earn(records).verdict(LOOSE).state

    assert state(0, 0) is State.SHADOW
    assert state(298, 0) is State.SHADOW
    assert state(299, 0) is State.EARNED
    assert state(299, 1) is State.SHADOW
    assert state(2_000, 1) is State.EARNED
    assert state(2_000, 12) is State.PAUSED


def test_the_promise_of_the_whole_keeps_a_class_out():
    """By itself it holds one in a hundred; together with what applies the thousandth would be lost."""
    records = {PROVEN: Record(400, 0), LOOSE: Record(400, 0)}
    assert earn(records).verdict(LOOSE).state is State.SHADOW
    assert earn({**records, PROVEN: Record(9_000, 0)}).verdict(LOOSE).state is State.EARNED


def test_even_a_proven_class_pauses_when_its_record_says_so():
    trust = earn({PROVEN: Record(40, 2)})
    assert trust.verdict(PROVEN).state is State.PAUSED
    assert not trust.applies(PROVEN, 1, SETTINGS)


def test_a_young_class_applies_up_to_its_cap():
    young, grown = earn({PROVEN: Record(10, 0)}), earn({PROVEN: Record(500, 0)})
    assert young.applies(PROVEN, SETTINGS.young_cap, SETTINGS)
    assert not young.applies(PROVEN, SETTINGS.young_cap + 1, SETTINGS)
    assert grown.applies(PROVEN, SETTINGS.young_cap + 1, SETTINGS)


def test_between_one_and_two_in_a_hundred_are_reviewed_and_always_the_same():
    chosen = [key for key in map(str, range(20_000)) if is_reviewed(key, Promise())]
    assert 200 <= len(chosen) <= 400
    assert all(is_reviewed(key, Promise()) for key in chosen)


ON = date(2026, 10, 20)
STRENGTH = {
    "two confirmations": ((Alias("name", "x", "a", 2, 0, date(2026, 10, 1)),), "a"),
    "one": ((Alias("name", "x", "a", 1, 0, date(2026, 10, 1)),), ""),
    "halved": ((Alias("name", "x", "a", 2, 0, date(2026, 3, 1)),), ""),
    "many, halved": ((Alias("name", "x", "a", 8, 0, date(2026, 3, 1)),), "a"),
    "rejected": ((Alias("name", "x", "a", 8, 1, date(2026, 9, 1), date(2026, 10, 1)),), ""),
    "rejected lately, confirmed since": ((Alias("name", "x", "a", 8, 1, date(2026, 10, 10), date(2026, 10, 1)),), ""),
    "rejected long ago, confirmed since": ((Alias("name", "x", "a", 8, 1, date(2026, 10, 10), date(2026, 1, 1)),), "a"),
    "two customers": (
        (Alias("name", "x", "a", 8, 0, date(2026, 10, 1)), Alias("name", "x", "b", 1, 0, date(2026, 10, 1))), "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STRENGTH)
def test_when_a_learned_payer_identifies(case):
    known, customer = STRENGTH[case]
    assert aliases.strong(known, ON) == customer
