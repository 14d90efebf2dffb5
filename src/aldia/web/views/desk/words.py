"""Why a customer is on the list, in words; the outcomes of a call with their keys and what usually follows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aldia.collections.models import ActivityKind, Outcome
from aldia.domain.calendars import NoCalendar, add_bank_days
from aldia.tenancy.models import Company
from aldia.web.formatting import amount_text, day_text

MOSTLY = 500  # per mille


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as the list draws it: `tone` is "" or one of the tints (red, yellow, azure, gray, green, purple)."""

    icon: str
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call may end: the key that chooses it, and after how many bank days one usually comes back (0: not)."""

    key: str
    outcome: Outcome
    icon: str
    days: int = 0


ENDINGS = (
    Ending("n", Outcome.NO_ANSWER, "phone", 1),
    Ending("m", Outcome.LEFT_MESSAGE, "message", 2),
    Ending("h", Outcome.TALKED, "phone-call", 3),
    Ending("p", Outcome.PROMISED, "calendar-check"),
    Ending("y", Outcome.SAYS_PAID, "message-dollar", 2),
    Ending("f", Outcome.ASKED_COPY, "file-invoice", 1),
    Ending("t", Outcome.ASKED_TIME, "calendar-due", 1),
    Ending("d", Outcome.DISPUTED, "flag", 3),
    Ending("x", Outcome.REFUSED, "ban", 2),
    Ending("w", Outcome.WRONG_CONTACT, "user-off"),
)
KIND_ICONS = {
    ActivityKind.CALL: "phone", ActivityKind.MESSAGE: "message", ActivityKind.VISIT: "map-pin",
    ActivityKind.NOTE: "notes",
}  # fmt: skip
OUTCOME_TINTS = {
    Outcome.PROMISED: "azure", Outcome.TALKED: "green", Outcome.SAYS_PAID: "yellow", Outcome.DISPUTED: "purple",
    Outcome.REFUSED: "red", Outcome.WRONG_CONTACT: "red",
}  # fmt: skip
LIST_KEYS = (
    ("j", gettext_lazy("El siguiente de la lista")),
    ("k", gettext_lazy("El anterior")),
    ("Enter", gettext_lazy("Abrir el que está señalado")),
    ("u", gettext_lazy("Deshacer lo último que anotaste")),
)
CALL_KEYS = (
    *((each.key, each.outcome.label) for each in ENDINGS),
    ("Enter", gettext_lazy("Guardar y pasar al siguiente")),
    ("0 – 9", gettext_lazy("Volver a llamar en tantos días hábiles (0: sin siguiente paso)")),
    ("a", gettext_lazy("Escribir una nota")),
    ("j", gettext_lazy("Pasar al siguiente sin anotar")),
    ("k", gettext_lazy("Volver al anterior")),
    ("l", gettext_lazy("Volver a la lista")),
    ("u", gettext_lazy("Deshacer lo último que anotaste")),
)


def in_bank_days(company: Company, today: date, days: int) -> date:
    """So many days on which one works; where no calendar is known, plain days."""
    try:
        return add_bank_days(company.country, today, days)
    except NoCalendar:
        return today + timedelta(days=days)


def reasons(
    why: Iterable[Any], *, company: Company, currency: str, today: date, but: Collection[str] = ()
) -> list[Reason]:
    """The facts of a place in words, but for those named; what it does not know is left out."""
    told = (fact for fact in why if isinstance(fact, dict) and fact.get("key") not in but)
    return list(_reasons(told, Words(company, currency, today)))


def is_guessed(why: Iterable[Any]) -> bool:
    """Whether most of what is asked for has no forecast, so that its probability is of its age alone."""
    return any(isinstance(fact, dict) and int(fact.get("guessed", 0)) >= MOSTLY for fact in why)


@dataclass(frozen=True, slots=True)
class Words:
    """What turns facts into words: the company's amounts, and a day to count from."""

    company: Company
    currency: str
    today: date

    def money(self, fact: dict[str, Any]) -> str:
        return amount_text(int(fact.get("amount", 0)), self.currency, self.company)

    def day(self, fact: dict[str, Any]) -> str:
        return day_text(date.fromisoformat(str(fact.get("on"))))


