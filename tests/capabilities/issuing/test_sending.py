"""A stamped document reaches its customer: PDF and XML, to whom it should, once by itself, in its language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from aldia.customers.models import Contact, Customer
from aldia.documents.originals import read_original
from aldia.issuing.models import Issue, IssuerProfile, IssueState
from aldia.issuing.operations import sending, stamping
from aldia.issuing.operations.sending import NotSendable
from aldia.jobs import issuing as jobs
from aldia.messaging.models import Message
from aldia.messaging.operations.suppressions import suppress
from aldia.queue.models import Job
from aldia.tenancy.models import User
from aldia.tenancy.storage import read_range
from tests.cast import make_user
from tests.support.issuer import (
    NOW,
    invoice,
    queued,
)

pytest.importorskip("satcfdi", reason="the extra mx is not installed")


@pytest.fixture
def owner(customer: Customer) -> User:
    return make_user("marisol@tresrios.example", customer.company)


def person(customer: Customer, email: str, role: str, **fields: Any) -> Contact:
    name = email.partition("@")[0].capitalize()
    return Contact.objects.create(
        company_id=customer.company_id, customer=customer, name=name, email=email, role=role, **fields
    )


def stamped(customer: Customer, **fields: Any) -> Issue:
    return stamping.work(issue_id=queued(customer, **fields).pk, now=NOW)


def addresses(message: Message | None) -> list[str]:
    return sorted(message.deliveries.values_list("address", flat=True)) if message else []


def test_it_carries_pdf_and_xml_and_says_what_it_is(customer: Customer) -> None:
    person(customer, "lupita@laguera.example", "billing")
    issue = stamped(customer)
    message = sending.send(issue_id=issue.pk, actor=None, now=NOW)
    assert message is not None
    assert message.subject == "Su factura F-1 de Distribuidora Tres Ríos"
    assert "Hola, Lupita" in message.text
    assert "$1,160.00" in message.text
    assert "no tiene validez fiscal" in message.text  # the PAC is the simulated one
    pdf, xml = message.attachments.order_by("position")
    assert (pdf.content_type, xml.content_type) == ("application/pdf", "application/xml")
    assert read_range(pdf.file, 0, 5) == b"%PDF-"
    assert issue.document is not None
    assert read_range(xml.file, 0, xml.file.size) == read_original(issue.document)
    issue.refresh_from_db()
    assert issue.sent_at == NOW


def test_people_of_billing_come_first_then_collections_then_whoever_is(customer: Customer) -> None:
    issue = stamped(customer)
    assert sending.send(issue_id=issue.pk, actor=None, now=NOW) is None  # nobody
    person(customer, "dueno@laguera.example", "management")
    assert addresses(sending.send(issue_id=issue.pk, actor=None, now=NOW)) == ["dueno@laguera.example"]
    person(customer, "pagos@laguera.example", "collections")
    person(customer, "ya-no@laguera.example", "billing", no_email=True)
    other = stamped(customer, folio="2")
    assert addresses(sending.send(issue_id=other.pk, actor=None, now=NOW)) == ["pagos@laguera.example"]
    person(customer, "a@laguera.example", "billing")
    person(customer, "b@laguera.example", "billing")
    third = stamped(customer, folio="3")
    message = sending.send(issue_id=third.pk, actor=None, now=NOW)
    assert addresses(message) == ["a@laguera.example", "b@laguera.example"]


def test_who_asked_not_to_be_written_to_is_not(customer: Customer) -> None:
    person(customer, "lupita@laguera.example", "billing")
    suppress(channel="email", address="lupita@laguera.example", why="unsubscribe")
    assert sending.send(issue_id=stamped(customer).pk, actor=None, now=NOW) is None


def test_by_itself_it_goes_once_and_a_person_may_send_it_again(customer: Customer, owner: User) -> None:
    person(customer, "lupita@laguera.example", "billing")
    issue = stamped(customer)
    first = sending.send(issue_id=issue.pk, actor=None, now=NOW)
    assert sending.send(issue_id=issue.pk, actor=None, now=NOW + timedelta(hours=1)) == first
    again = sending.send(issue_id=issue.pk, actor=owner, now=NOW + timedelta(hours=1), recipients=["x@y.example"])
    assert again is not None
    assert (again != first, addresses(again), again.reply_to) == (True, ["x@y.example"], owner.email)
    twice = sending.send(issue_id=issue.pk, actor=owner, now=NOW + timedelta(hours=1), recipients=["x@y.example"])
    assert twice == again  # a button pressed twice


def test_it_says_why_it_cannot_be_sent(customer: Customer) -> None:
    with pytest.raises(NotSendable, match="timbrado"):
        sending.send(issue_id=queued(customer).pk, actor=None, now=NOW)
    with pytest.raises(NotSendable, match="no es un correo"):
        sending.send(issue_id=stamped(customer, folio="2").pk, actor=None, now=NOW, recipients=["nadie"])
    many, issue = [f"a{n}@b.example" for n in range(21)], stamped(customer, folio="3")
    with pytest.raises(NotSendable, match="a lo más 20"):
        sending.send(issue_id=issue.pk, actor=None, now=NOW, recipients=many)


def test_it_speaks_the_customers_language(customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(language="en")
    person(customer, "lupita@laguera.example", "billing")
    message = sending.send(issue_id=stamped(customer).pk, actor=None, now=NOW)
    assert message is not None
    assert message.text.startswith("Hello Lupita")
    assert message.subject.startswith("Your ")


def test_the_job_stamps_and_sends(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "database_now", lambda: NOW)
    person(customer, "lupita@laguera.example", "billing")
    issue = queued(customer)
    assert jobs.stamp_issue.call(str(issue.pk)) == IssueState.STAMPED
    message = Message.objects.get()
    assert (message.purpose, addresses(message)) == ("document", ["lupita@laguera.example"])
    assert Job.objects.filter(task_path__endswith="send_messages").exists()
    jobs.stamp_issue.call(str(issue.pk))
    assert jobs.stamp_due.call() == 0
    assert Message.objects.count() == 1


def test_what_a_killed_process_did_not_send_goes_with_the_next_round(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(customer, "lupita@laguera.example", "billing")
    stamped(customer)
    monkeypatch.setattr(jobs, "database_now", lambda: NOW + timedelta(minutes=5))
    jobs.stamp_due.call()
    assert Message.objects.count() == 1
    monkeypatch.setattr(jobs, "database_now", lambda: NOW + timedelta(days=1))
    stamped(customer, folio="2")  # stamped long ago: a person decides
    jobs.stamp_due.call()
    assert Message.objects.count() == 1


def test_a_company_that_sends_by_hand_sends_nothing_by_itself(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "database_now", lambda: NOW)
    IssuerProfile.objects.create(
        company_id=customer.company_id, name="X", regime="601", postal_code="06700", sends_documents=False
    )
    person(customer, "lupita@laguera.example", "billing")
    assert jobs.stamp_issue.call(str(queued(customer, invoice()).pk)) == IssueState.STAMPED
    assert not Message.objects.exists()


def test_asking_twice_puts_one_job_in_the_queue(customer: Customer) -> None:
    issue = queued(customer)
    jobs.enqueue_stamping(issue.pk)
    jobs.enqueue_stamping(issue.pk)
    assert Job.objects.filter(task_path__endswith="stamp_issue").count() == 1
