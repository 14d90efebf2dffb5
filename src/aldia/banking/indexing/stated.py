"""What was stated of a payment before the bank showed it: customers' reports, payments begun, money on the books.

The customers' own words come first: a report that waits, a payment that was begun and whose reference came with the
money. Money that the books hold already (by hand, by a provider, by a payment complement) only waits for its deposit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from aldia.banking.indexing.documents import Documents
from aldia.banking.indexing.facts import Facts
from aldia.banking.indexing.rows import day, here, text_id
from aldia.banking.models import BankMovement as MovementRow
from aldia.domain.matching import BankMovement, KnownMoney, Said
from aldia.domain.matching.known import AFTER_DAYS, BEFORE_DAYS
from aldia.payments.models import LinkedDebt, PaymentAttempt, ReportedDebt, ReportedPayment
from aldia.tenancy.reading import fetch, select_rows

LEAST_REFERENCE = 6  # shorter ones are met by chance
MOST_BEGUN = 5_000
RATE_DAYS = 10

_KNOWN = """
SELECT c.id, c.customer_id, c.received_on, c.source, c.method, c.reference, p.operation, a.trace, a.fee, a.account_id,
       c.amount - COALESCE((SELECT SUM(l.amount) FROM banking_matchline l JOIN banking_match m ON m.id = l.match_id
                            WHERE l.known_id = c.id AND m.undone_at IS NULL), 0)
FROM receivables_credit c
LEFT JOIN documents_complementpayment p
  ON p.company_id = c.company_id AND p.document_id = c.complement_id AND p.amount = c.amount
