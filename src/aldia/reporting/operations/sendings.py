"""Sending a report that is due: made and stored first; then, in one transaction, sending, message and next day.

Exactly one message a day: (schedule, day) is unique and so is the message's key, and whoever is killed before the
transaction leaves nothing but files that nothing refers to. Leaving the house is the outbox's business: at least once,
under one Message-ID.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.integrations.typesetting import CannotSet
from aldia.messaging.models import Channel, Guarantee, Message, Purpose
from aldia.messaging.operations.outbox import Enclosure, Recipient, write_message
from aldia.messaging.rendering import Rendered, one_line
from aldia.receivables.queries.sight import sight_of
from aldia.reporting import recipients, regular_mail
from aldia.reporting.catalogue import Ask, CannotMake, Made, make, report_of
from aldia.reporting.models import ReportSchedule, ReportSending
from aldia.reporting.operations.schedules import local, locked, owner_membership, upcoming
from aldia.tenancy import audit
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import Company, Membership, User
from aldia.tenancy.scope import current_company_id, transaction
from aldia.tenancy.storage import store

PATIENCE = timedelta(hours=1)  # how long one that fails for no known reason is tried again
MOST_BYTES = 18 * 1024**2  # of all its files: what common mail servers still take, encoded

log = structlog.get_logger("aldia.reports")


class SendingError(ValueError):
    """It cannot be sent now; the sentence is for the person."""


@dataclass(frozen=True, slots=True)
class Ready:
    """All that a message of a report needs, made where no transaction waits."""

    rendered: Rendered
    enclosures: list[Enclosure]
    people: list[Recipient]
    facts: dict[str, Any]
    left_out: list[str]


def due(*, now: datetime) -> list[uuid.UUID]:
    """The schedules of the company in scope whose day and hour have come."""
    here = local(now, Company.objects.get(pk=current_company_id()))
    rows = ReportSchedule.objects.filter(archived_at__isnull=True, paused_at__isnull=True)
    rows = rows.filter(next_on__lte=here.date(), at__lte=here.time())
    return list(rows.order_by("next_on", "at", "id").values_list("pk", flat=True))


def send_due(*, schedule_id: uuid.UUID, now: datetime) -> ReportSending | None:
    """Send what is due of a schedule, once for the day; None if somebody else did, or it is tried again later.

    A refusal that is known (no permission any more, the customer is gone) ends the day with its sentence.
    """
    row = ReportSchedule.objects.select_related("owner").get(pk=schedule_id)
    try:
        ready = prepare(row, now=now)
    except (SendingError, CannotMake, CannotSet) as error:
        return _close(row, now, None, str(error))
    except Exception:
        log.exception("report_failed", schedule=str(schedule_id))
        if not _waited(row, now):
            return None
        return _close(row, now, None, _("No se pudo armar el reporte. Ya quedó registrado; avisa a soporte."))
    crashpoint("after_report_files")
    sending = _close(row, now, ready, " ".join(ready.left_out))
    crashpoint("after_report_sending")
    return sending


def send_now(*, schedule_id: uuid.UUID, now: datetime, actor: User) -> ReportSending:
    """Send today's at once, before its hour or again after it failed; its own day does not send a second one.

    Raises `SendingError` where today's is out already or cannot be made, `ReportSchedule.DoesNotExist`.
    """
    row = ReportSchedule.objects.select_related("owner").get(pk=schedule_id, archived_at__isnull=True)
    try:
        ready = prepare(row, now=now)
    except (CannotMake, CannotSet) as error:
        raise SendingError(str(error)) from error
    found = _close(row, now, ready, " ".join(ready.left_out), by=actor)
    if found is None:
        raise SendingError(_("Hoy ya salió: un reporte va una sola vez al día."))
    return found


def send_sample(*, schedule_id: uuid.UUID, key: uuid.UUID, now: datetime, actor: User) -> Message:
    """Send it to the person who asks only: nothing of the schedule changes. The same `key` sends it once.

    It is made for the eyes of that person. Raises `SendingError`, `ReportSchedule.DoesNotExist`.
    """
    row = ReportSchedule.objects.select_related("owner").get(pk=schedule_id)
    member = Membership.objects.filter(user=actor).select_related("user").first()
    try:
        ready = prepare(row, now=now, only=member)
    except (CannotMake, CannotSet) as error:
        raise SendingError(str(error)) from error
    with transaction():
        message = _write(row, f"report-sample:{key}", _day(now), ready, actor)
        _record(actor, "reports.sample_sent", row, {"message": str(message.pk)})
    return message


def prepare(row: ReportSchedule, *, now: datetime, only: Membership | None = None) -> Ready:
    """Make a schedule's report with its owner's sight and store its files. `only`: for that person and nobody else.

    Raises `SendingError`, `CannotMake`, `CannotSet`.
    """
    report, company = report_of(row.report), Company.objects.get(pk=row.company_id)
    owner = only or owner_membership(row)
    if owner is None:
        raise SendingError(
            _("%(name)s, que programó este envío, ya no tiene permiso de mandarlo: guárdalo tú para que siga.")
            % {"name": row.owner}
        )
    people = _people(row, only, report.permission)
    with override(company.locale):
        ask = Ask(company, sight_of(owner), local(now, company).date(), row.options)
        made = make(report, ask, ending=row.format, stem=regular_mail.stem(row, ask))
        rendered = regular_mail.rendered(row, made, ask)
    return Ready(rendered, _stored(made), people.people, regular_mail.facts(row, made), people.left_out)


def _people(row: ReportSchedule, only: Membership | None, permission: str) -> recipients.Checked:
    if only is not None:
        return recipients.Checked([Recipient(only.user.email, str(only.user))], [])
    found = recipients.checked(row.recipients, options=row.options, permission=permission, owner_id=row.owner_id)
    if not found.people:
        raise SendingError(_("No queda a quién mandarlo. %(why)s") % {"why": " ".join(found.left_out)})
    return found


def _stored(made: Made) -> list[Enclosure]:
    if sum(len(each.data) for each in made.files) > MOST_BYTES:
        raise SendingError(_("Los archivos pesan demasiado para un correo: elige una cartera o manda solo el PDF."))
    rows = [(each, store(each.name, each.data, each.content_type)) for each in made.files]
    return [Enclosure(each.name, each.content_type, kept.pk) for each, kept in rows]


def _close(
    row: ReportSchedule, now: datetime, ready: Ready | None, trouble: str, by: User | None = None
) -> ReportSending | None:
    """End the day of a schedule: its sending (with a message, or with its trouble) and its next day, all or nothing."""
    on = _day(now)
    with transaction():
        fresh = locked(row.pk) if by is not None else _still_due(row, now)
        if fresh is None:
            return None
        sending = _sending(fresh, on, ready is not None)
        if sending is None:
            if by is None:  # sent by hand today: its own hour has nothing to add
                fresh.next_on = upcoming(fresh, now)
                fresh.save(update_fields=["next_on"])
            return None
        if ready is not None:
            sending.message = _write(fresh, f"report:{fresh.pk}:{on}", on, ready, by)
        sending.trouble = trouble[:300]
        sending.save()
        if by is None or fresh.next_on <= on:
            fresh.next_on = _after(fresh, on, now)
            fresh.save(update_fields=["next_on"])
        verb = "reports.sent" if ready is not None else "reports.not_sent"
        _record(by, verb, fresh, {"on": on.isoformat(), "trouble": sending.trouble})
    return sending


def _still_due(row: ReportSchedule, now: datetime) -> ReportSchedule | None:
    """The locked row, if nobody sent, paused or changed it since it was read."""
    rows = ReportSchedule.objects.select_for_update().filter(archived_at__isnull=True, paused_at__isnull=True)
    return rows.filter(pk=row.pk, version=row.version, next_on=row.next_on).first()


def _sending(row: ReportSchedule, on: date, with_message: bool) -> ReportSending | None:
    """The sending of the day, new or found without a message; None where it has one, or had its trouble already."""
    found = ReportSending.objects.filter(schedule=row, on=on).first()
    if found is None:
        return ReportSending(company_id=row.company_id, schedule=row, on=on)
    return found if found.message_id is None and with_message else None


def _after(row: ReportSchedule, on: date, now: datetime) -> date:
    """The next day, which is never today: today's is out."""
    company = Company.objects.get(pk=current_company_id())
    end = local(now, company).replace(hour=23, minute=59, second=59)
    return upcoming(row, end)


def _write(row: ReportSchedule, key: str, on: date, ready: Ready, by: User | None) -> Message:
    return write_message(
        key=key,
        channel=Channel.EMAIL,
        purpose=Purpose.NOTICE,
        customer_id=None,
        recipients=ready.people,
        rendered=ready.rendered,
        on_day=on,
        guarantee=Guarantee.AT_LEAST,
        attachments=ready.enclosures,
        reason=one_line(row.name)[:300],
        facts=ready.facts,
        created_by=by,
        reply_to=row.owner.email,
    )


def _day(now: datetime) -> date:
    return local(now, Company.objects.get(pk=current_company_id())).date()


def _waited(row: ReportSchedule, now: datetime) -> bool:
    """Whether it was tried for long enough."""
    here = local(now, Company.objects.get(pk=row.company_id))
    began = datetime.combine(row.next_on, row.at, tzinfo=here.tzinfo)
    return here - began >= PATIENCE


def _record(actor: User | None, verb: str, row: ReportSchedule, detail: dict[str, Any]) -> None:
    audit.record(actor=actor, verb=verb, object_type="reportschedule", object_id=row.pk, detail=detail)
