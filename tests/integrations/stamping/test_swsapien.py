"""SW Sapien's own ways: sessions, stamps that come apart, 307, and what its test service does not know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aldia.domain.fiscal.keypairs import KeyPair
from aldia.domain.ports.stamping import CancelState, StampFailure, ToCancel
from aldia.integrations.stamping.cancelling import signed_request
from tests.integrations.stamping.cast import ISSUER, KINDS
from tests.integrations.stamping.pacs import Bench, bench
from tests.support.fake_pac import PASSWORD, USER, is_well_signed

AT = datetime(2026, 9, 10, 12, 30, 5)
NOW = datetime(2026, 9, 10, 18, 31, tzinfo=UTC)
INVOICE = KINDS["invoice on credit"]


@pytest.fixture
def desk(pair: KeyPair, pac_home: Path) -> Iterator[Bench]:
    with bench("swsapien", pair, pac_home) as found:
        yield found


def test_a_user_with_a_password_opens_a_session_and_uses_it_again(desk: Bench) -> None:
    by_user = type(desk.stamper)({"user": USER}, {"password": PASSWORD}, is_test=True)
    by_user.stamp(desk.sealed(INVOICE, AT), key="k")
    by_user.check()
    assert [path for _method, path in desk.pac.asked] == [
        "/v2/security/authenticate", "/v4/cfdi33/stamp/v2", "/account/balance",
    ]  # fmt: skip


def test_with_neither_it_says_what_is_missing(desk: Bench) -> None:
    with pytest.raises(StampFailure, match="Falta el token") as caught:
        type(desk.stamper)({}, {}, is_test=True).check()
    assert caught.value.permanent


def test_a_stamp_that_comes_apart_is_put_where_it_belongs(desk: Bench) -> None:
    xml = desk.sealed(INVOICE, AT)
    desk.pac.moods = ["apart"]
    stamped = desk.stamper.stamp(xml, key="k")
    assert stamped.uuid == next(iter(desk.pac.stamps.values())).uuid
    assert b"TimbreFiscalDigital" in stamped.xml


def test_a_previous_stamp_that_it_does_not_give_is_asked_for_again(desk: Bench) -> None:
    xml = desk.sealed(INVOICE, AT)
    first = desk.stamper.stamp(xml, key="k")
    desk.pac.moods = ["gone"]
    with pytest.raises(StampFailure) as caught:
        desk.stamper.stamp(xml, key="k")
    assert caught.value.is_unknown  # never "refused": it has a stamp
    assert desk.stamper.stamp(xml, key="k") == first


def test_the_balance_is_said(desk: Bench) -> None:
    assert desk.stamper.check() == "Funciona. Quedan 117 timbres."


def test_in_the_test_service_a_cancellation_is_over_at_once(desk: Bench) -> None:
    """SAT's status service knows nothing of what was stamped there."""
    desk.stamper._is_test = True  # type: ignore[attr-defined]
    desk.pac.status = ("No Encontrado", "")
    uuid = desk.stamper.stamp(desk.sealed(INVOICE, AT), key="k").uuid
    asked = ToCancel(uuid, ISSUER.rfc, "XAXX010101000", "1.00", "02", at=NOW)
    assert desk.stamper.cancel(asked, desk.pair).state == CancelState.DONE


def test_while_the_authoritys_status_lags_behind_it_is_waited_for(desk: Bench) -> None:
    uuid = desk.stamper.stamp(desk.sealed(INVOICE, AT), key="k").uuid
    asked = ToCancel(uuid, ISSUER.rfc, "XAXX010101000", "1.00", "02", at=NOW)
    desk.pac.status = ("Vigente", "")
    first = desk.stamper.cancel(asked, desk.pair)
    assert (first.state, first.code) == (CancelState.WAITING, "201")
    assert desk.stamper.cancel(asked, desk.pair).code == "202"


def test_the_request_is_what_another_implementation_signs(pair: KeyPair) -> None:
    """The same words, the same digest and the same signature as satcfdi's, which is in production use."""
    from satcfdi.create.cancela import cancelacion
    from satcfdi.models import Signer

    signer = Signer.load(certificate=pair.certificate, key=pair.encrypted_key("x"), password="x")
    uuid, other = "0E0E0E0E-0000-4000-8000-000000000001", "0E0E0E0E-0000-4000-8000-000000000002"
    asked = ToCancel(uuid, pair.tax_id, "X", "1.00", "01", other, NOW)
    ours = signed_request(asked, pair)
    local = datetime(2026, 9, 10, 12, 31)
    theirs = cancelacion.Cancelacion(signer, cancelacion.Folio(uuid, "01", other), local).xml_bytes()

    def part(data: bytes, name: str) -> bytes:
        return data.split(f"<{name}>".encode())[1].split(f"</{name}>".encode())[0].replace(b"\n", b"")

    for name in ("DigestValue", "SignatureValue", "X509Certificate", "X509SerialNumber"):
        assert part(ours, name) == part(theirs, name), name
    assert is_well_signed(ours)
    assert is_well_signed(theirs)


@pytest.mark.parametrize("change", [(b'Motivo="02"', b'Motivo="03"'), (b"DTR980623K40", b"EKU9003173C9")])
def test_a_request_that_was_touched_is_not_well_signed(change: tuple[bytes, bytes], pair: KeyPair) -> None:
    request = signed_request(ToCancel("A", pair.tax_id, "X", "1.00", "02", at=NOW), pair)
    assert is_well_signed(request)
    assert not is_well_signed(request.replace(*change))


def test_a_request_without_its_date_is_a_mistake_of_ours(pair: KeyPair) -> None:
    with pytest.raises(ValueError, match="date"):
        signed_request(ToCancel("A", pair.tax_id, "X", "1.00", "02"), pair)
