"""Rules that hold everywhere (ARCHITECTURE.md): who writes, who reads the clock, what money is, what is marked safe."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source import (
    PACKAGE,
    Finding,
    Module,
    assert_clean,
    dotted,
    findings,
    imported,
    modules,
    write_tree,
)

INTERFACES = {"web", "portal", "api", "jobs", "cli"}
WRITING = {"create", "save", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
WRITING |= {f"a{name}" for name in WRITING}
CLOCK = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "timezone.now", "timezone.localdate",
    "timezone.localtime", "time.time", "time.time_ns", "time.localtime", "time.gmtime",
}  # fmt: skip
CLOCK_IMPORTS = {f"django.utils.timezone.{name}" for name in ("now", "localdate", "localtime")} | {
    "time.time",
    "time.time_ns",
}
SAFE_MARKS = {"mark_safe", "SafeString", "SafeText"}
TEMPLATE_MARKS = re.compile(r"\|\s*(safe|safeseq)\b|\{%-?\s*autoescape\s+off")
FORBIDDEN = {
    "django.dispatch": "signals",
    "django.db.models.signals": "signals",
    "django.core.signals": "signals",
    "pickle": "pickled data",
    "xml.etree": "an XML parser that is not the strict one",
    "xml.dom": "an XML parser that is not the strict one",
    "xml.sax": "an XML parser that is not the strict one",
    "openpyxl": "a spreadsheet reader that a small file can exhaust",
}


def reads_only(module: Module) -> bool:
    """Interfaces and queries: they read, and call operations to write."""
    return module.ring in INTERFACES or "queries" in module.name


def writes(node: ast.AST) -> str | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    name, chain = node.func.attr, dotted(node.func)
    if name in WRITING:
        return f"writes: {chain}()"
    if name in ("update", "aupdate") and node.keywords and not node.args:
        return f"writes: {chain}()"
    if chain.endswith(("connection.cursor", "transaction.atomic")):
        return f"raw SQL or a transaction of its own: {chain}()"
    return None


def reads_clock(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        tail = ".".join(dotted(node).split(".")[-2:])
        return f"reads the clock: {tail}" if tail in CLOCK else None
    return next((f"reads the clock: {name}" for name in imported(node) if name in CLOCK_IMPORTS), None)


def fenced_from_clock(module: Module) -> bool:
    """Everything but the interfaces, the maker of time-ordered ids and the queue's leases."""
    return module.ring not in INTERFACES | {"queue"} and module.name != "tenancy/ids.py"


