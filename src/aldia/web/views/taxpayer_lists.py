"""SAT's lists of taxpayers: how old they are, and which customers are in them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.authority.queries.lists import Flag, current_lists, flags_of, listed_customers
from aldia.customers.models import Customer
from aldia.domain.fiscal.taxpayer_lists import NAMES
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.customers.common import visible

MOST_SHOWN = 500


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """The lists on file and the customers in them, the gravest first."""
    listed = list(listed_customers(visible(request)).order_by("legal_name", "id")[:MOST_SHOWN])
    flags = flags_of([customer.tax_id for customer in listed])
    rows = sorted(((each, flags[each.tax_id]) for each in listed), key=_gravest)
    lists = [(_(NAMES[row.name]) if row.name in NAMES else row.name, row) for row in current_lists()]
    return render(request, "taxpayer_lists/index.html", {"rows": rows, "lists": lists})


def flags_of_customer(customer: Customer) -> list[Flag]:
    """What the lists say of a customer."""
    if customer.generic or customer.country != "MX":
        return []
    return flags_of([customer.tax_id]).get(customer.tax_id, [])


def _gravest(row: tuple[Customer, list[Flag]]) -> Any:
    worst = row[1][0]
    return (not worst.is_grave, not worst.is_against, row[0].legal_name)
