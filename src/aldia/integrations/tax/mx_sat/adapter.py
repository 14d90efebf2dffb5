"""SAT behind the port of tax authorities: `domain.ports.tax.TaxAuthority`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from aldia.domain.ports.channels import Field
from aldia.domain.ports.tax import Asked, AuthorityFailure, DocumentStatus, Package, Progress, Query, Signer, Token
from aldia.integrations.tax.mx_sat import answers, envelopes, wire
from aldia.integrations.tax.mx_sat.package import PackageReader

REQUESTS = "https://cfdidescargamasivasolicitud.clouda.sat.gob.mx"
DOWNLOADS = "https://cfdidescargamasiva.clouda.sat.gob.mx"
STATUS = "https://consultaqr.facturaelectronica.sat.gob.mx"


class MxSat:
    """SAT. Other addresses (`requests_url`, `downloads_url`, `status_url`) are for tests and for a proxy of one's own.

    They are in no form: whoever runs the house sets them, so that nobody can point a signed request elsewhere.
    """

    name: ClassVar[str] = "mx_sat"
    label: ClassVar[str] = "SAT (México)"
    fields: ClassVar[tuple[Field, ...]] = ()

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._requests = settings.get("requests_url") or REQUESTS
        self._downloads = settings.get("downloads_url") or DOWNLOADS
        self._status = settings.get("status_url") or STATUS

    def open(self, signer: Signer, *, now: datetime) -> Token:
        root = wire.call(self._requests, wire.SESSION, envelopes.session(signer, now))
        return answers.token(root, now)

    def ask(self, signer: Signer, token: Token, query: Query) -> Asked:
        operation, envelope = envelopes.request(signer, query)
        return answers.asked(wire.call(self._requests, wire.asking(operation), envelope, token.value), operation)

    def progress(self, signer: Signer, token: Token, request_id: str) -> Progress:
        envelope = envelopes.progress(signer, request_id)
        return answers.progress(wire.call(self._requests, wire.VERIFY, envelope, token.value))

    def download(self, signer: Signer, token: Token, package: str) -> Package:
        reader = PackageReader()
        try:
            status = wire.carry(
                self._downloads, wire.DOWNLOAD, envelopes.download(signer, package), token.value, reader.feed,
                most=wire.MOST_ENVELOPE, seconds=wire.PACKAGE_SECONDS, timeout=wire.PACKAGE_TIMEOUT,
            )  # fmt: skip
        except AuthorityFailure:
            reader.close()
            raise
        return reader.finish(status)

    def status(self, *, issuer: str, receiver: str, total: str, uuid: str, seal_end: str) -> DocumentStatus:
        envelope = envelopes.status(issuer=issuer, receiver=receiver, total=total, uuid=uuid, seal_end=seal_end)
        return answers.status(wire.call(self._status, wire.STATUS, envelope))
