"""Antigüedad de saldos, estado de cuenta, rotación, indicadores y saldos vencidos: las mismas cifras que las páginas."""

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


@dataclass(slots=True)
class _Asked:
    """The options, read: dates in the company's zone, the customer found, the ranges understood."""

    args: argparse.Namespace
    company: Company
    today: date = field(init=False)

    def __post_init__(self) -> None:
        self.today = datetime.now(UTC).astimezone(ZoneInfo(self.company.time_zone)).date()

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
    from aldia.reporting import papers, sheets
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
        _aging_data(found),
        _aging_text(found),
        _sheets(lambda: sheets.aging_sheets(found, company=asked.company)),
        _bytes(lambda: papers.aging_pdf(found, company=asked.company, today=asked.today)),
    )


def _aging_data(found: Aging) -> dict[str, Any]:
    from aldia.domain.money import minor_text

    def row(each: Any) -> dict[str, Any]:
        def text(minor: int) -> str:
            return minor_text(minor, each.currency)

        return {
            "key": each.key,
            "label": each.label,
            "currency": each.currency,
            "buckets": [text(minor) for minor in each.buckets],
            "overdue": text(each.overdue),
            "total": text(each.total),
        }

    return {
        "as_of": found.as_of.isoformat(),
        "by": found.by,
        "ranges": list(found.ranges.bounds),
        "labels": list(found.ranges.labels),
        "rows": [row(each) for each in found.rows],
        "totals": [row(each) for each in found.totals],
    }


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
    from aldia.domain.money import minor_text
    from aldia.receivables.queries.lists import Wanted
    from aldia.receivables.queries.statement import statement
    from aldia.reporting import papers, sheets, words

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
    data: dict[str, Any] = {
        "customer": {"id": str(customer.id), "tax_id": customer.tax_id, "name": customer.legal_name},
        "first": first.isoformat(),
        "last": last.isoformat(),
        "currencies": [],
    }
    lines = [f"{customer.legal_name} · {customer.tax_id} · {first} a {last}"]
    for part in found.currencies:
        names = ("opening", "charged", "paid", "closing", "owed", "overdue", "in_favour")
        figures = {name: minor_text(getattr(part, name), part.currency) for name in names}
        data["currencies"].append(
            {
                "currency": part.currency,
                **figures,
                "movements": [
                    {
                        "on": each.on.isoformat(),
                        "kind": each.kind,
                        "text": words.movement_text(each),
                        "amount": minor_text(each.amount, part.currency),
                        "balance": minor_text(each.running, part.currency),
                    }
                    for each in part.movements
                ],
                "documents": [
                    {
                        "id": str(row.id),
                        "number": row.number,
                        "uuid": row.key,
                        "issued_on": row.issued_on.isoformat(),
                        "due_on": row.due_on.isoformat(),
                        "total": minor_text(row.total, part.currency),
                        "balance": minor_text(row.balance, part.currency),
                    }
                    for row in part.documents
                ],
            }
        )
        rows = [("Fecha", "Concepto", "Importe", "Saldo"), (str(first), "Saldo anterior", "", figures["opening"])]
        for each in data["currencies"][-1]["movements"]:
            rows.append((each["on"], each["text"][:60], each["amount"], each["balance"]))
        rows.append((str(last), f"Saldo al cierre {part.currency}", "", figures["closing"]))
        lines += ["", *_table(rows, left=2)]
    return _Made(
        data,
        "\n".join(lines),
        _sheets(lambda: sheets.statement_sheets(found, customer=customer, company=asked.company)),
        _bytes(lambda: papers.statement_pdf(found, customer=customer, company=asked.company)),
    )


def _indicators(asked: _Asked, *only: str) -> _Made:
    from aldia.domain.money import minor_text
    from aldia.reporting import sheets
    from aldia.reporting.queries.indicators import indicators_of

    first, last = asked.period
    currency = asked.currency or asked.company.currency
    found = indicators_of(sight=asked.sight, currency=currency, first=first, last=last, today=asked.today)
    values = [each for each in found.values if not only or each.key in only]
    data = {
        "currency": currency,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "figures": {key: minor_text(part.amount, currency) for key, part in found.parts.items()},
        "indicators": {
            each.key: {
                "value": None if each.value is None else str(each.value),
                "unit": each.unit,
                "label": str(each.label),
                "formula": str(each.formula),
            }
            for each in values
        },
    }
    rows = [(f"{first} a {last}", currency, "")]
    rows += [(str(part.label), minor_text(part.amount, currency), "") for part in found.parts.values()]
    for each in values:
        shown = "—" if each.value is None else f"{each.value} {sheets.unit_name(each.unit)}"
        rows.append((str(each.label), shown, str(each.why or each.formula)))
    lines = _table(rows)
    return _Made(data, "\n".join(lines), _sheets(lambda: sheets.indicator_sheets(found, company=asked.company)))


def _turnover(asked: _Asked) -> _Made:
    return _indicators(asked, "rotation", "turnover")


def _overdue(asked: _Asked) -> _Made:
    from aldia.domain.money import minor_text
    from aldia.reporting import sheets
    from aldia.reporting.queries import drill
    from aldia.reporting.queries.drill import Drill

    as_of, customer = asked.as_of, asked.customer
    wanted = Drill(
        drill.OWED,
        asked.currency,
        as_of=as_of,
        due_to=as_of - timedelta(days=1),
        customer=customer.id if customer else None,
    )
    sums = drill.sums_behind(wanted, sight=asked.sight, today=asked.today, home=asked.company.currency)
    found = drill.ordered(drill.rows_behind(wanted, sight=asked.sight, today=asked.today), wanted)
    rows = list(found)
    data = {
        "as_of": as_of.isoformat(),
        "rows": [
            {
                "id": str(row.id),
                "number": row.number,
                "uuid": row.key,
                "customer": {"id": str(row.customer_id), "tax_id": row.customer.tax_id, "name": str(row.customer)},
                "issued_on": row.issued_on.isoformat(),
                "due_on": row.due_on.isoformat(),
                "days_late": (as_of - row.due_on).days,
                "currency": row.currency,
                "balance": minor_text(row.figure, row.currency),
            }
            for row in rows
        ],
        "totals": [
            {"currency": each.currency, "rows": each.count, "total": minor_text(each.amount, each.currency)}
            for each in sums
        ],
    }
    lines = [("Folio", "Cliente", "Vence", "Días", "Saldo", "")]
    for each in data["rows"]:
        late, name = str(each["days_late"]), each["customer"]["name"][:40]
        lines.append((each["number"], name, each["due_on"], late, each["balance"], each["currency"]))
    lines += [("Total", "", "", "", each["total"], each["currency"]) for each in data["totals"]]
    title = f"Saldos vencidos al {as_of}"
    return _Made(
        data,
        "\n".join(_table(lines, left=3)) if rows else "Nada estaba vencido ese día.",
        _sheets(lambda: sheets.drill_sheets(iter(rows), wanted, sums, title=title, as_of=as_of)),
    )


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
    return lambda path: _discard(path.write_bytes(make()))


def _discard(_count: int) -> None:
    """Written."""


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
