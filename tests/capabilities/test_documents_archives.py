"""Archives: what people and attackers upload, read in constant memory or refused with a sentence."""

from __future__ import annotations

import contextlib
import io
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.documents import archives, packing, zipfiles
from aldia.documents.refusals import ArchiveRefused
from aldia.documents.zipfiles import Member, Window
from aldia.documents.zipwriter import ZipWriter
from aldia.tenancy.models import Company, StoredFile
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store
from tests.cast import make_company

XML = b"<a>" + b"datos " * 100 + b"</a>"


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    with company_scope(company.id):
        yield company


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as writer:
        for name, data in members:
            writer.writestr(name, data)
    return target.getvalue()


def kept(data: bytes) -> StoredFile:
    return store("a.zip", data)


def read(stored: StoredFile) -> list[tuple[str, str]]:
    """Name and what came of each file: its refusal's code, or "ok"."""
    assert archives.survey(stored).total == len(list(archives.entries(stored)))
    return [(entry.name, entry.refusal.code if entry.refusal else "ok") for entry in archives.entries(stored)]


def patched(data: bytes, central: int, value: int, *, size: str = "<L", at: int = 0) -> bytes:
    """The archive with a field of its nth central record (byte offset `central`) replaced."""
    place = -1
    for _ in range(at + 1):
        place = data.index(b"PK\1\2", place + 1)
    return data[: place + central] + struct.pack(size, value) + data[place + central + struct.calcsize(size) :]


def test_members_come_in_order_and_resume_from_any_position(company: Company) -> None:
    stored = kept(zipped(("b.xml", XML), ("carpeta/", b""), ("carpeta/a.xml", XML + b"2"), ("c.txt", b"")))
    found = list(archives.entries(stored))
    assert [(entry.position, entry.name) for entry in found] == [(0, "b.xml"), (1, "carpeta/a.xml"), (2, "c.txt")]
    assert [entry.data for entry in found] == [XML, XML + b"2", b""]
    assert list(archives.entries(stored, start=1)) == found[1:]


def test_an_original_is_read_back_by_the_place_of_its_header(company: Company) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        stored = kept(b"prefijo de un autoextraible" + zipped(("a.xml", XML), ("b.xml", b"otro"), method=method))
        with archives.open_archive(stored) as stream:
            for entry in archives.entries(stored):
                assert zipfiles.read_at(stream, entry.offset, len(entry.data)) == entry.data


def test_loose_files_are_packed_and_read_back(company: Company) -> None:
    inner = zipped(("x.xml", XML))
    files = [("a.xml", io.BytesIO(XML)), ("paquete.zip", io.BytesIO(inner)), ("b.xml", io.BytesIO(b""))]
    stored = packing.pack(files, name="carga")
    assert read(stored) == [("a.xml", "ok"), ("paquete.zip/x.xml", "ok"), ("b.xml", "ok")]
    assert zipfile.ZipFile(archives.open_archive(stored)).testzip() is None, "others can open it too"


def test_one_zip_is_kept_as_it_came(company: Company) -> None:
    data = zipped(("a.xml", XML))
    stored = packing.pack([("mis facturas.zip", io.BytesIO(data))], name="mis facturas.zip")
    with archives.open_archive(stored) as stream:
        assert stream.read() == data


def test_compressed_zips_inside_are_uncompressed_and_read(company: Company) -> None:
    data = zipped(("ene.zip", zipped(("a.xml", XML), ("b.xml", XML))), ("feb.zip", b"no es un zip"), ("c.xml", XML))
    stored = kept(data)
    assert archives.survey(stored).is_folded
    unfolded = packing.unfold(stored, "a", "")
    assert read(unfolded) == [("ene.zip/a.xml", "ok"), ("ene.zip/b.xml", "ok"), ("feb.zip", "ok"), ("c.xml", "ok")]
    with archives.open_archive(unfolded) as stream:
        for entry in archives.entries(unfolded):
            assert zipfiles.read_at(stream, entry.offset, len(entry.data)) == entry.data


def test_a_third_level_is_refused_with_its_name(company: Company) -> None:
    inner = zipped(("mas.zip", zipped(("a.xml", XML))), ("b.xml", XML))
    stored = kept(zipped(("ene.zip", inner), method=zipfile.ZIP_STORED))
    assert read(stored) == [("ene.zip/mas.zip", "nested_zip"), ("ene.zip/b.xml", "ok")]


