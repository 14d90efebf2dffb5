"""Nobody reaches another company: every address × every method × everybody who should not (reliability T1).

The addresses are read from the URLconf, so a new one is tried without being asked. The rows of company A carry a canary
in every text; what outsiders get must be a refusal, must not show the canary, and must leave A's rows as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from aldia.tenancy.models import Role, User
from aldia.tenancy.permissions import EVERYTHING, ROLE_PERMISSIONS
from tests.capabilities.route_ids import CANARY, VALUES, World, make_world

pytestmark = pytest.mark.django_db
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
PORTAL = "aldia.portal."  # public pages: they are not there under a company's prefix
OTHERS = ("allauth.", "django.")  # code of others guards its own pages; they hold nothing of a company
OPEN = {"invitation", "language", "style_error", "health", "health_ready", "health_live", "metrics", "channel_hook"}
OPEN |= {"payment_hook", "bank_hook"}
OPEN |= {"portal_brand", "portal_logo", "sandbox", "sandbox_transfer"}
OPEN |= {
    "portal_home", "portal_code", "portal_code_send", "portal_code_check", "portal_renew", "portal_leave", "portal_pay",
    "portal_payments", "portal_complements", "portal_messages", "portal_report", "portal_question",
    "portal_statement_pdf", "portal_excel", "portal_zip", "portal_document", "portal_dispute", "portal_document_pdf",
    "portal_document_xml", "portal_complement_pdf", "portal_complement_xml", "portal_receipt", "portal_proof",
    "portal_enter",
}  # fmt: skip
OPEN |= {"pay_link", "pay_ways", "pay_qr", "pay_attempt", "pay_receipt", "pay_enter"}
ATTACK = '"><img src=x onerror=alert(1)>'
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True)
class Route:
    name: str
    arguments: tuple[str, ...]
    module: str
    permission: str

    def path(self, world: World) -> str:
        path = reverse(self.name, kwargs={each: world.value(each) for each in self.arguments})
        return path if self.module.startswith(OTHERS) else f"{path}?{world.query()}"

    @property
    def names_rows(self) -> bool:
        return any(each not in VALUES for each in self.arguments)


@cache
def routes() -> list[Route]:
    found = [_route(pattern, above) for pattern, above in _walk(get_resolver(), ())]
    return [route for route in found if not route.module.startswith("django.views.static")]


def _walk(resolver: URLResolver, above: tuple[str, ...]) -> Iterator[tuple[URLPattern, tuple[str, ...]]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _walk(each, (*above, *each.pattern.converters, *_groups(each)))
        else:
            yield each, above


def _groups(each: URLPattern | URLResolver) -> tuple[str, ...]:
    regex = getattr(each.pattern, "regex", None)
    return tuple(regex.groupindex) if regex and not each.pattern.converters else ()


def _route(pattern: URLPattern, above: tuple[str, ...]) -> Route:
    callback = pattern.callback
    arguments = tuple(dict.fromkeys((*above, *pattern.pattern.converters, *_groups(pattern))))
    return Route(pattern.name or "", arguments, callback.__module__, getattr(callback, "permission", ""))


def client_of(user: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user, backend=BACKEND)
    return client


def walk_as(world: World, user: User | None, company: str, chosen: list[Route]) -> Iterator[tuple[Route, str, Any]]:
    """Try every method of every address, with A's ids in the address and in the body; one login for all of ours."""
    client = client_of(user)
    ids = {"id": [str(row.pk) for row in world.rows.values()], "all": "1"}
    for route in chosen:
        path = f"/e/{company}{route.path(world)}"
        for method in METHODS:
            response = client.post(path, ids) if method == "POST" else client.generic(method, path)
            yield route, f"{method} {path}", response
        if route.module.startswith(OTHERS):  # it may have ended the session
            client = client_of(user)


def problems(
    world: World, user: User | None, company: str, allowed: Callable[[Route], set[int]], *, hidden: bool = True
) -> list[str]:
    """What went wrong when somebody tried every address of a company with A's ids."""
    found = []
    before = world.fingerprint()
    for route, what, response in walk_as(world, user, company, routes()):
        if response.status_code not in allowed(route):
            found.append(f"{what}: {response.status_code}")
        shown = b"".join(response) if getattr(response, "streaming", False) else response.content
        if hidden and (CANARY.encode() in shown or any(CANARY in value for value in response.headers.values())):
            found.append(f"{what}: shows the canary")
    if world.fingerprint() != before:
        found.append(f"rows of the company changed: {changed_by(world, user, company)}")
    return found


def changed_by(world: World, user: User | None, company: str) -> str:
    """The first address that changes something (again): only asked when something did change."""
    for route in routes():
        before = world.fingerprint()
        for _route, _what, _response in walk_as(world, user, company, [route]):
            pass
        if world.fingerprint() != before:
            return route.name
    return "not found a second time"


@pytest.fixture
def plain_settings(settings: object) -> None:
    settings.SECURE_SSL_REDIRECT = False  # type: ignore[attr-defined]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture
def world(plain_settings: None) -> World:
    return make_world()


