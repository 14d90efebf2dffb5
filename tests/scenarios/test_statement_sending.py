"""A statement of account leaves from the customer's file: the words a person wrote, the paper, the live one."""

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
from python_calamine import CalamineWorkbook

from aldia.collections.operations.disputes import open_dispute
from aldia.customers.models import Customer
from aldia.jobs import messages as jobs
from aldia.messaging.models import Message
from aldia.payments.models import CollectionAccount, PaymentLink, PortalPass, ProviderAccount
from aldia.payments.tokens import payment_settings
from aldia.queue.worker import Worker
from aldia.reminders.models import When
from aldia.reminders.operations.one_off import OneOffError
from aldia.reminders.operations.rule_words import StepWords
from aldia.reminders.operations.running import run_company
from aldia.reminders.operations.statements import send_statement
from aldia.reporting.statement_papers import statement_pdf, statement_xlsx
from aldia.tenancy.models import AuditEvent, Role
from aldia.web import clock
from tests.cast import make_user
from tests.support.stage import Stage

LUPITA, PACO, BOSS = "lupita@laguera.example", "paco@laguera.example", "direccion@laguera.example"
CLABE = "646180110400000001"


@pytest.fixture
def guera(stage: Stage) -> Customer:
    account = ProviderAccount.objects.create(
        company=stage.company, provider="sandbox", name="Prueba", methods=["card"], hook_token="g"
    )
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    CollectionAccount.objects.create(
        company=stage.company, customer=guera, account=account, kind="clabe", value=CLABE, bank="STP", sequence=1,
        opened_at=stage.at("08:00"),
    )  # fmt: skip
    stage.owes(guera, 1_160_00, date(2026, 2, 20))
    stage.owes(guera, 40_00, date(2026, 3, 30))
    return guera


@pytest.fixture
def office(stage: Stage, guera: Customer, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: stage.at("10:00"))
    monkeypatch.setattr(clock, "today", lambda _company: stage.today)
    monkeypatch.setattr(jobs, "database_now", lambda: stage.at("10:00"))
    client = Client()
    client.force_login(stage.owner)
    return client


def papers(mail: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}  # type: ignore[misc]


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def send(stage: Stage, guera: Customer, key: uuid.UUID | None = None, **words: Any) -> Message:
    values: dict[str, Any] = {
        "subject": "Su estado de cuenta", "body_html": "<p>Hola <b>Lupita</b></p><p>{{ estado_de_cuenta }}</p>",
        "addresses": [LUPITA], "copy_to_me": False, "attach_pdf": True,
    }  # fmt: skip
    return send_statement(
        customer_id=guera.pk, key=key or uuid.uuid4(), actor=stage.owner, now=stage.at("10:00"),
        statement_pdf=lambda customer_id, today: statement_pdf(customer_id, today=today),
        statement_sheet=lambda customer_id, today: statement_xlsx(customer_id, today=today),
        **{**values, **words},
    )  # fmt: skip


def test_it_leaves_once_to_each_address_with_papers_and_a_way_in(stage: Stage, guera: Customer) -> None:
    key = uuid.uuid4()
    for _twice in range(2):
        send(stage, guera, key, addresses=[LUPITA, BOSS], copy_to_me=True, attach_sheet=True)
    stage.send("10:00")
    mails = {to[0]: mail for _sender, to, mail in stage.mailer.taken}
    assert sorted(mails) == sorted([LUPITA, BOSS, stage.owner.email])
    links = {to: re.findall(r"https?://\S+/p/\S+/(\S{43})/", stage.text(mail)) for to, mail in mails.items()}
    assert links[LUPITA] != links[BOSS]
    assert all(len(found) == 1 for found in links.values())
    assert sorted(PortalPass.objects.values_list("address", flat=True)) == sorted([LUPITA, BOSS])
    names = papers(mails[BOSS])
    assert sorted(names) == ["estado-de-cuenta-2026-03-02.pdf", "estado-de-cuenta-2026-03-02.xlsx"]
    said = text_of(names["estado-de-cuenta-2026-03-02.pdf"])
    assert "Saldo por pagar $1,200.00 Vencido: $1,160.00" in said
    assert "646 180 110 400 000 001" in said
    book = CalamineWorkbook.from_filelike(io.BytesIO(names["estado-de-cuenta-2026-03-02.xlsx"]))
    above = [str(row[0]) for row in book.get_sheet_by_name("Movimientos MXN").to_python()[:4]]
    assert above[3] == "Para transferir: CLABE 646 180 110 400 000 001 · STP · Distribuidora Tres Ríos"
    assert "Hola *Lupita*" in stage.text(mails[LUPITA])
    message = Message.objects.get()
    assert (message.purpose, message.created_by) == ("statement", stage.owner)
    assert message.deliveries.get(address=LUPITA).contact is not None
    assert AuditEvent.objects.filter(verb="messages.written").count() == 1


