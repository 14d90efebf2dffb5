"""Bringing documents in: upload, watch, and see what became of each file."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from aldia.documents import packing
from aldia.documents.models import BatchState, IngestBatch, Outcome
from aldia.documents.operations.batches import create_batch
from aldia.documents.queries import imports as queries
from aldia.integrations.spreadsheets.writer import XLSX_TYPE, Sheet, write_xlsx
from aldia.integrations.spreadsheets.writer import Column as SheetColumn
from aldia.jobs.documents import enqueue_import
from aldia.tenancy import permissions
from aldia.tenancy.storage import CannotStore, FileTooLarge
from aldia.web.access import CompanyRequest, needs
from aldia.web.limits import limited
from aldia.web.listing import Choice, Column, Listing, Search
from aldia.web.views import errors

BATCHES = Listing(
    key="imports",
    columns=(
        Column("name", gettext_lazy("Carga"), always=True),
        Column("created_at", gettext_lazy("Subida"), sort="id"),
        Column("total", gettext_lazy("Archivos"), numeric=True),
        Column("result", gettext_lazy("Resultado")),
        Column("state", gettext_lazy("Estado")),
    ),
    sort="-created_at",
)
ITEMS = Listing(
    key="import_items",
    columns=(
        Column("name", gettext_lazy("Archivo"), sort="position", always=True),
        Column("outcome", gettext_lazy("Resultado"), sort="outcome"),
        Column("message", gettext_lazy("Qué pasó")),
        Column("document", gettext_lazy("Documento")),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar por archivo, UUID o mensaje")),
        Choice("outcome", gettext_lazy("Resultado"), Outcome.choices),
    ),
    sort="name",
    apply=queries.filter_items,
)
ICONS = {
    Outcome.OPENED: "file-invoice",
    Outcome.STORED: "archive",
    Outcome.UPDATED: "refresh",
    Outcome.DUPLICATE: "copy",
    Outcome.IGNORED: "file-minus",
    Outcome.ERROR: "alert-triangle",
}


@require_safe
@needs(permissions.IMPORT_DOCUMENTS)
def index(request: CompanyRequest) -> HttpResponse:
    page = BATCHES.page(request, queries.listed_batches())
    return render(request, "documents/imports.html", {"page": page})


@require_POST
@needs(permissions.IMPORT_DOCUMENTS)
@limited("upload", limit=600)
def upload(request: CompanyRequest) -> HttpResponse:
    """Keep what was uploaded and leave the rest to the background."""
    files = request.FILES.getlist("files")
    if not files:
        return _refused(request, 400, _("Elige al menos un XML o un ZIP."))
    name = files[0].name if len(files) == 1 else _("%(count)s archivos") % {"count": f"{len(files):,}"}
    try:
        stored = packing.pack(_streams(files), name=name or "archivo")
    except FileTooLarge as error:
        return _refused(request, 413, str(error))
    except CannotStore as error:
        return _refused(request, 507, str(error))
    collect_all = request.POST.get("collect_all") == "1"
    batch = create_batch(file=stored, name=name or "archivo", actor=request.user, collect_all=collect_all)
    enqueue_import(batch)
    return redirect("import_detail", batch.pk)


def _streams(files: list[Any]) -> Iterator[tuple[str, IO[bytes]]]:
    for file in files:
        yield file.name or "archivo", file.file


def _refused(request: CompanyRequest, status: int, message: str) -> HttpResponse:
    if request.headers.get("X-Requested-With") == "upload":
        return JsonResponse({"message": message}, status=status)
    return errors.answer(request, 413 if status == 413 else 400, message)


@require_safe
@needs(permissions.IMPORT_DOCUMENTS)
def detail(request: CompanyRequest, batch_id: UUID) -> HttpResponse:
    batch = get_object_or_404(queries.batches(), pk=batch_id)
    page = ITEMS.page(request, queries.items(batch=batch))
    context = {
        "batch": batch,
        "page": page,
        "is_over": _is_over(batch),
        "figures": _figures(batch),
        "unread": sum(batch.counts.get(outcome, 0) for outcome in queries.NEEDS_A_LOOK),
        "waits_for_customers": _is_over(batch) and queries.waits_for_customers(batch=batch),
        **_bar(batch),
    }
    return render(request, "documents/import_detail.html", context)


def _figures(batch: IngestBatch) -> list[dict[str, Any]]:
    """How many files ended in each outcome; each figure opens its files."""
    found = []
    for outcome, icon in ICONS.items():
        if count := batch.counts.get(outcome, 0):
            tone = "bad" if outcome == Outcome.ERROR else ""
            url = f"?outcome={outcome.value}"
            found.append({"label": outcome.label, "count": f"{count:,}", "icon": icon, "tone": tone, "url": url})
    return found


@require_safe
@needs(permissions.IMPORT_DOCUMENTS)
def progress(request: CompanyRequest, batch_id: UUID) -> HttpResponse:
    """The bar alone, asked for every second; the whole page once it is over."""
    batch = get_object_or_404(queries.batches(), pk=batch_id)
    response = render(request, "components/progress.html", _bar(batch))
    if _is_over(batch):
        response["HX-Refresh"] = "true"
    return response


def _is_over(batch: IngestBatch) -> bool:
    return batch.state in (BatchState.DONE, BatchState.FAILED)


def _bar(batch: IngestBatch) -> dict[str, Any]:
    labels = {
        BatchState.QUEUED: _("En espera de su turno"),
        BatchState.RUNNING: _("Leyendo los archivos"),
        BatchState.DONE: _("Terminada"),
        BatchState.FAILED: _("Detenida"),
    }
    note = batch.message or _("Puedes salir de esta página: la carga sigue sola y aquí verás el resultado.")
    return {
        "id": "import-progress",
        "poll_url": "" if _is_over(batch) else reverse("import_progress", args=[batch.pk]),
        "done": batch.done,
        "total": batch.total,
        "label": labels[BatchState(batch.state)],
        "note": "" if _is_over(batch) and not batch.message else note,
        "tone": "bad" if batch.state == BatchState.FAILED else "",
    }


@require_safe
@needs(permissions.IMPORT_DOCUMENTS)
def unread(request: CompanyRequest, batch_id: UUID) -> HttpResponse:
    """The files that gave no document, with why, as a workbook."""
    batch = get_object_or_404(queries.batches(), pk=batch_id)
    columns = (
        SheetColumn(_("Archivo"), width=48),
        SheetColumn(_("Resultado"), width=14),
        SheetColumn(_("Qué pasó"), width=90),
        SheetColumn("UUID", width=40),
    )
    rows = (
        (item.name, str(item.get_outcome_display()), _(item.message) if item.message else "", item.key)
        for item in queries.unread_items(batch=batch)
    )
    stream = BytesIO()
    write_xlsx(stream, [Sheet(_("No leídos"), columns, rows)])
    return workbook(stream, f"no-leidos-{batch.created_at:%Y-%m-%d}.xlsx")


def workbook(stream: BytesIO, name: str) -> HttpResponse:
    """A workbook to be kept."""
    response = HttpResponse(stream.getvalue(), content_type=XLSX_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
