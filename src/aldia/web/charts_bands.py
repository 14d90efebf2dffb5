"""A chart of amounts with their margins: a bar for what is expected, a whisker for the band, a dot for what came.

    chart = band_chart(spans=[Span("23–29 nov", 120_000_00, 90_000_00, 150_000_00)], text=…)
    {% include "forecast/_bands.html" with chart=chart title=_("Por semana") first=_("Semana") only %}

Values are minor units, none negative. Every mark carries a `<title>`; the template writes the table, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aldia.web.charts import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, GridLine, scale, short_text

LABELS, MARGIN = 5, 30  # a phone has room for few words, and the last must not be cut


@dataclass(frozen=True, slots=True)
class Span:
    """`actual` None: it is still to come. `url`: the rows behind it."""

    label: str
    expected: int
    low: int
    high: int
    actual: int | None = None
    url: str = ""
    short: str = ""  # what the axis says, where it says something

    @property
    def is_inside(self) -> bool:
        return self.actual is not None and self.low <= self.actual <= self.high


@dataclass(frozen=True, slots=True)
class Column:
    span: Span
    x: str
    width: str
    bar_y: str
    bar_height: str
    middle: str
    cap_left: str
    cap_right: str
    low_y: str
    high_y: str
    actual_y: str
    show_label: bool
    expected: str
    low: str
    high: str
    actual: str


@dataclass(frozen=True, slots=True)
class BandChart:
    columns: tuple[Column, ...]
    grid: tuple[GridLine, ...]
    width: int
    height: int
    left: int
    axis_y: int
    has_actual: bool


def band_chart(
    *, spans: Sequence[Span], text: Callable[[int], str], axis: Callable[[int], str] = short_text, lines: int = 4
) -> BandChart:
    """Columns in the order given; of many, every second or third is labelled."""
    most = max((max(span.high, span.expected, span.actual or 0) for span in spans), default=0)
    top, lines = scale(most, lines)
    plot = HEIGHT - TOP - BOTTOM
    step = (WIDTH - LEFT) / max(1, len(spans))
    every = max(1, -(-len(spans) // LABELS))
    columns = tuple(
        _column(
            span,
            LEFT + step * (number + 0.5),
            step,
            plot,
            top,
            text,
            number % every == 0 and LEFT + step * (number + 0.5) < WIDTH - MARGIN,
        )
        for number, span in enumerate(spans)
    )
    grid = tuple(
        GridLine(_n(y := TOP + plot - plot * index / lines), _n(y + 4), axis(top * index // lines))
        for index in range(lines + 1)
    )
    return BandChart(columns, grid, WIDTH, HEIGHT, LEFT, HEIGHT - 6, any(span.actual is not None for span in spans))


def _column(
    span: Span, middle: float, step: float, plot: int, top: int, text: Callable[[int], str], labelled: bool
) -> Column:
    def y(value: int) -> float:
        return TOP + plot - plot * max(0, value) / top

    width, cap = min(34.0, step * 0.5), min(7.0, step * 0.16)
    return Column(
        span=span,
        x=_n(middle - width / 2),
        width=_n(width),
        bar_y=_n(y(span.expected)),
        bar_height=_n(TOP + plot - y(span.expected)),
        middle=_n(middle),
        cap_left=_n(middle - cap),
        cap_right=_n(middle + cap),
        low_y=_n(y(span.low)),
        high_y=_n(y(span.high)),
        actual_y="" if span.actual is None else _n(y(span.actual)),
        show_label=labelled,
        expected=text(span.expected),
        low=text(span.low),
        high=text(span.high),
        actual="" if span.actual is None else text(span.actual),
    )


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
