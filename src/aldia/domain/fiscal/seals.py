"""Seal of the issuer and stamp of the SAT's provider, verified on the original bytes. Shown to people, never blocking.

Anexo 20: seal RSA-SHA256 (SHA-1 until CFDI 3.2) over the "cadena original" that SAT's XSLT makes of the document; stamp
over `||1.1|UUID|FechaTimbrado|RfcProvCertif[|Leyenda]|SelloCFD|NoCertificadoSAT||`; stamped within 72 hours of issue
(CFF 29, https://www.diputados.gob.mx/LeyesBiblio/pdf/CFF.pdf). Nothing is fetched and no path is made of what the
document says: certificates and transforms come from the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import hashes
from lxml import etree  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import certificates as sat
from aldia.domain.fiscal import values
from aldia.domain.fiscal.certificates import Authorities, BadCertificate, Certificate
from aldia.domain.fiscal.envelope import TFD
from aldia.domain.fiscal.errors import FiscalError
from aldia.domain.fiscal.reading import CFDI3, CFDI4, read, read_original
from aldia.domain.fiscal.zones import CENTRE, zones_of
from aldia.domain.sentences import gettext_noop

State = Literal["ok", "bad", "unknown"]
Lookup = Callable[[str], bytes | None]  # certificate number (20 digits, already checked) -> DER
Transform = Callable[[Any], Any]  # a compiled XSLT: tree -> cadena original
LIMIT = timedelta(hours=72)

NO_TRANSFORM = gettext_noop("El sello no se verificó: falta el componente del SAT (instala «aldia[mx]»).")
TRANSFORM_FAILED = gettext_noop("El sello no se verificó: no se pudo formar la cadena original.")
NO_SEAL = gettext_noop("El comprobante no trae sello del emisor.")
BAD_SEAL = gettext_noop(
    "El sello no corresponde al contenido: el comprobante fue alterado o su certificado no es el suyo."
)
REPAIRED = gettext_noop("El archivo tuvo que repararse para leerlo: se verificó la copia reparada.")
NO_CERTIFICATE = gettext_noop("No se tiene el certificado del emisor para verificar el sello.")
BAD_CERTIFICATE = gettext_noop("El certificado del emisor que trae el comprobante no se puede leer.")
OTHER_NUMBER = gettext_noop("El número de certificado no es el del certificado que trae el comprobante.")
BAD_NUMBER = gettext_noop("El número de certificado no tiene 20 dígitos.")
OTHER_HOLDER = gettext_noop("El certificado es de otro contribuyente: su RFC no es el del emisor.")
EXPIRED = gettext_noop("El certificado del emisor no estaba vigente en la fecha del comprobante.")
NO_STAMP = gettext_noop("El comprobante no trae timbre.")
OTHER_SEAL = gettext_noop("El timbre se hizo sobre otro sello: no corresponde a este comprobante.")
NO_SAT_CERTIFICATE = gettext_noop(
    "No se tiene el certificado con el que se timbró: agrégalo al almacén de certificados para verificar el timbre."
)
BAD_STAMP = gettext_noop("El sello del SAT no corresponde al timbre: el timbre fue alterado.")
STAMP_EXPIRED = gettext_noop("El certificado con el que se timbró no estaba vigente en la fecha del timbre.")
UNKNOWN_AUTHORITY = gettext_noop("Un certificado fue emitido por una autoridad que no está en el almacén.")
FORGED_AUTHORITY = gettext_noop("Un certificado dice ser emitido por el SAT y no lo es.")
LATE = gettext_noop("El comprobante se timbró más de 72 horas después de su fecha.")
EARLY = gettext_noop("El timbre es anterior a la fecha del comprobante.")


@dataclass(frozen=True, slots=True)
class SealReport:
    """What could be proved, each thing by itself, and a Spanish sentence for each thing that could not."""

    seal: State = "unknown"
    stamp: State = "unknown"
    chain: State = "unknown"
    hours_72: State = "unknown"
    findings: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """One word for lists: bad if anything is bad, ok if seal and stamp are, unknown otherwise."""
        if "bad" in (self.seal, self.stamp, self.chain, self.hours_72):
            return "bad"
        return "ok" if self.seal == self.stamp == "ok" else "unknown"


@dataclass(slots=True)
class Case:
    """The document under examination and what has been found so far."""

    root: _Element
    version: str
    repaired: bool
    findings: list[str] = field(default_factory=list)
    seen: list[Certificate] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute of the Comprobante; 3.2 began them in lower case."""
        spelled = name[0].lower() + name[1:] if self.version == "3.2" else name
        return (self.root.get(spelled) or self.root.get(name) or "").strip()

    def found(self, finding: str, state: State) -> State:
        if finding not in self.findings:
            self.findings.append(finding)
        return state


