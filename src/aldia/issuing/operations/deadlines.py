"""When complements are due: what the company is told from the first of the month, and what stamps itself."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.domain.calendars import month_end, short_date
from aldia.domain.fiscal.complement_plan import tells_today
from aldia.issuing.models import ComplementMode, Issue, IssueKind, IssueState
from aldia.issuing.operations import profiles

UNSTAMPED = (IssueState.DRAFT, IssueState.QUEUED, IssueState.SEALED, IssueState.UNKNOWN, IssueState.REJECTED)
REST = timedelta(hours=1)  # a payment that was just recorded may still be put right


@dataclass(frozen=True, slots=True)
class DeadlineNotice:
    """What the company is told, once a `key`."""

    key: str
    subject: str
    sentence: str


def notice(*, today: date) -> DeadlineNotice | None:
    """What is to be said today of complements that are due this month or late; None on days without news."""
    profile = profiles.issuer()
    if profile is None or not tells_today(today, day=profile.complement_day):
        return None
    rows = Issue.objects.filter(kind=IssueKind.COMPLEMENT, state__in=UNSTAMPED, due_on__lte=month_end(today))
    days = list(rows.values_list("due_on", flat=True))
    late = sum(1 for day in days if day is not None and day < today)
    coming = [day for day in days if day is not None and day >= today]
    if not days:
        return None
    return DeadlineNotice(f"complements:{today.isoformat()}", _subject(late, len(coming)), _sentence(late, coming))


def _subject(late: int, coming: int) -> str:
    if late:
        return ngettext("%(n)d complemento de pago atrasado", "%(n)d complementos de pago atrasados", late) % {
            "n": late
        }
    return ngettext(
        "%(n)d complemento de pago por timbrar", "%(n)d complementos de pago por timbrar", coming
    ) % {"n": coming}  # fmt: skip


def _sentence(late: int, coming: Sequence[date]) -> str:
    said = []
    if coming:
        said.append(
            ngettext(
                "Falta timbrar %(n)d complemento de pago; el plazo termina el %(day)s.",
                "Falta timbrar %(n)d complementos de pago; el plazo termina el %(day)s.",
                len(coming),
            )
            % {"n": len(coming), "day": short_date(min(coming))}
        )
    if late:
        said.append(
            ngettext(
                "%(n)d ya pasó de su plazo: tímbralo cuanto antes.",
                "%(n)d ya pasaron de su plazo: tímbralos cuanto antes.",
                late,
            )
            % {"n": late}
        )
    return " ".join([*said, _("Los encuentras en Facturación → Complementos de pago.")])


def to_stamp(*, today: date, now: datetime) -> list[tuple[uuid.UUID, int]]:
    """The drafts, with their version, that are stamped without a person where the company wants it so.

    Those of the whole month wait for its end; the others for a while, in which a payment may still be put right.
    """
    profile = profiles.issuer()
    if profile is None or not profile.is_automatic:
        return []
    rows = Issue.objects.filter(kind=IssueKind.COMPLEMENT, state=IssueState.DRAFT, created_at__lte=now - REST)
    if profile.complement_mode == ComplementMode.MONTHLY:
        rows = rows.filter(due_on__lte=month_end(today))
    return list(rows.order_by("due_on", "created_at", "id").values_list("pk", "version"))
