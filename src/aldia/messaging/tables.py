"""The table of documents as we draw it: HTML that mail clients keep, and columns of plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.messaging.placeholders import AMOUNTS, DEFAULT_COLUMNS, ROW_FIELDS

MAX_DRAWN = 80  # more would pass the size at which Gmail cuts a message; the statement of account has them all
MAX_WIDTH = 28

Row = Mapping[str, str]
_NOWRAP = "white-space:nowrap;"
_CELL = "padding:9px 8px;border-bottom:1px solid #e6e7e9;font-size:14px;line-height:20px;vertical-align:top;"
_HEAD = (
    "padding:8px;border-bottom:2px solid #c8ccd2;font-size:12px;line-height:16px;color:#5c6570;"
    "text-transform:uppercase;letter-spacing:.03em;"
)
_SUM = "padding:11px 8px;font-size:15px;line-height:20px;font-weight:bold;"


def known_columns(columns: Sequence[str]) -> list[str]:
    """The columns asked for that exist, each once; the usual ones if none does."""
    found = [name for name in dict.fromkeys(columns) if name in ROW_FIELDS]
    return found or list(DEFAULT_COLUMNS)


def draw_html(rows: Sequence[Row], columns: Sequence[str], total: str) -> str:
    """Rows of `<tr>` for `mj-table`."""
    names = known_columns(columns)
    head = "".join(
        f'<th class="soft" align="{_side(name)}" style="{_HEAD}">{escape(_(ROW_FIELDS[name]))}</th>' for name in names
    )
    lines = [f"<tr>{head}</tr>"]
    for row in rows[:MAX_DRAWN]:
        cells = "".join(
            f'<td class="line" align="{_side(name)}" style="{_CELL}{_NOWRAP if name in AMOUNTS else ""}">'
            f"{escape(row.get(name) or '')}</td>"
            for name in names
        )
        lines.append(f"<tr>{cells}</tr>")
    if len(rows) > MAX_DRAWN:
        lines.append(f'<tr><td colspan="{len(names)}" style="{_CELL}">{escape(_rest(rows))}</td></tr>')
    if total:
        words = escape(_("Total"))
        lines.append(f'<tr><td colspan="{len(names)}" align="right" style="{_SUM}">{words}: {escape(total)}</td></tr>')
    return "".join(lines)


def draw_text(rows: Sequence[Row], columns: Sequence[str], total: str) -> str:
    """Columns set with blanks, for the text part."""
    names = known_columns(columns)
    lines = [[_(ROW_FIELDS[name]) for name in names]]
    lines += [[(row.get(name) or "")[:MAX_WIDTH] for name in names] for row in rows[:MAX_DRAWN]]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names))]
    drawn = [
        "  ".join(
            text.rjust(width) if name in AMOUNTS else text.ljust(width)
            for text, width, name in zip(line, widths, names, strict=True)
        ).rstrip()
        for line in lines
    ]
    drawn.insert(1, "-" * (sum(widths) + 2 * (len(names) - 1)))
    if len(rows) > MAX_DRAWN:
        drawn.append(_rest(rows))
    if total:
        drawn.append(f"{_('Total')}: {total}")
    return "\n".join(drawn)


def _side(name: str) -> str:
    return "right" if name in AMOUNTS else "left"


def _rest(rows: Sequence[Row]) -> str:
    count = len(rows) - MAX_DRAWN
    return ngettext("y %(count)s documento más", "y %(count)s documentos más", count) % {"count": count}
