"""The pictures of the documentation, taken when ALDIA_SCREENSHOTS=1 (`make screenshots`) of the full demo, on a
day that does not move; on every other run the same pages of the small demo only have to be there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TAKEN
from tests.browser.house import ROOT

FOLDER = ROOT / "docs" / "img"
MOST_BYTES = 300_000
LAPTOP, PHONE = (1360, 900), (390, 844)
START = "/e/tres-rios"


@dataclass(frozen=True)
class Picture:
    """A page: its address, or the links to follow from one."""

    name: str
    address: str
    heading: str
    follow: tuple[str, ...] = ()  # selectors, one click each
    scheme: str = "light"
    size: tuple[int, int] = LAPTOP


FIRST_ROW = "#list tbody tr:first-child td.lead a"
BIGGEST = f"{START}/reportes/antiguedad/"
PICTURES = (
    Picture("inicio", f"{START}/inicio/", "Cuentas por cobrar"),
    Picture("inicio-oscuro", f"{START}/inicio/", "Cuentas por cobrar", scheme="dark"),
    Picture("inicio-telefono", f"{START}/inicio/", "Cuentas por cobrar", size=PHONE),
    Picture("clientes", f"{START}/clientes/?sort=-owed", "Clientes"),
    Picture("ficha", f"{START}/clientes/?sort=-owed", "", (FIRST_ROW,)),
    Picture("por-cobrar", f"{START}/por-cobrar/?sort=-balance", "Por cobrar"),
    Picture("factura", f"{START}/por-cobrar/?tab=partial&sort=-total", "", (FIRST_ROW,)),
    Picture("antiguedad", BIGGEST, "Antigüedad de saldos"),
    Picture("estado-de-cuenta", BIGGEST, "", ("tbody tr:first-child td.lead a",)),
    Picture("importar", f"{START}/importar/", "Importar documentos"),
    Picture("pagos", f"{START}/pagos/", "Pagos y créditos"),
    Picture("reglas", f"{START}/recordatorios/reglas/", "Reglas de recordatorios"),
    Picture("calendario", f"{START}/recordatorios/calendario/", "Calendario de recordatorios"),
    Picture("buzon", f"{START}/recordatorios/buzon/", "Buzón de prueba"),
    Picture("plantilla", f"{START}/recordatorios/plantillas/", "", (".table tbody a",)),
)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_page_of_the_documentation(picture: Picture, login: Callable[..., Page]) -> None:
    width, height = picture.size
    options: dict[str, Any] = {"color_scheme": picture.scheme, "viewport": {"width": width, "height": height}}
    page = login(**options)
    page.goto(picture.address)
    for selector in picture.follow:
        page.locator(selector).first.click()
        page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_contain_text(picture.heading)
    expect(page.locator(".skeleton")).to_have_count(0)
    if TAKEN:
        page.wait_for_load_state("networkidle")
        page.mouse.move(0, 0)
        path = FOLDER / f"{picture.name}.png"
        page.screenshot(path=path, animations="disabled", caret="hide")
        assert path.stat().st_size < MOST_BYTES
