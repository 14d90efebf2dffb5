"""What each permission is called on screen, in the order of the table of roles."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from aldia.tenancy import permissions as p

PERMISSION_NAMES = {
    p.VIEW: _("Ver clientes, documentos, saldos y reportes"),
    p.EXPORT: _("Exportar a Excel y PDF"),
    p.EDIT_CUSTOMERS: _("Editar clientes, contactos y condiciones"),
    p.SWITCH_CUSTOMERS: _("Prender y apagar clientes"),
    p.IMPORT_DOCUMENTS: _("Importar documentos y saldos iniciales"),
    p.RECORD_PAYMENTS: _("Registrar pagos y aplicarlos"),
    p.RECONCILE: _("Conciliar movimientos del banco"),
    p.ADJUST_BALANCES: _("Ajustar saldos, cancelar e incobrables"),
    p.ISSUE_DOCUMENTS: _("Emitir facturas, notas y complementos"),
    p.CANCEL_DOCUMENTS: _("Cancelar documentos ante el SAT"),
    p.MANAGE_AUTHORITY: _("Conectar la e.firma, los sellos y el PAC"),
    p.PAUSE: _("Pausar la cobranza"),
    p.COLLECT: _("Llevar la lista de hoy y anotar llamadas"),
    p.MANAGE_TEAM: _("Ver al equipo y poner metas"),
    p.MANAGE_CREDIT: _("Detener y permitir el crédito, y decir el tipo de deudor"),
    p.MANAGE_REPORTS: _("Programar reportes por correo"),
    p.SEND_MESSAGES: _("Escribir a los clientes y aprobar mensajes"),
    p.MANAGE_REMINDERS: _("Cambiar y activar las reglas de recordatorios"),
    p.VIEW_AUDIT: _("Ver la bitácora"),
    p.MANAGE_JOBS: _("Ver y reintentar trabajos"),
    p.MANAGE_PEOPLE: _("Invitar personas y cambiar su papel"),
    p.MANAGE_COMPANY: _("Cambiar los datos de la empresa"),
}
