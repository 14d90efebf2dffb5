"""Evidence files ("expedientes"): asking for one, following it while it is made, downloading and proving it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.collections.models import EvidenceFile
from aldia.collections.operations.evidence import EvidenceError, request_evidence
from aldia.customers.models import Customer
from aldia.customers.queries import as_uuid
from aldia.domain.folding import fold
from aldia.integrations.typesetting import PDF_TYPE
from aldia.jobs.evidence import enqueue_evidence, has_failed
from aldia.reporting import evidence_check
from aldia.reporting.evidence_pieces import KINDS
from aldia.tenancy import permissions
from aldia.tenancy.ids import uuid7
from aldia.tenancy.storage import DamagedFile, open_stored
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_evidence import EvidenceForm
from aldia.web.listing import Column, Day, Listing
from aldia.web.views.collecting.lists import narrowed
from aldia.web.views.receivables.common import sight

FOUND = 20
CHECKED_HERE = 60 * 1024 * 1024  # larger ones are verified by the command
CHECKS: dict[str, Any] = {
    "file_seal": gettext_lazy("El archivo está entero, byte por byte"),
    "pieces": gettext_lazy("Las piezas son las del índice"),
    "printed_index": gettext_lazy("Lo impreso dice lo mismo que el índice"),
    "ledger_extract": gettext_lazy("Los asientos del libro dan su huella"),
    "audit_extract": gettext_lazy("Los renglones de la bitácora dan su huella"),
    "on_record": gettext_lazy("Es el archivo que quedó registrado"),
    "audit_head": gettext_lazy("La bitácora pasa por el eslabón que anotó"),
    "sources": gettext_lazy("Las piezas son las de los registros"),
    "ledger_on_record": gettext_lazy("Los asientos están en el libro"),
    "audit_on_record": gettext_lazy("Los renglones están en la bitácora"),
}
LIST = Listing(
    key="evidence",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("period", gettext_lazy("Periodo"), sort="until"),
        Column("asked", gettext_lazy("Pedido"), sort="created_at"),
        Column("pieces", gettext_lazy("Piezas"), numeric=True),
        Column("sha256", gettext_lazy("Huella SHA-256")),
        Column("by", gettext_lazy("Quién"), sort="created_by__name"),
    ),
    filters=(Day("from", gettext_lazy("Hasta, desde el")), Day("to", gettext_lazy("Hasta, al"))),
    sort="-asked",
    apply=lambda rows, values: narrowed(rows, values, "customer", "until"),
)


def _files(request: CompanyRequest) -> QuerySet[EvidenceFile]:
    rows = EvidenceFile.objects.select_related("customer", "created_by", "file")
    return sight(request).narrow(rows)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    return render(request, "evidence/index.html", {"page": LIST.page(request, _files(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.COLLECT)
def new(request: CompanyRequest) -> HttpResponse:
    """Choose the customer, then the period; sent twice, it is asked for once (the key is in the form)."""
    customer = sight(request).customers().filter(pk=as_uuid(_asked_customer(request))).first()
    if customer is None:
        return render(request, "evidence/choose.html", {"q": request.GET.get("q", ""), "found": _search(request)})
    today = clock.today(request.company)
    form = EvidenceForm(request.POST or None, initial={"until": today, "key": uuid7()})
    if request.method == "POST" and form.is_valid():
        try:
            row = request_evidence(customer_id=customer.pk, today=today, actor=request.user, **form.cleaned_data)
        except EvidenceError as error:
            form.add_error(None, str(error))
        else:
            enqueue_evidence(row.pk)
            return redirect("evidence_show", row.pk)
    return render(request, "evidence/new.html", {"form": form, "customer": customer})


def _asked_customer(request: CompanyRequest) -> str:
    return request.POST.get("customer", "") or request.GET.get("customer", "")


def _search(request: CompanyRequest) -> list[Customer]:
    rows = sight(request).customers()
    for word in fold(request.GET.get("q", "")[:100]).split()[:10]:
        rows = rows.filter(search__contains=word)
    return list(rows.order_by("legal_name")[:FOUND])


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, evidence_id: UUID) -> HttpResponse:
    """The file, or how far it is; the same address answers the poll."""
    row = get_object_or_404(_files(request), pk=evidence_id)
    is_dead = row.file_id is None and has_failed(row.pk)
    poll = "" if row.file_id or is_dead else reverse("evidence_show", args=[row.pk])
    context = {"row": row, "is_dead": is_dead, "poll_url": poll}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "evidence/_progress.html", context)
    return render(request, "evidence/show.html", context | {"pieces": _pieces(row), "slug": request.company.slug})


@require_POST
@needs(permissions.VIEW)
def verify(request: CompanyRequest, evidence_id: UUID) -> HttpResponse:
    """Take every hash of the file anew, and hold it against the record."""
    row = get_object_or_404(_files(request), pk=evidence_id)
    if row.file is None or row.file.size > CHECKED_HERE:
        messages.error(request, _("Es muy grande para comprobarlo aquí: usa la orden «aldia evidence verify»."))
        return redirect("evidence_show", row.pk)
    checks, problem = _checked(row)
    context = {
        "row": row, "pieces": _pieces(row), "slug": request.company.slug, "checks": checks, "problem": problem,
        "is_good": not problem and not any(each["problems"] for each in checks),
    }  # fmt: skip
    return render(request, "evidence/show.html", context)


def _checked(row: EvidenceFile) -> tuple[list[dict[str, Any]], str]:
    assert row.file is not None  # noqa: S101
    try:
        with open_stored(row.file) as stream:
            file = evidence_check.opened(stream.read())
    except (DamagedFile, evidence_check.NotEvidence) as error:
        return [], str(error)
    found = [*evidence_check.verify_alone(file), *evidence_check.verify_on_record(file)]
    return [{"label": CHECKS[each.name], "rows": each.rows, "problems": each.problems[:20]} for each in found], ""


@require_POST
@needs(permissions.COLLECT)
def retry(request: CompanyRequest, evidence_id: UUID) -> HttpResponse:
    """Put one that failed in the queue again."""
    row = get_object_or_404(_files(request), pk=evidence_id)
    if row.file_id is None:
        enqueue_evidence(row.pk)
    return redirect("evidence_show", row.pk)


@require_safe
@needs(permissions.EXPORT)
def download(request: CompanyRequest, evidence_id: UUID) -> HttpResponse:
    row = get_object_or_404(_files(request), pk=evidence_id)
    if row.file is None:
        raise Http404
    try:
        stream = open_stored(row.file)
    except DamagedFile as error:
        raise Http404(str(error)) from error
    return FileResponse(stream, as_attachment=True, filename=row.file.name, content_type=PDF_TYPE)  # type: ignore[return-value]


def _pieces(row: EvidenceFile) -> list[dict[str, Any]]:
    return [{**each, "label": KINDS.get(each["kind"], each["kind"])} for each in row.pieces if "kind" in each]
