"""A house of its own for the browser: empty database, the demo's company, real web and worker processes.

Its clock stands at `OPENING` when it is opened and runs on from there, so that the demo's story ends on the same day
on every run. (The database has a clock of its own, which nobody can move: jobs and the times of rows follow that one,
and tests that import do not depend on the day.)
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.engine import on_server

OPENING = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # an afternoon in Mexico
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "aldia-de-ejemplo"
OWNER = "duena@tresrios.example"
PATIENCE = 60.0


class House:
    """`with House(folder) as house`: served at `house.url` until the block ends."""

    def __init__(self, folder: Path, *, documents: int, customers: int) -> None:
        self.folder, self.documents, self.customers = folder, documents, customers
        self.offset = OPENING.timestamp() - time.time()
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self.environment = self._environment()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._database = ""

    def __enter__(self) -> House:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """End what was started here, and drop the database."""
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._database:
            on_server(os.environ["DATABASE_URL"], f'DROP DATABASE "{self._database}" WITH (FORCE)')

    def now(self) -> float:
        """The house's clock, seconds since 1970."""
        return time.time() + self.offset

    def run(self, *words: str) -> str:
        """Run one command of `aldia` to its end; what it printed. Raises with its own words when it fails."""
        done = subprocess.run(self._command(*words), env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"aldia {' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def log(self) -> str:
        """What web and worker have written so far."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def mail(self) -> list[str]:
        """The letters that the house has sent, oldest first."""
        files = sorted((self.folder / "data" / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_text() for path in files]

    def _open(self) -> None:
        self._own_database()
        size = ("--documents", str(self.documents), "--customers", str(self.customers))
        self.run("demo", "--no-serve", "--today", OPENING.date().isoformat(), *size)
        self._start("web", "--port", str(self.port), "--threads", "4")
        self._start("worker", "--no-tick")
        self._wait()

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(ROOT / "src"), str(Path(__file__).with_name("clock"))])
        return {
            **os.environ,
            "ALDIA_DATA": str(self.folder / "data"),
            "ALDIA_DEV": "1",
            "ALDIA_URL": self.url,
            "ALDIA_TEST_CLOCK": str(self.offset),
            "PYTHONPATH": path,
            "DJANGO_SETTINGS_MODULE": "aldia.config.settings",
        }

    def _own_database(self) -> None:
        address = os.environ.get("DATABASE_URL")
        if address:
            self._database = f"house_{uuid.uuid4().hex}"
            on_server(address, f'CREATE DATABASE "{self._database}"')
            self.environment["DATABASE_URL"] = urlunsplit(urlsplit(address)._replace(path=f"/{self._database}"))

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "aldia.cli.main", *words]

    def _start(self, *words: str) -> None:
        with (self.folder / f"{words[0]}.log").open("wb") as log:
            process = subprocess.Popen(self._command(*words), env=self.environment, stdout=log, stderr=log)
        self._processes.append(process)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/cuenta/login/", timeout=5):
                    return
            except OSError:
                if any(process.poll() is not None for process in self._processes):
                    break
                time.sleep(0.1)
        raise RuntimeError(f"The house did not open:\n{self.log()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
