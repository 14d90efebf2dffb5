"""What messages carry of payments: the link to pay, the link to the statement, the account to transfer to. In bulk.

A round of reminders asks for many messages at once: what exists is looked for once, what is missing is written once,
and only for messages that really go. Two rounds at the same moment may make two links of a customer; both work.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from aldia.payments import addresses
from aldia.payments.directions import Directions, directions_of
from aldia.payments.models import LinkedDebt, LinkPolicy, PaymentLink, PaymentSettings, PortalPass
from aldia.payments.operations.links import FRESH, STANDING
from aldia.payments.operations.passes import MOST_DAYS, REUSED_FOR, own_portal_settings
from aldia.payments.providers import usable_accounts
from aldia.payments.tokens import LINK, PASS, Tokens, payment_settings, token_hash
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import transaction

ONE_DOCUMENT = "document"  # the link of a message about one document
EXAMPLE = "ejemplo"  # where a token goes in what is only shown

Debt = tuple[uuid.UUID, str]  # a customer, and a currency or an address


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one message has a use for. `receivable_id`: it speaks of that one only. `addresses`: who gets it, each
    its own way into the statement. `currency` empty: nothing is asked for."""

    customer_id: uuid.UUID
    addresses: tuple[str, ...] = ()
    currency: str = ""
    receivable_id: uuid.UUID | None = None
    pays: bool = False
    shows: bool = False
    directs: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """What it gets: addresses to open ("" for none), and where to transfer. `statement_urls` by address."""

    pay_url: str = ""
    statement_urls: dict[str, str] = field(default_factory=dict)
    directions: Directions | None = None

    @property
    def statement_url(self) -> str:
        """The one that the content is written with: of the first address."""
        return next(iter(self.statement_urls.values()), "")

    @property
    def personal(self) -> dict[str, dict[str, str]]:
        """What each address gets instead of what the content says: {text: {address: text}}."""
        others = {each: url for each, url in self.statement_urls.items() if url != self.statement_url}
        return {self.statement_url: others} if others else {}


