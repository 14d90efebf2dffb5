"""Sizes: a file has at most 500 lines, a function 70. `sizes.json` excuses what is longer, and may only shrink.

To read the longest: `python -m tests.architecture.test_sizes`.
"""

from __future__ import annotations

import ast
import json
import statistics
import sys
from pathlib import Path

from tests.architecture.source import PACKAGE, Module, modules, write_tree

FILE_LINES = 500
FUNCTION_LINES = 70
RATCHET = Path(__file__).with_name("sizes.json")


def functions(module: Module) -> dict[str, int]:
    """Lines of each function, by `file:name`."""
    return {
        f"{module.name}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(module.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def sizes(package: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Lines of every file and of every function."""
    files: dict[str, int] = {}
    all_functions: dict[str, int] = {}
    for module in modules(package):
        files[module.name] = module.text.count("\n")
        all_functions |= functions(module)
    return files, all_functions


def too_long(package: Path) -> dict[str, int]:
    files, all_functions = sizes(package)
    long_files = {name: lines for name, lines in files.items() if lines > FILE_LINES}
    return long_files | {name: lines for name, lines in all_functions.items() if lines > FUNCTION_LINES}


def against(ratchet: dict[str, int], long: dict[str, int]) -> list[str]:
    """What grew, what is new, and what the list still excuses though it has shrunk."""
    grown = [f"{name}: {lines} lines" for name, lines in long.items() if lines > ratchet.get(name, 0)]
    stale = [
        f"{name}: lower sizes.json to {long.get(name, 0)}" for name in ratchet if long.get(name, 0) < ratchet[name]
    ]
    return sorted(grown + stale)


def test_nothing_is_too_long() -> None:
    assert against(json.loads(RATCHET.read_text()), too_long(PACKAGE)) == []


def test_most_functions_are_short() -> None:
    _, all_functions = sizes(PACKAGE)
    assert statistics.median(all_functions.values()) <= 10


def test_the_ratchet_sees_growth_and_shrinking(tmp_path: Path) -> None:
    body = "    x = 1\n" * 80
    long = too_long(
        write_tree(tmp_path, {"a.py": f"def f():\n{body}", "b.py": "x = 1\n" * 501, "c.py": "x = 1\n" * 500})
    )
    assert long == {"a.py:f": 81, "b.py": 501}
    assert against({}, long) == ["a.py:f: 81 lines", "b.py: 501 lines"]
    assert against({"a.py:f": 81, "b.py": 501}, long) == []
    assert against({"a.py:f": 90, "b.py": 501}, long) == ["a.py:f: lower sizes.json to 81"]


if __name__ == "__main__":
    for table in sizes(PACKAGE):
        top = sorted(table.items(), key=lambda item: -item[1])[:15]
        median = statistics.median(table.values())
        sys.stdout.write(f"median {median}\n" + "\n".join(f"{lines:5} {name}" for name, lines in top) + "\n")
