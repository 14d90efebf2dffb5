"""Reminders through 400 days in six time zones, on the planner of the domain alone, against an oracle of its own.

Three schedulers whose clocks differ by minutes tick at random times, read the same state and race for its rows; ticks
fail for hours or days, processes die between planning and sending, the clock goes back an hour, zones change theirs.
Customers pay, promise, dispute, are paused, lose their address; due dates move; rules go off and on. Checked at every
tick: nothing early, nothing twice, nothing beyond the caps, nobody missed who could be written to, every turn
that came due accounted for once. The oracle says from the calendar which turn falls on which day, walking day
by day, with nothing of `domain.reminders`.

`python -m benchmarks.reminders_simulation [DAYS [SEED [DEBTS [MINUTES BETWEEN TICKS]]]] > docs/reminders-simulation.md`
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from itertools import pairwise
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from aldia.domain.calendars import is_bank_day
from aldia.domain.reminders import (
    Circumstances,
    Debt,
    Decision,
    Hold,
    Past,
    Rule,
    Sending,
    State,
    Step,
    When,
    Why,
    is_capped,
    is_open,
    plan,
    stray,
)
from aldia.domain.reminders.facts import ERA

ZONES = {
    "America/Mexico_City": "MX",
    "America/Tijuana": "MX",
    "America/Ciudad_Juarez": "MX",
    "Europe/Madrid": "ES",
    "America/Sao_Paulo": "CL",  # no calendar of Brazil in the product; another one with bank holidays does
    "Pacific/Auckland": "CO",
}
START = datetime(2025, 9, 20, 0, 0, tzinfo=UTC)  # before the clocks of Auckland, Madrid and the border change
HOURS = ((7, 0, 18, 0), (9, 0, 18, 0), (0, 30, 23, 30), (1, 30, 5, 0))
REACHED = {"email": Why.NOTHING}
Key = tuple[UUID, int, str]


@dataclass
class Row:
    """A candidate as the database would hold it."""

    state: State
    why: Why
    on: date
    row: UUID
    decided: datetime


@dataclass
class Item:
    """A receivable of the world and its customer's circumstances."""

    customer: int
    due_on: date
    balance: int
    era: int = 0
    since: date | None = None
    rows: dict[Key, Row] = field(default_factory=dict)
    is_moved: bool = False


@dataclass
class Person:
    """A customer: what holds it, and when it was written to."""

    rule: Rule
    hold: Hold | None = None
    reach: dict[str, Why] = field(default_factory=lambda: dict(REACHED))
    reminded_on: set[date] = field(default_factory=set)
    by_hand: set[date] = field(default_factory=set)
    is_switched: bool = False


class Broken(AssertionError):
    """A promise of reminders that did not hold."""


