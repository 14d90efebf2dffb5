"""What is decided for a whole file: decimal mark, currency, order and years of dates. Or asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from aldia.domain.sentences import gettext_noop
from aldia.domain.statements import dates, numbers
from aldia.domain.statements.mapping import Mapping
from aldia.domain.statements.model import Candidate, Hints, Question, Value
from aldia.domain.statements.preamble import COUNTRY_CURRENCY, Preamble

ASK_ROLES = gettext_noop("¿Qué es cada columna? Elige al menos la fecha y el importe (o cargos y abonos).")
ASK_DECIMAL = gettext_noop("«%(text)s» puede ser mil y tantos o uno y fracción: ¿qué signo separa los decimales?")
ASK_ORDER = gettext_noop("Las fechas del archivo se pueden leer de dos maneras: ¿qué va primero, el día o el mes?")
ASK_YEAR = gettext_noop("Las fechas del archivo no dicen el año: ¿de qué año es el movimiento más antiguo?")
ASK_CURRENCY = gettext_noop("El archivo no dice su moneda: ¿cuál es la de la cuenta?")
ASK_SIGN = gettext_noop("Los importes no tienen signo ni saldo: ¿es dinero que entró o que salió?")
COMMON_CURRENCIES = ("MXN", "CLP", "COP", "EUR", "USD")


def decide_decimal(
    cells: Iterable[Value], currency: str, mapping: Mapping, ties: Callable[[str], bool]
) -> tuple[str, Question | None]:
    """The decimal mark of the file. `ties` says whether the running balance holds under a mark."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    written = [(text, number) for text in texts if (number := numbers.take_apart(text))]
    found = numbers.votes(number for _text, number in written)
    points, commas = found["."], found[","]
    if points or commas:
        mark = "." if points >= commas else ","
        if min(points, commas) * 5 <= max(points, commas):
            return mark, None
        if mapping.confirmed and mapping.decimal:
            return mapping.decimal, None
        return mark, _ask_decimal(texts[0])
    if not found["?"]:
        return mapping.decimal or ".", None
    doubtful = next(text for text, number in written if numbers.votes([number])["?"])
    separator = "." if "." in doubtful else ","
    if mapping.confirmed and mapping.decimal:
        return mapping.decimal, None
    whole = numbers.OTHER[separator]
    if currency in numbers.WHOLE_BY_USE:
        return whole, None
    if ties(whole) and not ties(separator):
        return whole, None
    return whole, _ask_decimal(doubtful)


def _ask_decimal(text: str) -> Question:
    candidates = tuple(
        Candidate(
            mark, gettext_noop("Punto decimal") if mark == "." else gettext_noop("Coma decimal"), _read(text, mark)
        )
        for mark in ".,"
    )
    return Question("decimal", ASK_DECIMAL, candidates, {"text": text[:40]})


def _read(text: str, mark: str) -> str:
    try:
        return f"{numbers.read_number(text, mark):f}"
    except numbers.BadNumber:
        return ""


def decide_currency(written: str, preamble: Preamble, hints: Hints, mapping: Mapping) -> tuple[str, Question | None]:
    """What the file says, else what is known of the account, else what its country uses."""
    country = COUNTRY_CURRENCY.get(hints.country, "")
    found = written or preamble.currency or mapping.currency or hints.currency or country
    if found:
        return found, None
    return "", ask_currency()


def ask_currency() -> Question:
    """Which currency? Sheets remember the answer in their mapping; other formats take it as `Hints.currency`."""
    return Question("currency", ASK_CURRENCY, tuple(Candidate(code, code) for code in COMMON_CURRENCIES))


def decide_order(cells: Sequence[dates.Parts], mapping: Mapping, hints: Hints) -> tuple[dates.Order, Question | None]:
    """Day first or month first, for all dates of the file."""
    possible = dates.possible_orders(cells)
    if not possible:
        best = max(dates.ORDERS, key=lambda order: sum(cell.read(order, 2024) is not None for cell in cells))
        unread = sum(cell.read(best, 2024) is None for cell in cells)
        return best, None if unread * 10 <= len(cells) else _ask_order(cells)
    if len(possible) == 2 and mapping.confirmed and mapping.date_order in dates.ORDERS:
        return dates.ORDERS[dates.ORDERS.index(mapping.date_order)], None
    order, certain = dates.choose_order(cells, hints.country, hints.today)
    return order, None if certain else _ask_order(cells)


def _ask_order(cells: Sequence[dates.Parts]) -> Question:
    first = next((cell for cell in cells if cell.first != cell.second and not cell.fixed), cells[0])
    candidates = []
    for order, label in (("DMY", gettext_noop("Día / mes / año")), ("MDY", gettext_noop("Mes / día / año"))):
        day = first.read(order, 2024)  # type: ignore[arg-type]
        candidates.append(Candidate(order, label, day.isoformat() if day else ""))
    return Question("date_order", ASK_ORDER, tuple(candidates))


def decide_year(
    cells: Sequence[dates.Parts], order: dates.Order, newest_first: bool, preamble: Preamble, hints: Hints
) -> tuple[int, Question | None]:
    """The year of the oldest date when the column says none."""
    if all(cell.year for cell in cells):
        return 0, None
    if hints.year:
        return hints.year, None
    stated = [day for parts in preamble.dates if (day := parts.read(order, None))]
    if preamble.period and len(stated) == 2:
        return min(stated).year, None
    limit = max(stated, default=None)
    years = {limit.year} if limit else set(preamble.years)
    if len(years) == 1:
        year = next(iter(years))
        for first in (year, year - 1):
            spread = [day for day in dates.spread_years(cells, order, first, newest_first) if day]
            if spread and max(spread) <= (limit or date(year, 12, 31)):
                return first, None
    if len(years) == 2 and max(years) - min(years) == 1:
        return min(years), None
    near = [hints.today.year, hints.today.year - 1] if hints.today else sorted(years)
    return 0, Question("year", ASK_YEAR, tuple(Candidate(year, str(year)) for year in near))
