"""The printed representation of a CFDI against its XML, over what the demo makes and what only hostile people send."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from lxml import etree

from aldia.demo.generator import generate
from aldia.documents import papers
from aldia.documents.models import FiscalDocument, IngestBatch
from aldia.documents.papers import CannotPrint, breakable, cfdi_pdf, paper_of, pdf_of, tax_name
from aldia.domain.fiscal.printed import read_printed, total_text
from aldia.integrations.tax import mx_schemas
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.brand import Brand
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.fixtures.cfdi import builder
from tests.support.papers import figures_said, missing, squeezed, text_of, words_of

PLAIN = Brand()
NOW = datetime(2026, 5, 20, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def archive() -> list[bytes]:
    """One document in six of a whole demo: every kind, currency and withholding is among them."""
    made = generate(seed=11, today=date(2026, 11, 21), customers=40, documents=360, sealed=mx_schemas.is_available())
    files = [file.content for file in made if file.name.endswith(".xml")]
    return files[::6]


def test_every_figure_and_name_of_the_xml_is_on_the_paper(archive: list[bytes]) -> None:
    kinds = set()
    for xml in archive:
        document = read_printed(xml).document
        kinds.add((document.kind, document.currency))
        assert missing(xml, pdf_of(xml, brand=PLAIN)) == [], document.key
    assert {("invoice", "MXN"), ("invoice", "USD"), ("credit_note", "MXN"), ("payment_complement", "XXX")} <= kinds


def test_the_comparison_sees_a_wrong_figure(archive: list[bytes]) -> None:
    """The control: a paper of other amounts misses what the XML says."""
    xml = next(each for each in archive if b'TipoDeComprobante="I"' in each)
    other = xml.replace(b' Total="', b' Total="9')
    assert missing(other, pdf_of(xml, brand=PLAIN)) != []


def test_the_code_says_what_the_verifier_asks_for(archive: list[bytes]) -> None:
    """Anexo 20: id, re, rr, tt, fe — each checked against the attributes of the XML."""
    for xml in archive:
        root = etree.fromstring(xml)
        stamp = root.find(".//{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital")
        parties = {etree.QName(each).localname: each for each in root}
        assert stamp is not None
        address = urlsplit(read_printed(xml).verifier_url)
        assert f"{address.scheme}://{address.netloc}{address.path}" == (
            "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx"
        )
        said = parse_qsl(address.query.replace("+", "%2B"))
        assert [name for name, _ in said] == ["id", "re", "rr", "tt", "fe"]
        values = dict(said)
        assert values["id"] == stamp.get("UUID", "").upper()
        assert (values["re"], values["rr"]) == (parties["Emisor"].get("Rfc"), parties["Receptor"].get("Rfc"))
        assert Decimal(values["tt"]) == Decimal(root.get("Total", ""))
        assert values["fe"] == root.get("Sello", "")[-8:]


@pytest.mark.parametrize(
    ("total", "text"),
    [("1", "1.0"), ("0", "0.0"), ("14300.00", "14300.0"), ("1234.50", "1234.5"), ("0.123456789", "0.123457")],
)
def test_the_total_of_the_code_has_no_zeros_that_mean_nothing(total: str, text: str) -> None:
    assert total_text(Decimal(total)) == text


def test_an_ampersand_in_a_tax_id_does_not_end_the_address() -> None:
    xml = builder.cfdi("ampersand").replace(b'Rfc="COM980612H51"', 'Rfc="C&amp;Ñ980612H51"'.encode())
    query = urlsplit(read_printed(xml).verifier_url).query
    assert dict(parse_qsl(query))["rr"] == "C&Ñ980612H51"


def test_many_concepts_go_over_pages_with_their_heads_repeated() -> None:
    items = tuple(builder.Item(f"Concepto número {n}", price=f"{n}.25") for n in range(1, 121))
    xml = builder.cfdi("many", items=items)
    pdf = pdf_of(xml, brand=PLAIN)
    assert missing(xml, pdf) == []
    words = words_of(pdf)
    assert words["Descripción"] >= 3
    assert words["Página"] == words["Descripción"] or words["Página"] == words["Descripción"] + 1


def test_very_many_concepts_say_how_many_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "MAX_LINES", 5)
    items = tuple(builder.Item(f"Concepto {n}") for n in range(9))
    text = text_of(pdf_of(builder.cfdi("too-many", items=items), brand=PLAIN))
    assert "Se imprimen 5 de los 9 conceptos" in " ".join(text.split())


HOSTILE = [
    '#read("/etc/passwd")',
    '#import "house.typ": *',
    "$x^2$ *negrita* _cursiva_ `codigo` = Titulo",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "]] #panic() [[",
    "\\u{41} // comentario /* otro */",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_printed_as_it_is(text: str) -> None:
    xml = builder.cfdi("hostile", items=(builder.Item(text),))
    assert squeezed(text) in squeezed(text_of(pdf_of(xml, brand=PLAIN)))


def test_a_word_longer_than_its_column_is_broken() -> None:
    word = "A" * 900
    assert breakable(word).replace("\u200b", "") == word
    assert squeezed(text_of(pdf_of(builder.cfdi("long", items=(builder.Item(word),)), brand=PLAIN))).count("A") >= 900


def test_an_invoice_with_a_complement_of_payments_prints_as_an_invoice() -> None:
    """Not allowed by SAT, and seen: the payments of an invoice are not read, so they are not printed either."""
    inside = builder.payment("10.00", builder.paid(builder.Paid(builder.uid("x"), "10.00", "10.00", "0.00")))
    pagos = f'<p:Pagos xmlns:p="http://www.sat.gob.mx/Pagos20" Version="2.0">{inside}</p:Pagos>'
    text = text_of(pdf_of(builder.cfdi("odd", complements=(pagos,)), brand=PLAIN))
    assert "Factura" in text
    assert "PAGORECIBIDO" not in squeezed(text)


def test_a_complement_of_several_payments_in_several_currencies() -> None:
    one = builder.paid(builder.Paid(builder.uid("a"), "1160.00", "600.00", "560.00"))
    two = builder.paid(
        builder.Paid(builder.uid("b"), "500.00", "100.00", "400.00", currency="USD", rate="0.0571428571")
    )
    xml = builder.complement(
        "several", builder.payment("600.00", one), builder.payment("1750.00", two), total="2350.00"
    )
    pdf = pdf_of(xml, brand=PLAIN)
    assert missing(xml, pdf) == []
    assert "PAGO2DE2" in squeezed(text_of(pdf))


def test_a_cancelled_document_says_so() -> None:
    xml = builder.cfdi("cancelled")
    assert "CANCELADO" in text_of(pdf_of(xml, brand=PLAIN, is_cancelled=True))
    assert "CANCELADO" not in text_of(pdf_of(xml, brand=PLAIN))


def test_the_paper_says_in_words_what_it_says_in_figures() -> None:
    xml = builder.cfdi("words", items=(builder.Item(price="1000.00"),))
    assert paper_of(read_printed(xml), PLAIN, False)["words"] == "MIL CIENTO SESENTA PESOS 00/100 M.N."
    assert figures_said(xml)["1,160.00"] == 1


@pytest.mark.parametrize(
    ("tax", "name"),
    [
        (("002", "Tasa", "0.160000", False), "IVA 16 %"),
        (("001", "Tasa", "0.012500", True), "Retención ISR 1.25 %"),
        (("002", "Exento", "", False), "IVA exento"),
        (("003", "Cuota", "6.4555", False), "IEPS 6.4555"),
        (("002", "Tasa", "NaN de aquí", False), "IVA NaN de aquí"),
        (("002", "Tasa", "1e999999", False), "IVA 1e999999"),
    ],
)
def test_taxes_have_names(tax: tuple[str, str, str, bool], name: str) -> None:
    assert tax_name(*tax) == name


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(tax_id=builder.ISSUER[0], slug="papeles")
    with company_scope(company.id):
        yield company


def _filed(client: Client) -> FiscalDocument:
    sent = SimpleUploadedFile("a.xml", builder.cfdi("filed"))
    client.post("/e/papeles/importar/subir/", {"files": [sent]})
    run_batch(batch_id=IngestBatch.objects.get().pk, now=lambda: NOW, today=NOW.date())
    return FiscalDocument.objects.get()


def test_the_page_of_a_document_gives_its_paper(company: Company, client: Client) -> None:
    client.force_login(make_user("papel@example.com", company))
    document = _filed(client)
    page = client.get(f"/e/papeles/documentos/{document.pk}/")
    address = f"/e/papeles/documentos/{document.pk}/pdf/"
    assert address in page.content.decode()
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert document.key in squeezed(text_of(answer.content))


def test_a_lost_original_is_a_sentence(company: Company, client: Client) -> None:
    client.force_login(make_user("papel@example.com", company))
    document = _filed(client)
    FiscalDocument.objects.update(sha256="0" * 64)
    document.refresh_from_db()
    with pytest.raises(CannotPrint):
        cfdi_pdf(document)
    answer = client.get(f"/e/papeles/documentos/{document.pk}/pdf/", follow=True)
    assert "ya no se puede leer" in answer.content.decode()