def verify(
    data: bytes,
    *,
    certificates: Lookup,
    transform: Callable[[str], Transform | None] | None,
    authorities: Authorities | None = None,
) -> SealReport:
    """Examine the original bytes of a CFDI. Never raises: what cannot be read is `unknown`, with its reason.

    `certificates` finds a certificate by number, `transform` the XSLT of a version ("4.0"), `authorities` are the
    roots that are trusted.
    """
    try:
        case = _open(data)
    except FiscalError as error:
        return SealReport(findings=(error.message,))
    if case is None:
        return SealReport()
    seal = _seal(case, certificates, transform(case.version) if transform else None)
    stamp_node = case.root.find(f"{case.root.tag[:-11]}Complemento/{TFD}")
    stamp = _stamp(case, stamp_node, certificates)
    chain = _chain(case, authorities)
    hours = _hours(case, stamp_node)
    return SealReport(seal, stamp, chain, hours, tuple(case.findings))


def _open(data: bytes) -> Case | None:
    root = read_original(data)
    repaired = root is None
    if root is None:
        root, _ = read(data)
    if root.tag not in (f"{{{CFDI4}}}Comprobante", f"{{{CFDI3}}}Comprobante"):
        return None
    case = Case(root, (root.get("Version") or root.get("version") or "").strip(), repaired)
    if repaired:
        case.findings.append(REPAIRED)
    return case


# ── the issuer's seal ─────────────────────────────────────────────────────────────────────────────────────────


def _seal(case: Case, lookup: Lookup, transform: Transform | None) -> State:
    signature = case.get("Sello")
    if not signature:
        return case.found(NO_SEAL, "bad")
    certificate, state = _issuer_certificate(case, lookup)
    if certificate is None:
        return state
    if state == "ok":
        state = _holder(case, certificate)
    if transform is None:
        return case.found(NO_TRANSFORM, state if state == "bad" else "unknown")
    try:
        text = str(transform(case.root))
    except (etree.LxmlError, ValueError):
        return case.found(TRANSFORM_FAILED, state if state == "bad" else "unknown")
    algorithm: hashes.HashAlgorithm = hashes.SHA1() if case.version == "3.2" else hashes.SHA256()  # noqa: S303
    if not certificate.signed(signature, text, algorithm):
        return case.found(BAD_SEAL, "unknown" if case.repaired else "bad")
    return state


def _issuer_certificate(case: Case, lookup: Lookup) -> tuple[Certificate | None, State]:
    """The one inside the document, else the store's; "bad" when what is printed contradicts itself."""
    number = case.get("NoCertificado")
    printed = case.get("Certificado")
    try:
        if printed:
            certificate = sat.from_base64(printed)
        elif not sat.NUMBER(number):
            return None, case.found(BAD_NUMBER, "bad")
        elif der := lookup(number):
            certificate = sat.load(der)
        else:
            return None, case.found(NO_CERTIFICATE, "unknown")
    except BadCertificate:
        return None, case.found(BAD_CERTIFICATE, "bad")
    case.seen.append(certificate)
    if certificate.number != number:
        return certificate, case.found(OTHER_NUMBER, "bad")
    return certificate, "ok"


