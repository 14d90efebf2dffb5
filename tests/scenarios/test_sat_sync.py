"""Synchronisations with SAT, by date: what comes, what is cancelled meanwhile, what happens when SAT is away."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

import pytest
from cryptography import x509
from django.core.files.storage import default_storage

from aldia.authority.models import ListedDocument, RequestState, RunState, SyncPackage, SyncRequest
from aldia.authority.operations import runs
from aldia.authority.queries import overview
from aldia.documents.models import FiscalDocument, IngestBatch
from aldia.domain.fiscal.sync_plan import OVERLAP, SECOND
from aldia.domain.money import Money
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.payments import record_payment
from tests.fixtures.cfdi.builder import cfdi, uid
from tests.support.sat_office import Office, open_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as office:
        yield office


def invoice(name: str, at: str = "2026-05-04T10:00:00", **attributes: object) -> bytes:
    return cfdi(name, Fecha=at, Folio=name, **attributes)


def test_a_first_synchronisation_brings_what_is_owed(office: Office) -> None:
    office.sat.hold(invoice("a"), invoice("b", "2026-03-02T09:00:00"))
    run = office.sync()
    assert run.state == RunState.DONE, run.counts
    assert office.receivable("a").balance == 116_000
    assert office.receivable("b").balance == 116_000
    assert (run.counts["listed"], run.counts["missing"]) == (2, 0)
    assert {row.state for row in office.requests()} == {RequestState.DONE, RequestState.EMPTY}
    assert overview.progress(run.pk).percent == 100
    assert IngestBatch.objects.get().source == "sat"


def test_it_comes_back_by_itself_and_asks_for_what_is_new_with_overlap(office: Office) -> None:
    office.sat.hold(invoice("a"))
    first = office.sync()
    assert office.connection.next_at is not None
    office.sat.passes(days=3)
    office.sat.hold(invoice("late", "2026-05-19T23:00:00"), invoice("new", "2026-05-22T10:00:00"))
    run = office.sync()
    xml = list(office.requests(run=run, kind="xml", direction="issued"))
    assert len(xml) == 1
    assert xml[0].since is not None
    assert xml[0].since == first.until - OVERLAP + SECOND
    assert office.receivable("late").balance == office.receivable("new").balance == 116_000
    again = office.sync()
    assert "opened" not in again.counts
    assert FiscalDocument.objects.count() == 3


def test_three_days_without_sat_lose_nothing_and_hammer_nobody(office: Office) -> None:
    office.sat.hold(invoice("a"))
    office.sync()
    office.sat.passes(days=3)
    office.sat.hold(invoice("b", "2026-05-22T10:00:00"))
    office.sat.down = True
    run = office.start()
    before = len(office.sat.calls)
    for _quarter in range(4 * 72):
        office.step(minutes=15)
    assert len(office.sat.calls) - before < 60  # four requests, three days: later and later, one question each time
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert {row.state for row in office.requests(run=run)} == {RequestState.PLANNED}
    assert all(row.message for row in office.requests(run=run))
    office.sat.down = False
    office.sat.hold(invoice("c", "2026-05-25T10:00:00"))
    assert office.finish(run, minutes=15).state == RunState.DONE
    assert office.receivable("b").balance == 116_000
    office.sync()
    assert office.receivable("c").balance == 116_000


def test_a_run_that_was_never_made_is_caught_up_with(office: Office) -> None:
    """The machine was off for two months: what is planned follows from what was covered, not from the calendar."""
    office.sat.hold(invoice("a"))
    office.sync()
    office.sat.hold(*(invoice(f"m{month}", f"2026-{month:02}-11T10:00:00") for month in (6, 7)))
    office.sat.passes(days=75)
    assert office.sync().state == RunState.DONE
    assert {row.key for row in FiscalDocument.objects.all()} == {uid("a"), uid("m6"), uid("m7")}


def test_what_sat_cancelled_after_it_was_paid_becomes_credit_in_favour(office: Office) -> None:
    office.sat.hold(invoice("a"), invoice("b"))
    office.sync()
    row = office.receivable("a")
    record_payment(
        customer_id=office.customer.pk, amount=Money(116_000, "MXN"), received_on=office.today, key=uuid.uuid4().hex,
        actor=office.owner, today=office.today, policy="", named={row.pk: 116_000}, is_distinct=True,
    )  # fmt: skip
    assert office.receivable("a").balance == 0
    office.sat.passes(days=20)
    office.sat.cancel(uid("a"))
    office.sat.passes(hours=1)
    run = office.sync()
    assert office.document("a").status == "cancelled"
    assert office.document("a").cancelled_on == office.today.replace(day=9)
    assert office.receivable("a").void_code == "cancelled"
    assert Credit.objects.get().remaining == 116_000  # nothing of the money is lost, and nothing is moved by itself
    assert office.receivable("b").balance == 116_000
    assert run.counts["cancelled"] == 1
    assert ListedDocument.objects.get(key=uid("a")).is_valid is False
    assert office.sync().counts["cancelled"] == 0  # told once


def test_a_substitute_takes_the_place_of_what_it_replaces(office: Office) -> None:
    office.sat.hold(invoice("wrong"))
    office.sync()
    office.sat.passes(days=2)
    office.sat.hold(invoice("right", "2026-05-21T10:00:00", relations=(("04", (uid("wrong"),)),)))
    office.sat.cancel(uid("wrong"))
    office.sat.passes(days=1)
    office.sync()
    assert office.document("wrong").status == "cancelled"
    assert office.receivable("right").balance == 116_000
    assert list(Receivable.objects.filter(balance__gt=0).values_list("key", flat=True)) == [uid("right")]


def test_too_many_documents_are_asked_for_in_halves(office: Office) -> None:
    office.sat.xml_limit = 3
    office.sat.hold(*(invoice(f"n{day}", f"2026-05-{day:02}T10:00:00") for day in range(1, 11)))
    run = office.sync()
    assert run.state == RunState.DONE
    assert FiscalDocument.objects.count() == 10
    halves = office.requests(run=run, state=RequestState.SPLIT)
    assert halves
    assert all(row.parts.count() == 2 and row.code == "5003" for row in halves)
    for row in halves:
        first, second = row.parts.order_by("since")
        assert (first.since, second.until) == (row.since, row.until)
        assert first.until is not None
        assert second.since is not None
        assert (second.since - first.until).total_seconds() == 1


def test_a_period_that_sat_knows_already_is_asked_for_with_a_second_more(office: Office) -> None:
    """The company's accountant asked for the same period in another program: 5005 while it lasts, 5002 for ever."""
    office.sat.hold(invoice("a"))
    office.sat.breaks("ask", "code:5005", 2)
    office.sat.breaks("ask", "code:5002", 1)
    run = office.sync()
    assert run.state == RunState.DONE
    assert office.receivable("a").balance == 116_000
    refused = office.requests(run=run, state=RequestState.REJECTED)
    assert sorted(row.code for row in refused) == ["5002", "5005", "5005"]
    for row in refused:
        (other,) = row.parts.all()
        assert row.since is not None
        assert other.since is not None
        assert (row.since - other.since).total_seconds() == 1
        assert other.until == row.until


