"""A collector with a headset on and no mouse: the list of today, calls logged with two keys, undone with one."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Request, expect

from tests.browser.people import DEMO, said


def the_list(page: Page) -> None:
    """Open the list of today from the sidebar, made first if nobody did."""
    page.goto(DEMO)
    page.locator(".sidebar").get_by_role("link", name="Lista de hoy").click()
    page.wait_for_url(re.compile(r"/cobranza/hoy/"))
    prepare = page.get_by_role("button", name=re.compile("Preparar la"))
    if prepare.count():
        prepare.first.click()
        said(page, "La lista de hoy tiene")


def calling(page: Page) -> str:
    """Whose page of a call is open."""
    expect(page.locator("[data-desk-call]")).to_be_visible()
    return page.locator("h1").inner_text()


def left(page: Page) -> int:
    """How many are still to be called."""
    return int(page.locator(".kpi").first.inner_text().replace(",", ""))


def test_a_morning_of_calls_without_a_mouse(page: Page) -> None:
    the_list(page)
    before = left(page)
    assert before > 4
    rows = page.locator("[data-row]")
    first, second = rows.nth(0).inner_text(), rows.nth(1).inner_text()
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cobranza/llamar/"))
    assert calling(page) == first
    expect(page.locator(".desk-saying")).to_contain_text("Buen día")

    # nobody answered: two keys, one request, and the next customer is there
    sent: list[str] = []

    def listen(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    page.on("request", listen)
    page.keyboard.press("n")
    expect(page.locator("[data-ending=n]")).to_be_checked()
    expect(page.locator("#call_next_on")).not_to_have_value("")  # called again the next working day
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(second)
    assert len(sent) == 1
    expect(page.locator(".desk-last")).to_contain_text("No contestó")
    expect(page.locator(".desk-last")).to_contain_text(first)

    # it was a slip: one key, and back to whom it was about
    page.keyboard.press("u")
    said(page, "Se deshizo lo que anotaste")
    assert calling(page) == first
    expect(page.locator(".desk-last")).to_have_count(0)
    page.keyboard.press("m")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(second)

    # a promise of what is marked: the same two keys
    page.keyboard.press("p")
    expect(page.locator("#call_promise_on")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).not_to_have_text(second)
    expect(page.locator(".desk-last")).to_contain_text("Prometió pagar")
    third = calling(page)
    page.keyboard.press("k")
    expect(page.locator("h1")).to_have_text(second)
    expect(page.locator(".said")).to_contain_text("Promete")
    page.keyboard.press("j")
    expect(page.locator("h1")).to_have_text(third)

    # a note is written with its own key, and the list knows what was done
    page.keyboard.press("h")
    page.keyboard.press("a")
    page.keyboard.type("Que sí, que junio: n p x")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).not_to_have_text(third)
    page.keyboard.press("l")
    page.wait_for_url(re.compile(r"/cobranza/hoy/"))
    assert left(page) == before - 3
    expect(page.locator("[data-row]").first).not_to_have_text(first)
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_contain_text("Deshacer lo último que anotaste")
    page.keyboard.press("Escape")
    page.locator(".nav-tabs").get_by_role("link", name=re.compile("Atendidos")).click()
    expect(page.get_by_text("Atendido", exact=True).first).to_be_visible()
    page.get_by_role("link", name="Actividades").click()
    expect(page.locator("#list")).to_contain_text("Que sí, que junio: n p x")
    expect(page.locator("#list")).to_contain_text("Dejé recado")


def test_from_a_phone_nothing_leaves_the_screen_and_a_call_is_logged_with_taps(login: Callable[..., Page]) -> None:
    page = login(viewport={"width": 320, "height": 640}, has_touch=True)
    page.goto(DEMO)
    home = "/".join(page.url.split("/")[:5])
    page.goto(f"{home}/cobranza/hoy/?state=all")
    prepare = page.get_by_role("button", name=re.compile("Preparar la"))
    if prepare.count():
        prepare.first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("link", name="Llamar").last.tap()
    name = calling(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator("#desk-log").get_by_text("No contestó").tap()
    page.get_by_role("button", name=re.compile("Guardar y seguir")).tap()
    expect(page.locator(".desk-last")).to_contain_text(name)
    page.goto(f"{home}/cobranza/actividades/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_script_the_same_form_works(login: Callable[..., Page]) -> None:
    page = login(java_script_enabled=False)
    page.goto(DEMO)
    home = "/".join(page.url.split("/")[:5])
    page.goto(f"{home}/cobranza/hoy/")
    prepare = page.get_by_role("button", name=re.compile("Preparar la"))
    if prepare.count():
        prepare.first.click()
    page.get_by_role("link", name="Empezar").click()
    name = calling(page)
    page.locator("#desk-log").get_by_text("Pidió plazo o un plan de pagos").click()
    page.get_by_role("button", name=re.compile("Guardar y quedarse")).click()
    expect(page.locator(".desk-acts")).to_contain_text("Pidió plazo o un plan de pagos")
    page.get_by_role("button", name=re.compile("Deshacer")).first.click()
    assert calling(page) == name
    expect(page.locator("#desk-acts")).to_be_visible()
