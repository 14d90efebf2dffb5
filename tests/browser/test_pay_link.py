"""A payment link in a real browser: opened, paid at the test provider, thanked for by mail, and booked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.house import ROOT, House
from tests.browser.people import by_and_by
from tests.browser.test_every_page import RULES
from tests.browser.watching import Watch

START = "/e/tres-rios"
SETUP = """
import json, sys, django; django.setup()
from aldia.customers.models import Contact
from aldia.payments.models import ProviderAccount
from aldia.tenancy.models import Company, CompanyBrand
from aldia.tenancy.scope import company_scope, transaction
from tests.cast import make_customer
from tests.support import till
asked = json.loads(sys.argv[1])
company = Company.objects.get(slug="tres-rios")
with company_scope(company.pk):
    account = ProviderAccount.objects.filter(provider="sandbox", disabled_at=None).first() or till.test_account(company)
    customer = make_customer(company, asked["name"], asked["tax_id"])
    Contact.objects.create(company=company, customer=customer, name="Pagos", email=asked["email"], is_primary=True)
    rows = [till.owes(customer, each, number=f"{asked['mark']}-{n}") for n, each in enumerate(asked["debts"], 1)]
    if asked["website"]:
        with transaction():
            CompanyBrand.objects.update_or_create(company=company, defaults={"website": asked["website"]})
    link = till.link_for(*rows, note=asked["note"])
    print(json.dumps({"token": link.token, "rows": [str(row.pk) for row in rows], "customer": str(customer.pk)}))
