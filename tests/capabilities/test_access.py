"""The way in and out: logins, where they lead, forged forms, limits, headers, switching between companies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from aldia.tenancy import operations
from aldia.tenancy.models import Company, Membership, User
from aldia.tenancy.scope import company_scope
from tests.capabilities.test_route_matrix import BACKEND, OPEN, OTHERS, client_of, routes
from tests.cast import make_company, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "una-clave-larga-1"
LOGIN = "/cuenta/login/"


@pytest.fixture(autouse=True)
def plain_http(settings: Any) -> Iterator[None]:
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def company() -> Company:
    return make_company("Comercial del Norte", slug="norte")


@pytest.fixture
def ana(company: Company) -> User:
    return make_user("ana@example.com", company)


def log_in(client: Client, next_url: str = "", email: str = "ana@example.com", password: str = PASSWORD) -> Any:
    body = {"login": email, "password": password} | ({"next": next_url} if next_url else {})
    return client.post(LOGIN, body)


def test_a_login_leads_to_the_company(ana: User, company: Company) -> None:
    client = Client()
    response = log_in(client)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    response = client.get("/")
    assert response.headers["Location"] == "/e/norte/"


def test_a_new_person_is_led_to_create_a_company() -> None:
    client = Client()
    body = {"name": "Ana Ruiz", "email": "ana@example.com", "password1": PASSWORD}
    response = client.post("/cuenta/signup/", body)
    assert response.status_code == 302
    assert client.get("/").headers["Location"] == reverse("company_new")
    assert User.objects.get().name == "Ana Ruiz"
    body = {
        "legal_name": "Comercial del Norte SA de CV", "country": "MX", "tax_id": "ABC123", "currency": "MXN",
        "time_zone": "America/Mexico_City",
    }  # fmt: skip
    response = client.post(reverse("company_new"), body)
    assert response.headers["Location"] == "/e/comercial-del-norte/"
    page = client.get("/e/comercial-del-norte/configuracion/empresa/")
    assert "Comercial del Norte SA de CV" in page.content.decode()
    assert "alert-warning" in page.content.decode()  # the doubtful RFC warns and does not block


def stays_here(location: str) -> bool:
    """Whether a browser on the login page would stay on this host (it reads a backslash as a slash)."""
    assert not re.search(r"[\r\n\t]", location)
    whole = urljoin("http://testserver/cuenta/login/", location.replace("\\", "/"))
    return urlsplit(whole)[:2] == ("http", "testserver")


def test_leaving_the_site_is_seen() -> None:
    assert stays_here("/e/norte/")
    assert stays_here("%2f%2fevil.example")
    assert not any(map(stays_here, ("//evil.example", "/\\evil.example", "https:evil.example", "data:text/html,x")))


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example/", "///evil.example",
        "%2f%2fevil.example", "https://testserver@evil.example/", "javascript:alert(1)", "/\t/evil.example",
        "/%0d%0aLocation:%20https://evil.example", "http:///evil.example", "\\\\evil.example", "data:text/html,x",
    ],
)  # fmt: skip
def test_a_login_never_leads_off_site(ana: User, target: str) -> None:
    client = Client()
    assert stays_here(log_in(client, target).headers["Location"])
    assert stays_here(client.post(reverse("theme"), {"theme": "dark", "next": target}).headers["Location"])
    assert stays_here(client.post(reverse("language"), {"language": "en", "next": target}).headers["Location"])


def test_a_visitor_comes_back_to_the_page_that_was_asked_for(ana: User) -> None:
    client = Client()
    wanted = "/e/norte/configuracion/empresa/?a=1&b=2"
    location = client.get(wanted).headers["Location"]
    assert location.startswith("/cuenta/login/?next=%2Fe%2Fnorte") or location.startswith(
        "/cuenta/login/?next=/e/norte"
    )
    page = client.get(location).content.decode()
    hidden = re.search(r'name="next" value="([^"]*)"', page)
    assert hidden is not None
    assert log_in(client, hidden[1].replace("&amp;", "&")).headers["Location"] == wanted


def test_the_session_key_changes_at_login(ana: User) -> None:
    client = Client()
    client.get(LOGIN)
    before = client.session.session_key
    log_in(client)
    assert client.session.session_key != before


def test_known_and_unknown_addresses_get_the_same_answer(ana: User) -> None:
    pages = [
        re.sub(r'value="[^"]*"', "", log_in(Client(), email=email, password="wrong-password-1").content.decode())
        for email in ("ana@example.com", "nobody@example.com")
    ]
    assert pages[0] == pages[1]
    answers = [
        Client().post("/cuenta/password/reset/", {"email": email}) for email in ("ana@example.com", "no@example.com")
    ]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (302, reverse("account_reset_password_done"))
    }


class DownBackend:
    """A mail server that does not answer."""

    def __init__(self, **options: Any) -> None: ...

    def send_messages(self, messages: list[Any]) -> int:
        raise ConnectionRefusedError("no mail server")


def test_a_mail_server_that_is_down_breaks_no_page(ana: User, company: Company, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DownBackend"
    body = {"name": "Luis", "email": "luis@example.com", "password1": PASSWORD}
    assert Client().post("/cuenta/signup/", body).status_code == 302
    assert Client().post("/cuenta/password/reset/", {"email": "ana@example.com"}).status_code == 302
    client = client_of(ana)
    client.post("/e/norte/configuracion/personas/invitar/", {"email": "eva@example.com", "role": "finance"})
    page = client.get("/e/norte/configuracion/personas/").content.decode()
    assert "el correo no salió" in page
    assert "/invitacion/" in page  # the link to share by hand


def test_guessing_a_password_is_limited(ana: User) -> None:
    statuses = [log_in(Client(), password=f"wrong-password-{number}").status_code for number in range(12)]
    assert 429 in statuses or "demasiados" in log_in(Client(), password="wrong").content.decode().lower()
    refused = log_in(Client())
    assert refused.status_code != 302, "the right password still enters while the limit holds"


def test_a_forged_address_of_the_client_does_not_lift_the_limit(ana: User) -> None:
    for number in range(12):
        client = Client(headers={"X-Forwarded-For": f"10.0.0.{number}"})
        last = log_in(client, password=f"wrong-password-{number}")
    assert last.status_code == 429 or "demasiados" in last.content.decode().lower()


@pytest.mark.once
def test_every_unsafe_address_wants_the_token_of_the_form(ana: User, company: Company) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana, backend=BACKEND)
    tried = 0
    for route in routes():
        if route.arguments or route.name in OPEN - {"language"}:
            continue
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            response = client.generic(method, f"/e/norte{reverse(route.name)}")
            assert response.status_code in (403, 405), (method, route.name, response.status_code)
            tried += 1
    assert tried > 40


def test_every_answer_is_fenced(ana: User, company: Company) -> None:
    for user in (None, ana):
        for path in ("/", LOGIN, "/e/norte/configuracion/personas/", "/no-existe/", "/e/otra/", "/invitacion/x/"):
            response = client_of(user).get(path)
            policy = response.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy, path
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_carry_no_style_and_no_script_of_their_own(ana: User, company: Company) -> None:
    client = client_of(ana)
    for route in routes():
        if route.arguments or route.module.startswith("django."):
            continue
        page = client.get(f"/e/norte{reverse(route.name)}")
        if page.status_code != 200 or "text/html" not in page.headers.get("Content-Type", ""):
            continue
        text = page.content.decode()
        assert not re.search(r"<[^>]+\sstyle=", text), route.name
        assert not re.search(r"<style\b|\son[a-z]+=|javascript:|\shx-on|hx-vals=.js:", text), route.name
        assert not re.search(r"<script(?![^>]*\b(src=|type=.application/json))", text), route.name


def test_a_person_switches_between_companies(ana: User) -> None:
    second = operations.create_company(owner=ana, legal_name="Papelería Colón", tax_id="PCO010203AB1")
    client = client_of(ana)
    page = client.get("/e/norte/configuracion/personas/").content.decode()
    assert f'href="/e/{second.slug}/"' in page
    client.get(f"/e/{second.slug}/configuracion/personas/")
    assert client.get("/").headers["Location"] == f"/e/{second.slug}/"
    assert client.get("/configuracion/empresa/").headers["Location"] == f"/e/{second.slug}/configuracion/empresa/"


def test_a_suspended_member_is_out_at_once(ana: User, company: Company) -> None:
    luis = make_user("luis@example.com", company)
    client = client_of(luis)
    assert client.get("/e/norte/configuracion/personas/").status_code == 200
    with company_scope(company.pk):
        member = Membership.objects.get(user=luis)
    client_of(ana).post(f"/e/norte/configuracion/personas/{member.pk}/suspender/")
    assert client.get("/e/norte/configuracion/personas/").status_code == 404


def test_a_role_is_told_apart_from_an_absence(company: Company) -> None:
    collector = client_of(make_user("cob@example.com", company, "collector"))
    response = collector.get("/e/norte/configuracion/personas/")
    assert response.status_code == 403
    assert "Tu papel no permite esto" in response.content.decode()
    assert collector.get("/e/norte/no-existe/").status_code == 404


def test_the_sidebar_shows_what_the_role_may_open(ana: User, company: Company) -> None:
    owner = client_of(ana).get("/e/norte/perfil/").content.decode()
    collector = client_of(make_user("cob@example.com", company, "collector")).get("/e/norte/perfil/").content.decode()
    assert "/e/norte/configuracion/personas/" in owner
    assert "/e/norte/configuracion/personas/" not in collector


def test_language_is_spanish_unless_chosen(ana: User) -> None:
    english = Client(headers={"Accept-Language": "en"})
    assert '<html lang="es"' in english.get(LOGIN).content.decode()
    english.post(reverse("language"), {"language": "en"})
    assert '<html lang="en"' in english.get(LOGIN).content.decode()
    client = client_of(ana)
    client.post(reverse("profile"), {"name": "Ana", "language": "en", "theme": "dark"})
    page = client.get("/e/norte/perfil/").content.decode()
    assert '<html lang="en" data-theme="dark" data-bs-theme="dark"' in page


def test_messages_of_a_piece_of_page_travel_in_a_header(ana: User, company: Company) -> None:
    client = client_of(ana)
    client.post("/e/norte/perfil/tema/", {"theme": "pink"})  # leaves a message: that theme does not exist
    response = client.get("/e/norte/perfil/", headers={"HX-Request": "true"})
    assert "Ese tema no existe" in response.headers.get("HX-Trigger", "") + response.content.decode()


def test_an_invitation_ends_in_the_company(ana: User, company: Company, mailoutbox: list[Any]) -> None:
    client_of(ana).post("/e/norte/configuracion/personas/invitar/", {"email": "luis@example.com", "role": "finance"})
    [letter] = mailoutbox
    link = re.search(r"http://testserver(/invitacion/\S+)", letter.body)
    assert link is not None
    luis = Client()
    for _ in range(3):  # a mail scanner opens links: that accepts nothing
        page = luis.get(link[1])
        assert page.status_code == 200
    assert luis.post(link[1]).status_code == 404
    body = {"name": "Luis", "email": "luis@example.com", "password1": PASSWORD, "next": link[1]}
    assert luis.post("/cuenta/signup/", body).headers["Location"] == link[1]
    assert luis.post(link[1]).headers["Location"] == "/e/norte/"
    assert luis.get("/e/norte/perfil/").status_code == 200
    assert luis.get("/e/norte/configuracion/personas/").status_code == 403
    assert luis.get(link[1]).status_code == 410


@pytest.mark.once
def test_our_own_pages_answer_every_method(ana: User, company: Company) -> None:
    client = client_of(ana)
    for route in routes():
        if route.arguments or route.module.startswith(OTHERS):
            continue
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            assert client.generic(method, f"/e/norte{reverse(route.name)}").status_code < 500, (method, route.name)
