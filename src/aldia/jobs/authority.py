"""Jobs with the tax authority: synchronisations that are due, their steps, and troubles that people must know of."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django_tasks import task

from aldia.authority.models import AuthorityConnection, Trigger
from aldia.authority.operations import runs
from aldia.authority.operations.connections import NotConnected, put_off
from aldia.authority.queries import overview
from aldia.jobs.banking import enqueue_reconcile
from aldia.jobs.documents import enqueue_import
from aldia.queue.claiming import database_now
from aldia.reminders.operations.notices import notify_company
from aldia.reminders.rounds import Round
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

TELL_BEFORE = (30, 15, 7, 1)  # days before the e.firma ends


@task(max_attempts=2)
def start_due() -> int:
    """Begin the synchronisation that is due. Returns how many began."""
    count = 0
    for connection in overview.connections_due(now=database_now()):
        trigger = Trigger.SCHEDULED if connection.runs.exists() else Trigger.FIRST
        try:
            runs.start(connection=connection, trigger=trigger, now=database_now())
        except runs.AlreadyRunning:
            continue
        except NotConnected as problem:
            put_off(connection=connection, trouble=str(problem), now=database_now())
            continue
        count += 1
    if count:
        enqueue_step()
    return count


@task(max_attempts=2)
def step_sync() -> int:
    """Move every open request one step on. Returns how many moved; comes back at once while something does."""
    if not overview.has_work():
        return 0
    moved = runs.step(now=database_now, today=_today(), take_in=enqueue_import)
    if moved:
        step_sync.using(dedupe_key="sat-step-on", run_after=database_now() + timedelta(seconds=5)).enqueue()
        enqueue_reconcile()
    return moved


@task(max_attempts=2)
def tell_troubles() -> int:
    """Tell the company, once each, that the authority does not take its e.firma, or that it is about to end."""
    connection = overview.connection()
    if connection is None:
        return 0
    turn = Round.at(Company.objects.get(pk=current_company_id()), database_now())
    told = _tell_of_trouble(connection, turn) if connection.trouble else False
    return told + _tell_of_the_end(connection, turn)


def _tell_of_trouble(connection: AuthorityConnection, turn: Round) -> bool:
    sentence = _("La sincronización con el SAT se detuvo: %(why)s") % {"why": connection.trouble}
    key = f"sat-trouble:{connection.pk}:{connection.version}:{connection.trouble}"[:200]
    return _tell(key, _("La sincronización con el SAT se detuvo"), sentence, turn)


def _tell_of_the_end(connection: AuthorityConnection, turn: Round) -> bool:
    zone = ZoneInfo(turn.company.time_zone)
    left = (connection.valid_to.astimezone(zone).date() - turn.today).days
    near = [days for days in TELL_BEFORE if left <= days]
    if not near or left < 0:
        return False
    on = f"{connection.valid_to.astimezone(zone):%d/%m/%Y}"
    sentence = _(
        "La e.firma de la empresa vence el %(on)s. Renuévala en el SAT y súbela otra vez para que la sincronización "
        "siga."
    ) % {"on": on}
    return _tell(f"sat-end:{connection.number}:{min(near)}", _("La e.firma está por vencer"), sentence, turn)


def _tell(key: str, subject: str, sentence: str, turn: Round) -> bool:
    return notify_company(key=key, subject=subject, sentence=sentence, turn=turn, extra={}) is not None


def enqueue_step() -> None:
    """Have the open requests of the company in scope moved on soon; twice is once."""
    step_sync.using(dedupe_key="sat-step").enqueue()


def _today() -> date:
    company = Company.objects.get(pk=current_company_id())
    return database_now().astimezone(ZoneInfo(company.time_zone)).date()
