"""A message that a person writes to one customer: from its file, from an account, from a message that went before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from aldia.customers.queries import as_uuid
from aldia.jobs.reminders import enqueue_sending, statement_pdf
from aldia.messaging.models import Channel, Message, MessageState
from aldia.reminders.operations.approving import reject_messages
from aldia.reminders.operations.one_off import OneOffError, Order, preview_one_off, send_one_off
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_writing import OneForm
from aldia.web.limits import limited
from aldia.web.views.customers.common import customer_or_404, gone_is_404
from aldia.web.views.messages.common import message_or_404
from aldia.web.views.messages.desk import Desk, again, channels, inserts, templates_of
from aldia.web.views.messages.draft import drawn_for, order_of, warnings_of
from aldia.web.views.payments.telling import link_words
from aldia.web.views.receivables.common import receivable_or_404


@dataclass(frozen=True, slots=True)
class About:
    """Whom it is for and what it starts from: only an account, or the words of an earlier message."""

    customer: Customer
    receivable_id: UUID | None = None
    before: Message | None = None
    is_instead: bool = False  # it goes in the place of `before`, which waits for approval


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.SEND_MESSAGES)
@limited("write", limit=600)
@gone_is_404
def new(request: CompanyRequest) -> HttpResponse:
    about = _about(request)
    if about is None:
        messages.info(request, _("Elige a quién escribir."))
        return redirect("customers")
    if request.method != "POST":
        return _page(request, about, _first_form(request, about))
    do = request.POST.get("do", "send")
    if do in ("template", "channel"):
        return _page(request, about, _other_words(request, about, do))
    form = _form(request, about, request.POST)
    if do != "send" or not form.is_valid():
        return _page(request, about, form, 200 if do != "send" else 422)
    return _sent(request, about, form)


def _about(request: CompanyRequest) -> About | None:
    """What the address (or the form) names; what the person may not see is not found."""
    params = request.POST if request.method == "POST" else request.GET
    found = {name: as_uuid(params.get(name, "")) for name in ("receivable", "from", "customer")}
    if found["receivable"]:
        row = receivable_or_404(request, found["receivable"])
        return About(row.customer, row.pk)
    if found["from"]:
        before = message_or_404(request, found["from"])
        instead = params.get("instead") == "1" and before.state == MessageState.AWAITING
        return About(before.customer, None, before, instead) if before.customer else None
    return About(customer_or_404(request, found["customer"])) if found["customer"] else None


def _desk(request: CompanyRequest, about: About, channel: str) -> Desk:
    return Desk(request, about.customer, channel)


def _first_form(request: CompanyRequest, about: About) -> OneForm:
    channel = _first_channel(request, about)
    desk = _desk(request, about, channel)
    start = desk.start()
    words = {"subject": start.subject, "body": start.body}
    chosen = [about.receivable_id] if about.receivable_id else [debt.receivable_id for debt in desk.debts]
    if about.before is not None:
        start = again(about.before)
        words = {"subject": start.subject, "body": start.body}
        said = set(about.before.debts.values_list("receivable_id", flat=True))
        chosen = [debt.receivable_id for debt in desk.debts if debt.receivable_id in said] or chosen
    words["body"] += link_words(request, about.customer)
    initial = {
        **words,
        "channel": channel,
        "to": [str(each.contact_id) for each in desk.usual],
        "receivables": [str(each) for each in chosen],
        "attach_pdf": bool(chosen) and len(chosen) <= 10,
    }
    return _bare_form(request, about, desk, initial=initial)


def _first_channel(request: CompanyRequest, about: About) -> str:
    offered = [key for key, _label in channels()]
    asked = about.before.channel if about.before else request.GET.get("channel", "")
    return asked if asked in offered else offered[0]


def _form(request: CompanyRequest, about: About, data: Any) -> OneForm:
    offered = dict(channels())
    channel = data.get("channel", "")
    return _bare_form(
        request, about, _desk(request, about, channel if channel in offered else Channel.EMAIL), data=data
    )


def _bare_form(request: CompanyRequest, about: About, desk: Desk, **more: Any) -> OneForm:
    return OneForm(
        **more,
        channels=channels(),
        templates=templates_of(desk.channel),
        people=desk.people,
        receivables=desk.receivables,
    )


def _other_words(request: CompanyRequest, about: About, do: str) -> OneForm:
    """The same message with the words of a template, or of another channel (what somebody typed is kept)."""
    data = request.POST.copy()
    channel, was = data.get("channel", ""), data.get("was", "")
    if do == "template":
        start = _desk(request, about, channel).start(data.get("template", ""))
        data["subject"], data["body"] = start.subject, start.body
    elif channel in dict(channels()):
        data["template"] = ""
        if _untouched(data, _desk(request, about, was)):
            start = _desk(request, about, channel).start()
            data["subject"], data["body"] = start.subject, start.body
        data.setlist("to", [str(each.contact_id) for each in _desk(request, about, channel).usual])
    return _form(request, about, data)


def _untouched(data: Mapping[str, str], desk: Desk) -> bool:
    start = desk.start()
    return data.get("body", "").replace("\r\n", "\n").strip() in ("", start.body.strip())


def _sent(request: CompanyRequest, about: About, form: OneForm) -> HttpResponse:
    order, key = order_of(about.customer.pk, form.cleaned_data), form.cleaned_data["key"]
    try:
        if about.is_instead and not _put_aside(request, about, order):
            form.add_error(None, _("Alguien decidió antes sobre el mensaje que corriges: míralo en Enviados."))
            return _page(request, about, form, 409)
        message = send_one_off(order=order, key=key, actor=request.user, as_of=clock.now(), statement_pdf=statement_pdf)
    except OneOffError as error:
        say_why(form, error)
        return _page(request, about, form, 422)
    enqueue_sending()
    link = reverse("message", args=[message.pk])
    said = _("Tu mensaje a %(name)s va en camino.") % {"name": about.customer}
    messages.success(request, format_html('{} <a href="{}">{}</a>', said, link, _("Ver mensaje")))
    if about.receivable_id:
        return redirect("receivable", about.receivable_id)
    return redirect("customer_messages", about.customer.pk)


def _put_aside(request: CompanyRequest, about: About, order: Order) -> bool:
    """Keep what waited for approval from going beside what is sent in its place; False when it waits no more.

    First, so that the two never both leave; what cannot be sent is refused before (`OneOffError`).
    """
    preview_one_off(order=order, actor=request.user, as_of=clock.now())
    assert about.before is not None  # noqa: S101
    reason = _("Se mandó corregido a mano.")
    return bool(
        reject_messages(message_ids=[about.before.pk], reason=reason, actor=request.user, as_of=clock.now()).done
    )


def say_why(form: Any, error: OneOffError) -> None:
    form.add_error(error.field if error.field in form.fields else None, str(error))


def _page(request: CompanyRequest, about: About, form: OneForm, status: int = 200) -> HttpResponse:
    channel = str(form["channel"].value() or Channel.EMAIL)
    drawn, one = drawn_for(request, about.customer, form)
    context = {
        "form": form,
        "customer": about.customer,
        "hidden": _hidden(about, channel),
        "action": reverse("message_new"),
        "panel_url": reverse("message_preview"),
        "channel": channel,
        "inserts": inserts(channel),
        "nobody": _desk(request, about, channel).nobody,
        "warnings": warnings_of(one),
        "preview": drawn,
        "send_label": _("Dejar por imprimir") if channel == Channel.LETTER else _("Enviar"),
    }
    return render(request, "messages/write.html", context, status=status)


def _hidden(about: About, channel: str) -> list[tuple[str, str]]:
    found = [("customer", str(about.customer.pk)), ("was", channel)]
    if about.receivable_id:
        found.append(("receivable", str(about.receivable_id)))
    if about.before is not None:
        found += [("from", str(about.before.pk)), ("instead", "1" if about.is_instead else "")]
    return found


@require_POST
@needs(permissions.SEND_MESSAGES)
@gone_is_404
def panel(request: CompanyRequest) -> HttpResponse:
    """The preview of what is being written, asked for by the page's script while somebody types."""
    about = _about(request)
    if about is None:
        return redirect("customers")
    drawn, _one = drawn_for(request, about.customer, _form(request, about, request.POST))
    return render(request, "messages/_preview.html", {"preview": drawn})
