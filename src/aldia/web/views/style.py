"""The living style page: every component with made-up data. Only while developing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from aldia.web import charts, clock
from aldia.web.access import signed_in
from aldia.web.formatting import amount_text
from aldia.web.forms import InviteForm
from aldia.web.statuses import STATUSES

AGES = (
    charts.Series("Por vencer", "c0"),
    charts.Series("1–30", "c1"),
    charts.Series("31–60", "c2"),
    charts.Series("61–90", "c3"),
    charts.Series("+90", "c4"),
)
NAMES = ("Distribuidora El Águila", "Farmacias San Ñemesio", "Grupo Textil Oaxaca", "Constructora Peñón", "Café Río")
STATES = ("overdue", "due_soon", "current", "partial", "paused")


@signed_in
def page(request: HttpRequest) -> HttpResponse:
    company = getattr(request, "company", None)
    today = clock.now().date()
    if request.GET.get("say"):
        messages.success(request, "Se guardaron 12 cambios.")
        messages.error(request, "La fila 7 no tiene fecha de vencimiento.")

    def text(minor: int) -> str:
        return amount_text(minor, "MXN", company)

    months = ("jun", "jul", "ago", "sep", "oct", "nov")
    bars = [
        charts.Bar(month, tuple((index + 2) * (age * 3 + 4) * 1_234_500 for age in range(5)), "#")
        for index, month in enumerate(months)
    ]
    rows: list[dict[str, Any]] = [
        {
            "number": f"F-{10482 + index}",
            "customer": name,
            "issued_on": today - timedelta(days=40 + index),
            "due_on": today + timedelta(days=index * 9 - 12),
            "total": 17_778_195 + index * 999,
            "balance": 17_778_195 - index * 50_000,
            "state": state,
        }
        for index, (name, state) in enumerate(zip(NAMES, STATES, strict=True))
    ]
    context = {
        "bars": charts.stacked_bars(series=AGES, columns=bars, text=text),
        "line": charts.line_chart(points=[(m, 90_000_000 + i * 21_000_000) for i, m in enumerate(months)], text=text),
        "shares": charts.share_bar(series=AGES, values=(50, 20, 15, 10, 5), text=str),
        "series": AGES,
        "rows": rows,
        "states": list(STATUSES),
        "form": InviteForm(data={"email": "no-es-correo"}),
        "events": [
            {
                "icon": "file-invoice",
                "tint": "azure",
                "title": "Factura emitida",
                "when": today,
                "amount": text(177795),
            },
            {
                "icon": "cash",
                "tint": "green",
                "title": "Pago aplicado",
                "when": clock.now(),
                "who": "Ana",
                "text": "SPEI",
            },
        ],
        "facts": [("RFC", "EKU9003173C9"), ("Plazo", "30 días"), ("Vacío", "")],
        "tabs": [
            {"label": "Por cobrar", "url": "#", "active": True, "count": 1284},
            {"label": "Vencidas", "url": "#", "active": False, "count": 312},
            {"label": "Pagadas", "url": "#", "active": False, "count": ""},
        ],
    }
    return render(request, "style.html", context)
