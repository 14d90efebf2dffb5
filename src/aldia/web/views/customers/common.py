"""What the pages of customers share: whom the person may see, and how a refusal reaches the form."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404

from aldia.customers import queries
from aldia.customers.models import Customer
from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.tenancy.models import Membership
from aldia.tenancy.sentences import spoken
from aldia.web.access import CompanyRequest

View = TypeVar("View", bound=Callable[..., HttpResponse])


def visible(request: CompanyRequest) -> QuerySet[Customer]:
    """The customers that the person may see, each with its portfolio."""
    return queries.visible_to(request.membership).select_related("portfolio")


def customer_or_404(request: CompanyRequest, customer_id: UUID) -> Customer:
    """A customer that the person may see."""
    return get_object_or_404(visible(request), pk=customer_id)


def may_move(membership: Membership) -> bool:
    """Who sees only the own portfolios does not decide which customers are in them."""
    return not membership.own_portfolio_only


def say_why(form: Form, error: Refused | Stale) -> int:
    """Put a refusal on the form; return the status of the answer (409 when somebody else saved first)."""
    field = getattr(error, "field", "")
    form.add_error(field if field in form.fields else None, spoken(error))
    return 409 if isinstance(error, Stale) else 422


def gone_is_404(view: View) -> View:
    """Somebody else may remove a row while the view works on it."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except NotThere as error:
            raise Http404 from error

    return guarded  # type: ignore[return-value]
