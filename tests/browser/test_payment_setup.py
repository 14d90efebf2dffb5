"""From nothing to the first payment in a real browser: the test provider, a CLABE each, a link, and it is paid."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.house import OWNER, ROOT, House
from tests.browser.people import by_and_by

SETUP = """
import json, sys, uuid, django; django.setup()
from datetime import UTC, datetime, timedelta
from aldia.domain.money import Money
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.models import Membership, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
slug, owner = sys.argv[1:]
company = make_company("Refacciones del Valle", slug=slug)
today = datetime.now(UTC).date()
with company_scope(company.pk):
    Membership.objects.create(company=company, user=User.objects.get(email=owner), role=Role.OWNER)
    make_customer(company, "Taller Hermanos Paz", "THP010203AB1")
    customer = make_customer(company, "Abarrotes La Estrella", "ALE010203AB2")
    row = open_charge(customer_id=customer.pk, kind="charge_note", total=Money(116000, "MXN"), issued_on=today,
                      due_on=today + timedelta(days=9), concept="Pedido", key=uuid.uuid4(), actor=None, number="P-1")
    print(json.dumps({"customer": str(customer.pk), "row": str(row.pk)}))
"""


@pytest.fixture
def start(house: House) -> tuple[str, dict[str, str]]:
    """A company of its own, in which nothing is set up: where its pages begin, and whom it collects from."""
    slug = f"valle-{uuid.uuid4().hex[:8]}"
    command = [sys.executable, "-c", SETUP, slug, OWNER]
    done = subprocess.run(command, env=house.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return f"/e/{slug}", json.loads(done.stdout.strip().splitlines()[-1])


def set_up_the_test_provider(page: Page, home: str) -> None:
    page.goto(f"{home}/pagos/en-linea/")
    page.get_by_role("link", name="Agregar un medio de pago").click()
    page.get_by_role("link", name=re.compile("Proveedor de prueba")).click()
    page.get_by_role("textbox", name="Nombre").fill("Banco de juguete")
    page.get_by_role("button", name="Agregar", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Banco de juguete")
    page.get_by_role("button", name="Comprobar las claves").click()
    expect(page.locator("#toasts .alert-success")).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("Efectivo en tienda")).uncheck()
    page.get_by_role("button", name="Guardar medios").click()
    expect(page.get_by_role("checkbox", name=re.compile("Efectivo en tienda"))).not_to_be_checked()


def give_everybody_a_clabe(page: Page, home: str) -> None:
    page.goto(f"{home}/configuracion/medios-de-pago/")
    page.get_by_role("button", name="Usar esta").click()
    expect(page.locator("#emisora").locator("xpath=ancestor::section")).to_contain_text("Se usa")
    page.get_by_role("link", name=re.compile("Cuentas de cobro")).last.click()
    page.get_by_role("button", name="Emitir las que faltan").click()
    page.get_by_role("button", name="Emitir", exact=True).click()
    page.goto(f"{home}/pagos/cuentas-de-cobro/")
    by_and_by(page, page.locator("main", has_text="1–2 de 2").count)
    expect(page.locator(".clabe")).to_have_count(2)
    expect(page.locator(".clabe").first).to_have_text(re.compile(r"^\d{3} \d{3} \d{4} \d{4} \d{3} \d$"))


def make_a_link(page: Page, home: str, row: str) -> str:
    page.goto(f"{home}/por-cobrar/{row}/")
    expect(page.locator("main .clabe")).to_be_visible()
    page.get_by_role("link", name="Cobrar con liga").click()
    page.get_by_label("Nota para el cliente").fill("Gracias por tu compra")
    page.get_by_role("button", name="Crear liga").click()
    expect(page.locator(".hero-amount")).to_have_text("$1,160.00")
    expect(page.get_by_alt_text("Código QR de la liga")).to_be_visible()
    return page.get_by_label("Dirección de la liga").input_value()


def test_from_nothing_to_the_first_payment(
    page: Page, visitor: Callable[..., BrowserContext], start: tuple[str, dict[str, str]]
) -> None:
    home, of = start
    set_up_the_test_provider(page, home)
    give_everybody_a_clabe(page, home)
    address = make_a_link(page, home, of["row"])
    link = page.url

    payer = visitor().new_page()
    payer.goto(address[address.index("/l/") :])
    expect(payer.locator("main")).to_contain_text("Gracias por tu compra")
    payer.locator("label.way", has_text="Tarjeta").click()
    payer.locator("button.pay").click()
    payer.wait_for_url("**/prueba/**")
    payer.get_by_role("button", name=re.compile("^Pagar \\$")).click()
    payer.wait_for_url("**/pago/**")

    page.goto(link)
    by_and_by(page, page.locator("main", has_text="Pagada").count)
    page.locator("main table").last.get_by_role("link").first.click()
    expect(page.locator("main .events")).to_contain_text("Quedó registrado")
    expect(page.locator("main")).to_contain_text("P-1")
    page.goto(f"{home}/por-cobrar/{of['row']}/")
    expect(page.locator("main .summary")).to_contain_text("Pagada")
    page.goto(f"{home}/pagos/en-linea/?state=paid")
    expect(page.locator("main tbody tr")).to_have_count(1)
