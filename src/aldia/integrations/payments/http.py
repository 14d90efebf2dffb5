"""What providers that speak HTTP share: one request, and what its answer or its silence means for money.

A question that moves nothing (GET) may always be asked again: what goes wrong with it is a temporary failure. Once a
request that makes something may have been read, only the same key may ask for it again (`ProviderUnknown`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from aldia.domain.ports.payments import ProviderFailure, ProviderUnknown
from aldia.integrations import http
from aldia.integrations.payments.reading import UNREADABLE, parsed

READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Peer:
    """A provider's API as one account sees it: address, headers, and what must never show up in a message."""

    base: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: Sequence[str] = field(default=(), repr=False)
    key_header: str = "Idempotency-Key"

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """The JSON that a provider answers with 2xx (see `exchange`)."""
        return self.exchange(method, path, **request)[0]

    def exchange(
        self, method: str, path: str, *, moves: bool | None = None, key: str = "", **request: Any
    ) -> tuple[Any, Mapping[str, str]]:
        """The JSON and the headers of an answer with 2xx. Raises `ProviderFailure` or `ProviderUnknown`.

        `moves`: whether it may change something there (False for a POST that only asks). `key` is the idempotency key.
        """
        moving = method not in READS if moves is None else moves
        headers = {**self.headers, **({self.key_header: key} if key else {}), **request.pop("headers", {})}
        try:
            answer = http.ask(method, self.base + path, headers=headers, **request)
        except http.NotSent as error:
            raise self._not_sent(error) from None
        except http.NoAnswer as error:
            silent(f"No llegó la respuesta del proveedor ({error}).", moving=moving)
        return self._read(answer, moving), answer.headers

    def _not_sent(self, error: http.NotSent) -> ProviderFailure:
        if error.settings:
            text = "Alguna clave de la cuenta tiene letras que no puede tener."
            return ProviderFailure("settings", text, permanent=False)
        return ProviderFailure("connection", f"No se pudo conectar ({error.name}).", permanent=False)

    def _read(self, answer: http.Answer, moving: bool) -> Any:
        try:
            found = parsed(answer.body)
        except ValueError:
            found = None
        if 200 <= answer.status < 300:
            if not isinstance(found, dict | list):
                silent("El proveedor contestó algo que no se entiende.", moving=moving)
            return found
        self.refuse(answer.status, found, moving=moving)

    def refuse(self, status: int, found: Any, *, moving: bool) -> NoReturn:
        """Raise what an answer other than 2xx means; `found` is its JSON, if it had any.

        Addresses that it repeats are left out: that of our notices is known to nobody else.
        """
        code, text = words_of(found)
        text = http.without(re.sub(r"https?://\S+", "…", text), self.hidden) or f"HTTP {status}"
        code = http.without(code, self.hidden, 60) or str(status)
        if status < 400 or status in http.UNSURE or status == 409:
            silent(f"El proveedor contestó {status}: no se sabe si lo tomó.", moving=moving)
        if status in (401, 403):
            text = f"El proveedor no acepta las credenciales: {text}"
            raise ProviderFailure("credentials", text, permanent=False)
        if status == 404:
            raise ProviderFailure("not_found", f"El proveedor no lo conoce: {text}", permanent=True)
        raise ProviderFailure(code, text, permanent=status not in (408, 423, 425, 429) and status < 500)


def silent(text: str, *, moving: bool) -> NoReturn:
    """Raise that nobody can say what became of a request."""
    if moving:
        raise ProviderUnknown(text)
    raise ProviderFailure("connection", text, permanent=False)


@contextmanager
def understood(*, moving: bool) -> Iterator[None]:
    """What is read of an answer inside is of another shape than the provider publishes: as good as no answer."""
    try:
        yield
    except UNREADABLE:
        silent("El proveedor contestó algo que no se entiende.", moving=moving)


def words_of(found: Any) -> tuple[str, str]:
    """The code and the words of an error, wherever a provider puts them."""
    if not isinstance(found, dict):
        return "", ""
    error = found.get("error")
    if isinstance(error, dict):
        return str(error.get("code") or error.get("type") or ""), str(error.get("message") or "")
    details = found.get("details")
    if isinstance(details, list) and details and isinstance(details[0], dict):
        return str(details[0].get("code") or ""), str(details[0].get("message") or "")
    said = next((str(found[name]) for name in ("message", "mensaje", "descripcion") if found.get(name)), "")
    return str(error or found.get("code") or found.get("estado") or ""), said
