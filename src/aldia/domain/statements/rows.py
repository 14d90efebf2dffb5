"""Every row of a sheet becomes a movement to read, header, footer, or a skipped row with its reason; none is lost."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from aldia.domain.folding import fold
from aldia.domain.sentences import gettext_noop, quoted
from aldia.domain.statements import dates, headers, numbers, preamble
from aldia.domain.statements.layout import Layout, show
from aldia.domain.statements.model import Row, RowOutcome, Value

MONEY_ROLES = ("debit", "credit", "amount", "balance")
_NOT_BOOKED = "pendiente|pendientes|pending|pdng|en proceso|por confirmar|retenido|en transito|no contabilizado"
_REFUSED = "rechazado|rechazada|cancelado|cancelada|anulado|anulada|fallida|fallido|rejected|declined"
NOT_BOOKED, REFUSED = frozenset(_NOT_BOOKED.split("|")), frozenset(_REFUSED.split("|"))
WHY = {
    "pending": gettext_noop("todavía no está asentado por el banco"),
    "rejected": gettext_noop("el banco lo da por rechazado o cancelado"),
    "no_date": gettext_noop("tiene importe pero no fecha"),
    "bad_date": gettext_noop("su fecha no se entiende"),
    "no_amount": gettext_noop("no tiene importe"),
    "bad_amount": gettext_noop("su importe no se entiende"),
    "zero_amount": gettext_noop("su importe es cero"),
    "both_filled": gettext_noop("tiene cargo y abono a la vez"),
    "unknown_sign": gettext_noop("no se sabe si entró o salió: es el primero y no hay saldo anterior"),
    "unknown_flag": gettext_noop("no se sabe si es cargo o abono"),
    "too_precise": gettext_noop("su importe tiene más decimales que la moneda"),
    "bad_currency": gettext_noop("su moneda no se conoce"),
    "continuation": gettext_noop("es la continuación del texto de la fila anterior y quedó unida a ella"),
}
Kind = Literal["data", "anchor"]


@dataclass(slots=True)
class Raw:
    """The money of one row before anybody knows its sign. `side` is what CR or DR says, `plus` an explicit "+"."""

    debit: int | None = None
    credit: int | None = None
    amount: int | None = None
    balance: int | None = None
    side: int = 0
    plus: bool = False
    error: str = ""


@dataclass(slots=True)
class Line:
    """A row with a date and an amount, by role. `joined` continue its text, `money` is what was read of it."""

    row: Row
    parts: dates.Parts | None
    cells: dict[str, Value]
    anchor: bool = False
    joined: list[str] = field(default_factory=list)
    money: dict[tuple[str, str], Raw] = field(default_factory=dict)

    def text(self, role: str) -> str:
        return clean(self.cells.get(role))


@dataclass(slots=True)
class Sorted:
    """The rows of a sheet by what they are; `stated` are amounts that rows of the table state of the file."""

    lines: list[Line] = field(default_factory=list)
    outcomes: list[RowOutcome] = field(default_factory=list)
    outside: tuple[list[Row], list[Row]] = field(default_factory=lambda: ([], []))
    stated: dict[str, Value] = field(default_factory=dict)
    totals: list[dict[str, Value]] = field(default_factory=list)


def clean(value: Value) -> str:
    """A cell as one line of text."""
    return show(value) if not isinstance(value, str) else " ".join(value.split())[:1_000]


def outcome(row: Row, code: str) -> RowOutcome:
    return RowOutcome(row.line, "skipped", code, WHY[code], excerpt(row))


def excerpt(row: Row) -> str:
    return quoted(" · ".join(text for cell in row.cells if (text := show(cell))), 160)


def sort_rows(rows: Sequence[Row], layout: Layout) -> Sorted:
    """Go through the sheet once. A second table with other headings changes the roles from there on."""
    found = Sorted()
    for row in rows[: layout.start]:
        found.outcomes.append(RowOutcome(row.line, "header"))
        found.outside[0].append(row)
    if layout.header is not None:
        found.outside[0].pop()
    roles = dict(layout.mapping.roles)
    for at in range(layout.start, len(rows)):
        row = rows[at]
        if other := _heading(rows, at, layout):
            roles = roles if other == "same" else dict(other.roles)
            found.outcomes.append(RowOutcome(row.line, "header"))
            continue
        _sort(found, row, roles)
    _footers(found)
    return found


def _heading(rows: Sequence[Row], at: int, layout: Layout) -> headers.Header | Literal["same"] | None:
    """Whether a row repeats the headings, or begins a table of its own."""
    cells = rows[at].cells
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    if len(texts) < 2 or layout.header is None or not any(char.isalpha() for char in texts[0]):
        return None
    equal = sum(1 for cell, heading in zip(cells, layout.headings, strict=False) if heading and clean(cell) == heading)
    if equal >= max(2, len(texts) - 1):
        return "same"
    if len(texts) < 3 or any(headers.cell_kind(cell) in ("date", "number", "digits") for cell in cells):
        return None
    found = headers.header_at(rows, at, layout.extra)
    return found if found and found.readable and len(found.roles) >= 3 else None


def _sort(found: Sorted, row: Row, roles: Dictionary[str, int]) -> None:
    cells = {
        role: row.cells[at]
        for role, at in roles.items()
        if at < len(row.cells) and (not _blank(row.cells[at]) or (role == "flag" and row.cells[at]))
    }
    line = Line(row, dates.take_apart(cells.get("date")), cells)
    moved = [role for role in ("debit", "credit", "amount") if role in cells]
    status = fold(line.text("status")) if "status" in cells else ""
    if status in NOT_BOOKED or (line.parts is None and dates.is_pending(cells.get("date"))):
        found.outcomes.append(outcome(row, "pending"))
    elif status in REFUSED:
        found.outcomes.append(outcome(row, "rejected"))
    elif line.parts is None:
        texts = [cell for cell in row.cells if isinstance(cell, str) and cell.strip()]
        _sort_undated(found, row, cells, texts, bool(moved))
    elif name := _states(line):
        _state(
            found, row, name, next(cells[role] for role in ("balance", "amount", "credit", "debit") if role in cells)
        )
    elif not any(_amounts(cells, moved)):
        found.outcomes.append(outcome(row, "zero_amount" if moved else "no_amount"))
    else:
        found.lines.append(line)


def _states(line: Line) -> str:
    """opening or closing when a dated row is not a movement but a balance ("SALDO ANTERIOR").

    A row with an amount is one only if it says nothing else: "SALDO FINAL FACTURA 9" is somebody's payment.
    """
    text = line.text("desc")
    name = preamble.amount_label([text]) if text[:2].lower() in preamble.BEGINNINGS else ""
    moved = [role for role in ("debit", "credit", "amount") if role in line.cells]
    if name and any(_amounts(line.cells, moved)) and fold(text) not in preamble.AMOUNTS[name]:
        return ""
    return name if name in ("opening", "closing") and any(role in line.cells for role in MONEY_ROLES) else ""


def _blank(cell: Value) -> bool:
    return cell is None or (isinstance(cell, str) and numbers.is_empty(cell))


def _amounts(cells: Dictionary[str, Value], moved: Sequence[str]) -> list[bool]:
    """For each amount of the row whether it is more than zero (a text that is no number counts: it is to be told)."""
    found = []
    for role in moved:
        cell = cells[role]
        if isinstance(cell, Decimal):
            found.append(cell != 0)
        else:
            written = numbers.take_apart(str(cell))
            found.append(written is None or any(char in "123456789" for char in written.body))
    return found


def _sort_undated(found: Sorted, row: Row, cells: Dictionary[str, Value], texts: Sequence[str], moved: bool) -> None:
    """No date: a title or total, the rest of the text above, or a row that must be told."""
    name = preamble.amount_label(texts)
    if name and not moved and "balance" in cells:
        _state(found, row, name, cells["balance"])
    elif preamble.is_summary(texts) and (preamble.is_total(texts) or not (moved and "balance" in cells)):
        found.totals += [dict(cells)] if "debit" in cells and "credit" in cells and preamble.is_total(texts) else []
        found.outcomes.append(RowOutcome(row.line, _edge(found), "summary"))
        found.outside[1].append(row)
    elif moved and (texts or "date" not in cells) and _filled(row) >= 2:
        found.outcomes.append(outcome(row, "bad_date" if "date" in cells else "no_date"))
    elif found.lines and set(cells) and set(cells) <= {"desc", "long_desc", "concept"} and _filled(row) == len(cells):
        found.lines[-1].joined += [clean(cell) for cell in cells.values()]
        found.outcomes.append(outcome(row, "continuation"))
    else:
        found.outcomes.append(RowOutcome(row.line, _edge(found)))
        found.outside[1].append(row)


def _filled(row: Row) -> int:
    return sum(not _blank(cell) for cell in row.cells)


def _state(found: Sorted, row: Row, name: str, value: Value) -> None:
    """A row of the table that states a balance or a total of the file; the first opening and the last closing count."""
    found.outcomes.append(RowOutcome(row.line, _edge(found), name))
    if name == "opening":
        found.stated.setdefault(name, value)
        found.lines.append(Line(row, None, {"balance": value}, anchor=True))
    else:
        found.stated[name] = value


def _edge(found: Sorted) -> Literal["header", "footer"]:
    return "footer" if any(not line.anchor for line in found.lines) else "header"


def _footers(found: Sorted) -> None:
    """One row of totals states the sums of the file; several are those of its pages, and state nothing."""
    if len(found.totals) == 1:
        for name, role in (("debits", "debit"), ("credits", "credit")):
            found.stated.setdefault(name, found.totals[0][role])
    found.outcomes.sort(key=lambda each: each.line)
