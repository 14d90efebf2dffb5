"""A company whose customers come in to its portal, and clients that hold the cookies which their browsers would."""

from __future__ import annotations

import io
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.test import Client

from aldia.customers.models import Contact, Customer
from aldia.documents.operations.batches import create_batch
from aldia.documents.packing import pack
from aldia.domain.money import Money
from aldia.payments.models import PortalPass
from aldia.payments.operations.passes import issue_pass, own_portal_settings
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_customer
from tests.fixtures.cfdi import builder

PROOF = re.compile(r'name="proof" value="([0-9a-f]+)"')


def today() -> date:
    """The company's today, in Mexico City, as the pages see it."""
    return (datetime.now(UTC) - timedelta(hours=6)).date()


def customer_of(company: Company, *words: str, **fields: Any) -> Customer:
    """A customer, made within its company (PostgreSQL lets nobody write outside one)."""
    with company_scope(company.pk):
        return make_customer(company, *words, **fields)


def owes(customer: Customer, total: int, *, days: int = -10, number: str = "", currency: str = "MXN") -> Receivable:
    """A charge due so many days from today (past when negative)."""
    with company_scope(customer.company_id):
        due_on = today() + timedelta(days=days)
        return open_charge(
            customer_id=customer.pk, kind="charge_note", total=Money(total, currency),
            issued_on=due_on - timedelta(days=30), due_on=due_on, concept="Pedido", key=uuid.uuid4(), actor=None,
            number=number or f"N-{uuid.uuid4().hex[:6]}",
        )  # fmt: skip


def options(company: Company, **values: Any) -> None:
    """Set what the company's portal offers."""
    with company_scope(company.pk):
        row = own_portal_settings()
        for name, value in values.items():
            setattr(row, name, value)
        row.save()


def contact(customer: Customer, email: str) -> Contact:
    with company_scope(customer.company_id):
        return Contact.objects.create(company=customer.company, customer=customer, email=email, is_primary=True)


@dataclass
class Guest:
    """A browser of a customer. `get` and `post` take what comes after /p/<company>/."""

    company: Company
    client: Client
    token: str = ""
    row: PortalPass | None = None

    def path(self, rest: str = "") -> str:
        return f"/p/{self.company.slug}/{rest}"

    def enter(self, token: str = "") -> Any:
        return self.client.get(self.path(f"{token or self.token}/"))

    def get(self, rest: str = "", data: Any = None) -> Any:
        return self.client.get(self.path(rest), data)

    def post(self, rest: str, data: dict[str, Any] | None = None, proof: str | None = None) -> Any:
        """A form, with the proof that the page carries."""
        known = self.proof() if proof is None else proof
        return self.client.post(self.path(rest), {"proof": known, **(data or {})})

    def proof(self) -> str:
        found = PROOF.search(self.get().content.decode())
        return found[1] if found else ""


def guest_of(customer: Customer, address: str = "", *, enters: bool = True, now: datetime | None = None) -> Guest:
    """Somebody with a pass of the customer, who has opened the link."""
    company = customer.company
    with company_scope(company.pk):
        row, token = issue_pass(customer_id=customer.pk, address=address, now=now or datetime.now(UTC))
    guest = Guest(company, Client(), token, row)
    if enters:
        guest.enter()
    return guest


def stranger(company: Company) -> Guest:
    return Guest(company, Client())


def imported(company: Company, *names: str, receiver: tuple[str, str] = builder.RECEIVER) -> list[Receivable]:
    """Invoices of real XML that came in by a file, and a complement that pays a part of the first; `company` is the
    builder's issuer. Returns what they opened, oldest first."""
    wanted = names or ("uno", "dos")
    files = [
        (f"{name}.xml", builder.cfdi(name, Folio=name, receiver=receiver, Fecha="2026-09-02T10:00:00"))
        for name in wanted
    ]
    named = builder.paid(builder.Paid(builder.uid(wanted[0]), "1160.00", "160.00", "1000.00"))
    paying = builder.payment("160.00", named)
    files.append(("pago.xml", builder.complement(f"pago-{wanted[0]}", paying, total="160.00")))
    with company_scope(company.pk):
        stored = pack([(name, io.BytesIO(data)) for name, data in files], name="carga")
        batch = create_batch(file=stored, name="carga", actor=None, collect_all=True)
        run_batch(batch_id=batch.pk, now=lambda: datetime.now(UTC), today=today())
        keys = [builder.uid(name) for name in wanted]
        return list(Receivable.objects.filter(key__in=keys).select_related("customer").order_by("number"))
