"""Complements that others calculated: the public cases of CfdiUtils, and those of the scenario made again by us."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from aldia.domain.fiscal import rep
from aldia.domain.fiscal.arithmetic import check_arithmetic
from aldia.domain.fiscal.drafts import DraftComplement, DraftPaidDocument, DraftParty, DraftPayment, DraftTax
from aldia.domain.fiscal.paid_invoice import read_invoice
from aldia.integrations.stamping.simulated import UnsealedPress
from aldia.integrations.tax import mx_schemas

pytestmark = pytest.mark.corpus

P = "{http://www.sat.gob.mx/Pagos20}"
HUNDREDTH = Decimal("0.01")
CASES = [*(f"pagos20-calculator/00{number}.xml" for number in range(1, 9)), "created-cfdi40-pago20-valid.xml"]


@pytest.fixture(scope="module")
def assets(corpus: Path) -> Path:
    return corpus / "mx" / "cfdi" / "CfdiUtils" / "tests" / "assets"


@pytest.fixture(scope="module")
def story(corpus: Path) -> Path:
    return corpus / "mx" / "scenario" / "generated"


def complement_of(path: Path) -> etree._Element:
    return etree.parse(path).getroot().find(f".//{P}Pagos")


def tax_of(node: etree._Element, level: str) -> DraftTax:
    rate = Decimal(node.get(f"TasaOCuota{level}") or 0) * 1_000_000
    is_withheld = node.tag.startswith(f"{P}Retencion")
    return DraftTax(node.get(f"Impuesto{level}"), int(rate), is_withheld, node.get(f"TipoFactor{level}", "Tasa"))


def share_of(node: etree._Element, level: str) -> rep.TaxShare:
    return rep.TaxShare(
        tax_of(node, level), Decimal(node.get(f"Base{level}") or 0), Decimal(node.get(f"Importe{level}") or 0)
    )


def payment_of(node: etree._Element) -> rep.Payment:
    """The taxes of a payment computed from its documents as printed."""
    currency, minor = node.get("MonedaP"), int(Decimal(node.get("Monto")) * 100)
    shares = []
    for document in node.findall(f"{P}DoctoRelacionado"):
        taxes = [share_of(tax, "DR") for kind in ("Retencion", "Traslado") for tax in document.iter(f"{P}{kind}DR")]
        shares.append((Decimal(document.get("EquivalenciaDR")), taxes))
    draft = DraftPayment(datetime.fromisoformat(node.get("FechaPago")), node.get("FormaDePagoP"), currency, minor, ())
    rate, amount = Decimal(node.get("TipoCambioP")), Decimal(node.get("Monto"))
    return rep.Payment(draft, rate, amount, (), rep.withheld_taxes(shares), rep.transferred_taxes(shares))


@pytest.mark.parametrize("name", CASES)
def test_public_cases(assets: Path, name: str) -> None:
    """Taxes of each payment to the sixth decimal, totals to the cent, none missing and none invented."""
    complement = complement_of(assets / name)
    payments = [payment_of(node) for node in complement.findall(f"{P}Pago")]
    for node, computed in zip(complement.findall(f"{P}Pago"), payments, strict=True):
        withheld = {tax.get("ImpuestoP"): Decimal(tax.get("ImporteP")) for tax in node.iter(f"{P}RetencionP")}
        assert dict(computed.withheld) == withheld
        transferred = {tax_of(tax, "P"): share_of(tax, "P") for tax in node.iter(f"{P}TrasladoP")}
        assert {share.tax: share for share in computed.transferred} == transferred
    printed = {key: Decimal(value) for key, value in complement.find(f"{P}Totales").attrib.items()}
    assert rep.totals(payments) == printed


def test_the_equivalence_of_the_public_cases_comes_from_the_amounts(assets: Path) -> None:
    node = complement_of(assets / "pagos20-calculator/006.xml").find(f".//{P}DoctoRelacionado[@MonedaDR='MXN']")
    amount = node.getparent().get("Monto")
    draft = DraftPaidDocument(
        node.get("IdDocumento"), "", "", "MXN", 10**9, (), 1, 10**9, paid=minor(node.get("ImpPagado")), paid_earlier=0,
        of_payment=minor(amount),
    )  # fmt: skip
    assert f"{rep.equivalence(draft, 'USD'):f}" == node.get("EquivalenciaDR") == "17.4731470231"


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


# Of each complement of the scenario: who paid which invoice, in which part, what of it before, and with which money
REMADE = {
    "P-01-A-parcialidad1-despues-de-NC": [("I-PPD-01-factura-30dias", 1, 0, "700.00")],
    "P-02-A-parcialidad2-liquida": [("I-PPD-01-factura-30dias", 2, 70_000, "1387.99")],
    "P-03-un-pago-dos-facturas": [
        ("I-PPD-02-tasas-mixtas-16-0", 1, 0, "2621.10"),
        ("I-PPD-03-retenciones-honorarios", 1, 0, "4000.00"),
    ],
    "P-04-USD-pagada-en-MXN": [("I-PPD-04-USD", 1, 0, "2138.12")],
    "P-05-USD-pagada-en-USD": [("I-PPD-07-extranjero-XEXX", 1, 0, "1000.00")],
    "P-06-MXN-pagada-en-USD": [("I-PPD-10-sustituye-a-P1-rel04", 1, 0, "31.70")],
}


def remade(story: Path, name: str) -> DraftComplement:
    """The draft that says the same facts: invoices from their own XML; of the complement, only money and balances."""
    root = etree.parse(story / f"{name}.xml").getroot()
    (node,) = root.iter(f"{P}Pago")
    printed = {document.get("IdDocumento"): document for document in node.findall(f"{P}DoctoRelacionado")}
    documents = []
    for invoice_name, part, earlier, share in REMADE[name]:
        data = (story / f"{invoice_name}.xml").read_bytes()
        uuid = next(etree.fromstring(data).iter("{*}TimbreFiscalDigital")).get("UUID")
        invoice, said = read_invoice(data), printed[uuid]
        documents.append(
            DraftPaidDocument(
                uuid,
                said.get("Serie"),
                said.get("Folio"),
                invoice.currency,
                invoice.total,
                invoice.taxes,
                part,
                before=minor(said.get("ImpSaldoAnt")),
                paid=minor(said.get("ImpPagado")),
                paid_earlier=earlier,
                of_payment=minor(share),
                object_code=invoice.object_code,
            )
        )
    rate = 0 if node.get("MonedaP") == "MXN" else int(Decimal(node.get("TipoCambioP")) * 1_000_000)
    payment = DraftPayment(
        datetime.fromisoformat(node.get("FechaPago")), node.get("FormaDePagoP"), node.get("MonedaP"),
        minor(node.get("Monto")), tuple(documents), rate, node.get("NumOperacion", ""),
    )  # fmt: skip
    issuer, receiver = (party(next(root.iter(f"{{*}}{who}"))) for who in ("Emisor", "Receptor"))
    issued_at = datetime.fromisoformat(root.get("Fecha"))
    return DraftComplement(
        root.get("Serie"), root.get("Folio"), issued_at, root.get("LugarExpedicion"), issuer, receiver, (payment,)
    )


def party(node: etree._Element) -> DraftParty:
    regime = node.get("RegimenFiscal") or node.get("RegimenFiscalReceptor")
    return DraftParty(
        node.get("Rfc"), node.get("Nombre"), regime, node.get("DomicilioFiscalReceptor", ""),
        residence=node.get("ResidenciaFiscal", ""), foreign_id=node.get("NumRegIdTrib", ""),
    )  # fmt: skip


@pytest.mark.parametrize("name", REMADE)
def test_the_scenario_made_again_is_equal_to_the_cent(story: Path, name: str) -> None:
    """Node by node and attribute by attribute; a tax may differ by less than a cent, a base by nothing.

    The scenario prints the share of the tax that the invoice printed, we the tax of the share of its base.
    """
    ours = etree.fromstring(UnsealedPress().issue(remade(story, name), uuid="0" * 8 + "-0000" * 3 + "-" + "0" * 12))
    theirs = etree.parse(story / f"{name}.xml").getroot()
    mine, wanted = (list(root.find(f".//{P}Pagos").iter()) for root in (ours, theirs))
    assert [node.tag for node in mine] == [node.tag for node in wanted]
    for node, other in zip(mine, wanted, strict=True):
        assert set(node.attrib) == set(other.attrib)
        for key in node.attrib:
            difference = distance(node.get(key), other.get(key))
            assert difference < HUNDREDTH if key in ("ImporteDR", "ImporteP") else difference == 0, (node.tag, key)


def distance(one: str, other: str) -> Decimal:
    """How far two figures are; of texts, nothing or a lot."""
    try:
        return abs(Decimal(one) - Decimal(other))
    except ArithmeticError:
        return Decimal(0) if one == other else Decimal(1)


@pytest.mark.skipif(not mx_schemas.is_available(), reason="satcfdi is not installed (aldia[mx])")
@pytest.mark.parametrize("name", REMADE)
def test_the_scenario_made_again_is_valid(story: Path, name: str) -> None:
    xml = UnsealedPress().issue(remade(story, name), uuid="0" * 8 + "-0000" * 3 + "-" + "0" * 12)
    assert mx_schemas.validate_schema(xml) == []
    assert check_arithmetic(xml).findings == ()


def test_the_instalments_of_the_scenario_and_its_credit_note_are_the_whole_invoice(story: Path) -> None:
    """2,319.99 less the note of 232.00 is paid in two parts: their bases are the invoice's in that proportion."""
    first, second = (remade(story, name) for name in list(REMADE)[:2])
    invoice = read_invoice((story / "I-PPD-01-factura-30dias.xml").read_bytes())
    bases = sum(
        rep.document_taxes(draft.payments[0].documents[0])[0].base for draft in (first, second)
    )  # fmt: skip
    exact = Decimal(invoice.taxes[0].base) / 100 * (231_999 - 23_200) / 231_999
    assert bases == exact.quantize(rep.SIX)
