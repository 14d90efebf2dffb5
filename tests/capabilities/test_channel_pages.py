"""Configuración → Canales, as a person uses it: add, check, try, replace, switch off; and what nobody gets to see."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client

from aldia.messaging.models import ChannelAccount
from aldia.messaging.operations import trying
from aldia.queue.models import Job
from aldia.tenancy.models import AuditEvent, Company, Role, Secret
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.integrations.channels.peers import Mailer, smtp_peer

pytestmark = pytest.mark.django_db
CANARY = "Canario-7Q-clave"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SMTP = {
    "name": "Correo de cobranza",
    "host": "smtp.ejemplo.mx",
    "security": "starttls",
    "port": "587",
    "user": "cobranza@ejemplo.mx",
    "password": CANARY,
    "sender_name": "Tres Ríos",
    "sender_address": "cobranza@ejemplo.mx",
    "reply_to": "ana@ejemplo.mx",
}


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def company() -> Company:
    return make_company(slug="tres-rios")


@pytest.fixture
def client(company: Company) -> Client:
    return signed_in(company, "ana@ejemplo.mx")


def signed_in(company: Company, email: str, role: str = Role.OWNER) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_user(email, company, role), backend=BACKEND)
    return client


BASE = "/e/tres-rios/configuracion/canales/"


def account_of(company: Company) -> ChannelAccount:
    with company_scope(company.pk):
        return ChannelAccount.objects.get()


def test_it_says_aloud_that_nothing_leaves(client: Client) -> None:
    page = client.get(BASE).content.decode()
    assert "Nada sale todavía" in page
    assert "Sin cuenta" in page
    for name in ("Servidor de correo (SMTP)", "Postmark", "Twilio", "WhatsApp Cloud API"):
        assert name in page


def test_add_an_account(client: Client, company: Company) -> None:
    form = client.get(f"{BASE}agregar/email/smtp/").content.decode()
    assert "STARTTLS" in form
    response = client.post(f"{BASE}agregar/email/smtp/", SMTP)
    account = account_of(company)
    assert response.status_code == 302
    assert response.headers["Location"] == f"{BASE}{account.pk}/"
    page = client.get(f"{BASE}{account.pk}/").content.decode()
    assert "smtp.ejemplo.mx" in page
    assert "•••••••• guardada" in page
    assert CANARY not in page
    index = client.get(BASE).content.decode()
    assert "Correo de cobranza" in index
    assert "Nada sale todavía" not in index


def ciphertext_of(company: Company) -> bytes:
    with company_scope(company.pk):
        return bytes(Secret.objects.get().ciphertext)


def test_a_secret_stays_where_a_form_leaves_it_empty(client: Client, company: Company) -> None:
    client.post(f"{BASE}agregar/email/smtp/", SMTP)
    account = account_of(company)
    before = ciphertext_of(company)
    changed = SMTP | {"password": "", "host": "otro.ejemplo.mx", "version": "1"}
    assert client.post(f"{BASE}{account.pk}/", changed).status_code == 302
    account = account_of(company)
    assert account.settings["host"] == "otro.ejemplo.mx"
    assert ciphertext_of(company) == before


def test_who_saves_second_is_told(client: Client, company: Company) -> None:
    client.post(f"{BASE}agregar/email/smtp/", SMTP)
    account = account_of(company)
    assert client.post(f"{BASE}{account.pk}/", SMTP | {"version": "1"}).status_code == 302
    for path in ("", "predeterminada/", "apagar/"):
        assert client.post(f"{BASE}{account.pk}/{path}", SMTP | {"version": "1"}).status_code == 409
    for nonsense in ("", "x", "-1", "9" * 30, "1٢"):
        assert client.post(f"{BASE}{account.pk}/apagar/", {"version": nonsense}).status_code == 409


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host": ""}, "Este campo es obligatorio"),
        ({"host": "a\x00b"}, "Se permiten"),
        ({"port": "22"}, "Escoja una opción"),
        ({"sender_address": "nadie"}, "Ese correo no es válido"),
        ({"sender_address": ""}, "Escribe la dirección"),
        ({"security": "none"}, "debe ir cifrada"),
        ({"password": "ñ" * 8001}, "8000"),
    ],
)
def test_bad_input_is_a_sentence(client: Client, company: Company, changes: dict[str, str], said: str) -> None:
    response = client.post(f"{BASE}agregar/email/smtp/", SMTP | changes)
    assert response.status_code == 200
    page = response.content.decode()
    assert "invalid-feedback" in page
    assert said in page or "\x00" in changes.get("host", "")
    assert CANARY not in page, "not even in the form that comes back"
    with company_scope(company.pk):
        assert not ChannelAccount.objects.exists()


@pytest.mark.parametrize("path", ["fax/smtp", "email/twilio", "sms/smtp", "letter/mailbox", "email/x", "email/letter"])
def test_what_does_not_go_together_is_not_there(client: Client, path: str) -> None:
    assert client.get(f"{BASE}agregar/{path}/").status_code == 404


@pytest.mark.parametrize(
    ("channel", "adapter", "values"),
    [
        ("email", "postmark", {"server_token": CANARY, "sender_address": "a@b.mx"}),
        ("email", "resend", {"api_key": CANARY, "sender_address": "a@b.mx"}),
        ("email", "mailgun", {"sender_domain": "b.mx", "region": "eu", "api_key": CANARY, "sender_address": "a@b.mx"}),
        ("email", "brevo", {"api_key": CANARY, "sender_address": "a@b.mx"}),
        ("email", "sendgrid", {"api_key": CANARY, "sender_address": "a@b.mx"}),
        ("email", "mailjet", {"api_key": "x", "secret_key": CANARY, "sender_address": "a@b.mx"}),
        ("email", "sparkpost", {"region": "us", "api_key": CANARY, "sender_address": "a@b.mx"}),
        ("sms", "twilio", {"account_sid": "AC1", "auth_token": CANARY, "from_number": "+525500000000"}),
        (
            "whatsapp",
            "whatsapp_cloud",
            {"phone_number_id": "1", "access_token": CANARY, "app_secret": CANARY, "verify_token": "x"},
        ),
        ("sms", "mailbox", {}),
    ],
)
def test_every_provider_can_be_added(
    client: Client, company: Company, channel: str, adapter: str, values: dict[str, str]
) -> None:
    assert client.get(f"{BASE}agregar/{channel}/{adapter}/").status_code == 200
    assert client.post(f"{BASE}agregar/{channel}/{adapter}/", values).status_code == 302
    account = account_of(company)
    page = client.get(f"{BASE}{account.pk}/").content.decode()
    assert CANARY not in page
    assert (account.hook_token != "") == ("/ganchos/canales/" in page)
    assert client.get(BASE).status_code == 200


def test_send_oneself_a_test(client: Client, company: Company, settings: Any) -> None:
    settings.ALDIA_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    mailer = Mailer()
    with smtp_peer(mailer) as port:
        client.post(
            f"{BASE}agregar/email/smtp/",
            SMTP | {"host": "127.0.0.1", "security": "none", "user": "", "password": ""},
        )
        account = account_of(company)
        with company_scope(company.pk):
            ChannelAccount.objects.update(settings={**account.settings, "port": str(port)})
        page = client.post(f"{BASE}{account.pk}/comprobar/", follow=True).content.decode()
        assert "acepta las credenciales" in page
        page = client.post(f"{BASE}{account.pk}/prueba/", {"test-to": "ana@ejemplo.mx"}, follow=True).content.decode()
        assert "El proveedor tomó la prueba" in page
        page = client.post(f"{BASE}{account.pk}/prueba/", {"test-to": "a@b.mx, c@d.mx"}, follow=True).content.decode()
        assert "Ese correo no es válido" in page
    page = client.post(f"{BASE}{account.pk}/comprobar/", follow=True).content.decode()
    assert "No se pudo hablar con 127.0.0.1" in page
    assert [recipients for _sender, recipients, _mail in mailer.taken] == [["ana@ejemplo.mx"]]


def test_switch_off_and_on(client: Client, company: Company) -> None:
    client.post(f"{BASE}agregar/email/smtp/", SMTP)
    account = account_of(company)
    assert client.post(f"{BASE}{account.pk}/apagar/", {"version": "1"}).status_code == 302
    assert "Apagada" in client.get(BASE).content.decode()
    assert client.post(f"{BASE}{account.pk}/prender/", {"version": "2"}).status_code == 302
    assert account_of(company).is_default


@pytest.mark.parametrize("role", [Role.FINANCE, Role.COLLECTOR, Role.AUDITOR])
def test_only_who_manages_the_company(client: Client, company: Company, role: str) -> None:
    client.post(f"{BASE}agregar/email/smtp/", SMTP)
    account = account_of(company)
    other = signed_in(company, "otro@ejemplo.mx", role)
    for path in ("", "agregar/email/smtp/", f"{account.pk}/"):
        assert other.get(f"{BASE}{path}").status_code == 403
        assert other.post(f"{BASE}{path}", SMTP).status_code in (403, 405)
    for path in ("comprobar", "prueba", "predeterminada", "apagar", "prender"):
        assert other.post(f"{BASE}{account.pk}/{path}/").status_code == 403


def test_another_company_has_no_such_account(client: Client, company: Company) -> None:
    client.post(f"{BASE}agregar/email/smtp/", SMTP)
    account = account_of(company)
    outsider = signed_in(make_company("Otra", "OTR010203AB1", slug="otra"), "eva@ejemplo.mx")
    theirs = f"/e/otra/configuracion/canales/{account.pk}/"
    assert outsider.get(theirs).status_code == 404
    for path in ("", "comprobar/", "prueba/", "predeterminada/", "apagar/", "prender/"):
        assert outsider.post(f"{theirs}{path}", SMTP | {"version": "1"}).status_code == 404
    assert account_of(company).version == 1


def test_an_adapter_that_is_gone_breaks_no_page(client: Client, company: Company) -> None:
    with company_scope(company.pk):
        account = ChannelAccount.objects.create(
            company=company, channel="email", adapter="paloma", name="<img src=x onerror=alert(1)>", is_default=True
        )
    page = client.get(BASE).content.decode()
    assert "<img src=x" not in page
    assert client.get(f"{BASE}{account.pk}/").status_code == 404
    assert client.post(f"{BASE}{account.pk}/comprobar/").status_code == 302


def test_a_password_is_in_no_log_error_task_or_audit_row(
    client: Client, company: Company, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks while a secret is in hand, it is not repeated (reliability T32)."""

    def breaks(**_asked: Any) -> None:
        from aldia.messaging import accounts

        account = ChannelAccount.objects.select_related("secret").get()
        revealed, adapter = accounts.revealed(account), accounts.build(account)
        raise RuntimeError(f"{revealed} {adapter} {vars(adapter).get('host')}")

    with caplog.at_level(logging.DEBUG):
        client.post(f"{BASE}agregar/email/smtp/", SMTP)
        account = account_of(company)
        monkeypatch.setattr(trying, "check_account", breaks)
        response = client.post(f"{BASE}{account.pk}/comprobar/")
    assert response.status_code == 500
    assert "Traceback" in caplog.text
    assert CANARY not in caplog.text
    assert CANARY not in response.content.decode()
    with company_scope(company.pk):
        assert CANARY not in repr(list(AuditEvent.objects.values())) + repr(list(Job.objects.values()))
