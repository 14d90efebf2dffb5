"""Backups: taken while others write, restorable elsewhere to the same rows, refused when they are not whole."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.support.house import House, demolish, empty_house, finished, migrated_house

POSTING = """
import sys, time, uuid
from datetime import date
from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store
with company_scope(Company.objects.get(slug="acme").pk):
    customer = Customer.objects.get()
    until, count = time.monotonic() + {seconds}, 0
    while time.monotonic() < until or count < 3:
        count += 1
        store(f"archivo {{count}}.xml", f"<a>{{count}}</a>".encode() * 50)
        charge = open_charge(customer_id=customer.id, kind="charge_note", total=Money(100 + count, "MXN"),
            issued_on=date(2026, 1, 2), due_on=date(2026, 2, 2), concept="ñandú ✓", key=uuid.uuid4(), actor=None)
        print(charge.pk, flush=True)
"""
SETUP = """
from aldia.customers.models import Customer
from aldia.tenancy.models import Company
from aldia.tenancy.operations.companies import create_company
from aldia.tenancy.operations.registering import register_person
from aldia.tenancy.scope import company_scope
owner = register_person(email="ana@example.com", password="una-clave-larga-1", name="Ana")
for slug in ("acme", "otra"):
    company = create_company(owner=owner, legal_name=slug, tax_id="AAA010101AAA")
    with company_scope(company.pk):
        Customer.objects.create(company=company, tax_id="BBB010101BBB", legal_name="B", collecting=True)
"""
IDS = """
from aldia.receivables.models import Receivable
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="acme").pk):
    print(*Receivable.objects.order_by("pk").values_list("pk", flat=True), sep="\\n")
