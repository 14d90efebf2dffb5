"""The simulated PAC: one stamp per document whoever asks, plainly not fiscal; refusals; cancelling."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from aldia.domain.fiscal import cfdi, status_notices
from aldia.domain.fiscal.certificates import Authorities
from aldia.domain.fiscal.keypairs import KeyPair
from aldia.domain.fiscal.seals import verify
from aldia.domain.ports.stamping import CancelState, StampRefused, ToCancel
from aldia.integrations.stamping import simulated_pac
from aldia.integrations.stamping.sealing import Sealer
from aldia.integrations.stamping.simulated_pac import SimulatedPac
from aldia.integrations.tax import mx_schemas
from tests.integrations.stamping.cast import ISSUER, KINDS

AT = datetime(2026, 9, 10, 12, 30, 5)
NOW = datetime(2026, 9, 10, 18, 31, tzinfo=UTC)
TFD = "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pac")


@pytest.fixture
def pac(home: Path) -> SimulatedPac:
    return SimulatedPac({"home": str(home)}, {})


@pytest.mark.parametrize("kind", KINDS)
def test_it_stamps_each_kind_and_the_whole_verifies(kind: str, pac: SimulatedPac, pair: KeyPair, home: Path) -> None:
    stamped = pac.stamp(Sealer(pair).seal(KINDS[kind], AT), key="k")
    family = simulated_pac.credentials(home / "pac", 2026)
    report = verify(
        stamped.xml,
        certificates=lambda _number: family.pac.cer,
        transform=mx_schemas.transform,
        authorities=Authorities(family.authorities()),
    )
    assert (report.seal, report.stamp, report.hours_72) == ("ok", "ok", "ok"), report.findings
    assert mx_schemas.validate_schema(stamped.xml) == []
    assert cfdi.parse(stamped.xml).key == stamped.uuid
    assert "SIN VALIDEZ FISCAL" in etree.fromstring(stamped.xml).find(f".//{TFD}").get("Leyenda")


def test_the_same_document_has_one_stamp(pac: SimulatedPac, pair: KeyPair) -> None:
    xml = Sealer(pair).seal(KINDS["invoice on credit"], AT)
    first = pac.stamp(xml, key="one")
    assert pac.stamp(xml, key="two") == first
    assert pac.recover(xml, key="three") == first


def test_another_machine_gives_the_same_stamp(pac: SimulatedPac, pair: KeyPair, home: Path, tmp_path: Path) -> None:
    """It lost its file and kept its certificates: the folio is made of the seal."""
    xml = Sealer(pair).seal(KINDS["invoice on credit"], AT)
    first = pac.stamp(xml, key="one")
    (tmp_path / "pac").mkdir()
    (tmp_path / "pac" / "certificados-2026").symlink_to(home / "pac" / "certificados-2026")
    assert SimulatedPac({"home": str(tmp_path)}, {}).stamp(xml, key="one") == first


def test_of_many_at_once_all_get_the_same(pair: KeyPair, tmp_path: Path) -> None:
    """Also the certificates are made once, though everybody comes first."""
    xml = Sealer(pair).seal(KINDS["credit note"], AT)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _n: SimulatedPac({"home": str(tmp_path)}, {}).stamp(xml, key="k"), range(8)))
    assert len({each.xml for each in found}) == 1


def test_what_nobody_stamped_is_not_recovered(pac: SimulatedPac, pair: KeyPair) -> None:
    assert pac.recover(Sealer(pair).seal(KINDS["invoice on credit"], datetime(2026, 9, 11, 1, 2, 3)), key="k") is None


def test_it_refuses_as_a_pac_does(pac: SimulatedPac, pair: KeyPair) -> None:
    xml = Sealer(pair).seal(KINDS["invoice on credit"], datetime(2026, 9, 11, 9))
    cases = {
        "301": [b"<no", b"<a/>", xml.replace(b'LugarExpedicion="06700"', b'LugarExpedicion="6700"')],
        "302": [xml.replace(b'Folio="1"', b'Folio="2"')],
        "307": [pac.stamp(xml, key="k").xml],
    }
    for code, wrong in cases.items():
        for each in wrong:
            with pytest.raises(StampRefused) as caught:
                pac.stamp(each, key="k")
            assert caught.value.code == code


def wanted(uuid: str, issuer: str = ISSUER.rfc) -> ToCancel:
    return ToCancel(uuid, issuer, "XAXX010101000", "1.00", "02", at=NOW)


def test_a_cancellation_is_accepted_awaited_or_rejected(home: Path, pair: KeyPair) -> None:
    def at(answer: str) -> SimulatedPac:
        return SimulatedPac({"home": str(home), "cancellations": answer}, {})

    uuid = at("wait").stamp(Sealer(pair).seal(KINDS["invoice on credit"], datetime(2026, 9, 12, 10)), key="k").uuid
    assert at("wait").cancellation(wanted(uuid), pair).state == CancelState.NONE
    assert at("wait").cancel(wanted(uuid), pair).state == CancelState.WAITING
    assert at("wait").cancel(wanted(uuid), pair).state == CancelState.WAITING
    assert at("reject").cancellation(wanted(uuid), pair).state == CancelState.REJECTED
    assert at("wait").cancellation(wanted(uuid), pair).state == CancelState.NONE
    done = at("accept").cancel(wanted(uuid), pair)
    assert (done.state, done.code) == (CancelState.DONE, "201")
    assert at("reject").cancellation(wanted(uuid), pair).state == CancelState.DONE  # what is over is over
    [notice] = status_notices.read_acknowledgement(done.acknowledgement)
    assert (notice.key, notice.cancelled) == (uuid, True)


def test_only_the_issuer_cancels_and_only_what_was_stamped(pac: SimulatedPac, pair: KeyPair) -> None:
    uuid = pac.stamp(Sealer(pair).seal(KINDS["invoice on credit"], datetime(2026, 9, 12, 11)), key="k").uuid
    for asked, code in ((wanted("0" * 36), "205"), (wanted(uuid, "XAXX010101000"), "203")):
        with pytest.raises(StampRefused) as caught:
            pac.cancel(asked, pair)
        assert caught.value.code == code


def test_trying_it_says_that_nothing_is_fiscal(pac: SimulatedPac) -> None:
    pytest.importorskip("satcfdi", reason="the extra mx is not installed")
    assert "no tiene validez fiscal" in pac.check()
    assert not pac.is_fiscal
