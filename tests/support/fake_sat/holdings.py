"""What SAT holds: documents with their XML, what its listing says of them, and the packages that it makes of both."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

COLUMNS = ("Uuid~RfcEmisor~NombreEmisor~RfcReceptor~NombreReceptor~RfcPac~FechaEmision~FechaCertificacionSat~Monto~"
           "EfectoComprobante~Estatus~FechaCancelacion")  # fmt: skip
PAC = "PSD2001019M1"


@dataclass
class Held:
    """A document as SAT holds it. Times are local to central Mexico."""

    uuid: str
    issuer: str
    receiver: str
    issued_at: datetime
    issuer_name: str = ""
    receiver_name: str = ""
    amount: str = "0.00"
    type_code: str = "I"
    xml: bytes = b""
    certified_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancelable: str = "Cancelable con aceptación"
    cancellation: str = ""
    seal_end: str = ""
    is_listed_issuer: bool = False

    @property
    def row(self) -> str:
        cancelled = f"{self.cancelled_at:%Y-%m-%d %H:%M:%S}" if self.cancelled_at else ""
        certified = self.certified_at or self.issued_at + timedelta(seconds=30)
        return "~".join(
            (
                self.uuid, self.issuer, self.issuer_name, self.receiver, self.receiver_name, PAC,
                f"{self.issued_at:%Y-%m-%d %H:%M:%S}", f"{certified:%Y-%m-%d %H:%M:%S}", self.amount, self.type_code,
                "0" if self.cancelled_at else "1", cancelled,
            )
        )  # fmt: skip


def document(xml: bytes) -> Held:
    """What SAT would hold of a stamped CFDI."""
    root = etree.fromstring(xml)
    issuer, receiver = root.find("{*}Emisor"), root.find("{*}Receptor")
    stamp = root.find("{*}Complemento/{*}TimbreFiscalDigital")
    return Held(
        uuid=stamp.get("UUID").upper(),
        issuer=issuer.get("Rfc"),
        receiver=receiver.get("Rfc"),
        issued_at=datetime.fromisoformat(root.get("Fecha")),
        issuer_name=issuer.get("Nombre") or "",
        receiver_name=receiver.get("Nombre") or "",
        amount=root.get("Total"),
        type_code=root.get("TipoDeComprobante"),
        xml=xml,
        certified_at=datetime.fromisoformat(stamp.get("FechaTimbrado")),
        seal_end=(root.get("Sello") or "")[-8:],
    )


def xml_package(held: Sequence[Held]) -> bytes:
    """A zip of XML files, with what SAT's zips have besides."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in held:
            archive.writestr(f"{each.uuid.lower()}.xml", each.xml)
    return target.getvalue()


def metadata_package(name: str, held: Sequence[Held]) -> bytes:
    """A zip with the listing: lines end in CR LF, and names of people may have a LF inside."""
    text = "\r\n".join([COLUMNS, *(each.row for each in held), ""])
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name.upper()}.txt", text.encode())
        archive.writestr(f"{name.upper()}_tercero.txt", "Uuid~RfcACuentaTerceros~NombreACuentaTerceros\r\n")
    return target.getvalue()


def name_of(place: int) -> str:
    """A name of a request as SAT gives them, the same in every run."""
    return str(uuid5(NAMESPACE_URL, f"solicitud-{place}"))
