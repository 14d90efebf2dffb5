"""What PACs that speak HTTP share: one request, and what its answer or its silence means for a stamp.

Nobody there: not taken, for certain. No whole answer: it may have been stamped, so it is unknown, and asked for again
with the same bytes. No word of ours that is secret comes back in what a PAC says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from aldia.domain.ports.stamping import StampFailure, StampRefused
from aldia.domain.sentences import gettext_noop
from aldia.integrations import http

NOBODY = gettext_noop("No se pudo conectar con el PAC: se intenta otra vez.")
SILENCE = gettext_noop("El PAC no contestó completo: se le pregunta otra vez por el mismo documento.")
SETTINGS = gettext_noop("El usuario, la contraseña o el token tienen letras que no pueden tener.")
CREDENTIALS = gettext_noop("El PAC no acepta el usuario o la contraseña: corrígelos en la cuenta.")
GARBLED = gettext_noop("El PAC contestó algo que no se entiende.")
_CODE = re.compile(r"\s*((?:CFDI|CRP|CCE|T|N)?[0-9]{3,6})\b[\s.:-]*")
# An account without stamps left, however each PAC says it: nothing is wrong with the document.
_BALANCE = re.compile(
    r"(timbres|folios|cr[eé]ditos) disponibles|saldo (de timbres|insuficiente)|sin (timbres|saldo|cr[eé]ditos)", re.I
)
_STAMPED = re.compile(r"timbre previo|timbrado previamente|previamente timbrado|customid", re.I)


def send(method: str, url: str, *, moves: bool, **request: Any) -> http.Answer:
    """One request and its whole answer. Raises `StampFailure`; `moves`: it may have been carried out."""
    try:
        answer = http.ask(method, url, **request)
    except http.NotSent as error:
        if error.settings:
            raise StampFailure("settings", SETTINGS, permanent=True) from None
        raise StampFailure("connection", NOBODY) from None
    except http.NoAnswer:
        raise StampFailure("connection", SILENCE, is_unknown=moves) from None
    if answer.status in (401, 403) and not answer.body.strip():
        raise StampFailure("credentials", CREDENTIALS, permanent=True)
    if answer.status in (408, 425, 429) or answer.status >= 502 or 300 <= answer.status < 400:
        raise StampFailure(str(answer.status), SILENCE, is_unknown=moves and answer.status != 429)
    return answer


def json_of(answer: http.Answer, *, moves: bool) -> Any:
    """The JSON object or list of an answer; anything else is as good as no answer."""
    try:
        found = json.loads(answer.body)
    except ValueError:
        garbled(moves=moves)
    return found if isinstance(found, dict | list) else garbled(moves=moves)


def garbled(*, moves: bool) -> NoReturn:
    """What came cannot be read: nobody knows what became of the request."""
    raise StampFailure("garbled", GARBLED, is_unknown=moves)


def refuse(text: str, *, hidden: Iterable[str] = (), code: str = "") -> NoReturn:
    """Raise what a PAC's words mean: it said no, or the account has no stamps left."""
    said = http.without(text, hidden, 400) or GARBLED
    found = _CODE.match(said)
    code = code or (found.group(1) if found else "")
    if not code.startswith(("CFDI", "CRP")) and _BALANCE.search(said):
        raise StampFailure("balance", said, permanent=True)
    raise StampRefused(code or "refused", said[found.end() :] if found and found.group(1) == code else said)


def says_stamped(text: str) -> bool:
    """Whether a PAC says that this very document has its stamp already (307)."""
    return text.strip().startswith("307") or _STAMPED.search(text) is not None


def text_of(found: Mapping[str, Any], *names: str) -> str:
    """The first of these that holds words."""
    return next((str(found[name]).strip() for name in names if found.get(name)), "")
