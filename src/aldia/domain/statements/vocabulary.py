"""Headings of bank files in Spanish, and in the English, Catalan and German that reach these desks: data, no rules."""

from __future__ import annotations

# Exact headings by role, in the order in which a role prefers them. `Bank.headings` adds to these.
SYNONYMS: dict[str, str] = {
    "date": """fecha de operacion|fecha operacion|fecha oper|fecha movimiento|fecha de movimiento|fecha mov|
        fecha contable|fecha de sistema|fecha transaccion|fecha de transaccion|fecha y hora|fecha hora|fecha|fecha oper|
        fecha aplicacion|fecha de aplicacion|fecha registro|fecha de registro|dia|date|booking date|posted date|
        posting date|transaction date|data|data operacio|buchungstag|fecha de la operacion|f operacion|fecha pago|
        post date|fec operacion|fec mov|fecha de pago|date operation|data de operacion|fecha abono|fecha deposito""",
    "value_date": """fecha valor|fecha de valor|f valor|value date|valuta|data valor|fecha efectiva|wertstellung|
        fecha liquidacion|fecha de liquidacion|fecha aplicacion|date de valeur|fec valor|fecha contable|
        posted date|posting date""",
    "time": "hora|time|hora operacion|hora de operacion|hora movimiento",
    "desc": """descripcion|descripcion movimiento|descripcion del movimiento|concepto|concepto referencia|detalle|
        detalle movimiento|detalle de movimiento|movimiento|movimientos|transaccion|descripcion motivo|glosa|
        narrativa|description|details|detail|memo|narrative|observaciones|detalle transaccion|operacion|
        tipo de movimiento|tipo movimiento|concepto movimiento|texto|desc|descripcion transaccion|buchungstext|
        descripcion de la transaccion|descripcion operacion|moviment|concepte|descripcion abreviada|leyenda|particulars|
        descripcion de movimiento|detalle del movimiento|concepto de la operacion|motivo|payee|payment reference""",
    "long_desc": """descripcion detallada|descripcion larga|mas datos|referencia ampliada|concepto ampliado|
        informacion adicional|detalle adicional|descripcion adicional|mes dades|original description|
        informacion complementaria|leyenda adicional|datos adicionales|comentario|comentarios|observacion|notas|
        description 1|descripcion 2|description 2|vwz1|concepto detallado|reason|desc larga|mensaje|remittance""",
    "concept": "concepto de pago|concepto pago|concepto del pago|motivo de pago|glosa transferencia|comentario pago",
    "debit": """cargo|cargos|retiro|retiros|debito|debitos|cheque o cargo|cheques cargos|cheques y otros cargos|
        giros o cargos|giros y cargos|egreso|egresos|salida|salidas|debe|debit|debits|withdrawal|withdrawals|money out|
        paid out|importe cargo|monto cargo|cargos y cheques|
        cheques y cargos|pagos|valor debito|retiros cargos|
        cargos retiros|importe cargos|monto cargos|otros cargos|debit amount|adeudo|adeudos|
        cargo en cuenta|disposiciones|
        cheque cargo|cheques o cargos|giros cargos|retiro cargo|soll|carrecs""",
    "credit": """abono|abonos|deposito|depositos|credito|creditos|deposito o abono|depositos abonos|
        depositos y abono|depositos y abonos|depositos o abonos|ingreso|ingresos|entrada|entradas|haber|credit|credits|
        deposits|deposit|money in|paid in|importe abono|monto abono|valor credito|consignaciones|importe abonos|
        monto abonos|otros abonos|abonos depositos|credit amount|abono en cuenta|depositos y otros abonos|haben|
        deposito abono|abonaments|consignacion|recaudos""",
    "amount": """importe|monto|valor|valor total|amount|cantidad|importe operacion|monto operacion|valor transaccion|
        importe movimiento|monto movimiento|monto transaccion|import|betrag|transaction amount|importe de la operacion|
        monto transferencia|importe total|monto total|valor movimiento|total|value|importe eur|quantia|
        monto de la transferencia|valor operacion|monto recibido|monto abonado|monto transferido|importe transaccion""",
    "flag": """cargo abono|cargo o abono|tipo|tipo movimiento|tipo de movimiento|naturaleza|signo|debito credito|c a|
        d c|dc|d h|debe haber|tipo operacion|tipo de operacion|tipo transaccion|tipo de transaccion|transaction type|
        type|abono cargo|credito debito|ca|cd|cr dr|dr cr|debit credit|credit debit|ind|indicador|sign|
        credit debit indicator|deb cred|deb hab|
        transaccion|operacion|movimiento""",
    "balance": """saldo|saldos|saldo diario|saldo final|saldo contable|saldo disponible|balance|running balance|
        saldo despues|saldo posterior|saldo actual|saldo operacion|saldo operativo|saldo acumulado|saldo liquidacion|
        saldo tras operacion|runningbalance|kontostand|saldo cuenta|solde|account balance|saldo resultante|
        saldo despues de la operacion|saldo en cuenta|saldo parcial|disponible""",
    "ref": """referencia|referencia 1|no referencia|numero de referencia|num referencia|ref|docto n|documento|nro docto|
        n documento|no documento|numero documento|numero de documento|num documento|docto|dcto|docto nro|cheque|
        reference|check number|checknumber|n operacion|numero de operacion|numero operacion|serial documento|
        nro documento|folio|no de referencia|referencia bancaria|referencia numerica|num doc|referencia banco|
        numero referencia|n de operacion|referencia interbancaria|referencia 2|no cheque|num operacion|nro operacion|
        n docto|no docto|autorizacion|check""",
    "trace": """clave de rastreo|clave rastreo|cve rastreo|rastreo|id transaccion|id de transaccion|transaction id|
        identificador|id transferencia|id movimiento|codigo de rastreo|end to end id|endtoendid|fitid|n de transaction|
        numero de rastreo|id de la transferencia""",
    "payer_name": """nombre ordenante|ordenante|nombre del ordenante|nombre o razon social|razon social|
        nombre origen|nombre pagador|pagador|nombre remitente|remitente|partner name|name|nombre cliente|
        nombre del cliente|nombre del pagador|nombre emisor|cliente|counterparty|nombre|titular origen|
        auftraggeber empfanger|nombre ordenante beneficiario|nombre contraparte|contraparte|nombre titular origen""",
    "payer_id": """rfc ordenante|rut origen|rut ordenante|nit origen|id origen destino|nit|rut pagador|nit pagador|
        rfc pagador|rfc del ordenante|identificacion|documento pagador|rut cliente|nif ordenante|rut emisor|
        rfc cliente|rut remitente|nit cliente|rfc|rut|rut del ordenante|cif ordenante|nif|identificacion origen|
        identificacion pagador|nit ordenante""",
    "payer_account": """cta ordenante|cuenta ordenante|clabe ordenante|cuenta origen|cuenta clabe ordenante|
        iban ordenante|partner iban|cuenta del ordenante|cuenta pagador|cta origen|numero cuenta origen|
        n cuenta origen|cuenta de origen|cuenta remitente""",
    "payee_name": "nombre beneficiario|beneficiario|nombre del beneficiario|nombre destinatario|destinatario|"
    "nombre destino|payee name",
    "payee_id": "rfc beneficiario|rut beneficiario|rut destino|rfc curp beneficiario|nif beneficiario|rut destinatario|"
    "rfc del beneficiario|nit beneficiario",
    "payee_account": "clabe beneficiario|cuenta beneficiario|cuenta destino|cta beneficiario|cta destino|"
    "cuenta del beneficiario|iban beneficiario|cuenta de destino|clabe beneficiaria",
    "account": """cuenta|n cuenta|no cuenta|numero de cuenta|numero cuenta|n cuenta corriente|account|kontonummer|
        cuenta corriente|iban|num cuenta|account number|numero de cuenta corriente|no de cuenta|producto|nro cuenta""",
    "currency": "moneda|divisa|currency|tipo de moneda|waehrung|wahrung|monn|moneda cuenta",
    "branch": """sucursal|oficina|canal o sucursal|canal|oficina de recaudo|branch|sucursal origen|suc|plaza|
        oficina origen""",
    "code": """cod transac|codigo|codigo transaccion|codigo de transaccion|cod|codigo operacion|code|cod operacion|
        codigo movimiento|clave|cve|clave movimiento|codigo de operacion|cod transaccion|categoria|trn|posting key""",
    "status": "estado|estatus|status|situacion|estado movimiento",
}  # fmt: skip
# How a heading may begin (after the exact ones failed), weaker.
PREFIXES: dict[str, tuple[str, ...]] = {
    "value_date": ("fecha valor", "fecha de valor", "fecha efectiva"),
    "date": ("fecha", "date"),
    "debit": ("cargo", "retiro", "debito", "cheques y", "giros", "egreso", "withdrawal", "debit", "paid out"),
    "credit": ("abono", "deposito", "credito", "ingreso", "deposit", "credit", "paid in", "consignacion"),
    "balance": ("saldo", "balance", "solde"),
    "long_desc": (
        "descripcion detallada",
        "descripcion larga",
        "referencia ampliada",
        "mas datos",
        "concepto ampliado",
    ),
    "desc": ("descripcion", "concepto", "detalle", "glosa", "description"),
    "trace": ("clave de rastreo", "clave rastreo"),
    "payer_name": ("nombre del ordenante", "nombre ordenante", "razon social"),
    "payer_id": ("rfc ordenante", "rut origen", "nit origen", "rut del"),
    "amount": ("importe", "monto", "valor", "amount"),
    "ref": ("referencia", "numero de documento", "nro doc", "num doc", "no doc", "documento"),
    "branch": ("sucursal", "oficina"),
    "account": ("cuenta", "numero de cuenta", "n cuenta"),
    "currency": ("moneda", "divisa"),
}
# Words of amounts that are not what the account moved: a net after commission, an amount in another currency.
_NOT_THE_AMOUNT = """
    original bruto bruta neto neta comision comisiones iva impuesto impuestos tasa gross net fee tax cambio rate
    compensation minimo cuota limite saldo netamount retencion propina cheque cheques
"""
NOT_THE_AMOUNT = frozenset(_NOT_THE_AMOUNT.split())
# What a flag column says. "C" is Cargo beside "A" and Crédito beside "D": it stands in neither list.
_OUT = """
    cargo|cargos|debito|debitos|nota debito|debit|d|db|dr|dbit|debe|retiro|retiros|egreso|egresos|salida|salidas|nd|
    withdrawal|transferencia enviada|enviada|enviado|pago realizado|nota de debito|nota de cargo
"""
_IN = """
    abono|abonos|credito|creditos|nota credito|credit|cr|crdt|h|haber|a|deposito|depositos|ingreso|ingresos|entrada|
    entradas|nc|deposit|transferencia recibida|recibida|recibido|pago recibido|nota de credito|nota de abono
"""
OUT = frozenset(word.strip() for word in _OUT.split("|"))
IN = frozenset(word.strip() for word in _IN.split("|"))
