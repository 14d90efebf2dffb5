"""From an invoice to its credit or charge note, with its taxes in proportion."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from aldia.issuing.models import IssueKind
from aldia.issuing.operations import drafting
from aldia.issuing.operations.drafting import create as create_draft
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_receivables import AmountField, KeyedForm
from aldia.web.views.receivables.common import receivable_or_404

REBATE, RETURN, DEBIT = "rebate", "return", "debit"
WHAT = [
    (REBATE, gettext_lazy("Descuento o bonificación (nota de crédito, relación 01)")),
    (RETURN, gettext_lazy("Devolución de mercancía (nota de crédito, relación 03)")),
    (DEBIT, gettext_lazy("Aumento de lo que se debe (nota de cargo, relación 02)")),
]
RELATIONS = {
    REBATE: (IssueKind.CREDIT_NOTE, "01"), RETURN: (IssueKind.CREDIT_NOTE, "03"), DEBIT: (IssueKind.DEBIT_NOTE, "02"),
}  # fmt: skip


class NoteForm(KeyedForm):
    """What the note is for and of how much; empty, of the whole invoice."""

    what = forms.ChoiceField(
        label=gettext_lazy("Qué es"), choices=WHAT, widget=forms.RadioSelect(attrs={"class": "form-check-input"})
    )
    reason = forms.CharField(
        label=gettext_lazy("Concepto"), max_length=300, required=False,
        help_text=gettext_lazy("Como lo leerá el cliente. Vacío: se describe solo."),
    )  # fmt: skip

    field_order = ["what", "amount", "reason"]

    def __init__(self, *args: Any, row: Receivable, decimal: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = AmountField(
            label=_("Importe con impuestos (%(currency)s)") % {"currency": row.currency},
            currency=row.currency,
            decimal=decimal,
            required=False,
            help_text=_("Vacío: por toda la factura."),
        )
        self.order_fields(self.field_order)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.ISSUE_DOCUMENTS)
def new(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    row = receivable_or_404(request, receivable_id)
    asked = request.GET.get("what", REBATE)
    initial = {"what": asked if asked in RELATIONS else REBATE}
    form = NoteForm(request.POST or None, row=row, decimal=decimal_mark(request.company), initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and (answer := _made(request, row, form)):
            return answer
    return render(request, "issuing/note.html", {"form": form, "row": row}, status=status)


def _made(request: CompanyRequest, row: Receivable, form: NoteForm) -> HttpResponse | None:
    data = form.cleaned_data
    kind, relation = RELATIONS[data["what"]]
    try:
        content = drafting.note_for(
            receivable_id=row.pk, kind=kind, amount=data["amount"], relation=relation, reason=data["reason"]
        )
        made = create_draft(
            kind=kind, customer_id=row.customer_id, content=content, origin_key=str(data["key"]), actor=request.user
        )
    except drafting.DraftingError as error:
        form.add_error(None, str(error))
        return None
    return redirect("issue_edit", made.pk)
