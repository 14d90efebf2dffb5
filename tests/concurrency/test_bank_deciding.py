"""Two rounds at once explain each movement once; a round cut short is finished by the next, and nothing is twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.house import House, finished, migrated_house

SETUP = """
import json, uuid
from aldia.tenancy.scope import company_scope
from tests.support.bank_window import Window, at
window = Window.open(slug="casa")
with company_scope(window.company.pk):
    window._made = 1_000
    for n in range(6):
        row = window.owes(100_00 + n)
        window.moved(100_00 + n, payer_tax_id=window.customer.tax_id, concept=f"PAGO {row.number}",
                     trace_key=f"RASTREO{n:05}")
"""
ROUND = """
import json
from dataclasses import asdict
from aldia.banking.operations.deciding import reconcile
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.support.bank_window import at
with company_scope(Company.objects.get(slug="casa").pk):
    print(json.dumps(asdict(reconcile(now=at()))))
"""
LOOK = """
import json
from aldia.banking.models import BankMovement, Match, MatchDecision
from aldia.banking.verify import run_checks as bank_checks
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="casa").pk):
    print(json.dumps({
        "owed": sum(Receivable.objects.values_list("balance", flat=True)),
        "credits": Credit.objects.count(), "matches": Match.objects.count(),
        "decisions": MatchDecision.objects.filter(outcome="auto").count(),
        "states": sorted(BankMovement.objects.values_list("state", flat=True)),
        "violations": sum(bool(check.violations) for check in [*run_checks(), *bank_checks()]),
    }))
"""
DONE = {
    "owed": 0, "credits": 6, "matches": 6, "decisions": 6, "states": ["reconciled"] * 6, "violations": 0,
}  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = migrated_house(tmp_path / "house")
    house.run(SETUP)
    return house


def test_two_rounds_at_once_explain_each_movement_once(house: House) -> None:
    rounds = [house.spawn(ROUND) for _ in range(2)]
    done = [json.loads(finished(each)) for each in rounds]
    assert sum(each["applied"] for each in done) == 6
    assert json.loads(house.run(LOOK)) == DONE


@pytest.mark.parametrize("crash", ["in_match:3", "after_match:3"])
def test_a_round_that_is_killed_is_finished_by_the_next(house: House, crash: str) -> None:
    killed = house.spawn(ROUND, CRASH_AT=crash)
    killed.communicate(timeout=240)
    assert killed.returncode == -9
    assert 0 < json.loads(house.run(LOOK))["matches"] < 6
    house.run(ROUND)
    assert json.loads(house.run(LOOK)) == DONE