def test_no_question_is_ever_put_twice(office: Office) -> None:
    office.sat.hold(invoice("a"))
    for _run in range(4):  # without time in between
        office.finish(office.start(), minutes=1)
    asked = [tuple(sorted(call.sent.items())) for call in office.sat.asked("ask")]
    assert len(asked) == len(set(asked)) > 4


def test_a_session_that_ends_half_way_is_opened_again(office: Office) -> None:
    office.sat.hold(invoice("a"))
    run, told = office.start(), []

    def clock() -> datetime:
        told.append(office.sat.now)
        if len(told) % 5 == 0:
            office.sat._tokens.clear()  # before its time, and without a word
        return office.sat.now

    while run.state == RunState.RUNNING:
        runs.step(now=clock, today=office.today, take_in=office.take_in)
        office.sat.passes(minutes=1)
        run.refresh_from_db()
    assert run.state == RunState.DONE
    assert office.receivable("a").balance == 116_000
    refused = [call.operation for call in office.sat.calls if call.answer == "300"]
    assert {"ask", "progress", "download"} <= set(refused)
    assert {row.state for row in office.requests()} == {RequestState.DONE, RequestState.EMPTY}  # nothing asked anew


def test_a_lost_package_is_asked_for_again(office: Office) -> None:
    office.sat.hold(invoice("a"))
    run = office.start()
    while not SyncPackage.objects.filter(request__kind="xml").exists():
        office.step(minutes=1)
    office.sat.lost |= set(SyncPackage.objects.filter(request__kind="xml").values_list("name", flat=True))
    assert office.finish(run).state == RunState.DONE
    assert office.receivable("a").balance == 116_000
    lost = SyncPackage.objects.get(state="lost")
    assert lost.request.state == RequestState.ERROR
    assert lost.request.parts.get().state == RequestState.DONE
    assert "5007" in lost.message


