"""Log lines: one JSON object each, no secrets, no forged lines, one id per request."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog
from django.test import Client

from aldia.config import logs
from aldia.web.requests import RequestLogMiddleware

CANARY = "c4n4ri0-s3cr3t0"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is written, line by line, as on a machine without a terminal."""
    monkeypatch.setenv("ALDIA_LOGS", "json")
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    config = logs.configure()
    config["handlers"]["lines"]["stream"] = stream
    config["loggers"] = {}
    logging.config.dictConfig(config)
    written: list[str] = []

    class Lines(list[str]):
        def __iter__(self) -> Iterator[str]:
            return iter(stream.getvalue().splitlines())

        def __len__(self) -> int:
            return len(stream.getvalue().splitlines())

    written = Lines()
    yield written
    root.handlers[:], _level = before
    root.setLevel(before[1])


SECRETS = [
    {"password": CANARY},
    {"api_key": CANARY},
    {"Authorization": f"Bearer {CANARY}"},
    {"headers": {"Cookie": f"sessionid={CANARY}"}},
    {"detail": [{"passphrase": CANARY}]},
    {"error": f"connection to postgresql://aldia:{CANARY}@db:5432/aldia failed"},
    {"error": f"POST /x?token={CANARY}&a=1"},
    {"error": f"header Authorization: Bearer {CANARY}"},
    {"path": f"/invitacion/{CANARY}/"},
    {"error": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"},
    {"error": f"password={CANARY}"},
    {"error": f'{{"password": "{CANARY}"}}'},
]


@pytest.mark.parametrize("event", SECRETS)
def test_no_secret_reaches_a_line(lines: list[str], event: dict) -> None:
    structlog.get_logger("x").info("happened", **event)
    logging.getLogger("y").warning("happened %s", event)
    assert len(lines) == 2
    for line in lines:
        assert CANARY not in line
        assert json.loads(line)["timestamp"]


def test_what_is_no_secret_stays(lines: list[str]) -> None:
    structlog.get_logger("x").info("job", task="aldia.jobs.x", outcome="done", seconds=0.2, company="ñandú")
    (line,) = lines
    assert {
        "event": "job",
        "outcome": "done",
        "company": "ñandú",
        "seconds": 0.2,
        "level": "info",
    }.items() <= json.loads(line).items()


def test_an_exception_is_told_without_the_values_around_it(lines: list[str]) -> None:
    password = CANARY
    try:
        raise ValueError(f"no: password={password}")
    except ValueError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", "/x", extra={"request": object()})
    (line,) = lines
    assert "ValueError" in line
    assert "test_logs.py" in line
    assert CANARY not in line


@pytest.mark.parametrize("separator", ["\r", "\x85", "\u2028", "\x00", "\x1b"])
def test_no_line_is_forged(lines: list[str], separator: str) -> None:
    structlog.get_logger("x").info("login", who=f"ana{separator}fake: root logged in")
    (line,) = lines
    assert separator not in json.loads(line)["who"]


@pytest.mark.django_db
def test_one_line_per_request_under_the_id_of_the_answer(lines: list[str]) -> None:
    response = Client().get("/cuenta/login/?token=" + CANARY)
    (line,) = [each for each in lines if '"request"' in each]
    found = json.loads(line)
    assert found["request_id"] == response.headers["X-Request-ID"]
    assert {"method": "GET", "path": "/cuenta/login/", "status": 200, "company": None}.items() <= found.items()
    assert CANARY not in line


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "is_kept"), [("abc-12345", True), ("x" * 65, False), ("a b\tc,d;e", False), ("", False)]
)
def test_an_id_from_outside_is_kept_only_if_plain(given: str, is_kept: bool) -> None:
    answer = Client().get("/cuenta/login/", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (answer == given) is is_kept


def test_the_id_does_not_leak_into_the_next_request() -> None:
    seen: list[dict] = []

    def view(request: object) -> None:
        seen.append(structlog.contextvars.get_contextvars())
        raise RuntimeError

    middleware = RequestLogMiddleware(view)  # type: ignore[arg-type]
    from django.test import RequestFactory

    with pytest.raises(RuntimeError):
        middleware(RequestFactory().get("/"))
    assert "request_id" in seen[0]
    assert structlog.contextvars.get_contextvars() == {}
