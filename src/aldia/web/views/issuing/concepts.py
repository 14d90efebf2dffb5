"""Concepts that the company bills often: kept from a line, offered while typing, put away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.domain.fiscal.draft_json import encode
from aldia.issuing.models import SavedConcept
from aldia.issuing.operations import products
from aldia.issuing.operations.products import save as save_concept
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_issuing import LineForm, initial_of
from aldia.web.views.issuing.common import line_of
from aldia.web.views.issuing.words import figure, name_codes, tax_name

SHOWN = 300
PREFIX = "line"


class NameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Nombre"), max_length=200, required=False,
        help_text=gettext_lazy("Con el que lo buscas. Vacío: su descripción."),
    )  # fmt: skip


@require_safe
@needs(permissions.ISSUE_DOCUMENTS)
def index(request: CompanyRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    rows = [_row(each) for each in products.search(text, limit=SHOWN)]
    return render(request, "issuing/concepts.html", {"rows": rows, "q": text})


def _row(concept: SavedConcept) -> dict[str, Any]:
    line = line_of(concept)
    if line is None:
        return {"concept": concept}
    taxes = ", ".join(tax_name(each) for each in line.taxes)
    return {"concept": concept, "line": line, "price": figure(line.price_micro, 2), "taxes": taxes}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.ISSUE_DOCUMENTS)
def new(request: CompanyRequest) -> HttpResponse:
    return _edited(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.ISSUE_DOCUMENTS)
def edit(request: CompanyRequest, saved_concept_id: UUID) -> HttpResponse:
    return _edited(request, get_object_or_404(SavedConcept, pk=saved_concept_id))


def _edited(request: CompanyRequest, concept: SavedConcept | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    name = NameForm(data, initial={"name": concept.name if concept else ""})
    form = LineForm(data, prefix=PREFIX, initial=_initial(concept), decimal=decimal_mark(request.company))
    status = 200
    if data is not None:
        status = 422
        if name.is_valid() and form.is_valid() and _kept(request, name, form, concept):
            return redirect("issuing_concepts")
    name_codes([form])
    return render(request, "issuing/concept.html", {"name": name, "line": form, "concept": concept}, status=status)


def _initial(concept: SavedConcept | None) -> dict[str, Any]:
    if concept is None:
        return {}
    line = line_of(concept)
    return initial_of(line, "MXN") if line else {"description": concept.name}


def _kept(request: CompanyRequest, name: NameForm, form: LineForm, concept: SavedConcept | None) -> bool:
    line = form.line()
    try:
        save_concept(
            name=name.cleaned_data["name"] or line.description[:200],
            line=encode(line),
            concept_id=concept.pk if concept else None,
            actor=request.user,
        )
    except products.ConceptError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("El concepto quedó guardado."))
    return True


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def archive(request: CompanyRequest, saved_concept_id: UUID) -> HttpResponse:
    concept = get_object_or_404(SavedConcept, pk=saved_concept_id)
    try:
        products.archive(concept_id=concept.pk, actor=request.user)
    except products.ConceptError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("«%(name)s» ya no se ofrece.") % {"name": concept.name})
    return redirect("issuing_concepts")
