"""The words of statement files on screen: formats, what a column is, why a balance does not tie."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

FORMATS = {
    "xlsx": "Excel", "xls": "Excel 97", "html": _("página web"), "spreadsheetml": "Excel XML", "text": "CSV o texto",
    "ofx": "OFX", "qif": "QIF", "mt940": "MT940", "camt": "camt", "norma43": "Norma 43", "bai2": "BAI2", "pdf": "PDF",
}  # fmt: skip
ROLES = (
    (_("Lo indispensable"), (
        ("date", _("Fecha")), ("desc", _("Descripción")), ("amount", _("Importe")), ("debit", _("Cargo (salió)")),
        ("credit", _("Abono (entró)")), ("balance", _("Saldo")), ("flag", _("Cargo o abono (C/A, +/-)")),
    )),
    (_("Quién paga"), (
        ("payer_name", _("Nombre de quien paga")), ("payer_id", _("RFC, RUT o NIT de quien paga")),
        ("payer_account", _("Cuenta de quien paga")), ("concept", _("Concepto del pago")),
        ("trace", _("Clave de rastreo")), ("ref", _("Referencia")),
    )),
    (_("Lo demás"), (
        ("value_date", _("Fecha valor")), ("time", _("Hora")), ("long_desc", _("Descripción larga")),
        ("payee_name", _("Nombre del beneficiario")), ("payee_id", _("RFC, RUT o NIT del beneficiario")),
        ("payee_account", _("Cuenta del beneficiario")), ("account", _("Cuenta")), ("currency", _("Moneda")),
        ("branch", _("Sucursal")), ("code", _("Código")), ("status", _("Estatus")),
    )),
)  # fmt: skip
CAUSES = {
    "sign": _("su signo parece ir al revés: se leyó como cargo lo que fue abono, o al contrario"),
    "hundredfold": _("su importe parece cien veces mayor o menor: revisa el punto decimal"),
    "missing_row": _("antes de él falta un renglón, sobra uno, o vienen en otro orden"),
    "totals": _("los totales que dice el archivo no son los de sus movimientos"),
    "closing": _("el saldo final que dice el archivo no es al que se llega"),
}
PROOFS = {
    "full": (_("Comprobado"), "green"),
    "partial": (_("No cuadra del todo"), "yellow"),
    "none": (_("Sin comprobar"), "gray"),
}
SIGNS = (
    ("", _("Decidirlo por el archivo")), ("signed", _("El signo está en el importe")),
    ("inverted", _("Al revés: lo positivo salió")), ("all_in", _("Todo entró")), ("all_out", _("Todo salió")),
    ("balance", _("Por lo que mueve el saldo")),
)  # fmt: skip
DECIMALS = (("", _("Decidirlo por el archivo")), (".", _("Punto: 1,234.50")), (",", _("Coma: 1.234,50")))
ORDERS = (("", _("Decidirlo por el archivo")), ("DMY", _("Día / mes / año")), ("MDY", _("Mes / día / año")))
