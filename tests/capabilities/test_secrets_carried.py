"""Secrets on their way: no copy gives them away, and the key must be brought along (reliability T31, T32)."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, demolish, empty_house, migrated_house

CANARY = "Canario-7Q-clave"
pytestmark = pytest.mark.django_db
SET_UP = f"""
from aldia.messaging.operations.accounts import Details, create_account
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
with company_scope(make_company().pk):
    for name in ("uno", "dos"):
        details = Details(name, {{"host": "smtp.mx"}}, {{"password": "{CANARY}" + name}}, "", "a@b.mx")
        create_account(channel="email", adapter="smtp", details=details, actor=None)
"""
OPEN = """
from aldia.messaging import accounts
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get().pk):
    for account in accounts.accounts_of():
        try:
            print(accounts.revealed(account)["password"])
        except accounts.NoChannel as error:
            print("closed", error)
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = migrated_house(tmp_path / "house")
    found.run(SET_UP)
    yield found
    demolish(found)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[House]:
    found = empty_house(tmp_path / "elsewhere")
    yield found
    demolish(found)


def holding(folder: Path) -> list[str]:
    """The files of a folder in which the password can be read."""
    spellings = [CANARY.encode(), CANARY.encode("utf-16-le"), CANARY.encode().hex().encode()]
    files = [each for each in folder.rglob("*") if each.is_file()]
    return [each.name for each in files if any(spelling in each.read_bytes() for spelling in spellings)]


def test_no_file_of_the_house_holds_a_password(house: House, tmp_path: Path) -> None:
    """The database with its journal, logs, keys; the backup, packed and unpacked."""
    backup = tmp_path / "respaldo.zip"
    done = house.aldia("backup", str(backup))
    assert done.returncode == 0, done.stderr
    assert "2 contraseñas van cifradas" in done.stdout
    assert CANARY not in done.stdout + done.stderr
    with zipfile.ZipFile(backup) as archive:
        archive.extractall(tmp_path / "unpacked")
    key = (house.data / "kek.key").read_text().split()[0]
    assert holding(house.data) == []
    assert holding(tmp_path / "unpacked") == []
    unpacked = [each.read_text(errors="replace") for each in (tmp_path / "unpacked").rglob("*") if each.is_file()]
    assert not any(key in text for text in unpacked), "the key of the installation is in no backup"


def test_the_key_must_be_brought_along(house: House, elsewhere: House, tmp_path: Path) -> None:
    backup = tmp_path / "respaldo.zip"
    assert house.aldia("backup", str(backup)).returncode == 0
    restored = elsewhere.aldia("restore", str(backup), "--json")
    assert restored.returncode == 0, restored.stderr
    data = json.loads(restored.stdout)
    assert (data["secrets"], data["secrets_without_key"]) == (2, 2)
    assert elsewhere.run(OPEN).count("closed") == 2
    assert elsewhere.aldia("secrets", "status").returncode == 1
    shutil.copy(house.data / "kek.key", elsewhere.data / "kek.key")
    assert sorted(elsewhere.run(OPEN).split()) == [f"{CANARY}dos", f"{CANARY}uno"]
    assert elsewhere.aldia("secrets", "status").returncode == 0


def test_rotation_while_others_read_and_write(house: House) -> None:
    """Another process opens and replaces passwords all the while: none fails, none is lost."""
    busy = house.spawn(BUSY)
    for _turn in range(4):
        done = house.aldia("secrets", "rotate", "--json")
        assert done.returncode == 0, done.stderr
    out, err = busy.communicate(timeout=120)
    assert busy.returncode == 0, err[-2000:]
    assert int(out.split()[-1]) > 20
    assert "closed" not in house.run(OPEN)


BUSY = """
import time
from aldia.messaging import accounts
from aldia.messaging.models import ChannelAccount
from aldia.tenancy import secrets
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
count, until = 0, time.monotonic() + 6
with company_scope(Company.objects.get().pk):
    while time.monotonic() < until:
        for account in ChannelAccount.objects.select_related("secret"):
            found = accounts.revealed(account)
            assert found["password"].startswith("Canario"), found
            secrets.keep(kind="channel", values=dict(found), replacing=account.secret)
            count += 1
            time.sleep(0.01)
print(count)
"""
