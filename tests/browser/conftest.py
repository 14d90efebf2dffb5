"""A real Chromium against a real server. Whatever a test does, the page may not complain: see `watched`."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.browser.house import OWNER, PASSWORD, House
from tests.browser.watching import Watch

HERE = Path(__file__).parent
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
TAKEN = os.environ.get("ALDIA_SCREENSHOTS") == "1"  # pictures for the documentation are wanted
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Playwright's loop stays in this thread until the run ends; Django takes the tests after ours for coroutines.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a browser test, and comes last: a mistake below it shows sooner."""
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.browser)
    items[:] = [item for item in items if HERE not in item.path.parents] + ours


def find_chromium() -> str | None:
    """The browser to drive: ALDIA_CHROMIUM, or what the machine has installed."""
    named = os.environ.get("ALDIA_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], playwright: Playwright) -> dict[str, Any]:
    path = find_chromium()
    if path is None and not Path(playwright.chromium.executable_path).exists():
        say = "no Chromium on this machine (install it, or name it in ALDIA_CHROMIUM)"
        pytest.fail(say) if os.environ.get("CI") else pytest.skip(say)
    return {**browser_type_launch_args, "executable_path": path, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """One house for all tests of this process, with a small demo in it; the full one when pictures are taken."""
    size = {"documents": 3000, "customers": 120} if TAKEN else {"documents": 300, "customers": 30}
    with tempfile.TemporaryDirectory(prefix="aldia-house-") as folder, House(Path(folder), **size) as house:
        yield house


@pytest.fixture(scope="session")
def base_url(house: House) -> str:
    return house.url


@pytest.fixture(scope="session")
def context_args(base_url: str) -> dict[str, Any]:
    """A person in Mexico in front of a small laptop."""
    return {
        "base_url": base_url,
        "locale": "es-MX",
        "timezone_id": "America/Mexico_City",
        "viewport": {"width": 1360, "height": 900},
        "reduced_motion": "reduce",
        "accept_downloads": True,
    }


@pytest.fixture
def watched() -> Iterator[Watch]:
    """Listens to every page of the test; at its end nothing may have gone wrong in any of them."""
    watch = Watch()
    yield watch
    assert watch.complaints == []


@pytest.fixture
def visitor(browser: Browser, context_args: dict[str, Any], watched: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browsers of people: `visitor()` is nobody yet; keyword arguments are Playwright's."""
    opened: list[BrowserContext] = []

    def open_context(**more: Any) -> BrowserContext:
        context = browser.new_context(**{**context_args, **more})
        context.set_default_timeout(60_000)  # a machine may be busy with other tests
        watched.listen(context)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def _passes() -> dict[str, Any]:
    """Cookies of those who have logged in during this run."""
    return {}


@pytest.fixture
def login(visitor: Callable[..., BrowserContext], _passes: dict[str, Any]) -> Callable[..., Page]:
    """A page of somebody who has logged in: the demo's owner unless another is named."""

    def enter(email: str = OWNER, password: str = PASSWORD, **more: Any) -> Page:
        if email not in _passes:
            page = visitor().new_page()
            page.goto("/cuenta/login/")
            page.get_by_label("Correo").fill(email)
            page.get_by_label("Contraseña").fill(password)
            page.get_by_role("button", name="Entrar").click()
            page.wait_for_url(lambda url: "/cuenta/" not in url)
            _passes[email] = page.context.storage_state()
        return visitor(storage_state=_passes[email], **more).new_page()

    return enter


@pytest.fixture
def page(login: Callable[..., Page]) -> Page:
    """A page of the demo's owner."""
    return login()
