"""The mass download over a real socket, against a SAT that verifies what we sign."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from aldia.domain.ports.tax import AuthorityFailure, Query, Side, Stage, Token, Wanted
from aldia.integrations.tax.mx_sat import wire
from aldia.integrations.tax.mx_sat.adapter import MxSat
from tests.integrations.tax.cast import COMPANY, NOW, STRANGER, credentials, efirma, pair_of
from tests.support.fake_sat import FakeSat, Held, serving

DAY = datetime(2026, 11, 18, 10)
NOVEMBER = Query(Side.ISSUED, Wanted.XML, datetime(2026, 11, 1), datetime(2026, 11, 19, 23, 59, 59))


@pytest.fixture
def sat() -> Iterator[FakeSat]:
    with serving(FakeSat(NOW)) as found:
        found.trust(credentials())
        yield found


def held(number: int, *, issuer: str = COMPANY, receiver: str = STRANGER, at: datetime = DAY, **fields: object) -> Held:
    uuid = f"{number:08X}-0000-4000-8000-000000000000"
    return Held(uuid, issuer, receiver, at, amount="1160.00", xml=f"<x n='{number}'/>".encode(), **fields)  # type: ignore[arg-type]


def opened(sat: FakeSat) -> tuple[MxSat, Token]:
    adapter = MxSat(sat.settings)
    return adapter, adapter.open(efirma(), now=sat.now)


def ready(sat: FakeSat, query: Query = NOVEMBER) -> tuple[MxSat, Token, str]:
    """A request that is finished, in a session of its own."""
    adapter, token = opened(sat)
    name = adapter.ask(efirma(), token, query).request_id
    sat.passes(minutes=10)
    return adapter, adapter.open(efirma(), now=sat.now), name


def test_from_session_to_package(sat: FakeSat) -> None:
    sat.list(held(1), held(2), held(3, issuer=STRANGER, receiver=COMPANY), held(4, at=DAY.replace(month=9)))
    adapter, token = opened(sat)
    assert token.expires_at == NOW + timedelta(minutes=5)
    asked = adapter.ask(efirma(), token, NOVEMBER)
    assert (asked.code, asked.message, bool(asked.request_id)) == ("5000", "Solicitud Aceptada", True)
    assert adapter.progress(efirma(), token, asked.request_id).stage is Stage.ACCEPTED
    sat.passes(minutes=2)
    assert adapter.progress(efirma(), token, asked.request_id).stage is Stage.IN_PROCESS
    sat.passes(minutes=4)
    token = adapter.open(efirma(), now=sat.now)
    found = adapter.progress(efirma(), token, asked.request_id)
    assert (found.stage, found.found, len(found.packages)) == (Stage.FINISHED, 2, 1)
    package = adapter.download(efirma(), token, found.packages[0])
    assert package.data is not None
    with zipfile.ZipFile(io.BytesIO(package.data)) as archive:
        assert sorted(archive.read(name) for name in archive.namelist()) == [b"<x n='1'/>", b"<x n='2'/>"]
    assert package.size == len(package.data)


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (NOVEMBER, {"operation": "SolicitaDescargaEmitidos", "RfcEmisor": COMPANY, "EstadoComprobante": "Todos"}),
        (Query(Side.RECEIVED, Wanted.XML, NOVEMBER.since, NOVEMBER.until),
         {"operation": "SolicitaDescargaRecibidos", "RfcReceptor": COMPANY, "EstadoComprobante": "Vigente"}),
        (Query(Side.RECEIVED, Wanted.METADATA, NOVEMBER.since, NOVEMBER.until),
         {"TipoSolicitud": "Metadata", "EstadoComprobante": "Todos", "FechaInicial": "2026-11-01T00:00:00"}),
        (Query(Side.ISSUED, Wanted.XML, uuid="0000000A-0000-4000-8000-000000000000"),
         {"operation": "SolicitaDescargaFolio", "Folio": "0000000a-0000-4000-8000-000000000000"}),
    ],
)  # fmt: skip
def test_each_question_is_the_one_that_sat_publishes(sat: FakeSat, query: Query, sent: dict[str, str]) -> None:
    adapter, token = opened(sat)
    assert adapter.ask(efirma(), token, query).code == "5000"
    assert sent.items() <= next(iter(sat.requests.values())).sent.items()


def test_the_listing_has_cancelled_ones_whose_xml_is_gone(sat: FakeSat) -> None:
    sat.list(held(1, issuer=STRANGER, receiver=COMPANY), held(2, issuer=STRANGER, receiver=COMPANY))
    sat.cancel("00000002-0000-4000-8000-000000000000")
    for wanted, count in ((Wanted.XML, 1), (Wanted.METADATA, 2)):
        adapter, token, name = ready(sat, Query(Side.RECEIVED, wanted, NOVEMBER.since, NOVEMBER.until))
        assert adapter.progress(efirma(), token, name).found == count


def test_nothing_there_too_much_there_and_parts(sat: FakeSat) -> None:
    adapter, token, name = ready(sat)
    assert adapter.progress(efirma(), token, name).stage_code == "5004"
    sat.list(*(held(number) for number in range(5)))
    sat.xml_limit, sat.package_size = 4, 2
    later = Query(Side.ISSUED, Wanted.XML, datetime(2026, 11, 2), NOVEMBER.until)
    adapter, token, name = ready(sat, later)
    assert (adapter.progress(efirma(), token, name).stage, sat.requests[name].stage_code) == (Stage.REJECTED, "5003")
    sat.xml_limit = 5
    adapter, token, name = ready(sat, Query(Side.ISSUED, Wanted.XML, datetime(2026, 11, 3), NOVEMBER.until))
    assert [each[-3:] for each in adapter.progress(efirma(), token, name).packages] == ["_01", "_02", "_03"]


def test_the_same_question_is_refused_while_it_lives_and_for_good_after_two(sat: FakeSat) -> None:
    sat.list(held(1))
    adapter, token = opened(sat)
    codes = [adapter.ask(efirma(), token, NOVEMBER).code for _time in range(2)]
    sat.passes(days=4)
    token = adapter.open(efirma(), now=sat.now)
    codes.append(adapter.ask(efirma(), token, NOVEMBER).code)
    sat.passes(days=4)
    token = adapter.open(efirma(), now=sat.now)
    refused = adapter.ask(efirma(), token, NOVEMBER)
    assert [*codes, refused.code, refused.request_id] == ["5000", "5005", "5000", "5002", ""]


def test_a_package_comes_twice_and_lives_three_days(sat: FakeSat) -> None:
    sat.list(held(1))
    adapter, token, name = ready(sat)
    (package,) = adapter.progress(efirma(), token, name).packages
    codes = [adapter.download(efirma(), token, package).code for _time in range(3)]
    sat.passes(days=4)
    token = adapter.open(efirma(), now=sat.now)
    gone = adapter.download(efirma(), token, package)
    assert [*codes, gone.code, gone.file] == ["5000", "5000", "5008", "5007", None]
    assert adapter.progress(efirma(), token, name).stage is Stage.EXPIRED


def test_a_session_that_ended_says_so(sat: FakeSat) -> None:
    adapter, token = opened(sat)
    sat.passes(minutes=6)
    assert (adapter.ask(efirma(), token, NOVEMBER).code, sat.calls[-1].answer) == ("300", "300")
    sat.breaks("ask", "security")
    with pytest.raises(AuthorityFailure) as raised:
        adapter.ask(efirma(), token, NOVEMBER)
    assert raised.value.is_token
    sat.breaks("progress", "401")
    with pytest.raises(AuthorityFailure) as raised:
        adapter.progress(efirma(), token, "x")
    assert raised.value.is_token


@pytest.mark.parametrize("who", ["seal", "stranger", "expired", "revoked", "late"])
def test_sat_opens_no_session_to_anything_but_an_efirma_in_force(sat: FakeSat, who: str) -> None:
    signer, moment = efirma(), sat.now
    if who == "seal":
        signer = pair_of(credentials().seals[COMPANY])
    if who == "stranger":
        signer = efirma(STRANGER)
    if who == "expired":
        sat.passes(days=5 * 365)
        moment = sat.now
    if who == "revoked":
        sat.revoke(credentials().efirma.certificate.serial_number)
    if who == "late":
        moment = sat.now - timedelta(hours=1)
    with pytest.raises(AuthorityFailure) as raised:
        MxSat(sat.settings).open(signer, now=moment)
    assert (raised.value.code, raised.value.is_token, raised.value.permanent) == ("InvalidSecurity", False, False)
    assert "reloj" in raised.value.text


def test_what_a_seal_or_another_signs_is_refused_with_its_code(sat: FakeSat) -> None:
    adapter, token = opened(sat)
    assert adapter.ask(pair_of(credentials().seals[COMPANY]), token, NOVEMBER).code == "305"
    sat.trust(credentials(STRANGER))
    assert adapter.ask(efirma(STRANGER), token, NOVEMBER).code == "303"
    sat.revoke(credentials().efirma.certificate.serial_number)
    assert adapter.progress(efirma(), token, "x").code == "304"


BROKEN = [
    ("drop", "no_answer"), ("lost", "no_answer"), ("hang", "no_answer"), ("html", "garbled"), ("garbage", "garbled"),
    ("doctype", "garbled"), ("fault", "InternalServiceFault"), ("500", "http_500"), ("503", "http_503"),
    ("302", "http_302"),
]  # fmt: skip


@pytest.mark.parametrize(("how", "code"), BROKEN)
@pytest.mark.parametrize("operation", ["session", "ask", "progress", "download", "status"])
def test_each_way_to_break_is_a_failure_with_a_sentence(
    sat: FakeSat, monkeypatch: pytest.MonkeyPatch, operation: str, how: str, code: str
) -> None:
    adapter, token = opened(sat)
    if how == "hang":
        monkeypatch.setattr(wire, "TIMEOUT", 0.3)
        monkeypatch.setattr(wire, "PACKAGE_TIMEOUT", 0.3)
        sat.hang_seconds = 1
    calls = {
        "session": lambda: adapter.open(efirma(), now=sat.now),
        "ask": lambda: adapter.ask(efirma(), token, NOVEMBER),
        "progress": lambda: adapter.progress(efirma(), token, "x"),
        "download": lambda: adapter.download(efirma(), token, "x_01"),
        "status": lambda: adapter.status(issuer=COMPANY, receiver=STRANGER, total="1", uuid="x", seal_end=""),
    }
    sat.breaks(operation, how)
    with pytest.raises(AuthorityFailure) as raised:
        calls[operation]()
    assert (raised.value.code, raised.value.is_token, raised.value.permanent) == (code, False, False)
    assert raised.value.text.endswith((".", ")")) or code == "InternalServiceFault"


def test_nobody_there_is_told_from_no_answer() -> None:
    with pytest.raises(AuthorityFailure) as raised:
        MxSat({"requests_url": "http://127.0.0.1:9"}).open(efirma(), now=NOW)
    assert raised.value.code == "connection"
