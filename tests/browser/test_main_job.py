"""The main job, as a person does it: an account, a company, a ZIP of CFDI, customers switched on, who owes what."""

from __future__ import annotations

import base64
import re
import uuid
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from pypdf import PdfReader
from python_calamine import load_workbook

from tests.browser.people import create_company, register
from tests.fixtures.cfdi.builder import ISSUER, Item, Paid, cfdi, complement, paid, payment, uid

LATE, OPEN = uid("late"), uid("open")
# Owed: 1,160.00 less the note's 116.00, since April; 5,800.00 less the 800.00 received, from December.
FILES = {
    "2026/factura-101.xml": cfdi("late", Folio="101", Fecha="2026-03-02T10:00:00"),
    "2026/factura-102.xml": cfdi("open", items=(Item(price="5000.00"),), Folio="102", Fecha="2026-11-10T10:00:00"),
    "2026/nota-7.xml": cfdi(
        "note", type_code="E", items=(Item(price="100.00"),), relations=(("01", (LATE,)),), Serie="NC", Folio="7",
        MetodoPago="PUE", Fecha="2026-03-09T10:00:00",
    ),
    "2026/pago-1.xml": complement(
        "received",
        payment("800.00", paid(Paid(OPEN, "5800.00", "800.00", "5000.00")), FechaPago="2026-11-12T12:00:00"),
        total="800.00",
    ),
    "roto.xml": b"<?xml version='1.0'?><cfdi:Comprobante",
    "leeme.txt": b"Esto no es una factura.",
}  # fmt: skip
CUSTOMER = "COMERCIAL MUÑOZ & HIJOS"
SAYS = {"Con error": 1, "En archivo": 4}


def packed(files: dict[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def drop(page: Page, name: str, content: bytes) -> None:
    """Let go of a file over the place where files are dropped."""
    page.wait_for_load_state()
    script = """([name, text]) => {
        const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
        const carried = new DataTransfer();
        carried.items.add(new File([bytes], name));
        return carried;
    }"""
    carried = page.evaluate_handle(script, [name, base64.b64encode(content).decode()])
    zone = page.locator("[data-dropzone]")
    zone.dispatch_event("dragover", {"dataTransfer": carried})
    expect(zone).to_have_class(re.compile("is-over"))
    zone.dispatch_event("drop", {"dataTransfer": carried})


def downloaded(page: Page, name: str) -> bytes:
    """The file behind a button, fetched as the person's browser would."""
    link = page.locator(".page-header").get_by_role("link", name=name)
    answer = page.request.get(str(link.get_attribute("href")))
    assert answer.ok, answer.status
    return answer.body()


def cells(content: bytes) -> str:
    """Every cell of a workbook, as text."""
    book = load_workbook(BytesIO(content))
    return " ".join(
        str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row
    )


def words(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def finished(page: Page) -> None:
    """The import is over: the bar has gone and the page shows the outcomes."""
    page.wait_for_url("**/importar/*/")
    expect(page.locator(".kpis")).to_be_visible(timeout=60_000)


@pytest.fixture
def newcomer(visitor: Callable[..., BrowserContext]) -> Page:
    """Somebody with an account and a company where nothing has happened yet."""
    page = visitor().new_page()
    register(page, name="Elena Cuevas", email=f"elena-{uuid.uuid4().hex}@delnorte.example")
    create_company(page, name=ISSUER[1], tax_id=ISSUER[0])
    return page


def test_from_registration_to_the_statement_of_a_customer(newcomer: Page, tmp_path: Path) -> None:
    page = newcomer
    sidebar = page.locator(".sidebar")
    sidebar.get_by_role("link", name="Importar").click()
    archive = tmp_path / "cfdi-2026.zip"
    archive.write_bytes(packed(FILES))
    page.locator("[data-dropzone] input[type=file]").set_input_files(archive)
    finished(page)
    for outcome, count in SAYS.items():
        expect(page.locator(".kpis a", has_text=outcome)).to_contain_text(str(count))
    rows = page.locator("#list tbody tr")
    expect(rows.filter(has_text="roto.xml")).to_contain_text("Con error")
    page.get_by_role("link", name="Ir a Clientes").click()

    row = page.locator("tr", has_text=CUSTOMER)
    expect(row).to_contain_text("Apagado")
    row.get_by_role("switch").check()
    expect(row).to_contain_text("Prendido")
    expect(row).to_contain_text("$6,044.00")

    sidebar.get_by_role("link", name="Antigüedad de saldos").click()
    line = page.locator("tbody tr", has_text=CUSTOMER)
    for column, amount in (("Por vencer", "5,000.00"), ("+90", "1,044.00"), ("Total", "6,044.00")):
        expect(line.locator(f'td[data-label="{column}"]')).to_contain_text(amount)
    assert "6044.0" in cells(downloaded(page, "Excel"))
    assert "6,044.00" in words(downloaded(page, "PDF"))

    line.get_by_role("link", name=CUSTOMER).click()
    expect(page.get_by_role("heading", name=CUSTOMER)).to_be_visible()
    expect(page.locator("main")).to_contain_text("6,044.00")
    book, paper = cells(downloaded(page, "Excel")), words(downloaded(page, "PDF"))
    assert "F-102" in book
    assert "5000.0" in book
    assert "F-102" in paper
    assert "5,000.00" in paper


def test_a_file_chosen_before_the_script_came_goes_up_all_the_same(newcomer: Page) -> None:
    page = newcomer
    held: list[Route] = []
    page.route(re.compile(r"/aldia/aldia[^/]*\.js"), lambda route: held.append(route), times=1)
    page.goto(f"{'/'.join(page.url.split('/')[:5])}/importar/", wait_until="commit")
    archive = {
        "name": "a.zip",
        "mimeType": "application/zip",
        "buffer": packed({"a.xml": FILES["2026/factura-101.xml"]}),
    }
    page.locator("[data-dropzone] input[type=file]").set_input_files(archive)
    held[0].continue_()
    finished(page)
    expect(page.locator(".kpis a", has_text="En archivo")).to_contain_text("1")


def test_files_dropped_twice_are_counted_once(newcomer: Page) -> None:
    page = newcomer
    for expected in ("En archivo", "Ya estaba"):
        page.locator(".sidebar").get_by_role("link", name="Importar").click()
        drop(page, "cfdi.zip", packed({"a.xml": FILES["2026/factura-101.xml"]}))
        finished(page)
        expect(page.locator(".kpis a", has_text=expected)).to_contain_text("1")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("vacio.xml", b"", "vac"),
        ("carta.xml", b"Estimado cliente:", "XML"),
        ("ajena.xml", FILES["2026/factura-101.xml"].replace(ISSUER[0].encode(), b"AJE150317AB1"), "AJE150317AB1"),
        ("bomba.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "DOCTYPE"),
    ],
)
def test_a_bad_file_is_explained(page: Page, name: str, content: bytes, sentence: str) -> None:
    page.goto("/")
    page.locator(".sidebar").get_by_role("link", name="Importar").click()
    page.locator("[data-dropzone] input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/xml", "buffer": content}
    )
    finished(page)
    expect(page.locator("#list tbody tr")).to_contain_text(re.compile(sentence, re.IGNORECASE))
