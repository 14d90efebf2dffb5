"""Find the pages of the house by following its own links: one page for every kind of address."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import APIRequestContext

HREF = re.compile(r'(?:href|hx-get)="([^"#]*)"')
ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
COMPANY = re.compile(r"/e/[^/]+/")
KEY = re.compile(r"(?<=/)[a-z]+(?:\.[a-z]+)+(?=/)")  # of something built in: "after.firm.email.es"
SECRET = re.compile(r"(?<=/)(?:[\w-]{43}|(?:pago|spei)_[0-9a-f]{32}|\d{18})(?=/)")  # of what customers open
MOST = 300  # kinds: a crawl that finds more is going round in circles


@dataclass(frozen=True)
class Found:
    """What an address answered."""

    address: str
    status: int
    content_type: str
    body: bytes

    @property
    def is_page(self) -> bool:
        """A whole page, not a piece that a page asks for, nor a file."""
        return "text/html" in self.content_type and b"<html" in self.body


def kind(path: str) -> str:
    """The address without ids, keys and what is asked of it: pages of one kind look alike."""
    return SECRET.sub("*", KEY.sub("*", ID.sub("*", urlsplit(path).path)))


def crawl(request: APIRequestContext, start: str, *, per_kind: int = 1) -> Iterator[Found]:
    """Every kind of page or file that links lead to from `start`, in the company that it names (others look alike)."""
    seen: dict[str, int] = {}
    waiting, known, own = deque([start]), {start}, _company(start)
    while waiting:
        address = waiting.popleft()
        if seen.get(kind(address), 0) >= per_kind:
            continue
        assert len(seen) < MOST, f"more than {MOST} kinds of addresses: {sorted(seen)[:20]}"
        seen[kind(address)] = seen.get(kind(address), 0) + 1
        answer = request.get(address)
        content_type = answer.headers.get("content-type", "")
        yield Found(address, answer.status, content_type, answer.body())
        if "text/html" in content_type:
            links = _links(answer.text(), answer.url, known)
            waiting.extend(each for each in links if _company(each) in ("", own or _company(each)))


def _company(address: str) -> str:
    named = COMPANY.search(address)
    return named[0] if named else ""


def _links(text: str, base: str, known: set[str]) -> Iterator[str]:
    house = urlsplit(base).netloc
    for found in HREF.findall(text):
        address = urljoin(base, unescape(found))
        if urlsplit(address).netloc != house or "/static/" in address or address in known:
            continue
        known.add(address)
        yield address
