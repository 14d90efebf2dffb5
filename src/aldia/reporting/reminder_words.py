"""How reports name reminders: their step, channel, tone, and what their comparison says."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.domain.effectiveness import Verdict
from aldia.domain.indicators import shown
from aldia.messaging.models import Channel, Tone
from aldia.reminders.models import When
from aldia.reporting.queries.effectiveness import CHANNEL, TONE


def group_name(by: str, key: str) -> str:
    """A group in words; what is not known is shown as it is."""
    if by == CHANNEL:
        return str(dict(Channel.choices).get(key, key))
    if by == TONE:
        return str(dict(Tone.choices).get(key, key))
    when, _colon, text = key.partition(":")
    days = int(text) if text.isdigit() else 0
    return _step(when, days) or key


def _step(when: str, days: int) -> str:
    if when == When.ON_DAY:
        return _("El día que vence")
    if when == When.BEFORE:
        return ngettext("%(n)s día antes de vencer", "%(n)s días antes de vencer", days) % {"n": days}
    if when == When.AFTER:
        return ngettext("%(n)s día después de vencer", "%(n)s días después de vencer", days) % {"n": days}
    if when == When.REPEAT:
        return ngettext("Cada día, después", "Cada %(n)s días, después", days) % {"n": days}
    return ""


def from_due(days: int) -> str:
    """Where from the due date the middle reminder of a group stands."""
    if days == 0:
        return _("el día que vence")
    if days < 0:
        return ngettext("%(n)s día antes", "%(n)s días antes", -days) % {"n": -days}
    return ngettext("%(n)s día después", "%(n)s días después", days) % {"n": days}


def percent(share: Fraction | None) -> Decimal | None:
    return None if share is None else shown(share)


def verdict(found: Verdict) -> str:
    """What may be said of the difference."""
    return {
        Verdict.HIGHER: _("Se pagó más con recordatorio"),
        Verdict.LOWER: _("Se pagó menos con recordatorio"),
        Verdict.SAME: _("La diferencia puede ser azar"),
        Verdict.FEW: _("Muy pocos para comparar"),
    }[found]
