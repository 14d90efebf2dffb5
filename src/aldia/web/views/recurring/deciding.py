"""What is done to a schedule and to its dates: paused, resumed, ended, priced; issued or left out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from aldia.customers.queries import as_uuid
from aldia.jobs.recurring import enqueue_schedules
from aldia.recurring.content import content_on
from aldia.recurring.models import PriceChange, Schedule, ScheduleKind
from aldia.recurring.operations import deciding
from aldia.recurring.operations import schedules as operations
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text, decimal_mark
from aldia.web.forms_recurring import PriceForm
from aldia.web.views.payments.common import say_form
from aldia.web.views.recurring.common import (
    REFUSALS,
    occurrences_in_sight,
    schedule_or_404,
    schedules_in_sight,
    waiting_in_sight,
)
from aldia.web.views.recurring.table import waiting_listing


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def pause(request: CompanyRequest, schedule_id: UUID) -> HttpResponse:
    said = _("«%(name)s» está en pausa: no emite nada hasta que la reanudes.")
    act = partial(operations.pause, now=clock.now(), actor=request.user)
    return _changed(request, schedule_id, act, said)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def resume(request: CompanyRequest, schedule_id: UUID) -> HttpResponse:
    said = _("«%(name)s» sigue desde hoy. Lo que pasó en la pausa quedó omitido.")
    act = partial(operations.resume, today=clock.today(request.company), actor=request.user)
    answer = _changed(request, schedule_id, act, said)
    enqueue_schedules()
    return answer


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def end(request: CompanyRequest, schedule_id: UUID) -> HttpResponse:
    said = _("«%(name)s» terminó: ya no emite. Lo emitido sigue.")
    act = partial(operations.end, today=clock.today(request.company), actor=request.user)
    return _changed(request, schedule_id, act, said)


def _changed(request: CompanyRequest, schedule_id: UUID, act: Callable[..., Schedule], said: str) -> HttpResponse:
    """Do it to the schedule and go back to its page, with what was done or why not."""
    row = schedule_or_404(request, schedule_id)
    try:
        act(schedule_id=row.pk)
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said % {"name": row})
    return redirect("schedule", row.pk)


# What it costs


def price_form(request: CompanyRequest, row: Schedule, *, is_posted: bool = False) -> PriceForm:
    return PriceForm(
        request.POST if is_posted else None, today=clock.today(request.company), currency=row.currency,
        decimal=decimal_mark(request.company), has_amount=row.kind == ScheduleKind.CHARGE_NOTE,
    )  # fmt: skip


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def price(request: CompanyRequest, schedule_id: UUID) -> HttpResponse:
    row, today = schedule_or_404(request, schedule_id), clock.today(request.company)
    form = price_form(request, row, is_posted=True)
    if not form.is_valid():
        say_form(request, form)
        return redirect("schedule", row.pk)
    data = form.cleaned_data
    content = None
    if data.get("amount") is not None:
        content = {**content_on(row, data["from_on"]), "amount": data["amount"]}
    try:
        operations.change_price(
            schedule_id=row.pk, from_on=data["from_on"], today=today, actor=request.user, percent=data["percent"],
            content=content, reason=data["reason"],
        )  # fmt: skip
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("El precio cambia desde el %(day)s.") % {"day": day_text(data["from_on"])})
    return redirect("schedule", row.pk)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def drop_price(request: CompanyRequest, price_change_id: UUID) -> HttpResponse:
    change = get_object_or_404(PriceChange.objects, pk=price_change_id, schedule__in=schedules_in_sight(request))
    try:
        operations.drop_price(price_change_id=change.pk, today=clock.today(request.company), actor=request.user)
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Ese cambio de precio se quitó."))
    return redirect("schedule", change.schedule_id)


# Dates that wait


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def issue(request: CompanyRequest) -> HttpResponse:
    """Issue the dates that were chosen."""
    try:
        done = deciding.issue_them(occurrence_ids=_chosen(request), actor=request.user)
    except REFUSALS as error:
        messages.error(request, str(error))
        return _back(request)
    enqueue_schedules()
    text = ngettext("%(count)d fecha se está emitiendo.", "%(count)d fechas se están emitiendo.", done.count)
    messages.success(request, text % {"count": done.count})
    return _back(request)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def skip(request: CompanyRequest) -> HttpResponse:
    """Leave the dates that were chosen out."""
    try:
        done = deciding.skip_them(occurrence_ids=_chosen(request), actor=request.user)
    except REFUSALS as error:
        messages.error(request, str(error))
        return _back(request)
    text = ngettext("%(count)d fecha se omitió.", "%(count)d fechas se omitieron.", done.count)
    messages.success(request, text % {"count": done.count})
    return _back(request)


def _chosen(request: CompanyRequest) -> list[UUID]:
    """One date of a schedule's page, or the rows chosen in the list of those that wait."""
    if (one := as_uuid(request.POST.get("one", ""))) is not None:
        return list(occurrences_in_sight(request).filter(pk=one).values_list("pk", flat=True))
    rows = waiting_listing().selected(request, waiting_in_sight(request))
    return list(rows.values_list("pk", flat=True))


def _back(request: CompanyRequest) -> HttpResponse:
    """To the schedule from which it was asked, else to the list."""
    schedule_id = as_uuid(request.POST.get("schedule", ""))
    if schedule_id is not None and schedules_in_sight(request).filter(pk=schedule_id).exists():
        return redirect("schedule", schedule_id)
    return redirect("recurring_waiting")
