"""Repairs on a copy, for reading only: what real files have suffered between the authority's server and the upload.

Each repair is a finding, a Spanish sentence that goes with the document. Original bytes are kept, hashed and used for
the seals elsewhere; nothing here is ever stored. The rules are those of phpcfdi/cfdi-cleaner that matter to a parser
that goes by namespaces (https://github.com/phpcfdi/cfdi-cleaner), plus broken encodings.

Only linear searches: a hostile file of 20 MB costs what an honest one does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aldia.domain.fiscal.errors import BadEncoding
from aldia.domain.sentences import gettext_noop

UTF16 = gettext_noop("El XML venía en UTF-16 y se leyó convertido a UTF-8.")
WRONG_ENCODING = gettext_noop(
    "El XML decía una codificación y traía otra: se leyó con la que corresponde a sus letras."
)
LATIN_BYTES = gettext_noop(
    "El XML dice ser UTF-8 pero trae letras en Windows-1252 (Ñ, acentos): se leyeron como tales."
)
LEADING_BLANKS = gettext_noop("El XML traía renglones en blanco antes de empezar.")
LEADING_JUNK = gettext_noop("El XML traía caracteres ajenos antes de empezar, que se ignoraron.")
TRAILING_JUNK = gettext_noop("El XML traía texto ajeno después de terminar, que se ignoró.")
CONTROL_BYTES = gettext_noop("El XML traía caracteres de control, que se ignoraron.")
NO_PREFIX = gettext_noop(
    "El XML no declaraba el espacio de nombres del SAT en todos sus elementos: se completó al leerlo."
)
SCHEMA_LOCATION = gettext_noop("El XML traía «xmlns:schemaLocation» en lugar de «xsi:schemaLocation»: se ignoró.")
BROKEN_ADDENDA = gettext_noop("La Addenda del XML está mal formada y se ignoró; lo fiscal está completo.")

UTF8_BOM = b"\xef\xbb\xbf"

# prefixes that SAT fixes by rule, so that one that nobody declared can only mean this
_NAMESPACES = {
    b"tfd": b"http://www.sat.gob.mx/TimbreFiscalDigital",
    b"pago10": b"http://www.sat.gob.mx/Pagos",
    b"pago20": b"http://www.sat.gob.mx/Pagos20",
    b"implocal": b"http://www.sat.gob.mx/implocal",
    b"nomina12": b"http://www.sat.gob.mx/nomina12",
    b"nomina": b"http://www.sat.gob.mx/nomina",
    b"xsi": b"http://www.w3.org/2001/XMLSchema-instance",
}
_CFDI = {b"4": b"http://www.sat.gob.mx/cfd/4", b"3": b"http://www.sat.gob.mx/cfd/3"}

_declaration = re.compile(rb"\A<\?xml\b[^>]{0,300}\?>")
_encoding = re.compile(rb"""\bencoding\s*=\s*["']([^"'<>]{0,40})["']""")
_schema_location = re.compile(rb"""\sxmlns:schemaLocation\s*=\s*(?:"[^"<]*"|'[^'<]*')""")
_controls = bytes(set(range(32)) - {9, 10, 13})
_version = re.compile(rb"""\s[Vv]ersion\s*=\s*["']([34])\.\d["']""")
_addenda_start = re.compile(rb"<(?:[A-Za-z][\w.-]{0,30}:)?Addenda(?=[\s/>])")
_addenda_end = re.compile(rb"</(?:[A-Za-z][\w.-]{0,30}:)?Addenda\s*>")
_root_tag = re.compile(rb"""<((?:[A-Za-z][\w.-]{0,30}:)?)Comprobante(?=[\s/>])((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>""")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A copy fit for the strict parser, and what was done to it."""

    data: bytes
    findings: tuple[str, ...] = ()

    def changed(self, data: bytes, finding: str) -> Cleaned:
        seen = finding in self.findings
        return replace(self, data=data, findings=self.findings if seen else (*self.findings, finding))


def is_suspect(data: bytes) -> bool:
    """Signs for which the strict parser would be no judge: it would refuse, or read the wrong letters in silence."""
    head = data[:64]
    if b"\0" in head or not head:
        return True
    start = 3 if head.startswith(UTF8_BOM) else 0
    declared = head.find(b"encoding", start)
    if declared < 0:
        return False
    name = data[declared : declared + 40].lower()
    return b"utf-8" not in name


def has_doctype(data: bytes) -> bool:
    """Whether a document type declaration stands before the root element (inside CDATA it is only text)."""
    at = data.find(b"<")
    while at >= 0:
        if data.startswith(b"<!--", at):
            end, width = data.find(b"-->", at + 4), 3
        elif data.startswith(b"<?", at):
            end, width = data.find(b"?>", at + 2), 2
        else:
            return data.startswith(b"<!DOCTYPE", at)
        if end < 0:
            return False
        at = data.find(b"<", end + width)
    return False


def clean(data: bytes) -> Cleaned:
    """Everything that is safe to repair whatever the trouble: encoding, what stands before and after, controls."""
    state = Cleaned(data)
    for step in (_decode, _trim_start, _trim_end, _fix_encoding, _drop_controls, _fix_schema_location):
        state = step(state)
    return state


def attempts(cleaned: Cleaned) -> Iterator[Cleaned]:
    """The cleaned copy, then bolder repairs, each only tried when the one before could not be read."""
    yield cleaned
    named = declare_namespaces(cleaned)
    if named is not cleaned:
        yield named
    bare = drop_addenda(named)
    if bare is not named:
        yield bare


# ── encoding ──────────────────────────────────────────────────────────────────────────────────────────────────


def _decode(state: Cleaned) -> Cleaned:
    """UTF-16 and UTF-32, with or without byte order mark, become UTF-8; byte order marks go."""
    data = state.data
    wide = _wide_encoding(data)
    if wide:
        body = data.decode(wide, "replace").lstrip("\ufeff").encode("utf-8", "replace")
        return state.changed(_without_encoding(body), UTF16)
    marks = 0
    while data.startswith(UTF8_BOM, marks):
        marks += 3
    if marks == 3:
        return replace(state, data=data[3:])  # one mark is allowed: nothing to tell
    return state.changed(data[marks:], LEADING_JUNK) if marks else state


def _wide_encoding(data: bytes) -> str:
    marks = ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), (b"\xff\xfe", "utf-16-le"),
             (b"\xfe\xff", "utf-16-be"), (b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"),
             (b"\0<", "utf-16-be"))  # fmt: skip
    return next((name for mark, name in marks if data.startswith(mark)), "")


def _without_encoding(data: bytes) -> bytes:
    """The same document with the encoding taken out of its declaration: UTF-8 is what XML assumes."""
    match = _declaration.match(data)
    if not match:
        return data
    return _encoding.sub(b"", match[0]) + data[match.end() :]


def _fix_encoding(state: Cleaned) -> Cleaned:
    """UTF-8 in the end, whatever the declaration says: where it lies, the letters decide.

    Bytes that are no UTF-8 under a UTF-8 declaration are read as Windows-1252, one by one, so that a file written in
    both keeps all its letters.
    """
    match = _declaration.match(state.data)
    declared = _encoding.search(match[0]) if match else None
    name = declared[1].decode("ascii", "replace").strip().lower() if declared else "utf-8"
    plain = _without_encoding(state.data)
    if plain.isascii():
        trusted = name.startswith(("utf-8", "utf8", "us-ascii", "ascii", "iso-8859", "windows-125", "latin", "cp125"))
        return replace(state, data=plain) if trusted else state.changed(plain, WRONG_ENCODING)
    try:
        plain.decode("utf-8")
    except UnicodeDecodeError:
        if name.startswith(("iso-8859", "windows-125", "latin", "cp125")):
            return _decode_declared(state, plain, name)
        if not name.startswith(("utf-8", "utf8", "us-ascii", "ascii", "utf-16")):
            raise BadEncoding(encoding=name) from None
        recoded = plain.decode("utf-8", "surrogateescape").translate(_FROM_WINDOWS)
        return state.changed(recoded.encode("utf-8", "replace"), LATIN_BYTES)
    return replace(state, data=plain) if name in ("utf-8", "utf8") else state.changed(plain, WRONG_ENCODING)


def _decode_declared(state: Cleaned, plain: bytes, name: str) -> Cleaned:
    """A declared single-byte encoding that the letters do not contradict: legal XML, nothing to tell."""
    try:
        text = plain.decode(name)
    except (LookupError, UnicodeDecodeError):
        text = plain.decode("iso-8859-1")
    return replace(state, data=text.encode("utf-8", "replace"))


def _windows_letter(byte: int) -> str:
    try:
        return bytes((byte,)).decode("windows-1252")
    except UnicodeDecodeError:
        return chr(byte)


_FROM_WINDOWS = {0xDC00 + byte: _windows_letter(byte) for byte in range(128, 256)}


# ── what stands around and inside ─────────────────────────────────────────────────────────────────────────────


def _trim_start(state: Cleaned) -> Cleaned:
    """Whatever stands before the first "<": blank lines, marks read with the wrong encoding, letters of a mail."""
    start = state.data.find(b"<")
    if start <= 0:
        return state
    junk = state.data[:start]
    return state.changed(state.data[start:], LEADING_JUNK if junk.strip() else LEADING_BLANKS)


def _trim_end(state: Cleaned) -> Cleaned:
    """Whatever stands after the last ">"."""
    end = state.data.rfind(b">") + 1
    if not end or not state.data[end:].strip():
        return state
    return state.changed(state.data[:end], TRAILING_JUNK)


def _drop_controls(state: Cleaned) -> Cleaned:
    data = state.data.translate(None, _controls)
    return state if len(data) == len(state.data) else state.changed(data, CONTROL_BYTES)


def _fix_schema_location(state: Cleaned) -> Cleaned:
    if b"xmlns:schemaLocation" not in state.data:
        return state
    data = _schema_location.sub(b"", state.data)
    return state if data == state.data else state.changed(data, SCHEMA_LOCATION)


def declare_namespaces(state: Cleaned) -> Cleaned:
    """Declare on the root the prefixes that the document uses and forgot, as SAT fixes them."""
    match = _root_tag.search(state.data, 0, 200_000)
    if not match:
        return state
    attributes = match[2]
    version = _version.search(attributes)
    wanted = dict(_NAMESPACES)
    if version:
        wanted[b"cfdi"] = _CFDI[version[1]]
    missing = [
        b' xmlns:%s="%s"' % (prefix, uri)
        for prefix, uri in wanted.items()
        if b"xmlns:" + prefix + b"=" not in state.data
        and (b"<" + prefix + b":" in state.data or b" " + prefix + b":" in attributes)
    ]
    if not missing:
        return state
    at = match.end(1) + len(b"Comprobante")
    return state.changed(state.data[:at] + b"".join(missing) + state.data[at:], NO_PREFIX)


def drop_addenda(state: Cleaned) -> Cleaned:
    """Cut the Addenda out, from its first opening to its last closing tag: it is the seller's, not the SAT's."""
    opening = _addenda_start.search(state.data)
    if not opening:
        return state
    closings = [match.end() for match in _addenda_end.finditer(state.data, opening.end())]
    if not closings:
        return state
    end = closings[-1]
    return state.changed(state.data[: opening.start()] + state.data[end:], BROKEN_ADDENDA)
