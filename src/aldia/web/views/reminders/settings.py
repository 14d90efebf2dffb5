"""How and when the company reminds, in plain words with an example."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from aldia.customers.operations.versions import Stale
from aldia.domain.reminders import Sending, sending_day
from aldia.domain.reminders.days import chased_from
from aldia.reminders.operations import settings as operations
from aldia.reminders.settings import reminder_settings, sending_of
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text
from aldia.web.forms_reminders import SettingsForm
from aldia.web.views.customers.common import say_why


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
def edit(request: CompanyRequest) -> HttpResponse:
    row = reminder_settings()
    form = SettingsForm(request.POST or None, initial=SettingsForm.initial_of(row))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                operations.update_settings(
                    version=form.cleaned_data["version"], changes=form.values(), actor=request.user
                )
            except (operations.SettingsError, Stale) as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se guardaron los ajustes de recordatorios."))
                return redirect("reminder_settings")
    context = {"form": form, "example": example(request)}
    return render(request, "reminders/settings.html", context, status=status)


def example(request: CompanyRequest) -> list[str]:
    """What the settings on file do to an invoice that falls due today, in sentences."""
    sending, today = sending_of(request.company), clock.today(request.company)
    first = sending_day(sending, chased_from(sending, today))
    words = {"due": day_text(today), "first": day_text(first)}
    return [
        _("Una factura vence el %(due)s. Si no aparece su pago, lo primero que se reclama sale el %(first)s.") % words,
        _hours(sending),
        _often(sending),
    ]


def _hours(sending: Sending) -> str:
    words = {"from": f"{sending.send_from:%H:%M}", "until": f"{sending.send_until:%H:%M}"}
    return _("Sale entre las %(from)s y las %(until)s; si esa hora ya pasó, espera al siguiente día de envío.") % words


def _often(sending: Sending) -> str:
    text = _("Si ese cliente debe diez facturas no recibe diez correos, sino uno con todas: ")
    often = ngettext("como mucho uno al día", "como mucho uno cada %(n)d días", sending.min_days_between)
    week = ngettext(" y %(m)d por semana.", " y %(m)d por semana.", sending.max_per_week)
    return text + often % {"n": sending.min_days_between} + week % {"m": sending.max_per_week}
