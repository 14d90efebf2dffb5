"""The status service asked about one document: each answer, and what it does to what is owed."""

from __future__ import annotations

from uuid import uuid4

import pytest

from aldia.authority.models import StatusCheck
from aldia.authority.operations.statuses import NoAnswer, check
from aldia.customers.operations.versions import NotThere
from aldia.documents.models import CancellationNotice
from tests.fixtures.cfdi.builder import cfdi, uid
from tests.support.sat_office import Office


@pytest.fixture
def billed(office: Office) -> Office:
    office.sat.hold(cfdi("a", Fecha="2026-05-04T10:00:00", Folio="a"))
    office.sync()
    return office


def ask(office: Office, name: str = "a") -> StatusCheck:
    document = office.document(name)
    return check(document_id=document.pk, now=office.sat.now, actor=office.owner)


def test_in_force_it_is_noted(billed: Office) -> None:
    row = ask(billed)
    assert (row.state, row.checked_by) == ("Vigente", billed.owner)
    assert row.code.startswith("S - ")
    document = billed.document("a")
    assert (document.status, document.status_checked_at) == ("valid", billed.sat.now)


def test_cancelled_its_effect_is_undone_and_the_first_day_stays(billed: Office) -> None:
    billed.sat.cancel(uid("a"))
    assert ask(billed).state == "Cancelado"
    assert billed.document("a").status == "cancelled"
    assert billed.receivable("a").void_code == "cancelled"
    billed.sat.passes(days=2)
    first = billed.document("a").cancelled_on
    assert ask(billed).state == "Cancelado"
    assert billed.document("a").cancelled_on == first
    assert (StatusCheck.objects.count(), CancellationNotice.objects.count()) == (2, 1)


def test_not_found_is_said_and_nothing_is_undone(billed: Office) -> None:
    del billed.sat.documents[uid("a")]
    row = ask(billed)
    assert (row.state, billed.document("a").status) == ("No Encontrado", "valid")
    assert billed.receivable("a").balance == 116_000


@pytest.mark.parametrize("how", ["503", "garbage", "html", "drop"])
def test_without_an_answer_nothing_is_written(billed: Office, how: str) -> None:
    billed.sat.breaks("status", how, 5)
    with pytest.raises(NoAnswer):
        ask(billed)
    assert not StatusCheck.objects.exists()


def test_a_document_of_nobody_is_not_there(office: Office) -> None:
    with pytest.raises(NotThere):
        check(document_id=uuid4(), now=office.sat.now, actor=None)
