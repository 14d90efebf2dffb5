"""What channels that speak HTTP share: one request, and what its answer or its silence means for a message.

Before the request was taken nothing went out; once it may have been read and no answer came, nobody can say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import httpx

from aldia.domain.ports.channels import ChannelFailure, ChannelUnknown
from aldia.integrations.http import BAD_SETTINGS, NOT_SENT, TIMEOUT, UNSURE, without

__all__ = ["BAD_SETTINGS", "NOT_SENT", "TIMEOUT", "UNSURE", "get", "json_of", "post", "raise_for", "without"]


def post(url: str, **request: Any) -> httpx.Response:
    """POST without following redirects. Raises a temporary `ChannelFailure` or `ChannelUnknown`."""
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            return client.post(url, **request)
    except NOT_SENT as error:
        raise ChannelFailure("connection", f"No se pudo conectar ({type(error).__name__}).", permanent=False) from error
    except BAD_SETTINGS:
        raise _bad_settings() from None
    except httpx.HTTPError as error:
        raise ChannelUnknown(f"No llegó la respuesta del proveedor ({type(error).__name__}).") from error


def get(url: str, **request: Any) -> httpx.Response:
    """GET of something that sends nothing: every failure of the network is temporary."""
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            return client.get(url, **request)
    except BAD_SETTINGS:
        raise _bad_settings() from None
    except httpx.HTTPError as error:
        raise ChannelFailure("connection", f"No se pudo conectar ({type(error).__name__}).", permanent=False) from error


def raise_for(status: int, code: str, text: str, *, permanent: bool, bad: bool = False) -> NoReturn:
    """Raise what an answer other than 2xx means.

    Wrong credentials (401, 403), too many requests (429) and maintenance (503) are no fault of the message: they are
    temporary, and once put right it goes.
    """
    if status in UNSURE:
        raise ChannelUnknown(f"El proveedor contestó {status}: no se sabe si lo tomó.")
    if status in (401, 403):
        raise ChannelFailure(code, f"El proveedor no acepta las credenciales: {text}", permanent=False)
    if status in (408, 425, 429) or status >= 500:
        raise ChannelFailure(code, text, permanent=False)
    raise ChannelFailure(code, text, permanent=permanent, address_is_bad=bad)


def _bad_settings() -> ChannelFailure:
    return ChannelFailure("settings", "Alguna clave de la cuenta tiene letras que no puede tener.", permanent=False)


def json_of(response: Any) -> Mapping[str, Any]:
    """The object that an answer carries; an empty one where it carries something else."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
