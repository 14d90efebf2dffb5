"""Certified letters by date: written, posted by a person, acknowledged; nothing pretends to have sent one."""

from __future__ import annotations

import uuid
from datetime import date
from io import BytesIO
from typing import Any

import pytest

from aldia.customers.operations.versions import NotThere, Refused
from aldia.messaging.models import Channel, Delivery, DeliveryEvent, DeliveryState, Message, MessageState
from aldia.messaging.operations import letters
from aldia.tenancy.models import AuditEvent, Company, StoredFile
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import open_stored
from tests.cast import make_company

pytestmark = pytest.mark.django_db
MONDAY, THURSDAY = date(2026, 3, 2), date(2026, 3, 5)
PDF = b"%PDF-1.7 acuse"


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def letter(company: Company) -> Delivery:
    return written(company)


def written(company: Company, channel: str = Channel.LETTER, state: str = MessageState.READY) -> Delivery:
    with company_scope(company.pk):
        message = Message.objects.create(
            company=company,
            channel=channel,
            purpose="after",
            key=f"k-{uuid.uuid4()}",
            state=state,
            subject="Requerimiento de pago",
            on_day=MONDAY,
        )
        return Delivery.objects.create(company=company, message=message, address="Calle 5, Puebla")


def posted(delivery: Delivery, **changes: Any) -> Delivery:
    values = {"carrier": "Correos", "tracking_number": " MX 123 456 ", "posted_on": MONDAY, "today": THURSDAY}
    return letters.register_posting(delivery_id=delivery.pk, actor=None, **{**values, **changes})


def received(delivery: Delivery, **changes: Any) -> Delivery:
    values: dict[str, Any] = {"name": "acuse.pdf", "file": PDF, "received_on": THURSDAY, "today": THURSDAY}
    return letters.register_acknowledgement(delivery_id=delivery.pk, actor=None, **{**values, **changes})


def test_posted_and_received(company: Company, letter: Delivery) -> None:
    with company_scope(company.pk):
        sent = posted(letter)
        assert (sent.state, sent.provider_id) == (DeliveryState.SENT, "MX123456")
        assert sent.sent_at is not None
        assert sent.sent_at.date() == MONDAY
        assert Message.objects.get().state == MessageState.DONE
        done = received(letter, file=BytesIO(PDF))
        assert done.state == DeliveryState.DELIVERED
        kept = letters.acknowledgement_of(delivery_id=letter.pk)
        assert kept is not None
        with open_stored(kept) as stream:
            assert stream.read() == PDF
        assert [event.kind for event in DeliveryEvent.objects.order_by("id")] == ["sent", "delivered"]
        assert AuditEvent.objects.filter(verb__startswith="messaging.letter_").count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"carrier": "  "}, "carrier"),
        ({"tracking_number": ""}, "tracking_number"),
        ({"tracking_number": "\x00"}, "tracking_number"),
        ({"posted_on": date(2026, 3, 6)}, "posted_on"),
    ],
)
def test_a_posting_that_cannot_be(company: Company, letter: Delivery, changes: dict[str, Any], field: str) -> None:
    with company_scope(company.pk):
        with pytest.raises(Refused) as refusal:
            posted(letter, **changes)
        assert refusal.value.field == field
        assert Delivery.objects.get().state == DeliveryState.QUEUED


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"file": b"MZ not a paper"}, "file"),
        ({"file": b""}, "file"),
        ({"file": b"%PDF-" + b"x" * (15 * 1024 * 1024)}, "file"),
        ({"received_on": date(2026, 3, 6)}, "received_on"),
        ({"received_on": date(2026, 3, 1)}, "received_on"),
    ],
)
def test_an_acknowledgement_that_cannot_be(
    company: Company, letter: Delivery, changes: dict[str, Any], field: str
) -> None:
    with company_scope(company.pk):
        posted(letter)
        with pytest.raises(Refused) as refusal:
            received(letter, **changes)
        assert refusal.value.field == field
        assert Delivery.objects.get().state == DeliveryState.SENT
        assert not StoredFile.objects.exists()


def test_twice_is_refused(company: Company, letter: Delivery) -> None:
    with company_scope(company.pk):
        with pytest.raises(Refused):
            received(letter)
        posted(letter)
        with pytest.raises(Refused):
            posted(letter)
        received(letter)
        with pytest.raises(Refused):
            received(letter)
        assert DeliveryEvent.objects.count() == 2


@pytest.mark.parametrize("state", [MessageState.AWAITING, MessageState.CANCELLED])
def test_what_must_not_go_is_not_posted(company: Company, state: str) -> None:
    with company_scope(company.pk), pytest.raises(Refused):
        posted(written(company, state=state))


def test_only_letters_of_ones_own_company(company: Company, letter: Delivery) -> None:
    with company_scope(company.pk), pytest.raises(NotThere):
        posted(written(company, channel=Channel.EMAIL))
    with company_scope(make_company("Otra", "OTR010203AB1").pk):
        for attempt in (posted, received):
            with pytest.raises(NotThere):
                attempt(letter)
        assert letters.acknowledgement_of(delivery_id=letter.pk) is None
