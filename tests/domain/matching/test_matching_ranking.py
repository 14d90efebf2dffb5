"""What is proposed first when nothing may apply by itself, and what a citation proves when the payer is unsure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aldia.domain.matching import Alias, CreditNote, Discount, Outcome, Said, Trust, decide_batch
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
    paid,
    vetoed,
)

DAY = timedelta(days=1)
A, B = document("d101", 1_160_037), document("d102", 2_320_411)


def first(decision):
    return decision.hypothesis.family, vetoed(decision)


def test_a_discount_taken_too_late_is_named_and_asked():
    late = document("d101", 1_000_000, discount=Discount(20_000, TODAY - 30 * DAY))
    decision = decided(books(late), deposit(980_000))
    assert first(decision) == ("late_discount", ("late_discount",))
    assert decision.hypothesis.allocations[0].difference == 20_000
    assert "fuera de plazo" in " ".join(reason.message for reason in decision.reasons)
    in_time = replace(late, discount=Discount(20_000, TODAY))
    assert first(decided(books(in_time), deposit(980_000, concept="FACTURA 101"))) == ("discount", ())


def test_a_few_pesos_less_than_one_document_is_a_fee_nobody_named():
    decision = decided(books(A, B), deposit(1_160_037 - 2_900))
    assert first(decision) == ("unexplained", ("unexplained",))
    assert decision.hypothesis.allocations[0].difference == 2_900
    two = books(A, replace(A, key="d103", balance=1_160_100, total=1_160_100))
    assert decided(two, deposit(1_160_037 - 2_900)).hypothesis.family != "unexplained"


RATES = {"exact": 206_667, "two decimals": 206_700, "three decimals": 206_670}


@pytest.mark.parametrize("written", RATES)
def test_two_thirds_of_the_tax_are_known_however_the_rate_is_written(written):
    invoice = document("d101", 1_160_000, net=1_000_000)
    decision = decided(books(invoice), deposit(1_160_000 - RATES[written]))
    assert decision.hypothesis.family == "withholding"
    assert decision.hypothesis.allocations[0].kind == "withholding:isr_10_iva_2_3"


def test_an_exact_amount_goes_before_the_part_of_another_folio():
    """The payer wrote a neighbouring folio: the document that owes the very amount is proposed, and asked."""
    decision = decided(books(A, B), deposit(1_160_037, concept="FACTURA 102"))
    assert (decision.outcome, paid(decision)) == (Outcome.PROPOSE, {"d101": 1_160_037})
    assert "cites_other" in vetoed(decision)


def test_the_first_of_equal_parts_is_recognised_unless_it_is_round_or_another_may_be_meant():
    plan = document("d101", 6_000_210)
    part = 2_000_070
    assert first(decided(books(plan, B), deposit(part))) == ("first_part", ())
    assert "chance" in vetoed(decided(books(document("d101", 6_000_000)), deposit(2_000_000)))
    assert decided(books(plan, replace(plan, key="d9", folio="9")), deposit(part)).outcome is Outcome.PROPOSE
    assert decided(books(plan, B), deposit(part), trust=Trust()).outcome is Outcome.PROPOSE


def test_of_a_few_possible_payers_the_folio_says_which():
    """A payer of several customers identifies nobody; with the folio of one of them it is no stranger."""
    index = books(document("d101", 1_000_000), document("d201", 900_113, SUR))
    for customer in (NORTE, SUR):
        index.add_alias(Alias("tax_id", "FAC990101AA1", customer, 5, confirmed_on=TODAY))
    cited = deposit(1_000_000, of="", payer_tax_id="FAC990101AA1", concept="FACTURA 101")
    assert decided(index, cited).outcome is Outcome.AUTO
    part = replace(cited, amount=300_000)
    assert decided(index, part).outcome is Outcome.PROPOSE
    stranger = replace(cited, payer_tax_id="ZZZ990101AA1")
    assert "common_amount" in vetoed(decided(index, stranger))


def test_two_folios_that_add_up_are_no_accident_even_when_round():
    index = books(document("d101", 1_000_000), document("d102", 500_000))
    assert decided(index, deposit(1_500_000, of="", concept="FACTURAS 101 102")).outcome is Outcome.AUTO
    assert decided(index, deposit(1_000_000, of="", concept="FACTURA 101")).outcome is Outcome.PROPOSE


def test_a_complement_of_an_amount_that_anybody_pays_does_not_say_who_paid():
    index = books(A, document("d201", 1_160_037, SUR))
    index.add_said(Said("complement", "s", NORTE, "MXN", 1_160_037, TODAY, (("d101", 1_160_037),)))
    assert "payer_unknown" in vetoed(decided(index, deposit(1_160_037, of="")))
    assert decided(index, deposit(1_160_037)).outcome is Outcome.AUTO


def test_all_there_is_is_no_accident_however_alike_its_parts():
    alike = [document(f"d70{n}", 58_037, days=40 + n) for n in range(4)]
    assert first(decided(books(*alike), deposit(4 * 58_037))) == ("all_open", ())
    assert decided(books(*alike), deposit(3 * 58_037)).outcome is Outcome.PROPOSE


def test_of_equal_amounts_of_strangers_the_one_that_is_somebody_s_oldest_comes_first():
    index = books(
        document("d71", 777_001, NORTE, days=20), document("d72", 100_003, NORTE, days=80),
        document("d73", 777_001, SUR, days=15),
    )  # fmt: skip
    decision = decided(index, deposit(777_001, of="", payer_name=""))
    assert (paid(decision), decision.outcome) == ({"d73": 777_001}, Outcome.PROPOSE)


def test_in_shadow_too_two_claims_on_one_document_are_a_question():
    """Else the record of the class would count as wrong what would never have applied."""
    part, rest = deposit(300_000, key="m1", concept="ABONO A-101"), deposit(860_037, key="m2", concept="ABONO A-101")
    decisions = decide_batch([part, rest], books(A), settings=SETTINGS, trust=PROVEN_ONLY)
    assert [vetoed(each) for each in decisions] == [("clash",), ("clash",)]
    bold = decide_batch([part, rest], books(A), settings=SETTINGS, trust=EVERYTHING)
    assert Outcome.AUTO not in [each.outcome for each in bold]


def test_several_credit_notes_are_taken_off_in_one_payment():
    index = books(A, B)
    for key, amount, corrects in (("n1", 40_011, "d102"), ("n2", 70_023, ""), ("n3", 5_000, "")):
        index.add_credit_note(CreditNote(key, NORTE, "MXN", amount, TODAY - DAY, corrects))
    decision = decided(index, deposit(1_160_037 + 2_320_411 - 110_034, concept="FACTURAS A101 A102"))
    settled = {each.document: (each.difference, each.credit) for each in decision.hypothesis.allocations}
    assert (decision.outcome, decision.hypothesis.family) == (Outcome.AUTO, "credit_note")
    assert settled == {"d101": (70_023, "n2"), "d102": (40_011, "n1")}


def test_what_a_bank_may_have_kept_of_a_small_document_is_no_part():
    """29 pesos less of 81.56, with its folio: a fee that nobody named, unless the payer says that it is a part."""
    index = books(document("d101", 8_156))
    assert first(decided(index, deposit(5_256, concept="FACTURA 101"))) == ("unexplained", ("unexplained",))
    assert first(decided(index, deposit(5_256, concept="ABONO FACTURA 101"))) == ("partial", ())
