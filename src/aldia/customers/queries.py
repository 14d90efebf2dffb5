"""Reads of customers: who may see whom, the list with its filters and order, portfolios with their people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce, Lower

from aldia.customers.models import Contact, CreditLine, Customer, CustomerFile, Handover, Portfolio
from aldia.domain.folding import fold
from aldia.tenancy.models import AuditEvent, Membership, User

NO_PORTFOLIO = "none"
ON, OFF, GENERIC = "on", "off", "generic"


@dataclass(frozen=True, slots=True)
class Filter:
    """`portfolio` an id or "none"; `email` "yes" or "no"; "" asks nothing."""

    text: str = ""
    portfolio: str = ""
    email: str = ""


def visible_to(membership: Membership) -> QuerySet[Customer]:
    """The customers that a member may see: all, or those of the own portfolios when so restricted."""
    customers = Customer.objects.all()
    if membership.own_portfolio_only:
        customers = customers.filter(portfolio__collector=membership.user_id)
    return customers


def collector_on(day: str, customer: str = "customer") -> Coalesce:
    """Expression: who collected the customer of a row when the day in its column `day` began; None: nobody since."""
    later = Handover.objects.filter(customer=OuterRef(customer), until__gte=OuterRef(day)).order_by("until")
    had = Subquery(later.values("collector")[:1], output_field=UUIDField())
    return Coalesce(had, F(f"{customer}__portfolio__collector"), output_field=UUIDField())


def portfolios_by_name() -> QuerySet[Portfolio]:
    """All portfolios of the company."""
    return Portfolio.objects.select_related("collector").order_by(Lower("name"), "id")


def portfolios_visible_to(membership: Membership) -> QuerySet[Portfolio]:
    """The portfolios that a member may see, by name."""
    portfolios = portfolios_by_name()
    if membership.own_portfolio_only:
        portfolios = portfolios.filter(collector=membership.user_id)
    return portfolios


def matching(customers: QuerySet[Customer], wanted: Filter) -> QuerySet[Customer]:
    """Narrow a queryset by a filter; every word of the text must be found, in any order, accents aside."""
    for word in fold(wanted.text).split()[:10]:
        customers = customers.filter(search__contains=word)
    if wanted.portfolio == NO_PORTFOLIO:
        customers = customers.filter(portfolio__isnull=True)
    elif wanted.portfolio:
        portfolio_id = as_uuid(wanted.portfolio)
        customers = customers.filter(portfolio_id=portfolio_id) if portfolio_id else customers.none()
    if wanted.email in ("yes", "no"):
        reachable = Exists(Contact.objects.filter(customer_id=OuterRef("pk")).exclude(email=""))
        customers = customers.filter(reachable if wanted.email == "yes" else ~reachable)
    return customers


def by_state(customers: QuerySet[Customer], state: str) -> QuerySet[Customer]:
    """Those that are on, off or generic; "" all but generic."""
    if state in (ON, OFF):
        return customers.filter(collecting=state == ON, generic=False)
    return customers.filter(generic=state == GENERIC)


def state_counts(customers: QuerySet[Customer]) -> dict[str, int]:
    """How many are on, off and generic."""
    counts = customers.aggregate(
        on=Count("pk", filter=Q(collecting=True)),
        off=Count("pk", filter=Q(collecting=False, generic=False)),
        generic=Count("pk", filter=Q(generic=True)),
    )
    return dict(counts)


def as_uuid(text: str) -> uuid.UUID | None:
    """The id that a person's address or form names, None if it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def primary_contacts(customer_ids: list[uuid.UUID]) -> dict[uuid.UUID, Contact]:
    """The primary contact of each customer that has one."""
    contacts = Contact.objects.filter(customer_id__in=customer_ids, is_primary=True)
    return {contact.customer_id: contact for contact in contacts}


def default_lines(customer_ids: list[uuid.UUID]) -> dict[uuid.UUID, CreditLine]:
    """The default credit line of each customer that has one."""
    lines = CreditLine.objects.filter(customer_id__in=customer_ids, is_default=True)
    return {line.customer_id: line for line in lines}


def contacts_of(customer: Customer) -> list[Contact]:
    """Primary first, then as they were added."""
    return list(Contact.objects.filter(customer=customer).order_by("-is_primary", "id"))


def credit_lines_of(customer: Customer) -> list[CreditLine]:
    """Default first, then as they were added."""
    return list(CreditLine.objects.filter(customer=customer).order_by("-is_default", "id"))


def files_of(customer: Customer) -> list[CustomerFile]:
    """Files that were not removed, newest first."""
    files = CustomerFile.objects.filter(customer=customer, removed_at__isnull=True)
    return list(files.select_related("file", "uploaded_by").order_by("-id"))


def removed_files_of(customer: Customer) -> list[CustomerFile]:
    """The latest files that were removed, to put back."""
    files = CustomerFile.objects.filter(customer=customer, removed_at__isnull=False)
    return list(files.select_related("file").order_by("-removed_at")[:20])


def collectors() -> list[User]:
    """People who may be given a portfolio."""
    members = Membership.objects.filter(suspended_at__isnull=True).select_related("user")
    return sorted((member.user for member in members), key=lambda user: str(user).casefold())


def portfolio_counts() -> dict[uuid.UUID | None, tuple[int, int]]:
    """Portfolio (None: in none) -> (customers, of them switched on); público en general is not counted."""
    rows = Customer.objects.filter(generic=False).values_list("portfolio_id").order_by()
    counted = rows.annotate(all=Count("pk"), on=Count("pk", filter=Q(collecting=True)))
    return {portfolio_id: (every, on) for portfolio_id, every, on in counted}


def activity_of(customer: Customer, owned: Mapping[str, Sequence[str]], limit: int = 100) -> list[AuditEvent]:
    """What was done to a customer, alone or together with others, newest first.

    `owned`: ids of what is the customer's by type of object (its receivables, its credits).
    """
    wanted = Q(object_type="customer", object_id=str(customer.pk))
    wanted |= Q(object_type__in=("customer", "customers"), object_id="", detail__icontains=str(customer.pk))
    for object_type, ids in owned.items():
        wanted |= Q(object_type=object_type, object_id__in=ids)
    events = AuditEvent.objects.filter(wanted).select_related("actor").order_by("-seq")
    return list(events[:limit])
