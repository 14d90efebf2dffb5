"""Sending a stamped document to its customer: PDF and XML by e-mail, once by itself, again when a person asks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from aldia.customers.models import Contact, ContactRole, Customer
from aldia.customers.operations.versions import NotThere, Refused
from aldia.documents.models import FiscalDocument
from aldia.documents.originals import OriginalLost, read_original
from aldia.documents.papers import CannotPrint, cfdi_pdf, file_name
from aldia.issuing.letters import document_letter
from aldia.issuing.models import Issue, IssueState
from aldia.messaging.models import Channel, Guarantee, Message, Purpose
from aldia.messaging.operations.outbox import Enclosure, Recipient, write_message
from aldia.messaging.queries.messages import suppressed_among
from aldia.tenancy import audit
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction
from aldia.tenancy.storage import store

MOST_ADDRESSES = 20
BY_ITSELF_WITHIN = timedelta(hours=12)  # what was not sent by then waits for a person
PDF, XML = "application/pdf", "application/xml"

log = structlog.get_logger("aldia.issuing")


class NotSendable(Refused):
    """The document cannot be sent (yet); the sentence says why."""


def send(
    *, issue_id: uuid.UUID, actor: User | None, now: datetime, recipients: Sequence[str] | None = None
) -> Message | None:
    """Write the message that carries the document; None where the customer has nobody to write to.

    Without `actor` it is the one that leaves by itself: once, however often it is asked for. A person may send it
    again, to the customer's people or to the addresses given. Raises `NotSendable`, `NotThere`.
    """
    issue = Issue.objects.select_related("customer", "document").filter(pk=issue_id).first()
    if issue is None:
        raise NotThere
    document = issue.document
    if document is None:
        raise NotSendable(_("Todavía no está timbrado: no hay nada que mandar."))
    to = _recipients(issue.customer, recipients)
    if not to:
        return None
    company = Company.objects.get(pk=current_company_id())
    today = now.astimezone(ZoneInfo(company.time_zone)).date()
    files = _enclosures(document)
    letter = document_letter(
        company=company, customer=issue.customer, document=document, is_fiscal=not issue.is_test, contact=to[0].name,
        actor=actor, today=today,
    )  # fmt: skip
    with transaction():
        message = write_message(
            key=_key(issue, actor, now), channel=Channel.EMAIL, purpose=Purpose.DOCUMENT,
            customer_id=issue.customer_id, recipients=to, rendered=letter.rendered, template=letter.template,
            attachments=files, on_day=today, guarantee=Guarantee.AT_LEAST, created_by=actor,
            language=letter.language, reply_to=actor.email if actor else "", reason=letter.reason,
            facts={"issue": str(issue.pk), "document": document.key},
        )  # fmt: skip
        Issue.objects.filter(pk=issue.pk).update(sent_at=now)
        detail = {"message": str(message.pk), "to": len(to), "uuid": document.key}
        audit.record(actor=actor, verb="issuing.sent", object_type="issue", object_id=issue.pk, detail=detail)
    return message


def usual_addresses(customer: Customer) -> list[str]:
    """Where a document of this customer goes when nobody says otherwise."""
    return [each.address for each in _recipients(customer, None)]


def unsent(*, now: datetime, limit: int = 200) -> list[uuid.UUID]:
    """What was stamped a short while ago and has not been sent: a process died, or its customer has nobody."""
    rows = Issue.objects.filter(state=IssueState.STAMPED, sent_at__isnull=True, document__isnull=False)
    rows = rows.filter(stamped_at__gt=now - BY_ITSELF_WITHIN)
    return list(rows.order_by("stamped_at").values_list("pk", flat=True)[:limit])


def _key(issue: Issue, actor: User | None, now: datetime) -> str:
    """By itself once; by a person once a minute, so that a button pressed twice is one mail."""
    return f"issue:{issue.pk}" if actor is None else f"issue:{issue.pk}:{actor.pk.hex[:8]}:{now:%Y%m%d%H%M}"


def _recipients(customer: Customer, given: Sequence[str] | None) -> list[Recipient]:
    """The addresses given, else the customer's people for invoices; never who asked not to be written to."""
    to = [Recipient(each) for each in _checked(given)] if given is not None else _people(customer)
    closed = suppressed_among(channel=Channel.EMAIL, addresses=[each.address for each in to])
    return [each for each in to if each.address.strip().lower() not in closed]


def _checked(given: Sequence[str]) -> list[str]:
    found = [each.strip() for each in given if each.strip()]
    if len(found) > MOST_ADDRESSES:
        raise NotSendable(_("Son demasiados correos: a lo más 20."), "recipients")
    for each in found:
        try:
            validate_email(each)
        except ValidationError:
            said = _("«%(address)s» no es un correo.") % {"address": each[:100]}
            raise NotSendable(said, "recipients") from None
    return found


def _people(customer: Customer) -> list[Recipient]:
    """Who gets invoices: those of billing; where nobody is, those of collections; else the main contact."""
    rows = Contact.objects.filter(customer=customer, no_email=False).exclude(email="")
    people = list(rows.order_by("-is_primary", "created_at", "id"))
    for role in (ContactRole.BILLING, ContactRole.COLLECTIONS):
        if chosen := [each for each in people if each.role == role]:
            break
    else:
        chosen = people[:1]
    return [Recipient(each.email, each.name, each.pk) for each in chosen[:MOST_ADDRESSES]]


def _enclosures(document: FiscalDocument) -> list[Enclosure]:
    """The XML as it came from the PAC, and its PDF where it can be set."""
    try:
        data = read_original(document)
    except OriginalLost:
        raise NotSendable(_("El XML de este documento ya no se puede leer.")) from None
    name = file_name(document)
    files = [(name.removesuffix(".pdf") + ".xml", XML, data)]
    try:
        files.insert(0, (name, PDF, cfdi_pdf(document)))
    except CannotPrint as error:
        log.warning("no_paper", document=str(document.pk), why=str(error))
    return [Enclosure(each, kind, store(each, bytes_, kind).pk) for each, kind, bytes_ in files]
