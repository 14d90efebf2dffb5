"""The tick: declares the schedules of the house and of each company, and enqueues what is due."""

from __future__ import annotations

import threading

import structlog
from django.db import DatabaseError, connection

from aldia.queue import schedules
from aldia.queue.claiming import database_now
from aldia.queue.timetable import COMPANY, HOUSE
from aldia.tenancy.models import Company

EVERY_SECONDS = 20.0

log = structlog.get_logger("aldia.tick")


def tick_now() -> int:
    """Tick once, by the database's clock; return how many jobs were enqueued."""
    schedules.declare(rules=HOUSE, company_id=None)
    for company_id in Company.objects.values_list("pk", flat=True):
        schedules.declare(rules=COMPANY, company_id=company_id)
    return schedules.tick(now=database_now())


def tick_until(stopped: threading.Event) -> None:
    """Tick again and again until stopped. A database that is away is waited for."""
    while not stopped.is_set():
        try:
            tick_now()
        except DatabaseError as error:
            log.error("database_unavailable", error=str(error))
            connection.close()
        except Exception:
            log.exception("tick_failed")
        stopped.wait(EVERY_SECONDS)
    connection.close()
