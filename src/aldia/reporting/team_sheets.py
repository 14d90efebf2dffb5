"""The team's month as a sheet: what each has in hand, did, was promised and collected, against the target."""

from __future__ import annotations

from django.utils.translation import gettext as _

from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell, Column, Sheet
from aldia.reporting import words
from aldia.reporting.queries.team import Results, Team
from aldia.tenancy.models import Company


def team_sheets(found: Team, *, company: Company) -> list[Sheet]:
    """One sheet, and below it all together."""
    columns = [
        Column(_("Persona"), width=30),
        Column(_("Clientes"), "whole", 10),
        Column(_("Por cobrar"), "money", 16),
        Column(_("Vencido"), "money", 16),
        Column(_("Actividades"), "whole", 12),
        Column(_("Con respuesta"), "whole", 12),
        Column(_("Promesas"), "whole", 10),
        Column(_("Cumplidas"), "whole", 10),
        Column(_("Incumplidas"), "whole", 12),
        Column(_("Cobrado tras su contacto"), "money", 18),
        Column(_("Meta"), "money", 16),
        Column(_("Cobrado en su cartera"), "money", 18),
    ]
    span = {"first": words.day(found.month.first), "last": words.day(found.month.last)}
    above = [
        _("Equipo"),
        company.legal_name,
        f"{_('Del %(first)s al %(last)s') % span} · {found.currency}",
    ]
    rows = [_cells(str(each.user) if each.user else _("Sin responsable"), each.results, found) for each in found.rows]
    return [Sheet(_("Equipo"), columns, rows, above, [_cells(_("Todo el equipo"), found.total, found)])]


def _cells(name: str, of: Results, found: Team) -> list[Cell]:
    def money(minor: int) -> Money:
        return Money(minor, found.currency)

    return [
        name, of.customers, money(of.owed), money(of.overdue), of.activities, of.talked, of.promises, of.kept,
        of.broken, money(of.after_contact), money(of.target) if of.target else None, money(of.collected),
    ]  # fmt: skip
