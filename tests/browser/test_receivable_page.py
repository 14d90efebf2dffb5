"""What people do with what they are owed: payments in part, undoing, due dates of many, with mouse and keyboard."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import create_company, register, said
from tests.browser.test_main_job import finished, packed
from tests.browser.watching import Watch
from tests.fixtures.cfdi.builder import ISSUER, Item, cfdi

FILES = {
    f"{number}.xml": cfdi(
        f"page-{number}", items=(Item(price=f"{number}000.00"),), Folio=str(number), Fecha="2026-11-02T10:00:00"
    )
    for number in (1, 2, 3)
}  # 1,160.00, 2,320.00 and 3,480.00


@pytest.fixture(scope="module")
def _company() -> dict[str, str]:
    """Cookies and address of the company that these tests share."""
    return {}


@pytest.fixture
def owed(visitor: Callable[..., BrowserContext], _company: dict[str, str]) -> Page:
    """The list of what a company is owed: three invoices of one customer."""
    if not _company:
        page = visitor().new_page()
        register(page, name="Bruno Salas", email=f"bruno-{uuid.uuid4().hex}@cobros.example")
        _company["address"] = create_company(page, name=ISSUER[1], tax_id=ISSUER[0])
        page.locator(".sidebar").get_by_role("link", name="Importar").click()
        page.get_by_label("Prender a los clientes que aparezcan").check()
        archive = {"name": "tres.zip", "mimeType": "application/zip", "buffer": packed(FILES)}
        page.locator("[data-dropzone] input[type=file]").set_input_files(archive)
        finished(page)
        _company["state"] = page.context.storage_state()  # type: ignore[assignment]
    page = visitor(storage_state=_company["state"]).new_page()
    page.goto(f"{_company['address']}/por-cobrar/")
    return page


def test_a_payment_in_part_is_recorded_and_undone(owed: Page) -> None:
    page = owed
    page.get_by_role("link", name="F-2", exact=True).click()
    summary = page.get_by_role("region", name="Resumen")
    expect(summary).to_contain_text("$2,320.00")
    page.get_by_role("button", name="Registrar pago").click()
    dialog = page.locator("#pay")
    dialog.get_by_label("Importe").fill("320.00")
    dialog.get_by_label("Referencia").fill("SPEI 99")
    dialog.get_by_role("button", name="Registrar").click()
    expect(summary.locator(".kpi")).to_have_text("$2,000.00")
    expect(summary).to_contain_text("Parcial")
    page.get_by_role("button", name="Quitar").click()
    expect(summary.locator(".kpi")).to_have_text("$2,320.00")


@pytest.mark.parametrize("amount", ["0", "-5", "1e5", "NaN", "diez", "1" * 40])
def test_an_amount_that_is_none_is_refused_beside_the_form(owed: Page, watched: Watch, amount: str) -> None:
    page = owed
    watched.expected.add(422)
    page.get_by_role("link", name="F-3", exact=True).click()
    page.get_by_role("button", name="Registrar pago").click()
    dialog = page.locator("#pay")
    dialog.get_by_label("Importe").fill(amount)
    dialog.get_by_label("Referencia").fill("lo que ya estaba escrito")
    dialog.get_by_role("button", name="Registrar").click()
    expect(dialog).to_be_visible()
    expect(dialog.locator(".invalid-feedback, .alert-danger").first).to_be_visible()
    expect(dialog.get_by_label("Referencia")).to_have_value("lo que ya estaba escrito")


def test_due_dates_of_many_are_moved_at_once(owed: Page) -> None:
    page = owed
    page.get_by_label("Seleccionar las de esta página").check()
    expect(page.locator("#bulk")).to_contain_text("3 seleccionadas")
    page.get_by_role("button", name="Mover vencimiento").click()
    dialog = page.locator("#due-many")
    dialog.get_by_label("Vencen el").fill("2027-02-15")
    dialog.get_by_label("Motivo").fill("Acuerdo de fin de año")
    dialog.get_by_role("button", name="Mover").click()
    said(page, "3")
    expect(page.locator("#list tbody tr", has_text="15 feb 2027")).to_have_count(3)


def test_a_keyboard_is_enough_to_record_a_payment(owed: Page) -> None:
    page = owed
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Saltar al contenido")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#contenido")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    with page.expect_response(re.compile(r"por-cobrar/\?.*F-1")):
        page.keyboard.type("F-1")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="F-1", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/por-cobrar/[0-9a-f-]{36}/"))
    opener = page.get_by_role("button", name="Registrar pago")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Importe (MXN)").first).to_be_focused()
    walked = ["amount"]
    for _step in range(20):  # a date takes several steps
        if walked[-1] == "Registrar":
            break
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
        if name != walked[-1]:
            walked.append(name)
    assert walked == ["amount", "received_on", "method", "reference", "note", "proof", "Cancelar", "Registrar"]
    page.keyboard.press("Escape")
    expect(page.locator("#pay")).to_be_hidden()
    expect(opener).to_be_focused()


def test_leaving_the_search_asks_for_nothing_again(owed: Page) -> None:
    """A second answer would take the link away that the keyboard has just reached."""
    page = owed
    page.keyboard.press("/")
    with page.expect_response(re.compile(r"por-cobrar/\?.*F-1")):
        page.keyboard.type("F-1")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    link = page.get_by_role("link", name="F-1", exact=True)
    link.focus()
    page.wait_for_timeout(600)  # longer than the search waits for another letter
    expect(link).to_be_focused()
    assert asked == []
