"""The words of SAT's catalogues that papers print beside their codes (catCFDI, Anexo 20).

http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm. They are the authority's own words, in Spanish in
every language of the house. A code that is not here is printed alone.
"""

from __future__ import annotations

REGIMES = {
    "601": "General de Ley Personas Morales",
    "603": "Personas Morales con Fines no Lucrativos",
    "605": "Sueldos y Salarios e Ingresos Asimilados a Salarios",
    "606": "Arrendamiento",
    "607": "Régimen de Enajenación o Adquisición de Bienes",
    "608": "Demás ingresos",
    "610": "Residentes en el Extranjero sin Establecimiento Permanente en México",
    "611": "Ingresos por Dividendos (socios y accionistas)",
    "612": "Personas Físicas con Actividades Empresariales y Profesionales",
    "614": "Ingresos por intereses",
    "615": "Régimen de los ingresos por obtención de premios",
    "616": "Sin obligaciones fiscales",
    "620": "Sociedades Cooperativas de Producción que optan por diferir sus ingresos",
    "621": "Incorporación Fiscal",
    "622": "Actividades Agrícolas, Ganaderas, Silvícolas y Pesqueras",
    "623": "Opcional para Grupos de Sociedades",
    "624": "Coordinados",
    "625": "Actividades Empresariales con ingresos a través de Plataformas Tecnológicas",
    "626": "Régimen Simplificado de Confianza",
}
USES = {
    "G01": "Adquisición de mercancías",
    "G02": "Devoluciones, descuentos o bonificaciones",
    "G03": "Gastos en general",
    "I01": "Construcciones",
    "I02": "Mobiliario y equipo de oficina por inversiones",
    "I03": "Equipo de transporte",
    "I04": "Equipo de cómputo y accesorios",
    "I05": "Dados, troqueles, moldes, matrices y herramental",
    "I06": "Comunicaciones telefónicas",
    "I07": "Comunicaciones satelitales",
    "I08": "Otra maquinaria y equipo",
    "D01": "Honorarios médicos, dentales y gastos hospitalarios",
    "D02": "Gastos médicos por incapacidad o discapacidad",
    "D03": "Gastos funerales",
    "D04": "Donativos",
    "D05": "Intereses reales efectivamente pagados por créditos hipotecarios",
    "D06": "Aportaciones voluntarias al SAR",
    "D07": "Primas por seguros de gastos médicos",
    "D08": "Gastos de transportación escolar obligatoria",
    "D09": "Depósitos en cuentas para el ahorro, primas de planes de pensiones",
    "D10": "Pagos por servicios educativos (colegiaturas)",
    "P01": "Por definir",
    "S01": "Sin efectos fiscales",
    "CP01": "Pagos",
    "CN01": "Nómina",
}
FORMS = {
    "01": "Efectivo",
    "02": "Cheque nominativo",
    "03": "Transferencia electrónica de fondos",
    "04": "Tarjeta de crédito",
    "05": "Monedero electrónico",
    "06": "Dinero electrónico",
    "08": "Vales de despensa",
    "12": "Dación en pago",
    "13": "Pago por subrogación",
    "14": "Pago por consignación",
    "15": "Condonación",
    "17": "Compensación",
    "23": "Novación",
    "24": "Confusión",
    "25": "Remisión de deuda",
    "26": "Prescripción o caducidad",
    "27": "A satisfacción del acreedor",
    "28": "Tarjeta de débito",
    "29": "Tarjeta de servicios",
    "30": "Aplicación de anticipos",
    "31": "Intermediario pagos",
    "99": "Por definir",
}
METHODS = {"PUE": "Pago en una sola exhibición", "PPD": "Pago en parcialidades o diferido"}
TYPES = {"I": "Ingreso", "E": "Egreso", "T": "Traslado", "P": "Pago"}
TAXES = {"001": "ISR", "002": "IVA", "003": "IEPS", "LOC": "Impuesto local"}
RELATIONS = {
    "01": "Nota de crédito de los documentos relacionados",
    "02": "Nota de débito de los documentos relacionados",
    "03": "Devolución de mercancía sobre facturas o traslados previos",
    "04": "Sustitución de los CFDI previos",
    "05": "Traslados de mercancías facturados previamente",
    "06": "Factura generada por los traslados previos",
    "07": "CFDI por aplicación de anticipo",
    "08": "Factura generada por pagos en parcialidades",
    "09": "Factura generada por pagos diferidos",
}
EXPORTS = {"01": "No aplica", "02": "Definitiva con clave A1", "03": "Temporal", "04": "Definitiva con clave distinta"}
PERIODS = {"01": "Diario", "02": "Semanal", "03": "Quincenal", "04": "Mensual", "05": "Bimestral"}
MONTHS = {
    "01": "Enero", "02": "Febrero", "03": "Marzo", "04": "Abril", "05": "Mayo", "06": "Junio", "07": "Julio",
    "08": "Agosto", "09": "Septiembre", "10": "Octubre", "11": "Noviembre", "12": "Diciembre", "13": "Enero-Febrero",
    "14": "Marzo-Abril", "15": "Mayo-Junio", "16": "Julio-Agosto", "17": "Septiembre-Octubre",
    "18": "Noviembre-Diciembre",
}  # fmt: skip
PAYMENT_TOTALS = {
    "MontoTotalPagos": "Monto total de pagos",
    "TotalRetencionesIVA": "IVA retenido",
    "TotalRetencionesISR": "ISR retenido",
    "TotalRetencionesIEPS": "IEPS retenido",
    "TotalTrasladosBaseIVA16": "Base IVA 16 %",
    "TotalTrasladosImpuestoIVA16": "IVA 16 %",
    "TotalTrasladosBaseIVA8": "Base IVA 8 %",
    "TotalTrasladosImpuestoIVA8": "IVA 8 %",
    "TotalTrasladosBaseIVA0": "Base IVA 0 %",
    "TotalTrasladosImpuestoIVA0": "IVA 0 %",
    "TotalTrasladosBaseIVAExento": "Base IVA exento",
}
OBJECTS = {
    "01": "No objeto de impuesto",
    "02": "Sí objeto de impuesto",
    "03": "Sí objeto del impuesto y no obligado al desglose",
    "04": "Sí objeto del impuesto y no causa impuesto",
    "05": "Sí objeto del impuesto, IVA crédito PODEBI",
    "06": "Sí objeto del IVA, No traslado IVA",
    "07": "No traslado del IVA, Sí desglose IEPS",
    "08": "No traslado del IVA, No desglose IEPS",
}
UNITS = {
    "ACT": "Actividad",
    "C62": "Uno",
    "DAY": "Día",
    "E48": "Unidad de servicio",
    "E54": "Viaje",
    "GRM": "Gramo",
    "H87": "Pieza",
    "HUR": "Hora",
    "KGM": "Kilogramo",
    "KT": "Kit",
    "LTR": "Litro",
    "MON": "Mes",
    "MTK": "Metro cuadrado",
    "MTQ": "Metro cúbico",
    "MTR": "Metro",
    "PR": "Par",
    "SET": "Conjunto",
    "TNE": "Tonelada (tonelada métrica)",
    "XBX": "Caja",
    "XPK": "Paquete",
}
PRODUCTS = {
    "01010101": "No existe en el catálogo",
    "72154066": "Mantenimiento general de equipos de oficina",
    "78101802": "Servicios transporte de carga por carretera (en camión) a nivel regional y nacional",
    "80101500": "Servicios de consultoría de negocios y administración corporativa",
    "80111600": "Servicios de personal temporal",
    "80131500": "Alquiler y arrendamiento de propiedades o edificaciones",
    "81112100": "Servicios de internet",
    "82101500": "Publicidad impresa",
    "84101700": "Manejo de deuda",
    "84111500": "Servicios contables",
    "84111506": "Servicios de facturación",
}
CURRENCIES = {
    "CAD": "Dólar Canadiense",
    "EUR": "Euro",
    "GBP": "Libra Esterlina",
    "JPY": "Yen",
    "MXN": "Peso Mexicano",
    "USD": "Dólar americano",
    "XXX": "Los códigos asignados para las transacciones en que intervenga ninguna moneda",
}
MOTIVES = {
    "01": "Comprobante emitido con errores con relación",
    "02": "Comprobante emitido con errores sin relación",
    "03": "No se llevó a cabo la operación",
    "04": "Operación nominativa relacionada en la factura global",
}
# What can be searched before the authority's own catalogues are loaded, by the authority's names of them.
BUILT_IN = {
    "c_ClaveProdServ": PRODUCTS,
    "c_ClaveUnidad": UNITS,
    "c_Exportacion": EXPORTS,
    "c_FormaPago": FORMS,
    "c_Impuesto": {code: TAXES[code] for code in ("001", "002", "003")},
    "c_Meses": MONTHS,
    "c_MetodoPago": METHODS,
    "c_Moneda": CURRENCIES,
    "c_ObjetoImp": OBJECTS,
    "c_Periodicidad": PERIODS,
    "c_RegimenFiscal": REGIMES,
    "c_TipoDeComprobante": TYPES,
    "c_TipoRelacion": RELATIONS,
    "c_UsoCFDI": USES,
}


def named(catalogue: dict[str, str], code: str) -> str:
    """ "03 · Transferencia electrónica de fondos"; the code alone when the catalogue has no such word."""
    word = catalogue.get(code)
    return f"{code} · {word}" if word else code
