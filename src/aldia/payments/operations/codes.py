"""The second layer of the portal: a code of six digits by e-mail, for one browser that came in with a pass.

A code lives ten minutes, takes five tries and opens once. Its row has a slow hash of it; the mail's own row does not
hold it at all (`messaging.sealing`). A try is counted, under the row's lock, before it is judged: however many come at
once and in however many processes, no more than five are ever compared. With ten codes a day for a pass, guessing
succeeds with less than 5 in 100,000 a day (reliability, threat 9).
"""

from __future__ import annotations

import hashlib
import secrets as random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import check_password, make_password
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.customers.models import Contact
from aldia.messaging.models import Channel, Purpose
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.messaging.sealing import seal, throw_away
from aldia.payments.models import PortalPass, PortalVisit
from aldia.payments.operations.passes import PassState, pass_state
from aldia.payments.portal_letters import code_letter, language_of
from aldia.tenancy import audit, limits
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id, transaction

LIFE = timedelta(minutes=10)
TRIES = 5
CODES_A_DAY = 10
DIGITS = 6
PATIENCE = timedelta(seconds=30)  # asked for again at once, the first one still goes
VERIFIED_FOR = timedelta(hours=8)
DAY = 86_400


class CodeError(ValueError):
    """No code can be sent, or the one that came lets nobody in; the sentence is for the person. `is_over`: ask for
    another one."""

    def __init__(self, text: str, *, is_over: bool = False) -> None:
        super().__init__(text)
        self.is_over = is_over


@dataclass(frozen=True, slots=True)
class _Claim:
    """One try that was counted: what it is compared with, and how many are left."""

    visit_id: uuid.UUID
    code_hash: str
    left: int


def code_address(row: PortalPass) -> str:
    """Where the codes of a pass go: the address it was given to; for a copied link, the customer's own on file."""
    if row.address:
        return row.address
    contacts = Contact.objects.filter(customer=row.customer_id).exclude(email="").order_by("-is_primary", "id")
    return next(iter(contacts.values_list("email", flat=True)[:1]), "")


def masked(address: str) -> str:
    """ "m•••@dominio.example": enough to know one's own."""
    name, _at, host = address.partition("@")
    return f"{name[:1]}•••@{host}" if host else ""


def ask_code(*, pass_id: uuid.UUID, browser: str, now: datetime) -> PortalVisit:
    """Send a code to the pass's address, for this browser only; it takes the place of an earlier one.

    Asked for twice within half a minute it goes once. Raises `CodeError`.
    """
    row = _live(pass_id, now)
    address = code_address(row)
    if not address:
        raise CodeError(_("No tenemos un correo suyo para mandarle el código. Pida otra liga a la empresa."))
    known = PortalVisit.objects.filter(portal_pass=row, browser_hash=hash_of(browser)).first()
    if known is not None and _is_fresh(known, now):
        return known
    if not limits.spend(kind="portal_code", who=str(pass_id), limit=CODES_A_DAY, seconds=DAY, now=now):
        raise CodeError(_("Por hoy ya se mandaron demasiados códigos con esta liga. Vuelva a intentarlo mañana."))
    code = f"{random.randbelow(10**DIGITS):0{DIGITS}}"
    code_hash = make_password(code)  # slow on purpose, so before the transaction
    with transaction():
        visit = _visit(row, browser)
        visit.code_hash, visit.code_expires_at, visit.tries, visit.verified_at = code_hash, now + LIFE, 0, None
        visit.ended_at = None
        visit.save(update_fields=["code_hash", "code_expires_at", "tries", "verified_at", "ended_at"])
        throw_away(after=LIFE)
        _write(row, address, code, now)
        detail = {"customer": row.customer_id, "address": masked(address)}
        audit.record(actor=None, verb="portal.code_sent", object_type="portal_pass", object_id=row.pk, detail=detail)
    return visit


def check_code(*, pass_id: uuid.UUID, browser: str, code: str, now: datetime) -> PortalVisit:
    """Let the browser in if the code is the one it was sent. Raises `CodeError` with what is left to try."""
    typed = "".join(code.split()).replace("-", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) == DIGITS):
        raise CodeError(_("El código son 6 números."))
    _live(pass_id, now)
    claim = _claim(pass_id, hash_of(browser), now)
    if not check_password(typed, claim.code_hash):
        raise _wrong(claim.left)
    with transaction():
        mine = PortalVisit.objects.filter(pk=claim.visit_id, code_hash=claim.code_hash, verified_at__isnull=True)
        if not mine.update(code_hash="", verified_at=now):
            raise CodeError(_("Ese código ya se usó. Pida otro."), is_over=True)
        stamp(pass_id=pass_id, now=now)
        audit.record(actor=None, verb="portal.code_accepted", object_type="portal_pass", object_id=pass_id)
    return PortalVisit.objects.get(pk=claim.visit_id)


