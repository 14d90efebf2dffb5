"""Connecting an account with whoever reads it at the bank, and disconnecting it again."""

from __future__ import annotations

import secrets as random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.banking import feeding
from aldia.banking.models import BankAccount
from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.domain.ports.banks import BankFeed, FeedAccount, ProviderFailure
from aldia.integrations import registry
from aldia.messaging.filled import read_filled
from aldia.tenancy import audit, secrets
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

SECRETS_OF = "bank_feed"
SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Details:
    """What a person fills in. An empty secret leaves the one that is kept as it is."""

    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the keys let us see: the accounts, or the sentence why not."""

    accounts: tuple[FeedAccount, ...]
    works: bool
    sentence: str


def connect(*, account_id: uuid.UUID, version: int, feed: str, details: Details, actor: User | None) -> BankAccount:
    """Keep how an account is read at the bank (again, to change it). Raises `Refused` (with its field), `Stale`.

    Another service than before starts anew: its accounts have other names.
    """
    kind = registry.bank_feed(feed)
    if kind is None:
        raise Refused(_("No conocemos ese servicio."), "feed")
    with transaction():
        account = _taken(account_id, version)
        same = account.feed == feed
        settings, hidden = _checked(kind, details, _known(account) if same else {})
        account.feed_account = account.feed_account if same else ""
        account.feed, account.feed_settings = feed, settings
        account.secret = secrets.keep(kind=SECRETS_OF, values=hidden, replacing=account.secret)
        account.hook_token = account.hook_token or (random.token_urlsafe(32) if kind.has_events else "")
        account.fed_result = ""
        _save(account)
        set_now = sorted(name for name, value in details.secrets.items() if value)
        _audit(actor, "banking.feed_connected", account, {"settings": settings, "secrets_set": set_now})
    return account


def look(*, account_id: uuid.UUID) -> Seen:
    """Ask the feed which accounts the keys let us see, outside any transaction. Raises `NotThere`."""
    account = _account(account_id)
    try:
        feed = feeding.build(account)
        if not feed.pulls:
            return Seen((), True, _("Este servicio no se consulta: sus movimientos llegan cuando él avisa."))
        found = tuple(feed.list_accounts())
    except (ProviderFailure, feeding.NoFeed) as failure:
        return Seen((), False, getattr(failure, "text", "") or str(failure))
    return Seen(found, bool(found), "" if found else _("Las claves funcionan, pero no dejan ver ninguna cuenta."))


def choose(*, account_id: uuid.UUID, version: int, feed_account: FeedAccount, actor: User | None) -> BankAccount:
    """Say which of the feed's accounts this one is. Raises `Refused`, `Stale`, `NotThere`."""
    with transaction():
        account = _taken(account_id, version)
        if feed_account.currency and feed_account.currency != account.currency:
            values = {"theirs": feed_account.currency, "ours": account.currency}
            raise Refused(_("Esa cuenta es en %(theirs)s y la tuya en %(ours)s.") % values, "feed_account")
        taken = BankAccount.objects.filter(feed=account.feed, feed_account=feed_account.id, archived_at__isnull=True)
        other = taken.exclude(pk=account.pk).first()
        if other is not None:
            raise Refused(_("Esa cuenta ya está conectada a «%(name)s».") % {"name": other}, "feed_account")
        if account.feed_account != feed_account.id:
            account.fed_until = None
        account.feed_account = feed_account.id
        _save(account)
        _audit(actor, "banking.feed_chosen", account, {"feed_account": feed_account.id})
    return account


def disconnect(*, account_id: uuid.UUID, version: int, actor: User | None) -> BankAccount:
    """Read the account no more: its keys go, its movements stay. Raises `Stale`, `NotThere`."""
    with transaction():
        account = _taken(account_id, version)
        had, secret = account.feed, account.secret
        account.feed, account.feed_settings, account.feed_account, account.hook_token = "", {}, "", ""
        account.secret, account.fed_until, account.fed_result = None, None, ""
        _save(account)
        if secret is not None:
            secret.delete()
        if had:
            _audit(actor, "banking.feed_disconnected", account, {"was": had})
    return account


def told(*, account_id: uuid.UUID, sentence: str, now: datetime) -> None:
    """Write down what came of the last question."""
    BankAccount.objects.filter(pk=account_id).update(fed_at=now, fed_result=sentence[:300])


def _checked(kind: type[BankFeed], details: Details, known: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    settings, hidden = read_filled(kind.fields, details.settings, details.secrets, known)
    names = {each.name for each in kind.fields}
    if "address" in names and not settings.get("address") and not hidden.get("push_secret"):
        raise Refused(_("Escribe la dirección que se consulta, o el secreto con el que el servicio avisa."), "address")
    short = hidden.get("push_secret", "")
    if short and any(len(each.strip()) < SHORTEST_SECRET for each in short.split(",")):
        raise Refused(_("El secreto es muy corto: usa al menos 16 letras."), "push_secret")
    return settings, hidden


def _known(account: BankAccount) -> Mapping[str, str]:
    try:
        return feeding.revealed(account)
    except feeding.NoFeed:
        return {}


def _account(account_id: uuid.UUID) -> BankAccount:
    account = BankAccount.objects.select_related("secret").filter(pk=account_id).first()
    if account is None:
        raise NotThere
    return account


def _taken(account_id: uuid.UUID, version: int) -> BankAccount:
    if not BankAccount.objects.select_for_update(no_key=True).filter(pk=account_id).exists():
        raise NotThere
    account = _account(account_id)
    if account.version != version:
        raise Stale
    if account.archived_at is not None:
        raise Refused(_("La cuenta está archivada."))
    return account


def _save(account: BankAccount) -> None:
    account.version += 1
    account.save(update_fields=[
        "feed", "feed_settings", "feed_account", "secret", "hook_token", "fed_until", "fed_result", "version",
    ])  # fmt: skip


def _audit(actor: User | None, verb: str, account: BankAccount, detail: dict[str, object]) -> None:
    said = {"feed": account.feed, "name": account.name} | detail
    audit.record(actor=actor, verb=verb, object_type="bankaccount", object_id=account.pk, detail=said)
