"""How a customer is named on the documents that it receives: a tab of its file."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.customers.operations.versions import Refused, Stale
from aldia.issuing.models import Issue, IssueState
from aldia.issuing.operations import profiles
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_issuer import FiscalProfileForm
from aldia.web.views.customers.common import customer_or_404, gone_is_404, say_why
from aldia.web.views.customers.record import show

SHOWN = 8


@require_safe
@needs(permissions.VIEW)
@gone_is_404
def fiscal(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    return _page(request, customer_id, None)


def _page(
    request: CompanyRequest, customer_id: UUID, form: FiscalProfileForm | None, status: int = 200
) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    profile = profiles.fiscal_profile(customer.pk)
    issues = Issue.objects.filter(customer=customer).exclude(state=IssueState.DISCARDED).order_by("-created_at")
    context = {
        "profile": profile,
        "is_kept": not profile._state.adding,
        "form": form or FiscalProfileForm(initial=FiscalProfileForm.initial_of(profile)),
        "issues": issues[:SHOWN],
        "may_edit": allows(request.membership, permissions.EDIT_CUSTOMERS) and not customer.generic,
    }
    return show(request, customer, "customer_fiscal", "issuing/customer.html", status=status, **context)


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def save(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Keep them as the person says; from now on documents are written with them."""
    customer, form, status = customer_or_404(request, customer_id), FiscalProfileForm(request.POST), 422
    if form.is_valid():
        try:
            profiles.save_fiscal_profile(customer_id=customer.pk, **form.cleaned_data, actor=request.user)
        except (Refused, Stale) as error:
            status = say_why(form, error)
        else:
            messages.success(request, _("Se guardaron los datos fiscales de %(name)s.") % {"name": customer})
            return redirect("customer_fiscal", customer.pk)
    return _page(request, customer_id, form, status)
