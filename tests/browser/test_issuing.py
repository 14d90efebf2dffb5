"""From nothing to a stamped invoice in a real browser: set up, written by keyboard, collected, in the portal."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from tests.browser.house import OWNER, ROOT, House
from tests.browser.people import PATIENCE
from tests.browser.watching import Watch

pytest.importorskip("satcfdi", reason="the extra mx is not installed")
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SETUP = """
import base64, json, sys, django; django.setup()
from datetime import UTC, datetime
from django.conf import settings
from pathlib import Path
from aldia.domain.folding import fold
from aldia.messaging.models import ChannelAccount
from aldia.tenancy.models import Membership, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
from tests.support import portal
from tests.support.drafting import with_fiscal_profile
from tests.support.issuer import ISSUER, PASSWORD, csd, plant_pac
slug, owner = sys.argv[1:]
company = make_company("Distribuidora Tres Ríos, S.A. de C.V.", ISSUER.rfc, slug=slug)
plant_pac(Path(settings.DATA_DIR))
with company_scope(company.pk):
    Membership.objects.create(company=company, user=User.objects.get(email=owner), role=Role.OWNER)
    customer = make_customer(company, "Abarrotes La Güera", "ALG010203AB2", search=fold("abarrotes la guera"))
    with_fiscal_profile(customer)
    portal.contact(customer, f"lupita@{slug}.example")
    ChannelAccount.objects.create(company=company, channel="email", adapter="mailbox", name="Buzón", is_default=True)
    row, token = portal.issue_pass(customer_id=customer.pk, address=f"lupita@{slug}.example", now=datetime.now(UTC))
pair = csd()
print(json.dumps({"token": token, "cer": base64.b64encode(pair.cer).decode(), "password": PASSWORD,
                  "key": base64.b64encode(pair.encrypted_key()).decode()}))
