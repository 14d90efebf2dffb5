"""Papers of the CFDI of others: each has one, and those of 3.3 and 4.0 say on paper all that they say in XML."""

from __future__ import annotations

from pathlib import Path

import pytest

from aldia.documents.papers import pdf_of
from aldia.domain.fiscal.cfdi import parse
from aldia.domain.fiscal.document import FiscalDocument
from aldia.domain.fiscal.errors import FiscalError
from aldia.tenancy.brand import Brand
from tests.support.papers import missing, squeezed, text_of

pytestmark = pytest.mark.corpus


def documents(folder: Path) -> list[tuple[Path, bytes, FiscalDocument]]:
    found = []
    for path in sorted(folder.rglob("*.xml")):
        data = path.read_bytes()
        try:
            document = parse(data)
        except FiscalError:
            continue
        if document.kind != "payroll":  # payroll is never on file
            found.append((path, data, document))
    return found


@pytest.mark.parametrize("folder", ["cfdi", "scenario"])
def test_the_paper_says_all_that_the_xml_says(corpus: Path, folder: str) -> None:
    found = documents(corpus / "mx" / folder)
    assert len(found) > 20
    for path, data, document in found:
        pdf = pdf_of(data, brand=Brand())
        if document.version == "3.2":  # its names are others: what identifies it, and its total
            text = squeezed(text_of(pdf))
            assert document.key in text, path
            assert f"{document.total:,.2f}" in text, path
        else:
            assert missing(data, pdf) == [], path


def test_what_had_to_be_repaired_has_a_paper_too(corpus: Path) -> None:
    for path, data, document in documents(corpus / "mx" / "dirty"):
        assert document.key in squeezed(text_of(pdf_of(data, brand=Brand()))), path
