"""Reminders, from a rule that sends nothing to the letter in the mailbox: what a bookkeeper does on the first day."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.house import House
from tests.browser.people import create_company, register, said
from tests.browser.test_main_job import finished, packed
from tests.browser.watching import Watch
from tests.fixtures.cfdi.builder import ISSUER, Item, cfdi

DUE_LONG_AGO = {
    f"{number}.xml": cfdi(
        f"reminder-{number}", items=(Item(price=f"{number}000.00"),), Folio=str(number), Fecha="2026-09-02T10:00:00"
    )
    for number in (1, 2)
}  # 1,160.00 and 2,320.00 of one customer
ADDRESS = "pagos@cliente.example"


@pytest.fixture(scope="module")
def _company() -> dict[str, str]:
    """Cookies and address of the company that these tests share."""
    return {}


@pytest.fixture
def office(visitor: Callable[..., BrowserContext], _company: dict[str, str]) -> Page:
    """The rules of a company that is owed two invoices and has reminded nobody yet."""
    if not _company:
        page = visitor().new_page()
        register(page, name="Elena Ríos", email=f"elena-{uuid.uuid4().hex}@recordatorios.example")
        _company["address"] = create_company(page, name=ISSUER[1], tax_id=ISSUER[0])
        page.locator(".sidebar").get_by_role("link", name="Importar").click()
        page.get_by_label("Prender a los clientes que aparezcan").check()
        archive = {"name": "dos.zip", "mimeType": "application/zip", "buffer": packed(DUE_LONG_AGO)}
        page.locator("[data-dropzone] input[type=file]").set_input_files(archive)
        finished(page)
        _company["state"] = page.context.storage_state()  # type: ignore[assignment]
    page = visitor(storage_state=_company["state"]).new_page()
    page.goto(f"{_company['address']}/recordatorios/reglas/")
    return page


def test_the_general_rule_is_looked_at_activated_and_sends_once(office: Page, house: House) -> None:
    page, slug = office, office.url.split("/")[4]
    expect(page.locator("main")).to_contain_text("Todavía no se envía nada.")
    _at_any_hour(page)

    # the preview says who cannot be reached, and leads to where that is mended
    page.locator(".sidebar").get_by_role("link", name="Reglas").click()
    page.get_by_role("link", name="Revisar y activar").click()
    left_out = page.get_by_role("region", name="No se avisaría")
    expect(left_out).to_contain_text("Falta un contacto de cobranza")
    left_out.get_by_role("link", name="Agregar contacto").click()
    page.get_by_role("textbox", name="Nombre").fill("Paula Pagos")
    page.get_by_role("textbox", name="Correo").fill(ADDRESS)
    page.get_by_label("Contacto principal").check()
    page.get_by_role("button", name=re.compile("Guardar|Agregar|Crear")).click()

    # now it says exactly what will leave
    page.locator(".sidebar").get_by_role("link", name="Reglas").click()
    page.get_by_role("link", name="Revisar y activar").click()
    going = page.get_by_role("region", name="Saldría hoy")
    expect(going).to_contain_text(ADDRESS)
    expect(going).to_contain_text("$3,480.00")
    expect(page.get_by_role("region", name="No se avisaría")).to_contain_text("Nadie queda fuera")
    page.get_by_role("button", name="Activar «General»").click()
    said(page, "está activa")

    # the tick sends it, and the next one does not send it again
    for _tick in range(2):
        house.run("reminders", "run", "--company", slug)
    page.locator(".sidebar").get_by_role("link", name="Buzón").click()
    expect(page.locator("main")).to_contain_text(ADDRESS)
    page.locator(".sidebar").get_by_role("link", name="Calendario").click()
    page.locator(".month .is-today a").click()
    went = page.get_by_role("region", name="Se envió el").or_(page.get_by_role("region", name="Saldrá el"))
    expect(went.get_by_role("link", name=re.compile("^Ver el mensaje"))).to_have_count(1)
    went.get_by_role("link", name=re.compile("^Ver el mensaje")).click()
    expect(page.locator("main")).to_contain_text("$3,480.00")


def _at_any_hour(page: Page) -> None:
    """Let messages leave whatever the hour at which this test runs."""
    page.get_by_role("link", name="Ajustes").click()
    page.get_by_label("Desde las").fill("00:00")
    page.get_by_label("Hasta las").fill("23:59")
    page.get_by_label("Todos los días").check()
    page.get_by_role("button", name="Guardar").click()
    said(page, "Se guardaron los ajustes")


def test_a_rule_is_written_while_its_days_are_drawn(office: Page) -> None:
    page = office
    page.get_by_role("link", name="Nueva regla").click()
    page.get_by_label("Nombre").fill("Mayoristas")
    line = page.locator("#rule-line")
    expect(line).to_contain_text("−3")
    page.locator("[name=before-0-days]").fill("10")
    expect(line).to_contain_text("−10")
    page.get_by_label("Avisar el día que vence").uncheck()
    expect(line).not_to_contain_text("el día que vence,")
    expect(line.get_by_text("0", exact=True)).to_have_count(0)
    page.locator("[name=repeat-0-times]").fill("2")
    expect(line).to_contain_text("+15")
    page.get_by_role("button", name="Crear regla").click()
    said(page, "está lista y apagada")
    expect(page.locator("main")).to_contain_text("10 días antes de vencer")
    expect(page.locator("main")).to_contain_text("Después, cada 7 días, 2 veces como mucho")

    # and somebody follows it
    page.get_by_role("link", name="Elegir clientes").first.click()
    page.locator("input.row-check").first.check()
    page.get_by_role("button", name="Asignar «Mayoristas»").click()
    said(page, "1 cliente sigue ahora «Mayoristas»")


def test_a_mistake_in_a_rule_keeps_what_was_written(office: Page, watched: Watch) -> None:
    page = office
    watched.expected.add(422)
    page.get_by_role("link", name="Nueva regla").click()
    page.get_by_label("Nombre").fill("A medias")
    page.locator("[name=after-0-days]").fill("")
    with page.expect_response(lambda response: response.status == 422):
        page.get_by_role("button", name="Crear regla").click()
    expect(page.locator("main")).to_contain_text("Escribe cuántos días.")
    expect(page.get_by_label("Nombre")).to_have_value("A medias")


def test_a_customer_is_left_alone_and_reminded_again(office: Page) -> None:
    page = office
    page.locator(".sidebar").get_by_role("link", name="Clientes").click()
    page.locator("td.lead a").first.click()
    card = page.get_by_role("region", name="Recordatorios")
    card.get_by_role("link", name="Pausar recordatorios").click()
    page.get_by_label("Motivo").fill("Está de mudanza")
    page.get_by_label("Hasta").fill("2027-01-15")
    page.get_by_role("button", name="Pausar").click()
    expect(card).to_contain_text("15 ene 2027")
    expect(card).to_contain_text("Está de mudanza")
    expect(card).to_contain_text("la pidió Elena Ríos")
    card.get_by_role("button", name="Terminar la pausa").click()
    expect(card).not_to_contain_text("Está de mudanza")
