"""Who is left alone, and who follows which rule: one customer or many, and one receivable."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from aldia.reminders.models import ReminderRule
from aldia.reminders.operations import pauses
from aldia.reminders.operations import rules as operations
from aldia.reminders.queries import followers
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_reminders import GENERAL, NONE, CustomerPauseForm, FollowForm
from aldia.web.views.customers import table
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.receivables.common import done, receivable_or_404

AT_ONCE = 5_000
UNDO_AT_ONCE = 200


def back_to(request: CompanyRequest, usual: str) -> HttpResponse:
    """Where the person came from, if it is a page of ours."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if target and safe else usual)


# One customer


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.PAUSE)
def pause(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Leave a customer alone until a day, or until somebody says otherwise."""
    customer, today = customer_or_404(request, customer_id), clock.today(request.company)
    form = CustomerPauseForm(request.POST or None, today=today)
    usual = reverse("customer", args=[customer.pk])
    if request.method == "POST" and form.is_valid():
        try:
            pauses.pause_customers(customer_ids=[customer.pk], today=today, actor=request.user, **form.cleaned_data)
        except pauses.PauseError as error:
            form.add_error(None, str(error))
        else:
            text = _("%(name)s no recibirá recordatorios mientras dure la pausa.") % {"name": customer}
            done(request, text, reverse("customer_resume", args=[customer.pk]))
            return back_to(request, usual)
    context = {
        "form": form,
        "title": _("Pausar los recordatorios"),
        "who": str(customer),
        "back": usual,
        "next": request.POST.get("next") or request.GET.get("next") or "",
        "action": reverse("customer_pause", args=[customer.pk]),
    }
    return render(request, "reminders/pause.html", context, status=422 if form.errors else 200)


@require_POST
@needs(permissions.PAUSE)
def resume(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """End a customer's pause."""
    customer, today = customer_or_404(request, customer_id), clock.today(request.company)
    if pauses.resume_customers(customer_ids=[customer.pk], today=today, actor=request.user):
        messages.success(request, _("%(name)s vuelve a recibir recordatorios.") % {"name": customer})
    return back_to(request, reverse("customer", args=[customer.pk]))


# Many customers


def _chosen(request: CompanyRequest) -> list[UUID]:
    """The customers that the form of the list names; empty, and said why, when none or too many."""
    rows = table.LIST.selected(request, table.customers_of(request)).filter(generic=False)
    ids = list(rows.order_by().values_list("pk", flat=True)[: AT_ONCE + 1])
    if not ids:
        messages.info(request, _("No elegiste a ningún cliente."))
    if len(ids) > AT_ONCE:
        messages.warning(request, _("Son más de 5,000: afina el filtro y hazlo por partes. No cambió nada."))
        return []
    return ids


def _list(request: CompanyRequest) -> str:
    return f"{reverse('customers')}?{request.GET.urlencode()}"


@require_POST
@needs(permissions.PAUSE)
def pause_many(request: CompanyRequest) -> HttpResponse:
    """Leave many customers alone; with a mistake in the form, ask again on a page of its own that keeps the choice."""
    ids, today = _chosen(request), clock.today(request.company)
    if not ids:
        return redirect(_list(request))
    form = CustomerPauseForm(request.POST, prefix="pause", today=today)
    if form.is_valid():
        try:
            count = pauses.pause_customers(customer_ids=ids, today=today, actor=request.user, **form.cleaned_data)
        except pauses.PauseError as error:
            form.add_error(None, str(error))
        else:
            text = ngettext(
                "%(n)d cliente sin recordatorios mientras dure la pausa.",
                "%(n)d clientes sin recordatorios mientras dure la pausa.",
                count,
            )
            undo = [("id", each) for each in ids] if len(ids) <= UNDO_AT_ONCE else []
            done(request, text % {"n": count}, reverse("customers_resume") if undo else "", undo)
            return redirect(_list(request))
    context = {
        "form": form,
        "title": _("Pausar los recordatorios"),
        "who": ngettext("%(n)d cliente elegido", "%(n)d clientes elegidos", len(ids)) % {"n": len(ids)},
        "back": _list(request),
        "action": request.get_full_path(),
        "ids": request.POST.getlist("id"),
        "all": request.POST.get("all") == "1",
    }
    return render(request, "reminders/pause.html", context, status=422)


@require_POST
@needs(permissions.PAUSE)
def resume_many(request: CompanyRequest) -> HttpResponse:
    """End the pauses of many customers."""
    if ids := _chosen(request):
        count = pauses.resume_customers(customer_ids=ids, today=clock.today(request.company), actor=request.user)
        text = ngettext("Se terminó %(n)d pausa.", "Se terminaron %(n)d pausas.", count)
        messages.success(request, text % {"n": count})
    return redirect(_list(request))


# Which rule


def rules_to_choose() -> list[ReminderRule]:
    """The rules that can be assigned."""
    return list(followers.rules())


def chosen_rule(request: CompanyRequest, *, above: str) -> FollowForm:
    """The form of a choice, as it was sent."""
    return FollowForm(request.POST, rules=rules_to_choose(), above=above)


def assign(request: CompanyRequest, choice: str, **ids: list[UUID]) -> int:
    """Do what the choice says for customers or receivables; return how many changed. Raises `RuleError`."""
    if choice == GENERAL:
        return operations.unassign_rule(actor=request.user, **ids)
    rule_id = None if choice == NONE else UUID(choice)
    today = clock.today(request.company)
    return operations.assign_rule(rule_id=rule_id, today=today, actor=request.user, **ids)


def _now_follows(form: FollowForm) -> str:
    return str(dict(form.fields["rule"].choices)[form.cleaned_data["rule"]])  # type: ignore[attr-defined]


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def follow_many(request: CompanyRequest) -> HttpResponse:
    """Let many customers follow a rule, from their list."""
    form = chosen_rule(request, above=_("La regla general"))
    if not form.is_valid():
        messages.error(request, _("Elige qué regla siguen."))
    elif ids := _chosen(request):
        try:
            count = assign(request, form.cleaned_data["rule"], customer_ids=ids)
        except operations.RuleError as error:
            messages.error(request, str(error))
        else:
            text = ngettext("%(n)d cliente cambió: %(rule)s.", "%(n)d clientes cambiaron: %(rule)s.", count)
            messages.success(request, text % {"n": count, "rule": _now_follows(form)})
    return redirect(_list(request))


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def follow(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Let one customer follow a rule, the general one, or none."""
    customer = customer_or_404(request, customer_id)
    form = chosen_rule(request, above=_("La regla general"))
    _follow(request, form, str(customer), customer_ids=[customer.pk])
    return back_to(request, reverse("customer_terms", args=[customer.pk]))


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def follow_receivable(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Let one receivable follow a rule, what its customer follows, or none."""
    row = receivable_or_404(request, receivable_id)
    form = chosen_rule(request, above=_("La de su cliente"))
    _follow(request, form, row.number, receivable_ids=[row.pk])
    return back_to(request, reverse("receivable", args=[row.pk]))


def _follow(request: CompanyRequest, form: FollowForm, name: str, **ids: list[UUID]) -> None:
    if not form.is_valid():
        messages.error(request, _("Elige qué regla sigue."))
        return
    try:
        assign(request, form.cleaned_data["rule"], **ids)
    except operations.RuleError as error:
        messages.error(request, str(error))
        return
    messages.success(request, _("%(name)s: %(rule)s.") % {"name": name, "rule": _now_follows(form)})
