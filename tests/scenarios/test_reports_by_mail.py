"""Reports that go out by themselves, to a real mail server: once on each day, to whom may see them, or said why."""

from __future__ import annotations

import io
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from aldia.customers.models import Portfolio
from aldia.jobs import regular_reports
from aldia.messaging.models import Message
from aldia.reporting import catalogue
from aldia.reporting.models import ReportSchedule, ReportSending
from aldia.reporting.operations import schedules, sendings
from aldia.reporting.operations.schedules import ScheduleError, Words
from aldia.tenancy import audit
from aldia.tenancy.models import AuditEvent, Membership, Role
from tests.cast import make_user
from tests.support.stage import Stage

OWNER, OUTSIDER = "marisol@tresrios.example", "contador@despacho.example"


@pytest.fixture
def office(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Somebody owes, and jobs read the clock of the stage."""
    guera = stage.customer("Abarrotes La Güera")
    stage.owes(guera, 1_160_00, date(2026, 2, 20))
    stage.owes(guera, 40_00, date(2026, 3, 30))
    stage.clock = "08:05"  # type: ignore[attr-defined]
    monkeypatch.setattr(regular_reports, "database_now", lambda: stage.at(stage.clock))  # type: ignore[attr-defined]
    return stage


def words(stage: Stage, **changes: Any) -> Words:
    values: dict[str, Any] = {
        "report": "overdue", "name": "Vencidos de la semana", "options": {}, "format": "xlsx", "frequency": "weekly",
        "day": 1, "at": time(8), "people": [str(stage.owner.pk)], "addresses": [],
    }  # fmt: skip
    return Words(**values | changes)


def schedule(stage: Stage, clock: str = "07:00", **changes: Any) -> ReportSchedule:
    return schedules.write_schedule(words=words(stage, **changes), now=stage.at(clock), actor=stage.owner)


def tick(stage: Stage, clock: str = "08:05") -> list[str]:
    """One round of the scheduler and of the outbox; the subjects of what arrived."""
    stage.clock = clock  # type: ignore[attr-defined]
    for schedule_id in sendings.due(now=stage.at(clock)):
        regular_reports.send_report.func(str(schedule_id))
    regular_reports.tell_troubles()
    before = len(stage.log)
    stage.send(clock)
    return [subject for _day, _to, subject in stage.log[before:]]


def walk(stage: Stage, last: date) -> None:
    while stage.today <= last:
        for clock in ("07:55", "08:00", "08:05", "12:00", "23:55"):
            tick(stage, clock)
        stage.today += timedelta(days=1)


def files(stage: Stage) -> dict[str, bytes]:
    parts = stage.mails[-1].iter_attachments()
    return {str(each.get_filename()): each.get_payload(decode=True) for each in parts}  # type: ignore[misc]


def cells(data: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def test_a_weekly_report_goes_on_its_day_once_and_says_what_it_holds(office: Stage) -> None:
    row = schedule(office)  # Monday 2 March, before its hour
    assert row.next_on == date(2026, 3, 2)
    assert tick(office, "07:59") == []
    assert tick(office, "08:00") == ["Vencidos de la semana · 2 mar 2026"]
    assert [tick(office, clock) for clock in ("08:05", "12:00", "23:59")] == [[], [], []]
    text = office.text(office.mails[-1])
    assert "Saldos vencidos" in text
    assert "Total: Importe: $1,160.00" in text
    assert "/reportes/vencidos/" in text
    name, data = next(iter(files(office).items()))
    assert name == "vencidos-de-la-semana-2026-03-02.xlsx"
    assert any("Abarrotes La Güera" in line for line in cells(data))
    assert not any(40 in line for line in cells(data)), "what is not due yet is not overdue"
    row.refresh_from_db()
    assert row.next_on == date(2026, 3, 9)


def test_each_rhythm_over_a_quarter(office: Stage) -> None:
    """Bank days, Mondays, and the last of each month: one mail each, none on the holiday of Juárez."""
    for name, rhythm in {"Diario": ("daily", 1), "Lunes": ("weekly", 1), "Cierre": ("monthly", 31)}.items():
        schedule(office, name=name, frequency=rhythm[0], day=rhythm[1])
    walk(office, date(2026, 5, 31))
    days: dict[str, list[str]] = {}
    for on, _to, subject in office.log:
        days.setdefault(subject.partition(" ·")[0], []).append(f"{on:%m-%d}")
    assert days["Cierre"] == ["03-31", "04-30", "05-31"]
    assert len(days["Lunes"]) == 13
    assert all(len(set(each)) == len(each) for each in days.values())
    assert "03-16" not in days["Diario"]  # the third Monday of March
    assert "04-03" not in days["Diario"]  # Good Friday
    assert len(days["Diario"]) == 61
    assert ReportSending.objects.count() == Message.objects.count() == len(office.log)


def test_days_without_power_are_not_made_good(office: Stage) -> None:
    row = schedule(office, frequency="daily")
    office.today = date(2026, 3, 12)
    assert tick(office, "07:30") == []
    assert tick(office, "09:00") == ["Vencidos de la semana · 12 mar 2026"]
    assert [each.on for each in ReportSending.objects.filter(schedule=row)] == [date(2026, 3, 12)]


def test_what_it_says_is_of_the_moment_it_goes(office: Stage) -> None:
    schedule(office, name="Antigüedad", report="aging", format="pdf", frequency="daily")
    tick(office)
    assert "1,200.00" in pdf_text(files(office))
    receivable = office.owes(office.customer("Taller Peña"), 800_00, date(2026, 3, 2))
    office.today = date(2026, 3, 3)
    tick(office)
    assert "2,000.00" in pdf_text(files(office))
    office.pays(receivable, 800_00)
    office.today = date(2026, 3, 4)
    tick(office)
    assert "1,200.00" in pdf_text(files(office))


def pdf_text(found: dict[str, bytes]) -> str:
    (data,) = (each for name, each in found.items() if name.endswith(".pdf"))
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


REPORTS = (
    "overdue", "aging", "statement", "indicators", "cash_flow", "forecast", "team", "collectors", "reminders",
)  # fmt: skip


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_goes_as_excel_and_as_paper(office: Stage, report: str) -> None:
    guera = office.owes(office.customer("Miscelánea Robles"), 116_00, date(2026, 2, 1)).customer
    options = {"customer": str(guera.pk)} if report == "statement" else {}
    schedule(office, report=report, name="Reporte", format="both", options=options)
    assert tick(office) == ["Reporte · 2 mar 2026"]
    found = files(office)
    assert sorted(found) == ["reporte-2026-03-02.pdf", "reporte-2026-03-02.xlsx"]
    title = str(catalogue.REPORTS[report].title)
    assert title in pdf_text(found).replace("\n", " ")
    assert title in str(cells(found["reporte-2026-03-02.xlsx"])[0])


def test_no_report_is_left_out_of_these_stories() -> None:
    assert set(REPORTS) == set(catalogue.REPORTS)


def test_members_and_outsiders_get_it_and_who_left_does_not(office: Stage) -> None:
    luis = make_user("luis@tresrios.example", office.company, Role.FINANCE)
    row = schedule(office, people=[str(luis.pk)], addresses=[OUTSIDER, OWNER.upper()])
    assert row.recipients == [{"user": str(luis.pk)}, {"email": OUTSIDER}, {"user": str(office.owner.pk)}]
    tick(office)
    assert sorted(to for _day, to, _subject in office.log) == sorted([luis.email, OUTSIDER, OWNER])
    Membership.objects.filter(user=luis).update(suspended_at=office.at("09:00"))
    office.today = date(2026, 3, 9)
    tick(office)
    assert sorted(to for day, to, _subject in office.log if day == office.today) == sorted([OUTSIDER, OWNER])
    assert "ya no es de la empresa" in ReportSending.objects.latest("on").trouble


def test_a_collector_gets_only_the_own_portfolio(office: Stage) -> None:
    luis = make_user("luis@tresrios.example", office.company, Role.COLLECTOR)
    Membership.objects.filter(user=luis).update(own_portfolio_only=True)
    with pytest.raises(ScheduleError, match="luis solo ve su cartera"):
        schedule(office, people=[str(luis.pk)])
    own = Portfolio.objects.create(company=office.company, name="Norte", collector=luis)
    schedule(office, people=[str(luis.pk)], options={"portfolio": str(own.pk)})
    office.owes(office.customer("Ferretería Norte", portfolio=own), 777_00, date(2026, 2, 1))
    tick(office)
    (data,) = files(office).values()
    assert [line[1] for line in cells(data) if 777 in line] == ["Ferretería Norte", ""]
    assert not any("Abarrotes La Güera" in line for line in cells(data))
    # the portfolio becomes somebody else's: what it holds is not for Luis any more
    Portfolio.objects.filter(pk=own.pk).update(collector=office.owner)
    office.today = date(2026, 3, 9)
    assert tick(office) == ["Aviso sobre " + str(office.company)]
    assert "No queda a quién mandarlo" in ReportSending.objects.latest("on").trouble


def test_an_owner_who_sees_a_part_sends_that_part(office: Stage) -> None:
    ana = make_user("ana@tresrios.example", office.company, Role.FINANCE)
    Membership.objects.filter(user=ana).update(own_portfolio_only=True)
    own = Portfolio.objects.create(company=office.company, name="Sur", collector=ana)
    office.owes(office.customer("Papelería Sur", portfolio=own), 55_00, date(2026, 2, 1))
    schedules.write_schedule(words=words(office, people=[str(ana.pk)]), now=office.at("07:00"), actor=ana)
    tick(office)
    (data,) = files(office).values()
    assert any("Papelería Sur" in line for line in cells(data))
    assert not any("Abarrotes La Güera" in line for line in cells(data))


def test_an_owner_without_permission_sends_nothing_and_a_person_is_told_once(office: Stage) -> None:
    ana = make_user("ana@tresrios.example", office.company, Role.FINANCE)
    schedules.write_schedule(words=words(office, people=[str(office.owner.pk)]), now=office.at("07:00"), actor=ana)
    Membership.objects.filter(user=ana).update(role=Role.AUDITOR)
    tick(office)
    assert office.days(OWNER) == ["03-02"]
    assert "ya no tiene permiso" in office.text(office.mails[-1])
    assert [tick(office, clock) for clock in ("08:10", "09:00")] == [[], []]
    assert ReportSending.objects.get().message is None


def test_a_customer_that_is_gone_is_said(office: Stage) -> None:
    guera = office.customer("Taller Peña")
    row = schedule(office, report="statement", options={"customer": str(guera.pk)})
    type(guera).objects.filter(pk=guera.pk).update(collecting=False)
    tick(office)
    assert "está apagado" in ReportSending.objects.get(schedule=row).trouble
    assert "está apagado" in office.text(office.mails[-1])


def test_what_fails_for_no_known_reason_is_tried_for_an_hour(office: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule(office)
    broken = [True]
    plain = sendings.make

    def make(*given: Any, **named: Any) -> Any:
        if broken[0]:
            raise RuntimeError("disk")
        return plain(*given, **named)

    monkeypatch.setattr(sendings, "make", make)
    assert tick(office, "08:00") == tick(office, "08:30") == []
    assert not ReportSending.objects.exists()
    broken[0] = False
    assert tick(office, "08:35") == ["Vencidos de la semana · 2 mar 2026"]
    broken[0], office.today = True, date(2026, 3, 9)
    assert tick(office, "08:00") == []
    assert tick(office, "09:00") == ["Aviso sobre " + str(office.company)]
    assert "No se pudo armar" in ReportSending.objects.latest("on").trouble


def test_an_address_that_bounces_is_told(office: Stage) -> None:
    schedule(office, people=[], addresses=[OUTSIDER])
    office.mailer.at_rcpt = "550 5.1.1 No such user"
    assert tick(office) == []
    office.mailer.at_rcpt = "250 OK"
    assert tick(office, "08:10") == ["Aviso sobre " + str(office.company)]
    assert OUTSIDER in office.text(office.mails[-1])
    assert tick(office, "08:15") == []


def test_by_hand_it_goes_once_and_its_hour_sends_no_second_one(office: Stage) -> None:
    row = schedule(office)
    sendings.send_now(schedule_id=row.pk, now=office.at("07:10"), actor=office.owner)
    with pytest.raises(sendings.SendingError, match="ya salió"):
        sendings.send_now(schedule_id=row.pk, now=office.at("07:11"), actor=office.owner)
    assert tick(office, "08:05") == ["Vencidos de la semana · 2 mar 2026"]
    row.refresh_from_db()
    assert row.next_on == date(2026, 3, 9)
    assert ReportSending.objects.count() == 1


def test_a_sample_goes_to_who_asks_and_changes_nothing(office: Stage) -> None:
    luis = make_user("luis@tresrios.example", office.company, Role.FINANCE)
    row, key = schedule(office), uuid.uuid4()
    for _twice in range(2):
        sendings.send_sample(schedule_id=row.pk, key=key, now=office.at("07:10"), actor=luis)
    office.send("07:11")
    assert [to for _day, to, _subject in office.log] == [luis.email]
    assert not ReportSending.objects.exists()
    assert tick(office, "08:05") == ["Vencidos de la semana · 2 mar 2026"]


def test_paused_put_away_and_back(office: Stage) -> None:
    row = schedule(office, frequency="daily")
    row = schedules.pause(schedule_id=row.pk, version=row.version, now=office.at("07:30"), actor=office.owner)
    assert tick(office) == []
    office.today = date(2026, 3, 4)
    row = schedules.resume(schedule_id=row.pk, version=row.version, now=office.at("12:00"), actor=office.owner)
    assert row.next_on == date(2026, 3, 5), "what its hour passed in the pause is not made good"
    row = schedules.archive(schedule_id=row.pk, version=row.version, now=office.at("12:00"), actor=office.owner)
    office.today = date(2026, 3, 5)
    assert tick(office) == []
    row = schedules.restore(schedule_id=row.pk, version=row.version, now=office.at("12:00"), actor=office.owner)
    office.today = date(2026, 3, 6)
    assert tick(office) == ["Vencidos de la semana · 6 mar 2026"]


def test_two_people_who_change_it_at_once(office: Stage) -> None:
    row = schedule(office)
    schedules.write_schedule(
        words=words(office, name="Otro"), now=office.at("07:00"), actor=office.owner, schedule_id=row.pk, version=1
    )
    with pytest.raises(schedules.Stale, match="Alguien cambió"):
        schedules.pause(schedule_id=row.pk, version=1, now=office.at("07:00"), actor=office.owner)
    event = AuditEvent.objects.filter(verb="reports.schedule_changed").get()
    assert event.detail["before"]["name"] == "Vencidos de la semana"
    assert event.detail["after"]["name"] == "Otro"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"report": "secrets"}, "Ese reporte ya no existe"),
        ({"name": "  "}, "Ponle un nombre"),
        ({"format": "docx"}, "Elige cómo va"),
        ({"frequency": "hourly"}, "Elige cada cuándo"),
        ({"day": 8}, "del 1 al 7"),
        ({"people": [], "addresses": []}, "al menos a una persona"),
        ({"addresses": ["no es correo"]}, "no es un correo"),
        ({"people": [str(uuid.UUID(int=1))]}, "ya no es de la empresa"),
        ({"options": {"portfolio": str(uuid.UUID(int=1))}}, "Esa cartera ya no existe"),
        ({"report": "statement"}, "Elige de qué cliente"),
        ({"report": "cash_flow", "options": {"step": "year"}}, "Esa opción no existe"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(office: Stage, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ScheduleError, match=sentence):
        schedule(office, **changes)
    assert not ReportSchedule.objects.exists()


def test_hostile_names_stay_text(office: Stage) -> None:
    name = "{{ rfc }} {% if x %} *x* <b>=1+1</b>"
    office.owes(office.customer('=HYPERLINK("http://x")'), 10_00, date(2026, 2, 1))
    schedule(office, name=name, format="both")
    tick(office)
    assert str(office.mails[-1]["Subject"]).startswith(name)
    assert "<b>=1+1</b>" not in office.html(office.mails[-1])


def test_the_mail_carries_the_head_of_the_audit_chain(office: Stage) -> None:
    schedule(office)
    head = audit.anchor()
    tick(office)
    assert head
    assert head in office.text(office.mails[-1])
    assert Message.objects.get().facts["audit"] == head


def test_hours_are_those_of_the_company(office: Stage) -> None:
    """8:00 in Mexico City is 14:00 UTC."""
    row = schedule(office)
    assert sendings.due(now=datetime.fromisoformat("2026-03-02T13:59:00+00:00")) == []
    assert sendings.due(now=datetime.fromisoformat("2026-03-02T14:00:00+00:00")) == [row.pk]
