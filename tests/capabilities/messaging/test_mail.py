"""Mail to a real SMTP peer: what it received is parsed again, and what it does wrong ends as what is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import override_settings

from aldia.integrations.channels import smtp
from aldia.messaging.look import Look
from aldia.messaging.models import ChannelAccount, DeliveryState, Message, Suppression
from aldia.messaging.operations.delivering import deliver
from aldia.messaging.operations.outbox import Enclosure, Recipient, write_message
from aldia.messaging.placeholders import ROW_FIELDS, ROWS, placeholders
from aldia.messaging.queries.templates import choose_template
from aldia.messaging.rendering import render
from aldia.tenancy import storage
from aldia.tenancy.models import Company
from tests.capabilities.messaging.conftest import DAY, NOON, deliveries, states, write
from tests.integrations.channels.peers import Mailer, smtp_peer

LOCAL = ["127.0.0.0/8"]
CANARY = "<img src=x onerror=alert(1)>"
BREAKS = (
    "\r\nBcc: espia@mal.example",
    *(f"{end}X-Mal: 1" for end in ("\n", "\r", "\x85", "\u2028", "\u2029", "\x00", "\x0b", "\x0c", "\x1e")),
    "\r\n\r\n<script>alert(1)</script>",
    "\r\n.\r\nMAIL FROM:<x@mal.example>",
)
HEADERS = {"from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type"}
HEADERS |= {"list-unsubscribe", "auto-submitted", "content-transfer-encoding"}


@contextmanager
def mail_server(company: Company, mailer: Mailer) -> Iterator[Mailer]:
    """The company's own server, which is the peer."""
    with smtp_peer(mailer) as port, override_settings(ALDIA_PRIVATE_NETWORKS=LOCAL):
        ChannelAccount.objects.create(
            company=company, channel="email", adapter="smtp", name="Correo", is_default=True,
            settings={"host": "127.0.0.1", "port": str(port), "security": "none"},
            sender_address="cobranza@tresrios.example", sender_name="Distribuidora Tres Ríos",
        )  # fmt: skip
        yield mailer


def go(message: Message, **more: Any) -> DeliveryState:
    (delivery,) = deliveries(message)
    return deliver(delivery_id=delivery.pk, now=NOON, **more)


def nothing_foreign(mail: EmailMessage) -> None:
    """The headers are ours alone, in the message and in each of its parts."""
    names = [name.lower() for name in mail]
    assert set(names) <= HEADERS
    assert len(set(names)) == len(names)
    for part in mail.walk():
        assert not [name for name in part if name.lower() in ("bcc", "cc", "x-mal")]


@pytest.mark.parametrize("broken", BREAKS, ids=range(len(BREAKS)))
def test_no_word_of_anybody_adds_a_header_or_a_recipient(company: Company, customer: Any, broken: str) -> None:
    """Line ends of every kind in names, subject, sender, values and file names."""
    context = {each.name: f"v{broken}" for each in placeholders(purpose="after", channel="email")}
    context[ROWS] = [dict.fromkeys(ROW_FIELDS, f"f{broken}")]  # type: ignore[assignment]
    template = choose_template(purpose="after", channel="email")
    template.subject = "A {{ cliente }}"
    file = storage.store("x.pdf", b"%PDF-1", "application/pdf")
    with mail_server(company, Mailer()) as mailer:
        message = write_message(
            key="k",
            channel="email",
            purpose="after",
            customer_id=customer.pk,
            recipients=[Recipient("lupita@guera.example", f"Lupita{broken}")],
            rendered=render(template=template, context=context, look=Look(company=f"C{broken}", footer=broken)),
            on_day=DAY,
            attachments=[Enclosure(f"F{broken}.pdf", "application/pdf", file.pk)],
            sender_name=f"Marisol{broken}",
            reply_to="marisol@tresrios.example",
        )
        assert go(message) == "sent"
    ((sender, recipients, mail),) = mailer.taken
    assert (sender, recipients) == ("cobranza@tresrios.example", ["lupita@guera.example"])
    nothing_foreign(mail)
    assert mail["Subject"].startswith("A v")
    assert mail["Reply-To"] == "marisol@tresrios.example"
    (attached,) = mail.iter_attachments()
    assert attached.get_content() == b"%PDF-1"
    page = mail.get_body(("html",))
    assert page is not None
    assert "<script>" not in page.get_content()