def test_a_request_that_sat_forgets_for_three_days_is_replaced(office: Office) -> None:
    office.sat.hold(invoice("a"))
    office.sat.is_stuck = True
    run = office.start()
    for _hour in range(74):
        office.step(hours=1)
    office.sat.is_stuck = False
    assert office.finish(run).state == RunState.DONE
    assert office.receivable("a").balance == 116_000
    given_up = office.requests(run=run, state=RequestState.ERROR)
    assert len(given_up) == 4
    assert all(row.parts.exists() for row in given_up)


def test_a_received_document_that_is_cancelled_is_listed_and_not_asked_for(office: Office) -> None:
    """SAT gives no XML of it any more: it is no fault, and nothing is missing."""
    theirs = (
        invoice("bill")
        .replace(b'Rfc="DNO150317QX4"', b'Rfc="XYZ"')
        .replace(b'Rfc="COM980612H51"', b'Rfc="DNO150317QX4"')
        .replace(b'Rfc="XYZ"', b'Rfc="COM980612H51"')
    )
    office.sat.hold(theirs)
    office.sat.cancel(uid("bill"))
    run = office.sync()
    assert run.state == RunState.DONE
    assert ListedDocument.objects.get().direction == "received"
    assert (run.counts["missing"], FiscalDocument.objects.count()) == (0, 0)


def test_a_document_that_is_listed_but_does_not_come_is_missing_until_it_does(office: Office) -> None:
    office.sat.hold(invoice("a"))
    office.sync()
    office.sat.hold(invoice("old", "2026-04-02T10:00:00"))  # stamped late: outside the overlap of the next time
    office.sat.passes(days=3)
    run = office.sync()
    assert run.counts["missing"] == overview.missing_count() == 1
    (gone,) = overview.missing()
    assert (gone.key, gone.amount, gone.receiver_tax_id) == (uid("old"), "1160.00", "COM980612H51")
    fetched = runs.fetch_document(
        connection=office.connection, uuid=gone.key.lower(), now=office.sat.now, asked_by=office.owner
    )
    assert overview.asked_keys([gone.key]) == {gone.key}
    assert office.finish(fetched).state == RunState.DONE
    assert office.receivable("old").balance == 116_000
    assert overview.missing_count() == 0


def test_a_package_that_is_gone_before_it_is_read_is_told_and_its_documents_can_be_fetched(office: Office) -> None:
    """What was sound on arrival and cannot be read any more stops the package, not the run, and says why."""
    office.sat.hold(invoice("a"))
    plain = office.take_in

    def gone(batch: IngestBatch) -> None:
        assert batch.file is not None
        default_storage.delete(batch.file.path)
        plain(batch)

    office.take_in = gone  # type: ignore[method-assign]
    run = office.sync()
    office.take_in = plain  # type: ignore[method-assign]
    batch = IngestBatch.objects.get()
    assert (run.state, run.message) == (RunState.PARTIAL, batch.message)
    assert "ya no está en el almacén" in batch.message
    assert SyncPackage.objects.get(batch=batch).state == "imported", "it is not read again and again"
    assert run.counts["missing"] == overview.missing_count() == 1
    fetched = runs.fetch_document(connection=office.connection, uuid=uid("a"), now=office.sat.now)
    assert office.finish(fetched).state == RunState.DONE
    assert office.receivable("a").balance == 116_000
    assert overview.missing_count() == 0


def test_a_run_that_is_stopped_leaves_what_it_brought(office: Office) -> None:
    office.sat.hold(invoice("a"))
    run = office.start()
    office.step()
    runs.cancel(run_id=run.pk, now=office.sat.now, actor=office.owner)
    assert office.step() == 0
    assert not SyncRequest.objects.exclude(state=RequestState.STOPPED).exists()
    assert office.sync().state == RunState.DONE
    assert office.receivable("a").balance == 116_000


def test_a_revoked_efirma_stops_the_run_and_is_told(office: Office) -> None:
    office.sat.revoke(office_serial(office))
    run = office.finish(office.start(), hours=1)
    office.connection.refresh_from_db()
    assert run.state == RunState.FAILED
    assert {row.state for row in office.requests()} == {RequestState.STOPPED}
    assert run.message == office.connection.trouble != ""


def office_serial(office: Office) -> int:
    return x509.load_der_x509_certificate(bytes(office.connection.certificate)).serial_number
