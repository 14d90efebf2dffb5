"""A document of the story before it is XML, and its row in SAT's metadata."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aldia.domain.fiscal.drafts import Draft, DraftComplement
from aldia.integrations.stamping.certificates import PAC_RFC
from aldia.integrations.stamping.simulated import stamped_at

METADATA_HEADER = (
    "Uuid~RfcEmisor~NombreEmisor~RfcReceptor~NombreReceptor~RfcPac~FechaEmision~FechaCertificacionSat~Monto"
    "~EfectoComprobante~Estatus~FechaCancelacion"
)


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """A file of the archive: its name with folders, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Issued:
    """A document of the story, not yet XML. `folder` inside the archive."""

    uuid: str
    draft: Draft
    folder: str

    @property
    def name(self) -> str:
        """Its place in the archive."""
        return f"{self.folder}/{self.draft.series}-{self.draft.folio}_{self.uuid}.xml"


def metadata_row(issued: Issued, cancelled_at: datetime) -> str:
    """The row of a cancelled document (Estatus 0) in the metadata that SAT's mass download gives."""
    draft = issued.draft
    total = 0 if isinstance(draft, DraftComplement) or draft.type_code == "T" else draft.total
    return "~".join(
        (
            issued.uuid,
            draft.issuer.rfc,
            draft.issuer.name,
            draft.receiver.rfc,
            draft.receiver.name,
            PAC_RFC,
            f"{draft.issued_at:%Y-%m-%d %H:%M:%S}",
            f"{stamped_at(draft.issued_at, draft.place):%Y-%m-%d %H:%M:%S}",
            f"{total // 100}.{total % 100:02d}",
            draft.type_code,
            "0",
            f"{cancelled_at:%Y-%m-%d %H:%M:%S}",
        )
    )
