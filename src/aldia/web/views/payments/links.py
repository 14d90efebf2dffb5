"""One payment link: made for a customer, shown with its address and QR, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import segno
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.customers.models import Customer
from aldia.domain.currencies import CURRENCIES
from aldia.payments.models import PaymentAttempt, PaymentLink, PaymentSettings
from aldia.payments.operations.links import LinkError, create_link, revoke_link
from aldia.payments.queries.links import link_view, methods_for
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, day_text, decimal_mark
from aldia.web.forms_payments import EVERYTHING, LinkForm
from aldia.web.listing import MAX_SELECTED
from aldia.web.payment_words import METHOD_ICONS, method_label
from aldia.web.views.collecting.common import currencies_of, open_of
from aldia.web.views.payments import links_table
from aldia.web.views.payments.addresses import LOCKED, link_address
from aldia.web.views.payments.common import end_of, link_or_404, links_in_sight
from aldia.web.views.receivables.common import receivable_or_404
from aldia.web.views.receivables.paying import customer_asked, pick_customer

TOO_MANY = 5_000


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.SEND_MESSAGES)
def new(request: CompanyRequest) -> HttpResponse:
    """Ask one customer for money: over the documents checked, or everything it owes."""
    customer, named = _whom(request)
    if customer is None:
        return pick_customer(request, "payment_link_new", _("Nueva liga de pago"))
    home = request.company.currency
    currencies = currencies_of(customer, home) or [home]
    currency = _currency(request, currencies, named)
    rows = open_of(customer, currency)
    form = _form(request, currency, settings_of())
    checked = _checked(request, rows, named)
    if request.method == "POST" and form.is_valid() and (answer := _create(request, customer, currency, form, checked)):
        return answer
    context = {
        "customer": customer,
        "form": form,
        "rows": rows,
        "checked": checked,
        "currency": currency,
        "currencies": currencies,
        "owed": sum(row.balance for row in rows),
        "has_methods": bool(methods_for(customer, 10_000, currency)),
    }
    return render(request, "payments/link_new.html", context, status=422 if request.method == "POST" else 200)


def settings_of() -> PaymentSettings:
    """How the company asks; the defaults where it never said."""
    return PaymentSettings.objects.first() or PaymentSettings()


def _whom(request: CompanyRequest) -> tuple[Customer | None, Receivable | None]:
    """The customer asked about, and the document the person came from."""
    text = request.GET.get("receivable", "")
    if text:
        try:
            row = receivable_or_404(request, UUID(text))
        except ValueError:
            raise Http404 from None
        return row.customer, row
    return customer_asked(request), None


def _currency(request: CompanyRequest, currencies: list[str], named: Receivable | None) -> str:
    asked = request.POST.get("currency") or request.GET.get("currency") or (named.currency if named else "")
    return asked if asked in CURRENCIES and asked in currencies else currencies[0]


def _form(request: CompanyRequest, currency: str, settings: PaymentSettings) -> LinkForm:
    return LinkForm(
        *((request.POST,) if request.method == "POST" else ()),
        today=clock.today(request.company),
        days=settings.link_days,
        policy=settings.policy,
        currency=currency,
        decimal=decimal_mark(request.company),
    )


def _checked(request: CompanyRequest, rows: list[Receivable], named: Receivable | None) -> set[UUID]:
    """What is ticked: what the form says; first, the document that the person came from, or all of them."""
    if request.method == "POST":
        asked = set(request.POST.getlist("id")[:MAX_SELECTED])
        return {row.pk for row in rows if str(row.pk) in asked}
    return {named.pk} if named else {row.pk for row in rows}


def _create(
    request: CompanyRequest, customer: Customer, currency: str, form: LinkForm, checked: set[UUID]
) -> HttpResponse | None:
    data = form.cleaned_data
    everything = data["covers"] == EVERYTHING
    try:
        made = create_link(
            customer_id=customer.pk,
            receivable_ids=() if everything else checked,
            covers_all=everything,
            policy=data["policy"],
            amount=data["amount"],
            currency=currency,
            now=clock.now(),
            expires_at=end_of(data["expires_on"], request.company),
            actor=request.user,
            note=data["note"],
            key=data["key"],
        )
    except (LinkError, *LOCKED) as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, _("La liga está lista: cópiala o mándasela a %(name)s.") % {"name": customer})
    return redirect("payment_link", made.link.pk)


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, payment_link_id: UUID) -> HttpResponse:
    link = link_or_404(request, payment_link_id)
    view = link_view(link, clock.now())
    attempts = PaymentAttempt.objects.filter(link=link).select_related("account", "customer")
    context = {
        "link": link,
        "view": view,
        "url": link_address(request.company, link.pk),
        "offers": methods_for(link, view.most, link.currency) if view.most else [],
        "icons": METHOD_ICONS,
        "attempts": [(each, method_label(each.method)) for each in attempts.order_by("-created_at", "-id")[:100]],
        "collected": sum(line.amount for line in view.paid),
        "facts": _facts(request, link),
    }
    return render(request, "payments/link.html", context)


def _facts(request: CompanyRequest, link: PaymentLink) -> list[tuple[str, Any]]:
    zone = ZoneInfo(request.company.time_zone)
    last_day = (link.expires_at - timedelta(seconds=1)).astimezone(zone).date()
    fixed = amount_text(link.amount, link.currency, request.company) if link.amount else ""
    return [
        (_("Cuánto puede pagar"), link.get_policy_display()),
        (_("Importe fijo"), fixed),
        (_("Moneda"), link.currency),
        (_("Creada"), day_text(link.created_at.astimezone(zone).date())),
        (_("La creó"), link.created_by or _("Aldía, para un mensaje")),
        (_("Sirve hasta el"), day_text(last_day)),
        (_("Nota para el cliente"), link.note),
    ]


@require_safe
@needs(permissions.VIEW)
def qr(request: CompanyRequest, payment_link_id: UUID) -> HttpResponse:
    """The link as a QR code, to print or to show on a counter."""
    link = link_or_404(request, payment_link_id)
    url = link_address(request.company, link.pk)
    if not url:
        raise Http404
    answer = HttpResponse(qr_svg(url), content_type="image/svg+xml")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def qr_svg(text: str) -> str:
    """A QR code as an SVG file: black on white whatever the theme, because cameras want it so."""
    drawn = str(segno.make(text, error="m", micro=False).svg_inline(scale=8, border=4, dark="#000", light="#fff"))
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


@require_safe
@needs(permissions.VIEW)
def sheet(request: CompanyRequest, payment_link_id: UUID) -> HttpResponse:
    """A page to print: the QR code with what it asks."""
    link = link_or_404(request, payment_link_id)
    context = {"link": link, "view": link_view(link, clock.now()), "url": link_address(request.company, link.pk)}
    return render(request, "payments/link_sheet.html", context)


@require_POST
@needs(permissions.SEND_MESSAGES)
def revoke(request: CompanyRequest, payment_link_id: UUID) -> HttpResponse:
    link = link_or_404(request, payment_link_id)
    revoke_link(link_id=link.pk, actor=request.user)
    messages.success(request, _("La liga ya no abre ningún pago. Lo que se pagó con ella se conserva."))
    return redirect("payment_link", link.pk)


@require_POST
@needs(permissions.SEND_MESSAGES)
def revoke_many(request: CompanyRequest) -> HttpResponse:
    """Take back the links that were chosen in the list."""
    rows = links_table.listing(request).selected(request, links_table.with_states(links_in_sight(request)))
    ids = list(rows.filter(revoked_at__isnull=True).order_by().values_list("pk", flat=True)[: TOO_MANY + 1])
    if len(ids) > TOO_MANY:
        messages.warning(request, _("Son más de 5,000: afina el filtro y hazlo por partes. No cambió nada."))
    elif not ids:
        messages.info(request, _("No elegiste ninguna que siga abierta."))
    else:
        for each in ids:
            revoke_link(link_id=each, actor=request.user)
        text = ngettext("Se revocó %(n)d liga.", "Se revocaron %(n)d ligas.", len(ids)) % {"n": len(ids)}
        messages.success(request, text)
    return redirect(f"{reverse('payment_links')}?{request.GET.urlencode()}")
