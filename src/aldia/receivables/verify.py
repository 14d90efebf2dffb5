"""The proof of the money, in plain SQL that shares no code with what wrote it.

Each check is a query that returns the rows which break an invariant; none may return any. They are written against
tables and columns, run on SQLite and PostgreSQL alike, and name the company in every table they read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from aldia.receivables.models import JournalEntry, JournalLine
from aldia.receivables.posting import CHAIN, entry_body
from aldia.tenancy.chains import digest
from aldia.tenancy.models import ChainHead
from aldia.tenancy.reading import as_kept
from aldia.tenancy.scope import current_company_id


class Check(NamedTuple):
    """`rows` looked at, `violations` found."""

    name: str
    rows: int
    violations: int


@dataclass(frozen=True, slots=True)
class Sql:
    """A check: `broken` finds the rows of the table `counted` that break a rule; %(company)s is the one in scope."""

    name: str
    counted: str
    broken: str


_CHECKS = (
    Sql(
        "entries_sum_to_zero",
        "receivables_journalentry",
        """SELECT l.entry_id FROM receivables_journalline l WHERE l.company_id = %(company)s
           GROUP BY l.entry_id, l.currency HAVING SUM(l.amount) <> 0""",
    ),
    Sql(
        "entries_have_lines",
        "receivables_journalentry",
        """SELECT t.id FROM receivables_journalentry t WHERE t.company_id = %(company)s AND NOT EXISTS
           (SELECT 1 FROM receivables_journalline l WHERE l.company_id = t.company_id AND l.entry_id = t.id)""",
    ),
    Sql(
        "receivable_balance_is_total_less_allocations",
        "receivables_receivable",
        """SELECT t.id FROM receivables_receivable t WHERE t.company_id = %(company)s AND t.balance <>
           CASE WHEN t.voided_on IS NULL THEN t.total ELSE 0 END
           - (SELECT COALESCE(SUM(a.amount), 0) FROM receivables_allocation a
              WHERE a.company_id = t.company_id AND a.receivable_id = t.id)""",
    ),
    Sql(
        "credit_remaining_is_amount_less_allocations",
        "receivables_credit",
        """SELECT t.id FROM receivables_credit t WHERE t.company_id = %(company)s AND t.remaining <>
           CASE WHEN t.reversed_on IS NULL THEN t.amount ELSE 0 END
           - (SELECT COALESCE(SUM(a.credit_amount), 0) FROM receivables_allocation a
              WHERE a.company_id = t.company_id AND a.credit_id = t.id)""",
    ),
    Sql(
        "receivable_ledger_is_balance",
        "receivables_receivable",
        """SELECT t.id FROM receivables_receivable t WHERE t.company_id = %(company)s AND t.balance <>
           (SELECT COALESCE(SUM(l.amount), 0) FROM receivables_journalline l
            WHERE l.company_id = t.company_id AND l.receivable_id = t.id AND l.currency = t.currency)""",
    ),
    Sql(
        "credit_ledger_is_remaining",
        "receivables_credit",
        """SELECT t.id FROM receivables_credit t WHERE t.company_id = %(company)s AND -t.remaining <>
           (SELECT COALESCE(SUM(l.amount), 0) FROM receivables_journalline l
            WHERE l.company_id = t.company_id AND l.credit_id = t.id AND l.currency = t.currency)""",
    ),
    Sql(
        "control_account_is_sum_of_balances",
        "receivables_journalline",
        """SELECT x.currency FROM (
             SELECT l.currency AS currency, SUM(l.amount) AS value FROM receivables_journalline l
             JOIN receivables_ledgeraccount c ON c.id = l.account_id AND c.company_id = l.company_id
             WHERE l.company_id = %(company)s AND c.role = 'receivable' GROUP BY l.currency
             UNION ALL
             SELECT t.currency, -SUM(t.balance) FROM receivables_receivable t
             WHERE t.company_id = %(company)s GROUP BY t.currency) x
           GROUP BY x.currency HAVING SUM(x.value) <> 0""",
    ),
    Sql(
        "allocation_within_one_customer",
        "receivables_allocation",
        """SELECT a.id FROM receivables_allocation a
           JOIN receivables_receivable r ON r.id = a.receivable_id JOIN receivables_credit c ON c.id = a.credit_id
           WHERE a.company_id = %(company)s AND (r.customer_id <> c.customer_id
             OR r.company_id <> a.company_id OR c.company_id <> a.company_id)""",
    ),
    Sql(
        "same_currency_same_amount",
        "receivables_allocation",
        """SELECT a.id FROM receivables_allocation a
           JOIN receivables_receivable r ON r.id = a.receivable_id JOIN receivables_credit c ON c.id = a.credit_id
           WHERE a.company_id = %(company)s AND r.currency = c.currency AND a.amount <> a.credit_amount""",
    ),
    Sql(
        "reversal_mirrors_its_allocation",
        "receivables_allocation",
        """SELECT a.id FROM receivables_allocation a JOIN receivables_allocation o ON o.id = a.reversal_of_id
           WHERE a.company_id = %(company)s AND (a.amount <> -o.amount OR a.credit_amount <> -o.credit_amount
             OR a.credit_id <> o.credit_id OR a.receivable_id <> o.receivable_id)""",
    ),
    Sql(
        "each_allocation_has_its_entry",
        "receivables_allocation",
        """SELECT a.id FROM receivables_allocation a WHERE a.company_id = %(company)s AND a.amount <>
           (SELECT COALESCE(-SUM(l.amount), 0) FROM receivables_journalentry e
            JOIN receivables_journalline l ON l.entry_id = e.id AND l.receivable_id = a.receivable_id
            WHERE e.company_id = a.company_id AND e.key = %(allocation_key)s)""",
    ),
    Sql(
        "one_live_receivable_per_document",
        "receivables_receivable",
        """SELECT t.document_id FROM receivables_receivable t WHERE t.company_id = %(company)s
           AND t.document_id IS NOT NULL GROUP BY t.document_id HAVING COUNT(*) > 1""",
    ),
    Sql(
        "generic_receivers_owe_nothing",
        "customers_customer",
        """SELECT t.id FROM receivables_receivable t JOIN customers_customer c ON c.id = t.customer_id
           WHERE t.company_id = %(company)s AND c.generic""",
    ),
)


def run_checks() -> list[Check]:
    """Prove every money invariant of the company in scope; a check with violations names what is wrong."""
    return [*(run_sql(check) for check in _CHECKS), ledger_chain()]


def run_sql(check: Sql) -> Check:
    """Run one check over the company in scope."""
    company = as_kept(current_company_id())
    key = "'allocation:' || a.id" if connection.vendor == "postgresql" else _SQLITE_KEY
    sql = check.broken.replace("%(allocation_key)s", key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {check.counted} WHERE company_id = %s", [company])  # noqa: S608
        rows = cursor.fetchone()[0]
        placeholders = sql.count("%(company)s")
        cursor.execute(
            f"SELECT COUNT(*) FROM ({sql.replace('%(company)s', '%s')}) broken",  # noqa: S608
            [company] * placeholders,
        )
        violations = cursor.fetchone()[0]
    return Check(check.name, rows, violations)


# SQLite keeps a UUID as 32 hex digits; entry keys carry the hyphenated form
_SQLITE_KEY = (
    "'allocation:' || substr(a.id,1,8) || '-' || substr(a.id,9,4) || '-' || substr(a.id,13,4) || '-' "
    "|| substr(a.id,17,4) || '-' || substr(a.id,21)"
)


def ledger_chain() -> Check:
    """Walk the company's chain of entries: any changed, deleted or re-ordered row breaks a link."""
    seq, link, violations, rows = 0, "", 0, 0
    lines = _lines_by_entry()
    for entry in JournalEntry.objects.order_by("seq").iterator(chunk_size=2000):
        rows += 1
        lines_seq, entry_lines = next(lines, (entry.seq, list[JournalLine]()))
        expected = digest(prev_hash=link, body=entry_body(entry, entry_lines))
        is_whole = entry.seq == seq + 1 and entry.prev_hash == link and entry.hash == expected
        violations += not (is_whole and lines_seq == entry.seq)
        seq, link = entry.seq, entry.hash
    head = ChainHead.objects.filter(name=CHAIN).first()
    violations += (head.seq, head.hash) != (seq, link) if head else rows > 0
    return Check("ledger_chain", rows, violations)


def _lines_by_entry() -> Iterator[tuple[int, list[JournalLine]]]:
    """Lines grouped by the sequence of their entry, in order."""
    seq, group = 0, list[JournalLine]()
    rows = JournalLine.objects.select_related("entry").order_by("entry__seq", "id")
    for line in rows.iterator(chunk_size=5000):
        if line.entry.seq != seq and group:
            yield seq, group
            group = []
        seq = line.entry.seq
        group.append(line)
    if group:
        yield seq, group
