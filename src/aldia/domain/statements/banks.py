"""What is known of each bank, as data: more headings, how its narrative is written, and its traps. No bank is needed.

A profile is found by words above the header or in the narrative, or named by the account. The patterns' named groups
become evidence: name, tax_id, account, concept, reference, trace, bank, bank_code, payer_key. Layouts and narratives
were described from public parsers; those of a bank without any are left to the generic patterns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bank:
    """`marks` are folded words above the header; `headings` adds synonyms by role; `patterns` are tried in order.

    `signature` are headings that, all together, only this bank writes.
    """

    key: str
    name: str
    country: str
    marks: tuple[str, ...]
    headings: dict[str, str] = field(default_factory=dict)
    signature: tuple[str, ...] = ()
    patterns: tuple[tuple[str, re.Pattern[str]], ...] = ()


def _patterns(*pairs: tuple[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(pattern, re.I)) for kind, pattern in pairs)


_NAME = r"[^|,;:/]{3,60}?"
_BBVA_MX = _patterns(
    ("return", r"SPEI DEVUELTO"),
    # the bank is glued to RECIBIDO and the free text to the seven digits of the reference
    (
        "transfer_in",
        r"SPEI RECIBIDO ?(?P<bank>[A-ZÑ0-9 .&]{2,25}?) ?/ ?(?P<folio>[0-9]{6,12}) +(?P<bank_code>[0-9]{3}) +"
        r"(?P<reference>[0-9]{7})(?P<concept>[^|]*?)(?= \||$)",
    ),
    ("transfer_in", r"PAGO CUENTA DE TERCERO ?/ ?[0-9]+ +BNET +(?P<payer_key>[0-9]{6,12}) ?(?P<concept>[^|]*)"),
    ("cash_in", r"DEPOSITO DE TERCERO ?/ ?REFBNTC(?P<reference>[0-9]+) ?(?P<concept>[^|]*?)(?: BMRCASH|(?= \||$))"),
    ("card_settlement", r"VENTAS (?:DEBITO|CREDITO|NAL\.?|INT\.?) ?/? ?(?P<reference>[0-9]{5,12})?"),
    ("transfer_out", r"SPEI ENVIADO|PAGO A TERCEROS"),
)
_BANORTE = _patterns(
    ("return", r"SPEI DEVUELTO|DEVOLUCION (?:DE )?SPEI"),
    (
        "transfer_in",
        r"SPEI RECIBIDO,? BCO: ?(?P<bank_code>[0-9]{3,5}) (?P<bank>[A-ZÑ0-9 .&]{2,30}?)(?:,| HR LIQ| DEL CLIENTE)",
    ),
    ("", rf"DEL CLIENTE (?P<name>{_NAME})(?:,| DE LA CLABE| CON RFC| CVE RAST| CONCEPTO|$)"),
    ("", r"DE LA CLABE (?P<account>[0-9]{18})"),
    ("", r"CON RFC (?P<tax_id>[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3})"),
    ("", r"CVE RAST: ?(?P<trace>[A-Z0-9]{6,30})"),
    ("", r"CONCEPTO: ?(?P<concept>[^|]*?)(?:,? REFERENCIA:| CVE RAST:| HR LIQ:|$)"),
    ("", r"REFERENCIA: ?(?P<reference>[0-9]{1,20})"),
)
_BANAMEX = _patterns(
    (
        "transfer_in",
        r"PAGO RECIBIDO DE (?P<bank>[A-ZÑ .]{2,30}?) POR ORDEN DE (?P<name>[^|]{3,60}?) REF\.? ?(?P<reference>[0-9]+)"
        r"(?: (?P<concept>[^|]*?))?(?= RASTREO| CAJA| AUT | HORA | SUC |$)",
    ),
    ("", r"RASTREO (?P<trace>[A-Z0-9]{6,30})"),
)
_SANTANDER_MX = _patterns(
    ("transfer_in", r"(?:ABONO|PAGO) TRANSFERENCIA SPEI(?: HORA [0-9:]{5,8})?|TRANSFERENCIA SPEI RECIBIDA"),
    ("return", r"DEVOLUCION SPEI"),
    (
        "",
        rf"RECIBIDO DE (?P<bank>[A-ZÑ .]{{2,30}}?) DE(?:L CLIENTE)? (?P<name>{_NAME})"
        r" (?:CLABE|CUENTA|CLAVE|REF|CONCEPTO|$)",
    ),
    ("", r"CLAVE DE RASTREO:? ?(?P<trace>[A-Z0-9]{6,30})"),
)
_HSBC = _patterns(
    ("transfer_in", r"TRANSF(?:ERENCIA)? REC(?:IBIDA)? HSBCNET ?(?P<concept>[^|]*)"),
)
_SCOTIABANK_MX = _patterns(
    ("transfer_in", r"TRANSF INTERBANCARIA SPEI ?(?P<trace>[0-9]{20})?"),
)
_BANREGIO = _patterns(
    ("transfer_in", r"TRA (?P<reference>[0-9]{7})-ABONO ?(?P<concept>[^|]*)"),
)
_BAJIO = _patterns(
    (
        "transfer_in",
        rf"SPEI RECIBIDO:? ?(?:[^|]*?)ORDENANTE:? ?(?P<name>{_NAME})(?: CUENTA| CLABE| RFC| CLAVE| CONCEPTO|$)",
    ),
    ("transfer_in", r"SPEI RECIBIDO"),
)
_RUT = r"[0-9]{1,3}(?:\.?[0-9]{3}){2}-[0-9K]|[0-9]{7,10}-[0-9K]"
_BANCO_CHILE = _patterns(
    ("transfer_in", r"TRASPASO DE: ?(?P<name>[^|]{3,60}?)(?: INTERNET)?(?= \||$)"),
    ("transfer_out", r"TRASPASO A: ?(?P<name>[^|]{3,60}?)(?: INTERNET)?(?= \||$)"),
    ("transfer_in", rf"PAGO: ?(?P<name>[^|0-9]{{3,60}}?) (?P<tax_id>{_RUT})"),
)
_BCI = _patterns(
    ("transfer_in", rf"PAGO RECIBIDO(?: [A-Z0-9]{{2,4}})? (?P<tax_id>{_RUT}) (?P<name>[^|]{{3,60}}?)(?= \||$)"),
    ("transfer_in", r"ABONO POR TRANSFERENCIA DE FONDOS"),
)
_SANTANDER_CL = _patterns(
    # ten digits are an account, never a RUT
    ("transfer_in", r"(?<![0-9])(?P<account>[0-9]{10}) TRANSF\.? ?(?:DE )?(?P<name>[^|]{3,60}?)(?= \||$)"),
    ("transfer_in", rf"(?P<tax_id>{_RUT}) TRANSF\.? ?(?:DE )?(?P<name>[^|]{{3,60}}?)(?= \||$)"),
)
_TEF_CL = _patterns(
    ("transfer", rf"TEF (?:DE )?(?P<tax_id>{_RUT}) (?P<name>[^|]{{3,60}}?)(?= \||$)"),
    (
        "transfer_out",
        rf"TRANSFERENCIA (?:A )?(?P<bank>[^|]{{0,30}}?) ?A RUT (?P<tax_id>{_RUT}) (?P<name>[^|]{{3,60}}?)(?= \||$)",
    ),
    (
        "transfer_in",
        rf"TRANSFERENCIA (?:DE )?(?P<bank>[^|]{{0,30}}?) ?DE RUT (?P<tax_id>{_RUT}) (?P<name>[^|]{{3,60}}?)(?= \||$)",
    ),
)
_ITAU = _patterns(
    ("transfer_in", r"TRANSFERENCIA DE (?P<name>[^|]{3,60}?)(?= \||$)"),
)
_BANCOLOMBIA = _patterns(
    ("tax", r"IMPTO GOBIERNO 4X1000"),
    ("transfer_in", r"PAGO PSE (?P<name>[^|]{3,60}?)(?: (?P<reference>[0-9]{4,20}))?(?= \||$)"),
    ("transfer_in", r"PAGO INTERBANC (?P<name>[^|]{3,60}?)(?= \||$)"),
    ("transfer_in", r"TRANSFERENCIA DESDE NEQUI"),
    ("transfer", r"PAGO (?:LLAVE|QR)(?: (?P<name>[^|]{3,60}?))?(?= \||$)"),
    ("cash_in", r"CONSIGNACION"),
)
_SPAIN = _patterns(
    (
        "transfer_in",
        r"TRANSF(?:ERENCIA|\.)?(?: INMEDIATA| RECIBIDA| A SU FAVOR| DE){1,3}:? ?(?P<name>[^|,]{3,60}?)"
        r"(?:, ?CONCEPTO:? ?(?P<concept>[^|]*))?(?= \||$)",
    ),
    ("", r"CONCEPTO:? (?P<concept>[^|]*)"),
)

BANKS: dict[str, Bank] = {
    bank.key: bank
    for bank in (
        Bank(
            "mx_bbva", "BBVA", "MX", ("bbva mexico", "bancomer", "net cash"),
            signature=("Concepto / Referencia", "Cargo", "Abono"), patterns=_BBVA_MX,
        ),
        Bank(
            "mx_banorte", "Banorte", "MX", ("banorte",), {"desc": "descripcion detallada", "long_desc": "descripcion"},
            ("Cod. Transac", "Descripción detallada"), _BANORTE,
        ),
        Bank(
            "mx_santander", "Santander", "MX", ("santander mexico",), {"concept": "concepto"},
            ("Banco Participante", "Clabe Beneficiario"), _SANTANDER_MX,
        ),
        Bank("mx_banamex", "Banamex", "MX", ("banamex", "citibanamex"), patterns=_BANAMEX),
        Bank("mx_hsbc", "HSBC", "MX", ("hsbc",), patterns=_HSBC),
        Bank("mx_scotiabank", "Scotiabank", "MX", ("scotiabank inverlat",), patterns=_SCOTIABANK_MX),
        Bank("mx_bajio", "BanBajío", "MX", ("banbajio", "banco del bajio"), patterns=_BAJIO),
        Bank("mx_banregio", "Banregio", "MX", ("banregio",), patterns=_BANREGIO),
        Bank(
            "cl_bancochile", "Banco de Chile", "CL", ("banco de chile", "banco edwards", "bancochile"),
            signature=("Canal o Sucursal",), patterns=_BANCO_CHILE,
        ),
        Bank(
            "cl_bci", "BCI", "CL", ("bci", "banco de credito e inversiones"),
            signature=("Cheques y otros cargos", "Saldo diario"), patterns=_BCI,
        ),
        Bank(
            "cl_bancoestado", "BancoEstado", "CL", ("bancoestado", "banco estado"), signature=("N° Cartola",),
            patterns=_TEF_CL,
        ),
        Bank(
            "cl_santander", "Santander Chile", "CL", ("santander chile", "movimientos ctacte"),
            signature=("Descripción movimiento", "Cargo/Abono", "N° Documento"), patterns=_SANTANDER_CL,
        ),
        Bank("cl_itau", "Itaú", "CL", ("itau",), signature=("Giros o cargos", "Saldo diario"), patterns=_ITAU),
        Bank("cl_scotiabank", "Scotiabank Chile", "CL", ("scotiabank chile",), patterns=_TEF_CL),
        Bank(
            "co_bancolombia", "Bancolombia", "CO", ("bancolombia",), signature=("Dcto.", "Valor", "Sucursal"),
            patterns=_BANCOLOMBIA,
        ),
        Bank(
            "co_davivienda", "Davivienda", "CO", ("davivienda",), {"payer_id": "id origen destino"},
            ("Descripción motivo", "Valor Total"),
        ),
        Bank("co_bogota", "Banco de Bogotá", "CO", ("banco de bogota",)),
        Bank("co_occidente", "Banco de Occidente", "CO", ("banco de occidente",)),
        Bank(
            "es_caixabank", "CaixaBank", "ES", ("caixabank", "la caixa"), signature=("Más datos", "Fecha valor"),
            patterns=_SPAIN,
        ),
        Bank("es_santander", "Santander España", "ES", ("santander espana",), patterns=_SPAIN),
        Bank("es_bbva", "BBVA España", "ES", ("bbva espana",), patterns=_SPAIN),
        Bank("es_sabadell", "Sabadell", "ES", ("sabadell",), patterns=_SPAIN),
        Bank("es_bankinter", "Bankinter", "ES", ("bankinter",), patterns=_SPAIN),
    )
}  # fmt: skip
# First three digits of a CLABE, and the country and bank code of an IBAN or a sheet's own account.
CLABE_BANKS = {
    "002": "mx_banamex", "012": "mx_bbva", "014": "mx_santander", "021": "mx_hsbc", "030": "mx_bajio",
    "044": "mx_scotiabank", "058": "mx_banregio", "072": "mx_banorte",
}  # fmt: skip
# Headings that only sheets of received transfers have: their amounts came in, sign or not.
RECEIVED_ONLY = frozenset({"rut origen", "nombre origen", "monto recibido", "monto abonado", "rut remitente"})


def bank_of(words: str) -> str:
    """The key of the bank that a folded text names, "" if none or several."""
    found = {bank.key for bank in BANKS.values() for mark in bank.marks if f" {mark} " in f" {words} "}
    return next(iter(found)) if len(found) == 1 else ""


def bank_by_headings(headings: Sequence[str], key: Callable[[str], str]) -> str:
    """The bank whose own headings these are, "" if none or several."""
    keys = {key(heading) for heading in headings}
    found = [
        bank.key for bank in BANKS.values() if bank.signature and all(key(word) in keys for word in bank.signature)
    ]
    return found[0] if len(found) == 1 else ""
