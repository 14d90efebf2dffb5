"""What a customer said, as its file and the page of each receivable show it: a card, a reason to wait, a story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.forms import Form
from django.utils.translation import gettext as _

from aldia.collections.models import Dispute
from aldia.collections.queries import disputes, promises
from aldia.collections.queries.promises import Judged
from aldia.customers.models import Customer
from aldia.payments.models import ReportedPayment, ReportState
from aldia.payments.queries import reports
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.tenancy.models import Company
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.formatting import amount_html, day_text
from aldia.web.views.collecting.common import patience_of
from aldia.web.views.collecting.disputing import dispute_form
from aldia.web.views.collecting.promising import promise_form
from aldia.web.views.collecting.reporting import report_form

MOST = 20


@dataclass(slots=True)
class Said:
    """What `collecting/_said.html` draws: of one receivable, or of all that a customer owes."""

    customer: Customer
    receivable: Receivable | None
    promises: list[Judged]
    disputes: list[Dispute]
    reports: list[ReportedPayment]
    may_promise: bool
    may_report: bool
    promise_form: Form | None = None
    dispute_form: Form | None = None
    report_form: Form | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.promises or self.disputes or self.reports)

    @property
    def shown(self) -> bool:
        """Not on what is paid and of which nobody said anything."""
        is_open = self.receivable is None or self.receivable.balance > 0
        return not self.is_empty or (is_open and (self.may_promise or self.may_report))

    @property
    def open_dispute(self) -> Dispute | None:
        return next((each for each in self.disputes if each.resolved_on is None), None)

    @property
    def pills(self) -> list[str]:
        """What stands in the way of asking for it, beside its state."""
        waiting = any(each.state == ReportState.WAITING for each in self.reports)
        found = {"disputed": self.open_dispute, "promised": any(each.is_open for each in self.promises)}
        return [name for name, there in (found | {"reported": waiting}).items() if there]


def said_of_receivable(request: CompanyRequest, row: Receivable) -> Said:
    """Of one receivable, with the forms of its dialogs."""
    found = _said(request, row.customer, [row.pk], row)
    if row.balance:
        found.promise_form = promise_form(request, row.currency)
        found.dispute_form = dispute_form(request, row.currency)
        found.report_form = report_form(request, row.currency, row.balance)
    return found


def said_of_customer(request: CompanyRequest, customer: Customer) -> Said:
    """Of everything that a customer owes or owed, the latest first."""
    return _said(request, customer, None, None)


def _said(request: CompanyRequest, customer: Customer, ids: list[UUID] | None, receivable: Receivable | None) -> Said:
    made = promises.of_customer(customer.pk) if ids is None else promises.of_receivables(ids)
    contested = disputes.of_customer(customer.pk) if ids is None else disputes.of_receivables(ids)
    paid = reports.of_customer(customer.pk) if ids is None else reports.of_receivables(ids)
    today = clock.today(request.company)
    return Said(
        customer,
        receivable,
        promises.judged(made[:MOST], as_of=today, patience=patience_of(request.company)),
        list(contested[:MOST]),
        list(paid[:MOST]),
        allows(request.membership, permissions.PAUSE) and not customer.generic,
        allows(request.membership, permissions.RECORD_PAYMENTS) and not customer.generic,
    )


def with_said(events: list[dict[str, Any]], said: Said, company: Company) -> list[dict[str, Any]]:
    """A story, newest first, with what the customer said in its place."""
    told = [*_promised(said, company), *_disputed(said, company), *_reported(said, company)]
    return sorted([*events, *told], key=lambda each: _day(each["when"]), reverse=True)


def _day(when: date | datetime) -> date:
    return when.date() if isinstance(when, datetime) else when


def _promised(said: Said, company: Company) -> Iterator[dict[str, Any]]:
    for each in said.promises:
        row = each.promise
        amount = amount_html(row.amount, row.currency, company)
        title = _("Promesa de pago para el %(day)s") % {"day": day_text(row.due_on)}
        yield _event("calendar-check", "azure", title, row.promised_on, row.note, row.created_by, amount)
        if row.withdrawn_on is not None:
            yield _event("x", "gray", _("La promesa ya no vale"), row.withdrawn_on, row.withdraw_reason)


def _disputed(said: Said, company: Company) -> Iterator[dict[str, Any]]:
    for row in said.disputes:
        amount = amount_html(row.amount, row.receivable.currency, company)
        title = _("Disputa: %(reason)s") % {"reason": row.get_reason_display()}
        yield _event("flag", "purple", title, row.opened_on, row.note, row.created_by, amount)
        if row.resolved_on is not None:
            said_so = f"{row.get_outcome_display()}: {row.resolution}" if row.outcome else row.resolution
            yield _event("check", "green", _("Disputa resuelta"), row.resolved_on, said_so)


def _reported(said: Said, company: Company) -> Iterator[dict[str, Any]]:
    for row in said.reports:
        amount = amount_html(row.amount, row.currency, company)
        title = _("Dice que pagó el %(day)s") % {"day": day_text(row.paid_on)}
        yield _event("message-dollar", "yellow", title, row.reported_on, row.reference, row.reported_by, amount)
        if row.decided_on is not None and row.reject_reason:
            yield _event("x", "red", _("Aviso de pago rechazado"), row.decided_on, row.reject_reason, row.decided_by)


def _event(
    icon: str, tint: str, title: str, when: date, text: str = "", who: object = None, amount: str = ""
) -> dict[str, Any]:
    return {"icon": icon, "tint": tint, "title": title, "when": when, "text": text, "who": who, "amount": amount}
