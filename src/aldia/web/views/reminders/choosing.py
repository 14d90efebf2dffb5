"""Who follows a rule: search, mark many, and let them follow it, the general one, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.receivables.queries.balances import Position, owed_by_customer
from aldia.reminders.models import ReminderRule
from aldia.reminders.operations import rules as operations
from aldia.reminders.queries import followers
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Choice, Column, Listing, Page, Pick, Search
from aldia.web.views.customers.table import portfolio_choices
from aldia.web.views.reminders.common import reminded, rule_or_404

AT_ONCE = 5_000
FOLLOWS = (
    ("yes", gettext_lazy("La siguen")),
    ("no", gettext_lazy("No la siguen")),
    ("none", gettext_lazy("Sin recordatorios")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A customer as the list draws it: the rule it follows (None: no reminders), and what it owes."""

    customer: Customer
    rule: ReminderRule | None
    is_none: bool
    positions: Sequence[Position]


def listing(rule: ReminderRule) -> Listing:
    """The list of a rule: `follows` is about that rule."""

    def narrowed(customers: QuerySet[Customer], values: dict[str, Any]) -> QuerySet[Customer]:
        wanted = customer_queries.Filter(values.get("q", ""), values.get("portfolio", ""), "")
        rows = customer_queries.matching(customers, wanted)
        mine = Q(own_rule=rule.pk) | Q(has_own=False) if rule.is_default else Q(own_rule=rule.pk)
        asked = {"yes": mine, "no": ~mine, "none": Q(has_own=True, own_rule__isnull=True)}
        return rows.filter(asked.get(values.get("follows", ""), Q()))

    return Listing(
        key="rule_customers",
        columns=(
            Column("name", gettext_lazy("Cliente"), sort="legal_name", always=True),
            Column("rule", gettext_lazy("Regla que sigue")),
            Column("portfolio", gettext_lazy("Cartera"), sort="portfolio__name"),
            Column("overdue", gettext_lazy("Vencido"), numeric=True),
        ),
        filters=(
            Search(placeholder=gettext_lazy("Buscar nombre o RFC")),
            Choice("follows", gettext_lazy("Quiénes"), FOLLOWS),
            Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
        ),
        sort="name",
        apply=narrowed,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
def customers(request: CompanyRequest, rule_id: UUID) -> HttpResponse:
    rule = rule_or_404(rule_id)
    rows = followers.with_rule(reminded(request).select_related("portfolio"))
    if request.method == "POST":
        _assign(request, rule, rows)
        return redirect(f"{reverse('reminder_rule_customers', args=[rule.pk])}?{request.GET.urlencode()}")
    page = listing(rule).page(request, rows, rule=rule)
    page.rows = cast("list[Customer]", drawn(page, request))
    return render(request, "reminders/rule_customers.html", {"page": page, "rule": rule})


def drawn(page: Page[Any], request: CompanyRequest) -> list[Row]:
    """The customers of a page with the rule of each, in a few queries."""
    rules = {rule.pk: rule for rule in followers.rules()}
    general = next((rule for rule in rules.values() if rule.is_default), None)
    positions = owed_by_customer([each.pk for each in page.rows], clock.today(request.company))
    return [
        Row(
            each,
            rules.get(each.own_rule) if each.has_own else general,
            each.has_own and each.own_rule is None,
            list(positions.get(each.pk, {}).values()),
        )
        for each in page.rows
    ]


def _assign(request: CompanyRequest, rule: ReminderRule, rows: QuerySet[Customer]) -> None:
    chosen = listing(rule).selected(request, rows)
    ids = list(chosen.order_by().values_list("pk", flat=True)[: AT_ONCE + 1])
    if not ids:
        messages.info(request, _("No elegiste a ningún cliente."))
        return
    if len(ids) > AT_ONCE:
        messages.warning(request, _("Son más de 5,000: afina el filtro y hazlo por partes. No cambió nada."))
        return
    to = request.POST.get("to", "")
    try:
        if to == "general" or (to == "this" and rule.is_default):
            count = operations.unassign_rule(customer_ids=ids, actor=request.user)
        else:
            target = rule.pk if to == "this" else None
            today = clock.today(request.company)
            count = operations.assign_rule(rule_id=target, customer_ids=ids, today=today, actor=request.user)
    except operations.RuleError as error:
        messages.error(request, str(error))
        return
    said = {
        "this": ngettext("%(n)d cliente sigue ahora «%(rule)s».", "%(n)d clientes siguen ahora «%(rule)s».", count),
        "general": ngettext("%(n)d cliente volvió a la general.", "%(n)d clientes volvieron a la general.", count),
    }
    silent = ngettext("%(n)d cliente queda sin recordatorios.", "%(n)d clientes quedan sin recordatorios.", count)
    messages.success(request, said.get(to, silent) % {"n": count, "rule": rule.name})
