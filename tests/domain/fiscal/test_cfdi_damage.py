"""Damaged, disguised and hostile files: what can be repaired reads as the original does, the rest is refused."""

from __future__ import annotations

import resource
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aldia.domain.fiscal import cleaning, errors
from aldia.domain.fiscal.cfdi import parse
from aldia.domain.fiscal.envelope import SEVERAL_COMPLEMENTS
from aldia.domain.fiscal.reading import DEPTH_LIMIT, LARGE, SIZE_LIMIT, read
from tests.fixtures.cfdi.builder import Item, cfdi, old, uid

GOOD = cfdi()
XSI = b' xsi:schemaLocation="http://www.sat.gob.mx/cfd/4 cfdv40.xsd"'
SCHEMA = XSI.replace(b" xsi:", b" xmlns:")
BOM = b"\xef\xbb\xbf"
ADDENDA = b"<cfdi:Addenda>%s</cfdi:Addenda></cfdi:Comprobante>"


def after_root_name(extra: bytes) -> bytes:
    return GOOD.replace(b"<cfdi:Comprobante", b"<cfdi:Comprobante" + extra, 1)


def with_addenda(inside: bytes) -> bytes:
    return GOOD.replace(b"</cfdi:Comprobante>", ADDENDA % inside)


def declared(name: bytes, encoding: str) -> bytes:
    return GOOD.decode().replace("UTF-8", name.decode(), 1).encode(encoding)


def without_space(prefix: bytes) -> bytes:
    return GOOD.replace(b' xmlns:%s="' % prefix, b' data-%s="' % prefix)


REPAIRS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "as it is": (GOOD, ()),
    "mark of UTF-8": (BOM + GOOD, ()),
    "two marks": (BOM + BOM + GOOD, (cleaning.LEADING_JUNK,)),
    "mark read as latin-1": ("ï»¿".encode() + GOOD, (cleaning.LEADING_JUNK,)),
    "letters before": (b"De: contabilidad\r\n\r\n" + GOOD, (cleaning.LEADING_JUNK,)),
    "lines before": (b"\r\n\r\n " + GOOD, (cleaning.LEADING_BLANKS,)),
    "text after": (GOOD + b"\nEnviado desde mi telefono", (cleaning.TRAILING_JUNK,)),
    "zeros after": (GOOD + b"\0" * 512, (cleaning.TRAILING_JUNK,)),
    "blanks after": (GOOD + b"\r\n \t", ()),
    "carriage returns": (GOOD.replace(b"><", b">\r\n<"), ()),
    "no declaration": (GOOD.split(b"?>\n", 1)[1], ()),
    "single quotes": (GOOD.replace(b'"UTF-8"', b"'utf-8'"), ()),
    "utf8 without hyphen": (declared(b"utf8", "utf-8"), ()),
    "utf-16 little": (declared(b"UTF-16", "utf-16"), (cleaning.UTF16,)),
    "utf-16 big, no mark": (declared(b"UTF-16", "utf-16-be"), (cleaning.UTF16,)),
    "utf-16 little, lying": (GOOD.decode().encode("utf-16-le"), (cleaning.UTF16,)),
    "utf-32": (declared(b"UTF-32", "utf-32"), (cleaning.UTF16,)),
    "says utf-16, is utf-8": (declared(b"utf-16", "utf-8"), (cleaning.WRONG_ENCODING,)),
    "says latin-1, is": (declared(b"ISO-8859-1", "iso-8859-1"), ()),
    "says windows-1252, is": (declared(b"Windows-1252", "cp1252"), ()),
    "says latin-1, is utf-8": (declared(b"ISO-8859-1", "utf-8"), (cleaning.WRONG_ENCODING,)),
    "says utf-8, is latin-1": (GOOD.decode().encode("cp1252"), (cleaning.LATIN_BYTES,)),
    "says nothing, is latin-1": (GOOD.decode().split("?>\n", 1)[1].encode("cp1252"), (cleaning.LATIN_BYTES,)),
    "control bytes": (GOOD.replace(b"><", b">\x0b\x00<", 3), (cleaning.CONTROL_BYTES,)),
    "schemaLocation as a namespace": (after_root_name(SCHEMA), (cleaning.SCHEMA_LOCATION,)),
    "schemaLocation without xsi": (after_root_name(XSI), (cleaning.NO_PREFIX,)),
    "no space for cfdi": (without_space(b"cfdi"), (cleaning.NO_PREFIX,)),
    "no space for tfd": (without_space(b"tfd"), (cleaning.NO_PREFIX,)),
    "children without prefix": (
        GOOD.replace(b"<cfdi:E", b"<E").replace(b"<cfdi:R", b"<R").replace(b"<cfdi:C", b"<C").replace(b"</cfdi:", b"</")
        .replace(b"<Comprobante", b"<cfdi:Comprobante").replace(b"</Comprobante", b"</cfdi:Comprobante")
        .replace(b"<cfdi:", b"<").replace(b"<Comprobante", b"<cfdi:Comprobante"),
        (cleaning.NO_PREFIX,),
    ),
    "no space at all": (
        GOOD.replace(b"cfdi:", b"").replace(b' xmlns:cfdi="http://www.sat.gob.mx/cfd/4"', b"").replace(
            b' xmlns:="http://www.sat.gob.mx/cfd/4"', b"").replace(b' xmlns:cfdi=', b' a='),
        (cleaning.NO_PREFIX,),
    ),
    "prefix of the Addenda undeclared": (with_addenda(b"<ac:Acme orden='5'/>"), (cleaning.BROKEN_ADDENDA,)),
    "ampersand in the Addenda": (with_addenda(b"<Nota>Fierro & Lamina</Nota>"), (cleaning.BROKEN_ADDENDA,)),
    "doctype as text in the Addenda": (with_addenda(b"<![CDATA[<!DOCTYPE html><br>]]>"), ()),
    "a sound Addenda": (with_addenda(b"<Nota xmlns='http://x'>hola</Nota>"), ()),
    "two Addendas": (GOOD.replace(b"</cfdi:Comprobante>", ADDENDA.replace(b"%s", b"") * 2).replace(
        b"</cfdi:Comprobante><", b"<"), ()),
    "two complementos": (
        GOOD.replace(b"<cfdi:Complemento>", b"<cfdi:Complemento/><cfdi:Complemento>"), (SEVERAL_COMPLEMENTS,),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "findings"), REPAIRS.values(), ids=REPAIRS)
