"""One e-mail as it travels (RFC 5322, MIME): every word that a person or a file wrote is encoded, none is a header."""

from __future__ import annotations

import re
from email.encoders import encode_base64
from email.headerregistry import Address
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from urllib.parse import quote

from aldia.domain.ports.channels import Outgoing, OutgoingFile
from aldia.integrations.channels.addresses import one_line, own_address, recipient_address

_ID = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+(@[A-Za-z0-9.-]+)?")
MAX_NAME = 70  # a quoted name that is longer than a line cannot be folded (RFC 5322 §2.1.1)
_ADDRESSED = ("From", "To", "Reply-To")
_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
POLICY = SMTP.clone(max_line_length=78, cte_type="7bit")  # servers without 8BITMIME take it too


def message_of(message: Outgoing) -> EmailMessage:
    """The message with its headers, its text and HTML, the pictures that the HTML shows, and its attachments."""
    mail = EmailMessage(policy=POLICY)
    sender = own_address(message.sender_address)
    mail["From"] = _named(message.sender_name, sender)
    mail["To"] = _named(message.to_name, recipient_address(message.to_address))
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = formatdate()
    mail["Message-ID"] = message_id(message.header_id, sender)
    for name, value in reply_headers(message).items():
        mail[name] = value
    _set_content(mail, message)
    for file in message.files:
        if not shown_inside(file, message):
            kind, _slash, subtype = content_type(file).partition("/")
            mail.add_attachment(file.data, kind, subtype, filename=one_line(file.name) or "archivo")
    return mail


def reply_headers(message: Outgoing) -> dict[str, str]:
    """Where answers go, how to ask for no more (RFC 2369), and whether a machine wrote it (RFC 3834)."""
    found = {}
    answers = own_address(message.reply_to or message.sender_address)
    if message.reply_to:
        found["Reply-To"] = answers
    if message.is_automatic:
        found["List-Unsubscribe"] = f"<mailto:{quote(answers, safe='@+')}?subject=Baja>"
        found["Auto-Submitted"] = "auto-generated"
    return found


def message_id(header_id: str, sender: str) -> str:
    """Our Message-ID in angle brackets, the same at every attempt."""
    plain = header_id.strip("<> ")
    domain = sender.rpartition("@")[2]
    if not _ID.fullmatch(plain):
        return make_msgid(domain=domain)
    return f"<{plain}>" if "@" in plain else f"<{plain}@{domain}>"


def content_type(file: OutgoingFile) -> str:
    """The type of a file, or bytes of no known type."""
    return file.content_type if _TYPE.fullmatch(file.content_type) else "application/octet-stream"


def attach(file: OutgoingFile, *, inline: bool) -> MIMEBase:
    """A file as a part, for those who take parts rather than messages."""
    kind, _slash, subtype = content_type(file).partition("/")
    part = MIMEBase(kind, subtype)
    part.set_payload(file.data)
    encode_base64(part)
    part.add_header(
        "Content-Disposition", "inline" if inline else "attachment", filename=one_line(file.name) or "archivo"
    )
    if inline:
        part.add_header("Content-ID", f"<{file.content_id}>")
    return part


def as_bytes(mail: EmailMessage) -> bytes:
    """The message ready for DATA: CRLF, dots at line starts doubled (RFC 5321 §4.5.2), ended by a line end."""
    ascii_only = all(each.addr_spec.isascii() for name in _ADDRESSED if mail[name] for each in mail[name].addresses)
    plain = re.sub(rb"\r\n|\r|\n", b"\r\n", mail.as_bytes(policy=POLICY.clone(utf8=not ascii_only)))
    dotted = re.sub(rb"^\.", b"..", plain, flags=re.MULTILINE)
    return dotted if dotted.endswith(b"\r\n") else dotted + b"\r\n"


def _named(name: str, address: str) -> Address:
    local, _at, domain = address.rpartition("@")
    plain = one_line(name, MAX_NAME).replace("\\", " ").replace('"', "'")  # an escaped letter counts twice
    return Address(plain, local, domain)


def _set_content(mail: EmailMessage, message: Outgoing) -> None:
    mail.set_content(message.text or " ")
    if not message.html:
        return
    mail.add_alternative(message.html, subtype="html")
    pictures = [file for file in message.files if shown_inside(file, message)]
    body = mail.get_body(("html",))
    for file in pictures:
        kind, _slash, subtype = content_type(file).partition("/")
        body.add_related(file.data, kind, subtype, cid=f"<{file.content_id}>", filename=one_line(file.name))  # type: ignore[union-attr]


def shown_inside(file: OutgoingFile, message: Outgoing) -> bool:
    """Whether a file is a picture of the HTML rather than an attachment."""
    return bool(file.content_id) and f"cid:{file.content_id}" in message.html
