"""Setting up payment providers: accounts, their secrets and methods, and which one issues collection accounts."""

from __future__ import annotations

import secrets as random
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aldia.customers.operations.versions import NotThere, Refused, Stale, plain
from aldia.domain.ports.payments import Provider, ProviderFailure, ProviderUnknown
from aldia.integrations import registry
from aldia.messaging.filled import read_filled
from aldia.messaging.rendering import one_line
from aldia.payments import providers
from aldia.payments.models import ProviderAccount
from aldia.tenancy import audit, secrets
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

SECRETS_OF = "payment_provider"
MAX_ACCOUNTS = 20


@dataclass(frozen=True, slots=True)
class Details:
    """What a person fills in. An empty secret leaves the one that is kept as it is. `is_live`: it moves real money."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_live: bool = True


def create_account(*, provider: str, details: Details, actor: User | None) -> ProviderAccount:
    """Add an account with all its methods on. Raises `Refused` (with its field)."""
    kind = _kind(provider)
    known = kind.new_secrets() if hasattr(kind, "new_secrets") else {}
    values, hidden = _checked(kind, details, known)
    with transaction():
        _lock_company()
        if ProviderAccount.objects.filter(disabled_at__isnull=True).count() >= MAX_ACCOUNTS:
            raise Refused(_("Ya hay %(n)d cuentas: apaga alguna antes.") % {"n": MAX_ACCOUNTS})
        account = ProviderAccount(
            company_id=current_company_id(), provider=provider, methods=[each.value for each in kind.methods],
            hook_token=random.token_urlsafe(32) if kind.has_notices else "",
            secret=secrets.keep(kind=SECRETS_OF, values=hidden) if hidden else None, **values,
        )  # fmt: skip
        account.save(force_insert=True)
        _audit(actor, "payments.account_created", account, _described(account) | {"secrets_set": sorted(hidden)})
    return account


def update_account(*, account_id: uuid.UUID, version: int, details: Details, actor: User | None) -> ProviderAccount:
    """Save an edited account. Raises `Refused`, `Stale`, `NotThere`."""
    with transaction():
        account = _taken(account_id, version)
        given = {name: value for name, value in details.secrets.items() if value}
        values, hidden = _checked(_kind(account.provider), details, _known(account))
        before = _described(account)
        for name, value in values.items():
            setattr(account, name, value)
        if given:
            account.secret = secrets.keep(kind=SECRETS_OF, values=hidden, replacing=account.secret)
            account.checked_at, account.check_result = None, ""
        account.version += 1
        account.save()
        after = _described(account)
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        _audit(actor, "payments.account_changed", account, {"changes": changed, "secrets_replaced": sorted(given)})
    return account


def set_methods(
    *, account_id: uuid.UUID, version: int, methods: Collection[str], actor: User | None
) -> ProviderAccount:
    """Say which of the provider's methods are offered. Raises `Refused`, `Stale`, `NotThere`."""
    with transaction():
        account = _taken(account_id, version)
        had = [each.value for each in _kind(account.provider).methods]
        if set(methods) - set(had):
            raise Refused(_("Ese proveedor no tiene esa forma de pago."), "methods")
        wanted = [each for each in had if each in methods]
        if wanted != account.methods:
            before, account.methods = account.methods, wanted
            account.version += 1
            account.save(update_fields=["methods", "version"])
            _audit(actor, "payments.account_methods", account, {"methods": [before, wanted]})
    return account


def make_issuer(*, account_id: uuid.UUID, version: int, actor: User | None) -> ProviderAccount:
    """Let this account open the collection accounts of customers, instead of any other.

    Accounts that another one opened stay open, and are still known. Raises `Refused`, `Stale`, `NotThere`.
    """
    with transaction():
        account = _taken(account_id, version)
        if account.disabled_at is not None or not _kind(account.provider).opens_accounts:
            raise Refused(_("Esta cuenta no puede dar una CLABE o referencia a cada cliente."))
        if not account.opens_accounts:
            ProviderAccount.objects.filter(opens_accounts=True, disabled_at__isnull=True).update(opens_accounts=False)
            account.opens_accounts = True
            account.version += 1
            account.save(update_fields=["opens_accounts", "version"])
            _audit(actor, "payments.account_issues", account, {"provider": account.provider})
    return account


