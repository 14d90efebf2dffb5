"""What one row of the sheet changes of one customer, cell by cell, or the sentence that refuses it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from aldia.customers import sheets
from aldia.customers.identity import is_public
from aldia.customers.models import Portfolio
from aldia.customers.operations.intake import clip
from aldia.customers.operations.versions import Refused
from aldia.customers.sheets import Current, Wanted
from aldia.domain.folding import fold
from aldia.domain.money import format_money

Portfolios = Mapping[str, Portfolio]


@dataclass(frozen=True, slots=True)
class Rules:
    """The company's country, currency and decimal mark, and what whoever uploads may do besides editing.

    `reminders`: names of what may be followed, that of whoever has no rule of its own first; `reminder_of`: what
    customers follow by a decision of their own.
    """

    country: str = "MX"
    currency: str = "MXN"
    decimal: str = "."
    may_switch: bool = True
    may_move: bool = True
    create_missing: bool = False
    may_remind: bool = True
    reminders: tuple[str, ...] = ()
    reminder_of: Mapping[uuid.UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One cell, as people read it; `value` is what is written."""

    field: str
    before: str
    after: str
    value: object = None


def changes_of(
    wanted: Wanted, current: Current | None, tax_id: str, portfolios: Portfolios, rules: Rules
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """What a row asks to change of a customer (None: a new one), and why some of it cannot be."""
    changes: list[Change] = []
    errors: list[str] = []
    if current is None:
        changes.append(Change("legal_name", "", clip(wanted.legal_name, 300), clip(wanted.legal_name, 300)))
    for name, value in wanted.fields.items():
        try:
            change = _CHANGES[name](value, current, portfolios, rules)
            if change and change.field == "collecting" and value and is_public(rules.country, tax_id):
                raise Refused(_("las ventas al público en general no se cobran."))
        except Refused as error:
            errors.append(_cell_sentence(wanted.number, name, str(error)))
            continue
        if change is not None:
            changes.append(change)
    return tuple(changes), tuple(errors)


def _cell_sentence(row: int, name: str, why: str) -> str:
    return _("Fila %(row)s, columna «%(column)s»: %(why)s") % {
        "row": row,
        "column": sheets.HEADINGS[name][0],
        "why": why,
    }


def _email(value: object, current: Current | None, portfolios: Portfolios, rules: Rules) -> Change | None:
    before = current.contact.email if current and current.contact else ""
    return Change("email", before, str(value), value) if value != before else None


def _term(value: object, current: Current | None, portfolios: Portfolios, rules: Rules) -> Change | None:
    before = current.customer.term_days if current else None
    if value == before:
        return None
    return Change("term_days", "" if before is None else str(before), "" if value is None else str(value), value)


def _collecting(value: object, current: Current | None, portfolios: Portfolios, rules: Rules) -> Change | None:
    before = current.customer.collecting if current else False
    if value is None or value == before:
        return None
    if not rules.may_switch:
        raise Refused(_("tu papel no permite prender ni apagar clientes."))
    words = {True: _("Prendido"), False: _("Apagado")}
    return Change("collecting", words[before], words[bool(value)], value)


def _portfolio(value: object, current: Current | None, portfolios: Portfolios, rules: Rules) -> Change | None:
    before = current.customer.portfolio.name if current and current.customer.portfolio else ""
    name = clip(str(value), 100)
    if fold(name) == fold(before):
        return None
    if not rules.may_move:
        raise Refused(_("no puedes cambiar la cartera de un cliente."))
    known = portfolios.get(fold(name))
    if name and known is None and not rules.create_missing:
        raise Refused(_("no hay una cartera «%(name)s»: créala antes o marca «crear lo que falte».") % {"name": name})
    return Change("portfolio", before, known.name if known else name, known.name if known else name)


def _reminder(value: object, current: Current | None, portfolios: Portfolios, rules: Rules) -> Change | None:
    """An empty cell asks nothing."""
    name = str(value)
    if not name or not rules.reminders:
        return None
    before = rules.reminder_of.get(current.customer.pk, rules.reminders[0]) if current else rules.reminders[0]
    if fold(name) == fold(before):
        return None
    if not rules.may_remind:
        raise Refused(_("tu papel no permite cambiar los recordatorios de un cliente."))
    known = next((each for each in rules.reminders if fold(each) == fold(name)), None)
    if known is None:
        raise Refused(_("no hay una regla de recordatorios «%(name)s».") % {"name": clip(name, 100)})
    return Change("reminder", before, known, known)


def _limit(value: object, current: Current | None, portfolios: Portfolios, rules: Rules) -> Change | None:
    minor, currency = value if isinstance(value, tuple) else (0, "")
    line = current.line if current else None
    if line is not None and (line.limit_minor, line.currency) == (minor, currency):
        return None
    before = _shown(line.limit_minor, line.currency) if line else ""
    return Change("limit", before, _shown(minor, currency), [minor, currency])


def _shown(minor: int, currency: str) -> str:
    return f"{format_money(minor, currency, symbol=False)} {currency}"


_CHANGES: dict[str, Callable[[object, Current | None, Portfolios, Rules], Change | None]] = {
    "email": _email,
    "term_days": _term,
    "collecting": _collecting,
    "portfolio": _portfolio,
    "reminder": _reminder,
    "limit": _limit,
}
