"""Bytes of a bank's file to a preview of its movements; or one refusal with a sentence, and never anything else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from aldia.domain.statements import bai2, mt940, norma43, ofx, qif
from aldia.domain.statements.errors import NoTable, TooLarge
from aldia.domain.statements.mapping import Mapping
from aldia.domain.statements.model import NO_HINTS, Hints, Preview, Sheet, Statement
from aldia.domain.statements.plain_layouts import read_plain
from aldia.domain.statements.table import read_sheet
from aldia.integrations.spreadsheets.guard import LIMITS, MEGABYTE, Limits
from aldia.integrations.statements import camt, pdf
from aldia.integrations.statements.decoding import decode
from aldia.integrations.statements.delimited import delimited_sheet
from aldia.integrations.statements.markup import html_sheet, spreadsheetml_sheets
from aldia.integrations.statements.sniffing import sniff
from aldia.integrations.statements.workbooks import workbook_sheets

_FORMATS: dict[str, Callable[[str, Hints], tuple[Statement, ...]]] = {
    "ofx": ofx.read_ofx,
    "mt940": mt940.read_mt940,
    "norma43": norma43.read_norma43,
    "bai2": bai2.read_bai2,
}


def read_file(
    data: bytes,
    *,
    hints: Hints = NO_HINTS,
    remembered: Sequence[Mapping] = (),
    limits: Limits = LIMITS,
) -> Preview:
    """What a statement file holds. Nothing is written anywhere.

    `hints` is what is known of the account; `remembered` are the mappings stored for this organisation (or the answer
    just given). Raises `Refusal` (`StatementError`, or `SheetError` from the guards of spreadsheets).
    """
    if len(data) > limits.file:
        raise TooLarge(size=f"{len(data) / MEGABYTE:.1f}", limit=limits.file // MEGABYTE)
    kind = sniff(data)
    return Preview(kind, _statements(data, kind, hints, remembered, limits), hashlib.sha256(data).hexdigest())


def _statements(
    data: bytes, kind: str, hints: Hints, remembered: Sequence[Mapping], limits: Limits
) -> tuple[Statement, ...]:
    if kind == "camt":
        return camt.read_camt(data, hints)
    if kind == "pdf":
        return pdf.read_pdf(data, hints, remembered)
    if kind == "qif":
        return qif.read_qif(decode(data), hints, remembered)
    if kind in _FORMATS:
        return _FORMATS[kind](decode(data), hints)
    if kind in ("xlsx", "xls"):
        return _tables(workbook_sheets(data, kind, limits), hints, remembered)
    if kind == "spreadsheetml":
        return _tables(spreadsheetml_sheets(data, limits), hints, remembered)
    if kind == "html":
        return _tables((html_sheet(decode(data), limits),), hints, remembered)
    text = decode(data)
    return read_plain(text, hints) or _tables((delimited_sheet(text, limits),), hints, remembered)


def _tables(sheets: Sequence[Sheet], hints: Hints, remembered: Sequence[Mapping]) -> tuple[Statement, ...]:
    """Every sheet with a table of movements; sheets that only open questions are shown if no other is readable."""
    found: list[Statement] = []
    for sheet in sheets:
        try:
            found += read_sheet(sheet, hints, remembered)
        except NoTable:
            continue
    if not found:
        raise NoTable
    readable = [each for each in found if not each.questions]
    useful = [each for each in readable if each.movements] or readable
    asked = [each for each in found if each.questions and any(column.role for column in each.columns)]
    return (*useful, *asked) if useful else tuple(found)
