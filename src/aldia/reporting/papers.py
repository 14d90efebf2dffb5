"""PDF of the reports, set by `integrations.typesetting`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.customers.models import Customer
from aldia.integrations.typesetting import PDF_TYPE, set_pdf
from aldia.receivables.queries.statement import CurrencyStatement, Statement
from aldia.reporting import words
from aldia.reporting.queries.aging import CUSTOMER, PORTFOLIO, Aging, AgingRow
from aldia.tenancy.models import Company

__all__ = ["MAX_ROWS", "PDF_TYPE", "aging_pdf", "statement_pdf"]
MAX_ROWS = 2_000  # more take seconds: a job makes them


def _page(company: Company, title: str, subtitle: str, notes: Sequence[str], today: date) -> dict[str, Any]:
    return {
        "title": title,
        "subtitle": subtitle,
        "notes": list(notes),
        "company": {"name": company.legal_name, "tax_id": company.tax_id},
        "footer": _("%(company)s · hecho el %(day)s con Aldía") % {"company": company, "day": words.day(today)},
    }


def aging_pdf(found: Aging, *, company: Company, today: date) -> bytes:
    """The aging as a paper: one table per currency with its totals."""
    by = {CUSTOMER: _("por cliente"), PORTFOLIO: _("por cartera")}.get(found.by, _("por moneda"))
    subtitle = _("Al %(day)s, %(by)s") % {"day": words.day(found.as_of), "by": by}
    notes = [_("Rangos en días de atraso: %(ranges)s") % {"ranges": ", ".join(map(str, found.ranges.bounds))}]
    data = _page(company, _("Antigüedad de saldos"), subtitle, notes, today)
    data["words"] = {"page": _("Página"), "empty": _("Nadie debía nada ese día.")}
    data["currencies"] = [_aging_part(found, total, company) for total in found.totals]
    return set_pdf("aging", data)


def _aging_part(found: Aging, total: AgingRow, company: Company) -> dict[str, Any]:
    currency = total.currency
    first = {CUSTOMER: _("Cliente"), PORTFOLIO: _("Cartera")}.get(found.by, _("Moneda"))

    def cells(row: AgingRow, label: str) -> list[str]:
        return [label, *(words.figure(each, currency, company) for each in (*row.buckets, row.overdue, row.total))]

    rows = found.of(currency)
    count = ngettext("%(count)s renglón", "%(count)s renglones", len(rows)) % {"count": len(rows)}
    return {
        "name": currency,
        "note": count,
        "heads": [first, *words.range_labels(found.ranges), _("Vencido"), _("Total")],
        "rows": [cells(row, row.label) for row in rows],
        "total": cells(total, _("Total")),
        "share": _thousandths(total.buckets),
    }


def _thousandths(parts: Sequence[int]) -> list[int]:
    whole = sum(part for part in parts if part > 0)
    return [max(0, part) * 1000 // whole if whole else 0 for part in parts]


def statement_pdf(found: Statement, *, customer: Customer, company: Company) -> bytes:
    """The statement of account as a paper for the customer."""
    subtitle = _("%(customer)s · %(tax_id)s") % {"customer": customer.legal_name, "tax_id": customer.tax_id}
    period = _("Del %(first)s al %(last)s") % {"first": words.day(found.first), "last": words.day(found.last)}
    data = _page(company, _("Estado de cuenta"), subtitle, [period], found.today)
    data["words"] = {
        "page": _("Página"),
        "documents": _("Documentos"),
        "document_heads": [
            _("Folio"), _("Documento"), _("Emisión"), _("Vence"), _("Atraso"), _("Total"), _("Saldo"),
        ],
        "no_documents": _("No hay documentos que mostrar."),
        "movements": _("Movimientos"),
        "movement_heads": [_("Fecha"), _("Concepto"), _("Cargo"), _("Abono"), _("Saldo")],
        "no_movements": _("No hubo movimientos en el periodo."),
        "credits": _("Pagos y créditos por aplicar"),
        "credit_heads": [_("Fecha"), _("Concepto"), _("Importe"), _("A favor")],
    }  # fmt: skip
    data["currencies"] = [_statement_part(part, found, company) for part in found.currencies]
    return set_pdf("statement", data)


def _statement_part(part: CurrencyStatement, found: Statement, company: Company) -> dict[str, Any]:
    def figure(minor: int) -> str:
        return words.figure(minor, part.currency, company)

    ages = zip(words.range_words(found.ranges), part.buckets, strict=True)
    return {
        "name": part.currency,
        "figures": [
            {"label": _("Saldo anterior"), "value": figure(part.opening)},
            {"label": _("Cargos"), "value": figure(part.charged)},
            {"label": _("Abonos"), "value": figure(part.paid)},
            {"label": _("Saldo al cierre"), "value": figure(part.closing)},
            {"label": _("Vencido hoy"), "value": figure(part.overdue), "tone": "bad" if part.overdue else ""},
            {"label": _("A favor"), "value": figure(part.in_favour)},
        ],
        "share": _thousandths(part.buckets),
        "ages": "   ".join(f"{label}: {figure(minor)}" for label, minor in ages),
        "documents": _document_rows(part, found.today, figure),
        "documents_total": [_("Total"), "", "", "", "", figure(sum(row.total for row in part.documents)),
                            figure(sum(row.balance for row in part.documents))],
        "movements": [
            [
                words.day(each.on),
                words.movement_text(each),
                figure(each.amount) if words.is_charge(each) else "",
                "" if words.is_charge(each) else figure(-each.amount),
                figure(each.running),
            ]
            for each in part.movements
        ],
        "movements_total": ["", _("Totales"), figure(part.charged), figure(part.paid), figure(part.closing)],
        "credits": [
            [
                words.day(row.received_on),
                f"{words.credit_name(row.kind)} {row.reference}".strip(),
                figure(row.amount),
                figure(row.remaining - row.held),
            ]
            for row in part.credits
        ],
    }  # fmt: skip


def _document_rows(part: CurrencyStatement, today: date, figure: Any) -> list[list[str]]:
    rows = []
    for row in part.documents:
        late = (today - row.due_on).days if row.balance else 0
        rows.append(
            [
                row.number,
                words.kind_name(row.kind),
                words.day(row.issued_on),
                words.day(row.due_on),
                str(late) if late > 0 else "",
                figure(row.total),
                figure(row.balance),
            ]
        )
    return rows
