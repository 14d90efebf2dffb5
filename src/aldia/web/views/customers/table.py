"""The table of customers: who is on, what each owes, filters, selection, export."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, cast

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.authority.queries.lists import flags_of
from aldia.customers import queries, sheets
from aldia.customers.models import Contact, Customer
from aldia.domain import tax_ids
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import XLSX_TYPE, Cell, Sheet, write_xlsx
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.models import Receivable
from aldia.receivables.queries.balances import LineUse, Position, credit_line_use, owed_by_customer
from aldia.receivables.settings import collection_settings
from aldia.reminders.queries import followers
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_reminders import CustomerPauseForm
from aldia.web.listing import Choice, Column, Listing, Page, Pick, Search
from aldia.web.views.customers.common import may_move, visible

TABS = (
    ("", gettext_lazy("Todos")),
    (queries.ON, gettext_lazy("Prendidos")),
    (queries.OFF, gettext_lazy("Apagados")),
    (queries.GENERIC, gettext_lazy("Público en general")),
)
DEBTS = (
    ("owing", gettext_lazy("Debe algo")),
    ("overdue", gettext_lazy("Tiene vencido")),
    ("nothing", gettext_lazy("No debe nada")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A customer as the table draws it."""

    customer: Customer
    positions: Sequence[Position]
    contact: Contact | None
    line: LineUse | None

    @property
    def is_exceeded(self) -> bool:
        return self.line is not None and self.line.is_exceeded


def portfolio_choices() -> list[tuple[str, Any]]:
    """For the filter: "none" and the portfolios of the company."""
    rows = queries.portfolios_by_name().values_list("pk", "name")
    return [(queries.NO_PORTFOLIO, _("Sin cartera")), *((str(pk), name) for pk, name in rows)]


def narrowed(customers: QuerySet[Customer], values: dict[str, Any]) -> QuerySet[Customer]:
    """The filters of the bar; the state is a tab."""
    wanted = queries.Filter(values.get("q", ""), values.get("portfolio", ""), values.get("email", ""))
    asked = {"owing": {"owes": True}, "overdue": {"is_late": True}, "nothing": {"owes": False}}
    return queries.matching(customers, wanted).filter(**asked.get(values.get("debt", ""), {}))


LIST = Listing(
    key="customers",
    columns=(
        Column("name", gettext_lazy("Cliente"), sort="legal_name", always=True),
        Column("switch", gettext_lazy("Cobranza"), always=True),
        Column("owed", gettext_lazy("Por cobrar"), sort="owed_home", numeric=True),
        Column("overdue", gettext_lazy("Vencido"), sort="overdue_home", numeric=True),
        Column("favour", gettext_lazy("A favor"), numeric=True, shown=False),
        Column("credit", gettext_lazy("Línea de crédito"), numeric=True),
        Column("term", gettext_lazy("Días de crédito"), sort="term_days", numeric=True, shown=False),
        Column("portfolio", gettext_lazy("Cartera"), sort="portfolio__name"),
        Column("contact", gettext_lazy("Contacto")),
        Column("since", gettext_lazy("Desde"), sort="created_at", shown=False),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar nombre o RFC")),
        Choice("debt", gettext_lazy("Adeudo"), DEBTS),
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
        Choice(
            "email",
            gettext_lazy("Correo"),
            (("yes", gettext_lazy("Con correo")), ("no", gettext_lazy("Sin correo"))),
        ),
    ),
    sort="name",
    apply=narrowed,
)


def state_of(request: CompanyRequest) -> str:
    """The tab that the address asks for."""
    state = request.GET.get("state", "")
    return state if state in (queries.ON, queries.OFF, queries.GENERIC) else ""


def customers_of(request: CompanyRequest) -> QuerySet[Customer]:
    """The customers of the tab."""
    return queries.by_state(all_of(request), state_of(request))


def all_of(request: CompanyRequest) -> QuerySet[Customer]:
    """All that the person may see, with what filters and headers ask about (sums in the company's own currency).

    What nobody asks about is not computed: each of these looks into the receivables of every customer.
    """
    late = {"due_on__lt": clock.today(request.company)}
    unpaid = Receivable.objects.filter(customer=OuterRef("pk"), balance__gt=0)
    at_home = unpaid.filter(currency=request.company.currency)
    asked: dict[str, Any] = {}
    if request.GET.get("debt"):
        asked |= {"owes": Exists(unpaid), "is_late": Exists(unpaid.filter(**late))}
    if "owed" in request.GET.get("sort", ""):
        asked["owed_home"] = _sum(at_home)
    if "overdue" in request.GET.get("sort", ""):
        asked["overdue_home"] = _sum(at_home.filter(**late))
    return visible(request).annotate(**asked)


