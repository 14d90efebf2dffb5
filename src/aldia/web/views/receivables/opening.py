"""Opening balances: upload a sheet, look at what each row would do, apply exactly that.

The uploaded file is kept; the preview's address names it, so that it can be reloaded and shown to somebody else.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from aldia.integrations.spreadsheets import LIMITS, XLSX_TYPE, Column, Sheet, SheetError, write_xlsx
from aldia.receivables.opening_check import DUPLICATE, ERROR, IGNORED, OPENED, RowResult
from aldia.receivables.opening_rows import HEADINGS, OpeningRow, read_openings
from aldia.receivables.operations.opening import PreviewChanged, apply_opening, preview_opening
from aldia.tenancy import permissions
from aldia.tenancy.models import StoredFile
from aldia.tenancy.storage import CannotStore, DamagedFile, FileTooLarge, open_stored, store
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_receivables import OpeningForm

SALT = "receivables.opening"
MAX_ROWS = 5_000  # more than this takes longer than a page should: the command line takes them
SHOWN = 500
ORDER = (OPENED, ERROR, DUPLICATE, IGNORED)


def _see_all(request: CompanyRequest) -> None:
    """Who sees only the own portfolios does not open balances: new customers are in no portfolio."""
    if request.membership.own_portfolio_only:
        raise PermissionDenied("own_portfolio_only")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.IMPORT_DOCUMENTS)
def upload(request: CompanyRequest) -> HttpResponse:
    """Keep the file and go to its preview."""
    _see_all(request)
    form = OpeningForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if form.is_valid():
            sheet = form.cleaned_data["file"]
            try:
                stored = store(sheet.name, sheet, sheet.content_type or "", max_bytes=LIMITS.file)
            except (FileTooLarge, CannotStore) as error:
                form.add_error("file", str(error))
            else:
                return _to_preview(stored, form.cleaned_data["collect"])
        if request.headers.get("X-Requested-With") == "upload":
            return JsonResponse({"message": " ".join(map(str, form.errors.get("file", [])))}, status=422)
        return render(request, "receivables/opening.html", {"form": form, "max_rows": MAX_ROWS}, status=422)
    return render(request, "receivables/opening.html", {"form": form, "max_rows": MAX_ROWS})


def _to_preview(stored: StoredFile, collect: bool) -> HttpResponse:
    url = reverse("opening_preview", args=[signing.dumps([str(stored.pk), collect], salt=SALT)])
    response = redirect(url)
    response["X-Location"] = url
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.IMPORT_DOCUMENTS)
def preview(request: CompanyRequest, token: str) -> HttpResponse:
    """What every row would do; a POST does it if it is still what was shown."""
    _see_all(request)
    stored, collect = _named(token)
    try:
        rows = _rows(request, stored)
    except (SheetError, DamagedFile) as error:
        context = {"file": stored, "why": str(error)}
        return render(request, "receivables/opening_refused.html", context, status=422)
    if request.method == "POST":
        return _apply(request, stored, rows, collect, token)
    seen = preview_opening(rows=rows, today=clock.today(request.company))
    context = {"file": stored, "token": token, "preview": seen, "collect": collect, **drawn(seen.results)}
    return render(request, "receivables/opening_preview.html", context)


def _named(token: str) -> tuple[StoredFile, bool]:
    try:
        file_id, collect = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        file_id, collect = UUID(int=0), False
    return get_object_or_404(StoredFile.objects, pk=file_id), bool(collect)


def _rows(request: CompanyRequest, stored: StoredFile) -> list[OpeningRow]:
    with open_stored(stored) as stream:
        data = stream.read(LIMITS.file + 1)
    company = request.company
    return read_openings(
        data, country=company.country, home=company.currency, decimal=decimal_mark(company), max_rows=MAX_ROWS
    )


def drawn(results: list[RowResult]) -> dict[str, Any]:
    """The rows with what is wrong first, figures, and sums by currency of what would be opened."""
    counts = Counter(each.outcome for each in results)
    opened = [each for each in results if each.outcome == OPENED]
    sums: Counter[str] = Counter()
    for each in opened:
        sums[each.row.currency] += each.row.balance
    place = {ERROR: 0, IGNORED: 1, DUPLICATE: 2, OPENED: 3}
    ordered = sorted(results, key=lambda each: (place[each.outcome], each.row.line))
    new = {(each.row.tax_id, each.row.name) for each in opened if each.is_new_customer}
    off = {each.customer.pk for each in opened if each.customer and not each.customer.collecting}
    return {
        "figures": [(outcome, counts.get(outcome, 0)) for outcome in ORDER],
        "opened": counts.get(OPENED, 0),
        "sums": sorted(sums.items()),
        "results": ordered[:SHOWN],
        "more": max(0, len(ordered) - SHOWN),
        "new_customers": len(new),
        "off_customers": len(off),
    }


def _apply(
    request: CompanyRequest, stored: StoredFile, rows: list[OpeningRow], collect: bool, token: str
) -> HttpResponse:
    try:
        opened = apply_opening(
            rows=rows,
            today=clock.today(request.company),
            actor=request.user,
            name=stored.name,
            collect=collect,
            token=request.POST.get("preview", "") or "-",
        )
    except PreviewChanged as error:
        messages.warning(request, str(error))
        return redirect("opening_preview", token)
    text = _("Saldos iniciales abiertos: %(n)d. Clientes nuevos: %(new)d. Clientes prendidos: %(on)d.")
    messages.success(request, text % {"n": opened.receivables, "new": opened.created, "on": opened.switched_on})
    return redirect(f"{reverse('receivables')}?kind=opening")


@require_safe
@needs(permissions.IMPORT_DOCUMENTS)
def template(request: CompanyRequest) -> HttpResponse:
    """A sheet with the headings and one example, to be filled in."""
    kinds = {"issued_on": "day", "due_on": "day", "total": "money", "balance": "money"}
    columns = [Column(names[0], kinds.get(field, "text"), 40 if field in ("name", "key") else 18)  # type: ignore[arg-type]
               for field, names in HEADINGS.items()]  # fmt: skip
    today = clock.today(request.company)
    stream = BytesIO()
    write_xlsx(stream, [Sheet(_("Saldos iniciales"), columns, [_example(today, request.company.currency)])])
    name = _("plantilla-saldos-iniciales.xlsx")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(stream.getvalue(), content_type=XLSX_TYPE, headers=headers)


def _example(today: date, currency: str) -> list[Any]:
    issued = today - timedelta(days=45)
    return [
        "AAA010101AAA", _("Cliente de ejemplo (borra esta fila)"), "A", "1234", "", _("OC-55"), issued,
        issued + timedelta(days=30), currency, Decimal("11600.00"), Decimal("4600.00"),
    ]  # fmt: skip
