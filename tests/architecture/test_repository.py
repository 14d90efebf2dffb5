"""What is committed: our own text only; locks without addresses; documents complete and true to what is there."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import PACKAGE, ROOT, Finding, assert_clean, write_tree

LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock", "package-lock.json")
KINDS = set(".py .html .css .js .txt .md .toml .json .po .typ .lock .svg .xml .csv .sql".split())  # noqa: SIM905
NAMES = {"Makefile", "LICENSE", ".gitignore", ".ci/run", ".editorconfig", ".gitattributes"}
MAX_BYTES = 200_000
MAX_PICTURE_BYTES = 600_000
OTHERS = re.compile(r"\.min\.(js|css)$|(^|/)(vendor|node_modules)/|tabler|htmx\.js|jquery|bootstrap", re.IGNORECASE)
ADDRESS = re.compile(
    r"https?://|file:|--index|--extra-index|--find-links|\"resolved\"|git\+|/(home|root|opt|work|tmp)/"
)
# A path of one machine, or the host of a private registry, in any file of ours.
MACHINE = re.compile(r"(?<![\w.<>~/])/(home|root|Users)/[a-z]\w*|(?<![\w/])/opt/pypi", re.IGNORECASE)
DECISION = re.compile(r"^(\d{4})-[a-z0-9-]+\.md$")
SECTIONS = ("## Context", "## Choice", "## What was given up")
COMMANDS = re.compile(r"\bmake ([a-z-]+)")


def committed(root: Path) -> list[str]:
    """Files of the project: what git has, or everything where there is no git."""
    run = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True)
    if run.returncode == 0 and run.stdout:
        return [name for name in run.stdout.splitlines() if (root / name).is_file()]
    return [path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file()]


def others_files(root: Path, names: list[str]) -> list[Finding]:
    """Files of a kind that we do not write, too large to be written by hand, or named like somebody else's work."""
    found = []
    for name in names:
        size = (root / name).stat().st_size
        picture = name.startswith("docs/img/") and name.endswith(".png")
        if not picture and Path(name).suffix not in KINDS and name not in NAMES:
            found.append(Finding(name, "not a kind of file that we write"))
        elif size > (MAX_PICTURE_BYTES if picture else MAX_BYTES) and not name.endswith((".lock", ".po")):
            found.append(Finding(name, f"{size} bytes"))
        elif OTHERS.search(name):
            found.append(Finding(name, "named like the work of others"))
    return found


def machine_traces(root: Path, names: list[str]) -> list[Finding]:
    found = []
    for name in names:
        if name.endswith(".png") or name == "tests/architecture/test_repository.py":
            continue
        if match := MACHINE.search((root / name).read_text(encoding="utf-8")):
            found.append(Finding(name, f"a path of one machine: {match.group(0)}"))
    return found


def addresses(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if ADDRESS.search(line)]


def unpinned(text: str) -> list[str]:
    """Requirements of a lock that lack an exact version or a hash."""
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    return [entry.split()[0] for entry in entries if "==" not in entry.split()[0] or "--hash=sha256:" not in entry]


def decision_problems(folder: Path) -> list[str]:
    """Decision records are numbered without gaps and each says context, choice and what was given up."""
    names = sorted(path.name for path in folder.glob("*.md"))
    problems = [f"{name}: not NNNN-title.md" for name in names if not DECISION.match(name)]
    numbers = [int(name[:4]) for name in names if DECISION.match(name)]
    if numbers != list(range(len(numbers))):
        problems.append(f"numbers are not 0…{len(numbers) - 1}: {numbers}")
    for name in names:
        text = (folder / name).read_text(encoding="utf-8")
        problems += [f"{name}: lacks {section!r}" for section in SECTIONS if section not in text]
        problems += [f"{name}: {text.count(chr(10))} lines, a page has 80" for _ in range(text.count("\n") > 80)]
    return problems


def unknown_commands(text: str, makefile: str) -> list[str]:
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    return sorted(set(COMMANDS.findall(text)) - targets)


def icons_used(package: Path) -> set[str]:
    """Icons that templates and tables name: `{% icon "x" %}`, `icon="x"`, icon_html("x")."""
    used: set[str] = set()
    for path in package.rglob("*"):
        if path.suffix == ".html" and "templates" in path.parts:
            text = path.read_text(encoding="utf-8")
            used |= set(re.findall(r"\{%\s*icon\s+[\"']([a-z0-9-]+)[\"']", text))
            used |= set(re.findall(r"\bicon(?:_name)?=[\"']([a-z0-9-]+)[\"']", text))
        elif path.suffix == ".py":
            named = r"icon(?:_html\(|[\"']?\s*[=:]\s*)[\"']([a-z0-9-]+)[\"']"
            used |= set(re.findall(named, path.read_text(encoding="utf-8")))
    return used


