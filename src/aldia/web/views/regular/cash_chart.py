"""The chart of the cash flow: a bar for what is expected, a whisker for its margin, a dash for what was promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aldia.domain.calendars import MONTHS
from aldia.domain.cash_flow import MONTH, WEEK, Span
from aldia.reporting.queries.cash_flow import CashFlow
from aldia.web.charts import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, GridLine, scale, short_text

PLOT = HEIGHT - TOP - BOTTOM
LINES = 5
DENSE = 8  # more columns than this leave no room for whole labels


@dataclass(frozen=True, slots=True)
class Whisker:
    """A margin: a line with its two ends."""

    x: str
    left: str
    right: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class CashColumn:
    """One period. `bar` is (y, height) of what is expected; None where the forecast does not reach."""

    label: str
    middle: str
    x: str
    width: str
    title: str
    url: str
    bar: tuple[str, str] | None
    billed: tuple[str, str] | None
    whisker: Whisker | None
    promised_y: str
    right: str


@dataclass(frozen=True, slots=True)
class CashChart:
    columns: list[CashColumn]
    grid: list[GridLine]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    axis_y: int = HEIGHT - 6


def short_span(span: Span, step: str) -> str:
    """As short as an axis needs: "22 nov", "1–15 dic", "dic", "oct–dic"."""
    month = MONTHS[span.last.month - 1]
    if step == WEEK:
        return f"{span.first.day} {MONTHS[span.first.month - 1]}"
    if span.first.month == span.last.month:
        return month if span.days > 16 or step == MONTH else f"{span.first.day}–{span.last.day} {month}"
    return f"{MONTHS[span.first.month - 1]}–{month}"


def cash_chart(flow: CashFlow, *, text: Callable[[int], str], urls: list[str]) -> CashChart:
    """The geometry; amounts below zero have no height."""
    tops = [
        max(each.inflow.high if each.inflow and flow.has_margin else 0, _total(flow, place), each.promised)
        for place, each in enumerate(flow.periods)
    ]
    top, lines = scale(max(tops, default=0), LINES)

    def y(value: int) -> float:
        return TOP + PLOT - PLOT * max(0, value) / top

    step = (WIDTH - LEFT) / max(1, len(flow.periods))
    columns = [_column(flow, place, step, y, text, urls[place]) for place in range(len(flow.periods))]
    grid = [
        GridLine(_n(y(top * line // lines)), _n(y(top * line // lines) + 4), short_text(top * line // lines))
        for line in range(lines + 1)
    ]
    return CashChart(columns, grid)


def _total(flow: CashFlow, place: int) -> int:
    each = flow.periods[place]
    expected = each.inflow.expected if each.inflow else 0
    return expected + (each.billed if flow.asked.with_billing else 0)


def _column(
    flow: CashFlow, place: int, step: float, y: Callable[[int], float], text: Callable[[int], str], url: str
) -> CashColumn:
    each, middle = flow.periods[place], LEFT + step * (place + 0.5)
    width = min(44.0, step * 0.5)
    expected = each.inflow.expected if each.inflow else 0
    bar = (_n(y(expected)), _n(y(0) - y(expected))) if each.inflow else None
    total = _total(flow, place)
    billed = (_n(y(total)), _n(y(expected) - y(total))) if total > expected else None
    whisker = None
    if each.inflow and flow.has_margin:
        ends = (y(each.inflow.low), y(each.inflow.high))
        whisker = Whisker(_n(middle), _n(middle - 6), _n(middle + 6), _n(ends[0]), _n(ends[1]))
    label = short_span(each.span, flow.asked.step)
    if len(flow.periods) > DENSE and place % 2:
        label = ""
    title = f"{short_span(each.span, flow.asked.step)}: {text(expected) if each.inflow else '—'}"
    if each.inflow and flow.has_margin:
        title = f"{title} ({text(each.inflow.low)} – {text(each.inflow.high)})"
    promised = _n(y(each.promised)) if each.promised else ""
    left = middle - width / 2
    return CashColumn(
        label, _n(middle), _n(left), _n(width), title, url, bar, billed, whisker, promised, _n(left + width)
    )


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
