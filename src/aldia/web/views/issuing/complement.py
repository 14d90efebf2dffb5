"""The page of one complement: the receipts that it tells of, the instalment of each document, and what may be done."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from aldia.domain.fiscal.catalogues import FORMS
from aldia.domain.fiscal.complement_plan import urgency
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import MICRO
from aldia.issuing.models import Cancellation, CancellationState, Issue, IssueState
from aldia.issuing.operations import complements as operations
from aldia.issuing.operations import drafting, sending
from aldia.issuing.queries import complements as queries
from aldia.jobs.reminders import enqueue_sending
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_issuing import micro_text
from aldia.web.views import errors
from aldia.web.views.issuing.common import OPEN, context_of
from aldia.web.views.issuing.complements import in_sight, stamp_one
from aldia.web.views.issuing.readiness import readiness
from aldia.web.views.issuing.words import said
from aldia.web.views.payments.common import say_form, version_of

UNDEFINED = "99"  # c_FormaPago "Por definir": nobody pays like that


class ReceiptForm(forms.Form):
    """How a receipt of money came in."""

    payment = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    form = forms.ChoiceField(
        label=gettext_lazy("Forma de pago"),
        choices=[("", gettext_lazy("Elige una")), *((k, f"{k} · {v}") for k, v in FORMS.items() if k != UNDEFINED)],
    )
    operation = forms.CharField(label=gettext_lazy("Número de operación"), max_length=100, required=False)
    exchange_rate = forms.DecimalField(
        label=gettext_lazy("Tipo de cambio del día del pago"),
        required=False, min_value=Decimal("0.000001"), max_digits=12, decimal_places=6,
    )  # fmt: skip

    def clean_operation(self) -> str:
        text: str = self.cleaned_data["operation"]
        if "|" in text:
            raise forms.ValidationError(_("El número de operación no puede llevar «|»."))
        return text


def complement_or_404(request: CompanyRequest, issue_id: UUID) -> Issue:
    return get_object_or_404(in_sight(request).select_related("document", "replaces"), pk=issue_id)


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    issue, today = complement_or_404(request, issue_id), clock.today(request.company)
    context: dict[str, Any] = context_of(issue) | {"ready": readiness(request), "forms": list(FORMS.items())}
    try:
        receipts = queries.receipts(issue)
        findings = operations.check(issue, today=today) if issue.state in OPEN else []
    except (BadContent, LookupError, operations.ComplementError):
        return render(request, "issuing/complement.html", context | {"is_unreadable": True})
    context |= {
        "receipts": [_receipt(each) for each in receipts],
        "findings": [(said(each), each.is_warning) for each in findings],
        "successors": list(queries.complements().filter(replaces=issue)),
        "wish": _wish(issue),
        "urgency": str(urgency(issue.due_on, today)) if issue.due_on else "",
        "days_left": (issue.due_on - today).days if issue.due_on else None,
    }
    return render(request, "issuing/complement.html", context)


def _receipt(view: queries.ReceiptView) -> dict[str, Any]:
    payment = view.payment
    return {
        "place": view.place,
        "credit": view.credit,
        "paid_on": payment.paid_at.date(),
        "form": payment.form,
        "form_name": FORMS.get(payment.form, ""),
        "operation": payment.operation,
        "currency": payment.currency,
        "amount": payment.amount,
        "rate": micro_text(payment.exchange_rate) if payment.exchange_rate else "",
        "is_foreign": payment.currency != "MXN",
        "documents": [
            {
                "row": receivable, "number": part.number, "before": each.before, "paid": each.paid,
                "after": each.before - each.paid, "currency": each.currency,
            }
            for receivable, each, part in view.documents
        ],
    }  # fmt: skip


def _wish(issue: Issue) -> Cancellation | None:
    """Its cancellation, while that is under way or was refused."""
    rows = Cancellation.objects.filter(document_id=issue.document_id) if issue.document_id else None
    last = rows.order_by("-id").first() if rows is not None else None
    over = (CancellationState.DONE, CancellationState.WITHDRAWN)
    return None if last is None or last.state in over else last


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def stamp(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    """Write it as the books are now, give it its folio and have it stamped."""
    issue = complement_or_404(request, issue_id)
    try:
        stamp_one(request, issue, version_of(request))
    except operations.Changed as error:
        return errors.conflict(request, str(error))
    except drafting.NotReady as error:
        messages.error(request, _("Antes de timbrar: %(why)s") % {"why": error})
    except (operations.ComplementError, drafting.DraftingError) as error:
        messages.error(request, str(error))
    return redirect("complement", issue.pk)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def change_receipt(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    """Keep how a receipt came in."""
    issue = complement_or_404(request, issue_id)
    form = ReceiptForm(request.POST)
    if not form.is_valid():
        say_form(request, form)
        return redirect("complement", issue.pk)
    data = form.cleaned_data
    try:
        operations.change_receipt(
            issue_id=issue.pk,
            payment=data["payment"],
            version=version_of(request),
            form=data["form"],
            operation=data["operation"],
            exchange_rate=int((data["exchange_rate"] or 0) * MICRO),
            actor=request.user,
        )
    except operations.Changed as error:
        return errors.conflict(request, str(error))
    except operations.ComplementError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Se guardó cómo se recibió el pago."))
    return redirect("complement", issue.pk)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def send(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    """PDF and XML to the customer's usual people."""
    issue = complement_or_404(request, issue_id)
    if issue.state != IssueState.STAMPED:
        messages.error(request, _("Solo se envía lo que ya está timbrado."))
    elif sending.send(issue_id=issue.pk, actor=request.user, now=clock.now()) is None:
        messages.error(request, _("El cliente no tiene a quién escribirle: agrega un contacto en su ficha."))
    else:
        enqueue_sending()
        messages.success(request, _("El complemento va en camino, con su PDF y su XML."))
    return redirect("complement", issue.pk)
