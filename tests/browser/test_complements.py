"""From a payment to its stamped complement in the customer's portal, in a real browser with the simulated PAC."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.house import ROOT, House
from tests.browser.people import by_and_by
from tests.browser.test_every_page import RULES, _settle

pytest.importorskip("satcfdi", reason="the extra mx is not installed")

PASSWORD = "una-clave-larga-1"  # of `tests.cast`
PICTURES = os.environ.get("ALDIA_LOOK", "")  # a folder to look at the pages in
SETUP = """
import json, sys, django; django.setup()
from datetime import UTC, date, datetime
from aldia.messaging.models import ChannelAccount
from aldia.receivables.models import Receivable
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.support import portal
from tests.support.drafting import bring_in, invoice, with_fiscal_profile, with_profile
from tests.support.issuer import ISSUER, plain_line, receiving_customer, with_seal, with_simulated_pac
slug = sys.argv[1]
company = make_company("Distribuidora Tres Ríos", ISSUER.rfc, slug=slug)
make_user(f"ana@{slug}.example", company)
with company_scope(company.pk):
    ChannelAccount.objects.create(company=company, channel="email", adapter="mailbox", name="Buzón", is_default=True)
    with_seal(now=datetime.now(UTC))
    with_simulated_pac()
    with_profile(complements_since=date(2026, 11, 1))
    customer = receiving_customer(company)
    with_fiscal_profile(customer)
    portal.contact(customer, f"pagos@{slug}.example")
    line = plain_line("47131805", "H87", "Limpiador multiusos 20 L", 10_000, 10_000)
    papers = [
        bring_in(invoice(line, series="F", folio=folio, **more), at=datetime(2026, 11, 5, 10))
        for folio, more in (("71", {}), ("72", {"method": "PUE", "form": "03"}))
    ]
    row, token = portal.issue_pass(customer_id=customer.pk, address=f"pagos@{slug}.example", now=datetime.now(UTC))
    print(json.dumps({"token": token, "rows": [str(Receivable.objects.get(key=each.key).pk) for each in papers]}))
"""


@dataclass
class Firm:
    """A company of its own that issues, an invoice of $1,160.00 on credit and a PUE one, and a customer's token."""

    slug: str
    token: str
    rows: list[str]

    @property
    def home(self) -> str:
        return f"/e/{self.slug}"


@pytest.fixture
def firm(house: House) -> Firm:
    slug = f"emite-{time.time_ns():x}"
    command = [sys.executable, "-c", SETUP, slug]
    done = subprocess.run(command, env=house.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return Firm(slug, found["token"], found["rows"])


def test_from_a_payment_to_the_complement_in_the_portal(
    firm: Firm, login: Callable[..., Page], visitor: Callable[..., BrowserContext]
) -> None:
    page = login(f"ana@{firm.slug}.example", PASSWORD)
    page.goto(f"{firm.home}/por-cobrar/{firm.rows[0]}/")
    page.get_by_role("button", name="Registrar pago").click()
    dialog = page.locator("#pay")
    dialog.get_by_label("Importe").fill("580.00")
    dialog.get_by_label("Referencia").fill("2026112140014BMOV0007")
    dialog.get_by_role("button", name="Registrar").click()
    expect(page.locator("main")).to_contain_text("Parcial")

    page.goto(f"{firm.home}/complementos/")
    page.get_by_role("button", name="Revisar pagos ahora").click()
    row = page.locator("tr", has_text="ABARROTES LA GUERA")
    by_and_by(page, row.count, lambda: page.goto(f"{firm.home}/complementos/"))
    expect(row).to_contain_text("F-71")
    expect(row).to_contain_text("5 dic 2026")
    looked_at(page, "lista")

    row.get_by_role("link", name="ABARROTES LA GUERA").click()
    document = page.locator("tr", has_text="F-71")
    for said in ("$1,160.00", "$580.00"):
        expect(document).to_contain_text(said)
    page.get_by_text("Corregir cómo se recibió").click()
    page.get_by_label("Forma de pago").select_option("28")
    page.get_by_role("button", name="Guardar").click()
    expect(page.locator("main")).to_contain_text("28 · Tarjeta de débito")
    looked_at(page, "borrador")
    page.get_by_role("button", name="Timbrar de prueba").click()
    expect(page.get_by_text("De prueba: sin validez fiscal.")).to_be_visible(timeout=60_000)
    expect(page.locator("main")).to_contain_text("Timbrado")
    uuid = page.locator(".mono").first.inner_text().strip()
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", uuid)
    looked_at(page, "timbrado")

    page.goto(f"{firm.home}/complementos/pue/")  # the house stands on the 21st: its month is not over
    expect(page.locator("main")).to_contain_text("Ninguna factura PUE en riesgo")
    looked_at(page, "pue")

    guest = visitor().new_page()
    guest.goto(f"/p/{firm.slug}/{firm.token}/")
    guest.get_by_role("link", name="Complementos").click()
    expect(guest.locator("main")).to_contain_text("P-1")
    with guest.expect_download() as download:
        guest.get_by_role("link", name=re.compile("^XML")).first.click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert uuid in text
    for said in ('ImpSaldoAnt="1160.00"', 'ImpPagado="580.00"', 'ImpSaldoInsoluto="580.00"', 'FormaDePagoP="28"'):
        assert said in text
    assert text.count("<pago20:Pago ") == 1


def looked_at(page: Page, name: str) -> None:
    """Everybody can read it, by day and by night, and nothing is wider than the smallest telephone."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        _settle(page)
        result = Axe().run(page, options=RULES).response
        found += [f"{scheme}: {each['id']} {each['nodes'][0]['target']}" for each in result["violations"]]
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/complementos-{name}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/complementos-{name}-320.png", full_page=True)
    page.set_viewport_size({"width": 1360, "height": 900})
    assert found == []
