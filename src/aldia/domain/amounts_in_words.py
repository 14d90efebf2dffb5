"""An amount in Spanish words, as invoices and letters write it: "MIL DOSCIENTOS PESOS 50/100 M.N."."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_UNITS = (
    "CERO", "UN", "DOS", "TRES", "CUATRO", "CINCO", "SEIS", "SIETE", "OCHO", "NUEVE", "DIEZ", "ONCE", "DOCE", "TRECE",
    "CATORCE", "QUINCE", "DIECISÉIS", "DIECISIETE", "DIECIOCHO", "DIECINUEVE", "VEINTE", "VEINTIÚN", "VEINTIDÓS",
    "VEINTITRÉS", "VEINTICUATRO", "VEINTICINCO", "VEINTISÉIS", "VEINTISIETE", "VEINTIOCHO", "VEINTINUEVE",
)  # fmt: skip
_TENS = ("", "", "", "TREINTA", "CUARENTA", "CINCUENTA", "SESENTA", "SETENTA", "OCHENTA", "NOVENTA")
_HUNDREDS = (
    "", "CIENTO", "DOSCIENTOS", "TRESCIENTOS", "CUATROCIENTOS", "QUINIENTOS", "SEISCIENTOS", "SETECIENTOS",
    "OCHOCIENTOS", "NOVECIENTOS",
)  # fmt: skip
# singular, plural, and what follows the cents; a currency that is not here goes by its code
_NOUNS = {
    "MXN": ("PESO", "PESOS", "M.N."),
    "USD": ("DÓLAR", "DÓLARES", "USD"),
    "CAD": ("DÓLAR CANADIENSE", "DÓLARES CANADIENSES", "CAD"),
    "EUR": ("EURO", "EUROS", "EUR"),
    "CLP": ("PESO CHILENO", "PESOS CHILENOS", "CLP"),
    "COP": ("PESO COLOMBIANO", "PESOS COLOMBIANOS", "COP"),
}
_MILLION = 10**6
_HUNDREDTH = Decimal("0.01")


def in_words(amount: Decimal, currency: str) -> str:
    """The amount with its currency; cents as a fraction of a hundred (half up). Raises `ValueError` if negative.

    The short forms that go before a noun are used throughout: UN PESO, VEINTIÚN PESOS, TREINTA Y UN MIL PESOS.
    """
    if amount < 0:
        raise ValueError("an amount in words is never negative")
    cents_in_all = int((amount.quantize(_HUNDREDTH, ROUND_HALF_UP)) * 100)
    whole, cents = divmod(cents_in_all, 100)
    words = number_in_words(whole)
    one, many, mark = _NOUNS.get(currency, ("", "", currency))
    noun = one if whole == 1 else many
    if noun and whole >= _MILLION and whole % _MILLION == 0:
        noun = f"DE {noun}"  # UN MILLÓN DE PESOS, but UN MILLÓN UN PESOS
    return " ".join(part for part in (words, noun, f"{cents:02d}/100", mark) if part)


def number_in_words(number: int) -> str:
    """A whole number up to 10^18 - 1, in the forms that go before a noun. Raises `ValueError` beyond."""
    if not 0 <= number < 10**18:
        raise ValueError("only numbers from 0 to 10^18 - 1 have words here")
    if number == 0:
        return _UNITS[0]
    billions, rest = divmod(number, _MILLION**2)  # Spanish: a billón is a million millions
    millions, units = divmod(rest, _MILLION)
    parts = [
        _scaled(billions, "UN BILLÓN", "BILLONES"),
        _scaled(millions, "UN MILLÓN", "MILLONES"),
        _below_million(units),
    ]
    return " ".join(part for part in parts if part)


def _scaled(number: int, one: str, many: str) -> str:
    if number == 0:
        return ""
    return one if number == 1 else f"{_below_million(number)} {many}"


def _below_million(number: int) -> str:
    thousands, units = divmod(number, 1000)
    head = "" if thousands == 0 else "MIL" if thousands == 1 else f"{_below_thousand(thousands)} MIL"
    return " ".join(part for part in (head, _below_thousand(units)) if part)


def _below_thousand(number: int) -> str:
    if number == 100:
        return "CIEN"
    hundreds, rest = divmod(number, 100)
    return " ".join(part for part in (_HUNDREDS[hundreds], _below_hundred(rest)) if part)


def _below_hundred(number: int) -> str:
    if number == 0:
        return ""
    if number < len(_UNITS):
        return _UNITS[number]
    tens, unit = divmod(number, 10)
    return f"{_TENS[tens]} Y {_UNITS[unit]}" if unit else _TENS[tens]
