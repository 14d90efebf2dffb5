"""Sealing a draft: its XML, the cadena original by SAT's own transformation, RSA-SHA256 with the CSD, SAT's schema.

Anexo 20 of the RMF, sections I.B and I.C: http://www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd. Transformation and
schema come with the extra `mx` and are compiled once per process.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509
from lxml import etree  # type: ignore[import-untyped]

from aldia.domain.fiscal.drafts import CertificateText, Draft
from aldia.domain.fiscal.rep_errors import RepError
from aldia.domain.fiscal.strict_xml import STRICT
from aldia.domain.fiscal.zones import zones_of
from aldia.domain.ports.stamping import Seal
from aldia.domain.sentences import gettext_noop
from aldia.integrations.stamping.cfdi_writer import write_cfdi
from aldia.integrations.stamping.simulated import SealingUnavailable
from aldia.integrations.tax import mx_schemas

UNSEALED = b' Sello=""'
NO_TRANSFORM = gettext_noop("Para sellar hace falta el componente del SAT: instala «aldia[mx]».")
OTHER_HOLDER = gettext_noop("El sello digital es de otro RFC, no del emisor del comprobante.")


class CannotSeal(Exception):
    """The document cannot be sealed as it is; the text is for people. `findings`: what SAT's schema objects to."""

    def __init__(self, text: str, findings: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.text, self.findings = text, findings


class Sealer:
    """Seals with one CSD: open it, seal what there is to seal, forget it."""

    def __init__(self, pair: Seal) -> None:
        """Raises `SealingUnavailable` without SAT's transformation."""
        chain = mx_schemas.transform("4.0")
        if chain is None:
            raise SealingUnavailable(NO_TRANSFORM)
        self.pair, self._chain, self._text = pair, chain, certificate_text(pair)

    def seal(self, draft: Draft, at: datetime) -> bytes:
        """The sealed XML of a draft dated `at` (local to its place of issue), valid by SAT's schema.

        Raises `CannotSeal`.
        """
        if draft.issuer.rfc != self.pair.tax_id:
            raise CannotSeal(OTHER_HOLDER)
        try:
            unsealed = write_cfdi(replace(draft, issued_at=at), certificate=self._text)
        except RepError as error:
            raise CannotSeal(error.message) from error
        chain = str(self._chain(etree.fromstring(unsealed, STRICT)))
        seal = base64.b64encode(self.pair.sign(chain.encode()))
        sealed = unsealed.replace(UNSEALED, b' Sello="' + seal + b'"', 1)
        if findings := mx_schemas.validate_schema(sealed):
            said = gettext_noop("El comprobante no cumple el esquema del SAT.")
            raise CannotSeal(said, tuple(findings))
        return sealed


def certificate_text(pair: Seal) -> CertificateText:
    """What a CFDI prints of the certificate that seals it."""
    certificate = x509.load_der_x509_certificate(pair.certificate)
    start, end = certificate.not_valid_before_utc.date(), certificate.not_valid_after_utc.date()
    return CertificateText(pair.number, base64.b64encode(pair.certificate).decode("ascii"), start, end)


def local_moment(now: datetime, place: str) -> datetime:
    """A moment as a CFDI prints it: the hour of the postal code of issue, to the second, without zone."""
    return now.astimezone(UTC).astimezone(zones_of(place)[0]).replace(microsecond=0, tzinfo=None)
