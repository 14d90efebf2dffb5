"""An evidence file by its story: what goes in, that it proves itself, and every way to change it that must be found."""

from __future__ import annotations

import hashlib
import io
import json
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, transaction
from pypdf import PdfReader, PdfWriter

from aldia.cli.main import main
from aldia.collections.models import Activity, DisputeReason, EvidenceFile
from aldia.collections.operations.disputes import open_dispute
from aldia.collections.operations.evidence import EvidenceError, keep_evidence, request_evidence
from aldia.collections.operations.promises import record_promise
from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.integrations.typesetting import set_png
from aldia.integrations.typesetting.enclosing import enclosures_in, seal_holds, sealed, text_in
from aldia.jobs.evidence import make_evidence
from aldia.messaging.models import Channel, Delivery, Message, MessageState
from aldia.messaging.operations import letters
from aldia.reporting import evidence, evidence_check
from aldia.tenancy import audit, guards
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, StoredFile
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import open_stored
from aldia.tenancy.verify import audit_chain
from tests.cast import make_company
from tests.support.stage import Stage

DUE = date(2026, 3, 4)
END = date(2026, 3, 20)
SECRET = "Requerimiento: pague los 1,160.00 MXN de la F-1 a más tardar el 20 de marzo."


@dataclass
class Made:
    """A file of the story, and what it was made of."""

    stage: Stage
    customer: Customer
    row: EvidenceFile
    pdf: bytes

    def verify(self, pdf: bytes | None = None, *, recorded: bool = False) -> dict[str, tuple[str, ...]]:
        """Problems by check, of those that have some."""
        file = evidence_check.opened(self.pdf if pdf is None else pdf)
        checks = evidence_check.verify_alone(file) + (evidence_check.verify_on_record(file) if recorded else [])
        return {each.name: each.problems for each in checks if each.problems}


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel("2026-03-02T16:00:00Z", tick=True) as clock:
        yield clock


@pytest.fixture
def made(clock: time_machine.Coordinates, stage: Stage) -> Made:
    """Reminded, promised, broke it, paid a part, disputed a part, got a certified letter and signed for it."""
    customer = stage.customer("Abarrotes La Güera", "compras@guera.example")
    first, second = stage.owes(customer, 116_000, DUE), stage.owes(customer, 50_000, DUE + timedelta(days=5))
    stage.follow(stage.rule(), customer)
    stage.walk(DUE + timedelta(days=1), "09:00")
    record_promise(
        receivable_ids=[first.pk], amount=Money(116_000, "MXN"), due_on=date(2026, 3, 9), key=uuid.uuid4(),
        today=stage.today, actor=stage.owner, note="Cae el lunes",
    )  # fmt: skip
    stage.today = date(2026, 3, 12)
    stage.pays(first, 16_000, reference="SPEI 778")
    open_dispute(
        receivable_id=second.pk, amount=20_000, reason=DisputeReason.QUALITY, key=uuid.uuid4(),
        today=stage.today, actor=stage.owner, note="Llegó roto",
    )  # fmt: skip
    Activity.objects.create(
        company=stage.company, customer=customer, kind="call", outcome="promised", at=stage.at("10:05"), on=stage.today,
        note="Dice que paga el lunes", by=stage.owner,
    )  # fmt: skip
    _letter(stage, customer)
    stage.today = END
    clock.move_to(stage.at("17:00"))
    row = request_evidence(
        key=uuid.uuid4(), customer_id=customer.pk, since=None, until=END, today=END, actor=stage.owner
    )
    make_evidence.call(str(row.pk))
    row.refresh_from_db()
    assert row.file is not None
    with open_stored(row.file) as stream:
        return Made(stage, customer, row, stream.read())


def _letter(stage: Stage, customer: Customer) -> Delivery:
    message = Message.objects.create(
        company=stage.company, customer=customer, channel=Channel.LETTER, purpose="after", key=f"k-{uuid.uuid4()}",
        state=MessageState.READY, subject="Requerimiento de pago", text=SECRET, on_day=stage.today,
    )  # fmt: skip
    delivery = Delivery.objects.create(
        company=stage.company, message=message, name="Abarrotes La Güera", address="Calle 5, Puebla"
    )
    posted = {"carrier": "Correos de México", "tracking_number": "MX123456", "posted_on": stage.today}
    letters.register_posting(delivery_id=delivery.pk, today=stage.today, actor=stage.owner, **posted)
    letters.register_acknowledgement(
        delivery_id=delivery.pk, name="acuse.png", file=acuse(), received_on=stage.today + timedelta(days=2),
        today=END, actor=stage.owner,
    )  # fmt: skip
    return delivery


