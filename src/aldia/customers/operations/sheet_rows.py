"""Writing the rows of an applied sheet, set-based: inserts and updates in a few statements whatever their number."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, cast

from aldia.customers.identity import identify, is_public, search_text
from aldia.customers.models import Contact, CreditLine, Customer, Portfolio
from aldia.customers.operations.handovers import keep_moves
from aldia.customers.sheets import Current
from aldia.domain.fiscal.document import Party
from aldia.domain.folding import fold
from aldia.tenancy.scope import current_company_id

BATCH = 200
DEFAULT_LINE = "General"


class CellChange(Protocol):
    @property
    def field(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def value(self) -> object: ...


class ChangedRow(Protocol):
    @property
    def customer_id(self) -> uuid.UUID | None: ...
    @property
    def tax_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def changes(self) -> Sequence[CellChange]: ...


@dataclass(slots=True)
class Applied:
    """`on` and `off` are the customers left to be switched, `reminders` those to follow a rule, by its name;
    `detail` is customer -> {field: [before, after]}."""

    edited: int = 0
    created: int = 0
    on: list[uuid.UUID] = field(default_factory=list)
    off: list[uuid.UUID] = field(default_factory=list)
    reminders: dict[str, list[uuid.UUID]] = field(default_factory=dict)
    detail: dict[str, dict[str, list[str]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Work:
    """Rows to be written, each list in one statement."""

    country: str
    portfolios: dict[str, Portfolio]
    company_id: uuid.UUID
    new_customers: list[Customer] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    new_contacts: list[Contact] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    new_lines: list[CreditLine] = field(default_factory=list)
    lines: list[CreditLine] = field(default_factory=list)
    moves: dict[uuid.UUID, tuple[uuid.UUID | None, uuid.UUID | None]] = field(default_factory=dict)


def write_rows(rows: Sequence[ChangedRow], current: Mapping[uuid.UUID, Current], country: str, today: date) -> Applied:
    """Write what each row changes; join the caller's transaction, with the customers locked."""
    work = _Work(country, {fold(each.name): each for each in Portfolio.objects.all()}, current_company_id())
    applied = Applied()
    for row in rows:
        here = current[row.customer_id] if row.customer_id else Current(_new(row, work), None, None)
        _apply(row, here, work, applied)
        applied.detail[str(here.customer.pk)] = {each.field: [each.before, each.after] for each in row.changes}
        applied.created += row.customer_id is None
        applied.edited += row.customer_id is not None
    keep_moves(work.moves, today=today)
    _write(work)
    return applied


def _new(row: ChangedRow, work: _Work) -> Customer:
    identity = identify(work.country, Party(row.tax_id, row.name))
    customer = Customer(
        company_id=work.company_id,
        country=work.country,
        tax_id=identity.tax_id,
        identity=identity.discriminator,
        legal_name=row.name,
        generic=is_public(work.country, identity.tax_id),
        search=search_text(row.name, identity.tax_id),
    )
    work.new_customers.append(customer)
    return customer


def _apply(row: ChangedRow, here: Current, work: _Work, applied: Applied) -> None:
    customer = here.customer
    for change in row.changes:
        if change.field == "term_days":
            customer.term_days = cast("int | None", change.value)
        elif change.field == "portfolio":
            before, customer.portfolio = customer.portfolio_id, _portfolio(str(change.value), work)
            work.moves[customer.pk] = (before, customer.portfolio_id)
        elif change.field == "collecting":
            (applied.on if change.value else applied.off).append(customer.pk)
        elif change.field == "reminder":
            applied.reminders.setdefault(str(change.value), []).append(customer.pk)
        elif change.field == "email":
            _email(here, str(change.value), work)
        elif change.field == "limit":
            _limit(here, change.value, work)
    if row.customer_id is not None:
        customer.version += 1
        work.customers.append(customer)


def _portfolio(name: str, work: _Work) -> Portfolio | None:
    """The portfolio of that name, made if there is none: the preview said so."""
    if not name:
        return None
    found = work.portfolios.get(fold(name))
    if found is None:
        found = Portfolio.objects.create(company_id=work.company_id, name=name)
        work.portfolios[fold(name)] = found
    return found


def _email(here: Current, email: str, work: _Work) -> None:
    contact = here.contact
    if contact is None:
        row = Contact(company_id=work.company_id, customer=here.customer, email=email, is_primary=True)
        work.new_contacts.append(row)
        return
    contact.email = email
    contact.version += 1
    work.contacts.append(contact)


def _limit(here: Current, value: object, work: _Work) -> None:
    minor, currency = cast("tuple[int, str]", value)
    line = here.line
    if line is None:
        line = CreditLine(company_id=work.company_id, customer=here.customer, name=DEFAULT_LINE, is_default=True)
        work.new_lines.append(line)
    else:
        line.version += 1
        work.lines.append(line)
    line.limit_minor, line.currency = minor, currency


def _write(work: _Work) -> None:
    Customer.all_companies.bulk_create(work.new_customers, batch_size=BATCH)
    Customer.objects.bulk_update(work.customers, ["term_days", "portfolio", "version"], batch_size=BATCH)
    Contact.all_companies.bulk_create(work.new_contacts, batch_size=BATCH)
    Contact.objects.bulk_update(work.contacts, ["email", "version"], batch_size=BATCH)
    CreditLine.all_companies.bulk_create(work.new_lines, batch_size=BATCH)
    CreditLine.objects.bulk_update(work.lines, ["limit_minor", "currency", "version"], batch_size=BATCH)
