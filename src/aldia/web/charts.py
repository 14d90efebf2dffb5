"""Charts drawn on the server: numbers become the geometry of an SVG, colours stay in CSS (`.c0` … `.c5`).

    chart = stacked_bars(
        series=[Series("Por vencer", "c0"), Series("1–30", "c1")],
        columns=[Bar("jun", (134300, 120800), url="/…")],
        text=lambda minor: amount_text(minor, "MXN", company),
    )
    {% include "components/chart_bars.html" with chart=chart title=_("Antigüedad por mes") only %}

Values are whole numbers (minor units, days). Every mark carries a `<title>`; the template also writes the table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 250, 52, 22, 24


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    css: str


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    values: tuple[int, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    css: str
    x: str
    y: str
    width: str
    height: str
    title: str


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    total: str
    middle: str
    total_y: str
    url: str
    marks: tuple[Mark, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GridLine:
    y: str
    label_y: str
    label: str


@dataclass(frozen=True, slots=True)
class BarChart:
    series: tuple[Series, ...]
    columns: tuple[Column, ...]
    grid: tuple[GridLine, ...]
    width: int
    height: int
    left: int
    axis_y: int


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def scale(value: int, most: int) -> tuple[int, int]:
    """The top of an axis that holds `value`, and its number of steps (at most `most`), each step a round number."""
    wanted = max(1, -(-value // most))
    power = 1
    while power * 10 <= wanted:
        power *= 10
    for tenths in (10, 20, 25, 50, 100):
        step = power * tenths // 10
        if step >= wanted and power * tenths % 10 == 0:
            break
    steps = max(1, -(-value // step))
    return step * steps, steps


def short_text(value: int, unit: int = 100) -> str:
    """An axis label: 1.2 M, 340 mil, 95 (of `unit` minor units each)."""
    whole = value // unit
    if whole >= 1_000_000:
        return f"{_n(whole / 1_000_000)} M"
    return f"{_n(whole / 1000)} k" if whole >= 10_000 else f"{whole:,}"


def stacked_bars(
    *,
    series: Sequence[Series],
    columns: Sequence[Bar],
    text: Callable[[int], str],
    axis: Callable[[int], str] = short_text,
    lines: int = 5,
) -> BarChart:
    """Bars of stacked values (none negative), one column for each `Bar`."""
    top, lines = scale(max((sum(bar.values) for bar in columns), default=0), lines)
    plot = HEIGHT - TOP - BOTTOM
    step = (WIDTH - LEFT) / max(1, len(columns))
    width = min(56.0, step * 0.56)
    drawn = []
    for index, bar in enumerate(columns):
        middle = LEFT + step * (index + 0.5)
        drawn.append(_column(bar, series, middle, width, plot, top, text))
    grid = []
    for index in range(lines + 1):
        y = TOP + plot - plot * index / lines
        grid.append(GridLine(_n(y), _n(y + 4), axis(top * index // lines)))
    return BarChart(tuple(series), tuple(drawn), tuple(grid), WIDTH, HEIGHT, LEFT, HEIGHT - 6)


def _column(
    bar: Bar, series: Sequence[Series], middle: float, width: float, plot: int, top: int, text: Callable[[int], str]
) -> Column:
    marks = []
    base = float(TOP + plot)
    for each, value in zip(series, bar.values, strict=True):
        height = plot * value / top
        base -= height
        if height > 0.4:
            title = f"{bar.label} · {each.label}: {text(value)}"
            gap = 1.2 if height > 3 else 0
            marks.append(Mark(each.css, _n(middle - width / 2), _n(base), _n(width), _n(height - gap), title))
    total = sum(bar.values)
    cells = tuple(text(value) for value in bar.values)
    return Column(bar.label, text(total), _n(middle), _n(base - 6), bar.url, tuple(marks), cells)


@dataclass(frozen=True, slots=True)
class Share:
    label: str
    css: str
    x: str
    width: str
    title: str
    percent: str


def share_bar(*, series: Sequence[Series], values: Sequence[int], text: Callable[[int], str]) -> tuple[Share, ...]:
    """One bar of 100 units cut in proportion: for a table row or a KPI card."""
    whole = sum(values)
    shares, x = [], 0.0
    for each, value in zip(series, values, strict=True):
        width = 100 * value / whole if whole else 0
        percent = f"{width:.1f} %"
        shares.append(
            Share(each.label, each.css, _n(x), _n(width), f"{each.label}: {text(value)} ({percent})", percent)
        )
        x += width
    return tuple(shares)


@dataclass(frozen=True, slots=True)
class Point:
    x: str
    y: str
    label: str
    value: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class LineChart:
    css: str
    points: tuple[Point, ...]
    path: str
    area: str
    grid: tuple[GridLine, ...]
    width: int
    height: int
    left: int
    axis_y: int


def line_chart(
    *,
    points: Sequence[tuple[str, int]],
    text: Callable[[int], str],
    axis: Callable[[int], str] = short_text,
    css: str = "c-primary",
    lines: int = 4,
) -> LineChart:
    """A line of (label, value), values from zero up."""
    top, lines = scale(max((value for _label, value in points), default=0), lines)
    plot = HEIGHT - TOP - BOTTOM
    step = (WIDTH - LEFT - 36) / max(1, len(points) - 1)
    drawn = []
    for index, (label, value) in enumerate(points):
        y = TOP + plot - plot * max(0, value) / top
        drawn.append(Point(_n(LEFT + 8 + step * index), _n(y), label, text(value)))
    path = " ".join(f"{'L' if index else 'M'}{point.x} {point.y}" for index, point in enumerate(drawn))
    base = _n(TOP + plot)
    area = f"{path} L{drawn[-1].x} {base} L{drawn[0].x} {base} Z" if drawn else ""
    grid = []
    for index in range(lines + 1):
        y = TOP + plot - plot * index / lines
        grid.append(GridLine(_n(y), _n(y + 4), axis(top * index // lines)))
    return LineChart(css, tuple(drawn), path, area, tuple(grid), WIDTH, HEIGHT, LEFT, HEIGHT - 6)
