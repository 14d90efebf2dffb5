from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.currencies import MoneyError, UnknownCurrency, exponent
from aldia.domain.money import (
    MAX_MINOR,
    BadMoney,
    CurrencyMismatch,
    Money,
    OverPrecise,
    convert,
    format_money,
    minor_text,
    parse_money,
    round_to_minor,
    split,
    to_minor,
    total,
)

CURRENCIES = st.sampled_from(["MXN", "USD", "EUR", "COP", "CLP", "JPY", "KWD", "CLF"])
MINOR = st.integers(-MAX_MINOR, MAX_MINOR)


@pytest.mark.parametrize(
    ("currency", "places"),
    [("MXN", 2), ("USD", 2), ("EUR", 2), ("COP", 2), ("CLP", 0), ("JPY", 0), ("PYG", 0), ("KWD", 3), ("CLF", 4)],
)
def test_decimals_are_those_of_iso_4217(currency: str, places: int) -> None:
    assert exponent(currency) == places


@pytest.mark.parametrize("currency", ["XXX", "XAU", "mxn", "", "MXN ", "\x00"])
def test_a_currency_without_minor_units_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency, match="no es una moneda conocida"):
        Money(1, currency)


@given(MINOR, MINOR, CURRENCIES)
def test_arithmetic_is_that_of_integers(a: int, b: int, currency: str) -> None:
    one, other = Money(a, currency), Money(b, currency)
    assert (one + other).minor == a + b
    assert (one - other).minor == a - b
    assert one - other == -(other - one)
    assert abs(one).minor == abs(a)
    assert (3 * one).minor == (one * 3).minor == 3 * a
    assert (one < other, one <= other, one > other, one >= other) == (a < b, a <= b, a > b, a >= b)
    assert bool(one) == bool(a)
    assert total([one, other, one], currency).minor == 2 * a + b


def test_the_sum_of_nothing_is_zero_of_its_currency() -> None:
    assert total([], "CLP") == Money.zero("CLP") == Money(0, "CLP") != Money(0, "MXN")


@pytest.mark.parametrize("verb", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_currencies_never_mix(verb: str) -> None:
    with pytest.raises(CurrencyMismatch, match="MXN y USD"):
        getattr(Money(1, "MXN"), verb)(Money(1, "USD"))
    with pytest.raises(TypeError):
        getattr(Money(1, "MXN"), verb)(1)


@pytest.mark.parametrize("minor", [1.0, Decimal(1), "1", None, True])
def test_minor_units_are_integers_and_nothing_else(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "MXN")  # type: ignore[arg-type]


def test_no_float_comes_out_of_a_product() -> None:
    with pytest.raises(TypeError):
        Money(100, "MXN") * 0.5  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("1234.5", "MXN", 123450),
        ("1234.500000", "MXN", 123450),
        ("-0.01", "MXN", -1),
        ("-0", "MXN", 0),
        ("0E+999999", "MXN", 0),
        ("1E3", "CLP", 1000),
        ("1.0001", "CLF", 10001),
        ("9999999999999.99", "MXN", MAX_MINOR),
    ],
)
def test_exact_amounts_become_minor_units(value: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(value), currency) == minor
    assert Money.from_decimal(Decimal(value), currency) == Money(minor, currency)
    assert round_to_minor(Decimal(value), currency) == minor


@pytest.mark.parametrize(
    ("value", "currency"),
    [("0.001", "MXN"), ("1.5", "CLP"), ("0.00001", "CLF"), ("1E-999999", "MXN"), ("0." + "3" * 5000, "MXN")],
)
def test_a_fraction_the_currency_lacks_is_refused_not_rounded(value: str, currency: str) -> None:
    with pytest.raises(OverPrecise, match="demasiados decimales"):
        to_minor(Decimal(value), currency)


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "1E15", "1E+999999999", "10000000000000"])
@pytest.mark.parametrize("read", [to_minor, round_to_minor])
def test_what_is_no_amount_or_far_too_large_is_refused_at_once(value: str, read: object) -> None:
    with pytest.raises(BadMoney):
        read(Decimal(value), "MXN")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("0.005", "MXN", 1),
        ("-0.005", "MXN", -1),
        ("0.0049999", "MXN", 0),
        ("2.675", "MXN", 268),  # the float 2.675 would give 267
        ("0.5", "CLP", 1),
        ("1.5", "CLP", 2),
        ("2.5", "CLP", 3),
        ("1E-999999", "MXN", 0),
    ],
)
def test_rounding_is_half_up(value: str, currency: str, minor: int) -> None:
    assert round_to_minor(Decimal(value), currency) == minor


