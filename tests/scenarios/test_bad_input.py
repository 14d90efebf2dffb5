"""Everything bad that people and attackers bring, by the command line: a Spanish sentence each, nothing lost."""

from __future__ import annotations

import io
import json
import os
import random
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.cfdi.builder import ISSUER, NS, cfdi, uid
from tests.support.house import House, demolish, finished, migrated_house

HOSTILE = "=HYPERLINK(1)<script>alert(1)</script>\u202e{{7*7}}%s' OR 1=1 --"
CREATE = ("company", "create", "--name", "Norte", "--tax-id", ISSUER[0], "--country", "MX", "--email", "a@b.mx")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    with django_db_blocker.unblock():
        house = migrated_house(tmp_path_factory.mktemp("bad") / "house")
    made = house.aldia(*CREATE, "--password", "una-clave-larga-1", "--json")
    assert made.returncode == 0, made.stderr
    yield house
    with django_db_blocker.unblock():
        demolish(house)


def brought(house: House, *paths: Path) -> dict[str, Any]:
    """What `aldia import --json` prints; it never fails over what is in the files."""
    done = house.aldia("import", *map(str, paths), "--company", ISSUER[0], "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["files"] == len(result["items"]) == sum(result["counts"].values())
    for item in result["items"]:
        assert set(item) == {"name", "outcome", "code", "message", "key", "kind"}
        assert item["message"][:1].isupper() or item["message"][:1] in "¿«", item
        assert item["outcome"] in ("opened", "stored", "updated", "duplicate", "ignored", "error")
    return result


LOOK = """
from aldia.documents.models import FiscalDocument
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get().pk):
    for row in FiscalDocument.objects.filter(key={key!r}):
        print(row.{what})
"""


def document(house: House, name: str, what: str) -> str:
    """What is on file of a document; nothing if it is not there."""
    return house.run(LOOK.format(key=uid(name), what=what))


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as writer:
        for name, data in members:
            writer.writestr(name, data)
    return target.getvalue()


def test_each_bad_file_has_its_sentence_and_the_good_one_comes_in(house: House, tmp_path: Path) -> None:
    good = cfdi("buena")
    latin = cfdi("latina", receiver=("COM980612H51", "COMERCIAL MUÑOZ")).decode().encode("latin-1")
    doctype = b'<!DOCTYPE x [<!ENTITY a "b">]>\n' + good.split(b"\n", 1)[1]
    laughs = b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>'
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    xinclude = f'<cfdi:Comprobante xmlns:cfdi="{NS["4.0"]}" xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></cfdi:Comprobante>'.encode()
    files = {
        "vacio.xml": (b"", "error", "empty"),
        "blancos.xml": (b"  \n\t", "error", "empty"),
        "cortado.xml": (good[: len(good) // 2], "error", "truncated"),
        "basura.xml": (random.Random(7).randbytes(5000), "error", None),
        "doctype.xml": (doctype, "error", "has_doctype"),
        "risas.xml": (laughs, "error", "has_doctype"),
        "hondo.xml": (deep, "error", None),
        "xinclude.xml": (xinclude, "error", None),
        "utf16.xml": (good.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "duplicate", "repeated"),
        "latina.xml": (latin, "stored", "customer_off"),
        "nulos.xml": (b"\x00" * 4096, "error", "empty"),
        "ajena.xml": (good.replace(ISSUER[0].encode(), b"OTR010101AB1"), "ignored", "not_ours"),
        "numero.xml": (cfdi("n1", Total="NaN"), "error", "bad_number"),
        "enorme.xml": (cfdi("n2", Total="1e400"), "error", None),
        "negativo.xml": (cfdi("n3", Total="-5.00"), "error", "number_out_of_range"),
        "fecha.xml": (cfdi("n4", Fecha="2026-02-30T10:00:00"), "error", "bad_date"),
        "moneda.xml": (cfdi("n5", Moneda="ZZZ"), "error", "unknown_currency"),
        "buena.xml": (good, "stored", "customer_off"),
        "imagen.png": (b"\x89PNG\r\n\x1a\n", "ignored", "not_xml_file"),
        "pagina.html": (b"<html><script>alert(1)</script></html>", "error", "not_cfdi"),
    }
    folder = tmp_path / "carpeta"
    folder.mkdir()
    for name, (data, _, _) in files.items():
        (folder / name).write_bytes(data)
    (folder / "enlace.xml").symlink_to("/etc/passwd")
    os.mkfifo(folder / "tuberia.xml")
    found = {item["name"]: item for item in brought(house, folder)["items"]}
    assert set(found) == {*files, "enlace.xml", "tuberia.xml"}
    for name, (_, outcome, code) in files.items():
        item = found[name]
        assert outcome is None or item["outcome"] == outcome, item
        assert code is None or item["code"] == code, item
    assert found["enlace.xml"]["code"] == "link"
    assert found["tuberia.xml"]["code"] == "not_a_file"
    assert "root:" not in json.dumps(found)
    said = document(house, "latina", "receiver_name, *row.findings")
    assert said.startswith("COMERCIAL MUÑOZ El XML dice ser UTF-8"), "the letters are read and the lie is told"


def test_hostile_text_in_every_field_is_kept_as_text(house: House, tmp_path: Path) -> None:
    path = tmp_path / f"{'x' * 200}.xml"
    name = HOSTILE[:250]
    fields = {"Serie": "=1+1'\"<b>", "Folio": "../../etc", "CondicionesDePago": HOSTILE}
    path.write_bytes(cfdi("hostil", receiver=("COM980612H51", name), **fields))
    item = brought(house, path)["items"][0]
    assert (item["outcome"], item["key"]) == ("stored", uid("hostil"))
    series, receiver = document(house, "hostil", "series, row.receiver_name, sep='|'").strip().split("|", 1)
    assert series == "=1+1'\"<b>"
    assert receiver.startswith("=HYPERLINK(1)<script>")


@pytest.mark.parametrize(
    "control",
    ["&#0;", "&#x1;", "\x01", "\ufffe"],
)
def test_control_characters_are_refused_or_read_never_an_exception(house: House, tmp_path: Path, control: str) -> None:
    path = tmp_path / "c.xml"
    path.write_bytes(cfdi("control").replace(b"COMERCIAL", f"COM{control}".encode("utf-8", "surrogatepass")))
    assert len(brought(house, path)["items"]) == 1


def test_archives_that_attack(house: House, tmp_path: Path) -> None:
    good = cfdi("enzip")
    bomb = zipped(("bomba.xml", b"0" * 19_000_000), ("buena.xml", good), ("../../../tmp/fuera.xml", cfdi("fuera")))
    (tmp_path / "bomba.zip").write_bytes(bomb)
    items = brought(house, tmp_path / "bomba.zip")["items"]
    assert [item["code"] for item in items] == ["zip_bomb", "customer_off", "customer_off"]
    assert items[2]["name"] == "../../../tmp/fuera.xml"
    assert not Path("/tmp/fuera.xml").exists()
    flags = bytearray(zipped(("clave.xml", good)))
    flags[flags.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "clave.zip").write_bytes(bytes(flags))
    assert brought(house, tmp_path / "clave.zip")["items"][0]["code"] == "encrypted"
    (tmp_path / "corto.zip").write_bytes(bomb[:-100])
    assert brought(house, tmp_path / "corto.zip")["items"][0]["code"] == "zip_damaged"
    (tmp_path / "nada.zip").write_bytes(zipped())
    assert brought(house, tmp_path / "nada.zip")["items"][0]["code"] == "zip_empty"
    nested = zipped(("1.zip", zipped(("2.zip", zipped(("3.xml", good))), ("a.xml", good))))
    (tmp_path / "anidado.zip").write_bytes(nested)
    items = brought(house, tmp_path / "anidado.zip")["items"]
    assert [(item["name"], item["code"]) for item in items] == [
        ("1.zip/2.zip", "nested_zip"),
        ("1.zip/a.xml", "duplicate"),
    ]
    links = zipfile.ZipInfo("enlace.xml")
    links.create_system, links.external_attr = 3, 0o120777 << 16
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as writer:
        writer.writestr(links, "/etc/passwd")
    (tmp_path / "enlace.zip").write_bytes(target.getvalue())
    assert brought(house, tmp_path / "enlace.zip")["items"][0]["code"] == "link"


def test_a_file_of_50_megabytes_is_refused_without_reading_it_whole(house: House, tmp_path: Path) -> None:
    path = tmp_path / "grande.xml"
    with path.open("wb") as stream:
        stream.write(cfdi("grande"))
        stream.write(random.Random(1).randbytes(1_000_000) * 50)
    item = brought(house, path)["items"][0]
    assert (item["outcome"], item["code"]) == ("error", "too_large")
    assert "20 MB" in item["message"]


def test_a_million_entries_are_refused_as_one_sentence(house: House, tmp_path: Path) -> None:
    record = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, 1, 0) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 16960, 16960, len(record) * 1_000_000, len(local), 0)
    (tmp_path / "millon.zip").write_bytes(local + record * 1_000_000 + end)
    result = brought(house, tmp_path / "millon.zip")
    assert [item["code"] for item in result["items"]] == ["zip_too_many"]
    assert result["seconds"] < 20


def test_a_hundred_thousand_entries_in_constant_memory(house: House, tmp_path: Path) -> None:
    """100,000 members, few of them documents; the child may use 100 MB more than for three members."""
    big, small = tmp_path / "cien_mil.zip", tmp_path / "tres.zip"
    small.write_bytes(zipped(*((f"{n}.txt", b"hola") for n in range(3))))
    with zipfile.ZipFile(big, "w") as writer:
        for number in range(100_000):
            writer.writestr(f"carpeta/archivo-con-nombre-largo-{number:06}.txt", b"hola")
    code = (
        "import sys, resource, contextlib, io\n"
        "from aldia.cli.main import main\n"
        "with contextlib.redirect_stdout(io.TextIOWrapper(open('/dev/null', 'wb'))):\n"
        "    assert main(['import', {!r}, '--company', {!r}, '--json']) == 0\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    before = int(finished(house.spawn(code.format(str(small), ISSUER[0])), timeout=600))
    after = int(finished(house.spawn(code.format(str(big), ISSUER[0])), timeout=600))
    assert after - before < 100_000, f"{before} kB for three members, {after} kB for 100,000"


def test_what_does_not_exist_is_wrong_usage(house: House, tmp_path: Path) -> None:
    done = house.aldia("import", str(tmp_path / "no-hay.xml"), "--company", ISSUER[0], "--json")
    assert done.returncode == 2
    assert "No existe" in done.stderr
    (tmp_path / "a.xml").write_bytes(cfdi("a"))
    assert house.aldia("import", str(tmp_path / "a.xml"), "--company", "OTR010101AB1", "--json").returncode == 2
    empty = tmp_path / "vacia"
    empty.mkdir()
    assert brought(house, empty)["items"][0]["code"] == "zip_empty"


def test_check_reports_without_storing(house: House, tmp_path: Path) -> None:
    wrong = cfdi("mal", Total="9999.00")
    (tmp_path / "z.zip").write_bytes(zipped(("mal.xml", wrong), ("d.zip", zipped(("roto.xml", b"<a")))))
    done = house.aldia("check", str(tmp_path / "z.zip"), "--json")
    assert done.returncode == 1
    reports = {each["name"]: each for each in json.loads(done.stdout)}
    assert set(reports) == {"mal.xml", "d.zip/roto.xml"}
    assert reports["mal.xml"]["arithmetic"] == "differs"
    assert reports["mal.xml"]["kind"] == "invoice"
    assert reports["d.zip/roto.xml"]["kind"] is None
    assert reports["d.zip/roto.xml"]["findings"]
    assert document(house, "mal", "key") == ""


def test_a_full_disk_ends_in_a_sentence(house: House, tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the import says so, and a later one is whole."""
    path = tmp_path / "mucho.zip"
    path.write_bytes(zipped(*((f"{n}.xml", random.Random(n).randbytes(40_000)) for n in range(60)), method=0))

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))

    command = ["import", str(path), "--company", ISSUER[0], "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "import signal, sys\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
         f"from aldia.cli.main import main\nsys.exit(main({command!r}))"],
        env=house.env | {"ALDIA_AUTO_MIGRATE": "0"}, text=True, capture_output=True, check=False, preexec_fn=small,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "espacio" in done.stderr
    assert len(brought(house, path)["items"]) == 60
