"""The concepts of a CFDI, and what they tell of its nature: an advance, or what remains of an invoice after one.

Guía de llenado del CFDI, Apéndice 6 "Procedimiento para la emisión de los CFDI en el caso de anticipos recibidos"
(Anexo 20, http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm).
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import values
from aldia.domain.fiscal.document import Line
from aldia.domain.fiscal.errors import BadNumber
from aldia.domain.fiscal.values import ZERO
from aldia.domain.sentences import gettext_noop

BAD_LINE = gettext_noop("Un concepto trae un número que no se puede leer y se muestra en cero.")

ADVANCE_KEY = "84111506"  # c_ClaveProdServ "Servicios de facturación"
ADVANCE_UNIT = "ACT"
# An advance that names these is about another document: debit note, returned goods, application of an advance
_OTHER_RELATIONS = frozenset(("01", "02", "03", "05", "06", "07"))
# The same key serves charges and discounts: those words tell them from an advance that does not say so
_OTHER_USES = (
    "interes", "morator", "recargo", "penaliz", "pena ", "bonific", "descuento", "comision", "cargo", "ajuste",
    "rebaja", "aplicacion", "remanente", "servicio de factura", "servicios de factura", "honorario", "renta",
    "suscripcion",
)  # fmt: skip


def is_advance(concepts: _Element | None, relation_codes: set[str]) -> bool:
    """Whether an invoice paid on issue is an advance (anticipo): every line has the guide's key and unit.

    It must say "anticipo", or be the guide's single line of quantity 1 that says nothing else.
    """
    if concepts is None or not len(concepts) or relation_codes & _OTHER_RELATIONS:
        return False
    if concepts[0].get("ClaveProdServ") != ADVANCE_KEY:
        return False
    if any(line.get("ClaveProdServ") != ADVANCE_KEY or line.get("ClaveUnidad") != ADVANCE_UNIT for line in concepts):
        return False
    described = [plain(line.get("Descripcion")) for line in concepts]
    if all("anticipo" in text and "aplicacion" not in text and "remanente" not in text for text in described):
        return True
    single = len(concepts) == 1 and not relation_codes and concepts[0].get("Cantidad", "").rstrip("0.") == "1"
    return single and not any(word in described[0] for word in _OTHER_USES)


def is_remainder(concepts: _Element | None) -> bool:
    """Whether a line says "CFDI por remanente de un anticipo" (procedure B of the guide)."""
    if concepts is None:
        return False
    texts = (plain(line.get("Descripcion")) for line in concepts)
    return any("remanente" in text and "anticipo" in text for text in texts)


def plain(text: str | None) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", (text or "").casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def read_lines(concepts: _Element, old: bool, findings: list[str]) -> tuple[Line, ...]:
    """Every concept. 3.2 allowed negative amounts (discounts as lines), so signs are kept.

    Never fails: a document that was booked can always be shown. A number that cannot be read is 0, with a finding.
    """
    read = _old_line if old else _line
    return tuple(read(element, findings) for element in concepts if element.tag.endswith("}Concepto"))


def _line(element: _Element, findings: list[str]) -> Line:
    return Line(
        values.text(element, "ClaveProdServ", 8, findings),
        values.text(element, "ClaveUnidad", 3, findings),
        values.text(element, "NoIdentificacion", 100, findings),
        values.text(element, "Descripcion", 1000, findings),
        _number(element, "Cantidad", findings),
        _number(element, "ValorUnitario", findings),
        _number(element, "Importe", findings),
        _number(element, "Descuento", findings),
    )


def _old_line(element: _Element, findings: list[str]) -> Line:
    return Line(
        "",
        "",
        values.text(element, "noIdentificacion", 100, findings),
        values.text(element, "descripcion", 1000, findings),
        _number(element, "cantidad", findings),
        _number(element, "valorUnitario", findings),
        _number(element, "importe", findings),
        ZERO,
    )


def _number(element: _Element, name: str, findings: list[str]) -> Decimal:
    try:
        return values.optional_number(element, name, "") or ZERO
    except BadNumber:
        if BAD_LINE not in findings:
            findings.append(BAD_LINE)
        return ZERO
