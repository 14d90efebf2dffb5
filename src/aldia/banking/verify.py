"""The proof of what was reconciled, in plain SQL that shares no code with what wrote it: no row may break a rule."""

from __future__ import annotations

from typing import Final

from aldia.receivables.verify import Check, Sql, run_sql

# the entry of a match is named by the 32 hex digits of its id, on both engines
_HEX: Final = "REPLACE(CAST(t.id AS text), '-', '')"
_BANK_LINES: Final = """(SELECT COALESCE(SUM(l.amount), 0) FROM receivables_journalentry e
    JOIN receivables_journalline l ON l.entry_id = e.id AND l.company_id = e.company_id
    JOIN receivables_ledgeraccount c ON c.id = l.account_id AND c.role = 'bank'
    WHERE e.company_id = t.company_id AND e.key = """
_IS_RETURN: Final = "(SELECT m.reverses_id IS NOT NULL FROM banking_bankmovement m WHERE m.id = t.movement_id)"

CHECKS: Final = (
    Sql(
        "movement_explained_is_sum_of_its_matches",
        "banking_bankmovement",
        """SELECT t.id FROM banking_bankmovement t WHERE t.company_id = %(company)s AND t.explained <>
           (SELECT COALESCE(SUM(m.amount), 0) FROM banking_match m
            WHERE m.company_id = t.company_id AND m.movement_id = t.id AND m.undone_at IS NULL)""",
    ),
    Sql(
        "movement_state_is_what_its_facts_give",
        "banking_bankmovement",
        """SELECT t.id FROM banking_bankmovement t WHERE t.company_id = %(company)s AND t.state <>
           CASE WHEN t.reversal_id IS NOT NULL OR t.reverses_id IS NOT NULL THEN 'reversed'
                WHEN t.explained = t.amount THEN 'reconciled' WHEN t.archived_at IS NOT NULL THEN 'archived'
                WHEN t.explained <> 0 THEN 'partial' ELSE 'pending' END""",
    ),
    Sql(
        "return_and_deposit_name_each_other",
        "banking_bankmovement",
        """SELECT t.id FROM banking_bankmovement t JOIN banking_bankmovement o ON o.id = t.reversal_id
           WHERE t.company_id = %(company)s AND (o.reverses_id IS NULL OR o.reverses_id <> t.id OR o.amount <> -t.amount
             OR o.account_id <> t.account_id OR t.explained <> 0)
           UNION ALL SELECT t.id FROM banking_bankmovement t JOIN banking_bankmovement o ON o.id = t.reverses_id
           WHERE t.company_id = %(company)s AND (o.reversal_id IS NULL OR o.reversal_id <> t.id)""",
    ),
    Sql(
        "match_is_sum_of_its_lines",
        "banking_match",
        """SELECT t.id FROM banking_match t WHERE t.company_id = %(company)s AND t.amount <>
           (SELECT COALESCE(SUM(l.amount), 0) FROM banking_matchline l
            WHERE l.company_id = t.company_id AND l.match_id = t.id)
           AND EXISTS (SELECT 1 FROM banking_matchline l WHERE l.company_id = t.company_id AND l.match_id = t.id)""",
    ),
    Sql(
        "match_without_lines_is_a_return",
        "banking_match",
        f"""SELECT t.id FROM banking_match t WHERE t.company_id = %(company)s AND t.undone_at IS NULL AND NOT EXISTS
           (SELECT 1 FROM banking_matchline l WHERE l.company_id = t.company_id AND l.match_id = t.id)
           AND NOT {_IS_RETURN}""",  # noqa: S608 - constants
    ),
    Sql(
        "match_has_its_entry_at_the_bank",
        "banking_match",
        f"""SELECT t.id FROM banking_match t WHERE t.company_id = %(company)s AND EXISTS
           (SELECT 1 FROM banking_matchline l WHERE l.company_id = t.company_id AND l.match_id = t.id)
           AND t.amount <> {_BANK_LINES} 'bank:' || {_HEX})""",  # noqa: S608 - constants
    ),
    Sql(
        "undone_match_has_its_entry_turned_round",
        "banking_match",
        f"""SELECT t.id FROM banking_match t WHERE t.company_id = %(company)s AND EXISTS
           (SELECT 1 FROM banking_matchline l WHERE l.company_id = t.company_id AND l.match_id = t.id)
           AND {_BANK_LINES} 'unbank:' || {_HEX}) <> CASE WHEN t.undone_at IS NULL THEN 0 ELSE -t.amount END""",  # noqa: S608
    ),
    Sql(
        "bank_account_is_sum_of_what_is_explained",
        "receivables_journalline",
        """SELECT x.currency FROM (
             SELECT l.currency AS currency, SUM(l.amount) AS value FROM receivables_journalline l
             JOIN receivables_ledgeraccount c ON c.id = l.account_id AND c.company_id = l.company_id
             WHERE l.company_id = %(company)s AND c.role = 'bank' GROUP BY l.currency
             UNION ALL
             SELECT m.currency, -SUM(m.explained) FROM banking_bankmovement m
             WHERE m.company_id = %(company)s AND m.reverses_id IS NULL GROUP BY m.currency) x
           GROUP BY x.currency HAVING SUM(x.value) <> 0""",
    ),
    Sql(
        "payment_of_a_match_lives_as_long_as_it",
        "banking_match",
        """SELECT t.id FROM banking_match t JOIN receivables_credit c ON c.id = t.credit_id
           WHERE t.company_id = %(company)s AND ((t.undone_at IS NULL) <> (c.reversed_on IS NULL)
             OR c.company_id <> t.company_id OR c.customer_id <> t.customer_id OR c.source <> 'bank' OR c.amount <>
             (SELECT COALESCE(SUM(l.amount), 0) FROM banking_matchline l WHERE l.company_id = t.company_id
              AND l.match_id = t.id AND l.known_id IS NULL AND l.reason_id IS NULL))""",
    ),
    Sql(
        "bank_money_on_the_books_has_its_match",
        "receivables_credit",
        """SELECT t.id FROM receivables_credit t WHERE t.company_id = %(company)s AND t.source = 'bank'
           AND t.reversed_on IS NULL
           AND NOT EXISTS (SELECT 1 FROM banking_match m WHERE m.company_id = t.company_id AND m.credit_id = t.id
             AND m.undone_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM banking_matchline l JOIN banking_match m ON m.id = l.match_id
             WHERE l.company_id = t.company_id AND l.settled_by_id = t.id AND m.undone_at IS NULL)""",
    ),
    Sql(
        "no_money_is_seen_twice_at_the_bank",
        "banking_matchline",
        """SELECT l.known_id FROM banking_matchline l JOIN banking_match m ON m.id = l.match_id
           JOIN receivables_credit c ON c.id = l.known_id
           WHERE l.company_id = %(company)s AND m.undone_at IS NULL GROUP BY l.known_id, c.amount, c.source
           HAVING SUM(l.amount + l.difference) > c.amount OR SUM(l.amount + l.difference) < 0 OR c.source = 'bank'""",
    ),
    Sql(
        "lines_are_of_the_customer_of_their_match",
        "banking_matchline",
        """SELECT l.id FROM banking_matchline l JOIN banking_match m ON m.id = l.match_id
           JOIN receivables_receivable r ON r.id = l.receivable_id
           WHERE l.company_id = %(company)s AND (m.customer_id IS NULL OR r.customer_id <> m.customer_id)""",
    ),
    Sql(
        "difference_is_what_settled_it",
        "banking_matchline",
        """SELECT l.id FROM banking_matchline l JOIN banking_match m ON m.id = l.match_id
           JOIN receivables_credit c ON c.id = l.settled_by_id
           WHERE l.company_id = %(company)s AND (c.customer_id <> m.customer_id OR c.kind = 'payment'
             OR (l.is_note AND l.difference > c.amount) OR (NOT l.is_note AND (l.difference <> c.amount
               OR c.source <> 'bank' OR (m.undone_at IS NOT NULL AND c.reversed_on IS NULL))))""",
    ),
    Sql(
        "match_is_in_the_currency_of_its_movement",
        "banking_match",
        """SELECT t.id FROM banking_match t JOIN banking_bankmovement b ON b.id = t.movement_id
           LEFT JOIN receivables_credit c ON c.id = t.credit_id
           WHERE t.company_id = %(company)s AND (c.currency <> b.currency OR EXISTS
             (SELECT 1 FROM banking_matchline l JOIN receivables_credit k ON k.id = l.known_id
              WHERE l.match_id = t.id AND k.currency <> b.currency))""",
    ),
    Sql(
        "report_of_a_match_is_accepted",
        "banking_match",
        """SELECT t.id FROM banking_match t JOIN payments_reportedpayment r ON r.id = t.report_id
           WHERE t.company_id = %(company)s AND t.undone_at IS NULL
           AND (r.state <> 'accepted' OR r.credit_id IS NULL)""",
    ),
)


def run_checks() -> list[Check]:
    """Prove what was reconciled of the company in scope."""
    return [run_sql(check) for check in CHECKS]