def test_reads_as_the_original(data: bytes, findings: tuple[str, ...]) -> None:
    document = parse(data)
    assert document.findings == findings
    intact = parse(GOOD)
    assert document.key == intact.key == uid("factura-1")
    assert document.receiver == intact.receiver
    assert (document.total, document.taxes) == (intact.total, intact.taxes)


def test_a_file_in_two_encodings_keeps_all_its_letters() -> None:
    data = cfdi(Serie="Ñ", receiver=("COM980612H51", "PEÑA")).replace("PEÑA".encode(), b"PE\xd1A")
    document = parse(data)
    assert (document.series, document.receiver.name) == ("Ñ", "PEÑA")


def test_several_complementos_are_usual_in_33() -> None:
    data = cfdi(version="3.3").replace(b"<cfdi:Complemento>", b"<cfdi:Complemento/><cfdi:Complemento>")
    assert parse(data).findings == ()


# ── hostile ───────────────────────────────────────────────────────────────────────────────────────────────────

LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
DOCTYPES = {
    "external": b'<!DOCTYPE c SYSTEM "http://127.0.0.1:9/x.dtd">',
    "public": b'<!DOCTYPE c PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd">',
    "file": b'<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "parameter": b'<!DOCTYPE c [<!ENTITY % p SYSTEM "http://127.0.0.1:9/e"> %p;]>',
    "laughs": b'<!DOCTYPE c [<!ENTITY l0 "ha">' + LAUGHS + b"]>",
    "quadratic": b'<!DOCTYPE c [<!ENTITY q "' + b"a" * 50_000 + b'">]>',
    "after a comment": b"<!-- <cfdi:Comprobante/> --><!DOCTYPE c>",
    "empty": b"<!DOCTYPE c>",
}
USES = {"laughs": b"&l11;", "quadratic": b"&q;" * 1000, "file": b"&x;"}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a file made the parser call the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("name", DOCTYPES)
def test_any_doctype_is_refused_at_once(name: str, encoding: str) -> None:
    body = GOOD.split(b"?>\n", 1)[1].replace(b"COMERCIAL", USES.get(name, b"X"))
    data = (b'<?xml version="1.0"?>' + DOCTYPES[name] + body).decode().encode(encoding)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(errors.HasDoctype):
        parse(data)
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


