"""A company whose papers and people carry hostile text in every field: it is shown, and does nothing.

The pages are opened in a real browser: a script that ran would show a dialog, one that was refused would say so in
the console, and both are complaints of `watched`.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.crawling import crawl, kind
from tests.browser.people import create_company, register, said
from tests.browser.test_main_job import finished, packed
from tests.fixtures.cfdi.builder import ISSUER, Item, Paid, cfdi, complement, paid, payment, uid

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = '"><script>alert(2)</script>'
FORMULA = '=HYPERLINK("http://malo.example","Ver")'
TURNED = "\u202eoirartnoc la\u202c \u200b\u2066dentro\u2069"
CONTROLS = "uno\tdos\ntres\x85cuatro"
TEMPLATE = "{{ company.pk }}{% url 'people' %}${7*7}"
LONG = "Ñandú" * 60
NAMES = (IMAGE, SCRIPT, FORMULA, TURNED, CONTROLS, TEMPLATE, LONG)
FEWEST = 35  # kinds of pages


def hostile_files() -> dict[str, bytes]:
    """An invoice for each name, a credit note, a payment and a broken file, all of them hostile."""
    files = {"<b onclick=alert(3)>.xml": b"<", f"{FORMULA}.txt": b"no", "x" * 200 + ".xml": b""}
    for number, name in enumerate(NAMES):
        item = Item(description=name, unit=name[:5], key=name[:8])
        files[f"{number}.xml"] = cfdi(
            f"hostile-{number}", items=(item,), receiver=(f"HOS15031{number}AB1", name), Serie=name[:25],
            Folio=name[-40:], CondicionesDePago=name[:1000], FormaPago=name[:2], LugarExpedicion=name[:5],
        )  # fmt: skip
    first = ("HOS150310AB1", IMAGE)
    files["note.xml"] = cfdi(
        "hostile-note", type_code="E", items=(Item(SCRIPT, "10.00"),), receiver=first, Serie=SCRIPT[:25], Folio=FORMULA,
        relations=(("01", (uid("hostile-0"),)),), MetodoPago="PUE",
    )  # fmt: skip
    part = paid(Paid(uid("hostile-1"), "1160.00", "60.00", "1100.00"), Serie=IMAGE[:25], Folio=SCRIPT)
    files["pago.xml"] = complement("hostile-pago", payment("60.00", part, NumOperacion=FORMULA, NomBancoOrdExt=SCRIPT))
    return files


@pytest.fixture
def victim(visitor: Callable[..., BrowserContext]) -> Page:
    """The owner of a company that has imported all that, with a hostile contact and a hostile payment by hand."""
    page = visitor().new_page()
    register(page, name=SCRIPT, email="victima@hostil.example")
    create_company(page, name=IMAGE, tax_id=ISSUER[0])
    page.locator(".sidebar").get_by_role("link", name="Importar").click()
    page.get_by_label("Prender a los clientes que aparezcan").check()
    archive = {"name": f"{IMAGE}.zip", "mimeType": "application/zip", "buffer": packed(hostile_files())}
    page.locator("[data-dropzone] input[type=file]").set_input_files(archive)
    finished(page)
    _contact(page)
    _payment(page)
    return page


def _contact(page: Page) -> None:
    page.locator(".sidebar").get_by_role("link", name="Clientes").click()
    page.locator("td.lead a", has_text="onerror").click()
    page.get_by_role("link", name=re.compile("^Contactos")).first.click()
    page.get_by_role("link", name=re.compile("Agregar|Nuevo")).first.click()
    page.get_by_role("textbox", name="Nombre").fill(SCRIPT)
    page.get_by_role("textbox", name="Correo").fill("a+b@hostil.example")
    page.get_by_role("button", name=re.compile("Guardar|Agregar|Crear")).click()
    expect(page.locator("main")).to_contain_text(SCRIPT)


def _payment(page: Page) -> None:
    page.locator(".sidebar").get_by_role("link", name="Por cobrar").click()
    page.locator("#list tbody tr").first.locator("td.lead a").click()
    page.get_by_role("button", name="Registrar pago").click()
    dialog = page.locator("#pay")
    dialog.get_by_label("Importe").fill("1.00")
    dialog.get_by_label("Referencia").fill(FORMULA)
    dialog.get_by_label("Nota").fill(IMAGE)
    dialog.get_by_role("button", name="Registrar").click()
    said(page, "Pago de $1.00")


def test_hostile_text_does_nothing_anywhere(victim: Page) -> None:
    page, problems, pages = victim, [], 0
    for found in crawl(page.request, "/"):
        where = kind(found.address)
        if found.status != 200:
            problems.append(f"{found.status} {found.address}")
        elif found.is_page:
            pages += 1
            problems += [f"{where}: {each}" for each in _wrong_with(page, found.address)]
        elif "spreadsheet" in found.content_type:
            problems += [f"{where}: formula in {each}" for each in _formulas(found.body)]
        elif "pdf" in found.content_type and not found.body.startswith(b"%PDF-"):
            problems.append(f"{where}: not a PDF")
    assert problems == [], "\n".join(problems)
    assert pages >= FEWEST


def _wrong_with(page: Page, address: str) -> list[str]:
    page.goto(address)
    wrong = []
    if page.locator("img[src='x'], b[onclick], script:not([src])").count():
        wrong.append("text became elements")
    for width in (1360, 390):
        page.set_viewport_size({"width": width, "height": 900})
        if (needs := page.evaluate("document.documentElement.scrollWidth")) > width:
            wrong.append(f"{needs} px wide on a screen of {width}")
    return wrong


def _formulas(workbook: bytes) -> list[str]:
    """Sheets with a cell that a spreadsheet would calculate."""
    with zipfile.ZipFile(BytesIO(workbook)) as parts:
        return [name for name in parts.namelist() if name.endswith(".xml") and b"<f>" in parts.read(name)]
