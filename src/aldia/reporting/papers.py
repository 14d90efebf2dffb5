"""PDF of the reports, set by `integrations.typesetting`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.integrations.typesetting import PDF_TYPE, set_pdf
from aldia.reporting import words
from aldia.reporting.queries.aging import CUSTOMER, PORTFOLIO, Aging, AgingRow
from aldia.tenancy.models import Company

__all__ = ["MAX_ROWS", "PDF_TYPE", "aging_pdf"]
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
