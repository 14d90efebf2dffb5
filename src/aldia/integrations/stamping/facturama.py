"""Facturama: an API of JSON that seals by itself with the CSD that its account holds, so seal and date are its own.

Documents: https://apisandbox.facturama.mx/guias/api-multi/cfdi/factura, payments: …/cfdi/complemento-pago. It knows no
idempotency key: before anything is made, our series and folio are looked for among what it has (`_find`), and what is
there is compared with ours; so a document whose answer was lost is found, not made again.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn
from urllib.parse import quote, urlencode

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.ports.channels import Field
from aldia.domain.ports.stamping import CancelAnswer, CancelState, Seal, Stamped, StampFailure, StampRefused, ToCancel
from aldia.domain.sentences import gettext_noop
from aldia.integrations import http
from aldia.integrations.stamping import wire
from aldia.integrations.stamping.cancelling import refusal_of
from aldia.integrations.stamping.facturama_json import NotMapped, as_json, payload
from aldia.integrations.stamping.reading import C, Unreadable, essence, read_cfdi, uuid_of

MULTI, WEB = "multi", "web"
_MAKE = {MULTI: "/api-lite/3/cfdis", WEB: "/3/cfdis"}
_LIST = {MULTI: "/api-lite/cfdis", WEB: "/cfdi"}
_TYPE = {MULTI: "issuedLite", WEB: "issued"}
_STATES = {
    "canceled": CancelState.DONE, "cancelled": CancelState.DONE, "accepted": CancelState.DONE,
    "pending": CancelState.WAITING, "requested": CancelState.WAITING, "inprocess": CancelState.WAITING,
    "rejected": CancelState.REJECTED, "active": CancelState.NONE, "expired": CancelState.DONE,
}  # fmt: skip


class Facturama:
    """`hosts`: the real service and the sandbox; settings cannot move them."""

    name: ClassVar[str] = "facturama"
    label: ClassVar[str] = "Facturama"
    about: ClassVar[str] = gettext_noop("Ellos sellan: el sello digital se sube a tu cuenta de Facturama.")
    fields: ClassVar[tuple[Field, ...]] = (
        Field("mode", gettext_noop("Tipo de cuenta"), required=False, default=MULTI,
              choices=((MULTI, "API Multiemisor"), (WEB, "API Web"))),
        Field("user", gettext_noop("Usuario")),
        Field("password", gettext_noop("Contraseña"), is_secret=True),
    )  # fmt: skip
    help: ClassVar[str] = gettext_noop(
        "1. Crea tu usuario de API en facturama.mx (para pruebas, apisandbox.facturama.mx). 2. Sube ahí el sello "
        "digital (CSD) de tu empresa: Facturama sella por su cuenta, así que sello y fecha son los suyos. 3. Escribe "
        "aquí el usuario y la contraseña de la API y prueba la cuenta."
    )
    is_fiscal: ClassVar[bool] = True
    hosts: ClassVar[tuple[str, str]] = ("https://api.facturama.mx", "https://apisandbox.facturama.mx")

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], *, is_test: bool = False) -> None:
        self._mode = settings.get("mode") if settings.get("mode") in _MAKE else MULTI
        self._user, self._password = settings.get("user", ""), secrets.get("password", "")
        self._host = self.hosts[is_test]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def stamp(self, xml: bytes, *, key: str) -> Stamped:
        if (found := self.recover(xml, key=key)) is not None:
            return found
        try:
            asked = payload(read_cfdi(xml))
        except (NotMapped, Unreadable) as error:
            raise StampRefused("not_mapped", str(error)) from None
        made = self._ask("POST", _MAKE[self._mode], moves=True, content=as_json(asked))
        name = made.get("Id") if isinstance(made, dict) else None
        if not isinstance(name, str) or not name:
            wire.garbled(moves=True)
        try:
            return self._download(name)
        except StampFailure as failure:  # it is stamped: what is missing is its XML
            raise StampFailure(failure.code, wire.SILENCE, is_unknown=True) from None

    def recover(self, xml: bytes, *, key: str, uuid: str = "") -> Stamped | None:
        del key, uuid
        wanted = read_cfdi(xml)
        for name in self._named(wanted):
            found = self._download(name)
            if essence(read_cfdi(found.xml)) == essence(wanted):
                return found
        return None

    def cancel(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        del seal  # they hold one of their own
        name = self._id_of(wanted)
        query = {"motive": wanted.motive, "rfcIssuer": wanted.issuer} | (
            {"uuidReplacement": wanted.replacement} if wanted.replacement else {}
        )
        if self._mode == WEB:
            query = {"type": "issued", **{key: value for key, value in query.items() if key != "rfcIssuer"}}
        try:
            found = self._ask("DELETE", f"{_LIST[self._mode]}/{quote(name)}?{urlencode(query)}", moves=True)
        except StampRefused as refusal:
            raise refusal_of(refusal.code, refusal.text) from None
        return _cancelled(found, wanted, CancelState.WAITING)

    def cancellation(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        del seal
        path = f"{_LIST[self._mode]}/{quote(self._id_of(wanted))}"
        found = self._ask("GET", path + ("?type=issued" if self._mode == WEB else ""), moves=False)
        return _cancelled(found, wanted, CancelState.NONE)

    def check(self) -> str:
        found = self._ask("GET", "/api-lite/csds" if self._mode == MULTI else "/cfdi?type=issued&status=all&page=0",
                          moves=False)  # fmt: skip
        if self._mode == WEB or not isinstance(found, list):
            return gettext_noop("Funciona.")
        names = ", ".join(str(each.get("Rfc", "")) for each in found if isinstance(each, dict))
        return f"Funciona. Sellos cargados: {names or 'ninguno todavía'}."

    def _named(self, wanted: _Element) -> Iterator[str]:
        """The ids of documents there with our series and folio."""
        folio = wanted.get("Folio", "")
        receiver = wanted.find(f"{C}Receptor")
        if not folio or receiver is None:
            return
        query = {
            "type": _TYPE[self._mode],
            "status": "all",
            "rfc": receiver.get("Rfc", ""),
            "serie": wanted.get("Serie", ""),
        }
        query |= {"folioStart": folio, "folioEnd": folio} if folio.isdigit() else {"keyword": folio}
        for each in self._rows(query):
            if str(each.get("Folio", "")).strip() == folio and each.get("Id"):
                yield str(each["Id"])

    def _id_of(self, wanted: ToCancel) -> str:
        """Their name for a stamped document."""
        query = {"type": _TYPE[self._mode], "status": "all", "keyword": wanted.uuid}
        for each in self._rows(query):
            if str(each.get("Uuid") or "").upper() == wanted.uuid.upper() and each.get("Id"):
                return str(each["Id"])
        raise StampRefused("205", gettext_noop("Facturama no conoce ese folio fiscal."))

    def _rows(self, query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        given = {name: value for name, value in query.items() if value}
        found = self._ask("GET", f"{_LIST[self._mode]}?{urlencode(given)}", moves=False)
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def _download(self, name: str) -> Stamped:
        found = self._ask("GET", f"/cfdi/xml/{_TYPE[self._mode]}/{quote(name)}", moves=False)
        try:
            data = base64.b64decode(found["Content"], validate=True)
            root = read_cfdi(data)
        except (KeyError, TypeError, binascii.Error, Unreadable):
            wire.garbled(moves=False)
        if not uuid_of(root):
            wire.garbled(moves=False)
        return Stamped(uuid_of(root), data)

    def _ask(self, method: str, path: str, *, moves: bool, content: str | None = None) -> Any:
        """The JSON of an answer with 2xx. Raises `StampFailure`, `StampRefused`."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        more = {"content": content.encode()} if content is not None else {}
        answer = wire.send(
            method, self._host + path, moves=moves, headers=headers, auth=(self._user, self._password), **more
        )
        if answer.status in (401, 403):
            raise StampFailure("credentials", wire.CREDENTIALS, permanent=True)
        if answer.status >= 500:
            raise StampFailure(str(answer.status), wire.SILENCE, is_unknown=moves)
        if answer.status >= 400:
            self._refuse(answer)
        return wire.json_of(answer, moves=moves)

    def _refuse(self, answer: http.Answer) -> NoReturn:
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = {}
        found = found if isinstance(found, dict) else {}
        states = found.get("ModelState") or found.get("modelState")
        words = [str(each) for value in (states.values() if isinstance(states, dict) else ()) for each in _list(value)]
        said = " ".join(words) or wire.text_of(found, "Message", "message") or f"HTTP {answer.status}"
        wire.refuse(said, hidden=[self._password])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _cancelled(found: Any, wanted: ToCancel, unsaid: CancelState) -> CancelAnswer:
    if not isinstance(found, dict):
        wire.garbled(moves=True)
    word = str(found.get("Status") or "").lower().replace(" ", "")
    try:
        proof = base64.b64decode(found.get("AcuseXmlBase64") or "")
    except (binascii.Error, TypeError):
        proof = b""
    said = wire.text_of(found, "Message")
    return CancelAnswer(_STATES.get(word, unsaid), word, said, proof, wanted.at)