"""


@dataclass
class Till:
    """A customer of its own that owes something, and the link that asks for it."""

    name: str
    email: str
    mark: str
    token: str
    rows: list[str]

    @property
    def address(self) -> str:
        return f"/l/tres-rios/{self.token}/"


@pytest.fixture
def till(house: House) -> Callable[..., Till]:
    def make(*debts: int, note: str = "", website: str = "") -> Till:
        mark = uuid.uuid4().hex[:6].upper()
        name, email = f"Tienda {mark}", f"pagos-{mark.lower()}@cliente.example"
        tax_id = f"XAX{int(mark[:5], 16) % 1_000_000:06}A{mark[-2:]}"
        asked = {"name": name, "email": email, "mark": mark, "tax_id": tax_id, "debts": debts, "note": note}
        found = _inside(house, asked | {"website": website})
        return Till(name, email, mark, found["token"], found["rows"])

    return make


def _inside(house: House, asked: dict[str, Any]) -> dict[str, Any]:
    """Run the set-up in the house's own environment; what it printed."""
    command = [sys.executable, "-c", SETUP, json.dumps(asked)]
    done = subprocess.run(command, env=house.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


@pytest.fixture
def payer(visitor: Callable[..., BrowserContext]) -> Page:
    """Somebody outside, who has never logged in here."""
    return visitor().new_page()


def open_link(page: Page, till: Till) -> None:
    page.goto(till.address)
    expect(page).to_have_url(re.compile(r"/l/tres-rios/$"))


def to_bank(page: Page, way: str = "Tarjeta") -> None:
    """From the link to the test provider."""
    page.locator("label.way", has_text=way).click()
    page.locator("button.pay").click()
    page.wait_for_url("**/prueba/tres-rios/**")
    expect(page.locator(".banner")).to_contain_text("no se cobra a nadie")


def outcome(page: Page, name: str) -> None:
    expect(page.locator("#estado")).to_have_attribute("data-outcome", name)


def pays(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Pagar \\$")).click()
    page.wait_for_url("**/l/tres-rios/pago/**")
    outcome(page, "paid")


def fits(page: Page) -> None:
    """Nothing is wider than the smallest telephone."""
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    page.set_viewport_size({"width": 1360, "height": 900})


def test_from_the_link_to_the_receipt_in_the_mailbox(till: Callable[..., Till], payer: Page, page: Page) -> None:
    asked = till(116_000, note="Pedido de octubre")
    open_link(payer, asked)
    for said in (asked.name, "$1,160.00", "Pedido de octubre", "Total por pagar"):
        expect(payer.locator("main")).to_contain_text(said)
    fits(payer)
    to_bank(payer)
    fits(payer)
    pays(payer)
    expect(payer.locator("main")).to_contain_text("$1,160.00")
    fits(payer)
    with payer.expect_download() as download:
        payer.get_by_role("link", name="Descargar recibo").click()
    assert re.fullmatch(r"recibo-.*\.pdf", download.value.suggested_filename)
    payer.get_by_role("link", name="Volver a la liga").click()
    expect(payer.get_by_role("heading", level=1)).to_have_text("Esta liga ya está pagada")

    page.goto(f"{START}/por-cobrar/{asked.rows[0]}/")
    expect(page.locator("main")).to_contain_text("Pagada")
    page.goto(f"{START}/recordatorios/buzon/")
    mine = page.locator(".mail-item", has_text=asked.name).filter(has_text="Recibo de su pago")
    by_and_by(page, mine.count)
    mine.first.click()
    drawn = page.frame_locator("iframe.mail-frame").locator("body")
    expect(drawn).to_contain_text("$1,160.00")
    expect(page.locator(".papers a").first).to_contain_text(re.compile(r"recibo.*\.pdf"))


def test_some_documents_then_the_rest(till: Callable[..., Till], payer: Page) -> None:
    asked = till(100_000, 200_000, 300_000)
    open_link(payer, asked)
    payer.locator("label.pick", has_text="Elegir documentos").click()
    payer.locator("label.doc", has_text=f"{asked.mark}-2").click()
    expect(payer.locator("button.pay")).to_have_text(re.compile(r"Pagar\s+\$2,000\.00"))
    to_bank(payer)
    pays(payer)
    payer.get_by_role("link", name="Volver a la liga").click()
    expect(payer.locator(".hero")).to_contain_text("$4,000.00")
    expect(payer.locator("main")).to_contain_text("Ya pagado con esta liga")
    payer.locator("label.pick", has_text="Otro importe").click()
    payer.get_by_label("Importe", exact=True).fill("1,500.50")
    expect(payer.locator("button.pay")).to_have_text(re.compile(r"Pagar\s+\$1,500\.50"))
    to_bank(payer)
    pays(payer)
    payer.get_by_role("link", name="Volver a la liga").click()
    expect(payer.locator(".hero")).to_contain_text("$2,499.50")


def test_too_much_is_in_favour_and_a_refund_brings_the_debt_back(till: Callable[..., Till], payer: Page) -> None:
    asked = till(100_000)
    open_link(payer, asked)
    to_bank(payer)
    bank = payer.url
    payer.get_by_label("Pagar otro importe").fill("1,250.00")
    payer.get_by_role("button", name="Pagar", exact=True).click()
    payer.wait_for_url("**/l/tres-rios/pago/**")
    outcome(payer, "paid")
    expect(payer.locator("main")).to_contain_text(re.compile(r"\$250\.00\s+a su favor"))
    back = payer.url
    payer.goto(bank)
    payer.get_by_role("button", name="Devolver").click()
    expect(payer.locator("[data-state]")).to_have_attribute("data-state", "refunded")
    fits(payer)
    payer.goto(back)
    outcome(payer, "refunded")
    payer.get_by_role("link", name="Volver a la liga").click()
    expect(payer.locator(".hero")).to_contain_text("$1,000.00")


def test_what_failed_is_tried_again_by_keyboard_alone(till: Callable[..., Till], payer: Page) -> None:
    """No mouse: the skip link, the choice of an amount, the way to pay, and both pages of the bank."""
    asked = till(100_000, 50_000)
    open_link(payer, asked)
    keys = payer.keyboard
    keys.press("Tab")
    expect(payer.locator(".skip-link")).to_be_focused()
    keys.press("Enter")
    expect(payer.locator("#contenido")).to_be_focused()
    _tab_to(payer, 'input[name="mode"]')
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(payer.locator('input[value="amount"]')).to_be_checked()
    _tab_to(payer, "#importe")
    keys.type("700")
    expect(payer.locator("button.pay")).to_have_text(re.compile(r"Pagar\s+\$700\.00"))
    _tab_to(payer, 'input[name="way"]')
    keys.press("ArrowDown")
    expect(payer.locator("label.way", has_text="Tarjeta").locator("input")).to_be_checked()
    payer.wait_for_timeout(400)  # the ways are drawn anew for what was chosen
    _tab_to(payer, "button.pay")
    keys.press("Enter")
    payer.wait_for_url("**/prueba/tres-rios/**")
    _tab_to(payer, 'button[value="fail"]')
    keys.press("Enter")
    payer.wait_for_url("**/l/tres-rios/pago/**")
    outcome(payer, "failed")
    _tab_to(payer, "a.btn.main")
    keys.press("Enter")
    expect(payer.locator(".hero")).to_contain_text("$1,500.00")
    to_bank(payer)
    pays(payer)


def _tab_to(page: Page, selector: str) -> None:
    for _turn in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_who_waits_is_told_without_doing_anything(till: Callable[..., Till], payer: Page) -> None:
    asked = till(100_000)
    open_link(payer, asked)
    to_bank(payer)
    bank = payer.url
    payer.go_back()
    payer.get_by_role("link", name="$1,000.00").click()  # the payment that began
    outcome(payer, "waiting")
    other = payer.context.new_page()
    other.goto(bank)
    other.get_by_role("button", name="Pagar y callar").click()  # the notice is lost
    outcome(payer, "paid")


def test_without_script_it_works_all_the_same(
    till: Callable[..., Till], visitor: Callable[..., BrowserContext]
) -> None:
    asked = till(100_000)
    page = visitor(java_script_enabled=False).new_page()
    open_link(page, asked)
    page.locator('input[value="amount"]').check()
    page.locator("#importe").fill("50")
    page.get_by_role("button", name="Ver formas de pago para ese importe").click()
    expect(page.locator("button.pay")).to_have_text(re.compile(r"Pagar\s+\$50\.00"))
    to_bank(page)
    pays(page)


@pytest.fixture
def sink() -> Iterator[tuple[str, list[str]]]:
    """Somebody else's site: it writes down all that browsers tell it."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(f"{self.path}\n{self.headers}")
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><link rel=icon href=data:,><p>Hola</p>")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}/", heard
    server.shutdown()


def test_a_link_to_elsewhere_carries_no_token(
    till: Callable[..., Till], payer: Page, house: House, sink: tuple[str, list[str]]
) -> None:
    address, heard = sink
    asked = till(100_000, website=address)
    open_link(payer, asked)
    till(100, website="https://tresrios.example")  # for whoever comes after us
    payer.locator("footer").get_by_role("link", name=re.compile("localhost")).click()
    expect(payer.locator("p")).to_have_text("Hola")
    assert heard
    assert "referer" not in heard[0].lower()
    assert not any(asked.token in each for each in heard)
    cookies = payer.context.cookies()
    assert [each["name"] for each in cookies] == ["aldia_liga"]
    assert (cookies[0]["httpOnly"], cookies[0]["sameSite"], cookies[0]["path"]) == (True, "Lax", "/l/tres-rios/")
    assert asked.token not in house.log()
    assert "/l/tres-rios/[oculto]/" in house.log()


def test_everybody_can_read_the_pages(till: Callable[..., Till], payer: Page, watched: Watch) -> None:
    """Axe finds nothing, by day and by night, at every step."""
    asked = till(100_000, 50_000)
    open_link(payer, asked)
    found = _problems(payer)
    payer.locator("label.pick", has_text="Otro importe").click()
    payer.get_by_label("Importe", exact=True).fill("700")
    expect(payer.locator("button.pay")).to_have_text(re.compile(r"Pagar\s+\$700\.00"))
    found += _problems(payer)
    to_bank(payer)
    found += _problems(payer)
    pays(payer)
    found += _problems(payer)
    watched.expected.add(404)
    payer.goto("/l/tres-rios/no-hay-tal-liga/")
    assert [*found, *_problems(payer)] == []


def _problems(page: Page) -> list[str]:
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_timeout(200)
        result: dict[str, Any] = Axe().run(page, options=RULES).response
        found += [f"{page.url} {scheme}: {each['id']} {each['nodes'][0]['target']}" for each in result["violations"]]
    page.emulate_media(color_scheme="light")
    return found