def is_verified(*, pass_id: uuid.UUID, browser: str, now: datetime) -> bool:
    """Whether this browser gave the code of a pass, within the last eight hours."""
    if not browser:
        return False
    visits = PortalVisit.objects.filter(portal_pass=pass_id, browser_hash=hash_of(browser), ended_at__isnull=True)
    return visits.filter(verified_at__gt=now - VERIFIED_FOR).exists()


def end_visit(*, pass_id: uuid.UUID, browser: str, now: datetime) -> None:
    """Close what a browser opened with a code ("Salir")."""
    with transaction():
        visits = PortalVisit.objects.filter(portal_pass=pass_id, browser_hash=hash_of(browser), ended_at__isnull=True)
        visits.update(ended_at=now, code_hash="")


def stamp(*, pass_id: uuid.UUID, now: datetime) -> None:
    """Write down that somebody acted with the pass: by its forms only, never by opening it."""
    rows = PortalPass.objects.filter(pk=pass_id)
    rows.filter(first_used_at__isnull=True).update(first_used_at=now)
    rows.update(last_used_at=now)


def hash_of(browser: str) -> str:
    """What is kept of a browser's own random word."""
    return hashlib.sha256(browser.encode()).hexdigest()


def _live(pass_id: uuid.UUID, now: datetime) -> PortalPass:
    row = PortalPass.objects.select_related("customer").filter(pk=pass_id).first()
    if row is None or pass_state(row, now) != PassState.LIVE:
        raise CodeError(_("Esta liga ya no sirve: pida otra."), is_over=True)
    return row


def _is_fresh(visit: PortalVisit, now: datetime) -> bool:
    """Whether its code went out a moment ago and nobody has tried it."""
    if not visit.code_hash or visit.code_expires_at is None or visit.tries:
        return False
    return visit.code_expires_at - LIFE > now - PATIENCE


def _visit(row: PortalPass, browser: str) -> PortalVisit:
    """The browser's row, locked; made if it is its first code."""
    wanted = {"company_id": row.company_id, "portal_pass": row, "browser_hash": hash_of(browser)}
    PortalVisit.objects.bulk_create([PortalVisit(**wanted)], ignore_conflicts=True)
    return PortalVisit.objects.select_for_update().get(portal_pass=row, browser_hash=wanted["browser_hash"])


def _claim(pass_id: uuid.UUID, browser_hash: str, now: datetime) -> _Claim:
    """Count one try of the browser's code, or say why there is none."""
    with transaction():
        visits = PortalVisit.objects.select_for_update()
        visit = visits.filter(portal_pass=pass_id, browser_hash=browser_hash, ended_at__isnull=True).first()
        if visit is None or not visit.code_hash or visit.code_expires_at is None:
            raise CodeError(_("Primero pida un código."), is_over=True)
        if now >= visit.code_expires_at:
            raise CodeError(_("El código ya venció. Pida otro."), is_over=True)
        if visit.tries >= TRIES:
            raise _wrong(0)
        visit.tries += 1
        visit.save(update_fields=["tries"])
    return _Claim(visit.pk, visit.code_hash, TRIES - visit.tries)


def _wrong(left: int) -> CodeError:
    if not left:
        return CodeError(_("El código no es correcto y ya no quedan intentos. Pida otro."), is_over=True)
    sentence = ngettext(
        "El código no es correcto. Queda %(left)d intento.", "El código no es correcto. Quedan %(left)d intentos.", left
    )
    return CodeError(sentence % {"left": left})


def _write(row: PortalPass, address: str, code: str, now: datetime) -> None:
    company = Company.objects.get(pk=current_company_id())
    write_message(
        key=f"portal-code:{uuid.uuid4()}",
        channel=Channel.EMAIL,
        purpose=Purpose.DIRECT,
        customer_id=row.customer_id,
        recipients=[Recipient(address)],
        rendered=code_letter(company=company, customer=row.customer, minutes=LIFE.seconds // 60),
        on_day=now.astimezone(ZoneInfo(company.time_zone)).date(),
        reason=_("Código para entrar al portal"),
        facts=seal(code),
        language=language_of(row.customer),
    )