@pytest.mark.parametrize("broken", BREAKS, ids=range(len(BREAKS)))
def test_an_address_with_a_line_end_is_refused_and_reaches_nobody(company: Company, customer: Any, broken: str) -> None:
    with mail_server(company, Mailer()) as mailer:
        message = write(customer, f"lupita@guera.example{broken}")
        assert go(message) == "bounced"
        answered = write(customer, reply_to=f"m@tresrios.example{broken}")
        assert go(answered) in ("queued", "failed")
    assert mailer.taken == []


def test_what_a_person_receives(company: Company, customer: Any) -> None:
    context: Any = {each.name: f"{each.example}{CANARY}" for each in placeholders(purpose="after", channel="email")}
    context |= {"liga_de_pago": "https://paga.example/p/1", ROWS: [dict.fromkeys(ROW_FIELDS, CANARY)]}
    logo = storage.store("logo.png", b"\x89PNG\r\n\x1a\nlogo", "image/png")
    look = Look(company="Tres Ríos", logo_id=logo.pk, logo_type="image/png")
    rendered = render(template=choose_template(purpose="after", channel="email"), context=context, look=look)
    with mail_server(company, Mailer()) as mailer:
        assert go(write(customer, rendered=rendered)) == "sent"
    ((_sender, _recipients, mail),) = mailer.taken
    page, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert page is not None
    assert text is not None
    assert "<img src=x" not in page.get_content()
    assert "&lt;img src=x onerror=alert(1)&gt;" in page.get_content()
    assert CANARY in text.get_content()
    assert "https://paga.example/p/1" in text.get_content()
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert (picture["Content-ID"], picture.get_content()) == ("<logo>", b"\x89PNG\r\n\x1a\nlogo")
    assert 'src="cid:logo"' in page.get_content()
    nothing_foreign(mail)


FAULTS = [
    ({"drop_at": "mail"}, "queued", "queued", 0),
    ({"drop_at": "rcpt"}, "queued", "queued", 0),
    ({"drop_at": "data"}, "unknown", "queued", 0),
    ({"drop_at": "taken"}, "unknown", "queued", 1),
    ({"at_rcpt": "451 4.7.1 greylisted"}, "queued", "queued", 0),
    ({"at_data": "452 4.3.1 full"}, "queued", "queued", 0),
    ({"at_rcpt": "550 5.1.1 no such user"}, "bounced", "bounced", 0),
    ({"at_data": "554 5.7.1 spam"}, "failed", "failed", 0),
    ({"slow_at": "rcpt", "seconds": 3}, "queued", "queued", 0),
    ({"slow_at": "taken", "seconds": 3}, "unknown", "queued", 1),
    ({}, "sent", "sent", 1),
]


@pytest.mark.parametrize(("fault", "reminder", "receipt", "taken"), FAULTS, ids=[str(each[0]) for each in FAULTS])
def test_what_a_server_does_wrong(
    company: Company, customer: Any, monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any], reminder: str, receipt: str, taken: int,
) -> None:  # fmt: skip
    """A reminder that may have gone is not repeated; a receipt is, under the same Message-ID."""
    monkeypatch.setattr(smtp, "TIMEOUT", 0.5 if "slow_at" in fault else 5)
    mailer = Mailer(**fault)
    with mail_server(company, mailer):
        once, surely = write(customer), write(customer, "otra@guera.example", guarantee="at_least", purpose="receipt")
        assert (go(once), len(mailer.taken)) == (reminder, taken)
        assert go(surely) == receipt
        assert len(mailer.taken) == 2 * taken
        assert Suppression.objects.count() == (2 if reminder == "bounced" else 0)
        assert deliveries(once)[0].error != "" or reminder == "sent"
        mailer.drop_at = mailer.slow_at = ""
        mailer.at_rcpt = mailer.at_data = "250 OK"
        for message in (once, surely):
            (delivery,) = deliveries(message)
            deliver(delivery_id=delivery.pk, now=NOON + timedelta(hours=1))
    subjects = [mail["Message-ID"] for _sender, _to, mail in mailer.taken]
    assert states(once)[1] in ("sent", reminder)
    got_once = [each for each in subjects if deliveries(once)[0].header_id in each]
    assert len(got_once) <= 1
    if receipt != "bounced" and receipt != "failed":
        assert states(surely) == ["done", "sent"]
        mine = [each for each in subjects if deliveries(surely)[0].header_id in each]
        assert len(mine) == 1 + (receipt == "queued" and taken)
        assert len(set(mine)) == 1
