"""Secrets at rest: bound to their company and row, closed to whoever has the database, rotated while in use."""

from __future__ import annotations

import base64
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from aldia.tenancy import keyring, secrets
from aldia.tenancy.models import Secret
from aldia.tenancy.scope import company_scope
from tests.cast import make_company

pytestmark = pytest.mark.django_db
CANARY = "Canario-7Q-clave"


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.DATA_DIR = tmp_path
    monkeypatch.delenv(keyring.VARIABLE, raising=False)
    return tmp_path / keyring.FILE


def kept(company: Any, value: str = CANARY) -> Secret:
    with company_scope(company.pk):
        return secrets.keep(kind="channel", values={"password": value})


def test_what_is_kept_comes_back(own_keys: Path) -> None:
    company = make_company()
    secret = kept(company)
    with company_scope(company.pk):
        assert secrets.reveal(Secret.objects.get(pk=secret.pk)) == {"password": CANARY}
        secrets.keep(kind="channel", values={"password": "otra"}, replacing=secret)
        assert secrets.reveal(Secret.objects.get(pk=secret.pk)) == {"password": "otra"}
        assert Secret.objects.count() == 1


def test_the_key_is_made_once_and_readable_by_its_owner_only(own_keys: Path) -> None:
    assert not own_keys.exists()
    names = {keyring.known_keys()[0].name for _turn in range(3)}
    assert len(names) == 1
    assert stat.S_IMODE(own_keys.stat().st_mode) == 0o600


def test_processes_that_make_the_key_at_once_agree(own_keys: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(keyring.known_keys()[0].name)) for _turn in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 16
    assert set(found) == {keyring.known_keys()[0].name}
    assert os.listdir(own_keys.parent) == [keyring.FILE]


def test_each_row_is_sealed_by_itself() -> None:
    company = make_company()
    one, two = kept(company), kept(company)
    assert bytes(one.ciphertext) != bytes(two.ciphertext)
    assert bytes(one.wrapped_key) != bytes(two.wrapped_key)
    assert CANARY.encode() not in bytes(one.ciphertext) + bytes(one.wrapped_key)


@pytest.mark.parametrize("column", ["ciphertext", "wrapped_key"])
@pytest.mark.parametrize("position", [0, 11, 12, 20, -1])
def test_one_changed_byte_is_detected(column: str, position: int) -> None:
    company = make_company()
    secret = kept(company)
    data = bytearray(getattr(secret, column))
    data[position] ^= 1
    setattr(secret, column, bytes(data))
    with company_scope(company.pk), pytest.raises(secrets.CannotOpen):
        secrets.reveal(secret)


@pytest.mark.parametrize("cut", [0, 5, 12, 27])
def test_a_cut_row_is_detected(cut: int) -> None:
    company = make_company()
    secret = kept(company)
    secret.ciphertext = bytes(secret.ciphertext)[:cut]
    with company_scope(company.pk), pytest.raises(secrets.CannotOpen):
        secrets.reveal(secret)


def test_moved_to_another_company_row_or_kind_it_stays_closed() -> None:
    ours, theirs = make_company(), make_company("Otra", "OTR010203AB1")
    secret, other = kept(ours), kept(theirs, "de otra")
    with company_scope(theirs.pk), pytest.raises(secrets.CannotOpen):
        secrets.reveal(secret)  # the row of another company
    other.ciphertext, other.wrapped_key = secret.ciphertext, secret.wrapped_key
    with company_scope(theirs.pk), pytest.raises(secrets.CannotOpen):
        secrets.reveal(other)  # its bytes copied into a row of one's own
    twin = kept(ours, "gemelo")
    twin.ciphertext, twin.wrapped_key = secret.ciphertext, secret.wrapped_key
    with company_scope(ours.pk), pytest.raises(secrets.CannotOpen):
        secrets.reveal(twin)
    secret.kind = "signing"
    with company_scope(ours.pk), pytest.raises(secrets.CannotOpen):
        secrets.reveal(secret)
    with company_scope(theirs.pk), pytest.raises(secrets.CannotOpen):
        secrets.keep(kind="channel", values={}, replacing=kept(ours))


