"""A payment order leaves by itself in words that the company may make its own, with the statement where it asks so."""

from __future__ import annotations

import io
import re
import uuid
from datetime import date
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.jobs.reminders import statement_files
from aldia.messaging.builtins import builtins
from aldia.messaging.models import Message, Template
from aldia.messaging.operations.templates import Words, save_template
from aldia.payments.models import CollectionAccount, ProviderAccount
from aldia.payments.operations.orders import Order, create_order
from aldia.payments.tokens import payment_settings
from aldia.web import clock
from tests.support.stage import Stage

LUPITA = "lupita@laguera.example"
KEY = "order.neutral.email.es"


@pytest.fixture
def guera(stage: Stage) -> Customer:
    account = ProviderAccount.objects.create(
        company=stage.company, provider="sandbox", name="Prueba", methods=["card"], hook_token="g"
    )
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    CollectionAccount.objects.create(
        company=stage.company, customer=guera, account=account, kind="clabe", value="646180110400000001", bank="STP",
        sequence=1, opened_at=stage.at("08:00"),
    )  # fmt: skip
    return guera


@pytest.fixture
def office(stage: Stage, guera: Customer, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: stage.at("10:00"))
    monkeypatch.setattr(clock, "today", lambda _company: stage.today)
    client = Client()
    client.force_login(stage.owner)
    return client


def asks(stage: Stage, customer: Customer, **more: Any) -> Order:
    values: dict[str, Any] = {
        "customer_id": customer.pk, "amount": Money(4_640_00, "MXN"), "concept": "Anticipo de temporada",
        "due_on": date(2026, 3, 20), "key": uuid.uuid4(), "actor": stage.owner, "now": stage.at("10:00"),
        "today": stage.today, **more,
    }  # fmt: skip
    return create_order(**values)


def attach(stage: Stage) -> None:
    settings = payment_settings()
    settings.attach_statement = True
    settings.save()


def papers(mail: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}  # type: ignore[misc]


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def own_words(body: str) -> Template:
    house = builtins()[KEY]
    words = Words("La nuestra", purpose="order", channel="email", subject="{{ empresa }} pide {{ total }}", body=body)
    assert house.subject != words.subject
    return save_template(words=words, builtin=KEY, actor=None)


def test_an_order_says_all_that_it_takes_to_pay(stage: Stage, guera: Customer) -> None:
    order = asks(stage, guera, note="Gracias por su preferencia")
    stage.send("10:00")
    (mail,) = stage.mails
    said = stage.text(mail)
    assert mail["Subject"] == "Orden de pago OP-1 por $4,640.00 · Distribuidora Tres Ríos"
    for words in (
        "20 de marzo de 2026", "$4,640.00", "Anticipo de temporada", "Gracias por su preferencia",
        f"/l/{stage.company.slug}/{order.token}/", "646 180 110 400 000 001", "(STP)",
    ):  # fmt: skip
        assert words in said, words
    assert stage.owner.get_full_name() in said
    assert mail["Reply-To"].addresses[0].addr_spec == stage.owner.email
    assert papers(mail) == {}
    assert Message.objects.get().purpose == "order"


def test_an_english_customer_reads_english(stage: Stage, guera: Customer) -> None:
    Customer.objects.filter(pk=guera.pk).update(language="en")
    asks(stage, guera)
    stage.send("10:00")
    (mail,) = stage.mails
    assert mail["Subject"] == "Payment order OP-1 for $4,640.00 · Distribuidora Tres Ríos"
    assert "March 20, 2026" in stage.text(mail)
    assert not re.search("Hola|pago|Saludos", stage.text(mail).split("--")[0])


def test_the_companys_own_words_go_first(stage: Stage, guera: Customer) -> None:
    row = own_words("{{ contacto }}, pague {{ total }} de {{ folio }}:\n\n{{ liga_de_pago }}")
    order = asks(stage, guera)
    assert order.message is not None
    assert order.message.template_id == row.pk
    stage.send("10:00")
    (mail,) = stage.mails
    assert mail["Subject"] == "Distribuidora Tres Ríos pide $4,640.00"
    assert "pague $4,640.00 de OP-1:" in stage.text(mail)


def test_words_that_cannot_be_filled_hold_no_order_up(stage: Stage, guera: Customer) -> None:
    row = own_words("{{ total }}")
    Template.objects.filter(pk=row.pk).update(body="{% if total %}sin fin")
    order = asks(stage, guera)
    assert order.message is not None
    assert order.message.subject == "Orden de pago OP-1 por $4,640.00 · Distribuidora Tres Ríos"
    assert order.message.template_id is None


def test_the_statement_goes_along_once_and_lists_the_order(stage: Stage, guera: Customer) -> None:
    stage.owes(guera, 1_160_00, date(2026, 2, 20))
    attach(stage)
    key = uuid.uuid4()
    first, again = (asks(stage, guera, key=key, papers=statement_files) for _twice in range(2))
    assert first.message == again.message
    stage.send("10:00")
    (mail,) = stage.mails
    assert list(papers(mail)) == [f"estado-de-cuenta-{stage.today}.pdf"]
    said = text_of(papers(mail)[f"estado-de-cuenta-{stage.today}.pdf"])
    assert "OP-1" in said
    assert "$1,160.00" in said


def test_a_crash_before_the_mail_is_made_good_by_asking_again(stage: Stage, guera: Customer) -> None:
    def crash(_customer_id: uuid.UUID, _today: date) -> list[Any]:
        raise OSError

    attach(stage)
    key = uuid.uuid4()
    with pytest.raises(OSError):  # noqa: PT011
        asks(stage, guera, key=key, papers=crash)
    assert not Message.objects.exists()
    order = asks(stage, guera, key=key, papers=statement_files)
    assert (order.receivable.number, order.message) == ("OP-1", Message.objects.get())


def test_the_page_sends_it_so_too(stage: Stage, guera: Customer, office: Client) -> None:
    url = f"/e/{stage.company.slug}/por-cobrar/nueva/?customer={guera.pk}"
    data = {
        "kind": "payment_order", "amount": "4640", "currency": "MXN", "issued_on": stage.today.isoformat(),
        "due_on": "2026-03-20", "concept": "Anticipo", "send_now": "on", "addresses": LUPITA, "note": "",
    }  # fmt: skip
    attach(stage)
    assert office.post(url, {**data, "key": str(uuid.uuid4())}).status_code == 302
    payment_settings().__class__.objects.update(attach_statement=False)
    assert office.post(url, {**data, "key": str(uuid.uuid4())}).status_code == 302
    stage.send("10:00")
    found = {str(mail["Subject"]).split()[3]: list(papers(mail)) for mail in stage.mails}
    assert found == {"OP-1": [f"estado-de-cuenta-{stage.today}.pdf"], "OP-2": []}


def test_the_editor_shows_an_order_and_not_what_is_owed(stage: Stage, guera: Customer, office: Client) -> None:
    stage.owes(guera, 1_160_00, date(2026, 2, 20))
    base = f"/e/{stage.company.slug}"
    listed = office.get(f"{base}/recordatorios/plantillas/").content.decode()
    assert "Orden de pago" in listed
    page = office.get(f"{base}/recordatorios/plantillas/casa/{KEY}/?customer={guera.pk}")
    preview = page.context["preview"]
    assert preview.rendered.subject == "Orden de pago OP-12 por $4,640.00 · Distribuidora Tres Ríos"
    assert "1,160" not in preview.rendered.text
