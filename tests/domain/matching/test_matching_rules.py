"""What the engine does by itself, and each trap in which it must ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from aldia.domain.matching import (
    Alias,
    CreditNote,
    Discount,
    Outcome,
    Paid,
    Party,
    Receipt,
    Said,
    Settings,
    Trust,
    decide_batch,
)
from tests.domain.matching.books import (
    ESTE,
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

A, B, C = document("d101", 1_160_037), document("d102", 2_320_411), document("d103", 481_903)
DAY = timedelta(days=1)


# what applies by itself

EXACT = {
    "series and folio": (deposit(1_160_037, concept="PAGO A-101"), {"d101": 1_160_037}),
    "keyword": (deposit(1_160_037, concept="FACTURA 101"), {"d101": 1_160_037}),
    "bare number": (deposit(1_160_037, concept="101"), {"d101": 1_160_037}),
    "seven digits": (deposit(1_160_037, bank_reference="0000101"), {"d101": 1_160_037}),
    "several": (deposit(3_480_448, concept="FAC A101, A102"), {"d101": 1_160_037, "d102": 2_320_411}),
    "range": (
        deposit(3_962_351, concept="FACTURAS 101 A 103"),
        {"d101": 1_160_037, "d102": 2_320_411, "d103": 481_903},
    ),
    "folio of nobody known": (deposit(1_160_037, of="", concept="FACTURA A-101"), {"d101": 1_160_037}),
    "payer and amount": (deposit(1_160_037), {"d101": 1_160_037}),
    "everything": (deposit(3_962_351), {"d101": 1_160_037, "d102": 2_320_411, "d103": 481_903}),
    "two of three": (deposit(2_802_314), {"d102": 2_320_411, "d103": 481_903}),
    "cut concept, completed": (
        deposit(3_962_351, concept="FACTURAS 101 102 10", concept_limit=19),
        {"d101": 1_160_037, "d102": 2_320_411, "d103": 481_903},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EXACT)
def test_what_adds_up_and_nothing_contradicts_applies(case):
    movement, expected = EXACT[case]
    decision = decided(books(A, B, C), movement)
    assert (decision.outcome, paid(decision), vetoed(decision)) == (Outcome.AUTO, expected, ())


DIFFERENCES = {
    "ISR 10 % and two thirds of VAT": ("withholding", 1_160_000, 1_000_000, 1_160_000 - 100_000 - 106_667),
    "4 % on freight": ("withholding", 1_160_000, 1_000_000, 1_160_000 - 40_000),
    "RESICO": ("withholding", 1_160_000, 1_000_000, 1_160_000 - 12_500),
    "cents": ("rounding", 1_160_037, None, 1_160_000),
    "a fee the company knows": ("fee", 1_160_037, None, 1_159_457),
    "early payment": ("discount", 1_000_000, None, 980_000),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_a_difference_that_is_explained_settles_the_document(case):
    family, total, net, amount = DIFFERENCES[case]
    terms = Discount(20_000, TODAY) if family == "discount" else None
    index = books(document("d101", total, net=net, discount=terms))
    decision = decided(index, deposit(amount, concept="FACTURA 101"))
    line = decision.hypothesis.allocations[0]
    assert (decision.outcome, decision.hypothesis.family) == (Outcome.AUTO, family)
    assert (line.amount, line.amount + line.difference) == (amount, total)


def test_a_part_of_a_cited_document_is_a_part():
    decision = decided(books(A), deposit(500_000, concept="ABONO FACTURA 101"))
    assert (decision.outcome, paid(decision)) == (Outcome.AUTO, {"d101": 500_000})


def test_the_next_instalment_pays_the_document_of_the_others():
    plan = document("d101", 400_044, total=600_066, partials=(200_022,))
    decision = decided(books(plan, B), deposit(200_022))
    assert (decision.outcome, decision.hypothesis.family) == (Outcome.AUTO, "instalment")


def test_a_credit_note_on_file_is_taken_off():
    index = books(A)
    index.add_credit_note(CreditNote("n1", NORTE, "MXN", 71_037, TODAY - DAY, "d101"))
    decision = decided(index, deposit(1_089_000, concept="A-101"))
    line = decision.hypothesis.allocations[0]
    assert (decision.outcome, line.amount, line.difference, line.credit) == (Outcome.AUTO, 1_089_000, 71_037, "n1")


def test_a_collection_account_says_who_paid():
    index = books(A, document("d201", 1_160_037, SUR))
    index.add_party(Party("oeste", "Oeste", ""), ["646000000000000001"])
    index.add_document(document("d301", 1_160_037, "oeste"))
    decision = decided(index, deposit(1_160_037, of="", collection_account="646000000000000001"))
    assert (decision.outcome, paid(decision), decision.payer.level) == (Outcome.AUTO, {"d301": 1_160_037}, 5)


STATED = Said("portal", "s", NORTE, "MXN", 500_000, TODAY, (("d101", 500_000),))
SAID = {
    "link": (deposit(500_000, of="", link_reference="LIGA77"), replace(STATED, source="link", reference="LIGA77")),
    "portal with the key": (deposit(500_000, of=""), replace(STATED, trace_key="TRACEm1")),
    "portal": (deposit(500_000), replace(STATED, paid_on=TODAY - DAY)),
    "complement": (deposit(500_000), replace(STATED, source="complement")),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_what_was_stated_beforehand_is_what_is_paid(case):
    movement, said = SAID[case]
    index = books(A, document("d102", 500_000))
    index.add_said(said)
    decision = decided(index, movement)
    assert (decision.outcome, paid(decision)) == (Outcome.AUTO, {"d101": 500_000})


def test_a_statement_of_another_payer_is_not_believed():
    index = books(A)
    index.add_said(Said("portal", "s", NORTE, "MXN", 500_000, TODAY, (("d101", 500_000),)))
    assert decided(index, deposit(500_000, of=SUR)).outcome is not Outcome.AUTO


def test_the_receipt_of_the_central_bank_says_who_paid():
    index = books(A)
    index.add_receipt("TRACEm1", Receipt("", "CNO010101AB1"))
    decision = decided(index, deposit(1_160_037, of=""))
    assert (decision.outcome, decision.payer.customer) == (Outcome.AUTO, NORTE)


def test_a_learned_account_identifies_after_two_confirmations():
    index = books(A)
    index.add_alias(Alias("account", "987", NORTE, confirmed=1, confirmed_on=TODAY - DAY))
    movement = deposit(1_160_037, of="", payer_account="987")
    assert decided(index, movement).payer.customer == ""
    index.add_alias(Alias("account", "987", NORTE, confirmed=2, confirmed_on=TODAY - DAY))
    assert (decided(index, movement).outcome, decided(index, movement).payer.how) == (Outcome.AUTO, "learned_account")


# what is no payment of a customer

KINDS = {
    "charge": (deposit(-5_000, kind="fee", trace_key=""), Outcome.NOT_RECEIVABLE),
    "interest": (deposit(5_000, kind="interest"), Outcome.NOT_RECEIVABLE),
    "own account": (deposit(5_000, payer_account="012345678901234567"), Outcome.NOT_RECEIVABLE),
    "own tax id": (deposit(5_000, payer_tax_id="PRO010101XX1"), Outcome.NOT_RECEIVABLE),
    "own payment sent back": (deposit(5_000, kind="return"), Outcome.NOT_RECEIVABLE),
    "return of nothing": (deposit(-5_000, kind="return"), Outcome.EXCEPTION),
}


@pytest.mark.parametrize("case", KINDS)
def test_what_is_no_payment_is_told_apart(case):
    movement, outcome = KINDS[case]
    assert decided(books(A), movement).outcome is outcome


def test_a_return_undoes_the_deposit_of_its_key():
    index = books(A)
    index.add_movement(deposit(1_160_037, key="m0", trace_key="T9"))
    decision = decided(index, deposit(-1_160_037, key="m9", trace_key="T9"))
    assert (decision.outcome, decision.undoes) == (Outcome.REVERSAL, "m0")
    assert decided(index, deposit(-1_160_036, key="m9", trace_key="T9")).outcome is Outcome.NOT_RECEIVABLE


def test_only_an_exact_identity_is_a_copy():
    index = books(A)
    index.add_movement(deposit(1_160_037, key="m0", trace_key="T9"))
    assert decided(index, deposit(1_160_037, key="m9", trace_key="T9")).outcome is Outcome.DUPLICATE
    cut = deposit(1_160_037, key="m9", trace_key="")
    assert decided(index, cut).outcome is not Outcome.DUPLICATE


# the traps

SIBLING = document("d104", 1_160_037, days=35)


def twin_books():
    index = books(A)
    index.add_paid(Paid("m0", NORTE, "MXN", 1_160_037, TODAY - 4 * DAY))
    return index


def learned(*aliases: Alias):
    index = books(A, document("d201", 900_113, SUR))
    for alias in aliases:
        index.add_alias(alias)
    return index


def with_party(party: Party):
    index = books(A)
    index.add_party(party)
    return index


def paid_books():
    return books(A, document("d150", 0, total=1_160_037))


TRAPS = {
    "identical sibling": (books(A, SIBLING), deposit(1_160_037), "sibling"),
    "sibling of a set": (books(A, B, C, SIBLING), deposit(3_480_448), "sibling"),
    "equal payment lately": (twin_books(), deposit(1_160_037), "twin"),
    "payer unknown and no folio": (books(A), deposit(1_160_037, of=""), "payer_unknown"),
    "payer external": (books(A), deposit(1_160_037, of="", payer_tax_id="ZZZ990101AA1"), "payer_unknown"),
    "folio only, round amount": (
        books(document("d101", 1_000_000)), deposit(1_000_000, of="", concept="FACTURA 101"), "common_amount",
    ),
    "folio only, common amount": (
        books(*(document(f"d{n}", 85_001, SUR) for n in range(200, 208)), document("d101", 85_001)),
        deposit(85_001, of="", concept="FACTURA 101"),
        "common_amount",
    ),
    "part of a folio, payer unknown": (books(A), deposit(400_000, of="", concept="A-101"), "payer_unknown"),
    "tax id of one, name of another": (
        books(A), deposit(1_160_037, payer_tax_id="SIS020202CD2", concept="A-101"), "contradiction",
    ),
    "namesake with a foreign tax id": (
        books(A), deposit(1_160_037, payer_tax_id="ZZZ990101AA1"), "contradiction",
    ),
    "issued after the deposit": (
        books(document("d101", 1_160_037, days=-2)), deposit(1_160_037, concept="A-101"), "issued_after",
    ),
    "another customer's document": (books(A), deposit(1_160_037, of=SUR, concept="A-101"), "other_payer"),
    "cites another document of theirs": (books(A, B), deposit(1_160_037, concept="A-102"), "cites_other"),
    "cites a document already paid": (paid_books(), deposit(1_160_037, concept="A-150"), "cites_paid"),
    "says it is an advance": (books(A), deposit(1_160_037, concept="ANTICIPO PEDIDO"), "says_advance"),
    "says it is a part": (books(A), deposit(1_160_037, concept="ABONO A CUENTA"), "says_partial"),
    "a single and a pair": (
        books(A, document("d105", 660_019), document("d106", 500_018)), deposit(1_160_037), "two_solutions",
    ),
    "instalment or another document": (
        books(document("d101", 400_044, total=600_066, partials=(200_022,)), document("d102", 200_022)),
        deposit(200_022, concept="A-101"),
        "instalment_or_document",
    ),
    "withheld or one more part": (
        books(document("d101", 1_160_000, total=1_160_000, net=1_000_000, partials=(1,))),
        deposit(1_120_000), "has_partials",
    ),
    "whole hundreds look like a tax": (
        books(document("d101", 1_160_000, net=1_000_000)), deposit(1_120_000), "chance",
    ),
    "cents of a small amount": (books(document("d101", 30_077), document("d102", 31_512)), deposit(30_100), "chance"),
    "one number, two series": (
        books(A, document("d301", 777_013, folio="101", series="B")), deposit(900_000, concept="FACTURA 101 Y 999"), "",
    ),
    "more than owed": (books(A), deposit(1_300_001, concept="A-101"), "surplus"),
    "less than owed, unexplained": (books(A), deposit(1_000_000, concept="A-101"), "short"),
    "a little less, unexplained": (books(A), deposit(1_150_001, concept="A-101"), "unexplained"),
    "learned from a shared payer": (
        learned(
            Alias("tax_id", "FAC990101AA1", NORTE, 5, confirmed_on=TODAY),
            Alias("tax_id", "FAC990101AA1", SUR, 5, confirmed_on=TODAY),
        ),
        deposit(1_160_037, of="", payer_tax_id="FAC990101AA1"),
        "",
    ),
    "rejected alias": (
        learned(Alias("account", "987", NORTE, 5, 1, TODAY - 9 * DAY, TODAY - 3 * DAY)),
        deposit(1_160_037, of="", payer_account="987"),
        "payer_unknown",
    ),
    "alias that nobody used for years": (
        learned(Alias("account", "987", NORTE, 3, 0, TODAY - 800 * DAY)),
        deposit(1_160_037, of="", payer_account="987"),
        "payer_unknown",
    ),
    "cut name of two customers": (
        with_party(Party("x", "Comercial del Norte de Sonora, S.A.")),
        deposit(1_160_037, of="", payer_name="COMERCIAL DEL NORT"),
        "payer_unknown",
    ),
    "whole name that another continues": (
        with_party(Party("x", "Comercial del Norte Bajío, S.A.")),
        deposit(1_160_037, of="", payer_name="COMERCIAL DEL NORTE SA DE CV"),
        "payer_unknown",
    ),
    "two customers of one tax id": (
        with_party(Party("x", "Sucursal", "CNO010101AB1")),
        deposit(1_160_037, payer_name=""),
        "payer_unknown",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TRAPS)
def test_a_trap_is_a_question(case):
    """Even when every class is trusted."""
    index, movement, veto = TRAPS[case]
    decision = decided(index, movement)
    assert decision.outcome is not Outcome.AUTO
    assert decision.reasons
    if veto:
        assert veto in vetoed(decision)


def test_above_the_cap_somebody_is_asked():
    settings = Settings(cap=1_000_000)
    assert vetoed(decided(books(A), deposit(1_160_037, concept="A-101"), settings=settings)) == ("over_cap",)


def test_a_year_and_an_amount_are_no_folios():
    index = books(A, document("d2026", 5_000))
    assert paid(decided(index, deposit(1_160_037, concept="FACTURA 101 OCTUBRE 2026"))) == {"d101": 1_160_037}
    assert paid(decided(index, deposit(1_160_037, concept="PAGO $2,026.00 FACT 101"))) == {"d101": 1_160_037}


def test_the_last_number_of_a_cut_concept_is_discarded():
    """ "10" may be the beginning of 101: it cites nothing, and document 10 of the same amount is not meant."""
    index = books(A, document("d10", 555_123))
    decision = decided(index, deposit(1_160_037, concept="PAGO DE FACTURAS 101 10", concept_limit=23))
    assert (decision.outcome, paid(decision)) == (Outcome.AUTO, {"d101": 1_160_037})


def test_a_document_in_dollars_is_proposed_at_the_rate_of_the_day():
    index = books(document("d101", 100_000, currency="USD"))
    index.rates["USD", "MXN"] = Decimal("18.10")
    decision = decided(index, deposit(1_812_000))
    assert (decision.outcome, decision.hypothesis.family) == (Outcome.PROPOSE, "exchange")


def test_a_payment_with_nothing_open_is_an_advance():
    decision = decided(books(), deposit(1_000_000, concept="ANTICIPO"))
    assert (decision.outcome, decision.hypothesis.left) == (Outcome.ADVANCE, 1_000_000)


def test_by_policy_the_oldest_of_equal_documents_is_paid():
    index = books(A, SIBLING)
    index.add_party(Party(ESTE + "2", "Agua Clara", "ACL010101AA1", oldest_first=True))
    for key, days in (("d501", 20), ("d502", 50)):
        index.add_document(document(key, 116_000, ESTE + "2", days=days))
    decision = decided(index, deposit(116_000, of="", payer_tax_id="ACL010101AA1"))
    assert (decision.outcome, paid(decision)) == (Outcome.POLICY, {"d502": 116_000})
    assert decided(index, deposit(1_160_037)).outcome is Outcome.PROPOSE


def test_a_policy_does_not_choose_among_documents_that_the_text_chose():
    """Two numbers that add up, one of which another document owes too: asked, and never a crash."""
    index = books()
    index.add_party(Party("agua", "Agua Clara", "ACL010101AA1", oldest_first=True))
    for key, days in (("d501", 20), ("d502", 50), ("d503", 60)):
        index.add_document(document(key, 116_000, "agua", days=days))
    movement = deposit(232_000, of="", payer_tax_id="ACL010101AA1", bank_reference="0000501", concept="502")
    assert decided(index, movement).outcome in (Outcome.AUTO, Outcome.PROPOSE)


# the record decides what may apply


def test_without_a_record_only_the_proven_class_applies_and_below_its_cap():
    index, cold = books(A, B), Trust()
    assert decided(index, deposit(1_160_037, concept="A-101"), trust=cold).outcome is Outcome.AUTO
    assert decided(index, deposit(1_160_037), trust=cold).outcome is Outcome.PROPOSE
    big = books(document("d101", 900_000_011))
    movement = deposit(900_000_011, concept="A-101")
    assert decided(big, movement, trust=cold).outcome is Outcome.PROPOSE
    assert decided(big, movement, trust=PROVEN_ONLY).outcome is Outcome.AUTO


def test_every_sentence_can_be_said():
    """Whatever is decided, its reasons fill their templates."""
    for index, movement, _ in TRAPS.values():
        assert all(reason.message.strip() and "%(" not in reason.message for reason in decided(index, movement).reasons)
    dollars = books(document("d101", 100_000, currency="USD"))
    dollars.rates["USD", "MXN"] = Decimal("18.10")
    said = [reason.message for reason in decided(dollars, deposit(1_812_000)).reasons]
    assert "Al tipo de cambio del día, $18,120.00 equivalen a A-101." in said


def test_a_bare_number_without_payer_is_enough_only_to_the_cent():
    assert decided(books(A), deposit(1_160_037, of="", concept="PAGO 101")).outcome is Outcome.AUTO
    assert decided(books(A), deposit(1_160_000, of="", concept="PAGO 101")).outcome is not Outcome.AUTO


def test_in_shadow_nothing_applies():
    settings = Settings(mode="shadow")
    decision = decided(books(A), deposit(1_160_037, concept="A-101"), settings=settings, trust=PROVEN_ONLY)
    assert (decision.outcome, vetoed(decision)) == (Outcome.PROPOSE, ())
    assert "shadow" in [reason.code for reason in decision.reasons]


def test_the_reasons_are_sentences_of_a_bookkeeper():
    decision = decided(books(A, B), deposit(3_480_448, concept="FAC A101, A102"))
    assert [reason.message for reason in decision.reasons] == [
        "El RFC o identificador CNO010101AB1 es de Comercial del Norte, S.A. de C.V.",
        "El concepto cita A-101, A-102 con serie y folio.",
        "A-101, A-102: se deben $34,804.48 y llegaron exactamente $34,804.48.",
    ]


# a day together


def run(index, *movements):
    decisions = decide_batch(movements, index, settings=SETTINGS, trust=EVERYTHING)
    return {decision.movement: decision.outcome for decision in decisions}


def test_two_deposits_that_want_the_same_document_both_ask():
    one, other = deposit(1_160_037, key="m1"), deposit(1_160_037, key="m2")
    assert set(run(books(A), one, other).values()) == {Outcome.PROPOSE}


def test_a_folio_goes_before_an_equal_amount():
    """The cited one is paid; the other deposit finds nothing left of it."""
    cited, bare = deposit(1_160_037, key="m2", concept="FACTURA A-101"), deposit(1_160_037, key="m1")
    outcomes = run(books(A, B), bare, cited)
    assert outcomes["m2"] is Outcome.AUTO
    assert outcomes["m1"] is not Outcome.AUTO


def test_a_copy_inside_one_file_is_told():
    one, copy = deposit(1_160_037, key="m1", trace_key="T"), deposit(1_160_037, key="m2", trace_key="T")
    assert run(books(A), copy, one) == {"m1": Outcome.AUTO, "m2": Outcome.DUPLICATE}


def test_what_applies_one_day_is_not_owed_the_next():
    first = deposit(1_160_037, key="m1", concept="A-101")
    second = deposit(1_160_037, key="m2", concept="A-101", booked_on=TODAY + DAY)
    outcomes = run(books(A), second, first)
    assert (outcomes["m1"], outcomes["m2"] is Outcome.AUTO) == (Outcome.AUTO, False)


def test_the_books_are_not_changed_by_deciding():
    index = books(A)
    run(index, deposit(1_160_037, concept="A-101"))
    assert index.documents["d101"] == A
