"""Cancelling a document of ours at the authority, with its motive; and issuing the one that takes its place."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from aldia.documents.models import FiscalDocument
from aldia.documents.queries.finding import visible_documents
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import DraftDocument, DraftRelation, from_json, to_json
from aldia.issuing.models import Cancellation, Issue, IssueState, Motive
from aldia.issuing.operations import cancelling, drafting
from aldia.issuing.operations.drafting import create as create_draft
from aldia.jobs.issuing import enqueue_cancelling
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.issuing.common import IN_FORCE, issue_or_404

UUID_TEXT = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
SUBSTITUTES = "04"  # c_TipoRelacion: sustitución de los CFDI previos
HINTS = {
    Motive.WITH_RELATION: gettext_lazy("Primero timbra el que lo sustituye, relacionado con este (04)."),
    Motive.WITHOUT_RELATION: gettext_lazy("Tenía un error y no se vuelve a emitir."),
    Motive.NOT_DONE: gettext_lazy("La venta o el servicio no ocurrió."),
    Motive.IN_GLOBAL: gettext_lazy("El cliente pidió su factura después de la global."),
}


class MotiveForm(forms.Form):
    motive = forms.ChoiceField(
        label=gettext_lazy("Motivo"), choices=Motive.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )  # fmt: skip
    replacement_key = forms.CharField(
        label=gettext_lazy("UUID del que lo sustituye"), max_length=40, required=False,
        help_text=gettext_lazy("Solo con el motivo 01."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )  # fmt: skip

    def clean_replacement_key(self) -> str:
        text = "".join(self.cleaned_data["replacement_key"].split()).upper()
        if text and not UUID_TEXT.fullmatch(text):
            raise forms.ValidationError(_("Un UUID tiene 32 letras y números, en cinco grupos."))
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        is_01 = data.get("motive") == Motive.WITH_RELATION
        if is_01 and not data.get("replacement_key") and "replacement_key" not in self.errors:
            self.add_error("replacement_key", _("Con el motivo 01 hay que decir cuál lo sustituye."))
        if not is_01:
            data["replacement_key"] = ""
        return data


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.CANCEL_DOCUMENTS)
def ask(request: CompanyRequest, document_id: UUID) -> HttpResponse:
    """Ask the authority to cancel a document of ours, ours from here or imported."""
    rows = visible_documents(membership=request.membership).filter(direction="issued")
    document = get_object_or_404(rows, pk=document_id)
    substitutes = _substitutes(document)
    initial = {"motive": Motive.WITH_RELATION, "replacement_key": substitutes[0].key} if substitutes else {}
    form, status = MotiveForm(request.POST or None, initial=initial), 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and (answer := _asked(request, document, form)):
            return answer
    issue = Issue.objects.filter(document=document).first()
    context = {
        "document": document,
        "issue": issue,
        "form": form,
        "options": [(each, HINTS[Motive(each.data["value"])]) for each in form["motive"]],
        "substitutes": substitutes,
        "can_substitute": issue is not None and issue.state in IN_FORCE,
        "is_cancelled": document.status == "cancelled",
        "advice": cancelling.advise(document.pk, today=clock.today(request.company)),
    }
    return render(request, "issuing/cancel.html", context, status=status)


def _asked(request: CompanyRequest, document: FiscalDocument, form: MotiveForm) -> HttpResponse | None:
    data = form.cleaned_data
    try:
        wish = cancelling.ask(
            document_id=document.pk, motive=data["motive"], replacement_key=data["replacement_key"],
            actor=request.user, now=clock.now(),
        )  # fmt: skip
    except cancelling.CancellingError as error:
        form.add_error(None, str(error))
        return None
    enqueue_cancelling()
    said = wish.message or _("Se pide al SAT que lo cancele. Aquí verás qué contesta.")
    messages.success(request, said)
    return redirect("issue", wish.issue_id) if wish.issue_id else redirect("document", document.pk)


def _substitutes(document: FiscalDocument) -> list[FiscalDocument]:
    """Documents on file that say they take its place."""
    rows = FiscalDocument.objects.filter(relations__to_key=document.key, relations__code=SUBSTITUTES)
    return list(rows.exclude(status="cancelled").order_by("-issued_on", "-id")[:5])


@require_POST
@needs(permissions.CANCEL_DOCUMENTS)
def withdraw(request: CompanyRequest, cancellation_id: UUID) -> HttpResponse:
    """Take it back while the authority was not asked."""
    rows = Cancellation.objects.filter(document__in=visible_documents(membership=request.membership).values("pk"))
    wish = get_object_or_404(rows, pk=cancellation_id)
    try:
        cancelling.withdraw(cancellation_id=wish.pk, actor=request.user)
    except cancelling.CancellingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Se retiró: el documento sigue vigente."))
    return redirect("issue", wish.issue_id) if wish.issue_id else redirect("document", wish.document_id)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def substitute(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    """A draft like this one that says it takes its place; once stamped, this one is cancelled with motive 01."""
    issue = issue_or_404(request, issue_id)
    try:
        draft = from_json(issue.content)
        if not isinstance(draft, DraftDocument) or issue.state not in (*IN_FORCE, IssueState.CANCELLED):
            raise drafting.DraftingError(_("Solo se sustituye un documento timbrado."))
        kept = tuple(each for each in draft.relations if each.code != SUBSTITUTES)
        draft = replace(draft, folio="", relations=(DraftRelation(SUBSTITUTES, (issue.uuid,)), *kept))
        made = create_draft(
            kind=issue.kind, customer_id=issue.customer_id, content=to_json(draft), replaces_id=issue.pk,
            actor=request.user,
        )  # fmt: skip
    except (drafting.DraftingError, BadContent) as error:
        messages.error(request, str(error))
        return redirect("issue", issue.pk)
    messages.success(request, _("Corrige lo que estaba mal y timbra: sustituye al anterior."))
    return redirect("issue_edit", made.pk)
