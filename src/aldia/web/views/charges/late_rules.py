"""Rules of late fees: the list, the form with what it would charge beside it, switching on and off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.domain.charges.late import LEGAL_YEARLY, USURY_MONTHLY, USURY_YEARLY, is_above_legal, is_usurious
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.charge_rules import late_terms
from aldia.receivables.models import ChargeRun, LateFeeRule
from aldia.receivables.operations import charge_rules as operations
from aldia.receivables.queries.late_fees import FeeRow, Simulated, differences, rule_words
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text
from aldia.web.forms_charges import LateRuleForm, StartForm, late_initial
from aldia.web.views.charges import common
from aldia.web.views.receivables.table import sheet_response

SHOWN = 12
SPARED = {"disputed": gettext_lazy("en disputa"), "paused": gettext_lazy("en pausa")}
SPARED["planned"] = gettext_lazy("con plan de pagos")


@dataclass(frozen=True, slots=True)
class Card:
    """A rule as pages draw it."""

    rule: LateFeeRule
    words: str
    state: str
    warnings: tuple[str, ...] = ()


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    today = clock.today(request.company)
    rules = [card(rule) for rule in LateFeeRule.objects.select_related("portfolio").order_by("-starts_on", "-id")]
    seen = common.seen_customers(request)
    wrong = differences(since=common.back_since(today))
    context = {
        "live": [each for each in rules if each.state in ("rule_on", "rule_draft")],
        "past": [each for each in rules if each.state not in ("rule_on", "rule_draft")],
        "runs": list(ChargeRun.objects.select_related("rule").order_by("-ran_on", "-id")[:SHOWN]),
        "wrong": [each for each in wrong if seen is None or each.late_fee.receivable.customer_id in seen],
        "tab": "late_rules",
    }
    return render(request, "charges/late_rules.html", context)


def card(rule: LateFeeRule) -> Card:
    """The rule with its sentence, its state and what the law says of it."""
    state = "rule_draft" if rule.is_draft else "rule_on" if rule.is_on else "rule_off"
    if rule.end_code == "replaced":
        state = "rule_replaced"
    return Card(rule, rule_words(rule), state, tuple(warnings(rule)))


def warnings(rule: LateFeeRule) -> Iterator[str]:
    """What a person should know before switching it on."""
    terms = late_terms(rule)
    if is_usurious(terms):
        yield _(
            "Pasa de %(month)s %% al mes o %(year)s %% al año: un juez puede tenerla por usuraria y reducirla por su "
            "cuenta (Convención Americana sobre Derechos Humanos, art. 21.3; SCJN, 1a./J. 46/2014)."
        ) % {"month": USURY_MONTHLY, "year": USURY_YEARLY}
    elif is_above_legal(terms):
        yield _(
            "Es más que el interés legal de %(rate)s %% al año (Código de Comercio, art. 362): solo se puede exigir si "
            "está pactada con el cliente."
        ) % {"rate": LEGAL_YEARLY}
    if rule.rate_ppm and rule.cap_ppm is None and rule.cap_amount is None:
        yield _("No tiene tope: sigue creciendo mientras se deba.")
    if rule.tax_ppm:
        yield _("El IVA del recargo se causa al cobrarlo (LIVA, art. 12 y 18); su CFDI se hace aparte.")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
def new(request: CompanyRequest) -> HttpResponse:
    initial = {
        "name": _("Intereses moratorios"), "scope": "all", "currency": request.company.currency, "rate": "2",
        "tax_percent": "16" if request.company.country == "MX" else "",
    }  # fmt: skip
    form = LateRuleForm(request.POST or None, initial=initial, **common.form_options(request))
    return _write(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
def edit(request: CompanyRequest, late_fee_rule_id: UUID) -> HttpResponse:
    rule = common.late_rule_or_404(late_fee_rule_id)
    if not rule.is_draft:
        messages.error(request, _("Una regla encendida no se reescribe: haz una versión nueva."))
        return redirect("late_rule", rule.pk)
    form = LateRuleForm(request.POST or None, initial=late_initial(rule), **common.form_options(request))
    return _write(request, form, rule)


def _write(request: CompanyRequest, form: LateRuleForm, rule: LateFeeRule | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            saved = operations.save_late_rule(
                whom=form.whom(), details=form.details(), actor=request.user, rule_id=rule.pk if rule else None
            )
        except operations.RuleRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("«%(name)s» está guardada, apagada.") % {"name": saved.name})
            return redirect("late_rule", saved.pk)
    context = {"form": form, "rule": rule, "tab": "late_rules"}
    return render(request, "charges/late_form.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def preview(request: CompanyRequest) -> HttpResponse:
    """What the form would charge, asked for while it is filled in; nothing is written."""
    form = LateRuleForm(request.POST, **common.form_options(request))
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            whom = form.whom()
            rule = operations.draft_late_rule(whom, form.details())
            context = simulated(request, common.as_if(rule, request.company, whom.customer_ids))
            context["card"] = card(rule)
        except operations.RuleRefused as error:
            context["refusal"] = str(error)
    else:
        context["refusal"] = _("Termina de llenar la regla para ver qué cobraría.")
    return render(request, "charges/_simulated.html", context)


def simulated(request: CompanyRequest, found: Simulated) -> dict[str, Any]:
    """A simulation for its template: the largest first, what the person may see."""
    seen = common.seen_customers(request)
    rows = [row for row in found.rows if seen is None or row.receivable.customer_id in seen]
    charged = sorted((row for row in rows if row.total), key=lambda row: -row.total)
    spared = [row for row in rows if row.spared]
    return {
        "found": found,
        "rows": charged[:SHOWN],
        "more": max(0, len(charged) - SHOWN),
        "count": len(charged),
        "total": sum(row.total for row in charged),
        "customers": len({row.receivable.customer_id for row in charged}),
        "spared": len(spared),
    }


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, late_fee_rule_id: UUID) -> HttpResponse:
    rule = common.late_rule_or_404(late_fee_rule_id)
    context = {
        "rule": rule,
        "card": card(rule),
        "runs": list(rule.runs.order_by("-period_start")[:60]),
        "members": [each.customer for each in rule.members.select_related("customer")[:50]],
        "start": StartForm(initial={"starts_on": clock.today(request.company)}),
        "tab": "late_rules",
        **simulated(request, common.as_if(rule, request.company, _members(rule))),
    }
    return render(request, "charges/late_rule.html", context)


def _members(rule: LateFeeRule) -> tuple[UUID, ...]:
    return tuple(rule.members.values_list("customer_id", flat=True))


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest, late_fee_rule_id: UUID) -> HttpResponse:
    """The simulation as a sheet: every document, with how it was counted."""
    rule = common.late_rule_or_404(late_fee_rule_id)
    found = common.as_if(rule, request.company, _members(rule))
    seen = common.seen_customers(request)
    columns = [
        SheetColumn(_("Cliente"), width=40), SheetColumn(_("RFC")), SheetColumn(_("Documento")),
        SheetColumn(_("Vencimiento"), "day", 12), SheetColumn(_("Días"), "whole", 8),
        SheetColumn(_("Moneda"), width=8), SheetColumn(_("Interés"), "money"), SheetColumn(_("Cargo fijo"), "money"),
        SheetColumn(_("Mínimo o tope"), "money"), SheetColumn(_("IVA"), "money"), SheetColumn(_("Total"), "money"),
        SheetColumn(_("No se cobra por")), SheetColumn(_("Cómo se contó"), width=80),
    ]  # fmt: skip
    rows = [row for row in found.rows if seen is None or row.receivable.customer_id in seen]
    name = _("recargos-%(day)s.xlsx") % {"day": found.last.isoformat()}
    return sheet_response(_("Recargos"), columns, [_cells(row) for row in rows], name)


def _cells(row: FeeRow) -> list[Cell]:
    on, charge = row.receivable, row.charge
    amounts = (charge.interest, charge.fixed, charge.adjustment, charge.tax, row.total)
    return [
        str(on.customer), on.customer.tax_id, on.number, on.due_on, charge.days, on.currency,
        *(Money(each, on.currency) for each in amounts), str(SPARED.get(row.spared, "")), row.words,
    ]  # fmt: skip


# What may be done with one


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def turn_on(request: CompanyRequest, late_fee_rule_id: UUID) -> HttpResponse:
    rule, form = common.late_rule_or_404(late_fee_rule_id), StartForm(request.POST)
    if not form.is_valid():
        messages.error(request, common.first_error(form))
        return redirect("late_rule", rule.pk)
    try:
        rule = operations.switch_on(
            model=LateFeeRule, rule_id=rule.pk, starts_on=form.cleaned_data["starts_on"],
            today=clock.today(request.company), actor=request.user,
        )  # fmt: skip
    except operations.RuleRefused as error:
        messages.error(request, str(error))
    else:
        assert rule.starts_on is not None  # noqa: S101
        text = _("«%(name)s» cuenta desde el %(day)s. Cada periodo se cobra cuando termina.")
        messages.success(request, text % {"name": rule.name, "day": day_text(rule.starts_on)})
    return redirect("late_rule", rule.pk)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def turn_off(request: CompanyRequest, late_fee_rule_id: UUID) -> HttpResponse:
    rule = common.late_rule_or_404(late_fee_rule_id)
    operations.switch_off(model=LateFeeRule, rule_id=rule.pk, today=clock.today(request.company), actor=request.user)
    messages.success(request, _("«%(name)s» está apagada: ya no cobra. Lo cobrado sigue.") % {"name": rule.name})
    return redirect("late_rule", rule.pk)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def version(request: CompanyRequest, late_fee_rule_id: UUID) -> HttpResponse:
    """A draft that changes the rule."""
    rule = common.late_rule_or_404(late_fee_rule_id)
    draft = operations.next_version(model=LateFeeRule, rule_id=rule.pk, actor=request.user)
    messages.success(request, _("Esta es la versión nueva: la anterior sigue hasta que enciendas esta."))
    return redirect("late_rule_edit", draft.pk)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def delete(request: CompanyRequest, late_fee_rule_id: UUID) -> HttpResponse:
    rule = common.late_rule_or_404(late_fee_rule_id)
    try:
        operations.delete_draft(model=LateFeeRule, rule_id=rule.pk, actor=request.user)
    except operations.RuleRefused as error:
        messages.error(request, str(error))
        return redirect("late_rule", rule.pk)
    messages.success(request, _("Se borró el borrador."))
    return redirect("late_rules")
