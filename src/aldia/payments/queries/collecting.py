"""Collection accounts for pages and papers: the CLABE or reference that only one customer pays into."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import QuerySet

from aldia.payments.models import CollectionAccount


def collection_accounts() -> QuerySet[CollectionAccount]:
    """All collection accounts, newest first, with what a list shows of each."""
    rows = CollectionAccount.objects.select_related("customer", "account", "created_by")
    return rows.order_by("-created_at", "-id")


def account_of(customer_id: uuid.UUID) -> CollectionAccount | None:
    """The account that a customer is told to pay into; None while it has none."""
    return accounts_of([customer_id]).get(customer_id)


def accounts_of(customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CollectionAccount]:
    """By customer, the account that each is told to pay into: open, answered, of a provider in use; the newest."""
    rows = CollectionAccount.objects.filter(
        customer_id__in=list(customer_ids), closed_at__isnull=True, opened_at__isnull=False,
        account__disabled_at__isnull=True,
    )  # fmt: skip
    found: dict[uuid.UUID, CollectionAccount] = {}
    for row in rows.exclude(value="").select_related("account", "customer").order_by("opened_at", "id"):
        found[row.customer_id] = row
    return found


def are_waiting() -> bool:
    """Whether some provider has not answered yet for an account that was asked for."""
    rows = CollectionAccount.objects.filter(value="", closed_at__isnull=True, account__disabled_at__isnull=True)
    return rows.exists()


def never_asked() -> QuerySet[CollectionAccount]:
    """The accounts that were opened and that no provider was asked for yet."""
    rows = CollectionAccount.objects.filter(value="", failure="", closed_at__isnull=True)
    return rows.filter(account__disabled_at__isnull=True)
