"""What one does about a customer that does not pay: stop its credit, allow one exception, gather the proof, and look at
when the money is to be expected."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.house import House
from tests.browser.people import DEMO, by_and_by, said
from tests.browser.watching import Watch

HOME = DEMO.removesuffix("inicio/")
WHY = "No contesta desde octubre"


def fits(page: Page) -> None:
    """Nothing is wider than a small telephone."""
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url
    page.set_viewport_size({"width": 1360, "height": 900})


def debtors(page: Page) -> list[str]:
    """The addresses of customers that owe what is overdue."""
    page.goto(f"{HOME}clientes/?state=on&debt=overdue")
    return [str(each.get_attribute("href")) for each in page.locator("#list tbody td.lead a").all()]


def one_with_credit(page: Page) -> None:
    """The credit of a customer that nothing stops yet."""
    for place in debtors(page):
        page.goto(f"{place}credito/")
        if page.get_by_role("button", name="Detener crédito").count() and not page.locator("main .alert").count():
            return
    raise AssertionError("everybody is stopped")


def test_credit_stops_an_exception_is_given_and_it_flows_again(page: Page, watched: Watch) -> None:
    watched.expected.add(422)  # what is sent without its reason
    one_with_credit(page)
    expect(page.get_by_role("heading", name="Cuánto te juegas con él")).to_be_visible()
    page.get_by_role("button", name="Detener crédito").click()
    dialog = page.locator("dialog:popover-open")
    dialog.get_by_label("Por qué se detiene").fill(WHY)
    dialog.get_by_role("button", name="Detener").click()
    held = page.get_by_role("alert").filter(has_text="Crédito detenido.")
    expect(held).to_contain_text(WHY)
    fits(page)

    page.get_by_role("link", name="Dar permiso").click()
    page.get_by_role("button", name="Dar permiso").click()  # without saying why
    expect(page.locator(".invalid-feedback").first).to_be_visible()
    page.get_by_label("Por qué se le permite").fill("Un pedido que ya viene en camino")
    page.get_by_label("Hasta por").fill("25,000")
    page.get_by_role("button", name="Dar permiso").click()
    said(page, "ermiso")
    story = page.get_by_role("region", name="Detenciones y permisos")
    for words in ("Un pedido que ya viene en camino", "$25,000.00", WHY):
        expect(story).to_contain_text(words)
    expect(page.locator("main .alert-warning")).to_contain_text("Detenido, con permiso.")

    page.get_by_role("button", name="Liberar crédito").click()
    dialog = page.locator("dialog:popover-open")
    dialog.get_by_label("Por qué se libera").fill("Llegó su pago")
    dialog.get_by_role("button", name="Liberar").click()
    expect(page.get_by_role("button", name="Detener crédito")).to_be_visible()
    expect(page.get_by_text("Detenido, con permiso.")).to_have_count(0)


def test_a_file_of_proof_is_made_downloaded_and_checked(page: Page, house: House, tmp_path: Path) -> None:
    customer = debtors(page)[0].split("/")[4]
    page.goto(f"{HOME}reportes/expedientes/nuevo/?customer={customer}")
    page.get_by_role("button", name="Hacer el expediente").click()
    ready = page.get_by_role("heading", name="Piezas")
    by_and_by(page, ready.count)
    fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Descargar").first.click()
    pdf = tmp_path / download.value.suggested_filename
    download.value.save_as(pdf)
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert "coincide" in house.run("evidence", "verify", str(pdf), "--company", "tres-rios").lower()
    page.get_by_role("button", name="Comprobarlo ahora").click()
    expect(page.get_by_role("heading", name="Todo coincide")).to_be_visible()


def test_from_a_week_that_is_expected_to_its_invoices_and_to_how_well_it_is_foreseen(page: Page) -> None:
    page.goto(f"{HOME}pronostico/")
    week = page.locator("main table.table-cards tbody tr").first
    expected = week.locator("td").nth(1).inner_text()
    week.locator("td.lead a").click()
    page.wait_for_url(re.compile(r"/pronostico/dias/"))
    expect(page.locator("main table tfoot")).to_contain_text(expected)
    page.goto(f"{HOME}pronostico/")
    page.get_by_role("link", name="Por factura").click()
    expect(page.locator("main table tbody tr").first).to_contain_text("$")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Excel")).first.click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.goto(f"{HOME}pronostico/")
    page.get_by_role("link", name="¿Qué tan bien predecimos?").click()
    expect(page.locator("main")).to_contain_text("Llegó")
    fits(page)
