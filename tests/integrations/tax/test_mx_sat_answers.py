"""Answers of another shape than SAT's are no answers, whatever is in them; and the status of one document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.ports.tax import AuthorityFailure, DocumentStatus
from aldia.integrations.tax.mx_sat import answers, wire
from aldia.integrations.tax.mx_sat.adapter import MxSat
from tests.support.fake_sat import FakeSat, Held, serving

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
UUID = "129C4D12-1415-4ACE-BE12-34E71C4EAB4E"
NS = "http://DescargaMasivaTerceros.sat.gob.mx"
HELD = Held(UUID, "DTR010203AB1", "ALG010203AB2", datetime(2026, 11, 18), amount="1160.00", seal_end="abcdef==")
ASKED = {"issuer": HELD.issuer, "receiver": HELD.receiver, "total": "1160.0", "uuid": UUID, "seal_end": "abcdef=="}


def soap(body: str) -> bytes:
    return (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'.encode()
    )


def verified(attributes: str, inner: str = "") -> bytes:
    name = "VerificaSolicitudDescarga"
    return soap(f'<{name}Response xmlns="{NS}"><{name}Result {attributes}>{inner}</{name}Result></{name}Response>')


def accepted(attributes: str) -> bytes:
    name = "SolicitaDescargaFolio"
    return soap(f'<{name}Response xmlns="{NS}"><{name}Result {attributes}/></{name}Response>')


def session(token: str, times: str = "") -> bytes:
    header = f"<s:Header><o:Security xmlns:o='x'><u:Timestamp xmlns:u='y'>{times}</u:Timestamp></o:Security></s:Header>"
    inner = f"<AutenticaResponse><AutenticaResult>{token}</AutenticaResult></AutenticaResponse>"
    return soap(inner).replace(b"<s:Body>", (header if times else "").encode() + b"<s:Body>")


READS: dict[str, Callable[[bytes], object]] = {
    "session": lambda body: answers.token(wire.parsed(body), NOW),
    "asked": lambda body: answers.asked(wire.parsed(body), "SolicitaDescargaFolio"),
    "progress": lambda body: answers.progress(wire.parsed(body)),
    "status": lambda body: answers.status(wire.parsed(body)),
}
GOOD = 'CodEstatus="5000" EstadoSolicitud="3" CodigoEstadoSolicitud="5000" NumeroCFDIs="1"'


@pytest.mark.parametrize(
    ("how", "body"),
    [
        *((how, soap("")) for how in READS),
        *((how, soap("<a>" * 80 + "</a>" * 80)) for how in READS),
        ("session", session("")),
        ("session", session('eyJh"\r\nX-Evil: 1')),
        ("session", session("eyJhñandú")),
        ("session", session("x" * 9000)),
        ("session", session("eyJhbGciOi", "<u:Created>hoy</u:Created><u:Expires>ayer</u:Expires>")),
        ("asked", accepted('CodEstatus="5000" IdSolicitud=""')),
        ("asked", accepted('CodEstatus="5000" IdSolicitud="../../x"')),
        ("asked", accepted('CodEstatus="" IdSolicitud="a"')),
        ("asked", accepted('IdSolicitud="a"')),
        ("progress", verified(GOOD.replace('"3"', '"7"'))),
        ("progress", verified(GOOD.replace('"1"', '"-1"'))),
        ("progress", verified(GOOD.replace('"1"', '"1e9"'))),
        ("progress", verified(GOOD, "<IdsPaquetes>../../etc</IdsPaquetes>")),
        ("progress", verified(GOOD, "<IdsPaquetes>a</IdsPaquetes>" * 5001)),
        ("status", soap("<ConsultaResponse><ConsultaResult/></ConsultaResponse>")),
    ],
)
def test_of_another_shape(how: str, body: bytes) -> None:
    with pytest.raises(AuthorityFailure) as raised:
        READS[how](body)
    assert raised.value.code == "garbled"


@given(st.binary(max_size=300), st.sampled_from(sorted(READS)))
def test_no_bytes_make_it_fall(body: bytes, how: str) -> None:
    with pytest.raises(AuthorityFailure):
        READS[how](body)


def test_a_session_lives_as_long_as_sat_says_by_our_clock() -> None:
    for start, end, life in (
        ("00:00", "00:05", 300),
        ("07:00", "07:03", 180),
        ("00:00", "09:00", 600),
        ("09:00", "08:00", 30),
    ):
        times = f"<u:Created>2019-08-01T{start}:20.044Z</u:Created><u:Expires>2019-08-01T{end}:20.044Z</u:Expires>"
        found = answers.token(wire.parsed(session("eyJhbGciOi", times)), NOW)
        assert found.expires_at - NOW == timedelta(seconds=life)
    assert answers.token(wire.parsed(session("eyJhbGciOi")), NOW).expires_at == NOW + timedelta(minutes=5)


def test_packages_are_told_once_and_empty_names_are_none() -> None:
    inner = "<IdsPaquetes/><IdsPaquetes>a_01</IdsPaquetes><IdsPaquetes> a_01 </IdsPaquetes>"
    assert answers.progress(wire.parsed(verified(GOOD, inner))).packages == ("a_01",)


@pytest.fixture
def sat() -> Iterator[FakeSat]:
    with serving(FakeSat(NOW)) as found:
        found.list(replace(HELD))
        yield found


def test_the_status_of_a_document(sat: FakeSat) -> None:
    adapter = MxSat(sat.settings)
    code = "S - Comprobante obtenido satisfactoriamente."
    assert adapter.status(**ASKED) == DocumentStatus(code, "Vigente", "Cancelable con aceptación", "", "200")
    sat.documents[UUID].cancellation = "En proceso"
    assert adapter.status(**ASKED).cancellation == "En proceso"
    sat.cancel(UUID, "Plazo vencido")
    assert adapter.status(**ASKED) == DocumentStatus(
        code, "Cancelado", "Cancelable con aceptación", "Plazo vencido", "200"
    )
    sat.documents[UUID].is_listed_issuer = True
    assert adapter.status(**ASKED).listed_issuer == "100"


@pytest.mark.parametrize(
    "other", [{"total": "1161.0"}, {"receiver": "XAXX010101000"}, {"uuid": UUID[::-1]}, {"seal_end": "zzzzzz=="}]
)
def test_what_does_not_agree_is_not_found(sat: FakeSat, other: dict[str, str]) -> None:
    found = MxSat(sat.settings).status(**{**ASKED, **other})
    assert (found.code, found.state) == ("N - 602: Comprobante no encontrado.", "No Encontrado")


def test_an_ampersand_and_an_enye_of_a_tax_id_arrive(sat: FakeSat) -> None:
    sat.list(replace(HELD, issuer="A&B010203AB1", receiver="ÑAN010203AB2"))
    found = MxSat(sat.settings).status(**{**ASKED, "issuer": "A&B010203AB1", "receiver": "ÑAN010203AB2"})
    assert found.state == "Vigente"
    sent = f"?id={UUID}&re=A&amp;B010203AB1&rr=ÑAN010203AB2&tt=1160.0&fe=abcdef=="
    assert sat.calls[-1].sent["expresionImpresa"] == sent


@pytest.mark.parametrize(
    ("printed", "sent"),
    [("1160.00", "1160.0"), ("1", "1.0"), ("0.990000", "0.99"), ("0", "0.0"), ("0001.50", "1.5"), ("?", "?")],
)
def test_a_total_goes_as_the_qr_has_it(sat: FakeSat, printed: str, sent: str) -> None:
    MxSat(sat.settings).status(**{**ASKED, "total": printed})
    assert f"&tt={sent}&" in sat.calls[-1].sent["expresionImpresa"]
