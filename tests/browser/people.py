"""What the people of the journeys do again and again."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

SECRET = "una frase que se recuerda"
PERIOD = 30
PATIENCE = 120.0  # seconds
DEMO = "/e/tres-rios/inicio/"  # its owner may be in other companies, too: "/" leads to the last one


def register(page: Page, *, name: str, email: str) -> None:
    """Make an account; ends where a person without a company is led."""
    page.goto("/")
    page.get_by_role("link", name="Crea tu cuenta").click()
    page.get_by_label("Tu nombre").fill(name)
    page.get_by_label("Correo").fill(email)
    page.get_by_label("Contraseña").fill(SECRET)
    page.get_by_role("button", name="Crear cuenta").click()
    page.wait_for_url(lambda url: "/cuenta/" not in url)


def create_company(page: Page, *, name: str, tax_id: str) -> str:
    """Create a company; returns the beginning of its addresses."""
    page.get_by_label("Razón social").fill(name)
    page.get_by_label("RFC o identificador fiscal").fill(tax_id)
    page.get_by_role("button", name="Crear empresa").click()
    page.wait_for_url(lambda url: "/e/" in url)
    return "/".join(page.url.split("/")[:5])


def said(page: Page, text: str) -> None:
    """The page has said so in a message."""
    expect(page.locator("#toasts")).to_contain_text(text)


def by_and_by(page: Page, there: Callable[[], object], again: Callable[[], object] | None = None) -> None:
    """Wait for what a worker does, on a machine that may be busy; `again` looks anew (default: load the page again)."""
    deadline = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > deadline:
            raise AssertionError(f"it never came on {page.url}")
        page.wait_for_timeout(500)
        (again or page.reload)()


def one_time_code(secret: str, now: Callable[[], float]) -> str:
    """The six digits of an authenticator app (RFC 6238), never in the last seconds of their life."""
    left = PERIOD - now() % PERIOD
    if left < 8:
        time.sleep(left + 0.5)
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(now()) // PERIOD), "sha1").digest()
    start = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
