"""Where things stand on a page: whatever it is, reading it ends in statements or in a refusal, and loses no amount."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.sentences import Refusal
from aldia.domain.statements.model import Hints
from aldia.domain.statements.printed import Page, Word, read_printed

TEXTS = st.sampled_from(
    [
        "FECHA",
        "CONCEPTO",
        "DESCRIPCION",
        "CARGOS",
        "ABONOS",
        "SALDO",
        "IMPORTE",
        "COD. DESCRIPCIÓN",
        "SALDO ANTERIOR",
        "TOTAL",
        "02/ENE",
        "02/01/2026",
        "1,000.00",
        "-5.80",
        "12",
        "SPEI RECIBIDO  11,600.00",
        "Página 1 de 2",
        "PERIODO DEL 01/01/2026 AL 31/01/2026",
        "(",
        "\xa0",
        "0",
    ]
)
WORDS = st.builds(
    lambda left, top, width, height, text: Word(left, top, left + width, top + height, text),
    st.integers(-1_000, 61_200), st.integers(0, 79_200), st.integers(0, 20_000), st.integers(-10, 5_000), TEXTS,
)  # fmt: skip
PAGES = st.lists(st.builds(Page, st.lists(WORDS, max_size=60).map(tuple)), max_size=3)


@settings(max_examples=150, deadline=None)
@given(PAGES)
def test_any_page_ends_in_statements_or_a_refusal(pages: list[Page]) -> None:
    try:
        found = read_printed(pages, Hints("MX", "MXN"))
    except Refusal:
        return
    for statement in found:
        assert statement.printed
        assert not statement.is_importable or (
            (statement.declared.opening or 0) + sum(movement.amount for movement in statement.movements)
            == statement.declared.closing
        )


def _word(left: int, y: int, text: str) -> Word:
    return Word(left * 100, y * 100, left * 100 + len(text) * 450, y * 100 + 700, text)


def _right(right: int, y: int, text: str) -> Word:
    return Word(right * 100 - len(text) * 450, y * 100, right * 100, y * 100 + 700, text)


def _page(amounts: list[int]) -> tuple[Page, int]:
    """A statement of these amounts, charges and deposits in columns of their own."""
    words = [_word(30, 20, "Saldo inicial"), _right(300, 20, "50,000.00")]
    words += [_word(30, 60, "FECHA"), _word(100, 60, "DESCRIPCION"), _right(390, 60, "CARGOS"),
              _right(470, 60, "ABONOS"), _right(550, 60, "SALDO")]  # fmt: skip
    balance = 50_000_00
    for at, amount in enumerate(amounts):
        balance += amount
        y = 75 + 12 * at
        words += [_word(30, y, "05/01/2026"), _word(100, y, f"MOVIMIENTO {at}")]
        words += [_right(390 if amount < 0 else 470, y, _money(abs(amount))), _right(550, y, _money(balance))]
    words += [_word(30, 30, "Saldo final"), _right(300, 30, _money(balance))]
    return Page(tuple(words)), balance


def _money(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


AMOUNTS = st.lists(st.integers(-900_000, 900_000).filter(bool), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(AMOUNTS, st.randoms(use_true_random=False))
def test_amounts_are_read_whatever_the_order_of_drawing(amounts: list[int], shuffler: random.Random) -> None:
    page, closing = _page(amounts)
    words = list(page.words)
    shuffler.shuffle(words)
    (statement,) = read_printed([Page(tuple(words))], Hints("MX", "MXN"))
    assert [movement.amount for movement in statement.movements] == amounts
    assert statement.declared.closing == closing
    assert statement.is_importable


@settings(max_examples=40, deadline=None)
@given(AMOUNTS, st.data())
def test_one_digit_that_is_wrong_keeps_it_out(amounts: list[int], data: st.DataObject) -> None:
    page, _closing = _page(amounts)
    places = [at for at, word in enumerate(page.words) if word.text[-3:-2] == "."]
    at = data.draw(st.sampled_from(places))
    word = page.words[at]
    wrong = word.text[:-1] + str((int(word.text[-1]) + 1) % 10)
    words = (*page.words[:at], Word(word.left, word.top, word.right, word.bottom, wrong), *page.words[at + 1 :])
    try:
        (statement,) = read_printed([Page(words)], Hints("MX", "MXN"))
    except Refusal:
        return
    assert not statement.is_importable
