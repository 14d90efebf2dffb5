"""The hosted page of the test provider: where a person decides what becomes of a payment. Nobody is charged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.domain.money import MoneyError, parse_money
from aldia.domain.ports.payments import Method, ProviderFailure
from aldia.jobs.reminders import enqueue_thanks
from aldia.jobs.sandbox import enqueue_telling
from aldia.payments import sandbox
from aldia.payments.models import CollectionAccount, SandboxCharge
from aldia.payments.operations.looking import NotNow
from aldia.payments.operations.sandbox import SandboxError, Wish, act, deliver, simulate_transfer
from aldia.payments.providers import SANDBOX, NoProvider
from aldia.portal.access import PublicRequest, public
from aldia.portal.pages import show
from aldia.web import clock
from aldia.web.formatting import amount_text, decimal_mark

log = structlog.get_logger("aldia.portal")
FORM = ("GET", "HEAD", "POST")
STATES = {
    "created": (gettext_lazy("Sin pagar"), "gray"),
    "pending": (gettext_lazy("En espera"), "yellow"),
    "succeeded": (gettext_lazy("Pagado"), "green"),
    "failed": (gettext_lazy("Falló"), "red"),
    "expired": (gettext_lazy("Venció"), "gray"),
    "refunded": (gettext_lazy("Devuelto"), "azure"),
    "disputed": (gettext_lazy("En contracargo"), "purple"),
}
KINDS = {
    "payment.pending": gettext_lazy("En espera"),
    "payment.succeeded": gettext_lazy("Pago hecho"),
    "payment.failed": gettext_lazy("Pago rechazado"),
    "payment.expired": gettext_lazy("Pago vencido"),
    "payment.refunded": gettext_lazy("Devolución"),
    "payment.disputed": gettext_lazy("Contracargo abierto"),
    "dispute.won": gettext_lazy("Contracargo ganado"),
    "dispute.lost": gettext_lazy("Contracargo perdido"),
}


@public("sandbox", methods=FORM, limit=600)
def page(request: PublicRequest, slug: str, provider_id: str) -> HttpResponse:
    charge = SandboxCharge.objects.select_related("account").filter(provider_id=provider_id).first()
    if charge is None:
        raise Http404
    if request.method != "POST":
        return _charge_page(request, charge)
    try:
        wish = _wish(request, charge)
        act(provider_id=provider_id, wish=wish, now=clock.now())
    except (SandboxError, MoneyError) as error:
        return _charge_page(request, charge, error=str(error), status=422)
    _tell(provider_id)
    if wish.action == "later":
        enqueue_telling(clock.now() + timedelta(minutes=wish.minutes))
    if wish.action in ("pay", "later", "fail", "expire") and not request.POST.get("stay") and charge.return_url:
        return redirect(charge.return_url)
    return redirect("sandbox", slug=slug, provider_id=provider_id)


@public("sandbox", methods=FORM, limit=600)
def transfer(request: PublicRequest, slug: str, clabe: str) -> HttpResponse:
    """Pretend a transfer to a CLABE of the test provider."""
    accounts = CollectionAccount.objects.select_related("customer", "account")
    collection = accounts.filter(value=clabe, account__provider=SANDBOX).first()
    if collection is None:
        raise Http404
    context: dict[str, Any] = {"collection": collection, "typed": request.POST, "home": request.company.currency}
    if request.method != "POST":
        return show(request, "portal/sandbox_transfer.html", context)
    try:
        amount = parse_money(request.POST.get("amount", ""), "MXN", decimal=decimal_mark(request.company)).minor
        charge = simulate_transfer(
            clabe=clabe, amount=amount, payer=request.POST.get("payer", ""), now=clock.now(),
            reference=request.POST.get("reference", ""), quiet=bool(request.POST.get("quiet")),
        )  # fmt: skip
    except (SandboxError, MoneyError) as error:
        return show(request, "portal/sandbox_transfer.html", {**context, "error": str(error)}, status=422)
    _tell(charge.provider_id)
    return redirect("sandbox", slug=slug, provider_id=charge.provider_id)


def _tell(provider_id: str) -> None:
    """Let the company hear of it at once; what does not get through now is told again by the timetable."""
    try:
        if deliver(now=clock.now(), provider_id=provider_id):
            enqueue_thanks()
    except (NoProvider, NotNow, ProviderFailure):
        log.exception("test_notice_not_told", payment=provider_id)


def _wish(request: PublicRequest, charge: SandboxCharge) -> Wish:
    """What the person asked for; numbers that are none become 0, which the operation refuses where it matters."""
    typed = request.POST.get("amount", "").strip()
    amount = parse_money(typed, charge.currency, decimal=decimal_mark(request.company)).minor if typed else 0
    if typed and amount <= 0:
        raise SandboxError(_("Escribe un importe mayor que cero."))
    action = request.POST.get("action", "")
    return Wish(
        action=action,
        amount=amount if action != "fail" else 0,
        minutes=_number(request.POST.get("minutes", "")),
        times=_number(request.POST.get("times", "")),
        quiet=bool(request.POST.get("quiet")),
    )


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _charge_page(request: PublicRequest, charge: SandboxCharge, *, error: str = "", status: int = 200) -> HttpResponse:
    label, colour = STATES[charge.state]
    left = charge.received - charge.refunded - charge.disputed
    context = {
        "charge": charge,
        "state_label": label,
        "state_colour": colour,
        "left": left,
        "is_open": charge.state in sandbox.OPEN,
        "is_paid": charge.state in sandbox.PAID,
        "is_lost": any(each["kind"] == "dispute.lost" for each in charge.notices),
        "notices": [_notice(each) for each in reversed(charge.notices)],
        "method_icon": {Method.CARD: "credit-card", Method.STORE: "building-store"}.get(
            Method(charge.method), "building-bank"
        ),
        "half": amount_text(max(charge.amount // 2, 1), charge.currency, request.company),
        "more": amount_text(charge.amount + max(charge.amount // 10, 1), charge.currency, request.company),
        "back": charge.return_url if urlsplit(charge.return_url).scheme in ("http", "https") else "",
        "error": error,
    }
    return show(request, "portal/sandbox.html", context, status=status)


def _notice(each: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": KINDS.get(each["kind"], each["kind"]),
        "sent": each["sent"],
        "silent": not each["times"],
        "waits": each["sent"] < each["times"],
    }