@given(MINOR, CURRENCIES)
def test_decimal_and_text_go_and_come_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.from_decimal(money.decimal, currency) == money
    assert Money.from_decimal(Decimal(money.text), currency) == money
    assert len(money.text.partition(".")[2]) == exponent(currency)
    assert str(money) == f"{minor_text(minor, currency)} {currency}"


@pytest.mark.parametrize(
    ("minor", "source", "rate", "currency", "converted"),
    [
        (10000, "USD", "18.3", "MXN", 183000),
        (1, "USD", "18.505", "MXN", 19),
        (58000, "MXN", "0.0546448087", "USD", 3169),
        (100, "CLF", "39000", "CLP", 390),
        (-100, "USD", "18.305", "MXN", -1831),
    ],
)
def test_conversion_rounds_once(minor: int, source: str, rate: str, currency: str, converted: int) -> None:
    assert convert(Money(minor, source), Decimal(rate), currency) == Money(converted, currency)


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
def test_a_rate_is_a_positive_number(rate: str) -> None:
    with pytest.raises(BadMoney, match="tipo de cambio"):
        convert(Money(1, "USD"), Decimal(rate), "MXN")


# split


@given(MINOR, st.lists(st.integers(0, 10**12), min_size=1, max_size=40).filter(any))
def test_a_split_loses_nothing_and_is_fair(minor: int, weights: list[int]) -> None:
    parts = split(minor, weights)
    assert sum(parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(minor * weight, sum(weights))) < 1
        assert weight or not part


@given(MINOR, st.integers(1, 60))
def test_equal_parts_differ_by_one_at_most_and_the_first_are_larger(minor: int, parts: int) -> None:
    shares = split(minor, parts)
    assert sum(shares) == minor
    assert max(shares) - min(shares) <= 1
    assert list(shares) == sorted(shares, key=abs, reverse=True)


@pytest.mark.parametrize(
    ("minor", "weights", "parts"),
    [(100, 3, (34, 33, 33)), (-100, 3, (-34, -33, -33)), (10, [1, 2], (3, 7)), (1, [1, 1, 0], (1, 0, 0))],
)
def test_left_over_units_go_to_the_largest_remainders(minor: int, weights: list[int], parts: tuple[int, ...]) -> None:
    assert split(minor, weights) == parts


