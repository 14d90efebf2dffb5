"""Collection accounts: opened for customers at the provider that issues them, closed, never given to another.

The rows come first, with the next numbers of the account; the provider is asked for each outside any transaction, and
asked again with the same key until it answers. A number is never used twice, nor an account given to somebody else.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from aldia.customers.models import Contact, Customer
from aldia.domain.ports.payments import AccountAsked, OpenedAccount, ProviderFailure, ProviderUnknown
from aldia.messaging.rendering import one_line
from aldia.payments import providers
from aldia.payments.models import CollectionAccount, ProviderAccount
from aldia.payments.tokens import payment_settings
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

MAX_AT_ONCE = 5_000


class CollectingError(ValueError):
    """Accounts that cannot be opened or closed as asked; the sentence is for the person."""


def open_for(
    *, customer_ids: Collection[uuid.UUID], account_id: uuid.UUID, actor: User | None, now: datetime
) -> list[CollectionAccount]:
    """Give each customer a row with the next number; the provider is asked by `ask_providers`.

    Who has an open account there already keeps it; who is not collected gets none. Raises `CollectingError`.
    """
    if len(set(customer_ids)) > MAX_AT_ONCE:
        raise CollectingError(_("Son demasiados clientes de una vez: a lo más 5,000."))
    with transaction():
        account = ProviderAccount.objects.select_for_update().filter(pk=account_id).first()
        if account is None or account.disabled_at is not None or not account.opens_accounts:
            raise CollectingError(_("Esa cuenta no da una CLABE o referencia a cada cliente."))
        wanted = _without(account).filter(pk__in=list(customer_ids)).order_by("legal_name", "id")
        rows = [
            CollectionAccount(
                id=uuid7(), company_id=current_company_id(), customer_id=customer_id, account=account, kind="",
                sequence=account.sequence + number, created_by=actor,
            )
            for number, customer_id in enumerate(wanted.values_list("pk", flat=True), 1)
        ]  # fmt: skip
        if rows:
            account.sequence += len(rows)
            account.save(update_fields=["sequence"])
            insert_rows(rows)
            detail = {"customers": sorted(str(row.customer_id) for row in rows), "at": now}
            _audit(actor, "payments.collection_asked", account.pk, detail)
    return rows


def open_missing(*, now: datetime) -> int:
    """Give an account to every customer that is switched on and has none, where the company wants that; how many."""
    if not payment_settings().accounts_for_all:
        return 0
    issuer = ProviderAccount.objects.filter(opens_accounts=True, disabled_at__isnull=True).first()
    if issuer is None:
        return 0
    missing = list(_without(issuer).order_by("id").values_list("pk", flat=True)[:MAX_AT_ONCE])
    return len(open_for(customer_ids=missing, account_id=issuer.pk, actor=None, now=now)) if missing else 0


def ask_providers(*, now: datetime, limit: int = 50) -> int:
    """Ask for the accounts that have no answer yet, outside any transaction; how many came.

    Those that failed before are asked last; a provider that does not answer at all is asked once per round.
    """
    waiting = CollectionAccount.objects.filter(value="", closed_at__isnull=True, account__disabled_at__isnull=True)
    rows = waiting.select_related("account__secret", "customer").order_by("failure", "created_at", "sequence")[:limit]
    came, silent = 0, set[uuid.UUID]()
    for row in rows:
        if row.account_id in silent:
            continue
        try:
            opened = _ask(row)
        except ProviderFailure as failure:
            _failed(row, failure.text)
            if not failure.permanent:
                silent.add(row.account_id)
        except (ProviderUnknown, providers.NoProvider) as error:
            _failed(row, str(error) or _("El proveedor no contestó."))
            silent.add(row.account_id)
        else:
            crashpoint("after_open")
            came += _opened(row, opened, now)
    return came


def close(*, collection_id: uuid.UUID, actor: User | None, now: datetime) -> CollectionAccount:
    """Stop telling a customer to pay there; money that still comes in is still known to be its."""
    with transaction():
        row = CollectionAccount.objects.select_for_update().filter(pk=collection_id).first()
        if row is None:
            raise CollectingError(_("Esa cuenta no existe."))
        if row.closed_at is None:
            row.closed_at = now
            row.save(update_fields=["closed_at"])
            _audit(actor, "payments.collection_closed", row.pk, {"customer": row.customer_id, "value": row.value})
    return row


def _without(account: ProviderAccount) -> QuerySet[Customer]:
    """Customers that are collected and have no open account at a provider's account."""
    open_rows = CollectionAccount.objects.filter(account=account, customer=OuterRef("pk"), closed_at__isnull=True)
    return Customer.objects.filter(~Exists(open_rows), collecting=True, generic=False)


def _ask(row: CollectionAccount) -> OpenedAccount:
    customer = row.customer
    contacts = Contact.objects.filter(customer=customer).exclude(email="").order_by("-is_primary", "created_at", "id")
    first = contacts.first()
    asked = AccountAsked(
        key=str(row.pk), customer_reference=customer.pk.hex, customer_name=customer.legal_name,
        customer_tax_id=customer.tax_id, customer_email=first.email if first is not None else "", sequence=row.sequence,
    )  # fmt: skip
    return providers.build(row.account).open_account(asked)


def _opened(row: CollectionAccount, opened: OpenedAccount, now: datetime) -> bool:
    """Write down the answer; an account that another customer has already is refused for good."""
    try:
        with transaction():
            fresh = CollectionAccount.objects.select_for_update().get(pk=row.pk)
            if fresh.value:
                return False
            fresh.kind, fresh.value, fresh.provider_id = opened.kind.value, opened.value[:40], opened.provider_id[:120]
            fresh.bank, fresh.beneficiary = one_line(opened.bank)[:100], one_line(opened.beneficiary)[:200]
            fresh.failure, fresh.opened_at = "", now
            fresh.save()
            detail = {"customer": fresh.customer_id, "kind": fresh.kind, "value": fresh.value}
            _audit(None, "payments.collection_opened", fresh.pk, detail)
    except IntegrityError:
        _failed(row, _("El proveedor dio una cuenta que ya es de otro cliente."))
        return False
    return True


def _failed(row: CollectionAccount, why: str) -> None:
    CollectionAccount.objects.filter(pk=row.pk, value="").update(failure=one_line(why)[:300])


def _audit(actor: User | None, verb: str, row_id: uuid.UUID, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="collection_account", object_id=row_id, detail=detail)
