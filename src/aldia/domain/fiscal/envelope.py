"""The envelope of a CFDI: which version it is, what its parts are, whose stamp it carries, of what type it is.

Everything that the rest of the parser needs to know before it reads a single amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import values
from aldia.domain.fiscal.errors import (
    MissingField,
    NotCfdi,
    NotStamped,
    RepeatedField,
    Retenciones,
    SeveralStamps,
    UnknownType,
    UnsupportedVersion,
)
from aldia.domain.fiscal.reading import CFDI3, CFDI4
from aldia.domain.sentences import gettext_noop

TFD = "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital"
LOCAL_TAXES = "{http://www.sat.gob.mx/implocal}ImpuestosLocales"
PAYROLL = ("{http://www.sat.gob.mx/nomina12}Nomina", "{http://www.sat.gob.mx/nomina}Nomina")
COMPLEMENTS = {"{http://www.sat.gob.mx/Pagos20}Pagos": "2.0", "{http://www.sat.gob.mx/Pagos}Pagos": "1.0"}

SEVERAL_COMPLEMENTS = gettext_noop("El XML trae más de un nodo Complemento: se leyeron todos.")

_RETENCIONES = tuple(f"{{http://www.sat.gob.mx/esquemas/retencionpago/{n}}}Retenciones" for n in (1, 2))
_VERSIONS = {(CFDI4, "4.0"), (CFDI3, "3.3"), (CFDI3, "3.2")}
_STAMP = "Complemento/TimbreFiscalDigital"
_OLD_TYPES = {"ingreso": "I", "egreso": "E", "traslado": "T"}
TYPES = frozenset("IEPTN")


@dataclass(frozen=True, slots=True)
class Names:
    """How a version spells its attributes."""

    series: str
    folio: str
    issued_at: str
    kind: str
    subtotal: str
    discount: str
    total: str
    conditions: str
    method: str
    form: str
    tax_id: str
    name: str


MODERN = Names(
    "Serie", "Folio", "Fecha", "TipoDeComprobante", "SubTotal", "Descuento", "Total", "CondicionesDePago", "MetodoPago",
    "FormaPago", "Rfc", "Nombre",
)  # fmt: skip
# formaDePago said "en una sola exhibición" and metodoDePago how it was paid: free text, with codes since 2016
OLD = Names(
    "serie", "folio", "fecha", "tipoDeComprobante", "subTotal", "descuento", "total", "condicionesDePago",
    "formaDePago", "metodoDePago", "rfc", "nombre",
)  # fmt: skip


@dataclass(slots=True)
class Parts:
    """The children of the Comprobante, each under its name; `complements` holds what is inside every Complemento."""

    issuer: _Element
    receiver: _Element
    lines: _Element | None
    taxes: _Element | None
    relations: list[_Element]
    complements: list[_Element]
    has_global: bool


@dataclass(slots=True)
class Envelope:
    """A stamped CFDI, opened. `key` is the UUID of its stamp, upper case; times are local, as printed."""

    root: _Element
    version: str
    names: Names
    parts: Parts
    key: str
    type_code: str
    issued_at: datetime
    stamped_at: datetime

    @property
    def is_old(self) -> bool:
        """CFDI 3.2, whose fields were mostly free text."""
        return self.version == "3.2"


def open_envelope(root: _Element, findings: list[str]) -> Envelope:
    """Raises `NotCfdi`, `UnsupportedVersion`, `NotStamped` and the errors of fields."""
    version, names = _version(root)
    parts = _parts(root, root.tag[:-11], findings, version)
    stamp = _stamp(parts.complements)
    if stamp is None:
        raise NotStamped()
    old = version == "3.2"
    return Envelope(
        root=root,
        version=version,
        names=names,
        parts=parts,
        key=values.uuid(stamp, "UUID", _STAMP),
        type_code=_type(root, names, old, parts.complements),
        issued_at=values.moment(root, names.issued_at, "Comprobante", zoned=old),
        stamped_at=values.moment(stamp, "FechaTimbrado", _STAMP, zoned=old),
    )


def _version(root: _Element) -> tuple[str, Names]:
    """Version and its spelling. Raises `Retenciones`, `NotCfdi`, `MissingField`, `UnsupportedVersion`."""
    tag: str = root.tag
    if tag in _RETENCIONES:
        raise Retenciones()
    space, _, name = tag.rpartition("}")
    if name != "Comprobante" or not space.startswith("{http://www.sat.gob.mx/cfd/"):
        raise NotCfdi(root=name)
    version = (root.get("Version") or root.get("version") or "").strip()
    if not version:
        raise MissingField("Comprobante/@Version")
    if (space[1:], version) not in _VERSIONS:
        raise UnsupportedVersion(version=version)
    return version, OLD if version == "3.2" else MODERN


def _parts(root: _Element, space: str, findings: list[str], version: str) -> Parts:
    """One pass over the children. Raises `MissingField`, `RepeatedField`."""
    found: dict[str, _Element] = {}
    relations: list[_Element] = []
    complements: list[_Element] = []
    nodes = 0
    for child in root:
        tag = child.tag
        name = tag.rpartition("}")[2]
        if not tag.startswith(space):
            continue
        if name == "Complemento":
            nodes += 1
            complements.extend(child)
        elif name == "CfdiRelacionados":
            relations.append(child)
        elif name == "Addenda":
            continue  # the seller's own, as many as they like
        elif name in found:
            raise RepeatedField(f"Comprobante/{name}")
        else:
            found[name] = child
    if nodes > 1 and version == "4.0":
        findings.append(SEVERAL_COMPLEMENTS)
    for name in ("Emisor", "Receptor"):
        if name not in found:
            raise MissingField(f"Comprobante/{name}")
    return Parts(
        found["Emisor"],
        found["Receptor"],
        found.get("Conceptos"),
        found.get("Impuestos"),
        relations,
        complements,
        "InformacionGlobal" in found,
    )


def _stamp(complements: list[_Element]) -> _Element | None:
    """The stamp (timbre). Two with the same UUID are one. Raises `SeveralStamps`."""
    stamps = [element for element in complements if element.tag == TFD]
    for other in stamps[1:]:
        first, second = (stamps[0].get("UUID") or "").upper(), (other.get("UUID") or "").upper()
        if first != second:
            raise SeveralStamps(first=first, second=second)
    return stamps[0] if stamps else None


def _type(root: _Element, names: Names, old: bool, complements: list[_Element]) -> str:
    """I, E, P, N or T; whatever carries payroll is N (in 3.2 an "egreso", by mistake also an "ingreso").

    Raises `MissingField`, `UnknownType`.
    """
    value = values.required(root, names.kind, "Comprobante")
    code = _OLD_TYPES.get(value.lower(), "") if old else value
    if any(element.tag in PAYROLL for element in complements):
        return "N"
    if code not in TYPES:
        raise UnknownType(f"Comprobante/@{names.kind}", value=value)
    return code
