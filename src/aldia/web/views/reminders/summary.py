"""A rule at a glance: its steps as marks on a line of days, and as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.messaging.models import Channel, Tone
from aldia.reminders.models import When
from aldia.web.views.messages.common import CHANNEL_ICONS

SHOWN_REPEATS = 3
TINTS = {
    When.BEFORE: "azure",
    When.ON_DAY: "yellow",
    When.AFTER: "red",
    When.REPEAT: "red",
    When.PAID: "green",
}


class StepLike(Protocol):
    """A row of the table, or what a form says."""

    when: str
    days: int
    times: int | None
    until_days: int | None
    channels: list[str]
    tone: str
    needs_approval: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A step that is only on a form."""

    when: str
    days: int = 0
    times: int | None = None
    until_days: int | None = None
    channels: list[str] = ()  # type: ignore[assignment]
    tone: str = Tone.NEUTRAL
    needs_approval: bool = False
    every_channel: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """One place on the line: "−3" and what happens there."""

    label: str
    note: str
    tint: str
    icons: tuple[str, ...] = ()
    approval: bool = False
    at: int = 0


def marks(steps: Iterable[Any]) -> list[Mark]:
    """The marks of the steps that are on, in the order in which they come."""
    steps, found = list(steps), []
    for step in steps:
        if step.when == When.REPEAT:
            continue
        found.append(_mark(step))
    last = max([mark.at for mark in found if mark.tint == "red"], default=0)
    for step in steps:
        if step.when == When.REPEAT:
            found += _repeats(step, last)
    return sorted(found, key=lambda mark: (mark.tint == "green", mark.at))


def _mark(step: Any) -> Mark:
    days = step.days or 0
    if step.when == When.BEFORE:
        note = ngettext("%(n)d día antes", "%(n)d días antes", days) % {"n": days}
        return _at(step, -days, f"−{days}", note)
    if step.when == When.AFTER:
        note = ngettext("%(n)d día después", "%(n)d días después", days) % {"n": days}
        return _at(step, days, f"+{days}", note)
    if step.when == When.PAID:
        return _at(step, 10_000, "✓", _("al pagar"))
    return _at(step, 0, "0", _("el día que vence"))


def _repeats(step: Any, last: int) -> list[Mark]:
    """The first turns of a repetition, then how it ends."""
    every = step.days or 0
    if not every:
        return []
    most = min(
        [step.times or 10_000, ((step.until_days - last) // every) if step.until_days else 10_000],
    )
    shown = [
        _at(step, last + every * turn, f"+{last + every * turn}", _("otra vez"))
        for turn in range(1, min(most, SHOWN_REPEATS) + 1)
    ]
    if most <= SHOWN_REPEATS:
        return shown
    if most >= 10_000:
        text = ngettext("y así cada día", "y así cada %(n)d días", every) % {"n": every}
        return [*shown, _at(step, last + every * (SHOWN_REPEATS + 1), "…", text)]
    left = most - SHOWN_REPEATS
    end = last + every * most
    text = ngettext("una vez más", "%(n)d veces más", left) % {"n": left}
    return [*shown, _at(step, end, f"… +{end}", text)]


def _at(step: Any, at: int, label: str, note: str) -> Mark:
    icons = tuple(CHANNEL_ICONS[Channel(each)] for each in step.channels if each in CHANNEL_ICONS)
    return Mark(label, note, TINTS[When(step.when)], icons, bool(step.needs_approval), at)


def in_order(steps: Iterable[Any]) -> list[Any]:
    """Steps as they come: those before due from far to near, then those after."""
    places = list(When)
    return sorted(
        steps, key=lambda step: (places.index(When(step.when)), -step.days if step.when == When.BEFORE else step.days)
    )


def sentence(step: Any) -> str:
    """ "3 días antes de vencer, por correo" """
    words = {"days": step.days or 0, "n": step.days or 0}
    if step.when == When.BEFORE:
        text = ngettext("%(n)d día antes de vencer", "%(n)d días antes de vencer", words["n"]) % words
    elif step.when == When.ON_DAY:
        text = _("El día que vence")
    elif step.when == When.AFTER:
        text = ngettext("%(n)d día después de vencer", "%(n)d días después de vencer", words["n"]) % words
    elif step.when == When.PAID:
        text = _("Al recibir su pago")
    else:
        text = ngettext("Después, cada día", "Después, cada %(n)d días", words["n"]) % words
        if step.times:
            text += ngettext(", %(m)d vez como mucho", ", %(m)d veces como mucho", step.times) % {"m": step.times}
        if step.until_days:
            text += _(", hasta %(d)d días después de vencer") % {"d": step.until_days}
    return text


def by_what(channels: Sequence[str], *, every: bool) -> str:
    """ "por correo", "por WhatsApp o, si no, correo", "por correo y WhatsApp" """
    names = [str(Channel(each).label) for each in channels if each in Channel.values]
    names = [name if name in ("SMS", "WhatsApp") else name.lower() for name in names]
    if not names:
        return ""
    if len(names) == 1:
        return _("por %(channel)s") % {"channel": names[0]}
    if every:
        return _("por %(some)s y %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}
    return _("por %(first)s o, si no se puede, %(rest)s") % {"first": names[0], "rest": ", ".join(names[1:])}
