"""Addresses of the statement of account, under /p/<company>/. The token of a mail is only ever in the first of them."""

from __future__ import annotations

from django.urls import path

from aldia.portal.views import downloads, entering, paying, statement, telling

urlpatterns = [
    path("", statement.home, name="portal_home"),
    path("codigo/", entering.code, name="portal_code"),
    path("codigo/enviar/", entering.send_code, name="portal_code_send"),
    path("codigo/entrar/", entering.check, name="portal_code_check"),
    path("liga-nueva/", entering.renew, name="portal_renew"),
    path("salir/", entering.leave, name="portal_leave"),
    path("pagar/", paying.pay, name="portal_pay"),
    path("pagos/", statement.payments, name="portal_payments"),
    path("complementos/", statement.complements, name="portal_complements"),
    path("mensajes/", statement.told, name="portal_messages"),
    path("ya-pague/", telling.report, name="portal_report"),
    path("pregunta/", telling.question, name="portal_question"),
    path("estado-de-cuenta.pdf", downloads.as_pdf, name="portal_statement_pdf"),
    path("estado-de-cuenta.xlsx", downloads.as_xlsx, name="portal_excel"),
    path("documentos.zip", downloads.as_zip, name="portal_zip"),
    path("documento/<uuid:receivable_id>/", statement.document, name="portal_document"),
    path("documento/<uuid:receivable_id>/aclaracion/", telling.dispute, name="portal_dispute"),
    path("documento/<uuid:receivable_id>/pdf/", downloads.document_pdf, name="portal_document_pdf"),
    path("documento/<uuid:receivable_id>/xml/", downloads.document_xml, name="portal_document_xml"),
    path("complemento/<uuid:document_id>/pdf/", downloads.complement_pdf, name="portal_complement_pdf"),
    path("complemento/<uuid:document_id>/xml/", downloads.complement_xml, name="portal_complement_xml"),
    path("pago/<uuid:credit_id>/recibo/", downloads.receipt, name="portal_receipt"),
    path("mensaje/<uuid:report_id>/comprobante/", downloads.proof, name="portal_proof"),
    path("<str:token>/", entering.enter, name="portal_enter"),
]
