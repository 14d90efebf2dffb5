"""What an adapter is handed: the frozen message, one address of it, and who it is from."""

from __future__ import annotations

from collections.abc import Callable

from aldia.domain.ports.channels import Outgoing, OutgoingFile
from aldia.messaging import accounts
from aldia.messaging.models import ChannelAccount, Delivery, Message
from aldia.messaging.sealing import unsealed
from aldia.tenancy import storage


def outgoing_of(delivery: Delivery, account: ChannelAccount | None) -> Outgoing:
    """The delivery as its adapter gets it, with the bytes of its files. Raises `DamagedFile`."""
    message, sender = delivery.message, accounts.sender_of(account)
    own = own_words(message, delivery.address)
    said = {name: own(part) for name, part in unsealed(message).items()}
    return Outgoing(
        header_id=delivery.header_id,
        to_address=delivery.address,
        to_name=delivery.name,
        sender_address=sender.address,
        sender_name=message.sender_name or sender.name,
        reply_to=message.reply_to or sender.reply_to,
        subject=said["subject"],
        text=said["text"],
        html=said["html"],
        language=message.language,
        provider_template=message.provider_template,
        parameters=tuple(own(each) for each in message.parameters),
        files=tuple(_files(message)),
        is_automatic=message.created_by_id is None,
    )


def own_words(message: Message, address: str) -> Callable[[str], str]:
    """The content as one address gets it: what is personal in it (`facts`: {text: {address: text}}) is its own."""
    found = message.facts.get("personal") or {}
    pairs = [(said, others[address]) for said, others in found.items() if address in others]

    def own(text: str) -> str:
        for said, instead in pairs:
            text = text.replace(said, instead)
        return text

    return own


def _files(message: Message) -> list[OutgoingFile]:
    found = []
    for each in message.attachments.select_related("file").order_by("position"):
        data = storage.read_range(each.file, 0, each.file.size)
        found.append(OutgoingFile(each.name, each.content_type, data, each.content_id))
    return found