@dataclass
class Carrier:
    """The links and accounts of one company's messages of one moment: settings and keys are asked for once."""

    company: Company
    now: datetime
    is_preview: bool = False

    @cached_property
    def settings(self) -> PaymentSettings:
        return payment_settings()

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens()

    @cached_property
    def takes_payments(self) -> bool:
        """Whether a link to pay leads anywhere: some way to pay is switched on."""
        return any(account.methods for account in usable_accounts())

    def carry(self, wanted: Sequence[Wanted]) -> list[Carried]:
        """What each message gets, in the order asked; writes what is missing (nothing at all for a preview)."""
        paying = [each for each in wanted if each.pays and each.currency and self.takes_payments]
        showing = [each for each in wanted if each.shows and each.addresses]
        accounts = self._accounts([each.customer_id for each in wanted if each.directs])
        if self.is_preview:
            return [self._example(each, accounts, each in paying, each in showing) for each in wanted]
        with transaction():
            links = self._links(paying)
            passes = self._passes({(each.customer_id, address) for each in showing for address in each.addresses})
        return [self._carried(each, accounts, links, passes) for each in wanted]

    def _links(self, wanted: Iterable[Wanted]) -> dict[tuple[Debt, uuid.UUID | None], str]:
        """The tokens of the links to pay, by customer, currency and document: those that live, and new ones."""
        asked = {((each.customer_id, each.currency), each.receivable_id) for each in wanted}
        if not asked:
            return {}
        found = {where: row_id for where, row_id in self._living_links(asked) if where in asked}
        fresh = {where: uuid7() for where in sorted(asked - found.keys(), key=str)}
        rows = [self._link(row_id, *where) for where, row_id in fresh.items()]
        insert_rows(rows)
        insert_rows([
            LinkedDebt(id=uuid7(), company_id=self.company.pk, link_id=fresh[where], receivable_id=where[1])
            for where in fresh
            if where[1] is not None
        ])  # fmt: skip
        if fresh:
            audit.record(actor=None, verb="payments.links_created", object_type="company", detail={"links": len(fresh)})
        return {where: self.tokens.of(LINK, row_id) for where, row_id in (found | fresh).items()}

    def _living_links(
        self, asked: Collection[tuple[Debt, uuid.UUID | None]]
    ) -> Iterable[tuple[tuple[Debt, uuid.UUID | None], uuid.UUID]]:
        """Links of such customers that live a week more; the one that lives longest comes last."""
        rows = PaymentLink.objects.filter(
            customer_id__in={customer for (customer, _currency), _document in asked},
            revoked_at__isnull=True,
            expires_at__gt=self.now + FRESH,
        ).order_by("expires_at", "id")
        columns = rows.values_list("id", "customer_id", "currency")
        if any(document is None for _debt, document in asked):
            for row_id, customer, currency in columns.filter(purpose=STANDING, covers_all=True):
                yield ((customer, currency), None), row_id
        named = [document for _debt, document in asked if document is not None]
        if named:
            mine = rows.filter(purpose=ONE_DOCUMENT, debts__receivable_id__in=named)
            for row_id, customer, currency, document in mine.values_list(
                "id", "customer_id", "currency", "debts__receivable_id"
            ):
                yield ((customer, currency), document), row_id

    def _link(self, row_id: uuid.UUID, debt: Debt, document: uuid.UUID | None) -> PaymentLink:
        full = self.settings.policy == LinkPolicy.FULL
        return PaymentLink(
            id=row_id,
            company_id=self.company.pk,
            customer_id=debt[0],
            token_hash=token_hash(self.tokens.of(LINK, row_id)),
            currency=debt[1],
            covers_all=document is None,
            policy=LinkPolicy.FULL if full else LinkPolicy.PARTIAL,
            purpose=STANDING if document is None else ONE_DOCUMENT,
            expires_at=self.now + timedelta(days=max(self.settings.link_days, FRESH.days + 1)),
        )

    def _passes(self, asked: Collection[Debt]) -> dict[Debt, str]:
        """The tokens of the passes, by customer and address: those that live, and new ones."""
        wanted = {(customer, address.strip().lower()[:254]) for customer, address in asked}
        if not wanted:
            return {}
        days = timedelta(days=min(own_portal_settings().pass_days, MOST_DAYS))
        rows = PortalPass.objects.filter(
            customer_id__in={customer for customer, _address in wanted},
            revoked_at__isnull=True,
            expires_at__gt=self.now + min(REUSED_FOR, days / 2),
        ).order_by("expires_at", "id")
        found = {(row[1], row[2]): row[0] for row in rows.values_list("id", "customer_id", "address")}
        fresh = {where: uuid7() for where in sorted(wanted - found.keys(), key=str)}
        insert_rows([
            PortalPass(
                id=row_id, company_id=self.company.pk, customer_id=customer, address=address,
                token_hash=token_hash(self.tokens.of(PASS, row_id)), expires_at=self.now + days,
            )
            for (customer, address), row_id in fresh.items()
        ])  # fmt: skip
        if fresh:
            audit.record(actor=None, verb="portal.passes_issued", object_type="company", detail={"passes": len(fresh)})
        known = found | fresh
        return {
            (customer, address): self.tokens.of(PASS, known[customer, address.strip().lower()[:254]])
            for customer, address in asked
        }

    def _accounts(self, customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Directions]:
        return directions_of(customer_ids) if customer_ids and self.settings.accounts_in_papers else {}

    def _carried(
        self,
        wanted: Wanted,
        accounts: dict[uuid.UUID, Directions],
        links: dict[tuple[Debt, uuid.UUID | None], str],
        passes: dict[Debt, str],
    ) -> Carried:
        token = links.get(((wanted.customer_id, wanted.currency), wanted.receivable_id), "") if wanted.pays else ""
        shown = [each for each in wanted.addresses if (wanted.customer_id, each) in passes] if wanted.shows else []
        return Carried(
            addresses.link_url(self.company, token) if token else "",
            {each: addresses.portal_url(self.company, passes[wanted.customer_id, each]) for each in shown},
            accounts.get(wanted.customer_id) if wanted.directs else None,
        )

    def _example(self, wanted: Wanted, accounts: dict[uuid.UUID, Directions], pays: bool, shows: bool) -> Carried:
        """As it will look; these addresses open nothing."""
        return Carried(
            addresses.link_url(self.company, EXAMPLE) if pays else "",
            {wanted.addresses[0]: addresses.portal_url(self.company, EXAMPLE)} if shows else {},
            accounts.get(wanted.customer_id) if wanted.directs else None,
        )
