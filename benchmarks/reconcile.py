"""How often the reconciliation engine is right, how much it does by itself, and how fast, on worlds it has never seen.

First fourteen months in shadow (with seeds of their own) earn the trust of classes, as a company's record would; then
other months are measured with that trust. Each evening people finish what was left as a question, with the truth.

`aldia bench reconcile` does both and compares with the gates; `--short` takes the record from a file and has
small months. To look closer: `python -m benchmarks.reconcile --profile duro --seeds 101 102 --errors`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aldia.domain.matching import Commission, Record, Settings, Trust, earn
from benchmarks._reconcile_month import Month, Score
from benchmarks._reconcile_payments import make_world
from benchmarks.reconcile_world import CARD_PER_MILLE, CARD_VAT, PROFILES, WIRE_FEES

EARN_SEEDS = tuple(range(11, 25))  # months in shadow
TEST_SEEDS = (211, 212, 213, 214)  # never looked at while the engine was built
RECORD = Path(__file__).with_name("reconcile_record.json")
SHORT, SHORT_SEEDS, SLACK = 2_000, (901, 902), 0.02  # small months swing more
ENOUGH = 25_000  # automatic matches over which the promise of precision is checked
PRECISION = {"adversario": 0.999}
USUAL_PRECISION = 0.9995
FIRST = 0.89
THROUGH = {"duro": 0.72, "facil": 0.79, "clabe-propia": 0.83}
MEASURED = ("duro", "facil", "adversario", "clabe-propia")
# what the company of the benchmark has told of its contracts: its terminal, and most of what its banks keep
SETTINGS = Settings(
    fees=WIRE_FEES[:4], commissions=(Commission("terminal", CARD_PER_MILLE * 1_000, 0, CARD_VAT * 10_000),)
)


def play(profile: str, size: int, seeds: Iterable[int], trust: Trust, settings: Settings = SETTINGS) -> Score:
    """Months of a profile, `size` movements against five times as many documents each."""
    score = Score()
    for seed in seeds:
        Month(make_world(PROFILES[profile], size, 5 * size, seed), trust, settings, score).play()
    return score


def shadow_record(seeds: Iterable[int] = EARN_SEEDS, size: int = 10_000) -> dict[str, Record]:
    """What months in shadow would have been: nothing applies, everything is judged."""
    score = play("duro", size, seeds, Trust(), replace(SETTINGS, mode="shadow"))
    return {key: Record(*counts) for key, counts in score.records.items()}


def load_record(path: Path = RECORD) -> dict[str, Record]:
    return {key: Record(*counts) for key, counts in json.loads(path.read_text()).items()}


def save_record(records: Mapping[str, Record], path: Path = RECORD) -> None:
    rows = {key: [record.right, record.wrong] for key, record in sorted(records.items())}
    path.write_text(json.dumps(rows, indent=1) + "\n")


def run(
    size: int = 10_000, *, profiles: Sequence[str] = MEASURED, seeds: Sequence[int] = TEST_SEEDS, short: bool = False
) -> dict[str, object]:
    """Figures of each profile, with its gates (whether each holds). Short: months of 2,000 in seconds, fewer gates."""
    if short:
        size, seeds, trust = SHORT, SHORT_SEEDS, earn(load_record())
    else:
        trust = earn(shadow_record())
    answer: dict[str, object] = {}
    for profile in profiles:
        score = play(profile, size, seeds if profile == "duro" or short else seeds[:1], trust)
        figures = score.figures()
        answer[profile] = {
            **figures,
            "gates": dict(gates(profile, figures, SLACK if short else 0.0)),
            "errors": score.errors,
        }
    return answer


def gates(profile: str, figures: Mapping[str, object], slack: float = 0.0) -> Iterator[tuple[str, bool]]:
    """What must hold of a profile. Small months (`slack`) may do less by themselves, and cannot show the bound."""
    precision, through, first = (_number(figures[name]) for name in ("precision", "straight_through", "auto_or_first"))
    least = PRECISION.get(profile, USUAL_PRECISION)
    yield f"precision >= {least:.2%}", precision >= least
    if profile == "duro" and not slack:
        is_shown = _number(figures["autos"]) >= ENOUGH and _number(figures["error_upper_95_ppm"]) <= 1_000
        yield f"upper bound <= 0.1 % over {ENOUGH:,}", is_shown
    if profile in THROUGH:
        wanted = THROUGH[profile] - slack
        yield f"straight-through >= {wanted:.0%}", through >= wanted
    if profile == "duro":
        yield f"automatic or first right >= {FIRST - slack:.0%}", first >= FIRST - slack


def _number(figure: object) -> float:
    return float(figure) if isinstance(figure, int | float) else 0.0


def holds(answer: Mapping[str, object]) -> bool:
    """Whether every gate of every profile holds."""
    return all(
        passed
        for figures in answer.values()
        if isinstance(figures, dict)
        for passed in figures.get("gates", {}).values()
    )


COLUMNS = ("autos", "wrong", "precision", "error_upper_95_ppm", "straight_through", "auto_or_first", "touchless",
           "per_second", "peak_mb")  # fmt: skip


def table(answer: Mapping[str, object]) -> list[str]:
    """For people: a line a profile, its gates that do not hold, and what was matched wrongly."""
    lines = [" ".join(f"{name:>19}" for name in ("profile", *COLUMNS))]
    for profile, figures in answer.items():
        if isinstance(figures, dict):
            lines.append(" ".join(f"{value!s:>19}" for value in (profile, *(figures[name] for name in COLUMNS))))
            lines += [f"  MISSED {profile}: {gate}" for gate, passed in figures["gates"].items() if not passed]
            lines += [f"  WRONG {each}" for each in figures["errors"]]
    return lines


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--earn", type=int, nargs="*", default=[], help="seeds of months in shadow, written to --record"
    )
    parser.add_argument("--record", type=Path, default=RECORD)
    parser.add_argument("--profile", default="duro")
    parser.add_argument("--seeds", type=int, nargs="*", default=[])
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--errors", action="store_true")
    args = parser.parse_args(argv)
    if args.earn:
        save_record(shadow_record(args.earn, args.size), args.record)
    if args.seeds:
        score = play(args.profile, args.size, args.seeds, earn(load_record(args.record)))
        print(json.dumps(score.figures(), indent=1, ensure_ascii=False))
        if args.errors:
            print("\n".join(["AUTOMATIC AND WRONG", *score.errors, "PROPOSED AND WRONG", *score.doubtful]))


if __name__ == "__main__":
    main(sys.argv[1:])
