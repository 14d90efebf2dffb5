"""What each report of the catalogue is made of: its sheets, and its paper where it has one of its own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from aldia.collections.queries.promises import Patience
from aldia.customers.models import Customer
from aldia.domain.cash_flow import MONTH
from aldia.integrations.spreadsheets import Sheet
from aldia.payments.directions import printed_directions
from aldia.receivables.queries.sight import Sight
from aldia.receivables.queries.statement import statement
from aldia.receivables.queries.states import company_ranges
from aldia.reminders.settings import sending_of
from aldia.reporting import cash_sheets, papers, sheets, sheets_effect, statement_papers, words
from aldia.reporting import forecast_sheets as forecast_papers
from aldia.reporting import team_sheets as team_papers
from aldia.reporting.options import BILLING, BY, CURRENCY, CUSTOMER, PERIOD, PORTFOLIO, STEP, WHICH, span_of
from aldia.reporting.queries import aging as aging_queries
from aldia.reporting.queries import cash_flow as cash_queries
from aldia.reporting.queries import drill, effectiveness
from aldia.reporting.queries.collectors import collected_by
from aldia.reporting.queries.drill import Drill
from aldia.reporting.queries.indicators import indicators_of
from aldia.reporting.queries.team import team
from aldia.reporting.queries.team_rows import Month
from aldia.reporting.sheet_papers import TooLong
from aldia.tenancy.models import Company


class CannotMake(ValueError):
    """The report cannot be made any more; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """For whom, as of when, with which options (`options.read_options`)."""

    company: Company
    sight: Sight
    today: date
    options: Mapping[str, str]

    def option(self, name: str, default: str = "") -> str:
        return self.options.get(name, default)

    @property
    def currency(self) -> str:
        return self.option(CURRENCY, self.company.currency)


def overdue_sheets(ask: Ask) -> list[Sheet]:
    """Every document that is late, the oldest first."""
    wanted = Drill(
        drill.OWED, ask.option(CURRENCY), due_to=ask.today - timedelta(days=1), portfolio=ask.option(PORTFOLIO)
    )
    rows = drill.ordered(drill.rows_behind(wanted, sight=ask.sight, today=ask.today), wanted)
    sums = drill.sums_behind(wanted, sight=ask.sight, today=ask.today, home=ask.company.currency)
    found = sheets.drill_sheets(
        rows.iterator(chunk_size=2000), wanted, sums, title=_("Saldos vencidos"), as_of=ask.today
    )
    return [
        Sheet(each.name, each.columns, each.rows, [*each.above, ask.company.legal_name, _as_of(ask)], each.footer)
        for each in found
    ]


def _as_of(ask: Ask) -> str:
    return _("Al %(day)s") % {"day": words.day(ask.today)}


def _found_aging(ask: Ask) -> aging_queries.Aging:
    return aging_queries.aging(
        sight=ask.sight,
        as_of=ask.today,
        today=ask.today,
        home=ask.company.currency,
        ranges=company_ranges(),
        by=ask.option(BY, aging_queries.CUSTOMER),
        wanted=aging_queries.Wanted(ask.option(CURRENCY), ask.option(PORTFOLIO)),
    )


def aging_sheets(ask: Ask) -> list[Sheet]:
    """What is owed and since when."""
    return sheets.aging_sheets(_found_aging(ask), company=ask.company)


def aging_paper(ask: Ask, _sheets: list[Sheet]) -> bytes:
    """The aging with its bars. Raises `TooLong`."""
    found = _found_aging(ask)
    if len(found.rows) > papers.MAX_ROWS:
        raise TooLong
    return papers.aging_pdf(found, company=ask.company, today=ask.today)


def customer_of(ask: Ask) -> Customer:
    """The customer of a statement, if it is still in sight. Raises `CannotMake`."""
    try:
        return ask.sight.customers().get(pk=uuid.UUID(ask.option(CUSTOMER)))
    except (Customer.DoesNotExist, ValueError):
        raise CannotMake(_("El cliente ya no existe, está apagado o no es de esa cartera.")) from None


def statement_sheets(ask: Ask) -> list[Sheet]:
    """What one customer owes and paid. Raises `CannotMake`."""
    customer = customer_of(ask)
    first, last = span_of(ask.option(PERIOD, "quarter"), ask.today)
    found = statement(customer_id=customer.pk, first=first, last=last, today=ask.today, home=ask.company.currency)
    directions = printed_directions(customer.pk, ask.company)
    return sheets.statement_sheets(found, customer=customer, company=ask.company, directions=directions)


def statement_paper(ask: Ask, found: list[Sheet]) -> bytes:
    """The same under the company's brand. Raises `TooLong`, `CannotMake`."""
    if sum(len(list(each.rows)) for each in found) > papers.MAX_ROWS:
        raise TooLong
    first, _last = span_of(ask.option(PERIOD, "quarter"), ask.today)
    return statement_papers.statement_pdf(customer_of(ask).pk, today=ask.today, first=first)


def indicators_sheets(ask: Ask) -> list[Sheet]:
    """DSO and the others, with their formulas."""
    first, last = span_of(ask.option(PERIOD, "last_month"), ask.today)
    found = indicators_of(sight=ask.sight, currency=ask.currency, first=first, last=last, today=ask.today)
    return sheets.indicator_sheets(found, company=ask.company)


def _asked_cash(ask: Ask) -> cash_queries.Asked:
    return cash_queries.Asked(ask.currency, ask.option(STEP, MONTH), ask.option(PORTFOLIO), ask.option(BILLING) == "1")


def cash_flow_sheets(ask: Ask) -> list[Sheet]:
    """What is expected, by period."""
    asked = _asked_cash(ask)
    flow = cash_queries.cash_flow(sight=ask.sight, asked=asked, today=ask.today, patience=_patience(ask))
    return cash_sheets.cash_flow_sheets(flow, company=ask.company)


def forecast_sheets(ask: Ask) -> list[Sheet]:
    """When each document is expected."""
    return forecast_papers.forecast_sheets(sight=ask.sight, asked=_asked_cash(ask), company=ask.company)


def _patience(ask: Ask) -> Patience:
    return Patience(ask.company.country, sending_of(ask.company).transit_days)


def team_sheets(ask: Ask) -> list[Sheet]:
    """What each person did and collected in a month."""
    month = Month.of(span_of(ask.option(WHICH, "last_month"), ask.today)[0], ask.today)
    found = team(month=month, currency=ask.currency, today=ask.today, patience=_patience(ask), only=ask.sight.collector)
    return team_papers.team_sheets(found, company=ask.company)


def reminders_sheets(ask: Ask) -> list[Sheet]:
    """What was paid after each reminder."""
    first, last = span_of(ask.option(PERIOD, "quarter"), ask.today)
    wanted = effectiveness.Wanted(first, last, ask.currency)
    found = effectiveness.effectiveness(sight=ask.sight, wanted=wanted, today=ask.today)
    return sheets_effect.effect_sheets(found, company=ask.company)


def collectors_sheets(ask: Ask) -> list[Sheet]:
    """The money of a period by who collects."""
    first, last = span_of(ask.option(PERIOD, "last_month"), ask.today)
    found = collected_by(sight=ask.sight, currency=ask.currency, first=first, last=last)
    return sheets_effect.collector_sheets(
        found, company=ask.company, currency=ask.currency, first=first, last=last, heading=_("Cobrador"),
        nobody=_("Sin cobrador"),
    )  # fmt: skip
