"""The drafts that the tests of the writer, the seal and the schema share: one of each kind of CFDI."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aldia.domain.fiscal.drafts import (
    ISR_WITHHELD_FEES,
    IVA_0,
    IVA_8,
    IVA_16,
    IVA_EXEMPT,
    IVA_WITHHELD_FEES,
    DraftComplement,
    DraftDocument,
    DraftLine,
    DraftPaidDocument,
    DraftParty,
    DraftPayment,
    DraftRelation,
    DraftTax,
    GlobalPeriod,
    plain_line,
    sum_taxes,
)

AT = datetime(2026, 9, 10, 10, 0, 0)
ISSUER = DraftParty("DTR980623K40", "DISTRIBUIDORA TRES RÍOS", "601", "06700")
COMPANY = DraftParty("ÑAP010101AB5", 'ABARROTES "LA ÑAPA" & COMPAÑÍA <NORTE>', "601", "44100", "G01")
FOREIGNER = DraftParty("XEXX010101000", "ACME IMPORTS LLC", "616", "06700", "S01", "USA", "98-7654321")
PUBLIC = DraftParty("XAXX010101000", "PUBLICO EN GENERAL", "616", "06700", "S01")
UUID_A, UUID_B = "9E369661-7CC4-4320-93E5-6CC189129343", "83600726-4A56-4FD6-BA1B-5F6BC80A733A"

SOAP = plain_line(
    "47131805", "H87", "Limpiador multiusos 20 L", 12_500, 18_999, discount=7_501, identification="LIM-20"
)
SUGAR = plain_line("50161509", "XBJ", "Azúcar estándar 50 kg", 3_000, 112_035, taxes=(IVA_0,))
BOOK = plain_line("55101509", "H87", "Manual de higiene", 2_000, 25_050, taxes=(IVA_EXEMPT,))
BORDER = plain_line("14111704", "XPK", "Papel higiénico", 7_000, 33_333, taxes=(IVA_8,))
FEES = plain_line("81112100", "E48", "Honorarios", 1_000, 1_000_000, (IVA_16, ISR_WITHHELD_FEES, IVA_WITHHELD_FEES))
ADVANCE = plain_line("84111506", "ACT", "Anticipo del bien o servicio", 1_000, 500_000)
TICKET = plain_line("01010101", "ACT", "Venta", 1_000, 8_621, identification="TICKET-0001")
MOVED = plain_line("23151500", "H87", "Traslado propio", 1_000, 0, taxes=())


def document(
    type_code: str = "I", *lines: DraftLine, receiver: DraftParty = COMPANY, **fields: object
) -> DraftDocument:
    """A document of the cast with what its kind needs; `fields` replace the usual."""
    usual: dict[str, object] = {"method": "PPD", "form": "99", "conditions": "30 DIAS"}
    if type_code == "E":
        usual = {"method": "PUE", "form": "15"}
    if type_code == "T":
        usual = {}
    return DraftDocument(
        type_code,
        "F",
        "1",
        AT,
        "06700",
        ISSUER,
        receiver,
        lines or (SOAP, SUGAR),
        **(usual | fields),  # type: ignore[arg-type]
    )


def paid(lines: tuple[DraftLine, ...], paid_minor: int, **fields: object) -> DraftPaidDocument:
    """A paid document over the given lines; MXN, first instalment, unless `fields` say otherwise."""
    total = document("I", *lines).total
    usual: dict[str, object] = {"currency": "MXN", "partiality": 1, "before": total, "paid_earlier": 0}
    usual |= {"of_payment": paid_minor}
    return DraftPaidDocument(
        UUID_A,
        "F",
        "1",
        total=total,
        taxes=sum_taxes(lines),
        paid=paid_minor,
        **(usual | fields),  # type: ignore[arg-type]
    )


def complement(*payments: DraftPayment, receiver: DraftParty = COMPANY) -> DraftComplement:
    """A payment complement of the cast."""
    return DraftComplement("P", "1", AT, "06700", ISSUER, receiver, payments)


def payment(amount: int, *documents: DraftPaidDocument, currency: str = "MXN", rate: int = 0) -> DraftPayment:
    """A transfer received at noon."""
    return DraftPayment(
        datetime(2026, 9, 9, 12), "03", currency, amount, documents, exchange_rate=rate, operation="085901234567890"
    )


IEPS_8 = DraftTax("003", 80_000)
IEPS_QUOTA = DraftTax("003", 6_175_200, factor="Cuota")
SNACKS = plain_line("50192100", "H87", "Papas fritas", 3_000, 1_999, taxes=(IVA_16, IEPS_8))
PETROL = plain_line("15101514", "LTR", "Gasolina magna", 40_123, 2_150, taxes=(IEPS_QUOTA, IVA_16))
SCREWS = DraftLine("31161500", "H87", "Tornillo", 12_345_678, 1_234_567, identification="T-1")
GREEN_TEA = DraftLine("50201711", "KGM", "Té verde", 1_500_000, 333_330_000, decimals=0)
RENT = plain_line("80131500", "E48", "Renta de septiembre", 1_000, 2_500_000)
IMPORTED = plain_line("43211500", "H87", "Servidor", 1_000, 8_000_000)

KINDS = {
    "ieps and iva": document("I", SNACKS),
    "ieps by litre": document("I", PETROL),
    "ieps without iva": document("I", replace(SNACKS, taxes=(IEPS_8,), object_code="07")),
    "six decimals": document("I", SCREWS),
    "yen": document("I", GREEN_TEA, currency="JPY", exchange_rate=121_000),
    "not broken down": document("I", replace(SOAP, taxes=(), object_code="03")),
    "rent": document("I", replace(RENT, property_account="012345A")),
    "imported": document("I", replace(IMPORTED, customs=("15  48  3009  0001234", "15  48  3009  0001235"))),
    "invoice on credit": document("I", SOAP, SUGAR, BOOK),
    "invoice at the border": document("I", BORDER, currency="MXN"),
    "only exempt": document("I", BOOK),
    "fees with withholdings": document("I", FEES),
    "dollars": document("I", SOAP, currency="USD", exchange_rate=18_305_000),
    "foreigner": document("I", SUGAR, receiver=FOREIGNER, currency="USD", exchange_rate=18_305_000),
    "public": document(
        "I",
        TICKET,
        receiver=PUBLIC,
        method="PUE",
        form="01",
        conditions="",
        global_period=GlobalPeriod("04", "08", 2026),
    ),
    "advance": document("I", ADVANCE, method="PUE", form="03", conditions="CONTADO"),
    "total after advance": document("I", SOAP, relations=(DraftRelation("07", (UUID_A,)),)),
    "substitute": document("I", SOAP, relations=(DraftRelation("04", (UUID_A,)),)),
    "debit note": document("I", SOAP, relations=(DraftRelation("02", (UUID_A,)),)),
    "credit note": document("E", SOAP, relations=(DraftRelation("01", (UUID_A, UUID_B)),)),
    "return": document("E", SOAP, relations=(DraftRelation("03", (UUID_A,)),)),
    "advance applied": document("E", ADVANCE, form="30", relations=(DraftRelation("07", (UUID_A,)),)),
    "transfer of goods": document("T", MOVED, receiver=ISSUER),
    "payment": complement(payment(100_000, paid((SOAP, SUGAR, BOOK), 100_000))),
    "payment with withholdings": complement(payment(400_000, paid((FEES,), 400_000))),
    "peso payment of dollars": complement(
        payment(213_812, paid((SOAP,), 11_600, currency="USD", of_payment=213_812)),
    ),
    "dollar payment of pesos": complement(
        payment(3_170, paid((SOAP,), 58_000, of_payment=3_170), currency="USD", rate=18_300_000)
    ),
}
