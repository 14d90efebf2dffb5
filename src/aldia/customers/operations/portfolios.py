"""Carteras: sets of customers and who collects them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import F
from django.utils.translation import gettext as _

from aldia.customers.models import Customer, Portfolio
from aldia.customers.operations.handovers import keep_collector, keep_moves
from aldia.customers.operations.intake import clip
from aldia.customers.operations.versions import NotThere, Refused, change, take
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.models import Membership, User
from aldia.tenancy.scope import current_company_id, transaction


def create_portfolio(*, name: str, collector_id: uuid.UUID | None = None, actor: User | None) -> Portfolio:
    """Add a portfolio. Raises `Refused` with its field."""
    name = _checked_name(name)
    with transaction():
        _refuse_same_name(name, None)
        _check_collector(collector_id)
        portfolio = Portfolio.objects.create(company_id=current_company_id(), name=name, collector_id=collector_id)
        _audit(actor, "portfolios.created", portfolio.pk, {"name": name, "collector": collector_id})
    return portfolio


def update_portfolio(
    *,
    portfolio_id: uuid.UUID,
    version: int,
    name: str,
    collector_id: uuid.UUID | None,
    today: date,
    actor: User | None,
) -> Portfolio:
    """Rename it or give it to somebody else. Raises `Refused`, `NotThere`, `Stale`."""
    name = _checked_name(name)
    with transaction():
        portfolio = take(Portfolio, portfolio_id, version)
        _refuse_same_name(name, portfolio_id)
        _check_collector(collector_id)
        before = portfolio.collector_id
        changes = change(portfolio, {"name": name, "collector_id": collector_id})
        if "collector_id" in changes:
            keep_collector(portfolio_id, before, today=today)
        if changes:
            _audit(actor, "portfolios.edited", portfolio_id, {"name": name, "changes": changes})
    return portfolio


def delete_portfolio(*, portfolio_id: uuid.UUID, today: date, actor: User | None) -> int:
    """Remove a portfolio; its customers stay, in none. Returns how many they were. Raises `NotThere`."""
    with transaction():
        portfolio = Portfolio.objects.select_for_update().filter(pk=portfolio_id).first()
        if portfolio is None:
            raise NotThere
        members = list(Customer.objects.filter(portfolio_id=portfolio_id).values_list("pk", flat=True))
        _move(dict.fromkeys(members, portfolio_id), None, today)
        portfolio.delete()
        detail: dict[str, object] = {"name": portfolio.name, "customers": [str(each) for each in members]}
        _audit(actor, "portfolios.deleted", portfolio_id, detail)
    return len(members)


def assign_portfolio(
    *, customer_ids: Collection[uuid.UUID], portfolio_id: uuid.UUID | None, today: date, actor: User | None
) -> int:
    """Put customers into a portfolio (None: into none); returns how many moved. Raises `NotThere`."""
    with transaction():
        name = ""
        if portfolio_id is not None:
            portfolio = Portfolio.objects.select_for_update().filter(pk=portfolio_id).first()
            if portfolio is None:
                raise NotThere
            name = portfolio.name
        rows = Customer.objects.select_for_update().filter(pk__in=list(customer_ids)).order_by("pk")
        moving = {row.pk: row.portfolio_id for row in rows if row.portfolio_id != portfolio_id}
        if moving:
            _move(moving, portfolio_id, today)
            before = {str(pk): str(old or "") for pk, old in moving.items()}
            detail = {"portfolio": str(portfolio_id or ""), "name": name, "customers": before}
            audit.record(actor=actor, verb="customers.portfolio_assigned", object_type="customers", detail=detail)
    return len(moving)


def _move(moving: Mapping[uuid.UUID, uuid.UUID | None], portfolio_id: uuid.UUID | None, today: date) -> None:
    """`moving`: the portfolio that each customer leaves."""
    keep_moves({pk: (old, portfolio_id) for pk, old in moving.items()}, today=today)
    Customer.objects.filter(pk__in=list(moving)).update(portfolio_id=portfolio_id, version=F("version") + 1)


def _checked_name(text: str) -> str:
    name = clip(text, 100)
    if not name:
        raise Refused(_("Ponle nombre a la cartera."), "name")
    return name


def _refuse_same_name(name: str, portfolio_id: uuid.UUID | None) -> None:
    """Names are compared with the audit chain locked: two people cannot make the same one at once."""
    lock_chain(audit.CHAIN)
    if any(found.pk != portfolio_id for found in Portfolio.objects.filter(name__iexact=name)):
        raise Refused(_("Ya hay una cartera con ese nombre."), "name")


def _check_collector(user_id: uuid.UUID | None) -> None:
    """Whoever collects a portfolio is a member of the company."""
    if user_id and not Membership.objects.filter(user_id=user_id, suspended_at__isnull=True).exists():
        raise Refused(_("Esa persona no está activa en la empresa."), "collector")


def _audit(actor: User | None, verb: str, portfolio_id: uuid.UUID, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="portfolio", object_id=portfolio_id, detail=detail)
