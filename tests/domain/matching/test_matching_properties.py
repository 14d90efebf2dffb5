"""Whatever the books and the day: nothing over-applied, nothing lost, no order, no confidence out of nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.matching import BankMovement, Decision, Document, MemoryIndex, Outcome, decide_batch
from tests.domain.matching.books import EVERYTHING, NORTE, SETTINGS, SUR, TODAY, books, decided, deposit, document

BALANCES = st.one_of(st.sampled_from([116_000, 58_000, 232_000, 348_000]), st.integers(20_000, 3_000_000))


@st.composite
def owed(draw: st.DrawFn) -> list[Document]:
    """Two customers' documents, some of the same amount."""
    made = []
    for n, balance in enumerate(draw(st.lists(BALANCES, min_size=1, max_size=9))):
        customer = draw(st.sampled_from([NORTE, SUR]))
        made.append(document(f"d{100 + n}", balance, customer, days=draw(st.integers(1, 90))))
    return made


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Document], list[BankMovement]]:
    """Documents, and deposits that pay some of them, or parts, or nothing at all; with folio, payer, both, neither."""
    documents = draw(owed())
    movements = []
    for n in range(draw(st.integers(1, 6))):
        chosen = draw(st.lists(st.sampled_from(documents), min_size=1, max_size=3, unique_by=lambda each: each.key))
        amount = sum(each.balance for each in chosen) - draw(st.sampled_from([0, 0, 0, 37, 580, 10_000]))
        concept = " ".join(f"A-{each.folio}" for each in chosen) if draw(st.booleans()) else "PAGO"
        payer = draw(st.sampled_from([chosen[0].customer, chosen[0].customer, ""]))
        day = TODAY + timedelta(days=draw(st.integers(0, 2)))
        movements.append(deposit(max(1, amount), of=payer, concept=concept, key=f"m{n}", booked_on=day))
    return documents, movements


def play(documents: list[Document], movements: list[BankMovement]) -> dict[str, Decision]:
    decisions = decide_batch(movements, books(*documents), settings=SETTINGS, trust=EVERYTHING)
    assert [each.movement for each in decisions] == [each.key for each in movements]
    return {each.movement: each for each in decisions}


@given(days())
@settings(max_examples=60, deadline=None)
def test_all_money_is_accounted_for_and_no_document_is_paid_twice(day):
    documents, movements = day
    amounts = {each.key: each.amount for each in movements}
    settled = dict.fromkeys((each.key for each in documents), 0)
    for key, decision in play(documents, movements).items():
        for each in filter(None, (decision.hypothesis, *decision.alternatives)):
            assert sum(line.amount for line in each.allocations) + each.left == amounts[key]
            assert all(line.amount > 0 and line.difference >= 0 for line in each.allocations)
        if decision.outcome is Outcome.AUTO:
            for line in decision.hypothesis.allocations:
                settled[line.document] += line.amount + line.difference
    assert all(settled[each.key] <= each.balance for each in documents)


