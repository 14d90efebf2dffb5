"""Antigüedad de saldos, estado de cuenta, rotación, indicadores y vencidos: las mismas cifras que las páginas."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aldia.cli.companies import add_company, working_for
from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.output import add_json, emit, say

if TYPE_CHECKING:
    from aldia.customers.models import Customer
    from aldia.domain.aging import Ranges
    from aldia.integrations.spreadsheets import Sheet
    from aldia.reporting.queries.aging import Aging
    from aldia.tenancy.models import Company

KINDS = ("aging", "statement", "turnover", "indicators", "overdue")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=KINDS, help="qué reporte")
    add_company(parser)
    parser.add_argument("--as-of", type=_day, metavar="AAAA-MM-DD", help="a qué día (hoy)")
    parser.add_argument(
        "--since", type=_day, metavar="AAAA-MM-DD", help="desde cuándo: statement, turnover, indicators"
    )
    parser.add_argument("--customer", metavar="X", help="un cliente: su id o su RFC")
    parser.add_argument(
        "--by", choices=("customer", "portfolio", "currency"), default="customer", help="cómo se agrupa"
    )
    parser.add_argument("--ranges", metavar="30,60,90", help="rangos de días de atraso (los de la empresa)")
    parser.add_argument("--currency", default="", help="solo una moneda; en indicators, cuál (la de la empresa)")
    parser.add_argument("--include-off", action="store_true", help="también los clientes apagados")
    parser.add_argument("--xlsx", type=Path, metavar="F", help="escribirlo en un archivo de Excel")
    parser.add_argument("--pdf", type=Path, metavar="F", help="escribirlo en PDF: aging y statement")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    with working_for(args) as company:
        asked = _Asked(args, company)
        made = _MAKERS[args.kind](asked)
    for path, data in ((args.xlsx, made.sheets), (args.pdf, made.pdf)):
        if path is not None:
            _write(path, data)
    if args.json or not (args.xlsx or args.pdf):
        emit(args, made.data, made.text)
    return 0


@dataclass(frozen=True, slots=True)
class _Made:
    """One report: for --json, for a terminal, and the makers of its files (None: it has no such file)."""

    data: dict[str, Any]
    text: str
    sheets: Callable[[Path], None] | None = None
    pdf: Callable[[Path], None] | None = None


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"«{text}» no es una fecha: AAAA-MM-DD") from None
    if not 1990 <= found.year <= 2100:
        raise argparse.ArgumentTypeError(f"«{text}» está fuera de 1990–2100")
    return found


def _today(company: Company) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(company.time_zone)).date()


@dataclass(slots=True)
class _Asked:
    """The options, read: dates in the company's zone, the customer found, the ranges understood."""

    args: argparse.Namespace
    company: Company
    today: date = field(init=False)

    def __post_init__(self) -> None:
        self.today = _today(self.company)

    @property
    def as_of(self) -> date:
        found: date = self.args.as_of or self.today
        return found

    @property
    def period(self) -> tuple[date, date]:
        """From --since (three months before) to --as-of, today at the latest."""
        from aldia.domain.calendars import add_months

        last = min(self.as_of, self.today)
        first = self.args.since or add_months(last, -3) + timedelta(days=1)
        if first > last:
            raise WrongUsage("El periodo empieza después de terminar.")
        return first, last

    @property
    def sight(self) -> Any:
        from aldia.receivables.queries.sight import Sight

        return Sight(include_off=self.args.include_off)

    @property
    def ranges(self) -> Ranges:
        from aldia.domain.aging import BadRanges, Ranges
        from aldia.receivables.queries.states import company_ranges

        if self.args.ranges is None:
            return company_ranges()
        try:
            return Ranges.parse(self.args.ranges)
        except BadRanges as error:
            raise WrongUsage(str(error)) from None

    @property
    def currency(self) -> str:
        from aldia.domain.currencies import CURRENCIES

        code = self.args.currency.upper()
        if code and code not in CURRENCIES:
            raise WrongUsage(f"«{self.args.currency}» no es una moneda conocida.")
        return str(code)

    @property
    def customer(self) -> Customer | None:
        """The customer that --customer names, None without it. Raises `WrongUsage`."""
        from aldia.customers.models import Customer

        text = self.args.customer
        if not text:
            return None
        try:
            found = list(Customer.objects.filter(pk=UUID(text)))
        except ValueError:
            found = list(Customer.objects.filter(tax_id__iexact=text.strip()))
        if len(found) != 1:
            what = "Hay varios clientes" if found else "No hay ningún cliente"
            raise WrongUsage(f"{what} con «{text}»." + (" Di cuál con su id." if found else ""))
        return found[0]


def _aging(asked: _Asked) -> _Made:
    from aldia.reporting import papers, plain, sheets
    from aldia.reporting.queries.aging import Wanted, aging

    customer = asked.customer
    found = aging(
        sight=asked.sight,
        as_of=asked.as_of,
        today=asked.today,
        home=asked.company.currency,
        ranges=asked.ranges,
        by=asked.args.by,
        wanted=Wanted(currency=asked.currency, customer=customer.id if customer else None),
    )
    return _Made(
        plain.aging_data(found),
        _aging_text(found),
        _sheets(lambda: sheets.aging_sheets(found, company=asked.company)),
        _bytes(lambda: papers.aging_pdf(found, company=asked.company, today=asked.today)),
    )


