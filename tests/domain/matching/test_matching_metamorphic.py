"""What must not matter does not matter, and each new doubt makes a question: a world beside its changed like."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aldia.domain.matching import (
    Decision,
    Document,
    KnownMoney,
    Outcome,
    Paid,
    Party,
    Settings,
    decide,
    decide_batch,
    subsets,
)
from tests.domain.matching.books import (
    EVERYTHING,
    NORTE,
    PROVEN_ONLY,
    SETTINGS,
    SUR,
    TODAY,
    books,
    decided,
    deposit,
    document,
)
from tests.domain.matching.test_matching_properties import days, owed

DAY = timedelta(days=1)
FOREIGN = "oeste"


def what(decision: Decision) -> tuple[object, ...]:
    """What a decision does, without its keys."""
    best = decision.hypothesis
    return (decision.outcome, best and best.allocations, best and best.left, best and best.vetoes)


@given(days(), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_what_strangers_owe_does_not_matter(day, count):
    """Documents of a customer whom nobody named, with other folios and other amounts."""
    documents, movements = day
    amounts = {each.amount for each in movements} | {each.balance for each in documents}
    more = [document(f"x{5000 + n}", 3_100_001 + 7 * n, FOREIGN, days=n + 1) for n in range(count)]
    assume(not amounts & {each.balance for each in more})
    crowded = books(*documents, *more)
    crowded.add_party(Party(FOREIGN, "Quesos Zarco", "QZA040404GH4"))
    alone = decide_batch(movements, books(*documents), settings=SETTINGS, trust=EVERYTHING)
    together = decide_batch(movements, crowded, settings=SETTINGS, trust=EVERYTHING)
    assert [what(each) for each in together] == [what(each) for each in alone]


@given(days(), st.integers(-400, 400))
@settings(max_examples=30, deadline=None)
def test_the_calendar_does_not_matter(day, shift):
    """But for months, which customers pay as a whole."""
    documents, movements = day
    by = timedelta(days=shift)
    later = [replace(each, issued_on=each.issued_on + by, due_on=each.due_on + by) for each in documents]
    moved = [replace(each, booked_on=each.booked_on + by) for each in movements]
    first = decide_batch(movements, books(*documents), settings=SETTINGS, trust=EVERYTHING)
    second = decide_batch(moved, books(*later), settings=SETTINGS, trust=EVERYTHING)
    for one, other in zip(first, second, strict=True):
        families = {
            each.family for each in (one.hypothesis, other.hypothesis, *one.alternatives, *other.alternatives) if each
        }
        if "month" not in families:
            assert what(one) == what(other)


@given(days(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_names_of_movements_do_not_matter(day, random: Random):
    """Keys are drawn anew: who comes first in a day must not decide anything."""
    documents, movements = day
    names = [f"z{n}" for n in range(len(movements))]
    random.shuffle(names)
    renamed = [replace(each, key=name) for each, name in zip(movements, names, strict=True)]
    first = decide_batch(movements, books(*documents), settings=SETTINGS, trust=EVERYTHING)
    second = decide_batch(renamed, books(*documents), settings=SETTINGS, trust=EVERYTHING)
    assert [what(each) for each in first] == [what(each) for each in second]


@given(days())
@settings(max_examples=40, deadline=None)
def test_a_day_of_one_movement_is_that_movement_decided_alone(day):
    documents, movements = day
    index = books(*documents)
    for movement in movements:
        [together] = decide_batch([movement], index, settings=SETTINGS, trust=EVERYTHING)
        assert what(together) == what(decided(index, movement))


@given(owed(), st.data())
@settings(max_examples=60, deadline=None)
def test_an_equal_payment_lately_makes_a_question_of_what_nobody_cited(documents, data):
    paid = data.draw(st.sampled_from(documents))
    movement = deposit(paid.balance, of=paid.customer)
    index = books(*documents)
    ago = data.draw(st.integers(0, SETTINGS.twin_days))
    index.add_paid(Paid("m0", paid.customer, "MXN", paid.balance, TODAY - ago * DAY))
    assert decided(index, movement).outcome is not Outcome.AUTO


@given(owed(), st.data())
@settings(max_examples=60, deadline=None)
def test_money_that_waits_for_its_deposit_is_never_paid_in_again(documents, data):
    """Whatever the text cites: with the same amount of this customer on the books, no document is paid unasked."""
    paid = data.draw(st.sampled_from(documents))
    concept = data.draw(st.sampled_from([f"FACTURA A-{paid.folio}", paid.folio, "PAGO"]))
    index = books(*documents)
    index.add_known(KnownMoney("k1", paid.customer, "MXN", paid.balance, TODAY - DAY, "manual"))
    decision = decided(index, deposit(paid.balance, of=paid.customer, concept=concept))
    assert decision.outcome is not Outcome.AUTO or not decision.hypothesis.allocations


@given(owed(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_peso_more_or_less_is_not_the_same_amount(documents, data):
    """Without words, an amount next to the right one pays nothing in full by itself but by cents."""
    paid = data.draw(st.sampled_from(documents))
    off = data.draw(st.sampled_from([-10_001, -101, 101, 10_001]))
    decision = decided(books(*documents), deposit(paid.balance + off, of=paid.customer))
    if decision.outcome is Outcome.AUTO:
        best = decision.hypothesis
        assert sum(each.amount for each in best.allocations) == paid.balance + off - best.left
        assert best.left < SETTINGS.rounding


@given(days())
@settings(max_examples=40, deadline=None)
def test_less_trust_applies_less_and_proposes_the_same(day):
    """In shadow the same is said; only nothing happens."""
    documents, movements = day
    shadow = Settings(fees=SETTINGS.fees, mode="shadow")
    for movement in movements:
        bold = decided(books(*documents), movement)
        shy = decide(movement, books(*documents), settings=shadow, trust=PROVEN_ONLY)
        assert shy.outcome is not Outcome.AUTO
        if bold.outcome is Outcome.AUTO:
            assert what(shy)[1:] == what(bold)[1:]


def test_a_random_amount_never_meets_a_set_that_chance_does_not_explain():
    """The trap of sets: of 110 open documents some pair or triple meets many amounts. λ sees through all of them."""
    random = Random(7)
    open_now: list[Document] = [
        document(f"d{n}", round(random.lognormvariate(13, 1)), random.choice([NORTE, SUR]), days=n % 90)
        for n in range(110)
    ]
    met = certain = 0
    for _ in range(300):
        found = subsets.solve(open_now, random.randrange(500_000, 3_000_000), TODAY.toordinal(), most="triple")
        met += bool(found)
        certain += any(each.chance_ppm < 1_000 for each in found)
    assert met > 6
    assert certain == 0
