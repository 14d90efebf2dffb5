"""The e.firma: checked on entry, sealed, replaced, used with a trace, revoked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aldia.authority.models import AuthorityConnection, RunState, SyncRequest
from aldia.authority.operations import runs
from aldia.authority.operations.connections import NotConnected, change, connect, open_signer, put_off, revoke
from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.tenancy import secrets
from aldia.tenancy.models import AuditEvent, Company, Secret
from aldia.tenancy.scope import company_scope
from tests.support.sat_office import PASSWORD, START, Office, credentials

family, other = credentials(), credentials("COM980612H51", "OTRA EMPRESA")
seal = family.seals["DNO150317QX4"]
SEVERAL: dict[str, tuple[dict[str, Any], str]] = {
    "no certificate": ({"cer": b"hola"}, "cer"),
    "empty": ({"cer": b""}, "cer"),
    "huge": ({"key": b"x" * 70_000}, "key"),
    "wrong password": ({"password": "otra-clave"}, "key"),
    "no password": ({"password": ""}, "password"),
    "not a pair": ({"key": seal.encrypted_key()}, "key"),
    "a seal": ({"cer": seal.cer, "key": seal.encrypted_key()}, "cer"),
    "somebody else's": ({"cer": other.efirma.cer, "key": other.efirma.encrypted_key()}, "cer"),
    "not yet in force": ({"now": datetime(2025, 6, 1, tzinfo=UTC), "since": None}, "cer"),
    "over": ({"now": datetime(2031, 6, 1, tzinfo=UTC), "since": None}, "cer"),
    "before six years": ({"since": date(2019, 1, 1)}, "since"),
    "in the future": ({"since": date(2026, 12, 1)}, "since"),
    "never": ({"interval_days": 0}, "interval_days"),
    "nothing": ({"wants_issued": False, "wants_received": False}, "wants_issued"),
}


def given(**words: Any) -> dict[str, Any]:
    pair = {"cer": family.efirma.cer, "key": family.efirma.encrypted_key(), "password": PASSWORD}
    return pair | {"now": START, "since": date(2026, 3, 1), "actor": None} | words


@pytest.mark.parametrize("name", SEVERAL)
def test_what_will_not_do_is_refused_at_its_field_and_nothing_is_kept(office: Office, name: str) -> None:
    words, field = SEVERAL[name]
    before = AuthorityConnection.objects.values_list("version", "number").get()
    with pytest.raises(Refused) as refused:
        connect(**given(**words))
    assert refused.value.field == field
    assert str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert AuthorityConnection.objects.values_list("version", "number").get() == before
    assert Secret.objects.count() == 1


def test_a_new_one_takes_the_place_of_the_old_one(office: Office) -> None:
    row = connect(**given(interval_days=1, actor=office.owner))
    assert (row.pk, row.version, row.interval_days) == (office.connection.pk, 2, 1)
    assert (Secret.objects.count(), AuditEvent.objects.filter(verb="authority.connected").count()) == (1, 2)


def test_without_a_day_it_begins_with_the_year_before(office: Office) -> None:
    assert connect(**given(since=None)).since == date(2025, 1, 1)


def test_each_use_leaves_a_trace_and_signs(office: Office) -> None:
    pair = open_signer(connection=office.connection, purpose="sync", now=START)
    assert (pair.tax_id, pair.is_seal, len(pair.sign(b"x"))) == ("DNO150317QX4", False, 256)
    trace = AuditEvent.objects.get(verb="authority.signed")
    assert trace.detail == {"number": pair.number, "tax_id": pair.tax_id, "purpose": "sync"}


def test_it_opens_for_nobody_else_nor_when_it_is_over_or_altered(office: Office) -> None:
    with pytest.raises(NotConnected, match="venció"):
        open_signer(connection=office.connection, purpose="sync", now=office.connection.valid_to)
    stranger = Company.objects.create(slug="x", legal_name="Otra", tax_id="COM980612H51")
    with company_scope(stranger.pk), pytest.raises(NotConnected):
        open_signer(connection=office.connection, purpose="sync", now=START)
    Secret.objects.update(ciphertext=b"\x00" * 80)
    with pytest.raises(NotConnected):
        open_signer(connection=office.connection, purpose="sync", now=START)


def test_a_rotation_of_the_installations_key_changes_nothing_for_it(office: Office) -> None:
    before = bytes(Secret.objects.get().wrapped_key)
    assert secrets.rotate().wrapped >= 1
    assert bytes(Secret.objects.get().wrapped_key) != before
    assert open_signer(connection=office.connection, purpose="sync", now=START).tax_id == "DNO150317QX4"


def test_revoked_it_is_gone_and_what_was_under_way_stops(office: Office) -> None:
    run = office.start()
    office.connection.refresh_from_db()
    row = revoke(connection_id=office.connection.pk, version=office.connection.version, now=START, actor=office.owner)
    assert not Secret.objects.exists()
    assert row.secret is None
    assert set(SyncRequest.objects.values_list("state", flat=True)) == {"stopped"}
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    with pytest.raises(NotConnected):
        open_signer(connection=row, purpose="sync", now=START)
    with pytest.raises(NotConnected):
        runs.start(connection=row, trigger="asked", now=START)
    with pytest.raises(NotThere):
        revoke(connection_id=row.pk, version=row.version, now=START, actor=None)
    assert connect(**given()).pk != row.pk  # a new connection, with its own history


def test_how_often_is_changed_by_whoever_saw_the_last_version(office: Office) -> None:
    row, words = office.connection, {"now": START, "actor": office.owner, "wants_issued": True, "wants_received": False}
    changed = change(connection_id=row.pk, version=row.version, interval_days=7, **words)
    assert (changed.interval_days, changed.wants_received, changed.version) == (7, False, 2)
    with pytest.raises(Stale):
        change(connection_id=row.pk, version=1, interval_days=7, **words)
    with pytest.raises(Refused):
        change(connection_id=row.pk, version=2, interval_days=99, **words)
    office.start()
    assert {each.direction for each in SyncRequest.objects.all()} == {"issued"}


def test_one_synchronisation_at_a_time(office: Office) -> None:
    office.start()
    with pytest.raises(runs.AlreadyRunning):
        office.start()
    assert SyncRequest.objects.count() == 4


def test_what_cannot_begin_says_why_and_waits_a_day(office: Office) -> None:
    put_off(connection=office.connection, trouble="La e.firma ya venció", now=START)
    office.connection.refresh_from_db()
    assert (office.connection.trouble, office.connection.next_at) == ("La e.firma ya venció", START + timedelta(days=1))
