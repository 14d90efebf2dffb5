"""From the words of a template to the mailbox, in a real browser; and hostile text in every field of a message."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from tests.browser.people import by_and_by, create_company, register, said
from tests.browser.test_hostile_text import FORMULA, IMAGE, SCRIPT, TEMPLATE
from tests.browser.test_main_job import finished, packed
from tests.browser.watching import Watch
from tests.fixtures.cfdi.builder import ISSUER, Item, cfdi

START = "/e/tres-rios"
HOUSE = f"{START}/recordatorios/plantillas/casa/after.firm.email.es/"
PHONES = (390, 320)
ELEMENTS = "img[src='x'], b[onclick], script:not([src])"
# What a message could try if its words ever became code.
TRIES = """
    document.body.innerHTML = '<img src="data:," onerror="document.title = 1"><form action="https://malo.example">'
        + '<button>x</button></form>';
    const script = document.createElement('script');
    script.textContent = 'document.title = 2';
    document.body.append(script);
"""


def drawn(page: Page) -> FrameLocator:
    """The message as it looks, inside its frame."""
    return page.frame_locator("iframe.mail-frame")


def fits(page: Page) -> None:
    """Nothing is wider than a telephone."""
    for width in PHONES:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width}"
    page.set_viewport_size({"width": 1360, "height": 900})


def test_words_are_edited_seen_sent_and_found_in_the_mailbox(page: Page, watched: Watch) -> None:
    watched.expected.add(422)
    page.goto(HOUSE)
    subject, body = page.get_by_label("Asunto"), page.get_by_label("Texto", exact=True)
    subject.fill("Último aviso para ")
    page.locator('[data-insert="cliente"]').focus()
    page.keyboard.press("Enter")  # buttons of data work by keyboard, and write where one was
    expect(subject).to_have_value("Último aviso para {{ cliente }}")
    customer = page.get_by_label("Como lo lee").locator("option:checked").inner_text()
    expect(page.locator("#preview .mail-subject")).to_have_text(f"Último aviso para {customer}")

    words = body.input_value()
    body.fill("Hola\n\nDebe {{ saldoo }} hoy")
    expect(page.locator("#preview .mistake")).to_contain_text("Línea 3")
    page.get_by_role("button", name="Ir ahí").click()
    assert page.evaluate("getSelection().toString()") == "Debe {{ saldoo }} hoy"
    page.get_by_role("button", name="Guardar").click()
    expect(page.locator(".invalid-feedback")).to_contain_text("Línea 3")
    body.fill(f"Texto nuestro de {{{{ empresa }}}}.\n\n{words}")
    expect(drawn(page).locator("body")).to_contain_text("Texto nuestro de Tres Ríos.")

    page.get_by_text("Teléfono", exact=True).click()
    assert _settles_below(page, 400)
    page.get_by_text("Solo texto", exact=True).click()
    expect(page.locator(".as-text")).to_contain_text("Texto nuestro de Tres Ríos.")
    page.get_by_role("button", name="Guardar").click()
    said(page, "Se guardó")
    fits(page)

    _one_off(page)
    page.goto(HOUSE.replace("casa/after.firm.email.es/", "?channel=email&tone=firm"))
    page.locator("td.lead a", has_text=re.compile("firme|vencer", re.IGNORECASE)).first.click()
    page.get_by_role("button", name="Original").click()
    page.get_by_role("button", name="Volver a la original").click()
    said(page, "originales")


def _settles_below(page: Page, width: int) -> bool:
    """Whether the frame becomes narrower than that; while the preview is drawn anew there is none."""
    for _turn in range(50):
        box = page.locator("iframe.mail-frame").bounding_box() if page.locator("iframe.mail-frame").count() else None
        if box is not None and box["width"] < width:
            return True
        page.wait_for_timeout(100)
    return False


def _one_off(page: Page) -> None:
    """A message by hand that starts from our words; its toast leads to it, and the mailbox has it."""
    page.goto(f"{START}/clientes/?state=on&debt=overdue")
    page.locator("#list tbody tr").first.locator("td.lead a").click()
    page.get_by_role("link", name="Escribir").first.click()
    with page.expect_navigation():
        page.get_by_label("Empezar con").select_option(label=_option(page, "firm"))
    expect(page.get_by_label("Texto", exact=True)).to_have_value(re.compile("Texto nuestro de Tres Ríos"))
    page.get_by_label("Asunto").fill("Un aviso con su PDF")
    page.get_by_label("También a").fill("contraloria@cliente.example")
    page.get_by_label("PDF de los documentos").check()
    page.get_by_label("Estado de cuenta").check()  # what was owed before the first CFDI has no paper of its own
    expect(page.locator("#preview .mail-head")).to_contain_text("contraloria@cliente.example")
    expect(drawn(page).locator("body")).to_contain_text("Texto nuestro de Tres Ríos.")
    page.get_by_role("button", name="Enviar").click()
    said(page, "va en camino")
    page.get_by_role("link", name="Ver mensaje").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Un aviso con su PDF")
    by_and_by(page, page.get_by_text("Salió").count)
    expect(page.get_by_text("Salió").first).to_be_visible()
    fits(page)
    page.locator(".sidebar").get_by_role("link", name="Buzón").click()
    expect(page.locator(".alert")).to_contain_text("Nada de esto salió de aquí")
    page.locator(".mail-item", has_text="Un aviso con su PDF").first.click()
    expect(drawn(page).locator("body")).to_contain_text("Texto nuestro de Tres Ríos.")
    with page.expect_download() as download:
        page.locator(".papers a").first.click()
    assert re.search(r"\.(pdf|zip)$", download.value.suggested_filename)
    fits(page)


def _option(page: Page, tone: str) -> str:
    """The option of our own template (the house's of that tone, edited)."""
    options = page.get_by_label("Empezar con").locator("option").all_inner_texts()
    return next(each for each in options if re.search("firme", each, re.IGNORECASE))


# Hostile text


@pytest.fixture
def victim(visitor: Callable[..., BrowserContext]) -> Page:
    """The owner of a company with a hostile name, a hostile customer that owes, and its hostile contact."""
    page = visitor().new_page()
    register(page, name=SCRIPT, email="victima@mensajes.example")
    create_company(page, name=IMAGE, tax_id=ISSUER[0])
    page.locator(".sidebar").get_by_role("link", name="Importar").click()
    page.get_by_label("Prender a los clientes que aparezcan").check()
    item = Item(description=SCRIPT, unit=SCRIPT[:5], key=IMAGE[:8])
    paper = cfdi("hostile-message", items=(item,), receiver=("HOS150310AB1", IMAGE), Serie=SCRIPT[:25], Folio=FORMULA)
    archive = {"name": "x.zip", "mimeType": "application/zip", "buffer": packed({"x.xml": paper})}
    page.locator("[data-dropzone] input[type=file]").set_input_files(archive)
    finished(page)
    page.locator(".sidebar").get_by_role("link", name="Clientes").click()
    page.locator("td.lead a", has_text="onerror").click()
    page.get_by_role("link", name=re.compile("^Contactos")).first.click()
    page.get_by_role("link", name=re.compile("Agregar|Nuevo")).first.click()
    page.get_by_role("textbox", name="Nombre").fill(SCRIPT)
    page.get_by_role("textbox", name="Correo").fill("a+b@hostil.example")
    page.get_by_role("button", name=re.compile("Guardar|Agregar|Crear")).click()
    return page


def test_hostile_text_is_only_text_in_a_message(victim: Page) -> None:
    """A script that ran would open a dialog, one that was refused would say so: both are complaints of `watched`."""
    page = victim
    page.get_by_role("link", name="Escribir").first.click()
    page.get_by_label("Asunto").fill(f"{IMAGE} {SCRIPT}")
    page.get_by_label("Texto", exact=True).fill(
        f"{IMAGE}\n\n{SCRIPT}\n\n[x](javascript:alert(4)) {FORMULA}\n\n{{{{ tabla }}}}"
    )
    expect(drawn(page).locator("body")).to_contain_text("onerror=alert(1)")
    _inert(page)
    page.get_by_role("button", name="Enviar").click()
    page.get_by_role("link", name="Ver mensaje").click()
    expect(drawn(page).locator("body")).to_contain_text("<script>alert(2)")
    expect(drawn(page).locator("body")).to_contain_text("HYPERLINK")
    _inert(page)
    address = page.url
    for where in (
        "recordatorios/enviados/",
        "recordatorios/buzon/",
        "recordatorios/plantillas/casa/after.neutral.email.es/",
    ):
        page.goto(f"{address.split('recordatorios/')[0]}{where}")
        _inert(page)
    page.get_by_label("Asunto").fill(f"{TEMPLATE} {IMAGE}")
    expect(page.locator("#preview .mistake")).to_be_visible()
    _inert(page)


def _inert(page: Page) -> None:
    assert page.locator(ELEMENTS).count() == 0, page.url
    if page.locator("iframe.mail-frame").count():
        assert drawn(page).locator(ELEMENTS).count() == 0
        assert drawn(page).locator('a[href^="javascript:"]').count() == 0
    fits(page)


def test_the_frame_runs_nothing_even_of_what_is_code(page: Page, watched: Watch) -> None:
    """The control: elements that try are put into the frame by hand; nothing of them runs there, elsewhere it does."""
    page.goto(HOUSE)
    expect(drawn(page).locator("body")).to_contain_text("Tres Ríos")
    frame = next(each for each in page.frames if "/vista/" in each.url)
    frame.evaluate(TRIES)
    page.wait_for_timeout(300)
    assert frame.evaluate("document.title") not in ("1", "2")
    assert frame.evaluate("self.origin") == "null"
    assert any("sandbox" in each or "Content Security Policy" in each for each in watched.complaints)
    watched.complaints.clear()  # what it tried was refused aloud, as this test wants
    blank = page.context.new_page()
    blank.evaluate(TRIES)
    blank.wait_for_function("['1', '2'].includes(document.title)")
