"""What customers tell the company: that they paid (with its proof), that they do not agree, or a question."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from aldia.collections.operations.from_portal import DisputeError, dispute_from_portal
from aldia.domain.money import Money, MoneyError, minor_text, parse_money
from aldia.jobs.reminders import enqueue_sending
from aldia.payments.models import ReportedPayment
from aldia.payments.operations.from_portal import QuestionError, ask_company, report_from_portal
from aldia.payments.operations.reported import ReportError
from aldia.payments.queries import portal
from aldia.portal.guests import GuestRequest, SeeOther, guest
from aldia.portal.pages import show
from aldia.portal.proofs import ACCEPT, BadProof, keep_proof
from aldia.portal.views.paying import form_key, picked
from aldia.portal.views.statement import document_page
from aldia.receivables.methods import METHODS
from aldia.web import clock
from aldia.web.formatting import decimal_mark

MOST_LISTED = 200
FIRST_DAY = date(2000, 1, 1)


@guest("portal_report", methods=("GET", "HEAD", "POST"), needs="may_report", limit=30)
def report(request: GuestRequest, slug: str) -> HttpResponse:
    """Say that a payment was made: reminders of what it names wait until somebody has looked."""
    if request.method != "POST":
        return _begin(request, _from_address(request))
    if request.POST.get("start"):  # from the list, with what was chosen there
        return _begin(request, set(picked(request)))
    values = {name: request.POST.get(name, "")[:500] for name in ("amount", "paid_on", "method", "reference", "note")}
    ids, currency = picked(request), _currency(request)
    errors: dict[str, str] = {}
    amount = _amount_of(request, values["amount"], currency, errors)
    paid_on = _day_of(values["paid_on"], errors)
    if amount is None or paid_on is None:
        return _report_page(request, set(ids), errors, values, currency, status=422)
    try:
        _keep(request, ids, amount, paid_on, values)
    except BadProof as error:
        return _report_page(request, set(ids), {"proof": str(error)}, values, currency, status=422)
    except ReportError as error:
        return _report_page(request, set(ids), {"all": str(error)}, values, currency, status=422)
    enqueue_sending()
    return SeeOther(f"{reverse('portal_messages', args=[slug])}?done=report")


def _begin(request: GuestRequest, chosen: set[UUID]) -> HttpResponse:
    """The empty form: what was chosen is named, and its sum proposed."""
    rows = [row for row in portal.own_ids(request.customer.pk, chosen) if row.balance]
    currency = rows[0].currency if rows else _currency(request)
    owed = sum(row.balance for row in rows if row.currency == currency)
    proposed = minor_text(owed, currency).replace(".", decimal_mark(request.company)) if owed else ""
    return _report_page(request, {row.pk for row in rows}, {}, {"amount": proposed}, currency)


def _keep(request: GuestRequest, ids: list[UUID], amount: Money, paid_on: date, values: dict[str, str]) -> None:
    key = form_key(request)
    upload = request.FILES.get("proof_file")
    is_known = ReportedPayment.objects.filter(pk=key).exists()
    proof = keep_proof(upload) if upload is not None and not is_known else None
    method = values["method"] if values["method"] in dict(METHODS) else ""
    report_from_portal(
        portal_pass=request.portal_pass, amount=amount, paid_on=paid_on, receivable_ids=ids, key=key,
        today=clock.today(request.company), now=clock.now(), method=method, reference=values["reference"],
        note=values["note"], proof=proof,
    )  # fmt: skip


@guest("portal_dispute", methods=("POST",), needs="may_dispute", limit=30)
def dispute(request: GuestRequest, slug: str, receivable_id: UUID) -> HttpResponse:
    """Contest a document, whole or part."""
    row = portal.document_of(request.customer.pk, receivable_id)
    if row is None:
        raise Http404
    values = {name: request.POST.get(name, "")[:500] for name in ("amount", "reason", "note")}
    errors: dict[str, str] = {}
    typed = values["amount"].strip()
    amount = _amount_of(request, typed, row.currency, errors) if typed else None
    if not errors and not values["note"].strip():
        errors["note"] = _("Cuéntenos qué pasa con este documento.")
    if not errors:
        try:
            dispute_from_portal(
                portal_pass=request.portal_pass, receivable=row, amount=amount.minor if amount else None,
                reason=values["reason"], note=values["note"], key=form_key(request),
                today=clock.today(request.company), now=clock.now(),
            )  # fmt: skip
            enqueue_sending()
            return SeeOther(f"{reverse('portal_document', args=[slug, row.pk])}?done=dispute")
        except DisputeError as error:
            errors["dispute"] = str(error)
    return document_page(request, row.pk, errors=errors, values=values, status=422)


@guest("portal_question", methods=("GET", "HEAD", "POST"), limit=30)
def question(request: GuestRequest, slug: str) -> HttpResponse:
    """Ask the company something, of a document or of anything."""
    about = _named(request)
    if request.method != "POST":
        return show(request, "portal/question.html", {**_shell(request), "about": about})
    text = request.POST.get("text", "")
    try:
        ask_company(
            portal_pass=request.portal_pass, text=text, key=form_key(request), about=about.number if about else "",
            now=clock.now(),
        )  # fmt: skip
    except QuestionError as error:
        context = {**_shell(request), "about": about, "error": str(error), "typed": text[:2000]}
        return show(request, "portal/question.html", context, status=422)
    enqueue_sending()
    return SeeOther(f"{reverse('portal_messages', args=[slug])}?done=question")


def _named(request: GuestRequest) -> Any:
    """The document that a question is about, if it names one of the customer's."""
    text = request.POST.get("about") or request.GET.get("about") or ""
    if not text:
        return None
    try:
        row = portal.document_of(request.customer.pk, UUID(text))
    except ValueError:
        row = None
    if row is None:
        raise Http404
    return row


