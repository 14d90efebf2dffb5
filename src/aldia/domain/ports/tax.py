"""What an adapter of a tax authority must be: mass download of documents and the status of one of them.

An adapter knows nothing of our tables and never keeps a key: who signs is handed in (`Signer`), and exists only while
the job runs. Times of a query are local to central Mexico, without zone. Every wait has a timeout. What goes wrong
raises `AuthorityFailure`; what the authority answers, also its refusals, is an answer with its own code.
Codes: https://www.sat.gob.mx/consultas/42968/consulta-y-recuperacion-de-comprobantes-(nuevo)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import BinaryIO, ClassVar, Protocol

from aldia.domain.ports.channels import Field


class Signer(Protocol):
    """An e.firma in use: the certificate, and signatures RSA PKCS#1 v1.5 with it."""

    @property
    def certificate(self) -> bytes:
        """The .cer (DER)."""

    @property
    def tax_id(self) -> str:
        """The RFC of the certificate."""

    def sign(self, data: bytes, *, algorithm: str = "sha256") -> bytes:
        """The signature; `algorithm` "sha256", or "sha1" where the protocol still wants it."""


class Side(StrEnum):
    ISSUED = "issued"
    RECEIVED = "received"


class Wanted(StrEnum):
    XML = "xml"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Query:
    """What to ask for: a period of one side, or one document by `uuid` (then nothing else counts)."""

    side: Side
    wanted: Wanted
    since: datetime | None = None
    until: datetime | None = None
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A session at the authority, some five minutes long."""

    value: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"<Token until {self.expires_at:%H:%M:%S}>"


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer to a request: `code` 5000 accepted; else why not. `request_id` "" unless accepted."""

    code: str
    message: str
    request_id: str = ""


class Stage(IntEnum):
    """EstadoSolicitud."""

    NONE = 0
    ACCEPTED = 1
    IN_PROCESS = 2
    FINISHED = 3
    ERROR = 4
    REJECTED = 5
    EXPIRED = 6


@dataclass(frozen=True, slots=True)
class Progress:
    """How a request is: `code` of the call, `stage` of the request and `stage_code` (CodigoEstadoSolicitud)."""

    code: str
    message: str
    stage: Stage = Stage.NONE
    stage_code: str = ""
    found: int = 0
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """A package: its zip as a file at its start (the receiver closes it), or None with the reason.

    A file, for a package of 200,000 documents does not fit in memory; what is small never touches the disk.
    """

    code: str
    message: str
    file: BinaryIO | None = None
    size: int = 0
    sha256: str = ""

    @property
    def data(self) -> bytes | None:
        """All of it in memory: for small ones."""
        if self.file is None:
            return None
        self.file.seek(0)
        return self.file.read()


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """The status service's answer, in its own words. `state`: "Vigente", "Cancelado", "No Encontrado".

    `cancelable`: "Cancelable con aceptación", …; `cancellation`: "En proceso", "Plazo vencido", …; `listed_issuer`:
    the code of ValidacionEFOS (200 not listed, 100 listed).
    """

    code: str
    state: str
    cancelable: str = ""
    cancellation: str = ""
    listed_issuer: str = ""


class AuthorityFailure(Exception):
    """No answer that counts: nobody there, not in time, garbled, or a fault. `code` for programs; the text for people.

    `is_token`: the session ended: open another. `permanent`: trying again cannot help (a revoked certificate, …).
    """

    def __init__(self, code: str, text: str, *, permanent: bool = False, is_token: bool = False) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.permanent, self.is_token = code, text, permanent, is_token


class TaxAuthority(Protocol):
    """Built with the connection's settings (a flat map of strings; addresses may be changed there)."""

    name: ClassVar[str]
    label: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]

    def __init__(self, settings: Mapping[str, str]) -> None: ...

    def open(self, signer: Signer, *, now: datetime) -> Token:
        """Open a session. `now` in UTC."""

    def ask(self, signer: Signer, token: Token, query: Query) -> Asked:
        """Ask for documents or their listing."""

    def progress(self, signer: Signer, token: Token, request_id: str) -> Progress:
        """How a request is."""

    def download(self, signer: Signer, token: Token, package: str) -> Package:
        """A package, once: the authority counts downloads."""

    def status(self, *, issuer: str, receiver: str, total: str, uuid: str, seal_end: str) -> DocumentStatus:
        """The status of a document. `total` as printed; `seal_end`: the last eight characters of its seal."""
