"""What a bank's text says of the payer, with places that mark it on the screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.statements.banks import BANKS
from aldia.domain.statements.narrative import numeric_reference, read_narrative

CLABE = "014180655001234561"


@pytest.mark.parametrize(
    ("bank", "country", "text", "kind", "expected"),
    [
        (
            "mx_bbva", "MX", "SPEI RECIBIDOBANORTE/0101484432 072 0001764FACT ALFA", "transfer_in",
            {"bank": "BANORTE", "bank_code": "072", "reference": "1764", "concept": "FACT ALFA",
             "folio": "0101484432"},
        ),
        (
            "mx_bbva", "MX", "SPEI RECIBIDOSANTANDER/0101484432 014 0260825PAGO", "transfer_in",
            {"bank": "SANTANDER", "bank_code": "014", "concept": "PAGO", "folio": "0101484432"},  # 26-08-25 is a date
        ),
        (
            "mx_bbva", "MX", "PAGO CUENTA DE TERCERO/ 0012345678 BNET 0123456789 F221", "transfer_in",
            {"payer_key": "0123456789", "concept": "F221"},
        ),
        ("mx_bbva", "MX", "SPEI DEVUELTO BANORTE/0101484432", "return", {}),
        ("mx_bbva", "MX", "VENTAS DEBITO/8765432 TERMINALES PUNTO DE VENTA", "card_settlement",
         {"reference": "8765432"}),
        (
            "mx_banorte", "MX",
            "SPEI RECIBIDO, BCO:0014 SANTANDER, HR LIQ: 12:30:11 DEL CLIENTE ALFA Y HERMANOS SA DE CV DE LA CLABE "
            f"{CLABE} CON RFC ALF010203AB1 CONCEPTO: PAGO FAC A-1234 REFERENCIA: 1234 CVE RAST: 8846APR2202607011234",
            "transfer_in",
            {"bank": "SANTANDER", "bank_code": "0014", "name": "ALFA Y HERMANOS SA DE CV", "account": CLABE,
             "tax_id": "ALF010203AB1", "concept": "PAGO FAC A-1234", "reference": "1234",
             "trace": "8846APR2202607011234"},
        ),
        (
            "mx_banamex", "MX",
            "PAGO RECIBIDO DE BBVA POR ORDEN DE ALFA SA DE CV REF. 778899 FACT 9 RASTREO MBAN0100226 CAJA 1 AUT 2",
            "transfer_in",
            {"bank": "BBVA", "name": "ALFA SA DE CV", "reference": "778899", "concept": "FACT 9",
             "trace": "MBAN0100226"},
        ),
        ("mx_scotiabank", "MX", "TRANSF INTERBANCARIA SPEI 12345678901234567890", "transfer_in",
         {"trace": "12345678901234567890"}),
        ("mx_hsbc", "MX", "TRANSF REC HSBCNET FACT 9", "transfer_in", {"concept": "FACT 9"}),
        ("mx_banregio", "MX", "TRA 0001764-ABONO ALFA", "transfer_in", {"reference": "1764", "concept": "ALFA"}),
        ("cl_bancochile", "CL", "Traspaso De: COMERCIAL ANDES SPA", "transfer_in", {"name": "COMERCIAL ANDES SPA"}),
        ("cl_bci", "CL", "PAGO RECIBIDO TF2 096689310-9 TRANSBANK", "transfer_in",
         {"tax_id": "96689310-9", "name": "TRANSBANK"}),
        ("cl_santander", "CL", "76354771-K Transf. ALFA SPA", "transfer_in",
         {"tax_id": "76354771-K", "name": "ALFA SPA"}),
        ("cl_santander", "CL", "0123456789 Transf. BETA", "transfer_in", {"account": "0123456789", "name": "BETA"}),
        ("cl_bancoestado", "CL", "TEF 76354771-K ALFA SPA", "transfer", {"tax_id": "76354771-K", "name": "ALFA SPA"}),
        ("cl_itau", "CL", "Transferencia De COMERCIAL SUR", "transfer_in", {"name": "COMERCIAL SUR"}),
        ("co_bancolombia", "CO", "PAGO PSE ALFA SAS 123456", "transfer_in",
         {"name": "ALFA SAS", "reference": "123456"}),
        ("co_bancolombia", "CO", "IMPTO GOBIERNO 4X1000", "tax", {}),
        ("es_caixabank", "ES", "TRANSFERENCIA DE ALFA SL, CONCEPTO FRA 12", "transfer_in",
         {"name": "ALFA SL", "concept": "FRA 12"}),
        # no bank known: every bank of the country, then the generic patterns
        ("", "MX", "DEPOSITO SPEI ORDENANTE: ALFA SA, RFC ALF010203AB1, CLAVE DE RASTREO: ABC123456", "",
         {"name": "ALFA SA", "tax_id": "ALF010203AB1", "trace": "ABC123456"}),
        ("", "MX", "COMISION POR MANEJO DE CUENTA", "fee", {}),
        ("", "MX", "SPEI RECIBIDO ALFA CONCEPTO COMISION DE MARZO", "transfer_in", {"concept": "COMISION DE MARZO"}),
    ],
)  # fmt: skip
def test_what_a_text_says(bank: str, country: str, text: str, kind: str, expected: dict[str, str]) -> None:
    found_kind, evidence = read_narrative(text, bank, country)
    assert {each.kind: each.value for each in evidence} == expected
    assert found_kind in (kind, {"transfer": "transfer_in"}.get(kind, kind))
    for each in evidence:
        shown = text[each.start : each.end]
        assert shown
        if each.kind not in ("reference", "tax_id"):
            assert shown == each.value


def test_ids_of_nobody_and_wrong_digits_are_not_evidence() -> None:
    for text in ("TEF 66666666-6 PUBLICO", "RFC XAXX010101000", "PAGO 76354771-1", "CLABE 014180655001234560"):
        _kind, evidence = read_narrative(text, "", "CL" if "-" in text else "MX")
        assert not [each for each in evidence if each.kind in ("tax_id", "account")]


@pytest.mark.parametrize(
    ("seven", "value"), [("0001764", "1764"), ("0260825", ""), ("0250826", ""), ("0000000", ""), ("1234567", "1234567")]
)
def test_a_date_written_as_reference_is_no_folio(seven: str, value: str) -> None:
    assert numeric_reference(seven) == value


@given(st.text(alphabet="SPEI RECIBIDO DEL CLIENTE/:0123456789|,.-K\n", max_size=300), st.sampled_from([*BANKS, ""]))
def test_evidence_always_lies_within_the_text(text: str, bank: str) -> None:
    _kind, evidence = read_narrative(text, bank, "MX")
    for each in evidence:
        assert 0 <= each.start < each.end <= len(text)
