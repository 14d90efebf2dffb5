"""An invoice goes through the seven steps day by day: reminders that really leave, a date that moves, a call, money."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from aldia.collections.models import StepMove
from aldia.collections.operations.activities import log, withdraw
from aldia.collections.operations.disputes import open_dispute, resolve_dispute
from aldia.collections.operations.promises import record_promise
from aldia.collections.operations.steps import follow
from aldia.receivables.models import DueDateChange, Receivable
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import steps as board_queries
from aldia.reporting.queries.step_facts import facts_in
from tests.support.stage import Stage


def night(stage: Stage) -> None:
    """The day ends: what moved in it is written down, and the next begins."""
    follow(on=stage.today, facts_of=facts_in(stage.zone))
    stage.today += timedelta(days=1)


def until(stage: Stage, last: date) -> None:
    """Days with their ticks, and the nights after them."""
    while stage.today < last:
        stage.tick()
        night(stage)


def steps_of(stage: Stage, *rows: Receivable) -> list[int]:
    """Where they are on the live board; 0 for what is not on it."""
    found = board_queries.with_step(
        board_queries.open_rows(Sight(), today=stage.today), today=stage.today, zone=ZoneInfo(stage.company.time_zone)
    )
    now = dict(found.values_list("pk", "step"))
    return [now.get(row.pk, 0) for row in rows]


def way(row: Receivable) -> list[tuple[str, int]]:
    """The days on which it moved, and where to."""
    rows = StepMove.objects.filter(receivable=row).order_by("on", "id").values_list("on", "to_step")
    return [(f"{on:%m-%d}", step) for on, step in rows]


def test_from_issued_to_in_collection_and_paid(stage: Stage) -> None:
    """Due on Thursday 12 March: reminded on the 9th, again on the 13th, called on the 17th, paid on the 20th."""
    guera = stage.customer("Abarrotes La Güera", "lupita@guera.example")
    row = stage.owes(guera, 1_000_00, date(2026, 3, 12))
    silent = stage.owes(stage.customer("Sin correo"), 500_00, date(2026, 3, 12))
    stage.follow(stage.rule(), guera)
    assert steps_of(stage, row, silent) == [1, 1]
    until(stage, date(2026, 3, 10))
    assert stage.days() == ["03-09"]
    assert steps_of(stage, row, silent) == [4, 1]
    until(stage, date(2026, 3, 13))
    assert steps_of(stage, row, silent) == [5, 5]
    stage.tick()
    assert steps_of(stage, row, silent) == [6, 5]
    until(stage, date(2026, 3, 17))
    done = log(
        customer_id=guera.pk, kind="call", outcome="talked", key=uuid.uuid4(), at=stage.at("11:00"), today=stage.today,
        actor=stage.owner,
    )  # fmt: skip
    assert steps_of(stage, row, silent) == [7, 5]
    withdraw(activity_id=done.pk, now=stage.at("11:01"), today=stage.today, actor=stage.owner)
    assert steps_of(stage, row, silent) == [6, 5]
    record_promise(
        receivable_ids=[row.pk], amount=None, due_on=date(2026, 3, 20), key=uuid.uuid4(), today=stage.today,
        actor=stage.owner,
    )  # fmt: skip
    assert steps_of(stage, row, silent) == [7, 5]
    until(stage, date(2026, 3, 20))
    stage.pays(row, 1_000_00)
    assert steps_of(stage, row, silent) == [0, 5]
    until(stage, date(2026, 3, 22))
    assert way(row) == [("03-02", 1), ("03-09", 4), ("03-13", 6), ("03-17", 7), ("03-20", 0)]
    assert way(silent) == [("03-02", 1), ("03-13", 5)]
    # nothing but silence for sixty days: on the sixty-first somebody has to look at it
    stage.today = date(2026, 5, 13)
    night(stage)
    assert way(silent)[-1] == ("05-12", 7)


def test_a_due_date_that_moves_takes_it_back_and_is_reminded_anew(stage: Stage) -> None:
    """Due on the 12th, reminded on the 9th; on the 10th its date moves to the 25th: reminded of it on Monday 23."""
    guera = stage.customer("Abarrotes La Güera", "lupita@guera.example")
    row = stage.owes(guera, 1_000_00, date(2026, 3, 12))
    stage.follow(stage.rule(), guera)
    until(stage, date(2026, 3, 10))
    assert steps_of(stage, row) == [4]
    # as `change_due_dates` does it, which takes the moment from the database: the story is not of today
    DueDateChange.objects.create(
        company=stage.company, receivable=row, old_due_on=row.due_on, new_due_on=date(2026, 3, 25),
        reason="Contrarrecibo", created_at=stage.at("12:00"),
    )  # fmt: skip
    Receivable.objects.filter(pk=row.pk).update(due_on=date(2026, 3, 25))
    assert steps_of(stage, row) == [3]
    until(stage, date(2026, 3, 27))
    assert way(row) == [("03-02", 1), ("03-09", 4), ("03-10", 3), ("03-23", 4), ("03-26", 6)]


def test_a_dispute_is_in_collection_only_while_it_lasts_and_it_is_overdue(stage: Stage) -> None:
    row = stage.owes(stage.customer("Abarrotes La Güera"), 1_000_00, date(2026, 3, 6))
    opened = open_dispute(
        receivable_id=row.pk, amount=None, reason="quality", key=uuid.uuid4(), today=stage.today, actor=stage.owner
    )
    assert steps_of(stage, row) == [1]
    until(stage, date(2026, 3, 9))
    assert steps_of(stage, row) == [7]
    resolve_dispute(dispute_id=opened.pk, resolution="Se cambió el producto", today=stage.today, actor=stage.owner)
    assert steps_of(stage, row) == [5]
    until(stage, date(2026, 3, 10))
    assert way(row) == [("03-02", 1), ("03-07", 7), ("03-09", 5)]


def test_a_message_that_bounces_told_nobody(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", "lupita@guera.example")
    row = stage.owes(guera, 1_000_00, date(2026, 3, 5))
    stage.follow(stage.rule(), guera)
    stage.tick()
    assert steps_of(stage, row) == [4]
    message = stage.messages()[0]
    message.deliveries.update(state="bounced")
    assert steps_of(stage, row) == [1]
