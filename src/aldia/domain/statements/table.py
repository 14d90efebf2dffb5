"""A sheet of rows becomes statements: one decimal mark, one order of dates, signs that are certain, and a proof.

What the rows cannot settle becomes a question with its candidates; nothing is guessed about money.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from aldia.domain.money import MoneyError
from aldia.domain.sentences import gettext_noop
from aldia.domain.statements import amounts, banks, dates, decisions, headers, movements, numbers, signs
from aldia.domain.statements.errors import NoTable
from aldia.domain.statements.layout import find_layout
from aldia.domain.statements.mapping import Mapping
from aldia.domain.statements.model import NO_HINTS, Candidate, Declared, Hints, Question, Sheet, Statement, Value
from aldia.domain.statements.preamble import COUNTRY_OF, read_preamble
from aldia.domain.statements.proof import Step, walk_of
from aldia.domain.statements.reading import Reading
from aldia.domain.statements.rows import Line, outcome, sort_rows


def read_sheet(sheet: Sheet, hints: Hints = NO_HINTS, remembered: Sequence[Mapping] = ()) -> tuple[Statement, ...]:
    """The statements of one sheet, one per account and currency in it. Raises `NoTable` when it has no table at all.

    `remembered` are mappings stored earlier: the one with the header's fingerprint is used, and one without
    fingerprint is used for whatever table is found.
    """
    reading = _begin(sheet, hints, remembered)
    if headers.is_enough(dict(reading.mapping.roles)) and not reading.questions:
        _decide(reading)
    elif not reading.questions:
        reading.questions.append(Question("roles", decisions.ASK_ROLES, ()))
    if reading.questions:
        return (movements.asked(reading, sheet.name),)
    groups = movements.groups(reading)
    told = _told(reading)
    resolved = [_signs(reading, lines, currency, told) for _account, currency, lines in groups]
    if not all(each.how for each in resolved):
        reading.questions.append(_ask_sign(reading))
        return (movements.asked(reading, sheet.name),)
    return movements.statements(reading, sheet.name, groups, resolved)


def _begin(sheet: Sheet, hints: Hints, remembered: Sequence[Mapping]) -> Reading:
    """Find the table, sort the rows, read what stands around them; once more with what the bank is known for."""
    layout = find_layout(sheet.rows, remembered, hints.bank)
    if layout is None:
        raise NoTable
    found = sort_rows(sheet.rows, layout)
    preamble = read_preamble(*found.outside, sheet.name, hints.country)
    named = (hints.bank, preamble.bank, layout.mapping.bank)
    by_headings = banks.bank_by_headings(layout.headings, headers.heading_key)
    bank = next((each for each in (*named, by_headings) if each in banks.BANKS), "")
    if bank and bank != hints.bank and banks.BANKS[bank].headings and not layout.mapping.confirmed:
        layout = find_layout(sheet.rows, remembered, bank) or layout
        found = sort_rows(sheet.rows, layout)
    reading = Reading(layout, found, preamble, hints, bank, questions=list(layout.questions))
    reading.country = hints.country or (banks.BANKS[bank].country if bank else "")
    reading.lines = [line for line in found.lines if not line.anchor]
    keys = {headers.heading_key(heading) for heading in layout.headings}
    reading.received_only = bool(keys & banks.RECEIVED_ONLY)
    return reading


# Decisions for the whole file


def _decide(reading: Reading) -> None:
    """Order and years of dates, currency, decimal mark, what the file declares: each decided or asked."""
    hints = dataclasses.replace(reading.hints, country=reading.country)
    parts = [line.parts for line in reading.lines if line.parts]
    if parts:
        reading.order, question = decisions.decide_order(parts, reading.mapping, hints)
        _ask(reading, question)
        reading.newest_first = dates.newest_comes_first(parts, reading.order)
        year, question = decisions.decide_year(
            parts, reading.order, reading.newest_first, reading.preamble, reading.hints
        )
        _ask(reading, question)
        _date_lines(reading, parts, year)
    column = {code for line in reading.lines if (code := movements.currency_named(line.text("currency")))}
    written = next(iter(column)) if len(column) == 1 else ""
    reading.currency, question = decisions.decide_currency(
        written or reading.layout.currency, reading.preamble, hints, reading.mapping
    )
    _ask(reading, question)
    reading.country = reading.country or COUNTRY_OF.get(reading.currency, "")
    if reading.currency:
        _decide_decimal(reading)
        reading.declared = _declared(reading)


def _ask(reading: Reading, question: Question | None) -> None:
    if question:
        reading.questions.append(question)


def _date_lines(reading: Reading, parts: Sequence[dates.Parts], year: int) -> None:
    """Give every row its date; a row whose date does not exist in this order is skipped, and told."""
    spread = dates.spread_years(parts, reading.order, year, reading.newest_first) if year else None
    kept: list[Line] = []
    for at, line in enumerate(reading.lines):
        day = spread[at] if spread else parts[at].read(reading.order)
        if day:
            reading.days[line.row.line] = day
            kept.append(line)
        else:
            reading.found.outcomes.append(outcome(line.row, "bad_date"))
    reading.lines = kept


def _decide_decimal(reading: Reading) -> None:
    cells: list[Value] = [
        cell for line in reading.lines for role in headers.MONEY if (cell := line.cells.get(role)) is not None
    ]
    cells += reading.preamble.amounts.values()
    reading.decimal, question = decisions.decide_decimal(
        cells, reading.currency, reading.mapping, lambda mark: _ties(reading, mark)
    )
    _ask(reading, question)


def _ties(reading: Reading, decimal: str) -> bool:
    """Whether the running balance holds at every step when numbers are read with this decimal mark."""
    raws = amounts.read_lines(reading.lines, decimal, reading.currency)
    if any(raw.error for raw in raws):
        return False
    flags = [line.cells.get("flag") for line in reading.lines]
    found = signs.resolve(raws, flags, by=reading.by, told=reading.mapping.sign, orders=reading.orders, opening=None)
    pairs = zip(found.values, raws, strict=True)
    steps = [Step(at, value, raw.balance) for at, (value, raw) in enumerate(pairs) if value is not None]
    walk = walk_of(steps, reading.newest_first)
    return walk.state == "full" and walk.steps >= 2


def _declared(reading: Reading) -> Declared:
    """Balances and totals that the file states, under its decimal mark; what cannot be read is left out."""
    found: dict[str, int] = dict(reading.preamble.counts)
    for name, cell in (reading.preamble.amounts | reading.found.stated).items():
        try:
            value, side = amounts.read_money(cell, reading.decimal, reading.currency)
        except (numbers.BadNumber, MoneyError):
            continue
        stated = amounts.signed(value, side)
        if stated is not None:
            found[name] = stated
    return Declared(**found)


# Signs


def _told(reading: Reading) -> str:
    """What is known of the signs before looking at rows: a person's word, a sheet of received transfers, a minus."""
    if reading.mapping.sign or reading.by != "amount":
        return reading.mapping.sign
    if reading.received_only:
        return "all_in"
    raws = amounts.read_lines(reading.lines, reading.decimal, reading.currency)
    return "signed" if any(raw.plus or (raw.amount or 0) < 0 for raw in raws) else ""


def _signs(reading: Reading, lines: Sequence[Line], currency: str, told: str) -> signs.Signs:
    raws = amounts.read_lines(lines, reading.decimal, currency)
    return signs.resolve(
        raws,
        [line.cells.get("flag") for line in lines],
        by=reading.by,
        told=told,
        orders=reading.orders,
        opening=reading.declared.opening,
    )


def _ask_sign(reading: Reading) -> Question:
    example = reading.lines[0].text("desc")[:60] if reading.lines else ""
    candidates = (
        Candidate("all_in", gettext_noop("Todo entró a la cuenta"), example),
        Candidate("all_out", gettext_noop("Todo salió de la cuenta"), example),
    )
    return Question("sign", decisions.ASK_SIGN, candidates)
