"""Payments that customers report: keep what they say, then accept or reject it."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from aldia.customers.models import Customer
from aldia.domain.currencies import CURRENCIES
from aldia.domain.money import Money, minor_text
from aldia.payments.operations.reported import accept_report, reject_report, report_payment
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.tenancy.models import StoredFile
from aldia.tenancy.storage import CannotStore, DamagedFile, FileTooLarge, open_stored, store
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, day_text, decimal_mark
from aldia.web.forms_collecting import AcceptForm, RejectForm, ReportForm
from aldia.web.forms_receivables import MAX_PROOF
from aldia.web.views import errors
from aldia.web.views.collecting.common import Question, ask, chosen, currencies_of, open_of, report_or_404
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.receivables.common import receivable_or_404

WAITS = gettext_lazy("Deja de cobrarse mientras alguien revisa si el dinero llegó.")


def report_form(request: CompanyRequest, currency: str, owed: int | None = None) -> ReportForm:
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    return ReportForm(
        *sent,
        currency=currency,
        decimal=decimal_mark(request.company),
        today=clock.today(request.company),
        initial={"amount": minor_text(owed, currency)} if owed else {},
        auto_id="report_%s",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECORD_PAYMENTS)
def of_receivable(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """The customer says that it paid this document."""
    row = receivable_or_404(request, receivable_id)
    form = report_form(request, row.currency, row.balance)
    back, who = reverse("receivable", args=[row.pk]), f"{row.customer} · {row.number}"
    question = Question(_("El cliente dice que ya pagó"), _("Guardar aviso"), back, str(WAITS), who)
    return ask(request, form, question, lambda data: _keep(request, row.customer, row.currency, [row], form))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECORD_PAYMENTS)
def of_customer(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """The customer says that it paid what the person checks, or just an amount."""
    customer, home = customer_or_404(request, customer_id), request.company.currency
    currencies = currencies_of(customer, home) or [home]
    asked = request.POST.get("currency") or request.GET.get("currency") or ""
    currency = asked if asked in CURRENCIES and asked in currencies else currencies[0]
    rows = open_of(customer, currency)
    ids = chosen(request, rows)
    form = report_form(request, currency)
    back = reverse("customer", args=[customer.pk])
    question = Question(_("El cliente dice que ya pagó"), _("Guardar aviso"), back, str(WAITS), str(customer))
    picking: dict[str, Any] = {"rows": rows, "checked": ids, "currency": currency, "others": currencies}
    named = [row for row in rows if row.pk in ids]
    return ask(request, form, question, lambda data: _keep(request, customer, currency, named, form), **picking)


def _keep(request: CompanyRequest, customer: Customer, currency: str, rows: list[Receivable], form: ReportForm) -> None:
    data = form.cleaned_data
    proof = _proof(form)
    if form.errors:
        return
    kept = report_payment(
        customer_id=customer.pk,
        amount=Money(data["amount"], currency),
        paid_on=data["paid_on"],
        receivable_ids=[row.pk for row in rows],
        key=data["key"],
        today=clock.today(request.company),
        actor=request.user,
        method=data["method"],
        reference=data["reference"],
        note=data["note"],
        proof=proof,
    )
    amount = amount_text(kept.amount, kept.currency, request.company)
    text = _("Aviso de pago de %(amount)s guardado: falta revisarlo.") % {"amount": amount}
    messages.success(request, text)


def _proof(form: ReportForm) -> StoredFile | None:
    """The proof, stored; what is wrong with it goes on the form."""
    proof = form.cleaned_data.get("proof")
    if proof is None:
        return None
    try:
        return store(proof.name, proof, proof.content_type or "", max_bytes=MAX_PROOF)
    except (FileTooLarge, CannotStore) as error:
        form.add_error("proof", str(error))
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECORD_PAYMENTS)
def accept(request: CompanyRequest, report_id: UUID) -> HttpResponse:
    """The money is there: it becomes a payment."""
    report = report_or_404(request, report_id)
    amount = amount_text(report.amount, report.currency, request.company)
    initial = {"received_on": report.paid_on}
    form = AcceptForm(request.POST if request.method == "POST" else None, initial=initial)

    def run(data: dict[str, Any]) -> None:
        accept_report(
            report_id=report.pk, today=clock.today(request.company), actor=request.user,
            is_distinct=data["is_distinct"], received_on=data["received_on"],
        )  # fmt: skip
        messages.success(request, _("Pago de %(amount)s registrado.") % {"amount": amount})

    who = f"{report.customer} · {amount} · {day_text(report.paid_on)}"
    question = Question(
        _("Aceptar el pago"),
        _("Registrar pago"),
        reverse("reports"),
        _("Hazlo cuando el dinero ya esté en tu banco."),
        who,
    )
    return ask(request, form, question, run)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECORD_PAYMENTS)
def reject(request: CompanyRequest, report_id: UUID) -> HttpResponse:
    """The money is not there: what it names is chased again."""
    report = report_or_404(request, report_id)

    def run(data: dict[str, Any]) -> None:
        today = clock.today(request.company)
        reject_report(report_id=report.pk, reason=data["reason"], today=today, actor=request.user)
        messages.success(request, _("Aviso rechazado: se cobra otra vez lo que nombra."))

    amount = amount_text(report.amount, report.currency, request.company)
    who = f"{report.customer} · {amount} · {day_text(report.paid_on)}"
    question = Question(_("Rechazar el aviso"), _("Rechazar"), reverse("reports"), who=who, danger=True)
    return ask(request, RejectForm(request.POST if request.method == "POST" else None), question, run)


@require_safe
@needs(permissions.VIEW)
def proof(request: CompanyRequest, report_id: UUID) -> HttpResponse:
    """The proof, always as a download: what others sent is never shown inside our pages."""
    report = report_or_404(request, report_id)
    if report.proof is None:
        raise Http404
    try:
        stream = open_stored(report.proof)
    except DamagedFile:
        return errors.answer(request, 404, _("El comprobante ya no está en el almacén."))
    answer = FileResponse(
        stream, as_attachment=True, filename=report.proof.name, content_type="application/octet-stream"
    )
    return cast(HttpResponse, answer)
