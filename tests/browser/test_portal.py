"""The portal in a real browser: in with a code from the mailbox, filters, papers, paying, telling, and a fresh link."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.house import ROOT, House
from tests.browser.people import by_and_by
from tests.browser.watching import Watch

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PICTURES = os.environ.get("ALDIA_LOOK", "")  # a folder to look at the pages in
SETUP = """
import json, sys, uuid, django; django.setup()
from datetime import UTC, datetime, timedelta
from aldia.payments.models import CollectionAccount, ProviderAccount
from aldia.messaging.models import ChannelAccount
from aldia.tenancy.models import CompanyBrand
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.fixtures.cfdi import builder
from tests.support import portal, till
asked = json.loads(sys.argv[1])
company = make_company("Distribuidora del Norte", builder.ISSUER[0], slug=asked["slug"])
make_user(f"duena@{asked['slug']}.example", company)
rows = portal.imported(company, "uno", "dos")
customer = rows[0].customer
portal.contact(customer, asked["email"])
for number, (total, days, currency) in enumerate(asked["debts"], 1):
    portal.owes(customer, total, days=days, number=f"N-{number}", currency=currency)
portal.options(company, **asked["options"])
with company_scope(company.pk):
    ChannelAccount.objects.create(company=company, channel="email", adapter="mailbox", name="Buzón", is_default=True)
    account = till.test_account(company)
    CollectionAccount.objects.create(
        company=company, customer=customer, account=account, kind="clabe", value="646180157000000004", sequence=1,
        opened_at=datetime.now(UTC), bank="STP", beneficiary=company.legal_name)
    CompanyBrand.objects.create(company=company, accent="#0f766e", phone="81 5555 0100", website=asked["website"])
    now = datetime.now(UTC) - timedelta(days=asked["age"])
    row, token = portal.issue_pass(customer_id=customer.pk, address=asked["email"], now=now)
print(json.dumps({"token": token, "rows": [str(row.pk) for row in rows], "name": customer.legal_name}))
"""
DEBTS = [[250_000, -75, "MXN"], [99_950, -12, "MXN"], [40_000, 4, "MXN"], [70_000, 40, "MXN"], [12_500, -3, "USD"]]


@dataclass
class Office:
    """A company of its own with one customer, and the token that was sent to it."""

    slug: str
    email: str
    token: str
    rows: list[str]
    name: str

    @property
    def address(self) -> str:
        return f"/p/{self.slug}/{self.token}/"

    @property
    def home(self) -> str:
        return f"/p/{self.slug}/"


@pytest.fixture
def office(house: House) -> Callable[..., Office]:
    def make(*, website: str = "", age: int = 0, **options: Any) -> Office:
        slug = f"norte-{time.time_ns():x}"
        email = f"lupita@{slug}.example"
        asked = {
            "slug": slug, "email": email, "website": website, "age": age, "options": options, "debts": DEBTS,
        }  # fmt: skip
        command = [sys.executable, "-c", SETUP, json.dumps(asked)]
        done = subprocess.run(command, env=house.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        found = json.loads(done.stdout.strip().splitlines()[-1])
        return Office(slug, email, found["token"], found["rows"], found["name"])

    return make


@pytest.fixture
def guest(visitor: Callable[..., BrowserContext]) -> Page:
    """Somebody outside, who has never been here."""
    return visitor().new_page()


def comes_in(page: Page, office: Office) -> None:
    page.goto(office.address)
    expect(page).to_have_url(re.compile(rf"/p/{office.slug}/$"))
    expect(page.get_by_text("Estado de cuenta de")).to_be_visible()


class Mailbox:
    """The test mailbox of the company, where its owner reads what would have been sent."""

    def __init__(self, page: Page, slug: str) -> None:
        self.page, self.place = page, f"/e/{slug}/recordatorios/buzon/"

    def newest(self, subject: str) -> Locator:
        """The body of the last mail with such a subject, once a worker has sent it."""
        self.page.goto(self.place)
        mine = self.page.locator(".mail-item", has_text=subject)
        by_and_by(self.page, mine.count)
        mine.first.click()
        return self.page.frame_locator("iframe.mail-frame").locator("body")


@pytest.fixture
def mailbox(login: Callable[..., Page]) -> Callable[[Office], Mailbox]:
    return lambda office: Mailbox(login(f"duena@{office.slug}.example", "una-clave-larga-1"), office.slug)


def looks_right(page: Page, name: str) -> None:
    """Nobody is kept out of the page, by day and by night; nothing is wider than the smallest telephone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = Axe().run(page, options=RULES).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == [], (name, scheme)
        picture(page, f"{name}-{scheme}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
    picture(page, f"{name}-phone")
    page.set_viewport_size({"width": 1360, "height": 900})


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True, caret="initial", animations="allow")


