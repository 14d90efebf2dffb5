"""Nights with the optional second learner: kept once, recalled, said on screen, given up when it is gone or wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.test import Client

from aldia.domain.forecasting import replay
from aldia.forecasts.models import InvoiceForecast, ModelRun
from aldia.forecasts.operations.running import run_nightly
from aldia.integrations.forecasting import lightgbm_hazard
from aldia.tenancy.models import User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_user
from tests.support.history import Past
from tests.support.together import together

DAY = date(2025, 8, 4)
OWNER = "duena@example.com"
SAID = "con un segundo modelo"
needs_it = pytest.mark.skipif(not lightgbm_hazard.is_available(), reason="lightgbm is not installed (aldia[ml])")


@pytest.fixture
def past(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Past]:
    monkeypatch.setattr(replay, "CUTS", 1)
    monkeypatch.setattr(clock, "today", lambda company: DAY)
    company = make_company()
    with company_scope(company.pk):
        yield Past(company, together()).live_until(DAY)


def page_of(past: Past) -> str:
    client = Client()
    client.force_login(User.objects.filter(email=OWNER).first() or make_user(OWNER, past.company))
    return client.get(f"/e/{past.company.slug}/pronostico/").content.decode()


def said_by(run: ModelRun) -> dict[object, list[int]]:
    return dict(InvoiceForecast.objects.filter(run=run).values_list("receivable_id", "quantiles"))


@needs_it
def test_a_run_keeps_the_second_learner_once_and_the_next_recalls_it(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_nightly(as_of=DAY, today=DAY)
    assert (first.tier, first.wanted_tier, first.why) == (3, 3, "")
    assert set(first.coefficients["second"]) == {"kept"}
    assert SAID in page_of(past)
    again = run_nightly(as_of=DAY, today=DAY)
    assert (again.tier, again.wanted_tier, again.why, again.learnt_on) == (3, 3, "", DAY)
    assert again.coefficients["second"] == {"run": str(first.pk)}
    ours, theirs = said_by(again), said_by(first)
    assert ours.keys() == theirs.keys()
    off = [abs(a - b) for row, said in ours.items() for a, b in zip(said, theirs[row], strict=True)]
    assert max(off) <= 1  # coefficients are kept with six decimals
    assert sum(off) <= len(off) / 1000
    tomorrow = run_nightly(as_of=DAY + timedelta(1), today=DAY + timedelta(1))
    assert (tomorrow.tier, tomorrow.learnt_on) == (3, DAY)
    assert tomorrow.coefficients["second"] == {"run": str(first.pk)}  # not the run between
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    later = DAY + timedelta(2)
    without = run_nightly(as_of=later, today=later)
    assert (without.wanted_tier, without.learnt_on) == (2, later)
    assert without.tier < 3
    assert "second" not in without.coefficients
    assert SAID not in page_of(past)


@needs_it
def test_what_came_out_worse_steps_back_one_tier(past: Past) -> None:
    """What is due is paid at once, the rest together: four weeks later the second learner is not trusted any more."""
    assert run_nightly(as_of=DAY, today=DAY).tier == 3
    later = DAY + timedelta(28)
    past.records = [
        replace(each, paid=DAY + timedelta(1 if each.due < DAY + timedelta(10) else 20))
        if each.issued < DAY and (each.paid is None or each.paid >= DAY)
        else each
        for each in past.records
    ]
    past.live_until(later)
    run = run_nightly(as_of=later, today=later)
    assert (run.tier, run.wanted_tier) == (2, 3)
    assert run.why in ("worse", "coverage")
    assert SAID not in page_of(past)
