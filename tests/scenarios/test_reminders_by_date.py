"""Stories by date: a cast, a calendar, and what each person received. The mail server is real."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from aldia.messaging.models import Message
from aldia.receivables.operations.charges import pause
from aldia.reminders.models import When
from aldia.reminders.operations.pauses import pause_customers
from aldia.reminders.operations.rule_words import StepWords
from tests.support.stage import Stage

LUPITA, PACO, ANN = "lupita@laguera.example", "paco@elsol.example", "ann@northwind.example"


def test_the_usual_rule_before_on_the_day_after_and_again(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(), guera)
    stage.owes(guera, 1_160_00, date(2026, 3, 11))
    stage.walk(date(2026, 4, 30))
    # Sunday 8 March goes on Monday 9; on the day; the day after; every seven days, three times; the last falls on
    # Maundy Thursday and waits for the Monday after Easter
    assert stage.days(LUPITA) == ["03-09", "03-11", "03-12", "03-19", "03-26", "04-06"]
    subjects = [subject for _day, _to, subject in stage.log]
    assert subjects[0] == "Su documento F-1 vence el 11 de marzo de 2026"
    assert subjects[1] == "Hoy vence su documento F-1"
    assert len(set(subjects[2:])) == 2  # the first after is neutral, the repeated ones are firm


def test_weekends_bank_holidays_and_holy_week(stage: Stage) -> None:
    stage.today = date(2026, 3, 13)
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1)), guera)
    stage.owes(guera, 100_00, date(2026, 3, 13))  # Saturday; Monday 16 March is the holiday of Juárez: Tuesday
    stage.walk(date(2026, 3, 20))
    stage.owes(guera, 200_00, date(2026, 4, 1))  # Maundy Thursday, Good Friday, weekend: Monday 6 April
    stage.walk(date(2026, 4, 10))
    assert stage.days() == ["03-17", "04-06"]


def test_the_end_of_the_year(stage: Stage) -> None:
    stage.today = date(2026, 12, 21)
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(
        stage.rule(StepWords(When.ON_DAY), StepWords(When.AFTER, 1), StepWords(When.REPEAT, 7, times=1)), guera
    )
    stage.owes(guera, 100_00, date(2026, 12, 31))
    stage.walk(date(2027, 1, 15))
    assert stage.days() == ["12-31", "01-04", "01-08"]  # 1 January is a holiday, then a weekend


def test_three_days_without_the_machine_end_in_one_mail(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(), guera)
    stage.owes(guera, 100_00, date(2026, 3, 11))
    stage.walk(date(2026, 3, 9))
    stage.today = date(2026, 3, 13)  # the day itself and the day after were missed
    stage.walk(date(2026, 3, 20))
    assert stage.days() == ["03-09", "03-13", "03-19"]
    # the turn of the due day may still be spoken of, so it went into the one of the day after
    assert stage.states()["merged", ""] == 1


def test_each_tick_of_a_day_sends_nothing_twice_and_nothing_before_the_hour(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1)), guera)
    stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 3)
    hours = [f"{hour:02}:{minute:02}" for hour in range(7, 20) for minute in (0, 15, 30, 45)]
    arrived = []
    for clock in hours:
        stage.tick(clock)
        arrived += [clock] * (len(stage.log) - len(arrived))
    assert arrived == ["09:00"]


def test_a_clock_that_goes_back_an_hour(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1), StepWords(When.REPEAT, 1, times=5)), guera)
    stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 3)
    for clock in ("09:15", "08:15", "09:15", "10:00", "09:00"):
        stage.tick(clock)
    stage.today = date(2026, 3, 2)  # and a whole day
    stage.tick("17:00")
    stage.today = date(2026, 3, 3)
    stage.tick("17:00")
    assert stage.days() == ["03-03"]


ZONES = [
    # zone, country, the day on which the clocks change and the ones around it
    ("America/Tijuana", "MX", date(2026, 3, 8)),
    ("America/Tijuana", "MX", date(2026, 11, 1)),
    ("Europe/Madrid", "ES", date(2026, 3, 29)),
    ("Europe/Madrid", "ES", date(2026, 10, 25)),
]


@pytest.mark.parametrize(("zone", "country", "change"), ZONES)
def test_clock_changes_move_nothing(stage: Stage, zone: str, country: str, change: date) -> None:
    """Ticks every half hour of UTC over three days: each mail leaves at nine on the company's wall, once."""
    stage.company.time_zone, stage.company.country = zone, country
    stage.company.save(update_fields=["time_zone", "country"])
    stage.settings(weekdays="every", transit_days=0)
    stage.today = change - timedelta(days=1)
    guera = stage.customer("La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1), StepWords(When.REPEAT, 1, times=3)), guera)
    stage.owes(guera, 100_00, change - timedelta(days=2))
    moment, arrived = stage.at("00:00"), []
    for _each in range(3 * 48):
        local = moment.astimezone(stage.zone)
        stage.today = local.date()
        stage.tick(f"{local:%H:%M}")
        arrived += [f"{local:%m-%d %H:%M}"] * (len(stage.log) - len(arrived))
        moment += timedelta(minutes=30)
    assert arrived == [f"{change + timedelta(days=each):%m-%d} 09:00" for each in (-1, 0, 1)]


def test_two_currencies_in_one_message(stage: Stage) -> None:
    sol = stage.customer("Comercial El Sol", PACO)
    stage.follow(stage.rule(StepWords(When.AFTER, 1)), sol)
    stage.owes(sol, 1_160_00, date(2026, 3, 2))
    stage.owes(sol, 250_00, date(2026, 3, 2), currency="USD")
    stage.owes(sol, 40_00, date(2026, 5, 2))  # not due: shown all the same, the rule does not say only overdue
    stage.walk(date(2026, 3, 4))
    (mail,) = stage.mails
    said = stage.text(mail) + stage.html(mail)
    assert "$1,200.00" in said
    assert "250.00 USD" in said
    (message,) = stage.messages()
    assert message.facts["totals"] == [{"minor": 1_200_00, "currency": "MXN"}, {"minor": 250_00, "currency": "USD"}]
    assert {(each.balance, each.currency) for each in message.debts.all()} == {
        (1_160_00, "MXN"), (250_00, "USD"), (40_00, "MXN"),
    }  # fmt: skip


def test_content_filters(stage: Stage) -> None:
    sol = stage.customer("Comercial El Sol", PACO)
    rule = stage.rule(
        StepWords(When.AFTER, 1),
        only_overdue=True,
        min_balance=100_00,
        min_currency="MXN",
        columns=("number", "balance"),
    )
    stage.follow(rule, sol)
    stage.owes(sol, 500_00, date(2026, 3, 2))
    stage.owes(sol, 99_99, date(2026, 3, 2))  # below the minimum
    stage.owes(sol, 5_00, date(2026, 3, 2), currency="USD")  # the minimum is in pesos
    stage.owes(sol, 700_00, date(2026, 6, 2))  # not overdue
    stage.walk(date(2026, 3, 4))
    (message,) = stage.messages()
    assert sorted((each.balance, each.currency) for each in message.debts.all()) == [(5_00, "USD"), (500_00, "MXN")]
    assert "Vencimiento" not in message.html
    assert "Saldo" in message.html


def test_one_message_per_document_is_one_turn(stage: Stage) -> None:
    sol = stage.customer("Comercial El Sol", PACO)
    stage.settings(min_days_between=2, transit_days=0)
    stage.follow(stage.rule(StepWords(When.AFTER, 1), StepWords(When.REPEAT, 1, times=9), grouping="document"), sol)
    for total in (100_00, 200_00, 300_00):
        stage.owes(sol, total, date(2026, 3, 2))
    stage.walk(date(2026, 3, 6))
    # three mails on the 3rd, one a document; the 4th is left alone; three on the 5th
    assert stage.days() == ["03-03"] * 3 + ["03-05"] * 3
    assert [[each.balance for each in message.debts.all()] for message in stage.messages(on_day=date(2026, 3, 3))] == [
        [100_00], [200_00], [300_00],
    ]  # fmt: skip


def test_an_invoice_that_is_excluded_is_neither_reminded_of_nor_shown(stage: Stage) -> None:
    sol = stage.customer("Comercial El Sol", PACO)
    stage.follow(stage.rule(StepWords(When.AFTER, 1)), sol)
    stage.owes(sol, 100_00, date(2026, 3, 2))
    excluded = stage.owes(sol, 900_00, date(2026, 3, 2))
    stage.follow(None, receivables=[excluded])
    stage.walk(date(2026, 3, 5))
    (message,) = stage.messages()
    assert [each.balance for each in message.debts.all()] == [100_00]
    assert excluded.number not in message.text + message.html


def test_a_rule_of_one_invoice_goes_before_that_of_its_customer(stage: Stage) -> None:
    sol = stage.customer("Comercial El Sol", PACO)
    stage.follow(stage.rule(StepWords(When.AFTER, 1), name="De todos"), sol)
    late = stage.owes(sol, 100_00, date(2026, 3, 2))
    stage.follow(stage.rule(StepWords(When.AFTER, 5), name="Con calma"), receivables=[late])
    stage.walk(date(2026, 3, 12))
    assert stage.days() == ["03-09"]  # Saturday 7 goes on Monday 9
    assert stage.messages()[0].reason == "Con calma"


def test_pauses_of_a_customer_and_of_a_document(stage: Stage) -> None:
    sol, guera = stage.customer("Comercial El Sol", PACO), stage.customer("La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1)), sol, guera)
    stage.owes(sol, 100_00, date(2026, 3, 2))
    row = stage.owes(guera, 100_00, date(2026, 3, 2))
    shown = stage.owes(guera, 300_00, date(2026, 3, 2))
    pause_customers(
        customer_ids=[sol.pk], until=date(2026, 3, 6), reason="Inventario", today=stage.today, actor=stage.owner
    )
    pause(receivable_ids=[row.pk], until=None, reason="Aclarando", today=stage.today, actor=stage.owner)
    stage.walk(date(2026, 3, 12))
    assert stage.days(PACO) == ["03-09"]  # the day after the pause is a Saturday
    assert stage.days(LUPITA) == ["03-03"]
    assert [each.receivable_id for each in stage.messages(customer=guera)[0].debts.all()] == [shown.pk]
    assert stage.states()["planned", "paused"] == 1


def test_a_customer_switched_off_hears_nothing_more(stage: Stage) -> None:
    sol = stage.customer("Comercial El Sol", PACO)
    stage.follow(stage.rule(), sol)
    stage.owes(sol, 100_00, date(2026, 3, 11))
    stage.walk(date(2026, 3, 11))
    sol.collecting = False
    sol.save(update_fields=["collecting"])
    stage.walk(date(2026, 4, 20))
    assert stage.days() == ["03-09", "03-11"]


def test_languages_and_the_person_who_answers(stage: Stage) -> None:
    north = stage.customer("Northwind", ANN, language="en")
    stage.follow(stage.rule(StepWords(When.AFTER, 1)), north)
    stage.owes(north, 100_00, date(2026, 3, 2), currency="USD")
    stage.walk(date(2026, 3, 4))
    (mail,) = stage.mails
    assert "March 2, 2026" in stage.text(mail)
    assert "marzo" not in stage.text(mail)
    assert stage.owner.email in str(mail["Reply-To"])  # nobody was named: an answer reaches the owner


def test_by_every_channel_that_is_set_up(stage: Stage) -> None:
    """A step that uses e-mail and letters writes both on the day; the letter waits for whoever posts it."""
    sol = stage.customer("Comercial El Sol", PACO)
    stage.follow(stage.rule(StepWords(When.AFTER, 1, channels=("email", "letter"), every_channel=True)), sol)
    stage.owes(sol, 100_00, date(2026, 3, 2))
    stage.walk(date(2026, 3, 5))
    assert stage.days() == ["03-03"]
    assert sorted(Message.objects.values_list("channel", "state")) == [("email", "done"), ("letter", "ready")]


def test_a_channel_that_is_not_set_up_says_so(stage: Stage) -> None:
    sol = stage.customer("Comercial El Sol")
    stage.contact(sol, PACO, phone="+525555550134")
    stage.follow(stage.rule(StepWords(When.AFTER, 1, channels=("sms",))), sol)
    stage.owes(sol, 100_00, date(2026, 3, 2))
    stage.walk(date(2026, 3, 4))
    assert stage.messages() == []
    assert stage.states() == {("planned", "no_channel"): 1}
