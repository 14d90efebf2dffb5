"""A rent that charges itself, in a real browser: its dates while it is written, what was missed, its price, a pause."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.house import OWNER, ROOT, House
from tests.browser.people import by_and_by, said

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SETUP = """
import sys, django; django.setup()
from aldia.customers.models import Contact
from aldia.domain.folding import fold
from aldia.messaging.models import ChannelAccount
from aldia.tenancy.models import Membership, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
slug, owner = sys.argv[1:]
company = make_company("Inmobiliaria Tres Ríos", "ITR010203AB1", slug=slug)
with company_scope(company.pk):
    Membership.objects.create(company=company, user=User.objects.get(email=owner), role=Role.OWNER)
    customer = make_customer(company, "Abarrotes La Güera", "ALG010203AB2", search=fold("abarrotes la guera"))
    Contact.objects.create(company=company, customer=customer, name="Lupita", email=f"lupita@{slug}.example")
    ChannelAccount.objects.create(company=company, channel="email", adapter="mailbox", name="Buzón", is_default=True)
"""


@pytest.fixture
def home(house: House) -> str:
    """The address of a company with one customer."""
    slug = f"rentas-{uuid.uuid4().hex[:8]}"
    command = [sys.executable, "-c", SETUP, slug, OWNER]
    done = subprocess.run(command, env=house.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return f"{house.url}/e/{slug}"


def accessible(page: Page) -> None:
    """The page has no fault that can be found by a machine, and nothing sticks out of a narrow phone."""
    for width in (1360, 320):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page, options=RULES)
        assert found.response["violations"] == [], found.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (page.url, width)
    page.set_viewport_size({"width": 1360, "height": 900})


def test_a_rent_from_its_first_word_to_its_receivable(login: Callable[..., Page], home: str) -> None:
    page = login()
    page.goto(f"{home}/recurrentes/")
    expect(page.locator("main")).to_contain_text("Nada se emite solo todavía")
    page.get_by_role("link", name="Nueva serie").first.click()
    page.get_by_placeholder("Nombre o RFC").press_sequentially("guera")
    page.locator("#found").get_by_role("link", name=re.compile("Abarrotes La Güera")).click()
    page.get_by_role("link", name=re.compile("^Nota de cobro")).click()

    # its dates are there while it is written
    page.get_by_label("Concepto").fill("Renta de {periodo}")
    page.get_by_label("Importe").fill("12,000")
    page.get_by_label("Nombre de la serie").fill("Renta local 3")
    page.get_by_label("Día del mes").select_option("1")
    page.get_by_label(re.compile("Primera fecha")).fill("2026-08-01")
    panel = page.locator("#panel")
    expect(panel.locator(".coming-dates li")).to_have_count(10)
    expect(panel).to_contain_text("Renta de agosto de 2026")
    expect(panel).to_contain_text("Hay fechas que ya pasaron")
    page.get_by_label("Se repite").select_option("half")
    expect(page.get_by_label("Y el día")).to_be_visible()
    expect(panel).to_contain_text("2 al 31 de agosto de 2026")
    page.get_by_label("Se repite").select_option("week:1")
    expect(page.get_by_role("group", name="Días de la semana")).to_be_visible()
    expect(page.get_by_label("Día del mes")).to_be_hidden()
    page.get_by_label("Se repite").select_option("month:1")
    expect(panel).to_contain_text("$12,000.00")
    accessible(page)
    page.get_by_role("button", name="Guardar la serie").click()
    said(page, "«Renta local 3» está guardada.")

    # what was missed waits for a word, and is issued when it is said
    def came() -> bool:
        page.goto(f"{home}/recurrentes/por-decidir/")
        return page.locator("tbody tr").count() >= 4

    by_and_by(page, came)
    accessible(page)
    rows = page.locator("tbody tr")
    rows.nth(0).get_by_role("checkbox").check()
    page.get_by_role("button", name="Omitir").click()
    said(page, "1 fecha se omitió.")
    rows.nth(0).get_by_role("checkbox").check()
    page.get_by_role("button", name="Emitir").click()
    said(page, "1 fecha se está emitiendo.")
    page.goto(f"{home}/recurrentes/?state=all")
    page.get_by_role("link", name="Renta local 3").click()
    here = page.url

    def issued() -> bool:
        page.goto(here)
        return page.get_by_role("link", name="NC-1").count() == 1

    by_and_by(page, issued)
    expect(page.get_by_role("region", name="Lo que ha emitido")).to_contain_text("Omitida")

    # from some day on it costs more; and it may pause
    page.get_by_label("Desde el").fill("2027-01-01")
    page.get_by_label("Sube (%)").fill("4.66")
    page.get_by_role("button", name="Cambiar el precio").click()
    expect(page.get_by_role("region", name="Precios")).to_contain_text("$12,559.20")
    accessible(page)
    page.get_by_role("button", name="Pausar").click()
    expect(page.get_by_role("region", name="Siguientes fechas")).to_contain_text("En pausa")
    page.get_by_role("button", name="Reanudar").click()
    page.locator("#resume").get_by_role("button", name="Reanudar").click()
    said(page, "sigue desde hoy")
    page.get_by_role("link", name="NC-1").click()
    expect(page.locator("main")).to_contain_text("Renta de septiembre de 2026")

    # the same in the dark
    dark = login(color_scheme="dark")
    for address in (here, f"{here}editar/", f"{home}/recurrentes/", f"{home}/recurrentes/por-decidir/"):
        dark.goto(address)
        accessible(dark)


def test_an_invoice_is_written_by_keyboard(login: Callable[..., Page], home: str) -> None:
    page = login()
    page.goto(f"{home}/recurrentes/nueva/")
    page.get_by_placeholder("Nombre o RFC").fill("guera")
    page.get_by_placeholder("Nombre o RFC").press("Enter")
    page.locator("#found").get_by_role("link").first.click()
    page.get_by_role("combobox", name="Descripción").fill("Póliza de {mes}")
    page.get_by_label("Precio unitario").fill("1000")
    page.get_by_label("Nombre de la serie").fill("Póliza")
    panel = page.locator("#panel")
    expect(panel).to_contain_text("$1,160.00")
    expect(panel).to_contain_text("Aún no se puede timbrar")
    page.get_by_label("Precio unitario").press("Enter")
    expect(page.locator(".doc-line")).to_have_count(2)
    page.locator(".doc-line").nth(1).get_by_role("combobox", name="Descripción").fill("Refacciones")
    page.locator(".doc-line").nth(1).get_by_label("Precio unitario").fill("500")
    expect(panel).to_contain_text("$1,740.00")
    accessible(page)
    page.get_by_role("button", name="Guardar la serie").focus()
    page.keyboard.press("Enter")
    said(page, "«Póliza» está guardada.")
    expect(page.locator("main")).to_contain_text("Se timbra y se envía sola")
