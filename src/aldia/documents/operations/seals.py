"""Seals and stamps, verified in the background on the original bytes. Shown to people, never in the way of anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aldia.documents.models import FiscalDocument, SatCertificate, SealState
from aldia.documents.originals import read_originals
from aldia.domain.fiscal import certificates as sat
from aldia.domain.fiscal.certificates import Authorities, BadCertificate, Certificate
from aldia.domain.fiscal.seals import SealReport, verify
from aldia.domain.sentences import Refusal, gettext_noop
from aldia.integrations.tax import mx_schemas
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

BATCH = 200
LOST = gettext_noop("El archivo original no se encuentra o cambió: no se pudo verificar.")


class CertificateRefused(Refusal):
    """A certificate that does not go into the store."""

    code = "certificate_refused"
    template = gettext_noop("El archivo no es un certificado del SAT (.cer): no se pudo leer.")


class UnknownAuthority(CertificateRefused):
    code = "certificate_unknown_authority"
    template = gettext_noop(
        "El certificado %(number)s no lo emitió ninguna autoridad que esté en el almacén, así que no se agregó. "
        "Pide a quien administra el servidor que agregue primero el de la autoridad."
    )


@dataclass(slots=True)
class Store:
    """What is known of certificates: those on file, and the authorities that are trusted (on file, or bundled)."""

    authorities: Authorities
    found: dict[str, bytes | None] = field(default_factory=dict)

    def lookup(self, number: str) -> bytes | None:
        """DER of a certificate by its number; asked of the database once."""
        if number not in self.found:
            row = SatCertificate.objects.filter(number=number).values_list("der", flat=True).first()
            self.found[number] = bytes(row) if row is not None else None
        return self.found[number]


def open_store() -> Store:
    """The certificate store as it is now."""
    trusted = [bytes(der) for der in SatCertificate.objects.filter(trusted=True).values_list("der", flat=True)]
    return Store(Authorities([*mx_schemas.authority_files().values(), *trusted]))


def verify_pending(*, limit: int = BATCH, store: Store | None = None) -> int:
    """Verify documents that nobody has verified yet, oldest first; return how many. Safe to run twice at once."""
    pending = FiscalDocument.objects.filter(seal_state=SealState.PENDING).select_related("original")
    documents = list(pending.order_by("id")[:limit])
    store = store or open_store()
    originals = read_originals(documents)
    for document in documents:
        _note(document, examine(originals.get(document), store.lookup, store.authorities))
    with transaction():
        FiscalDocument.objects.bulk_update(documents, ["seal_state", "seal_report"], batch_size=100)
    return len(documents)


def examine(data: bytes | None, lookup: Callable[[str], bytes | None], authorities: Authorities) -> SealReport:
    """What can be proved of the seal and the stamp of original bytes (None: they are lost)."""
    if data is None:
        return SealReport(findings=(LOST,))
    return verify(data, certificates=lookup, transform=mx_schemas.transform, authorities=authorities)


def _note(document: FiscalDocument, report: SealReport) -> None:
    document.seal_state = report.state
    document.seal_report = {
        "seal": report.seal,
        "stamp": report.stamp,
        "chain": report.chain,
        "hours_72": report.hours_72,
        "findings": list(report.findings),
    }


def add_certificate(*, data: bytes, actor: User | None) -> SatCertificate:
    """Keep a certificate that a person uploads (a PAC's, an issuer's). It is used by every company of the house, so it
    must descend from an authority that is trusted already. Documents that could not be verified are tried again.

    Raises `CertificateRefused`, `UnknownAuthority`.
    """
    certificate = _load(data)
    if open_store().authorities.issued(certificate) is not True:
        raise UnknownAuthority(number=certificate.number)
    with transaction():
        row = _keep(certificate, trusted=False)
        retried = FiscalDocument.objects.filter(seal_state=SealState.UNKNOWN).update(seal_state=SealState.PENDING)
        audit.record(
            actor=actor,
            verb="certificates.added",
            object_type="certificate",
            object_id=row.pk,
            detail={"number": row.number, "subject": row.subject, "documents_to_verify": retried},
        )
    return row


def trust_certificate(*, data: bytes) -> SatCertificate:
    """Keep the certificate of an authority and believe what it signs. For whoever runs the house, from its command
    line: it counts for every company. Raises `CertificateRefused`.
    """
    with transaction():
        return _keep(_load(data), trusted=True)


def _load(data: bytes) -> Certificate:
    try:
        return sat.load(data)
    except BadCertificate as error:
        raise CertificateRefused() from error


def _keep(certificate: Certificate, *, trusted: bool) -> SatCertificate:
    fields = {
        "subject": certificate.x509.subject.rfc4514_string()[:300],
        "tax_id": certificate.tax_id[:20],
        "is_authority": trusted,
        "valid_from": certificate.x509.not_valid_before_utc,
        "valid_to": certificate.x509.not_valid_after_utc,
        "der": certificate.der,
    }
    row, created = SatCertificate.objects.get_or_create(
        number=certificate.number, defaults={**fields, "trusted": trusted}
    )
    if not created and trusted and not row.trusted:
        row.trusted = row.is_authority = True
        row.save(update_fields=["trusted", "is_authority"])
    return row
