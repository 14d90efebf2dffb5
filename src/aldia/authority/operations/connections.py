"""The company's connection with its tax authority: its e.firma is checked on entry, sealed, and used only to sign.

The .key stays as SAT delivered it (encrypted under its password); both are sealed together in `tenancy.secrets` and
opened only by `open_signer`, in the job that signs. Nothing here is logged, and no exception carries what was given.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from aldia.authority.models import OPEN_REQUESTS, AuthorityConnection, RequestState, RunState, SyncRequest, SyncRun
from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.documents.operations.parties import own_tax_id
from aldia.domain.fiscal.keypairs import BadKeyPair, KeyPair, check_pair, read_pair
from aldia.domain.fiscal.mass_download import oldest, to_local
from aldia.tenancy import audit, secrets
from aldia.tenancy.keyring import KeyProblem
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

SECRETS_OF = "efirma"
ADAPTER = "mx_sat"
FIELD_OF = {"key": "key", "pair": "key", "password": "password"}  # what is wrong, and the input it is about
LARGEST = 64 * 1024  # a certificate or a key is two or three KB
INTERVALS = range(1, 31)


class NotConnected(Exception):
    """There is no connection, or its e.firma cannot be used; the text says what to do."""


@sensitive_variables()
def connect(
    *,
    cer: bytes,
    key: bytes,
    password: str,
    now: datetime,
    since: date | None = None,
    interval_days: int = 3,
    wants_issued: bool = True,
    wants_received: bool = True,
    settings: Mapping[str, str] | None = None,
    actor: User | None,
) -> AuthorityConnection:
    """Keep the e.firma, or put a new one in the place of the one there is. Raises `Refused` (with its field)."""
    day = to_local(now).date()
    start = since or date(day.year - 1, 1, 1)
    _check_wishes(interval_days, wants_issued, wants_received)
    if not oldest(day).date() <= start <= day:
        raise Refused(_("El SAT entrega a lo más los últimos seis años, y nada del futuro."), "since")
    with transaction():
        company = Company.objects.select_for_update(no_key=True).get(pk=current_company_id())
        pair = _checked(company, cer, key, password, now)
        row = AuthorityConnection.objects.filter(revoked_at__isnull=True, adapter=ADAPTER).first()
        row = row or AuthorityConnection(company_id=company.pk, adapter=ADAPTER, created_by=actor, version=0)
        row.tax_id, row.holder, row.number, row.certificate = pair.tax_id, pair.holder[:300], pair.number, cer
        row.valid_from, row.valid_to = pair.valid_from, pair.valid_to
        row.since, row.interval_days, row.next_at, row.trouble = start, interval_days, now, ""
        row.wants_issued, row.wants_received = wants_issued, wants_received
        row.settings = dict(settings or row.settings)
        values = {"key": base64.b64encode(key).decode(), "password": password}
        row.secret = secrets.keep(kind=SECRETS_OF, values=values, replacing=row.secret)
        row.version += 1
        row.save()
        _audit(actor, "authority.connected", row, {"since": str(start), "valid_to": pair.valid_to.isoformat()})
    return row


def change(
    *,
    connection_id: uuid.UUID,
    version: int,
    interval_days: int,
    wants_issued: bool,
    wants_received: bool,
    now: datetime,
    actor: User | None,
) -> AuthorityConnection:
    """How often, and what is asked for. Raises `Refused` (with its field), `Stale`, `NotThere`."""
    _check_wishes(interval_days, wants_issued, wants_received)
    with transaction():
        row = _taken(connection_id, version)
        before = {"every": row.interval_days, "issued": row.wants_issued, "received": row.wants_received}
        row.interval_days, row.wants_issued, row.wants_received = interval_days, wants_issued, wants_received
        latest = now + timedelta(days=interval_days)
        row.next_at = min(row.next_at, latest) if row.next_at else latest
        row.version += 1
        row.save(update_fields=["interval_days", "wants_issued", "wants_received", "next_at", "version"])
        after = {"every": interval_days, "issued": wants_issued, "received": wants_received}
        _audit(actor, "authority.changed", row, {"before": before, "after": after})
    return row


def revoke(*, connection_id: uuid.UUID, version: int, now: datetime, actor: User | None) -> AuthorityConnection:
    """Delete the e.firma at once and stop what is under way; what was brought stays. Raises `Stale`, `NotThere`."""
    with transaction():
        row = _taken(connection_id, version)
        secret, row.secret = row.secret, None
        row.revoked_at, row.revoked_by, row.next_at = now, actor, None
        row.version += 1
        row.save(update_fields=["secret", "revoked_at", "revoked_by", "next_at", "version"])
        if secret is not None:
            secret.delete()
        SyncRequest.objects.filter(run__connection=row, state__in=OPEN_REQUESTS).update(
            state=RequestState.STOPPED, next_at=None
        )
        SyncRun.objects.filter(connection=row, state=RunState.RUNNING).update(
            state=RunState.CANCELLED, finished_at=now, message=_("Se quitó la e.firma.")
        )
        _audit(actor, "authority.revoked", row, {})
    return row


@sensitive_variables()
def open_signer(*, connection: AuthorityConnection, purpose: str, now: datetime) -> KeyPair:
    """The e.firma in use, for the job that signs; one audit row each time. Raises `NotConnected`."""
    row = AuthorityConnection.objects.select_related("secret").filter(pk=connection.pk).first()
    if row is None or row.revoked_at is not None or row.secret is None:
        raise NotConnected(_("La empresa no tiene su e.firma conectada."))
    if now >= row.valid_to:
        raise NotConnected(_("La e.firma ya venció: renuévala en el SAT y súbela otra vez."))
    try:
        values = secrets.reveal(row.secret)
        pair = read_pair(bytes(row.certificate), base64.b64decode(values["key"]), values["password"])
    except (secrets.CannotOpen, KeyProblem) as error:
        raise NotConnected(str(error)) from None
    except (BadKeyPair, KeyError, ValueError):
        raise NotConnected(_("La e.firma guardada ya no se puede abrir: súbela otra vez.")) from None
    with transaction():
        _audit(None, "authority.signed", row, {"purpose": purpose})
    return pair


def put_off(*, connection: AuthorityConnection, trouble: str, now: datetime) -> None:
    """Say why a synchronisation that was due could not begin, and try again tomorrow."""
    with transaction():
        rows = AuthorityConnection.objects.filter(pk=connection.pk, revoked_at__isnull=True)
        rows.update(trouble=trouble[:300], next_at=now + timedelta(days=1))


@sensitive_variables()
def _checked(company: Company, cer: bytes, key: bytes, password: str, now: datetime) -> KeyPair:
    for name, data in (("cer", cer), ("key", key)):
        if not data:
            raise Refused(_("Falta este archivo."), name)
        if len(data) > LARGEST:
            raise Refused(_("No es un archivo de la e.firma: es demasiado grande."), name)
    if not password:
        raise Refused(_("Escribe la contraseña de la llave."), "password")
    try:
        pair = read_pair(cer, key, password)
        check_pair(pair, tax_id=own_tax_id(company), is_seal=False, now=now)
    except BadKeyPair as problem:
        raise Refused(_(str(problem)), FIELD_OF.get(problem.code, "cer")) from None
    return pair


def _check_wishes(interval_days: int, wants_issued: bool, wants_received: bool) -> None:
    if interval_days not in INTERVALS:
        raise Refused(_("Entre 1 y 30 días."), "interval_days")
    if not (wants_issued or wants_received):
        raise Refused(_("Elige los emitidos, los recibidos o ambos."), "wants_issued")


def _taken(connection_id: uuid.UUID, version: int) -> AuthorityConnection:
    rows = AuthorityConnection.objects.select_for_update(no_key=True, of=("self",)).select_related("secret")
    row = rows.filter(pk=connection_id, revoked_at__isnull=True).first()
    if row is None:
        raise NotThere
    if row.version != version:
        raise Stale
    return row


def _audit(actor: User | None, verb: str, row: AuthorityConnection, detail: dict[str, object]) -> None:
    said = {"number": row.number, "tax_id": row.tax_id} | detail
    audit.record(actor=actor, verb=verb, object_type="authorityconnection", object_id=row.pk, detail=said)
