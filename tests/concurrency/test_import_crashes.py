"""kill -9 of an import at every named crash point: finished, or brought again, it ends as one clean run."""

from __future__ import annotations

import ast
import io
import json
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aldia.tenancy import crashpoints
from tests.fixtures.cfdi.builder import ISSUER, Paid, cfdi, complement, paid, payment, payroll, uid
from tests.support.house import ROOT, House, demolish, migrated_house

INVOICES = 40
CREATE = ["company", "create", "--name", "N", "--tax-id", ISSUER[0], "--country", "MX", "--email", "a@b.mx"]
RUN = """
import contextlib, io, json
from aldia.cli.main import main
from aldia.documents.operations import batches
from aldia.tenancy.models import Company
batches.CHUNK = 20
result = io.StringIO()
with contextlib.redirect_stdout(io.StringIO()):
    Company.objects.exists() or main({create!r})
with contextlib.redirect_stdout(result):
    assert main({words!r}) == 0
result = json.loads(result.getvalue())
del result["items"]
print(json.dumps(result))
"""
RESUME = """
from datetime import UTC, date, datetime
from aldia.documents.models import IngestBatch
from aldia.documents.operations import batches
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
batches.CHUNK = 20
with company_scope(Company.objects.get().pk):
    for batch in IngestBatch.objects.filter(state__in=("queued", "running")):
        run_batch(batch_id=batch.pk, now=lambda: datetime.now(UTC), today=date(2026, 5, 20))
"""
SNAPSHOT = """
import hashlib, json
from django.core.files.storage import default_storage
from django.db.models import Sum
from aldia.customers.models import Customer
from aldia.documents.models import *
from aldia.documents.originals import read_original
from aldia.receivables.models import *
from aldia.tenancy.models import Company, StoredFile
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get().pk):
    first = IngestBatch.objects.order_by("created_at").first()
    documents = FiscalDocument.objects.select_related("original").order_by("key")
    lost = [row.key for row in documents if hashlib.sha256(read_original(row)).hexdigest() != row.sha256]
    store = b"".join(default_storage.open(file.path).read() for file in StoredFile.objects.all())
    print(json.dumps({
        "documents": list(documents.values_list("key", "kind", "status", "total", "customer__tax_id")),
        "lines": PaymentComplementLine.objects.count(),
        "customers": sorted(Customer.objects.values_list("tax_id", "collecting")),
        "receivables": sorted(Receivable.objects.values_list("key", "total", "balance")),
        "credits": sorted(Credit.objects.values_list("external_key", "amount", "remaining")),
        "ledger": sorted(JournalLine.objects.values_list("account__code").annotate(Sum("amount"))),
        "entries": JournalEntry.objects.count(),
        "items": list(IngestItem.objects.filter(batch=first).order_by("position")
                      .values_list("position", "name", "outcome", "code", "key")),
        "batch": [first.state, first.done, first.total, first.opened, dict(sorted(first.counts.items()))],
        "lost": lost,
        "payroll": b"JUANA" in store,
        "files": StoredFile.objects.exclude(content_type="application/x-provisional").count(),
    }, default=str))
"""


