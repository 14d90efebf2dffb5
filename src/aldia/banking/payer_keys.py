"""By which ids a payer is told again: its tax id, its account, its name. One spelling for each, for all who compare."""

from __future__ import annotations

from dataclasses import dataclass

from aldia.banking.models import BankAccount, BankMovement
from aldia.domain import tax_ids
from aldia.domain.matching.names import name_key
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

TAX_ID, ACCOUNT, NAME = "tax_id", "account", "name"
KINDS = (TAX_ID, ACCOUNT, NAME)
SHORTEST_ACCOUNT = 8  # the last four digits of an account are those of many
SHORTEST_NAME = 6
# What banks write where nobody is named: a teller's window is no payer.
_NOBODY = frozenset({
    "cliente", "efectivo", "deposito en efectivo", "deposito efectivo", "ventanilla", "caja", "cheque", "spei",
    "transferencia", "publico en general", "no disponible", "sin nombre", "desconocido", "ordenante",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class PayerKey:
    """`value` as it is compared, `shown` as the bank wrote it."""

    kind: str
    value: str
    shown: str


def value_of(kind: str, text: str, country: str) -> str:
    """The spelling under which a payer's id is kept and looked up; "" for nothing. `country` is the company's."""
    if kind == NAME:
        return name_key(text)[:200]
    if kind == TAX_ID:
        return tax_ids.normalise(country, text)[:200]
    return account_value(text)


def account_value(text: str) -> str:
    """An account without the blanks and hyphens that people and banks put into it."""
    return "".join(char for char in text.upper() if char.isalnum())[:200]


@dataclass(frozen=True, slots=True)
class Own:
    """What is the company's own on either side of a transfer, and so names no payer."""

    country: str
    tax_id: str
    name: str
    accounts: frozenset[str]

    @classmethod
    def of_company(cls) -> Own:
        """Of the company in scope."""
        company = Company.objects.get(pk=current_company_id())
        numbers = BankAccount.objects.exclude(number="").values_list("number", flat=True)
        country = company.country
        return cls(
            country, value_of(TAX_ID, company.tax_id, country), value_of(NAME, company.legal_name, country),
            frozenset(account_value(number) for number in numbers),
        )  # fmt: skip

    def identifies(self, key: PayerKey) -> bool:
        """Whether the id can name somebody: not our own, not one that everybody shares, not a scrap."""
        if key.kind == TAX_ID:
            generic = tax_ids.is_generic(self.country, key.value)
            return len(key.value) >= 7 and key.value != self.tax_id and not generic
        if key.kind == ACCOUNT:
            return len(key.value) >= SHORTEST_ACCOUNT and key.value not in self.accounts and bool(key.value.strip("0"))
        return len(key.value) >= SHORTEST_NAME and key.value != self.name and key.value not in _NOBODY


def keys_of(movement: BankMovement, own: Own) -> list[PayerKey]:
    """What a movement says of who paid, as far as it can identify anybody."""
    said = ((TAX_ID, movement.payer_tax_id), (ACCOUNT, movement.payer_account), (NAME, movement.payer_name))
    keys = [PayerKey(kind, value_of(kind, text, own.country), text[:300]) for kind, text in said if text]
    return [key for key in keys if key.value and own.identifies(key)]
