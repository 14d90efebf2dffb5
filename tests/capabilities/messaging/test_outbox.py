"""Messages are written once, with what they said frozen; what has not left can be stopped."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from aldia.messaging.models import Attachment, Message
from aldia.messaging.operations.outbox import (
    AlreadyLeft,
    Enclosure,
    NotAwaiting,
    Recipient,
    approve_message,
    cancel_message,
)
from aldia.messaging.queries import messages as queries
from aldia.messaging.queries.messages import MessageFilter
from aldia.messaging.queries.templates import choose_template
from aldia.messaging.rendering import Rendered
from aldia.tenancy import storage
from aldia.tenancy.models import AuditEvent, Company, User
from tests.capabilities.messaging.conftest import DAY, NOON, Postman, deliveries, send, states, write


def test_the_same_key_is_one_message(customer: Any) -> None:
    first = write(customer, key="k")
    again = write(customer, "otra@guera.example", key="k", rendered=Rendered("Otro", "", "Otro"))
    assert again.pk == first.pk
    assert again.subject == "Asunto"
    assert [each.address for each in deliveries(first)] == ["lupita@guera.example"]
    assert Message.objects.count() == 1


def test_what_is_written(company: Company, customer: Any, owner: User) -> None:
    logo = storage.store("logo.png", b"png", "image/png")
    paper = storage.store("f.pdf", b"%PDF", "application/pdf")
    message = write(
        customer,
        recipients=[
            Recipient("A@x.example", "Ana\r\nBcc: z"),
            Recipient("b@x.example", is_copy=True),
            Recipient("a@X.example"),
        ],
        rendered=Rendered("S", "<p>cid:logo</p>", "T", "aviso", ("1", "2"), logo.pk, "image/png"),
        attachments=[Enclosure("F-1\n.pdf", "application/pdf", paper.pk)],
        template=choose_template(purpose="after", channel="email"),
        facts={"total": [["MXN", 1160]]},
        created_by=owner,
        reply_to="cobranza@tresrios.example",
        sender_name="Marisol\u2028Peña",
    )
    message.refresh_from_db()
    assert (message.template_id, message.facts, message.parameters) == (None, {"total": [["MXN", 1160]]}, ["1", "2"])
    assert (message.sender_name, message.reply_to) == ("Marisol Peña", "cobranza@tresrios.example")
    first, copy = deliveries(message)
    assert (first.address, first.name, first.is_copy) == ("A@x.example", "Ana Bcc: z", False)
    assert (copy.address, copy.is_copy) == ("b@x.example", True)
    assert first.header_id != copy.header_id
    files = [(each.name, each.content_id, each.file_id) for each in Attachment.objects.order_by("position")]
    assert files == [("F-1 .pdf", "", paper.pk), ("logo", "logo", logo.pk)]


def test_a_message_goes_to_somebody(customer: Any) -> None:
    with pytest.raises(ValueError, match="somebody"):
        write(customer, recipients=[])
    assert not Message.objects.exists()


@pytest.mark.parametrize("column", ["subject", "html", "text", "key", "channel", "purpose"])
def test_the_database_keeps_what_was_said(customer: Any, column: str) -> None:
    message = write(customer)
    with pytest.raises(DatabaseError, match="no cambian"), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(**{column: "x"})


def test_what_has_not_left_can_be_stopped(customer: Any, owner: User) -> None:
    message = write(customer, "a@x.example", "b@x.example")
    cancel_message(message_id=message.pk, reason="Ya pagó", actor=owner)
    assert states(message) == ["cancelled", "cancelled", "cancelled"]
    message.refresh_from_db()
    assert message.cancel_reason == "Ya pagó"
    assert message.cancelled_at is not None
    assert AuditEvent.objects.get(verb="messaging.cancelled").actor == owner
    postman = Postman()
    assert send(message, postman) == "cancelled"
    assert postman.got == []
    with pytest.raises(AlreadyLeft):
        cancel_message(message_id=message.pk, reason="otra vez", actor=owner)


def test_what_left_stays_left(customer: Any, owner: User) -> None:
    message = write(customer, "a@x.example", "b@x.example")
    send(message, Postman())
    cancel_message(message_id=message.pk, reason="Ya pagó", actor=owner)
    assert states(message) == ["done", "sent", "cancelled"]


def test_stopped_while_one_is_being_sent(customer: Any, owner: User) -> None:
    """The one at the network goes on; the message is done when it ends."""
    message = write(customer, "a@x.example", "b@x.example")
    stop = Postman(meanwhile=lambda: cancel_message(message_id=message.pk, reason="Ya pagó", actor=owner))
    assert send(message, stop) == "sent"
    assert states(message) == ["done", "sent", "cancelled"]


def test_nothing_left_to_stop_while_the_last_is_being_sent(customer: Any, owner: User) -> None:
    message = write(customer)

    def stop() -> None:
        with pytest.raises(AlreadyLeft):
            cancel_message(message_id=message.pk, reason="Ya pagó", actor=owner)

    assert send(message, Postman(meanwhile=stop)) == "sent"


def test_approval_lets_it_go_once(customer: Any, owner: User) -> None:
    message = write(customer, state="awaiting")
    postman = Postman()
    assert send(message, postman) == "queued"
    assert queries.due_deliveries(now=NOON) == []
    assert list(queries.awaiting()) == [message]
    approve_message(message_id=message.pk, actor=owner, now=NOON, on_day=DAY)
    with pytest.raises(NotAwaiting):
        approve_message(message_id=message.pk, actor=owner, now=NOON, on_day=DAY)
    assert send(message, postman) == "sent"
    assert len(postman.got) == 1


def test_lists_and_counts(company: Company, customer: Any, owner: User) -> None:
    sent = write(customer, "a@x.example", rendered=Rendered("Uno", "", "x"), purpose="before")
    waiting = write(customer, "b@x.example", rendered=Rendered("Dos", "", "x"))
    notice = write(None, "c@x.example", rendered=Rendered("Aviso", "", "x"), purpose="notice")
    unsure = write(customer, "d@x.example", channel="email")
    send(sent, Postman())
    send(unsure, Postman([RuntimeError("?")]))

    def found(**wanted: Any) -> list[Message]:
        return list(queries.messages(MessageFilter(**wanted)))

    assert found() == [unsure, notice, waiting, sent]
    assert found(customer_id=customer.pk) == [unsure, waiting, sent]
    assert found(purpose="before") == [sent]
    assert found(state="sent") == [sent]
    assert found(state="done") == [unsure, sent]
    assert found(state="unknown") == [unsure]
    assert found(text="GÜERA dos") == [waiting]
    assert found(text="c@x") == [notice]
    assert found(since=DAY, until=DAY, channel="sms") == []
    assert queries.counts_by_state(since=DAY, until=DAY) == {"sent": 1, "queued": 2, "unknown": 1}
    assert [each.address for each in queries.unknowns()] == ["d@x.example"]
    assert queries.customer_history(customer.pk) == [unsure, waiting, sent]
    detail = queries.message_detail(sent.pk)
    assert detail is not None
    assert [each.state for each in detail.deliveries] == ["sent"]
    assert queries.message_detail(customer.pk) is None
