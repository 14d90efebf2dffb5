"""STP: CLABE that the company issues itself under its own prefix, and the notice of each SPEI that comes in.

Its guide (https://stpmex.zendesk.com/hc/es, "Abono", "Firmas electrónicas", "Consulta de órdenes") is behind a login;
what is here was checked against recorded answers of its demonstration environment.

Notices (`sendAbono`) carry no signature, only Basic credentials that the company chooses, over HTTPS and from known
addresses. So one is never believed by itself: with the signing key of the company the order is asked for
(`consultaOrden`); without it a person confirms (`needs_proof`).

The id of a payment is what makes a SPEI one of its kind: day of operation, sending bank, amount, clave de rastreo.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aldia.domain import clabe
from aldia.domain.ports.payments import (
    AccountAsked,
    AccountKind,
    Asked,
    BadSignature,
    Field,
    Limits,
    Method,
    Notice,
    Offer,
    OpenedAccount,
    ProviderFailure,
    Seen,
)
from aldia.domain.sentences import Refusal, gettext_noop
from aldia.integrations.payments import stp_orders as orders
from aldia.integrations.payments.base import Base, to_own_account, unsupported
from aldia.integrations.payments.http import Peer, understood
from aldia.integrations.payments.reading import UNREADABLE, json_object, name_of, pem_blocks, text
from aldia.integrations.payments.signing import same

PRODUCTION, DEMO = "produccion", "demo"
HOSTS = {  # where orders are listed and accounts registered, and where one order is asked for
    PRODUCTION: ("https://prod.stpmex.com", "https://prod.stpmex.com"),
    DEMO: ("https://demo.stpmex.com:7024", "https://efws-dev.stpmex.com"),
}
MEXICO = timezone(timedelta(hours=-6))  # the capital has had no summer time since 2022
MOST_DAYS = 15
NOTHING_FOUND = 6


class Stp(Base):
    """The company's own account at STP."""

    name: ClassVar[str] = "stp"
    label: ClassVar[str] = "STP (SPEI)"
    methods: ClassVar[tuple[Method, ...]] = (Method.SPEI,)
    opens_accounts: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (
        Field("company", gettext_noop("Nombre de tu empresa en STP"), help=gettext_noop("Tal como lo dio STP.")),
        Field("clabe_prefix", gettext_noop("Prefijo de tus CLABE"), help=gettext_noop("646180 y tus dígitos.")),
        Field("notice_user", gettext_noop("Usuario de los avisos"), help=gettext_noop("Lo eliges tú y lo das a STP.")),
        Field("notice_password", gettext_noop("Contraseña de los avisos"), is_secret=True),
        Field(
            "allowed_ips",
            gettext_noop("Direcciones IP de STP"),
            required=False,
            help=gettext_noop("Separadas por comas. Vacío: cualquiera con el usuario y la contraseña."),
        ),
        Field("private_key", gettext_noop("Llave privada (PEM)"), is_secret=True, required=False),
        Field("private_key_password", gettext_noop("Contraseña de la llave"), is_secret=True, required=False),
        Field(
            "environment",
            gettext_noop("Ambiente"),
            default=PRODUCTION,
            choices=((PRODUCTION, gettext_noop("Producción")), (DEMO, gettext_noop("Demostración"))),
        ),
        Field(
            "registers",
            gettext_noop("Registrar cada CLABE en STP"),
            required=False,
            default="no",
            choices=(("no", gettext_noop("No hace falta")), ("si", gettext_noop("Sí, con el RFC del cliente"))),
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "1. Pide a STP tu prefijo de CLABE (646180 y los dígitos de tu empresa) y el nombre de tu empresa en su "
        "sistema. 2. Elige un usuario y una contraseña y da a STP la dirección de abajo para el servicio de abonos "
        "(sendAbono) con ellos. 3. Pide las direcciones IP desde las que avisa y escríbelas: es lo único, además de la "
        "contraseña, que distingue un aviso verdadero. 4. Genera tu par de llaves, registra el certificado en STP y "
        "pega aquí la llave privada: con ella cada abono se confirma con STP antes de aplicarse. Sin ella, una persona "
        "confirma cada abono contra tu cuenta o el CEP de Banxico."
    )

    def limits(self, method: Method, currency: str) -> Limits | None:
        return Limits(1) if method == Method.SPEI and currency == "MXN" else None

    def ask(self, asked: Asked) -> Offer:
        return to_own_account(self, asked)

    def fetch(self, provider_id: str) -> Seen:
        """The order as STP has it. Orders of the day are asked for without a day, older ones with it."""
        wanted = orders.Identity.of(provider_id)
        if wanted is None or not self.secret("private_key"):
            unsupported()
        for day in ("", wanted.day):
            found = self._order(wanted.trace, day)
            if found is not None and orders.Identity.in_order(found) == wanted:
                with understood(moving=False):
                    return orders.seen_of_order(found)
        raise ProviderFailure("not_found", "STP no tiene ese abono.", permanent=True)

    def _order(self, trace: str, day: str) -> Mapping[str, Any] | None:
        body = {"empresa": self.setting("company"), "claveRastreo": trace, "tipoOrden": "R"}
        if day:
            body["fechaOperacion"] = day
        body["firma"] = orders.sign(self._key(), f"||{body['empresa']}|{trace}|R|{day}||")
        try:
            answer = self._peer(1).ask("POST", "/efws/API/consultaOrden", json=body, moves=False)
        except ProviderFailure as failure:
            if failure.code == str(NOTHING_FOUND):
                return None
            raise
        with understood(moving=False):
            if answer.get("estado") == NOTHING_FOUND:
                return None
            if answer.get("estado") != 0:
                words = text(answer.get("mensaje"), 200)
                raise ProviderFailure("order", f"STP no contestó la consulta: {words}", permanent=False)
            return dict(answer["respuesta"])

    def received(self, since: datetime, until: datetime) -> list[Seen]:
        """Orders received today and on each day asked for; [] without the signing key, since nobody can ask."""
        if not self.secret("private_key"):
            return []
        first, last = since.astimezone(MEXICO).date(), until.astimezone(MEXICO).date()
        found: dict[str, Seen] = {}
        for day in ["", *(f"{each:%Y%m%d}" for each in _days(first, last))]:
            for order in self._orders(day):
                with understood(moving=False):
                    if not orders.is_return(order):
                        seen = orders.seen_of_order(order)
                        found[seen.provider_id] = seen
        return list(found.values())

    def _orders(self, day: str) -> list[Mapping[str, Any]]:
        body = {"empresa": self.setting("company"), "estado": "R"}
        if day:
            body["fechaOperacion"] = day
        body["firma"] = orders.sign(self._key(), f"|||{body['empresa']}|{day}|||{'|' * 30}")
        with understood(moving=False):
            answer = self._peer(0).ask("POST", "/speiws/rest/ordenPago/consOrdenesFech", json=body, moves=False)
            result = answer["resultado"]
            if "lst" in result:
                return [each for each in result["lst"] or [] if each]
            words = text(result.get("descripcionError"), 200)
            if words.startswith("No se encontraron"):
                return []
            raise ProviderFailure("orders", f"STP no dio la lista: {words}", permanent=False)

    def open_account(self, asked: AccountAsked) -> OpenedAccount:
        prefix = self.setting("clabe_prefix")
        try:
            value = clabe.issue(prefix, asked.sequence)
        except Refusal as refusal:
            raise ProviderFailure(refusal.code, refusal.message, permanent=True) from None
        if self.setting("registers") == "si":
            self._register(value, asked)
        return OpenedAccount(AccountKind.CLABE, value, provider_id=value, bank=clabe.bank_of(value))

    def _register(self, value: str, asked: AccountAsked) -> None:
        """Register the CLABE of a company; once more is no harm, STP says that it has it."""
        rfc, company = asked.customer_tax_id.upper(), self.setting("company")
        if len(rfc) != 12:
            raise ProviderFailure("tax_id", "STP solo registra CLABE de empresas, con su RFC.", permanent=True)
        body = {
            "empresa": company,
            "cuenta": value,
            "rfcCurp": rfc,
            "nombre": text(asked.customer_name, 50),
            "pais": 187,
            "firma": orders.sign(self._key(), f"||{company}|{value}|{rfc}||"),
        }
        answer = self._peer(0).ask("PUT", "/speiws/rest/cuentaModule/moral", json=body)
        with understood(moving=True):
            words = text(answer.get("descripcion"), 200)
            if answer["id"] != 0 and "duplicad" not in words.lower() and "existe" not in words.lower():
                raise ProviderFailure("register", f"STP no registró la CLABE: {words}", permanent=True)

    def check(self) -> str:
        try:
            sample = clabe.issue(self.setting("clabe_prefix"), 1)
        except Refusal as refusal:
            raise ProviderFailure(refusal.code, refusal.message, permanent=True) from None
        warning = "" if sample.startswith("646") else " Ojo: las CLABE de STP empiezan con 646."
        if not self.secret("private_key"):
            return f"El prefijo es correcto. Sin llave privada, cada abono lo confirma una persona.{warning}"
        self._orders("")
        return f"STP contestó la consulta firmada: cada abono se confirma solo.{warning}"

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Notice]:
        self._refuse_strangers(headers)
        try:
            notice = orders.folded(json_object(body))
            if text(notice.get("empresa"), 100) != self.setting("company"):
                raise ValueError("a notice for another company")
            if orders.is_return(notice):
                return []  # money that the company sent and that came back: no customer's payment
            who = orders.Identity.in_order(notice)
            if who is None:
                raise ValueError("no clave de rastreo, day, bank or amount")
            seen = orders.seen_of_notice(notice)
        except UNREADABLE as error:
            raise ValueError(f"{type(error).__name__} in a notice of STP") from None
        asks = bool(self.secret("private_key"))
        kept = None if asks else seen
        return [Notice(name_of(*who.parts), "sendAbono", str(who), at=seen.paid_at, seen=kept, needs_proof=not asks)]

    def answer(self, notices: list[Notice]) -> tuple[int, str]:
        return 200, '{"mensaje":"confirmar"}'

    def _refuse_strangers(self, headers: Mapping[str, str]) -> None:
        """Both parts of the credentials are compared, always; `:address` is where the request came from."""
        user, password = basic_credentials(headers.get("authorization", ""))
        right_user = same(user, self.setting("notice_user"))
        right_password = same(password, self.secret("notice_password"))
        if not (right_user & right_password):
            raise BadSignature
        allowed = [each.strip() for each in self.setting("allowed_ips").split(",") if each.strip()]
        if allowed and not comes_from(headers.get(":address", ""), allowed):
            raise BadSignature

    def _peer(self, which: int) -> Peer:
        hosts = HOSTS.get(self.setting("environment", PRODUCTION), HOSTS[PRODUCTION])
        return Peer(self.api or hosts[which], hidden=[*self._secrets.values()])

    def _key(self) -> rsa.RSAPrivateKey:
        password = self.secret("private_key_password")
        try:
            key = load_pem_private_key(pem_blocks(self.secret("private_key"))[0], password.encode() or None)
        except (IndexError, ValueError, TypeError, UnsupportedAlgorithm):
            text = "La llave privada no se puede abrir: revisa que esté completa y su contraseña."
            raise ProviderFailure("key", text, permanent=False) from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ProviderFailure("key", "La llave privada de STP debe ser RSA.", permanent=False)
        return key


def basic_credentials(header: str) -> tuple[str, str]:
    """User and password of a Basic header (RFC 7617), both "" when it is none."""
    scheme, _blank, given = header.partition(" ")
    try:
        decoded = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    user, colon, password = decoded.partition(":")
    return (user, password) if colon and scheme.lower() == "basic" else ("", "")


def comes_from(address: str, allowed: list[str]) -> bool:
    """Whether an address is in one of the networks; a list that cannot be read allows nobody."""
    try:
        found = ipaddress.ip_address(address.strip())
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in ipaddress.ip_network(each, strict=False) for each in allowed)
    except ValueError:
        return False


def _days(first: date, last: date) -> Iterator[date]:
    """The days of a span, at most `MOST_DAYS` of its end."""
    day = max(first, last - timedelta(days=MOST_DAYS))
    while day <= last:
        yield day
        day += timedelta(days=1)
