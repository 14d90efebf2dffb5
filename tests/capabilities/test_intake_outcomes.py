"""What becomes of each file that comes in: one outcome each, a sentence for people, nothing lost or doubled."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.core.files.storage import default_storage

from aldia.customers.models import Customer
from aldia.documents import packing
from aldia.documents.models import (
    BatchState,
    CancellationNotice,
    FiscalDocument,
    IngestBatch,
    IngestItem,
    PaymentComplementLine,
)
from aldia.documents.operations.batches import begin_batch, chunks, create_batch, finish_batch
from aldia.documents.operations.discarding import sweep
from aldia.documents.operations.storing import StaleChunk, store_chunk
from aldia.documents.originals import read_original
from aldia.receivables.models import Receivable
from aldia.receivables.operations.intake import run_batch, take_in_chunk
from aldia.tenancy.models import AuditEvent, Company, StoredFile
from aldia.tenancy.scope import company_scope, transaction
from tests.cast import make_company
from tests.fixtures.cfdi.builder import (
    ISSUER,
    RECEIVER,
    Paid,
    cfdi,
    complement,
    old,
    paid,
    payment,
    payroll,
    uid,
)

NOW = datetime(2026, 5, 20, 18, tzinfo=UTC)
TODAY = date(2026, 5, 20)
HEADER = (
    "Uuid~RfcEmisor~NombreEmisor~RfcReceptor~NombreReceptor~RfcPac~FechaEmision~FechaCertificacionSat~Monto"
    "~EfectoComprobante~Estatus~FechaCancelacion"
)
EMPLOYEE = (b"JUANA", b"PEGJ800101AB1", b"8765.43")


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(tax_id=ISSUER[0])
    with company_scope(company.id):
        yield company


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as writer:
        for name, data in members:
            writer.writestr(name, data)
    return target.getvalue()


def batch_of(*members: tuple[str, bytes], collect_all: bool = False) -> IngestBatch:
    stored = packing.pack([(name, io.BytesIO(data)) for name, data in members], name="carga.zip")
    return create_batch(file=stored, name="carga.zip", actor=None, collect_all=collect_all)


def take_in(*members: tuple[str, bytes], collect_all: bool = False) -> IngestBatch:
    batch = batch_of(*members, collect_all=collect_all)
    return run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)


def outcomes(batch: IngestBatch) -> list[tuple[str, str]]:
    """Outcome and code of each file; every one has its sentence, and the counts of the batch agree."""
    items = list(IngestItem.objects.filter(batch=batch).order_by("position"))
    assert all(re.match(r"[A-ZÁÉÍÓÚÑ¿«]", item.message) for item in items), [item.message for item in items]
    assert sum(batch.counts.values()) == len(items) == batch.total == batch.done
    for outcome, count in batch.counts.items():
        assert count == sum(item.outcome == outcome for item in items)
    assert batch.state == BatchState.DONE
    return [(item.outcome, item.code) for item in items]


def metadata(*rows: tuple[str, str, str, str]) -> bytes:
    """Rows are (key, kind, state, cancelled on)."""
    lines = [
        f"{key}~{ISSUER[0]}~{ISSUER[1]}~{RECEIVER[0]}~CLIENTE\nCON ~ SALTO~PAC010101AB1~2026-03-02 10:00:00"
        f"~2026-03-02 10:05:00~1160.00~{kind}~{state}~{on}"
        for key, kind, state, on in rows
    ]
    return "\r\n".join([HEADER, *lines]).encode()


def acknowledgement(*keys: str, code: str = "201", issuer: str = ISSUER[0]) -> bytes:
    folios = "".join(f"<Folios><UUID>{key}</UUID><EstatusUUID>{code}</EstatusUUID></Folios>" for key in keys)
    space = 'xmlns="http://cancelacfd.sat.gob.mx"'
    return f'<Acuse {space} Fecha="2026-05-01T10:00:00" RfcEmisor="{issuer}">{folios}</Acuse>'.encode()


# ── what is on file ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_document_is_stored_as_it_is_and_its_customer_appears_off(company: Company) -> None:
    data = cfdi("a")
    assert outcomes(take_in(("a.xml", data))) == [("stored", "customer_off")]
    row = FiscalDocument.objects.select_related("customer", "original").get()
    assert (row.key, row.number, row.total, row.currency, row.method) == (uid("a"), "F-101", 116_000, "MXN", "PPD")
    assert (row.direction, row.status, row.seal_state) == ("issued", "unknown", "pending")
    assert row.issued_on == date(2026, 3, 2)
    assert row.customer is not None
    assert (row.customer.tax_id, row.customer.legal_name, row.customer.collecting) == (*RECEIVER, False)
    assert read_original(row) == data
    assert list(row.taxes.values_list("code", "base", "amount")) == [("002", 100_000, 16_000)]
    assert not Receivable.objects.exists()


def test_with_collect_all_it_is_opened(company: Company) -> None:
    batch = take_in(("a.xml", cfdi("a")), ("e.xml", cfdi("e", type_code="E")), collect_all=True)
    assert outcomes(batch) == [("opened", "opened"), ("stored", "applied")]
    assert batch.opened == 1
    assert Receivable.objects.get().balance == 116_000


def test_what_a_payment_complement_says_is_kept_line_by_line(company: Company) -> None:
    lines = [paid(Paid(uid("a"), "1160.00", "500.00", "660.00")), paid(Paid(uid("b"), "10.00", "10.00", "0.00"))]
    outcomes(take_in(("p.xml", complement("p", payment("510.00", *lines)))))
    found = PaymentComplementLine.objects.order_by("position").values_list("to_key", "before", "paid", "after")
    assert list(found) == [(uid("a"), 116_000, 50_000, 66_000), (uid("b"), 1_000, 1_000, 0)]


def test_every_kind_has_its_outcome(company: Company) -> None:
    ours = (ISSUER[0], ISSUER[1])
    cases = {
        "publico.xml": (cfdi("pub", receiver=("XAXX010101000", "PUBLICO EN GENERAL")), ("stored", "generic")),
        "ajena.xml": (cfdi("x").replace(ISSUER[0].encode(), b"OTR010101AB1"), ("ignored", "not_ours")),
        "propia.xml": (cfdi("own", receiver=ours), ("stored", "own")),
        "traslado.xml": (cfdi("t", type_code="T", receiver=ours, Total="0", SubTotal="0"), ("stored", "transfer")),
        "vieja.xml": (old(), ("stored", "customer_off")),
        "nomina.xml": (payroll(), ("ignored", "payroll")),
        "cortada.xml": (cfdi("c")[:700], ("error", "truncated")),
        "sin_timbre.xml": (cfdi("s", stamped=False), ("error", "not_stamped")),
        "vacio.xml": (b"", ("error", "empty")),
        "otro.xml": (b"<raiz/>", ("error", "not_cfdi")),
        "factura.pdf": (b"%PDF-1.7", ("ignored", "pdf")),
        "notas.txt": (b"hola", ("ignored", "not_xml_file")),
        "vacio": (b"", ("ignored", "empty")),
        "__MACOSX/._a.xml": (b"\x00\x05\x16\x07", ("ignored", "system_file")),
        "carpeta/.DS_Store": (b"\x00", ("ignored", "system_file")),
        "sin_extension": (cfdi("sin"), ("stored", "customer_off")),
        "doble.xml.xml": (cfdi("doble"), ("stored", "customer_off")),
    }
    batch = take_in(("todo.zip", zipped(*((name, data) for name, (data, _) in cases.items()))))
    assert outcomes(batch) == [expected for _, expected in cases.values()]


def test_received_documents_are_filed_without_a_customer(company: Company) -> None:
    data = cfdi("r").replace(ISSUER[0].encode(), b"PROV010101A1B").replace(RECEIVER[0].encode(), ISSUER[0].encode())
    assert outcomes(take_in(("r.xml", data.replace(b"PROV010101A1B", b"PRO010101AB1")))) == [("stored", "received")]
    assert FiscalDocument.objects.get().direction == "received"
    assert not Customer.objects.exists()


def test_foreign_receivers_are_told_apart_and_the_public_is_one(company: Company) -> None:
    foreign = "XEXX010101000"
    files = [
        ("1.xml", cfdi("1", receiver=(foreign, "ACME INC"), extra_receiver={"NumRegIdTrib": "12-345"})),
        ("2.xml", cfdi("2", receiver=(foreign, "ACME INCORPORATED"), extra_receiver={"NumRegIdTrib": "12345"})),
        ("3.xml", cfdi("3", receiver=(foreign, "OTRA GMBH"))),
        ("4.xml", cfdi("4", receiver=("XAXX010101000", "PUBLICO EN GENERAL"), is_global=True)),
        ("5.xml", cfdi("5", receiver=("XAXX010101000", "VENTA MOSTRADOR"))),
    ]
    take_in(*files)
    assert Customer.objects.filter(tax_id=foreign).count() == 2
    assert Customer.objects.get(tax_id="XAXX010101000").generic


# ── the same again ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_file_again_changes_nothing(company: Company) -> None:
    data = zipped(("a.xml", cfdi("a")), ("b.xml", cfdi("b")), ("mal.xml", b"<a>"))
    take_in(("z.zip", data), collect_all=True)
    before = list(FiscalDocument.objects.order_by("key").values())
    again = take_in(("z.zip", data), collect_all=True)
    assert outcomes(again) == [("duplicate", "duplicate")] * 2 + [("error", "not_xml")]
    assert list(FiscalDocument.objects.order_by("key").values()) == before
    assert Receivable.objects.count() == 2


def test_twice_in_one_archive_counts_once_whatever_the_case_of_its_uuid(company: Company) -> None:
    data = cfdi("a")
    lower = data.replace(uid("a").encode(), uid("a").lower().encode())
    batch = take_in(("z.zip", zipped(("uno.xml", data), ("dos.xml", data), ("tres.xml", lower))))
    assert [outcome for outcome, _ in outcomes(batch)] == ["stored", "duplicate", "duplicate"]
    item = IngestItem.objects.get(position=1)
    assert "«uno.xml»" in item.message
    assert FiscalDocument.objects.get().key == uid("a")


def test_another_document_under_a_known_uuid_is_an_error_and_the_first_stays(company: Company) -> None:
    take_in(("a.xml", cfdi("a")))
    forged = cfdi("a", Total="999999.00", receiver=("MAL010101AB1", "OTRA"))
    batch = take_in(("a.xml", forged), ("b.xml", cfdi("b", Total="5.00")), ("c.xml", cfdi("b", Total="6.00")))
    assert outcomes(batch) == [("error", "conflict"), ("stored", "customer_off"), ("error", "conflict")]
    assert FiscalDocument.objects.get(key=uid("a")).total == 116_000
    message = IngestItem.objects.get(batch=batch, position=0).message
    assert "1160.00 MXN" in message
    assert "999999.00 MXN" in message
    assert set(Customer.objects.values_list("tax_id", flat=True)) == {RECEIVER[0]}


def test_a_copy_with_other_bytes_and_the_same_content_is_a_duplicate(company: Company) -> None:
    data = cfdi("a")
    take_in(("a.xml", data))
    pretty = data.replace(b"><", b">\n  <")
    assert outcomes(take_in(("a.xml", pretty))) == [("duplicate", "duplicate")]


def test_a_finished_batch_does_nothing_when_run_again(company: Company) -> None:
    batch = take_in(("a.xml", cfdi("a")))
    events = AuditEvent.objects.count()
    run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)
    assert (IngestItem.objects.count(), AuditEvent.objects.count()) == (1, events)


def test_two_runs_of_one_batch_do_not_double(company: Company) -> None:
    """One run stores a chunk that another has read already: the second is told, and goes on behind it."""
    batch = batch_of(("z.zip", zipped(*((f"{n}.xml", cfdi(f"n{n}")) for n in range(6)))))
    first = begin_batch(batch_id=batch.pk, now=NOW)
    second = begin_batch(batch_id=batch.pk, now=NOW)
    assert first is not None
    assert second is not None
    read_by_second = next(chunks(batch=second, size=4))
    take_in_chunk(batch=first, readings=next(chunks(batch=first, size=4)), today=TODAY)
    with pytest.raises(StaleChunk), transaction():
        store_chunk(batch=second, readings=read_by_second)
    done = run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)
    assert len(outcomes(done)) == 6
    assert FiscalDocument.objects.count() == 6


# ── payroll ───────────────────────────────────────────────────────────────────────────────────────────────────


def stored_bytes() -> bytes:
    """Everything in the store, inflated where it is a ZIP."""
    found = b""
    for file in StoredFile.objects.all():
        with default_storage.open(file.path) as stream:
            data = stream.read()
        found += data
        for match in re.finditer(rb"PK\x03\x04", data):
            found += _inflated(data, match.start())
    return found


def _inflated(data: bytes, at: int) -> bytes:
    from aldia.documents import zipfiles

    try:
        return zipfiles.read_at(io.BytesIO(data), at, 1_000_000)
    except Exception:
        return b""


@pytest.mark.parametrize("nested", [False, True])
def test_payroll_is_never_kept_beyond_its_outcome(company: Company, nested: bool) -> None:
    data = zipped(
        ("nomina_PEGJ800101AB1.xml", payroll()),
        ("a.xml", cfdi("a")),
        ("mala.xml", payroll().replace(b'Fecha="', b'Fecha="x')),
    )
    files = [("z.zip", zipped(("dentro.zip", data), ("b.xml", cfdi("b"))))] if nested else [("z.zip", data)]
    batch = batch_of(*files)
    assert begin_batch(batch_id=batch.pk, now=NOW) is not None
    assert any(word in stored_bytes() for word in EMPLOYEE), "the control: it is there before"
    batch = run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)
    expected = [("ignored", "payroll"), ("stored", "customer_off"), ("ignored", "payroll")]
    assert outcomes(batch)[:3] == expected
    left = stored_bytes()
    assert not any(word in left for word in EMPLOYEE)
    assert not Customer.objects.filter(tax_id=EMPLOYEE[1].decode()).exists()
    assert not IngestItem.objects.filter(code="payroll").exclude(key="").exists()
    names = list(IngestItem.objects.filter(code="payroll").order_by("position").values_list("name", flat=True))
    assert [name.rsplit("/", 1)[-1] for name in names] == ["nomina_***.xml", "mala.xml"]
    assert read_original(FiscalDocument.objects.select_related("original").get(key=uid("a"))) == cfdi("a")
    paths = set(StoredFile.objects.values_list("path", flat=True))
    folders = [default_storage.path(path) for path in paths]
    assert len(folders) == 1, "the archive with the payroll in it is gone"


def test_metadata_with_payroll_rows_is_blanked_too(company: Company) -> None:
    rows = metadata((uid("a"), "I", "0", "2026-04-01 00:00:00"), (uid("n"), "N", "1", "")).replace(
        RECEIVER[0].encode(), b"PEGJ800101AB1"
    )
    batch = take_in(("m.txt", rows), ("a.xml", cfdi("a")))
    assert outcomes(batch)[0] == ("updated", "metadata_payroll")
    assert b"PEGJ800101AB1" not in stored_bytes()
    assert CancellationNotice.objects.get().key == uid("a")


def test_a_sweep_deletes_what_a_crash_left(company: Company) -> None:
    from aldia.documents.operations.discarding import DISCARDED
    from aldia.documents.originals import PROVISIONAL
    from aldia.tenancy.storage import store

    gone, young, kept = store("a", b"1", DISCARDED), store("b", b"2", PROVISIONAL), store("c", b"3", "text/plain")
    assert sweep(now=datetime.now(UTC)) == 1
    assert set(StoredFile.objects.values_list("pk", flat=True)) == {young.pk, kept.pk}
    assert not default_storage.exists(gone.path)


# ── what the authority says ───────────────────────────────────────────────────────────────────────────────────


def test_metadata_cancels_what_is_on_file_and_confirms_the_rest(company: Company) -> None:
    take_in(("a.xml", cfdi("a")), ("b.xml", cfdi("b")), collect_all=True)
    rows = metadata((uid("a").lower(), "I", "0", "2026-04-01 10:00:00"), (uid("b"), "I", "1", ""))
    assert outcomes(take_in(("m.txt", rows))) == [("updated", "metadata")]
    first, second = FiscalDocument.objects.get(key=uid("a")), FiscalDocument.objects.get(key=uid("b"))
    assert (first.status, first.cancelled_on) == ("cancelled", date(2026, 4, 1))
    assert (second.status, second.cancelled_on) == ("valid", None)
    assert dict(Receivable.objects.values_list("key", "balance")) == {uid("a"): 0, uid("b"): 116_000}
    assert outcomes(take_in(("m.txt", rows))) == [("duplicate", "metadata")]


@pytest.mark.parametrize("together", [True, False])
def test_a_cancellation_may_come_before_its_document(company: Company, together: bool) -> None:
    rows = metadata((uid("a"), "I", "0", "2026-04-01 10:00:00"))
    if together:
        take_in(("0.txt", rows), ("a.xml", cfdi("a")), collect_all=True)
    else:
        assert outcomes(take_in(("m.txt", rows))) == [("stored", "metadata")]
        batch = take_in(("a.xml", cfdi("a")), collect_all=True)
        assert outcomes(batch) == [("stored", "cancelled")]
    row = FiscalDocument.objects.get()
    assert (row.status, row.cancelled_on) == ("cancelled", date(2026, 4, 1))
    assert not Receivable.objects.filter(balance__gt=0).exists()


def test_an_acknowledgement_cancels_and_a_mere_request_does_not(company: Company) -> None:
    take_in(("a.xml", cfdi("a")))
    request = acknowledgement(uid("a")).replace(b"Acuse", b"Cancelacion")
    refused = acknowledgement(uid("a"), code="205")
    foreign = acknowledgement(uid("zz"), issuer="OTR010101AB1")
    batch = take_in(("s.xml", request), ("r.xml", refused), ("o.xml", foreign))
    assert outcomes(batch) == [
        ("ignored", "not_acknowledged"), ("ignored", "acknowledgement"), ("ignored", "acknowledgement"),
    ]  # fmt: skip
    assert FiscalDocument.objects.get().status == "unknown"
    assert outcomes(take_in(("a.xml", acknowledgement(uid("a"))))) == [("updated", "acknowledgement")]
    assert FiscalDocument.objects.get().cancelled_on == date(2026, 5, 1)


def test_metadata_of_others_and_junk_are_told(company: Company) -> None:
    strange = metadata((uid("a"), "I", "0", "2026-04-01")).replace(ISSUER[0].encode(), b"OTR010101AB1")
    torn = HEADER.encode() + b"\n" + uid("a").encode() + b"~rota"
    assert outcomes(take_in(("m.txt", strange), ("n.txt", torn), ("v.txt", HEADER.encode()))) == [
        ("ignored", "metadata"), ("error", "bad_metadata"), ("ignored", "metadata"),
    ]  # fmt: skip
    assert not CancellationNotice.objects.exists()


def test_an_archive_that_cannot_be_opened_is_one_item(company: Company) -> None:
    whole = zipped(("a.xml", cfdi("a")), ("b.xml", cfdi("b")))
    batch = take_in(("cortado.zip", whole[:-30]))
    assert outcomes(batch) == [("error", "zip_damaged")]
    item = IngestItem.objects.get()
    assert (item.name, item.message) == ("carga.zip", batch.message)


def test_an_archive_that_is_gone_stops_the_batch_with_a_sentence(company: Company) -> None:
    batch = batch_of(("z.zip", zipped(*((f"{n}.xml", cfdi(f"n{n}")) for n in range(3)))))
    running = begin_batch(batch_id=batch.pk, now=NOW)
    assert running is not None
    take_in_chunk(batch=running, readings=next(chunks(batch=running, size=2)), today=TODAY)
    assert running.file is not None
    default_storage.delete(running.file.path)
    done = run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)
    assert done.state == BatchState.FAILED
    assert "súbelo de nuevo" in done.message
    assert FiscalDocument.objects.count() == 2, "what it stored stays"
    assert finish_batch(batch_id=batch.pk, now=NOW).state == BatchState.FAILED