def test_only_what_is_overdue(stage: Stage, guera: Customer) -> None:
    message = send(stage, guera, shows="overdue", body_html="<p>Debe {{ total }}</p><p>{{ tabla }}</p>")
    assert "Debe $1,160.00" in message.text
    assert message.debts.count() == 1


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"body_html": "<p><br></p>"}, "body"),
        ({"body_html": "{{ no_existe }}"}, "body"),
        ({"subject": "{{ no_existe }}"}, "subject"),
        ({"addresses": []}, "addresses"),
        ({"addresses": ["lupita arroba"]}, "extra"),
        ({"addresses": [f"a{n}@x.example" for n in range(21)]}, "extra"),
    ],
    ids=["empty", "no such word", "subject", "nobody", "no address", "too many"],
)
def test_what_cannot_go_says_why(stage: Stage, guera: Customer, words: dict[str, Any], field: str) -> None:
    with pytest.raises(OneOffError) as caught:
        send(stage, guera, **words)
    assert caught.value.field == field
    assert (Message.objects.count(), PortalPass.objects.count()) == (0, 0)


def test_the_page_starts_with_the_people_and_the_words_and_sends(stage: Stage, guera: Customer, office: Client) -> None:
    url = f"/e/{stage.company.slug}/clientes/{guera.pk}/estado-de-cuenta/enviar/"
    page = office.get(url)
    form = page.context["form"]
    assert form.initial["addresses"] == LUPITA
    assert "Estado de cuenta de Abarrotes La Güera" in form.initial["subject"]
    assert "646 180 110 400 000 001" in page.content.decode()
    assert (PaymentLink.objects.count(), PortalPass.objects.count()) == (0, 0)
    data = {
        "key": str(form["key"].value()), "addresses": f"{LUPITA}, {PACO}", "subject": "Su cuenta",
        "body_html": '<p onclick="x()">Buen <b>día</b><script>alert(1)</script></p><p>{{ estado_de_cuenta }}</p>',
        "shows": "open", "period": "year", "attach_pdf": "on", "do": "send",
    }  # fmt: skip
    drawn = office.post(f"{url}vista/", data)
    assert "/p/" in drawn.content.decode()
    assert PortalPass.objects.count() == 0
    for _twice in range(2):
        assert office.post(url, data).status_code == 302
    stage.send("10:00")
    assert sorted(to[0] for _sender, to, _mail in stage.mailer.taken) == [LUPITA, PACO]
    mail = stage.mails[0]
    assert "Buen *día*" in stage.text(mail)
    assert "alert(1)" not in stage.html(mail)
    assert list(papers(mail)) == ["estado-de-cuenta-2026-03-02.pdf"]


def test_each_wrong_address_is_named_and_nothing_is_lost(stage: Stage, guera: Customer, office: Client) -> None:
    url = f"/e/{stage.company.slug}/clientes/{guera.pk}/estado-de-cuenta/enviar/"
    data = {
        "key": str(uuid.uuid4()), "addresses": f"{LUPITA}, uno, dos@", "subject": "Mi asunto", "body": "Hola *Lupita*",
        "shows": "open", "period": "quarter", "do": "send",
    }  # fmt: skip
    answer = office.post(url, data)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "«uno» no es un correo." in said
    assert "«dos@» no es un correo." in said
    assert "Mi asunto" in said
    assert "&lt;b&gt;Lupita&lt;/b&gt;" in said  # what was written by hand is in the editor
    assert Message.objects.count() == 0


def test_who_may_not_write_does_not(stage: Stage, guera: Customer, office: Client) -> None:
    reader = make_user("lee@tresrios.example", stage.company, Role.AUDITOR)
    office.force_login(reader)
    url = f"/e/{stage.company.slug}/clientes/{guera.pk}/estado-de-cuenta/enviar/"
    assert office.get(url).status_code == 403
    assert (
        "enviar/" not in office.get(f"/e/{stage.company.slug}/clientes/{guera.pk}/estado-de-cuenta/").content.decode()
    )


def test_with_every_invoice_where_the_company_said_so(stage: Stage, guera: Customer) -> None:
    stage.follow(stage.rule(StepWords(When.AFTER, 1), attach_pdf=True), guera)
    settings = payment_settings()
    settings.attach_statement = True
    settings.save()
    stage.owes(guera, 10_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 3)
    run_company(
        as_of=stage.at("09:00"), statement_pdf=lambda customer_id, today: statement_pdf(customer_id, today=today)
    )
    stage.send()
    (mail,) = stage.mails
    assert list(papers(mail)) == ["estado-de-cuenta-2026-03-03.pdf"]
    assert "CLABE" in text_of(papers(mail)["estado-de-cuenta-2026-03-03.pdf"])


