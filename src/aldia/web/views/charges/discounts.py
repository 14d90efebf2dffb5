"""Discounts for paying early: the list and the form."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.receivables.charge_models import percent
from aldia.receivables.models import DiscountRule
from aldia.receivables.operations import charge_rules as operations
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text
from aldia.web.forms_charges import DiscountForm, StartForm, discount_initial
from aldia.web.views.charges import common


@dataclass(frozen=True, slots=True)
class Card:
    rule: DiscountRule
    words: str
    state: str


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    rows = DiscountRule.objects.filter(receivable__isnull=True).select_related("portfolio")
    rules = [card(rule) for rule in rows.order_by("-starts_on", "-id")]
    context = {
        "live": [each for each in rules if each.state in ("rule_on", "rule_draft")],
        "past": [each for each in rules if each.state not in ("rule_on", "rule_draft")],
        "start": StartForm(initial={"starts_on": clock.today(request.company)}, auto_id=False),
        "tab": "discount_rules",
    }
    return render(request, "charges/discounts.html", context)


def card(rule: DiscountRule) -> Card:
    state = "rule_draft" if rule.is_draft else "rule_on" if rule.is_on else "rule_off"
    return Card(rule, words(rule), "rule_replaced" if rule.end_code == "replaced" else state)


def words(rule: DiscountRule) -> str:
    """A discount as one sentence."""
    if rule.until_on is not None:
        said = _("%(percent)s %% hasta el %(day)s") % {
            "percent": percent(rule.tiers[0][1]) if rule.tiers else 0,
            "day": day_text(rule.until_on),
        }
    else:
        tiers = [
            _("%(percent)s %% si paga en %(days)s días") % {"percent": percent(ppm), "days": days}
            for days, ppm in rule.tiers
        ]
        said = ", ".join(tiers)
    return f"{said}, {_('también en proporción')}" if rule.pro_rata else said


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
def new(request: CompanyRequest) -> HttpResponse:
    initial = {"name": _("Pronto pago"), "scope": "all", "currency": request.company.currency}
    initial |= {"days_1": "10", "percent_1": "2"}
    form = DiscountForm(request.POST or None, initial=initial, **common.form_options(request))
    return _write(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
def edit(request: CompanyRequest, discount_rule_id: UUID) -> HttpResponse:
    rule = common.discount_or_404(discount_rule_id)
    if not rule.is_draft:
        messages.error(request, _("Un descuento encendido no se reescribe: haz una versión nueva."))
        return redirect("discount_rules")
    form = DiscountForm(request.POST or None, initial=discount_initial(rule), **common.form_options(request))
    return _write(request, form, rule)


def _write(request: CompanyRequest, form: DiscountForm, rule: DiscountRule | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            saved = operations.save_discount(
                whom=form.whom(), details=form.details(), actor=request.user, rule_id=rule.pk if rule else None
            )
        except operations.RuleRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("«%(name)s» está guardado, apagado.") % {"name": saved.name})
            return redirect("discount_rules")
    context = {"form": form, "rule": rule, "tab": "discount_rules"}
    return render(request, "charges/discount_form.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def turn_on(request: CompanyRequest, discount_rule_id: UUID) -> HttpResponse:
    rule, form = common.discount_or_404(discount_rule_id), StartForm(request.POST)
    if not form.is_valid():
        messages.error(request, common.first_error(form))
        return redirect("discount_rules")
    try:
        operations.switch_on(
            model=DiscountRule, rule_id=rule.pk, starts_on=form.cleaned_data["starts_on"],
            today=clock.today(request.company), actor=request.user,
        )  # fmt: skip
    except operations.RuleRefused as error:
        messages.error(request, str(error))
    else:
        text = _("«%(name)s» se ofrece en lo que emitas desde el %(day)s.")
        messages.success(request, text % {"name": rule.name, "day": day_text(form.cleaned_data["starts_on"])})
    return redirect("discount_rules")


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def turn_off(request: CompanyRequest, discount_rule_id: UUID) -> HttpResponse:
    rule = common.discount_or_404(discount_rule_id)
    operations.switch_off(model=DiscountRule, rule_id=rule.pk, today=clock.today(request.company), actor=request.user)
    text = _("«%(name)s» está apagado. Lo emitido hasta hoy conserva su descuento.")
    messages.success(request, text % {"name": rule.name})
    return redirect("discount_rules")


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def version(request: CompanyRequest, discount_rule_id: UUID) -> HttpResponse:
    rule = common.discount_or_404(discount_rule_id)
    draft = operations.next_version(model=DiscountRule, rule_id=rule.pk, actor=request.user)
    return redirect("discount_rule_edit", draft.pk)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def delete(request: CompanyRequest, discount_rule_id: UUID) -> HttpResponse:
    rule = common.discount_or_404(discount_rule_id)
    try:
        operations.delete_draft(model=DiscountRule, rule_id=rule.pk, actor=request.user)
    except operations.RuleRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Se borró el borrador."))
    return redirect("discount_rules")
