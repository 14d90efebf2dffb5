"""What happens on screen when a sale on credit is stopped: the way to leave for it, for those who may give it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from aldia.collections.operations.selling import CreditHeld
from aldia.issuing.models import Issue
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web.access import CompanyRequest


def stopped(request: CompanyRequest, issue: Issue, error: CreditHeld) -> HttpResponse:
    """To the page that asks why it should be sold all the same; else back, with the reason."""
    if allows(request.membership, permissions.MANAGE_CREDIT):
        return redirect(f"{reverse('credit_override', args=[issue.customer_id])}?issue={issue.pk}")
    messages.error(request, str(error))
    return redirect("issue", issue.pk)
