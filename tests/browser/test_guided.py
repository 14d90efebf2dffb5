"""Guided reconciliation on the demo's statements: by keyboard, by hand, without script, on a narrow phone."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Request, expect

from tests.browser.people import DEMO, said


def guided(page: Page, query: str = "") -> None:
    """Open guided reconciliation from the sidebar, or a part of it."""
    page.goto(DEMO)
    page.locator(".sidebar").get_by_role("link", name="Conciliación guiada").click()
    page.wait_for_url(re.compile(r"/conciliacion/guiada/"))
    if query:
        page.goto(page.url.split("?")[0] + query)


def waiting(page: Page) -> int:
    """How many the walk still has."""
    found = re.search(r"\d+ de (\d+)", page.locator(".stage-count").inner_text())
    assert found is not None
    return int(found[1])


def settled(page: Page) -> None:
    """What the server answered is on the screen."""
    expect(page.locator("#stage:not(.is-sending)")).to_be_visible()


def at(page: Page) -> str:
    return page.locator("#stage").get_attribute("data-id") or ""


def test_a_keyboard_is_enough_and_each_act_is_one_request(page: Page) -> None:
    guided(page, "?level=3")
    before, first = waiting(page), at(page)
    assert before > 2
    sent: list[str] = []

    def listen(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    page.on("request", listen)
    page.keyboard.press("Enter")
    expect(page.locator(".last-act")).to_contain_text("Conciliaste")
    settled(page)
    assert waiting(page) == before - 1
    expect(page.locator("#stage-title")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator(".stage-count")).to_contain_text(f"de {before - 2}")
    settled(page)
    assert len(sent) == 2
    page.keyboard.press("z")
    expect(page.locator(".last-act")).to_contain_text("Se deshizo")
    assert waiting(page) == before - 1
    assert at(page) != first
    second = at(page)
    page.keyboard.press("s")
    expect(page.locator("#stage")).not_to_have_attribute("data-id", second)
    page.keyboard.press("r")
    expect(page.locator("#stage")).to_have_attribute("data-id", second)


def test_another_proposal_is_picked_by_its_number(page: Page) -> None:
    guided(page, "?level=2")
    for _step in range(waiting(page)):
        if page.locator(".choice").count() > 1:
            break
        here = at(page)
        page.keyboard.press("s")
        expect(page.locator("#stage")).not_to_have_attribute("data-id", here)
    expect(page.locator(".choice").nth(1).locator(".differs")).not_to_be_empty()
    page.keyboard.press("2")
    expect(page.locator("input[name=choice]").nth(1)).to_be_checked()
    expect(page.locator(".choice").nth(1).locator(".choice-lines")).to_be_visible()
    expect(page.locator(".choice").nth(0).locator(".choice-lines")).to_be_hidden()


def test_help_comment_and_archive_are_a_key_away(page: Page) -> None:
    guided(page, "?level=0")
    page.keyboard.press("?")
    expect(page.locator("#guided-help")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#guided-help")).to_be_hidden()
    page.keyboard.press("c")
    expect(page.locator("#comment-text")).to_be_focused()
    page.keyboard.type("Preguntar en ventas: saxz")
    page.get_by_role("button", name="Guardar").click()
    expect(page.locator(".said-list")).to_contain_text("Preguntar en ventas: saxz")
    before = waiting(page)
    page.keyboard.press("x")
    expect(page.locator("#archive-reason")).to_be_focused()
    page.keyboard.type("Traspaso entre cuentas propias")
    page.keyboard.press("Enter")
    expect(page.locator(".last-act")).to_contain_text("Archivaste")
    settled(page)
    page.keyboard.press("z")
    expect(page.locator(".last-act")).to_contain_text("Se deshizo")
    assert waiting(page) == before


def test_without_script_it_works_page_by_page(login: Callable[..., Page]) -> None:
    page = login(java_script_enabled=False)
    page.goto(DEMO)
    page.goto("/".join(page.url.split("/")[:5]) + "/conciliacion/guiada/?level=3")
    before, first = waiting(page), at(page)
    page.get_by_role("button", name=re.compile("Aceptar")).first.click()
    expect(page.locator(".last-act")).to_contain_text("Conciliaste")
    assert waiting(page) == before - 1
    page.get_by_role("button", name=re.compile("Deshacer")).click()
    assert (waiting(page), at(page)) == (before, first)


def test_on_a_narrow_phone_nothing_leaves_the_screen(login: Callable[..., Page]) -> None:
    page = login(viewport={"width": 320, "height": 640}, has_touch=True)
    page.goto(DEMO)
    home = "/".join(page.url.split("/")[:5])
    for path in (
        "/conciliacion/",
        "/conciliacion/guiada/",
        "/conciliacion/guiada/?level=2",
        "/conciliacion/movimientos/",
    ):
        page.goto(home + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    page.goto(f"{home}/conciliacion/guiada/")
    expect(page.locator(".acts-bar .btn-primary")).to_be_in_viewport()


def test_all_that_is_sure_is_looked_at_accepted_and_undone(page: Page) -> None:
    page.goto(DEMO)
    page.locator(".sidebar").get_by_role("link", name="Por conciliar").click()
    page.get_by_role("link", name=re.compile("Aceptar todas")).first.click()
    ticked = page.locator("input[data-tick]:checked").count()
    assert ticked > 1
    page.locator("[data-tick]:checked").first.uncheck()
    expect(page.locator("[data-ticked]")).to_have_text(str(ticked - 1))
    page.get_by_role("button", name=re.compile("Aceptar lo marcado")).click()
    expect(page.locator(".done-said").first).to_contain_text("Se concili")
    page.get_by_role("button", name="Deshacer todo").click()
    said(page, "quedaron como estaban" if ticked > 2 else "quedó como estaba")
