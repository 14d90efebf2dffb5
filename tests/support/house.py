"""A house of its own for tests with processes: a data directory and a database that child processes share.

The engine is the one the test run uses (SQLite file, or a database of its own on the same PostgreSQL server).
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from django.db import connections

ROOT = Path(__file__).resolve().parents[2]
PROLOGUE = "import django; django.setup()\n"


@dataclass(frozen=True)
class House:
    """Where the children work: run or spawn Python code in it, with Django ready."""

    data: Path
    database_url: str

    @property
    def env(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ALDIA_", "DATABASE_URL", "DJANGO_"))
        }
        url = {"DATABASE_URL": self.database_url} if self.database_url else {}
        return (
            kept
            | url
            | {
                "ALDIA_DATA": str(self.data),
                "ALDIA_DEV": "1",
                "DJANGO_SETTINGS_MODULE": "aldia.config.settings",
                "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            }
        )

    def spawn(self, code: str, **env: str) -> subprocess.Popen[str]:
        """Start a process that runs the code."""
        command = [sys.executable, "-c", PROLOGUE + code]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.env | env, cwd=ROOT, text=True, stdout=pipe, stderr=pipe)

    def run(self, code: str, *, seconds: float = 120, **env: str) -> str:
        """Run the code to its end and return what it printed."""
        return finished(self.spawn(code, **env), timeout=seconds)

    def aldia(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command line and return what it did."""
        command = [sys.executable, "-m", "aldia.cli.main", *arguments]
        return subprocess.run(
            command, env=self.env | env, cwd=ROOT, text=True, capture_output=True, timeout=120, check=False
        )


def finished(process: subprocess.Popen[str], timeout: float = 120) -> str:
    """Wait for a process and return what it printed; fail with its complaint."""
    out, err = process.communicate(timeout=timeout)
    assert process.returncode == 0, err[-3000:]
    return out


def empty_house(folder: Path) -> House:
    """A house without tables."""
    folder.mkdir(parents=True, exist_ok=True)
    return House(folder, _new_database("") if _on_postgresql() else "")


def migrated_house(folder: Path) -> House:
    """A house with its tables: a copy of one that is migrated once per test run."""
    template = _template()
    if _on_postgresql():
        folder.mkdir(parents=True)
        return House(folder, _new_database(f'TEMPLATE "{_name(template)}"'))
    shutil.copytree(template.data, folder)
    return House(folder, "")


@cache
def _template() -> House:
    house = empty_house(Path(tempfile.mkdtemp(prefix="aldia-house-")))
    atexit.register(demolish, house)
    code = "from django.core.management import call_command as call\ncall('migrate', verbosity=0)\n"
    finished(house.spawn(code + "call('createcachetable')"), timeout=600)  # once a run, however busy the machine
    return house


def _on_postgresql() -> bool:
    return "postgresql" in connections["default"].settings_dict["ENGINE"]


def _new_database(template: str) -> str:
    """Create a database on the server of the test run and return its address."""
    settings = connections["default"].settings_dict
    name = f"house_{secrets.token_hex(6)}"
    _on_server(f'CREATE DATABASE "{name}" {template}')
    user, password = quote(settings["USER"]), quote(settings["PASSWORD"])
    host = quote(str(settings["HOST"]), safe="")
    return f"postgresql://{user}:{password}@:{settings['PORT'] or 5432}/{name}?host={host}"


def _name(house: House) -> str:
    return house.database_url.split("?")[0].rsplit("/", 1)[-1]


def demolish(house: House) -> None:
    """Take the house's database away."""
    shutil.rmtree(house.data, ignore_errors=True)
    if house.database_url:
        _drop(_name(house))


def _drop(name: str, attempts: int = 20) -> None:
    """The server's own vacuum may be at work in it: that one we may not end, and it soon ends by itself."""
    import psycopg

    for left in reversed(range(attempts)):
        try:
            return _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            if not left:
                raise
            time.sleep(0.5)


def _on_server(sql: str) -> None:
    """Run a statement that no transaction may hold, on a connection of our own."""
    import psycopg

    settings = connections["default"].settings_dict
    with psycopg.connect(
        dbname="postgres",
        user=settings["USER"] or None,
        password=settings["PASSWORD"] or None,
        host=settings["HOST"] or None,
        port=settings["PORT"] or None,
        autocommit=True,
    ) as link:
        link.execute(sql.encode())
