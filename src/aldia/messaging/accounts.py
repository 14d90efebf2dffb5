"""Which way out a message takes: the company's accounts, the house's mail server, or the built-in mailbox.

A company that set nothing up writes e-mail through the house's server (ALDIA_EMAIL_URL), and where there is none its
e-mail stays in the mailbox, seen on a page and sent to nobody. SMS and WhatsApp have no such fallback: `NoChannel`.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext as _

from aldia.domain.ports.channels import Adapter
from aldia.integrations import registry
from aldia.integrations.channels.mailbox import Mailbox
from aldia.messaging.models import Channel, ChannelAccount
from aldia.tenancy import keyring, secrets
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

EVERYWHERE = "0.0.0.0/0,::/0"
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


class NoChannel(Exception):
    """The company has no way out for this channel; `code` is the reason that a skipped reminder carries."""

    code = "no_channel"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message says it is from, and the person whom an answer reaches."""

    name: str
    address: str
    reply_to: str


def accounts_of(channel: str | None = None) -> list[ChannelAccount]:
    """The accounts of the company in scope that are in use, default ones first."""
    found = ChannelAccount.objects.filter(disabled_at__isnull=True).select_related("secret")
    if channel is not None:
        found = found.filter(channel=channel)
    return list(found.order_by("channel", "-is_default", "created_at", "pk"))


def default_account(channel: str) -> ChannelAccount | None:
    """The account that messages of a channel leave by, or None when only the house's own ways are left."""
    return next(iter(accounts_of(channel)), None)


def has_channel(channel: str) -> bool:
    """Whether a message of this channel could leave at all."""
    return channel in (Channel.EMAIL, Channel.LETTER) or default_account(channel) is not None


def is_mailbox(account: ChannelAccount | None, channel: str) -> bool:
    """Whether messages only reach the built-in mailbox, and no customer."""
    if account is None:
        return channel == Channel.EMAIL and not house_has_mail()
    return account.adapter == Mailbox.name


def adapter_of(account: ChannelAccount | None, channel: str) -> Adapter:
    """The adapter that sends for an account, with its secrets in the clear. Raises `NoChannel`, saying why.

    Without an account: the house's mail server or the mailbox, a person for letters, nothing for SMS and WhatsApp.
    """
    if account is None:
        return _of_the_house(channel)
    if account.disabled_at is not None:
        raise NoChannel(_("La cuenta «%(name)s» está apagada.") % {"name": account.name})
    return build(account)


def build(account: ChannelAccount) -> Adapter:
    """The adapter of an account, used or not (what was sent is still told about after an account is switched off)."""
    kind = registry.channel_adapter(account.adapter)
    if kind is None:
        raise NoChannel(_("No conocemos el proveedor «%(name)s».") % {"name": account.adapter})
    return kind(plain_settings(kind, account.settings), revealed(account))


def plain_settings(kind: type[Adapter], found: dict[str, str]) -> dict[str, str]:
    """What the adapter declares and nothing else (no address of a server slips in), and what the house allows."""
    declared = {each.name: str(found.get(each.name, each.default)) for each in kind.fields if not each.is_secret}
    return declared | {
        "private_networks": ",".join(settings.ALDIA_PRIVATE_NETWORKS),
        "callback_url": str(found.get("callback_url", "")),  # ours, written by `operations.accounts`
    }


def revealed(account: ChannelAccount) -> secrets.Revealed:
    """The secrets of an account in the clear; `NoChannel` when they cannot be opened here."""
    if account.secret is None:
        return secrets.Revealed()
    try:
        return secrets.reveal(account.secret)
    except (secrets.CannotOpen, keyring.KeyProblem) as error:
        raise NoChannel(str(error)) from error


def sender_of(account: ChannelAccount | None) -> Sender:
    """Who the company's messages are from. What an account leaves empty is the company's, then the house's."""
    company = Company.objects.get(pk=current_company_id())
    name = (account and account.sender_name) or company.sender_name or str(company)
    house = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    own = company.sender_email if account is not None or not house_has_mail() else ""
    address = (account and account.sender_address) or own or house
    return Sender(name, address, (account and account.reply_to) or company.sender_email)


def hook_path(account: ChannelAccount) -> str:
    """The path that the account's provider calls; it is known to nobody else."""
    return f"/ganchos/canales/{account.company_id}/{account.hook_token}/"


def house_has_mail() -> bool:
    """Whether whoever runs the installation set a mail server (ALDIA_EMAIL_URL)."""
    return settings.EMAIL_BACKEND == SMTP_BACKEND and bool(settings.EMAIL_HOST)


def _of_the_house(channel: str) -> Adapter:
    if channel == Channel.LETTER:
        return _adapter("letter", {}, {})
    if channel != Channel.EMAIL:
        raise NoChannel(_("Falta una cuenta de %(channel)s en Configuración → Canales.") % {"channel": channel})
    if not house_has_mail():
        return Mailbox({}, {})
    security = "tls" if settings.EMAIL_USE_SSL else "starttls" if settings.EMAIL_USE_TLS else "none"
    found = {
        "host": settings.EMAIL_HOST,
        "port": str(settings.EMAIL_PORT),
        "user": settings.EMAIL_HOST_USER,
        "security": security,
        "private_networks": EVERYWHERE,  # whoever runs the house chose it
    }
    return _adapter("smtp", found, {"password": settings.EMAIL_HOST_PASSWORD})


def _adapter(name: str, found: dict[str, str], hidden: dict[str, str]) -> Adapter:
    kind = registry.channel_adapter(name)
    if kind is None:
        raise NoChannel(name)
    return kind(found, secrets.Revealed(hidden))