def acuse() -> bytes:
    """A photograph of a signed receipt."""
    lines = [{"kind": "words", "lines": ["Recibí: Rosa Ortiz, 14 de marzo"]}]
    words = {"page": "", "present": "", "regards": "", "reference": ""}
    brand = {"accent": "#1d4ed8", "logo": "", "footer": ""}
    data = {
        "brand": brand, "company": {"name": "Correos", "lines": []}, "date": "", "reference": "", "to": ["x"],
        "subject": "Acuse", "parts": lines, "signed": [], "footer": "", "words": words,
    }  # fmt: skip
    return set_png("letter", data, ppi=40)[0]


def test_it_holds_the_whole_story_and_proves_itself(made: Made) -> None:
    assert made.verify() == {}
    assert made.verify(recorded=True) == {}
    kinds = [each["kind"] for each in made.row.pieces]
    assert {
        "message", "delivery", "acknowledgement", "receivables", "payments", "promises", "disputes", "activities",
        "ledger", "audit",
    } <= set(kinds)  # fmt: skip
    inside = enclosures_in(made.pdf)
    assert hashlib.sha256(made.pdf).hexdigest() == made.row.sha256
    bodies = [inside[each["file"]].decode() for each in made.row.pieces if each["kind"] == "message"]
    assert SECRET in bodies
    sent = Message.objects.filter(customer=made.customer, channel="email")
    assert sent.count() >= 2
    assert {message.html for message in sent} < set(bodies)
    proofs = [json.loads(inside[each["file"]]) for each in made.row.pieces if each["kind"] == "delivery"]
    assert {event["kind"] for proof in proofs for each in proof["deliveries"] for event in each["events"]} >= {
        "sent", "delivered"
    }  # fmt: skip
    picture = next(each for each in made.row.pieces if each["kind"] == "acknowledgement")
    assert inside[picture["file"]] == acuse()
    assert json.loads(inside[_file(made, "promises")])[0]["state"] == "broken"
    assert sum(each["amount"] for each in json.loads(inside[_file(made, "payments")])) == 16_000


def test_what_is_printed_can_be_read(made: Made) -> None:
    text = text_in(made.pdf)
    for said in ("AbarrotesLaGüera", "Expedientedecobranza", SECRET.replace(" ", ""), "Correos", "MX123456", "SPEI778",
                 "Incumplida", "Productooservicioconproblemas", "Dicequepagaellunes", "$1,500.00"):  # fmt: skip
        assert said in text, said
    assert len(PdfReader(io.BytesIO(made.pdf)).pages) >= 3  # a reader of somebody else's opens it


def test_every_link_of_the_chains_can_be_taken_anew(made: Made) -> None:
    file = evidence_check.opened(made.pdf)
    rows = {each.name: each.rows for each in evidence_check.verify_on_record(file)}
    assert rows["ledger_on_record"] >= 4
    assert rows["audit_on_record"] >= 6
    verbs = {each["body"]["verb"] for each in file.facts("audit")}
    assert {"collections.promise_recorded", "collections.dispute_opened", "messaging.letter_acknowledged"} <= verbs


def test_a_byte_changed_anywhere_is_found(made: Made) -> None:
    """Three hundred places over the whole file; the control is the file itself."""
    random.seed(7)
    assert seal_holds(made.pdf) is True
    for place in [0, len(made.pdf) - 1, *random.sample(range(len(made.pdf)), 300)]:
        bent = bytearray(made.pdf)
        bent[place] ^= 1 << random.randrange(8)
        assert seal_holds(bytes(bent)) is not True, place


