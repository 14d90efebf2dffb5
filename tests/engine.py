"""Plugin of the test runner: `--engine=sqlite|postgres`, and an environment that can touch nobody's data.

It is loaded before Django reads its settings (`-p tests.engine` in pyproject.toml), because the settings come from the
environment. Whatever ALDIA_DATA or DATABASE_URL the person's shell carries is replaced: each process of the run gets a
data directory of its own, and PostgreSQL, when asked for, is started once and shared by the workers.

ALDIA_TEST_DATABASE_URL names a server to use instead of starting one; its role must be allowed to create databases and
be neither superuser nor BYPASSRLS.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

TESTS = Path(__file__).resolve().parent
WITHOUT_DATABASE = frozenset({"domain", "integrations", "corpus"})
JOURNEYS = frozenset({"test_main_job", "test_pay_link", "test_guided", "test_issuing", "test_complements"})  # on both
DATABASE_FIXTURES = frozenset({"db", "transactional_db", "django_db_setup", "own_installation"})
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
OF_THE_SHELL = (
    "ALDIA_HOSTS", "ALDIA_ORIGINS", "ALDIA_PROXY", "ALDIA_EMAIL_URL", "ALDIA_FROM", "ALDIA_TEST_DB", "ALDIA_KEK",
    "ALDIA_PRIVATE_NETWORKS",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=("sqlite", "postgres"), default="sqlite", help="the database of the tests")
    parser.addoption("--everything", action="store_true", help="on PostgreSQL, also what touches no database")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """A wrapper runs before every other implementation, so before pytest-django loads the settings."""
    prepare(early_config.known_args_namespace.engine)
    yield


def prepare(engine: str) -> None:
    """Set the environment that the settings are read from."""
    data = Path(tempfile.mkdtemp(prefix="aldia-test-"))
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    (data / "static").mkdir()  # what collectstatic would make; its absence is a warning per client
    os.environ.update(ALDIA_DATA=str(data), ALDIA_DEV="1", ALDIA_SECRET_KEY="of-the-tests-only")
    for name in OF_THE_SHELL:
        os.environ.pop(name, None)
    if IS_WORKER:
        return  # DATABASE_URL is what the first process of the run has put there, or nothing
    os.environ.pop("DATABASE_URL", None)
    if engine == "postgres":
        os.environ["DATABASE_URL"] = os.environ.get("ALDIA_TEST_DATABASE_URL") or start_server()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What touches no database says on PostgreSQL what it said on SQLite: it runs once. `--everything` runs it, too."""
    if config.getoption("engine") == "sqlite" or config.getoption("everything"):
        return
    asked: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        asked[_is_pure(item)].append(item)
    items[:] = asked[False]
    config.hook.pytest_deselected(items=asked[True])


def _is_pure(item: pytest.Item) -> bool:
    """Of the domain, an adapter or a sample file, asking for no database; marked `once`; or a page of no journey."""
    if item.get_closest_marker("once"):
        return True
    folder = Path(item.path).relative_to(TESTS).parts[0]
    if folder == "browser":  # how a page behaves does not depend on the engine: a few whole journeys show that it works
        return Path(item.path).stem not in JOURNEYS
    asks = item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
    return folder in WITHOUT_DATABASE and not asks


def start_server() -> str:
    """Start PostgreSQL for this run; it ends with the process."""
    from tests.postgres_server import PostgresServer

    server = PostgresServer()
    atexit.register(server.stop)
    return server.url()


def pytest_report_header(config: pytest.Config) -> str:
    return f"engine: {config.getoption('engine')}"


@pytest.fixture
def own_installation(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a process with a data directory and an empty database of its own, on the engine of this run.

    For tests that start `aldia` itself or kill it: `subprocess.run([sys.executable, "-m", "aldia", …], env=…)`.
    """
    environment = {**os.environ, "ALDIA_DATA": str(tmp_path / "installation"), "ALDIA_DEV": "1"}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[1] / "src")
    environment["DJANGO_SETTINGS_MODULE"] = "aldia.config.settings"
    address = os.environ.get("DATABASE_URL")
    if not address:
        yield environment
        return
    name = f"own_{uuid.uuid4().hex}"
    on_server(address, f'CREATE DATABASE "{name}"')
    try:
        yield {**environment, "DATABASE_URL": urlunsplit(urlsplit(address)._replace(path=f"/{name}"))}
    finally:
        on_server(address, f'DROP DATABASE "{name}" WITH (FORCE)')


def on_server(address: str, statement: str) -> None:
    """Run one statement as the role of the tests, outside a transaction."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]