def numbers(page: Page) -> list[str]:
    expect(page.locator(".htmx-request")).to_have_count(0)
    return page.locator("#documentos .lead a").all_inner_texts()


def row_of(page: Page, number: str) -> Locator:
    return page.locator("#documentos tbody tr", has=page.get_by_role("link", name=number, exact=True))


def test_in_with_the_code_from_the_mailbox(
    office: Callable[..., Office], guest: Page, mailbox: Callable[[Office], Mailbox], watched: Watch
) -> None:
    watched.expected.add(422)
    mine = office(asks_code=True)
    guest.goto(mine.address)
    expect(guest).to_have_url(re.compile(r"/codigo/$"))
    expect(guest.locator("main")).to_contain_text("l•••@")
    expect(guest.locator("main")).not_to_contain_text(mine.email)
    looks_right(guest, "codigo-pedir")
    guest.get_by_role("button", name="Enviarme el código").click()
    body = mailbox(mine).newest("Su código")
    expect(body).to_contain_text(re.compile(r"\d{6}"))
    code = re.search(r"\b(\d{6})\b", body.inner_text())
    assert code
    field = guest.get_by_label("Código de 6 números")
    expect(field).to_be_focused()
    looks_right(guest, "codigo")
    field.fill(f"{(int(code[1]) + 1) % 1_000_000:06}")
    guest.get_by_role("button", name="Entrar").click()
    expect(guest.get_by_role("alert")).to_contain_text("Quedan 4 intentos")
    field.fill(f" {code[1][:3]} {code[1][3:]} ")  # as it is pasted
    field.press("Enter")
    expect(guest.get_by_text("Estado de cuenta de")).to_be_visible()
    expect(guest.locator("main")).to_contain_text(mine.name)
    assert mine.token not in guest.url
    guest.goto(f"{mine.home}codigo/")  # who is in is asked for no code
    expect(guest).to_have_url(re.compile(rf"/p/{mine.slug}/$"))
    guest.get_by_role("button", name="Salir").click()
    expect(guest.get_by_role("heading", name="Ya salió")).to_be_visible()


def test_filters_ranges_and_papers(office: Callable[..., Office], guest: Page, tmp_path: Path) -> None:
    mine = office(greeting="Gracias por su preferencia.")
    comes_in(guest, mine)
    for said in ("646180157000000004", "Gracias por su preferencia.", "75 días de atraso", "125.00 USD"):
        expect(guest.locator("main")).to_contain_text(said)
    looks_right(guest, "estado")
    everything = numbers(guest)
    assert {"N-1", "N-2", "N-3", "N-4", "N-5", "F-uno", "F-dos"} == set(everything)
    guest.locator(".age", has_text="61").first.click()
    expect(guest.locator("#documentos .lead a")).to_have_count(1)
    assert numbers(guest) == ["N-1"]
    guest.get_by_role("link", name="Quitar filtros").first.click()
    expect(guest.locator("#documentos .lead a")).to_have_count(len(everything))
    guest.locator(".chip", has_text="Vencidos").click()
    expect(row_of(guest, "N-4")).to_have_count(0)
    guest.locator(".chip", has_text="Todos").click()
    expect(guest.locator(".chip", has_text="Todos")).to_have_attribute("aria-current", "page")
    guest.locator("summary", has_text="Filtrar").click()
    guest.get_by_label("Número").fill("n-")
    guest.get_by_role("button", name="Aplicar").click()
    expect(guest.locator("#documentos .lead a")).to_have_count(5)
    guest.get_by_role("link", name="Total", exact=True).click()
    expect(guest.locator("th[aria-sort=ascending]")).to_contain_text("Total")
    assert numbers(guest)[0] == "N-5"
    for name, ending in (("Excel", "xlsx"), ("PDF", "pdf")):
        with guest.expect_download() as download:
            guest.locator("#documentos").get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(ending)
        assert Path(download.value.path()).stat().st_size > 1_000
    comes_in(guest, mine)
    row_of(guest, "F-uno").get_by_role("checkbox").check()
    row_of(guest, "F-dos").get_by_role("checkbox").check()
    expect(guest.locator("[data-sum]")).to_contain_text("2 elegidos: 2,160.00 MXN")
    with guest.expect_download() as download:
        guest.get_by_role("button", name="Descargar").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert sorted(archive.namelist()) == ["F-dos.pdf", "F-dos.xml", "F-uno.pdf", "F-uno.xml"]
    guest.get_by_role("link", name="F-uno", exact=True).click()
    expect(guest.get_by_role("heading", level=1)).to_contain_text("F-uno")
    looks_right(guest, "documento")
    for name, ending in (("PDF", "F-uno.pdf"), ("XML", ".xml")):
        with guest.expect_download() as download:
            guest.get_by_role("link", name=name, exact=True).first.click()
        assert download.value.suggested_filename.endswith(ending)
    for name, heading in (("Pagos", "Pagos y abonos"), ("Complementos", "Complementos de pago")):
        guest.get_by_role("navigation", name="Secciones").get_by_role("link", name=name, exact=True).click()
        expect(guest.get_by_role("heading", name=heading)).to_be_visible()
        looks_right(guest, name.lower())


