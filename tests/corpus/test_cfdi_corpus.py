"""CFDI of others: every file gives a document or a typed error; what each kind gives is written here by hand."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from aldia.domain.fiscal import cleaning, seals
from aldia.domain.fiscal.arithmetic import check_arithmetic
from aldia.domain.fiscal.certificates import BadCertificate, load
from aldia.domain.fiscal.cfdi import parse
from aldia.domain.fiscal.document import FiscalDocument
from aldia.domain.fiscal.envelope import SEVERAL_COMPLEMENTS
from aldia.domain.fiscal.errors import FiscalError, NotStamped
from aldia.integrations.tax import mx_schemas

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def mx(corpus: Path) -> Path:
    return corpus / "mx"


def xml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.xml"))


def outcome(data: bytes, with_lines: bool = True) -> tuple[str, FiscalDocument | FiscalError]:
    """ "invoice 4.0" or the code of an error. Anything else that is raised fails the test."""
    try:
        document = parse(data, with_lines=with_lines)
    except FiscalError as error:
        return error.code, error
    return f"{document.kind} {document.version}", document


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        (
            "cfdi",
            {
                "invoice 3.2": 5, "invoice 3.3": 7, "invoice 4.0": 18, "debit_note 3.3": 2, "payroll 3.2": 2,
                "payment_complement 4.0": 1, "not_stamped": 194, "not_cfdi": 38, "retenciones": 33, "missing_field": 10,
            },
        ),
        (
            "dirty",
            {
                "invoice 3.2": 1, "invoice 3.3": 11, "invoice 4.0": 5, "not_stamped": 7, "not_cfdi": 30,
                "missing_field": 30, "has_doctype": 6, "not_xml": 4, "bad_number": 2, "retenciones": 2, "truncated": 1,
            },
        ),
        (
            "scenario",
            {
                "invoice 4.0": 9, "advance 4.0": 1, "debit_note 4.0": 1, "credit_note 4.0": 3, "transfer 4.0": 1,
                "payment_complement 4.0": 6,
            },
        ),
    ],
)  # fmt: skip
def test_every_file_has_an_outcome(mx: Path, folder: str, expected: dict[str, int]) -> None:
    found = Counter(outcome(path.read_bytes())[0] for path in xml_files(mx / folder))
    assert found == expected


def test_lines_never_change_the_outcome(mx: Path) -> None:
    """What was booked without its lines can be shown with them."""
    for path in xml_files(mx):
        data = path.read_bytes()
        assert outcome(data, with_lines=False)[0] == outcome(data, with_lines=True)[0], path


def test_no_file_of_any_kind_raises_anything_else(mx: Path) -> None:
    """Certificates, keys, schemas, mail and bank answers given as if they were CFDI."""
    for path in sorted(path for path in mx.rglob("*") if path.is_file()):
        data = path.read_bytes()
        outcome(data)
        check_arithmetic(data)


DIRTY: dict[str, tuple[str, tuple[str, ...]]] = {
    "i33-comma-decimal": ("bad_number", ()),
    "i33-default-ns": ("invoice 3.3", ()),
    "i33-dtd-internal-entity": ("has_doctype", ()),
    "i33-latin1-declared-latin1": ("invoice 3.3", ()),
    "i33-latin1-declared-utf8": ("invoice 3.3", (cleaning.LATIN_BYTES,)),
    "i33-leading-garbage": ("invoice 3.3", (cleaning.LEADING_JUNK,)),
    "i33-leading-newlines": ("invoice 3.3", (cleaning.LEADING_BLANKS,)),
    "i33-missing-total": ("missing_field", ()),
    "i33-prefix-x": ("invoice 3.3", ()),
    "i33-tampered-total": ("invoice 3.3", ()),
    "i33-trailing-text": ("invoice 3.3", (cleaning.TRAILING_JUNK,)),
    "i33-utf8-bom": ("invoice 3.3", ()),
    "i33-xml-entities-in-names": ("invoice 3.3", ()),
    "i33-xxe": ("has_doctype", ()),
    "i40-addenda-undeclared-prefix": ("invoice 4.0", (cleaning.BROKEN_ADDENDA,)),
    "i40-billion-laughs": ("has_doctype", ()),
    "i40-comma-decimal": ("bad_number", ()),
    "i40-prefix-x": ("invoice 4.0", ()),
    "i40-tampered-total": ("invoice 4.0", ()),
    "i40-truncated-50": ("truncated", ()),
    "i40-two-complementos": ("invoice 4.0", (SEVERAL_COMPLEMENTS,)),
    "i40-utf16le": ("invoice 4.0", (cleaning.UTF16,)),
    "i40-xxe": ("has_doctype", ()),
    "only-decl": ("not_xml", ()),
    # the P of the samples was never stamped
    "p20-addenda-undeclared-prefix": ("not_stamped", ()),
    "p20-billion-laughs": ("has_doctype", ()),
    "p20-crlf": ("not_stamped", ()),
    "p20-default-ns": ("not_stamped", ()),
    "p20-double-bom": ("not_stamped", ()),
    "p20-dtd-internal-entity": ("has_doctype", ()),
    "p20-leading-garbage": ("not_stamped", ()),
    "p20-leading-newlines": ("not_stamped", ()),
    "p20-utf8-bom": ("not_stamped", ()),
}


def test_the_table_names_every_dirty_file(mx: Path) -> None:
    assert {path.stem for path in xml_files(mx / "dirty" / "derived-dirty")} == DIRTY.keys()


@pytest.mark.parametrize("name", DIRTY)
def test_dirty(mx: Path, name: str) -> None:
    expected, findings = DIRTY[name]
    found, result = outcome((mx / "dirty" / "derived-dirty" / f"{name}.xml").read_bytes())
    assert found == expected
    if isinstance(result, FiscalDocument):
        assert result.findings == findings
        intact = "cfdi33-valid.xml" if name.startswith("i33") else "cfdi40-valid.xml"
        assert result.key != ""
        assert result.version == {"cfdi33-valid.xml": "3.3", "cfdi40-valid.xml": "4.0"}[intact]


def test_letters_survive_every_encoding(mx: Path) -> None:
    folder = mx / "dirty" / "derived-dirty"
    for encoding, name in (("latin1", "Ñandú PROMOTORA"), ("utf8", "Ñandú Ácaro PROMOTORA")):
        document = parse((folder / f"i33-latin1-declared-{encoding}.xml").read_bytes())
        assert document.receiver.name.startswith(name) or document.issuer.name.startswith(name)


def stamped(data: bytes) -> bytes:
    """The same document with a stamp, so that what nobody stamped can be read too."""
    root = etree.fromstring(cleaning.clean(data).data, etree.XMLParser(resolve_entities=False))
    complement = etree.SubElement(root, root.tag[:-11] + "Complemento")
    etree.SubElement(
        complement,
        "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital",
        Version="1.1",
        UUID="7cc1bdc1-46d1-5752-bdaa-d6bb1967f133",
        FechaTimbrado="2026-09-01T10:01:00",
    )
    return bytes(etree.tostring(root, encoding="UTF-8"))


def test_what_was_never_stamped_reads_too(mx: Path) -> None:
    found: Counter[str] = Counter()
    for path in xml_files(mx / "cfdi"):
        data = path.read_bytes()
        try:
            parse(data)
        except NotStamped:
            found[outcome(stamped(data))[0]] += 1
        except FiscalError:
            continue
    assert found == {
        "payment_complement 3.3": 22, "payment_complement 4.0": 54, "invoice 3.3": 19, "invoice 4.0": 26,
        "debit_note 3.3": 4, "payroll 3.3": 3, "payroll 4.0": 3,
        # samples whose type is P without a complement, or whose keys were blanked out
        "missing_field": 63,
    }  # fmt: skip


@pytest.fixture(scope="module")
def story(mx: Path) -> dict[str, FiscalDocument]:
    documents = [parse(path.read_bytes()) for path in xml_files(mx / "scenario")]
    return {document.series + document.folio: document for document in documents}


class TestScenario:
    """The coherent story of the sample data, each figure as its file prints it."""

    @pytest.mark.parametrize(
        ("number", "kind", "method", "form", "currency", "subtotal", "transferred", "withheld", "total", "names"),
        [
            ("F1", "invoice", "PPD", "99", "MXN", "1999.99", "320.00", "0", "2319.99", {}),
            ("F2", "invoice", "PPD", "99", "MXN", "2801.10", "400.00", "0", "3201.10", {}),
            ("F3", "invoice", "PPD", "99", "MXN", "10000.00", "1600.00", "2066.67", "9533.33", {}),
            ("F4", "invoice", "PPD", "99", "USD", "100.00", "16.00", "0", "116.00", {}),
            ("F5", "invoice", "PUE", "03", "MXN", "500.00", "80.00", "0", "580.00", {}),
            ("F6", "invoice", "PUE", "01", "MXN", "258.62", "41.38", "0", "300.00", {}),
            ("F7", "invoice", "PPD", "99", "USD", "1000.00", "0", "0", "1000.00", {}),
            ("F10", "advance", "PUE", "03", "MXN", "5000.00", "800.00", "0", "5800.00", {}),
            ("F11", "invoice", "PUE", "03", "MXN", "20000.00", "3200.00", "0", "23200.00", {"07": "F10"}),
            ("F13", "debit_note", "PUE", "03", "MXN", "50.00", "8.00", "0", "58.00", {"02": "F1"}),
            ("F14", "invoice", "PPD", "99", "MXN", "500.00", "80.00", "0", "580.00", {"04": "F5"}),
            ("NC8", "credit_note", "PUE", "15", "MXN", "200.00", "32.00", "0", "232.00", {"01": "F1"}),
            ("NC9", "credit_note", "PUE", "15", "MXN", "500.00", "80.00", "0", "580.00", {"03": "F2"}),
            ("NC12", "credit_note", "PUE", "30", "MXN", "5000.00", "800.00", "0", "5800.00", {"07": "F11"}),
            ("T1", "transfer", "", "", "XXX", "0", "0", "0", "0", {}),
        ],
    )
    def test_documents(
        self, story: dict[str, FiscalDocument], number: str, kind: str, method: str, form: str, currency: str,
        subtotal: str, transferred: str, withheld: str, total: str, names: dict[str, str],
    ) -> None:  # fmt: skip
        document = story[number]
        assert (document.kind, document.method, document.payment_form) == (kind, method, form)
        assert (document.currency, document.total, document.subtotal) == (currency, Decimal(total), Decimal(subtotal))
        assert (document.transferred, document.withheld) == (Decimal(transferred), Decimal(withheld))
        assert {relation.code: relation.keys for relation in document.relations} == {
            code: (story[other].key,) for code, other in names.items()
        }
        assert document.findings == ()
        assert not document.is_advance_remainder
        assert document.is_global is (number == "F6")

    @pytest.mark.parametrize(
        ("number", "currency", "rate", "amount", "lines"),
        [
            ("P15", "MXN", "1", "700.00", [("F1", "MXN", "1", 1, "2087.99", "700.00", "1387.99")]),
            ("P16", "MXN", "1", "1387.99", [("F1", "MXN", "1", 2, "1387.99", "1387.99", "0.00")]),
            (
                "P17", "MXN", "1", "6621.10",
                [
                    ("F2", "MXN", "1", 1, "2621.10", "2621.10", "0.00"),
                    ("F3", "MXN", "1", 1, "9533.33", "4000.00", "5533.33"),
                ],
            ),
            ("P18", "MXN", "1", "2138.12", [("F4", "USD", "0.0542532692", 1, "116.00", "116.00", "0.00")]),
            ("P19", "USD", "18.39", "1000.00", [("F7", "USD", "1", 1, "1000.00", "1000.00", "0.00")]),
            ("P20", "USD", "18.30", "31.70", [("F14", "MXN", "18.2965299685", 1, "580.00", "580.00", "0.00")]),
        ],
    )  # fmt: skip
    def test_complements(
        self, story: dict[str, FiscalDocument], number: str, currency: str, rate: str, amount: str,
        lines: list[tuple[str, str, str, int, str, str, str]],
    ) -> None:  # fmt: skip
        (payment,) = story[number].payments
        assert (payment.currency, payment.rate, payment.amount) == (currency, Decimal(rate), Decimal(amount))
        read = [
            (line.key, line.currency, line.equivalence, line.partiality, line.before, line.paid, line.after)
            for line in payment.documents
        ]
        assert read == [
            (story[name].key, other, Decimal(equivalence), part, Decimal(before), Decimal(paid), Decimal(after))
            for name, other, equivalence, part, before, paid, after in lines
        ]

    def test_the_foreign_receiver(self, story: dict[str, FiscalDocument]) -> None:
        receiver = story["F7"].receiver
        assert (receiver.tax_id, receiver.foreign_id) == ("XEXX010101000", "123456789")

    def test_all_of_it_adds_up(self, mx: Path) -> None:
        for path in xml_files(mx / "scenario"):
            assert check_arithmetic(path.read_bytes()).state == "ok", path.name


class TestArithmetic:
    def test_reference_complements_add_up(self, mx: Path) -> None:
        assets = mx / "cfdi" / "CfdiUtils" / "tests" / "assets"
        files = [*xml_files(assets / "pagos20-calculator"), assets / "created-cfdi40-pago20-valid.xml"]
        assert len(files) == 9
        assert {path.name: check_arithmetic(path.read_bytes()).findings for path in files} == {
            path.name: () for path in files
        }

    def test_what_was_tampered_with_does_not(self, mx: Path) -> None:
        for name, printed, right in (("i33", "92010.01", "2010.01"), ("i40", "91000.00", "1000.00")):
            report = check_arithmetic((mx / "dirty" / "derived-dirty" / f"{name}-tampered-total.xml").read_bytes())
            assert [finding.message for finding in report.findings] == [f"Total dice {printed} y debe ser {right}."]

    def test_real_documents_add_up(self, mx: Path) -> None:
        for name in ("cfdi32-real.xml", "cfdi33-real.xml"):
            assert check_arithmetic((mx / "dirty/cfdi-cleaner/tests/_files" / name).read_bytes()).state == "ok"
        assert check_arithmetic((mx / "cfdi/CfdiUtils/tests/assets/cfdi40-real.xml").read_bytes()).state == "ok"


@pytest.fixture(scope="module")
def store(mx: Path) -> dict[str, bytes]:
    known = {}
    for path in (*(mx / "certs").rglob("*.cer"), *(mx / "scenario").rglob("*.cer")):
        try:
            certificate = load(path.read_bytes())
        except BadCertificate:
            continue
        known[certificate.number] = certificate.der
    return known


@pytest.mark.skipif(not mx_schemas.is_available(), reason="satcfdi is not installed (aldia[mx])")
class TestSeals:
    def examine(self, data: bytes, store: dict[str, bytes]) -> seals.SealReport:
        return seals.verify(
            data, certificates=store.get, transform=mx_schemas.transform, authorities=mx_schemas.authorities()
        )

    def test_the_whole_scenario_is_sealed_and_stamped(self, mx: Path, store: dict[str, bytes]) -> None:
        for path in xml_files(mx / "scenario"):
            report = self.examine(path.read_bytes(), store)
            assert (report.seal, report.stamp, report.hours_72) == ("ok", "ok", "ok"), path.name
            # sealed with the public test certificate, whose authority (AC UAT) is not SAT's production one
            assert (report.chain, report.findings) == ("unknown", (seals.UNKNOWN_AUTHORITY,))

    def test_real_documents_descend_from_sat(self, mx: Path, store: dict[str, bytes]) -> None:
        for name in ("cfdi32-real.xml", "cfdi33-real.xml"):
            report = self.examine((mx / "dirty/cfdi-cleaner/tests/_files" / name).read_bytes(), store)
            assert (report.seal, report.chain, report.hours_72) == ("ok", "ok", "ok"), name

    def test_a_real_40_is_stamped_by_sat(self, mx: Path, store: dict[str, bytes]) -> None:
        report = self.examine((mx / "cfdi/CfdiUtils/tests/assets/cfdi40-real.xml").read_bytes(), store)
        assert (report.seal, report.stamp, report.hours_72) == ("ok", "ok", "ok")

    @pytest.mark.parametrize(
        ("name", "seal"),
        [
            ("i33-tampered-total", "bad"),
            ("i40-tampered-total", "bad"),
            ("i33-xml-entities-in-names", "bad"),
            ("i33-prefix-x", "ok"),
            ("i33-default-ns", "ok"),
            ("i33-leading-newlines", "ok"),
            ("i40-two-complementos", "ok"),
            ("i40-utf16le", "ok"),
            ("i40-addenda-undeclared-prefix", "ok"),
            ("i33-latin1-declared-utf8", "unknown"),
            ("i40-xxe", "unknown"),
        ],
    )
    def test_dirty(self, mx: Path, store: dict[str, bytes], name: str, seal: str) -> None:
        data = (mx / "dirty" / "derived-dirty" / f"{name}.xml").read_bytes()
        assert self.examine(data, store).seal == seal

    def test_nothing_raises(self, mx: Path, store: dict[str, bytes]) -> None:
        states = Counter(self.examine(path.read_bytes(), store).seal for path in xml_files(mx / "cfdi"))
        assert states["ok"] == 108

    def test_the_schema_holds_for_the_scenario(self, mx: Path) -> None:
        for path in xml_files(mx / "scenario"):
            assert mx_schemas.validate_schema(path.read_bytes()) == [], path.name
