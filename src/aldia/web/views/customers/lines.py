"""Credit lines of a customer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aldia.customers.models import CreditLine
from aldia.customers.operations import credit_lines
from aldia.customers.operations.versions import Refused, Stale
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_customers import CreditLineForm
from aldia.web.views.customers.common import customer_or_404, gone_is_404, say_why


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def new(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    initial = {"currency": request.company.currency}
    form = CreditLineForm(request.POST or None, initial=initial, decimal=decimal_mark(request.company))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            default = form.cleaned_data["is_default"]
            try:
                credit_lines.add_credit_line(
                    customer_id=customer.pk, terms=form.terms(), default=default, actor=request.user
                )
            except Refused as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se agregó la línea de crédito."))
                return redirect("customer_terms", customer.pk)
    return render(request, "customers/credit_line.html", {"form": form, "customer": customer}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def edit(request: CompanyRequest, customer_id: UUID, line_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    line = get_object_or_404(CreditLine.objects, customer=customer, pk=line_id)
    initial = CreditLineForm.initial_of(line)
    form = CreditLineForm(request.POST or None, initial=initial, decimal=decimal_mark(request.company))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                credit_lines.update_credit_line(
                    line_id=line_id,
                    version=form.cleaned_data["version"],
                    terms=form.terms(),
                    default=form.cleaned_data["is_default"],
                    actor=request.user,
                )
            except (Refused, Stale) as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se guardó la línea de crédito."))
                return redirect("customer_terms", customer.pk)
    context = {"form": form, "customer": customer, "line": line}
    return render(request, "customers/credit_line.html", context, status=status)


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def remove(request: CompanyRequest, customer_id: UUID, line_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    line = get_object_or_404(CreditLine.objects, customer=customer, pk=line_id)
    credit_lines.remove_credit_line(line_id=line_id, actor=request.user)
    messages.success(request, _("Se quitó la línea «%(name)s».") % {"name": line})
    return redirect("customer_terms", customer.pk)
