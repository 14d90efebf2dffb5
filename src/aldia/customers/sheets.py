"""The sheet of customers: what it shows, what may be edited in it, and how its rows are read back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aldia.customers.models import Contact, CreditLine, Customer
from aldia.customers.operations.contacts import checked_email
from aldia.customers.operations.versions import Refused
from aldia.customers.queries import as_uuid, default_lines, primary_contacts
from aldia.domain.money import CURRENCIES, Money
from aldia.domain.sentences import quoted
from aldia.integrations.spreadsheets import Cell, CellError, Column, Record
from aldia.tenancy.sentences import spoken

CHUNK = 500
MAX_ROWS = 20_000
# field -> headings; the first is the one that we write. What is not here is passed over when the sheet comes back.
HEADINGS: dict[str, tuple[str, ...]] = {
    "id": ("ID (no editar)", "id"),
    "tax_id": ("RFC", "Identificador fiscal", "RUT", "NIT", "NIF"),
    "legal_name": ("Razón social", "Nombre", "Cliente"),
    "email": ("Correo", "Correo de cobranza", "Correo electrónico", "E-mail"),
    "term_days": ("Días de crédito", "Plazo", "Días"),
    "collecting": ("Prendido", "Estado"),
    "portfolio": ("Cartera",),
    "reminder": ("Recordatorios", "Regla de recordatorios", "Tipo de recordatorio", "Recordatorio"),
    "limit": ("Límite de crédito", "Límite"),
    "currency": ("Moneda del límite", "Moneda"),
}
YES, NO = "Sí", "No"
NO_REMINDERS = "Sin recordatorios"


def columns(portfolios: Iterable[str], tax_id_name: str = "RFC", reminders: Iterable[str] = ()) -> list[Column]:
    """Columns of the exported sheet, with drop-downs where the choice is closed (and short enough for one)."""
    choices, rules = tuple(portfolios), tuple(reminders)
    return [
        Column(HEADINGS["id"][0], width=4, hidden=True),
        Column(tax_id_name, width=16),
        Column(HEADINGS["legal_name"][0], width=42),
        Column(HEADINGS["email"][0], width=32),
        Column(HEADINGS["term_days"][0], "whole", 15),
        Column(HEADINGS["collecting"][0], width=12, choices=(YES, NO)),
        Column(HEADINGS["portfolio"][0], width=20, choices=choices if sum(map(len, choices)) < 200 else ()),
        Column(HEADINGS["reminder"][0], width=24, choices=rules if sum(map(len, rules)) < 200 else ()),
        Column(HEADINGS["limit"][0], "money", 18),
        Column(HEADINGS["currency"][0], width=18),
    ]


@dataclass(frozen=True, slots=True)
class Current:
    """What a customer's row holds now."""

    customer: Customer
    contact: Contact | None
    line: CreditLine | None

    def cells(self, reminder: str = "") -> list[Cell]:
        """The cells of its row; `reminder`: the rule that it follows."""
        customer, line = self.customer, self.line
        return [
            str(customer.pk),
            customer.tax_id,
            customer.legal_name,
            self.contact.email if self.contact else "",
            customer.term_days,
            YES if customer.collecting else NO,
            customer.portfolio.name if customer.portfolio else "",
            reminder,
            Money(line.limit_minor, line.currency) if line else None,
            line.currency if line else "",
        ]


def current_rows(customers: QuerySet[Customer]) -> Iterator[Current]:
    """Rows of the sheet in the order of the queryset, read in slices: an export may hold all customers."""
    slice_: list[Customer] = []
    for customer in customers.select_related("portfolio").iterator(chunk_size=CHUNK):
        slice_.append(customer)
        if len(slice_) == CHUNK:
            yield from together(slice_)
            slice_ = []
    yield from together(slice_)


def together(customers: list[Customer]) -> list[Current]:
    """Customers with their primary contact and default line, in two queries."""
    ids = [customer.pk for customer in customers]
    contacts, lines = primary_contacts(ids), default_lines(ids)
    return [Current(each, contacts.get(each.pk), lines.get(each.pk)) for each in customers]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row of the sheet asks for. A field that the sheet does not have is not in `fields`."""

    number: int
    customer_id: uuid.UUID | None
    tax_id: str
    legal_name: str
    fields: dict[str, object]
    errors: tuple[str, ...]


def read_wanted(record: Record, currency: str) -> Wanted:
    """One row; its bad cells become sentences, all of them at once. `currency` where the row names none."""
    errors: list[str] = []
    fields: dict[str, object] = {}
    for field, read in _READERS.items():
        if record.has(field):
            try:
                fields[field] = read(record)
            except CellError as error:
                errors.append(spoken(error))
    _read_limit(record, currency, fields, errors)
    identifier = str(record.values.get("id") or "")
    customer_id = as_uuid(identifier) if identifier else None
    if identifier and customer_id is None:
        sentence = _("«%(id)s» no es un identificador nuestro.") % {"id": quoted(identifier)}
        errors.append(spoken(record.error("id", sentence)))
    tax_id = str(record.values.get("tax_id") or "")[:60]
    legal_name = str(record.values.get("legal_name") or "")[:300]
    return Wanted(record.number, customer_id, tax_id, legal_name, fields, tuple(errors))


def _email(record: Record) -> str:
    try:
        return checked_email(record.text("email", 254))
    except Refused as error:
        raise record.error("email", str(error)) from error


_READERS: dict[str, Callable[[Record], object]] = {
    "email": _email,
    "term_days": lambda record: record.whole("term_days", 0, 3650),
    "collecting": lambda record: record.yes_no("collecting"),
    "portfolio": lambda record: record.text("portfolio", 100),
    "reminder": lambda record: record.text("reminder", 100),
}


def _read_limit(record: Record, currency: str, fields: dict[str, object], errors: list[str]) -> None:
    """The limit is read in the row's currency. An empty limit changes nothing."""
    if record.values.get("limit") is None:
        return
    named = str(record.values.get("currency") or currency).upper()
    if named not in CURRENCIES:
        sentence = _("«%(currency)s» no es una moneda conocida: usa su clave, por ejemplo MXN o USD.")
        errors.append(spoken(record.error("currency", sentence % {"currency": quoted(named)})))
        return
    try:
        fields["limit"] = (record.amount("limit", named), named)
    except CellError as error:
        errors.append(spoken(error))
