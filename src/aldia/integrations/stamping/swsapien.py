"""SW Sapien (SmarterWEB), RFC LSO1306189R5: sealed XML by multipart, a token, JSON answers.

Stamping: https://developers.sw.com.mx/knowledge-base/servicio-timbrado-v4/ (a document that has its stamp comes back
with 307 and that stamp). Cancelling: https://developers.sw.com.mx/knowledge-base/cancelacion-cfdi/, by the request
that we sign, so that the key of the seal never leaves the house.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from aldia.domain.ports.channels import Field
from aldia.domain.ports.stamping import CancelAnswer, CancelState, Seal, Stamped, StampFailure, StampRefused, ToCancel
from aldia.domain.sentences import gettext_noop
from aldia.integrations.http import Answer
from aldia.integrations.stamping import cancelling, wire
from aldia.integrations.stamping.reading import Unreadable, read_cfdi, uuid_of, with_stamp
from aldia.integrations.stamping.status import at_the_authority


class SwSapien:
    """`hosts`: the real service and the test one; settings cannot move them."""

    name: ClassVar[str] = "swsapien"
    label: ClassVar[str] = "SW Sapien"
    about: ClassVar[str] = gettext_noop("SmarterWEB. Con un token de tu cuenta, o con usuario y contraseña.")
    fields: ClassVar[tuple[Field, ...]] = (
        Field("token", gettext_noop("Token"), is_secret=True, required=False,
              help=gettext_noop("El token infinito de tu cuenta. Con él no hacen falta usuario ni contraseña.")),
        Field("user", gettext_noop("Usuario"), required=False),
        Field("password", gettext_noop("Contraseña"), is_secret=True, required=False),
    )  # fmt: skip
    help: ClassVar[str] = gettext_noop(
        "1. Entra a portal.sw.com.mx (para pruebas, portal.test.sw.com.mx). 2. En Mi cuenta → Tokens copia el token "
        "infinito y pégalo aquí. 3. Prueba la cuenta: te decimos cuántos timbres quedan. Tu sello digital no se sube "
        "a SW: aquí se sella y se firman las cancelaciones."
    )
    is_fiscal: ClassVar[bool] = True
    hosts: ClassVar[tuple[str, str]] = ("https://services.sw.com.mx", "https://services.test.sw.com.mx")
    status_url: ClassVar[str] = ""

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], *, is_test: bool = False) -> None:
        self._user, self._secrets, self._is_test = settings.get("user", ""), dict(secrets), is_test
        self._host, self._session = self.hosts[is_test], ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def stamp(self, xml: bytes, *, key: str) -> Stamped:
        # one id for these very bytes: a draft that is mended has another
        own = hashlib.sha256(key.encode() + xml).hexdigest()[:40]
        answer = self._post("/v4/cfdi33/stamp/v2", xml, headers={"customid": own}, moves=True)
        found = wire.json_of(answer, moves=True)
        data = found.get("data") if isinstance(found, dict) else None
        said = wire.text_of(found, "message") if isinstance(found, dict) else ""
        if isinstance(data, dict) and (found.get("status") == "success" or wire.says_stamped(said)):
            return _stamped(xml, data)
        if wire.says_stamped(said):  # it has a stamp, and they do not give it: anything but a refusal
            raise StampFailure("307", wire.SILENCE, is_unknown=True)
        self._refuse(answer, found, moves=True)

    def recover(self, xml: bytes, *, key: str, uuid: str = "") -> Stamped | None:
        """There is no asking for a stamp without its folio; `stamp` answers with the one there is (307)."""
        del xml, key, uuid
        return None

    def cancel(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        answer = self._post("/cfdi33/cancel/xml", cancelling.signed_request(wanted, seal), moves=True)
        found = wire.json_of(answer, moves=True)
        data = found.get("data") if isinstance(found, dict) else None
        if not isinstance(data, dict) or found.get("status") != "success":
            self._refuse(answer, found, moves=True)
        code = _code_of(data.get("uuid"), wanted.uuid)
        if code not in cancelling.ASKED:
            raise cancelling.refusal_of(code)
        proof = str(data.get("acuse") or "").encode()
        if self._is_test:  # SAT knows nothing of what the test service stamped
            return CancelAnswer(CancelState.DONE, code, "", proof, wanted.at)
        return cancelling.asked_and(self._state(wanted), code, proof, wanted.at)

    def cancellation(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        del seal
        return at_the_authority(wanted, url=self.status_url)

    def check(self) -> str:
        answer = wire.send("GET", f"{self._host}/account/balance", moves=False, headers=self._headers())
        found = wire.json_of(answer, moves=False)
        data = found.get("data") if isinstance(found, dict) else None
        if not isinstance(data, dict) or found.get("status") != "success":
            self._refuse(answer, found, moves=False)
        if data.get("unlimited"):
            return gettext_noop("Funciona. Tiene timbres ilimitados.")
        return f"Funciona. Quedan {data.get('saldoTimbres', '?')} timbres."

    def _state(self, wanted: ToCancel) -> CancelAnswer:
        try:
            return at_the_authority(wanted, url=self.status_url)
        except StampFailure:
            return CancelAnswer(CancelState.NONE)

    def _post(self, path: str, xml: bytes, *, moves: bool, headers: Mapping[str, str] | None = None) -> Answer:
        files = {"xml": ("xml", xml, "text/xml")}
        own = self._headers() | dict(headers or {})
        return wire.send("POST", self._host + path, moves=moves, headers=own, files=files)

    def _headers(self) -> dict[str, str]:
        if token := self._secrets.get("token"):
            return {"Authorization": f"Bearer {token}"}
        if not self._session:
            self._session = self._log_in()
        return {"Authorization": f"Bearer {self._session}"}

    def _log_in(self) -> str:
        if not (self._user and self._secrets.get("password")):
            said = gettext_noop("Falta el token, o el usuario con su contraseña.")
            raise StampFailure("credentials", said, permanent=True)
        who = {"user": self._user, "password": self._secrets["password"]}
        answer = wire.send("POST", f"{self._host}/v2/security/authenticate", moves=False, json=who)
        found = wire.json_of(answer, moves=False)
        data = found.get("data") if isinstance(found, dict) else None
        token = data.get("token") if isinstance(data, dict) else None
        if not isinstance(token, str) or not token:
            raise StampFailure("credentials", wire.CREDENTIALS, permanent=True)
        return token

    def _refuse(self, answer: Answer, found: Any, *, moves: bool) -> Any:
        said = " ".join(filter(None, (wire.text_of(found, "message"), wire.text_of(found, "messageDetail")))
                        ) if isinstance(found, dict) else ""  # fmt: skip
        if answer.status in (401, 403):
            raise StampFailure("credentials", wire.CREDENTIALS, permanent=True)
        if answer.status >= 500 or not said:
            wire.garbled(moves=moves)
        wire.refuse(said, hidden=[*self._secrets.values(), self._session])


def _stamped(xml: bytes, data: Mapping[str, Any]) -> Stamped:
    """The whole document, or ours with the stamp that came apart."""
    try:
        if whole := data.get("cfdi"):
            out = str(whole).encode()
        elif stamp := data.get("tfd"):
            out = with_stamp(xml, str(stamp).encode())
        else:
            wire.garbled(moves=True)
        return Stamped(uuid_of(read_cfdi(out)), out)
    except Unreadable:
        wire.garbled(moves=True)


def _code_of(codes: Any, uuid: str) -> str:
    """The code of one folio: {"UUID": "201"}."""
    if not isinstance(codes, Mapping):
        raise StampRefused("refused", wire.GARBLED)
    return next((str(code) for name, code in codes.items() if str(name).upper() == uuid.upper()), "")
