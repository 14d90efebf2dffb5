"""One schedule: what it issues, its next dates, its prices, and what became of the dates that came."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from aldia.domain.money import Money
from aldia.recurring.content import content_on, texts_of
from aldia.recurring.models import Schedule, ScheduleKind, ScheduleState
from aldia.recurring.operations.deciding import ISSUABLE, SKIPPABLE
from aldia.recurring.queries import schedules as queries
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, day_text
from aldia.web.views.recurring.common import adjust_words, links_of, rule_of, rule_words, schedule_or_404
from aldia.web.views.recurring.deciding import price_form
from aldia.web.views.recurring.form import warnings_of

SHOWN = 60


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, schedule_id: UUID) -> HttpResponse:
    row, today = schedule_or_404(request, schedule_id), clock.today(request.company)
    past = list(queries.history(row)[: SHOWN + 1])
    context = {
        "schedule": row,
        "words": rule_words(rule_of(row)),
        "facts": _facts(request, row),
        "dates": queries.coming(row) if row.state != ScheduleState.ENDED else [],
        "prices": queries.prices(row, today),
        "price": price_form(request, row),
        "today": today,
        "history": [links_of(each) | _acts(each.state) for each in past[:SHOWN]],
        "has_more": len(past) > SHOWN,
        "warnings": warnings_of(request, row) if row.state == ScheduleState.ACTIVE else [],
    }
    return render(request, "recurring/show.html", context)


def _acts(state: str) -> dict[str, bool]:
    return {"may_issue": state in ISSUABLE, "may_skip": state in SKIPPABLE}


def _facts(request: CompanyRequest, row: Schedule) -> list[tuple[str, Any]]:
    content = content_on(row, clock.today(request.company))
    amount = Money(queries.amount_now(row, clock.today(request.company)), row.currency)
    if row.kind == ScheduleKind.CHARGE_NOTE:
        how = _("Se envía por correo con su liga de pago") if row.sends else _("No se envía por correo")
    else:
        how = _("Se timbra y se envía sola") if row.is_automatic else _("Deja un borrador para revisarlo")
    due = ""
    if row.due_days is not None:
        due = ngettext("%(count)d día", "%(count)d días", row.due_days) % {"count": row.due_days}
    return [
        (_("Documento"), row.get_kind_display()),
        (_("Concepto"), texts_of(row.kind, content)[0]),
        (_("Importe de hoy"), amount_text(amount.minor, row.currency, request.company)),
        (_("Cómo sale"), how),
        (_("Si cae en un día sin bancos"), adjust_words(rule_of(row))),
        (_("Vence a los"), due or _("El plazo del cliente")),
        (_("Primera fecha desde"), day_text(row.starts_on)),
        (_("Termina"), _ending(row)),
        (_("La hizo"), str(row.created_by) if row.created_by else ""),
    ]


def _ending(row: Schedule) -> str:
    found = []
    if row.ends_on:
        found.append(day_text(row.ends_on))
    if row.most:
        found.append(
            ngettext("después de %(count)d documento", "después de %(count)d documentos", row.most)
            % {"count": row.most}
        )
    return _(" o ").join(found) or _("Cuando la termines")
