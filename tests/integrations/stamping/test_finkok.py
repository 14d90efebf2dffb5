"""Finkok's own ways: faults, 307 without the document, `stamped`, and what cannot be cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aldia.domain.fiscal.keypairs import KeyPair
from aldia.domain.ports.stamping import StampFailure, StampRefused, ToCancel
from tests.integrations.stamping.cast import ISSUER, KINDS
from tests.integrations.stamping.pacs import Bench, bench
from tests.support.fake_pac import CHILDREN_FIRST

AT = datetime(2026, 9, 10, 12, 30, 5)
NOW = datetime(2026, 9, 10, 18, 31, tzinfo=UTC)
INVOICE = KINDS["invoice on credit"]


@pytest.fixture
def desk(pair: KeyPair, pac_home: Path) -> Iterator[Bench]:
    with bench("finkok", pair, pac_home) as found:
        yield found


def test_a_document_with_a_stamp_is_fetched_by_itself(desk: Bench) -> None:
    xml = desk.sealed(INVOICE, AT)
    first = desk.stamper.stamp(xml, key="k")
    assert desk.stamper.stamp(xml, key="k") == first
    operations = [b"stamped" if b":stamped>" in body else b"stamp" for body in desk.pac.bodies]
    assert operations == [b"stamp", b"stamp", b"stamped"]


def test_what_has_no_stamp_is_not_recovered(desk: Bench) -> None:
    assert desk.stamper.recover(desk.sealed(INVOICE, AT), key="k") is None


def test_a_previous_stamp_that_it_cannot_find_yet_is_unknown(desk: Bench) -> None:
    """It takes them a while: https://github.com/phpcfdi/finkok/blob/main/docs/issues/StampServiceDobleEstampado.md"""
    xml = desk.sealed(INVOICE, AT)
    desk.stamper.stamp(xml, key="k")
    desk.pac.moods = ["", "gone"]
    with pytest.raises(StampFailure) as caught:
        desk.stamper.stamp(xml, key="k")
    assert caught.value.is_unknown


def test_a_fault_is_no_answer(desk: Bench) -> None:
    desk.pac.moods = ["fault"]
    with pytest.raises(StampFailure, match="Se cayó") as caught:
        desk.stamper.stamp(desk.sealed(INVOICE, AT), key="k")
    assert caught.value.is_unknown


def test_it_refuses_a_seal_that_is_not_right_with_its_code(desk: Bench) -> None:
    xml = desk.sealed(INVOICE, AT).replace(b'Folio="1"', b'Folio="2"')
    with pytest.raises(StampRefused) as caught:
        desk.stamper.stamp(xml, key="k")
    assert caught.value.code == "302"


def test_what_has_live_children_cannot_be_cancelled(desk: Bench) -> None:
    uuid = desk.stamper.stamp(desk.sealed(INVOICE, AT), key="k").uuid
    desk.pac.moods = [CHILDREN_FIRST]
    with pytest.raises(StampRefused, match="antes hay que cancelar") as caught:
        desk.stamper.cancel(ToCancel(uuid, ISSUER.rfc, "X", "1.00", "02", at=NOW), desk.pair)
    assert caught.value.code == CHILDREN_FIRST


def test_a_doctype_in_the_answer_is_not_read(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from aldia.integrations import http

    answer = http.Answer(200, {}, b'<!DOCTYPE x [<!ENTITY a "b">]><Envelope>&a;</Envelope>')
    monkeypatch.setattr(http, "ask", lambda *_given, **_more: answer)
    with pytest.raises(StampFailure) as caught:
        desk.stamper.stamp(desk.sealed(INVOICE, AT), key="k")
    assert caught.value.is_unknown