def disable_account(*, account_id: uuid.UUID, version: int, actor: User | None) -> ProviderAccount:
    """Switch an account off: nothing new is asked of it; what it was asked is still looked at."""
    with transaction():
        account = _taken(account_id, version)
        if account.disabled_at is None:
            ProviderAccount.objects.filter(pk=account.pk).update(disabled_at=Now(), version=account.version + 1)
            account.refresh_from_db()
            _audit(actor, "payments.account_disabled", account, {"provider": account.provider})
    return account


def enable_account(*, account_id: uuid.UUID, version: int, actor: User | None) -> ProviderAccount:
    """Switch an account on again; it opens collection accounts again only if no other does meanwhile."""
    with transaction():
        account = _taken(account_id, version)
        if account.disabled_at is not None:
            others = ProviderAccount.objects.filter(opens_accounts=True, disabled_at__isnull=True)
            account.opens_accounts = account.opens_accounts and not others.exists()
            account.disabled_at = None
            account.version += 1
            account.save(update_fields=["disabled_at", "opens_accounts", "version"])
            _audit(actor, "payments.account_enabled", account, {"provider": account.provider})
    return account


def check_account(*, account_id: uuid.UUID, actor: User | None, now: datetime) -> tuple[bool, str]:
    """Prove that the keys work, outside any transaction; the sentence of what was found is kept on the account."""
    account = ProviderAccount.objects.select_related("secret").filter(pk=account_id).first()
    if account is None:
        raise NotThere
    try:
        works, text = True, providers.build(account).check()
    except ProviderFailure as failure:
        works, text = False, failure.text
    except ProviderUnknown:
        works, text = False, _("El proveedor no contestó. Inténtalo otra vez.")
    except providers.NoProvider as error:
        works, text = False, str(error)
    text = one_line(text)[:300]
    with transaction():
        ProviderAccount.objects.filter(pk=account.pk).update(checked_at=now, check_result=text)
        _audit(actor, "payments.account_checked", account, {"works": works, "result": text})
    return works, text


def _taken(account_id: uuid.UUID, version: int) -> ProviderAccount:
    _lock_company()
    account = ProviderAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise NotThere
    if account.version != version:
        raise Stale
    return account


def _lock_company() -> None:
    """One at a time: who issues collection accounts is a decision over all of them."""
    Company.objects.select_for_update().get(pk=current_company_id())


def _kind(provider: str) -> type[Provider]:
    kind = registry.payment_provider(provider)
    if kind is None:
        raise Refused(_("No conocemos ese proveedor."), "provider")
    return kind


def _known(account: ProviderAccount) -> Mapping[str, str]:
    """The secrets that stay when a form leaves them empty; none when they cannot be opened here any more."""
    try:
        return providers.revealed(account)
    except providers.NoProvider:
        return {}


def _checked(kind: type[Provider], details: Details, known: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The columns and the secrets of an account, or `Refused` naming the field at fault."""
    settings, hidden = read_filled(kind.fields, details.settings, details.secrets, known, secrets_have_lines=True)
    name = one_line(details.name)[:100].strip() or str(kind.label)
    is_live = details.is_live and kind.name != providers.SANDBOX
    return {"name": name, "settings": settings, "is_live": is_live}, hidden


def _described(account: ProviderAccount) -> dict[str, Any]:
    """An account as the audit keeps it: no secret, and not the address that only the provider should know."""
    names = ("provider", "name", "is_live", "opens_accounts")
    return {name: plain(getattr(account, name)) for name in names} | {"settings": dict(account.settings)}


def _audit(actor: User | None, verb: str, account: ProviderAccount, detail: dict[str, Any]) -> None:
    audit.record(actor=actor, verb=verb, object_type="provideraccount", object_id=account.pk, detail=detail)