LEFT JOIN payments_paymentattempt a ON a.credit_id = c.id
WHERE c.company_id = %s AND c.currency = %s AND c.received_on BETWEEN %s AND %s
  AND c.kind IN ('payment', 'advance') AND c.reversed_on IS NULL AND c.source <> 'bank' AND """
_OF_AMOUNT = f"{_KNOWN} c.amount = %s ORDER BY c.id"
_OF_PAYOUTS = f"{_KNOWN} (c.source = 'provider' OR c.method = 'card') ORDER BY c.id"
_RATE = """
SELECT exchange_rate FROM documents_fiscaldocument
WHERE company_id = %s AND kind = 'invoice' AND issued_on BETWEEN %s AND %s AND currency = %s AND exchange_rate <> ''
ORDER BY issued_on DESC, id LIMIT 1"""
_BEGUN = f"""check_after IS NOT NULL AND state IN ('created', 'pending') AND customer_id IS NOT NULL
ORDER BY check_after DESC, id DESC LIMIT {MOST_BEGUN}"""
_TRACE = re.compile(r"^(?=(?:.*[0-9]){6})[A-Z0-9]{10,30}$")


def plain_reference(text: str) -> str:
    """A reference as it is compared: upper case, without blanks, dashes and leading zeros."""
    return re.sub(r"[^0-9A-Z]", "", text.upper()).lstrip("0")


class Stated:
    """What was said and known of payments of the company in scope. Lists that are short are read once, whole."""

    def __init__(self, documents: Documents, known: Facts, *, has_payouts: bool = False) -> None:
        self._company = here()
        self._documents = documents
        self._has_payouts = has_payouts
        self._reports: dict[tuple[str, int], list[ReportedPayment]] | None = None if known.has_reports else {}
        self._begun: dict[str, PaymentAttempt] | None = None if known.has_begun else {}
        self._payouts: dict[tuple[str, date], list[KnownMoney]] = {}
        self._rates: dict[tuple[str, str, date], Decimal | None] = {}

    def forget(self) -> None:
        """What was read may have changed."""
        self._reports = self._begun = None
        self._payouts, self._rates = {}, {}

    def said(self, currency: str, amount: int, since: date, until: date) -> Sequence[Said]:
        """Reports of the portal that wait, and name a payment of this amount."""
        waiting = self._waiting_reports().get((currency, amount), ())
        return [self._of_report(each) for each in waiting if since <= each.paid_on <= until]

    def said_by_reference(self, reference: str) -> Said | None:
        """The payment that was begun by a link (or in the portal) with this reference, while it waits for its money."""
        plain = plain_reference(reference)
        if len(plain) < LEAST_REFERENCE:
            return None
        attempt = self._attempts().get(plain)
        return self._of_attempt(attempt, reference) if attempt is not None else None

    def known(self, movement: BankMovement) -> Sequence[KnownMoney]:
        """Payments on the books that no bank has shown: of this amount, and those that come in a payout."""
        since = movement.booked_on - timedelta(days=BEFORE_DAYS)
        until = movement.booked_on + timedelta(days=AFTER_DAYS)
        where = [self._company, movement.currency, since, until]
        found = {each.key: each for each in _money(fetch(_OF_AMOUNT, [*where, movement.amount]), movement.currency)}
        if self._has_payouts:
            key = (movement.currency, movement.booked_on)
            if key not in self._payouts:
                self._payouts[key] = list(_money(fetch(_OF_PAYOUTS, where), movement.currency))
            found |= {each.key: each for each in self._payouts[key]}
        return list(found.values())

    def rate(self, currency: str, into: str, on: date) -> Decimal | None:
        """The rate that the company's own invoices in that currency carried, on the day or shortly before."""
        key = (currency, into, on)
        if key not in self._rates:
            self._rates[key] = self._read_rate(currency, into, on) if into == "MXN" else None
        return self._rates[key]

    def _read_rate(self, currency: str, into: str, on: date) -> Decimal | None:
        rows = fetch(_RATE, [self._company, on - timedelta(days=RATE_DAYS), on, currency])
        try:
            value = Decimal(rows[0][0]) if rows else Decimal(0)
        except InvalidOperation:
            return None
        return value if value.is_finite() and value > 0 else None

    # reports of the portal

    def _waiting_reports(self) -> dict[tuple[str, int], list[ReportedPayment]]:
        if self._reports is None:
            self._reports = {}
            for row in select_rows(ReportedPayment, "state = 'waiting' ORDER BY id"):
                self._reports.setdefault((row.currency, row.amount), []).append(row)
        return self._reports

    def _of_report(self, report: ReportedPayment) -> Said:
        customer = str(report.customer_id)
        named = {str(key) for key in ReportedDebt.objects.filter(report=report).values_list("receivable_id", flat=True)}
        lines = self._poured(customer, report.currency, report.amount, named)
        trace = report.reference.strip().upper()
        return Said(
            "portal", str(report.pk), customer, report.currency, report.amount, report.paid_on, lines,
            trace_key=trace if _TRACE.match(trace) and _is_on_file(trace) else "",
        )  # fmt: skip

    def _poured(self, customer: str, currency: str, amount: int, named: set[str]) -> tuple[tuple[str, int], ...]:
        """What accepting the report would pay: the documents it names (all, if it names none), oldest due first."""
        owed = [each for each in self._documents.open_of(customer, currency) if not named or each.key in named]
        lines = []
        for document in sorted(owed, key=lambda each: (each.due_on, each.issued_on, each.key)):
            share = min(amount, document.balance)
            if share:
                lines.append((document.key, share))
                amount -= share
        return tuple(lines)

    # payments begun

    def _attempts(self) -> dict[str, PaymentAttempt]:
        """Payments that were begun and still may come, by each reference that the payer was shown."""
        if self._begun is None:
            self._begun = {}
            for attempt in select_rows(PaymentAttempt, _BEGUN):
                for reference in _references(attempt.offer):
                    self._begun.setdefault(reference, attempt)
        return self._begun

    def _of_attempt(self, attempt: PaymentAttempt, reference: str) -> Said | None:
        customer = str(attempt.customer_id)
        if attempt.chosen:
            owed = {each.key: each.balance for each in self._documents.open_of(customer, attempt.currency)}
            lines = tuple(
                (key, amount) for key, amount in sorted((str(UUID(key)), int(n)) for key, n in attempt.chosen.items())
                if owed.get(key)
            )  # fmt: skip
        else:
            debts = LinkedDebt.objects.filter(link_id=attempt.link_id).values_list("receivable_id", flat=True)
            named = {str(key) for key in debts}
            lines = self._poured(customer, attempt.currency, attempt.amount, named)
        begun_on = attempt.created_at.date()
        return Said("link", str(attempt.pk), customer, attempt.currency, attempt.amount, begun_on, lines,
                    reference=reference)  # fmt: skip


def _references(offer: Mapping[str, Any]) -> Iterator[str]:
    """The reference and the account that the payer was told to use for this payment alone."""
    shown = offer.get("shown") or {}
    for name in ("reference", "value"):
        plain = plain_reference(str(shown.get(name) or ""))
        if len(plain) >= LEAST_REFERENCE:
            yield plain


def _is_on_file(trace: str) -> bool:
    """Whether the bank showed this tracking key: what a customer wrote as a reference may be anything else."""
    return MovementRow.objects.filter(trace_key=trace).exclude(trace_key="").exists()


def _money(rows: Sequence[tuple[Any, ...]], currency: str) -> Iterator[KnownMoney]:
    for credit, customer, received_on, source, method, reference, operation, trace, fee, account, left in rows:
        if left <= 0:
            continue
        kind = f"provider {text_id(account)}" if account else "card" if method == "card" else source
        key = trace or operation or (reference if _TRACE.match(reference.strip().upper()) else "")
        yield KnownMoney(
            text_id(credit),
            text_id(customer),
            currency,
            int(left),
            day(received_on),
            kind,
            key.strip().upper(),
            fee or 0,
        )
