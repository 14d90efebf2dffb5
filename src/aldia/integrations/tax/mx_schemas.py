"""SAT's own files: the XSLT of the "cadena original", the XSD of each version, the authorities' certificates.

They are not ours to ship. The optional package satcfdi carries them (`pip install aldia[mx]`); without it every
function answers None or empty, and what depends on it says "not verified". Compiled once per process: the catalogue
schema alone has 52,000 values. Only files are read, never the network.
"""

from __future__ import annotations

import zipfile
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from threading import Lock

from lxml import etree  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal.certificates import Authorities
from aldia.domain.fiscal.errors import FiscalError
from aldia.domain.fiscal.reading import read_original
from aldia.domain.fiscal.seals import Transform

_SAT = "www.sat.gob.mx/sitio_internet"
_TRANSFORMS = {
    "3.2": f"{_SAT}/cfd/3/cadenaoriginal_3_2/cadenaoriginal_3_2.xslt",
    "3.3": f"{_SAT}/cfd/3/cadenaoriginal_3_3/cadenaoriginal_3_3.xslt",
    "4.0": f"{_SAT}/cfd/4/cadenaoriginal_4_0/cadenaoriginal_4_0.xslt",
}
_SCHEMAS = {
    "3.2": ("http://www.sat.gob.mx/cfd/3", f"{_SAT}/cfd/3/cfdv32.xsd"),
    "3.3": ("http://www.sat.gob.mx/cfd/3", f"{_SAT}/cfd/3/cfdv33.xsd"),
    "4.0": ("http://www.sat.gob.mx/cfd/4", f"{_SAT}/cfd/4/cfdv40.xsd"),
}
# schemas of complements, by namespace and the version that the complement prints ("" where it prints none)
_COMPLEMENTS = {
    ("http://www.sat.gob.mx/TimbreFiscalDigital", "1.1"): f"{_SAT}/cfd/TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd",
    ("http://www.sat.gob.mx/TimbreFiscalDigital", "1.0"): f"{_SAT}/timbrefiscaldigital/TimbreFiscalDigital.xsd",
    ("http://www.sat.gob.mx/Pagos", "1.0"): f"{_SAT}/cfd/Pagos/Pagos10.xsd",
    ("http://www.sat.gob.mx/Pagos20", "2.0"): f"{_SAT}/cfd/Pagos/Pagos20.xsd",
    ("http://www.sat.gob.mx/implocal", "1.0"): f"{_SAT}/cfd/implocal/implocal.xsd",
    ("http://www.sat.gob.mx/nomina12", "1.2"): f"{_SAT}/cfd/nomina/nomina12.xsd",
    ("http://www.sat.gob.mx/ComercioExterior11", "1.1"): f"{_SAT}/cfd/ComercioExterior11/ComercioExterior11.xsd",
    ("http://www.sat.gob.mx/ComercioExterior20", "2.0"): f"{_SAT}/cfd/ComercioExterior20/ComercioExterior20.xsd",
    ("http://www.sat.gob.mx/leyendasFiscales", "1.0"): f"{_SAT}/cfd/leyendasFiscales/leyendasFisc.xsd",
    ("http://www.sat.gob.mx/CartaPorte31", "3.1"): f"{_SAT}/cfd/CartaPorte/CartaPorte31.xsd",
}
_XS = "http://www.w3.org/2001/XMLSchema"
_ERRORS_SHOWN = 20

_lock = Lock()


def is_available() -> bool:
    """Whether SAT's files are installed."""
    return find_spec("satcfdi") is not None


def transform(version: str) -> Transform | None:
    """The compiled XSLT that makes the cadena original of a version ("3.2", "3.3", "4.0"), or None."""
    path = _TRANSFORMS.get(version)
    if path is None or not is_available():
        return None
    with _lock:
        return _compiled_transform(path)


def authorities() -> Authorities | None:
    """SAT's root and intermediate certificates as satcfdi carries them, or None."""
    if not is_available():
        return None
    with _lock:
        return _bundled_authorities()


def authority_files() -> dict[str, bytes]:
    """The same certificates as DER by file name, to fill a certificate store; empty without satcfdi."""
    if not is_available():
        return {}
    with zipfile.ZipFile(BytesIO(_root().joinpath("..", "CertsProd.zip").read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".cer")}


def validate_schema(data: bytes) -> list[str] | None:
    """What the XSD objects to ("line 3: …", at most 20), empty if valid, None where it could not be judged.

    Complements whose schema is not at hand are left out of the judgement rather than failed.
    """
    if not is_available():
        return None
    try:
        root = read_original(data)
    except FiscalError:
        return None
    version = "" if root is None else (root.get("Version") or root.get("version") or "")
    if root is None or version not in _SCHEMAS or root.tag != f"{{{_SCHEMAS[version][0]}}}Comprobante":
        return None
    with _lock:
        schema = _compiled_schema(version, _complements(root))
        if schema.validate(root):
            return []
        return [f"línea {entry.line}: {entry.message}" for entry in schema.error_log][:_ERRORS_SHOWN]


def _root() -> Path:
    return Path(str(files("satcfdi"))) / "transform" / "schemas"


@cache
def _compiled_transform(path: str) -> Transform:
    sheet = etree.parse(str(_root() / path), etree.XMLParser(no_network=True, resolve_entities=False))
    compiled: Transform = etree.XSLT(sheet, access_control=etree.XSLTAccessControl.DENY_WRITE)
    return compiled


@cache
def _bundled_authorities() -> Authorities:
    return Authorities(authority_files().values())


def _complements(root: _Element) -> frozenset[str]:
    """Drop from the tree what has no schema here (Addenda, rare complements) and name the schemas of the rest."""
    paths = set()
    for child in list(root):
        if child.tag.endswith("}Addenda"):
            root.remove(child)
        elif child.tag.endswith("}Complemento"):
            for element in list(child):
                space = element.tag[1:].partition("}")[0]
                path = _COMPLEMENTS.get((space, element.get("Version") or element.get("version") or ""))
                if path is None:
                    child.remove(element)
                else:
                    paths.add(path)
    return frozenset(paths)


@cache
def _compiled_schema(version: str, complements: frozenset[str]) -> etree.XMLSchema:
    wrapper = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
    spaces = {path: space for (space, _), path in _COMPLEMENTS.items()}
    wanted = [_SCHEMAS[version], *((spaces[path], path) for path in sorted(complements))]
    for space, path in wanted:
        location = (_root() / path).as_uri()
        etree.SubElement(wrapper, f"{{{_XS}}}import", namespace=space, schemaLocation=location)
    return etree.XMLSchema(wrapper)
