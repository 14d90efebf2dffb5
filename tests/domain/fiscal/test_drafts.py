"""Drafts: amounts in any currency, price and tax; to JSON and back; the notes made of an invoice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import (
    IVA_0,
    IVA_16,
    IVA_EXEMPT,
    IVA_WITHHELD_FEES,
    MICRO,
    DraftComplement,
    DraftDocument,
    DraftLine,
    DraftParty,
    DraftRelation,
    DraftTax,
    GlobalPeriod,
    from_json,
    plain_line,
    sum_taxes,
    to_json,
)
from aldia.domain.fiscal.note_lines import HasQuota, amount_lines, line_total, returned_lines
from tests.integrations.stamping.cast import KINDS

ISR_10 = DraftTax("001", 100_000, withheld=True)
IEPS_8 = DraftTax("003", 80_000)
PETROL = DraftTax("003", 6_175_200, factor="Cuota")
TAXES = st.sampled_from([(IVA_16,), (IVA_0,), (IVA_EXEMPT,), (), (IVA_16, ISR_10, IVA_WITHHELD_FEES), (IEPS_8, IVA_16)])
PARTY = DraftParty("DTR980623K40", "TRES RIOS", "601", "06700")


ANYTHING = st.integers(1, 10**10)  # millionths
ONE_AND_MORE = st.integers(10**6, 10**10)


@st.composite
def lines(draw: Any, micro: st.SearchStrategy[int] = ANYTHING) -> DraftLine:
    decimals = draw(st.sampled_from([0, 2, 3]))
    line = DraftLine(
        "01010101", "H87", "Algo", draw(micro), draw(micro), draw(TAXES), decimals=decimals,
    )  # fmt: skip
    return replace(line, discount=draw(st.integers(0, line.amount)))


@given(lines())
def test_amounts_and_taxes_are_rounded_once(line: DraftLine) -> None:
    unit = Decimal(1).scaleb(-line.decimals)
    exact = Decimal(line.quantity_micro).scaleb(-6) * Decimal(line.price_micro).scaleb(-6)
    amount = Decimal(line.amount).scaleb(-line.decimals)
    assert amount == exact.quantize(unit, ROUND_HALF_UP)
    base = Decimal(line.base).scaleb(-line.decimals)
    ieps = Decimal(0)
    for each in line.tax_amounts:
        expected = (base + (ieps if each.tax.code == "002" else 0)) * Decimal(each.tax.rate).scaleb(-6)
        assert Decimal(each.amount).scaleb(-line.decimals) == expected.quantize(unit, ROUND_HALF_UP)
        ieps += Decimal(each.amount).scaleb(-line.decimals) if each.tax.code == "003" else 0


def test_iva_falls_on_ieps_in_whatever_order_they_are_written() -> None:
    """100.00 with IEPS 8 % and IVA 16 %: IVA on 108.00 (LIVA 12), so 125.28 in all."""
    for taxes in ((IEPS_8, IVA_16), (IVA_16, IEPS_8)):
        line = plain_line("50192100", "H87", "Botana", 1000, 10_000, taxes)
        assert {each.tax.code: (each.base, each.amount) for each in line.tax_amounts} == {
            "003": (10_000, 800), "002": (10_800, 1_728)
        }  # fmt: skip
        assert line_total(line) == 12_528


def test_a_quota_falls_on_units() -> None:
    """1,000 litres at 21.50 with 6.1752 a litre."""
    line = plain_line("15101514", "LTR", "Magna", 1_000_000, 2_150, (PETROL, IVA_16))
    assert [(each.base, each.amount) for each in line.tax_amounts] == [(100_000, 617_520), (2_767_520, 442_803)]
    drum = plain_line("15101514", "H87", "Tambo", 5_000, 430_000, (PETROL,))
    by_litre = replace(drum, quota_units=1000 * MICRO)
    assert by_litre.tax_amounts[0].amount == 617_520


def test_a_yen_has_no_decimals() -> None:
    line = DraftLine("01010101", "H87", "Algo", 3 * MICRO, 333_500_000, (IVA_16,), decimals=0)
    assert (line.amount, line.tax_amounts[0].amount, line_total(line)) == (1_001, 160, 1_161)


@given(st.lists(lines().map(lambda line: replace(line, decimals=2, discount=0)), min_size=1, max_size=5))
def test_a_document_is_the_sum_of_its_lines(found: list[DraftLine]) -> None:
    draft = DraftDocument("I", "", "", datetime(2026, 9, 1), "06700", PARTY, PARTY, tuple(found))
    assert draft.total == sum(line_total(line) for line in found)
    assert sum(t.amount for t in sum_taxes(draft.lines)) == sum(t.amount for line in found for t in line.tax_amounts)


class TestJson:
    @pytest.mark.parametrize("kind", KINDS)
    def test_there_and_back(self, kind: str) -> None:
        draft = KINDS[kind]
        assert from_json(json.loads(json.dumps(to_json(draft)))) == draft

    @given(
        st.lists(lines(), max_size=3),
        st.text(),
        st.none() | st.builds(GlobalPeriod, st.text(), st.text(), st.integers()),
    )
    def test_whatever_people_type(self, found: list[DraftLine], text: str, period: GlobalPeriod | None) -> None:
        party = DraftParty(text, text, text, text, text)
        draft = DraftDocument(
            "I", text, "", datetime(2026, 9, 1), text, party, party, tuple(found), exchange_rate=3,
            relations=(DraftRelation(text, (text, text)),), global_period=period,
        )  # fmt: skip
        assert from_json(json.loads(json.dumps(to_json(draft)))) == draft

    def test_what_is_usual_is_left_out(self) -> None:
        line = to_json(KINDS["invoice at the border"])["lines"][0]
        assert set(line) == {"product_key", "unit_key", "description", "quantity_micro", "price_micro", "taxes"}

    def test_the_type_tells_complements(self) -> None:
        assert isinstance(from_json(to_json(KINDS["payment"])), DraftComplement)

    @pytest.mark.parametrize(
        ("change", "where"),
        [
            ({"lines": "x"}, "lines"),
            ({"lines": [{"product_key": 1}]}, "lines.0.product_key"),
            ({"exchange_rate": "18.3"}, "exchange_rate"),
            ({"exchange_rate": True}, "exchange_rate"),
            ({"exchange_rate": 18.3}, "exchange_rate"),
            ({"issued_at": "yesterday"}, "issued_at"),
            ({"issuer": "me"}, "issuer"),
            ({"issuer": {"rfc": "x"}}, "issuer.name"),
            ({"relations": [{"code": "01", "uuids": "x"}]}, "relations.0.uuids"),
        ],
    )
    def test_another_shape_is_refused_with_its_place(self, change: dict[str, Any], where: str) -> None:
        content = to_json(KINDS["invoice on credit"]) | change
        with pytest.raises(BadContent) as refused:
            from_json(content)
        assert str(refused.value) == where

    @pytest.mark.parametrize("content", [[], "x", None, {}])
    def test_what_is_no_draft(self, content: Any) -> None:
        with pytest.raises(BadContent):
            from_json(content)


class TestNotes:
    @given(
        st.lists(lines(ONE_AND_MORE).map(lambda line: replace(line, decimals=2, discount=0)), min_size=1, max_size=4),
        st.integers(1, 10**7),
    )
    @settings(deadline=None)
    def test_an_amount_is_met_to_the_cent(self, found: list[DraftLine], amount: int) -> None:
        made = amount_lines(found, amount, "Bonificación")
        assert sum(line_total(line) for line in made) == amount
        assert {line.taxes for line in made} <= {line.taxes for line in found}

    def test_each_set_of_taxes_has_its_proportion(self) -> None:
        """Half of an invoice of 1,160.00 with IVA 16 % and 1,000.00 exempt."""
        found = [plain_line("1", "H87", "a", 1000, 100_000), plain_line("2", "H87", "b", 1000, 100_000, (IVA_EXEMPT,))]
        made = amount_lines(found, 108_000, "Mitad")
        assert [(line.base, line.taxes, line_total(line)) for line in made] == [
            (50_000, (IVA_16,), 58_000), (50_000, (IVA_EXEMPT,), 50_000)
        ]  # fmt: skip

    def test_a_cent_that_no_base_gives_is_a_line_of_its_own(self) -> None:
        """0.04 cannot be base + 16 %: 0.03 gives 0.03, 0.04 gives 0.05."""
        made = amount_lines([plain_line("1", "H87", "a", 1000, 100_000)], 4, "Nada")
        assert [line_total(line) for line in made] == [3, 1]

    def test_a_quota_has_no_amount(self) -> None:
        with pytest.raises(HasQuota):
            amount_lines([plain_line("1", "LTR", "a", 1000, 100, (PETROL,))], 50, "x")

    @pytest.mark.parametrize("amount", [0, -1])
    def test_nothing_is_refused(self, amount: int) -> None:
        with pytest.raises(ValueError, match=str(amount)):
            amount_lines([plain_line("1", "H87", "a", 1000, 100)], amount, "x")

    def test_goods_come_back_with_their_discount(self) -> None:
        line = plain_line("1", "H87", "a", 10_000, 10_000, discount=10_001)
        other = plain_line("2", "H87", "b", 1_000, 500)
        made = returned_lines([other, line], {1: 3 * MICRO, 0: 0})
        assert [(each.quantity_micro, each.discount, each.description) for each in made] == [(3 * MICRO, 3_000, "a")]

    @pytest.mark.parametrize("asked", [{2: 1}, {0: 10**9}, {0: -1}, {-1: 1}])
    def test_more_than_was_billed_does_not_come_back(self, asked: dict[int, int]) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - the place is all it says
            returned_lines([plain_line("1", "H87", "a", 1_000, 500)], asked)
