"""The form that writes a rule as sentences, with its line of days drawn while it is being written."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aldia.messaging.models import Channel, Template
from aldia.reminders.models import ReminderRule, ReminderStep
from aldia.reminders.operations import rules as operations
from aldia.reminders.queries import followers
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_rules import RuleForms, StepForm, steps_on
from aldia.web.views.customers.common import gone_is_404
from aldia.web.views.reminders import summary
from aldia.web.views.reminders.common import rule_or_404


def _forms(request: CompanyRequest, rule: ReminderRule | None = None) -> RuleForms:
    steps = followers.steps_of([rule.pk]).get(rule.pk, []) if rule else []
    return RuleForms(
        currency=request.company.currency,
        decimal=decimal_mark(request.company),
        templates=list(Template.objects.filter(archived_at__isnull=True).order_by("name")),
        data=request.POST if request.method == "POST" else None,
        rule=rule,
        steps=steps,
        words={step.pk: _words(step) for step in steps},
    )


def _words(step: ReminderStep) -> dict[str, str]:
    return {f"words_{each.channel}_{each.language}": str(each.template_id) for each in step.templates.all()}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
def new(request: CompanyRequest) -> HttpResponse:
    forms = _forms(request)
    status = 200
    if request.method == "POST":
        status = 422
        if forms.is_valid():
            try:
                rule = operations.create_rule(words=forms.words(), actor=request.user)
            except operations.RuleError as error:
                forms.say_why(error)
            else:
                text = _("La regla «%(name)s» está lista y apagada: elige quién la sigue y actívala.")
                messages.success(request, text % {"name": rule.name})
                return redirect("reminder_rule", rule.pk)
    return render(request, "reminders/rule_form.html", {"forms": forms, "marks": drafted(forms.steps)}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def edit(request: CompanyRequest, rule_id: UUID) -> HttpResponse:
    rule = rule_or_404(rule_id)
    forms = _forms(request, rule)
    status = 200
    if request.method == "POST":
        status = 422
        if forms.is_valid():
            try:
                operations.update_rule(
                    rule_id=rule.pk,
                    version=forms.rule.cleaned_data["version"],
                    words=forms.words(),
                    actor=request.user,
                )
            except (operations.RuleError, operations.Stale) as error:
                status = forms.say_why(error)
            else:
                messages.success(
                    request, _("Se guardó la regla «%(name)s».") % {"name": forms.rule.cleaned_data["name"]}
                )
                return redirect("reminder_rule", rule.pk)
    context = {"forms": forms, "marks": drafted(forms.steps), "rule": rule}
    return render(request, "reminders/rule_form.html", context, status=status)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def draft(request: CompanyRequest) -> HttpResponse:
    """The line of days that the form would make, while it is being written. Keeps nothing."""
    return render(request, "reminders/_draft.html", {"marks": drafted(steps_on(request.POST))})


def drafted(steps: Iterable[StepForm]) -> list[summary.Mark]:
    """The marks of what the form says so far, right or wrong."""
    return summary.marks(_draft(step) for step in steps if step["is_on"].value())


def _draft(step: StepForm) -> summary.Draft:
    channels = step["channels"].value() or []
    return summary.Draft(
        when=step.when,
        days=_whole(step, "days") or 0,
        times=_whole(step, "times"),
        until_days=_whole(step, "until_days"),
        channels=list(step.ordered([each for each in channels if each in Channel.values], step["way"].value() or "")),
        needs_approval=bool(step["needs_approval"].value()),
    )


def _whole(step: StepForm, name: str) -> int | None:
    """A number as far as it is one."""
    value = str(step[name].value() or "") if name in step.fields else ""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 4 else None
