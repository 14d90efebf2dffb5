"""What a PAC would refuse, said before: a draft in order has no finding, and each mistake has its own, at its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from aldia.domain.fiscal.draft_checks import blocking, check_draft, fits_person, fits_regime, uses_for
from aldia.domain.fiscal.drafts import (
    IVA_0,
    IVA_16,
    IVA_EXEMPT,
    UNDATED,
    DraftComplement,
    DraftDocument,
    DraftLine,
    DraftParty,
    DraftRelation,
    DraftTax,
    GlobalPeriod,
)

TODAY = date(2026, 11, 3)
ISSUER = DraftParty("DTR010203AB1", "DISTRIBUIDORA TRES RIOS", "601", "06700")
BUYER = DraftParty("ALG010203AB2", "ABARROTES LA GÜERA", "601", "44100", "G01")
PERSON = DraftParty("PEPJ8001019QA", "JUANA PEREZ", "605", "03100", "S01")
PUBLIC = DraftParty("XAXX010101000", "PUBLICO EN GENERAL", "616", "06700", "S01")
ABROAD = DraftParty("XEXX010101000", "ACME IMPORTS LLC", "616", "06700", "S01", "USA", "98-7654321")
SOAP = DraftLine("47131805", "H87", "Limpiador multiusos", 2_000_000, 189_990_000)
KEY = "9E369661-7CC4-4320-93E5-6CC189129343"
INVOICE = DraftDocument("I", "F", "", UNDATED, "06700", ISSUER, BUYER, (SOAP,), method="PPD", form="99")
NOTE = replace(
    INVOICE, type_code="E", method="PUE", form="15", receiver=replace(BUYER, use="G02"),
    relations=(DraftRelation("01", (KEY,)),),
)  # fmt: skip
TICKET = DraftLine("01010101", "ACT", "Venta", 1_000_000, 86_210_000, identification="T-1")
GLOBAL = replace(
    INVOICE, receiver=PUBLIC, method="PUE", form="01", lines=(TICKET,), global_period=GlobalPeriod("04", "10", 2026)
)
IEPS_8 = DraftTax("003", 80_000)

GOOD = {
    "invoice on credit": INVOICE,
    "paid at once": replace(INVOICE, method="PUE", form="03"),
    "credit note": NOTE,
    "debit note": replace(INVOICE, relations=(DraftRelation("02", (KEY,)),)),
    "substitute": replace(INVOICE, relations=(DraftRelation("04", (KEY,)),)),
    "person": replace(INVOICE, receiver=PERSON),
    "deductible by a person": replace(INVOICE, receiver=replace(PERSON, use="D01")),
    "abroad": replace(INVOICE, receiver=ABROAD, currency="USD", exchange_rate=18_305_000),
    "global": GLOBAL,
    "yen": replace(INVOICE, currency="JPY", exchange_rate=120_000, lines=(replace(SOAP, decimals=0),)),
    "price of six decimals": replace(INVOICE, lines=(replace(SOAP, price_micro=1_234_567),)),
    "exempt": replace(INVOICE, lines=(replace(SOAP, taxes=(IVA_EXEMPT,)),)),
    "not subject": replace(INVOICE, lines=(replace(SOAP, taxes=()),)),
    "ieps only": replace(INVOICE, lines=(replace(SOAP, taxes=(IEPS_8,), object_code="07"),)),
    "ieps and iva": replace(INVOICE, lines=(replace(SOAP, taxes=(IEPS_8, IVA_16)),)),
    "rent": replace(INVOICE, lines=(replace(SOAP, property_account="12345A"),)),
    "imported": replace(INVOICE, lines=(replace(SOAP, customs=("15  48  3009  0001234",)),)),
}


def on_line(**fields: object) -> DraftDocument:
    return replace(INVOICE, lines=(replace(SOAP, **fields),))  # type: ignore[arg-type]


def on_receiver(**fields: str) -> DraftDocument:
    return replace(INVOICE, receiver=replace(BUYER, **fields))


BAD: dict[str, tuple[DraftDocument, str, str]] = {
    "issuer not set up": (replace(INVOICE, issuer=replace(ISSUER, regime="")), "issuer", ""),
    "issuer of another kind": (replace(INVOICE, issuer=replace(ISSUER, regime="612")), "issuer.regime", "CFDI40141"),
    "place": (replace(INVOICE, place="6700"), "place", "CFDI40126"),
    "no rfc": (on_receiver(rfc=""), "receiver.rfc", "CFDI40143"),
    "rfc of no shape": (on_receiver(rfc="ALG010203"), "receiver.rfc", "CFDI40143"),
    "rfc in lower case": (on_receiver(rfc="alg010203ab2"), "receiver.rfc", "CFDI40143"),
    "to oneself": (on_receiver(rfc=ISSUER.rfc), "receiver.rfc", ""),
    "no name": (on_receiver(name=""), "receiver.name", ""),
    "name with a bar": (on_receiver(name="A|B"), "receiver.name", ""),
    "name with double blanks": (on_receiver(name="A  B"), "receiver.name", ""),
    "postal code": (on_receiver(postal_code="441"), "receiver.postal_code", "CFDI40147"),
    "no regime": (on_receiver(regime=""), "receiver.regime", "CFDI40157"),
    "regime that is none": (on_receiver(regime="999"), "receiver.regime", "CFDI40157"),
    "company with a person's regime": (on_receiver(regime="605"), "receiver.regime", "CFDI40158"),
    "person with a company's regime": (
        replace(INVOICE, receiver=replace(PERSON, regime="601")), "receiver.regime", "CFDI40158"),
    "use against regime": (replace(INVOICE, receiver=replace(PERSON, use="G03")), "receiver.use", "CFDI40161"),
    "personal use of a company": (on_receiver(use="D01"), "receiver.use", "CFDI40161"),
    "use of complements": (on_receiver(use="CP01"), "receiver.use", "CFDI40161"),
    "public elsewhere": (
        replace(GLOBAL, receiver=replace(PUBLIC, postal_code="44100")), "receiver.postal_code", "CFDI40149"),
    "public with a regime": (replace(GLOBAL, receiver=replace(PUBLIC, regime="601")), "receiver.regime", "CFDI40158"),
    "resident with foreign id": (on_receiver(foreign_id="1"), "receiver.residence", "CFDI40151"),
    "foreigner from mexico": (
        replace(INVOICE, receiver=replace(ABROAD, residence="MEX")), "receiver.residence", "CFDI40152"),
    "foreigner from nowhere": (
        replace(INVOICE, receiver=replace(ABROAD, residence="")), "receiver.residence", "CFDI40153"),
    "no currency": (replace(INVOICE, currency="XXX"), "currency", "CFDI40113"),
    "dollars without rate": (replace(INVOICE, currency="USD"), "exchange_rate", "CFDI40115"),
    "pesos with a rate": (replace(INVOICE, exchange_rate=18_000_000), "exchange_rate", "CFDI40114"),
    "no method": (replace(INVOICE, method=""), "method", "CFDI40124"),
    "credit with a form": (replace(INVOICE, form="03"), "form", "CFDI40105"),
    "cash without a form": (replace(INVOICE, method="PUE"), "form", ""),
    "form that is none": (replace(INVOICE, method="PUE", form="77"), "form", "CFDI40104"),
    "note on credit": (replace(NOTE, method="PPD", form="99"), "method", ""),
    "export with its complement": (replace(INVOICE, export="02"), "export", "CFDI40122"),
    "public without period": (replace(GLOBAL, global_period=None), "global_period", "CFDI40130"),
    "period for a company": (replace(GLOBAL, receiver=BUYER), "receiver.rfc", "CFDI40146"),
    "two months in a month": (
        replace(GLOBAL, global_period=GlobalPeriod("04", "13", 2026)), "global_period.months", "CFDI40134"),
    "one month in two": (
        replace(GLOBAL, global_period=GlobalPeriod("05", "10", 2026)), "global_period.months", "CFDI40135"),
    "two months for a company": (
        replace(GLOBAL, global_period=GlobalPeriod("05", "17", 2026)), "global_period.periodicity", "CFDI40132"),
    "year long past": (
        replace(GLOBAL, global_period=GlobalPeriod("04", "10", 2024)), "global_period.year", "CFDI40136"),
    "goods in a global": (replace(GLOBAL, lines=(SOAP,)), "lines.0.product_key", ""),
    "ticket without number": (
        replace(GLOBAL, lines=(replace(TICKET, identification=""),)), "lines.0.identification", ""),
    "relation of notes": (replace(INVOICE, relations=(DraftRelation("01", (KEY,)),)), "relations.0.code", ""),
    "relation of invoices": (replace(NOTE, relations=(DraftRelation("02", (KEY,)),)), "relations.0.code", ""),
    "relation that is none": (
        replace(INVOICE, relations=(DraftRelation("44", (KEY,)),)), "relations.0.code", "CFDI40137"),
    "relation to nothing": (replace(INVOICE, relations=(DraftRelation("04", ()),)), "relations.0.uuids", ""),
    "relation misspelled": (replace(INVOICE, relations=(DraftRelation("04", ("9E36",)),)), "relations.0.uuids", ""),
    "relation twice": (replace(INVOICE, relations=(DraftRelation("04", (KEY, KEY)),)), "relations.0.uuids", ""),
    "relations of a kind": (replace(INVOICE, relations=(DraftRelation("04", (KEY,)),) * 2), "relations.1.code", ""),
    "no concepts": (replace(INVOICE, lines=()), "lines", ""),
    "no key": (on_line(product_key=""), "lines.0.product_key", "CFDI40162"),
    "no unit": (on_line(unit_key=""), "lines.0.unit_key", "CFDI40165"),
    "no description": (on_line(description=""), "lines.0.description", ""),
    "lines of text": (on_line(description="a\nb"), "lines.0.description", ""),
    "nothing of it": (on_line(quantity_micro=0), "lines.0.quantity_micro", ""),
    "for nothing": (on_line(price_micro=0), "lines.0.price_micro", "CFDI40166"),
    "for less than a cent": (on_line(quantity_micro=1, price_micro=1), "lines.0.price_micro", "CFDI40167"),
    "huge": (on_line(price_micro=10**19), "lines.0.price_micro", ""),
    "discount above": (on_line(discount=38_000), "lines.0.discount", "CFDI40169"),
    "discount of all": (on_line(discount=37_998), "lines.0.discount", "CFDI40174"),
    "discount below": (on_line(discount=-1), "lines.0.discount", "CFDI40169"),
    "subject without taxes": (on_line(taxes=(), object_code="02"), "lines.0.taxes", "CFDI40171"),
    "not subject with taxes": (on_line(object_code="01"), "lines.0.taxes", "CFDI40172"),
    "object 07 with iva": (on_line(object_code="07"), "lines.0.taxes", ""),
    "object that is none": (on_line(object_code="55"), "lines.0.object_code", "CFDI40170"),
    "tax twice": (on_line(taxes=(IVA_16, IVA_16)), "lines.0.taxes", ""),
    "two rates of iva": (on_line(taxes=(IVA_16, IVA_0)), "lines.0.taxes", ""),
    "iva of 15": (on_line(taxes=(DraftTax("002", 150_000),)), "lines.0.taxes.0", "CFDI40179"),
    "isr charged": (on_line(taxes=(DraftTax("001", 100_000),)), "lines.0.taxes.0", "CFDI40175"),
    "withheld exempt": (on_line(taxes=(DraftTax("002", 0, True, "Exento"),)), "lines.0.taxes.0", "CFDI40184"),
    "withheld too much": (on_line(taxes=(IVA_16, DraftTax("001", 360_000, True))), "lines.0.taxes.1", "CFDI40185"),
    "ieps of no rate": (on_line(taxes=(DraftTax("003", 123_456),)), "lines.0.taxes.0", "CFDI40179"),
    "exempt with a rate": (on_line(taxes=(DraftTax("002", 160_000, False, "Exento"),)), "lines.0.taxes.0", "CFDI40177"),
    "tax of no code": (on_line(taxes=(DraftTax("009", 160_000),)), "lines.0.taxes.0", "CFDI40175"),
    "line of another currency": (on_line(decimals=0), "lines.0", ""),
    "predial": (on_line(property_account="12-34"), "lines.0.property_account", ""),
    "pedimento": (on_line(customs=("15 48 3009 0001234",)), "lines.0.customs", "CFDI40194"),
    "nothing to pay": (on_line(taxes=(), object_code="", discount=37_998), "total", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_draft_in_order_has_no_finding(name: str) -> None:
    assert check_draft(GOOD[name], today=TODAY) == []


@pytest.mark.parametrize("name", BAD)
def test_each_mistake_is_said_at_its_field(name: str) -> None:
    draft, field, code = BAD[name]
    found = blocking(check_draft(draft, today=TODAY))
    assert (field, code) in [(each.field, each.code) for each in found]
    assert all(each.sentence.endswith(".") and "%(" not in each.sentence for each in found)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (on_receiver(name="Abarrotes La Güera"), "receiver.name"),
        (on_receiver(name="ABARROTES LA GÜERA S.A. DE C.V."), "receiver.name"),
        (on_receiver(name="ABARROTES LA GÜERA SA DE CV"), "receiver.name"),
        (on_receiver(name="ABARROTES LA GÜERA S DE RL DE CV"), "receiver.name"),
        (replace(NOTE, receiver=BUYER), "receiver.use"),
        (replace(NOTE, relations=()), "relations"),
    ],
)
def test_what_may_be_right_is_only_said(draft: DraftDocument, field: str) -> None:
    found = check_draft(draft, today=TODAY)
    assert [each.field for each in found] == [field]
    assert blocking(found) == []


def test_names_that_end_like_companies_but_are_not_one() -> None:
    for name in ("CASA", "PASTELERIA LA CHIQUITA", "MAPFRE SADECV INC"):
        assert check_draft(on_receiver(name=name), today=TODAY) == []


def test_the_authoritys_catalogue_is_asked_where_there_is_one() -> None:
    asked: list[tuple[str, str]] = []

    def exists(catalogue: str, code: str) -> bool:
        asked.append((catalogue, code))
        return code != "47131805"

    found = check_draft(INVOICE, today=TODAY, exists=exists)
    assert [each.field for each in found] == ["lines.0.product_key"]
    assert ("c_ClaveUnidad", "H87") in asked


def test_a_complement_is_related_only_to_what_it_replaces() -> None:
    draft = DraftComplement("P", "", UNDATED, "06700", ISSUER, replace(BUYER, use="CP01"), ())
    related = replace(draft, relations=(DraftRelation("07", (KEY,)),))
    assert [each.field for each in check_draft(related, today=TODAY)] == ["relations.0.code", "payments"]


@pytest.mark.parametrize(
    ("regime", "tax_id", "fits"),
    [("601", "ALG010203AB2", True), ("601", "PEPJ8001019QA", False), ("612", "ALG010203AB2", False),
     ("612", "PEPJ8001019QA", True), ("626", "ALG010203AB2", True), ("626", "PEPJ8001019QA", True)],
)  # fmt: skip
def test_regimes_are_of_companies_of_persons_or_of_both(regime: str, tax_id: str, fits: bool) -> None:
    assert fits_person(regime, tax_id) is fits


def test_uses_follow_the_regime() -> None:
    assert "G03" in uses_for("601", "ALG010203AB2")
    assert uses_for("616", "PEPJ8001019QA") == ("G02", "S01")
    assert "D01" in uses_for("605", "PEPJ8001019QA")
    assert not fits_regime("D01", "625", "ALG010203AB2")


def test_no_draft_makes_the_check_fail() -> None:
    empty = DraftDocument("I", "", "", UNDATED, "", DraftParty("", "", "", ""), DraftParty("", "", "", ""), ())
    assert len(check_draft(empty, today=TODAY)) >= 7
