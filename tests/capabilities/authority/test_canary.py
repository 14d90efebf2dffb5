"""The e.firma leaves no trace where it does not belong: after a connection, a synchronisation, a failure and a backup,
neither its key nor its password is in any file, log, task, page or error report of the house."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from tests.fixtures.cfdi.builder import ISSUER, cfdi
from tests.support.fake_sat import FakeSat, serving
from tests.support.house import House, demolish, migrated_house
from tests.support.sat_office import START, credentials

PASSWORD = "Canario-9Z-efirma"
pytestmark = pytest.mark.django_db
WORK = """
import io, sys
from datetime import date, datetime, timedelta
from pathlib import Path
from unittest import mock
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter
from aldia.authority.models import AuthorityConnection
from aldia.authority.operations import connections, runs
from aldia.jobs.authority import enqueue_step, start_due
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
moment, folder = datetime.fromisoformat({moment!r}), Path({folder!r})
cer, key, password = (folder / "a.cer").read_bytes(), (folder / "a.key").read_bytes(), {password!r}
company = make_company(name={issuer[1]!r}, tax_id={issuer[0]!r})
with company_scope(company.pk):
    made = connections.connect(cer=cer, key=key, password=password, now=moment, since=date(2026, 3, 1),
                               settings={settings!r}, actor=None)
    enqueue_step()
    start_due.enqueue()
    run = runs.start(connection=made, trigger="asked", now=moment)
    for turn in range(9):
        at = moment + timedelta(seconds=30 * turn)
        runs.step(now=lambda: at, today=at.date(),
                  take_in=lambda batch: run_batch(batch_id=batch.pk, now=lambda: at, today=at.date()))
    run.refresh_from_db()
    assert run.state == "done", run.state
    for wrong in (dict(password=password + "x"), dict(cer=b"x"), dict(key=cer)):
        try:
            connections.connect(**(dict(cer=cer, key=key, password=password, now=moment, actor=None) | wrong))
        except connections.Refused as refused:
            print(refused)
    with mock.patch.object(connections, "check_pair", side_effect=RuntimeError("se rompió")):
        try:
            connections.connect(cer=cer, key=key, password=password, now=moment, actor=None)
        except RuntimeError:
            kind, error, trace = sys.exc_info()
            report = ExceptionReporter(None, kind, error, trace.tb_next)  # from the operation on: not this script
            (folder / "report.html").write_text(report.get_traceback_html() + report.get_traceback_text())
client = Client(raise_request_exception=False, SERVER_NAME="localhost")
client.force_login(make_user("a@b.mx", company), backend="allauth.account.auth_backends.AuthenticationBackend")
page = f"/e/{{company.slug}}/sat/conectar/"
files = dict(cer=SimpleUploadedFile("a.cer", cer), key=SimpleUploadedFile("a.key", key))
with mock.patch.object(connections, "check_pair", side_effect=RuntimeError("se rompió")):
    words = dict(password=password, since="2026-03-01", interval_days="3", wants_issued="on", wants_received="on")
    broken = client.post(page, words | files, follow=True)
assert broken.status_code == 500, (broken.status_code, broken.redirect_chain)
files = dict(cer=SimpleUploadedFile("a.cer", cer), key=SimpleUploadedFile("a.key", cer))
refused = client.post(page, words | files, follow=True)
assert refused.status_code == 422, refused.status_code
shown = client.get(f"/e/{{company.slug}}/sat/", follow=True).content
(folder / "pages.html").write_bytes(broken.content + refused.content + shown)
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = migrated_house(tmp_path / "house")
    yield found
    demolish(found)


def needles() -> dict[str, bytes]:
    """What must be nowhere: the password, the file as it was given, and the key itself, as it may be written."""
    key = credentials().efirma.key
    numbers = key.private_numbers()
    plain = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    found = {"password": PASSWORD.encode(), "password in base64": base64.b64encode(PASSWORD.encode()).rstrip(b"=")[:-1]}
    found |= {"plain key": plain[340:420], "plain key in base64": base64.b64encode(plain)[480:560]}
    for name in ("d", "p", "q"):
        number = getattr(numbers, name)
        data = number.to_bytes((number.bit_length() + 7) // 8, "big")
        found |= {name: data[:48], f"{name} in hex": data.hex()[:80].encode()}
        found[f"{name} in digits"] = str(number)[:80].encode()
    return found


def traces(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    """Which needle is in which file of a folder, zips unpacked."""
    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        data = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                data += b"".join(archive.read(each) for each in archive.namelist() if not each.endswith("/"))
        found += [f"{name} in {path.name}" for name, needle in wanted.items() if needle in data]
        found += [f"{name} in {path.name} (UTF-16)" for name in ("password",)
                  if wanted[name].decode().encode("utf-16-le") in data]  # fmt: skip
    return found


def test_neither_key_nor_password_is_found_anywhere(house: House, tmp_path: Path) -> None:
    family = credentials()
    given, outside = tmp_path / "given", tmp_path / "outside"
    given.mkdir()
    outside.mkdir()
    sealed = family.efirma.encrypted_key(PASSWORD.encode())
    (given / "a.cer").write_bytes(family.efirma.cer)
    (given / "a.key").write_bytes(sealed)
    wanted = needles() | {"the .key": sealed[100:180], "the .key in base64": base64.b64encode(sealed)[60:140]}
    wanted |= {"the .key in hex": sealed.hex()[200:300].encode()}
    assert len(traces(given, wanted)) == 1, "the control: what was given is found"
    with serving(FakeSat(START)) as sat:
        sat.accepted_for = sat.ready_after = sat.accepted_for * 0
        sat.trust(family)
        sat.hold(cfdi("a", Fecha="2026-05-04T10:00:00"))
        process = house.spawn(
            WORK.format(
                moment=START.isoformat(), folder=str(given), issuer=ISSUER, settings=sat.settings, password=PASSWORD
            )
        )  # fmt: skip
        out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err[-3000:]
    (outside / "log.txt").write_text(out + err)
    for name in ("report.html", "pages.html"):
        (outside / name).write_bytes((given / name).read_bytes())
    done = house.aldia("backup", str(outside / "respaldo.zip"))
    assert done.returncode == 0, done.stderr
    status = house.aldia("sat", "status", "--company", ISSUER[0], "--json")
    assert json.loads(status.stdout)["connected"] is True
    (outside / "commands.txt").write_text(done.stdout + done.stderr + status.stdout + status.stderr)
    assert "se rompió" in (outside / "log.txt").read_text(), "the failure was really reported"
    assert traces(house.data, wanted) == []
    assert traces(outside, wanted) == []
