"""What the pages of receivables share: whom the person may see, refusals beside their form, and a way back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from aldia.domain.money import MoneyError
from aldia.receivables.desk import OverApplied
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.operations.charges import ReceivableError
from aldia.receivables.operations.payments import PaymentError
from aldia.receivables.queries.sight import Sight, sight_of
from aldia.web.access import CompanyRequest

_HIDDEN = '<input type="hidden" name="{}" value="{}">'
REFUSALS = (PaymentError, ReceivableError, OverApplied, MoneyError)


def sight(request: CompanyRequest) -> Sight:
    """All the customers of the person, switched off or on: one page at a time, nothing is hidden."""
    return sight_of(request.membership, include_off=True)


def receivable_or_404(request: CompanyRequest, receivable_id: UUID) -> Receivable:
    rows = Receivable.objects.select_related("customer", "document", "raises")
    return get_object_or_404(sight(request).narrow(rows), pk=receivable_id)


def credit_or_404(request: CompanyRequest, credit_id: UUID) -> Credit:
    rows = Credit.objects.select_related("customer", "document", "complement", "proof", "created_by")
    return get_object_or_404(sight(request).narrow(rows), pk=credit_id)


def allocation_or_404(request: CompanyRequest, allocation_id: UUID) -> Allocation:
    rows = Allocation.objects.select_related("credit", "receivable")
    return get_object_or_404(sight(request).narrow(rows, "receivable__customer"), pk=allocation_id)


def say_why(form: Form, error: Exception) -> None:
    """Put a refusal on the form."""
    if isinstance(error, OverApplied):
        form.add_error(None, _("El importe pasa de lo que se debe o de lo que queda. Recarga y vuelve a intentarlo."))
    else:
        form.add_error(None, str(error))


def done(request: CompanyRequest, text: str, undo: str = "", fields: Iterable[tuple[str, Any]] = ()) -> None:
    """Say what was done, with a button that undoes it when there is an address for that."""
    if not undo:
        messages.success(request, text)
        return
    hidden = format_html_join("", _HIDDEN, [("csrfmiddlewaretoken", get_token(request)), *fields])
    button = format_html('<button class="btn-plain text-decoration-underline" type="submit">{}</button>', _("Deshacer"))
    form = format_html('<form method="post" action="{}" class="d-inline">{}{}</form>', undo, hidden, button)
    messages.success(request, format_html("{} {}", text, form))