"""

Builder = Callable[[str], House]


@pytest.fixture
def build(tmp_path: Path, db: None) -> Iterator[Builder]:
    """Houses by name; "lived" ones have companies, customers, files and money in them."""
    built: list[House] = []

    def make(kind: str) -> House:
        folder = tmp_path / f"{kind}{len(built)}"
        house = empty_house(folder) if kind == "empty" else migrated_house(folder)
        built.append(house)
        if kind == "lived":
            house.run(SETUP + POSTING.format(seconds=0.3))
        return house

    yield make
    for house in built:
        demolish(house)


def test_taken_under_load_and_restored_elsewhere_row_by_row(build: Builder, tmp_path: Path) -> None:
    house, target, archive = build("lived"), build("empty"), tmp_path / "b.zip"
    writer = house.spawn(POSTING.format(seconds=12))
    assert writer.stdout
    acknowledged = [writer.stdout.readline().strip() for _ in range(5)]
    done = house.aldia("backup", str(archive), "--json")
    assert done.returncode == 0, done.stderr
    sent = acknowledged + finished(writer).split()
    assert len(sent) > len(acknowledged), "nothing was written meanwhile"
    before = set(house.run(IDS).split()) - set(sent)

    restored = target.aldia("restore", str(archive), "--json")  # compares each row; then verifies
    assert restored.returncode == 0, restored.stderr
    report = json.loads(restored.stdout)
    assert sum(check["violations"] for check in report["checks"]) == 0
    assert report["tables"]["receivables_receivable"] > 5
    found = set(target.run(IDS).split())
    assert before | set(acknowledged) <= found <= before | set(sent)
    kept = {path.name: path.read_bytes() for path in (target.data / "files").rglob("*") if path.is_file()}
    assert len(kept) == report["files"] > 5
    for name, data in kept.items():
        assert next((house.data / "files").rglob(name)).read_bytes() == data
    people = target.run(
        "from aldia.tenancy.models import User\nprint(User.objects.get().check_password('una-clave-larga-1'))"
    )
    assert people == "True\n"


def test_a_house_with_data_is_not_overwritten_unawares(build: Builder, tmp_path: Path) -> None:
    house, other, archive = build("lived"), build("lived"), tmp_path / "b.zip"
    assert house.aldia("backup", str(archive)).returncode == 0
    again = house.aldia("backup", str(archive))
    assert again.returncode == 2
    assert "Ya existe" in again.stderr
    refused = other.aldia("restore", str(archive))
    assert refused.returncode == 3
    assert "Aquí ya hay datos" in refused.stderr
    mine = other.run(IDS)
    assert other.run(IDS) == mine != house.run(IDS)
    forced = other.aldia("restore", str(archive), "--force")
    assert forced.returncode == 0, forced.stderr
    assert other.run(IDS) == house.run(IDS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker) -> Iterator[Path]:
    """A good backup, to be damaged."""
    folder = tmp_path_factory.mktemp("whole")
    with django_db_blocker.unblock():
        house = migrated_house(folder / "house")
        house.run(SETUP + POSTING.format(seconds=0.2))
        assert house.aldia("backup", str(folder / "b.zip")).returncode == 0
        yield folder / "b.zip"
        demolish(house)


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))


DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "truncated": lambda good, bad: bad.write_bytes(good.read_bytes()[:-200]),
    "empty": lambda good, bad: bad.write_bytes(b""),
    "no zip": lambda good, bad: bad.write_bytes(b"hola" * 1000),
    "not there": lambda good, bad: None,
    "a row changed": lambda good, bad: rewritten(
        good, bad, lambda name, data: data.replace(b"charge_note", b"debit_note ") if "receivable" in name else data
    ),
    "a file changed": lambda good, bad: rewritten(
        good, bad, lambda name, data: data + b" " if name.startswith("files/") else data
    ),
    "from a newer program": lambda good, bad: rewritten(
        good, bad, lambda name, data: data.replace(b"0002_guards", b"9999_future") if "manifest" in name else data
    ),
    "another format": lambda good, bad: rewritten(
        good, bad, lambda name, data: data.replace(b'"format": 1', b'"format": 7') if "manifest" in name else data
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_before_anything_is_touched(whole: Path, tmp_path: Path, damage: str) -> None:
    from aldia.tenancy.archive.reading import NotABackup, check_backup

    check_backup(path=whole)  # control
    bad = tmp_path / "bad.zip"
    DAMAGES[damage](whole, bad)
    with pytest.raises(NotABackup):
        check_backup(path=bad)


def test_a_stored_file_that_is_gone_is_said_and_the_rest_kept(build: Builder, tmp_path: Path) -> None:
    house, archive = build("lived"), tmp_path / "b.zip"
    files = sorted(path for path in (house.data / "files").rglob("*") if path.is_file())
    files[0].unlink()
    files[1].write_bytes(b"otra cosa")
    done = house.aldia("backup", str(archive), "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert sorted(each["problem"] for each in report["problems"]) == ["changed", "missing"]
    assert report["files"] == len(files) - 2
    target = build("empty")
    assert target.aldia("restore", str(archive), "--json").returncode == 1


def test_the_secret_key_and_sessions_stay_at_home(whole: Path) -> None:
    with zipfile.ZipFile(whole) as archive:
        names = archive.namelist()
    at_home = [name for name in names if "session" in name or "secret.key" in name or "cache" in name]
    assert not at_home  # tables/tenancy_secret holds what only the installation's key can open
    assert oct(whole.stat().st_mode)[-3:] == "600"


def test_from_sqlite_to_postgresql(build: Builder, tmp_path: Path) -> None:
    if "postgresql" not in connections["default"].settings_dict["ENGINE"]:
        pytest.skip("needs --engine=postgres")
    target = build("empty")
    lite = House(tmp_path / "lite", "")
    lite.data.mkdir()
    assert lite.aldia("verify").returncode == 0  # makes the tables
    lite.run(SETUP + POSTING.format(seconds=0.5))
    moved = lite.aldia("move-to-postgres", target.database_url, "--json")
    assert moved.returncode == 0, moved.stderr
    report = json.loads(moved.stdout)
    assert report["tables"]["tenancy_company"] == 2
    at_postgresql = House(lite.data, target.database_url)
    assert at_postgresql.run(IDS) == lite.run(IDS) != ""
    at_postgresql.run(POSTING.format(seconds=0.2))  # and it lives on there
    assert at_postgresql.aldia("verify").returncode == 0
    archive = tmp_path / "back.zip"
    assert at_postgresql.aldia("backup", str(archive)).returncode == 0
    back = House(tmp_path / "back", "")
    back.data.mkdir()
    assert back.aldia("restore", str(archive)).returncode == 0
    assert back.run(IDS) == at_postgresql.run(IDS)
    full = lite.aldia("move-to-postgres", target.database_url)
    assert full.returncode == 3
    assert "ya hay datos" in full.stderr


def test_an_upgrade_is_preceded_by_a_backup(build: Builder) -> None:
    """The house stands before an app that came later: the next command brings it up, having kept what was."""
    house = build("lived")
    house.run(
        "from django.core.management import call_command\ncall_command('migrate', 'reporting', 'zero', verbosity=0)"
    )
    time.sleep(0.01)
    done = house.aldia("verify")
    assert done.returncode == 0, done.stderr
    assert "antes, un respaldo" in done.stderr
    (kept,) = (house.data / "backups").glob("*.zip")
    with zipfile.ZipFile(kept) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert "receivables" in manifest["migrations"]
    assert "reporting" not in manifest["migrations"]
    assert "antes" not in house.aldia("verify").stderr
