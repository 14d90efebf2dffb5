"""What all that speaks HTTP shares: the limits of a request, what its failures mean, and how to read an answer.

Redirects are never followed: credentials go nowhere but where they belong.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

TIMEOUT = 20.0
MOST_SECONDS = 60.0  # for the whole answer: the time-out of a read starts anew with every byte
MAX_ANSWER = 4 * 1024 * 1024
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
BAD_SETTINGS = (UnicodeError, httpx.InvalidURL)  # what a person pasted cannot stand in a header or an address
UNSURE = frozenset({500, 502, 504})  # a gateway or a program that broke: the request may have been taken before


class NotSent(Exception):
    """Nobody took the request. `settings`: because something in it cannot be sent at all."""

    def __init__(self, name: str, *, settings: bool = False) -> None:
        super().__init__(name)
        self.name, self.settings = name, settings


class NoAnswer(Exception):
    """The request went out and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(method: str, url: str, **request: Any) -> Answer:
    """One request and its whole answer, at most `MAX_ANSWER` bytes. Raises `NotSent` or `NoAnswer`."""
    body = bytearray()
    found: dict[str, str] = {}
    status = receive(method, url, body.extend, most=MAX_ANSWER, headers_into=found, **request)
    return Answer(status, found, bytes(body))


def receive(
    method: str,
    url: str,
    take: Callable[[bytes], object],
    *,
    most: int,
    seconds: float = MOST_SECONDS,
    timeout: float = 0,
    headers_into: dict[str, str] | None = None,
    **request: Any,
) -> int:
    """One request whose answer goes to `take` piece by piece, for what is too big to hold; its status.

    `timeout`: for a peer that thinks for longer than `TIMEOUT` before each piece. Raises `NotSent` or `NoAnswer`.
    """
    end, size = time.monotonic() + seconds, 0
    try:
        with (
            httpx.Client(timeout=timeout or TIMEOUT, follow_redirects=False, verify=_trusted()) as client,
            client.stream(method, url, **request) as response,
        ):
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > most or time.monotonic() > end:
                    raise NoAnswer("TooMuch")
                take(chunk)
            if headers_into is not None:
                headers_into.update((name.lower(), value) for name, value in response.headers.items())
            return response.status_code
    except NOT_SENT as error:
        raise NotSent(type(error).__name__) from None
    except BAD_SETTINGS:
        raise NotSent("settings", settings=True) from None
    except httpx.HTTPError as error:
        raise NoAnswer(type(error).__name__) from None


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that we trust; reading them takes longer than a request."""
    return httpx.create_ssl_context()


def without(text: str, hidden: Iterable[str], limit: int = 300) -> str:
    """A provider's words on one line, with our secrets taken out should it repeat them."""
    for each in hidden:
        if len(each) >= 4:
            text = text.replace(each, "•••")
    return " ".join(text.split())[:limit]
