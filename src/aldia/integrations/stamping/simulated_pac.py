"""A PAC that is none: for the demo, for trying and for tests. Whatever it stamps says that it has no fiscal validity.

It looks at what it is sent as a real one does (schema, seal, a stamp that is there already) and refuses with the
authority's codes. The same document gives the same stamp, byte for byte, also from two machines: folio and date are
made of the seal. What it stamped and what is being cancelled is kept in a file of its own, as a PAC keeps it.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid5

from lxml import etree  # type: ignore[import-untyped]

from aldia.domain.fiscal.envelope import TFD
from aldia.domain.fiscal.seals import verify
from aldia.domain.fiscal.strict_xml import STRICT
from aldia.domain.ports.channels import Field
from aldia.domain.ports.stamping import CancelAnswer, CancelState, Seal, Stamped, StampFailure, StampRefused, ToCancel
from aldia.domain.sentences import gettext_noop
from aldia.integrations.stamping.certificates import PAC_NAME, PAC_RFC, Credentials, Holder, load_or_make_credentials
from aldia.integrations.stamping.simulated import sign_chain, stamp_chain, stamp_xml, stamped_at
from aldia.integrations.tax import mx_schemas

FOLDER = "pac"  # in its home: what it stamped, and its certificates
C = "{http://www.sat.gob.mx/cfd/4}"
NAMESPACE = UUID("6f6f2f3e-5d0a-5f0e-8a4e-0a1d1a000001")
ACCEPT, WAIT, REJECT = "accept", "wait", "reject"
_ENDS = {ACCEPT: CancelState.DONE, WAIT: CancelState.WAITING, REJECT: CancelState.REJECTED}
_SAYS = {
    CancelState.DONE: ("201", gettext_noop("Cancelado sin aceptación.")),
    CancelState.WAITING: ("201", gettext_noop("En proceso: espera la respuesta del receptor.")),
    CancelState.REJECTED: ("201", gettext_noop("El receptor rechazó la cancelación.")),
}
_TABLES = """
CREATE TABLE IF NOT EXISTS stamps (
  seal TEXT PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, key TEXT NOT NULL, issuer TEXT NOT NULL, xml BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS cancellations (
  uuid TEXT PRIMARY KEY, motive TEXT NOT NULL, replacement TEXT NOT NULL, state TEXT NOT NULL
);
"""


class SimulatedPac:
    """`home` among the settings is the folder where it keeps its things; the house says which."""

    name: ClassVar[str] = "simulated"
    label: ClassVar[str] = gettext_noop("PAC simulado (sin validez fiscal)")
    about: ClassVar[str] = gettext_noop("Para probar: timbra al instante, no cuesta y nada llega al SAT.")
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "cancellations",
            gettext_noop("Qué contestan los receptores a una cancelación"),
            required=False,
            choices=(
                (ACCEPT, gettext_noop("Aceptan")),
                (WAIT, gettext_noop("No contestan todavía")),
                (REJECT, gettext_noop("No aceptan")),
            ),
            default=ACCEPT,
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "Sirve para conocer la facturación sin contratar nada. Cada documento lleva la leyenda «sin validez fiscal» en "
        "su timbre: no lo entregues como factura. Para timbrar de verdad elige otro PAC."
    )
    is_fiscal: ClassVar[bool] = False

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], *, is_test: bool = False) -> None:
        del secrets, is_test  # it has neither
        self._home = Path(settings.get("home") or tempfile.gettempdir()) / FOLDER
        self._answer = settings.get("cancellations") or ACCEPT

    def stamp(self, xml: bytes, *, key: str) -> Stamped:
        root = _read(xml)
        _examine(xml, root)
        if (kept := self._kept(root.get("Sello"))) is not None:
            return kept
        made = self._make(root)
        with self._store() as store:
            row = (root.get("Sello"), made.uuid, key, root.find(f"{C}Emisor").get("Rfc"), made.xml)
            store.execute("INSERT OR IGNORE INTO stamps VALUES (?, ?, ?, ?, ?)", row)
        return self._kept(root.get("Sello")) or made

    def recover(self, xml: bytes, *, key: str, uuid: str = "") -> Stamped | None:
        del key, uuid  # the seal says it all
        return self._kept(_read(xml).get("Sello", ""))

    def cancel(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        with self._store() as store:
            row = store.execute("SELECT issuer FROM stamps WHERE uuid = ?", [wanted.uuid.upper()]).fetchone()
            if row is None:
                raise StampRefused("205", gettext_noop("El PAC no conoce ese folio fiscal."))
            if row[0] != seal.tax_id or wanted.issuer != seal.tax_id:
                raise StampRefused("203", gettext_noop("El folio fiscal es de otro emisor."))
            values = (wanted.uuid.upper(), wanted.motive, wanted.replacement, WAIT)
            store.execute("INSERT OR IGNORE INTO cancellations VALUES (?, ?, ?, ?)", values)
        return self.cancellation(wanted, seal)

    def cancellation(self, wanted: ToCancel, seal: Seal) -> CancelAnswer:
        del seal
        uuid = wanted.uuid.upper()
        with self._store() as store:
            row = store.execute("SELECT state FROM cancellations WHERE uuid = ?", [uuid]).fetchone()
            if row is None:
                return CancelAnswer(CancelState.NONE)
            state = row[0] if row[0] != WAIT else self._answer
            store.execute("UPDATE cancellations SET state = ? WHERE uuid = ?", [state, uuid])
            if state == REJECT:  # it may be asked for again
                store.execute("DELETE FROM cancellations WHERE uuid = ?", [uuid])
        code, said = _SAYS[_ENDS[state]]
        proof = _acknowledgement(uuid, wanted) if state == ACCEPT else b""
        return CancelAnswer(_ENDS[state], code, said, proof, wanted.at)

    def check(self) -> str:
        if not mx_schemas.is_available():
            raise StampFailure("mx", gettext_noop("Falta el componente del SAT: instala «aldia[mx]»."), permanent=True)
        return gettext_noop("Funciona. Lo que timbra no tiene validez fiscal.")

    def _kept(self, seal: str) -> Stamped | None:
        with self._store() as store:
            row = store.execute("SELECT uuid, xml FROM stamps WHERE seal = ?", [seal]).fetchone()
        return Stamped(row[0], bytes(row[1])) if row else None

    def _make(self, root: etree._Element) -> Stamped:
        seal, issued_at = root.get("Sello"), datetime.fromisoformat(root.get("Fecha"))
        uuid = str(uuid5(NAMESPACE, seal)).upper()
        pac = credentials(self._home, issued_at.year).pac
        at = stamped_at(issued_at, root.get("LugarExpedicion"))
        chain = stamp_chain(uuid=uuid, at=at, seal=seal, certificate_number=pac.number)
        node = etree.fromstring(stamp_xml(uuid, at, seal, pac.number, sign_chain(pac.key, chain)))
        home = root.find(f"{C}Complemento")
        if home is None:
            home = etree.SubElement(root, f"{C}Complemento")
        home.append(node)
        return Stamped(uuid, etree.tostring(root, encoding="UTF-8", xml_declaration=True))

    @contextmanager
    def _store(self) -> Iterator[sqlite3.Connection]:
        """Its own file, in one transaction."""
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(sqlite3.connect(self._home / "pac.sqlite3", timeout=30, isolation_level=None)) as store:
            store.executescript(_TABLES)
            store.execute("BEGIN IMMEDIATE")
            yield store
            store.execute("COMMIT")


@cache
def credentials(home: Path, year: int) -> Credentials:
    """The PAC's own certificates for documents of a year, kept in its folder; made at first use, once for all."""
    folder = home / f"certificados-{year}"
    make = partial(
        load_or_make_credentials,
        company=Holder(PAC_RFC, PAC_NAME),
        first_day=date(year, 1, 1),
        last_day=date(year + 1, 1, 31),
        family=year % 100,
    )
    if not folder.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=home) as part:
            fresh = Path(part) / "new"
            make(fresh)
            try:
                os.rename(fresh, folder)  # whoever comes second keeps the first one's
            except OSError:
                if not folder.exists():
                    raise
    return make(folder)


