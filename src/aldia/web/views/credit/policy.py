"""The policy: when the house stops selling on credit by itself, with whom it would stop today."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aldia.collections.operations import credit_policy
from aldia.collections.queries.credit import policy_of, standings
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_credit import PolicyForm


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_CREDIT)
def edit(request: CompanyRequest) -> HttpResponse:
    row, company = policy_of(), request.company
    decimal = decimal_mark(company)
    initial = PolicyForm.initial_of(row, company.currency, decimal)
    form = PolicyForm(request.POST or None, initial=initial, currency=company.currency, decimal=decimal)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            version = form.cleaned_data["version"]
            try:
                credit_policy.save_policy(policy=form.policy(), version=version, actor=request.user)
            except credit_policy.Stale as error:
                status = 409
                form.add_error(None, str(error))
            except credit_policy.PolicyError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _said(_held(request)))
                return redirect("credit")
    return render(request, "credit/policy.html", {"form": form, "held": _held(request)}, status=status)


def _held(request: CompanyRequest) -> int:
    return sum(each.is_held for each in standings(None, today=clock.today(request.company)).values())


def _said(held: int) -> str:
    if not held:
        return _("Se guardó la política: hoy no detiene a nadie.")
    return _("Se guardó la política. Clientes con el crédito detenido hoy: %(n)s.") % {"n": f"{held:,}"}
