"""Customers appear from their documents: found or created in bulk, off by default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aldia.customers.identity import Identity, identify, is_foreign, is_public, search_text
from aldia.customers.models import Customer
from aldia.domain.fiscal.document import Party
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

CHUNK = 400  # tax ids asked for at once: SQLite takes 999 parameters in its oldest builds


def match_or_create(
    *, parties: Iterable[Party], country: str = "MX", actor: User | None = None
) -> dict[Party, Customer]:
    """The customer of each party, creating those not on file (switched off). Safe to repeat and to run twice at once.

    A handful of queries however many parties; the name of a known customer is kept unless it had none. New customers
    leave one audit event (`customers.appeared`). Joins the caller's transaction.
    """
    wanted = {party: identify(country, party) for party in parties}
    with transaction():
        known = find(identities=set(wanted.values()))
        missing = {identity: party for party, identity in wanted.items() if identity not in known}
        if missing:
            known |= _create(missing, actor)
        _name_the_nameless(wanted, known)
    return {party: known[identity] for party, identity in wanted.items()}


def find(*, identities: set[Identity]) -> dict[Identity, Customer]:
    """Customers on file by identity."""
    tax_ids = sorted({identity.tax_id for identity in identities})
    here = Customer.objects.filter(country__in={identity.country for identity in identities})  # as its index begins
    found: dict[Identity, Customer] = {}
    for start in range(0, len(tax_ids), CHUNK):
        for customer in here.filter(tax_id__in=tax_ids[start : start + CHUNK]):
            identity = Identity(customer.country, customer.tax_id, customer.identity)
            if identity in identities:
                found[identity] = customer
    return found


def _create(missing: Mapping[Identity, Party], actor: User | None) -> dict[Identity, Customer]:
    """Insert in the order of the unique key (two imports at once then never deadlock) and read what is there now."""
    company_id = current_company_id()
    order = sorted(missing, key=lambda identity: (identity.tax_id, identity.discriminator))
    rows = [_new_customer(identity, missing[identity]) for identity in order]
    for row in rows:
        row.company_id = company_id
    Customer.all_companies.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    found = find(identities=set(missing))
    mine = {row.pk for row in rows}
    created = [customer for customer in found.values() if customer.pk in mine]
    if created:
        detail = {"customers": {str(customer.pk): customer.legal_name for customer in created}}
        audit.record(actor=actor, verb="customers.appeared", object_type="customers", detail=detail)
    return found


def _new_customer(identity: Identity, party: Party) -> Customer:
    name = clip(party.name, 300)
    return Customer(
        country=identity.country,
        tax_id=identity.tax_id,
        identity=identity.discriminator,
        legal_name=name or fallback_name(identity),
        foreign_id=clip(party.foreign_id, 60),
        residence=clip(party.residence, 3),
        generic=is_public(identity.country, identity.tax_id),
        search=search_text(name, identity.tax_id, party.foreign_id),
    )


def _name_the_nameless(wanted: Mapping[Party, Identity], known: Mapping[Identity, Customer]) -> None:
    """Old documents may carry no name: the first one that does names its customer."""
    named: dict[Identity, Customer] = {}
    for party, identity in wanted.items():
        customer = known[identity]
        name = clip(party.name, 300)
        if name and customer.legal_name == fallback_name(identity) and name != customer.legal_name:
            customer.legal_name = name
            customer.search = search_text(name, customer.trade_name, customer.tax_id, customer.foreign_id)
            named[identity] = customer
    if named:
        Customer.objects.bulk_update(named.values(), ["legal_name", "search"], batch_size=200)


def fallback_name(identity: Identity) -> str:
    """What a customer is called while no document has given its name."""
    if is_public(identity.country, identity.tax_id):
        return "PÚBLICO EN GENERAL"
    if is_foreign(identity.country, identity.tax_id):
        return identity.discriminator or "CLIENTE EXTRANJERO"
    return identity.tax_id or "SIN NOMBRE"


def clip(text: str, length: int) -> str:
    """One line of at most `length` characters, without control characters (a database may refuse them)."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split())[:length]
