"""The owner asks when there will be money, follows a figure to its documents, and has the answer sent each month."""

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
from tests.browser.watching import Watch

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SETUP = """
import sys, django; django.setup()
import uuid
from datetime import date, timedelta
from aldia.domain.money import Money
from aldia.domain.recurrence import Rule
from aldia.forecasts.operations.running import run_nightly
from aldia.messaging.models import ChannelAccount
from aldia.receivables.operations.charges import open_charge
from aldia.recurring.operations.schedules import Details, save
from aldia.tenancy.models import Membership, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
slug, owner = sys.argv[1:]
today = date(2026, 11, 21)
company = make_company("Distribuidora del Bajío", "DBA010203AB1", slug=slug)
with company_scope(company.pk):
    Membership.objects.create(company=company, user=User.objects.get(email=owner), role=Role.OWNER)
    ChannelAccount.objects.create(company=company, channel="email", adapter="mailbox", name="Buzón", is_default=True)
    for number, name in enumerate(("Abarrotes La Güera", "Ferretería Norte", "Taller Peña")):
        customer = make_customer(company, name, f"ABC{number:06}AB1")
        for month in range(4):
            due = today + timedelta(days=23 * month + 5 * number - 10)
            open_charge(customer_id=customer.pk, kind="charge_note", total=Money(18_500_00 + 7_000_00 * number, "MXN"),
                        issued_on=min(today, due - timedelta(days=30)), due_on=due, concept="Pedido",
                        key=uuid.uuid4(), actor=None, number=f"F-{number}{month}")
    save(details=Details(name="Renta bodega", kind="charge_note", customer_id=customer.pk, rule=Rule(days=(5,)),
                         content={"concept": "Renta de {mes}", "amount": 12_000_00}, currency="MXN", due_days=10,
                         starts_on=today), today=today, actor=None)
    run_nightly(as_of=today, today=today)
"""


@pytest.fixture
def home(house: House) -> str:
    """The address of a company that is owed and was forecast."""
    slug = f"flujo-{uuid.uuid4().hex[:8]}"
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


def test_from_a_figure_to_its_documents_and_into_the_mail(
    login: Callable[..., Page], home: str, watched: Watch
) -> None:
    watched.expected.add(422)
    page = login()
    page.goto(f"{home}/reportes/flujo/")
    main = page.locator("main")
    expect(main).to_contain_text("$306,000.00")
    page.get_by_role("link", name="Quincenas").click()
    expect(page.locator("tbody tr")).to_have_count(9)
    page.get_by_label("Sumar la facturación recurrente").check()
    expect(main).to_contain_text("suma lo esperado y la facturación recurrente")
    accessible(page)
    flow = page.url

    # a figure leads to its documents
    page.locator("tbody tr").nth(1).locator("a").first.click()
    expect(main).to_contain_text("De dónde sale lo esperado")
    expect(page.locator("tbody tr").first).to_contain_text("F-")
    accessible(page)
    page.get_by_role("link", name="Flujo de efectivo").first.click()

    # the same every month, by mail
    page.goto(flow)
    page.get_by_role("link", name="Recibir por correo").click()
    page.get_by_label("Nombre").fill("Flujo para dirección")
    expect(page.get_by_label("Por", exact=True)).to_have_value("fortnight")
    page.get_by_label("Los dos").check()
    page.get_by_label("Cada cuándo").select_option("monthly")
    expect(page.get_by_label("Día de la semana")).to_be_hidden()
    page.get_by_label("Día del mes").select_option("1")
    page.get_by_label("Otros correos").fill("no es correo")
    accessible(page)
    page.get_by_role("button", name="Guardar").click()
    expect(main).to_contain_text("no es un correo")
    page.get_by_label("Otros correos").fill("consejo@bajio.example")
    page.get_by_role("button", name="Guardar").click()
    said(page, "Queda programado: el primero sale el 1 dic 2026.")
    expect(main).to_contain_text("El día 1 de cada mes a las 08:00")
    expect(page.get_by_role("region", name=re.compile("Vista previa")).first).to_contain_text("Esperado")
    accessible(page)
    here = page.url

    # now, once; and a pause that is taken back
    page.get_by_role("button", name="Enviar ahora").click()
    page.locator("#send-now").get_by_role("button", name="Enviar").click()
    said(page, "Va en camino.")
    by_and_by(page, page.locator("main").get_by_text("Enviado", exact=True).count, lambda: page.goto(here))
    expect(page.get_by_role("region", name="Lo que ha salido")).to_contain_text("consejo@bajio.example")
    page.get_by_role("button", name="Pausar").click()
    page.get_by_role("button", name="Deshacer").click()
    said(page, "Reanudado.")

    # the same in the dark
    dark = login(color_scheme="dark")
    for address in (flow, here, f"{here}editar/", f"{home}/reportes/por-correo/"):
        dark.goto(address)
        accessible(dark)
