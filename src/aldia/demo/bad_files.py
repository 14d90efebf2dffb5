"""A handful of files that nobody should be able to import, each wrong in its own way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from aldia.demo.issued import GeneratedFile
from aldia.demo.people import DemoCast
from aldia.domain.fiscal.drafts import DraftDocument, DraftParty, plain_line
from aldia.integrations.stamping.simulated import UnsealedPress

_UUID = "5B3C2A10-7D4E-4F60-9A1B-0C2D3E4F5A6B"
_OTHERS = (
    DraftParty("PQL040715EX9", "PAPELERA QUETZAL DE LERMA", "601", "50000"),
    DraftParty("CMV110302HJ1", "CAFETERIAS MONTE VERDE", "601", "76000"),
)


def bad_files(cast: DemoCast) -> list[GeneratedFile]:
    """Truncated, of another company, with a DOCTYPE, not XML, empty, and XML that is no CFDI."""
    good = _document(cast, cast.company.party, cast.customers[0].party)
    others = _document(cast, *_OTHERS)
    doctype = good.replace(b"?>\n", b'?>\n<!DOCTYPE cfdi [<!ENTITY x "y">]>\n', 1)
    invoice = b'<?xml version="1.0" encoding="UTF-8"?>\n<factura folio="12"><total>100.00</total></factura>'
    return [
        GeneratedFile("malos/truncado.xml", good[: len(good) * 2 // 3]),
        GeneratedFile("malos/de_otra_empresa.xml", others),
        GeneratedFile("malos/con_doctype.xml", doctype),
        GeneratedFile("malos/no_es_xml.xml", b"Adjunto la factura que me pidieron. Saludos."),
        GeneratedFile("malos/vacio.xml", b""),
        GeneratedFile("malos/no_es_cfdi.xml", invoice),
    ]


def _document(cast: DemoCast, issuer: DraftParty, receiver: DraftParty) -> bytes:
    line = plain_line("47131805", "H87", "Limpiador multiusos ñandú", 1000, 38_900)
    draft = DraftDocument(
        "I",
        "X",
        "1",
        datetime.combine(cast.last_day, time(12)),
        "06700",
        issuer,
        replace(receiver, use="G03"),
        (line,),
        method="PPD",
        form="99",
    )
    return UnsealedPress().issue(draft, uuid=_UUID)
