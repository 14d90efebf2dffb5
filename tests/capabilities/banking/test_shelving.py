"""Out of the way but never deleted; comments; who looks into a movement."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from aldia.banking.models import BankMovement, MovementComment, QueueKey
from aldia.banking.operations.applying import MatchError
from aldia.banking.operations.shelving import archive, assign, comment, unarchive
from aldia.banking.verify import run_checks
from aldia.tenancy.models import AuditEvent, Membership
from aldia.tenancy.scope import company_scope
from tests.cast import make_user
from tests.support.bank_window import Window, at, fresh, whole


@pytest.fixture
def window(db: None) -> Iterator[Window]:
    window = Window.open()
    with company_scope(window.company.pk):
        yield window
        assert [check for check in run_checks() if check.violations] == []


def test_archived_movements_leave_the_queue_and_come_back(window: Window) -> None:
    first, second = window.moved(100_00), window.moved(-5_00)
    QueueKey.objects.create(company=window.company, movement=first, kind="amount", value="x")
    ids = [first.pk, second.pk]
    assert archive(movement_ids=ids, reason=" Duplicado ", actor=window.owner, now=at()) == 2
    row = fresh(first)
    assert (row.state, row.archive_reason, row.archived_by_id) == ("archived", "Duplicado", window.owner.pk)
    assert not QueueKey.objects.exists()
    assert archive(movement_ids=ids, reason="otra vez", actor=None, now=at()) == 0
    with pytest.raises(MatchError, match="archivado"):
        window.match(first, left=100_00)
    assert unarchive(movement_ids=ids, actor=window.owner) == 2
    assert (fresh(first).state, fresh(first).archive_reason, fresh(first).archived_at) == ("pending", "", None)
    assert unarchive(movement_ids=ids, actor=window.owner) == 0
    verbs = AuditEvent.objects.filter(verb__startswith="banking.").values_list("verb", flat=True)
    assert sorted(verbs) == ["banking.archived", "banking.unarchived"]


def test_what_is_explained_in_part_keeps_it_in_the_archive(window: Window) -> None:
    movement = window.moved(100_00)
    window.match(movement, left=40_00)
    archive(movement_ids=[movement.pk], reason="el resto no es nuestro", actor=None, now=at())
    assert (fresh(movement).state, fresh(movement).explained) == ("archived", 40_00)
    unarchive(movement_ids=[movement.pk], actor=None)
    assert fresh(movement).state == "partial"


def test_what_is_explained_whole_needs_no_archive(window: Window) -> None:
    movement = window.moved(100_00)
    window.match(movement, whole(window.owes(100_00)))
    assert archive(movement_ids=[movement.pk], reason="x", actor=None, now=at()) == 0
    assert fresh(movement).state == "reconciled"


def test_an_archive_needs_a_reason_and_movements_that_exist(window: Window) -> None:
    movement = window.moved(100_00)
    with pytest.raises(MatchError, match="por qué"):
        archive(movement_ids=[movement.pk], reason="  ", actor=None, now=at())
    with pytest.raises(MatchError, match="no existe"):
        archive(movement_ids=[movement.pk, uuid.uuid4()], reason="x", actor=None, now=at())
    assert fresh(movement).state == "pending"


def test_comments_are_kept_with_who_wrote_them(window: Window) -> None:
    movement = window.moved(100_00)
    row = comment(movement_id=movement.pk, text=" Preguntar a Lucía \n", actor=window.owner)
    assert (row.text, fresh(row).author_id) == ("Preguntar a Lucía", window.owner.pk)
    for text in ("", "   ", "x" * 2001):
        with pytest.raises(MatchError):
            comment(movement_id=movement.pk, text=text, actor=window.owner)
    with pytest.raises(MatchError, match="no existe"):
        comment(movement_id=uuid.uuid4(), text="hola", actor=None)
    assert MovementComment.objects.count() == 1


def test_somebody_looks_into_movements(window: Window) -> None:
    rows = [window.moved(100_00), window.moved(200_00)]
    ids = [row.pk for row in rows]
    helper, stranger = make_user("ana@tresrios.example", window.company), make_user("nadie@otra.example")
    assert assign(movement_ids=ids, user_id=helper.pk, actor=window.owner) == 2
    assert assign(movement_ids=ids, user_id=helper.pk, actor=window.owner) == 0
    assert {row.assigned_to_id for row in BankMovement.objects.all()} == {helper.pk}
    with pytest.raises(MatchError, match="no es de la empresa"):
        assign(movement_ids=ids, user_id=stranger.pk, actor=window.owner)
    Membership.objects.filter(user=helper).update(suspended_at=at())
    with pytest.raises(MatchError):
        assign(movement_ids=ids[:1], user_id=helper.pk, actor=window.owner)
    assert assign(movement_ids=ids[:1], user_id=None, actor=window.owner) == 1
