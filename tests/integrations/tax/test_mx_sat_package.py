"""A package as it arrives: piece by piece, of any size, whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import tracemalloc

import pytest

from aldia.domain.ports.tax import AuthorityFailure, Package
from aldia.integrations.tax.mx_sat.package import IN_MEMORY, PackageReader

NS = "http://DescargaMasivaTerceros.sat.gob.mx"
CONTENT = b"PK\x03\x04" + bytes(range(256)) * 7 + b"x"


def answer(text: str, code: str = "5000", message: str = "Solicitud Aceptada", before: str = "") -> bytes:
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    return (
        f'{before}<s:Envelope xmlns:s="{soap}"><s:Header><h:respuesta xmlns:h="{NS}" '
        f'CodEstatus="{code}" Mensaje="{message}"/></s:Header><s:Body><R xmlns="{NS}"><Paquete>{text}</Paquete></R>'
        "</s:Body></s:Envelope>"
    ).encode()


def read(data: bytes, step: int = 1000, status: int = 200, most: int = 10_000_000) -> Package:
    reader = PackageReader(most)
    for start in range(0, len(data), step):
        reader.feed(data[start : start + step])
    return reader.finish(status)


@pytest.mark.parametrize("step", [1, 3, 7, 64, 100_000])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 1796])
def test_any_length_in_pieces_of_any_size(step: int, length: int) -> None:
    content = CONTENT[:length]
    found = read(answer(base64.b64encode(content).decode()), step)
    assert (found.code, found.data, found.size) == ("5000", content, length)
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_base64_in_lines() -> None:
    assert read(answer(base64.encodebytes(CONTENT).decode()), 5).data == CONTENT


def test_no_package_has_the_reason() -> None:
    for text, code, message in (
        ("", "5008", "Máximo de descargas permitidas"),
        (base64.b64encode(CONTENT).decode(), "5007", "No existe el paquete solicitado"),
        ("", "5000", "Solicitud Aceptada"),
    ):
        assert read(answer(text, code, message)) == Package(code, message)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (answer("AAAA")[:-20], "garbled"),
        (answer("AAA"), "garbled"),
        (answer("AA=A"), "garbled"),
        (answer("AAA=BBBB"), "garbled"),
        (answer("AA!A"), "garbled"),
        (answer("ñandú"), "garbled"),
        (answer("AAAA", code="<"), "garbled"),
        (answer("AAAA", code="5000 or so"), "garbled"),
        (answer("AAAA", before='<!DOCTYPE s [<!ENTITY x "y">]>'), "garbled"),
        (b"<html>mantenimiento</html>", "garbled"),
        (b"", "garbled"),
        (b"<a>" * 100, "garbled"),
        (answer(base64.b64encode(CONTENT * 10).decode()), "too_big"),
    ],
)
def test_all_else_is_no_package(data: bytes, code: str) -> None:
    for step in (3, 100_000):
        with pytest.raises(AuthorityFailure) as raised:
            read(data, step, most=10_000)
        assert raised.value.code == code


def test_a_fault_and_a_status_say_what_happened() -> None:
    fault = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>\n  a:%s\n' \
            b"</faultcode><faultstring>Algo paso</faultstring></s:Fault></s:Body></s:Envelope>"  # fmt: skip
    with pytest.raises(AuthorityFailure) as raised:
        read(fault % b"InvalidSecurity", 4, status=500)
    assert (raised.value.code, raised.value.is_token) == ("InvalidSecurity", True)
    with pytest.raises(AuthorityFailure) as raised:
        read(fault % b"InternalServiceFault", 4, status=500)
    assert (raised.value.code, raised.value.is_token) == ("InternalServiceFault", False)
    assert "Algo paso" in raised.value.text
    with pytest.raises(AuthorityFailure) as raised:
        read(b"<html>", status=503)
    assert raised.value.code == "http_503"


def test_memory_is_the_same_for_a_hundred_megabytes() -> None:
    piece = base64.b64encode(bytes(300_000))
    head, tail = answer("|").split(b"|")
    reader = PackageReader()
    tracemalloc.start()
    try:
        reader.feed(head)
        for _time in range(350):
            reader.feed(piece)
        reader.feed(tail)
        found = reader.finish(200)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.file is not None
    assert found.size == 105_000_000
    found.file.close()
    assert peak < IN_MEMORY + 8_000_000
