"""The page of one receivable: what it is, what paid it, its story, and what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.banking.queries.story import behind_receivable
from aldia.domain.money import minor_text
from aldia.receivables.models import Credit, CreditKind, Receivable, ReceivableKind
from aldia.receivables.queries import states
from aldia.receivables.queries.detail import Detail, receivable_detail
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, day_text, decimal_mark
from aldia.web.forms_receivables import (
    DueForm,
    PauseForm,
    PayForm,
    RaisesForm,
    ReasonForm,
    SettleForm,
    UseCreditForm,
)
from aldia.web.views.charges.of_receivable import of_receivable
from aldia.web.views.collecting.said import said_of_receivable, with_said
from aldia.web.views.forecast.invoices import of_receivable as forecast_of
from aldia.web.views.messages.history import with_messages
from aldia.web.views.payments.of_receivable import paying_of
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.timeline import told
from aldia.web.views.reminders import standing

PAY, SETTLE, DUE, PAUSE, USE, RAISES, VOID = "pay", "settle", "due", "pause", "use", "raises", "void"
MAX_CHOICES = 200


@dataclass(slots=True)
class Desk:
    """What the page needs to draw its dialogs; `bound` is the form that came back with a mistake."""

    request: CompanyRequest
    row: Receivable
    today: date
    is_presumed: bool
    bound: Mapping[str, Form] = field(default_factory=dict)

    def forms(self) -> dict[str, Form]:
        return {name: self.bound.get(name) or self.form(name) for name in (PAY, SETTLE, DUE, PAUSE, USE, RAISES, VOID)}

    def form(self, name: str, data: Any = None, files: Any = None) -> Form:
        """One of the page's forms, unbound without data."""
        common: dict[str, Any] = {"auto_id": f"{name}_%s"}
        if data is not None:
            common |= {"data": data, "files": files}
        amounts = {"receivable": self.row, "decimal": decimal_mark(self.request.company), "today": self.today}
        if name == PAY:
            owed = minor_text(self.owed, self.row.currency)
            return PayForm(**common, **amounts, initial={"amount": owed})
        if name == SETTLE:
            return SettleForm(**common, **amounts)
        if name == DUE:
            return DueForm(**common, initial={"new_due_on": self.row.due_on})
        if name == USE:
            money = {"currency": self.row.currency, "decimal": amounts["decimal"]}
            return UseCreditForm(**common, **money, choices=self.credit_choices())
        if name == RAISES:
            initial = {"raises": str(self.row.raises_id or "")}
            return RaisesForm(**common, choices=self.raised_choices(), initial=initial)
        return PauseForm(**common) if name == PAUSE else ReasonForm(**common)

    @property
    def owed(self) -> int:
        """What a payment could be for: a presumed payment gives way to a real one."""
        return self.row.balance or (self.row.total if self.is_presumed else 0)

    def credit_choices(self) -> list[tuple[str, str]]:
        """Credits with something left, in the currency of the receivable."""
        free = available(self.row)[:MAX_CHOICES]
        return [(str(each.pk), _credit_label(each, self.request)) for each in free]

    def raised_choices(self) -> list[tuple[str, str]]:
        if self.row.kind != ReceivableKind.DEBIT_NOTE:
            return []
        rows = Receivable.objects.filter(customer_id=self.row.customer_id).exclude(pk=self.row.pk)
        rows = rows.exclude(kind=ReceivableKind.DEBIT_NOTE).order_by("-issued_on", "-id")
        return [(str(each.pk), f"{each.number} · {day_text(each.issued_on)}") for each in rows[:MAX_CHOICES]]


def available(row: Receivable) -> Any:
    """Credits of the customer that can be applied to a receivable: oldest first."""
    found = Credit.objects.filter(customer_id=row.customer_id, currency=row.currency, reversed_on__isnull=True)
    found = found.filter(remaining__gt=F("held")).exclude(kind=CreditKind.PRESUMED)
    return found.order_by("received_on", "id")


def _credit_label(credit: Credit, request: CompanyRequest) -> str:
    free = amount_text(credit.remaining - credit.held, credit.currency, request.company)
    parts = [str(credit.get_kind_display()), credit.reference, day_text(credit.received_on), free]
    return " · ".join(part for part in parts if part)


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    return page(request, receivable_id)


def page(
    request: CompanyRequest, receivable_id: UUID, *, opened: str = "", form: Form | None = None, **more: Any
) -> HttpResponse:
    """Draw the page; with a `form` that has mistakes its dialog (`opened`) is open."""
    detail = receivable_detail(receivable_id, sight(request))
    if detail is None:
        raise Http404
    row, today = detail.receivable, clock.today(request.company)
    presumed = states.presumed_among([row.pk])
    desk = Desk(request, row, today, row.pk in presumed, {opened: form} if form else {})
    said = said_of_receivable(request, row)
    context = {
        "row": row,
        "detail": detail,
        "state": states.state_of(row, today, presumed),
        "is_paused": states.is_paused(row, today),
        "is_presumed": row.pk in presumed,
        "late": (today - row.due_on).days if row.balance else 0,
        "live": [{"allocation": each, "can_undo": each.credit.kind != CreditKind.PRESUMED} for each in detail.live],
        "events": with_said(
            with_messages(told(detail.timeline, row, request.company), row.pk, request.company), said, request.company
        ),
        "said": said,
        "facts": facts(detail),
        "charges": of_receivable(request, row),
        "raised": [each for each in detail.raised_by if each.kind != ReceivableKind.LATE_FEE],
        "standing": standing.of_receivable(request, row),
        "paying": paying_of(row, clock.now()),
        "forecast": forecast_of(row),
        "behind": behind_receivable(row),
        "forms": desk.forms(),
        "opened": opened,
        "owed": desk.owed,
        "has_credits": available(row).exists() if row.balance else False,
        "can_void": row.document_id is None and row.voided_on is None,
        "can_revive": row.voided_on is not None and row.void_code == "by_hand",
        **more,
    }
    return render(request, "receivables/detail.html", context, status=422 if form else 200)


def facts(detail: Detail) -> list[tuple[str, Any]]:
    """What is known of the receivable, label and value."""
    row = detail.receivable
    methods = {"PUE": _("PUE · pago en una sola exhibición"), "PPD": _("PPD · pago en parcialidades o diferido")}
    return [
        (_("Tipo"), row.get_kind_display()),
        (_("Concepto"), row.concept),
        ("UUID", row.key),
        (_("Orden de compra"), row.purchase_order),
        (_("Método"), methods.get(row.method, row.method)),
        (_("Cartera"), row.customer.portfolio),
        (_("Línea de crédito"), row.credit_line),
        (_("Saldo inicial al"), day_text(row.opening_on) if row.opening_on else ""),
        (_("Registrada por"), row.created_by),
    ]
