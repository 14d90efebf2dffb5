"""Who may have paid: tax ids, names, learned payers, accounts of one customer, the company's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aldia.banking.indexing.facts import Facts
from aldia.banking.indexing.rows import day, here, kept, text_id
from aldia.domain.matching import Alias, BankMovement, Party
from aldia.domain.matching.memory import MOST_LIKE
from aldia.domain.matching.names import blocks, name_key
from aldia.domain.tax_ids import NAMES, normalise
from aldia.tenancy.reading import fetch, marks

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
# The same in one query: what is asked, customer, and the record of what was learned.
_PLAIN_OF = "customer_id, 0, 0, CAST(NULL AS date), CAST(NULL AS date)"
_ALIASES_OF = f"SELECT CAST(%s AS text), {_ALIASES.strip().removeprefix('SELECT ')}"
_NAMED_OF = _NAMED.replace("customer_id", f"CAST(%s AS text), {_PLAIN_OF}", 1)
_TAX_ID_OF = _TAX_ID.strip().replace(
    "SELECT id", f"SELECT CAST(%s AS text), {_PLAIN_OF.replace('customer_id', 'id')}", 1
)
_COLLECTION = """
SELECT customer_id FROM payments_collectionaccount
WHERE company_id = %s AND kind IN ('clabe', 'reference') AND value = %s AND NOT (value = '')"""


class Payers:
    """Customers and payers of the company in scope. Answers are remembered as long as this lives."""

    def __init__(self, known: Facts) -> None:
        self._company = here()
        self._own_tax_id = normalise(known.country, known.tax_id)
        self._own_accounts = known.own_accounts
        self._countries = sorted({known.country, *NAMES})
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

    def expect(self, movement: BankMovement) -> None:
        """Read in one query what the engine will ask of a deposit's payer, instead of one question after the other."""
        name = name_key(movement.payer_name)
        learned = (("account", movement.payer_account), ("tax_id", movement.payer_tax_id), ("name", name))
        asked = [
            (f"alias {kind}", value, _ALIASES_OF, [self._company, kind, value]) for kind, value in learned if value
        ]
        if tax_id := movement.payer_tax_id:
            sql = _TAX_ID_OF.format(marks(self._countries), "false")
            asked.append(("tax_id", tax_id, sql, [self._company, *self._countries, tax_id]))
        if name:
            asked.append(("named", name, _NAMED_OF, [self._company, name]))
        asked = [each for each in asked if (each[0], each[1]) not in self._asked]
        if len(asked) < 2:
            return
        values = [value for what, _value, _sql, params in asked for value in (what, *params)]
        rows = fetch(" UNION ALL ".join(sql for _what, _value, sql, _params in asked), values)
        for what, value, _sql, _params in asked:
            self._asked[what, value] = [row[1:] for row in rows if row[0] == what]

    def _once(self, what: str, value: str, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not value:
            return []
        if (what, value) not in self._asked:
            self._asked[what, value] = fetch(sql, [self._company, *params])
        found: list[tuple[Any, ...]] = self._asked[what, value]
        return found
