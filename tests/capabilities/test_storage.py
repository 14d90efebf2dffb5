"""Stored files: durable, hashed on the way, never half referenced."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from aldia.tenancy import storage
from aldia.tenancy.models import Company, StoredFile
from aldia.tenancy.scope import NoCompany, company_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(tmp_path: Path, settings) -> Iterator[Company]:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }
    company = Company.objects.create(slug="acme", legal_name="Acme", tax_id="AAA010101AAA")
    with company_scope(company.pk):
        yield company


def files_on_disk(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_bytes_come_back_and_are_described(company: Company) -> None:
    data = bytes(range(256)) * 1000
    file = storage.store("C:\\facturas\\enero\x00.zip", io.BytesIO(data), "application/zip")
    assert (file.name, file.size, file.sha256) == ("enero.zip", len(data), hashlib.sha256(data).hexdigest())
    assert file.path.startswith(f"{company.pk}/")
    assert file.name not in file.path
    with storage.open_stored(file) as stream:
        assert stream.read() == data
    assert storage.read_range(file, 300, 7) == data[300:307]


@pytest.mark.parametrize("source", [b"", b"x", SimpleUploadedFile("a.xml", b"<a/>")])
def test_any_source_of_bytes(company: Company, source) -> None:
    expected = source if isinstance(source, bytes) else b"<a/>"
    if not isinstance(source, bytes):
        source.read(2)  # somebody sniffed at it first
    with storage.open_stored(storage.store("a.xml", source)) as stream:
        assert stream.read() == expected


def test_a_range_past_the_end_is_damage_not_a_short_answer(company: Company) -> None:
    file = storage.store("a", b"12345")
    assert storage.read_range(file, 0, 5) == b"12345"
    with pytest.raises(storage.DamagedFile):
        storage.read_range(file, 3, 3)
    default_storage.delete(file.path)
    with pytest.raises(storage.DamagedFile):
        storage.read_range(file, 0, 1)


def test_too_large_keeps_nothing(company: Company, tmp_path: Path) -> None:
    storage.store("fits", b"x" * 1000, max_bytes=1000)
    with pytest.raises(storage.FileTooLarge):
        storage.store("no", b"x" * 1001, max_bytes=1000)
    assert StoredFile.objects.count() == 1
    assert len(files_on_disk(tmp_path)) == 1


class BrokenStream(io.RawIOBase):
    """A stream that dies after the first read, as a closed connection or a full disk does."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.reads = error, 0

    def read(self, length: int = -1) -> bytes:
        self.reads += 1
        if self.reads > 1:
            raise self.error
        return b"x" * 1000


@pytest.mark.parametrize(
    ("error", "seen"),
    [(OSError(28, "No space left on device"), storage.CannotStore), (ValueError("closed"), ValueError)],
)
def test_a_stream_that_breaks_leaves_neither_row_nor_file(company: Company, tmp_path: Path, error, seen) -> None:
    with pytest.raises(seen):
        storage.store("a", BrokenStream(error))
    assert not StoredFile.objects.exists()
    assert files_on_disk(tmp_path) == []


def test_bytes_are_on_disk_before_the_row_exists(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    flush, row = storage._flush_to_disk, storage._row
    monkeypatch.setattr(storage, "_flush_to_disk", lambda *args: (order.append("disk"), flush(*args)))
    monkeypatch.setattr(storage, "_row", lambda *args: (order.append("row"), row(*args))[1])
    storage.store("a", b"x")
    assert order == ["disk", "row"]


def test_no_company_no_file() -> None:
    with pytest.raises(NoCompany):
        storage.store("a", b"x")