def test_a_byte_changed_in_any_piece_is_found_though_the_file_was_sealed_anew(made: Made) -> None:
    """Each piece in turn, at its first, middle and last byte, by somebody who knows how to seal."""
    inside = enclosures_in(made.pdf)
    assert made.verify(rebuilt(made.pdf, inside)) == {}  # the control: rebuilt as it was, it still proves itself
    for each in made.row.pieces:
        data = inside[each["file"]]
        for place in {0, len(data) // 2, len(data) - 1}:
            bent = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            problems = made.verify(rebuilt(made.pdf, {**inside, each["file"]: bent}))
            assert "pieces" in problems, (each["file"], place)


def _without_last(inside: dict[str, bytes], made: Made) -> dict[str, bytes]:
    return {name: data for name, data in inside.items() if name != made.row.pieces[-1]["file"]}


def _with_another(inside: dict[str, bytes], made: Made) -> dict[str, bytes]:
    return {**inside, "piezas/9999-recibo.txt": b"Pagado"}


def _two_changed_places(inside: dict[str, bytes], made: Made) -> dict[str, bytes]:
    first, second = (each["file"] for each in made.row.pieces[:2])
    return {**inside, first: inside[second], second: inside[first]}


def _with_another_index(inside: dict[str, bytes], made: Made) -> dict[str, bytes]:
    """A piece changed together with what the index says of it."""
    manifest = json.loads(inside[evidence.MANIFEST])
    entry = manifest["pieces"][0]
    data = inside[entry["file"]] + b"!"
    entry["sha256"], entry["bytes"] = hashlib.sha256(data).hexdigest(), len(data)
    return {**inside, entry["file"]: data, evidence.MANIFEST: json.dumps(manifest).encode()}


@pytest.mark.parametrize(
    ("change", "found_by"),
    [
        (_without_last, "pieces"),
        (_with_another, "pieces"),
        (_two_changed_places, "pieces"),
        (_with_another_index, "printed_index"),
    ],
    ids=["taken", "added", "swapped", "index-too"],
)
def test_a_piece_taken_added_swapped_or_changed_with_its_index_is_found(
    change: Callable[[dict[str, bytes], Made], dict[str, bytes]], found_by: str, made: Made
) -> None:
    bent = rebuilt(made.pdf, change(enclosures_in(made.pdf), made))
    assert found_by in made.verify(bent)
    assert "on_record" in made.verify(bent, recorded=True)


def test_a_perfect_forgery_proves_itself_and_is_found_by_the_record(made: Made) -> None:
    """Made by the same program from other facts: only the company's record and its audit chain tell."""
    forged = evidence.make(made.row, now=made.stage.at("17:01")).pdf
    assert forged != made.pdf
    assert made.verify(forged) == {}
    assert set(made.verify(forged, recorded=True)) == {"on_record"}


def test_a_record_changed_afterwards_is_found_by_the_file(made: Made) -> None:
    """The file is the anchor: a rewritten message, entry or event, though guards were lifted and chains redone."""
    message = Message.objects.filter(customer=made.customer, channel=Channel.LETTER).get()
    with _undone():
        _sql("UPDATE messaging_message SET text = 'Otra cosa' WHERE id = %s", message.pk)
        assert "sources" in made.verify(recorded=True)
    with _undone():
        _sql("UPDATE receivables_journalentry SET hash = 'x' WHERE seq = 2")
        assert "ledger_on_record" in made.verify(recorded=True)
    with _undone():
        event = AuditEvent.objects.filter(verb="collections.promise_recorded").get()
        _sql("UPDATE tenancy_auditevent SET hash = %s WHERE id = %s", "0" * 64, event.pk)
        assert audit_chain().violations
        assert "audit_on_record" in made.verify(recorded=True)
    with _undone():
        _sql("UPDATE tenancy_auditevent SET hash = %s WHERE seq = %s", "0" * 64, made.row.audit_seq)
        assert "audit_head" in made.verify(recorded=True)
    with _undone():
        _sql("UPDATE collections_evidencefile SET sha256 = %s", "0" * 64)
        assert "on_record" in made.verify(recorded=True)
    assert made.verify(recorded=True) == {}


def test_another_company_does_not_know_it(made: Made) -> None:
    with company_scope(make_company("Otra", "OTR010203AB1").pk):
        assert {"on_record", "audit_head", "sources"} <= set(made.verify(recorded=True))


@pytest.mark.parametrize("pdf", [b"", b"hola", b"%PDF-1.7\n%%EOF"], ids=["empty", "text", "hollow"])
def test_what_is_no_evidence_file_is_a_sentence(pdf: bytes) -> None:
    with pytest.raises(evidence_check.NotEvidence):
        evidence_check.opened(pdf)


def test_asked_and_kept_twice_it_is_one(made: Made) -> None:
    assert audit_chain().violations == 0
    again = request_evidence(
        key=made.row.pk, customer_id=made.customer.pk, since=None, until=END, today=END, actor=made.stage.owner
    )
    make_evidence.call(str(again.pk))
    assert EvidenceFile.objects.get().sha256 == made.row.sha256
    other = StoredFile.objects.exclude(pk=made.row.file_id).first()
    kept = keep_evidence(
        evidence_id=made.row.pk, file=other, pieces=[], manifest_sha256="", audit_head="", now=made.stage.at("18:00")
    )
    assert (kept.file_id, kept.audit_seq) == (made.row.file_id, made.row.audit_seq)
    assert AuditEvent.objects.filter(verb="collections.evidence_made").count() == 1


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        (None, END + timedelta(days=1), "no puede ser futuro"),
        (END, END - timedelta(days=1), "va antes"),
    ],
)
def test_a_period_that_cannot_be(since: date | None, until: date, sentence: str, stage: Stage) -> None:
    customer = stage.customer("X")
    with pytest.raises(EvidenceError, match=sentence):
        request_evidence(key=uuid7(), customer_id=customer.pk, since=since, until=until, today=END, actor=None)