def test_a_damaged_zip_inside_does_not_stop_the_rest(company: Company) -> None:
    inner = zipped(("a.xml", XML))
    stored = kept(zipped(("rota.zip", inner[:-40]), ("vacia.zip", zipped()), ("b.xml", XML), method=0))
    assert read(stored) == [("rota.zip", "zip_damaged"), ("vacia.zip", "zip_empty"), ("b.xml", "ok")]


def test_spreadsheets_are_not_taken_for_archives(company: Company) -> None:
    assert read(kept(zipped(("a.xlsx", zipped(("x.xml", XML))), method=0))) == [("a.xlsx", "ok")]


def test_encrypted_unsupported_and_links_are_refused_one_by_one(company: Company) -> None:
    link = zipfile.ZipInfo("enlace.xml")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    data = zipped(("clave.xml", XML), ("raro.xml", XML), (link, b"/etc/passwd"), ("bien.xml", XML))
    data = patched(patched(data, 8, 1, size="<H"), 10, 9, size="<H", at=1)
    codes = [("clave.xml", "encrypted"), ("raro.xml", "unsupported_compression"), ("enlace.xml", "link")]
    assert read(kept(data)) == [*codes, ("bien.xml", "ok")]


def test_a_really_encrypted_file_is_refused(company: Company) -> None:
    """A ZIP made by another tool with a password: the flag is all that is looked at."""
    header = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 1, 0, 0, 0x21, 7, 12, 0, 1, 0) + b"a" + b"x" * 12
    central = (
        struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 1, 0, 0, 0x21, 7, 12, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central), len(header), 0)
    assert read(kept(header + central + end)) == [("a", "encrypted")]


def test_lying_sizes_never_inflate_more_than_announced(company: Company) -> None:
    data = zipped(("a.xml", b"0" * 500_000), ("b.xml", XML))
    assert read(kept(patched(data, 24, 10))) == [("a.xml", "entry_damaged"), ("b.xml", "ok")]
    assert read(kept(patched(data, 24, 600_000))) == [("a.xml", "entry_damaged"), ("b.xml", "ok")]
    assert read(kept(patched(data, 16, 1))) == [("a.xml", "entry_damaged"), ("b.xml", "ok")]


def test_a_bomb_is_refused_before_it_inflates(company: Company) -> None:
    data = zipped(("bomba.xml", b"0" * 15_000_000), ("grande.xml", b"0" * 21_000_000), ("b.xml", XML))
    assert len(data) < 50_000
    assert read(kept(data)) == [("bomba.xml", "zip_bomb"), ("grande.xml", "too_large"), ("b.xml", "ok")]


def refusal_of(data: bytes) -> str:
    stored = kept(data)
    with pytest.raises(ArchiveRefused) as caught:
        archives.survey(stored)
    assert caught.value.message[0].isupper()
    return str(caught.value.code)


def test_overlapping_members_are_refused(company: Company) -> None:
    data = zipped(("a.xml", b"1" * 3000), ("b.xml", b"2" * 3000), method=zipfile.ZIP_STORED)
    assert refusal_of(patched(data, 42, 100, at=1)) == "zip_overlap"
    quoted = patched(data, 42, 0, at=1)
    assert refusal_of(quoted) == "zip_overlap"


def test_what_is_not_whole_is_refused(company: Company) -> None:
    data = zipped(("a.xml", XML), ("b.xml", XML))
    assert refusal_of(data[: len(data) // 2]) == "zip_damaged"
    assert refusal_of(b"") == "zip_damaged"
    assert refusal_of(b"hola") == "zip_damaged"
    assert refusal_of(patched(data, 0, 0)) == "zip_damaged"
    assert refusal_of(patched(data, 20, 10_000_000)) == "zip_damaged"


def directory_only(count: int, told: int, size: int = 0) -> bytes:
    record = (
        struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0x21, 0, 0, size, 1, 0, 0, 0, 0, 0, 0) + b"a"
    )
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0x21, 0, 0, size, 1, 0) + b"a"
    where = (told, told, len(record) * count, len(local))
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, *where)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(local) + len(record) * count, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return local + record * count + wide + locator + end


