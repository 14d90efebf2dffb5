"""Recurring charge notes on the calendar: on their day, once, with their mail; what was missed asks first."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from aldia.domain.recurrence import DAY, LAST, WEEK, Rule
from aldia.jobs import recurring as jobs
from aldia.messaging.models import Message
from aldia.payments.models import PaymentLink
from aldia.receivables import verify
from aldia.receivables.models import Receivable
from aldia.recurring.models import Occurrence, Schedule
from aldia.recurring.operations import deciding, issuing, schedules, turning
from aldia.recurring.operations.deciding import DecisionError
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from tests.support.recurring import RENT, rent, states, turn
from tests.support.stage import Stage

LUPITA = "lupita@laguera.example"


def walk(stage: Stage, last: date, *, sends: bool = False) -> None:
    """Let the days pass up to and including `last`, a round each morning."""
    while stage.today <= last:
        turn(stage)
        if sends:
            stage.send()
        stage.today += timedelta(days=1)


def notes() -> list[tuple[str, str, int, str]]:
    rows = Receivable.objects.order_by("issued_on", "number")
    return [(f"{row.issued_on:%m-%d}", row.concept, row.total, f"{row.due_on:%m-%d}") for row in rows]


def test_a_rent_is_charged_sent_and_due_by_itself(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA, term_days=10)
    row = rent(stage, guera, starts_on=date(2026, 4, 1), rule=Rule(adjust="next"))
    schedules.change_price(schedule_id=row.pk, from_on=date(2026, 6, 1), today=stage.today, actor=None, percent=5_00)
    walk(stage, date(2026, 6, 3), sends=True)
    assert notes() == [
        ("04-01", "Renta de abril de 2026", 12_000_00, "04-11"),
        ("05-04", "Renta de mayo de 2026", 12_000_00, "05-14"),  # the first is a holiday, and then a weekend
        ("06-01", "Renta de junio de 2026", 12_600_00, "06-11"),
    ]
    assert stage.days(LUPITA) == ["04-01", "05-04", "06-01"]
    mail = stage.mails[0]
    assert str(mail["Subject"]) == "Nota de cobro NC-1 por $12,000.00 · Distribuidora Tres Ríos"
    assert "Renta de abril de 2026" in stage.html(mail)
    assert "http" in stage.text(mail)
    assert PaymentLink.objects.count() == 3
    assert [check for check in verify.run_checks() if check.violations] == []


def test_several_schedules_of_several_rhythms(stage: Stage) -> None:
    guera = stage.customer("Abarrotes", LUPITA)
    fortnight = rent(stage, guera, starts_on=date(2026, 3, 1), rule=Rule(days=(15, LAST)), due_days=5, sends=False)
    weekly = rent(stage, guera, starts_on=stage.today, rule=Rule(WEEK, 2, (4,), covers=-1), sends=False,
                  content={"concept": "Limpieza {periodo}", "amount": 500_00})  # fmt: skip
    walk(stage, date(2026, 4, 1), sends=True)
    assert states(fortnight) == {"03-15": "done", "03-31": "done"}
    assert states(weekly) == {"03-06": "done", "03-20": "done"}
    assert Receivable.objects.get(issued_on=date(2026, 3, 15)).due_on == date(2026, 3, 20)
    assert Receivable.objects.get(issued_on=date(2026, 3, 20)).concept == "Limpieza del 2 al 15 de marzo de 2026"
    assert stage.mails == []


def test_an_outage_asks_instead_of_bursting(stage: Stage) -> None:
    """Three weeks without a machine: the day's own date is issued, each missed one waits for a word."""
    guera = stage.customer("Abarrotes", LUPITA)
    row = rent(stage, guera, starts_on=stage.today, rule=Rule(WEEK, 1, (0,)))
    turn(stage)
    stage.today = date(2026, 3, 23)
    assert len(turn(stage)) == 1
    assert states(row) == {"03-02": "done", "03-09": "asking", "03-16": "asking", "03-23": "done"}
    assert turn(stage) == []
    first, second = Occurrence.objects.filter(state="asking").order_by("on")
    assert deciding.issue_them(occurrence_ids=[first.pk], actor=stage.owner).count == 1
    assert deciding.skip_them(occurrence_ids=[second.pk], actor=stage.owner).count == 1
    turn(stage)
    assert states(row) == {"03-02": "done", "03-09": "done", "03-16": "skipped", "03-23": "done"}
    issued = Receivable.objects.get(pk=Occurrence.objects.get(pk=first.pk).receivable_id)
    assert issued.issued_on == stage.today
    with pytest.raises(DecisionError):
        deciding.skip_them(occurrence_ids=[first.pk, second.pk], actor=stage.owner)
    # what was left out may still be issued
    deciding.issue_them(occurrence_ids=[second.pk], actor=stage.owner)
    turn(stage)
    assert set(states(row).values()) == {"done"}


@pytest.mark.parametrize(
    ("back_on", "expected"),
    [
        (date(2026, 3, 10), {"03-10": "done"}),
        (date(2026, 3, 13), {"03-10": "done"}),  # a few days: issued
        (date(2026, 3, 14), {"03-10": "asking"}),
    ],
)
def test_one_late_date_is_forgiven_for_a_few_days(stage: Stage, back_on: date, expected: dict[str, str]) -> None:
    row = rent(stage, stage.customer("Abarrotes"), starts_on=stage.today, rule=Rule(days=(10,)))
    stage.today = back_on
    turn(stage)
    assert states(row) == expected


