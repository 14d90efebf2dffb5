"""From a bank's file to its movements in a real browser: dropped, looked at, its columns named, imported, undone."""

from __future__ import annotations

import subprocess
import sys
import uuid
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.house import OWNER, ROOT, House
from tests.browser.people import said
from tests.support.statements import csv_of

SETUP = """
import sys, django; django.setup()
from aldia.tenancy.models import Membership, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
slug, owner = sys.argv[1:]
company = make_company("Refacciones del Valle", slug=slug)
with company_scope(company.pk):
    Membership.objects.create(company=company, user=User.objects.get(email=owner), role=Role.OWNER)
"""


@pytest.fixture
def home(house: House) -> str:
    """A company of its own, without any bank: where its pages begin."""
    slug = f"banco-{uuid.uuid4().hex[:8]}"
    command = [sys.executable, "-c", SETUP, slug, OWNER]
    done = subprocess.run(command, env=house.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return f"/e/{slug}"


def drop(page: Page, home: str, path: Path) -> None:
    """Drop a file and wait for its preview."""
    page.goto(f"{home}/bancos/subir/")
    page.locator('input[type="file"]').set_input_files(str(path))
    page.wait_for_url("**/bancos/archivos/**")


def test_a_file_of_the_bank_becomes_movements_and_can_be_taken_back(page: Page, home: str, tmp_path: Path) -> None:
    sheet = tmp_path / "noviembre.csv"
    lines = [(date(2026, 11, day), f"SPEI RECIBIDO {day}", day * 100_00) for day in (2, 3, 4)]
    sheet.write_bytes(csv_of(lines))
    page.goto(f"{home}/bancos/")
    expect(page.locator("main")).to_contain_text("Empieza con el archivo de tu banco")
    drop(page, home, sheet)
    expect(page.locator("main")).to_contain_text("2 de 2 comprobaciones")
    page.get_by_label("Nombre").fill("BBVA pagos")
    page.get_by_role("button", name="Importar 3 movimientos").click()
    page.wait_for_url("**/bancos/estados/**")
    said(page, "3 movimientos nuevos")
    drop(page, home, sheet)
    expect(page.locator("main")).to_contain_text("Ya importado")
    page.get_by_role("link", name="Ver lo importado").click()
    page.get_by_role("button", name="Deshacer").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Deshacer").click()
    said(page, "3 movimientos quitados")


def test_columns_are_named_by_hand_on_a_phone(page: Page, home: str, tmp_path: Path) -> None:
    strange = tmp_path / "raro.csv"
    strange.write_text("Cuándo,Qué,Cuánto,Queda\n2026-11-02,ALFA,100.50,200.50\n2026-11-03,BETA,10.00,210.50\n")
    page.set_viewport_size({"width": 320, "height": 700})
    drop(page, home, strange)
    for heading, role in (("Cuándo", "date"), ("Qué", "desc"), ("Cuánto", "amount"), ("Queda", "balance")):
        page.get_by_label(heading, exact=True).select_option(role)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="Leer así").click()
    expect(page.locator("main")).to_contain_text("Comprobado")
    expect(page.locator("main")).to_contain_text("ALFA")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