class World:
    """One company in one time zone."""

    def __init__(self, zone: str, seed: int, *, days: int, customers: int, debts: int, every: int) -> None:
        self.zone, self.random = ZoneInfo(zone), Random(f"{seed} {zone}")
        self.name, self.days, self.every = zone, days, every
        random = self.random
        hours = random.choice(HOURS)
        self.sending = Sending(
            country=ZONES[zone],
            send_from=clock_time(hours[0], hours[1]),
            send_until=clock_time(hours[2], hours[3]),
            weekdays=random.choice(["bank", "weekdays", "every"]),
            min_days_between=random.choice([1, 1, 2]),
            max_per_week=random.choice([2, 3, 5]),
            transit_days=random.choice([0, 1, 2]),
        )
        self.people = [Person(self.rule(number)) for number in range(customers)]
        self.items: list[Item] = []
        self.debts = debts
        self.counts: Counter[str] = Counter()
        self.sent: Counter[tuple[int, Key]] = Counter()
        self.ids = 0
        self.now = START
        self.opened: list[date] = []
        self.oracle: dict[tuple[UUID, date, date], list[tuple[date, Step, int]]] = {}

    def new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def rule(self, number: int) -> Rule:
        """Rules of several shapes; one in three sends by two channels at once."""
        random, pick = self.random, self.random.random
        channels = {"channels": ("email", "sms"), "every_channel": True} if number % 3 == 2 else {}
        steps = [Step(self.id_of(number, 1), When.BEFORE, random.randint(1, 12), **channels)]  # type: ignore[arg-type]
        if pick() < 0.5:
            steps.append(Step(self.id_of(number, 2), When.BEFORE, random.randint(13, 30)))
        if pick() < 0.7:
            steps.append(Step(self.id_of(number, 3), When.ON))
        if pick() < 0.9:
            steps.append(Step(self.id_of(number, 4), When.AFTER, random.randint(1, 6), **channels))  # type: ignore[arg-type]
        if pick() < 0.8:
            until = random.choice([None, 45])
            steps.append(
                Step(self.id_of(number, 5), When.REPEAT, random.randint(1, 12), random.choice([None, 4]), until)
            )
        return Rule(self.id_of(number, 0), tuple(steps), self.local(START).date())

    @staticmethod
    def id_of(number: int, step: int) -> UUID:
        return UUID(int=(number + 1) << 64 | step)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    # What happens

    def run(self) -> Counter[str]:
        """Live through all days; raises `Broken`."""
        outage_until = back_until = START
        for moment in self.moments():
            self.now = moment
            self.life(self.local(moment).date())
            if self.random.random() < 0.004:
                outage_until = moment + timedelta(hours=self.random.choice([1, 5, 30, 24 * 4, 24 * 9]))
                self.counts["outages"] += 1
            if moment < outage_until:
                continue
            if self.random.random() < 0.002:
                back_until = moment + timedelta(hours=3)
                self.counts["clocks put back an hour"] += 1
            self.tick(timedelta(hours=-1) if moment < back_until else timedelta(0))
        self.account()
        return self.counts

    def moments(self) -> Iterator[datetime]:
        """Random moments, some `every` minutes apart."""
        moment, end = START, START + timedelta(days=self.days)
        while moment < end:
            moment += timedelta(seconds=self.random.randint(30, self.every * 120))
            yield moment

    def life(self, today: date) -> None:
        """What customers and colleagues do meanwhile."""
        random = self.random
        if len(self.items) < self.debts and random.random() < 0.2:
            due = today + timedelta(days=random.randint(-60, 60))
            self.items.append(Item(random.randrange(len(self.people)), due, random.randint(1, 9) * 1000, since=today))
        if random.random() < 0.01 and self.items:
            self.change_debt(random.choice(self.items), today)
        if random.random() < 0.01:
            self.change_person(random.choice(self.people), today)

    def change_debt(self, item: Item, today: date) -> None:
        match self.random.choice(["pay", "part", "move", "move_a_bit"]):
            case "pay" if self.random.random() < 0.3:
                self.settle(item)
                item.balance, item.due_on, item.era = 5000, today + timedelta(days=self.random.randint(-10, 50)), 0
                item.since, item.rows, item.is_moved = today, {}, False
                self.counts["paid"] += 1
            case "part":
                item.balance = max(1, item.balance // 2)
            case "move":
                item.due_on, item.era = item.due_on + timedelta(days=self.random.randint(7, 40)), item.era + 1
                item.is_moved = True
                self.counts["due dates moved"] += 1
            case "move_a_bit":
                item.due_on += timedelta(days=self.random.randint(-2, 3))
                item.is_moved = True

    def change_person(self, person: Person, today: date) -> None:
        match self.random.choice(["hold", "free", "free", "contact", "rule", "hand"]):
            case "hold":
                person.hold = Hold(self.random.choice([Why.PAUSED, Why.PROMISE, Why.REPORTED]))
                self.counts["held"] += 1
            case "free":
                person.hold, person.reach = None, dict(REACHED) | {"sms": Why.NOTHING}
            case "contact":
                person.reach = {"email": Why.BOUNCED, "sms": Why.NOTHING}
            case "rule":
                on = None if person.rule.activated_on else today
                person.rule, person.is_switched = replace(person.rule, activated_on=on), True
                self.counts["rules switched"] += 1
            case "hand":
                person.by_hand.add(today)

    # The schedulers

    def tick(self, back: timedelta) -> None:
        """Three schedulers look at the same state at once and race for its rows; one may die before it sends."""
        skews = [timedelta(seconds=self.random.randint(-600, 600)) for _scheduler in range(3)]
        clocks = [self.local(self.now + back + skew) for skew in skews]
        open_ones = [clock for clock in clocks if is_open(self.sending, clock)]
        if not open_ones:
            return
        self.counts["ticks"] += 1
        plans = [(clock, self.plan(clock.date())) for clock in open_ones]
        self.random.shuffle(plans)
        for _clock, decided in plans:
            for item, decision in decided:
                self.write(item, decision)
            if self.random.random() < 0.02:
                self.counts["killed before sending"] += 1
                return
        for clock in open_ones:
            self.send(clock.date())
        days = {clock.date() for clock in open_ones}
        if len(days) == 1 and not back and days == {self.local(self.now).date()}:
            self.check_nobody_missed(days.pop())

    def around(self, person: Person, today: date) -> Circumstances:
        reminded = person.reminded_on | (person.by_hand & {today})
        return Circumstances(person.hold, person.reach, is_capped(self.sending, reminded, today))

    def plan(self, today: date) -> list[tuple[Item, Decision]]:
        found = []
        for item in self.items:
            person = self.people[item.customer]
            debt = Debt(item.due_on, item.balance, "MXN", item.since, item.era)
            past = {key: Past(row.state, row.why, row.on, row.row) for key, row in item.rows.items()}
            decided = plan(
                rule=person.rule,
                debt=debt,
                past=past,
                around=self.around(person, today),
                sending=self.sending,
                today=today,
            )
            found += [(item, each) for each in decided if each.is_news]
            if person.rule.activated_on:
                self.put_straight(item, past, decided, person.rule, debt)
        return found

    def put_straight(self, item: Item, past: dict[Key, Past], decided: list[Decision], rule: Rule, debt: Debt) -> None:
        """Rows that wait for a day that moved."""
        due = [each.turn for each in decided]
        for known, state, why in stray(past, due, rule, debt):
            row = next(row for row in item.rows.values() if row.row == known.row)
            if row.state is State.PLANNED:
                row.state, row.why = state, why

    def write(self, item: Item, decision: Decision) -> None:
        """INSERT … ON CONFLICT DO NOTHING, or UPDATE … WHERE state = planned."""
        key = (decision.turn.step.key, decision.turn.cycle, decision.channel)
        row = item.rows.get(key)
        if decision.past is None:
            if row is None:
                item.rows[key] = Row(decision.state, decision.why, decision.turn.on, self.new_id(), self.now)
        elif row is not None and row.row == decision.past.row and row.state is State.PLANNED:
            row.state, row.why, row.on = decision.state, decision.why, decision.turn.on

    def send(self, today: date) -> None:
        """One message per customer and day with all that is ready, the cap asked again."""
        ready: dict[int, list[tuple[Item, Key, Row]]] = {}
        for item in self.items:
            for key, row in item.rows.items():
                if row.state is State.PLANNED and row.why is Why.NOTHING and row.on <= today:
                    ready.setdefault(item.customer, []).append((item, key, row))
        for customer, rows in ready.items():
            person = self.people[customer]
            if person.rule.activated_on is None or person.hold or self.around(person, today).is_capped:
                continue
            self.check_one_turn_each(rows)
            for item, key, row in rows:
                row.state = State.DONE
                self.sent[id(item), (key[0], key[1] + 100_000 * len(self.opened), key[2])] += 1
                self.check_not_early(item, key, person)
            person.reminded_on.add(today)
            self.check_caps(person, today)
            self.counts["messages"] += 1
            self.counts["turns sent"] += len(rows)

    # The oracle

    def falls_on(self, item: Item, step: Step, number: int, rule: Rule) -> date:
        """The day of a turn, found by walking the calendar from the due date."""
        if step.when is When.BEFORE:
            return item.due_on - timedelta(days=step.days)
        if step.when is When.ON:
            return item.due_on
        day = item.due_on + timedelta(days=step.days)
        if step.when is When.REPEAT:
            after = [each.days for each in rule.steps if each.when is When.AFTER]
            day = item.due_on + timedelta(days=max(after, default=0) + step.days * number)
        earliest, left = item.due_on, self.sending.transit_days
        while left and not is_bank_day(self.sending.country, earliest):
            earliest += timedelta(days=1)
        while left:
            earliest += timedelta(days=1)
            left -= is_bank_day(self.sending.country, earliest)
        return max(day, earliest, item.due_on + timedelta(days=1))

    def came(self, item: Item, rule: Rule, today: date) -> list[tuple[date, Step, int]]:
        """The turns that came up to a day; the last of them speaks for the receivable."""
        known = (rule.key, item.due_on, today)
        if known not in self.oracle:
            self.oracle[known] = self.find_turns(item, rule, today)
        return self.oracle[known]

    def find_turns(self, item: Item, rule: Rule, today: date) -> list[tuple[date, Step, int]]:
        found: list[tuple[date, Step, int]] = []
        after = max((each.days for each in rule.steps if each.when is When.AFTER), default=0)
        for step in rule.steps:
            numbers = range(1, min(step.times or 999, 999) + 1) if step.when is When.REPEAT else (0,)
            for number in numbers:
                day = self.falls_on(item, step, number, rule)
                over = step.until_days is not None and after + step.days * number > step.until_days
                if day > today or over:
                    break
                found.append((day, step, number))
        order = {When.BEFORE: 0, When.ON: 1, When.AFTER: 2, When.REPEAT: 3}
        return sorted(found, key=lambda each: (each[0], order[each[1].when], each[2]))

    def check_not_early(self, item: Item, key: Key, person: Person) -> None:
        if key[1] // ERA != item.era:
            raise Broken(f"{self.name}: a turn of a due date that was moved was sent")
        step = next(each for each in person.rule.steps if each.key == key[0])
        day = self.falls_on(item, step, key[1] % ERA, person.rule)
        if self.local(self.now).date() < day:
            raise Broken(f"{self.name}: {step.when} of {day} sent at {self.local(self.now)}")

    def check_one_turn_each(self, rows: list[tuple[Item, Key, Row]]) -> None:
        """A message asks for a receivable once, and says on a channel what is due of it once."""
        asked = Counter((id(item), key[2]) for item, key, _row in rows)
        if any(times > 1 for times in asked.values()):
            raise Broken(f"{self.name}: two turns of one receivable in one message")

    def check_caps(self, person: Person, today: date) -> None:
        days = sorted(person.reminded_on)
        for one, two in pairwise(days):
            if (two - one).days < self.sending.min_days_between:
                raise Broken(f"{self.name}: written to on {one} and {two}")
        week = [day for day in days if today - timedelta(days=7) < day <= today]
        if len(week) > self.sending.max_per_week:
            raise Broken(f"{self.name}: {len(week)} days in a week")

    def check_nobody_missed(self, today: date) -> None:
        """After an undisturbed tick: whoever nothing holds has had the turn that speaks for them."""
        for item in self.items:
            person = self.people[item.customer]
            if person.rule.activated_on is None:
                continue
            came = self.came(item, person.rule, today)
            if not came:
                continue
            self.check_all_accounted(item, person, came)
            _day, step, number = came[-1]
            for channel in step.outlets:
                row = item.rows.get((step.key, item.era * ERA + number, channel))
                if row is None:
                    raise Broken(f"{self.name}: {step.when} {number} of {item.due_on} is missing on {today}")
                if row.state is State.PLANNED and row.why is Why.NOTHING and not self.around(person, today).is_capped:
                    raise Broken(f"{self.name}: {step.when} {number} of {item.due_on} was not sent on {today}")
                self.check_reason(item, person, row, today)

    def check_all_accounted(self, item: Item, person: Person, came: list[tuple[date, Step, int]]) -> None:
        """Every turn since the receivable came in has one state, and none but the latest waits."""
        if item.is_moved or person.is_switched:
            return
        assert item.since is not None
        for day, step, number in came[:-1]:
            for channel in step.outlets:
                row = item.rows.get((step.key, number, channel))
                if row is None and day >= item.since:
                    raise Broken(f"{self.name}: nothing is known of {step.when} {number} of {item.due_on}")
                if row is not None and row.state is State.PLANNED:
                    raise Broken(f"{self.name}: {step.when} {number} of {item.due_on} waits beside a later one")

    def check_reason(self, item: Item, person: Person, row: Row, today: date) -> None:
        """What waits or was left out has a reason that is true."""
        if row.state is State.PLANNED and row.why in (Why.PAUSED, Why.PROMISE, Why.REPORTED) and person.hold is None:
            raise Broken(f"{self.name}: waits for {row.why}, and nothing holds it")
        if row.state is State.MERGED and not item.is_moved:
            raise Broken(f"{self.name}: the latest turn of {item.due_on} was merged into nothing on {today}")
        self.counts[f"looked at: {row.state} {row.why}".strip()] += 1

    def settle(self, item: Item) -> None:
        """A receivable leaves: its rows are counted."""
        self.opened.append(item.due_on)
        self.account_for(item)

    def account(self) -> None:
        for item in self.items:
            self.account_for(item)
        doubles = {key: times for key, times in self.sent.items() if times > 1}
        if doubles:
            raise Broken(f"{self.name}: sent twice: {doubles}")

    def account_for(self, item: Item) -> None:
        """What became of its turns."""
        for row in item.rows.values():
            self.counts[f"turns: {row.state} {row.why}".strip()] += 1


def simulate(*, days: int, seed: int, customers: int = 12, debts: int = 40, every: int = 15) -> dict[str, Counter[str]]:
    """Each zone's counts; raises `Broken` with what did not hold."""
    worlds = [World(zone, seed, days=days, customers=customers, debts=debts, every=every) for zone in ZONES]
    return {world.name: world.run() for world in worlds}


def run(size: int = 60) -> dict[str, object]:
    """`size` days of a small world; what happened in it, all zones together."""
    total: Counter[str] = Counter()
    for counts in simulate(days=size, seed=1, customers=8, debts=20, every=60).values():
        total += counts
    return {"days": size, **{name: count for name, count in sorted(total.items()) if not name.startswith("looked")}}


def main() -> None:
    """Print the report of a long run."""
    asked = [int(each) for each in sys.argv[1:]]
    days, seed, debts, every = asked + [400, 1, 40, 15][len(asked) :]
    start = time.process_time()
    found = simulate(days=days, seed=seed, debts=debts, every=every)
    names = sorted({name for counts in found.values() for name in counts if not name.startswith("looked")})
    print(f"# Reminders through {days} days in six time zones\n")
    print((__doc__ or "").split("\n\n", 1)[1].split("\n\n`python", 1)[0].strip() + "\n")
    command = f"python -m benchmarks.reminders_simulation {days} {seed} {debts} {every}"
    print(f"`{command}`: {time.process_time() - start:.0f} s of CPU, no promise broken.\n")
    print("| |" + "|".join(zone.split("/")[-1].replace("_", " ") for zone in found) + "|")
    print("|---|" + "---:|" * len(found))
    for name in names:
        print(f"| {name} |" + "|".join(f"{counts[name]:,}" for counts in found.values()) + "|")


if __name__ == "__main__":
    main()
