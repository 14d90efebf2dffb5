"""What a file is, by its bytes; its name is never asked."""

from __future__ import annotations

import re

from aldia.domain.statements.errors import EmptyStatement, UnknownFormat

_BLANKS = b"\x00 \r\n\t\xef\xbb\xbf\xff\xfe"
_OTHERS = (
    (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"Rar!", "RAR"), (b"7z\xbc\xaf", "7-Zip"),
    (b"\x1f\x8b", "GZIP"), (b"{\\rtf", "RTF"), (b"MZ", "EXE"), (b"\x7fELF", "ELF"), (b"SQLite format", "SQLite"),
)  # fmt: skip
HEAD = 64_000
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|meta|style)[\s>]", re.I)
_CAMT = re.compile(rb"camt\.05[234]|<(?:\w+:)?(?:BkToCstmrStmt|BkToCstmrAcctRpt|BkToCstmrDbtCdtNtfctn)[\s>]")
_SPREADSHEETML = re.compile(
    rb"urn:schemas-microsoft-com:office:spreadsheet|progid=.Excel\.Sheet|<(?:ss:)?Workbook[\s>]"
)
_OFX = re.compile(rb"OFXHEADER|<OFX>|<\?OFX", re.I)
_MT940 = re.compile(rb"(?:^|\n)\s*:(?:20|25|28C?|60[FM]|61|62[FM]|86):", re.M)
_N43 = re.compile(rb"\A[\s\xef\xbb\xbf]*11[0-9]{18}[0-9]{12}[12][0-9]{14}[0-9]{3}")
_QIF = re.compile(rb"^!(?:Type|Account|Option)\b", re.I | re.M)
_BAI2 = re.compile(rb"\A[\s\xef\xbb\xbf]*01,[^\r\n]{10,200}/")


def sniff(data: bytes) -> str:
    """xlsx, xls, pdf, html, spreadsheetml, camt, ofx, mt940, norma43, qif, bai2 or text. Raises `StatementError`."""
    if not data.strip(_BLANKS):
        raise EmptyStatement
    if data.startswith(b"PK\x03\x04"):
        return "xlsx"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    start = data[:1024].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"%PDF"):
        return "pdf"
    for signature, name in _OTHERS:
        if start.startswith(signature):
            raise UnknownFormat(format=name)
    return _by_head(_bytes_of_text(data[:HEAD]))


def _bytes_of_text(head: bytes) -> bytes:
    """UTF-16 read as bytes would hide every mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="ignore").encode()
    return head


def _by_head(head: bytes) -> str:
    if _OFX.search(head[:4000]):
        return "ofx"
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"<"):
        return _markup(head)
    if _N43.search(head):
        return "norma43"
    tags = len(_MT940.findall(head))
    if (tags >= 2 and re.search(rb":6[012][FM]?:|:25:", head)) or (tags and re.match(rb"\s*:61:[0-9]{6}", head)):
        return "mt940"
    if _QIF.search(head[:4000]):
        return "qif"
    return "bai2" if _BAI2.search(head) else "text"


def _markup(head: bytes) -> str:
    if _CAMT.search(head):
        return "camt"
    if _SPREADSHEETML.search(head):
        return "spreadsheetml"
    if _HTML.search(head):
        return "html"
    raise UnknownFormat(format="XML")
