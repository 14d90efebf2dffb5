"""Bytes of a file -> the root element, safely, or a typed error. Shared by the parser, the arithmetic and the seals.

A strict parser: no entities, no network, no DTD, nothing guessed. What strict parsing refuses is cleaned on a copy
(`cleaning.py`) and read again; the original bytes are never touched. Above 5 MB the lines are not kept in memory: a
tree weighs ten times its file.
"""

from __future__ import annotations

from io import BytesIO

from lxml import etree  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import cleaning
from aldia.domain.fiscal.errors import (
    EmptyFile,
    FiscalError,
    HasDoctype,
    NotXml,
    OtherFormat,
    TooDeep,
    TooLarge,
    Truncated,
)
from aldia.domain.fiscal.strict_xml import DEPTH_LIMIT, STRICT, is_too_deep

MB = 1_000_000
SIZE_LIMIT = 20 * MB
LARGE = 5 * MB
LINES_KEPT = 64  # of a large file: enough to tell an advance from an invoice

CFDI4 = "http://www.sat.gob.mx/cfd/4"
CFDI3 = "http://www.sat.gob.mx/cfd/3"
_LINES = (f"{{{CFDI4}}}Concepto", f"{{{CFDI3}}}Concepto")
_ADDENDA = (f"{{{CFDI4}}}Addenda", f"{{{CFDI3}}}Addenda")


_FORMATS = {
    b"%PDF": "PDF",
    b"PK\x03\x04": "ZIP",
    b"PK\x05\x06": "ZIP",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"\x1f\x8b": "GZIP",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\xd0\xcf\x11\xe0": "Excel/Word",
    b"{\\rtf": "RTF",
}


def read(data: bytes, *, keep_lines: bool = True) -> tuple[_Element, tuple[str, ...]]:
    """The root element and what had to be repaired to read it.

    With `keep_lines` False, a file above 5 MB comes with its first lines only. Raises `FiscalError`.
    """
    _check_size(data)
    if cleaning.is_suspect(data):
        return _read_cleaned(data, None, keep_lines)
    try:
        root = _strict(data, keep_lines)
    except etree.LxmlError as error:
        return _read_cleaned(data, error, keep_lines)
    return root, (cleaning.NO_PREFIX,) if _adopt(root) else ()


def read_original(data: bytes) -> _Element | None:
    """The tree of the bytes as they are, or None where only a repaired copy can be read. Raises `FiscalError`."""
    _check_size(data)
    try:
        return _strict(data, keep_lines=True)
    except etree.LxmlError:
        return None


def _check_size(data: bytes) -> None:
    if len(data) > SIZE_LIMIT:
        raise TooLarge(size=f"{len(data) / MB:.1f}", limit=SIZE_LIMIT // MB)


def _read_cleaned(data: bytes, first: etree.LxmlError | None, keep_lines: bool) -> tuple[_Element, tuple[str, ...]]:
    for magic, name in _FORMATS.items():
        if data.startswith(magic):
            raise OtherFormat(format=name)
    _refuse_depth(first)
    cleaned = cleaning.clean(data)
    if not cleaned.data.strip():
        raise EmptyFile()
    for attempt in cleaning.attempts(cleaned):
        _check_size(attempt.data)
        try:
            root = _strict(attempt.data, keep_lines)
            return root, (*attempt.findings, cleaning.NO_PREFIX) if _adopt(root) else attempt.findings
        except etree.LxmlError as error:
            _refuse_depth(error)
            first = first or error
    raise _refusal(data, first)


def _strict(data: bytes, keep_lines: bool) -> _Element:
    """One strict pass. Raises `etree.LxmlError` where cleaning may help, `FiscalError` where it may not."""
    if b"<!DOCTYPE" in data and cleaning.has_doctype(data):
        raise HasDoctype()
    root = _parse_large(data) if len(data) > LARGE and not keep_lines else etree.fromstring(data, STRICT)
    # 65 levels close at least 64 elements: only then is it worth looking
    if data.count(b"</") >= DEPTH_LIMIT and is_too_deep(root):
        raise TooDeep(limit=DEPTH_LIMIT)
    if root.getroottree().docinfo.internalDTD is not None:
        raise HasDoctype()
    return root


def _parse_large(data: bytes) -> _Element:
    """The tree without its lines beyond the first ones and without what is inside the Addenda: constant memory."""
    events = etree.iterparse(
        BytesIO(data),
        events=("end",),
        tag=(*_LINES, *_ADDENDA),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    kept = 0
    for _, element in events:
        if element.tag in _ADDENDA:
            element.clear()
        elif kept < LINES_KEPT:
            kept += 1
        else:
            previous = element.getprevious()
            if previous is not None:
                previous.getparent().remove(previous)
    root: _Element = events.root
    return root


def _refuse_depth(error: etree.LxmlError | None) -> None:
    """The library has its own limit of depth, and no repair is tried on what passes even that."""
    if error is not None and "excessive depth" in str(error).lower():
        raise TooDeep(limit=DEPTH_LIMIT)


def _adopt(root: _Element) -> bool:
    """Give the SAT's namespace to elements that forgot it, as a "Comprobante" without prefix or its children did."""
    tag = root.tag
    if tag == "Comprobante":
        version = root.get("Version") or root.get("version") or ""
        space = {"4": CFDI4, "3": CFDI3}.get(version[:1])
    elif tag in (f"{{{CFDI4}}}Comprobante", f"{{{CFDI3}}}Comprobante"):
        space = tag[1:-12]
    else:
        return False
    if space is None or (tag != "Comprobante" and (not len(root) or root[0].tag[:1] == "{")):
        return False
    for element in root.iter():
        if element.tag[:1] != "{":
            element.tag = f"{{{space}}}{element.tag}"
    return True


def _refusal(data: bytes, error: etree.LxmlError | None) -> FiscalError:
    """Why the file could not be read, in the words of people rather than of the library."""
    line, column = getattr(error, "position", (1, 1)) or (1, 1)
    if b"Comprobante" in data and b"Comprobante>" not in data[-500:]:
        return Truncated(line=line)
    return NotXml(line=line, column=column)
