"""Excel of the effectiveness of reminders and of what each collector collected."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell, Column, Sheet
from aldia.reporting import reminder_words, words
from aldia.reporting.queries.collectors import Collected
from aldia.reporting.queries.effectiveness import Effectiveness
from aldia.tenancy.models import Company


def effect_sheets(found: Effectiveness, *, company: Company) -> list[Sheet]:
    """One sheet: each group beside the documents without a reminder."""
    wanted = found.wanted
    span = {"first": words.day(wanted.first), "last": words.day(wanted.last), "days": wanted.days}
    above = [
        _("Eficacia de recordatorios"),
        company.legal_name,
        _("Recordatorios del %(first)s al %(last)s; lo pagado en los %(days)s días siguientes") % span,
        _("Es una comparación, no una prueba: a quien no se le recuerda suele ser distinto."),
    ]
    columns = [
        Column(_("Recordatorio"), width=34),
        Column(_("Momento"), width=20),
        Column(_("Recordados"), "whole", 14),
        Column(_("Pagados completos"), "whole", 18),
        Column(_("Se debía"), "money", 18),
        Column(_("Se pagó"), "money", 18),
        Column(_("Sin recordatorio"), "whole", 18),
        Column(_("Pagados completos"), "whole", 18),
        Column(_("Se debía"), "money", 18),
        Column(_("Se pagó"), "money", 18),
        Column(_("Qué se puede decir"), width=34),
    ]
    rows: list[list[Cell]] = []
    for each in found.effects:
        cells: list[Cell] = [
            reminder_words.group_name(wanted.by, each.key),
            reminder_words.from_due(each.from_due),
        ]
        for side in (each.reminded, each.others):
            money = [Money(side.owed, wanted.currency), Money(side.paid, wanted.currency)]
            cells += [side.documents, side.settled, *money]
        rows.append([*cells, reminder_words.verdict(each.verdict)])
    return [Sheet(_("Recordatorios"), columns, rows, above)]


def collector_sheets(
    found: list[Collected], *, company: Company, currency: str, first: date, last: date, heading: str, nobody: str
) -> list[Sheet]:
    """One sheet with its total."""
    span = {"first": words.day(first), "last": words.day(last)}
    above = [_("Cobrado por cobrador"), company.legal_name, _("Del %(first)s al %(last)s") % span]
    columns = [
        Column(heading, width=34),
        Column(_("Moneda"), width=9),
        Column(_("Cobrado"), "money", 18),
        Column(_("Pagos"), "whole", 10),
        Column(_("Clientes"), "whole", 10),
        Column(_("De documentos al corriente"), "money", 24),
        Column(_("De documentos vencidos"), "money", 24),
        Column(_("Sin aplicar"), "money", 18),
    ]

    def money(minor: int) -> Money:
        return Money(minor, currency)

    rows: list[list[Cell]] = [
        [
            each.label or nobody, currency, money(each.amount), each.payments, each.customers, money(each.on_time),
            money(each.late), money(each.free),
        ]
        for each in found
    ]  # fmt: skip
    total: list[Cell] = [
        _("Total"), currency, money(sum(each.amount for each in found)), sum(each.payments for each in found), None,
        money(sum(each.on_time for each in found)), money(sum(each.late for each in found)),
        money(sum(each.free for each in found)),
    ]  # fmt: skip
    return [Sheet(_("Cobrado"), columns, rows, above, [total])]
