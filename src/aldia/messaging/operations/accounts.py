"""Setting up the ways out of the house: accounts of channels, their secrets, and which one is used by itself."""

from __future__ import annotations

import secrets as random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aldia.customers.operations.versions import NotThere, Refused, Stale, plain
from aldia.domain.ports.channels import Adapter
from aldia.integrations import registry
from aldia.integrations.channels.addresses import one_line, plain_address
from aldia.messaging import accounts
from aldia.messaging.filled import read_filled
from aldia.messaging.models import Channel, ChannelAccount
from aldia.tenancy import audit, secrets
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

SECRETS_OF = "channel"
MAX_ACCOUNTS = 20
CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP)  # a letter needs no account: a person posts it


@dataclass(frozen=True, slots=True)
class Details:
    """What a person fills in. An empty secret leaves the one that is kept as it is."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    sender_name: str = ""
    sender_address: str = ""
    reply_to: str = ""


def create_account(
    *, channel: str, adapter: str, details: Details, hook_base: str = "", actor: User | None
) -> ChannelAccount:
    """Add an account; the first one of a channel is the default. `hook_base`: https://host of this installation.

    Raises `Refused` (with its field).
    """
    kind = _kind(channel, adapter)
    values, hidden = _checked(kind, channel, details, {})
    with transaction():
        _lock_company()
        others = list(ChannelAccount.objects.filter(disabled_at__isnull=True).values_list("channel", flat=True))
        if len(others) >= MAX_ACCOUNTS:
            raise Refused(_("Ya hay %(n)d cuentas: apaga alguna antes.") % {"n": MAX_ACCOUNTS})
        account = ChannelAccount(
            company_id=current_company_id(),
            channel=channel,
            adapter=adapter,
            is_default=channel not in others,
            hook_token=random.token_urlsafe(32) if kind.tracks else "",
            secret=secrets.keep(kind=SECRETS_OF, values=hidden) if hidden else None,
            **values,
        )
        _point_callbacks(account, hook_base)
        account.save(force_insert=True)
        _audit(actor, "messaging.account_created", account, _described(account) | {"secrets_set": sorted(hidden)})
    return account


def update_account(
    *, account_id: uuid.UUID, version: int, details: Details, hook_base: str = "", actor: User | None
) -> ChannelAccount:
    """Save an edited account. Raises `Refused`, `Stale`, `NotThere`."""
    with transaction():
        account = _taken(account_id, version)
        kind = _kind(account.channel, account.adapter)
        given = {name: value for name, value in details.secrets.items() if value}
        values, hidden = _checked(kind, account.channel, details, _known(account))
        before, callback = _described(account), account.settings.get("callback_url", "")
        for name, value in values.items():
            setattr(account, name, value)
        if given:
            account.secret = secrets.keep(kind=SECRETS_OF, values=hidden, replacing=account.secret)
        _point_callbacks(account, hook_base, callback)
        account.version += 1
        account.save()
        after = _described(account)
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        _audit(actor, "messaging.account_changed", account, {"changes": changed, "secrets_replaced": sorted(given)})
    return account


def make_default(*, account_id: uuid.UUID, version: int, actor: User | None) -> ChannelAccount:
    """Let the messages of the account's channel leave by it. Raises `Refused`, `Stale`, `NotThere`."""
    with transaction():
        account = _taken(account_id, version)
        if account.disabled_at is not None:
            raise Refused(_("La cuenta está apagada."))
        if not account.is_default:
            ChannelAccount.objects.filter(channel=account.channel, is_default=True).update(is_default=False)
            account.is_default = True
            account.version += 1
            account.save(update_fields=["is_default", "version"])
            _audit(actor, "messaging.account_default", account, {"channel": account.channel})
    return account


def disable_account(*, account_id: uuid.UUID, version: int, actor: User | None) -> ChannelAccount:
    """Switch an account off: nothing leaves by it, the oldest other one of its channel becomes the default."""
    with transaction():
        account = _taken(account_id, version)
        if account.disabled_at is not None:
            return account
        ChannelAccount.objects.filter(pk=account.pk).update(
            is_default=False, disabled_at=Now(), version=account.version + 1
        )
        heir = ChannelAccount.objects.filter(channel=account.channel, disabled_at__isnull=True).order_by("created_at")
        if account.is_default and (first := heir.first()) is not None:
            first.is_default = True
            first.version += 1
            first.save(update_fields=["is_default", "version"])
        account.refresh_from_db()
        _audit(actor, "messaging.account_disabled", account, {"channel": account.channel})
    return account


