"""Reports that go out by themselves: written, changed, paused, resumed, put away."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from aldia.domain.regular import first_on, next_on
from aldia.domain.sentences import Refusal
from aldia.reporting import recipients
from aldia.reporting.catalogue import FORMATS, CannotMake, Report, report_of
from aldia.reporting.models import ReportSchedule
from aldia.reporting.options import OptionError, read_options
from aldia.tenancy import audit, permissions
from aldia.tenancy.models import Company, Membership, User
from aldia.tenancy.permissions import allows
from aldia.tenancy.scope import current_company_id, transaction

FIELDS = ("report", "name", "options", "format", "frequency", "day", "at", "recipients")
MOST_NAME = 150


class ScheduleError(ValueError):
    """It cannot be so; the sentence is for the person. `field`: what to mend, "" for the whole."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class Stale(ScheduleError):
    """Somebody changed it meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("Alguien cambió este envío mientras lo veías. Recarga y vuelve a intentarlo."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a person says of it. `people`: ids of members; `addresses`: others. `at`: of the company's wall."""

    report: str
    name: str
    options: Mapping[str, object]
    format: str
    frequency: str
    day: int
    at: time
    people: Iterable[str] = ()
    addresses: Iterable[str] = ()


def write_schedule(
    *, words: Words, now: datetime, actor: User, schedule_id: uuid.UUID | None = None, version: int = 0
) -> ReportSchedule:
    """Write a schedule, or change one that is there. It goes out with the sight of whoever saved it last.

    Raises `ScheduleError`.
    """
    values = _checked(words, actor)
    with transaction():
        if schedule_id is None:
            row, before = ReportSchedule(company_id=current_company_id(), owner=actor), {}
        else:
            row = locked(schedule_id, version)
            before = _shown(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.owner = actor
        row.next_on = upcoming(row, now)
        row.version += schedule_id is not None
        row.save(force_insert=schedule_id is None)
        verb = "reports.schedule_created" if schedule_id is None else "reports.schedule_changed"
        _record(actor, verb, row, {"before": before, "after": _shown(row)})
        return row


def pause(*, schedule_id: uuid.UUID, version: int, now: datetime, actor: User) -> ReportSchedule:
    """Send nothing until somebody resumes. Raises `ScheduleError`."""
    with transaction():
        row = locked(schedule_id, version)
        if row.paused_at is None:
            row.paused_at = now
            _keep(row)
            _record(actor, "reports.schedule_paused", row, {})
        return row


def resume(*, schedule_id: uuid.UUID, version: int, now: datetime, actor: User) -> ReportSchedule:
    """Go on; the days that passed are not made good. Raises `ScheduleError`."""
    with transaction():
        row = locked(schedule_id, version)
        if row.paused_at is not None:
            row.paused_at, row.next_on = None, upcoming(row, now)
            _keep(row)
            _record(actor, "reports.schedule_resumed", row, {"next_on": row.next_on.isoformat()})
        return row


def archive(*, schedule_id: uuid.UUID, version: int, now: datetime, actor: User) -> ReportSchedule:
    """Put it away: it sends nothing more, and what it sent stays on record. Raises `ScheduleError`."""
    with transaction():
        row = locked(schedule_id, version)
        row.archived_at = now
        _keep(row)
        _record(actor, "reports.schedule_archived", row, {"name": row.name})
        return row


def restore(*, schedule_id: uuid.UUID, version: int, now: datetime, actor: User) -> ReportSchedule:
    """Take it out again. Raises `ScheduleError`."""
    with transaction():
        row = locked(schedule_id, version, archived=True)
        row.archived_at, row.next_on = None, upcoming(row, now)
        _keep(row)
        _record(actor, "reports.schedule_restored", row, {"name": row.name})
        return row


def locked(schedule_id: uuid.UUID, version: int | None = None, *, archived: bool = False) -> ReportSchedule:
    """The row for this transaction alone. Raises `Stale`, `ReportSchedule.DoesNotExist`."""
    rows = ReportSchedule.objects.select_for_update().filter(archived_at__isnull=not archived)
    row = rows.get(pk=schedule_id)
    if version is not None and row.version != version:
        raise Stale
    return row


def local(now: datetime, company: Company) -> datetime:
    """The moment on the company's wall."""
    return now.astimezone(ZoneInfo(company.time_zone))


def upcoming(row: ReportSchedule, now: datetime) -> date:
    """The next day on which it goes: today too, while its hour has not come."""
    company = Company.objects.get(pk=current_company_id())
    here = local(now, company)
    if here.time() < row.at:
        return first_on(row.frequency, row.day, since=here.date(), country=company.country)
    return next_on(row.frequency, row.day, after=here.date(), country=company.country)


def owner_membership(row: ReportSchedule) -> Membership | None:
    """Whoever answers for it, while that person is a member who may send this report."""
    found = Membership.objects.filter(user_id=row.owner_id, user__is_active=True).select_related("user").first()
    return found if may_send(found, report_of(row.report)) else None


def may_send(member: Membership | None, report: Report) -> bool:
    """Whether a member may have a report sent by itself."""
    needed = (permissions.MANAGE_REPORTS, permissions.EXPORT, report.permission)
    return all(allows(member, each) for each in needed)


def _checked(words: Words, actor: User) -> dict[str, object]:
    try:
        report = report_of(words.report)
    except CannotMake as error:
        raise ScheduleError(str(error), "report") from error
    if not words.name.strip():
        raise ScheduleError(_("Ponle un nombre al envío."), "name")
    if words.format not in FORMATS:
        raise ScheduleError(_("Elige cómo va el reporte: Excel, PDF o los dos."), "format")
    try:
        first_on(words.frequency, words.day, since=date(2026, 1, 1), country="")
        options = read_options(report.options, words.options)
        kept = recipients.kept_of(words.people, words.addresses)
    except OptionError as error:
        raise ScheduleError(str(error), error.field) from error
    except Refusal as error:
        raise ScheduleError(_(error.template) % error.params, error.code) from error
    except recipients.RecipientError as error:
        raise ScheduleError(str(error), "people") from error
    _check_people(report, options, kept, actor)
    return {
        "report": report.key, "name": words.name.strip()[:MOST_NAME], "options": options, "format": words.format,
        "frequency": words.frequency, "day": words.day, "at": words.at.replace(second=0, microsecond=0),
        "recipients": kept,
    }  # fmt: skip


def _check_people(report: Report, options: dict[str, str], kept: list[recipients.Kept], actor: User) -> None:
    """Whoever saves it may see all of it, and so may each member that gets it."""
    member = Membership.objects.filter(user=actor, user__is_active=True).first()
    if not may_send(member, report):
        raise ScheduleError(_("No tienes permiso de mandar este reporte por correo."))
    found = recipients.checked(kept, options=options, permission=report.permission, owner_id=actor.pk)
    if found.left_out:
        raise ScheduleError(" ".join(found.left_out), "people")


def _keep(row: ReportSchedule) -> None:
    row.version += 1
    row.save(update_fields=["next_on", "paused_at", "archived_at", "version"])


def _shown(row: ReportSchedule) -> dict[str, object]:
    """Its fields as the audit trail keeps them."""
    found = {name: getattr(row, name) for name in FIELDS}
    return found | {"at": row.at.isoformat("minutes"), "owner": str(row.owner_id)}


def _record(actor: User | None, verb: str, row: ReportSchedule, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="reportschedule", object_id=row.pk, detail=detail)
