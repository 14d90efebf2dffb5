"""A link for each of many customers: asked for in the list of receivables, made behind, copied or exported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.jobs.payment_links import enqueue_links, is_making, make, purpose_of
from aldia.payments.models import PaymentLink
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_payments import EVERYTHING, ManyLinksForm
from aldia.web.views.collecting.lists import sheet_name
from aldia.web.views.payments.addresses import LOCKED, link_addresses
from aldia.web.views.payments.common import end_of, links_in_sight, local_day
from aldia.web.views.payments.links import settings_of
from aldia.web.views.payments.links_table import drawn, with_states
from aldia.web.views.receivables import table
from aldia.web.views.receivables.table import sheet_response

AT_ONCE = 5_000  # documents
NOW = 20  # so many are made while the person waits
SHOWN = 500
SALT = "payment-links"


@require_POST
@needs(permissions.SEND_MESSAGES)
def ask(request: CompanyRequest) -> HttpResponse:
    """Ask how the links should be; once said, make them."""
    back = f"{reverse('receivables')}?{request.GET.urlencode()}"
    chosen = _chosen(request)
    if not chosen:
        return redirect(back)
    bound = request.POST.get("do") == "make"
    settings = settings_of()
    form = ManyLinksForm(
        *((request.POST,) if bound else ()),
        today=clock.today(request.company),
        days=settings.link_days,
        policy=settings.policy,
    )
    if bound and form.is_valid():
        return _make(request, form, chosen)
    context = {
        "form": form,
        "count": len(chosen),
        "customers": len({each["customer"] for each in chosen}),
        "all": request.POST.get("all") == "1",
        "ids": request.POST.getlist("id"),
        "back": back,
        "action": request.get_full_path(),
    }
    return render(request, "payments/links_many.html", context, status=422 if bound else 200)


def _chosen(request: CompanyRequest) -> list[dict[str, Any]]:
    """What each customer owes in each currency, of the documents chosen; empty (and said why) when none or too many."""
    rows = table.listing(request).selected(request, table.in_sight(request)).filter(balance__gt=0)
    found: dict[tuple[UUID, str], list[str]] = {}
    values = rows.order_by("customer_id", "pk").values_list("customer_id", "currency", "pk")[: AT_ONCE + 1]
    many = 0
    for customer_id, currency, pk in values:
        found.setdefault((customer_id, currency), []).append(str(pk))
        many += 1
    if not many:
        messages.info(request, _("Elige documentos que todavía se deban."))
    if many > AT_ONCE:
        messages.warning(request, _("Son más de 5,000: afina el filtro y hazlo por partes. No cambió nada."))
        return []
    return [
        {"customer": str(customer_id), "currency": currency, "receivables": ids}
        for (customer_id, currency), ids in found.items()
    ]


def _make(request: CompanyRequest, form: ManyLinksForm, chosen: list[dict[str, Any]]) -> HttpResponse:
    data = form.cleaned_data
    terms = {
        "policy": data["policy"],
        "expires_at": end_of(data["expires_on"], request.company).isoformat(),
        "note": data["note"],
    }
    if data["covers"] == EVERYTHING:
        chosen = [each | {"receivables": []} for each in chosen]
    batch: UUID = data["key"]
    if len(chosen) <= NOW:
        try:
            make(batch=batch, asked=chosen, terms=terms, actor=request.user, now=clock.now())
        except LOCKED as error:
            messages.error(request, str(error))
            return redirect("payment_links")
    elif not links_in_sight(request).filter(purpose=purpose_of(batch)).exists() and not is_making(batch):
        enqueue_links(batch=batch, asked=chosen, terms=terms, actor=request.user)
    return redirect("payment_links_made", signing.dumps({"b": str(batch), "n": len(chosen)}, salt=SALT, compress=True))


def _read(token: str) -> tuple[UUID, int]:
    try:
        said = signing.loads(token, salt=SALT)
        return UUID(said["b"]), int(said["n"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise Http404 from None


def _made(request: CompanyRequest, batch: UUID) -> Any:
    rows = with_states(links_in_sight(request).filter(purpose=purpose_of(batch)))
    return rows.order_by("customer__legal_name", "pk")


def _bar(request: CompanyRequest, token: str) -> dict[str, Any]:
    """How far it is; the bar asks again until nothing more is waited for."""
    batch, total = _read(token)
    done, working = _made(request, batch).count(), is_making(batch)
    return {
        "id": "making",
        "poll_url": reverse("payment_links_progress", args=[token]) if working else "",
        "done": done if working else total,
        "total": total,
        "label": _("Creando ligas") if working else _("Ligas creadas"),
        "note": _("Puedes salir de esta página: sigue solo.") if working else "",
        "working": working,
        "left_out": 0 if working else max(total - done, 0),
        "made": done,
    }


@require_safe
@needs(permissions.VIEW)
def made(request: CompanyRequest, token: str) -> HttpResponse:
    """What was made: each link with its address, to copy all at once or to export."""
    bar = _bar(request, token)
    rows = drawn(list(_made(request, _read(token)[0])[:SHOWN]), clock.now())
    urls = link_addresses(request.company, [row.pk for row in rows])
    lines = "\n".join(f"{row.link.customer}\t{urls.get(row.pk, '')}" for row in rows)
    context = bar | {"rows": rows, "urls": urls, "lines": lines, "token": token, "shown": SHOWN}
    return render(request, "payments/links_made.html", context)


@require_safe
@needs(permissions.VIEW)
def progress(request: CompanyRequest, token: str) -> HttpResponse:
    """The bar alone; when it is over the page is drawn anew."""
    bar = _bar(request, token)
    answer = render(request, "components/progress.html", bar)
    if not bar["working"]:
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest, token: str) -> HttpResponse:
    """The links that were made, with their addresses: to send them by another road."""
    rows = _made(request, _read(token)[0])
    columns = [
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Por pagar"), "money"),
        SheetColumn(_("Vence"), "day", 12),
        SheetColumn(_("Liga"), width=90),
    ]
    return sheet_response(_("Ligas"), columns, _cells(request, list(rows)), sheet_name(request, _("ligas")))


def _cells(request: CompanyRequest, links: list[PaymentLink]) -> Iterator[list[Cell]]:
    urls = link_addresses(request.company, [link.pk for link in links])
    for row in drawn(links, clock.now()):
        yield [
            row.link.customer.tax_id, row.link.customer.legal_name, row.link.currency,
            Money(row.asked, row.link.currency), local_day(row.link.expires_at, request.company), urls.get(row.pk, ""),
        ]  # fmt: skip
