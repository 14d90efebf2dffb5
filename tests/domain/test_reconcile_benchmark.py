"""The benchmark of reconciliation: its worlds are consistent and the engine's own tables are not theirs; gates bite."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from aldia.cli.commands import bench
from aldia.cli.errors import WrongUsage
from aldia.domain.matching import Record, Trust, earn
from benchmarks import reconcile
from benchmarks._reconcile_payments import make_world
from benchmarks.reconcile_world import PROFILES

FOLDER = Path(reconcile.__file__).parent
GENERATOR = ("reconcile_world.py", "_reconcile_payments.py", "_reconcile_words.py")


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_world_pays_no_document_twice_and_every_line_has_its_money(profile):
    world = make_world(PROFILES[profile], 600, 3_000, 7)
    settled = dict.fromkeys(world.bills, 0)
    for line in world.lines:
        truth = line.truth
        for key, (cash, whole) in truth.lines.items():
            assert 0 <= cash <= whole
            settled[key] += whole
        if truth.kind in ("single", "several", "partial", "instalment", "third"):
            assert line.amount == sum(cash for cash, _ in truth.lines.values())
        if truth.kind == "cards_noted":
            assert line.amount < sum(truth.known.values())
        for key, gross in truth.known.items():
            assert world.noted[key].amount == gross
            assert world.noted[key].noted_on <= line.booked_on
            settled[world.noted[key].document] += gross
        if truth.kind == "returned":
            for key, (_, whole) in next(each for each in world.lines if each.key == truth.undoes).truth.lines.items():
                settled[key] -= whole
    assert all(0 <= settled[key] <= bill.total for key, bill in world.bills.items())


def test_a_seed_is_a_world_and_another_seed_another():
    one, same, other = (make_world(PROFILES["duro"], 200, 1_000, seed) for seed in (7, 7, 8))
    assert one.lines == same.lines
    assert one.lines != other.lines


def test_every_kind_of_the_description_is_there():
    kinds = {line.truth.kind for line in make_world(PROFILES["duro"], 4_000, 20_000, 7).lines}
    assert {
        "credit_note",
        "cards",
        "cards_noted",
        "noted",
        "factoring",
        "exchange",
        "double",
        "copy",
        "returned",
    } <= kinds
    assert make_world(PROFILES["duro"], 1_000, 5_000, 7).stated


def test_the_generator_takes_nothing_from_the_engine():
    for name in GENERATOR:
        for node in ast.walk(ast.parse((FOLDER / name).read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("aldia"), name
            if isinstance(node, ast.Import):
                assert not any(each.name.startswith("aldia") for each in node.names), name


def test_a_month_in_shadow_applies_nothing_and_a_record_lets_it_apply():
    shy = reconcile.play("duro", 300, [7], Trust(), replace(reconcile.SETTINGS, mode="shadow"))
    assert (shy.autos, shy.payable > 200) == (0, True)
    record = {key: Record(400, 0) for key in shy.records}
    bold = reconcile.play("duro", 300, [7], earn(record | {"exact|folio|known|-": Record(6_000, 0)}))
    assert bold.autos > 150
    assert bold.figures()["straight_through"] == round((bold.autos - bold.wrong) / bold.payable, 4)


GOOD = {"precision": 0.9999, "autos": 26_000, "error_upper_95_ppm": 300, "straight_through": 0.9, "auto_or_first": 0.95}
MISSES = {
    "precision": {"precision": 0.9994},
    "bound": {"error_upper_95_ppm": 1_001},
    "straight-through": {"straight_through": 0.7199},
    "first": {"auto_or_first": 0.8899},
    "nothing matched": {"precision": None, "autos": 0},
}


@pytest.mark.parametrize("case", MISSES)
def test_each_gate_bites(case):
    assert all(dict(reconcile.gates("duro", GOOD)).values())
    missed = {"duro": {"gates": dict(reconcile.gates("duro", GOOD | MISSES[case]))}}
    assert not reconcile.holds(missed)


def test_the_hostile_profile_has_its_own_gate():
    figures = GOOD | {"precision": 0.9991}
    assert all(dict(reconcile.gates("adversario", figures)).values())
    assert not all(dict(reconcile.gates("facil", figures)).values())


def words(**given: object):
    return bench.argparse.Namespace(
        **{"name": "x", "size": None, "short": False, "profiles": None, "seeds": None} | given
    )


def test_the_command_knows_the_options_of_each_benchmark():
    assert bench._chosen(reconcile.run, words(short=True, profiles=["duro"])) == {"short": True, "profiles": ["duro"]}
    with pytest.raises(WrongUsage, match="--short"):
        bench._chosen(lambda size=1: {}, words(short=True))
    with pytest.raises(WrongUsage, match="perfil"):
        bench._chosen(reconcile.run, words(profiles=["imposible"]))


def test_the_command_fails_when_a_gate_is_missed(monkeypatch, capsys):
    figures = dict.fromkeys(reconcile.COLUMNS, 0)
    for passed, status in ((True, 0), (False, 1)):
        answer = {"duro": figures | {"gates": {"precision": passed}, "errors": []}}
        monkeypatch.setattr(reconcile, "run", lambda size=1, answer=answer: answer)
        given = words(name="reconcile", here=True, json=False)
        assert bench.run(given) == status
        assert ("MISSED duro: precision" in capsys.readouterr().out) is not passed
