"""Documents that SAT lists and we do not have, and asking for them one by one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from aldia.authority.models import ListedDocument
from aldia.authority.operations import runs
from aldia.authority.queries import overview as queries
from aldia.customers.operations.versions import Refused
from aldia.documents.models import Direction
from aldia.jobs.authority import enqueue_step
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.limits import limited
from aldia.web.listing import Choice, Column, Day, Listing, Search
from aldia.web.views.authority import words
from aldia.web.views.banking.accounts import see_all

AT_ONCE = 50  # SAT has a limit of folios for each day


def _filtered(rows: QuerySet[ListedDocument], values: dict[str, Any]) -> QuerySet[ListedDocument]:
    if "direction" in values:
        rows = rows.filter(direction=values["direction"])
    if "type" in values:
        rows = rows.filter(type_code=values["type"])
    if "from" in values:
        rows = rows.filter(issued_at__date__gte=values["from"])
    if "until" in values:
        rows = rows.filter(issued_at__date__lte=values["until"])
    if text := values.get("q"):
        names = Q(issuer_name__icontains=text) | Q(receiver_name__icontains=text)
        keys = Q(key__startswith=text.upper()) | Q(issuer_tax_id=text.upper()) | Q(receiver_tax_id=text.upper())
        rows = rows.filter(names | keys)
    return rows


LIST = Listing(
    key="sat_missing",
    columns=(
        Column("party", gettext_lazy("Cliente o proveedor"), always=True),
        Column("issued_at", gettext_lazy("Fecha"), sort="issued_at"),
        Column("direction", gettext_lazy("Sentido")),
        Column("type", gettext_lazy("Tipo")),
        Column("key", "UUID"),
        Column("amount", gettext_lazy("Monto"), numeric=True),
    ),
    filters=(
        Search(placeholder=gettext_lazy("UUID, RFC o nombre")),
        Choice("direction", gettext_lazy("Sentido"), Direction.choices),
        Choice("type", gettext_lazy("Tipo"), tuple(words.TYPES.items())),
        Day("from", gettext_lazy("Desde")),
        Day("until", gettext_lazy("Hasta")),
    ),
    sort="-issued_at",
    apply=_filtered,
)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    see_all(request)
    page = LIST.page(request, _rows())
    asked = queries.asked_keys([row.key for row in page.rows])
    page.extra["shown"] = {row.pk: _shown(row, is_asked=row.key in asked) for row in page.rows}
    return render(request, "authority/missing.html", {"page": page, "connection": queries.connection()})


def _rows() -> QuerySet[ListedDocument]:
    return ListedDocument.objects.filter(missing_since__isnull=False)


def _shown(row: ListedDocument, *, is_asked: bool) -> dict[str, Any]:
    is_issued = row.direction == Direction.ISSUED
    return {
        "name": (row.receiver_name if is_issued else row.issuer_name) or "—",
        "tax_id": row.receiver_tax_id if is_issued else row.issuer_tax_id,
        "direction": Direction(row.direction).label if row.direction in Direction.values else row.direction,
        "type": words.TYPES.get(row.type_code, row.type_code),
        "amount": amount_text(row.amount),
        "is_asked": is_asked,
    }


def amount_text(printed: str) -> str:
    """An amount of the listing, which has no currency, with its thousands apart."""
    whole, point, decimals = printed.partition(".")
    return f"{int(whole):,}{point}{decimals}" if whole.isascii() and whole.isdecimal() else printed


@require_POST
@needs(permissions.IMPORT_DOCUMENTS)
@limited("sat_fetch", limit=100)
def ask_selected(request: CompanyRequest) -> HttpResponse:
    """Ask for those that are ticked."""
    see_all(request)
    rows = LIST.selected(request, _rows())[:AT_ONCE]
    refused = ""
    count = 0
    for key in [row.key for row in rows]:
        try:
            _ask(request, key)
        except Refused as problem:
            refused = str(problem)
        else:
            count += 1
    if count:
        enqueue_step()
        text = ngettext("Se pidió %(count)s documento al SAT.", "Se pidieron %(count)s documentos al SAT.", count)
        messages.success(request, text % {"count": count})
    if refused:
        messages.warning(request, refused)
    return redirect("authority_missing")


@require_POST
@needs(permissions.IMPORT_DOCUMENTS)
@limited("sat_fetch", limit=100)
def ask_one(request: CompanyRequest) -> HttpResponse:
    """Ask for one document by its UUID."""
    see_all(request)
    try:
        _ask(request, request.POST.get("uuid", "")[:60])
    except Refused as problem:
        messages.error(request, str(problem))
    else:
        enqueue_step()
        messages.success(request, _("Se pidió al SAT. Cuando lo entregue aparecerá en archivo."))
    return redirect("authority_missing" if request.POST.get("back") == "missing" else "authority")


def _ask(request: CompanyRequest, uuid: str) -> None:
    connection = queries.connection()
    if connection is None:
        raise Refused(_("La empresa no tiene su e.firma conectada."))
    runs.fetch_document(connection=connection, uuid=uuid, now=clock.now(), asked_by=request.user)