def _report_page(
    request: GuestRequest,
    chosen: set[UUID],
    errors: dict[str, str],
    values: dict[str, str] | None = None,
    currency: str = "",
    *,
    status: int = 200,
) -> HttpResponse:
    currencies = _currencies(request)
    currency = currency or _currency(request)
    rows = list(portal.open_documents(request.customer.pk, currency)[:MOST_LISTED])
    today = clock.today(request.company)
    context = {
        **_shell(request),
        "rows": rows,
        "chosen": chosen,
        "currency": currency,
        "currencies": currencies,
        "methods": METHODS,
        "errors": errors,
        "values": {"paid_on": today.isoformat(), **(values or {})},
        "last_day": today,
        "accept": ACCEPT,
    }
    return show(request, "portal/report.html", context, status=status)


def _shell(request: GuestRequest) -> dict[str, Any]:
    key = request.POST.get("key", "")[:100] or str(uuid4())
    return {"customer": request.customer, "options": request.options, "section": "messages", "key": key}


def _from_address(request: GuestRequest) -> set[UUID]:
    """The documents that the address names to begin with."""
    found = set()
    for text in request.GET.getlist("id")[:MOST_LISTED]:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


def _currencies(request: GuestRequest) -> list[str]:
    home = request.company.currency
    found = set(portal.currencies_of(request.customer.pk))
    return sorted(found or {home}, key=lambda each: (each != home, each))


def _currency(request: GuestRequest) -> str:
    asked = request.POST.get("currency") or request.GET.get("currency") or ""
    known = _currencies(request)
    return asked if asked in known else known[0]


def _amount_of(request: GuestRequest, text: str, currency: str, errors: dict[str, str]) -> Money | None:
    try:
        found = parse_money(text[:40], currency, decimal=decimal_mark(request.company))
        if found.minor <= 0:
            raise ValueError(_("El importe debe ser mayor que cero."))
    except (MoneyError, ValueError) as error:
        errors["amount"] = str(error)
        return None
    return found


def _day_of(text: str, errors: dict[str, str]) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
        if found < FIRST_DAY:
            raise ValueError
    except ValueError:
        errors["paid_on"] = _("Escriba la fecha del pago.")
        return None
    return found
