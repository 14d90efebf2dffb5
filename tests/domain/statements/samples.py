"""Statements of the project's own making: the headers and traps of each bank's file, with invented people and money."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import xlsxwriter

from aldia.domain.statements.model import Hints

Cell = str | int | Decimal | date | None


@dataclass(frozen=True)
class Sample:
    """`expected` are (day, minor units, balance after), oldest first; `proof` is (state, tied, steps)."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hints: Hints
    expected: tuple[tuple[str, int, int | None], ...]
    proof: tuple[str, int, int]
    delimiter: str = ","
    encoding: str = "utf-8"
    bank: str = ""
    account: str = ""
    skipped: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


MX, CL, CO, ES = Hints("MX"), Hints("CL"), Hints("CO"), Hints("ES")

SAMPLES = (
    Sample(
        "bbva net cash",
        (
            ("Día", "Concepto / Referencia", "cargo", "Abono", "Saldo"),
            ("30-06-2026", "SPEI RECIBIDOBANORTE/0101484432  072 0060826PAGO ALFA", "", "12,500.00", "112,500.00"),
            ("29-06-2026", "PAGO CUENTA DE TERCERO/ 0012345678 BNET 0123456789 F221", "", "1,000.00", "100,000.00"),
            ("28-06-2026", "COMISION SPEI", "5.80", "", "99,000.00"),
        ),
        MX,
        (("2026-06-28", -580, 9900000), ("2026-06-29", 100000, 10000000), ("2026-06-30", 1250000, 11250000)),
        ("full", 2, 2),
        "\t", "cp1252", "mx_bbva",
    ),
    Sample(
        "bbva csv with a preamble",
        (
            ("BBVA México", "", "", "", "", ""),
            ("Cuenta:", "0123456789", "", "", "", ""),
            ("Periodo:", "01/07/2026 al 31/07/2026", "", "", "", ""),
            ("FECHA", "DESCRIPCIÓN", "CARGO", "ABONO", "SALDO", "REFERENCIA"),
            ("02/07/2026", "DEPOSITO EN EFECTIVO", "", "1,500.00", "11,500.00", "778899"),
            ("03/07/2026", "CHEQUE", "500.00", "", "11,000.00", "12"),
        ),
        MX,
        (("2026-07-02", 150000, 1150000), ("2026-07-03", -50000, 1100000)),
        ("full", 1, 1),
        ";", bank="mx_bbva", account="0123456789",
    ),
    Sample(
        "banorte, credit before debit",
        (
            ("CUENTA", "FECHA DE OPERACIÓN", "FECHA", "REFERENCIA", "DESCRIPCIÓN", "COD. TRANSAC", "SUCURSAL",
             "DEPÓSITOS", "RETIROS", "SALDO", "MOVIMIENTO", "DESCRIPCIÓN DETALLADA", "CHEQUE"),
            ("'0123456789", "13/07/2026", "13/07/2026", "1", "8846APR2202607131234567890", "561", "0001", "$11,600.00",
             "-", "$61,600.00", "1", "SPEI RECIBIDO, BCO:0014 SANTANDER DEL CLIENTE ALFA SA DE CV", "-"),
            ("'0123456789", "14/07/2026", "14/07/2026", "2", "COMISION", "501", "0001", "-", "$5.00", "$61,595.00",
             "2", "COMISION POR MANEJO", "-"),
        ),
        MX,
        (("2026-07-13", 1160000, 6160000), ("2026-07-14", -500, 6159500)),
        ("full", 1, 1),
        bank="mx_banorte", account="0123456789",
    ),
    Sample(
        "santander with payer columns",
        (
            ("Cuenta", "Fecha", "Hora", "Sucursal", "Descripcion", "Cargo/Abono", "Importe", "Saldo", "Referencia",
             "Concepto", "Banco Participante", "Clabe Beneficiario", "Nombre Beneficiario", "Cta Ordenante",
             "Nombre Ordenante", "Codigo Devolucion", "Causa Devolucion", "RFC Beneficiario", "RFC Ordenante",
             "Clave de Rastreo", "Descripcion Larga"),
            ("'65500012345'", "'01042026'", "'10:15'", "'0001'", "'ABONO SPEI'", "'+'", "'11600.00'", "'61600.00'",
             "'1234'", "'FACTURA 1234'", "'BBVA MEXICO'", "'014180655000123451'", "'NOSOTROS SA'",
             "'012180001234567899'", "'ALFA SA DE CV'", "''", "''", "'NOS010101AA1'", "'ALF010203AB1'",
             "'BNET01002604010001234567'", "'SPEI RECIBIDO'"),
            ("'65500012345'", "'02042026'", "'11:15'", "'0001'", "'PAGO SPEI'", "'-'", "'1600.00'", "'60000.00'",
             "'0'", "'PAGO'", "'BANORTE'", "'072180655000123451'", "'BETA SA'", "'014180655000123451'",
             "'NOSOTROS SA'", "''", "''", "'BET010101AA1'", "'NOS010101AA1'", "'2026040240014BMOV'", "'SPEI ENVIADO'"),
        ),
        MX,
        (("2026-04-01", 1160000, 6160000), ("2026-04-02", -160000, 6000000)),
        ("full", 1, 1),
        bank="mx_santander", account="65500012345",
    ),
    Sample(
        "bajío with opening and total rows",
        (
            ("Banco del Bajío", None, None, None, None, None),
            ("Fecha", "Concepto", "Cargo", "Abono", "Saldo", "Referencia"),
            ("01/07/2026", "SALDO INICIAL", None, None, "10,000.00", None),
            ("22/07/2026", "SPEI RECIBIDO", None, "1,500.00", "11,500.00", "112233"),
            ("23/07/2026", "CHEQUE 001", "500.00", None, "11,000.00", "1"),
            (None, "TOTAL", "500.00", "1,500.00", None, None),
        ),
        MX,
        (("2026-07-22", 150000, 1150000), ("2026-07-23", -50000, 1100000)),
        ("full", 4, 4),
        bank="mx_bajio",
    ),
    Sample(
        "hsbc, signed, pending and rejected rows",
        (
            ("HSBC", None, None, None, None),
            ("Fecha", "Descripción", "Importe", "Saldo", "Estatus"),
            ("25/07/2026", "PAGO EN TRANSITO", "1.00", None, "Pendiente"),
            ("24/07/2026", "TRANSF REC HSBCNET FACT 9", "2,320.50", "9,320.50", "Aplicado"),
            ("23/07/2026", "TRANSF RECHAZADA", "9.00", None, "Rechazada"),
            ("22/07/2026", "PAGO", "(1,000.00)", "7,000.00", "Aplicado"),
        ),
        MX,
        (("2026-07-22", -100000, 700000), ("2026-07-24", 232050, 932050)),
        ("full", 1, 1),
        bank="mx_hsbc", skipped=("pending", "rejected"),
    ),
    Sample(
        "banamex, two sections",
        (
            ("Banamex", None, None, None, None),
            ("FECHA", "CONCEPTO", "RETIROS", "DEPÓSITOS", "SALDO"),
            ("01/05/2026", "SALDO ANTERIOR", None, None, "1,000.00"),
            ("15/05/2026", "PAGO RECIBIDO DE BBVA POR ORDEN DE ALFA SA REF.123 F9 RASTREO ABC1234567", None, "10.50",
             "1,010.50"),
            ("FECHA", "CONCEPTO", "RETIROS", "DEPÓSITOS", "SALDO"),
            ("16/05/2026", "SALDO ANTERIOR", None, None, "2,000.00"),
            ("17/05/2026", "CARGO", "5.00", None, "1,995.00"),
        ),
        MX,
        (("2026-05-15", 1050, 101050), ("2026-05-17", -500, 199500)),
        ("full", 2, 2),
        bank="mx_banamex",
    ),
    Sample(
        "banco de chile, without years, header on each page",
        (
            ("Banco de Chile", None, None, None, None, None, None),
            ("Cuenta N°:", "00-123-45678-90", None, None, None, None, None),
            ("Fecha de Emisión: 05/01/2026", None, None, None, None, None, None),
            ("Fecha", "Descripción", "Canal o Sucursal", "Nro. Docto.", "Cargos (PESOS)", "Abonos (PESOS)",
             "Saldo (PESOS)"),
            ("30/12", "SALDO INICIAL", None, None, None, None, "1,000,000"),
            ("30/12", "Traspaso De: COMERCIAL ANDES SPA", "Internet", "123", None, "989,713", "1,989,713"),
            ("Fecha", "Descripción", "Canal o Sucursal", "Nro. Docto.", "Cargos (PESOS)", "Abonos (PESOS)",
             "Saldo (PESOS)"),
            ("02/01", "PAGO PROVEEDORES", "Internet", "124", "89,713", None, "1,900,000"),
            ("02/01", "SALDO FINAL", None, None, None, None, "1,900,000"),
            ("Infórmese sobre la garantía estatal de los depósitos", None, None, None, None, None, None),
        ),
        CL,
        (("2025-12-30", 989713, 1989713), ("2026-01-02", -89713, 1900000)),
        ("full", 3, 3),
        bank="cl_bancochile", account="00-123-45678-90",
    ),
    Sample(
        "bci, the balance is the day's",
        (
            ("Fecha", "Sucursal", "Descripción", "N° Documento", "Cheques y otros cargos", "Depósitos y Abono",
             "Saldo diario"),
            ("20/03/2026", "Centro", "PAGO RECIBIDO TF2 096689310-9 ALFA SPA", "1", None, "$ 100.000", "$ 650.000"),
            ("20/03/2026", "Centro", "CHEQUE", "2", "$ 50.000", None, "$ 650.000"),
            ("21/03/2026", "Centro", "COMISION", "3", "$ 1.000", None, "$ 649.000"),
        ),
        CL,
        (("2026-03-20", 100000, 650000), ("2026-03-20", -50000, 650000), ("2026-03-21", -1000, 649000)),
        ("full", 1, 1),
        ";", bank="cl_bci",
    ),
    Sample(
        "bancoestado",
        (
            ("Fecha", "Sucursal", "N° Cuenta Corriente", "Alias", "N° Cartola", "N° Operación", "Descripción",
             "Cheques / Cargos", "Depósitos / Abonos", "Saldo"),
            ("20/03/2026", "Centro", "00100200300", "Eje", "12", "1001", "TEF 76354771-K ALFA SPA", None, "150.000",
             "1.150.000"),
            ("21/03/2026", "Centro", "00100200300", "Eje", "12", "1002", "PAGO LUZ", "50.000", None, "1.100.000"),
        ),
        CL,
        (("2026-03-20", 150000, 1150000), ("2026-03-21", -50000, 1100000)),
        ("full", 1, 1),
        ";", bank="cl_bancoestado", account="00100200300",
    ),
    Sample(
        "santander chile, flag C and A",
        (
            ("MONTO", "DESCRIPCIÓN MOVIMIENTO", "FECHA", "SALDO", "N° DOCUMENTO", "SUCURSAL", "CARGO/ABONO"),
            ("150.000", "76354771-K Transf. ALFA SPA", "20/03/2026", "1.150.000", "0", "Internet", "A"),
            ("50.000", "0123456789 Transf. BETA", "21/03/2026", "1.100.000", "0", "Internet", "C"),
        ),
        CL,
        (("2026-03-20", 150000, 1150000), ("2026-03-21", -50000, 1100000)),
        ("full", 1, 1),
        ";", bank="cl_santander",
    ),
    Sample(
        "itaú chile, credit first, no years",
        (
            ("Banco Itaú", None, None, None, None, None, None),
            ("Fecha de emisión", "15/01/2026", None, None, None, None, None),
            ("Fecha", "Número de operación", "Sucursal", "Descripción", "Depósitos o abonos", "Giros o cargos",
             "Saldo diario"),
            ("28/12", "1", "Casa Matriz", "Transferencia De COMERCIAL SUR", "$100.000", None, "$600.000"),
            ("02/01", "3", "Casa Matriz", "PAGO LUZ", None, "$10.000", "$590.000"),
        ),
        CL,
        (("2025-12-28", 100000, 600000), ("2026-01-02", -10000, 590000)),
        ("full", 1, 1),
        ";", bank="cl_itau",
    ),
    Sample(
        "tef empresa, received transfers only",
        (
            ("Fecha y Hora", "Nombre o Razón Social", "Rut Origen", "Banco", "Cuenta Origen", "Monto",
             "ID Transacción", "Comentario"),
            ("20/03/2026 10:11", "ALFA SPA", "76.354.771-K", "BCI", "12345678", "150.000", "TEF123456789", "F 123"),
            ("21/03/2026 11:11", "BETA SPA", "96.689.310-9", "BCI", "12345679", "50.000", "TEF123456790", "F 124"),
        ),
        CL,
        (("2026-03-20", 150000, None), ("2026-03-21", 50000, None)),
        ("none", 0, 0),
        ";",
    ),
    Sample(
        "bancolombia, signed, total row",
        (
            ("Bancolombia", None, None, None, None, None),
            ("Cuenta: 123-456789-00", None, None, None, None, None),
            ("FECHA", "DESCRIPCIÓN", "SUCURSAL", "DCTO.", "VALOR", "SALDO"),
            ("2026/03/01", "PAGO PSE ALFA SAS 123456", "CANAL", "0", "1,190,000.00", "2,190,000.00"),
            ("2026/03/02", "IMPTO GOBIERNO 4X1000", None, "0", "-4,760.00", "2,185,240.00"),
            ("TOTAL", None, None, None, "1,185,240.00", None),
        ),
        CO,
        (("2026-03-01", 119000000, 219000000), ("2026-03-02", -476000, 218524000)),
        ("full", 1, 1),
        ";", bank="co_bancolombia", account="123-456789-00",
    ),
    Sample(
        "davivienda, nota crédito and nota débito",
        (
            ("Fecha de Sistema", "Documento", "Descripción motivo", "Transacción", "Oficina de Recaudo",
             "ID Origen/Destino", "Valor Cheque", "Valor Total", "Referencia 1", "Referencia 2"),
            ("01/03/2026", "123", "Transferencia", "Nota Crédito", "Bogotá", "900123456", "$ 0,00", "$ 1.190.000,00",
             "445566", "0"),
            ("22/03/2026", "124", "Cobro servicio", "Nota Débito", "Bogotá", "0", "$ 0,00", "$ 10.000,00", "0", "0"),
        ),
        CO,
        (("2026-03-01", 119000000, None), ("2026-03-22", -1000000, None)),
        ("none", 0, 0),
        ";", bank="co_davivienda",
    ),
    Sample(
        "banco de bogotá, month first and no year",
        (
            ("Banco de Bogotá", None, None, None, None, None, None),
            ("Extracto del 03/01/2026 al 03/31/2026", None, None, None, None, None, None),
            ("Fecha", "Transacción", "Oficina", "Documento", "Débitos", "Créditos", "Saldo"),
            ("03/05", "Consignación", "Centro", "1", None, "1000000.00", "2000000.00"),
            ("03/17", "Retiro", "Centro", "2", "500000.00", None, "1500000.00"),
        ),
        CO,
        (("2026-03-05", 100000000, 200000000), ("2026-03-17", -50000000, 150000000)),
        ("full", 1, 1),
        bank="co_bogota",
    ),
    Sample(
        "caixabank, newest first",
        (
            ("Movimientos de la cuenta ES9121000418450200051332", None, None, None, None, None),
            ("Fecha", "Fecha valor", "Movimiento", "Más datos", "Importe", "Saldo"),
            ("15/01/2026", "16/01/2026", "TRANSF. A SU FAVOR", "FRA 2026-0012 ALFA SL", "1.210,00", "5.210,00"),
            ("14/01/2026", "14/01/2026", "RECIBO LUZ", None, "-85,40", "4.000,00"),
        ),
        ES,
        (("2026-01-14", -8540, 400000), ("2026-01-15", 121000, 521000)),
        ("full", 1, 1),
        ";", bank="es_caixabank", account="ES9121000418450200051332",
    ),
    Sample(
        "bbva españa, currency named twice",
        (
            ("F.Valor", "Fecha", "Concepto", "Movimiento", "Importe", "Divisa", "Disponible", "Divisa",
             "Observaciones"),
            ("21/01/2026", "21/01/2026", "Transferencia recibida", "De ALFA SL", "1.210,00", "EUR", "5.210,00", "EUR",
             "FRA 12"),
            ("20/01/2026", "20/01/2026", "Adeudo", "Luz", "-85,40", "EUR", "4.000,00", "EUR", None),
        ),
        ES,
        (("2026-01-20", -8540, 400000), ("2026-01-21", 121000, 521000)),
        ("full", 1, 1),
        ";",
    ),
)  # fmt: skip


