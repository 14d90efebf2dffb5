"""Addresses of what customers say: promises, disputes, payments that they report."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views import debtor_types
from aldia.web.views.collecting import (
    dispute_list,
    dispute_page,
    disputing,
    promise_list,
    promise_page,
    promising,
    report_list,
    reporting,
)

RECEIVABLE = "por-cobrar/<uuid:receivable_id>/"
CUSTOMER = "clientes/<uuid:customer_id>/"
REPORT = "pagos/reportados/<uuid:report_id>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("cobranza/promesas/", promise_list.index, name="promises"),
    path("cobranza/promesas/exportar/", promise_list.export, name="promises_export"),
    path("cobranza/promesas/retirar/", promising.withdraw_many, name="promises_withdraw"),
    path("cobranza/promesas/<uuid:promise_id>/", promise_page.show, name="promise"),
    path("cobranza/promesas/<uuid:promise_id>/retirar/", promising.withdraw, name="promise_withdraw"),
    path("cobranza/disputas/", dispute_list.index, name="disputes"),
    path("cobranza/disputas/exportar/", dispute_list.export, name="disputes_export"),
    path("cobranza/disputas/resolver/", disputing.resolve_many, name="disputes_resolve"),
    path("cobranza/disputas/<uuid:dispute_id>/", dispute_page.show, name="dispute"),
    path("cobranza/disputas/<uuid:dispute_id>/responsable/", dispute_page.edit, name="dispute_edit"),
    path("cobranza/disputas/<uuid:dispute_id>/reabrir/", dispute_page.reopen, name="dispute_reopen"),
    path("cobranza/disputas/<uuid:dispute_id>/resolver/", disputing.resolve, name="dispute_resolve"),
    path("pagos/reportados/", report_list.index, name="reports"),
    path("pagos/reportados/exportar/", report_list.export, name="reports_export"),
    path(f"{REPORT}aceptar/", reporting.accept, name="report_accept"),
    path(f"{REPORT}rechazar/", reporting.reject, name="report_reject"),
    path(f"{REPORT}comprobante/", reporting.proof, name="report_proof"),
    path("por-cobrar/promesas/", promising.of_many, name="receivables_promise"),
    path(f"{RECEIVABLE}promesa/", promising.of_receivable, name="receivable_promise"),
    path(f"{RECEIVABLE}disputa/", disputing.of_receivable, name="receivable_dispute"),
    path(f"{RECEIVABLE}aviso-de-pago/", reporting.of_receivable, name="receivable_report"),
    path(f"{CUSTOMER}tipo-de-deudor/", debtor_types.say, name="customer_debtor_type"),
    path(
        "cobranza/tipos-de-deudor/<uuid:debtor_type_override_id>/quitar/",
        debtor_types.withdraw,
        name="debtor_type_withdraw",
    ),
    path(f"{CUSTOMER}promesa/", promising.of_customer, name="customer_promise"),
    path(f"{CUSTOMER}aviso-de-pago/", reporting.of_customer, name="customer_report"),
]