"""


@pytest.fixture
def start(house: House) -> tuple[str, dict[str, str]]:
    """A company of its own in which nothing is set up, and the files of its seal."""
    slug = f"rios-{uuid.uuid4().hex[:8]}"
    command = [sys.executable, "-c", SETUP, slug, OWNER]
    done = subprocess.run(command, env=house.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return slug, json.loads(done.stdout.strip().splitlines()[-1])


def file(name: str, content: str) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": base64.b64decode(content)}


def set_up(page: Page, home: str, of: dict[str, str]) -> None:
    """Data, seal and PAC, from the checklist."""
    page.goto(f"{home}/facturacion/")
    steps = page.locator(".setup-steps")
    expect(steps).to_contain_text("Datos fiscales de tu empresa")
    steps.get_by_role("link", name=re.compile("Configurar Datos fiscales")).click()
    expect(page.get_by_label("Nombre registrado")).to_have_value("DISTRIBUIDORA TRES RÍOS")
    page.get_by_label("Régimen fiscal").select_option("601")
    page.get_by_label(re.compile("Código postal de expedición")).fill("06700")
    page.get_by_label("Facturas y anticipos").fill("F")
    page.get_by_role("button", name="Guardar").click()
    page.locator(".setup-steps").get_by_role("link", name=re.compile("Sello digital")).click()
    page.get_by_label("Certificado (.cer)").set_input_files(file("sello.cer", of["cer"]))
    page.get_by_label("Llave (.key)").set_input_files(file("sello.key", of["key"]))
    page.get_by_label("Contraseña de la llave").fill(of["password"])
    page.get_by_role("button", name="Comprobar y guardar").click()
    expect(page.locator("main")).to_contain_text("En uso")
    page.goto(f"{home}/configuracion/facturacion/pac/simulated/")
    page.get_by_role("button", name="Usar este PAC").click()
    page.get_by_role("button", name="Probar").click()
    expect(page.locator("main")).to_contain_text("Funciona")


def write_by_keyboard(page: Page, home: str) -> None:
    """An invoice of two concepts without touching the mouse."""
    keys = page.keyboard
    page.goto(f"{home}/facturacion/nueva/")
    expect(page.locator("#q")).to_be_focused()
    keys.type("güera", delay=20)
    expect(page.locator("#found a")).to_have_count(1)
    page.locator("#found a").focus()
    keys.press("Enter")
    page.wait_for_url("**customer=**")
    page.locator("textarea[name$=-description]").first.focus()
    keys.type("Limpiador multiusos 20 L")
    keys.press("Enter")  # to the quantity
    keys.type("10")
    keys.press("Enter")
    keys.type("100")
    keys.press("Tab")
    find(page, "no existe", typed="01010101")
    find(page, "Pieza", typed="pieza")
    expect(page.locator("#panel .doc-total")).to_have_text("$1,160.00")
    expect(page).to_have_url(re.compile(r"/facturacion/[0-9a-f-]{36}/editar/$"))  # it has been saved by itself
    price = page.locator("input[name$=-unit_price]").first
    price.focus()
    keys.press("Enter")  # on the last price another concept begins
    expect(page.locator("[data-rows=line] > li")).to_have_count(2)
    keys.type("Flete")
    page.locator("input[name$=-product_key]").nth(1).fill("78101802")
    page.locator("input[name$=-unit_key]").nth(1).fill("E48")
    page.locator("input[name$=-unit_price]").nth(1).fill("500")
    page.locator("summary", has_text="Retenciones").nth(1).press("Enter")
    page.locator("select[name$=-iva_withheld]").nth(1).select_option("40000")
    expect(page.locator("#panel .doc-total")).to_have_text("$1,720.00")
    expect(page.locator("#panel .doc-sums")).to_contain_text("Retención de IVA 4 %")


def find(page: Page, name: str, *, typed: str) -> None:
    """Search a code of SAT in the field with the focus and take what is offered first."""
    page.keyboard.type(typed, delay=20)
    expect(page.locator(".combo-list:not([hidden]) li").first).to_contain_text(re.compile(name, re.IGNORECASE))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".combo-list:not([hidden])")).to_have_count(0)


def test_from_nothing_to_a_stamped_invoice_in_the_portal(
    page: Page, visitor: Callable[..., BrowserContext], start: tuple[str, dict[str, str]]
) -> None:
    slug, of = start
    home = f"/e/{slug}"
    set_up(page, home, of)
    write_by_keyboard(page, home)
    page.locator("input[name$=-unit_price]").nth(1).focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/facturacion/[0-9a-f-]{36}/$"))
    expect(page.locator("main")).to_contain_text("Se timbró", timeout=PATIENCE * 1000)  # the page asks by itself
    expect(page.get_by_role("heading", level=1)).to_have_text("Factura F-1")
    expect(page.locator("main")).to_contain_text("sin validez fiscal")
    page.get_by_role("link", name="Ver en Por cobrar").click()
    expect(page.locator("main .summary")).to_contain_text("$1,720.00")

    guest = visitor().new_page()
    guest.goto(f"/p/{slug}/{of['token']}/")
    expect(guest.locator("main")).to_contain_text("F-1")
    expect(guest.locator("main")).to_contain_text("$1,720.00")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_and_fits_a_phone(
    login: Callable[..., Page], start: tuple[str, dict[str, str]], scheme: Any, watched: Watch
) -> None:
    slug, of = start
    page = login(color_scheme=scheme)
    set_up(page, f"/e/{slug}", of)
    write_by_keyboard(page, f"/e/{slug}")
    draft = page.url.removesuffix("editar/")
    places = ["", "nueva/", "conceptos/", "conceptos/nuevo/"]
    pages = [draft, f"{draft}editar/", *(f"/e/{slug}/facturacion/{each}" for each in places)]
    pages += [f"/e/{slug}/configuracion/facturacion/{each}" for each in ("", "empresa/", "sello/", "pac/")]
    for place in pages:
        page.set_viewport_size({"width": 1360, "height": 900})
        page.goto(place)
        page.eval_on_selector_all("main details", "all => all.forEach((each) => { each.open = true; })")
        found = [each["id"] for each in Axe().run(page, options=RULES).response["violations"]]
        assert found == [], place
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, place