def test_two_late_dates_ask_both(stage: Stage) -> None:
    row = rent(stage, stage.customer("Abarrotes"), starts_on=date(2026, 3, 3), rule=Rule(DAY, 1, ()))
    stage.today = date(2026, 3, 5)
    turn(stage)
    assert states(row) == {"03-03": "asking", "03-04": "asking", "03-05": "done"}


def test_a_schedule_that_began_long_ago_asks(stage: Stage) -> None:
    row = rent(stage, stage.customer("Abarrotes"), starts_on=date(2025, 12, 1), rule=Rule())
    turn(stage)
    assert states(row) == {f"{month:02}-01": "asking" for month in (12, 1, 2)} | {"03-01": "asking"}


def test_a_customer_that_is_off_is_charged_but_not_written_to(stage: Stage) -> None:
    off = stage.customer("Apagado", "a@x.example", collecting=False)
    nobody = stage.customer("Sin correo")
    one, other = (
        rent(stage, off, starts_on=stage.today, rule=Rule(days=(2,))),
        rent(stage, nobody, starts_on=stage.today, rule=Rule(days=(2,))),
    )
    turn(stage)
    said = [Occurrence.objects.get(schedule=each).message for each in (one, other)]
    assert said == ["No se envió: el cliente está apagado.", "No se envió: el cliente no tiene correo."]
    assert Receivable.objects.count() == 2
    assert not Message.objects.exists()


def test_a_failure_goes_to_a_person_who_tries_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    guera = stage.customer("Abarrotes", LUPITA)
    row = rent(stage, guera, starts_on=stage.today, rule=Rule(days=(2,)))
    type(guera).objects.filter(pk=guera.pk).update(generic=True, collecting=False)
    turn(stage)
    failed = Occurrence.objects.get()
    assert (failed.state, failed.message) == ("failed", "A ese cliente no se le puede cobrar.")
    jobs.tell(stage.company, issuing.Turn(stage.today, stage.at("09:00")))
    jobs.tell(stage.company, issuing.Turn(stage.today, stage.at("09:20")))
    stage.send()
    assert stage.days("marisol@tresrios.example") == ["03-02"]
    assert "A ese cliente no se le puede cobrar." in stage.text(stage.mails[0])
    type(guera).objects.filter(pk=guera.pk).update(generic=False, collecting=True)
    deciding.issue_them(occurrence_ids=[failed.pk], actor=stage.owner)
    turn(stage)
    assert states(row) == {"03-02": "done"}


def test_an_error_of_ours_is_tried_again_and_then_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = rent(stage, stage.customer("Abarrotes"), starts_on=stage.today, rule=Rule(days=(2,)))
    broken = rent(stage, stage.customer("Otro"), starts_on=stage.today, rule=Rule(days=(2,)))
    charge = issuing._charge

    def breaks(row: Occurrence, schedule: Schedule, turn: issuing.Turn) -> None:
        if schedule.pk == broken.pk:
            raise RuntimeError("disk on fire")
        charge(row, schedule, turn)

    monkeypatch.setattr(issuing, "_charge", breaks)
    moment = issuing.Turn(stage.today, stage.at("09:00"))
    turn_over(stage)
    done = [jobs.issue_waiting(moment) for _again in range(6)]
    assert sum(done) == 1
    assert states(healthy) == {"03-02": "done"}
    assert states(broken) == {"03-02": "failed"}
    row = Occurrence.objects.get(schedule=broken)
    assert row.tries == issuing.MOST_TRIES
    assert "fire" not in row.message
    monkeypatch.undo()
    deciding.issue_them(occurrence_ids=[row.pk], actor=stage.owner)
    jobs.issue_waiting(moment)
    assert states(broken) == {"03-02": "done"}


def turn_over(stage: Stage) -> None:
    """Dates appear; nothing is issued yet."""

    for schedule_id in turning.due_schedules(today=stage.today):
        turning.appear(schedule_id=schedule_id, today=stage.today)


def test_the_job_works_in_the_companys_morning(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    row = rent(stage, stage.customer("Abarrotes", LUPITA), starts_on=stage.today, rule=Rule(days=(2,)))
    at = {"clock": "06:59"}
    monkeypatch.setattr(jobs, "database_now", lambda: stage.at(at["clock"]))
    assert jobs.run_schedules.func()["came"] == 0
    at["clock"] = "07:00"
    assert jobs.run_schedules.func() == {"came": 1, "issued": 1, "told": 0}
    assert jobs.run_schedules.func() == {"came": 0, "issued": 0, "told": 0}
    assert states(row) == {"03-02": "done"}
    # two that wait for a word are told once a day
    Occurrence.objects.filter(schedule=row).update(state="asking", receivable=None)
    assert [jobs.run_schedules.func()["told"] for _again in range(2)] == [1, 0]
    stage.today += timedelta(days=1)
    assert jobs.run_schedules.func()["told"] == 1
    stage.send()
    assert "1 emisión recurrente pasó de su fecha" in stage.text(stage.mails[-1])


def test_another_company_sees_nothing(stage: Stage) -> None:

    rent(stage, stage.customer("Abarrotes"), starts_on=stage.today, rule=Rule(days=(2,)))
    other: Company = make_company("Otra", "OTR010203AB1")
    with company_scope(other.pk):
        assert turn(stage) == []
        assert not Schedule.objects.exists()
    assert RENT["amount"] == 12_000_00
