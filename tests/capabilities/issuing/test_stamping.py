"""From the queue to the stamp: sealed once, asked until there is an answer, on file with its effect, refusals told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument, IngestBatch
from aldia.documents.originals import read_original
from aldia.documents.papers import cfdi_pdf
from aldia.domain.fiscal.drafts import DraftParty, to_json
from aldia.domain.ports.stamping import Stamped, StampFailure, StampRefused
from aldia.integrations.stamping.simulated_pac import SimulatedPac
from aldia.issuing.models import Issue, IssueState
from aldia.issuing.operations import seals, stampers, stamping
from aldia.issuing.operations.storing import put_on_file
from aldia.receivables.models import Receivable
from aldia.tenancy.models import AuditEvent, StoredFile
from aldia.tenancy.storage import read_range
from tests.support.issuer import (
    NOW,
    invoice,
    queued,
    with_seal,
    with_simulated_pac,
)
from tests.support.papers import text_of

pytest.importorskip("satcfdi", reason="the extra mx is not installed")


@dataclass
class Moody:
    """A PAC that does what it is told at each attempt, before or after it really stamps."""

    moods: list[Any] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)
    recovered: int = 0

    def stamp(self, pac: SimulatedPac, xml: bytes, *, key: str) -> Stamped:
        self.asked.append(xml)
        mood = self.moods.pop(0) if self.moods else None
        if isinstance(mood, StampRefused) or (isinstance(mood, StampFailure) and not mood.is_unknown):
            raise mood
        found = REAL_STAMP(pac, xml, key=key)
        if isinstance(mood, Exception):
            raise mood
        return mood(found) if callable(mood) else found

    def recover(self, pac: SimulatedPac, xml: bytes, *, key: str, uuid: str = "") -> Stamped | None:
        self.recovered += 1
        return REAL_RECOVER(pac, xml, key=key, uuid=uuid)


REAL_STAMP, REAL_RECOVER = SimulatedPac.stamp, SimulatedPac.recover


@pytest.fixture
def pac(monkeypatch: pytest.MonkeyPatch) -> Moody:
    moody = Moody()
    monkeypatch.setattr(SimulatedPac, "stamp", lambda self, xml, *, key: moody.stamp(self, xml, key=key))
    monkeypatch.setattr(SimulatedPac, "recover", lambda self, xml, **more: moody.recover(self, xml, **more))
    return moody


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_a_document_is_sealed_stamped_on_file_and_owed(customer: Customer) -> None:
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert (issue.state, issue.trouble, issue.is_test) == (IssueState.STAMPED, "", True)
    document = FiscalDocument.objects.get()
    assert issue.document_id == document.pk
    assert (document.key, document.kind, document.total, document.customer) == (
        issue.uuid,
        "invoice",
        116_000,
        customer,
    )
    assert (document.series, document.folio) == ("F", "1")
    receivable = Receivable.objects.get()
    assert (receivable.key, receivable.balance) == (issue.uuid, 116_000)
    original = read_original(document)
    assert etree.fromstring(original).get("Fecha") == "2026-09-10T12:00:00"  # noon at the place of issue
    assert issue.sealed is not None
    assert b"SelloSAT" not in read_range(issue.sealed, 0, issue.sealed.size)
    batch = IngestBatch.objects.get()
    assert (batch.state, batch.source, batch.opened) == ("done", "issue", 1)
    verbs = list(AuditEvent.objects.filter(verb__startswith="issuing.").order_by("seq").values_list("verb", flat=True))
    assert verbs[2:] == ["issuing.seal_used", "issuing.sealed", "issuing.stamped"]


def test_the_note_to_the_customer_is_on_the_paper_and_not_in_the_document(customer: Customer) -> None:
    words = "Paga antes del día 30.\nGracias por su compra"
    stamping.work(issue_id=queued(customer, invoice(note=words)).pk, now=NOW)
    document = FiscalDocument.objects.get()
    assert document.printed_note == words
    assert "Gracias" not in read_original(document).decode()
    said = text_of(cfdi_pdf(document))
    for line in words.splitlines():
        assert line in said


def test_a_note_whose_period_made_it_too_long_is_cut(customer: Customer) -> None:
    stamping.work(issue_id=queued(customer, invoice(note="ñ" * 700)).pk, now=NOW)
    assert FiscalDocument.objects.get().printed_note == "ñ" * 500


def test_a_customer_that_is_off_owes_nothing_yet(customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(collecting=False)
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert issue.state == IssueState.STAMPED
    assert issue.document is not None
    assert not Receivable.objects.exists()


def test_working_again_changes_nothing(customer: Customer, pac: Moody) -> None:
    issue = queued(customer)
    first = stamping.work(issue_id=issue.pk, now=NOW)
    again = stamping.work(issue_id=issue.pk, now=at(600))
    assert (again.uuid, again.version, len(pac.asked)) == (first.uuid, first.version, 1)
    assert FiscalDocument.objects.count() == IngestBatch.objects.count() == 1


def test_an_answer_that_was_lost_is_asked_for_with_the_same_bytes(customer: Customer, pac: Moody) -> None:
    pac.moods = [StampFailure("connection", "Se cortó.", is_unknown=True)]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert (issue.state, issue.trouble) == (IssueState.UNKNOWN, "Se cortó.")
    assert stamping.due(now=NOW) == []
    assert stamping.due(now=at(1)) == [issue.pk]
    issue = stamping.work(issue_id=issue.pk, now=at(1))
    assert (issue.state, issue.trouble, pac.recovered, len(pac.asked)) == (IssueState.STAMPED, "", 1, 1)
    assert FiscalDocument.objects.count() == 1


def test_of_what_nobody_took_nobody_is_asked_first(customer: Customer, pac: Moody) -> None:
    pac.moods = [StampFailure("connection", "No se pudo conectar."), StampFailure("connection", "No se pudo conectar.")]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert issue.state == IssueState.SEALED
    issue = stamping.work(issue_id=issue.pk, now=at(1))
    assert (issue.state, issue.tries) == (IssueState.SEALED, 2)
    assert issue.next_at == at(3)  # one minute, then two
    issue = stamping.work(issue_id=issue.pk, now=at(3))
    assert (issue.state, pac.recovered) == (IssueState.STAMPED, 0)
    assert len(set(pac.asked)) == 1


def test_waits_grow_and_stay(customer: Customer, pac: Moody) -> None:
    pac.moods = [StampFailure("connection", "-") for _ in range(8)]
    issue, when, waits = queued(customer), NOW, []
    for _turn in range(8):
        found = stamping.work(issue_id=issue.pk, now=when)
        assert found.next_at is not None
        waits.append(int((found.next_at - when).total_seconds() // 60))
        when = found.next_at
    assert waits == [1, 2, 5, 10, 20, 30, 30, 30]


def test_what_the_pac_refuses_is_a_persons(customer: Customer, pac: Moody) -> None:
    pac.moods = [StampRefused("CFDI40147", "El nombre del receptor no es el registrado.")]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert (issue.state, issue.trouble_code) == (IssueState.REJECTED, "CFDI40147")
    assert "registrado" in issue.trouble
    assert (issue.sealed_id, issue.next_at, stamping.due(now=at(99))) == (None, None, [])
    assert stamping.work(issue_id=issue.pk, now=at(99)).state == IssueState.REJECTED  # nobody mended it
    assert len(pac.asked) == 1
    mended = to_json(invoice(conditions="30 DIAS"))
    Issue.objects.filter(pk=issue.pk).update(content=mended, state=IssueState.QUEUED)
    assert stamping.work(issue_id=issue.pk, now=at(100)).state == IssueState.STAMPED


def test_a_draft_that_the_schema_refuses_never_reaches_the_pac(customer: Customer, pac: Moody) -> None:
    issue = stamping.work(issue_id=queued(customer, replace(invoice(), place="670")).pk, now=NOW)
    assert (issue.state, issue.trouble_code, pac.asked) == (IssueState.REJECTED, "seal", [])
    assert "LugarExpedicion" in issue.trouble


def test_a_draft_of_another_issuer_is_not_sealed(customer: Customer) -> None:
    other = DraftParty("XYZ010101AB1", "OTRA", "601", "06700")
    issue = stamping.work(issue_id=queued(customer, replace(invoice(), issuer=other)).pk, now=NOW)
    assert (issue.state, "otro RFC" in issue.trouble) == (IssueState.REJECTED, True)


def test_a_content_that_is_no_draft_says_what_is_missing(customer: Customer) -> None:
    issue = queued(customer)
    Issue.objects.filter(pk=issue.pk).update(content={"type_code": "I", "series": "F"})
    issue = stamping.work(issue_id=issue.pk, now=NOW)
    assert (issue.state, "folio" in issue.trouble) == (IssueState.REJECTED, True)


def test_without_a_seal_it_waits_and_the_seal_wakes_it(customer: Customer) -> None:
    seals.revoke(seal_id=seals.current_seal(NOW).pk, now=NOW, actor=None)  # type: ignore[union-attr]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert (issue.state, issue.trouble_code) == (IssueState.QUEUED, "no_seal")
    assert "sello digital" in issue.trouble
    assert stamping.due(now=at(5)) == []
    with_seal(now=at(5))
    assert stamping.due(now=at(5)) == [issue.pk]
    assert stamping.work(issue_id=issue.pk, now=at(5)).state == IssueState.STAMPED


def test_without_a_pac_it_waits_and_the_account_wakes_it(customer: Customer) -> None:
    stampers.disable_account(actor=None)
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert (issue.state, issue.trouble_code, issue.sealed_id) == (IssueState.QUEUED, "no_stamper", None)
    with_simulated_pac()
    issue.refresh_from_db()
    assert issue.next_at is not None
    assert stamping.due(now=issue.next_at) == [issue.pk]


def test_an_account_to_mend_is_said_and_asked_seldom(customer: Customer, pac: Moody) -> None:
    pac.moods = [StampFailure("300", "El usuario o la contraseña no son válidos.", permanent=True)]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert (issue.state, issue.trouble_code, issue.next_at) == (IssueState.SEALED, "account", at(30))


def test_a_seal_older_than_the_law_allows_is_made_anew_when_nobody_was_asked(customer: Customer, pac: Moody) -> None:
    pac.moods = [StampFailure("connection", "No se pudo conectar.")]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    late = NOW + timedelta(hours=71)
    done = stamping.work(issue_id=issue.pk, now=late)
    assert done.state == IssueState.STAMPED
    assert (done.sealed_at, len(set(pac.asked))) == (late, 2)
    assert not StoredFile.objects.filter(pk=issue.sealed_id).exists()  # swept away with what it was


def test_a_seal_that_somebody_was_asked_to_stamp_is_never_made_anew(customer: Customer, pac: Moody) -> None:
    pac.moods = [StampFailure("connection", "Se cortó.", is_unknown=True)]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    done = stamping.work(issue_id=issue.pk, now=NOW + timedelta(hours=100))
    assert (done.state, done.sealed_id, len(pac.asked)) == (IssueState.STAMPED, issue.sealed_id, 1)


def test_another_document_in_the_answer_is_not_taken_for_ours(customer: Customer, pac: Moody) -> None:
    pac.moods = [lambda found: Stamped(found.uuid, found.xml.replace(b'Folio="1"', b'Folio="7"'))]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert (issue.state, issue.trouble_code) == (IssueState.UNKNOWN, "other_document")
    assert not FiscalDocument.objects.exists()


def test_an_answer_that_is_no_document_is_not_taken_either(customer: Customer, pac: Moody) -> None:
    pac.moods = [lambda found: Stamped(found.uuid, b"<html>Bad gateway</html>")]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert (issue.state, issue.trouble_code) == (IssueState.UNKNOWN, "other_document")


def test_what_breaks_on_our_side_is_tried_again(customer: Customer, pac: Moody) -> None:
    pac.moods = [RuntimeError("boom")]
    issue = stamping.work(issue_id=queued(customer).pk, now=NOW)
    assert (issue.state, issue.trouble_code, "boom" in issue.trouble) == (IssueState.UNKNOWN, "error", False)
    assert stamping.work(issue_id=issue.pk, now=at(1)).state == IssueState.STAMPED


def test_who_comes_while_another_is_at_it_does_nothing(customer: Customer, pac: Moody) -> None:
    issue = queued(customer, next_at=at(5))
    assert stamping.work(issue_id=issue.pk, now=NOW).state == IssueState.QUEUED
    assert (pac.asked, stamping.due(now=NOW)) == ([], [])


def test_who_lost_its_turn_writes_nothing_but_the_stamp(customer: Customer, pac: Moody) -> None:
    """A worker so slow that another finished meanwhile: its failure does not undo what is certain."""

    def finished_by_another(found: Stamped) -> Stamped:
        Issue.objects.update(next_at=None)
        stamping.work(issue_id=issue.pk, now=at(6))
        raise StampFailure("connection", "Se cortó.", is_unknown=True)

    issue = queued(customer)
    pac.moods = [finished_by_another]
    found = stamping.work(issue_id=issue.pk, now=NOW)
    assert (found.state, found.trouble) == (IssueState.STAMPED, "")
    assert FiscalDocument.objects.count() == 1


def test_a_document_that_the_authority_brought_first_is_the_same_one(customer: Customer, pac: Moody) -> None:
    """Stamped, killed, and the download of the SAT was faster than our second look."""
    issue = queued(customer)
    other = queued(customer, folio="2")
    pac.moods = [StampFailure("connection", "Se cortó.", is_unknown=True)]
    stamping.work(issue_id=issue.pk, now=NOW)
    [xml] = pac.asked
    stamped = REAL_RECOVER(stampers.build(stampers.current_account()), xml, key="")  # type: ignore[arg-type]
    assert stamped is not None
    put_on_file(issue_id=other.pk, stamped=stamped, now=NOW)  # stands for the download
    Issue.objects.filter(pk=other.pk).update(document=None, uuid="", state="discarded")
    found = stamping.work(issue_id=issue.pk, now=at(1))
    assert found.document == FiscalDocument.objects.get()
    assert Receivable.objects.count() == 1


def test_the_account_in_use_stamps_what_nobody_was_asked_for(customer: Customer) -> None:
    issue = queued(customer)
    stampers.disable_account(actor=None)
    account = with_simulated_pac(cancellations="wait")
    assert stamping.work(issue_id=issue.pk, now=NOW).stamper == account
