"""Movements that enter an account: overlaps, twins, feeds, doubts, and taking an import back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.banking.models import BankAccount, BankMovement, Match, MovementComment, StatementImport
from aldia.banking.operations import doubts, retracting
from aldia.banking.operations.accounts import Details, create_account
from aldia.banking.operations.importing import ImportRefused, bring_in
from aldia.domain.folding import fold
from aldia.domain.statements.model import Movement
from aldia.payments.models import CollectionAccount, ProviderAccount
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import company_scope, transaction
from tests.cast import make_company, make_customer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
MONDAY = date(2026, 11, 2)


@pytest.fixture
def account(db: None) -> Iterator[BankAccount]:
    company = make_company()
    with company_scope(company.pk):
        yield create_account(details=Details("BBVA", "MXN"), actor=None)


def moved(day: int, amount: int, text: str = "", **more: object) -> Movement:
    words = text or f"PAGO {amount}"
    return Movement(1, MONDAY + timedelta(days=day), amount, "MXN", words, fold(words), **more)  # type: ignore[arg-type]


def run(balance: int, *movements: Movement) -> list[Movement]:
    """The movements with their running balance and their place within the day."""
    import dataclasses

    found: list[Movement] = []
    for each in movements:
        balance += each.amount
        seq = 1 + sum(other.booked_on == each.booked_on for other in found)
        found.append(dataclasses.replace(each, balance=balance, seq=seq))
    return found


def brought(account: BankAccount, movements: Sequence[Movement], **more: object) -> StatementImport:
    more = {"source": "push", **more}
    return bring_in(account_id=account.pk, statement=movements, actor=None, now=NOW, **more)  # type: ignore[arg-type]


def counts(row: StatementImport) -> tuple[int, int, int]:
    return row.new, row.known, row.doubtful


def texts() -> list[str]:
    return list(BankMovement.objects.order_by("booked_on", "seq").values_list("text", flat=True))


DAYS = run(0, *(moved(day, amount) for day in range(5) for amount in (100_00, -20_00, 300_00)))


def test_the_same_again_adds_nothing(account: BankAccount) -> None:
    assert counts(brought(account, DAYS)) == (15, 0, 0)
    assert counts(brought(account, DAYS)) == (0, 15, 0)
    assert BankMovement.objects.count() == 15


def test_what_a_row_says_is_kept_as_it_came(account: BankAccount) -> None:
    said = moved(
        0, 116_00, "SPEI\x00 RECIBIDO", trace_key="T" * 200, payer_name="ALFA", payer_tax_id="ALF010203AB1",
        value_on=MONDAY, code="T20", kind="transfer_in", raw=(("Concepto", "SPEI\x00"),), concept="F-1",
    )  # fmt: skip
    brought(account, [said])
    row = BankMovement.objects.get()
    assert (row.text, row.trace_key, row.raw) == ("SPEI RECIBIDO", "T" * 120, [["Concepto", "SPEI"]])
    assert (row.payer_name, row.payer_tax_id, row.concept, row.kind) == ("ALFA", "ALF010203AB1", "F-1", "transfer_in")
    assert (row.state, row.explained, row.value_on) == ("pending", 0, MONDAY)


@pytest.mark.parametrize("start", [0, 4, 9, 14])
def test_any_overlap_gives_the_union_in_order(account: BankAccount, start: int) -> None:
    brought(account, DAYS[: start + 3])
    brought(account, DAYS[start:])
    assert texts() == [each.text for each in DAYS]


def test_a_middle_that_comes_last_takes_its_place(account: BankAccount) -> None:
    day = run(0, *(moved(0, amount * 100) for amount in (1, 2, 3, 4, 5, 6)))
    brought(account, day[:2])
    brought(account, day[4:])
    brought(account, day)
    assert texts() == [each.text for each in day]
    assert list(BankMovement.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.integers(0, 14), st.integers(1, 15)), min_size=1, max_size=5))
def test_files_in_any_order_give_what_one_gives(account: BankAccount, cuts: list[tuple[int, int]]) -> None:
    from django.db import transaction as django

    with django.atomic():
        for start, length in cuts:
            brought(account, DAYS[start : start + length])
        brought(account, DAYS)
        assert sorted(texts()) == sorted(each.text for each in DAYS)
        assert not BankMovement.objects.exclude(doubt="").exists()
        django.set_rollback(True)


def test_true_twins_stay_two(account: BankAccount) -> None:
    twins = run(0, moved(0, 50_00, "DEPOSITO"), moved(0, 50_00, "DEPOSITO"), moved(0, 50_00, "DEPOSITO"))
    assert counts(brought(account, twins[:2])) == (2, 0, 0)
    assert counts(brought(account, twins)) == (1, 2, 0)


def test_another_currency_does_not_enter(account: BankAccount) -> None:
    import dataclasses

    with pytest.raises(ImportRefused, match="MXN"):
        brought(account, [dataclasses.replace(moved(0, 1), currency="USD")])
    assert not StatementImport.objects.exists()


def test_an_archived_account_takes_nothing(account: BankAccount) -> None:
    BankAccount.objects.update(archived_at=NOW)
    with pytest.raises(ImportRefused, match="archivada"):
        brought(account, DAYS)


# Feeds


def test_a_feed_knows_its_movements_by_name(account: BankAccount) -> None:
    brought(account, [moved(0, 50_00, "PAGO"), moved(0, 50_00, "PAGO")], feed_ids=["a", "b"])
    assert counts(brought(account, [moved(0, 50_00, "OTRO TEXTO"), moved(0, 50_00, "PAGO")], feed_ids=["a", "c"])) == (
        1, 1, 0,
    )  # fmt: skip
    assert sorted(BankMovement.objects.values_list("feed_id", flat=True)) == ["a", "b", "c"]


def test_a_feed_and_a_file_tell_of_the_same_movement_once(account: BankAccount) -> None:
    brought(account, [moved(0, 50_00, "PAGO ALFA")])
    found = brought(account, [moved(0, 50_00, "PAGO ALFA")], feed_ids=["a"])
    assert counts(found) == (0, 1, 0)
    assert StatementImport.objects.count() == 1, "a feed that brings nothing new leaves no import"
    brought(account, [moved(1, 70_00, "PAGO BETA")], feed_ids=["b"])
    assert counts(brought(account, [moved(1, 70_00, "PAGO BETA")])) == (0, 1, 0)


def test_the_account_of_one_customer_is_recognised_in_the_row(account: BankAccount) -> None:
    own = {"company_id": account.company_id}
    provider = ProviderAccount.objects.create(**own, provider="x", name="x")
    customer = make_customer(account.company)
    clabe = "646180110400000007"
    CollectionAccount.objects.create(
        **own, customer=customer, account=provider, kind="clabe", value=clabe, sequence=1, opened_at=NOW
    )
    lines = [
        moved(0, 5, "SPEI", raw=(("Clabe Beneficiario", f"'{clabe}"),)),
        moved(0, 6, f"SPEI A {clabe}"),
        moved(0, 7, "SPEI 646180110400000010"),
        moved(0, -8, f"ENVIO {clabe}"),
    ]
    brought(account, lines)
    found = BankMovement.objects.order_by("seq").values_list("collection_account", flat=True)
    assert list(found) == [clabe, clabe, "", ""]


# Doubts


def afternoon(account: BankAccount) -> tuple[StatementImport, BankMovement]:
    """A file of the morning, and one of the afternoon without balances: its first row may be one of the morning."""
    brought(account, [moved(0, 50_00, "DEPOSITO"), moved(0, 70_00, "PAGO B")])
    second = brought(account, [moved(0, 50_00, "DEPOSITO"), moved(1, 90_00, "PAGO C")])
    assert counts(second) == (1, 0, 1)
    return second, BankMovement.objects.exclude(doubt="").get()


def test_a_doubtful_row_names_the_one_it_may_be(account: BankAccount) -> None:
    _second, doubt = afternoon(account)
    assert doubt.twin is not None
    assert (doubt.twin.text, doubt.doubt) == ("DEPOSITO", "text")


def test_settled_as_new_it_is_a_movement(account: BankAccount) -> None:
    second, doubt = afternoon(account)
    assert doubts.settle(movement_id=doubt.pk, is_new=True, actor=None, now=NOW)
    second.refresh_from_db()
    assert counts(second) == (2, 0, 0)
    assert BankMovement.objects.filter(doubt="").count() == 4
    assert doubts.settle(movement_id=doubt.pk, is_new=True, actor=None, now=NOW), "twice is once"
    with pytest.raises(ImportRefused, match="archívalo"):
        doubts.settle(movement_id=doubt.pk, is_new=False, actor=None, now=NOW)


def test_settled_as_known_it_goes(account: BankAccount) -> None:
    second, doubt = afternoon(account)
    MovementComment.objects.create(company_id=account.company_id, movement=doubt, text="?", author=None)
    assert doubts.settle(movement_id=doubt.pk, is_new=False, actor=None, now=NOW) is None
    second.refresh_from_db()
    assert counts(second) == (1, 1, 0)
    assert BankMovement.objects.count() == 3
    with pytest.raises(ImportRefused, match="antes"):
        doubts.settle(movement_id=doubt.pk, is_new=False, actor=None, now=NOW)


@pytest.mark.parametrize(("is_new", "left"), [(True, 4), (False, 3)])
def test_all_doubts_of_an_import_at_once(account: BankAccount, is_new: bool, left: int) -> None:
    second, _doubt = afternoon(account)
    assert doubts.settle_all(statement_id=second.pk, is_new=is_new, actor=None, now=NOW) == 1
    assert doubts.settle_all(statement_id=second.pk, is_new=is_new, actor=None, now=NOW) == 0
    assert BankMovement.objects.count() == left


# Taking an import back


def undone(row: StatementImport) -> retracting.Undone:
    return retracting.undo(import_id=row.pk, actor=None, now=NOW)


def test_an_import_taken_back_leaves_what_was_there(account: BankAccount) -> None:
    first = brought(account, DAYS[:8])
    before = list(BankMovement.objects.order_by("id").values_list())
    second = brought(account, DAYS)
    assert undone(second).removed == 7
    assert list(BankMovement.objects.order_by("id").values_list()) == before
    assert undone(second).removed == 0, "twice is once"
    assert undone(first).removed == 8
    assert not BankMovement.objects.exists()
    assert brought(account, DAYS).new == 15


def test_what_stands_in_the_way_of_a_key_is_stepped_over(account: BankAccount) -> None:
    first = brought(account, [moved(0, 50_00, "DEPOSITO")])
    brought(account, [moved(0, 50_00, "DEPOSITO"), moved(0, 50_00, "DEPOSITO")])
    undone(first)
    assert counts(brought(account, [moved(0, 50_00, "DEPOSITO")] * 2)) == (1, 1, 0)


def test_a_doubt_about_a_row_that_goes_is_none(account: BankAccount) -> None:
    second, doubt = afternoon(account)
    first = StatementImport.objects.exclude(pk=second.pk).get()
    assert undone(first).cleared == 1
    doubt.refresh_from_db()
    second.refresh_from_db()
    assert (doubt.doubt, doubt.twin_id, counts(second)) == ("", None, (2, 0, 0))


def test_explained_movements_keep_their_import(account: BankAccount) -> None:
    row = brought(account, DAYS)
    movement = BankMovement.objects.order_by("id").first()
    assert movement is not None
    Match.objects.create(
        company_id=account.company_id, movement=movement, how="manual", key="k", amount=1, applied_at=NOW, undone_at=NOW
    )
    with pytest.raises(retracting.RestsOn, match="1 movimiento"):
        undone(row)
    assert BankMovement.objects.count() == 15


def test_a_feed_is_asked_again_for_the_days_that_went(account: BankAccount) -> None:
    row = brought(account, DAYS)
    BankAccount.objects.update(feed="fintoc", fed_until=date(2026, 11, 20))
    undone(row)
    assert BankAccount.objects.get().fed_until == date(2026, 11, 1)


def test_each_act_is_in_the_trail(account: BankAccount) -> None:
    with transaction():
        second, doubt = afternoon(account)
    doubts.settle(movement_id=doubt.pk, is_new=True, actor=None, now=NOW)
    undone(second)
    verbs = list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == [
        "banking.account_created", "banking.statement_imported", "banking.statement_imported", "banking.doubt_settled",
        "banking.statement_undone",
    ]  # fmt: skip
