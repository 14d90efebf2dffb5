"""One payment or credit: what it pays, and the hand that assigns and undoes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from aldia.banking.models import BankAccount
from aldia.banking.operations.applying import MatchError
from aldia.banking.operations.undoing import undo_payment
from aldia.banking.queries.story import behind_credits
from aldia.issuing.queries.complements import of_credit
from aldia.receivables.models import Credit, CreditKind, Receivable
from aldia.receivables.operations.allocating import reassign_credit
from aldia.receivables.operations.payments import live_allocations
from aldia.receivables.queries.credits import allocations_of
from aldia.receivables.queries.states import credit_state
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_receivables import METHODS, ReasonForm
from aldia.web.views.receivables.common import REFUSALS, credit_or_404
from aldia.web.views.receivables.credits import SOURCES
from aldia.web.views.receivables.splits import Split, split_of
from aldia.web.views.receivables.timeline import RULES

REVIEWS = {
    "not_on_file": gettext_lazy("Nombra un documento que no está en archivo: se aplica solo cuando llegue."),
    "names_several": gettext_lazy("Nombra varias facturas: di a cuáles se aplica."),
    "names_none": gettext_lazy("No nombra ninguna factura: di a cuál se aplica."),
    "names_advance": gettext_lazy("Nombra un anticipo: di a qué factura se aplica."),
    "other_currency": gettext_lazy("Está en otra moneda que la factura que nombra."),
    "target_void": gettext_lazy("La factura que nombra ya no se cobra."),
}


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, credit_id: UUID) -> HttpResponse:
    return _page(request, credit_or_404(request, credit_id))


def _page(request: CompanyRequest, credit: Credit, *, status: int = 200, **more: Any) -> HttpResponse:
    allocations = allocations_of(credit)
    live = [each for each in allocations if each.reversal_of_id is None and not hasattr(each, "reversal")]
    undone = [each for each in allocations if each.reversal_of_id is not None]
    split = more.pop("split", None) or split_of_credit(request, credit)
    context = {
        "credit": credit,
        "state": credit_state(credit),
        "live": [{"allocation": each, "rule": RULES.get(each.rule, "")} for each in live],
        "undone": [{"allocation": each, "rule": RULES.get(each.rule, "")} for each in undone],
        "applied": sum(each.credit_amount for each in live),
        "free": credit.remaining - credit.held,
        "review": REVIEWS.get(credit.review, credit.review),
        "method": dict(METHODS).get(credit.method, credit.method) if credit.method else "",
        "source": dict(SOURCES).get(credit.source, credit.source),
        "split": split,
        "seen": seen(credit),
        "can_undo": credit.kind != CreditKind.PRESUMED and credit.reversed_on is None,
        "can_reverse": credit.reversed_on is None and credit.document_id is None,
        "reverse_form": more.pop("reverse_form", None) or ReasonForm(auto_id="reverse_%s"),
        "behind": behind_credits([credit.pk]),
        "complements": of_credit(credit.pk),
        "expects_bank": _expects_bank(credit),
        **more,
    }
    return render(request, "receivables/credit.html", context, status=status)


def _expects_bank(credit: Credit) -> bool:
    """Whether a movement of the bank is to be seen behind it: money that stands, of a company that keeps its bank."""
    is_money = credit.kind in (CreditKind.PAYMENT, CreditKind.ADVANCE) and credit.reversed_on is None
    return is_money and BankAccount.objects.filter(archived_at__isnull=True).exists()


def seen(credit: Credit) -> str:
    """What the person saw of a credit: an assignment made on anything else is not done."""
    live = sorted((str(each.receivable_id), each.amount) for each in live_allocations(credit))
    return "|".join([str(credit.remaining), *(f"{key}:{amount}" for key, amount in live)])


def split_of_credit(request: CompanyRequest, credit: Credit) -> Split | None:
    """The picker of what a credit could pay; None where nobody assigns it by hand."""
    if credit.kind in (CreditKind.PRESUMED, CreditKind.OPENING) or credit.reversed_on is not None:
        return None
    live = live_allocations(credit)
    if any(each.receivable.currency != credit.currency for each in live):
        return None
    taken: dict[UUID, int] = {}
    for each in live:
        taken[each.receivable_id] = taken.get(each.receivable_id, 0) + each.amount
    mine = Receivable.objects.filter(customer_id=credit.customer_id, currency=credit.currency)
    rows = [*mine.filter(pk__in=taken).order_by("due_on", "id")]
    rows += mine.filter(balance__gt=0).exclude(pk__in=taken).order_by("due_on", "id")
    return split_of(rows, currency=credit.currency, decimal=decimal_mark(request.company), taken=taken)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def assign(request: CompanyRequest, credit_id: UUID) -> HttpResponse:
    """Say anew what a credit pays. `seen` is what the person saw: sent twice, it is done once."""
    credit = credit_or_404(request, credit_id)
    split = split_of_credit(request, credit)
    if split is None:
        messages.error(request, _("Este abono no se asigna a mano."))
        return redirect("credit", credit.pk)
    now = split.taken
    named = split.read(request.POST)
    if named == now and split.is_right:
        return redirect("credit", credit.pk)
    said = _mistake(request, credit, split, named)
    if not said:
        try:
            reassign_credit(credit_id=credit.pk, named=named, on=clock.today(request.company), actor=request.user)
        except REFUSALS as error:
            said = str(error)
        else:
            messages.success(request, _("Quedó asignado como dijiste."))
            return redirect("credit", credit.pk)
    return _page(request, credit, status=422, split=split, assign_error=said)


def _mistake(request: CompanyRequest, credit: Credit, split: Split, named: dict[UUID, int]) -> str:
    if request.POST.get("seen") != seen(credit):
        return _("Este abono cambió mientras tanto. Revisa cómo está ahora y repítelo.")
    if split.unknown(request.POST):
        return _("Uno de los documentos elegidos ya no está abierto. Revisa el reparto.")
    if not split.is_right:
        return _("Revisa los importes marcados.")
    if sum(named.values()) > credit.amount:
        return _("Repartiste más de lo que vale el abono.")
    return ""


@require_POST
@needs(permissions.ADJUST_BALANCES)
def reverse(request: CompanyRequest, credit_id: UUID) -> HttpResponse:
    """Undo a credit that a person recorded: what it paid is owed again."""
    credit = credit_or_404(request, credit_id)
    form = ReasonForm(request.POST, auto_id="reverse_%s")
    if form.is_valid():
        try:
            undo_payment(
                credit_id=credit.pk, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now(),
                on=clock.today(request.company),
            )  # fmt: skip
        except (*REFUSALS, MatchError) as error:
            messages.error(request, str(error))
            return redirect("credit", credit.pk)
        else:
            messages.success(request, _("Se deshizo: lo que había pagado se debe otra vez."))
            return redirect(_next(request) or "credit", *([] if _next(request) else [credit.pk]))
    return _page(request, credit, status=422, reverse_form=form)


def _next(request: CompanyRequest) -> str:
    """Where to go back to, if it is a page of ours."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/e/")
    return address if is_ours else ""