def as_csv(sample: Sample) -> bytes:
    """Text with the sample's delimiter, encoding and quotes where they are needed."""

    def cell(value: Cell) -> str:
        text = "" if value is None else str(value)
        return f'"{text}"' if sample.delimiter in text else text

    lines = [sample.delimiter.join(cell(value) for value in row) for row in sample.rows]
    return ("\r\n".join(lines) + "\r\n").encode(sample.encoding)


def as_xlsx(rows: Sequence[Sequence[object]], name: str = "Movimientos", skip: int = 3) -> bytes:
    """A workbook whose table begins under empty rows."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    page = book.add_worksheet(name)
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for at, row in enumerate(rows, skip):
        for place, value in enumerate(row, 1):
            if isinstance(value, date):
                page.write_datetime(at, place, value, day)
            elif isinstance(value, Decimal | int):
                page.write_number(at, place, float(value))
            elif value is not None:
                page.write_string(at, place, str(value))
    book.close()
    return stream.getvalue()


def as_html(rows: Sequence[Sequence[object]], encoding: str = "cp1252") -> bytes:
    cells = ["".join(f"<td> {value or '&nbsp;'} </td>" for value in row) for row in rows]
    lines = "".join(f"<tr>{row}</tr>\n" for row in cells)
    return f"<html><head><title>x</title></head><body><table>{lines}</table></body></html>".encode(encoding)


def as_spreadsheetml(rows: Sequence[Sequence[object]]) -> bytes:
    """Empty cells are skipped with ss:Index, as BBVA does."""
    lines = []
    for row in rows:
        cells = "".join(
            f'<Cell ss:Index="{at}"><Data ss:Type="String">{value}</Data></Cell>'
            for at, value in enumerate(row, 1)
            if value
        )
        lines.append(f"<Row>{cells}</Row>")
    return (
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Hoja1"><Table>'
        + "\n".join(lines)
        + "</Table></Worksheet></Workbook>"
    ).encode()
