"""Sending a customer its statement of account: whom to, the words, what goes along, and how it will look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aldia.customers.models import Customer
from aldia.jobs.reminders import enqueue_sending
from aldia.messaging.models import Channel, Purpose
from aldia.messaging.queries.templates import choose_template
from aldia.receivables.queries import lists
from aldia.receivables.queries.statement import period
from aldia.reminders.operations.one_off import OneOff, OneOffError
from aldia.reminders.operations.statements import preview_statement, send_statement, statement_order
from aldia.reporting import statement_papers
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_statement import StatementForm
from aldia.web.limits import limited
from aldia.web.views.customers.common import customer_or_404, gone_is_404
from aldia.web.views.messages import preview
from aldia.web.views.messages.desk import Desk
from aldia.web.views.messages.draft import warnings_of

INSERTS = ("estado_de_cuenta", "liga_de_pago", "tabla")
Make = Callable[[UUID, date], bytes]


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.SEND_MESSAGES)
@limited("write", limit=600)
@gone_is_404
def send(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    if customer.generic:
        messages.info(request, _("Público en general no tiene a quién escribirle."))
        return redirect("customer", customer.pk)
    if request.method != "POST":
        return _page(request, customer, StatementForm(initial=_start(request, customer)))
    form = StatementForm(request.POST)
    is_valid = form.is_valid()
    if request.POST.get("do") == "preview":
        return _page(request, customer, form)
    if not is_valid:
        return _page(request, customer, form, 422)
    return _sent(request, customer, form)


@require_POST
@needs(permissions.SEND_MESSAGES)
@gone_is_404
def panel(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """The preview of what is being written, asked for by the page's script while somebody types."""
    form = StatementForm(request.POST)
    form.is_valid()
    drawn, _one = _drawn(request, customer_or_404(request, customer_id), form)
    return render(request, "messages/_preview.html", {"preview": drawn, "form": form})


def _start(request: CompanyRequest, customer: Customer) -> dict[str, Any]:
    """The words of the statement's template, filled, to the people that its reminders go to."""
    desk = Desk(request, customer, Channel.EMAIL)
    template = choose_template(purpose=Purpose.STATEMENT, channel=Channel.EMAIL, language=customer.language)
    words = desk.start(template.builtin if template._state.adding else str(template.pk))
    people = [each.address for each in desk.usual]
    return {"addresses": ", ".join(people), "subject": words.subject, "body": words.body, "attach_pdf": True}


def _sent(request: CompanyRequest, customer: Customer, form: StatementForm) -> HttpResponse:
    data = form.cleaned_data
    pdf, sheet = _files(request, data)
    try:
        message = send_statement(
            customer_id=customer.pk,
            subject=data["subject"],
            body_html=form.html,
            addresses=data["addresses"],
            copy_to_me=data["copy_me"],
            attach_pdf=data["attach_pdf"],
            attach_sheet=data["attach_sheet"],
            shows=data["shows"],
            key=data["key"],
            actor=request.user,
            now=clock.now(),
            statement_pdf=pdf,
            statement_sheet=sheet,
        )
    except OneOffError as error:
        _say_why(form, error)
        return _page(request, customer, form, 422)
    enqueue_sending()
    link = reverse("message", args=[message.pk])
    said = _("El estado de cuenta de %(name)s va en camino.") % {"name": customer}
    messages.success(request, format_html('{} <a href="{}">{}</a>', said, link, _("Ver mensaje")))
    return redirect("customer_statement", customer.pk)


def _say_why(form: StatementForm, error: OneOffError) -> None:
    field = {"extra": "addresses", "to": "addresses"}.get(error.field, error.field)
    form.add_error(field if field in form.fields else None, str(error))


def _files(request: CompanyRequest, data: dict[str, Any]) -> tuple[Make, Make]:
    """The paper and the workbook as the form asks for them, made where no transaction waits."""
    wanted = lists.Wanted(tab=data.get("shows") or lists.OPEN)
    first = period(data.get("period") or "quarter", clock.today(request.company))[0]

    def pdf(customer_id: UUID, today: date) -> bytes:
        return statement_papers.statement_pdf(customer_id, today=today, first=first, wanted=wanted)

    def sheet(customer_id: UUID, today: date) -> bytes:
        return statement_papers.statement_xlsx(customer_id, today=today, first=first, wanted=wanted)

    return pdf, sheet


def _drawn(request: CompanyRequest, customer: Customer, form: StatementForm) -> tuple[preview.Preview, OneOff | None]:
    """What goes as the form has it now, complete or not."""
    data = form.cleaned_data if form.is_bound else form.initial
    addresses = data.get("addresses") or []
    try:
        order = statement_order(
            customer_id=customer.pk,
            subject=data.get("subject") or "",
            body_html=form.html,
            addresses=addresses.split(", ") if isinstance(addresses, str) else addresses,
            now=clock.now(),
            copy_to_me=bool(data.get("copy_me")),
            shows=data.get("shows") or lists.OPEN,
        )
        one = preview_statement(order=order, actor=request.user, now=clock.now())
    except OneOffError as error:
        mistake = preview.Mistake(str(error), error.field or "body", 0)
        return preview.Preview(Channel.EMAIL, customer, mistakes=(mistake,)), None
    papers = [
        preview.Paper(name)
        for field, name in (
            ("attach_pdf", _("Estado de cuenta (PDF)")),
            ("attach_sheet", _("Estado de cuenta (Excel)")),
        )
        if data.get(field)
    ]
    to = [f"{each.name} <{each.address}>" if each.name else each.address for each in one.recipients]
    url = preview.frame_url(request, one.rendered)
    return preview.Preview(Channel.EMAIL, customer, one.rendered, (), url, None, to, papers), one


def _page(request: CompanyRequest, customer: Customer, form: StatementForm, status: int = 200) -> HttpResponse:
    drawn, one = _drawn(request, customer, form)
    context = {
        "form": form,
        "customer": customer,
        "inserts": INSERTS,
        "preview": drawn,
        "warnings": warnings_of(one),
        "panel_url": reverse("statement_send_preview", args=[customer.pk]),
    }
    return render(request, "reports/statement_send.html", context, status=status)
