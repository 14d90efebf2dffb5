"""A customer by hand: new, edited, deleted when it was a mistake."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aldia.customers import queries
from aldia.customers.operations import customers
from aldia.customers.operations.versions import Refused, Stale
from aldia.domain import tax_ids
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_customers import CustomerForm, NewCustomerForm
from aldia.web.views.customers.common import customer_or_404, gone_is_404, may_move, say_why


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def new(request: CompanyRequest) -> HttpResponse:
    portfolios = queries.portfolios_visible_to(request.membership)
    form = NewCustomerForm(request.POST or None, portfolios=portfolios, initial={"language": "es"})
    status, known = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _created(request, form)
            except customers.AlreadyThere as error:
                known = queries.visible_to(request.membership).filter(pk=error.customer.pk).first()
                status = say_why(form, error)
            except Refused as error:
                status = say_why(form, error)
    return render(request, "customers/new.html", {"form": form, "known": known}, status=status)


def _created(request: CompanyRequest, form: NewCustomerForm) -> HttpResponse:
    country = request.company.country
    data = form.cleaned_data
    if not may_move(request.membership) and data["portfolio"] is None:
        raise Refused(_("Elige una de tus carteras: de otro modo no lo verías."), "portfolio")
    customer = customers.create_customer(
        country=country,
        tax_id=data["tax_id"],
        foreign_id=data["foreign_id"],
        details=form.details(),
        actor=request.user,
    )
    messages.success(request, _("%(name)s está en tu lista, apagado.") % {"name": customer})
    if warning := tax_ids.check(country, data["tax_id"]).message:
        messages.warning(request, warning)
    return redirect("customer", customer.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def edit(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    form = CustomerForm(
        request.POST or None,
        initial=CustomerForm.initial_of(customer),
        portfolios=queries.portfolios_visible_to(request.membership),
        may_move=may_move(request.membership),
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                customers.update_customer(
                    customer_id=customer_id,
                    version=form.cleaned_data["version"],
                    details=form.details(),
                    today=clock.today(request.company),
                    actor=request.user,
                )
            except (Refused, Stale) as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se guardaron los datos de %(name)s.") % {"name": customer})
                return redirect("customer", customer_id)
    return render(request, "customers/edit.html", {"form": form, "customer": customer}, status=status)


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def delete(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    try:
        customers.delete_customer(customer_id=customer_id, actor=request.user)
    except customers.InUse as error:
        messages.error(request, str(error))
        return redirect("customer", customer_id)
    messages.success(request, _("Se borró a %(name)s.") % {"name": customer})
    return redirect("customers")
