"""The pages of templates and messages through Django's client: what each role sees, decides, writes, and is told."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aldia.customers.models import Contact, Portfolio
from aldia.integrations.channels.mailbox import PREFIX
from aldia.messaging.models import (
    Attachment,
    ChannelAccount,
    Delivery,
    DeliveryEvent,
    Message,
    Suppression,
    Template,
)
from aldia.messaging.operations.outbox import Enclosure, Recipient, write_message
from aldia.messaging.operations.suppressions import suppress
from aldia.messaging.rendering import Rendered
from aldia.queue.models import Job
from aldia.receivables.models import Receivable
from aldia.receivables.operations.switching import switch_on
from aldia.reminders.models import MessageDebt, ReminderCandidate, ReminderRule, ReminderStep
from aldia.tenancy.models import AuditEvent, Membership, Role
from aldia.tenancy.scope import company_scope, transaction
from aldia.tenancy.storage import store
from aldia.web import clock
from aldia.web.views.messages import writing
from tests.cast import Papers, make_company, make_customer, make_user

HOUSE = "recordatorios/plantillas/casa/after.neutral.email.es/"
LATE = 40  # days
SENT = "recordatorios/enviados/"


@pytest.fixture(autouse=True)
def _files_go_to_a_folder_of_the_test(settings, tmp_path):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}},
    }


@pytest.fixture
def company(db):
    company = make_company(slug="norte")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def ana(company):
    return make_user("ana@example.com", company)


@pytest.fixture
def guera(company, ana):
    """A customer that is on, with an invoice of 1,000.00 that fell due, and Lupita who answers for it."""
    customer = make_customer(company, collecting=False, search="abarrotes la guera alg010203ab2")
    Papers(company, customer).invoice(1000_00, clock.today(company) - timedelta(days=LATE + 30))
    switch_on(customer_ids=[customer.pk], today=clock.today(company), actor=ana)
    Contact.all_companies.create(
        company=company, customer=customer, name="Lupita Robles", email="lupita@guera.example", is_primary=True
    )
    return customer


class Visitor:
    """A person with a browser, in a company."""

    def __init__(self, user, slug="norte"):
        self.client, self.home = Client(), f"/e/{slug}/"
        self.client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def get(self, path, **headers):
        return self.client.get(self.home + path, secure=True, headers=headers or None)

    def post(self, path, data=None, follow=False, **headers):
        return self.client.post(self.home + path, data or {}, secure=True, follow=follow, headers=headers or None)


@pytest.fixture
def owner(ana):
    return Visitor(ana)


def text(response):
    return unescape(re.sub(r"\s+", " ", response.content.decode()))


def field(response, name):
    """What a field of the page holds."""
    page = response.content.decode()
    area = re.search(rf'<textarea name="{name}"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL)
    if area:
        return unescape(area[1])
    chosen = re.search(rf'<select name="{name}".*?<option value="([^"]*)" selected', page, re.DOTALL)
    if chosen:
        return unescape(chosen[1])
    found = re.search(rf'<input[^>]*name="{name}"[^>]*?value="([^"]*)"', page)
    return unescape(found[1]) if found else ""


def form_of(response):
    names = ("version", "name", "purpose", "channel", "tone", "language", "subject", "body", "provider_name")
    return {name: field(response, name) for name in names}


def wrote(company, customer=None, *, state="ready", deliveries=("queued",), channel="email", **more):
    """A message in the tables, with one delivery for each state."""
    values = {"subject": "Su saldo vencido", "text": "Hola.\n\n-- \nPie", "html": "<p>Hola.</p>"} | more
    addresses = [Recipient(f"p{number}@guera.example", "Lupita") for number in range(len(deliveries))]
    rendered = Rendered(values["subject"], values["html"], values["text"])
    with transaction():
        message = write_message(
            key=str(uuid4()), channel=channel, purpose=values.get("purpose", "after"),
            customer_id=customer.pk if customer else None, recipients=addresses, rendered=rendered,
            on_day=clock.today(company), state="awaiting" if state == "awaiting" else "ready",
            attachments=values.get("attachments", ()), reason=values.get("reason", "Regla General"),
        )  # fmt: skip
    for row, delivery in zip(message.deliveries.order_by("address"), deliveries, strict=True):
        Delivery.objects.filter(pk=row.pk).update(state=delivery, provider_id=values.get("provider_id", ""))
    Message.objects.filter(pk=message.pk).update(state=state)
    message.refresh_from_db()
    return message


# Templates


def test_the_list_says_whose_each_template_is(owner, company):
    page = text(owner.get("recordatorios/plantillas/"))
    assert "Antes de vencer" in page
    assert "De la casa" in page
    assert "Su documento" in page or "documentos próximos" in page  # a subject as it is read, not its source
    assert "{% if" not in page
    only = text(owner.get("recordatorios/plantillas/?channel=sms&tone=firm"))
    assert "(SMS)" in only
    assert "(WhatsApp)" not in only
    assert "Ninguna plantilla así" in text(owner.get("recordatorios/plantillas/?channel=letter&purpose=paid"))


def test_editing_one_of_the_house_makes_it_the_companys_own(owner):
    page = owner.get(HOUSE)
    assert "De la casa." in text(page)
    saved = owner.post(f"{HOUSE}guardar/", form_of(page) | {"subject": "Nos debes {{ total }}"}, follow=True)
    assert "Se guardó" in text(saved)
    own = Template.objects.get()
    assert (own.builtin, own.subject) == ("after.neutral.email.es", "Nos debes {{ total }}")
    assert "De la casa, editada" in text(owner.get("recordatorios/plantillas/"))
    back = owner.post(f"recordatorios/plantillas/{own.pk}/original/", {"version": own.version}, follow=True)
    assert "Volvieron las palabras originales" in text(back)
    own.refresh_from_db()
    assert own.subject != "Nos debes {{ total }}"


def test_an_unknown_name_is_refused_with_its_line_and_a_guess(owner):
    form = form_of(owner.get(HOUSE)) | {"body": "Hola\n\nDebe {{ totall }}"}
    refused = owner.post(f"{HOUSE}guardar/", form)
    assert refused.status_code == 422
    assert "Línea 3" in text(refused)
    assert "{{ total }}" in text(refused)
    assert field(refused, "body").replace("\r", "") == "Hola\n\nDebe {{ totall }}"  # nothing typed is lost
    assert not Template.objects.exists()
    live = text(owner.post("recordatorios/plantillas/vista/", form, HX_Request="true"))
    assert "Línea 3" in live
    assert 'data-line="3"' in live


def test_the_second_of_two_edits_is_told(owner):
    owner.post(f"{HOUSE}guardar/", form_of(owner.get(HOUSE)))
    path = f"recordatorios/plantillas/{Template.objects.get().pk}/"
    first, second = form_of(owner.get(path)), form_of(owner.get(path))
    assert owner.post(f"{path}guardar/", first | {"subject": "Primero"}).status_code == 302
    late = owner.post(f"{path}guardar/", second | {"subject": "Segundo"})
    assert late.status_code == 409
    assert "Alguien guardó cambios" in text(late)
    assert field(late, "subject") == "Segundo"
    assert Template.objects.get().subject == "Primero"
    assert owner.post(f"{path}archivar/", {"version": second["version"]}).status_code == 409


def test_a_template_is_new_copied_archived_and_brought_back(owner):
    words = {"name": "Mía", "purpose": "after", "channel": "sms", "tone": "firm", "language": "es",
             "body": "{{ empresa }}: debe {{ total }}"}  # fmt: skip
    assert owner.post("recordatorios/plantillas/nueva/", words).status_code == 302
    own = Template.objects.get()
    page = text(owner.post("recordatorios/plantillas/duplicar/", {"template": own.pk, "name": "Otra"}, follow=True))
    assert "«Otra» está lista" in page
    again = owner.post("recordatorios/plantillas/duplicar/", {"template": own.pk, "name": "Otra"}, follow=True)
    assert "ya" in text(again).lower()
    house = {"builtin": "after.firm.email.es", "name": "Firme nuestra"}
    owner.post("recordatorios/plantillas/duplicar/", house)
    assert set(Template.objects.values_list("name", flat=True)) == {"Mía", "Otra", "Firme nuestra"}
    owner.post(f"recordatorios/plantillas/{own.pk}/archivar/", {"version": own.version}, follow=True)
    assert "Mía" not in text(owner.get("recordatorios/plantillas/"))
    assert "Mía" in text(owner.get("recordatorios/plantillas/?archived=1"))
    assert "Archivada." in text(owner.get(f"recordatorios/plantillas/{own.pk}/"))
    owner.post(f"recordatorios/plantillas/{own.pk}/recuperar/")
    assert "Mía" in text(owner.get("recordatorios/plantillas/"))


def test_the_preview_is_of_a_real_customer_in_a_frame_that_can_do_nothing(owner, guera):
    page = owner.get(f"{HOUSE}?customer={guera.pk}")
    assert "Abarrotes La Güera" in text(page)
    address = re.search(r'<iframe class="mail-frame" src="([^"]+)" sandbox ', page.content.decode())[1]
    frame = owner.client.get(address, secure=True)
    assert "Lupita Robles" in frame.content.decode()
    assert "$1,000.00" in frame.content.decode()
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    policy = dict(part.strip().partition(" ")[::2] for part in frame["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'unsafe-inline'"
    assert policy["sandbox"] == ""  # no scripts, no forms, no windows, no origin of ours
    assert "script-src" not in policy
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
    other = Visitor(make_user("otra@example.com", guera.company))
    assert other.client.get(address, secure=True).status_code == 404  # a preview is its writer's


def test_a_text_message_is_measured_in_parts(owner):
    words = {"name": "x", "purpose": "after", "channel": "sms", "tone": "firm", "language": "es", "customer": ""}
    short = text(owner.post("recordatorios/plantillas/vista/", words | {"body": "a" * 160}))
    assert "160 caracteres · 1 parte" in short
    longer = text(owner.post("recordatorios/plantillas/vista/", words | {"body": "a" * 161}))
    assert "161 caracteres · 2 partes" in longer


def test_a_proof_goes_to_oneself_and_keeps_what_is_on_the_page(owner, guera):
    form = form_of(owner.get(HOUSE)) | {"subject": "Sin guardar: {{ total }}", "customer": str(guera.pk)}
    page = owner.post(f"{HOUSE}guardar/", form | {"do": "test"})
    assert page.status_code == 200
    assert "va en camino a ana@example.com" in text(page)
    assert field(page, "subject") == "Sin guardar: {{ total }}"
    message = Message.objects.get()
    assert message.subject == "[Prueba] Sin guardar: $1,000.00"
    assert [each.address for each in message.deliveries.all()] == ["ana@example.com"]
    assert message.customer is None
    assert Job.objects.filter(task_path__contains="send_messages").exists()
    assert not Template.objects.exists()


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.AUDITOR])
def test_who_does_not_manage_reminders_reads_templates_only(company, role):
    reader = Visitor(make_user(f"{role}@example.com", company, role))
    page = owner_page = reader.get(HOUSE)
    assert page.status_code == 200
    assert "<fieldset" in owner_page.content.decode()
    assert "disabled" in owner_page.content.decode()
    assert "Guardar" not in text(page)
    for path in (f"{HOUSE}guardar/", "recordatorios/plantillas/nueva/", "recordatorios/plantillas/duplicar/",
                 "recordatorios/plantillas/vista/"):  # fmt: skip
        assert reader.post(path, form_of(page)).status_code == 403, path


# Sent


def test_the_list_has_a_tab_for_what_waits_and_what_went_wrong(owner, company, guera):
    kinds = [
        ("awaiting", ("queued",)), ("ready", ("queued",)), ("done", ("opened",)), ("done", ("bounced",)),
        ("done", ("sent", "unknown")), ("cancelled", ("cancelled",)),
    ]  # fmt: skip
    for state, deliveries in kinds:
        wrote(company, guera, state=state, deliveries=deliveries, subject=f"Asunto {state} {'-'.join(deliveries)}")
    shown = {
        "": 6, "?tab=awaiting": 1, "?tab=ready": 1, "?tab=sent": 2, "?tab=problems": 1, "?tab=unknown": 1,
        "?state=cancelled": 1, "?channel=sms": 0, "?purpose=after": 6, "?q=güera": 6, "?q=opened": 1, "?q=p1@": 1,
        f"?customer={guera.pk}": 6, "?from=2999-01-01": 0, "?tab=nonsense&c=zz&sort=zz": 6, "?q=%00%27": 0,
    }  # fmt: skip
    for query, count in shown.items():
        page = owner.get(SENT + query).content.decode()
        assert len(re.findall(r'title="Asunto [^"]+">Asunto', page)) == count, query
    page = text(owner.get(SENT))
    for word in ("Por aprobar", "Por enviar", "Abierto", "Rebotó", "No se sabe", "No se envió"):
        assert word in page


def test_a_message_shows_exactly_what_it_said_and_what_became_of_it(owner, company, guera):
    row = Receivable.objects.get()
    file = Enclosure("F-1.pdf", "application/pdf", store("F-1.pdf", b"%PDF-1.7 x", "application/pdf").pk)
    message = wrote(company, guera, state="done", deliveries=("opened",), attachments=[file])
    delivery = message.deliveries.get()
    for minutes, kind in enumerate(("sent", "delivered", "opened")):
        at = datetime(2026, 11, 21, 16, minutes, tzinfo=UTC)
        DeliveryEvent.objects.create(company=company, delivery=delivery, kind=kind, at=at, event_key=kind)
    MessageDebt.objects.create(
        company=company,
        message=message,
        receivable=row,
        balance=row.balance + 500_00,
        currency="MXN",
        due_on=row.due_on,
    )
    page = text(owner.get(f"{SENT}{message.pk}/"))
    for words in ("Su saldo vencido", "p0@guera.example", "Lo abrieron", "Entregado", "Salió", "$1,500.00", "$1,000.00",
                  "F-1.pdf", "Regla General", "21 nov 2026, 10:02"):  # fmt: skip
        assert words in page, words
    frame = owner.get(f"{SENT}{message.pk}/contenido/")
    assert frame.content == message.html.encode()
    assert "sandbox" in frame["Content-Security-Policy"]
    paper = owner.get(f"recordatorios/adjuntos/{Attachment.objects.get().pk}/")
    assert b"".join(paper) == b"%PDF-1.7 x"
    assert paper["Content-Disposition"].startswith("attachment")
    assert paper["Content-Type"] == "application/octet-stream"


def test_the_logo_inside_a_message_is_drawn_and_not_listed(owner, company, guera):
    logo = store("logo.png", b"\x89PNG\r\n\x1a\nlogo", "image/png")
    file = Enclosure("logo.png", "image/png", logo.pk, content_id="logo")
    html = '<img src="cid:logo" alt=""><img src="cid:otro">'
    message = wrote(company, guera, html=html, attachments=[file])
    frame = owner.get(f"{SENT}{message.pk}/contenido/").content.decode()
    assert 'src="data:image/png;base64,iVBOR' in frame
    assert "cid:" not in frame
    assert "logo.png" not in text(owner.get(f"{SENT}{message.pk}/"))


def test_an_unknown_is_explained_and_a_person_says_what_happened(owner, company, guera):
    message = wrote(company, guera, state="done", deliveries=("unknown", "unknown"))
    page = text(owner.get(f"{SENT}{message.pk}/"))
    assert "Se perdió la conexión después de entregar el mensaje" in page
    assert "No se repite solo" in page
    first, second = message.deliveries.order_by("address")
    owner.post(f"recordatorios/entregas/{first.pk}/resolver/", {"to": "sent"})
    said = text(owner.post(f"recordatorios/entregas/{second.pk}/resolver/", {"to": "again"}, follow=True))
    assert "Se envía otra vez a p1@guera.example" in said
    assert [each.state for each in message.deliveries.order_by("address")] == ["sent", "queued"]
    assert owner.post(f"recordatorios/entregas/{second.pk}/resolver/", {"to": "sent"}).status_code == 409
    assert owner.post(f"recordatorios/entregas/{first.pk}/resolver/", {"to": "x"}).status_code == 400


def test_what_waits_is_approved_or_rejected_one_or_many(owner, company, guera):
    rows = [wrote(company, guera, state="awaiting", purpose="receipt") for _number in range(4)]
    one = owner.post(f"{SENT}{rows[0].pk}/aprobar/", follow=True)
    assert "1 mensaje aprobado" in text(one)
    assert owner.post(f"{SENT}{rows[0].pk}/aprobar/").status_code == 409
    without = owner.post(f"{SENT}{rows[1].pk}/rechazar/", {"reason": " "}, follow=True)
    assert "Escribe por qué" in text(without)
    owner.post(f"{SENT}{rows[1].pk}/rechazar/", {"reason": "Ya hablé con ella"})
    assert "Ya hablé con ella" in text(owner.get(f"{SENT}{rows[1].pk}/"))
    ids = [str(each.pk) for each in rows] + ["basura"]
    many = text(owner.post(f"{SENT}aprobar/?tab=awaiting", {"id": ids}, follow=True))
    assert "2 mensajes aprobados" in many
    assert [Message.objects.get(pk=each.pk).state for each in rows] == ["ready", "cancelled", "ready", "ready"]
    left = wrote(company, guera, state="awaiting", purpose="receipt")
    gone = owner.post(f"{SENT}rechazar/?tab=awaiting", {"all": "1", "reason": "No hoy"}, follow=True)
    assert "1 mensaje rechazado" in text(gone)
    assert Message.objects.get(pk=left.pk).cancel_reason == "No hoy"


def test_the_sheet_has_a_line_for_each_address_and_no_formula(owner, company, guera):
    wrote(company, guera, state="done", deliveries=("sent", "bounced"), subject="=HYPERLINK(1)")
    answer = owner.get(f"{SENT}exportar/")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as book:
        sheet = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xml"))
    assert b"p0@guera.example" in sheet
    assert b"p1@guera.example" in sheet
    assert "Rebotó".encode() in sheet
    assert b"<f>" not in sheet


def test_a_letter_gets_its_number_and_its_acknowledgement(owner, company, guera):
    message = wrote(company, guera, channel="letter", html="", deliveries=("queued",))
    delivery, today = message.deliveries.get(), clock.today(company).isoformat()
    page = f"recordatorios/entregas/{delivery.pk}/"
    assert owner.get(f"{page}carta.pdf").content.startswith(b"%PDF-")
    wrong = owner.post(f"{page}guia/", {"carrier": "Estafeta", "tracking_number": "", "posted_on": today})
    assert wrong.status_code == 422
    assert "Estafeta" in text(wrong)
    posted = {"carrier": "Estafeta", "tracking_number": "MX123", "posted_on": today}
    assert "La carta está enviada" in text(owner.post(f"{page}guia/", posted, follow=True))
    bad = {"received_on": today, "file": SimpleUploadedFile("acuse.pdf", b"<html>")}
    assert "PDF o una imagen" in text(owner.post(f"{page}acuse/", bad))
    good = {"received_on": today, "file": SimpleUploadedFile("acuse.pdf", b"%PDF-1.7")}
    assert "Se guardó el acuse" in text(owner.post(f"{page}acuse/", good, follow=True))
    assert b"".join(owner.get(f"{page}acuse/archivo/")) == b"%PDF-1.7"
    assert "Entregado" in text(owner.get(f"{SENT}{message.pk}/"))


def test_blocked_addresses_are_said_and_unblocked_by_a_person(owner, company, guera):
    suppress(channel="email", address="p0@guera.example", why="bounce", detail="550 no existe")
    message = wrote(company, guera, state="done", deliveries=("bounced",))
    assert "Ya no se escribe a p0@guera.example" in text(owner.get(f"{SENT}{message.pk}/"))
    assert "550 no existe" in text(owner.get("recordatorios/bloqueadas/?q=guera"))
    row = Suppression.objects.get()
    collector = Visitor(make_user("c@example.com", company, Role.COLLECTOR))
    assert collector.post(f"recordatorios/bloqueadas/{row.pk}/desbloquear/").status_code == 403
    said = owner.post(f"recordatorios/bloqueadas/{row.pk}/desbloquear/", follow=True)
    assert "Se vuelve a escribir a p0@guera.example" in text(said)
    assert "Ninguna dirección bloqueada" in text(owner.get("recordatorios/bloqueadas/"))


# Mailbox


def test_the_mailbox_shows_what_stayed_here_and_nothing_else(owner, company, guera):
    assert "El buzón está vacío" in text(owner.get("recordatorios/buzon/"))
    kept = wrote(company, guera, state="done", deliveries=("sent",), provider_id=f"{PREFIX}x", subject="Se quedó")
    left = wrote(company, guera, state="done", deliveries=("sent",), provider_id="provider", subject="Se fue")
    page = text(owner.get("recordatorios/buzon/"))
    assert "Nada de esto salió de aquí" in page
    assert "Se quedó" in page
    assert "Se fue" not in page
    assert owner.get(f"recordatorios/buzon/{kept.pk}/").status_code == 200
    assert owner.get(f"recordatorios/buzon/{left.pk}/").status_code == 404
    assert "Nada coincide" in text(owner.get("recordatorios/buzon/?q=nadie"))


# Writing


def order(page, **more):
    """What the page of a new message would send."""
    content = page.content.decode()
    checked = re.findall(r'name="(to|receivables)" value="([^"]+)"[^>]* checked', content)
    found = {name: [value for key, value in checked if key == name] for name in ("to", "receivables")}
    names = ("key", "customer", "receivable", "from", "instead", "was", "subject", "body")
    return {name: field(page, name) for name in names} | found | {"channel": "email", "do": "send"} | more


def test_a_person_writes_to_a_customer_from_its_file(owner, guera, ana):
    page = owner.get(f"recordatorios/escribir/?customer={guera.pk}")
    assert "Hola, Lupita Robles:" in field(page, "body")  # a letter to go on writing, not a template
    assert "{{ tabla }}" in field(page, "body")
    editor = page.content.decode().split('id="editor"')[1]
    assert re.search(r'<button[^>]*type="submit"[^>]*', editor)[0].count('value="preview"') == 1  # Enter sends nothing
    data = order(page, extra="jefe@guera.example, jefe@guera.example", copy_me="on", subject="Lo que acordamos")
    done = owner.post("recordatorios/escribir/", data, follow=True)
    assert "va en camino" in text(done)
    message = Message.objects.get()
    assert f'href="/e/norte/{SENT}{message.pk}/"' in done.content.decode()
    assert {(each.address, each.is_copy) for each in message.deliveries.all()} == {
        ("lupita@guera.example", False), ("jefe@guera.example", False), ("ana@example.com", True),
    }  # fmt: skip
    assert (message.subject, message.created_by, message.purpose) == ("Lo que acordamos", ana, "direct")
    assert "$1,000.00" in message.html
    owner.post("recordatorios/escribir/", data)
    assert Message.objects.count() == 1  # sent twice, written once
    assert "Lo que acordamos" in text(owner.get(f"clientes/{guera.pk}/mensajes/"))
    assert "Mensaje directo" in text(owner.get(f"por-cobrar/{Receivable.objects.get().pk}/"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"extra": "no es un correo"}, "no es un correo"),
        ({"to": [], "extra": ""}, "Elige a quién"),
        ({"subject": " "}, "Escribe el asunto"),
        ({"body": "Debe {{ totall }}"}, "totall"),
        ({"body": ""}, "obligatorio"),
        ({"extra": "rebota@guera.example"}, "ya no se le escribe"),
        ({"receivables": [str(uuid4())]}, "ya no se debe"),
        ({"channel": "sms"}, "Falta conectar"),
        ({"to": [str(uuid4())]}, "vuelve a elegir"),
    ],
)
def test_a_mistake_loses_nothing_that_was_written(owner, guera, change, said):
    suppress(channel="email", address="rebota@guera.example", why="bounce")
    page = owner.get(f"recordatorios/escribir/?customer={guera.pk}")
    data = order(page, body="Lo que ya estaba escrito {{ tabla }}") | change
    refused = owner.post("recordatorios/escribir/", data)
    assert refused.status_code == 422
    assert said in text(refused)
    assert field(refused, "body").strip() == data["body"]
    assert field(refused, "key") == data["key"]
    assert not Message.objects.exists()


def test_the_preview_of_a_message_is_what_goes(owner, guera):
    page = owner.get(f"recordatorios/escribir/?receivable={Receivable.objects.get().pk}")
    drawn = owner.post("recordatorios/escribir/vista/", order(page, subject="Vista"), HX_Request="true")
    assert "Lupita Robles <lupita@guera.example>" in text(drawn)
    address = re.search(r'src="([^"]+/vista/[^"]+)"', drawn.content.decode())[1]
    shown = owner.client.get(address, secure=True).content.decode()
    owner.post("recordatorios/escribir/", order(page, subject="Vista"))
    assert shown == Message.objects.get().html


def test_another_template_and_another_channel_bring_their_words(owner, guera):
    page = owner.get(f"recordatorios/escribir/?customer={guera.pk}")
    data = order(page, do="template", template="after.firm.email.es")
    firm = owner.post("recordatorios/escribir/", data)
    assert firm.status_code == 200
    assert "{% if" not in field(firm, "body")
    assert field(firm, "body") != field(page, "body")
    letter = owner.post("recordatorios/escribir/", order(page, do="channel", channel="letter"))
    assert letter.status_code == 200
    assert "Dejar por imprimir" in text(letter)
    assert not Message.objects.exists()


def test_what_waits_is_corrected_by_hand_and_goes_once(owner, company, guera):
    waiting = wrote(company, guera, state="awaiting", text="Hola Lupita\n\nDebes mucho\n\n-- \nPie")
    page = owner.get(f"recordatorios/escribir/?from={waiting.pk}&instead=1")
    assert field(page, "body") == "Hola Lupita\n\nDebes mucho"
    owner.post("recordatorios/escribir/", order(page, body="Hola Lupita, hablamos"))
    assert Message.objects.get(pk=waiting.pk).state == "cancelled"
    assert Message.objects.filter(purpose="direct", state="ready").count() == 1


def test_what_somebody_approved_meanwhile_is_not_sent_twice(owner, company, guera, monkeypatch):
    waiting = wrote(company, guera, state="awaiting", purpose="receipt")
    page = owner.get(f"recordatorios/escribir/?from={waiting.pk}&instead=1")
    reject = writing.reject_messages

    def late(**asked):
        owner.post(f"{SENT}{waiting.pk}/aprobar/")
        Delivery.objects.update(state="sent")
        Message.objects.update(state="done")
        return reject(**asked)

    monkeypatch.setattr(writing, "reject_messages", late)
    told = owner.post("recordatorios/escribir/", order(page, body="Corregido"))
    assert told.status_code == 409
    assert "Alguien decidió antes" in text(told)
    assert field(told, "body") == "Corregido"
    assert not Message.objects.filter(purpose="direct").exists()


def test_many_get_each_their_own(owner, company, guera, ana):
    other = make_customer(company, "Ferretería El Tornillo", "FET010203AB2")
    alone = make_customer(company, "Nadie Que Conteste", "NQC010203AB2")
    Contact.all_companies.create(company=company, customer=other, email="f@tornillo.example", is_primary=True)
    ids = [str(each.pk) for each in (guera, other, alone)]
    page = owner.post("recordatorios/escribir/varios/", {"id": ids, "do": "start"})
    assert "Escribir a 3 clientes" in text(page)
    assert "No tienen a quién escribirle" in text(page)
    assert "{{ contacto }}" in field(page, "body")  # here a template: each has its own
    data = {"customer": ids, "key": field(page, "key"), "channel": "email", "subject": "Hola {{ cliente }}",
            "body": "Debes {{ total }}", "do": "send"}  # fmt: skip
    wrong = owner.post("recordatorios/escribir/varios/", data | {"body": "{{ nada }}"})
    assert wrong.status_code == 422
    assert not Message.objects.exists()
    done = text(owner.post("recordatorios/escribir/varios/", data, follow=True))
    assert "2 mensajes van en camino" in done
    assert "1 cliente no se le pudo escribir" in done
    owner.post("recordatorios/escribir/varios/", data)
    assert sorted(Message.objects.values_list("subject", flat=True)) == [
        "Hola Abarrotes La Güera", "Hola Ferretería El Tornillo",
    ]  # fmt: skip
    from_list = {"id": [str(Receivable.objects.get().pk)], "of": "receivables"}
    assert "Escribir a 1 cliente" in text(owner.post("recordatorios/escribir/varios/?tab=open", from_list))


def test_many_with_files_are_written_in_the_background(owner, guera):
    page = owner.post("recordatorios/escribir/varios/", {"id": [str(guera.pk)], "do": "start"})
    data = {"customer": [str(guera.pk)], "key": field(page, "key"), "channel": "email", "subject": "Hola",
            "body": "Debes {{ total }}", "attach_statement": "on", "do": "send"}  # fmt: skip
    assert "segundo plano" in text(owner.post("recordatorios/escribir/varios/", data, follow=True))
    from aldia.jobs.messages import write_messages

    job = Job.objects.get(task_path__contains="write_messages")
    assert not Message.objects.exists()
    write_messages.call(*job.payload["args"])
    write_messages.call(*job.payload["args"])
    assert Attachment.objects.get(content_id="").name.startswith("estado-de-cuenta")


def test_without_a_customer_the_page_asks_for_one(owner):
    for path in ("recordatorios/escribir/", "recordatorios/escribir/varios/"):
        assert "Elige" in text(owner.client.get(f"/e/norte/{path}", secure=True, follow=True)), path


def test_what_was_not_sent_says_why_in_the_story(owner, company, guera):
    rule = ReminderRule.objects.create(company=company, name="Firme")
    step = ReminderStep.objects.create(company=company, rule=rule, when="after", days=3)
    row, today = Receivable.objects.get(), clock.today(company)
    ReminderCandidate.objects.create(
        company=company, receivable=row, customer=guera, step=step, due_on=today, decided_on=today, state="skipped",
        why="promise",
    )  # fmt: skip
    for path in (f"clientes/{guera.pk}/mensajes/", f"por-cobrar/{row.pk}/"):
        page = text(owner.get(path))
        assert "Recordatorio de vencido · no se envió" in page, path
        assert "prometió pagar" in page, path
    stopped = wrote(company, guera, state="cancelled", deliveries=("cancelled",))
    Message.objects.filter(pk=stopped.pk).update(cancel_reason="paid")
    assert "Ya está pagada." in text(owner.get(f"{SENT}{stopped.pk}/"))


# Who sees what


def test_a_collector_of_own_portfolios_sees_only_its_customers_messages(company, guera, ana):
    ximena = make_user("ximena@example.com", company, Role.COLLECTOR)
    Membership.objects.filter(user=ximena).update(own_portfolio_only=True)
    mine = make_customer(
        company, "Cliente De Ximena", "CDX010203AB2",
        portfolio=Portfolio.all_companies.create(company=company, name="Norte", collector=ximena),
    )  # fmt: skip
    own = wrote(company, mine, state="done", deliveries=("unknown",), subject="Para la mía")
    theirs = wrote(company, guera, state="done", deliveries=("unknown",), subject="Para la ajena", provider_id=PREFIX)
    notice = wrote(company, None, state="done", deliveries=("sent",), subject="Aviso a la empresa", provider_id=PREFIX)
    suppress(channel="email", address="lupita@guera.example", why="bounce")
    visitor = Visitor(ximena)
    page = text(visitor.get(SENT))
    assert "Para la mía" in page
    assert "Para la ajena" not in page
    assert "Aviso a la empresa" not in page.replace('value="notice"', "").split("<tbody>")[1]
    assert visitor.get(f"{SENT}{own.pk}/").status_code == 200
    assert "lupita@guera.example" not in text(visitor.get("recordatorios/bloqueadas/"))
    assert "Para la ajena" not in text(visitor.get("recordatorios/buzon/"))
    row = Receivable.objects.get()
    for path in (f"{SENT}{theirs.pk}/", f"{SENT}{theirs.pk}/contenido/", f"{SENT}{notice.pk}/",
                 f"recordatorios/buzon/{theirs.pk}/", f"clientes/{guera.pk}/mensajes/",
                 f"recordatorios/escribir/?customer={guera.pk}", f"recordatorios/escribir/?from={theirs.pk}",
                 f"recordatorios/escribir/?receivable={row.pk}"):  # fmt: skip
        assert visitor.get(path).status_code == 404, path
    delivery = theirs.deliveries.get()
    assert visitor.post(f"recordatorios/entregas/{delivery.pk}/resolver/", {"to": "sent"}).status_code == 404
    assert visitor.post(f"{SENT}{theirs.pk}/aprobar/").status_code == 404
    visitor.post(f"{SENT}aprobar/", {"id": [str(theirs.pk)]})
    visitor.post("recordatorios/escribir/varios/", {"customer": [str(guera.pk)], "do": "send", "channel": "email",
                                                    "key": str(uuid4()), "subject": "x", "body": "x"})  # fmt: skip
    assert not Message.objects.filter(purpose="direct").exists()
    sheet = b"".join(visitor.get(f"{SENT}exportar/"))
    with zipfile.ZipFile(io.BytesIO(sheet)) as book:
        assert b"Para la ajena" not in b"".join(book.read(name) for name in book.namelist())


def test_an_auditor_reads_and_decides_nothing(company, guera):
    auditor = Visitor(make_user("auditor@example.com", company, Role.AUDITOR))
    message = wrote(company, guera, state="awaiting")
    assert "Tu papel no permite aprobarlo" in text(auditor.get(f"{SENT}{message.pk}/"))
    for path in (f"{SENT}{message.pk}/aprobar/", f"{SENT}{message.pk}/rechazar/", f"{SENT}aprobar/",
                 f"recordatorios/entregas/{message.deliveries.get().pk}/resolver/", "recordatorios/escribir/",
                 "recordatorios/escribir/varios/"):  # fmt: skip
        assert auditor.post(path).status_code == 403, path


def test_an_outsider_finds_nothing(company, guera):
    message = wrote(company, guera)
    other = make_company("Otra", "OTR010203AB1", slug="otra")
    stranger = make_user("fuera@example.com", other)
    for slug in ("norte", "otra"):
        visitor = Visitor(stranger, slug)
        for path in (f"{SENT}{message.pk}/", f"{SENT}{message.pk}/contenido/", f"recordatorios/buzon/{message.pk}/",
                     f"clientes/{guera.pk}/mensajes/", f"recordatorios/escribir/?customer={guera.pk}"):  # fmt: skip
            assert visitor.get(path).status_code == 404, (slug, path)


def test_deciding_leaves_a_trace(owner, company, guera):
    message = wrote(company, guera, state="awaiting", purpose="receipt")
    owner.post(f"{SENT}{message.pk}/rechazar/", {"reason": "No"})
    assert AuditEvent.objects.filter(object_id=str(message.pk)).exists()


def test_text_messages_offer_their_channel_once_it_is_there(owner, company, guera):
    ChannelAccount.objects.create(
        company=company, channel="sms", adapter="mailbox", name="Pruebas", is_default=True, sender_address="+525550000"
    )
    Contact.objects.update(phone="+525511112222")
    page = owner.get(f"recordatorios/escribir/?customer={guera.pk}&channel=sms")
    assert "+525511112222" in text(page)
    done = owner.post("recordatorios/escribir/", order(page, channel="sms", subject="", body="Hola, debes {{ total }}"))
    assert done.status_code == 302
    message = Message.objects.get()
    assert (message.channel, message.text) == ("sms", "Hola, debes $1,000.00")
    assert "1 parte" in text(owner.get(f"{SENT}{message.pk}/"))