def test_paying_what_is_chosen(office: Callable[..., Office], guest: Page) -> None:
    mine = office()
    comes_in(guest, mine)
    row_of(guest, "N-1").get_by_role("checkbox").check()
    row_of(guest, "N-2").get_by_role("checkbox").check()
    expect(guest.locator("[data-sum]")).to_contain_text("3,499.50")
    guest.get_by_role("button", name="Pagar los elegidos").click()
    expect(guest).to_have_url(re.compile(rf"/l/{mine.slug}/$"))
    expect(guest.locator("main")).to_contain_text("$3,499.50")
    comes_in(guest, mine)
    guest.locator("summary", has_text="Pagar otro importe").first.click()
    guest.get_by_label("Importe en MXN").fill("1,000")
    guest.get_by_role("button", name="Continuar").first.click()
    expect(guest).to_have_url(re.compile(rf"/l/{mine.slug}/$"))
    expect(guest.locator("main")).to_contain_text("$1,000.00")


def test_telling_the_company(
    office: Callable[..., Office], guest: Page, mailbox: Callable[[Office], Mailbox], tmp_path: Path
) -> None:
    mine = office()
    comes_in(guest, mine)
    row_of(guest, "N-2").get_by_role("checkbox").check()
    guest.get_by_role("button", name="Ya los pagué").click()
    expect(guest.get_by_label("Cuánto pagó")).to_have_value("999.50")
    looks_right(guest, "ya-pague")
    proof = tmp_path / "comprobante.pdf"
    proof.write_bytes(b"%PDF-1.7\n%de prueba")
    guest.get_by_label("Comprobante").set_input_files(proof)
    guest.get_by_label("Clave de rastreo o folio").fill("MBAN00012")
    guest.get_by_role("button", name="Enviar aviso").click()
    expect(guest.get_by_role("status")).to_contain_text("Recibimos su aviso de pago")
    expect(guest.locator("main")).to_contain_text("En revisión")
    with guest.expect_download() as download:
        guest.get_by_role("link", name="Comprobante").click()
    assert Path(download.value.path()).read_bytes() == proof.read_bytes()
    expect(mailbox(mine).newest("COMERCIAL")).to_contain_text("$999.50")

    guest.goto(mine.home)
    guest.get_by_role("link", name="N-1", exact=True).click()
    guest.locator("summary", has_text="No estoy de acuerdo").click()
    guest.get_by_label("Qué pasa").select_option("quality")
    guest.get_by_label("Cuánto no reconoce").fill("500")
    guest.get_by_label("Cuéntenos").fill("Llegaron rotas tres cajas")
    guest.get_by_role("button", name="Enviar aclaración").click()
    expect(guest.get_by_role("status")).to_contain_text("Recibimos su aclaración")
    expect(guest.locator("main")).to_contain_text("Llegaron rotas tres cajas")
    looks_right(guest, "documento-en-aclaracion")
    guest.get_by_role("link", name="Preguntar").click()
    guest.get_by_label("Su mensaje").fill("¿Me mandan el acuse?")
    looks_right(guest, "pregunta")
    guest.get_by_role("button", name="Enviar").click()
    expect(guest.get_by_role("status")).to_contain_text("Su mensaje ya va en camino")
    looks_right(guest, "mensajes")


