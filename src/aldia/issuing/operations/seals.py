"""The company's seal (CSD): checked when it comes in, kept encrypted, opened only to sign, each use on record."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.customers.operations.versions import NotThere, Refused
from aldia.documents.operations.parties import own_tax_id
from aldia.domain.fiscal.keypairs import BadKeyPair, KeyPair, check_pair, read_pair
from aldia.issuing.models import Issue, IssueState, SealCertificate
from aldia.tenancy import audit, keyring, secrets
from aldia.tenancy.models import Company, Secret, User
from aldia.tenancy.scope import current_company_id, transaction

SECRETS_OF = "csd"
MOST_BYTES = 64 * 1024  # a .cer is 1.6 kB and a .key 1.3 kB: whoever uploads a film is told so
_FIELDS = {"cer": "cer", "password": "password", "key": "key", "pair": "key"}


class NoSeal(Exception):
    """The company has no seal that can be used now; the sentence says what to do."""


def save_seal(*, cer: bytes, key: bytes, password: str, now: datetime, actor: User | None) -> SealCertificate:
    """Keep the company's CSD; it seals from now on. The same one again takes the place of what was kept.

    Raises `Refused` with the field at fault (cer, key, password).
    """
    if max(len(cer), len(key)) > MOST_BYTES:
        raise Refused(_("Los archivos del sello pesan unos 2 kB: estos no son."), "cer")
    try:
        pair = read_pair(cer, key, password)
        company = Company.objects.get(pk=current_company_id())
        check_pair(pair, tax_id=own_tax_id(company), is_seal=True, now=now)
    except BadKeyPair as error:
        raise Refused(_(str(error)), _FIELDS.get(error.code, "cer")) from None
    values = {"key": base64.b64encode(key).decode("ascii"), "password": password}
    with transaction():
        Company.objects.select_for_update(no_key=True).get(pk=current_company_id())
        known = SealCertificate.objects.filter(number=pair.number, revoked_at__isnull=True).first()
        row = known or SealCertificate(company_id=current_company_id(), number=pair.number)
        row.tax_id, row.certificate = pair.tax_id, pair.certificate
        row.valid_from, row.valid_to, row.created_by = pair.valid_from, pair.valid_to, actor
        row.secret = secrets.keep(kind=SECRETS_OF, values=values, replacing=row.secret)
        row.save()
        _wake(now)
        detail = {"number": row.number, "tax_id": row.tax_id, "valid_to": row.valid_to}
        audit.record(actor=actor, verb="issuing.seal_saved", object_type="seal", object_id=row.pk, detail=detail)
    return row


def revoke(*, seal_id: uuid.UUID, now: datetime, actor: User | None) -> SealCertificate:
    """Stop using a seal and destroy its key here. Raises `NotThere`."""
    with transaction():
        row = SealCertificate.objects.select_for_update().filter(pk=seal_id).first()
        if row is None:
            raise NotThere
        if row.revoked_at is None:
            kept, row.secret = row.secret_id, None
            row.revoked_at, row.revoked_by = now, actor
            row.save(update_fields=["secret", "revoked_at", "revoked_by"])
            if kept is not None:
                Secret.objects.filter(pk=kept).delete()
            detail = {"number": row.number}
            audit.record(actor=actor, verb="issuing.seal_revoked", object_type="seal", object_id=row.pk, detail=detail)
    return row


def current_seal(now: datetime) -> SealCertificate | None:
    """The seal that would be used: the newest in force, not revoked."""
    rows = SealCertificate.objects.filter(revoked_at__isnull=True, valid_to__gt=now, secret__isnull=False)
    return rows.select_related("secret").order_by("-valid_from", "-created_at").first()


def open_seal(*, purpose: str, now: datetime, about: object = "") -> KeyPair:
    """The company's seal ready to sign; only inside the job that signs. Each use is one row of the audit.

    `purpose`: "stamp", "cancel"…; `about`: the id of what is signed. Raises `NoSeal`.
    """
    row = current_seal(now)
    if row is None or row.secret is None:
        raise NoSeal(_why_not(now))
    try:
        kept = secrets.reveal(row.secret)
        pair = read_pair(bytes(row.certificate), base64.b64decode(kept["key"]), kept["password"])
    except (secrets.CannotOpen, keyring.KeyProblem, BadKeyPair, KeyError, ValueError):
        raise NoSeal(_("El sello guardado no se pudo abrir en este servidor: vuelve a subirlo.")) from None
    with transaction():
        detail = {"purpose": purpose, "about": str(about), "number": row.number}
        audit.record(actor=None, verb="issuing.seal_used", object_type="seal", object_id=row.pk, detail=detail)
    return pair


def _why_not(now: datetime) -> str:
    if SealCertificate.objects.filter(revoked_at__isnull=True, valid_to__lte=now).exists():
        return _("El sello digital (CSD) de la empresa ya venció: sube el nuevo.")
    return _("Falta el sello digital (CSD) de la empresa: súbelo en Facturación → Sello.")


def _wake(now: datetime) -> None:
    """What waited for a seal is tried at once."""
    waiting = Issue.objects.filter(state=IssueState.QUEUED, trouble_code="no_seal")
    waiting.update(next_at=now, trouble="", trouble_code="")
