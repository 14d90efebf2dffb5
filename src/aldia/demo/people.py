"""Who plays in the demo: the shapes of company, customers, contacts, portfolios, suppliers and opening balances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from aldia.demo import identities
from aldia.domain.fiscal.drafts import DraftParty

Manner = Literal["punctual", "late", "erratic", "stopped"]
Role = Literal["cobranza", "facturación", "dirección"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a customer pays. `days_late` typical; `splits` per cent of invoices paid in parts; `bundles`: many at once.

    A customer that stopped paid until `stops_on` and never again.
    """

    manner: Manner
    days_late: int = 0
    splits: int = 0
    bundles: bool = False
    stops_on: date | None = None


@dataclass(frozen=True, slots=True)
class DemoContact:
    """A person at a customer."""

    name: str
    role: Role
    email: str
    phone: str
    whatsapp: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer: the fiscal data of its invoices and what the company decides about it.

    `name` is how people write it, `party` how SAT has it. `credit_days` 0 pays in cash (PUE). `credit_limit_minor` in
    `currency`, 0 without a line. `weight`: its share of sales. `is_on`: whether the company collects from it.
    """

    name: str
    party: DraftParty
    city: str
    currency: str
    credit_days: int
    credit_limit_minor: int
    portfolio: str
    behaviour: Behaviour
    contacts: tuple[DemoContact, ...]
    clabe: str
    bank_rfc: str
    weight: int
    is_on: bool

    @property
    def rfc(self) -> str:
        """Its RFC; foreigners share XEXX010101000 and are told apart by name and foreign id."""
        return self.party.rfc

    @property
    def at_border(self) -> bool:
        """Whether it is served by the branch at the northern border, with IVA at 8 %."""
        return self.city in identities.BORDER


@dataclass(frozen=True, slots=True)
class DemoPortfolio:
    """A portfolio and the collector that works it."""

    name: str
    collector: str
    email: str


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """The company of the demo."""

    name: str
    party: DraftParty
    email: str
    phone: str
    clabe: str
    bank_rfc: str
    representative_rfc: str
    border_place: str = "22010"

    @property
    def rfc(self) -> str:
        """Its RFC."""
        return self.party.rfc


@dataclass(frozen=True, slots=True)
class DemoSupplier:
    """Whom the company buys from. `charges_fees`: a person whose fees carry withholdings."""

    name: str
    party: DraftParty
    charges_fees: bool


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """What a customer already owed before the first document of the demo; amounts in minor units."""

    rfc: str
    customer: str
    reference: str
    issued_on: date
    due_on: date
    currency: str
    total_minor: int
    balance_minor: int

    def as_row(self) -> dict[str, str]:
        """The row of a spreadsheet, as the company would type it."""
        return {
            "RFC": self.rfc,
            "Cliente": self.customer,
            "Folio": self.reference,
            "Fecha": self.issued_on.isoformat(),
            "Vencimiento": self.due_on.isoformat(),
            "Moneda": self.currency,
            "Total": f"{self.total_minor // 100}.{self.total_minor % 100:02d}",
            "Saldo": f"{self.balance_minor // 100}.{self.balance_minor % 100:02d}",
        }


@dataclass(frozen=True, slots=True)
class DemoCast:
    """Everyone, and the days of the history: `first_day` to `last_day` (the day before today), both included."""

    company: DemoCompany
    portfolios: tuple[DemoPortfolio, ...]
    customers: tuple[DemoCustomer, ...]
    suppliers: tuple[DemoSupplier, ...]
    opening_balances: tuple[OpeningBalance, ...]
    first_day: date
    last_day: date
