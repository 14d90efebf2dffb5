"""The adapter of an account's feed, with its settings and its secrets in the clear."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from aldia.banking.models import BankAccount
from aldia.domain.ports.banks import BankFeed
from aldia.integrations import registry
from aldia.tenancy import keyring, secrets


class NoFeed(ValueError):
    """The account has no feed that can be used: the text says why."""


def build(account: BankAccount) -> BankFeed:
    """The adapter of an account's feed. Raises `NoFeed`."""
    kind = registry.bank_feed(account.feed)
    if kind is None:
        raise NoFeed(_("Esta cuenta no tiene conexión con el banco."))
    return kind(plain_settings(kind, account), revealed(account))


def plain_settings(kind: type[BankFeed], account: BankAccount) -> dict[str, str]:
    """What the adapter declares and nothing else, with what it must know of our account and of the house."""
    found: dict[str, Any] = account.feed_settings
    declared = {each.name: str(found.get(each.name, each.default)) for each in kind.fields if not each.is_secret}
    return declared | {
        "country": account.country,
        "currency": account.currency,
        "private_networks": ",".join(settings.ALDIA_PRIVATE_NETWORKS),
    }


def revealed(account: BankAccount) -> secrets.Revealed:
    """The secrets of an account in the clear. Raises `NoFeed` when they cannot be opened here."""
    if account.secret is None:
        return secrets.Revealed()
    try:
        return secrets.reveal(account.secret)
    except (secrets.CannotOpen, keyring.KeyProblem) as error:
        raise NoFeed(str(error)) from error


def hook_path(account: BankAccount) -> str:
    """The path that the account's feed calls; it is known to nobody else."""
    return f"/ganchos/bancos/{account.company_id}/{account.hook_token}/"
