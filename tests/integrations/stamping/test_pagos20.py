"""Complements as XML: valid by SAT's schema in every shape, and right by the arithmetic that judges everybody's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aldia.domain.fiscal.arithmetic import check_arithmetic
from aldia.domain.fiscal.drafts import IEPS, IVA_16, QUOTA, DraftDocument, DraftPayment, DraftTax, TaxTotal, sum_taxes
from aldia.domain.fiscal.errors import BadNumber, UnsupportedVersion
from aldia.domain.fiscal.keypairs import read_pair
from aldia.domain.fiscal.paid_invoice import object_of, read_invoice
from aldia.domain.fiscal.rep_errors import PaidMoreThanOwed
from aldia.integrations.stamping.certificates import DEMO_PASSWORD, Credentials
from aldia.integrations.stamping.sealing import CannotSeal, Sealer
from aldia.integrations.stamping.simulated import UnsealedPress
from tests.integrations.stamping.cast import (
    BOOK,
    BORDER,
    FEES,
    ISSUER,
    KINDS,
    SOAP,
    SUGAR,
    UUID_B,
    complement,
    document,
    paid,
    payment,
)

P = "{http://www.sat.gob.mx/Pagos20}"
IEPS_8, IEPS_FUEL = DraftTax(IEPS, 80_000), DraftTax(IEPS, 6_455_500, factor=QUOTA)
FULL = payment(100_000, paid((SOAP, SUGAR, BOOK), 100_000))
YEN = replace(paid((BOOK,), 50_100), currency="JPY", taxes=(TaxTotal(IVA_16, 43_190, 6_910),))
FUEL = replace(paid((BOOK,), 50_100), taxes=(TaxTotal(IEPS_FUEL, 4_012, 25_899), TaxTotal(IEPS_8, 10_000, 800)))
SHAPES: dict[str, tuple[DraftPayment, ...]] = {
    "several days": (FULL, replace(FULL, paid_at=FULL.paid_at.replace(day=10), operation="")),
    "every rate": (payment(90_000, paid((SOAP, SUGAR, BOOK, BORDER, FEES), 90_000)),),
    "yen": (payment(50_100, YEN, currency="JPY", rate=130_000),),
    "yen paid in pesos": (payment(6_513, replace(YEN, of_payment=6_513)),),
    "quota of IEPS": (payment(50_100, FUEL),),
    "not subject": (payment(50_100, replace(paid((BOOK,), 50_100), taxes=())),),
    "not broken down": (payment(50_100, replace(paid((BOOK,), 50_100), taxes=(), object_code="03")),),
    "cash": (replace(FULL, form="01", operation=""),),
    "foreign bank": (
        replace(FULL, payer_bank="XEXX010101000", foreign_bank="BANK & SONS", payer_account="1234567890"),
    ),
    "proof of SPEI": (
        replace(FULL, chain_type="01", chain_certificate="MIIC", chain="||1|2026||", chain_seal="c2VsbG8="),
    ),
    "withheld only": (payment(95_333, paid((FEES,), 95_333)),),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_schema_accepts_each_shape(shape: str, schema_errors: Callable[[bytes], list[str]]) -> None:
    xml = UnsealedPress().issue(complement(*SHAPES[shape]), uuid=UUID_B)
    assert schema_errors(xml) == []
    assert check_arithmetic(xml).findings == ()


def test_same_currency_prints_a_bare_one_and_others_ten_decimals() -> None:
    (node,) = drawn(SHAPES["yen paid in pesos"]).iter(f"{P}DoctoRelacionado")
    assert (node.get("EquivalenciaDR"), node.get("ImpPagado")) == ("769.2307692308", "50100")
    (node,) = drawn((FULL,)).iter(f"{P}DoctoRelacionado")
    assert (node.get("EquivalenciaDR"), node.get("ImpPagado")) == ("1", "1000.00")


def test_exempt_prints_neither_rate_nor_amount() -> None:
    (node,) = drawn((FULL,)).findall(f".//{P}TrasladoDR[@TipoFactorDR='Exento']")
    assert set(node.attrib) == {"BaseDR", "ImpuestoDR", "TipoFactorDR"}


def test_what_the_authority_rejects_is_never_drawn() -> None:
    wrong = replace(FULL, documents=(replace(FULL.documents[0], before=99_999),))
    with pytest.raises(PaidMoreThanOwed):
        UnsealedPress().issue(complement(wrong), uuid=UUID_B)


def test_what_the_authority_rejects_is_refused_by_whoever_seals(credentials: Credentials) -> None:
    """As what a person mends, with its sentence; not as a failure to be tried again for ever."""
    pytest.importorskip("satcfdi", reason="the extra mx is not installed")
    csd = credentials.seals[ISSUER.rfc]
    sealer = Sealer(read_pair(csd.cer, csd.encrypted_key(), DEMO_PASSWORD.decode()))
    with pytest.raises(CannotSeal, match="forma en que se recibió"):
        sealer.seal(complement(replace(FULL, form="99")), FULL.paid_at)


def drawn(payments: tuple[DraftPayment, ...]) -> etree._Element:
    return etree.fromstring(UnsealedPress().issue(complement(*payments), uuid=UUID_B))


LINES = st.lists(st.sampled_from([SOAP, SUGAR, BOOK, BORDER, FEES]), min_size=1, max_size=4).map(tuple)


@settings(max_examples=60)
@given(data=st.data(), several=st.lists(LINES, min_size=1, max_size=4), rate=st.integers(15_000_000, 25_000_000))
def test_the_arithmetic_that_judges_others_finds_nothing(data: st.DataObject, several: list, rate: int) -> None:
    """Invoices in pesos and dollars, paid in pesos or dollars, in part or whole: no figure of ours fails that check."""
    currency = data.draw(st.sampled_from(["MXN", "USD"]))
    documents = []
    for lines in several:
        total = paid(lines, 1).total
        amount, own = data.draw(st.integers(1, total)), data.draw(st.sampled_from(["MXN", "USD"]))
        share = amount
        if own != currency:
            share = max(amount * rate // 1_000_000 if own == "USD" else amount * 1_000_000 // rate, 1)
        documents.append(replace(paid(lines, amount), currency=own, of_payment=share))
    money = payment(
        sum(each.of_payment for each in documents), *documents, currency=currency, rate=rate if currency == "USD" else 0
    )
    xml = UnsealedPress().issue(complement(money), uuid=UUID_B)
    assert [finding.message for finding in check_arithmetic(xml).findings] == []


@pytest.mark.parametrize("kind", [k for k, d in KINDS.items() if isinstance(d, DraftDocument) and d.type_code in "IE"])
def test_an_invoice_is_read_back_for_its_complement(kind: str) -> None:
    draft = KINDS[kind]
    invoice = read_invoice(UnsealedPress().issue(draft, uuid=UUID_B))
    objects = {line.object for line in draft.lines}
    expected = objects.pop() if len(objects) == 1 else "02"
    assert (invoice.currency, invoice.total, invoice.object_code) == (draft.currency, draft.total, expected)
    assert set(invoice.taxes) == set(sum_taxes(draft.lines))


@pytest.mark.parametrize(
    ("codes", "has_taxes", "expected"),
    [
        ({"02"}, True, "02"),
        ({"01", "02"}, True, "02"),
        ({"02", "06"}, True, "02"),
        ({"06"}, True, "06"),
        ({"07", "01"}, True, "07"),
        ({"01"}, False, "01"),
        ({"04", "03"}, False, "03"),
        ({"08"}, False, "08"),
        ({"02"}, False, ""),
        (set(), True, ""),
    ],
)
def test_the_object_of_a_whole_invoice(codes: set[str], has_taxes: bool, expected: str) -> None:
    assert object_of(codes, has_taxes=has_taxes) == expected


def test_an_invoice_that_cannot_be_paid_in_parts_or_read_says_so() -> None:
    xml = UnsealedPress().issue(document("I", SOAP), uuid=UUID_B)
    with pytest.raises(UnsupportedVersion):
        read_invoice(xml.replace(b'Version="4.0"', b'Version="3.2"', 1))
    with pytest.raises(BadNumber):
        read_invoice(xml.replace(b'TasaOCuota="0.160000"', b'TasaOCuota="0.1600001"'))