@pytest.mark.usefixtures("no_network")
def test_xinclude_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("CANARY")
    include = f'<x xmlns="http://x"><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{secret}"/></x>'
    assert "CANARY" not in repr(parse(with_addenda(include.encode()), with_lines=True))


@pytest.mark.parametrize("levels", [DEPTH_LIMIT, 500, 5_000, 100_000])
def test_depth(levels: int) -> None:
    with pytest.raises(errors.TooDeep):
        parse(with_addenda(b"<a>" * levels + b"</a>" * levels))


def test_depth_that_is_allowed() -> None:
    levels = DEPTH_LIMIT - 2
    assert parse(with_addenda(b"<a>" * levels + b"</a>" * levels)).key
    assert parse(with_addenda(b"<a></a>" * 5_000)).key


def test_size() -> None:
    with pytest.raises(errors.TooLarge, match=r"20\.0 MB y el máximo por comprobante es 20 MB"):
        parse(b"<" * (SIZE_LIMIT + 1))


def big(lines: int) -> bytes:
    """A CFDI of many lines, about 400 bytes each."""
    start, line = GOOD.split(b"<cfdi:Conceptos>")[0], GOOD.split(b"<cfdi:Conceptos>")[1].split(b"</cfdi:Conceptos>")[0]
    end = GOOD.split(b"</cfdi:Conceptos>")[1]
    return start + b"<cfdi:Conceptos>" + line * lines + b"</cfdi:Conceptos>" + end


def test_large_files_are_read_without_their_lines() -> None:
    data = big(30_000)
    assert LARGE < len(data) < SIZE_LIMIT
    root, findings = read(data, keep_lines=False)
    assert findings == ()
    assert sum(1 for _ in root.iter("{http://www.sat.gob.mx/cfd/4}Concepto")) < 70
    started = time.process_time()
    document = parse(data)
    assert time.process_time() - started < 5
    assert (document.key, document.kind, document.total) == (uid("factura-1"), "invoice", parse(GOOD).total)
    assert document.issuer == parse(GOOD).issuer


def test_a_large_file_is_no_advance() -> None:
    advance = cfdi(items=(Item("Anticipo", key="84111506", unit="ACT"),), MetodoPago="PUE")
    head, _, tail = advance.partition(b"</cfdi:Conceptos>")
    lines = GOOD.split(b"<cfdi:Conceptos>")[1].split(b"</cfdi:Conceptos>")[0]
    assert parse(advance).kind == "advance"
    assert parse(head + lines * 15_000 + b"</cfdi:Conceptos>" + tail).kind == "invoice"


def test_a_pdf_inside_the_addenda_of_a_large_file() -> None:
    data = with_addenda(b"<Pdf xmlns='http://x'>" + b"JVBERi0xLjcK" * 1_000_000 + b"</Pdf>")
    assert len(data) > 2 * LARGE
    assert parse(data).key == uid("factura-1")


def test_hostile_sizes_of_repairs_stay_cheap() -> None:
    """Inputs that would make a careless regular expression or loop quadratic."""
    hostile = (
        b"<" + b"a " * 2_000_000,
        b"\xff" * 3_000_000,
        b"<cfdi:Comprobante " + b"x='" * 1_000_000,
        b"<cfdi:Addenda>" * 200_000,
        b"</cfdi:Addenda>" * 200_000 + b"<cfdi:Addenda>" * 200_000,
        b"<!--" * 500_000,
        b"<?xml " + b" " * 3_000_000 + b"?>",
        b" xmlns:schemaLocation=" * 150_000,
        b"\x00<" * 1_500_000,
    )
    for data in hostile:
        started = time.process_time()
        with pytest.raises(errors.FiscalError):
            parse(data)
        assert time.process_time() - started < 3, data[:40]


def test_the_original_is_not_touched() -> None:
    data = bytearray(b"\n\n" + old())
    copy = bytes(data)
    parse(copy)
    assert copy == bytes(data)


def test_threads_do_not_mix_documents() -> None:
    files = [cfdi(f"f-{n}", Folio=str(n), receiver=("COM980612H51", f"CLIENTE {n}")) for n in range(50)]
    with ThreadPoolExecutor(8) as pool:
        documents = list(pool.map(parse, files * 20))
    expected = [(uid(f"f-{n}"), str(n), f"CLIENTE {n}") for n in range(50)] * 20
    assert [(found.key, found.folio, found.receiver.name) for found in documents] == expected