@given(days(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_documents_and_movements_changes_nothing(day, random: Random):
    documents, movements = day
    shuffled, moved = documents[:], movements[:]
    random.shuffle(shuffled)
    random.shuffle(moved)
    assert play(shuffled, moved) == play(documents, movements)


@given(days())
@settings(max_examples=40, deadline=None)
def test_deciding_again_what_stayed_a_question_changes_nothing(day):
    """The nightly pass over the queue."""
    documents, movements = day
    index = books(*documents)
    first = decide_batch(movements, index, settings=SETTINGS, trust=EVERYTHING)
    by_key = {each.key: each for each in movements}
    for decision in first:
        if decision.outcome is Outcome.AUTO:
            index.apply(by_key[decision.movement], decision.hypothesis)
    queue = [by_key[each.movement] for each in first if each.outcome is not Outcome.AUTO]
    again = decide_batch(queue, index, settings=SETTINGS, trust=EVERYTHING)
    once_more = decide_batch(queue, index, settings=SETTINGS, trust=EVERYTHING)
    assert once_more == again


@given(owed(), st.data())
@settings(max_examples=80, deadline=None)
def test_an_identical_sibling_turns_an_automatic_match_without_folio_into_a_question(documents, data):
    paid = data.draw(st.sampled_from(documents))
    movement = deposit(paid.balance, of=paid.customer, concept="PAGO")
    decision = decided(books(*documents), movement)
    if decision.outcome is Outcome.AUTO:
        used = data.draw(st.sampled_from(sorted(decision.hypothesis.documents)))
        original = next(each for each in documents if each.key == used)
        twin = replace(original, key="d999", folio="999")
        assert decided(books(*documents, twin), movement).outcome is not Outcome.AUTO


@given(owed(), st.data())
@settings(max_examples=80, deadline=None)
def test_taking_the_reference_away_never_raises_confidence(documents, data):
    """Of a match that the reference supports: a reference that contradicts is rightly a reason to ask."""
    chosen = data.draw(st.lists(st.sampled_from(documents), min_size=1, max_size=3, unique_by=lambda each: each.key))
    mine = [each for each in chosen if each.customer == chosen[0].customer]
    amount = sum(each.balance for each in mine)
    payer = data.draw(st.sampled_from([mine[0].customer, ""]))
    cited = deposit(amount, of=payer, concept=" ".join(f"A-{each.folio}" for each in mine))
    bare = replace(cited, concept="PAGO", text="PAGO")
    with_it, without = decided(books(*documents), cited), decided(books(*documents), bare)
    assert with_it.hypothesis is not None
    assert without.hypothesis is None or without.hypothesis.score <= with_it.hypothesis.score
    assert not (without.outcome is Outcome.AUTO and with_it.outcome is not Outcome.AUTO)


@given(owed(), st.data())
@settings(max_examples=60, deadline=None)
def test_taking_the_payer_away_never_raises_confidence(documents, data):
    paid = data.draw(st.sampled_from(documents))
    concept = data.draw(st.sampled_from([f"A-{paid.folio}", "PAGO"]))
    known = decided(books(*documents), deposit(paid.balance, of=paid.customer, concept=concept))
    unknown = decided(books(*documents), deposit(paid.balance, of="", concept=concept))
    assert not (unknown.outcome is Outcome.AUTO and known.outcome is not Outcome.AUTO)


@given(owed(), st.data(), st.sampled_from([7, 13, 101]))
@settings(max_examples=60, deadline=None)
def test_scaling_all_amounts_keeps_what_is_paid(documents, data, factor):
    """Nothing in the arithmetic depends on how large a unit is, but for what is counted in units: cents and fees."""
    paid = data.draw(st.sampled_from(documents))
    cited = deposit(paid.balance, of=paid.customer, concept=f"A-{paid.folio}")
    larger = [replace(each, balance=each.balance * factor, total=each.total * factor) for each in documents]
    small = decided(books(*documents), cited)
    large = decided(books(*larger), replace(cited, amount=cited.amount * factor))
    assert (small.outcome, small.hypothesis.documents) == (large.outcome, large.hypothesis.documents)


@given(owed(), st.data())
@settings(max_examples=40, deadline=None)
def test_deciding_twice_says_the_same(documents, data):
    movement = deposit(data.draw(st.integers(1, 4_000_000)), of=data.draw(st.sampled_from([NORTE, SUR, ""])))
    index: MemoryIndex = books(*documents)
    assert decided(index, movement) == decided(index, movement)


@given(owed(), st.text(max_size=60), st.text("0123456789ABC -/,", max_size=40), st.integers(-(10**14), 10**14))
@settings(max_examples=120, deadline=None)
def test_whatever_the_bank_writes_there_is_a_decision_with_reasons(documents, text, concept, amount):
    movement = deposit(amount, of="", concept=concept, text=text, payer_name=text[:20], bank_reference=concept[:12])
    decision = decided(books(*documents), movement)
    assert decision.reasons
    assert all(reason.message for reason in decision.reasons)
