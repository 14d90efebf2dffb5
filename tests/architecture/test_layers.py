"""The map of the house: rings and layers, one direction; the domain reads nothing but what it is given."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT, Finding, assert_clean, findings, imported, write_tree

# What the domain may import of the standard library: values and text, nothing that reaches the machine or the clock.
PURE = frozenset(
    """
    __future__ abc base64 binascii bisect calendar collections contextlib copy csv dataclasses datetime decimal
    difflib enum fractions functools hashlib heapq hmac io itertools json math operator re statistics string struct
    textwrap types typing unicodedata uuid zoneinfo
    """.split()  # noqa: SIM905
)
# Other people's packages, by the part of the domain that may use them.
ALLOWED = {
    "lxml": "fiscal/",  # the strict XML parser
    "cryptography": "fiscal/",  # RSA and X.509 arithmetic of seals: bytes in, verdict out
    "dateutil": "calendars",
    "numpy": "forecasting/",  # arithmetic on columns
    "rapidfuzz": "matching/",
}


def impure(package: Path) -> list[Finding]:
    """Imports of the domain that are neither pure, nor its own, nor allowed in that part of it."""

    def breaks_in(name: str) -> list[Finding]:
        def breaks(node: ast.AST) -> str | None:
            for full in imported(node):
                root = full.split(".")[0]
                own = full.startswith("aldia.domain")
                allowed = root in ALLOWED and name.startswith(f"domain/{ALLOWED[root]}")
                if not (own or allowed or root in PURE):
                    return f"imports {full}"
            return None

        return findings(package, lambda module: module.name == name, breaks)

    names = [path.relative_to(package).as_posix() for path in sorted((package / "domain").rglob("*.py"))]
    return [finding for name in names for finding in breaks_in(name)]


def lint(folder: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """import-linter as `make contracts` runs it, on the package found in `path`."""
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    environment = {"PYTHONPATH": str(path), "PATH": "", "COLUMNS": "200"}
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, env=environment)


def test_contracts_of_the_layers_hold() -> None:
    run = lint(ROOT, ROOT / "src")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("lower", "upper"), [("domain", "tenancy"), ("documents", "receivables"), ("web", "cli"), ("customers", "web")]
)
def test_an_import_upwards_breaks_the_contracts(tmp_path: Path, lower: str, upper: str) -> None:
    """The control: the same contracts on a house of empty rooms with one wrong door."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(contract for contract in config["contracts"] if contract["type"] == "layers")["layers"]
    rooms = [room.strip(" ()") for layer in layers for room in layer.split("|")]
    write_tree(tmp_path / "aldia", {"__init__.py": "", **{f"{room}/__init__.py": "" for room in rooms}})
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint(tmp_path, tmp_path).returncode == 0
    (tmp_path / "aldia" / lower / "door.py").write_text(f"import aldia.{upper}\n")
    run = lint(tmp_path, tmp_path)
    assert run.returncode == 1, run.stdout + run.stderr
    assert f"aldia.{lower}.door" in run.stdout


def test_domain_is_pure() -> None:
    assert_clean("domain_purity", impure(PACKAGE))


@pytest.mark.parametrize("line", ["import os", "from pathlib import Path", "import django.db", "import lxml.etree"])
def test_an_impure_import_is_found(tmp_path: Path, line: str) -> None:
    package = write_tree(tmp_path, {"domain/money.py": line + "\n", "domain/aging.py": "import decimal\n"})
    assert [finding.place for finding in impure(package)] == ["domain/money.py"]