def test_the_page_of_the_statement_says_where_to_transfer(stage: Stage, guera: Customer, office: Client) -> None:
    page = office.get(f"/e/{stage.company.slug}/clientes/{guera.pk}/estado-de-cuenta/").content.decode()
    assert "646 180 110 400 000 001" in page
    assert f"/clientes/{guera.pk}/estado-de-cuenta/enviar/" in page


def test_many_customers_get_each_their_own(stage: Stage, guera: Customer, office: Client) -> None:
    sol, mute = stage.customer("El Sol", PACO), stage.customer("Sin correo")
    stage.owes(sol, 500_00, date(2026, 3, 30))
    url = f"/e/{stage.company.slug}/recordatorios/escribir/varios/"
    chosen = [str(each.pk) for each in (guera, sol, mute)]
    page = office.post(url, {"customer": chosen, "do": "statement"})
    form = page.context["form"]
    assert form.initial["attach_statement"] is True
    assert "se quedan fuera" in page.content.decode()
    data = {
        "customer": chosen, "do": "send", "key": str(form["key"].value()), "was": "email", "attach_statement": "on",
        **{name: form.initial[name] for name in ("channel", "subject", "body", "template")},
    }  # fmt: skip
    for _twice in range(2):
        assert office.post(url, data).status_code == 302
    worker = Worker()
    while worker.work_once():
        pass
    stage.send("10:00")
    mails = {to[0]: mail for _sender, to, mail in stage.mailer.taken}
    assert sorted(mails) == [LUPITA, PACO] == sorted(to[0] for _sender, to, _mail in stage.mailer.taken)
    assert "$500.00" in text_of(papers(mails[PACO])["estado-de-cuenta-2026-03-02.pdf"])
    result = office.get(f"{url}resultado/?key={form['key'].value()}").content.decode()
    assert "2 mensajes escritos" in result
    left = result[result.index("Se quedaron fuera") :]
    assert f"/clientes/{mute.pk}/" in left
    assert "No tiene a quién escribirle por este medio." in left
    assert f"/clientes/{sol.pk}/" not in left


def test_many_only_of_what_is_overdue(stage: Stage, guera: Customer, office: Client) -> None:
    sol = stage.customer("El Sol", PACO)
    stage.owes(sol, 500_00, date(2026, 3, 30))
    url = f"/e/{stage.company.slug}/recordatorios/escribir/varios/"
    data: dict[str, Any] = {
        "customer": [str(sol.pk), str(guera.pk)], "key": str(uuid.uuid4()), "channel": "email", "subject": "Lo vencido",
        "body": "Debe {{ total }}", "only_overdue": "on",
    }  # fmt: skip
    page = office.post(url, {**data, "do": "preview"})
    assert page.context["preview"].rendered.text.startswith("Debe $1,160.00")
    done = office.post(url, {**data, "do": "send"}, follow=True).content.decode()
    assert "El Sol: No tiene nada vencido." in done
    message = Message.objects.get()
    assert message.customer_id == guera.pk
    assert message.text.startswith("Debe $1,160.00")
    office.post(url, {**data, "do": "send", "key": str(uuid.uuid4()), "attach_statement": "on"})
    worker = Worker()
    while worker.work_once():
        pass
    stage.send("10:00")
    paper = next(papers(mail) for mail in stage.mails if papers(mail))["estado-de-cuenta-2026-03-02.pdf"]
    assert "$1,160.00" in text_of(paper)
    assert "30 mar 2026" not in text_of(paper).lower()


def test_a_result_that_is_not_there_leads_to_what_was_sent(stage: Stage, office: Client) -> None:
    for query in ("", "?key=x", f"?key={uuid.uuid4()}"):
        page = office.get(f"/e/{stage.company.slug}/recordatorios/escribir/varios/resultado/{query}")
        assert (page.status_code, page.headers["Location"].endswith("/recordatorios/enviados/")) == (302, True)


def test_the_words_speak_of_what_is_held_back_too(stage: Stage, guera: Customer, office: Client) -> None:
    row = stage.owes(guera, 300_00, date(2026, 2, 1))
    open_dispute(
        receivable_id=row.pk, amount=300_00, reason="amount", key=uuid.uuid4(), today=stage.today, actor=stage.owner,
        note="", owner_id=stage.owner.pk, answer_by=date(2026, 3, 9),
    )  # fmt: skip
    page = office.get(f"/e/{stage.company.slug}/clientes/{guera.pk}/estado-de-cuenta/enviar/")
    assert "El saldo es de *$1,500.00*, de los cuales *$1,460.00*" in page.context["form"].initial["body"]