@pytest.mark.parametrize("weights", [0, -1, [], [0, 0], [5, -1]])
def test_a_split_needs_parts(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(100, weights)


# what people read


@pytest.mark.parametrize(
    ("minor", "currency", "options", "text"),
    [
        (123450, "MXN", {}, "$1,234.50"),
        (-123450, "MXN", {}, "-$1,234.50"),
        (5, "MXN", {}, "$0.05"),
        (-5, "MXN", {}, "-$0.05"),
        (0, "MXN", {}, "$0.00"),
        (123450, "MXN", {"symbol": False}, "1,234.50"),
        (11600, "USD", {}, "116.00 USD"),
        (1234567, "CLP", {}, "1,234,567 CLP"),
        (1234567, "CLP", {"home": "CLP", "decimal": ","}, "$1.234.567"),
        (123450, "EUR", {"home": "EUR", "decimal": ","}, "1.234,50 €"),
        (123450, "GBP", {"home": "GBP"}, "1,234.50 GBP"),
        (390001234, "CLF", {"home": "CLP", "decimal": ","}, "39.000,1234 CLF"),
    ],
)
def test_amounts_as_people_read_them(minor: int, currency: str, options: dict[str, object], text: str) -> None:
    assert format_money(minor, currency, **options) == text  # type: ignore[arg-type]


@given(MINOR, CURRENCIES, st.booleans(), st.sampled_from(["MXN", "CLP", "EUR", "USD"]), st.sampled_from(".,"))
def test_what_is_shown_can_be_typed_back(minor: int, currency: str, symbol: bool, home: str, decimal: str) -> None:
    shown = format_money(minor, currency, symbol, home=home, decimal=decimal)
    assert parse_money(shown, currency, decimal=decimal, signed=True) == Money(minor, currency)


# what people type


@pytest.mark.parametrize(
    ("text", "decimal", "minor"),
    [
        ("1234.5", ".", 123450),
        ("1,234.50", ".", 123450),
        ("1.234,50", ".", 123450),
        ("1.234,50", ",", 123450),
        ("1,234.50", ",", 123450),
        ("1,234", ".", 123400),
        ("1.234", ",", 123400),
        ("1,234,567", ".", 123456700),
        ("1.234.567", ".", 123456700),
        ("1.234.567,8", ".", 123456780),
        ("1234,50", ".", 123450),
        ("12,5", ".", 1250),
        ("12,34", ".", 1234),
        (".50", ".", 50),
        (",5", ".", 50),
        ("0", ".", 0),
        ("007", ".", 700),
        ("  $ 1,234.50 ", ".", 123450),
        ("$1,234.50\u00a0", ".", 123450),
        ("MXN 1,234.50", ".", 123450),
        ("1,234.50 mxn", ".", 123450),
        ("$1,234.50 MXN", ".", 123450),
        ("9,999,999,999,999.99", ".", MAX_MINOR),
    ],
)
def test_amounts_as_people_type_them(text: str, decimal: str, minor: int) -> None:
    assert parse_money(text, "MXN", decimal=decimal) == Money(minor, "MXN")


@pytest.mark.parametrize(
    ("text", "currency", "decimal", "minor"),
    [
        ("1.234.567", "CLP", ",", 1234567),
        ("$1.234", "CLP", ",", 1234),
        ("0,1234", "CLF", ",", 1234),
        ("US$116.00", "USD", ".", 11600),
        ("€ 5,50", "EUR", ",", 550),
        ("5,50 €", "EUR", ",", 550),
    ],
)
def test_amounts_of_other_currencies(text: str, currency: str, decimal: str, minor: int) -> None:
    assert parse_money(text, currency, decimal=decimal) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", "empty", "Falta"),
        ("  \t", "empty", "Falta"),
        ("-1", "negative", "negativo"),
        ("-0.00", "negative", "negativo"),
        ("1.234", "over_precise", "Los miles se separan con «,»"),
        ("10.500", "over_precise", "demasiados decimales"),
        ("1,234.567", "over_precise", "MXN admite 2"),
        ("0,500", "over_precise", "demasiados decimales"),
        ("1,23,456.00", "bad_money", "no es un importe"),
        ("1,2345.00", "bad_money", "no es un importe"),
        ("12,34.56", "bad_money", "no es un importe"),
        ("1234,567.00", "bad_money", "no es un importe"),
        ("1,234,56", "bad_money", "no es un importe"),
        ("1.2.3", "bad_money", "no es un importe"),
        ("0,123,456", "bad_money", "no es un importe"),
        ("1,234.5.6", "bad_money", "no es un importe"),
        ("5.", "bad_money", "no es un importe"),
        (".", "bad_money", "no es un importe"),
        ("$", "bad_money", "no es un importe"),
        ("1e5", "bad_money", "no es un importe"),
        ("1E400", "bad_money", "no es un importe"),
        ("1_000", "bad_money", "no es un importe"),
        ("+5", "bad_money", "no es un importe"),
        ("--5", "bad_money", "no es un importe"),
        ("(5)", "bad_money", "no es un importe"),
        ("1 234", "bad_money", "no es un importe"),
        ("1\n234", "bad_money", "no es un importe"),
        ("0x10", "bad_money", "no es un importe"),
        ("=1+1", "bad_money", "no es un importe"),
        ("１２", "bad_money", "no es un importe"),
        ("١٢", "bad_money", "no es un importe"),
        ("12²", "bad_money", "no es un importe"),
        ("NaN", "bad_money", "no es un importe"),
        ("Infinity", "bad_money", "no es un importe"),
        ("1\x00", "bad_money", "no es un importe"),
        ("\ud8001", "bad_money", "no es un importe"),
        ("9" * 1_000_000, "bad_money", "no es un importe"),
        ("10,000,000,000,000.00", "too_large", "demasiado grande"),
        ("9999999999999999", "too_large", "demasiado grande"),
        ("0" * 16, "too_large", "demasiado grande"),
        ("10 USD", "other_currency", "«USD», pero debe estar en MXN"),
        ("US$10", "other_currency", "USD"),
        ("€10", "other_currency", "EUR"),
        ("MXN 10 USD", "other_currency", "«USD»"),
    ],
)
def test_what_is_not_an_amount_says_why_in_spanish(text: str, code: str, says: str) -> None:
    with pytest.raises(BadMoney, match=says) as refused:
        parse_money(text, "MXN")
    assert refused.value.code == code
    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 200


def test_a_peso_sign_is_not_euros() -> None:
    with pytest.raises(BadMoney, match="«\\$», pero debe estar en EUR"):
        parse_money("$5", "EUR")


@given(st.text(alphabet="0123456789.,-+$€ eE_MXNaf\x00١１²\u00a0", max_size=25) | st.text(max_size=30))
def test_nothing_that_is_typed_is_an_exception_of_another_kind(text: str) -> None:
    for currency in ("MXN", "CLP", "CLF"):
        try:
            money = parse_money(text, currency, signed=True)
        except MoneyError:
            continue
        assert abs(money.minor) <= MAX_MINOR
        typed = "".join(char for char in text if char in "0123456789")
        assert str(abs(money.minor)).rstrip("0") == typed.lstrip("0").rstrip("0") or money.minor == 0
