"""What is on file, on or off: find it, see everything that touches it, say what the authority did with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from aldia.authority.queries.overview import status_checks
from aldia.documents.models import AuthorityStatus, Direction, FiscalDocument, Kind, SealState
from aldia.documents.operations.notices import NotCancellable
from aldia.documents.originals import OriginalLost, read_original
from aldia.documents.queries.detail import DocumentDetail, document_detail
from aldia.documents.queries.finding import filter_documents, visible_documents
from aldia.domain.money import Money
from aldia.integrations.spreadsheets.writer import Column as SheetColumn
from aldia.integrations.spreadsheets.writer import Sheet, write_xlsx
from aldia.receivables.models import Receivable
from aldia.receivables.operations.authority_status import cancel_document, revive_document
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text, moment_html
from aldia.web.listing import Choice, Column, Day, Listing, Search
from aldia.web.views.imports import workbook

LIST = Listing(
    key="documents",
    columns=(
        Column("number", gettext_lazy("Folio"), always=True),
        Column("issued_on", gettext_lazy("Fecha"), sort="issued_on"),
        Column("kind", gettext_lazy("Tipo"), sort="kind"),
        Column("party", gettext_lazy("Cliente o proveedor"), sort="receiver_name"),
        Column("key", "UUID", shown=False),
        Column("method", gettext_lazy("Método"), shown=False),
        Column("status", gettext_lazy("Ante el SAT"), sort="status"),
        Column("seal", gettext_lazy("Sello"), sort="seal_state", shown=False),
        Column("total", gettext_lazy("Total"), sort="total", numeric=True),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Folio, serie, UUID, monto, RFC o nombre")),
        Choice("kind", gettext_lazy("Tipo"), Kind.choices),
        Choice("direction", gettext_lazy("Sentido"), Direction.choices),
        Choice("status", gettext_lazy("Ante el SAT"), AuthorityStatus.choices),
        Choice("seal", gettext_lazy("Sello"), SealState.choices),
        Day("from", gettext_lazy("Desde")),
        Day("until", gettext_lazy("Hasta")),
    ),
    sort="-issued_on",
    apply=filter_documents,
)
TAXES = {"001": "ISR", "002": "IVA", "003": "IEPS"}
NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{1,10})?")
METHODS = {"PUE": gettext_lazy("en una sola exhibición"), "PPD": gettext_lazy("en parcialidades o diferido")}


class CancelForm(forms.Form):
    on = forms.DateField(
        label=gettext_lazy("Fecha de cancelación"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    page = LIST.page(request, visible_documents(membership=request.membership))
    return render(request, "documents/list.html", {"page": page})


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """The documents of the filter as a workbook."""
    rows = LIST.matching(request, visible_documents(membership=request.membership))
    stream = BytesIO()
    write_xlsx(stream, [Sheet(_("Documentos"), _sheet_columns(), _sheet_rows(rows))])
    return workbook(stream, f"documentos-{clock.today(request.company)}.xlsx")


def _sheet_columns() -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(_("Folio")),
        SheetColumn("UUID", width=40),
        SheetColumn(_("Fecha"), kind="day"),
        SheetColumn(_("Tipo"), width=22),
        SheetColumn(_("Sentido"), width=12),
        SheetColumn(_("RFC emisor")),
        SheetColumn(_("Emisor"), width=40),
        SheetColumn(_("RFC receptor")),
        SheetColumn(_("Receptor"), width=40),
        SheetColumn(_("Moneda"), width=10),
        SheetColumn(_("Total"), kind="money"),
        SheetColumn(_("Método"), width=10),
        SheetColumn(_("Ante el SAT"), width=16),
    )


def _total(row: FiscalDocument) -> Money | None:
    return Money(row.total, row.currency) if row.currency != "XXX" else None


def _sheet_rows(rows: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows.iterator(chunk_size=1000):
        yield (
            row.number, row.key, row.issued_on, str(row.get_kind_display()), str(row.get_direction_display()),
            row.issuer_tax_id, row.issuer_name, row.receiver_tax_id, row.receiver_name, row.currency,
            _total(row), row.method, str(row.get_status_display()),
        )  # fmt: skip


@require_safe
@needs(permissions.VIEW)
def detail(request: CompanyRequest, document_id: UUID) -> HttpResponse:
    return _page(request, document_id, CancelForm(initial={"on": clock.today(request.company)}))


def _page(request: CompanyRequest, document_id: UUID, form: CancelForm, status: int = 200) -> HttpResponse:
    _visible(request, document_id)
    found = document_detail(document_id=document_id)
    context = {
        "detail": found,
        "document": found.document,
        "facts": _facts(found.document, request.company.time_zone),
        "amounts": _amounts(found),
        "taxes": _taxes(found),
        "lines": _lines(found),
        "receivable": Receivable.objects.filter(key=found.document.key).first(),
        "form": form,
        "seal": found.document.seal_report or {},
        "checks": status_checks(found.document.key),
    }
    return render(request, "documents/detail.html", context, status=status)


def _visible(request: CompanyRequest, document_id: UUID) -> FiscalDocument:
    rows = visible_documents(membership=request.membership).select_related("original")
    return get_object_or_404(rows, pk=document_id)


def _facts(row: FiscalDocument, zone: str) -> list[tuple[str, Any]]:
    rate = f"{row.exchange_rate}" if row.exchange_rate not in ("", "1") else ""
    return [
        ("UUID", row.key),
        (_("Fecha"), day_text(row.issued_on)),
        (_("Timbrado"), moment_html(row.stamped_at, zone) if row.stamped_at else ""),
        (_("Versión"), f"CFDI {row.version}"),
        (_("Serie"), row.series),
        (_("Folio"), row.folio),
        (_("Emisor"), f"{row.issuer_name} · {row.issuer_tax_id}"),
        (_("Receptor"), f"{row.receiver_name} · {row.receiver_tax_id}"),
        (_("Método de pago"), f"{row.method} · {METHODS[row.method]}" if row.method in METHODS else row.method),
        (_("Forma de pago"), row.payment_form),
        (_("Condiciones"), row.conditions),
        (_("Moneda"), row.currency if row.currency != "XXX" else ""),
        (_("Tipo de cambio"), rate),
        (_("Archivo"), row.original_name),
        ("SHA-256", row.sha256),
    ]


def _amounts(found: DocumentDetail) -> list[tuple[str, int]]:
    row = found.document
    listed = [(_("Subtotal"), row.subtotal), (_("Descuento"), -row.discount)]
    listed += [(_("Impuestos trasladados"), row.transferred), (_("Impuestos retenidos"), -row.withheld)]
    return [(label, amount) for label, amount in listed if amount]


def _taxes(found: DocumentDetail) -> list[tuple[str, int]]:
    """Each tax by its name: "IVA 16%", "ISR retenido 10%"."""
    listed = []
    for tax in found.taxes:
        is_rate = NUMBER.fullmatch(tax.rate) is not None
        rate = f"{_plain(Decimal(tax.rate) * 100)}%" if is_rate else tax.factor
        name = TAXES.get(tax.code, tax.code)
        listed.append((f"{name} {_('retenido')} {rate}" if tax.withheld else f"{name} {rate}", tax.amount))
    return listed


def _lines(found: DocumentDetail) -> list[dict[str, str]]:
    """Concepts with their figures as printed, thousands apart."""
    return [
        {
            "description": line.description,
            "keys": " · ".join(part for part in (line.product_key, line.identification) if part),
            "quantity": f"{_plain(line.quantity)} {line.unit_key}",
            "price": _plain(line.unit_price, 2),
            "amount": _plain(line.amount, 2),
        }
        for line in found.lines
    ]


def _plain(value: Decimal, places: int = 0) -> str:
    """A figure without the zeros that say nothing, with at least `places` decimals: "1,234.50"."""
    whole, _point, decimals = f"{value:,f}".partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else whole


@require_safe
@needs(permissions.VIEW)
def xml(request: CompanyRequest, document_id: UUID) -> HttpResponse:
    """The original bytes, to be kept and never shown by the browser."""
    row = _visible(request, document_id)
    try:
        data = read_original(row)
    except OriginalLost:
        messages.error(request, _("No se encuentra el archivo original de %(number)s.") % {"number": row.number})
        return redirect("document", row.pk)
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{row.key}.xml"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@needs(permissions.ADJUST_BALANCES)
def cancel(request: CompanyRequest, document_id: UUID) -> HttpResponse:
    """A person saw it cancelled at the authority: what it collected is voided, payments become credit in favour."""
    row, form = _visible(request, document_id), CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, document_id, form, status=400)
    now, today = clock.now(), clock.today(request.company)
    try:
        cancel_document(document_id=row.pk, on=form.cleaned_data["on"], now=now, today=today, actor=request.user)
    except NotCancellable as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(number)s quedó cancelado.") % {"number": row.number})
    return redirect("document", row.pk)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def revive(request: CompanyRequest, document_id: UUID) -> HttpResponse:
    """Undo of `cancel`."""
    row = _visible(request, document_id)
    try:
        revive_document(document_id=row.pk, now=clock.now(), today=clock.today(request.company), actor=request.user)
    except NotCancellable as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(number)s vuelve a estar vigente.") % {"number": row.number})
    return redirect("document", row.pk)
