"""The adapter of a provider's account: its settings, its secrets in the clear, the bank behind the test provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from aldia.domain.ports.payments import Provider
from aldia.integrations import registry
from aldia.payments.models import ProviderAccount
from aldia.tenancy import keyring, secrets

SANDBOX = "sandbox"


class NoProvider(Exception):
    """The account cannot be used: the text says why."""


def usable_accounts() -> list[ProviderAccount]:
    """The accounts in use, oldest first. Beside an account that moves real money, the test ones are none."""
    rows = ProviderAccount.objects.filter(disabled_at__isnull=True).select_related("secret")
    found = list(rows.order_by("created_at", "pk"))
    return [each for each in found if each.is_live] or found


def build(account: ProviderAccount) -> Provider:
    """The adapter of an account, used or not (what was paid is still told about after it is switched off).

    Raises `NoProvider`.
    """
    kind = registry.payment_provider(account.provider)
    if kind is None:
        raise NoProvider(_("No conocemos el proveedor «%(name)s».") % {"name": account.provider})
    plain = plain_settings(kind, account.settings)
    if account.provider == SANDBOX:
        from aldia.payments.sandbox import SandboxBank  # its tables are ours, its adapter is not

        return kind(plain, revealed(account), bank=SandboxBank(account))  # type: ignore[call-arg]
    return kind(plain, revealed(account))


def plain_settings(kind: type[Provider], found: Mapping[str, Any]) -> dict[str, str]:
    """What the adapter declares and nothing else (no address of a server slips in), and what the house allows."""
    declared = {each.name: str(found.get(each.name, each.default)) for each in kind.fields if not each.is_secret}
    return declared | {"private_networks": ",".join(settings.ALDIA_PRIVATE_NETWORKS)}


def revealed(account: ProviderAccount) -> secrets.Revealed:
    """The secrets of an account in the clear; `NoProvider` when they cannot be opened here."""
    if account.secret is None:
        return secrets.Revealed()
    try:
        return secrets.reveal(account.secret)
    except (secrets.CannotOpen, keyring.KeyProblem) as error:
        raise NoProvider(str(error)) from error


def hook_path(account: ProviderAccount) -> str:
    """The path that the account's provider calls; it is known to nobody else."""
    return f"/ganchos/pagos/{account.company_id}/{account.hook_token}/"