def enable_account(*, account_id: uuid.UUID, version: int, actor: User | None) -> ChannelAccount:
    """Switch an account on again. Raises `Stale`, `NotThere`."""
    with transaction():
        account = _taken(account_id, version)
        if account.disabled_at is not None:
            alone = not ChannelAccount.objects.filter(channel=account.channel, is_default=True).exists()
            account.disabled_at, account.is_default = None, alone
            account.version += 1
            account.save(update_fields=["disabled_at", "is_default", "version"])
            _audit(actor, "messaging.account_enabled", account, {"channel": account.channel})
    return account


def _taken(account_id: uuid.UUID, version: int) -> ChannelAccount:
    _lock_company()
    account = ChannelAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise NotThere
    if account.version != version:
        raise Stale
    return account


def _lock_company() -> None:
    """One at a time: which account is the default is a decision over all of them."""
    Company.objects.select_for_update().get(pk=current_company_id())


def _kind(channel: str, adapter: str) -> type[Adapter]:
    kind = registry.channel_adapter(adapter)
    if kind is None or channel not in CHANNELS or kind not in registry.adapters_for(channel):
        raise Refused(_("No conocemos ese proveedor."), "adapter")
    return kind


def _known(account: ChannelAccount) -> Mapping[str, str]:
    """The secrets that stay when a form leaves them empty; none when they cannot be opened here any more."""
    try:
        return accounts.revealed(account)
    except accounts.NoChannel:
        return {}


def _checked(
    kind: type[Adapter], channel: str, details: Details, known: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The columns and the secrets of an account, or `Refused` naming the field at fault."""
    settings, hidden = read_filled(kind.fields, details.settings, details.secrets, known)
    sender = _sender(channel, kind, details)
    name = one_line(details.name, 100) or str(kind.label)
    _refuse_plain_password(settings, hidden)
    return {"name": name, "settings": settings, **sender}, hidden


def _sender(channel: str, kind: type[Adapter], details: Details) -> dict[str, str]:
    """From whom e-mail is, and who answers it; the other channels have a number."""
    if channel != Channel.EMAIL:
        return {"sender_name": "", "sender_address": "", "reply_to": ""}
    address, reply_to = details.sender_address.strip(), details.reply_to.strip()
    for name, value in (("sender_address", address), ("reply_to", reply_to)):
        if value and not plain_address(value):
            raise Refused(_("Ese correo no es válido."), name)
    if not address and kind.fields and not Company.objects.get(pk=current_company_id()).sender_email:
        raise Refused(_("Escribe la dirección desde la que se escribe."), "sender_address")
    return {"sender_name": one_line(details.sender_name, 200), "sender_address": address, "reply_to": reply_to}


def _refuse_plain_password(settings: Mapping[str, str], hidden: Mapping[str, str]) -> None:
    if settings.get("security") == "none" and hidden.get("password"):
        raise Refused(_("Con contraseña la conexión debe ir cifrada: elige STARTTLS o TLS."), "security")


def _point_callbacks(account: ChannelAccount, hook_base: str, before: str = "") -> None:
    """Where the provider tells us what became of each message, for those that are told at every sending."""
    callback = f"{hook_base}{accounts.hook_path(account)}" if account.hook_token and hook_base else before
    if callback:
        account.settings = account.settings | {"callback_url": callback}


def _described(account: ChannelAccount) -> dict[str, Any]:
    """An account as the audit keeps it: no secret, and not the address that only the provider should know."""
    names = ("channel", "adapter", "name", "sender_name", "sender_address", "reply_to", "is_default")
    settings = {name: value for name, value in account.settings.items() if name != "callback_url"}
    return {name: plain(getattr(account, name)) for name in names} | {"settings": settings}


def _audit(actor: User | None, verb: str, account: ChannelAccount, detail: dict[str, Any]) -> None:
    audit.record(actor=actor, verb=verb, object_type="channelaccount", object_id=account.pk, detail=detail)
