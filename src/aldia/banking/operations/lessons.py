"""The lessons of learned payers: each confirmation is a row, and the counts of an alias follow from its rows.

Callers hold the lock of the audit chain, so that two matches of one payer teach one after the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from aldia.banking.models import Match, PayerAlias, PayerLesson
from aldia.banking.payer_keys import PayerKey
from aldia.domain.matching.aliases import HALF_LIFE_DAYS
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id, transaction

PERSONS_WORD, FOLIO = "person", "folio"


def withdraw(*, match: Match, now: datetime) -> list[PayerAlias]:
    """Take back what a match taught: it was undone. Call it in the transaction of the undoing, after its posting."""
    with transaction():
        lock_chain(audit.CHAIN)
        lessons = PayerLesson.objects.filter(match=match, withdrawn_at__isnull=True)
        aliases = list(PayerAlias.objects.filter(lessons__in=lessons).order_by("id").distinct())
        lessons.update(withdrawn_at=now)
        for alias in aliases:
            recount(alias)
        return aliases


def teach(alias: PayerAlias, match: Match, by: str, now: datetime) -> bool:
    """Whether the match said anything new: a revoked payer listens to people only, a movement speaks once."""
    if alias.revoked_at is not None:
        if by != PERSONS_WORD:
            return False
        start_anew(alias, now)
    said = PayerLesson.objects.filter(alias=alias, match__movement_id=match.movement_id, withdrawn_at__isnull=True)
    if said.exists() or PayerLesson.objects.filter(alias=alias, match=match).exists():
        return False
    write_lesson(alias, match, by, now)
    return True


def write_lesson(alias: PayerAlias, match: Match | None, by: str, now: datetime) -> None:
    PayerLesson.objects.create(company_id=alias.company_id, alias=alias, match=match, by=by, taught_on=local_day(now))
    recount(alias)


def start_anew(alias: PayerAlias, now: datetime) -> None:
    """What was revoked begins again from nothing."""
    PayerLesson.objects.filter(alias=alias, withdrawn_at__isnull=True).update(withdrawn_at=now)
    alias.revoked_at, alias.revoked_by = None, None
    alias.save(update_fields=["revoked_at", "revoked_by"])


def recount(alias: PayerAlias) -> None:
    """The counts of an alias from its lessons: what was confirmed fades by half with each half life of silence."""
    lessons = PayerLesson.objects.filter(alias=alias, withdrawn_at__isnull=True).order_by("taught_on", "id")
    said = list(lessons.values_list("taught_on", "by"))
    alias.confirmed = faded_count([on for on, _by in said])
    alias.confirmed_on, alias.taught_by = said[-1] if said else (None, "")
    alias.version += 1
    alias.save(update_fields=["confirmed", "confirmed_on", "taught_by", "version"])


def faded_count(days: Sequence[date]) -> int:
    """How many confirmations count on the last of these days (ascending): each silence halves what was before it."""
    count, last = 0, None
    for on in days:
        idle = (on - last).days if last else 0
        count = (count >> (idle // HALF_LIFE_DAYS)) + 1
        last = on
    return count


def alias_of(key: PayerKey, customer_id: uuid.UUID) -> PayerAlias:
    alias, _made = PayerAlias.objects.get_or_create(
        company_id=current_company_id(), kind=key.kind, value=key.value, customer_id=customer_id,
        defaults={"shown": key.shown},
    )  # fmt: skip
    return alias


def local_day(now: datetime) -> date:
    zone = Company.objects.values_list("time_zone", flat=True).get(pk=current_company_id())
    return now.astimezone(ZoneInfo(zone)).date()
