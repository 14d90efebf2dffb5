"""The cash flow as a sheet: a row a period, a column a line, and above them what each means."""

from __future__ import annotations

from django.utils.translation import gettext as _

from aldia.domain.cash_flow import FORTNIGHT, HALF, MONTH, QUARTER, WEEK, Span
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell, Column, Sheet
from aldia.reporting import words
from aldia.reporting.queries.cash_flow import CashFlow, Period
from aldia.tenancy.models import Company


def step_name(step: str) -> str:
    """How a period is called."""
    return {
        WEEK: _("Semana"),
        FORTNIGHT: _("Quincena"),
        MONTH: _("Mes"),
        QUARTER: _("Trimestre"),
        HALF: _("Semestre"),
    }[step]


def span_words(span: Span) -> str:
    """ "22 nov 2026 – 28 nov 2026"."""
    return f"{words.day(span.first)} – {words.day(span.last)}"


def told(flow: CashFlow, company: Company) -> list[str]:
    """What must be said with the figures, whoever reads them and wherever."""
    lines = [_basis(flow), *_reach(flow, company)]
    if flow.run is not None and flow.has_margin:
        lines.append(
            _("Margen: 8 de cada 10 veces el cobro cae entre bajo y alto. Los márgenes de varios periodos no se suman.")
        )
    elif flow.run is not None:
        lines.append(_("Sin margen: son demasiados documentos para calcularlo al momento."))
    lines.append(_("Lo prometido y lo que vence son el mismo dinero que lo esperado, visto de otro modo: no se suman."))
    lines.append(
        _("El flujo neto suma lo esperado y la facturación recurrente.")
        if flow.asked.with_billing
        else _("El flujo neto suma solo lo esperado: la facturación recurrente va aparte.")
    )
    lines.append(_("Todavía no hay cuentas por pagar ni créditos por pagar en Aldía: esas columnas van en cero."))
    return lines


def _basis(flow: CashFlow) -> str:
    if flow.run is None:
        return _("Todavía no hay pronóstico: se muestra lo que vence según sus fechas.")
    said = _("Según el pronóstico del %(day)s.") % {"day": words.day(flow.run.as_of)}
    return f"{said} {_('Su margen es provisional: todavía hay poca historia con qué medirlo.')}" if (
        flow.has_margin and flow.is_provisional
    ) else said  # fmt: skip


def _reach(flow: CashFlow, company: Company) -> list[str]:
    def amount(minor: int) -> str:
        return words.amount(minor, flow.asked.currency, company)

    lines = []
    if flow.horizon and any(each.inflow is None or not each.inflow.is_whole for each in flow.periods):
        lines.append(
            _("El pronóstico llega al %(day)s: de ahí en adelante no se inventa nada.")
            % {"day": words.day(flow.horizon)}
        )
    if flow.later is not None and flow.later > 0:
        lines.append(
            _("De %(owed)s que se deben hoy, %(later)s se esperan después de estos periodos, o no se esperan.")
            % {"owed": amount(flow.owed), "later": amount(flow.later)}
        )
    if flow.new:
        lines.append(
            _("%(amount)s son de documentos más nuevos que el pronóstico: entran en el siguiente.")
            % {"amount": amount(flow.new)}
        )
    if flow.in_favour:
        lines.append(
            _("Tus clientes tienen %(amount)s a favor sin aplicar: pueden pagar eso menos.")
            % {"amount": amount(flow.in_favour)}
        )
    return lines


def cash_flow_sheets(flow: CashFlow, *, company: Company) -> list[Sheet]:
    """One sheet; what is not forecast is empty, not zero."""
    heads = [
        _("Esperado"), _("Bajo"), _("Alto"), _("Vence"), _("Prometido"), _("Facturación recurrente"),
        _("Por pagar"), _("Créditos por pagar"), _("Flujo neto"),
    ]  # fmt: skip
    columns = [Column(step_name(flow.asked.step), width=28), *(Column(head, "money", 17) for head in heads)]
    above = [
        _("Flujo de efectivo"),
        company.legal_name,
        f"{_('Al %(day)s') % {'day': words.day(flow.today)}} · {flow.asked.currency}",
        *told(flow, company),
    ]
    rows = [_cells(flow, each) for each in flow.periods]
    return [Sheet(_("Flujo de efectivo"), columns, rows, above, [_total(flow)])]


def _cells(flow: CashFlow, each: Period) -> list[Cell]:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, flow.asked.currency)

    label = span_words(each.span)
    if each.inflow is not None and not each.inflow.is_whole:
        label = f"{label} *"
    band = (each.inflow.low, each.inflow.high) if each.inflow and flow.has_margin else (None, None)
    expected = each.inflow.expected if each.inflow else None
    figures = (expected, *band, each.due, each.promised, each.billed, each.payables, each.credits, each.net)
    return [label, *map(money, figures)]


def _total(flow: CashFlow) -> list[Cell]:
    """Margins do not add up to the margin of the sum, so there is none."""

    def money(minor: int) -> Money:
        return Money(minor, flow.asked.currency)

    rows = flow.periods
    expected = money(flow.expected) if flow.run else None
    net = money(sum(each.net for each in rows if each.net is not None)) if flow.run else None
    sums = (sum(getattr(each, name) for each in rows) for name in ("due", "promised", "billed", "payables", "credits"))
    return [_("Total"), expected, None, None, *map(money, sums), net]
