"""From every figure of Inicio and of the reports to its rows, by clicking it: the rows say the same sum."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import DEMO

AMOUNT = re.compile(r"\$([\d,]+\.\d\d)")
COMPANY = DEMO.removesuffix("inicio/")
ROWS = "main a[href*='/reportes/detalle/']"


def settled(page: Page) -> None:
    """What the page asks for by itself has come."""
    page.wait_for_load_state("networkidle")
    expect(page.locator("main .skeleton")).to_have_count(0)


def figures(page: Page) -> list[tuple[str, str]]:
    """The figures of the page that lead to rows, each once: (what is said, address)."""
    links = page.locator(ROWS)
    found = {}
    for index in range(links.count()):
        link = links.nth(index)
        said = link.locator(".kpi, .count").first if link.locator(".kpi, .count").count() else link
        found[str(link.get_attribute("href"))] = said.inner_text()
    return [(text, address) for address, text in found.items() if AMOUNT.search(text)]


def sum_of_rows(page: Page, address: str) -> str:
    """What the page of rows says that they sum to in pesos; "0.00" where there are none."""
    page.goto(address)
    sums = page.locator(".kpi-card").filter(has_text="MXN").locator(".kpi")
    found = AMOUNT.search(sums.first.inner_text()) if sums.count() else None
    return found[1] if found else "0.00"


def check(page: Page, found: list[tuple[str, str]]) -> None:
    for text, address in found:
        said = AMOUNT.search(text)
        assert said is not None
        assert sum_of_rows(page, address) == said[1], (text, address)


def click(page: Page, figure: Locator) -> None:
    figure.click()
    page.wait_for_url(re.compile(r"/reportes/detalle/"))
    expect(page.locator("main table tbody tr").first).to_be_visible()


def test_every_figure_of_inicio_is_the_sum_of_its_rows(page: Page) -> None:
    page.goto(DEMO)
    settled(page)
    for title in ("Antigüedad de saldos", "Para hoy", "Quién te debe más", "Lo que viene", "Indicadores"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    found = figures(page)
    assert len(found) >= 6
    check(page, found[:8])
    page.goto(DEMO)
    click(page, page.locator(".kpi-card", has_text="Cartera total"))


def test_every_figure_of_the_indicators_and_of_a_roll(page: Page) -> None:
    page.goto(f"{COMPANY}reportes/indicadores/")
    settled(page)
    parts = page.get_by_role("region", name="De dónde salen").locator("a")
    assert parts.count() == 6
    found = figures(page)
    check(page, found[:6])
    page.goto(f"{COMPANY}reportes/indicadores/")
    settled(page)
    rolls = page.get_by_role("region", name="Rodamiento de la cartera")
    links = rolls.locator(ROWS.removeprefix("main "))
    check(page, [(links.nth(n).inner_text(), str(links.nth(n).get_attribute("href"))) for n in range(4)])


def test_another_indicator_is_drawn_without_leaving_the_page(page: Page) -> None:
    page.goto(f"{COMPANY}reportes/indicadores/")
    settled(page)
    history = page.get_by_role("region", name="Mes por mes")
    expect(history.locator("svg.chart")).to_be_visible()
    history.get_by_role("link", name="Efectividad de cobranza (CEI)").click()
    expect(history.locator("[aria-current=true]")).to_have_text("Efectividad de cobranza (CEI)")
    expect(history).to_contain_text("saldo al cierre sin vencer")
    history.locator("tbody a").first.click()
    page.wait_for_url(re.compile(r"first="))
    expect(page.get_by_role("heading", name="Indicadores", exact=True).first).to_be_visible()


def test_collected_and_reminders_on_a_phone(page: Page) -> None:
    page.goto(f"{COMPANY}reportes/cobradores/?period=year")
    check(page, figures(page)[:3])
    phone = page
    phone.set_viewport_size({"width": 320, "height": 700})
    for path in ("inicio/", "reportes/cobradores/?period=year", "reportes/recordatorios/", "reportes/indicadores/"):
        phone.goto(f"{COMPANY}{path}")
        settled(phone)
        wide = phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (path, wide)
