"""A message in the making: what the form asks for, as it would go, and what the person should know before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.customers.models import Customer
from aldia.customers.queries import as_uuid
from aldia.domain.reminders import Why
from aldia.domain.sms import measure
from aldia.messaging.models import Channel
from aldia.reminders.operations.one_off import OneOff, OneOffError, Order, preview_one_off
from aldia.reminders.operations.statements import overdue_of
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.views.messages import preview
from aldia.web.views.reminders.common import why_text


def order_of(customer_id: UUID, data: Mapping[str, Any]) -> Order:
    """What the form asks for."""
    return Order(
        customer_id=customer_id,
        channel=data["channel"],
        subject=data.get("subject") or "",
        body=(data.get("body") or "").replace("\r\n", "\n"),
        contact_ids=tuple(UUID(each) for each in data.get("to") or ()),
        extra=tuple(data.get("extra") or ()),
        receivable_ids=overdue_of(customer_id, clock.now())
        if data.get("only_overdue")
        else tuple(UUID(each) for each in data.get("receivables") or ()),
        copy_me=bool(data.get("copy_me")),
        attach_pdf=bool(data.get("attach_pdf")),
        attach_xml=bool(data.get("attach_xml")),
        attach_statement=bool(data.get("attach_statement")),
        template_id=as_uuid(data.get("template") or ""),
    )


def drawn_for(request: CompanyRequest, customer: Customer, form: Any) -> tuple[preview.Preview, OneOff | None]:
    """What goes to a customer as the form has it now, complete or not."""
    data = _so_far(form)
    channel = data["channel"]
    try:
        one = preview_one_off(order=order_of(customer.pk, data), actor=request.user, as_of=clock.now())
    except OneOffError as error:
        mistake = preview.Mistake(str(error), error.field or "body", 0)
        return preview.Preview(channel, customer, mistakes=(mistake,)), None
    sms = measure(one.rendered.text) if channel == Channel.SMS else None
    url = preview.frame_url(request, one.rendered)
    return preview.Preview(channel, customer, one.rendered, (), url, sms, _to(one), _papers(one, data)), one


def _so_far(form: Any) -> dict[str, Any]:
    """What the form holds, also where it is not complete."""
    if form.is_bound:
        form.is_valid()
        return {"channel": Channel.EMAIL, "body": form["body"].value(), **form.cleaned_data}
    return dict(form.initial)


def _to(one: OneOff) -> list[str]:
    return [f"{each.name} <{each.address}>" if each.name else each.address for each in one.recipients]


def _papers(one: OneOff, data: Mapping[str, Any]) -> list[preview.Paper]:
    """What goes along, as far as it can be said before the files are made."""
    if data["channel"] not in (Channel.EMAIL, Channel.LETTER):
        return []
    count = sum(1 for debt in one.debts if debt.document_id)
    found = []
    for field, what in (("attach_pdf", "PDF"), ("attach_xml", "XML")):
        if data.get(field) and count:
            text = ngettext("%(what)s de %(n)d documento", "%(what)s de %(n)d documentos", count)
            found.append(preview.Paper(text % {"what": what, "n": count}))
    if data.get("attach_statement"):
        found.append(preview.Paper(_("Estado de cuenta")))
    return found


def warnings_of(one: OneOff | None) -> list[dict[str, str]]:
    """What the person should know before sending: what would have held a reminder up."""
    if one is None:
        return []
    return [
        {"title": _why(each.why), "text": _documents(each.documents), "level": "warning", "icon": "alert-triangle"}
        for each in one.warnings
    ]


def _why(why: str) -> str:
    return _("Hoy ya se le escribió a este cliente.") if why == Why.FREQUENCY else why_text(why)


def _documents(count: int) -> str:
    if not count:
        return _("Puedes escribirle de todos modos.")
    text = ngettext("Pasa con %(n)d documento.", "Pasa con %(n)d documentos.", count) % {"n": count}
    return f"{text} {_('Puedes escribirle de todos modos.')}"
