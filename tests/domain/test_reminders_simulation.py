"""A short life of the simulation of six time zones, and what it finds when reminding is broken on purpose."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from aldia.domain.reminders import State, Why, plan
from benchmarks import reminders_simulation as simulation
from benchmarks.reminders_simulation import Broken, World, simulate


def live(seed: int = 7, days: int = 48) -> dict[str, Any]:
    return simulate(days=days, seed=seed, customers=8, debts=20, every=90)


def test_nobody_is_chased_wrongly_and_nobody_is_forgotten() -> None:
    found = live()
    assert set(found) == set(simulation.ZONES)
    assert all(counts["messages"] > 10 for counts in found.values())
    assert sum(counts["outages"] for counts in found.values()) > 5
    assert sum(counts["clocks put back an hour"] for counts in found.values()) > 2
    assert sum(counts["turns: merged"] for counts in found.values()) > 20


def a_day_early(monkeypatch: pytest.MonkeyPatch) -> None:
    def early(*, today: date, **rest: Any) -> Any:
        found = plan(today=today + timedelta(days=1), **rest)
        for each in found:
            object.__setattr__(each.turn, "on", min(each.turn.on, today))
        return found

    monkeypatch.setattr(simulation, "plan", early)


def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Naive: what was sent is planned again at the next tick."""

    def forget(self: World, item: Any, decision: Any) -> None:
        key = (decision.turn.step.key, decision.turn.cycle, decision.channel)
        item.rows[key] = simulation.Row(decision.state, decision.why, decision.turn.on, self.new_id(), self.now)

    real = World.plan

    def from_nothing(self: World, today: date) -> Any:
        for item in self.items:
            item.rows = {}
        return real(self, today)

    monkeypatch.setattr(World, "write", forget)
    monkeypatch.setattr(World, "plan", from_nothing)


def no_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "is_capped", lambda *_args: False)


def only_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Naive: a step that fell on a day without a tick is lost."""

    def today_only(*, today: date, **rest: Any) -> Any:
        return [each for each in plan(today=today, **rest) if each.turn.on == today or each.past]

    monkeypatch.setattr(simulation, "plan", today_only)


def all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Naive: everything missed is sent, nothing merged."""

    def burst(**rest: Any) -> Any:
        found = plan(**rest)
        for each in found:
            if each.state is State.MERGED:
                object.__setattr__(each, "state", State.PLANNED)
                object.__setattr__(each, "why", Why.NOTHING)
        return found

    monkeypatch.setattr(simulation, "plan", burst)


@pytest.mark.parametrize("sabotage", [a_day_early, no_memory, no_caps, only_that_day, all_at_once])
def test_the_simulation_sees_what_is_broken(sabotage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch)
    with pytest.raises(Broken):
        live(days=40)
