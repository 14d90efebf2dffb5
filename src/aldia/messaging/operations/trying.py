"""Trying an account before customers are written to: does it answer, does a message to oneself arrive. Network."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from aldia.customers.operations.versions import NotThere
from aldia.domain.ports.channels import ChannelFailure, ChannelUnknown, Outgoing
from aldia.messaging import accounts
from aldia.messaging.models import Channel, ChannelAccount
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial: it worked, or the sentence that says what is wrong."""

    works: bool
    text: str = ""


def check_account(*, account_id: uuid.UUID) -> Tried:
    """Prove that an account works, writing to nobody. Raises `NotThere`."""
    account = _account(account_id)
    try:
        accounts.build(account).check()
    except (accounts.NoChannel, ChannelFailure) as error:
        return Tried(False, _said(error))
    return Tried(True)


def send_test(*, account_id: uuid.UUID, to: str, provider_template: str = "", actor: User) -> Tried:
    """Send a message by an account to the person who asks for it. Raises `NotThere`."""
    account = _account(account_id)
    try:
        accounts.adapter_of(account, account.channel).send(_message(account, to, provider_template))
        tried = Tried(True)
    except (accounts.NoChannel, ChannelFailure) as error:
        tried = Tried(False, _said(error))
    except ChannelUnknown as error:
        tried = Tried(False, _("No se sabe si salió: %(why)s") % {"why": error})
    with transaction():
        detail = {"to": to, "works": tried.works, "text": tried.text}
        audit.record(
            actor=actor,
            verb="messaging.account_tested",
            object_type="channelaccount",
            object_id=account.pk,
            detail=detail,
        )
    return tried


def _account(account_id: uuid.UUID) -> ChannelAccount:
    account = ChannelAccount.objects.select_related("secret").filter(pk=account_id).first()
    if account is None:
        raise NotThere
    return account


def _message(account: ChannelAccount, to: str, provider_template: str) -> Outgoing:
    sender = accounts.sender_of(account)
    text = _("Prueba de %(company)s: si lees esto, la cuenta «%(account)s» funciona.") % {
        "company": sender.name,
        "account": account.name,
    }
    return Outgoing(
        header_id=f"prueba.{uuid7().hex}",
        to_address=to,
        sender_address=sender.address,
        sender_name=sender.name,
        reply_to=sender.reply_to,
        subject=_("Prueba de envío") if account.channel == Channel.EMAIL else "",
        text=text,
        provider_template=provider_template,
        language="en" if provider_template == "hello_world" else "es",  # the one that every account of Meta has
        is_automatic=False,
    )


def _said(error: accounts.NoChannel | ChannelFailure) -> str:
    return error.text if isinstance(error, ChannelFailure) else str(error)
