"""Whatever stands in a name, a subject, a file name or a text: the mail has the same headers and one recipient."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.ports.channels import Outgoing, OutgoingFile
from aldia.integrations.channels.addresses import one_line, plain_address
from aldia.integrations.channels.mail import as_bytes, message_of

PIECES = ["=?utf-8?q?=0A?=", "\r\nBcc: x@y.mx", "\n.\n", "a" * 300]
LETTERS = list("\r\n\x00\x85\u2028\u2029\u202e\t\"'<>@,;:()[]\\=?.ñ漢🙂 ")
NASTY = st.lists(
    st.one_of(st.sampled_from(LETTERS), st.sampled_from(PIECES), st.characters(exclude_categories=["Cs"])), max_size=60
).map("".join)
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Unsubscribe", "Auto-Submitted", "MIME-Version",
    "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(NASTY, NASTY, NASTY, NASTY, NASTY)
def test_words_are_never_headers(subject: str, name: str, sender: str, file_name: str, text: str) -> None:
    message = Outgoing(
        header_id="0197.1",
        to_address="pagos@cliente.mx",
        to_name=name,
        sender_address="cobranza@ejemplo.mx",
        sender_name=sender,
        reply_to="ana@ejemplo.mx",
        subject=subject,
        text=text,
        html=f"<p>{text}</p>",
        files=(OutgoingFile(file_name, "application/pdf", b"%PDF"),),
    )
    raw = as_bytes(message_of(message))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert not any(line == b"." for line in raw.split(b"\r\n"))
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    mail = message_from_bytes(raw.replace(b"\r\n..", b"\r\n."), policy=default)
    assert set(mail.keys()) <= HEADERS
    assert len(mail.keys()) == len(set(mail.keys()))
    assert [each.addr_spec for each in mail["To"].addresses] == ["pagos@cliente.mx"]
    assert [each.addr_spec for each in mail["From"].addresses] == ["cobranza@ejemplo.mx"]
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["application/pdf"]


@settings(max_examples=60, deadline=None)
@given(NASTY)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line


@settings(max_examples=60, deadline=None)
@given(NASTY, NASTY)
def test_what_passes_for_an_address_is_exactly_one(local: str, domain: str) -> None:
    found = plain_address(f"{local}@{domain}")
    assert not found or (found.count("@") == 1 and not set(found) & set(' \r\n,;<>"\x00\u2028') and found.isprintable())
