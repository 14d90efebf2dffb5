"""What an adapter of a PAC must be: stamping sealed documents, finding stamps again, cancelling.

An adapter knows nothing of our tables. It says what is certain: an answer, `StampRefused` (the PAC looked and said no:
a person mends it), or `StampFailure` (nobody can say, or nobody was there: ask again, the same stamp comes).
Every wait has a timeout. Cancellation is signed with the seal (CSD) that is handed in and never kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from aldia.domain.ports.channels import Field


class Seal(Protocol):
    """A CSD in use, only while the job runs."""

    @property
    def certificate(self) -> bytes:
        """The .cer (DER)."""

    @property
    def number(self) -> str:
        """NoCertificado, 20 digits."""

    @property
    def tax_id(self) -> str:
        """The RFC of the certificate."""

    def sign(self, data: bytes, *, algorithm: str = "sha256") -> bytes:
        """RSA PKCS#1 v1.5; `algorithm` "sha256", or "sha1" where the protocol still wants it."""

    def encrypted_key(self, password: str) -> bytes:
        """The key as PKCS#8 DER under a password, for PACs that sign cancellations themselves."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """The stamped document: its whole XML, and the UUID in upper case."""

    uuid: str
    xml: bytes


class CancelState(StrEnum):
    DONE = "done"
    WAITING = "waiting"  # the receiver has three business days to accept
    REJECTED = "rejected"  # the receiver said no
    NONE = "none"  # nothing under way: it is in force


@dataclass(frozen=True, slots=True)
class ToCancel:
    """A document to cancel. `total` as printed; `replacement` only with motive 01; `at`: when it is asked, for PACs
    that take the request signed and dated."""

    uuid: str
    issuer: str
    receiver: str
    total: str
    motive: str
    replacement: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """What the authority said, through the PAC. `acknowledgement`: its XML, where the PAC gives it."""

    state: CancelState
    code: str = ""
    message: str = ""
    acknowledgement: bytes = b""
    at: datetime | None = None


class StampRefused(Exception):
    """The PAC looked and said no. `code` is its own or the authority's ("CFDI40138"); the text is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


class StampFailure(Exception):
    """No answer that counts. `is_unknown`: it may have been stamped. `permanent`: an account or password to mend."""

    def __init__(self, code: str, text: str, *, is_unknown: bool = False, permanent: bool = False) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.is_unknown, self.permanent = code, text, is_unknown, permanent


class Stamper(Protocol):
    """A PAC. Built with the account's settings and secrets, both flat maps of strings; `is_test`: its test service."""

    name: ClassVar[str]
    label: ClassVar[str]
    about: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    help: ClassVar[str]
    is_fiscal: ClassVar[bool]  # False: what it stamps says plainly that it is not fiscal

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], *, is_test: bool = False) -> None: ...

    def stamp(self, xml: bytes, *, key: str) -> Stamped:
        """Stamp a sealed document. The same document again gives the same stamp, however the PAC says so."""

    def recover(self, xml: bytes, *, key: str, uuid: str = "") -> Stamped | None:
        """The stamp that this document already has, or None."""

    def cancel(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        """Ask the authority to cancel. Asked again, the answer is how it stands."""

    def cancellation(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        """How a cancellation stands."""

    def check(self) -> str:
        """Try the account without stamping; the sentence of what it said. Raises `StampFailure`."""
