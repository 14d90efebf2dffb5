"""XML of banks, strictly: no entities, no network, no DTD; a DOCTYPE is refused, depth and size are capped."""

from __future__ import annotations

import re

from lxml import etree  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal.strict_xml import STRICT, is_too_deep
from aldia.domain.statements.errors import DamagedStatement, HasDoctype, TooDeep

_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}\?>")


def parse_xml(data: bytes) -> _Element:
    """The root element. Bytes that lie about their encoding are read as Windows-1252. Raises `StatementError`."""
    _refuse_doctype(data)
    try:
        root = etree.fromstring(data, STRICT)
    except etree.LxmlError as error:
        root = _other_encoding(data, error)
    except ValueError as error:
        raise DamagedStatement(line=1) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise HasDoctype
    if is_too_deep(root):
        raise TooDeep
    return root


def _refuse_doctype(data: bytes) -> None:
    """In any encoding that the parser would understand."""
    if b"<!DOCTYPE" in data or "<!DOCTYPE".encode("utf-16-le") in data or "<!DOCTYPE".encode("utf-16-be") in data:
        raise HasDoctype


def _other_encoding(data: bytes, first: etree.LxmlError) -> _Element:
    if "depth" in str(first).lower():
        raise TooDeep from first
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text = _DECLARED.sub(b"", data).decode("cp1252", errors="replace")
        try:
            return etree.fromstring(text.strip("\ufeff \r\n\t").encode(), STRICT)
        except (etree.LxmlError, ValueError) as error:
            raise _damaged(error) from error
    raise _damaged(first) from first


def _damaged(error: Exception) -> DamagedStatement:
    line, _column = getattr(error, "position", (1, 1)) or (1, 1)
    return DamagedStatement(line=line)


def local(element: _Element) -> str:
    """The name of an element without its namespace; "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: _Element | None, *path: str) -> _Element | None:
    """The first descendant along a path of local names."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def children(element: _Element | None, name: str) -> list[_Element]:
    return [] if element is None else [each for each in element if local(each) == name]


def text(element: _Element | None, *path: str) -> str:
    """The text at a path on one line, "" where there is none."""
    found = child(element, *path)
    return " ".join((found.text or "").split()) if found is not None else ""


def everywhere(element: _Element | None, name: str) -> list[_Element]:
    """All descendants of that local name, in order."""
    return [] if element is None else [each for each in element.iter() if local(each) == name]
