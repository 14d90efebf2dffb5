"""Carteras: who collects whom, and what each portfolio is owed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.customers import queries
from aldia.customers.models import Portfolio
from aldia.customers.operations import portfolios
from aldia.customers.operations.versions import Refused, Stale
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.tenancy.models import User
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_customers import PortfolioForm
from aldia.web.views.customers import table
from aldia.web.views.customers.common import gone_is_404, may_move, say_why


@dataclass(frozen=True, slots=True)
class Owing:
    """What is owed to a portfolio in one currency."""

    currency: str
    owed: int
    overdue: int

    @property
    def percent(self) -> int:
        return self.overdue * 100 // self.owed if self.owed else 0


@dataclass(frozen=True, slots=True)
class Card:
    """A portfolio (None: the customers in none) with its totals."""

    portfolio: Portfolio | None
    customers: int
    on: int
    sums: list[Owing] = field(default_factory=list)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    shown = list(queries.portfolios_visible_to(request.membership))
    everything = may_move(request.membership)
    cards = _cards(shown, everything, clock.today(request.company), request.company.currency)
    return render(request, "customers/portfolios.html", {"cards": cards, "may_move": everything})


def _cards(shown: Iterable[Portfolio], everything: bool, today: date, home: str) -> list[Card]:
    counts, sums = queries.portfolio_counts(), _sums(today, home)
    keys: list[Portfolio | None] = [*shown]
    if everything and None in counts:
        keys.append(None)
    found = []
    for portfolio in keys:
        key = portfolio.pk if portfolio else None
        found.append(Card(portfolio, *counts.get(key, (0, 0)), sums.get(key, [])))
    return found


def _sums(today: date, home: str) -> dict[UUID | None, list[Owing]]:
    """What customers that are on owe, by portfolio and currency."""
    rows = Receivable.objects.filter(balance__gt=0, customer__collecting=True).order_by()
    grouped = rows.values_list("customer__portfolio_id", "currency").annotate(
        owed=Sum("balance"), late=Coalesce(Sum("balance", filter=Q(due_on__lt=today)), 0)
    )
    found: dict[UUID | None, list[Owing]] = {}
    for portfolio_id, currency, owed, late in grouped:
        found.setdefault(portfolio_id, []).append(Owing(currency, owed, late))
    for sums in found.values():
        sums.sort(key=lambda each: (each.currency != home, each.currency))
    return found


def _not_restricted(request: CompanyRequest) -> None:
    """Who sees only the own portfolios does not decide what portfolios there are."""
    if not may_move(request.membership):
        raise PermissionDenied


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def new(request: CompanyRequest) -> HttpResponse:
    _not_restricted(request)
    form = PortfolioForm(request.POST or None, collectors=queries.collectors())
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                portfolio = portfolios.create_portfolio(
                    name=form.cleaned_data["name"], collector_id=_collector(form), actor=request.user
                )
            except Refused as error:
                status = say_why(form, error)
            else:
                sentence = _("Se creó la cartera «%(name)s». Elige clientes en la tabla para ponerlos en ella.")
                messages.success(request, sentence % {"name": portfolio})
                return redirect("portfolios")
    return render(request, "customers/portfolio.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def edit(request: CompanyRequest, portfolio_id: UUID) -> HttpResponse:
    portfolio = get_object_or_404(queries.portfolios_visible_to(request.membership), pk=portfolio_id)
    _not_restricted(request)
    initial = {"name": portfolio.name, "collector": str(portfolio.collector_id or ""), "version": portfolio.version}
    form = PortfolioForm(request.POST or None, initial=initial, collectors=_people(portfolio))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                portfolios.update_portfolio(
                    portfolio_id=portfolio_id,
                    version=form.cleaned_data["version"],
                    name=form.cleaned_data["name"],
                    collector_id=_collector(form),
                    today=clock.today(request.company),
                    actor=request.user,
                )
            except (Refused, Stale) as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se guardó la cartera."))
                return redirect("portfolios")
    members, _on = queries.portfolio_counts().get(portfolio_id, (0, 0))
    context = {"form": form, "portfolio": portfolio, "members": members}
    return render(request, "customers/portfolio.html", context, status=status)


def _people(portfolio: Portfolio) -> list[User]:
    """Who may collect, with whoever does now even if suspended since."""
    people = [*queries.collectors()]
    if portfolio.collector and portfolio.collector not in people:
        people.append(portfolio.collector)
    return people


def _collector(form: PortfolioForm) -> UUID | None:
    return queries.as_uuid(form.cleaned_data["collector"])


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def delete(request: CompanyRequest, portfolio_id: UUID) -> HttpResponse:
    portfolio = get_object_or_404(queries.portfolios_visible_to(request.membership), pk=portfolio_id)
    _not_restricted(request)
    moved = portfolios.delete_portfolio(
        portfolio_id=portfolio_id, today=clock.today(request.company), actor=request.user
    )
    sentence = ngettext(
        "Se borró la cartera «%(name)s»; %(n)d cliente quedó sin cartera.",
        "Se borró la cartera «%(name)s»; %(n)d clientes quedaron sin cartera.",
        moved,
    )
    messages.success(request, sentence % {"name": portfolio, "n": moved})
    return redirect("portfolios")


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def assign(request: CompanyRequest) -> HttpResponse:
    """Put the chosen customers into a portfolio ("none": into none)."""
    _not_restricted(request)
    back = f"{reverse('customers')}?{request.GET.urlencode()}"
    wanted = request.POST.get("portfolio", "")
    portfolio_id = queries.as_uuid(wanted)
    if portfolio_id is None and wanted != queries.NO_PORTFOLIO:
        messages.error(request, _("Elige una cartera de la lista."))
        return redirect(back)
    if portfolio_id is not None:
        get_object_or_404(Portfolio.objects, pk=portfolio_id)
    ids = list(table.LIST.selected(request, table.customers_of(request)).values_list("pk", flat=True))
    moved = portfolios.assign_portfolio(
        customer_ids=ids, portfolio_id=portfolio_id, today=clock.today(request.company), actor=request.user
    )
    sentence = ngettext("%(n)d cliente cambió de cartera.", "%(n)d clientes cambiaron de cartera.", moved)
    messages.success(request, sentence % {"n": moved})
    return redirect(back)