def _holder(case: Case, certificate: Certificate) -> State:
    """Whether it was the issuer's and in force."""
    issuer = next((child for child in case.root if child.tag.endswith("}Emisor")), None)
    printed = "" if issuer is None else (issuer.get("Rfc") or issuer.get("rfc") or "").strip().upper()
    if certificate.tax_id != printed:
        return case.found(OTHER_HOLDER, "bad")
    issued_at = _time(case.get("Fecha"))
    if issued_at is None or not certificate.was_valid(issued_at):
        return case.found(EXPIRED, "bad")
    return "ok"


# ── the stamp, the chain, the clock ───────────────────────────────────────────────────────────────────────────


def _stamp(case: Case, node: _Element | None, lookup: Lookup) -> State:
    if node is None:
        return case.found(NO_STAMP, "bad")
    old = (node.get("version") or "") == "1.0"
    seal, number, signature = (
        (node.get(name[0].lower() + name[1:] if old else name) or "").strip()
        for name in ("SelloCFD", "NoCertificadoSAT", "SelloSAT")
    )
    if "".join(seal.split()) != "".join(case.get("Sello").split()):
        return case.found(OTHER_SEAL, "bad")
    if not sat.NUMBER(number):
        return case.found(BAD_NUMBER, "bad")
    der = lookup(number)
    if der is None:
        return case.found(NO_SAT_CERTIFICATE, "unknown")
    try:
        certificate = sat.load(der)
    except BadCertificate:
        return case.found(NO_SAT_CERTIFICATE, "unknown")
    case.seen.append(certificate)
    if not certificate.signed(signature, stamp_text(node, old), hashes.SHA1() if old else hashes.SHA256()):  # noqa: S303
        return case.found(BAD_STAMP, "unknown" if case.repaired else "bad")
    stamped_at = _time(node.get("FechaTimbrado") or "")
    if stamped_at is None or not certificate.was_valid(stamped_at):
        return case.found(STAMP_EXPIRED, "bad")
    return "ok"


def stamp_text(node: _Element, old: bool) -> str:
    """Cadena original of the stamp, as SAT's XSLT writes it: blanks collapsed, an absent Leyenda left out."""
    if old:
        parts = [node.get(name) for name in ("version", "UUID", "FechaTimbrado", "selloCFD", "noCertificadoSAT")]
    else:
        names = ("Version", "UUID", "FechaTimbrado", "RfcProvCertif", "Leyenda", "SelloCFD", "NoCertificadoSAT")
        parts = [node.get(name) for name in names if name != "Leyenda" or node.get(name)]
    return "||" + "|".join(" ".join((part or "").split()) for part in parts) + "||"


def _chain(case: Case, authorities: Authorities | None) -> State:
    """Whether every certificate used descends from SAT's roots (the issuer's, and the one that stamped)."""
    if not authorities or not case.seen:
        return "unknown"
    answers = [authorities.issued(certificate) for certificate in case.seen]
    if False in answers:
        return case.found(FORGED_AUTHORITY, "bad")
    return case.found(UNKNOWN_AUTHORITY, "unknown") if None in answers else "ok"


def _hours(case: Case, node: _Element | None) -> State:
    """0 ≤ stamp − issue ≤ 72 h, each in its own zone; where the place may keep two clocks, either will do."""
    issued_at = _time(case.get("Fecha"))
    stamped_at = None if node is None else _time(node.get("FechaTimbrado") or "")
    if issued_at is None or stamped_at is None:
        return "unknown"
    stamped = stamped_at.replace(tzinfo=ZoneInfo(CENTRE))
    place = (case.root.get("LugarExpedicion") or "").strip()
    waits = [stamped - issued_at.replace(tzinfo=zone) for zone in zones_of(place)]
    if any(timedelta(0) <= wait <= LIMIT for wait in waits):
        return "ok"
    return case.found(LATE if waits[0] > LIMIT else EARLY, "bad")


def _time(text: str) -> datetime | None:
    """Local time without zone (3.2 might print one), or None."""
    holder = etree.Element("time", at=text.strip()) if text.isprintable() else etree.Element("time")
    try:
        return values.moment(holder, "at", "", zoned=True)
    except FiscalError:
        return None