def _sum(rows: QuerySet[Receivable]) -> Coalesce:
    total = rows.order_by().values("customer").annotate(total=Sum("balance")).values("total")
    return Coalesce(Subquery(total), 0)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    page = page_of(request, customers_of(request))
    state = state_of(request)
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    counts = {} if is_part else queries.state_counts(queries.visible_to(request.membership))
    context = {
        "page": page,
        "keep": {"state": state} if state else {},
        "tabs": [] if is_part else _tabs(counts, state),
        "all_off": counts.get(queries.OFF, 0) if counts.get(queries.ON) == 0 else 0,
        "portfolios": queries.portfolios_visible_to(request.membership),
        "may_move": may_move(request.membership),
        "state": state,
        "pause_form": CustomerPauseForm(
            prefix="pause", today=clock.today(request.company), use_required_attribute=False
        ),
        "follow_rules": [rule for rule in followers.rules() if not rule.is_default],
    }
    return render(request, "customers/index.html", context)


def page_of(request: CompanyRequest, customers: QuerySet[Customer]) -> Page[Any]:
    """A page of the table, its rows ready to be drawn."""
    page = LIST.page(request, customers)
    page.rows = cast("list[Customer]", drawn(page.rows, clock.today(request.company), request.company.currency))
    page.extra["default_term"] = collection_settings().default_term_days
    page.extra["flags"] = flags_of([row.customer.tax_id for row in page.rows])
    page.extra["paused"] = followers.paused([row.customer.pk for row in page.rows], clock.today(request.company))
    return page


def drawn(customers: list[Customer], today: date, home: str) -> list[Row]:
    """Customers with their figures, contact and line, in a few queries."""
    ids = [customer.pk for customer in customers]
    positions, lines = owed_by_customer(ids, today), credit_line_use(ids)
    contacts = queries.primary_contacts(ids)
    return [
        Row(
            customer,
            sorted(positions.get(customer.pk, {}).values(), key=lambda each: (each.currency != home, each.currency)),
            contacts.get(customer.pk),
            worst(lines.get(customer.pk, [])),
        )
        for customer in customers
    ]


def worst(lines: Sequence[LineUse]) -> LineUse | None:
    """The line to show: the most exceeded in proportion, else the default one (the first)."""
    exceeded = [line for line in lines if line.is_exceeded]
    return max(exceeded, key=lambda line: line.percent) if exceeded else next(iter(lines), None)


def _tabs(counts: dict[str, int], state: str) -> list[dict[str, Any]]:
    counts = {**counts, "": counts[queries.ON] + counts[queries.OFF]}
    return [
        {"label": label, "url": f"?state={key}" if key else "?", "active": key == state, "count": counts[key]}
        for key, label in TABS
        if key != queries.GENERIC or counts[key]
    ]


# Export


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """The customers of the filter as the sheet that can be edited and uploaded again, with their figures beside."""
    company, today = request.company, clock.today(request.company)
    names = [each.name for each in queries.portfolios_visible_to(request.membership)]
    figures = [
        SheetColumn(_("Por cobrar (%(currency)s)") % {"currency": company.currency}, "money", 18),
        SheetColumn(_("Vencido (%(currency)s)") % {"currency": company.currency}, "money", 18),
    ]
    rules = followers.names_to_follow(sheets.NO_REMINDERS)
    columns = [*sheets.columns(names, tax_ids.NAMES.get(company.country, "RFC"), rules), *figures]
    rows = _export_rows(LIST.matching(request, customers_of(request)), today, company.currency, rules[0])
    stream = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
    write_xlsx(stream, [Sheet(_("Clientes"), columns, rows)])
    stream.seek(0)
    name = _("clientes-%(day)s.xlsx") % {"day": today.isoformat()}
    return cast(HttpResponse, FileResponse(stream, as_attachment=True, filename=name, content_type=XLSX_TYPE))


def _export_rows(customers: QuerySet[Customer], today: date, home: str, general: str) -> Iterator[list[Cell]]:
    """Rows of the sheet, with the figures read a slice at a time; `general`: what is followed where nothing is said."""
    rows = sheets.current_rows(customers)
    followed = followers.names_followed(sheets.NO_REMINDERS)
    while slice_ := list(islice(rows, sheets.CHUNK)):
        positions = owed_by_customer([row.customer.pk for row in slice_], today)
        for row in slice_:
            here = positions.get(row.customer.pk, {}).get(home, Position(home))
            reminder = followed.get(row.customer.pk, general)
            yield [*row.cells(reminder), Money(here.owed, home), Money(here.overdue, home)]
