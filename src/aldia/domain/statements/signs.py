"""In or out: by columns of charges and deposits, by a flag, by the sign, by the running balance; never by words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from aldia.domain.folding import fold
from aldia.domain.statements.model import Value
from aldia.domain.statements.proof import Step, flipped, walk_of
from aldia.domain.statements.rows import Raw
from aldia.domain.statements.vocabulary import IN, OUT


@dataclass(slots=True)
class Signs:
    """Signed amounts in the order of the rows (None where `errors` says why). `how` names the rule; "" means ask.

    `debt`: the balance is what is owed (a card), so it counts the other way.
    """

    how: str = ""
    values: list[int | None] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    debt: bool = False


def flag_key(cell: Value) -> str:
    """A flag as it is compared: "+" and "-" stay, words are folded."""
    if not isinstance(cell, str):
        return ""
    text = cell.strip()
    return fold(text) or text


def flag_table(cells: Iterable[Value]) -> dict[str, int] | None:
    """What each flag of the column means: +1 in, -1 out. None when a flag is unknown or "C" stands alone."""
    seen = {key for key in map(flag_key, cells) if key}
    table = {"+": 1, "-": -1} | dict.fromkeys(OUT, -1) | dict.fromkeys(IN, 1)
    if "c" in seen:
        if seen & {"a", "abono"} and not seen & {"d", "debito"}:
            table["c"] = -1  # Cargo, beside Abono
        elif seen & {"d", "debito"} and not seen & {"a", "abono"}:
            table["c"] = 1  # Crédito, beside Débito
    if not seen or seen - table.keys():
        return None
    return {key: table[key] for key in seen}


def resolve(
    raws: Sequence[Raw], flags: Sequence[Value], *, by: str, told: str, orders: Sequence[bool], opening: int | None
) -> Signs:
    """The sign of every row. `by` is columns, flag or amount; `told` what a person said of such files.

    `orders` are the orders that the rows may have: (False,) oldest first, (True,) newest first, both for a single day.
    """
    if by == "columns":
        return _turned(_by_columns(raws), raws, orders)
    if by == "flag":
        table = flag_table(flags)
        if table is not None:
            return _turned(_by_flags(raws, flags, table), raws, orders)
    return _by_amount(raws, told, orders, opening)


# Columns and flags


def _by_columns(raws: Sequence[Raw]) -> Signs:
    found = Signs("columns")
    minus = carry_minus([raw.debit for raw in raws if raw.debit])
    for at, raw in enumerate(raws):
        value: int | None = None
        if raw.error:
            found.errors[at] = raw.error
        elif raw.debit and raw.credit:
            found.errors[at] = "both_filled"
        elif raw.debit:
            value = raw.debit if minus else -raw.debit
        elif raw.credit:
            value = raw.credit
        else:
            found.errors[at] = "zero_amount" if raw.debit == 0 or raw.credit == 0 else "no_amount"
        found.values.append(value)
    return found


def carry_minus(values: Sequence[int]) -> bool:
    """Whether a column of charges is printed with minus signs (a single one among many is a reversal)."""
    return sum(value < 0 for value in values) * 2 > len(values)


def _by_flags(raws: Sequence[Raw], flags: Sequence[Value], table: dict[str, int]) -> Signs:
    found = Signs("flag")
    sides = [table.get(flag_key(flag), 0) for flag in flags]
    outs = [raw.amount for raw, side in zip(raws, sides, strict=True) if side < 0 and raw.amount]
    minus = carry_minus(outs)
    for at, (raw, side) in enumerate(zip(raws, sides, strict=True)):
        value: int | None = None
        if raw.error or not raw.amount:
            found.errors[at] = raw.error or "zero_amount"
        elif not side:
            found.errors[at] = "unknown_flag"
        else:
            value = abs(raw.amount) * side if minus else raw.amount * side
        found.values.append(value)
    return found


def _turned(found: Signs, raws: Sequence[Raw], orders: Sequence[bool]) -> Signs:
    """Charges that raise the balance: it is a debt, and counts the other way."""
    steps = _steps(found.values, raws)
    found.debt = not _holds(steps, (False, True)) and _holds(flipped(steps), orders, at_least=2)
    return found


def _holds(steps: Sequence[Step], orders: Sequence[bool], at_least: int = 1) -> bool:
    """Whether the running balance ties at every step in one of these orders."""
    walks = [walk_of(steps, order, orders) for order in orders]
    return any(walk.state == "full" and walk.steps >= at_least for walk in walks)


# One column of amounts


def _by_amount(raws: Sequence[Raw], told: str, orders: Sequence[bool], opening: int | None) -> Signs:
    found = Signs(values=[None if raw.error or not raw.amount else raw.amount for raw in raws])
    found.errors = {at: raw.error or "zero_amount" for at, raw in enumerate(raws) if raw.error or not raw.amount}
    if told in ("all_in", "all_out", "inverted"):
        return _as_told(found, told)
    if any(raw.side for raw in raws):
        return _by_sides(found, raws)
    values = [value for value in found.values if value is not None]
    if not values or told == "signed" or any(value < 0 for value in values) or any(raw.plus for raw in raws):
        return _signed(found, raws, orders)
    return _unsigned(found, raws, orders, opening)


_TOLD: dict[str, Callable[[int], int]] = {
    "all_in": abs,
    "all_out": lambda value: -abs(value),
    "inverted": lambda value: -value,
}


def _as_told(found: Signs, told: str) -> Signs:
    found.how = told
    found.values = [None if value is None else _TOLD[told](value) for value in found.values]
    return found


def _by_sides(found: Signs, raws: Sequence[Raw]) -> Signs:
    found.how = "flag"
    for at, raw in enumerate(raws):
        value = found.values[at]
        if value is not None:
            found.values[at] = abs(value) * raw.side if raw.side else None
            if not raw.side:
                found.errors[at] = "unknown_flag"
    return found


def _signed(found: Signs, raws: Sequence[Raw], orders: Sequence[bool]) -> Signs:
    """Signs as written, unless the balances hold only with all of them inverted."""
    found.how = "signed"
    steps = _steps(found.values, raws)
    if not _holds(steps, (False, True)) and _holds(flipped(steps), orders, at_least=2):
        return _as_told(found, "inverted")
    return found


def _unsigned(found: Signs, raws: Sequence[Raw], orders: Sequence[bool], opening: int | None) -> Signs:
    """Amounts without a minus: the running balance tells, row by row; where it cannot, a person is asked.

    Rows of one day may run either way, and then charges read backwards look like deposits: two readings are a question.
    """
    values = [value or 0 for value in found.values]
    balances = [raw.balance for raw in raws]
    readings = [signs for order in orders if (signs := by_balance(values, balances, order, opening)) and any(signs)]
    if not readings or any(signs != readings[0] for signs in readings):
        return found
    if -1 not in readings[0]:
        found.how = "signed"
        return found
    found.how = "balance"
    for at, sign in enumerate(readings[0]):
        if found.values[at] is not None:
            found.values[at] = values[at] * sign if sign else None
            if not sign:
                found.errors[at] = "unknown_sign"
    return found


def by_balance(
    amounts: Sequence[int], balances: Sequence[int | None], newest_first: bool, opening: int | None = None
) -> list[int] | None:
    """Signs that the running balance proves for unsigned amounts, in the order of the rows; None unless it proves all.

    The oldest row has no balance before it: without `opening` its sign stays 0.
    """
    order = range(len(amounts) - 1, -1, -1) if newest_first else range(len(amounts))
    found = [0] * len(amounts)
    before = opening
    for at in order:
        balance = balances[at]
        if balance is None:
            return None
        if before is not None:
            if abs(balance - before) != amounts[at]:
                return None
            found[at] = 1 if balance > before else -1
        before = balance
    return found


def _steps(values: Sequence[int | None], raws: Sequence[Raw]) -> list[Step]:
    """Only rows that moved: `line` is their place, as the caller has the lines."""
    pairs = enumerate(zip(values, raws, strict=True))
    return [Step(at, value, raw.balance) for at, (value, raw) in pairs if value is not None]
