"""Every PAC is held to the same: one stamp per document whatever happens on the way, refusals, silence, cancelling."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from aldia.domain.fiscal import cfdi
from aldia.domain.fiscal.keypairs import KeyPair
from aldia.domain.ports.stamping import CancelState, StampFailure, StampRefused, ToCancel
from aldia.integrations import http, registry
from aldia.integrations.stamping.reading import essence, read_cfdi
from tests.integrations.stamping.cast import ISSUER, KINDS
from tests.integrations.stamping.pacs import NAMES, Bench, bench

pytest.importorskip("satcfdi", reason="the extra mx is not installed")
AT = datetime(2026, 9, 10, 12, 30, 5)
NOW = datetime(2026, 9, 10, 18, 31, tzinfo=UTC)
SHORT = 0.6


@pytest.fixture(params=NAMES)
def desk(request: pytest.FixtureRequest, pair: KeyPair, pac_home: Path) -> Iterator[Bench]:
    with bench(request.param, pair, pac_home) as found:
        yield found


@pytest.mark.parametrize("kind", ["invoice on credit", "fees with withholdings", "dollars", "public", "credit note",
                                  "payment", "payment with withholdings", "only exempt"])  # fmt: skip
def test_what_comes_back_is_our_document_with_its_stamp(kind: str, desk: Bench) -> None:
    xml = desk.sealed(KINDS[kind], AT)
    stamped = desk.stamper.stamp(xml, key="k")
    assert cfdi.parse(stamped.xml).key == stamped.uuid
    assert essence(read_cfdi(stamped.xml)) == essence(read_cfdi(xml))


def test_asked_twice_it_is_stamped_once(desk: Bench) -> None:
    xml = desk.sealed(KINDS["invoice on credit"], AT)
    assert desk.stamper.stamp(xml, key="k") == desk.stamper.stamp(xml, key="k")
    assert len(desk.pac.stamps) == 1


@pytest.mark.parametrize("mood", ["drop_after", "slow"])
def test_an_answer_that_is_lost_is_unknown_and_the_next_one_gives_the_same_stamp(
    mood: str, desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", SHORT)
    xml = desk.sealed(KINDS["invoice on credit"], AT)
    before = ["", mood] if desk.stamper.name == "facturama" else [mood]  # it looks for the document first
    desk.pac.moods = list(before)
    with pytest.raises(StampFailure) as caught:
        desk.stamper.stamp(xml, key="k")
    assert (caught.value.is_unknown, caught.value.permanent) == (True, False)
    monkeypatch.setattr(http, "TIMEOUT", 20.0)
    found = desk.stamper.recover(xml, key="k") or desk.stamper.stamp(xml, key="k")
    assert len(desk.pac.stamps) == 1
    assert found.uuid in {each.uuid for each in desk.pac.stamps.values()}


@pytest.mark.parametrize("mood", ["drop", "500", "503", "html"])
def test_silence_and_nonsense_are_no_answer(mood: str, desk: Bench) -> None:
    xml = desk.sealed(KINDS["invoice on credit"], AT)
    desk.pac.moods = ["", mood] if desk.stamper.name == "facturama" else [mood]
    with pytest.raises(StampFailure) as caught:
        desk.stamper.stamp(xml, key="k")
    assert caught.value.is_unknown
    assert desk.stamper.stamp(xml, key="k").uuid
    assert len(desk.pac.stamps) == 1


def test_nobody_there_is_not_taken_for_certain(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.stamper, "_host", "http://127.0.0.1:1")
    with pytest.raises(StampFailure) as caught:
        desk.stamper.stamp(desk.sealed(KINDS["invoice on credit"], AT), key="k")
    assert (caught.value.is_unknown, caught.value.permanent, caught.value.code) == (False, False, "connection")


def test_a_refusal_has_the_authoritys_code_and_no_secret(desk: Bench) -> None:
    xml = desk.sealed(KINDS["invoice on credit"], AT)
    desk.pac.moods = ["", "refuse"] if desk.stamper.name == "facturama" else ["refuse"]
    with pytest.raises(StampRefused) as caught:
        desk.stamper.stamp(xml, key="k")
    assert caught.value.code == "CFDI40147"
    assert "registrado" in caught.value.text
    assert desk.secret not in str(caught.value)


def test_an_account_without_stamps_is_no_fault_of_the_document(desk: Bench) -> None:
    xml = desk.sealed(KINDS["invoice on credit"], AT)
    desk.pac.moods = ["", "balance"] if desk.stamper.name == "facturama" else ["balance"]
    with pytest.raises(StampFailure) as caught:
        desk.stamper.stamp(xml, key="k")
    assert (caught.value.permanent, caught.value.is_unknown) == (True, False)


def test_a_wrong_password_is_to_be_mended_and_is_not_repeated(desk: Bench) -> None:
    kind = type(desk.stamper)
    wrong = kind({"user": "otro@x.example"}, {"password": "mala-Canario-9", "token": "T-malo-Canario"}, is_test=True)
    for attempt in (lambda: wrong.stamp(desk.sealed(KINDS["invoice on credit"], AT), key="k"), wrong.check):
        with pytest.raises(StampFailure) as caught:
            attempt()
        assert (caught.value.permanent, caught.value.is_unknown) == (True, False)
        assert "Canario" not in str(caught.value)


def test_what_cannot_stand_in_a_request_is_to_be_mended(desk: Bench) -> None:
    kind = type(desk.stamper)
    odd = kind({"user": "a\x00b"}, {"password": "a\x00b", "token": "ñandú"}, is_test=True)
    with pytest.raises(StampFailure) as caught:
        odd.stamp(desk.sealed(KINDS["invoice on credit"], AT), key="k")
    assert caught.value.permanent


def test_trying_the_account_says_that_it_works_and_stamps_nothing(desk: Bench) -> None:
    assert desk.stamper.check().startswith("Funciona.")
    assert desk.pac.stamps == {}


def wanted(desk: Bench, motive: str = "02", replacement: str = "") -> ToCancel:
    xml = desk.sealed(KINDS["invoice on credit"], AT)
    stamped = desk.stamper.stamp(xml, key="k")
    root = etree.fromstring(stamped.xml)
    receiver = root.find("{http://www.sat.gob.mx/cfd/4}Receptor").get("Rfc")
    return ToCancel(stamped.uuid, ISSUER.rfc, receiver, root.get("Total"), motive, replacement, NOW)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (("Cancelado", "Cancelado sin aceptación"), CancelState.DONE),
        (("Vigente", "En proceso"), CancelState.WAITING),
        (("Vigente", "Solicitud rechazada"), CancelState.REJECTED),
    ],
)
def test_a_cancellation_is_what_the_authority_says(status: tuple[str, str], state: CancelState, desk: Bench) -> None:
    asked = wanted(desk, "01", "11111111-2222-4333-8444-555555555555")
    desk.pac.status = status
    first = desk.stamper.cancel(asked, desk.pair)
    assert first.state == state
    assert b"Acuse" in first.acknowledgement
    assert desk.pac.cancelled[asked.uuid] == ("01", asked.replacement)
    assert desk.stamper.cancellation(asked, desk.pair).state == state
    assert desk.stamper.cancel(asked, desk.pair).state == state  # asked again, the answer is how it stands


def test_what_nobody_asked_to_cancel_is_in_force(desk: Bench) -> None:
    asked = wanted(desk)
    desk.pac.status = ("Vigente", "")
    assert desk.stamper.cancellation(asked, desk.pair).state == CancelState.NONE


def test_a_folio_that_the_pac_does_not_know_is_refused(desk: Bench) -> None:
    unknown = ToCancel("0E0E0E0E-0000-4000-8000-000000000000", ISSUER.rfc, "X", "1.00", "02", at=NOW)
    with pytest.raises(StampRefused) as caught:
        desk.stamper.cancel(unknown, desk.pair)
    assert caught.value.code == "205"


def test_a_cancellation_whose_answer_is_lost_is_unknown_and_asked_again(desk: Bench) -> None:
    asked = wanted(desk)
    desk.pac.moods = ["", "drop_after"] if desk.stamper.name == "facturama" else ["drop_after"]
    with pytest.raises(StampFailure) as caught:
        desk.stamper.cancel(asked, desk.pair)
    assert caught.value.is_unknown
    assert desk.stamper.cancel(asked, desk.pair).state == CancelState.DONE


def test_nothing_shows_an_account_by_accident(desk: Bench) -> None:
    assert desk.secret not in repr(desk.stamper)
    assert all(desk.secret not in path for _method, path in desk.pac.asked)


def test_the_registry_knows_them_all() -> None:
    assert {each.name for each in registry.all_stampers()} == {*NAMES, "simulated"}
    assert registry.stamper("nobody") is None
    for kind in registry.all_stampers():
        assert kind.label
        assert kind.about
        assert kind.help
