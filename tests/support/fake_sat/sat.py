"""What SAT keeps and how it behaves: sessions, requests through their states, packages with their limits."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from threading import RLock
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from aldia.integrations.stamping.certificates import Credentials
from tests.support.fake_sat.checks import Certificates, Refused
from tests.support.fake_sat.holdings import Held, document, metadata_package, name_of, xml_package

ZONE = ZoneInfo("America/Mexico_City")
CODES = {
    "300": "Usuario No Válido", "301": "XML Mal Formado", "302": "Sello Mal Formado", "404": "Error no controlado.",
    "5000": "Solicitud Aceptada", "5002": "Se han agotado las solicitudes de por vida",
    "5003": "Tope máximo de elementos de la consulta", "5004": "No se encontró la información",
    "5005": "Ya se tiene una solicitud registrada", "5006": "Error interno en el proceso",
    "5007": "No existe el paquete solicitado", "5008": "Máximo de descargas permitidas",
    "5011": "Límite de descargas por folio por día",
}  # fmt: skip
ACCEPTED, IN_PROCESS, FINISHED, ERROR, REJECTED, EXPIRED = range(1, 7)


@dataclass
class Call:
    """One call as it was taken: `operation` is session, ask, progress, download or status; `answer` its code."""

    operation: str
    at: datetime
    sent: dict[str, str]
    answer: str = ""


@dataclass
class Request:
    """A request that SAT accepted, in its own words. `stage` forces one of EstadoSolicitud, with its code."""

    name: str
    tax_id: str
    sent: dict[str, str]
    asked_at: datetime
    stage: int = 0
    stage_code: str = "5000"
    packages: dict[str, list[Held]] | None = None

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self.sent.items()))


@dataclass
class FakeSat:
    """SAT at a moment; its clock moves only when told."""

    now: datetime
    url: str = ""
    down: bool = False
    accepted_for: timedelta = timedelta(minutes=1)
    ready_after: timedelta = timedelta(minutes=5)
    is_stuck: bool = False
    token_life: timedelta = timedelta(minutes=5)
    xml_limit: int = 200_000
    metadata_limit: int = 1_000_000
    package_size: int = 10_000
    package_life: timedelta = timedelta(hours=72)
    most_downloads: int = 2
    same_period: int = 2
    folios_a_day: int = 100
    hang_seconds: float = 5
    documents: dict[str, Held] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    downloads: Counter[str] = field(default_factory=Counter)
    lost: set[str] = field(default_factory=set)
    certificates: Certificates = field(default_factory=Certificates)
    lock: RLock = field(default_factory=RLock, repr=False)
    _tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)
    _asked: Counter[tuple[tuple[str, str], ...]] = field(default_factory=Counter, repr=False)
    _breaks: list[tuple[str, str]] = field(default_factory=list, repr=False)

    # what a story says

    @property
    def settings(self) -> dict[str, str]:
        """What an adapter (and a connection) needs to come here."""
        return dict.fromkeys(("requests_url", "downloads_url", "status_url"), self.url)

    @property
    def local(self) -> datetime:
        """Its clock on the wall of central Mexico, without zone."""
        return self.now.astimezone(ZONE).replace(tzinfo=None)

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)

    def trust(self, credentials: Credentials) -> None:
        self.certificates.trust(credentials.authorities())

    def enrol(self, cer: bytes) -> None:
        self.certificates.enrol(cer)

    def revoke(self, serial: int) -> None:
        self.certificates.revoked.add(serial)

    def hold(self, *xmls: bytes) -> list[Held]:
        """Documents that are stamped."""
        return self.list(*map(document, xmls))

    def list(self, *held: Held) -> list[Held]:
        """The same, when only the listing counts (or the story writes the XML itself)."""
        self.documents |= {each.uuid: each for each in held}
        return [*held]

    def cancel(self, uuid: str, how: str = "Cancelado con aceptación") -> Held:
        found = self.documents[uuid]
        found.cancelled_at, found.cancellation = self.local.replace(microsecond=0), how
        return found

    def breaks(self, operation: str, how: str, times: int = 1) -> None:
        """The next calls of an operation go wrong. `how`: drop (nobody took it), lost (taken, then no answer), hang,
        html, garbage, doctype, fault, security, an HTTP status ("503"), or one of SAT's codes ("code:5006")."""
        self._breaks += [(operation, how)] * times

    def last(self, **sent: str) -> Request:
        """The newest request whose parameters are these."""
        return [each for each in self.requests.values() if sent.items() <= each.sent.items()][-1]

    def asked(self, operation: str) -> list[Call]:
        return [each for each in self.calls if each.operation == operation]

    # what the server asks

    def trouble(self, operation: str) -> str:
        with self.lock:
            found = next((each for each in self._breaks if each[0] == operation), None)
            if found is not None:
                self._breaks.remove(found)
        return found[1] if found else ""

    def open(self, tax_id: str) -> str:
        token = f"eyJhbGciOiJIUzI1NiJ9.{secrets.token_urlsafe(120)}"
        self._tokens[token] = (tax_id, self.now + self.token_life)
        return token

    def check_token(self, token: str, tax_id: str) -> None:
        whose, until = self._tokens.get(token, ("", self.now))
        if self.now >= until:
            raise Refused("300", "Token invalido.")
        if whose != tax_id:
            raise Refused("303", "Sello no corresponde con RfcSolicitante")

    def ask(self, operation: str, sent: dict[str, str]) -> str:
        """The name of a new request. Raises `Refused`."""
        tax_id = sent["RfcSolicitante"]
        if operation != "SolicitaDescargaFolio":
            self._check_period(operation, sent, tax_id)
        made = Request(name_of(len(self.requests) + 1), tax_id, {"operation": operation, **sent}, self.now)
        if any(each.key == made.key and self._is_alive(each) for each in self.requests.values()):
            raise Refused("5005", CODES["5005"])
        if self._asked[made.key] >= self.same_period and operation != "SolicitaDescargaFolio":
            raise Refused("5002", CODES["5002"])
        self._asked[made.key] += 1
        self.requests[made.name] = made
        return made.name

    def _check_period(self, operation: str, sent: dict[str, str], tax_id: str) -> None:
        since, until = (datetime.fromisoformat(sent[name]) for name in ("FechaInicial", "FechaFinal"))
        is_issued = operation == "SolicitaDescargaEmitidos"
        if since >= until or since < self.local.replace(hour=0, minute=0, second=0) - timedelta(days=6 * 366):
            raise Refused("301", "XML Mal Formado: El periodo de la solicitud no es válido.")
        if sent.get("RfcEmisor" if is_issued else "RfcReceptor") != tax_id:
            raise Refused("301", "XML Mal Formado: El RFC no es válido.")
        if not is_issued and sent["TipoSolicitud"] == "CFDI" and sent.get("EstadoComprobante") != "Vigente":
            text = (
                "La solicitud de descarga no es válida. No se permite la descarga de xml que se encuentren cancelados."
            )
            raise Refused("301", f"XML Mal Formado: {text}")

    def progress(self, name: str, tax_id: str) -> tuple[int, str, int, list[str]]:
        """EstadoSolicitud, CodigoEstadoSolicitud, NumeroCFDIs and the packages. Raises `Refused`."""
        request = self.requests.get(name)
        if request is None or request.tax_id != tax_id:
            raise Refused("5004", CODES["5004"])
        stage, code = self.stage_of(request)
        if stage != FINISHED:
            return stage, code, 0, []
        packages = request.packages or {}
        return stage, code, sum(map(len, packages.values())), list(packages)

    def stage_of(self, request: Request) -> tuple[int, str]:
        age = self.now - request.asked_at
        if request.stage:
            return request.stage, request.stage_code
        if self.is_stuck:
            return (ACCEPTED, "5000") if age < timedelta(hours=72) else (REJECTED, "404")
        if age < self.ready_after:
            return (ACCEPTED if age < self.accepted_for else IN_PROCESS), "5000"
        if request.packages is None:
            self._gather(request)
        if request.stage:
            return request.stage, request.stage_code
        if age > self.ready_after + self.package_life:
            return EXPIRED, "5000"
        return FINISHED, "5000"

    def _gather(self, request: Request) -> None:
        """Look the documents up and make packages of them, or say why not."""
        found = sorted(self._wanted(request), key=lambda each: (each.issued_at, each.uuid))
        limit = self.metadata_limit if request.sent.get("TipoSolicitud") == "Metadata" else self.xml_limit
        folios = [
            each for each in self.requests.values() if "Folio" in each.sent and each.asked_at.date() == self.now.date()
        ]
        if "Folio" in request.sent and len(folios) > self.folios_a_day:
            request.stage, request.stage_code = REJECTED, "5011"
        elif not found:
            request.stage, request.stage_code = REJECTED, "5004"
        elif len(found) > limit:
            request.stage, request.stage_code = REJECTED, "5003"
        parts = range(0, len(found), self.package_size)
        request.packages = {
            f"{request.name}_{place:02}": found[start : start + self.package_size]
            for place, start in enumerate(parts, 1)
        }

    def _wanted(self, request: Request) -> Iterable[Held]:
        sent = request.sent
        if "Folio" in sent:
            one = self.documents.get(sent["Folio"].upper())
            is_theirs = one is not None and request.tax_id in (one.issuer, one.receiver)
            return [one] if one is not None and is_theirs and one.cancelled_at is None else []
        since, until = (datetime.fromisoformat(sent[name]) for name in ("FechaInicial", "FechaFinal"))
        side = "issuer" if "RfcEmisor" in sent else "receiver"
        return [
            each
            for each in self.documents.values()
            if getattr(each, side) == request.tax_id
            and since <= each.issued_at <= until
            and not (sent.get("EstadoComprobante") == "Vigente" and each.cancelled_at)
        ]

    def download(self, package: str, tax_id: str) -> bytes:
        """The zip of a package. Raises `Refused`."""
        request = self.requests.get(package.rpartition("_")[0])
        is_there = request is not None and request.tax_id == tax_id and package in (request.packages or {})
        if not is_there or package in self.lost or self.stage_of(request)[0] != FINISHED:
            raise Refused("5007", CODES["5007"])
        if self.downloads[package] >= self.most_downloads:
            raise Refused("5008", CODES["5008"])
        self.downloads[package] += 1
        held = request.packages[package]
        is_listing = request.sent.get("TipoSolicitud") == "Metadata"
        return metadata_package(package, held) if is_listing else xml_package(held)

    def status(self, expression: str) -> tuple[str, Held | None]:
        """CodigoEstatus and the document that the printed expression names."""
        words = dict(each.partition("=")[::2] for each in expression.lstrip("?").replace("&amp;", "\0").split("&"))
        said = {name: unquote(value.replace("\0", "&")) for name, value in words.items()}
        try:
            total = Decimal(said["tt"])
        except (KeyError, InvalidOperation):
            return "N - 601: La expresión impresa proporcionada no es válida.", None
        found = self.documents.get(said.get("id", "").upper())
        if found is None or (found.issuer, found.receiver) != (said.get("re"), said.get("rr")):
            return "N - 602: Comprobante no encontrado.", None
        if Decimal(found.amount) != total or (found.seal_end and said.get("fe", found.seal_end) != found.seal_end):
            return "N - 602: Comprobante no encontrado.", None
        return "S - Comprobante obtenido satisfactoriamente.", found

    def _is_alive(self, request: Request) -> bool:
        return self.stage_of(request)[0] in (ACCEPTED, IN_PROCESS, FINISHED)