def test_every_address_says_who_may_open_it() -> None:
    ours = [route for route in routes() if not route.module.startswith(OTHERS)]
    known = EVERYTHING | {"signed_in", "open"}
    assert [route for route in ours if route.permission not in known] == []
    assert [route for route in ours if route.permission == "open" and route.name not in OPEN] == []


def test_every_address_has_a_name_and_ids(world: World) -> None:
    for route in routes():
        assert route.name, f"an address of {route.module} has no name"
        for argument in route.arguments:
            assert argument in VALUES or world.model_of(argument) in world.rows, (
                f"{route.name}: who gives {argument}? See route_ids.py"
            )


def test_a_visitor_is_sent_to_the_login(world: World) -> None:
    assert problems(world, None, world.company.slug, lambda route: {302}) == []


def test_a_visitor_without_a_company_in_the_address_sees_nothing(world: World) -> None:
    client = client_of(None)
    for route in routes():
        if route.permission in ("open", "signed_in") or route.module.startswith(OTHERS):
            continue
        for method in METHODS:
            response = client.generic(method, route.path(world))
            assert response.status_code in (302, 403, 404, 405), (method, route)
            assert CANARY.encode() not in response.content


@pytest.mark.parametrize("who", ["outsider", "suspended"])
def test_the_company_does_not_exist_for_others(world: World, who: str) -> None:
    assert problems(world, getattr(world, who), world.company.slug, lambda route: {404}) == []


def test_ids_of_another_company_do_not_exist_in_ones_own(world: World) -> None:
    """An owner of B asks B's addresses for A's rows, in the address and in the body."""
    anything = set(range(200, 500))
    found = problems(
        world, world.outsider, world.other.slug, lambda route: {404, 405} if route.names_rows else anything
    )
    opened_by_token = f"/e/{world.other.slug}/invitacion/{world.token}/"  # whoever holds the secret link reads its page
    assert [each for each in found if opened_by_token not in each] == []


@pytest.mark.once
def test_the_lowest_role_changes_nothing(world: World) -> None:
    """An auditor of A: 403 where the role lacks the permission, and no row changes anywhere."""
    refused = set(range(200, 500))
    closed = EVERYTHING - ROLE_PERMISSIONS[Role.AUDITOR]
    found = problems(
        world,
        world.lowest,
        world.company.slug,
        lambda route: {403, 405} if route.permission in closed else refused,
        hidden=False,
    )
    assert found == []


def test_the_owner_opens_nearly_every_page(world: World) -> None:
    """The positive control: the same ids, in the right hands, are there."""
    answers = {}
    client = client_of(world.owner)
    for route in routes():
        if route.module.startswith((*OTHERS, PORTAL)):
            continue
        path = f"/e/{world.company.slug}{route.path(world)}"
        answers[path] = client.get(path).status_code
    assert [path for path, status in answers.items() if status >= 500] == []
    missing = [path for path, status in answers.items() if status == 404]
    assert len(missing) <= len(answers) * 6 // 100, missing  # of files, tokens and keys that nobody made


class Handlers(HTMLParser):
    """Finds what a page would run by itself: attributes on…, and images of nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("src", "x") in attrs or any(name.startswith("on") for name, _value in attrs):
            self.found.append(tag)


def handlers(page: str) -> list[str]:
    parser = Handlers()
    parser.feed(page)
    return parser.found


def test_an_attack_in_a_page_is_seen() -> None:
    assert handlers(f'<a title="{ATTACK}">{ATTACK}</a>') == ["img", "img"]
    assert handlers(f'<a title="{escape(ATTACK)}">{escape(ATTACK)}</a>') == []


@pytest.mark.once
def test_hostile_text_is_shown_as_text(plain_settings: None) -> None:
    """Every text of a company is an attack: what pages show of it is text (reliability T17)."""
    world = make_world(ATTACK)
    client = client_of(world.owner)
    shown = 0
    for route in routes():
        if route.module.startswith(OTHERS):
            continue
        response = client.get(f"/e/{world.company.slug}{route.path(world)}")
        assert response.status_code < 500, route
        if is_frame(response):
            continue
        if "text/html" in response.headers.get("Content-Type", "") and not getattr(response, "streaming", False):
            page = response.content.decode()
            assert handlers(page) == [], route
            shown += "&lt;img src=x" in page
    assert shown >= 5, "the attack reached no page: the test tries nothing"


def is_frame(response: Any) -> bool:
    """A message as it went, HTML and all: shown exactly, in a page whose policy lets it run and fetch nothing."""
    policy = response.headers.get("Content-Security-Policy", "").split("; ")
    return "sandbox" in policy and "default-src 'none'" in policy and not any("script" in each for each in policy)


@pytest.mark.once
def test_the_walk_finds_a_leak(world: World) -> None:
    """The control of the walk: in the hands of somebody who may, the same requests do show the canary."""
    found = problems(world, world.lowest, world.company.slug, lambda route: {404})
    assert any("shows the canary" in each for each in found)
    assert any(": 200" in each for each in found)
