"""Every page that the sidebar and its links lead to: for everybody, in light and dark, on a laptop and on a phone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.crawling import crawl, kind
from tests.browser.people import DEMO

BROKEN = {"resultTypes": ["violations"]}  # what holds is not told: two fifths of the time
RULES = BROKEN | {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
COLOURS = BROKEN | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}  # all that another theme can change
PHONES = (390, 320)
DIALOGS = "document.querySelectorAll('dialog[popover]')"
SETTLED = "document.documentElement.dataset.bsTheme === 'dark' && !document.getAnimations().length"
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
PARTS = 3  # processes may share the pages
STRIDE = 3 if os.environ.get("CI") else 1  # a short look where time is short: every third kind of page
FEWEST = 40  # kinds of pages: fewer means that the crawl lost its way


@dataclass
class Way:
    """What a crawl found, and the cookies that it was given on the way: the portal is entered by a link."""

    addresses: list[str]
    passes: Any


@pytest.fixture(scope="session")
def _ways() -> list[Way]:
    """Crawled once by a process: it may have several parts."""
    return []


@pytest.fixture
def way(login: Callable[..., Page], _ways: list[Way]) -> Way:
    """One page of every kind; nothing that a link leads to may be missing or fail."""
    if not _ways:
        page = login()
        found = _crawl(page)
        _ways.append(Way(found, page.context.storage_state()))
    return _ways[0]


@pytest.fixture
def walker(visitor: Callable[..., BrowserContext], way: Way) -> Page:
    """A page of the demo's owner who has gone that way."""
    return visitor(storage_state=way.passes).new_page()


def _crawl(page: Page) -> list[str]:
    found, wrong = [], []
    for each in crawl(page.request, DEMO):
        if each.status != 200:
            wrong.append(f"{each.status} {each.address}")
        elif each.is_page:
            found.append(each.address)
    assert wrong == []
    assert len({kind(address) for address in found}) >= FEWEST
    return sorted(found, key=kind)  # the same share of each process, whatever its ids are


@pytest.mark.parametrize("part", range(PARTS))
def test_pages_are_for_everybody_and_fit_a_phone(walker: Page, way: Way, part: int) -> None:
    """How a page looks does not depend on the engine: on PostgreSQL each is only opened, and may not complain."""
    if connection.vendor == "postgresql":
        for address in way.addresses[part::PARTS]:
            walker.goto(address)
        return
    own = way.addresses[part::PARTS][::STRIDE]
    problems = [f"{address}: {problem}" for address in own for problem in _inspect(walker, address)]
    assert problems == [], "\n".join(problems)


def _inspect(page: Page, address: str) -> Iterator[str]:
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1360, "height": 900})
    page.goto(address)
    yield from (f"light: {each}" for each in _violations(page))
    page.emulate_media(color_scheme="dark")
    _settle(page)
    yield from (f"dark: {each}" for each in _violations(page, rules=COLOURS))
    yield from _inspect_dialogs(page)
    for width in PHONES:
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(DRAWN)
        if (needs := page.evaluate("document.documentElement.scrollWidth")) > width:
            yield f"{width} px wide screen: {needs} px needed by {_widest(page, width)}"


def _settle(page: Page) -> None:
    """Wait until the colours of the other theme are there (the policy forbids Playwright's own way of waiting)."""
    for _turn in range(100):
        if page.evaluate(SETTLED):
            return
        page.wait_for_timeout(20)


def _inspect_dialogs(page: Page) -> Iterator[str]:
    for number in range(page.evaluate(f"{DIALOGS}.length")):
        page.evaluate(f"{DIALOGS}[{number}].showPopover()")
        name = page.evaluate(f"{DIALOGS}[{number}].id")
        yield from (f"dialog {name}: {each}" for each in _violations(page, f"#{name}"))
        page.evaluate(f"{DIALOGS}[{number}].hidePopover()")


def _violations(page: Page, context: str | None = None, rules: dict[str, Any] = RULES) -> list[str]:
    result: dict[str, Any] = Axe().run(page, context=context, options=rules).response
    return [
        f"{rule['id']} at {node['target']}: {(node.get('failureSummary') or '').splitlines()[1:2]}"
        for rule in result["violations"]
        for node in rule["nodes"][:3]
    ]


def _widest(page: Page, width: int) -> str:
    """What sticks out, for the message."""
    script = """width => [...document.querySelectorAll('main *, aside *')].filter(each =>
        each.getBoundingClientRect().right > width + 1 && !each.closest('.table-responsive, .nav-tabs-scroll')
    ).slice(-1).map(each => each.outerHTML.slice(0, 160)).join()"""
    return str(page.evaluate(script, width))


def test_dark_and_light_are_chosen_and_kept(login: Callable[..., Page]) -> None:
    page = login()
    page.goto("/perfil/")
    for label, value in (("Oscuro", "dark"), ("Claro", "light"), ("Como el sistema", "auto")):
        page.get_by_label(label, exact=True).check()
        page.get_by_role("button", name="Guardar").click()
        expect(page.locator("#toasts .alert")).to_be_visible()
        page.goto("/perfil/")
        assert page.evaluate("document.documentElement.dataset.theme") == value
