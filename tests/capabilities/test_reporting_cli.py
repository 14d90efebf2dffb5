"""`aldia report` says the same figures as the pages, in JSON, on a terminal and in files."""

from __future__ import annotations

import argparse
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from aldia.cli.commands import report
from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.domain.money import minor_text
from aldia.receivables.queries.sight import Sight
from aldia.receivables.queries.statement import statement
from aldia.receivables.queries.states import company_ranges
from aldia.reporting.queries.aging import aging
from aldia.reporting.queries.indicators import indicators_of
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from tests.support.books import TODAY, Books

AS_OF = TODAY - timedelta(days=30)


@pytest.fixture
def company(db: None, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(report, "_today", lambda company: TODAY)
    return make_company(slug="tres-rios")


@pytest.fixture
def books(company: Company) -> Books:
    with company_scope(company.id):
        return Books(company, 5).live_on(50)


def run(*words: str) -> None:
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    assert report.run(parser.parse_args([*words, "--company", "tres-rios"])) == 0


def said(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    run(*words, "--json")
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("by", ["customer", "portfolio", "currency"])
def test_aging(books: Books, capsys: pytest.CaptureFixture[str], by: str) -> None:
    found = said(capsys, "aging", "--as-of", AS_OF.isoformat(), "--by", by, "--ranges", "10,40")
    with company_scope(books.company.id):
        expected = aging(
            sight=Sight(), as_of=AS_OF, today=TODAY, home="MXN", ranges=company_ranges().parse("10,40"), by=by
        )
    assert found["labels"] == ["Por vencer", "1–10", "11–40", "+40"]
    assert [(row["label"], row["currency"], row["buckets"], row["total"]) for row in found["rows"]] == [
        (
            row.label,
            row.currency,
            [minor_text(minor, row.currency) for minor in row.buckets],
            minor_text(row.total, row.currency),
        )
        for row in expected.rows
    ]
    assert [row["total"] for row in found["totals"]] == [minor_text(t.total, t.currency) for t in expected.totals]


def test_statement(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    customer, first = books.customers[0], TODAY - timedelta(days=100)
    found = said(capsys, "statement", "--customer", customer.tax_id.lower(), "--since", first.isoformat())
    with company_scope(books.company.id):
        expected = statement(customer_id=customer.id, first=first, last=TODAY, today=TODAY, home="MXN")
    for part, said_part in zip(expected.currencies, found["currencies"], strict=True):
        for name in ("opening", "charged", "paid", "closing", "owed", "in_favour"):
            assert said_part[name] == minor_text(getattr(part, name), part.currency)
        assert [row["balance"] for row in said_part["movements"]] == [
            minor_text(each.running, part.currency) for each in part.movements
        ]


def test_indicators_and_turnover(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "indicators", "--as-of", AS_OF.isoformat(), "--since", "2026-08-01")
    with company_scope(books.company.id):
        expected = indicators_of(sight=Sight(), currency="MXN", first=date(2026, 8, 1), last=AS_OF, today=TODAY)
    values = {key: each["value"] for key, each in found["indicators"].items()}
    assert values == {each.key: None if each.value is None else str(each.value) for each in expected.values}
    assert found["figures"]["closing"] == minor_text(expected.parts["closing"].amount, "MXN")
    assert set(said(capsys, "turnover")["indicators"]) == {"rotation", "turnover"}


def test_overdue_is_what_the_aging_calls_late(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "overdue", "--as-of", AS_OF.isoformat())
    aged = said(capsys, "aging", "--as-of", AS_OF.isoformat())
    totals = {row["currency"]: row["total"] for row in found["totals"]}
    assert totals == {row["currency"]: row["overdue"] for row in aged["totals"] if row["overdue"] != "0.00"}
    assert all(row["days_late"] > 0 for row in found["rows"])


def test_files_have_the_figures(books: Books, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run("aging", "--xlsx", str(tmp_path / "a.xlsx"), "--pdf", str(tmp_path / "a.pdf"))
    assert capsys.readouterr().out == ""
    total = said(capsys, "aging")["totals"][0]
    rows = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    line = next(row for row in rows if row[0] == f"Total {total['currency']}")
    assert line[-1] == float(total["total"])
    paper = PdfReader(io.BytesIO((tmp_path / "a.pdf").read_bytes())).pages[0].extract_text()
    assert f"{float(total['total']):,.2f}" in paper


def test_terminal(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    total = said(capsys, "aging")["totals"][0]
    for words, expected in (
        (("aging",), f"{float(total['total']):,.2f}"),
        (("overdue",), "Folio"),
        (("turnover",), "Rotación"),
        (("indicators",), "DSO"),
        (("statement", "--customer", books.customers[0].tax_id), "Saldo anterior"),
    ):
        run(*words)
        assert expected in capsys.readouterr().out


def test_an_empty_company_says_so(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    run("aging")
    assert "Nadie debía nada" in capsys.readouterr().out
    run("overdue")
    assert "Nada estaba vencido" in capsys.readouterr().out
    assert said(capsys, "indicators")["indicators"]["dso"]["value"] is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("statement",), "Di de qué cliente"),
        (("statement", "--customer", "NADIE"), "No hay ningún cliente"),
        (("aging", "--ranges", "30,20"), "rangos"),
        (("aging", "--currency", "PESOS"), "no es una moneda"),
        (("indicators", "--since", "2026-12-01", "--as-of", "2026-11-01"), "El periodo empieza"),
        (("overdue", "--pdf", "x.pdf"), "no tiene PDF"),
    ],
)
def test_wrong_usage_is_a_sentence(company: Company, words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(WrongUsage, match=sentence):
        run(*words)


def test_a_place_that_cannot_be_written(company: Company) -> None:
    with pytest.raises(CouldNotRun, match="No se pudo escribir"):
        run("aging", "--xlsx", "/proc/no/hay.xlsx")


@pytest.mark.parametrize("text", ["ayer", "2026-13-01", "0001-01-01"])
def test_a_wrong_date_is_wrong_usage(company: Company, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("aging", "--as-of", text)
    assert ended.value.code == 2
