"""From a figure to its rows: the strip on Inicio, the board, the documents of a step, one document; targets."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import create_company, register
from tests.browser.test_main_job import finished, packed
from tests.browser.test_receivable_page import FILES
from tests.fixtures.cfdi.builder import ISSUER


@pytest.fixture(scope="module")
def _company() -> dict[str, str]:
    """Cookies and address of the company that these tests share."""
    return {}


@pytest.fixture
def home(visitor: Callable[..., BrowserContext], _company: dict[str, str]) -> Page:
    """Inicio of a company that is owed three invoices by one customer."""
    if not _company:
        page = visitor().new_page()
        register(page, name="Rita Paso", email=f"rita-{uuid.uuid4().hex}@pasos.example")
        _company["address"] = create_company(page, name=ISSUER[1], tax_id=ISSUER[0])
        page.locator(".sidebar").get_by_role("link", name="Importar").click()
        page.get_by_label("Prender a los clientes que aparezcan").check()
        archive = {"name": "tres.zip", "mimeType": "application/zip", "buffer": packed(FILES)}
        page.locator("[data-dropzone] input[type=file]").set_input_files(archive)
        finished(page)
        _company["state"] = page.context.storage_state()  # type: ignore[assignment]
    page = visitor(storage_state=_company["state"]).new_page()
    page.goto(f"{_company['address']}/inicio/")
    return page


def test_from_inicio_to_one_document_of_a_step(home: Page) -> None:
    page = home
    strip = page.get_by_role("region", name="Los siete pasos")
    first = strip.get_by_role("link").filter(has_text="Emitida")
    expect(first).to_contain_text("$6,960.00")
    strip.get_by_role("link", name="Ver tablero").click()
    card = page.locator(".step-card").first
    expect(card).to_contain_text("$6,960.00")
    expect(card).to_contain_text("3 documentos")
    card.click()
    expect(page.locator(".step-totals")).to_contain_text("3 documentos · $6,960.00")
    row = page.get_by_role("row").filter(has_text="F-2")
    expect(row).to_contain_text("Nada indica que el cliente la tenga")
    row.get_by_role("link", name="F-2", exact=True).click()
    expect(page.get_by_role("region", name="Resumen")).to_contain_text("$2,320.00")


def test_on_a_phone_and_by_keyboard(home: Page) -> None:
    page = home
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(page.url.replace("/inicio/", "/cobranza/pasos/"))
    expect(page.locator(".step-card")).to_have_count(7)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator(".step-card").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Emitida")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_target_is_set_and_missed_for_now(home: Page) -> None:
    page = home
    page.goto(page.url.replace("/inicio/", "/cobranza/equipo/metas/"))
    page.get_by_label("Todo el equipo").fill("5,000")
    page.get_by_role("button", name="Guardar metas").click()
    goal = page.locator(".goal")
    expect(goal).to_contain_text("0 % de la meta de $5,000.00. Faltan $5,000.00.")
    page.get_by_role("row").filter(has_text="Sin responsable").get_by_role("link", name="$6,960.00").first.click()
    expect(page.get_by_role("row")).to_have_count(4)
