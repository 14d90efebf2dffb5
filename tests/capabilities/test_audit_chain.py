"""The audit chain under sabotage: every column, every row, every way to take, add or move one; each with its control.

The sabotage goes around the ORM, with the database's own guards lifted; `test_the_database_refuses…` is what happens
while they stand.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from aldia.cli.main import main
from aldia.tenancy import audit, guards
from aldia.tenancy.chains import digest, lock_chain, move_chain
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, ChainHead, Company, User
from aldia.tenancy.scope import company_scope
from aldia.tenancy.verify import audit_anchor, audit_chain
from tests.cast import make_company

pytestmark = pytest.mark.django_db
ROWS = 5
COLUMNS = [field.attname for field in AuditEvent._meta.concrete_fields]
HEAD_COLUMNS = ["company_id", "name", "seq", "hash"]  # its id and its birthday say nothing about the trail
BEFORE = datetime(2026, 11, 21, 18, 30, 15, 250_000, tzinfo=UTC)


@pytest.fixture
def company() -> Iterator[Company]:
    company = make_company()
    with company_scope(company.pk):
        yield company


@pytest.fixture
def people(company: Company) -> tuple[User, User]:
    return User.objects.create(email="ana@example.com"), User.objects.create(email="beto@example.com")


@pytest.fixture
def trail(people: tuple[User, User]) -> list[AuditEvent]:
    """Five events of today, with and without a person, an object and particulars."""
    ana, _beto = people
    thing = uuid7()
    return [
        audit.record(actor=None, verb="company.created"),
        audit.record(actor=ana, verb="customers.edited", object_type="customer", object_id=thing, detail=_change()),
        audit.record(actor=ana, verb="customers.edited", object_type="customer", object_id=thing, detail={"n": [0, 1]}),
        audit.record(actor=None, verb="payments.recorded", detail={"amount": 10_000, "note": "señal €"}),
        audit.record(actor=ana, verb="customers.deleted", object_type="customer", object_id=thing),
    ]


@pytest.fixture
def trail_of_before(people: tuple[User, User]) -> list[AuditEvent]:
    """Two rows whose time the database gave and no hash covers, then three of today."""
    ana, _beto = people
    old = [_record_as_before(ana, "customers.edited", _change()), _record_as_before(None, "payments.recorded", {})]
    new = [audit.record(actor=ana, verb=f"customers.step{number}") for number in range(3)]
    return old + new


def _change() -> dict[str, Any]:
    return {"changes": {"term_days": [30, 45], "name": ["A", "B"]}}


def _record_as_before(actor: User | None, verb: str, detail: dict[str, Any]) -> AuditEvent:
    """What `audit.record` did until 1.4: the body without "at", `created_at` left to the database."""
    head = lock_chain(audit.CHAIN)
    milliseconds = (datetime.now(UTC) - audit.EPOCH) // timedelta(milliseconds=1)
    row_id = uuid.UUID(int=milliseconds << 80 | uuid7().int & (1 << 80) - 1)
    own = {"id": row_id, "company_id": head.company_id, "seq": head.seq + 1, "actor": actor, "verb": verb}
    event = AuditEvent(**own, detail=detail, prev_hash=head.hash)
    body = {name: value for name, value in audit.event_body(_dated(event)).items() if name != "at"}
    event.hash = digest(prev_hash=head.hash, body=body)
    event.created_at = audit.made_at(row_id) + timedelta(milliseconds=3)
    event.save(force_insert=True)
    move_chain(head, seq=event.seq, link=event.hash)
    return event


def _dated(event: AuditEvent) -> AuditEvent:
    event.created_at = BEFORE
    return event


@contextmanager
def sabotage() -> Iterator[None]:
    """With the guards lifted, and everything undone at the end. What nobody changed must pass (the control)."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks outstanding cannot be altered
            for model in (AuditEvent, ChainHead):
                for guard in guards.guards_of(apps, model, connection.vendor):
                    cursor.execute(guard.drop)
        assert audit_chain() == ("audit_chain", ROWS, 0)
        yield
        assert audit_chain() == ("audit_chain", ROWS, 0), "a change was not undone: nothing was proven"
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def plain(field: models.Field[Any, Any], value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


def put(model: type[models.Model], row_id: object, column: str, value: Any) -> None:
    """Write one column of one row, around the ORM."""
    field = next(each for each in model._meta.concrete_fields if each.attname == column)
    key = plain(model._meta.get_field("id"), row_id)
    with connection.cursor() as cursor:
        sql = f"UPDATE {model._meta.db_table} SET {field.column} = %s WHERE id = %s"
        cursor.execute(sql, [plain(field, value), key])


def falsehoods(row: models.Model, column: str, people: tuple[User, User]) -> list[Any]:
    """Other values for a column: one bit, one letter, one microsecond away, and far away."""
    was = getattr(row, column)
    if column == "actor_id":
        return [person.pk for person in people if person.pk != was] + [None] * (was is not None)
    if column == "company_id":
        return [make_company("Otra", "OTR010203AB1").pk]
    if isinstance(was, uuid.UUID):
        return [uuid.UUID(int=was.int ^ 1 << bit) for bit in (0, 61, 64, 80, 127)]
    if isinstance(was, datetime):
        return [was + step for step in (timedelta(microseconds=1), timedelta(milliseconds=-1), timedelta(days=400))]
    if isinstance(was, int):
        return [was + 100, -was, was + 2**40]
    if isinstance(was, dict):
        return [{**was, "x": None}, {}, []] if was else [{"x": None}, [], ""]
    letters = [
        f"{was[:at]}{'0' if was[at] != '0' else '1'}{was[at + 1 :]}" for at in range(0, len(was), 1 + len(was) // 12)
    ]
    longest = row._meta.get_field(column).max_length or 0
    found = [*letters, was[:-1], (was + "x")[:longest], "" if was else "y", was.upper()]
    return [each for each in found if each != was]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_of_any_row_is_found(
    column: str, trail: list[AuditEvent], people: tuple[User, User]
) -> None:
    tried = 0
    with sabotage():
        for event in trail:
            for lie in falsehoods(event, column, people):
                with undone():
                    put(AuditEvent, event.pk, column, lie)
                    assert audit_chain().violations > 0, (event.seq, column, lie)
                tried += 1
    assert tried >= ROWS


@pytest.mark.parametrize("column", COLUMNS)
def test_so_it_is_in_rows_of_before_whose_time_no_hash_covers(
    column: str, trail_of_before: list[AuditEvent], people: tuple[User, User]
) -> None:
    with sabotage():
        for event in trail_of_before[:2]:
            lies = falsehoods(event, column, people)
            if column == "created_at":  # the time was the database's: its clock may stand apart from ours
                lies = [event.created_at + timedelta(hours=hours) for hours in (-30, -2, 2, 9000)]
            for lie in lies:
                with undone():
                    put(AuditEvent, event.pk, column, lie)
                    assert audit_chain().violations > 0, (event.seq, column, lie)


def test_particulars_changed_by_one_letter_are_found(trail: list[AuditEvent]) -> None:
    """Each letter of the JSON text, as somebody with an editor would change it."""
    table, kept = AuditEvent._meta.db_table, json.dumps(trail[1].detail)
    cast = "%s::jsonb" if connection.vendor == "postgresql" else "%s"
    with sabotage():
        for at, letter in enumerate(kept):
            written = kept[:at] + ("7" if letter != "7" else "8") + kept[at + 1 :]
            try:
                assert json.loads(written) != trail[1].detail
            except ValueError:
                continue  # no JSON any more: the engines refuse it or cannot read it back
            with undone(), connection.cursor() as cursor:
                sql = f"UPDATE {table} SET detail = {cast} WHERE seq = 2"
                cursor.execute(sql, [written])
                assert audit_chain().violations > 0, written


@pytest.mark.parametrize("column", HEAD_COLUMNS)
def test_a_changed_head_is_found(column: str, trail: list[AuditEvent], people: tuple[User, User]) -> None:
    head = ChainHead.objects.get(name=audit.CHAIN)
    with sabotage():
        for lie in falsehoods(head, column, people):
            with undone():
                put(ChainHead, head.pk, column, lie)
                assert audit_chain().violations > 0, (column, lie)


@pytest.mark.parametrize(
    "seqs", [(1,), (3,), (5,), (4, 5), (1, 2), (2, 3, 4), (1, 2, 3, 4, 5)], ids=lambda seqs: "-".join(map(str, seqs))
)
def test_deleted_rows_are_found(seqs: tuple[int, ...], trail: list[AuditEvent]) -> None:
    with sabotage(), undone():
        _delete(*seqs)
        assert audit_chain().violations > 0


@pytest.mark.parametrize("kept", [0, 1, 4])
def test_a_tail_cut_off_is_found_by_the_head(kept: int, trail: list[AuditEvent]) -> None:
    """With the head put back to where the rest ends it is found only by an anchor noted elsewhere."""
    noted = audit.anchor()
    with sabotage(), undone():
        _delete(*range(kept + 1, ROWS + 1))
        assert audit_chain().violations > 0
        if kept:
            head = ChainHead.objects.get(name=audit.CHAIN)
            move_chain(lock_chain(audit.CHAIN), seq=kept, link=trail[kept - 1].hash)
            assert audit_chain().violations == 0, head
        assert audit_anchor(noted=noted).violations == 1
    assert audit_anchor(noted=noted).violations == 0


def test_a_trail_taken_away_as_a_whole_is_found(trail: list[AuditEvent]) -> None:
    """Rows and head: the company's other chains still stand, and no operation moves them without an event."""
    lock_chain("ledger")
    with sabotage(), undone():
        _delete(*range(1, ROWS + 1))
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {ChainHead._meta.db_table} WHERE name = %s", [audit.CHAIN])
        assert audit_chain().violations > 0


@pytest.mark.parametrize("pair", [(1, 2), (2, 3), (1, 5), (4, 5)], ids=["first", "middle", "ends", "last"])
@pytest.mark.parametrize("links_too", [False, True])
def test_rows_that_changed_places_are_found(pair: tuple[int, int], links_too: bool, trail: list[AuditEvent]) -> None:
    """By their numbers only, and by a thief who moves the links along with them."""
    first, second = (trail[seq - 1] for seq in pair)
    with sabotage(), undone():
        for event, seq in ((first, -1), (second, first.seq), (first, second.seq)):
            put(AuditEvent, event.pk, "seq", seq)
        if links_too:
            for event, other in ((first, second), (second, first)):
                put(AuditEvent, event.pk, "prev_hash", other.prev_hash)
                put(AuditEvent, event.pk, "hash", other.hash)
        assert audit_chain().violations > 0


@pytest.mark.parametrize("seq", [0, 6, 7])
def test_a_row_slipped_in_is_found(seq: int, trail: list[AuditEvent]) -> None:
    """Even one whose own hash is right."""
    with sabotage(), undone():
        last = trail[-1]
        link = last.hash if seq > ROWS else ""
        event = AuditEvent(id=uuid7(), company_id=last.company_id, seq=seq, verb="payments.recorded", prev_hash=link)
        event.created_at = audit.made_at(event.pk)
        event.hash = digest(prev_hash=link, body=audit.event_body(event))
        event.save(force_insert=True)
        assert audit.is_intact(event)
        assert audit_chain().violations > 0


def test_a_row_put_in_the_place_of_another_with_a_right_hash_is_found(trail: list[AuditEvent]) -> None:
    """Its own link is right; the next row still names the old one."""
    with sabotage(), undone():
        event = AuditEvent.objects.get(seq=3)
        put(AuditEvent, event.pk, "verb", "nothing.happened")
        event.verb = "nothing.happened"
        put(AuditEvent, event.pk, "hash", digest(prev_hash=event.prev_hash, body=audit.event_body(event)))
        assert audit.is_intact(AuditEvent.objects.get(seq=3))
        assert audit_chain().violations > 0


def test_a_chain_written_anew_is_found_by_an_anchor_noted_elsewhere(trail: list[AuditEvent]) -> None:
    """Nothing inside the database can tell; the link in a mail of last month can."""
    noted = audit.anchor()
    with sabotage(), undone():
        link = trail[1].hash
        for event in AuditEvent.objects.filter(seq__gte=3).order_by("seq"):
            event.verb, event.prev_hash = "nothing.happened", link
            event.hash = digest(prev_hash=link, body=audit.event_body(event))
            event.save()
            link = event.hash
        move_chain(lock_chain(audit.CHAIN), seq=ROWS, link=link)
        assert audit_chain() == ("audit_chain", ROWS, 0)
        assert audit_anchor(noted=noted).violations == 1
        assert audit_anchor(noted=f"2:{trail[1].hash}").violations == 0


@pytest.mark.parametrize(
    "noted", ["", "5", "5:", ":", "x:y", "5:abc", "-5:0", "99999999999999999999:" + "a" * 64, "²:a"]
)
def test_an_anchor_that_is_none_does_not_stand(noted: str, trail: list[AuditEvent]) -> None:
    assert audit_anchor(noted=noted).violations == 1


def test_the_database_refuses_by_itself_while_its_guards_stand(trail: list[AuditEvent]) -> None:
    table = AuditEvent._meta.db_table
    columns = [field.column for field in AuditEvent._meta.concrete_fields]
    for sql in (*(f"UPDATE {table} SET {name} = {name}" for name in columns), f"DELETE FROM {table}"):
        refusal = pytest.raises(DatabaseError, match="lo asentado no se cambia")
        with refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_time_of_an_event_is_its_own_and_survives_the_engine(trail: list[AuditEvent]) -> None:
    for event, kept in zip(trail, AuditEvent.objects.order_by("seq"), strict=True):
        assert kept.created_at == event.created_at == audit.made_at(event.pk)
        assert abs(kept.created_at - datetime.now(UTC)) < timedelta(minutes=1)
        assert (kept.detail, kept.actor_id, kept.object_id) == (event.detail, event.actor_id, event.object_id)


def test_a_mixed_chain_of_before_and_of_today_stands(trail_of_before: list[AuditEvent]) -> None:
    assert audit_chain() == ("audit_chain", ROWS, 0)
    assert audit.event_body(trail_of_before[0]).keys() - {"at"} == audit._body_of_before(trail_of_before[0]).keys()


def test_each_company_has_its_own_chain(trail: list[AuditEvent]) -> None:
    other = make_company("Otra", "OTR010203AB1")
    with company_scope(other.pk):
        assert (audit_chain(), audit.anchor()) == (("audit_chain", 0, 0), "")
        audit.record(actor=None, verb="company.created")
        assert audit.anchor().startswith("1:")
        assert audit_anchor(noted=f"5:{trail[-1].hash}").violations == 1
    assert audit.anchor() == f"{ROWS}:{trail[-1].hash}"


def test_the_command_holds_the_chain_against_a_noted_link(
    trail: list[AuditEvent], company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["verify", "--company", str(company.pk), "--audit-head"]
    assert main([*own, audit.anchor()]) == 0
    assert re.search(r"✓ audit_anchor", capsys.readouterr().out)
    assert main([*own, f"5:{trail[0].hash}", "--json"]) == 1
    assert {"name": "audit_anchor", "rows": 1, "violations": 1} in json.loads(capsys.readouterr().out)["checks"]
    assert main(["verify", "--audit-head", audit.anchor()]) == 2
    assert "--company" in capsys.readouterr().err


def _delete(*seqs: int) -> None:
    with connection.cursor() as cursor:
        for seq in seqs:
            cursor.execute(f"DELETE FROM {AuditEvent._meta.db_table} WHERE seq = %s", [seq])