def _reasons(why: Iterable[dict[str, Any]], words: Words) -> Iterator[Reason]:
    for fact in why:
        say = FACTS.get(str(fact.get("key")))
        if say is not None:
            icon, tone, tell = say
            yield Reason(icon, tone, tell(fact, words))


def _next(fact: dict[str, Any], words: Words) -> str:
    if fact.get("on") == words.today.isoformat():
        return _("Quedaron en hablar hoy")
    return _("Quedaron en hablar el %(day)s") % {"day": words.day(fact)}


def _broken(fact: dict[str, Any], words: Words) -> str:
    return _("No cumplió su promesa: faltan %(amount)s") % {"amount": words.money(fact)}


def _overdue(fact: dict[str, Any], words: Words) -> str:
    days = int(fact.get("days", 0))
    text = ngettext("%(amount)s vencidos hace %(n)d día", "%(amount)s vencidos, lo más viejo hace %(n)d días", days)
    return text % {"amount": words.money(fact), "n": days}


def _soon(fact: dict[str, Any], words: Words) -> str:
    days = int(fact.get("days", 0))
    if not days:
        return _("%(amount)s vencen hoy") % {"amount": words.money(fact)}
    text = ngettext("%(amount)s vencen en %(n)d día", "%(amount)s vencen desde dentro de %(n)d días", days)
    return text % {"amount": words.money(fact), "n": days}


def _unpaid(fact: dict[str, Any], words: Words) -> str:
    chance = round(int(fact.get("permille", 0)) / 10)
    if int(fact.get("guessed", 0)) >= MOSTLY:
        return _("%(n)d %% de seguir sin pagar en 14 días (por su atraso; aún sin pronóstico)") % {"n": chance}
    return _("%(n)d %% de seguir sin pagar en 14 días") % {"n": chance}


def _contacted(fact: dict[str, Any], words: Words) -> str:
    days = int(fact.get("days", 0))
    if fact.get("reached"):
        return ngettext("Hablaron hace %(n)d día", "Hablaron hace %(n)d días", days) % {"n": days}
    return ngettext("No contestó hace %(n)d día", "No contestó hace %(n)d días", days) % {"n": days}


def _less(text: Any) -> Callable[[dict[str, Any], Words], str]:
    return lambda fact, words: str(text) % {"amount": words.money(fact)}


def _no_rate(fact: dict[str, Any], words: Words) -> str:
    return _("Debe en otra moneda sin tipo de cambio conocido: no pesa en el orden")


FACTS: dict[str, tuple[str, str, Callable[[dict[str, Any], Words], str]]] = {
    "next": ("calendar-event", "azure", _next),
    "broken": ("calendar-due", "red", _broken),
    "overdue": ("alert-triangle", "", _overdue),
    "soon": ("clock", "", _soon),
    "unpaid": ("chart-dots", "", _unpaid),
    "never_contacted": ("phone", "", lambda fact, words: _("Nadie le ha llamado todavía")),
    "contacted": ("phone-call", "", _contacted),
    "promised": ("calendar-check", "gray", _less(gettext_lazy("Prometió %(amount)s: no se le piden"))),
    "disputed": ("flag", "gray", _less(gettext_lazy("%(amount)s en disputa: no se piden"))),
    "reported": ("message-dollar", "gray", _less(gettext_lazy("Dice que pagó %(amount)s"))),
    "covered": ("wallet", "gray", _less(gettext_lazy("%(amount)s a favor por aplicar"))),
    "planned": ("rosette-discount-check", "gray", _less(gettext_lazy("%(amount)s van en su plan de pagos"))),
    "paused": ("player-pause", "gray", _less(gettext_lazy("%(amount)s en pausa"))),
    "no_rate": ("coin", "yellow", _no_rate),
}