def archive() -> bytes:
    """Invoices, some paid, one cancelled by a later file, payroll, rubbish; half of it in a compressed ZIP inside."""
    header = "Uuid~RfcEmisor~NombreEmisor~RfcReceptor~NombreReceptor~RfcPac~FechaEmision~FechaCertificacionSat~Monto"
    row = f"{uid('f3')}~{ISSUER[0]}~A~COM980612H51~B~P~2026-03-02 10:00:00~2026-03-02 10:00:00~1160.00~I~0~2026-04-02"
    notices = f"{header}~EfectoComprobante~Estatus~FechaCancelacion\n{row}".encode()
    files = [(f"f{n}.xml", cfdi(f"f{n}", Folio=str(n), receiver=(f"COM98061{n % 7}H51", "C"))) for n in range(INVOICES)]
    pays = [paid(Paid(uid(f"f{n}"), "1160.00", "160.00", "1000.00")) for n in (0, 7, 14)]
    files += [("p.xml", complement("p", payment("480.00", *pays))), ("m.txt", notices), ("mal.xml", b"<a")]
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as writer:  # stored: the payroll can be seen in it by the control
        for name, data in [*files[20:], ("n.xml", payroll())]:
            writer.writestr(name, data)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, data in files[:20]:
            writer.writestr(name, data)
        writer.writestr("dentro.zip", inner.getvalue())
    return outer.getvalue()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "todo.zip"
    path.write_bytes(archive())
    return path


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def importing(bundle: Path) -> str:
    """Code that imports the bundle in small chunks and prints the result without its items."""
    words = ["import", str(bundle), "--company", ISSUER[0], "--collect-all", "--json"]
    return RUN.format(words=words, create=[*CREATE, "--password", "una-clave-larga-1"])


def printed(text: str) -> list[dict[str, Any]]:
    """The JSON objects that a process printed, one a line."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def clean(
    bundle: Path, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> dict[str, Any]:
    """What one undisturbed import leaves."""
    with django_db_blocker.unblock():
        house = migrated_house(tmp_path_factory.mktemp("clean") / "house")
        _, found = printed(house.run(importing(bundle) + SNAPSHOT))
        demolish(house)
    assert found["batch"][:3] == ["done", INVOICES + 4, INVOICES + 4]
    assert (len(found["documents"]), found["lines"], found["payroll"]) == (INVOICES + 1, 3, False)
    assert found["batch"][4]["error"] == 1
    return found


# "name:2" is the second chunk
POINTS = [f"{name}:1" for name in sorted(crashpoints.IMPORTING)] + ["after_store:2", "after_apply:2", "after_items:2"]


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_import_ends_as_a_clean_one(house: House, bundle: Path, clean: dict[str, Any], point: str) -> None:
    killed = house.spawn(importing(bundle), CRASH_AT=point)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL, f"{point} was not passed"
    (resumed,) = printed(house.run(RESUME + SNAPSHOT))
    assert resumed == clean
    result, after = printed(house.run(importing(bundle) + SNAPSHOT))
    assert set(result["counts"]) == {"duplicate", "ignored", "error"}
    assert result["receivables_opened"] == 0
    assert {**after, "files": 0} == {**clean, "files": 0}


SAME = ("documents", "lines", "customers", "receivables", "credits", "ledger")


def test_bringing_the_file_again_without_finishing_the_first_also_ends_right(
    house: House, bundle: Path, clean: dict[str, Any]
) -> None:
    house.spawn(importing(bundle), CRASH_AT="after_apply:2").communicate(timeout=120)
    _, found = printed(house.run(importing(bundle) + SNAPSHOT))
    assert {what: found[what] for what in SAME} == {what: clean[what] for what in SAME}


def test_two_at_once_bring_each_document_once(house: House, bundle: Path, clean: dict[str, Any]) -> None:
    house.run(f"from aldia.cli.main import main\nmain({[*CREATE, '--password', 'una-clave-larga-1']!r})")
    runs = [house.spawn(importing(bundle)) for _ in range(2)]
    results = []
    for run in runs:
        out, err = run.communicate(timeout=180)
        assert run.returncode == 0, err[-2000:]
        results.append(printed(out)[0]["counts"])
    assert sum(each.get("opened", 0) + each.get("stored", 0) for each in results) == INVOICES + 1
    (found,) = printed(house.run(SNAPSHOT))
    assert {what: found[what] for what in SAME} == {what: clean[what] for what in SAME}


def test_every_crash_point_in_the_code_is_registered_and_the_other_way_round() -> None:
    used: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crashpoint":
                assert isinstance(node.args[0], ast.Constant), path
                used.add(node.args[0].value)
    assert used == crashpoints.NAMES
