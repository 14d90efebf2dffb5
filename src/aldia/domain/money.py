"""Money is an integer of minor units with its currency; nothing here is ever a float.

Minor units follow ISO 4217 (`currencies`): CLP has 0 decimals, MXN 2, CLF 4. `Decimal` appears only at the edges
(fiscal documents, exchange rates) and becomes minor units once, in `to_minor` (exact), `round_to_minor` or `convert`
(half up).

Every error is a `MoneyError`: a Spanish sentence for a person, a `code` for programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

from aldia.domain.currencies import CURRENCIES, MoneyError, UnknownCurrency, exponent
from aldia.domain.sentences import gettext_noop

__all__ = [
    "CURRENCIES",
    "MAX_MINOR",
    "BadMoney",
    "CurrencyMismatch",
    "Money",
    "MoneyError",
    "OverPrecise",
    "UnknownCurrency",
    "convert",
    "exponent",
    "format_money",
    "minor_text",
    "parse_money",
    "round_to_minor",
    "split",
    "to_minor",
    "total",
]

_PESOS = frozenset({"MXN", "CLP", "COP", "ARS", "UYU", "USD", "CAD", "AUD", "NZD", "DOP"})  # "$" at home

MAX_DIGITS = 15
MAX_MINOR = 10**MAX_DIGITS - 1  # nine thousand such amounts still sum inside a 64-bit integer (SQLite refuses more)
_WIDE = Context(prec=80)


class CurrencyMismatch(MoneyError):
    code = "currency_mismatch"
    template = gettext_noop("No se pueden mezclar %(one)s y %(other)s sin un tipo de cambio.")


class OverPrecise(MoneyError):
    code = "over_precise"
    template = gettext_noop("«%(value)s» tiene demasiados decimales: %(currency)s admite %(places)s.")


class BadMoney(MoneyError):
    """What was typed or read is not an amount we accept."""

    code = "bad_money"
    template = gettext_noop("«%(value)s» no es un importe: escribe solo dígitos, por ejemplo 1,234.50.")


class NoMoney(BadMoney):
    code = "empty"
    template = gettext_noop("Falta el importe.")


class NegativeMoney(BadMoney):
    code = "negative"
    template = gettext_noop("El importe no puede ser negativo.")


class TooLarge(BadMoney):
    code = "too_large"
    template = gettext_noop("El importe es demasiado grande: se admiten 15 dígitos.")


class TooManyDecimals(BadMoney):
    code = "over_precise"
    template = gettext_noop(
        "«%(value)s» tiene demasiados decimales: %(currency)s admite %(places)s. Los miles se separan con «%(group)s»."
    )


class OtherCurrency(BadMoney):
    code = "other_currency"
    template = gettext_noop("El importe dice «%(named)s», pero debe estar en %(currency)s.")


class BadRate(BadMoney):
    code = "bad_rate"
    template = gettext_noop("El tipo de cambio debe ser un número mayor que cero.")


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units of `currency`: Money(123450, "MXN") is $1,234.50. Compares and adds only with its own currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are an int, not {type(self.minor).__name__}")
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def from_decimal(cls, value: Decimal, currency: str) -> Money:
        """Exact, or `OverPrecise`."""
        return cls(to_minor(value, currency), currency)

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency), _WIDE)

    @property
    def text(self) -> str:
        """As "1234.50": the currency's decimals, no symbol, no thousands; for files and the API."""
        return minor_text(self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    def __bool__(self) -> bool:
        return self.minor != 0

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money goes with Money, not with {type(other).__name__}")
        if other.currency != self.currency:
            raise CurrencyMismatch(one=self.currency, other=other.currency)
        return other.minor


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Sum of amounts of one currency; zero of that currency if there are none."""
    return sum(amounts, Money.zero(currency))


# Decimal <-> minor units


def _scaled(value: Decimal, currency: str, rounding: str) -> tuple[int, bool]:
    """Minor units after `rounding`, and whether nothing was rounded away. Huge exponents never become huge ints."""
    places = exponent(currency)
    if not value.is_finite():
        raise BadMoney(value=value)
    if value and value.adjusted() >= MAX_DIGITS:
        raise TooLarge()
    rounded = value.quantize(Decimal((0, (1,), -places)), rounding, _WIDE)
    minor = int(rounded.scaleb(places, _WIDE))
    if abs(minor) > MAX_MINOR:
        raise TooLarge()
    return minor, rounded == value


def to_minor(value: Decimal, currency: str) -> int:
    """Minor units of an exact amount. Raises `OverPrecise` where the currency has no such fraction, `BadMoney`."""
    minor, exact = _scaled(value, currency, ROUND_DOWN)
    if not exact:
        raise OverPrecise(value=value, currency=currency, places=exponent(currency))
    return minor


def round_to_minor(value: Decimal, currency: str) -> int:
    """Minor units rounded half up (0.005 -> 0.01, -0.005 -> -0.01): how tax authorities here round by hand."""
    return _scaled(value, currency, ROUND_HALF_UP)[0]


def convert(money: Money, rate: Decimal, currency: str) -> Money:
    """`money` in another currency, rounded once, half up. `rate`: units of `currency` per unit of the money's own."""
    if not rate.is_finite() or rate <= 0:
        raise BadRate()
    return Money(round_to_minor(_WIDE.multiply(money.decimal, rate), currency), currency)


def split(minor: int, weights: int | Sequence[int]) -> tuple[int, ...]:
    """Parts that sum to `minor` exactly, in proportion to `weights` (an int: that many equal parts).

    Largest remainder: each part is within one unit of its exact share, left-over units go to the largest remainders,
    ties to the first. Raises ValueError without parts or when all weights are zero or one is negative.
    """
    shares = [1] * weights if isinstance(weights, int) else list(weights)
    whole = sum(shares)
    if whole <= 0 or min(shares) < 0:
        raise ValueError("weights must be zero or more, and not all zero")
    sign = -1 if minor < 0 else 1
    pairs = [divmod(abs(minor) * share, whole) for share in shares]
    left = abs(minor) - sum(quotient for quotient, _ in pairs)
    lucky = set(sorted(range(len(pairs)), key=lambda i: (-pairs[i][1], i))[:left])
    return tuple(sign * (quotient + (i in lucky)) for i, (quotient, _) in enumerate(pairs))


# What people read


_SWAPPED = str.maketrans(".,", ",.")


def minor_text(minor: int, currency: str) -> str:
    """As "-1234.50": plain text with the currency's decimals."""
    places = exponent(currency)
    if not places:
        return str(minor)
    whole, cents = divmod(abs(minor), 10**places)
    return f"{'-' if minor < 0 else ''}{whole}.{cents:0{places}d}"


def format_money(minor: int, currency: str, symbol: bool = True, *, home: str = "MXN", decimal: str = ".") -> str:
    """As "$1,234.50" in the company's own (`home`) currency, "116.00 USD" in any other; "1,234.50" without symbol.

    `decimal` is the reader's decimal mark: "." in Mexico, "," in Chile, Colombia and Spain.
    """
    places = exponent(currency)
    if places == 2:
        whole, cents = divmod(abs(minor), 100)
        text = f"{whole:,}.{cents:02d}"
    elif places:
        whole, cents = divmod(abs(minor), 10**places)
        text = f"{whole:,}.{cents:0{places}d}"
    else:
        text = f"{abs(minor):,}"
    if decimal == ",":
        text = text.translate(_SWAPPED)
    sign = "-" if minor < 0 else ""
    if not symbol:
        return sign + text
    if currency != home:
        return f"{sign}{text} {currency}"
    if currency in _PESOS:
        return f"{sign}${text}"
    return f"{sign}{text} {'€' if currency == 'EUR' else currency}"


# What people type


_TYPED = re.compile(
    r"(?P<minus>-)?(?:(?P<code>[A-Za-z]{3}|US(?=\$)) ?)?(?P<sign>[$€])? ?(?P<body>[0-9][0-9.,]*|[.,][0-9]+)"
    r"(?: ?(?P<unit>€|[A-Za-z]{3}))?"
)
_WHOLE = {
    ",": re.compile(r"[0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+"),
    ".": re.compile(r"[0-9]*|[1-9][0-9]{0,2}(?:\.[0-9]{3})+"),
}
_OTHER = {".": ",", ",": "."}


def parse_money(text: str, currency: str, *, decimal: str = ".", signed: bool = False) -> Money:
    """The one parser of amounts that people type or put in a spreadsheet. Raises `BadMoney` with a Spanish sentence.

    ASCII digits with thousands in their place or not at all; "$" or the currency's own code may go with them. Both
    "1,234.50" and "1.234,50" are plain; "1,234" could be either, so the `decimal` mark of the reader decides. No
    exponents, underscores, other alphabets' digits or more decimals than the currency has; 15 digits at most.
    A minus is refused unless `signed`.
    """
    places = exponent(currency)
    typed = text.strip()
    if not typed:
        raise NoMoney()
    match = _TYPED.fullmatch(typed) if len(typed) <= 60 else None
    if match is None:
        raise BadMoney(value=typed)
    _require_currency(match, currency)
    if match["minus"] and not signed:
        raise NegativeMoney()
    whole, cents = _separate(match["body"], decimal, typed)
    if len(cents) > places:
        raise TooManyDecimals(value=typed, currency=currency, places=places, group=_OTHER[decimal])
    digits = whole + cents.ljust(places, "0")
    minor = int(digits or "0")
    if len(whole) + len(cents) > MAX_DIGITS or minor > MAX_MINOR:
        raise TooLarge()
    return Money(-minor if match["minus"] else minor, currency)


def _separate(body: str, decimal: str, typed: str) -> tuple[str, str]:
    """Digits before and after the decimal mark."""
    used = [mark for mark in ".," if mark in body]
    mark = ""
    if len(used) == 2:
        mark = max(used, key=body.rfind)
    elif used and body.count(used[0]) == 1:
        reads_as_thousands = used[0] != decimal and _WHOLE[used[0]].fullmatch(body)
        mark = "" if reads_as_thousands else used[0]
    whole, _, cents = body.rpartition(mark) if mark else (body, "", "")
    group = _OTHER[mark] if mark else (used[0] if used else ",")
    if not _WHOLE[group].fullmatch(whole) or (mark and not cents.isdigit()):
        raise BadMoney(value=typed)
    return whole.replace(group, ""), cents


def _require_currency(match: re.Match[str], currency: str) -> None:
    named = {name.upper() for name in (match["code"], match["unit"]) if name and name != "€"}
    if "US" in named:
        named = named - {"US"} | {"USD"}
    if "€" in (match["unit"], match["sign"]):
        named.add("EUR")
    if match["sign"] == "$" and currency not in _PESOS:
        named.add("$")
    if named - {currency}:
        raise OtherCurrency(named=", ".join(sorted(named - {currency})), currency=currency)
