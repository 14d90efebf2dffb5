"""Words of Inicio: the first steps of a new company, and what each thing that waits is called and where it leads."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.reporting import words
from aldia.reporting.queries import dashboard as board
from aldia.reporting.queries import drill
from aldia.reporting.queries import work as work_queries
from aldia.reporting.queries.drill import Drill
from aldia.web.access import CompanyRequest
from aldia.web.views.reports_common import rows_url


def steps(progress: board.Progress) -> list[dict[str, Any]]:
    """The road of the first day: each step with where to go."""
    steps = [
        (
            _("Sube tus CFDI"),
            _("Los XML o el ZIP que descargas del SAT. Aldía lee facturas, notas de crédito y complementos de pago."),
            "cloud-upload",
            _("Importar"),
            ("imports",),
            progress.has_documents,
        ),
        (
            _("Prende a tus clientes"),
            _("Elige a quiénes les cobras con Aldía: al prenderlos se abre lo que ya te deben."),
            "toggle-right",
            _("Ver clientes"),
            ("customers", "customer_list"),
            progress.has_customers_on,
        ),
        (
            _("Mira quién te debe"),
            _("Cuánto, desde cuándo y con qué antigüedad, al centavo."),
            "chart-bar",
            _("Ver antigüedad"),
            ("report_aging",),
            progress.has_receivables,
        ),
    ]
    current = next((index for index, step in enumerate(steps) if not step[5]), len(steps) - 1)
    return [
        {
            "number": index + 1,
            "title": title,
            "text": text,
            "icon": icon,
            "action": action,
            "url": _first_url(names),
            "done": done,
            "current": index == current,
        }
        for index, (title, text, icon, action, names, done) in enumerate(steps)
    ]


def _first_url(names: tuple[str, ...]) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def work_item(each: work_queries.Work, request: CompanyRequest) -> dict[str, Any]:
    """An item of «Para hoy»: words, icon, tint, where it leads."""
    label, icon, tint, url = _about_work(each)
    note = words.by_currency(each.amounts, request.company)
    return {"label": label, "icon": icon, "tint": tint, "url": url, "count": each.count, "note": note}


def _about_work(each: work_queries.Work) -> tuple[str, str, str, str]:
    n, customers = each.count, _first_url(("customers", "customer_list"))
    calls, disputes = _first_url(("worklist",)), _first_url(("disputes",))
    imports, review = _first_url(("imports",)), rows_url(Drill(drill.REVIEW))
    known = {
        "calls": (ngettext("Cliente en la lista de hoy", "Clientes en la lista de hoy", n), "phone", "azure", calls),
        "disputes_late": (
            ngettext("Disputa con respuesta vencida", "Disputas con respuesta vencida", n),
            "flag",
            "red",
            disputes,
        ),
        "imports_failed": (ngettext("Importación detenida", "Importaciones detenidas", n), "file-off", "red", imports),
        "imports_running": (
            ngettext("Importación en curso", "Importaciones en curso", n),
            "file-upload",
            "azure",
            imports,
        ),
        "review": (ngettext("Pago por revisar", "Pagos por revisar", n), "zoom-question", "yellow", review),
        "online": (
            ngettext("Pago en línea por revisar", "Pagos en línea por revisar", n),
            "world",
            "yellow",
            f"{reverse('payment_attempts')}?tab=review",
        ),
        "to_reconcile": (
            ngettext("Movimiento por conciliar", "Movimientos por conciliar", n),
            "list-check",
            "yellow",
            reverse("reconcile_inbox"),
        ),
        "reported": (
            ngettext("Aviso de pago por revisar", "Avisos de pago por revisar", n),
            "message-dollar",
            "yellow",
            f"{reverse('reports')}?tab=waiting",
        ),
        "in_favour": (
            ngettext("Saldo a favor por aplicar", "Saldos a favor por aplicar", n),
            "coin",
            "green",
            rows_url(Drill(drill.IN_FAVOUR)),
        ),
        "lines_exceeded": (
            ngettext("Línea de crédito excedida", "Líneas de crédito excedidas", n),
            "gauge",
            "red",
            customers,
        ),
        "to_switch_on": (
            ngettext("Cliente apagado con facturas", "Clientes apagados con facturas", n),
            "toggle-left",
            "gray",
            f"{customers}?state=off",
        ),
    }
    return known[each.key]