def icons_listed() -> set[str]:
    lines = (PACKAGE / "web" / "icons.txt").read_text(encoding="utf-8").splitlines()
    return {name for line in lines if (name := line.partition("#")[0].strip())}


def test_nothing_of_others_is_committed() -> None:
    assert_clean("others_files", others_files(ROOT, committed(ROOT)))


def test_no_trace_of_one_machine() -> None:
    assert_clean("machine_traces", machine_traces(ROOT, committed(ROOT)))


@pytest.mark.parametrize("name", LOCKS)
def test_locks_carry_no_addresses(name: str) -> None:
    assert addresses((ROOT / name).read_text()) == []


@pytest.mark.parametrize("name", [name for name in LOCKS if name.endswith(".lock")])
def test_locks_pin_every_version_by_hash(name: str) -> None:
    assert unpinned((ROOT / name).read_text()) == []


def unlocked(asked: list[str], lock: str) -> list[str]:
    """Requirements that the lock does not satisfy: somebody added or raised one and did not run `make lock`."""
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-zA-Z0-9._-]+)==(\S+)", lock, re.MULTILINE):
        locked.setdefault(canonicalize_name(name), set()).add(version)
    requirements = [Requirement(text) for text in asked]
    return [
        str(each)
        for each in requirements
        if not any(each.specifier.contains(version) for version in locked.get(canonicalize_name(each.name), ()))
    ]


def test_locks_satisfy_what_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["mx"]]
    assert unlocked(run, (ROOT / "requirements.lock").read_text()) == []
    assert unlocked(project["dependency-groups"]["build"], (ROOT / "requirements-build.lock").read_text()) == []
    assert unlocked([*run, *project["dependency-groups"]["dev"]], (ROOT / "requirements-dev.lock").read_text()) == []
    assert unlocked(["a>=2", "b", "c[x]==1"], "a==1 \\\nB==3\nc==1") == ["a>=2"]


def test_npm_lock_agrees_with_what_is_asked_for() -> None:
    asked = json.loads((ROOT / "package.json").read_text())["dependencies"]
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in asked.values())
    assert {name: lock[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert all(entry["integrity"] for name, entry in lock.items() if name)


def test_build_requirements_are_the_locked_ones() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["build-system"]["requires"] == project["dependency-groups"]["build"]


def test_icons_listed_are_the_icons_used() -> None:
    assert icons_used(PACKAGE) - icons_listed() == set()


def test_decisions_are_numbered_and_complete() -> None:
    assert decision_problems(ROOT / "docs" / "decisions") == []


def test_changelog_speaks_of_what_comes_next() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[(Sin publicar|\d+\.\d+\.\d+)\]", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md"])
def test_commands_named_in_the_documents_exist(name: str) -> None:
    assert unknown_commands((ROOT / name).read_text(encoding="utf-8"), (ROOT / "Makefile").read_text()) == []


def test_documents_link_only_to_what_is_there() -> None:
    broken = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert broken == []


def test_the_guards_find_what_they_guard_against(tmp_path: Path) -> None:
    files = {
        "src/a.py": "PATH = '/home/somebody/x'\n",
        "src/vendor/x.css": "",
        "b.woff2": "",
        "docs/img/a.png": "",
        "big.py": "x" * (MAX_BYTES + 1),
    }
    write_tree(tmp_path, files)
    assert {finding.place for finding in others_files(tmp_path, list(files))} == {
        "src/vendor/x.css",
        "b.woff2",
        "big.py",
    }
    assert [finding.place for finding in machine_traces(tmp_path, list(files))] == ["src/a.py"]
    assert addresses('a==1 \\\n    --hash=sha256:0\n--index-url https://x\n"resolved": "y"') != []
    assert unpinned("a==1 \\\n    --hash=sha256:0\nb==2\nc>=1 \\\n    --hash=sha256:0") == ["b==2", "c>=1"]
    assert unknown_commands("run `make demo` and `make tea`", "demo: front\n") == ["tea"]
    write_tree(tmp_path / "d", {"0000-a.md": "\n".join(SECTIONS), "0002-b.md": "", "notes.md": "\n".join(SECTIONS)})
    assert len(decision_problems(tmp_path / "d")) == 5
