"""What may stand in a header or an envelope: one address, one line. Nothing a person or a file wrote adds a header."""

from __future__ import annotations

import re
import unicodedata

from aldia.domain.ports.channels import ChannelFailure

# RFC 5321 §4.1.2 without quoted local parts, literals and comments; letters of other alphabets by RFC 6531.
_LOCAL = re.compile(r"[^\s()<>\[\]:;@\\,\"\x00-\x20\x7f]+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
MAX_ADDRESS = 254


def one_line(text: str, limit: int = 250) -> str:
    """The text without line ends or controls of any kind (CR, LF, NEL, U+2028, bidi marks): they become spaces.

    What looks like an encoded word (RFC 2047, "=?…?=") is broken up: the header classes of Python would decode it, and
    a line end inside it would end the headers.
    """
    kept = "".join(" " if _is_control(letter) else letter for letter in text)
    return " ".join(kept.replace("=?", "= ?").split())[:limit].strip()


def recipient_address(address: str) -> str:
    """The one address that `address` is, its domain in ASCII. If it is not one: a permanent `ChannelFailure`."""
    found = plain_address(address)
    if not found:
        text = "La dirección de correo no es válida."
        raise ChannelFailure("bad_address", text, permanent=True, address_is_bad=True)
    return found


def own_address(address: str) -> str:
    """An address of ours (sender, answers). A wrong one is no fault of the recipient, and can be put right."""
    found = plain_address(address)
    if not found:
        raise ChannelFailure(
            "bad_sender", "La dirección del remitente o la de respuesta no es válida.", permanent=False
        )
    return found


def plain_address(address: str) -> str:
    """The address with its domain in ASCII, "" if it is not exactly one address."""
    local, _at, domain = address.rpartition("@")
    try:
        plain = domain.encode("idna").decode()
    except UnicodeError:
        return ""
    labels = plain.split(".")
    good = len(address) <= MAX_ADDRESS and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))
    if not good or not _LOCAL.fullmatch(local) or any(map(_is_control, local)):
        return ""
    return "" if ".." in local or local[0] == "." or local[-1] == "." else f"{local}@{plain}"


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs")


def telephone(number: str) -> str:
    """The number as providers take it (E.164). Raises a permanent `ChannelFailure` if it is not one."""
    plain = re.sub(r"[ ().\-]", "", number)
    if not _E164.fullmatch(plain):
        raise ChannelFailure(
            "bad_address",
            "El teléfono debe llevar la clave del país: +52…",
            permanent=True,
            address_is_bad=True,
        )
    return plain
