"""What is constant of a company while a batch is decided, read in one query."""

from __future__ import annotations

from dataclasses import dataclass

from aldia.banking.indexing.rows import here
from aldia.tenancy.reading import fetch

_FACTS = """
SELECT c.country, c.tax_id, b.number,
  EXISTS (SELECT 1 FROM payments_provideraccount p WHERE p.company_id = c.id),
  EXISTS (SELECT 1 FROM receivables_discountrule d WHERE d.company_id = c.id AND d.starts_on IS NOT NULL),
  EXISTS (SELECT 1 FROM payments_reportedpayment r WHERE r.company_id = c.id AND r.state = 'waiting'),
  EXISTS (SELECT 1 FROM payments_paymentattempt a WHERE a.company_id = c.id AND a.check_after IS NOT NULL
          AND a.state IN ('created', 'pending') AND a.customer_id IS NOT NULL)
FROM tenancy_company c LEFT JOIN banking_bankaccount b ON b.company_id = c.id AND b.number <> ''
WHERE c.id = %s"""


@dataclass(frozen=True, slots=True)
class Facts:
    """Whose books they are, and which kinds of things they have none of, so that nobody need ask."""

    country: str
    tax_id: str
    own_accounts: frozenset[str]
    has_providers: bool
    has_promises: bool
    has_reports: bool
    has_begun: bool


def facts() -> Facts:
    """Those of the company in scope, now."""
    rows = fetch(_FACTS, [here()])
    country, tax_id, _number, providers, promises, reports, begun = rows[0]
    accounts = frozenset(row[2] for row in rows if row[2])
    return Facts(country, tax_id, accounts, bool(providers), bool(promises), bool(reports), bool(begun))
