"""What people do with one receivable. Each action calls one operation, says what it did and offers a way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aldia.domain.money import Money, minor_text
from aldia.receivables.models import Receivable
from aldia.receivables.operations import charges
from aldia.receivables.operations.allocating import allocate_credit, unallocate
from aldia.receivables.operations.payments import SuspectedDuplicate, record_payment, settle
from aldia.receivables.operations.presuming import set_presumption
from aldia.receivables.queries import states
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, day_text
from aldia.web.views.receivables import record
from aldia.web.views.receivables.common import (
    REFUSALS,
    allocation_or_404,
    credit_or_404,
    done,
    receivable_or_404,
    say_why,
)
from aldia.web.views.receivables.proofs import kept_proof, proof_of


def _form(request: CompanyRequest, row: Receivable, name: str) -> Form:
    today = clock.today(request.company)
    desk = record.Desk(request, row, today, row.pk in states.presumed_among([row.pk]))
    return desk.form(name, request.POST, request.FILES)


def _act(request: CompanyRequest, row: Receivable, name: str, run: Callable[[dict[str, Any]], None]) -> HttpResponse:
    """Run an action with what its form says; back to the page, or the page with the mistake in its dialog."""
    form = _form(request, row, name)
    if form.is_valid():
        try:
            run(form.cleaned_data)
        except REFUSALS as error:
            say_why(form, error)
        else:
            return redirect("receivable", row.pk)
    return record.page(request, row.pk, opened=name, form=form)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def pay(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """A payment made outside: whole or part; what is more than owed stays in favour of the customer."""
    row, today = receivable_or_404(request, receivable_id), clock.today(request.company)
    form = _form(request, row, record.PAY)
    more: dict[str, Any] = {}
    if form.is_valid():
        data = form.cleaned_data
        proof = proof_of(request, form)
        more["kept"] = kept_proof(proof)
        owed = row.balance or (row.total if row.pk in states.presumed_among([row.pk]) else 0)
        try:
            if not form.errors:
                credit = record_payment(
                    customer_id=row.customer_id,
                    amount=Money(data["amount"], row.currency),
                    received_on=data["received_on"],
                    key=str(data["key"]),
                    actor=request.user,
                    today=today,
                    policy="",
                    named={row.pk: min(data["amount"], owed)} if owed else {},
                    method=data["method"],
                    reference=data["reference"],
                    note=data["note"],
                    proof=proof,
                    is_distinct=data["is_distinct"],
                )
                _say_paid(request, row, credit.pk, data["amount"])
                return redirect("receivable", row.pk)
        except SuspectedDuplicate as error:
            more["suspects"] = error.suspects
            say_why(form, error)
        except REFUSALS as error:
            say_why(form, error)
    return record.page(request, row.pk, opened=record.PAY, form=form, **more)


def _say_paid(request: CompanyRequest, row: Receivable, credit_id: UUID, amount: int) -> None:
    words = {"amount": amount_text(amount, row.currency, request.company), "number": row.number}
    text = _("Pago de %(amount)s registrado en %(number)s.") % words
    may = allows(request.membership, permissions.ADJUST_BALANCES)
    undo = reverse("credit_reverse", args=[credit_id]) if may else ""
    back = reverse("receivable", args=[row.pk])
    done(request, text, undo, [("reason", _("Se deshizo al registrarlo")), ("next", back)])


@require_POST
@needs(permissions.ADJUST_BALANCES)
def adjust(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Write-off, withholding, discount or adjustment, whole or part."""
    row = receivable_or_404(request, receivable_id)

    def run(data: dict[str, Any]) -> None:
        credit = settle(
            receivable_id=row.pk, kind=data["kind"], amount=data["amount"], on=data["on"], reason=data["reason"],
            key=str(data["key"]), actor=request.user,
        )  # fmt: skip
        amount = amount_text(credit.amount, credit.currency, request.company)
        text = _("%(kind)s de %(amount)s en %(number)s.") % {
            "kind": credit.get_kind_display(), "amount": amount, "number": row.number,
        }  # fmt: skip
        back = reverse("receivable", args=[row.pk])
        undo = [("reason", _("Se deshizo al registrarlo")), ("next", back)]
        done(request, text, reverse("credit_reverse", args=[credit.pk]), undo)

    return _act(request, row, record.SETTLE, run)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def due(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Move the due date, with the reason."""
    row = receivable_or_404(request, receivable_id)

    def run(data: dict[str, Any]) -> None:
        new = data["new_due_on"]
        if new == row.due_on:
            raise charges.ReceivableError(_("Ese ya es su vencimiento."))
        charges.change_due_dates(receivable_ids=[row.pk], actor=request.user, reason=data["reason"], new_due_on=new)
        text = _("%(number)s vence ahora el %(day)s.") % {"number": row.number, "day": day_text(new)}
        undo = [("new_due_on", row.due_on.isoformat()), ("reason", _("Se deshizo el cambio"))]
        done(request, text, reverse("receivable_due", args=[row.pk]), undo)

    return _act(request, row, record.DUE, run)


@require_POST
@needs(permissions.PAUSE)
def pause(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Leave it out of collection for a while."""
    row = receivable_or_404(request, receivable_id)

    def run(data: dict[str, Any]) -> None:
        today = clock.today(request.company)
        charges.pause(
            receivable_ids=[row.pk], until=data["until"], reason=data["reason"], today=today, actor=request.user
        )
        text = _("%(number)s está en pausa.") % {"number": row.number}
        done(request, text, reverse("receivable_resume", args=[row.pk]))

    return _act(request, row, record.PAUSE, run)


@require_POST
@needs(permissions.PAUSE)
def resume(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Collect it again."""
    row = receivable_or_404(request, receivable_id)
    if charges.resume(receivable_ids=[row.pk], actor=request.user):
        messages.success(request, _("Se reanudó la cobranza de %(number)s.") % {"number": row.number})
    return redirect("receivable", row.pk)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def presumption(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Say that a PUE invoice is not paid (`to` is "open"), or leave it presumed again ("presumed")."""
    row, presumed = receivable_or_404(request, receivable_id), request.POST.get("to") == "presumed"
    today = clock.today(request.company)
    changed = set_presumption(receivable_ids=[row.pk], presumed=presumed, today=today, actor=request.user)
    if changed:
        text = _("%(number)s se vuelve a presumir pagada.") if presumed else _("%(number)s vuelve a estar por cobrar.")
        to = "open" if presumed else "presumed"
        done(request, text % {"number": row.number}, reverse("receivable_presumption", args=[row.pk]), [("to", to)])
    return redirect("receivable", row.pk)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def use_credit(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Apply credit in favour of the customer. `seen` is what the receivable owed: sent twice, it is done once."""
    row = receivable_or_404(request, receivable_id)

    def run(data: dict[str, Any]) -> None:
        credit = credit_or_404(request, UUID(data["credit"]))
        free = credit.remaining - credit.held
        amount = min(row.balance, free) if data["amount"] is None else data["amount"]
        today, owed = clock.today(request.company), request.POST.get("seen", "")
        seen = {row.pk: int(owed)} if owed.isascii() and owed.isdigit() and len(owed) < 19 else None
        allocate_credit(credit_id=credit.pk, named={row.pk: amount}, on=today, actor=request.user, seen=seen)
        words = {"amount": amount_text(amount, row.currency, request.company), "number": row.number}
        messages.success(request, _("Se aplicaron %(amount)s a %(number)s.") % words)

    return _act(request, row, record.USE, run)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def raises(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Say which invoice a debit note adds to."""
    row = receivable_or_404(request, receivable_id)

    def run(data: dict[str, Any]) -> None:
        target = UUID(data["raises"]) if data["raises"] else None
        charges.assign_debit_note(receivable_id=row.pk, raises_id=target, actor=request.user)
        undo = [("raises", str(row.raises_id or ""))]
        text = _("Nota de cargo asignada.") if target else _("La nota de cargo se cobra sola.")
        done(request, text, reverse("receivable_raises", args=[row.pk]), undo)

    return _act(request, row, record.RAISES, run)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def void(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Stop collecting what has no fiscal document."""
    row = receivable_or_404(request, receivable_id)

    def run(data: dict[str, Any]) -> None:
        today = clock.today(request.company)
        charges.void_receivable(receivable_id=row.pk, on=today, reason=data["reason"], actor=request.user)
        text = _("%(number)s ya no se cobra.") % {"number": row.number}
        done(request, text, reverse("receivable_revive", args=[row.pk]))

    return _act(request, row, record.VOID, run)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def revive(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Collect again what was voided by hand."""
    row = receivable_or_404(request, receivable_id)
    charges.revive_receivable(receivable_id=row.pk, on=clock.today(request.company), actor=request.user)
    messages.success(request, _("%(number)s se cobra otra vez.") % {"number": row.number})
    return redirect("receivable", row.pk)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def take_back(request: CompanyRequest, allocation_id: UUID) -> HttpResponse:
    """Take a credit off a receivable: it is owed again, and the credit is in favour of the customer."""
    allocation = allocation_or_404(request, allocation_id)
    row = allocation.receivable
    try:
        unallocate(allocation_id=allocation.pk, on=clock.today(request.company), actor=request.user)
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        amount = amount_text(allocation.amount, row.currency, request.company)
        text = _("Se quitaron %(amount)s de %(number)s: quedan a favor del cliente.")
        again = [("credit", str(allocation.credit_id)), ("amount", minor_text(allocation.amount, row.currency))]
        undo = reverse("receivable_use_credit", args=[row.pk])
        done(request, text % {"amount": amount, "number": row.number}, undo, again)
    return (
        redirect("credit", allocation.credit_id)
        if request.POST.get("to") == "credit"
        else redirect("receivable", row.pk)
    )