def _read(xml: bytes) -> etree._Element:
    try:
        root = etree.fromstring(xml, STRICT)
    except etree.XMLSyntaxError as error:
        raise StampRefused("301", f"XML mal formado: {error}"[:200]) from None
    if root.tag != f"{C}Comprobante":
        raise StampRefused("301", "XML mal formado: no es un CFDI 4.0.")
    return root


def _examine(xml: bytes, root: etree._Element) -> None:
    """What a PAC looks at before it stamps."""
    if root.find(f"{C}Complemento/{TFD}") is not None:
        raise StampRefused("307", "El comprobante contiene un timbre previo.")
    if findings := mx_schemas.validate_schema(xml):
        raise StampRefused("301", f"XML mal formado: {findings[0]}"[:300])
    report = verify(xml, certificates=lambda _number: None, transform=mx_schemas.transform)
    if report.seal != "ok":
        raise StampRefused("302", "Sello mal formado o inválido.")


def _acknowledgement(uuid: str, wanted: ToCancel) -> bytes:
    """The shape of SAT's receipt, and what it is worth."""
    at = f' Fecha="{wanted.at:%Y-%m-%dT%H:%M:%S}"' if wanted.at else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Acuse xmlns="http://cancelacfd.sat.gob.mx"{at} RfcEmisor="{wanted.issuer}"><!-- SIN VALIDEZ FISCAL -->'
        f"<Folios><UUID>{uuid}</UUID><EstatusUUID>201</EstatusUUID></Folios></Acuse>"
    ).encode()
