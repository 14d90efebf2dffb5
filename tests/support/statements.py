"""Statements for tests: the rows of a bank's CSV, written by code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

Line = tuple[date, str, int]  # day, text, minor units


def csv_of(
    lines: Sequence[Line], *, opening: int | None = 100_000_00, header: str = "Fecha,Concepto,Cargo,Abono,Saldo"
) -> bytes:
    """A bank's CSV, oldest first; without `opening` it has no balances."""
    balance = opening
    rows = [header if opening is not None else header.rpartition(",")[0]]
    for day, text, amount in lines:
        out, into = (_money(-amount), "") if amount < 0 else ("", _money(amount))
        cells = [f"{day:%d/%m/%Y}", f'"{text}"', f'"{out}"', f'"{into}"']
        if balance is not None:
            balance += amount
            cells.append(f'"{_money(balance)}"')
        rows.append(",".join(cells))
    return "\r\n".join(rows).encode()


def _money(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02}"
