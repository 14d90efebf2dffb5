"""Recurring invoices on the calendar, with the simulated PAC and a real mail server: issued, stamped, sent, owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from aldia.customers.models import Customer
from aldia.domain.fiscal.drafts import DraftParty, plain_line, to_json
from aldia.domain.ports.stamping import StampRefused
from aldia.domain.recurrence import Rule
from aldia.integrations.stamping.simulated_pac import SimulatedPac
from aldia.issuing.models import Issue, IssueState
from aldia.issuing.operations import drafting, stamping
from aldia.jobs import issuing as issuing_jobs
from aldia.receivables.models import Receivable
from aldia.recurring.models import Occurrence, Schedule, ScheduleKind
from aldia.recurring.operations import deciding, schedules
from aldia.recurring.operations.deciding import DecisionError
from tests.support import issuer
from tests.support.drafting import with_fiscal_profile, with_profile
from tests.support.issuer import RECEIVER, with_seal, with_simulated_pac
from tests.support.recurring import rent, states, turn
from tests.support.stage import Stage

pytest.importorskip("satcfdi", reason="the extra mx is not installed")
LUPITA = "lupita@laguera.example"
NOBODY = DraftParty("", "", "", "", use="")
LINE = plain_line("80131502", "E48", "Renta de {periodo}", 1_000, 10_000_00)


@pytest.fixture
def guera(stage: Stage, settings: Any, tmp_path: Path) -> Customer:
    """A company that can issue, and a customer that it knows by its fiscal data."""
    settings.DATA_DIR = tmp_path
    stage.company.tax_id = issuer.ISSUER.rfc
    stage.company.save()
    with_profile()
    with_seal(now=stage.at("08:00"))
    with_simulated_pac()
    guera = stage.customer("ABARROTES LA GUERA", LUPITA)
    Customer.objects.filter(pk=guera.pk).update(tax_id=RECEIVER.rfc)
    with_fiscal_profile(guera)
    return guera


def content(**more: Any) -> dict[str, Any]:
    draft = replace(issuer.invoice(LINE), issuer=NOBODY, receiver=replace(NOBODY, use="G03"), place="")
    return to_json(replace(draft, **more))


def monthly(stage: Stage, guera: Customer, **more: Any) -> Schedule:
    values: dict[str, Any] = {"kind": ScheduleKind.INVOICE, "content": content(), "starts_on": stage.today}
    return rent(stage, guera, **{**values, "rule": Rule(days=(2,)), **more})


def work(stage: Stage, clock: str = "09:05") -> None:
    """What the jobs of issuing and sending do in their next round."""
    for issue_id in stamping.due(now=stage.at(clock)):
        issue = stamping.work(issue_id=issue_id, now=stage.at(clock))
        if issue.state == IssueState.STAMPED:
            issuing_jobs.send_by_itself([issue.pk], stage.at(clock))
    stage.send("09:10")


def test_a_rent_is_invoiced_stamped_sent_and_owed_by_itself(stage: Stage, guera: Customer) -> None:
    row = monthly(stage, guera, due_days=15)
    schedules.change_price(schedule_id=row.pk, from_on=date(2026, 5, 1), today=stage.today, actor=None, percent=4_00)
    while stage.today <= date(2026, 5, 3):
        turn(stage)
        work(stage)
        turn(stage, "09:20")
        turn(stage, "09:40")
        stage.today += timedelta(days=1)
    assert states(row) == {"03-02": "done", "04-02": "done", "05-02": "done"}
    issues = list(Issue.objects.order_by("created_at"))
    assert [(each.state, each.series, each.folio, each.total, each.origin) for each in issues] == [
        ("stamped", "F", "1", 11_600_00, "recurring"),
        ("stamped", "F", "2", 11_600_00, "recurring"),
        ("stamped", "F", "3", 12_064_00, "recurring"),
    ]
    owed = list(Receivable.objects.order_by("issued_on"))
    assert [(each.issued_on, each.due_on, each.total) for each in owed] == [
        (date(2026, 3, 2), date(2026, 3, 17), 11_600_00),
        (date(2026, 4, 2), date(2026, 4, 17), 11_600_00),
        (date(2026, 5, 2), date(2026, 5, 17), 12_064_00),
    ]
    for each, receivable in zip(Occurrence.objects.order_by("on"), owed, strict=True):
        assert (each.receivable_id, each.amount) == (receivable.pk, receivable.total)
    assert stage.days(LUPITA) == ["03-02", "04-02", "05-02"]
    names = [part.get_filename() or "" for part in stage.mails[0].iter_attachments()]
    assert {name.rpartition(".")[2] for name in names} == {"pdf", "xml"}
    assert issues[1].content["lines"][0]["description"] == "Renta de abril de 2026"


def test_what_is_missing_goes_to_a_person_and_the_same_draft_goes_on(stage: Stage, guera: Customer) -> None:
    new = stage.customer("SIN DATOS", "nuevo@x.example")
    row = monthly(stage, new)
    turn(stage)
    failed = Occurrence.objects.get(schedule=row)
    assert failed.state == "failed"
    assert failed.message
    draft = failed.issue
    assert draft is not None
    assert draft.state == IssueState.DRAFT
    Customer.objects.filter(pk=guera.pk).update(tax_id="XYZ999999AB1")
    Customer.objects.filter(pk=new.pk).update(tax_id=RECEIVER.rfc)
    with_fiscal_profile(new)
    deciding.issue_them(occurrence_ids=[failed.pk], actor=stage.owner)
    turn(stage)
    work(stage)
    turn(stage)
    failed.refresh_from_db()
    assert (failed.state, failed.issue_id, failed.message) == ("done", draft.pk, "")
    assert Issue.objects.count() == 1


def test_what_the_pac_refuses_goes_to_a_person(stage: Stage, guera: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    row = monthly(stage, guera)
    turn(stage)

    def refuses(*_about: Any, **_more: Any) -> None:
        raise StampRefused("CFDI40145", "El nombre del receptor no corresponde.")

    with monkeypatch.context() as patch:
        patch.setattr(SimulatedPac, "stamp", refuses)
        work(stage)
    assert turn(stage) == []
    failed = Occurrence.objects.get()
    assert failed.state == "failed"
    assert "no corresponde" in failed.message
    deciding.issue_them(occurrence_ids=[failed.pk], actor=stage.owner)
    turn(stage)
    work(stage)
    turn(stage)
    assert states(row) == {"03-02": "done"}
    issue = Issue.objects.get()
    assert (issue.state, issue.folio) == (IssueState.STAMPED, "1")


def test_a_draft_that_somebody_looks_at_first(stage: Stage, guera: Customer) -> None:
    row = monthly(stage, guera, is_automatic=False)
    for _again in range(3):
        turn(stage)
    work(stage)
    waits = Occurrence.objects.get()
    assert (waits.state, waits.message) == ("issuing", "El borrador está listo: revísalo y tímbralo.")
    draft = Issue.objects.get()
    assert draft.state == IssueState.DRAFT
    drafting.submit(issue_id=draft.pk, version=draft.version, now=stage.at("10:00"), actor=stage.owner)
    work(stage, "10:05")
    turn(stage, "10:10")
    assert states(row) == {"03-02": "done"}
    assert Receivable.objects.count() == 1


def test_a_foreign_currency_waits_for_the_rate_of_the_day(stage: Stage, guera: Customer) -> None:
    row = monthly(stage, guera, currency="USD", content=content(currency="USD"), is_automatic=True)
    assert not row.is_automatic
    turn(stage)
    assert Issue.objects.get().state == IssueState.DRAFT


def test_a_draft_thrown_away_is_left_out_and_may_come_back(stage: Stage, guera: Customer) -> None:
    row = monthly(stage, guera, is_automatic=False)
    turn(stage)
    draft = Issue.objects.get()
    drafting.discard(issue_id=draft.pk, version=draft.version, actor=stage.owner)
    turn(stage)
    assert states(row) == {"03-02": "skipped"}
    deciding.issue_them(occurrence_ids=[Occurrence.objects.get().pk], actor=stage.owner)
    turn(stage)
    again = Occurrence.objects.get()
    assert again.state == "issuing"
    assert again.issue_id not in (None, draft.pk)


def test_what_is_on_its_way_is_not_left_out(stage: Stage, guera: Customer) -> None:
    row = monthly(stage, guera)
    turn(stage)
    work(stage)
    Occurrence.objects.update(state="failed")
    with pytest.raises(DecisionError, match="va en camino"):
        deciding.skip_them(occurrence_ids=[Occurrence.objects.get().pk], actor=stage.owner)
    turn(stage)
    assert states(row) == {"03-02": "done"}
    # a failed date whose draft somebody leaves out loses it
    other = monthly(stage, stage.customer("SIN DATOS", "nuevo@x.example"))
    turn(stage)
    failed = Occurrence.objects.get(schedule=other)
    deciding.skip_them(occurrence_ids=[failed.pk], actor=stage.owner)
    failed.refresh_from_db()
    assert failed.state == "skipped"
    assert failed.issue is not None
    assert failed.issue.state == IssueState.DISCARDED
