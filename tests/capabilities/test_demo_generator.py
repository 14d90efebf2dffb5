"""The demo's documents: well formed, coherent to the cent, and the same for the same seed and day."""

from __future__ import annotations

import base64
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from aldia.demo.bad_files import bad_files
from aldia.demo.books import Ledger
from aldia.demo.cast import make_cast
from aldia.demo.generator import DEMO_SEED, demo_credentials, generate, tell_story, write_zip
from aldia.demo.issued import METADATA_HEADER, GeneratedFile
from aldia.demo.people import DemoCast
from aldia.domain.fiscal import cfdi, seals
from aldia.domain.fiscal.arithmetic import check_arithmetic
from aldia.domain.fiscal.certificates import Authorities
from aldia.domain.tax_ids import check, check_clabe
from aldia.integrations.tax import mx_schemas

TODAY = date(2026, 11, 21)
SIZE = 1500
C = "{http://www.sat.gob.mx/cfd/4}"
P = "{http://www.sat.gob.mx/Pagos20}"
TFD = "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital"


@dataclass
class Told:
    """One telling of the story: files and what the generator's own ledger says."""

    cast: DemoCast
    ledger: Ledger
    files: list[GeneratedFile]
    roots: list[etree._Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for file in self.files:
            if file.name.endswith(".xml"):
                root = etree.fromstring(file.content)
                if (uuid := uuid_of(root)) not in seen:
                    seen.add(uuid)
                    self.roots.append(root)

    @property
    def issued(self) -> list[etree._Element]:
        return [r for r in self.roots if r.find(f"{C}Emisor").get("Rfc") == self.cast.company.rfc]

    @property
    def cancelled(self) -> dict[str, list[str]]:
        rows = next(f for f in self.files if f.name.endswith(".txt")).content.decode().splitlines()
        assert rows[0] == METADATA_HEADER
        return {row.split("~")[0]: row.split("~") for row in rows[1:]}


def uuid_of(root: etree._Element) -> str:
    return root.find(f".//{TFD}").get("UUID").upper()


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def named_by(root: etree._Element) -> dict[str, list[str]]:
    return {
        node.get("TipoRelacion"): [child.get("UUID") for child in node] for node in root.findall(f"{C}CfdiRelacionados")
    }


@pytest.fixture(scope="module")
def told() -> Told:
    ledger = Ledger()
    files = list(generate(seed=DEMO_SEED, today=TODAY, documents=SIZE, sealed=False, ledger=ledger))
    return Told(make_cast(seed=DEMO_SEED, today=TODAY), ledger, files)


class NaiveWalk:
    """Who owes what, read from the documents alone and by the rules, one document after another."""

    def __init__(self, told: Told) -> None:
        self.balances: dict[str, int] = {}
        self.partialities: Counter[str] = Counter()
        self.advances: dict[str, int] = {}
        self.credits: dict[str, int] = {}
        replaced = {u for r in told.issued if r.get("TipoDeComprobante") == "P" for u in named_by(r).get("04", [])}
        for root in told.issued:
            if uuid_of(root) not in replaced:
                getattr(self, f"see_{root.get('TipoDeComprobante')}")(root)
        for uuid in told.cancelled:
            if uuid in self.balances:
                self.balances[uuid] = 0

    def see_I(self, root: etree._Element) -> None:
        uuid, names, first = uuid_of(root), named_by(root), root.find(f"{C}Conceptos/{C}Concepto")
        if root.find(f"{C}Receptor").get("Rfc") == "XAXX010101000":
            return
        if first.get("ClaveProdServ") == "84111506" and root.get("MetodoPago") == "PUE" and not names:
            self.advances[uuid] = minor(root.get("Total"))
            return
        self.balances[uuid] = minor(root.get("Total"))
        for replaced in names.get("04", []):
            self.balances[replaced] = 0
        for advance in names.get("07", []):
            if "remanente" not in first.get("Descripcion"):
                self.balances[uuid] -= self.advances[advance]
            self.advances[advance] = 0

    def see_E(self, root: etree._Element) -> None:
        for code, uuids in named_by(root).items():
            assert len(uuids) == 1
            amount = minor(root.get("Total"))
            if code == "07":  # its effect was the advance's, applied already
                continue
            if self.balances[uuids[0]] == 0:
                self.credits[uuid_of(root)] = amount
            else:
                self.balances[uuids[0]] -= amount

    def see_P(self, root: etree._Element) -> None:
        for payment in root.iter(f"{P}Pago"):
            for document in payment.iter(f"{P}DoctoRelacionado"):
                uuid = document.get("IdDocumento")
                self.partialities[uuid] += 1
                assert int(document.get("NumParcialidad")) == self.partialities[uuid]
                assert minor(document.get("ImpSaldoAnt")) == self.balances[uuid]
                self.balances[uuid] -= minor(document.get("ImpPagado"))
                assert minor(document.get("ImpSaldoInsoluto")) == self.balances[uuid] >= 0

    def see_T(self, root: etree._Element) -> None:
        assert root.get("Total") == "0"


def test_documents_and_ledger_agree_to_the_cent(told: Told) -> None:
    walk = NaiveWalk(told)
    assert walk.balances == {uuid: sale.balance for uuid, sale in told.ledger.sales.items()}
    assert walk.advances == told.ledger.advances
    assert walk.credits == told.ledger.credits
    assert all(balance >= 0 for balance in walk.balances.values())


def test_totals_of_each_document_add_up(told: Told) -> None:
    for root in told.roots:
        if root.get("TipoDeComprobante") not in "IE":
            continue
        lines, taxes = root.findall(f"{C}Conceptos/{C}Concepto"), root.find(f"{C}Impuestos")
        assert minor(root.get("SubTotal")) == sum(minor(line.get("Importe")) for line in lines)
        expected = minor(root.get("SubTotal")) - minor(root.get("Descuento") or "0")
        expected += minor(taxes.get("TotalImpuestosTrasladados") or "0")
        expected -= minor(taxes.get("TotalImpuestosRetenidos") or "0")
        assert minor(root.get("Total")) == expected


def test_payments_cover_what_they_say(told: Told) -> None:
    """In one currency the documents paid add up to the payment; the totals are in pesos."""
    for root in told.issued:
        for payment in root.iter(f"{P}Pago"):
            documents = payment.findall(f"{P}DoctoRelacionado")
            if all(d.get("MonedaDR") == payment.get("MonedaP") for d in documents):
                assert {d.get("EquivalenciaDR") for d in documents} == {"1"}
                assert sum(minor(d.get("ImpPagado")) for d in documents) == minor(payment.get("Monto"))
        if root.get("TipoDeComprobante") == "P":
            totals = root.find(f".//{P}Totales")
            paid = sum(Decimal(p.get("Monto")) * Decimal(p.get("TipoCambioP")) for p in root.iter(f"{P}Pago"))
            assert abs(Decimal(totals.get("MontoTotalPagos")) - paid) <= Decimal("0.005")


def test_there_is_some_of_everything(told: Told) -> None:
    kinds: Counter[str] = Counter()
    for root in told.issued:
        kinds[root.get("TipoDeComprobante") + root.get("MetodoPago", "")] += 1
        kinds.update(f"{root.get('TipoDeComprobante')}{code}" for code in named_by(root))
        kinds[root.find(f"{C}Receptor").get("Rfc")] += 1
        kinds.update({f"M{root.get('Moneda')}": 1, f"place {root.get('LugarExpedicion')}": 1})
        kinds.update(f"rate {n.get('TasaOCuota')}" for n in root.iter(f"{C}Traslado"))
        kinds.update(f"withheld {n.get('Impuesto')}" for n in root.iter(f"{C}Retencion"))
        kinds.update(f"P{p.get('MonedaP')}{len(p.findall(f'{P}DoctoRelacionado')) > 1}" for p in root.iter(f"{P}Pago"))
    wanted = "IPPD IPUE EPUE T P I02 I04 I07 E01 E03 E07 XAXX010101000 XEXX010101000 MUSD PMXNTrue PMXNFalse PUSDFalse"
    for kind in (*wanted.split(), "rate 0.080000", "rate 0.000000", "rate None", "withheld 002", "place 22010"):
        assert kinds[kind], kind
    assert kinds["IPPD"] > kinds["IPUE"] * 2
    received = [r for r in told.roots if r.find(f"{C}Emisor").get("Rfc") != told.cast.company.rfc]
    assert received
    assert {r.find(f"{C}Receptor").get("Rfc") for r in received} == {told.cast.company.rfc}
    assert len([f for f in told.files if f.name.endswith(".xml")]) == len(told.roots) + 1  # one duplicate


def test_every_day_is_in_the_history(told: Told) -> None:
    days = [root.get("Fecha")[:10] for root in told.roots]
    assert min(days) >= told.cast.first_day.isoformat()
    assert max(days) == told.cast.last_day.isoformat() < TODAY.isoformat()
    for root in told.issued:
        for payment in root.iter(f"{P}Pago"):
            paid_on = date.fromisoformat(payment.get("FechaPago")[:10])
            year, month = divmod(paid_on.year * 12 + paid_on.month, 12)
            assert paid_on.isoformat() <= root.get("Fecha")[:10] <= date(year, month + 1, 5).isoformat()
    issued_by_date = [r.get("Fecha") for r in told.issued]
    assert issued_by_date == sorted(issued_by_date)


def test_cancelled_rows_name_documents_of_the_archive(told: Told) -> None:
    by_uuid = {uuid_of(root): root for root in told.issued}
    assert len(told.cancelled) > 5
    for uuid, row in told.cancelled.items():
        root = by_uuid[uuid]
        assert row[1] == told.cast.company.rfc
        assert row[3] == root.find(f"{C}Receptor").get("Rfc")
        assert minor(row[8]) == minor(root.get("Total"))
        assert (row[9], row[10]) == (root.get("TipoDeComprobante"), "0")
        assert row[11] > row[7]
        assert len(row) == 12


def test_cast_is_invented_but_well_formed(told: Told) -> None:
    cast = told.cast
    assert len(cast.customers) == 120
    assert len({c.name for c in cast.customers}) == 120
    national = [c for c in cast.customers if not c.party.foreign_id]
    assert len({c.rfc for c in national}) == len(national) == 118
    for party in [cast.company.party, *(c.party for c in national), *(s.party for s in cast.suppliers)]:
        assert check("MX", party.rfc).level == "ok", party.rfc
        assert party.name == party.name.upper()
        assert re.fullmatch(r"[0-9]{5}", party.postal_code)
    for clabe in [cast.company.clabe, *(c.clabe for c in cast.customers)]:
        assert check_clabe(clabe) == clabe
    contacts = [contact for c in cast.customers for contact in c.contacts]
    assert all(re.fullmatch(r"[a-z.]+@[a-z0-9]+\.example", contact.email) for contact in contacts)
    assert all(re.fullmatch(r"\+52 [0-9]{2,3} [0-9]{7,8}", contact.phone) for contact in contacts)
    assert all([contact.is_primary for contact in c.contacts].count(True) == 1 for c in cast.customers)
    assert any("ñ" in c.name.lower() for c in national)
    assert any("S. de R.L." in c.name for c in national)
    assert any(len(c.rfc) == 13 for c in national)
    assert {c.credit_days for c in cast.customers} >= {0, 15, 30, 45, 60}
    assert {c.portfolio for c in cast.customers} == {p.name for p in cast.portfolios}
    assert {c.is_on for c in cast.customers} == {True, False}
    assert {c.behaviour.manner for c in cast.customers} == {"punctual", "late", "erratic", "stopped"}


def test_opening_balances_are_older_than_the_history(told: Told) -> None:
    rows = told.cast.opening_balances
    assert len(rows) == 15
    assert len({row.reference for row in rows}) == 15
    customers = {(c.rfc, c.name) for c in told.cast.customers}
    for row in rows:
        assert (row.rfc, row.customer) in customers
        assert row.issued_on < told.cast.first_day
        assert 0 < row.balance_minor <= row.total_minor
        assert minor(row.as_row()["Saldo"]) == row.balance_minor


def test_same_seed_and_day_same_documents(told: Told) -> None:
    again = list(generate(seed=DEMO_SEED, today=TODAY, documents=SIZE, sealed=False))
    assert again == told.files
    other = list(generate(seed=DEMO_SEED + 1, today=TODAY, documents=SIZE, sealed=False))
    assert {f.name for f in other}.isdisjoint(f.name for f in told.files if "metadata" not in f.name)
    assert make_cast(seed=DEMO_SEED, today=TODAY) == told.cast


def test_seals_are_the_only_difference(told: Told, tmp_path: Path) -> None:
    pytest.importorskip("satcfdi", reason="the extra mx is not installed")
    cast, name = (
        make_cast(seed=4, today=TODAY, customers=12),
        re.compile(rb'(Sello|SelloCFD|SelloSAT|Certificado|NoCertificado|NoCertificadoSAT)="[^"]*"'),
    )
    keys = demo_credentials(tmp_path, cast)
    one = [list(generate(seed=4, today=TODAY, customers=12, documents=40, credentials=keys)) for _ in range(2)]
    assert one[0] == one[1]
    bare = list(generate(seed=4, today=TODAY, customers=12, documents=40, sealed=False))
    assert [f.name for f in bare] == [f.name for f in one[0]]
    assert [name.sub(b"", f.content) for f in bare] == [name.sub(b"", f.content) for f in one[0]]
    for file in one[0]:
        if file.name.endswith(".xml"):
            _check_stamp(file.content, keys.pac.certificate)


def test_the_house_finds_nothing_wrong_with_them(tmp_path: Path) -> None:
    """Read, added up, verified and validated by the same code that takes in anybody's documents."""
    if not mx_schemas.is_available():
        pytest.skip("the extra mx is not installed")
    cast = make_cast(seed=DEMO_SEED, today=TODAY)
    keys = demo_credentials(tmp_path, cast)
    store = {credential.number: credential.cer for credential in (*keys.seals.values(), keys.pac)}
    roots = Authorities(keys.authorities())
    kinds = set()
    for file in generate(seed=DEMO_SEED, today=TODAY, documents=150, credentials=keys):
        if not file.name.endswith(".xml"):
            continue
        document = cfdi.parse(file.content)
        kinds.add(document.kind)
        assert (document.findings, check_arithmetic(file.content).findings) == ((), ()), file.name
        assert mx_schemas.validate_schema(file.content) == [], file.name
        report = seals.verify(file.content, certificates=store.get, transform=mx_schemas.transform, authorities=roots)
        assert (report.seal, report.stamp, report.chain, report.hours_72) == ("ok", "ok", "ok", "ok"), file.name
    assert kinds >= {"invoice", "credit_note", "payment_complement"}


def _check_stamp(xml: bytes, certificate: x509.Certificate) -> None:
    stamp = etree.fromstring(xml).find(f".//{TFD}")
    names = ("Version", "UUID", "FechaTimbrado", "RfcProvCertif", "Leyenda", "SelloCFD", "NoCertificadoSAT")
    chain = f"||{'|'.join(stamp.get(n) for n in names)}||"
    seal = base64.b64decode(stamp.get("SelloSAT"))
    certificate.public_key().verify(seal, chain.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_business_looks_alive() -> None:
    """Most is current or just late, some is old; days of sales outstanding near a month and a half."""
    ledger = Ledger()
    cast = make_cast(seed=DEMO_SEED, today=TODAY)
    sold = 0
    for issued in tell_story(cast, seed=DEMO_SEED, documents=3000, ledger=ledger):
        recent = (TODAY - issued.draft.issued_at.date()).days <= 90
        if recent and issued.draft.type_code == "I" and getattr(issued.draft, "currency", "") == "MXN":
            sold += issued.draft.total if issued.folder.startswith("emitidos") else 0
    ages: Counter[str] = Counter()
    for sale in ledger.open_sales(TODAY):
        if sale.currency == "MXN":
            late = (TODAY - sale.due_on).days
            ages["fresh" if late <= 30 else "old" if late <= 90 else "ancient"] += sale.balance
    owed = sum(ages.values())
    assert 60 <= ages["fresh"] * 100 // owed <= 85
    assert ages["old"] * 100 // owed >= 6
    assert ages["ancient"] * 100 // owed >= 3
    assert 35 <= owed * 90 // sold <= 60


def test_bad_files_are_bad(told: Told) -> None:
    files = {file.name.removeprefix("malos/"): file.content for file in bad_files(told.cast)}
    for name in ("truncado.xml", "no_es_xml.xml", "vacio.xml"):
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(files[name])
    assert etree.fromstring(files["con_doctype.xml"]).getroottree().docinfo.doctype
    assert etree.fromstring(files["no_es_cfdi.xml"]).tag == "factura"
    others = etree.fromstring(files["de_otra_empresa.xml"])
    rfcs = {others.find(f"{C}Emisor").get("Rfc"), others.find(f"{C}Receptor").get("Rfc")}
    assert told.cast.company.rfc not in rfcs
    assert all(check("MX", rfc).level == "ok" for rfc in rfcs)


def test_archive_streams_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        files = generate(seed=3, today=TODAY, customers=20, documents=60, sealed=False)
        count = write_zip(tmp_path / name, files, level=1)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == len(set(archive.namelist())) == count


def test_a_huge_archive_starts_at_once() -> None:
    """Nothing is made before it is asked for: the first files of ten million come as fast as those of ten."""
    files = generate(seed=3, today=TODAY, customers=20, documents=10_000_000, sealed=False)
    assert len(list(islice(files, 20))) == 20


@pytest.mark.parametrize("customers", [11, 20_001])
def test_sizes_that_make_no_sense_are_refused(customers: int) -> None:
    with pytest.raises(ValueError, match="customers"):
        make_cast(seed=1, today=TODAY, customers=customers)
