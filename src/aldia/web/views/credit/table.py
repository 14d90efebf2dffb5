"""The table of risk and credit: every customer with its risk, what it has in use, its limit and what is advised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Case, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Cast, Coalesce
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.collections.queries.credit import CreditStanding, policy_of, standings
from aldia.collections.queries.exposure import rates, waiting_issues
from aldia.customers import queries as customer_queries
from aldia.customers.models import CreditLine, Customer
from aldia.domain.currencies import exponent
from aldia.domain.forecasting.risk import BANDS
from aldia.domain.money import Money
from aldia.forecasts.queries.current import latest_run, newest_scores
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.queries.sight import in_portfolio
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_credit import HoldForm, LiftForm
from aldia.web.listing import Choice, Column, Listing, Page, Pick, Search
from aldia.web.statuses import STATUSES
from aldia.web.views.collecting.lists import in_parts, sheet_name
from aldia.web.views.credit import words
from aldia.web.views.credit.card import Card, cards
from aldia.web.views.customers.common import visible
from aldia.web.views.receivables.table import portfolio_choices, sheet_response

ALL, HELD, ALLOWED, OVER, NO_LIMIT = "all", "held", "allowed", "over", "free"
TABS = (
    (ALL, gettext_lazy("Todos")),
    (HELD, gettext_lazy("Detenidos")),
    (ALLOWED, gettext_lazy("Con permiso")),
    (OVER, gettext_lazy("Excedidos")),
    (NO_LIMIT, gettext_lazy("Sin límite")),
)
BAND_CHOICES = tuple((letter, f"{letter} · {words.BANDS[letter][0]}") for _bound, letter in BANDS)
LIST = Listing(
    key="credit",
    columns=(
        Column("name", gettext_lazy("Cliente"), sort="legal_name", always=True),
        Column("risk", gettext_lazy("Riesgo"), sort="risk", numeric=True),
        Column("exposure", gettext_lazy("En uso"), sort="exposure", numeric=True),
        Column("limit", gettext_lazy("Límite"), sort="limit_home", numeric=True),
        Column("available", gettext_lazy("Disponible"), sort="available", numeric=True),
        Column("state", gettext_lazy("Crédito")),
        Column("advice", gettext_lazy("Sugerido")),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar nombre o RFC")),
        Choice("band", gettext_lazy("Riesgo"), BAND_CHOICES),
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
    ),
    sort="-exposure",
)


def asked(request: CompanyRequest) -> tuple[Listing, QuerySet[Customer], str, dict[UUID, CreditStanding]]:
    """The list as the tab has it, with the standing of everybody that has one."""
    tab = request.GET.get("state", "")
    tab = tab if tab in {key for key, _label in TABS} else ALL
    rows = in_sight(request)
    known = standings(None, today=clock.today(request.company)) if tab != ALL or not _is_part(request) else {}

    def apply(found: QuerySet[Customer], values: dict[str, Any]) -> QuerySet[Customer]:
        found = customer_queries.matching(found, customer_queries.Filter(values.get("q", "")))
        if tab == NO_LIMIT:
            found = found.filter(credit_lines__isnull=True)
        elif tab != ALL:
            found = found.filter(pk__in=[pk for pk, each in known.items() if is_in(tab, each)])
        if band := values.get("band"):
            found = found.filter(pk__in=newest_scores().filter(band=band).values("customer_id"))
        return in_portfolio(found, values.get("portfolio", ""), "portfolio")

    return replace(LIST, apply=apply), _with_sums(request, rows), tab, known


def _is_part(request: CompanyRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]


def in_sight(request: CompanyRequest) -> QuerySet[Customer]:
    """Customers that credit may be given to."""
    return visible(request).filter(generic=False)


def is_in(tab: str, standing: CreditStanding) -> bool:
    """Whether a customer with this standing is on the tab."""
    if tab == HELD:
        return standing.is_held
    if tab == ALLOWED:
        return bool(standing.why) and not standing.is_held
    return standing.is_over


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    listing, rows, tab, known = asked(request)
    page: Page[Any] = listing.page(request, rows)
    page.rows = cards(page.rows, request.company, clock.today(request.company))
    is_part = _is_part(request)
    context = {
        "page": page,
        "keep": {"state": tab} if tab != ALL else {},
        "tabs": [] if is_part else _tabs(request, tab, known),
        "policy": policy_of(),
        "is_scored": is_part or latest_run() is not None,
        "hold_form": HoldForm(prefix="hold", use_required_attribute=False),
        "lift_form": LiftForm(prefix="lift", use_required_attribute=False),
    }
    return render(request, "credit/index.html", context)


def _tabs(request: CompanyRequest, active: str, known: dict[UUID, CreditStanding]) -> list[dict[str, Any]]:
    rows = in_sight(request)
    mine = set(rows.values_list("pk", flat=True)) if request.membership.own_portfolio_only else None
    seen = [each for pk, each in known.items() if mine is None or pk in mine]
    counts = {tab: sum(is_in(tab, each) for each in seen) for tab in (HELD, ALLOWED, OVER)}
    return [
        {
            "label": label, "url": "?" if key == ALL else f"?state={key}", "active": key == active,
            "count": counts.get(key) or None,
        }
        for key, label in TABS
    ]  # fmt: skip


# Sums that the database sorts by: only those that the header asks for


def _with_sums(request: CompanyRequest, rows: QuerySet[Customer]) -> QuerySet[Customer]:
    sort = (request.GET.get("sort") or LIST.sort).lstrip("-")
    if sort == "risk":
        scores = newest_scores().filter(customer=OuterRef("pk")).values("score")[:1]
        return rows.annotate(risk=Coalesce(Subquery(scores), -1))
    if sort not in ("exposure", "limit", "available"):
        return rows
    home = request.company.currency
    codes = set(CreditLine.objects.order_by().values_list("currency", flat=True).distinct())
    codes |= set(Receivable.objects.filter(balance__gt=0).order_by().values_list("currency", flat=True).distinct())
    known = {code: rate for code, (rate, _on) in rates(codes, home, clock.today(request.company)).items()}
    limit = _sum(CreditLine.objects.all(), F("limit_minor"), home, known)
    if sort == "limit":
        return rows.annotate(limit_home=Coalesce(limit, -1))
    used = (
        Coalesce(_sum(Receivable.objects.filter(balance__gt=0), F("balance"), home, known), 0)
        + Coalesce(_sum(waiting_issues(), F("total"), home, known), 0)
        - Coalesce(_sum(_favour(), F("remaining") - F("held"), home, known), 0)
    )
    if sort == "exposure":
        return rows.annotate(exposure=used)
    return rows.annotate(available=Coalesce(limit, Value(2**60)) - used)


def _favour() -> QuerySet[Credit]:
    return Credit.objects.filter(remaining__gt=0, reversed_on__isnull=True)


def _sum(rows: QuerySet[Any], amount: Any, home: str, known: dict[str, Decimal]) -> Subquery:
    """The sum of a customer's rows in the company's own currency, near enough to sort by."""
    branches = [When(currency=home, then=amount)]
    for code, rate in known.items():
        scaled = int(rate * 1000 * Decimal(10) ** (exponent(home) - exponent(code)))
        branches.append(When(currency=code, then=amount * scaled / 1000))
    at_home = Case(*branches, default=0, output_field=BigIntegerField())
    sums = rows.filter(customer=OuterRef("pk")).order_by().values("customer").annotate(sum=Sum(at_home)).values("sum")
    return Subquery(sums.annotate(whole=Cast("sum", BigIntegerField())).values("whole"))


# Export


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What the filter shows, with the reasons of holds and of what is advised."""
    listing, rows, *_rest = asked(request)
    columns = [
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Riesgo (0 a 100)")),
        SheetColumn(_("Letra"), width=8),
        SheetColumn(_("Cambio en 90 días")),
        SheetColumn(_("Pagos conocidos")),
        SheetColumn(_("En uso"), "money"),
        SheetColumn(_("Límite"), "money"),
        SheetColumn(_("Disponible"), "money"),
        SheetColumn(_("Crédito")),
        SheetColumn(_("Por qué"), width=60),
        SheetColumn(_("Plazo hoy (días)")),
        SheetColumn(_("Plazo sugerido (días)")),
        SheetColumn(_("Límite sugerido"), "money"),
        SheetColumn(_("Por qué se sugiere"), width=80),
    ]
    found = listing.matching(request, rows)
    cells = (_cells(each) for each in _drawn(request, found))
    return sheet_response(_("Riesgo y crédito"), columns, cells, sheet_name(request, _("riesgo-y-credito")))


def _drawn(request: CompanyRequest, rows: QuerySet[Customer]) -> Iterator[Card]:
    for part in in_parts(rows.iterator(chunk_size=500)):
        yield from cards(part, request.company, clock.today(request.company))


def _cells(each: Card) -> list[Cell]:
    standing, advice, risk = each.standing, each.advice, each.risk
    advised = None if advice.limit is None else Money(advice.limit, standing.exposure.currency)
    return [
        each.customer.tax_id, each.customer.legal_name, risk.score if risk else None, risk.band if risk else "",
        each.change, advice.behaviour.paid, standing.exposure, standing.limit, standing.available,
        str(STATUSES[each.state][0]), " ".join(each.why), advice.now.days, advice.days, advised,
        " ".join(each.advice_why),
    ]  # fmt: skip
