"""What SAT answers, read strictly into the words of the port: any other shape is as good as no answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.ports.tax import Asked, DocumentStatus, Progress, Stage, Token
from aldia.integrations.tax.mx_sat.wire import garbled

MOST_PACKAGES = 5_000
MESSAGE, CODE = 300, 10
_SHORTEST, _LONGEST = timedelta(seconds=30), timedelta(minutes=10)
_TOKEN = re.compile(r"[\x21\x23-\x7e]{8,8000}").fullmatch  # it goes into a header, between quotes
_NAME = re.compile(r"[0-9A-Za-z_-]{1,60}").fullmatch
_PACKAGE = re.compile(r"[0-9A-Za-z_-]{1,80}").fullmatch
_COUNT = re.compile(r"[0-9]{1,9}").fullmatch


def token(root: _Element, now: datetime) -> Token:
    """The session. It lives as long as SAT says, counted by our clock: SAT's may differ."""
    value = (root.findtext("{*}Body/{*}AutenticaResponse/{*}AutenticaResult") or "").strip()
    if not _TOKEN(value):
        garbled()
    stamp = root.find("{*}Header/{*}Security/{*}Timestamp")
    life = timedelta(minutes=5)
    if stamp is not None:
        life = _instant(stamp, "Expires") - _instant(stamp, "Created")
    return Token(value, now + min(max(life, _SHORTEST), _LONGEST))


def asked(root: _Element, operation: str) -> Asked:
    """The answer to a request."""
    found = root.find(f"{{*}}Body/{{*}}{operation}Response/{{*}}{operation}Result")
    if found is None:
        garbled()
    code, message = _code(found, "CodEstatus"), _message(found)
    name = (found.get("IdSolicitud") or "").strip()
    if code != "5000":
        return Asked(code, message)
    if not _NAME(name):
        garbled()
    return Asked(code, message, name)


def progress(root: _Element) -> Progress:
    """How a request is."""
    path = "{*}Body/{*}VerificaSolicitudDescargaResponse/{*}VerificaSolicitudDescargaResult"
    found = root.find(path)
    if found is None:
        garbled()
    names = [(each.text or "").strip() for each in found.findall("{*}IdsPaquetes")]
    names = [each for each in names if each]  # SAT writes an empty one where there are none
    if len(names) > MOST_PACKAGES or not all(map(_PACKAGE, names)):
        garbled()
    count, stage = (found.get("NumeroCFDIs") or "0").strip(), (found.get("EstadoSolicitud") or "0").strip()
    if not _COUNT(count) or stage not in {str(int(each)) for each in Stage}:
        garbled()
    return Progress(
        code=_code(found, "CodEstatus"),
        message=_message(found),
        stage=Stage(int(stage)),
        stage_code=_code(found, "CodigoEstadoSolicitud") if found.get("CodigoEstadoSolicitud") else "",
        found=int(count),
        packages=tuple(dict.fromkeys(names)),
    )


def status(root: _Element) -> DocumentStatus:
    """How a document is, in SAT's own words."""
    found = root.find("{*}Body/{*}ConsultaResponse/{*}ConsultaResult")
    if found is None:
        garbled()

    def said(name: str, limit: int) -> str:
        return " ".join((found.findtext(f"{{*}}{name}") or "").split())[:limit]

    code, state = said("CodigoEstatus", 120), said("Estado", 40)
    if not code or not state:
        garbled()
    return DocumentStatus(
        code, state, said("EsCancelable", 60), said("EstatusCancelacion", 60), said("ValidacionEFOS", 20)
    )


def _code(found: _Element, name: str) -> str:
    code = (found.get(name) or "").strip()
    if not code or len(code) > CODE or not code.isalnum():
        garbled()
    return code


def _message(found: _Element) -> str:
    return " ".join((found.get("Mensaje") or "").split())[:MESSAGE]


def _instant(stamp: _Element, name: str) -> datetime:
    try:
        return datetime.fromisoformat((stamp.findtext(f"{{*}}{name}") or "").strip())
    except ValueError:
        garbled()
