"""Many receivables at once: move due dates, pause and resume, undo presumptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from aldia.collections.operations.promises import PromiseError
from aldia.receivables.operations import charges
from aldia.receivables.operations.presuming import set_presumption
from aldia.receivables.queries import lists
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_receivables import DueManyForm, PauseForm
from aldia.web.views.receivables import table
from aldia.web.views.receivables.common import REFUSALS, done, say_why

AT_ONCE = 5_000


def _chosen(request: CompanyRequest) -> list[UUID]:
    """The receivables that the form names, or that match the filter; empty (and said why) when none or too many."""
    rows = table.listing(request).selected(request, table.in_sight(request))
    ids = lists.ids_of(rows, AT_ONCE + 1)
    if not ids:
        messages.info(request, _("No elegiste ninguna."))
    if len(ids) > AT_ONCE:
        messages.warning(request, _("Son más de 5,000: afina el filtro y hazlo por partes. No cambió nada."))
        return []
    return ids


def _back(request: CompanyRequest) -> str:
    return f"{reverse('receivables')}?{request.GET.urlencode()}"


def act(
    request: CompanyRequest, form: Form, title: str, button: str, run: Callable[[list[UUID], dict[str, Any]], None]
) -> HttpResponse:
    """Run it on what was chosen; with a mistake in the form, ask again on a page of its own that keeps the choice."""
    ids = _chosen(request)
    if not ids:
        return redirect(_back(request))
    if form.is_valid():
        try:
            run(ids, form.cleaned_data)
        except (*REFUSALS, PromiseError) as error:
            say_why(form, error)
        else:
            return redirect(_back(request))
    context = {
        "form": form,
        "title": title,
        "button": button,
        "count": len(ids),
        "all": request.POST.get("all") == "1",
        "ids": request.POST.getlist("id"),
        "back": _back(request),
        "action": request.get_full_path(),
    }
    return render(request, "receivables/many.html", context, status=422)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def due(request: CompanyRequest) -> HttpResponse:
    """Move the due dates of many, to a date or by days."""

    def run(ids: list[UUID], data: dict[str, Any]) -> None:
        days = data["add_days"]
        changed = charges.change_due_dates(
            receivable_ids=ids, actor=request.user, reason=data["reason"], new_due_on=data["new_due_on"], add_days=days
        )
        text = ngettext("Se movió %(n)d vencimiento.", "Se movieron %(n)d vencimientos.", changed) % {"n": changed}
        if days is None or len(ids) > 200:
            messages.success(request, text)
            return
        undo = [("id", each) for each in ids] + [("due-add_days", -days), ("due-reason", _("Se deshizo el cambio"))]
        done(request, text, f"{reverse('receivables_due')}?tab=all", undo)

    form = DueManyForm(request.POST, prefix="due")
    return act(request, form, _("Mover vencimientos"), _("Mover"), run)


@require_POST
@needs(permissions.PAUSE)
def pause(request: CompanyRequest) -> HttpResponse:
    """Leave many out of collection."""

    def run(ids: list[UUID], data: dict[str, Any]) -> None:
        today = clock.today(request.company)
        count = charges.pause(
            receivable_ids=ids, until=data["until"], reason=data["reason"], today=today, actor=request.user
        )
        text = ngettext("%(n)d cuenta en pausa.", "%(n)d cuentas en pausa.", count) % {"n": count}
        undo = [("id", each) for each in ids] if len(ids) <= 200 else []
        done(request, text, f"{reverse('receivables_resume')}?tab=all" if undo else "", undo)

    return act(request, PauseForm(request.POST, prefix="pause"), _("Poner en pausa"), _("Pausar"), run)


@require_POST
@needs(permissions.PAUSE)
def resume(request: CompanyRequest) -> HttpResponse:
    """Collect many again."""
    ids = _chosen(request)
    if ids:
        count = charges.resume(receivable_ids=ids, actor=request.user)
        text = ngettext("Se reanudó la cobranza de %(n)d.", "Se reanudó la cobranza de %(n)d.", count)
        messages.success(request, text % {"n": count})
    return redirect(_back(request))


@require_POST
@needs(permissions.ADJUST_BALANCES)
def presumption(request: CompanyRequest) -> HttpResponse:
    """Say that PUE invoices are not paid (`to` is "open"), or leave them presumed again."""
    presumed = request.POST.get("to") == "presumed"
    ids = _chosen(request)
    if ids:
        today = clock.today(request.company)
        changed = set_presumption(receivable_ids=ids, presumed=presumed, today=today, actor=request.user)
        _say_presumed(request, ids, changed, presumed)
    return redirect(_back(request))


def _say_presumed(request: CompanyRequest, ids: list[UUID], changed: int, presumed: bool) -> None:
    if not changed:
        messages.info(request, _("Ninguna de las elegidas es una factura PUE que cambie con esto."))
        return
    if presumed:
        text = ngettext("%(n)d factura se presume pagada.", "%(n)d facturas se presumen pagadas.", changed)
    else:
        text = ngettext("%(n)d factura ya no se presume pagada.", "%(n)d facturas ya no se presumen pagadas.", changed)
    undo = [("id", each) for each in ids] + [("to", "open" if presumed else "presumed")] if len(ids) <= 200 else []
    address = f"{reverse('receivables_presumption')}?tab=all" if undo else ""
    done(request, text % {"n": changed}, address, undo)
