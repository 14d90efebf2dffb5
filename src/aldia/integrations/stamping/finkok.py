"""Finkok, RFC FIN1203015JA: SOAP, sealed XML in base64, user and password in each request.

Stamping: https://wiki.finkok.com/doku.php?id=stamp; a stamp that there is already (307): https://wiki.finkok.com/
doku.php?id=stamped (603: none). Cancelling by the request that the issuer signs: https://wiki.finkok.com/
doku.php?id=cancelsignature. How it stands: https://wiki.finkok.com/doku.php?id=get_sat_status.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from typing import ClassVar

from lxml import etree  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal.strict_xml import STRICT
from aldia.domain.ports.channels import Field
from aldia.domain.ports.stamping import CancelAnswer, CancelState, Seal, Stamped, StampFailure, ToCancel
from aldia.domain.sentences import gettext_noop
from aldia.integrations import http
from aldia.integrations.stamping import cancelling, wire
from aldia.integrations.stamping.reading import Unreadable, read_cfdi, uuid_of

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICES = {
    "stamp": "http://facturacion.finkok.com/stamp",
    "cancel": "http://facturacion.finkok.com/cancel",
    "utilities": "http://facturacion.finkok.com/utilities",
}
ACCOUNT = frozenset({"300", "702", "703"})  # user or password, an RFC that the account has not, suspended
BUSY = frozenset({"708", "718", "719", "798", "799"})  # SAT or Finkok itself is not at hand
NOT_STAMPED, STAMPED_BEFORE = "603", "307"
CLOCK_AT = "06700"


class Finkok:
    """`hosts`: the real service and the test one; settings cannot move them."""

    name: ClassVar[str] = "finkok"
    label: ClassVar[str] = "Finkok"
    about: ClassVar[str] = gettext_noop("Quadrum. Con el usuario y la contraseña de tu panel.")
    fields: ClassVar[tuple[Field, ...]] = (
        Field("user", gettext_noop("Usuario (correo)")),
        Field("password", gettext_noop("Contraseña"), is_secret=True),
    )
    help: ClassVar[str] = gettext_noop(
        "1. En el panel de Finkok (facturacion.finkok.com; para pruebas, demo-facturacion.finkok.com) da de alta el "
        "RFC de tu empresa en Clientes. 2. Escribe aquí el usuario y la contraseña del panel. Tu sello digital no se "
        "sube a Finkok: aquí se sella y se firman las cancelaciones."
    )
    is_fiscal: ClassVar[bool] = True
    hosts: ClassVar[tuple[str, str]] = ("https://facturacion.finkok.com", "https://demo-facturacion.finkok.com")

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], *, is_test: bool = False) -> None:
        self._user, self._password = settings.get("user", ""), secrets.get("password", "")
        self._host, self._is_test = self.hosts[is_test], is_test

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def stamp(self, xml: bytes, *, key: str) -> Stamped:
        answer = self._call("stamp", "stamp", {"xml": _base64(xml)}, moves=True)
        if (stamped := _stamped(answer)) is not None:
            return stamped
        code, said = _incident(answer)
        if code == STAMPED_BEFORE:
            if (found := self.recover(xml, key=key)) is not None:
                return found
            raise StampFailure(code, wire.SILENCE, is_unknown=True)  # it takes them a while to find it
        self._refuse(code, said, moves=True)

    def recover(self, xml: bytes, *, key: str, uuid: str = "") -> Stamped | None:
        del key, uuid  # the document itself is asked for
        answer = self._call("stamp", "stamped", {"xml": _base64(xml)}, moves=False)
        if (stamped := _stamped(answer)) is not None:
            return stamped
        code, said = _incident(answer)
        if code == NOT_STAMPED:
            return None
        self._refuse(code, said, moves=False)

    def cancel(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        request = cancelling.signed_request(wanted, seal)
        answer = self._call("cancel", "cancel_signature", {"xml": _base64(request)}, moves=True)
        code, said = _text(answer, "EstatusUUID"), _text(answer, "CodEstatus") or _text(answer, "error")
        proof = html.unescape(_text(answer, "Acuse")).encode()
        if not code and said:
            code = "205" if said.endswith("No Encontrado") else said.split(" ")[0].strip(":-.")
        if code in ACCOUNT | BUSY:
            self._refuse(code, said, moves=True)
        if code not in cancelling.ASKED:
            raise cancelling.refusal_of(code.lower() if code.lower() == "no_cancelable" else code, self._said(said))
        if self._is_test:  # SAT knows nothing of what the test service stamped
            return CancelAnswer(CancelState.DONE, code, "", proof, wanted.at)
        try:
            standing = self.cancellation(wanted, seal)
        except StampFailure:
            standing = CancelAnswer(CancelState.NONE)
        return cancelling.asked_and(standing, code, proof, wanted.at)

    def cancellation(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        asked = {
            "taxpayer_id": seal.tax_id, "rtaxpayer_id": wanted.receiver, "uuid": wanted.uuid, "total": wanted.total,
        }  # fmt: skip
        answer = self._call("cancel", "get_sat_status", asked, moves=False, credentials_first=True)
        if error := _text(answer, "error"):
            raise StampFailure("status", self._said(error))
        return cancelling.answer_of(
            _text(answer, "Estado"), _text(answer, "EstatusCancelacion"), code=_text(answer, "CodigoEstatus")
        )

    def check(self) -> str:
        answer = self._call("utilities", "datetime", {"zipcode": CLOCK_AT}, moves=False, credentials_first=True)
        if _text(answer, "error") or not _text(answer, "datetime"):
            raise StampFailure("credentials", wire.CREDENTIALS, permanent=True)
        return gettext_noop("Funciona.")

    def _call(
        self, service: str, operation: str, asked: Mapping[str, str], *, moves: bool, credentials_first: bool = False
    ) -> _Element:
        """The Result of one operation. Raises `StampFailure`."""
        url = f"{self._host}/servicios/soap/{service}.wsdl"
        envelope = self._envelope(SERVICES[service], operation, asked, credentials_first=credentials_first)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": operation}
        answer = wire.send("POST", url, moves=moves, content=envelope, headers=headers)
        try:
            root = etree.fromstring(answer.body, STRICT)
        except (etree.XMLSyntaxError, ValueError):
            wire.garbled(moves=moves)
        if root.getroottree().docinfo.doctype or root.tag != f"{{{SOAP}}}Envelope":
            wire.garbled(moves=moves)
        fault = root.find(f".//{{{SOAP}}}Fault")
        if fault is not None:
            raise StampFailure("fault", self._said(_text(fault, "faultstring")) or wire.GARBLED, is_unknown=moves)
        result = next((each for each in root.iter() if _name(each) == f"{operation}Result"), None)
        if result is None:
            wire.garbled(moves=moves)
        return result

    def _envelope(self, space: str, operation: str, asked: Mapping[str, str], *, credentials_first: bool) -> bytes:
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "fin": space})
        etree.SubElement(envelope, f"{{{SOAP}}}Header")
        body = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{space}}}{operation}")
        who = {"username": self._user, "password": self._password}
        for name, value in ({**who, **asked} if credentials_first else {**asked, **who}).items():
            try:
                etree.SubElement(body, f"{{{space}}}{name}").text = value
            except ValueError:
                raise StampFailure("settings", wire.SETTINGS, permanent=True) from None
        data: bytes = etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
        return data

    def _refuse(self, code: str, said: str, *, moves: bool) -> StampFailure:
        text = self._said(said)
        if code in ACCOUNT:
            raise StampFailure("credentials" if code == "300" else code, text or wire.CREDENTIALS, permanent=True)
        if code in BUSY:
            raise StampFailure(code, text or wire.SILENCE, is_unknown=moves)
        if not code and not text:
            wire.garbled(moves=moves)
        wire.refuse(text, hidden=[self._password], code=code)

    def _said(self, text: str) -> str:
        return http.without(text, [self._password])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _name(element: _Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(answer: _Element, name: str) -> str:
    """The words of the first element of that name, whatever its namespace."""
    return next(((each.text or "").strip() for each in answer.iter() if _name(each) == name and each.text), "")


def _stamped(answer: _Element) -> Stamped | None:
    """The document that came, if one did."""
    found = _text(answer, "xml")
    if not found:
        return None
    data = (found if found.startswith("<") else html.unescape(found)).encode()
    try:
        return Stamped(uuid_of(read_cfdi(data)), data)
    except Unreadable:
        wire.garbled(moves=True)


def _incident(answer: _Element) -> tuple[str, str]:
    """The code and the words of the first thing that was wrong."""
    return _text(answer, "CodigoError"), " ".join(
        filter(None, (_text(answer, "MensajeIncidencia"), _text(answer, "ExtraInfo")))
    ) or _text(answer, "error") or _text(answer, "CodEstatus")  # fmt: skip
