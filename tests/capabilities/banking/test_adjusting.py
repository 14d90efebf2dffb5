"""Money without document goes to an account of the chart, for a reason that the company keeps."""

from __future__ import annotations

import uuid

import pytest

from aldia.banking.models import AdjustmentReason, Match
from aldia.banking.operations.adjusting import adjust, retire_reason, save_reason
from aldia.banking.operations.applying import AlreadyExplained, MatchError, Stale
from aldia.banking.operations.undoing import undo_match
from aldia.receivables.models import LedgerAccount
from aldia.tenancy.models import AuditEvent
from tests.support.bank_window import Window, accounts, at, books, fresh


def reason(window: Window, name: str = "Intereses", code: str = "702.50", **fields: str) -> AdjustmentReason:
    return save_reason(name=name, code=code, actor=window.owner, **fields)


def test_interest_goes_to_the_account_of_its_reason(window: Window) -> None:
    why, movement = reason(window, account_name="Intereses ganados"), window.moved(12_34)
    match = adjust(
        movement_id=movement.pk, reason_id=why.pk, actor=window.owner, now=at(), key="a", note="Intereses de octubre"
    )
    assert accounts() == {("bank", "MXN"): 12_34, (why.account.role, "MXN"): -12_34}
    assert (why.account.code, why.account.name) == ("702.50", "Intereses ganados")
    assert (fresh(movement).state, match.note, match.customer_id) == ("reconciled", "Intereses de octubre", None)


def test_a_fee_of_the_bank_goes_out(window: Window) -> None:
    why, movement = reason(window, "Comisión bancaria", "701.10"), window.moved(-58_00)
    adjust(movement_id=movement.pk, reason_id=why.pk, actor=window.owner, now=at(), key="a")
    assert why.account.role == "fees"  # the chart has an account of that code
    assert accounts() == {("bank", "MXN"): -58_00, ("fees", "MXN"): 58_00}
    assert (fresh(movement).state, fresh(movement).explained) == ("reconciled", -58_00)


def test_a_part_is_adjusted_and_the_rest_is_what_is_left(window: Window) -> None:
    why, movement = reason(window), window.moved(-100_00)
    adjust(movement_id=movement.pk, reason_id=why.pk, amount=-30_00, actor=None, now=at(), key="a")
    assert (fresh(movement).state, fresh(movement).explained) == ("partial", -30_00)
    second = adjust(movement_id=movement.pk, reason_id=why.pk, actor=None, now=at(), key="b")
    assert (second.amount, fresh(movement).state) == (-70_00, "reconciled")
    with pytest.raises(MatchError):
        adjust(movement_id=movement.pk, reason_id=why.pk, actor=None, now=at(), key="c")
    with pytest.raises(AlreadyExplained):
        adjust(movement_id=movement.pk, reason_id=why.pk, amount=-1, actor=None, now=at(), key="d")


def test_the_same_key_adjusts_once(window: Window) -> None:
    why, movement = reason(window), window.moved(5_00)
    first = adjust(movement_id=movement.pk, reason_id=why.pk, actor=None, now=at(), key="a")
    assert adjust(movement_id=movement.pk, reason_id=why.pk, actor=None, now=at(), key="a").pk == first.pk
    assert Match.objects.count() == 1


def test_undoing_empties_the_account(window: Window) -> None:
    why, movement = reason(window), window.moved(12_34)
    before = books()
    match = adjust(movement_id=movement.pk, reason_id=why.pk, actor=None, now=at(), key="a")
    save_reason(  # the reason goes to another account now: what was adjusted comes back from the first one
        name="Intereses", code="899.50", direction="both", actor=None, reason_id=why.pk, version=1
    )
    undo_match(match_id=match.pk, reason="", actor=None, now=at())
    assert books() == before


@pytest.mark.parametrize(
    ("direction", "amount", "is_right"),
    [
        pytest.param("in", 1_00, True, id="in-in"),
        pytest.param("in", -1_00, False, id="in-out"),
        pytest.param("out", 1_00, False, id="out-in"),
        pytest.param("out", -1_00, True, id="out-out"),
        pytest.param("both", -1_00, True, id="both-out"),
    ],
)
def test_a_reason_is_for_money_in_its_direction(window: Window, direction: str, amount: int, is_right: bool) -> None:
    why, movement = reason(window, direction=direction), window.moved(amount)
    if is_right:
        adjust(movement_id=movement.pk, reason_id=why.pk, actor=None, now=at(), key="a")
        assert fresh(movement).state == "reconciled"
    else:
        with pytest.raises(MatchError, match="no es para dinero en ese sentido"):
            adjust(movement_id=movement.pk, reason_id=why.pk, actor=None, now=at(), key="a")


def test_a_retired_reason_is_not_offered_and_comes_back(window: Window) -> None:
    why, movement = reason(window), window.moved(1_00)
    retire_reason(reason_id=why.pk, actor=None, now=at())
    retire_reason(reason_id=why.pk, actor=None, now=at())
    with pytest.raises(MatchError, match="ya no se usa"):
        adjust(movement_id=movement.pk, reason_id=why.pk, actor=None, now=at(), key="a")
    retire_reason(reason_id=why.pk, retired=False, actor=None, now=at())
    adjust(movement_id=movement.pk, reason_id=why.pk, actor=None, now=at(), key="a")
    assert AuditEvent.objects.filter(verb="banking.reason_retired").count() == 1


def test_two_reasons_may_share_an_account_and_rename_it(window: Window) -> None:
    first, second = reason(window), reason(window, "Rendimientos", account_name="Productos financieros")
    assert first.account_id == second.account_id
    assert LedgerAccount.objects.get(pk=first.account_id).name == "Productos financieros"


def test_what_a_reason_may_not_be(window: Window) -> None:
    why = reason(window)
    for code in ("105.01", "206.01", "102.99", "102.01", "102.98"):
        with pytest.raises(MatchError, match="no se ajusta"):
            reason(window, "Otro", code)
    bad = [("", "1", "both"), ("x" * 101, "1", "both"), ("Otro", "", "both"), ("Otro", "1" * 31, "both")]
    for name, code, direction in [*bad, ("Otro", "1", "up"), ("Intereses", "1", "both")]:
        with pytest.raises(MatchError):
            reason(window, name, code, direction=direction)
    with pytest.raises(MatchError, match="no existe"):
        retire_reason(reason_id=uuid.uuid4(), actor=None, now=at())
    save_reason(name="Intereses", code="702.50", actor=None, reason_id=why.pk, version=1)
    with pytest.raises(Stale):
        save_reason(name="Intereses", code="702.50", actor=None, reason_id=why.pk, version=1)
    assert AdjustmentReason.objects.count() == 1


def test_a_chart_that_was_loaded_before_knows_new_accounts(window: Window) -> None:
    """The chart is kept in memory once it is committed; an account opened later is found all the same."""
    adjust(movement_id=window.moved(1_00).pk, reason_id=reason(window).pk, actor=None, now=at(), key="a")
    later = reason(window, "Sobrante", "899.07")
    adjust(movement_id=window.moved(2_00).pk, reason_id=later.pk, actor=None, now=at(), key="b")
    assert accounts()[later.account.role, "MXN"] == -2_00