@pytest.mark.parametrize("told", [1_000_000, 10])
def test_a_million_members_are_refused_at_once_whatever_they_say(company: Company, told: int) -> None:
    data = directory_only(1_000_000, told)
    started = time.process_time()
    assert refusal_of(data) == "zip_too_many"
    assert time.process_time() - started < 3, "the directory is not read to its end"


def test_what_inflates_to_more_than_the_limit_is_refused(company: Company) -> None:
    assert refusal_of(directory_only(60, 60, 100_000_000)) == "zip_too_big_inside"


def test_nested_zips_spend_from_the_same_budget(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfiles, "MAX_ENTRIES", 5)
    monkeypatch.setattr(zipfiles.Budget.__init__, "__defaults__", (5, zipfiles.MAX_INFLATED))
    inner = zipped(("a.xml", XML), ("b.xml", XML))
    data = zipped(("1.zip", inner), ("2.zip", inner), method=zipfile.ZIP_STORED)
    stored = kept(data)
    found = [
        place.refusal.code if place.refusal else "ok"
        for place in archives.places(archives.open_archive(stored), stored.size, zipfiles.Budget())
    ]
    assert found == ["ok", "ok", "zip_too_many"]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("../../etc/passwd.xml", "../../etc/passwd.xml"),
        ("C:\\facturas\\a.xml", "C:/facturas/a.xml"),
        ("nombre\nlinea\u2028x.xml", "nombre\N{REPLACEMENT CHARACTER}linea\N{REPLACEMENT CHARACTER}x.xml"),
        ("año ñandú.xml", "año ñandú.xml"),
    ],
)
def test_names_are_labels_only(company: Company, raw: str, shown: str) -> None:
    info = zipfile.ZipInfo()
    info.filename = raw
    assert read(kept(zipped((info, XML)))) == [(shown, "ok")]


def test_names_of_dos_without_the_utf8_mark(company: Company) -> None:
    data = zipped(("factura_N.xml", XML)).replace(b"factura_N", b"factura_\xa5")
    assert read(kept(data)) == [("factura_Ñ.xml", "ok")]


def test_personal_bytes_are_blanked_and_everything_else_keeps_its_place(company: Company) -> None:
    stored = kept(zipped(("a.xml", XML), ("nomina.xml", b"JUANA PEREZ " * 50), ("b.xml", b"fin"), method=0))
    before = list(archives.entries(stored))
    blanked = originals_copy(stored, {1})
    after = list(archives.entries(blanked))
    assert [entry.data for entry in after] == [before[0].data, b"", before[2].data]
    assert after[1].refusal is not None
    assert [entry.offset for entry in after] == [entry.offset for entry in before]
    with archives.open_archive(blanked) as stream:
        assert b"JUANA" not in stream.read()


def originals_copy(stored: StoredFile, positions: set[int]) -> StoredFile:
    from aldia.documents.originals import copy_blank

    return copy_blank(stored, packing.blank_ranges(stored, positions), "a", "application/zip")


names = st.text(st.characters(codec="utf-8", exclude_characters="/\\\x00"), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(names, st.binary(max_size=2000), st.booleans()), min_size=1, max_size=12))
def test_whatever_is_written_is_read_back(files: list[tuple[str, bytes, bool]]) -> None:
    with tempfile.TemporaryFile() as target:
        writer = ZipWriter(target)
        for name, data, deflate in files:
            writer.add(name, io.BytesIO(data), deflate=deflate)
        writer.close()
        length = target.seek(0, 2)
        found = list(zipfiles.members(target, Window(0, length)))
        assert [zipfiles.read_member(target, member, 10_000) for member in found] == [data for _, data, _ in files]
        with zipfile.ZipFile(target) as other:
            assert [other.read(info) for info in other.infolist()] == [data for _, data, _ in files]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_corrupted_archive_ends_in_a_refusal_or_in_items(data: st.DataObject) -> None:
    """Bytes changed anywhere never end in anything but a typed refusal, or in the right bytes."""
    good = zipped(("a.xml", XML), ("b.xml", b"0" * 4000), ("n.zip", zipped(("c.xml", XML))), method=0)
    bad = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    stream = io.BytesIO(bytes(bad))
    with contextlib.suppress(ArchiveRefused):
        for place in archives.places(stream, len(bad), zipfiles.Budget()):
            entry = archives._entry(stream, 0, place)
            assert entry.refusal is not None or zlib.crc32(entry.data) == _crc(place.member)


def _crc(member: Member | None) -> int:
    assert member is not None
    return member.crc
