"""Payment complements: 1.0 and 2.0 say the same thing, whatever their spelling and whatever they leave out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from aldia.domain.fiscal import errors
from aldia.domain.fiscal.arithmetic import check_arithmetic
from aldia.domain.fiscal.cfdi import parse
from aldia.domain.fiscal.cfdi_pagos import DERIVED_PAID, DERIVED_RATE, PESO_RATE
from aldia.domain.fiscal.document import PaidDocument, Payment
from tests.fixtures.cfdi.builder import Paid, complement, paid, payment, uid

A, B = uid("a"), uid("b")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_every_field(version: str) -> None:
    line = paid(Paid(A.lower(), "1160.00", "1000.00", "160.00", part="2"), version=version)
    document = parse(complement("p", payment("1000.00", line, CtaOrdenante="012180001234567895"), version=version))
    assert (document.kind, document.type_code, document.currency, document.total) == (
        "payment_complement",
        "P",
        "XXX",
        0,
    )
    assert document.payments == (
        Payment(
            paid_at=datetime(2026, 4, 10, 12, 0), form="03", currency="MXN", rate=Decimal(1), amount=Decimal("1000.00"),
            operation="SPEI-778", payer_account="012180001234567895",
            documents=(
                PaidDocument(
                    key=A, series="F", folio="101", currency="MXN", equivalence=Decimal(1), partiality=2,
                    before=Decimal("1160.00"), paid=Decimal("1000.00"), after=Decimal("160.00"),
                ),
            ),
        ),
    )  # fmt: skip
    assert document.findings == ()


@pytest.mark.parametrize(("version", "rate"), [("1.0", "0.054253"), ("2.0", "0.0542532692")])
def test_equivalence_is_units_of_the_document_per_unit_of_the_payment(version: str, rate: str) -> None:
    """116.00 USD paid with 2,138.12 MXN."""
    line = paid(Paid(A, "116.00", "116.00", "0.00", currency="USD", rate=rate), version=version)
    (receipt,) = parse(complement("p", payment("2138.12", line), version=version)).payments
    (document,) = receipt.documents
    assert (receipt.currency, document.currency) == ("MXN", "USD")
    assert abs(document.paid / document.equivalence - receipt.amount) < Decimal("0.02")


def test_a_payment_in_dollars_keeps_its_rate() -> None:
    (receipt,) = parse(complement("p", payment("100.00", currency="USD", rate="18.250000"))).payments
    assert (receipt.rate, receipt.documents) == (Decimal("18.25"), ())
    assert parse(complement("p", payment("100.00", currency="USD"))).payments[0].rate is None


def test_several_payments_of_several_documents_keep_their_order() -> None:
    first, second = Paid(A, "10.00", "4.00", "6.00"), Paid(B, "9.00", "9.00", "0.00")
    later = Paid(A, "6.00", "6.00", "0.00", part="2")
    document = parse(complement("p", payment("13.00", paid(first), paid(second)), payment("6.00", paid(later))))
    assert [[line.key for line in receipt.documents] for receipt in document.payments] == [[A, B], [A]]
    assert [receipt.amount for receipt in document.payments] == [Decimal(13), Decimal(6)]


def test_the_rate_of_one_that_10_forced_on_pesos() -> None:
    """1,850.00 MXN paid with 100.00 USD at 18.50, as rule CRP220 had it printed."""
    line = paid(Paid(A, "1850.00", "1850.00", "0.00", currency="MXN", rate="1"), version="1.0")
    data = complement("p", payment("100.00", line, currency="USD", rate="18.50"), version="1.0")
    document = parse(data)
    assert document.payments[0].documents[0].equivalence == Decimal("18.50")
    assert document.payments[0].documents[0].paid == Decimal("1850.00")
    assert document.findings == (PESO_RATE,)
    assert check_arithmetic(data).state == "ok"


class TestLeftOut:
    """Complements 1.0 might leave figures out."""

    def test_optional_figures_are_none(self) -> None:
        absent = {"ImpSaldoAnt": None, "ImpSaldoInsoluto": None, "NumParcialidad": None, "TipoCambioDR": None}
        line = paid(Paid(A, "", "10.00", ""), version="1.0", **absent)
        (document,) = parse(complement("p", payment("10.00", line), version="1.0")).payments[0].documents
        assert (document.before, document.after, document.partiality) == (None, None, None)
        assert (document.equivalence, document.paid) == (1, 10)

    def test_the_only_document_took_the_whole_payment(self) -> None:
        absent = {"ImpSaldoAnt": None, "ImpSaldoInsoluto": None, "ImpPagado": None}
        line = paid(Paid(A, "", "", "", currency="USD", rate="0.05"), version="1.0", **absent)
        document = parse(complement("p", payment("2000.00", line), version="1.0"))
        assert document.payments[0].documents[0].paid == Decimal("100.00")
        assert document.findings == (DERIVED_PAID,)

    def test_else_balances_tell_what_was_paid(self) -> None:
        lines = [paid(Paid(key, "10.00", "", "4.00"), version="1.0", ImpPagado=None) for key in (A, B)]
        document = parse(complement("p", payment("12.00", *lines), version="1.0"))
        assert [line.paid for line in document.payments[0].documents] == [6, 6]

    def test_else_nothing_does(self) -> None:
        lines = [
            paid(Paid(key, "", "", ""), version="1.0", ImpPagado=None, ImpSaldoAnt=None, ImpSaldoInsoluto=None)
            for key in (A, B)
        ]
        with pytest.raises(errors.MissingField, match="ImpPagado"):
            parse(complement("p", payment("12.00", *lines), version="1.0"))

    def test_a_rate_left_out_follows_from_the_amounts_of_the_only_document(self) -> None:
        line = paid(Paid(A, "116.00", "116.00", "0.00", currency="USD"), EquivalenciaDR=None)
        document = parse(complement("p", payment("2138.12", line)))
        assert document.payments[0].documents[0].equivalence == Decimal("0.0542532692")
        assert document.findings == (DERIVED_RATE,)
        with pytest.raises(errors.MissingField, match="EquivalenciaDR"):
            parse(complement("p", payment("2138.12", line, line)))

    def test_the_short_key_of_mis_cuentas_is_a_key(self) -> None:
        line = paid(Paid("123-4567-123456789", "10.00", "10.00", "0.00"))
        assert parse(complement("p", payment("10.00", line))).payments[0].documents[0].key == "123-4567-123456789"
