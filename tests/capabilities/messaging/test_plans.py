"""The questions asked every few minutes are answered through their indexes, however many messages there are."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aldia.domain.ports.channels import Event, EventKind
from aldia.messaging.models import ChannelAccount
from aldia.messaging.operations.delivering import reap_expired
from aldia.messaging.operations.events import apply_event
from aldia.messaging.queries.messages import due_deliveries, new_notices, unknowns
from aldia.tenancy.models import Company
from tests.capabilities.messaging.conftest import NOON


def told(company: Company) -> None:
    account = ChannelAccount.objects.create(company=company, channel="email", adapter="mailbox", name="C")
    apply_event(account=account, event=Event(EventKind.OPENED, "id", "k", NOON))


QUESTIONS: list[tuple[Any, str]] = [
    (lambda _company: due_deliveries(now=NOON), "delivery_queued"),
    (lambda _company: reap_expired(now=NOON), "delivery_sending"),
    (lambda _company: list(unknowns()), "delivery_unknown"),
    (lambda _company: new_notices(), "providernotice_new"),
    (told, "delivery_provider"),
]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by the size of its tables")
@pytest.mark.parametrize(("ask", "index"), QUESTIONS, ids=[index for _ask, index in QUESTIONS])
def test_the_partial_index_is_used(company: Company, ask: Any, index: str) -> None:
    with CaptureQueriesContext(connection) as asked:
        ask(company)
    selects = [each["sql"] for each in asked.captured_queries if each["sql"].startswith("SELECT")]
    plans = []
    for sql in selects:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}")
            plans += [str(row[-1]) for row in cursor.fetchall()]
    assert any(index in plan for plan in plans), plans
