"""How risky a customer is: 100 × the chance that a standard invoice of it is paid over 30 days late, and a letter.

A standard invoice: issued today, of the customer's usual amount, with its usual term. The letter's bounds are fixed,
so that it means the same in every company and on every day. The amount at risk is another figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aldia.domain.forecasting.book import FIRST, UNPAID, Book, Floats, Ints
from aldia.domain.forecasting.model import Prepared

LATE_DAYS = 30
BANDS = ((5, "A"), (15, "B"), (30, "C"), (50, "D"), (101, "E"))  # scores below each bound
USUAL_TERM = 30


@dataclass(frozen=True, slots=True)
class Scores:
    """Columns by customer, in the order of `customers` (their numbers in the book)."""

    customers: Ints
    score: Ints
    payments: Ints
    mean_delay: Floats


def band(score: int) -> str:
    """The letter of a score from 0 to 100."""
    return next(letter for bound, letter in BANDS if score < bound)


def standard_invoices(book: Book, day: int) -> Book:
    """One invoice for each customer that the book knows, issued on the day: median amount and median term."""
    known = np.unique(book.customer)
    order = np.argsort(book.customer, kind="stable")
    starts = np.searchsorted(book.customer[order], known)
    groups = [order[start:end] for start, end in zip(starts, [*starts[1:], len(order)], strict=True)]
    terms = np.array([_middle(book.due[rows] - book.issued[rows]) for rows in groups], dtype=np.int64)
    amounts = np.array([np.median(book.amount[rows]) for rows in groups])
    issued = np.full(len(known), day)
    return Book(known, issued, issued + terms, amounts, np.full(len(known), UNPAID), book.names)


def scores(prepared: Prepared, book: Book) -> Scores:
    """The score of each customer of what is known in the morning (`book`), by the model of that morning."""
    wanted = standard_invoices(book, prepared.day)
    late = np.empty(len(wanted))
    for start in range(0, len(wanted), 4_000):
        rows = np.arange(start, min(start + 4_000, len(wanted)))
        pmf = prepared.score(wanted.rows(rows))
        late[rows] = 1 - pmf[:, : LATE_DAYS - FIRST + 1].sum(axis=1)
    who = wanted.customer
    found = np.clip(np.rint(late * 100), 0, 100).astype(int)
    return Scores(who, found, prepared.habits.payments[who].astype(int), prepared.habits.mean[who])


def _middle(terms: Ints) -> int:
    return int(np.median(terms)) if len(terms) else USUAL_TERM