def _aging_text(found: Aging) -> str:
    from aldia.domain.money import format_money

    lines = []
    for total in found.totals:
        rows = [("", *found.ranges.labels, "Vencido", "Total")]
        for each in (*found.of(total.currency), total):
            figures = (*each.buckets, each.overdue, each.total)
            label = f"Total {each.currency}" if each is total else each.label
            rows.append((label[:40], *(format_money(minor, each.currency, symbol=False) for minor in figures)))
        lines += [*_table(rows), ""]
    return "\n".join(lines).rstrip() or "Nadie debía nada ese día."


def _statement(asked: _Asked) -> _Made:
    from aldia.receivables.queries.lists import Wanted
    from aldia.receivables.queries.statement import statement
    from aldia.reporting import plain, sheets
    from aldia.reporting.statement_papers import set_statement

    customer = asked.customer
    if customer is None:
        raise WrongUsage("Di de qué cliente: --customer con su id o su RFC.")
    first, last = asked.period
    found = statement(
        customer_id=customer.id,
        first=first,
        last=last,
        today=asked.today,
        home=asked.company.currency,
        wanted=Wanted(currency=asked.currency),
        ranges=asked.ranges,
    )
    data = plain.statement_data(found, customer)
    return _Made(
        data,
        _statement_text(data),
        _sheets(lambda: sheets.statement_sheets(found, customer=customer, company=asked.company)),
        _bytes(lambda: set_statement(found, customer=customer, company=asked.company)),
    )


def _statement_text(data: dict[str, Any]) -> str:
    first, last, who = data["first"], data["last"], data["customer"]
    lines = [f"{who['name']} · {who['tax_id']} · {first} a {last}"]
    for part in data["currencies"]:
        rows = [("Fecha", "Concepto", "Importe", "Saldo"), (first, "Saldo anterior", "", part["opening"])]
        rows += [(each["on"], each["text"][:60], each["amount"], each["balance"]) for each in part["movements"]]
        rows.append((last, f"Saldo al cierre {part['currency']}", "", part["closing"]))
        lines += ["", *_table(rows, left=2)]
    return "\n".join(lines)


def _indicators(asked: _Asked, *only: str) -> _Made:
    from aldia.domain.money import minor_text
    from aldia.reporting import plain, sheets
    from aldia.reporting.queries.indicators import indicators_of

    first, last = asked.period
    currency = asked.currency or asked.company.currency
    found = indicators_of(sight=asked.sight, currency=currency, first=first, last=last, today=asked.today)
    values = [each for each in found.values if not only or each.key in only]
    rows = [(f"{first} a {last}", currency, "")]
    rows += [(str(part.label), minor_text(part.amount, currency), "") for part in found.parts.values()]
    for each in values:
        shown = "—" if each.value is None else f"{each.value} {sheets.unit_name(each.unit)}"
        rows.append((str(each.label), shown, str(each.why or each.formula)))
    return _Made(
        plain.indicators_data(found, values),
        "\n".join(_table(rows)),
        _sheets(lambda: sheets.indicator_sheets(found, company=asked.company)),
    )


def _turnover(asked: _Asked) -> _Made:
    return _indicators(asked, "rotation", "turnover")


def _overdue(asked: _Asked) -> _Made:
    from aldia.reporting import plain, sheets
    from aldia.reporting.queries import drill
    from aldia.reporting.queries.drill import Drill

    as_of, customer = asked.as_of, asked.customer
    yesterday = as_of - timedelta(days=1)
    who = customer.id if customer else None
    wanted = Drill(drill.OWED, asked.currency, as_of=as_of, due_to=yesterday, customer=who)
    sums = drill.sums_behind(wanted, sight=asked.sight, today=asked.today, home=asked.company.currency)
    rows = list(drill.ordered(drill.rows_behind(wanted, sight=asked.sight, today=asked.today), wanted))
    data = plain.overdue_data(rows, sums, as_of)
    title = f"Saldos vencidos al {as_of}"
    return _Made(
        data,
        _overdue_text(data),
        _sheets(lambda: sheets.drill_sheets(iter(rows), wanted, sums, title=title, as_of=as_of)),
    )


def _overdue_text(data: dict[str, Any]) -> str:
    lines = [("Folio", "Cliente", "Vence", "Días", "Saldo", "")]
    for each in data["rows"]:
        late, name = str(each["days_late"]), each["customer"]["name"][:40]
        lines.append((each["number"], name, each["due_on"], late, each["balance"], each["currency"]))
    lines += [("Total", "", "", "", each["total"], each["currency"]) for each in data["totals"]]
    return "\n".join(_table(lines, left=3)) if data["rows"] else "Nada estaba vencido ese día."


_MAKERS: dict[str, Callable[[_Asked], _Made]] = {
    "aging": _aging,
    "statement": _statement,
    "turnover": _turnover,
    "indicators": _indicators,
    "overdue": _overdue,
}


def _sheets(make: Callable[[], list[Sheet]]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        from aldia.integrations.spreadsheets import write_xlsx

        with path.open("wb") as stream:
            write_xlsx(stream, make())

    return write


def _bytes(make: Callable[[], bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(make())

    return write


def _write(path: Path, write: Callable[[Path], None] | None) -> None:
    if write is None:
        raise WrongUsage("Ese reporte no tiene PDF: pide --xlsx.")
    try:
        write(path)
    except OSError as error:
        raise CouldNotRun(f"No se pudo escribir «{path}»: {error.strerror}.") from None
    say(f"Escrito: {path}")


def _table(rows: list[tuple[str, ...]], left: int = 1) -> list[str]:
    """Aligned columns: the first `left` to the left, figures to the right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
