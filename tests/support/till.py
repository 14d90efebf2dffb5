"""A company that can be paid in a test: a customer that owes, the test provider, and links into a browser's hand."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.integrations.payments.sandbox import Sandbox
from aldia.payments.models import ProviderAccount
from aldia.payments.operations.links import NewLink, create_link
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy import secrets
from aldia.tenancy.models import Company
from aldia.web import clock

METHODS = ("card", "spei", "store")


def test_account(company: Company, *methods: str, **fields: Any) -> ProviderAccount:
    """The built-in test provider of the company in scope."""
    secret = secrets.keep(kind="payments", values=Sandbox.new_secrets())
    values = {"provider": "sandbox", "name": "Banco de pruebas", "hook_token": uuid.uuid4().hex, **fields}
    return ProviderAccount.objects.create(company=company, secret=secret, methods=list(methods or METHODS), **values)


test_account.__test__ = False  # type: ignore[attr-defined]  # a helper, whatever pytest thinks of its name


def owes(customer: Customer, total: int, *, days: int = 5, number: str = "F-1", currency: str = "MXN") -> Receivable:
    """A charge of the customer that falls due in so many days."""
    today = clock.today(Company.objects.get(pk=customer.company_id))
    due_on = today + timedelta(days=days)
    return open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(total, currency), issued_on=min(today, due_on),
        due_on=due_on, concept=f"Pedido {number}", key=uuid.uuid4(), actor=None, number=number,
    )  # fmt: skip


def link_for(*rows: Receivable, **fields: Any) -> NewLink:
    """A link over some documents; `policy`, `amount`, `expires_at`… as of `create_link`."""
    now = datetime.now(UTC)
    values = {"policy": "partial", "currency": rows[0].currency, "now": now, "expires_at": now + timedelta(days=10)}
    ids = [row.pk for row in rows]
    return create_link(customer_id=rows[0].customer_id, receivable_ids=ids, actor=None, **{**values, **fields})


def opened(link: NewLink, slug: str, client: Client | None = None) -> Client:
    """A browser that opened the link."""
    client = client or Client()
    answer = client.get(f"/l/{slug}/{link.token}/")
    assert (answer.status_code, answer["Location"]) == (303, f"/l/{slug}/")
    return client


def pay(client: Client, slug: str, account: ProviderAccount, method: str = "card", **form: Any) -> Any:
    """Send the link's form as the page makes it; what it answers."""
    page = client.get(f"/l/{slug}/")
    key = page.context.get("key", uuid.uuid4())  # a link that is paid has no form any more
    given = {"proof": page.context["proof"], "key": str(key), "mode": "all", **form}
    return client.post(f"/l/{slug}/", {"way": f"{account.pk}:{method}", **given})
