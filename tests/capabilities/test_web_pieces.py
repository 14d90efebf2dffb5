"""Small pieces of the pages: amounts, dates, pills, icons, charts, fields, and the tags that draw them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from aldia.tenancy.models import Role
from aldia.web import charts, formatting
from aldia.web.forms import InviteForm
from aldia.web.icons import icon_html
from aldia.web.statuses import COLOURS, STATUSES, status_html

MX = SimpleNamespace(currency="MXN", country="MX", time_zone="America/Mexico_City")
CL = SimpleNamespace(currency="CLP", country="CL", time_zone="America/Santiago")
EVIL = '"><img src=x onerror=alert(1)>'


def draw(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("minor", "currency", "company", "text"),
    [
        (123450, "MXN", MX, "$1,234.50"),
        (11600, "USD", MX, "116.00 USD"),
        (1234567, "CLP", CL, "$1.234.567"),
        (-5, "MXN", MX, "-$0.05"),
        (0, "MXN", None, "$0.00"),
    ],
)
def test_amounts_read_as_at_home(minor: int, currency: str, company: object, text: str) -> None:
    assert text in draw("{% money minor currency %}", minor=minor, currency=currency, company=company)


def test_no_amount_is_nothing() -> None:
    assert draw("{% money none 'MXN' %}", none=None) == ""


def test_a_moment_is_dated_in_the_companys_zone() -> None:
    late = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
    assert draw("{% day at %}", at=late, company=MX) == '<time datetime="2026-11-21">21 nov 2026</time>'
    assert "21 nov 2026, 21:30" in draw("{% moment at %}", at=late, company=MX)
    with translation.override("en"):
        assert "21 Nov 2026" in draw("{% day at %}", at=late, company=MX)


@pytest.mark.parametrize(
    ("day", "text"),
    [(21, "hoy"), (20, "hace 1 día"), (18, "hace 3 días"), (22, "en 1 día"), (30, "en 9 días")],
)
def test_days_are_counted_from_the_companys_today(day: int, text: str) -> None:
    assert draw("{% ago on %}", on=date(2026, 11, day), today=date(2026, 11, 21)) == text


def test_every_pill_has_a_colour_of_the_house() -> None:
    assert {colour for _word, colour in STATUSES.values()} <= set(COLOURS)


def test_pills_escape_what_they_do_not_know() -> None:
    assert "<img" not in status_html(EVIL)
    assert "<img" not in status_html("paid", EVIL, EVIL)
    assert status_html("odd") == '<span class="st st-gray">odd</span>'


def test_pills_speak_the_readers_language() -> None:
    spanish = status_html("paid")
    with translation.override("en"):
        assert status_html("paid") != spanish


@pytest.mark.parametrize("name", ["../../etc/passwd", "Users", "a b", "", 'x"'])
def test_an_icon_is_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="icon"):
        icon_html(name)


def test_a_field_ties_its_words_to_its_control() -> None:
    form = InviteForm(data={"email": EVIL, "role": Role.OWNER})
    html = draw("{% field form.email hint='Pista' %}", form=form)
    assert 'for="id_email"' in html
    assert 'aria-describedby="id_email_hint id_email_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_email_error"' in html
    assert "<img" not in html


def test_the_query_string_changes_one_parameter() -> None:
    request = RequestFactory().get("/?a=1&b=x y&b=2")
    assert draw("{% here a=5 c='ñ' %}", request=request) == "?a=5&amp;b=x+y&amp;b=2&amp;c=%C3%B1"
    assert draw("{% here b='' %}", request=request) == "?a=1"


@pytest.mark.parametrize(
    ("value", "top", "steps"),
    [
        (0, 1, 1),
        (1, 1, 1),
        (7, 8, 4),
        (10, 10, 5),
        (11, 15, 3),
        (99, 100, 5),
        (101, 125, 5),
        (670_912_297, 800_000_000, 4),
    ],
)
def test_an_axis_has_few_and_round_steps(value: int, top: int, steps: int) -> None:
    assert charts.scale(value, 5) == (top, steps)


def test_bars_stack_to_their_total() -> None:
    series = [charts.Series("A", "c0"), charts.Series("B", "c1")]
    chart = charts.stacked_bars(series=series, columns=[charts.Bar("ene", (600, 400))], text=str)
    [column] = chart.columns
    heights = [float(mark.height) for mark in column.marks]
    plot = charts.HEIGHT - charts.TOP - charts.BOTTOM
    assert sum(heights) == pytest.approx(plot, abs=3)  # 1,000 of 1,000: the whole height, less the gaps
    assert heights[0] / heights[1] == pytest.approx(1.5, rel=0.02)
    assert (column.total, column.cells) == ("1000", ("600", "400"))


@pytest.mark.parametrize("columns", [[], [charts.Bar("ene", (0, 0))]])
def test_an_empty_chart_is_still_a_chart(columns: list[charts.Bar]) -> None:
    series = [charts.Series("A", "c0"), charts.Series("B", "c1")]
    chart = charts.stacked_bars(series=series, columns=columns, text=str)
    assert "<svg" in draw('{% include "components/chart_bars.html" with chart=chart title="x" %}', chart=chart)


def test_a_chart_escapes_and_carries_its_table() -> None:
    chart = charts.stacked_bars(
        series=[charts.Series(EVIL, "c0")], columns=[charts.Bar(EVIL, (5,))], text=lambda minor: EVIL
    )
    html = draw('{% include "components/chart_bars.html" with chart=chart title=title %}', chart=chart, title=EVIL)
    assert "<img" not in html
    assert "<table" in html
    assert "style=" not in html


def test_shares_fill_the_bar() -> None:
    series = [charts.Series(str(n), "c0") for n in range(3)]
    shares = charts.share_bar(series=series, values=(1, 1, 1), text=str)
    assert sum(float(share.width) for share in shares) == pytest.approx(100, abs=0.3)
    assert [share.width for share in charts.share_bar(series=series, values=(0, 0, 0), text=str)] == ["0"] * 3


def test_a_line_rises_with_its_values() -> None:
    chart = charts.line_chart(points=[("ene", 100), ("feb", 300), ("mar", 200)], text=str)
    january, february, march = (float(point.y) for point in chart.points)
    assert february < march < january
    assert charts.line_chart(points=[], text=str).path == ""
    assert formatting.amount_text(5, "MXN") == "$0.05"
