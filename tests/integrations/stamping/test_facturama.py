"""Facturama's own ways: its JSON says what our XML says; a folio that is there is compared, not trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from aldia.domain.fiscal.drafts import DraftRelation, plain_line
from aldia.domain.fiscal.keypairs import KeyPair
from aldia.domain.ports.stamping import StampRefused
from aldia.integrations.stamping.facturama_json import as_json, payload
from aldia.integrations.stamping.reading import read_cfdi
from aldia.integrations.stamping.sealing import Sealer
from tests.integrations.stamping.cast import KINDS, UUID_A, UUID_B
from tests.integrations.stamping.pacs import Bench, bench

AT = datetime(2026, 9, 10, 12, 30, 5)


@pytest.fixture
def desk(pair: KeyPair, pac_home: Path) -> Iterator[Bench]:
    with bench("facturama", pair, pac_home) as found:
        yield found


def said(kind: str, pair: KeyPair) -> dict[str, object]:
    text = as_json(payload(read_cfdi(Sealer(pair).seal(KINDS[kind], AT))))
    found = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    assert isinstance(found, dict)
    return found


def test_an_invoice_says_what_the_xml_says(pair: KeyPair) -> None:
    found = said("fees with withholdings", pair)
    assert found["CfdiType"] == "I"
    assert found["Date"] == "2026-09-10 12:30:05"
    assert (found["PaymentMethod"], found["PaymentForm"], found["Currency"]) == ("PPD", "99", "MXN")
    [item] = found["Items"]  # type: ignore[misc]
    taxes = [(tax["Name"], tax["IsRetention"], tax["Rate"], tax["Total"]) for tax in item["Taxes"]]
    assert sorted(taxes) == [
        ("ISR", True, Decimal("0.100000"), Decimal("1000.00")),
        ("IVA", False, Decimal("0.160000"), Decimal("1600.00")),
        ("IVA", True, Decimal("0.106667"), Decimal("1066.67")),
    ]
    assert item["Total"] == Decimal("9533.33")


def test_a_payment_says_each_document_with_its_taxes(pair: KeyPair) -> None:
    found = said("payment with withholdings", pair)
    assert "Items" not in found
    assert "Currency" not in found  # the API forbids it at the root of a payment
    [payment] = found["Complemento"]["Payments"]  # type: ignore[index]
    [paid] = payment["RelatedDocuments"]
    assert paid["PreviousBalanceAmount"] - paid["AmountPaid"] == paid["ImpSaldoInsoluto"]
    assert len(paid["Taxes"]) == 3


def test_amounts_keep_every_digit() -> None:
    assert as_json({"a": [Decimal("12345678901234.123456"), None, True, 'ñ"']}) == (
        '{"a":[12345678901234.123456,null,true,"\\u00f1\\""]}'
    )


def test_what_its_api_has_no_place_for_is_refused_not_left_out(desk: Bench) -> None:
    plain = KINDS["invoice on credit"]
    two = replace(plain, relations=(DraftRelation("01", (UUID_A,)), DraftRelation("04", (UUID_B,))))  # type: ignore[type-var]
    rented = replace(plain_line("80131500", "E48", "Renta", 1_000, 100_000), property_account="123")
    for draft, words in ((two, "un solo tipo de relación"), (replace(plain, lines=(rented,)), "cuenta predial")):  # type: ignore[type-var]
        with pytest.raises(StampRefused, match=words):
            desk.stamper.stamp(desk.sealed(draft, AT), key="k")
    assert desk.pac.stamps == {}


def test_a_folio_that_is_another_document_is_not_taken_for_ours(desk: Bench) -> None:
    other = replace(KINDS["invoice on credit"], lines=(plain_line("47131805", "H87", "Otra cosa", 1_000, 5_000),))  # type: ignore[type-var]
    first = desk.stamper.stamp(desk.sealed(other, AT), key="k")
    second = desk.stamper.stamp(desk.sealed(KINDS["invoice on credit"], AT), key="k")
    assert first.uuid != second.uuid
    assert desk.stamper.recover(desk.sealed(KINDS["invoice on credit"], AT), key="k") == second


def test_a_document_without_folio_is_not_looked_for_in_vain(desk: Bench) -> None:
    assert desk.stamper.recover(desk.sealed(replace(KINDS["invoice on credit"], folio=""), AT), key="k") is None
    assert desk.pac.asked == []


def test_it_says_which_seals_are_there(desk: Bench) -> None:
    assert desk.stamper.check() == "Funciona. Sellos cargados: DTR980623K40."
