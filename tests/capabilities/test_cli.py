"""The command line as scripts rely on it: one JSON object, exit statuses, sentences on standard error."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from aldia.cli.local import is_loopback, serve_locally
from aldia.cli.main import COMMANDS, main
from aldia.tenancy.models import Company, Membership, Role, User
from tests.support.house import ROOT, House, demolish, empty_house, finished, migrated_house

CREATE = ["company", "create", "--name", "Ñandú SA de CV", "--tax-id", "XIA190128J61", "--email", "Ana@Example.com"]


def one_json(text: str) -> dict:
    assert len(text.strip().splitlines()) == 1
    return json.loads(text)


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[], ["--help"], ["help"], ["--version"]])
def test_help_comes_without_loading_django(words: list[str]) -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\nfrom aldia.cli.main import main\nmain({words!r})\n"
    code += "print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = import_module(f"aldia.cli.commands.{COMMANDS[name][0]}")
    assert module.__doc__
    if name == "manage":
        return
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"aldia {name}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["foo"], ["--foo"], ["company"], ["company", "create"], ["verify", "--bar"]])
def test_wrong_words_are_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(words)
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "aldia" in captured.err


# -- companies ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_company_is_created_with_its_owner_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CREATE, "--password", "una-clave-larga-1", "--json"]) == 0
    made = one_json(capsys.readouterr().out)
    company = Company.objects.get(pk=made["company"])
    assert (company.legal_name, company.tax_id, company.currency) == ("Ñandú SA de CV", "XIA190128J61", "MXN")
    owner = Membership.all_companies.get(company=company)
    assert (owner.user.email, owner.role) == ("ana@example.com", Role.OWNER)
    assert owner.user.check_password("una-clave-larga-1")
    assert "password" not in made
    assert main(["company", "list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert {"company": made["company"], "name": "Ñandú SA de CV", "tax_id": "XIA190128J61"}.items() <= listed.items()


@pytest.mark.django_db
def test_without_a_password_one_is_made_up_and_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CREATE, "--json"]) == 0
    made = one_json(capsys.readouterr().out)
    assert User.objects.get().check_password(made["password"])
    assert main([*CREATE, "--json"]) == 0  # the same person, a second company: keeps the password
    assert "password" not in one_json(capsys.readouterr().out)
    assert User.objects.get().check_password(made["password"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"--email": "no"}, {"--country": "XX"}, {"--password": "123"}, {"--name": " "}, {"--time-zone": "Marte/Olympus"}],
)
def test_bad_input_is_status_2_with_a_sentence(change: dict, capsys: pytest.CaptureFixture[str]) -> None:
    words = dict(zip(CREATE[2::2], CREATE[3::2], strict=True)) | change
    assert main(["company", "create", *(part for pair in words.items() for part in pair), "--json"]) == 2
    captured = capsys.readouterr()
    assert one_json(captured.out)["error"] in captured.err
    assert not Company.objects.exists()


@pytest.mark.django_db
def test_a_company_is_named_by_id_slug_or_tax_id(capsys: pytest.CaptureFixture[str]) -> None:
    main([*CREATE, "--json"])
    made = one_json(capsys.readouterr().out)
    for name in (made["company"], made["slug"], "xia190128j61"):
        assert main(["verify", "--company", name, "--json"]) == 0
    capsys.readouterr()
    assert main(["verify", "--company", "nadie"]) == 2
    assert "No hay ninguna empresa «nadie»" in capsys.readouterr().err
    main([*CREATE])
    capsys.readouterr()
    assert main(["verify", "--company", "XIA190128J61"]) == 2
    assert "varias" in capsys.readouterr().err


# -- verify, tick, worker, backup --------------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def test_verify_finds_what_was_broken_behind_its_back(house: House) -> None:
    assert house.aldia(*CREATE).returncode == 0
    good = house.aldia("verify", "--json")
    assert good.returncode == 0
    checks = {check["name"]: check for check in one_json(good.stdout)["checks"]}
    assert {"audit_chain", "ledger_chain", "guards_in_place", "references_stay_inside"} <= set(checks)
    assert checks["audit_chain"]["rows"] == 2  # the company, and its general rule
    house.run(
        "from django.apps import apps\nfrom django.db import connection, transaction\n"
        "from aldia.tenancy import guards\n"
        "with transaction.atomic(), guards.lifted(apps, connection), connection.cursor() as cursor:\n"
        "    cursor.execute(\"UPDATE tenancy_auditevent SET verb = 'nothing'\")"
    )
    bad = house.aldia("verify", "--json")
    assert bad.returncode == 1
    assert sum(check["violations"] for check in one_json(bad.stdout)["checks"]) > 0
    assert "NO CUADRAN" in house.aldia("verify").stdout


def test_tick_and_worker_do_what_is_due_and_end(house: House) -> None:
    house.run(
        "from aldia.queue.models import Schedule\n"
        "Schedule.objects.create(name='s', task_path='tests.support.queue_tasks.note', payload={'value': 7},"
        " every_minutes=1, created_at='2026-01-01T00:00Z')"
    )
    # `tick` switches off what the timetable does not name: this one is enqueued by hand first
    house.run("from tests.support.queue_tasks import note\nnote.enqueue(7)")
    ticked = house.aldia("tick", "--once", "--json")
    assert ticked.returncode == 0
    assert "enqueued" in one_json(ticked.stdout)
    assert house.aldia("worker", "--drain").returncode == 0
    found = house.run("from aldia.queue.models import *\nprint(Job.objects.get(task_path__endswith='note').result)")
    assert found == "7\n"


def test_what_cannot_be_done_is_status_3_with_a_sentence(house: House, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"hola")
    done = house.aldia("restore", str(tmp_path / "no.zip"), "--json")
    assert done.returncode == 3
    assert "no es un respaldo" in one_json(done.stdout)["error"]
    assert "Traceback" not in done.stderr
    assert house.aldia("backup", str(tmp_path / "nowhere" / "b.zip")).returncode == 2


def test_two_first_uses_at_once_migrate_once(tmp_path: Path, db: None) -> None:
    house = empty_house(tmp_path / "fresh")
    try:
        code = "import sys\nfrom aldia.cli.main import main\nsys.exit(main(['company', 'list', '--json']))"
        for process in [house.spawn(code) for _ in range(2)]:
            assert json.loads(finished(process)) == []
    finally:
        demolish(house)


# -- serving -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.8.8.8", True), ("0.0.0.0", False),
     ("192.168.1.5", False), ("::", False), ("cobra.example.com", False)],
)  # fmt: skip
def test_plain_http_only_for_this_machine(host: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_loopback(host) is expected
    monkeypatch.delenv("ALDIA_DEV", raising=False)
    monkeypatch.setenv("ALDIA_HOSTS", "cobra.example.com")
    serve_locally(host)
    assert "ALDIA_DEV" not in os.environ  # the house has said which hosts it answers: it is a real one
    monkeypatch.delenv("ALDIA_HOSTS")
    serve_locally(host)
    assert os.environ.pop("ALDIA_DEV", "") == ("1" if expected else "")


def test_serve_restarts_what_dies_and_leaves_nothing_behind(house: House, tmp_path: Path) -> None:
    port = free_port()
    env = {name: value for name, value in house.env.items() if name != "ALDIA_DEV"}
    command = [sys.executable, "-m", "aldia.cli.main", "serve", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        serve = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_until(lambda: healthy(port))
        second = house.aldia("serve", "--port", str(free_port()))
        assert second.returncode == 3
        assert "Ya hay un" in second.stderr
        web = child(serve.pid, "web")
        worker = child(serve.pid, "worker")
        os.kill(web, signal.SIGKILL)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: child(serve.pid, "web") not in (0, web) and child(serve.pid, "worker") not in (0, worker))
        wait_until(lambda: healthy(port))
        parts = [child(serve.pid, "web"), child(serve.pid, "worker")]
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(timeout=40) == 0
        wait_until(lambda: not any(map(alive, parts)))
        assert not healthy(port)
    finally:
        with suppress(ProcessLookupError):
            serve.kill()


def test_children_do_not_outlive_a_serve_that_is_killed(house: House, tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "aldia.cli.main", "serve", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        serve = subprocess.Popen(command, env=house.env, cwd=ROOT, stdout=log, stderr=log)
    wait_until(lambda: healthy(port))
    parts = [child(serve.pid, "web"), child(serve.pid, "worker")]
    assert all(parts)
    serve.kill()
    serve.wait()
    wait_until(lambda: not any(map(alive, parts)) and not healthy(port))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/salud/", timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def child(parent: int, part: str) -> int:
    """The process id of a part of `serve`, 0 if it is not there."""
    rows = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    for row in rows.splitlines():
        pid, ppid, *words = row.split()
        if int(ppid) == parent and part in words:
            return int(pid)
    return 0


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition: object, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def test_djangos_own_check_of_a_deployment_finds_nothing(tmp_path: Path, db: None) -> None:
    house = House(tmp_path / "real", "")
    words = ["manage", "check", "--deploy", "--fail-level", "WARNING"]
    done = house.aldia(*words, ALDIA_DEV="", ALDIA_HOSTS="cobra.example.com")
    assert done.returncode == 0, done.stderr
    assert house.aldia(*words).returncode != 0  # control: as on a developer's machine it does complain