def test_nothing_prints_it() -> None:
    company = make_company()
    secret = kept(company)
    with company_scope(company.pk):
        found = secrets.reveal(secret)
    printed = [repr(found), str(found), f"{found}", "%s" % found, repr(secret), repr(keyring.known_keys()[0])]  # noqa: UP031
    material = base64.b64encode(keyring.known_keys()[0].material).decode()
    assert not any(CANARY in each or material in each for each in printed)


def test_without_its_key_a_secret_says_what_to_do(own_keys: Path) -> None:
    """A backup restored on another machine, whose key is another."""
    company = make_company()
    secret = kept(company)
    own_keys.unlink()
    with company_scope(company.pk), pytest.raises(keyring.KeyProblem, match=r"kek\.key"):
        secrets.reveal(secret)


def test_rotation_keeps_everything_readable(own_keys: Path) -> None:
    companies = [make_company(), make_company("Otra", "OTR010203AB1")]
    rows = [(company, kept(company, f"clave {index}")) for index in range(20) for company in companies]
    first = keyring.known_keys()[0].name
    before = own_keys.read_text()
    assert secrets.rotate() == secrets.Rotation(wrapped=40, unreadable=0)
    assert keyring.known_keys()[0].name != first
    assert stat.S_IMODE(own_keys.stat().st_mode) == 0o600
    for index, (company, row) in enumerate(rows):
        with company_scope(company.pk):
            found = Secret.objects.get(pk=row.pk)
            assert found.wrapped_by == keyring.known_keys()[0].name
            assert secrets.reveal(found) == {"password": f"clave {index // 2}"}
    assert secrets.rotate() == secrets.Rotation(wrapped=40, unreadable=0)
    assert before.strip() not in own_keys.read_text(), "the key of two rotations ago is gone"
    assert len(keyring.known_keys()) == 2


def test_what_no_key_opens_is_counted_and_left(own_keys: Path) -> None:
    company = make_company()
    lost = kept(company)
    own_keys.unlink()
    kept(company)
    assert secrets.rotate() == secrets.Rotation(wrapped=1, unreadable=1)
    with company_scope(company.pk):
        assert Secret.objects.get(pk=lost.pk).wrapped_by == lost.wrapped_by


def test_keys_of_the_environment(monkeypatch: pytest.MonkeyPatch, own_keys: Path) -> None:
    old, new = keyring.new_material(), keyring.new_material()
    company = make_company()
    monkeypatch.setenv(keyring.VARIABLE, old)
    secret = kept(company)
    monkeypatch.setenv(keyring.VARIABLE, f"{new}, {old}")
    assert secrets.rotate() == secrets.Rotation(wrapped=1, unreadable=0)
    monkeypatch.setenv(keyring.VARIABLE, new)
    with company_scope(company.pk):
        assert secrets.reveal(Secret.objects.get(pk=secret.pk)) == {"password": CANARY}
    assert not own_keys.exists()


@pytest.mark.parametrize("bad", ["corta", "ñ", base64.b64encode(b"x" * 31).decode(), " , "])
def test_a_bad_key_is_a_sentence_that_does_not_repeat_it(monkeypatch: pytest.MonkeyPatch, bad: str) -> None:
    monkeypatch.setenv(keyring.VARIABLE, bad)
    with pytest.raises(keyring.KeyProblem) as problem:
        keyring.known_keys()
    assert keyring.VARIABLE in str(problem.value)
    assert bad.strip(" ,") == "" or bad not in str(problem.value)


@pytest.mark.usefixtures("own_keys")
def test_the_database_holds_ciphertext_only() -> None:
    """Every value of the table as the database gives it, and what a dump would write of it."""
    company = make_company()
    kept(company)
    with transaction.atomic(), connection.cursor() as cursor, company_scope(company.pk):
        cursor.execute("SELECT * FROM tenancy_secret")
        rows = cursor.fetchall()
    dumped = "".join(bytes(v).hex() if isinstance(v, bytes | memoryview) else str(v) for row in rows for v in row)
    assert CANARY not in dumped
    assert CANARY.encode().hex() not in dumped