def test_a_fresh_link_from_the_mailbox(
    office: Callable[..., Office], guest: Page, mailbox: Callable[[Office], Mailbox], watched: Watch
) -> None:
    watched.expected |= {403, 404, 410}
    mine = office(age=31)
    guest.goto(mine.address)
    expect(guest.get_by_role("heading", level=1)).to_have_text("Esta liga ya no abre")
    assert mine.token not in guest.url
    looks_right(guest, "liga-nueva")
    guest.get_by_role("button", name=re.compile("Enviar una liga nueva a l•••@")).click()
    expect(guest.get_by_role("heading", level=1)).to_have_text("Revise su correo")
    button = mailbox(mine).newest("Su liga al estado de cuenta").locator(f"a[href*='/p/{mine.slug}/']").first
    fresh = button.get_attribute("href") or ""
    assert re.search(rf"/p/{mine.slug}/[\w-]{{43}}/$", fresh)
    assert mine.token not in fresh
    guest.goto(fresh)
    expect(guest.get_by_text("Estado de cuenta de")).to_be_visible()
    guest.context.clear_cookies()
    guest.goto(mine.home)
    guest.get_by_label("Su correo").fill("nadie@nunca.example")
    guest.get_by_role("button", name="Enviar una liga nueva").click()
    expect(guest.get_by_role("heading", level=1)).to_have_text("Revise su correo")
    looks_right(guest, "liga-enviada")


def test_on_a_telephone_and_by_keyboard(office: Callable[..., Office], visitor: Callable[..., BrowserContext]) -> None:
    mine = office()
    page = visitor(viewport={"width": 320, "height": 640}, has_touch=True).new_page()
    comes_in(page, mine)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Saltar al contenido")).to_be_focused()
    page.keyboard.press("Enter")
    box = row_of(page, "N-1").get_by_role("checkbox")
    for _step in range(60):
        page.keyboard.press("Tab")
        if box.evaluate("each => each === document.activeElement"):
            break
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("[data-sum]")).to_contain_text("2,500.00")
    page.keyboard.press("Enter")  # the form's first button pays
    expect(page).to_have_url(re.compile(rf"/l/{mine.slug}/$"))


def test_it_works_without_script(office: Callable[..., Office], visitor: Callable[..., BrowserContext]) -> None:
    mine = office()
    page = visitor(java_script_enabled=False).new_page()
    comes_in(page, mine)
    page.locator(".chip", has_text="Vencidos").click()
    assert "N-4" not in page.locator("#documentos .lead a").all_inner_texts()
    row_of(page, "N-1").get_by_role("checkbox").check()
    page.get_by_role("button", name="Pagar los elegidos").click()
    expect(page).to_have_url(re.compile(rf"/l/{mine.slug}/$"))


@pytest.fixture
def sink() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Another site, which keeps what browsers tell it of where they come from."""
    heard: list[dict[str, str]] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Otro sitio</title><link rel=icon href=data:,><p>Hola")

        def log_message(self, *_words: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", heard
    server.shutdown()


def test_no_token_leaves_by_referer_or_log(
    office: Callable[..., Office], guest: Page, house: House, sink: tuple[str, list[dict[str, str]]]
) -> None:
    address, heard = sink
    mine = office(website=address)
    comes_in(guest, mine)
    asked: list[str] = []
    guest.on("request", lambda request: asked.append(request.headers.get("referer", "")))
    guest.reload()
    guest.locator(".foot").get_by_role("link", name=re.compile("localhost")).click()
    expect(guest.get_by_text("Hola")).to_be_visible()
    assert heard
    assert [each for each in heard if "referer" in each] == []
    assert not any(mine.token in each for each in [*asked, str(heard)])
    assert guest.evaluate("document.referrer") == ""
    log = house.log()
    assert f"/p/{mine.slug}/" in log
    assert mine.token not in log