def floats(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return f"a float: {node.value!r}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
        return "float()"
    if isinstance(node, ast.Call) and dotted(node.func) in ("models.FloatField", "models.DecimalField"):
        return dotted(node.func)
    return None


def counts_money(module: Module) -> bool:
    """Where amounts are: everything but probabilities, which no balance is made of."""
    forecasts = module.name.startswith("domain/forecasting/")
    return module.ring in {"domain", "receivables", "documents", "customers", "reporting"} and not forecasts


def marks_safe(node: ast.AST) -> str | None:
    """A call that declares text to be HTML; as a type of an answer the word is harmless."""
    name = dotted(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""
    return f"{name}()" if name in SAFE_MARKS else None


def unscoped(node: ast.AST) -> str | None:
    """A read, a change or a handing on of all companies' rows; adding rows (each with its company) is none."""
    if isinstance(node, ast.Attribute) and is_all_companies(node.value):
        return None if node.attr in ("bulk_create", "none") else f"all_companies.{node.attr}"
    if not isinstance(node, ast.Attribute) and any(is_all_companies(child) for child in ast.iter_child_nodes(node)):
        return "hands on all_companies"
    return None


def is_all_companies(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "all_companies"


def forbidden(node: ast.AST) -> str | None:
    for name in imported(node):
        for start, why in FORBIDDEN.items():
            if name == start or name.startswith(start + "."):
                return f"{why}: {name}"
    return None


def unsafe_templates(package: Path) -> list[Finding]:
    found = []
    for path in sorted(package.rglob("*")):
        if path.suffix in (".html", ".txt") and "templates" in path.parts:
            for mark in TEMPLATE_MARKS.findall(path.read_text(encoding="utf-8")):
                found.append(Finding(path.relative_to(package).as_posix(), f"not escaped: {mark or 'autoescape off'}"))
    return found


def positional_operations(package: Path) -> list[Finding]:
    """Functions that open an operation's transaction but take arguments by position: two amounts swap unseen."""
    return [
        Finding(f"{module.name}:{node.name}", "takes arguments by position")
        for module in modules(package)
        if "operations" in Path(module.name).with_suffix("").parts
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if (node.args.args or node.args.vararg) and opens_transaction(node)
    ]


def opens_transaction(function: ast.FunctionDef) -> bool:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(dotted(call.func).split(".")[-1] in ("transaction", "atomic") for call in calls)


def everywhere(module: Module) -> bool:
    return True


RULES = {
    "interface_writes": (reads_only, writes),
    "clock": (fenced_from_clock, reads_clock),
    "floats": (counts_money, floats),
    "marked_safe": (everywhere, marks_safe),
    "all_companies": (everywhere, unscoped),
    "forbidden_imports": (everywhere, forbidden),
}
# For each rule: files of a small package, and the places that must be found in it.
CONTROLS = {
    "interface_writes": (
        {
            "web/views.py": "def show(r):\n    Row.objects.filter(a=1).update(b=2)\n",
            "web/fine.py": "def fine(d):\n    d.update({'a': 1})\n",
            "jobs/run.py": "def go(row):\n    row.save()\n",
            "cli/main.py": "from django.db import connection\nwith connection.cursor() as c:\n    pass\n",
            "customers/queries.py": "def read():\n    return Row.objects.get_or_create(a=1)\n",
            "customers/operations.py": "def write(*, row):\n    row.save()\n",
        },
        ["cli/main.py", "customers/queries.py:read", "jobs/run.py:go", "web/views.py:show"],
    ),
    "clock": (
        {
            "domain/aging.py": "def age():\n    return datetime.date.today()\n",
            "receivables/models.py": "from django.utils.timezone import now\n",
            "documents/models.py": "class Row:\n    at = DateTimeField(default=timezone.now)\n",
            "web/clock.py": "def today():\n    return timezone.now()\n",
            "tenancy/ids.py": "def uuid7():\n    return time.time_ns()\n",
        },
        ["documents/models.py:Row", "domain/aging.py:age", "receivables/models.py"],
    ),
    "floats": (
        {
            "domain/money.py": "def half(n):\n    return n * 0.5\n",
            "receivables/models.py": "class Row:\n    total = models.DecimalField()\n",
            "domain/aging.py": "def read(text):\n    return float(text)\n",
            "web/charts.py": "WIDTH = 0.5\n",
            "domain/forecasting/grid.py": "HALF = 0.5\n",
        },
        ["domain/aging.py:read", "domain/money.py:half", "receivables/models.py:Row"],
    ),
    "marked_safe": ({"web/tags.py": "def icon(name):\n    return mark_safe(name)\n"}, ["web/tags.py:icon"]),
    "all_companies": (
        {
            "web/views.py": "def index():\n    return Row.all_companies.all()\n",
            "customers/models.py": "class Meta:\n    base_manager_name = 'all_companies'\n",
            "customers/operations.py": "def add(rows):\n    Row.all_companies.bulk_create(rows)\n",
            "demo/look.py": "def look():\n    return count(Row.all_companies)\n",
        },
        ["demo/look.py:look", "web/views.py:index"],
    ),
    "forbidden_imports": (
        {
            "customers/apps.py": "from django.db.models.signals import post_save\n",
            "documents/read.py": "import xml.etree.ElementTree as ET\n",
            "documents/fine.py": "from xml.sax.saxutils import escape\nfrom lxml import etree\n",
        },
        ["customers/apps.py", "documents/fine.py", "documents/read.py"],
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_holds(rule: str) -> None:
    concerned, breaks = RULES[rule]
    assert_clean(rule, findings(PACKAGE, concerned, breaks))


@pytest.mark.parametrize("rule", RULES)
def test_rule_finds_what_breaks_it(rule: str, tmp_path: Path) -> None:
    files, expected = CONTROLS[rule]
    concerned, breaks = RULES[rule]
    found = findings(write_tree(tmp_path, files), concerned, breaks)
    assert sorted({finding.place for finding in found}) == expected


def test_templates_escape_what_they_show() -> None:
    assert_clean("unsafe_templates", unsafe_templates(PACKAGE))


def test_an_unescaped_template_is_found(tmp_path: Path) -> None:
    bad = {"web/templates/a.html": "{{ name|safe }}", "web/templates/b.html": "{% autoescape off %}{% endautoescape %}"}
    found = unsafe_templates(write_tree(tmp_path, {**bad, "web/templates/c.html": "{{ name }} is safe"}))
    assert [finding.place for finding in found] == ["web/templates/a.html", "web/templates/b.html"]


def test_operations_are_called_by_keyword() -> None:
    assert_clean("positional_operations", positional_operations(PACKAGE))


def test_a_positional_operation_is_found(tmp_path: Path) -> None:
    text = """
def pay(amount, *, on):
    with transaction():
        ...

def good(*, amount):
    with transaction():
        ...

def half(amount):
    return amount // 2
"""
    tree = write_tree(tmp_path, {"a/operations.py": text, "a/operations/b.py": text, "a/c.py": text})
    found = positional_operations(tree)
    assert [finding.place for finding in found] == ["a/operations/b.py:pay", "a/operations.py:pay"]
