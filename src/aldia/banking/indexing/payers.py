"""Who may have paid: tax ids, names, learned payers, accounts of one customer, the company's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aldia.banking.indexing.rows import day, here, kept, text_id
from aldia.domain.matching import Alias, Party
from aldia.domain.matching.memory import MOST_LIKE
from aldia.domain.matching.names import blocks
from aldia.domain.tax_ids import NAMES, normalise
from aldia.tenancy.reading import fetch, marks

_ACCOUNTS = "SELECT number FROM banking_bankaccount WHERE company_id = %s AND number <> ''"
_PARTY = """
SELECT c.legal_name, c.tax_id, g.oldest_first
FROM customers_customer c
LEFT JOIN banking_payeragreement g ON g.company_id = c.company_id AND g.customer_id = c.id
WHERE c.company_id = %s AND c.id = %s"""
_TAX_ID = """
SELECT id FROM customers_customer WHERE company_id = %s AND country IN ({}) AND tax_id = %s AND generic = {}"""
_NAMED = "SELECT customer_id FROM banking_payername WHERE company_id = %s AND name_key = %s"
_LIKE = f"""
SELECT * FROM (SELECT b.block, n.customer_id, n.name_key FROM banking_payernameblock b
JOIN banking_payername n ON n.id = b.name_id
WHERE b.company_id = %s AND b.block = %s LIMIT {MOST_LIKE + 1}) AS alike"""  # noqa: S608 - a constant
_ALIASES = """
SELECT customer_id, confirmed, rejected, confirmed_on, rejected_on FROM banking_payeralias
WHERE company_id = %s AND kind = %s AND value = %s AND revoked_at IS NULL AND confirmed > 0"""
_COLLECTION = """
SELECT customer_id FROM payments_collectionaccount
WHERE company_id = %s AND kind IN ('clabe', 'reference') AND value = %s AND value <> ''"""


class Payers:
    """Customers and payers of the company in scope. Answers are remembered as long as this lives."""

    def __init__(self) -> None:
        self._company = here()
        ((country, tax_id),) = fetch("SELECT country, tax_id FROM tenancy_company WHERE id = %s", [self._company])
        self._own_tax_id = normalise(country, tax_id)
        self._own_accounts = frozenset(row[0] for row in fetch(_ACCOUNTS, [self._company]))
        self._countries = sorted({country, *NAMES})
        self._parties: dict[str, Party] = {}
        self._asked: dict[tuple[str, str], Any] = {}

    def forget(self) -> None:
        """What was read may have changed."""
        self._parties, self._asked = {}, {}

    def is_own_account(self, account: str) -> bool:
        return account in self._own_accounts

    def is_own_tax_id(self, tax_id: str) -> bool:
        return bool(tax_id) and tax_id == self._own_tax_id

    def party(self, customer: str) -> Party:
        if customer not in self._parties:
            rows = fetch(_PARTY, [self._company, kept(customer)])
            name, tax_id, oldest_first = rows[0]
            self._parties[customer] = Party(customer, name, tax_id, bool(oldest_first))
        return self._parties[customer]

    def customer_of_collection_account(self, account: str) -> str:
        found = self._once("collection", account, _COLLECTION, [account])
        return text_id(found[0][0]) if len(found) == 1 else ""

    def customers_of_tax_id(self, tax_id: str) -> Sequence[str]:
        sql = _TAX_ID.format(marks(self._countries), "false")
        return sorted(text_id(row[0]) for row in self._once("tax_id", tax_id, sql, [*self._countries, tax_id]))

    def customers_named(self, name_key: str) -> Sequence[str]:
        return sorted(text_id(row[0]) for row in self._once("named", name_key, _NAMED, [name_key]))

    def customers_like(self, name_key: str) -> Sequence[tuple[str, str]]:
        """A block that many share tells nothing, and is left out."""
        wanted = blocks(name_key)
        if not wanted:
            return ()
        if ("like", name_key) not in self._asked:
            sql = " UNION ALL ".join([_LIKE] * len(wanted))
            rows = fetch(sql, [value for block in wanted for value in (self._company, block)])
            sizes = {block: sum(1 for row in rows if row[0] == block) for block in wanted}
            found = {(text_id(row[1]), row[2]): None for row in rows if sizes[row[0]] <= MOST_LIKE}
            self._asked["like", name_key] = tuple(sorted(found))
        answer: tuple[tuple[str, str], ...] = self._asked["like", name_key]
        return answer

    def aliases(self, kind: str, value: str) -> Sequence[Alias]:
        rows = self._once(f"alias {kind}", value, _ALIASES, [kind, value])
        return [
            Alias(
                kind, value, text_id(customer), confirmed, rejected,
                day(confirmed_on) if confirmed_on else None, day(rejected_on) if rejected_on else None,
            )
            for customer, confirmed, rejected, confirmed_on, rejected_on in rows
        ]  # fmt: skip

    def _once(self, what: str, value: str, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not value:
            return []
        if (what, value) not in self._asked:
            self._asked[what, value] = fetch(sql, [self._company, *params])
        found: list[tuple[Any, ...]] = self._asked[what, value]
        return found
