"""The package's own source, read for the guards: modules as syntax trees, and the list of what is excused.

A guard is a function of a folder that answers findings; a test runs it on the package and a control runs it on a few
lines that break the rule, so that no guard can pass by being blind.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "aldia"
EXCUSED = Path(__file__).with_name("excused.json")


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the package; `name` is its path below the package ("web/urls.py")."""

    name: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def ring(self) -> str:
        return self.name.split("/")[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """A place ("web/views/home.py:index") that breaks a rule, and what it does there."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def modules(package: Path = PACKAGE) -> Iterator[Module]:
    """Every Python file of the package except migrations, which are history."""
    for path in sorted(package.rglob("*.py")):
        if "migrations" not in path.parts:
            yield Module(path.relative_to(package).as_posix(), path.read_text(encoding="utf-8"))


def places(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Every node with the function (or class) that it stands in: `path:Class.method`, or `path` at the top level."""

    def walk(node: ast.AST, inside: tuple[str, ...]) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield named(inside), child
                yield from walk(child, (*inside, child.name))
            else:
                yield named(inside), child
                yield from walk(child, inside)

    def named(inside: tuple[str, ...]) -> str:
        return ":".join(part for part in (module.name, ".".join(inside)) if part)

    return walk(module.tree, ())


def findings(
    package: Path, concerned: Callable[[Module], bool], breaks: Callable[[ast.AST], str | None]
) -> list[Finding]:
    """Run one rule about single nodes over the modules that it concerns."""
    return [
        Finding(place, what)
        for module in modules(package)
        if concerned(module)
        for place, node in places(module)
        if (what := breaks(node))
    ]


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of attributes and calls; "" where it begins with something else."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Name):
            return ".".join(reversed([*parts, node.id]))
        else:
            return ".".join(reversed(parts))


def imported(node: ast.AST) -> list[str]:
    """The dotted names that an import statement brings in, relative ones left out."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def excused(guard: str) -> dict[str, str]:
    """Places that a guard lets pass, each with its reason."""
    return dict(json.loads(EXCUSED.read_text(encoding="utf-8")).get(guard, {}))


def assert_clean(guard: str, found: Iterable[Finding]) -> None:
    """No finding without an excuse, and no excuse without a finding: the list may only shrink."""
    found = list(found)
    excuses = excused(guard)
    new = sorted({str(finding) for finding in found if finding.place not in excuses})
    stale = sorted(set(excuses) - {finding.place for finding in found})
    assert not new, f"{guard}:\n" + "\n".join(new)
    assert not stale, f"{guard}: no longer needed in excused.json: {stale}"


def write_tree(folder: Path, files: dict[str, str]) -> Path:
    """A small package for a control test."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
