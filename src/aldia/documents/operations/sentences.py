"""What an import says of each file: outcome, code, and a sentence with what it is, why, and what to do."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from aldia.customers.models import Customer
from aldia.documents.models import AuthorityStatus, Direction, FiscalDocument, Kind, Outcome
from aldia.documents.readings import METADATA, METADATA_PERSONAL, Verdict
from aldia.domain.fiscal import document
from aldia.domain.sentences import gettext_noop, quoted


@dataclass(frozen=True, slots=True)
class Result:
    """What an `IngestItem` will say."""

    outcome: str
    code: str = ""
    message: str = ""
    key: str = ""
    kind: str = ""
    document_id: uuid.UUID | None = None

    @classmethod
    def of_verdict(cls, verdict: Verdict) -> Result:
        return cls(verdict.outcome, verdict.code, verdict.message)


_NOT_OURS = gettext_noop(
    "No es tuyo: lo emitió %(issuer)s a %(receiver)s, y el RFC de tu empresa es %(own)s. No se guardó. "
    "Si es de otra de tus empresas, súbelo en ella."
)
_DUPLICATE = gettext_noop("Ya estaba en archivo desde antes: no cambió nada.")
_REPEATED = gettext_noop("Viene repetido en esta misma carga («%(first)s»): se guardó una sola vez.")
_CONFLICT = gettext_noop(
    "Su UUID ya está en archivo con otros datos (guardado: %(kept)s por %(kept_total)s; este: %(number)s por "
    "%(total)s). Se conservó el primero: verifica en el portal del SAT cuál es el verdadero."
)
_OPENED = gettext_noop("Quedó por cobrar.")
_STORED: dict[str, str] = {
    "received": gettext_noop("La recibiste de un proveedor: queda en archivo y no se cobra."),
    "cancelled": gettext_noop("Está cancelado ante el SAT: queda en archivo y no se cobra."),
    "generic": gettext_noop("Es venta a público en general: queda en archivo y no se cobra."),
    "own": gettext_noop("Te lo emitiste a ti: queda en archivo y no se cobra."),
    "transfer": gettext_noop("Es un traslado, sin importe que cobrar: queda en archivo."),
    "customer_off": gettext_noop("Queda en archivo. Su cliente está apagado: préndelo para cobrarle."),
    "customer_off_effect": gettext_noop("Queda en archivo. Tendrá efecto cuando prendas a su cliente."),
    "applied": gettext_noop("Queda en archivo; su efecto ya está en lo que debe el cliente."),
}
CUSTOMER_OFF = ("customer_off", "customer_off_effect")
_METADATA = gettext_noop(
    "Metadatos del SAT: %(rows)s comprobantes de tu empresa, %(cancelled)s cancelados. Cambió el estado de %(changed)s "
    "que están en archivo."
)
_ACKNOWLEDGED = gettext_noop("Acuse de cancelación: %(cancelled)s comprobantes; cambió el estado de %(changed)s.")
_NO_NOTICES = gettext_noop("Ninguno de los comprobantes que nombra es de tu empresa: no se guardó.")
_NOTHING_CANCELLED = gettext_noop(
    "El acuse no da por cancelado ningún comprobante: revisa en el SAT por qué se rechazó la solicitud."
)


def not_ours(source: document.FiscalDocument, own: str) -> Result:
    params = {"issuer": source.issuer.tax_id, "receiver": source.receiver.tax_id, "own": own}
    return Result(Outcome.IGNORED, "not_ours", _NOT_OURS % params, source.key, source.kind)


def duplicate(row: FiscalDocument, first_name: str | None) -> Result:
    message = _DUPLICATE if first_name is None else _REPEATED % {"first": quoted(first_name, 80)}
    code = "duplicate" if first_name is None else "repeated"
    return Result(Outcome.DUPLICATE, code, message, row.key, row.kind, row.pk)


def conflict(row: FiscalDocument, source: document.FiscalDocument, kept_total: str) -> Result:
    number = "-".join(part for part in (source.series, source.folio) if part) or source.key[:8]
    params = {
        "kept": quoted(row.number),
        "kept_total": f"{kept_total} {row.currency}",
        "number": quoted(number),
        "total": f"{source.total:f} {source.currency}",
    }
    return Result(Outcome.ERROR, "conflict", _CONFLICT % params, row.key, source.kind, row.pk)


def stored(row: FiscalDocument, customer: Customer | None) -> Result:
    """On file, nothing to collect now: why."""
    code = _why_stored(row, customer)
    return Result(Outcome.STORED, code, _STORED[code], row.key, row.kind, row.pk)


def _why_stored(row: FiscalDocument, customer: Customer | None) -> str:
    if row.direction == Direction.RECEIVED:
        return "received"
    if row.status == AuthorityStatus.CANCELLED:
        return "cancelled"
    if row.kind == Kind.TRANSFER:
        return "transfer"
    if customer is None:
        return "own"
    if customer.generic:
        return "generic"
    if customer.collecting:
        return "applied"
    return "customer_off" if row.kind in (Kind.INVOICE, Kind.DEBIT_NOTE) else "customer_off_effect"


def applied(result: Result) -> Result:
    return replace(result, code="applied", message=_STORED["applied"])


def opened(result: Result) -> Result:
    return replace(result, outcome=Outcome.OPENED, code="opened", message=_OPENED)


def notices(*, of_metadata: bool, is_personal: bool, rows: int, cancelled: int, changed: int, told: int) -> Result:
    """What a metadata file or an acknowledgement did. `told`: cancellations heard of for the first time."""
    code = (METADATA_PERSONAL if is_personal else METADATA) if of_metadata else "acknowledgement"
    if not rows:
        return Result(Outcome.IGNORED, code, _NO_NOTICES)
    if not of_metadata and not cancelled:
        return Result(Outcome.IGNORED, code, _NOTHING_CANCELLED)
    params = {"rows": rows, "cancelled": cancelled, "changed": changed}
    message = (_METADATA if of_metadata else _ACKNOWLEDGED) % params
    if changed:
        return Result(Outcome.UPDATED, code, message)
    return Result(Outcome.STORED if told else Outcome.DUPLICATE, code, message)
