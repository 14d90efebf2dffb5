"""Amounts in Spanish words: a table by hand, and what every number must satisfy."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.amounts_in_words import in_words, number_in_words


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("0", "MXN", "CERO PESOS 00/100 M.N."),
        ("0.05", "MXN", "CERO PESOS 05/100 M.N."),
        ("1", "MXN", "UN PESO 00/100 M.N."),
        ("16", "MXN", "DIECISÉIS PESOS 00/100 M.N."),
        ("21.99", "MXN", "VEINTIÚN PESOS 99/100 M.N."),
        ("31", "MXN", "TREINTA Y UN PESOS 00/100 M.N."),
        ("100", "MXN", "CIEN PESOS 00/100 M.N."),
        ("101", "MXN", "CIENTO UN PESOS 00/100 M.N."),
        ("500.5", "MXN", "QUINIENTOS PESOS 50/100 M.N."),
        ("1000", "MXN", "MIL PESOS 00/100 M.N."),
        ("1001", "MXN", "MIL UN PESOS 00/100 M.N."),
        ("1234.50", "MXN", "MIL DOSCIENTOS TREINTA Y CUATRO PESOS 50/100 M.N."),
        ("21000", "MXN", "VEINTIÚN MIL PESOS 00/100 M.N."),
        ("100000", "MXN", "CIEN MIL PESOS 00/100 M.N."),
        ("999999.999", "MXN", "UN MILLÓN DE PESOS 00/100 M.N."),
        ("1000000", "MXN", "UN MILLÓN DE PESOS 00/100 M.N."),
        ("1000001", "MXN", "UN MILLÓN UN PESOS 00/100 M.N."),
        ("2500000", "MXN", "DOS MILLONES QUINIENTOS MIL PESOS 00/100 M.N."),
        ("31000000", "MXN", "TREINTA Y UN MILLONES DE PESOS 00/100 M.N."),
        ("1000000000000", "MXN", "UN BILLÓN DE PESOS 00/100 M.N."),
        ("1", "USD", "UN DÓLAR 00/100 USD"),
        ("116.07", "USD", "CIENTO DIECISÉIS DÓLARES 07/100 USD"),
        ("22", "EUR", "VEINTIDÓS EUROS 00/100 EUR"),
        ("7", "JPY", "SIETE 00/100 JPY"),
    ],
)
def test_as_invoices_write_it(amount: str, currency: str, words: str) -> None:
    assert in_words(Decimal(amount), currency) == words


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1))
def test_no_two_numbers_share_their_words(one: int, other: int) -> None:
    assert (number_in_words(one) == number_in_words(other)) == (one == other)


@given(st.integers(2, 10**6 - 1), st.integers(1, 10**6 - 1))
def test_millions_are_said_before_the_rest(millions: int, rest: int) -> None:
    assert number_in_words(millions * 10**6 + rest) == f"{number_in_words(millions)} MILLONES {number_in_words(rest)}"


@pytest.mark.parametrize("number", [-1, 10**18])
def test_what_has_no_words_is_an_error(number: int) -> None:
    with pytest.raises(ValueError, match="only numbers"):
        number_in_words(number)


def test_a_negative_amount_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        in_words(Decimal(-1), "MXN")
