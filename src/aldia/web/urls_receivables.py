"""Addresses of receivables, payments and credits."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views import papers
from aldia.web.views.receivables import (
    actions,
    charging,
    credit_record,
    credits,
    many,
    opening,
    paying,
    proofs,
    record,
    table,
)

ONE = "por-cobrar/<uuid:receivable_id>/"
CREDIT = "pagos/<uuid:credit_id>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("por-cobrar/", table.index, name="receivables"),
    path("por-cobrar/exportar/", table.export, name="receivables_export"),
    path("por-cobrar/totales/", table.totals, name="receivables_totals"),
    path("por-cobrar/vencimientos/", many.due, name="receivables_due"),
    path("por-cobrar/pausar/", many.pause, name="receivables_pause"),
    path("por-cobrar/reanudar/", many.resume, name="receivables_resume"),
    path("por-cobrar/presuncion/", many.presumption, name="receivables_presumption"),
    path("por-cobrar/nueva/", charging.new, name="charge_new"),
    path("por-cobrar/buscar-cliente/", paying.customers, name="receivable_customers"),
    path(ONE, record.show, name="receivable"),
    path(f"{ONE}pagada/", actions.pay, name="receivable_pay"),
    path(f"{ONE}ajuste/", actions.adjust, name="receivable_settle"),
    path(f"{ONE}vencimiento/", actions.due, name="receivable_due"),
    path(f"{ONE}pausar/", actions.pause, name="receivable_pause"),
    path(f"{ONE}reanudar/", actions.resume, name="receivable_resume"),
    path(f"{ONE}presuncion/", actions.presumption, name="receivable_presumption"),
    path(f"{ONE}saldo-a-favor/", actions.use_credit, name="receivable_use_credit"),
    path(f"{ONE}nota-de-cargo/", actions.raises, name="receivable_raises"),
    path(f"{ONE}anular/", actions.void, name="receivable_void"),
    path(f"{ONE}recuperar/", actions.revive, name="receivable_revive"),
    path("aplicaciones/<uuid:allocation_id>/quitar/", actions.take_back, name="allocation_undo"),
    path("pagos/", credits.index, name="credits"),
    path("pagos/exportar/", credits.export, name="credits_export"),
    path("pagos/nuevo/", paying.new, name="payment_new"),
    path(CREDIT, credit_record.show, name="credit"),
    path(f"{CREDIT}asignar/", credit_record.assign, name="credit_assign"),
    path(f"{CREDIT}deshacer/", credit_record.reverse, name="credit_reverse"),
    path(f"{CREDIT}comprobante/", proofs.download, name="credit_proof"),
    path(f"{CREDIT}recibo/", papers.receipt, name="credit_receipt"),
    path("saldos-iniciales/", opening.upload, name="opening_balances"),
    path("saldos-iniciales/plantilla.xlsx", opening.template, name="opening_template"),
    path("saldos-iniciales/<str:token>/", opening.preview, name="opening_preview"),
]
