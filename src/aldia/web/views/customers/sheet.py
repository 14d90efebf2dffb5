"""Editing customers in a sheet: upload, look at each change, apply exactly that.

The uploaded file is kept; the preview's address names it, so that it can be reloaded and shown to somebody else.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aldia.customers import queries, sheets
from aldia.customers.operations.bulk_edit import LIMITS, Preview, PreviewChanged, RowChange, preview_changes
from aldia.customers.operations.sheet_changes import Rules
from aldia.integrations.spreadsheets import SheetError
from aldia.jobs.customers import enqueue_switch
from aldia.receivables.queries.switching import Forecast, forecast_on
from aldia.reminders.operations.customer_sheets import apply_sheet
from aldia.reminders.queries.followers import names_followed, names_to_follow
from aldia.tenancy import permissions
from aldia.tenancy.models import StoredFile
from aldia.tenancy.permissions import allows
from aldia.tenancy.sentences import spoken
from aldia.tenancy.storage import CannotStore, DamagedFile, FileTooLarge, open_stored, store
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_customers import SheetForm
from aldia.web.limits import limited
from aldia.web.views.customers.activity import FIELDS
from aldia.web.views.customers.common import may_move

SHOWN = 300  # rows of the preview that are drawn
SALT = "customers.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
@limited("upload", limit=600)
def upload(request: CompanyRequest) -> HttpResponse:
    """Keep the file and go to its preview. A file that is no sheet is refused at once, with its sentence."""
    form = SheetForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            sheet = form.cleaned_data["file"]
            try:
                stored = store(sheet.name, sheet, sheet.content_type or "", max_bytes=LIMITS.file)
            except (FileTooLarge, CannotStore) as error:
                form.add_error("file", str(error))
            else:
                return _to_preview(request, stored, form.cleaned_data["create"])
        if request.headers.get("X-Requested-With") == "upload":
            return JsonResponse({"message": " ".join(map(str, form.errors.get("file", [])))}, status=status)
    return render(request, "customers/sheet.html", {"form": form, "max_rows": sheets.MAX_ROWS}, status=status)


def _to_preview(request: CompanyRequest, stored: StoredFile, create: bool) -> HttpResponse:
    token = signing.dumps([str(stored.pk), create and may_move(request.membership)], salt=SALT)
    url = reverse("customers_sheet_preview", args=[token])
    response = redirect(url)
    response["X-Location"] = url
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
def preview(request: CompanyRequest, token: str) -> HttpResponse:
    """Each change and each error; a POST applies them if they are still the ones that were shown."""
    stored, create = _named(token)
    rules = rules_of(request, create)
    try:
        data = _bytes(stored)
        if request.method == "POST":
            return _apply(request, data, rules, token)
        seen = preview_changes(data=data, customers=queries.visible_to(request.membership), rules=rules)
    except (SheetError, DamagedFile) as error:
        return render(request, "customers/sheet_refused.html", {"file": stored, "why": spoken(error)}, status=422)
    return render(request, "customers/sheet_preview.html", _drawn(request, stored, seen, token))


def rules_of(request: CompanyRequest, create: bool) -> Rules:
    """What this person may do by sheet in this company."""
    return Rules(
        country=request.company.country,
        currency=request.company.currency,
        decimal=decimal_mark(request.company),
        may_switch=allows(request.membership, permissions.SWITCH_CUSTOMERS),
        may_move=may_move(request.membership),
        create_missing=create,
        may_remind=allows(request.membership, permissions.MANAGE_REMINDERS),
        reminders=names_to_follow(sheets.NO_REMINDERS),
        reminder_of=names_followed(sheets.NO_REMINDERS),
    )


def _named(token: str) -> tuple[StoredFile, bool]:
    try:
        file_id, create = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        file_id, create = UUID(int=0), False
    return get_object_or_404(StoredFile.objects, pk=file_id), bool(create)


def _bytes(stored: StoredFile) -> bytes:
    with open_stored(stored) as stream:
        return stream.read(LIMITS.file + 1)


def _drawn(request: CompanyRequest, stored: StoredFile, seen: Preview, token: str) -> dict[str, Any]:
    return {
        "file": stored,
        "token": token,
        "preview": seen,
        "rows": [_row(row) for row in seen.changed[:SHOWN]],
        "failed": seen.failed[:SHOWN],
        "more": max(0, len(seen.changed) - SHOWN),
        "more_failed": max(0, len(seen.failed) - SHOWN),
        "new": sum(1 for row in seen.changed if row.is_new),
        "forecast": _forecast(request, seen),
        "off": len(seen.switching(False)),
    }


def _row(row: RowChange) -> dict[str, Any]:
    cells = [(FIELDS.get(each.field, each.field), each) for each in row.changes if each.field != "legal_name"]
    return {"row": row, "cells": cells}


def _forecast(request: CompanyRequest, seen: Preview) -> Forecast | None:
    on = [row.customer_id for row in seen.switching(True) if row.customer_id]
    return forecast_on(customer_ids=on, today=clock.today(request.company)) if on else None


def _apply(request: CompanyRequest, data: bytes, rules: Rules, token: str) -> HttpResponse:
    customers = queries.visible_to(request.membership)
    forecast = _forecast(request, preview_changes(data=data, customers=customers, rules=rules))
    is_long = forecast is not None and forecast.is_long
    try:
        applied, opened = apply_sheet(
            data=data,
            customers=customers,
            rules=rules,
            token=request.POST.get("preview", ""),
            today=clock.today(request.company),
            actor=request.user,
            switch_now=not is_long,
        )
    except PreviewChanged as error:
        messages.warning(request, str(error))
        return redirect("customers_sheet_preview", token)
    sentence = _("Clientes editados: %(edited)d. Nuevos: %(created)d. Cuentas por cobrar abiertas: %(opened)d.")
    messages.success(request, sentence % {"edited": applied.edited, "created": applied.created, "opened": opened})
    if is_long:
        enqueue_switch(customer_ids=applied.on, actor=request.user)
        later = _("Clientes que se están prendiendo en segundo plano: %(n)d. Sus cuentas irán apareciendo.")
        messages.info(request, later % {"n": len(applied.on)})
    return redirect("customers")
