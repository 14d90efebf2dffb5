"""Matching by hand on the demo's bank, by keyboard alone: search, add, type, see what is left, apply, undo."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import DEMO, said


@pytest.fixture
def desk(page: Page) -> Page:
    """The page of matching by hand of a deposit of the demo that waits."""
    page.goto(DEMO)
    base = "/".join(page.url.split("/")[:5])
    page.goto(f"{base}/conciliacion/movimientos/?state=waiting&way=in&sort=-amount")
    decided = page.locator("#list tbody tr", has=page.locator("a[href*='/guiada/']"))  # no doubt hangs over it
    decided.locator("td.lead a").first.click()
    page.get_by_role("link", name="Conciliar a mano").click()
    expect(page.get_by_role("heading", name="Conciliar a mano")).to_be_visible()
    return page


def figure(page: Page, name: str) -> int:
    """An amount of the bar below, in cents."""
    return int(re.sub(r"[^0-9]", "", page.locator(f"[data-{name}]").inner_text()))


def a_document(page: Page) -> str:
    """The folio of something that somebody owes."""
    page.locator("[data-desk-search]").fill("")
    base = "/".join(page.url.split("/")[:5])
    other = page.context.new_page()
    other.goto(f"{base}/por-cobrar/")
    number = other.locator("#list tbody td.lead a").first.inner_text()
    other.close()
    return number


def searched(page: Page, text: str) -> None:
    """Look for a folio, until the answer is on the page."""
    page.locator("[data-desk-search]").fill(text)
    expect(page.locator("[data-add]").first).to_contain_text(text)


def test_a_keyboard_is_enough_to_match_and_undo(desk: Page) -> None:
    page, number = desk, a_document(desk)
    arrived = figure(page, "total")
    searched(page, number)
    row = page.locator("[data-add]", has_text=number).first
    expect(row).to_be_visible()
    page.locator("[data-desk-search]").press("Enter")
    line = page.locator("[data-picked] [data-line]")
    expect(line).to_have_count(1)
    expect(row).to_have_class(re.compile("is-picked"))
    paid = line.locator("[data-pay]")
    given = figure(page, "given")
    assert 0 < given <= arrived
    assert figure(page, "left-amount") == arrived - given
    paid.fill("1.50")
    assert (figure(page, "given"), figure(page, "left-amount")) == (150, arrived - 150)
    expect(page.get_by_role("button", name="Conciliar una parte")).to_be_visible()
    paid.press("Control+Enter")
    said(page, "Conciliado en parte")
    expect(page.get_by_text("Parcial", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Deshacer").click()
    dialog = page.locator("dialog:popover-open")
    expect(dialog).to_contain_text("vuelve a deber $1.50")
    dialog.get_by_label("Por qué").fill("Era una prueba")
    dialog.get_by_role("button", name="Deshacer").click()
    said(page, "los libros dicen otra vez lo que decían antes")
    expect(page.get_by_text("Era una prueba").first).to_be_visible()


def test_what_is_wrong_shows_while_one_types(desk: Page, watched: Any) -> None:
    watched.expected.add(422)
    page, number = desk, a_document(desk)
    searched(page, number)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    line = page.locator("[data-picked] [data-line]")
    expect(line).to_contain_text(number)
    line.locator("[data-pay]").fill("999999999999.00")
    expect(line.locator("[data-line-error]")).to_contain_text("Pasa de lo que se debe")
    expect(page.locator("[data-left-word]")).to_have_text("De más")
    line.locator("[data-pay]").fill("uno")
    expect(line.locator("[data-line-error]")).to_contain_text("No es un importe")
    page.locator("[data-apply]").click()
    expect(page.locator("[data-picked] [data-line]")).to_have_count(1)
    expect(page.locator("[data-pay]")).to_have_value("uno")
    page.get_by_role("button", name=re.compile("Quitar")).click()
    expect(page.locator("[data-picked] [data-line]")).to_have_count(0)


@pytest.mark.parametrize("keys", [["Enter"], ["ArrowDown", "Enter"]])
def test_who_types_faster_than_the_list_gets_what_was_asked_for(desk: Page, keys: list[str]) -> None:
    page, number = desk, a_document(desk)
    page.locator("[data-desk-search]").press_sequentially(number)
    page.keyboard.press(keys[0])  # the list still waits for the end of the typing
    expect(page.locator("[data-add]").first).to_contain_text(number)
    for key in keys[1:]:
        page.keyboard.press(key)
    expect(page.locator("[data-picked] [data-line]")).to_contain_text(number)


def test_the_rest_is_left_in_favour_of_a_customer(desk: Page) -> None:
    page, number = desk, a_document(desk)
    searched(page, number)
    page.get_by_role("button", name="Dejar a su favor").first.click()
    assert figure(page, "rest-amount") == figure(page, "total")
    expect(page.get_by_role("button", name="Conciliar", exact=True)).to_be_visible()