def test_only_what_happened_in_the_period_goes_in(made: Made) -> None:
    since = DUE + timedelta(days=3)
    row = request_evidence(key=uuid7(), customer_id=made.customer.pk, since=since, until=END, today=END, actor=None)
    file = evidence_check.opened(evidence.make(row, now=made.stage.at("17:00")).pdf)
    assert [each["title"] for each in file.pieces if each["kind"] == "message"] == ["Requerimiento de pago"]
    assert file.facts("promises") == []
    assert len(file.facts("disputes")) == 1
    assert len(file.facts("receivables")) == 2  # still owed


def test_a_file_that_the_store_lost_is_said_and_nothing_else_fails(made: Made) -> None:
    picture = next(each for each in made.row.pieces if each["kind"] == "acknowledgement")
    stored = StoredFile.objects.get(pk=picture["source"].partition(":")[2])
    Path(default_storage.path(stored.path)).write_bytes(b"otra cosa")
    assert "sources" in made.verify(recorded=True)
    row = request_evidence(
        key=uuid7(), customer_id=made.customer.pk, since=None, until=END, today=END, actor=made.stage.owner
    )
    again = evidence.make(row, now=made.stage.at("17:00"))
    assert "acknowledgement" not in {each["kind"] for each in again.pieces}
    assert "yanoestácomoseguardó" in text_in(again.pdf)


def test_nothing_of_another_customer_is_in_it(made: Made) -> None:
    other = made.stage.customer("Zapatería Otra", "otra@zapa.example")
    made.stage.pays(made.stage.owes(other, 7_777, DUE), 7_777, reference="SPEI ajeno")
    row = request_evidence(
        key=uuid7(), customer_id=made.customer.pk, since=None, until=END, today=END, actor=made.stage.owner
    )
    pdf = evidence.make(row, now=made.stage.at("17:00")).pdf
    everything = b"".join(enclosures_in(pdf).values())
    assert str(other.pk).encode() not in everything
    assert b"ajeno" not in everything


def test_the_command_makes_and_verifies(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, company = tmp_path / "e.pdf", str(made.stage.company.pk)
    path.write_bytes(made.pdf)
    assert main(["evidence", "verify", str(path)]) == 0
    assert "Todo coincide." in capsys.readouterr().out
    assert main(["evidence", "verify", str(path), "--company", company, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["name"] for each in told["checks"]} >= {"file_seal", "pieces", "on_record", "audit_head"}
    assert told["violations"] == 0
    path.write_bytes(made.pdf.replace(b"%PDF-1.", b"%PDF-2.", 1))
    assert main(["evidence", "verify", str(path)]) == 1
    assert "✗ el archivo está entero" in capsys.readouterr().out
    path.write_bytes(b"nada")
    assert main(["evidence", "verify", str(path)]) == 1
    assert main(["evidence", "verify", str(tmp_path / "no.pdf")]) == 3
    made_here = tmp_path / "hecho.pdf"
    asked = ["--company", company, "--customer", made.customer.tax_id, "--pdf", str(made_here)]
    assert main(["evidence", "make", *asked]) == 0
    assert main(["evidence", "verify", str(made_here), "--company", company]) == 0
    assert main(["evidence", "make", *asked[:2], "--customer", "XXX", "--pdf", "x"]) == 2
    assert audit.anchor()


def rebuilt(pdf: bytes, inside: dict[str, bytes]) -> bytes:
    """The same pages with other files inside, sealed anew: what a forger would do."""
    writer = PdfWriter()
    writer.append(io.BytesIO(pdf))
    for name, data in inside.items():
        writer.add_attachment(name, data)
    stream = io.BytesIO()
    writer.write(stream)
    return sealed(stream.getvalue())


def _file(made: Made, kind: str) -> str:
    return str(next(each["file"] for each in made.row.pieces if each["kind"] == kind))


class _undone:
    """Without guards, and everything undone at the end."""

    def __enter__(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for model in (Message, AuditEvent, EvidenceFile, apps.get_model("receivables.JournalEntry")):
                for guard in guards.guards_of(apps, model, connection.vendor):
                    cursor.execute(guard.drop)

    def __exit__(self, *error: Any) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(*error)


def _sql(statement: str, *values: object) -> None:
    plain = [each.hex if isinstance(each, uuid.UUID) and connection.vendor == "sqlite" else each for each in values]
    with connection.cursor() as cursor:
        cursor.execute(statement, plain)
        assert cursor.rowcount
