"""The figures of payment complements: by tables of what the law gives, by properties, and each refusal by its code."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.currencies import exponent
from aldia.domain.fiscal import rep
from aldia.domain.fiscal.drafts import (
    EXEMPT,
    IEPS,
    ISR,
    IVA,
    IVA_0,
    IVA_8,
    IVA_16,
    IVA_EXEMPT,
    QUOTA,
    DraftPaidDocument,
    DraftPayment,
    DraftTax,
    TaxTotal,
)

FEES_ISR = DraftTax(ISR, 100_000, withheld=True)
FEES_IVA = DraftTax(IVA, 106_667, withheld=True)
IEPS_RATE = DraftTax(IEPS, 80_000)
IEPS_QUOTA = DraftTax(IEPS, 6_455_500, factor=QUOTA)  # pesos a litre
UUID = "9E369661-7CC4-4320-93E5-6CC189129343"

# Invoices: total and taxes in minor units
SALE = (231_999, ((IVA_16, 199_999, 32_000),))  # its lines were rounded one by one: 1999.99 × 0.16 is 319.9984
FEES = (953_333, ((IVA_16, 1_000_000, 160_000), (FEES_ISR, 1_000_000, 100_000), (FEES_IVA, 1_000_000, 106_667)))
MIXED = (351_600, ((IVA_16, 100_000, 16_000), (IVA_8, 50_000, 4_000), (IVA_0, 120_000, 0), (IVA_EXEMPT, 61_600, 0)))
DRINKS = (125_280, ((IEPS_RATE, 100_000, 8_000), (IVA_16, 108_000, 17_280)))
FUEL = (301_920, ((IEPS_QUOTA, 12_050, 77_789), (IVA_16, 193_216, 30_915)))
UNTAXED = (50_000, ())
INVOICES = (SALE, FEES, MIXED, DRINKS, FUEL, UNTAXED)


def document(invoice: tuple[int, Any] = SALE, paid: int | None = None, **fields: Any) -> DraftPaidDocument:
    """An invoice wholly paid in one instalment, unless `paid` or `fields` say otherwise."""
    total, taxes = invoice
    paid = total if paid is None else paid
    usual: dict[str, Any] = {"partiality": 1, "before": total, "paid_earlier": 0, "of_payment": paid, "currency": "MXN"}
    totals = tuple(TaxTotal(*tax) for tax in taxes)
    return DraftPaidDocument(UUID, "F", "1", total=total, taxes=totals, paid=paid, **(usual | fields))


def payment(*documents: DraftPaidDocument, **fields: Any) -> DraftPayment:
    """A transfer at noon of what the documents take."""
    amount = fields.pop("amount", sum(each.of_payment for each in documents))
    usual: dict[str, Any] = {"form": "03", "currency": "MXN"}
    return DraftPayment(datetime(2026, 9, 9, 12), amount=amount, documents=documents, **(usual | fields))


def printed(taxes: tuple[rep.TaxShare, ...]) -> list[tuple[str, str, str]]:
    return [(f"{share.tax.code} {share.tax.rate}", f"{share.base:f}", f"{share.amount:f}") for share in taxes]


def shown(payments: list[DraftPayment]) -> dict[str, str]:
    return {name: f"{value:f}" for name, value in rep.compute(payments).totals.items()}


class TestFigures:
    def test_an_instalment_takes_its_share_of_each_base_and_the_tax_of_that_base(self) -> None:
        (related,) = rep.payment_of(payment(document(FEES, 400_000))).documents
        assert printed(related.taxes) == [
            ("002 160000", "4195.805663", "671.328906"),
            ("001 100000", "4195.805663", "419.580566"),
            ("002 106667", "4195.805663", "447.554003"),
        ]
        assert (related.before, related.paid, related.left) == tuple(map(Decimal, ("9533.33", "4000.00", "5533.33")))

    def test_withheld_taxes_have_one_amount_each_and_totals_have_two_decimals(self) -> None:
        computed = rep.payment_of(payment(document(FEES, 400_000)))
        assert [(code, f"{amount:f}") for code, amount in computed.withheld] == [
            ("001", "419.580566"),
            ("002", "447.554003"),
        ]
        assert shown([payment(document(FEES, 400_000))]) == {
            "TotalRetencionesIVA": "447.55",
            "TotalRetencionesISR": "419.58",
            "TotalTrasladosBaseIVA16": "4195.81",
            "TotalTrasladosImpuestoIVA16": "671.33",
            "MontoTotalPagos": "4000.00",
        }

    def test_every_rate_of_iva_has_its_total_in_the_order_of_the_schema(self) -> None:
        assert list(shown([payment(document(MIXED))]).items()) == [
            ("TotalTrasladosBaseIVA16", "1000.00"),
            ("TotalTrasladosImpuestoIVA16", "160.00"),
            ("TotalTrasladosBaseIVA8", "500.00"),
            ("TotalTrasladosImpuestoIVA8", "40.00"),
            ("TotalTrasladosBaseIVA0", "1200.00"),
            ("TotalTrasladosImpuestoIVA0", "0.00"),
            ("TotalTrasladosBaseIVAExento", "616.00"),
            ("MontoTotalPagos", "3516.00"),
        ]

    def test_ieps_is_printed_and_has_no_total(self) -> None:
        computed = rep.payment_of(payment(document(FUEL, 150_960)))
        assert printed(computed.transferred) == [
            ("002 160000", "966.080000", "154.572800"),
            ("003 6455500", "60.250000", "388.943875"),  # half of 120.50 litres, at 6.4555 pesos each
        ]
        assert "TotalRetencionesIEPS" not in shown([payment(document(FUEL))])

    def test_the_same_tax_twice_is_one_row(self) -> None:
        twice = (231_999, ((IVA_16, 100_000, 16_000), (IVA_16, 99_999, 16_000)))
        assert printed(rep.document_taxes(document(twice))) == [("002 160000", "1999.990000", "319.998400")]

    def test_two_invoices_of_one_payment_share_a_row(self) -> None:
        computed = rep.payment_of(payment(document(SALE), document(MIXED, 175_800)))
        assert printed(computed.transferred)[0] == ("002 160000", "2499.990000", "399.998400")

    def test_pesos_for_a_dollar_invoice(self) -> None:
        dollars = (11_600, ((IVA_16, 10_000, 1_600),))
        computed = rep.payment_of(payment(document(dollars, currency="USD", of_payment=213_812)))
        (related,) = computed.documents
        assert f"{related.equivalence:f}" == "0.0542532692"
        assert printed(computed.transferred) == [("002 160000", "1843.206897", "294.913104")]

    def test_dollars_for_a_peso_invoice_are_totalled_in_pesos(self) -> None:
        pesos = (58_000, ((IVA_16, 50_000, 8_000),))
        drafts = [payment(document(pesos, of_payment=3_170), currency="USD", exchange_rate=18_300_000)]
        assert f"{rep.compute(drafts).payments[0].documents[0].equivalence:f}" == "18.2965299685"
        assert shown(drafts)["MontoTotalPagos"] == "580.11"  # 31.70 × 18.3, rounded once

    def test_one_to_one_between_two_currencies_keeps_its_decimals(self) -> None:
        """CRP20238 wants a bare 1 only where the currency is the same."""
        same = document(UNTAXED, currency="USD")
        assert f"{rep.equivalence(same, 'EUR'):f}" == "1.0000000000"
        assert f"{rep.equivalence(same, 'USD'):f}" == "1"

    def test_currencies_have_their_own_decimals(self) -> None:
        yen = document((100_000, ()), currency="JPY")
        computed = rep.payment_of(payment(yen, currency="JPY", exchange_rate=130_000))
        assert f"{computed.amount:f} {computed.documents[0].left:f}" == "100000 0"
        assert shown([computed.draft])["MontoTotalPagos"] == "13000.00"
        dinars = document((1_234_567, ()), currency="BHD")
        assert f"{rep.payment_of(payment(dinars, currency='BHD', exchange_rate=1)).amount:f}" == "1234.567"

    def test_totals_of_several_payments_are_rounded_once(self) -> None:
        tenth = payment(document((5, ()), currency="USD"), currency="USD", exchange_rate=100_000)
        assert shown([tenth])["MontoTotalPagos"] == "0.01"  # half a centavo
        assert shown([tenth, tenth])["MontoTotalPagos"] == "0.01"

    def test_a_base_below_a_millionth_is_left_out_and_never_the_last_one(self) -> None:
        tiny = (100_000_000, ((IVA_16, 80_000_000, 12_800_000), (IVA_EXEMPT, 1, 0)))
        assert [share.tax for share in rep.document_taxes(document(tiny, 1))] == [IVA_16]
        alone = (100_000_000, ((IVA_EXEMPT, 1, 0),))
        assert [f"{share.base:f}" for share in rep.document_taxes(document(alone, 1))] == ["0.000001"]


@st.composite
def instalments(draw: st.DrawFn) -> list[DraftPaidDocument]:
    """An invoice paid in several parts; what a credit note took is not paid by anybody."""
    total, taxes = draw(st.sampled_from(INVOICES))
    noted = draw(st.sampled_from((0, 0, total // 10)))
    owed = total - noted
    cuts = draw(st.lists(st.integers(1, owed - 1), max_size=8, unique=True))
    points = [0, *sorted(cuts), owed]
    return [
        document((total, taxes), end - start, partiality=number, before=owed - start, paid_earlier=start)
        for number, (start, end) in enumerate(pairwise(points), 1)
    ]


class TestProperties:
    @given(parts=instalments())
    def test_instalments_sum_to_the_invoice(self, parts: list[DraftPaidDocument]) -> None:
        """Bases exactly; taxes to the rate of the whole base. After a credit note, in the same proportion."""
        bases: dict[DraftTax, Decimal] = {}
        amounts: dict[DraftTax, Decimal] = {}
        for part in parts:
            for share in rep.document_taxes(part):
                bases[share.tax] = bases.get(share.tax, Decimal(0)) + share.base
                amounts[share.tax] = amounts.get(share.tax, Decimal(0)) + share.amount
        paid, total = sum(part.paid for part in parts), parts[0].total
        for tax in parts[0].taxes:
            whole = (Decimal(tax.base).scaleb(-2) * paid / total).quantize(rep.SIX, context=rep.WIDE)
            assert bases[tax.tax] == whole
            assert amounts[tax.tax] == (whole * tax.tax.rate / 1_000_000).quantize(rep.SIX, context=rep.WIDE)
            if paid == total:
                assert bases[tax.tax] == Decimal(tax.base).scaleb(-2)

    @given(parts=instalments())
    def test_each_tax_lies_between_the_authoritys_limits(self, parts: list[DraftPaidDocument]) -> None:
        """CRP20254 and CRP20261, at their strictest: base × rate, truncated or rounded up at the sixth decimal."""
        for part in parts:
            for share in rep.document_taxes(part):
                exact = share.base * share.tax.rate / 1_000_000
                assert abs(share.amount - exact) < rep.SIX

    @given(parts=instalments())
    def test_balances_are_a_chain(self, parts: list[DraftPaidDocument]) -> None:
        related = [rep.compute([payment(part)]).payments[0].documents[0] for part in parts]
        assert all(one.left == next_one.before for one, next_one in pairwise(related))
        assert related[-1].left == 0

    @given(
        paid=st.integers(1, 10**9),
        rate=st.integers(10_000, 40_000_000),
        pair=st.sampled_from([("USD", "MXN"), ("EUR", "MXN"), ("JPY", "MXN"), ("MXN", "USD"), ("BHD", "MXN")]),
    )
    def test_the_equivalence_meets_both_ends(self, paid: int, rate: int, pair: tuple[str, str]) -> None:
        """CRP20275 and CRP20276 hold for any amounts that banks exchange: a part of the money is never refused."""
        one, other = pair
        scale = 10 ** (6 + exponent(one) - exponent(other))
        share = max(paid * rate // scale, 1)
        if not 1e-6 < paid / share < 1e6:
            return
        drafts = [payment(document((paid, ()), currency=one, of_payment=share), currency=other)]
        if other != "MXN":
            drafts = [replace(drafts[0], exchange_rate=rate)]
        assert rep.check(drafts) == []

    @given(parts=st.lists(instalments(), min_size=1, max_size=4))
    def test_a_payment_says_the_sum_of_its_documents(self, parts: list[list[DraftPaidDocument]]) -> None:
        computed = rep.payment_of(payment(*(some[0] for some in parts)))
        for share in computed.transferred:
            of_tax = [each for one in computed.documents for each in one.taxes if each.tax == share.tax]
            assert share.base == sum(each.base for each in of_tax)
            assert share.amount == sum(each.amount for each in of_tax)
        for code, amount in computed.withheld:
            of_code = [t for one in computed.documents for t in one.taxes if t.tax.withheld and t.tax.code == code]
            assert amount == sum(each.amount for each in of_code)


CHAIN = {"chain_type": "01", "chain_certificate": "MIIC", "chain": "||1|", "chain_seal": "c2VsbG8="}
DOLLARS = {"currency": "USD", "exchange_rate": 18_000_000}
EXEMPT_WITHHELD = (100, ((DraftTax(ISR, 0, withheld=True, factor=EXEMPT), 100, 0),))
OLD_RATE = (115, ((DraftTax(IVA, 150_000), 100, 15),))

REFUSED: dict[str, tuple[str, list[DraftPayment]]] = {
    "nothing": ("no_payments", []),
    "no document": ("no_documents", [payment(amount=100)]),
    "form to be defined": ("CRP20212", [payment(document(), form="99")]),
    "no form": ("CRP20212", [payment(document(), form="")]),
    "no currency": ("CRP20213", [payment(document(), currency="XXX")]),
    "no currency of a document": ("CRP20213", [payment(document(currency="XXX"))]),
    "dollars without rate": ("CRP20214", [payment(document(currency="USD"), currency="USD")]),
    "pesos with rate": ("CRP20215", [payment(document(), exchange_rate=18_000_000)]),
    "more than the money": ("CRP20217", [payment(document(SALE), amount=231_998)]),
    "no amount": ("CRP20218", [payment(document(), amount=0)]),
    "cash with account": ("CRP20221", [payment(document(), form="01", payee_account="012345678901234567")]),
    "set off with bank": ("CRP20221", [payment(document(), form="17", payer_bank="BBA830831LJ2")]),
    "foreign bank without name": ("CRP20223", [payment(document(), payer_bank="XEXX010101000")]),
    "payer's account too short": ("CRP20225", [payment(document(), payer_account="12345")]),
    "card of a transfer": ("CRP20226", [payment(document(), payee_account="4111111111111111")]),
    "SPEI of a cheque": ("CRP20229", [payment(document(), form="02", **CHAIN)]),
    "SPEI without seal": ("CRP20230", [payment(document(), **(CHAIN | {"chain_seal": ""}))]),
    "SPEI without type": ("CRP20231", [payment(document(), **(CHAIN | {"chain_type": ""}))]),
    "nothing owed": ("CRP20239", [payment(document(before=0))]),
    "nothing paid": ("CRP20241", [payment(document(paid=0), amount=100)]),
    "more than owed": ("CRP20244", [payment(document(before=231_998))]),
    "taxed without taxes": ("CRP20246", [payment(document(UNTAXED, object_code="02"))]),
    "untaxed with taxes": ("CRP20247", [payment(document(SALE, object_code="01"))]),
    "not broken down, with taxes": ("CRP20247", [payment(document(SALE, object_code="03"))]),
    "IVA not transferred": ("CRP20278", [payment(document(SALE, object_code="06"))]),
    "IEPS not broken down": ("CRP20278", [payment(document(DRINKS, object_code="08"))]),
    "only IEPS, with IVA": ("CRP20279", [payment(document(DRINKS, object_code="07"))]),
    "only IEPS, without": ("CRP20279", [payment(document(UNTAXED, object_code="07"))]),
    "withheld and exempt": ("CRP20252", [payment(document(EXEMPT_WITHHELD))]),
    "IVA of other days": ("CRP20260", [payment(document(OLD_RATE))]),
    "too fine for ten decimals": (
        "CRP20275",
        [payment(document((1, ()), currency="USD", of_payment=10**13), amount=10**13)],
    ),
    "money that nobody applied": ("CRP20276", [payment(document(SALE), amount=232_000)]),
    "another part in the same currency": ("share", [payment(document(SALE, of_payment=1), amount=231_999)]),
    "more than the invoice": ("total", [payment(document(SALE, 200_000, partiality=2, paid_earlier=100_000))]),
    "first after others": ("partiality", [payment(document(SALE, 1, before=10, paid_earlier=10))]),
    "a thousandth instalment": ("partiality", [payment(document(SALE, 1, before=10, partiality=1000))]),
}

ALLOWED: dict[str, list[DraftPayment]] = {
    "a sale": [payment(document())],
    "a later part": [payment(document(SALE, 10, before=10, partiality=2, paid_earlier=100))],
    "after a part known to nobody": [payment(document(SALE, 10, before=10, partiality=2))],
    "SPEI whole": [payment(document(), **CHAIN)],
    "foreign bank": [payment(document(), payer_bank="XEXX010101000", foreign_bank="BANK OF ELSEWHERE")],
    "cash": [payment(document(), form="01")],
    "fees not transferred": [payment(document((90, ((FEES_ISR, 100, 10),)), object_code="06"))],
    "only IEPS": [payment(document((108, ((IEPS_RATE, 100, 8),)), object_code="07"))],
    "dollars": [payment(document(currency="USD"), **DOLLARS)],
    "two days of a month": [payment(document()), payment(document(MIXED))],
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    code, drafts = REFUSED[name]
    assert code in [error.code for error in rep.check(drafts)]
    with pytest.raises(rep.errors.RepError) as caught:
        rep.compute(drafts)
    assert "%(" not in str(caught.value)


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed(name: str) -> None:
    assert rep.check(ALLOWED[name]) == []
    rep.compute(ALLOWED[name])


def test_every_refusal_can_happen_and_says_it_in_a_sentence() -> None:
    codes = {each.code for each in rep.errors.RepError.__subclasses__()}
    assert {code for code, _ in REFUSED.values()} == codes
    sentences = [str(error) for _, drafts in REFUSED.values() for error in rep.check(drafts)]
    assert all(sentence.endswith(".") and "%" not in sentence.replace("15 %", "") for sentence in sentences)


def test_a_person_is_told_everything_at_once() -> None:
    wrong = payment(document(SALE, object_code="01"), document(UNTAXED, before=0), form="99")
    assert [error.code for error in rep.check([wrong])] == ["CRP20212", "CRP20247", "CRP20239"]
