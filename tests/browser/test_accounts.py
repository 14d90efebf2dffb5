"""People come in: accounts, companies, invitations, the second step."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.house import House
from tests.browser.people import SECRET, create_company, one_time_code, register, said

Visitor = Callable[..., BrowserContext]


def test_wrong_password_is_a_sentence(visitor: Visitor) -> None:
    page = visitor().new_page()
    page.goto("/cuenta/login/")
    page.get_by_label("Correo").fill("nadie@tresrios.example")
    page.get_by_label("Contraseña").fill("no-es-esta-clave")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("alert").or_(page.locator(".alert-danger")).first).to_contain_text("no son correctas")


def test_somebody_who_owns_two_companies_switches_between_them(visitor: Visitor) -> None:
    page = visitor().new_page()
    register(page, name="Nadia Olvera", email="nadia@dos.example")
    first = create_company(page, name="Papelera Uno SA de CV", tax_id="PUN150317AB1")
    said(page, "ya está en Aldía")
    page.get_by_role("button", name="Cambiar de empresa").click()
    page.get_by_role("link", name="Crear otra empresa").click()
    second = create_company(page, name="Papelera Dos SA de CV", tax_id="PDO150317AB2")
    assert first != second
    page.get_by_role("button", name="Cambiar de empresa").click()
    page.get_by_role("link", name="Papelera Uno").click()
    page.wait_for_url(lambda url: url.startswith(first))
    expect(page.locator(".switcher .btn")).to_contain_text("Papelera Uno")


def test_an_invited_person_comes_in_with_the_role_of_the_invitation(
    login: Callable[..., Page], visitor: Visitor, house: House
) -> None:
    page = login()
    page.goto("/")
    page.locator(".sidebar").get_by_role("link", name="Personas").click()
    page.get_by_role("link", name="Invitar", exact=True).click()
    page.get_by_label("Correo").fill("olga@invitada.example")
    page.get_by_label("Papel", exact=True).select_option("auditor")
    page.get_by_role("button", name="Enviar invitación").click()
    said(page, "Se envió la invitación a olga@invitada.example")

    guest = visitor().new_page()
    guest.goto(_link(house, "olga@invitada.example", "/invitacion/"))
    guest.get_by_role("link", name="Crear cuenta con olga@invitada.example").click()
    guest.get_by_label("Tu nombre").fill("Olga Prieto")
    guest.get_by_label("Correo").fill("olga@invitada.example")
    guest.get_by_label("Contraseña").fill(SECRET)
    guest.get_by_role("button", name="Crear cuenta").click()
    guest.get_by_role("button", name="Aceptar la invitación").click()
    said(guest, "Ya eres parte de")
    sidebar = guest.locator(".sidebar")
    expect(sidebar.get_by_role("link", name="Clientes")).to_be_visible()
    expect(sidebar.get_by_role("link", name="Personas")).to_have_count(0)


def test_the_second_step_is_asked_for_once_it_is_on(visitor: Visitor, house: House) -> None:
    page = visitor().new_page()
    register(page, name="Saúl Rangel", email="saul@dospasos.example")
    create_company(page, name="Dos Pasos SA de CV", tax_id="DPA150317AB3")
    page.goto(_link(house, "saul@dospasos.example", "/cuenta/confirm-email/"))
    page.get_by_role("button", name="Confirmar").click()
    page.wait_for_url(lambda url: "/confirm-email/" not in url)
    page.goto("/cuenta/2fa/totp/activate/")
    if page.get_by_role("button", name="Confirmar").count():  # before such a change the password is asked again
        page.get_by_label("Contraseña").fill(SECRET)
        page.get_by_role("button", name="Confirmar").click()
    secret = page.get_by_label("clave").input_value()
    page.get_by_label("Código").fill(one_time_code(secret, house.now))
    page.get_by_role("button", name="Activar").click()
    page.wait_for_url(lambda url: "/recovery-codes/" in url)

    other = visitor().new_page()
    other.goto("/cuenta/login/")
    other.get_by_label("Correo").fill("saul@dospasos.example")
    other.get_by_label("Contraseña").fill(SECRET)
    other.get_by_role("button", name="Entrar").click()
    other.wait_for_url(lambda url: "/2fa/authenticate/" in url)
    other.get_by_label("Código").fill("000000")
    other.get_by_role("button", name=re.compile("Entrar|Iniciar")).first.click()
    expect(other.locator(".invalid-feedback, .alert-danger").first).to_be_visible()
    other.get_by_label("Código").fill(one_time_code(secret, house.now))
    other.get_by_role("button", name=re.compile("Entrar|Iniciar")).first.click()
    other.wait_for_url(lambda url: "/e/dos-pasos" in url)


def _link(house: House, email: str, path: str) -> str:
    """The address with this path in the last letter to somebody."""
    letter = next(text for text in reversed(house.mail()) if f"To: {email}" in text)
    found = re.search(rf"http://\S+{path}[^\s\"<]+", letter.replace("=\n", ""))
    assert found, letter
    return found.group()
