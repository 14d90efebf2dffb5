"""A customer by hand: new, its terms and names, and away with one that was a mistake."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import date

from django.db import IntegrityError
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from aldia.customers.identity import Identity, identify, is_public, search_text
from aldia.customers.models import Customer, Portfolio
from aldia.customers.operations.handovers import keep_moves
from aldia.customers.operations.intake import clip, find
from aldia.customers.operations.versions import NotThere, Refused, change, take
from aldia.domain import tax_ids
from aldia.domain.fiscal.document import Party
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

MAX_TERM = 3650
MAX_NOTES = 10_000
LANGUAGES = ("es", "en")


class AlreadyThere(Refused):
    """The company has this customer on file."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(_("Ya tienes a %(name)s con ese identificador fiscal.") % {"name": customer}, "tax_id")
        self.customer = customer


class InUse(Refused):
    """The customer has documents or receivables: it stays."""

    def __init__(self) -> None:
        super().__init__(_("Este cliente tiene documentos o cuentas por cobrar y no se puede borrar. Puedes apagarlo."))


@dataclass(frozen=True, slots=True)
class Details:
    """What people may edit of a customer. `term_days` None: the company's own term applies."""

    legal_name: str
    trade_name: str = ""
    term_days: int | None = None
    portfolio_id: uuid.UUID | None = None
    language: str = "es"
    notes: str = ""


def create_customer(
    *, tax_id: str, details: Details, country: str = "MX", foreign_id: str = "", actor: User | None
) -> Customer:
    """Add a customer, switched off. Raises `Refused` (with its field) and `AlreadyThere`."""
    details = checked(details)
    report = tax_ids.check(country, tax_id)
    if not report.ok:
        raise Refused(str(report.message), "tax_id")
    party = Party(report.tax_id, details.legal_name, foreign_id=clip(foreign_id, 60))
    identity = identify(country, party)
    with transaction():
        _refuse_known(identity)
        customer = Customer(
            company_id=current_company_id(),
            country=country,
            tax_id=identity.tax_id,
            identity=identity.discriminator,
            foreign_id=party.foreign_id,
            generic=is_public(country, identity.tax_id),
            **asdict(details),
        )
        customer.search = _search(customer)
        _insert(customer, identity)
        audit.record(
            actor=actor,
            verb="customers.created",
            object_type="customer",
            object_id=customer.pk,
            detail={"tax_id": customer.tax_id, "legal_name": customer.legal_name},
        )
    return customer


def _refuse_known(identity: Identity) -> None:
    found = find(identities={identity})
    if found:
        raise AlreadyThere(found[identity])


def _insert(customer: Customer, identity: Identity) -> None:
    """An import may create the same customer at this very moment."""
    try:
        with transaction():
            customer.save(force_insert=True)
    except IntegrityError:
        _refuse_known(identity)
        raise


def update_customer(
    *, customer_id: uuid.UUID, version: int, details: Details, today: date, actor: User | None
) -> Customer:
    """Save an edited form. Raises `Refused`, `NotThere`, and `Stale` when somebody saved it first."""
    details = checked(details)
    with transaction():
        customer = take(Customer, customer_id, version)
        keep_moves({customer_id: (customer.portfolio_id, details.portfolio_id)}, today=today)
        changes = change(customer, asdict(details))
        if changes:
            refresh_search(customer)
            audit.record(
                actor=actor,
                verb="customers.edited",
                object_type="customer",
                object_id=customer.pk,
                detail={"changes": changes},
            )
    return customer


def delete_customer(*, customer_id: uuid.UUID, actor: User | None) -> None:
    """Remove a customer that nothing refers to, with its contacts and lines. Raises `InUse`, `NotThere`."""
    with transaction():
        customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
        if customer is None:
            raise NotThere
        detail = {"tax_id": customer.tax_id, "legal_name": customer.legal_name}
        try:
            customer.delete()
        except ProtectedError as error:
            raise InUse from error
        audit.record(
            actor=actor, verb="customers.deleted", object_type="customer", object_id=customer_id, detail=detail
        )


def checked(details: Details) -> Details:
    """The details in the form in which they are kept. Raises `Refused` with the field at fault."""
    name = clip(details.legal_name, 300)
    if not name:
        raise Refused(_("Escribe la razón social."), "legal_name")
    check_term(details.term_days)
    if details.language not in LANGUAGES:
        raise Refused(_("Elige español o inglés."), "language")
    if len(details.notes) > MAX_NOTES:
        raise Refused(_("Las notas admiten hasta 10,000 caracteres."), "notes")
    if details.portfolio_id and not Portfolio.objects.filter(pk=details.portfolio_id).exists():
        raise Refused(_("Esa cartera ya no existe."), "portfolio")
    notes = "".join(char if char.isprintable() or char == "\n" else " " for char in details.notes.replace("\r\n", "\n"))
    trade_name = clip(details.trade_name, 300)
    return Details(name, trade_name, details.term_days, details.portfolio_id, details.language, notes.strip())


def check_term(days: int | None) -> None:
    """Raise `Refused` unless days of credit are None or 0 to 3650."""
    if days is not None and not 0 <= days <= MAX_TERM:
        raise Refused(_("Los días de crédito van de 0 a 3,650."), "term_days")


def refresh_search(customer: Customer) -> None:
    """Keep what the search box looks in up to date after names changed."""
    text = _search(customer)
    if text != customer.search:
        customer.search = text
        customer.save(update_fields=["search"])


def _search(customer: Customer) -> str:
    return search_text(customer.legal_name, customer.trade_name, customer.tax_id, customer.foreign_id)
