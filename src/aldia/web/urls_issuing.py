"""Addresses of issuing: documents of ours, and what is needed to issue them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.issuing import (
    advances,
    cancel,
    concepts,
    customer,
    detail,
    drafts,
    form,
    notes,
    picking,
    seal,
    sends,
    settings,
    stamper,
    table,
)

HERE = "facturacion/"
ONE = f"{HERE}<uuid:issue_id>/"
SET = "configuracion/facturacion/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(HERE, table.index, name="issues"),
    path(f"{HERE}exportar/", table.export, name="issues_export"),
    path(f"{HERE}timbrar/", drafts.stamp_many, name="issues_stamp"),
    path(f"{HERE}enviar/", drafts.send_many, name="issues_send"),
    path(f"{HERE}descartar/", drafts.discard_many, name="issues_discard"),
    path(f"{HERE}nueva/", form.new, name="issue_new"),
    path(f"{HERE}calcular/", form.calculate, name="issue_calculate"),
    path(f"{HERE}guardar/", form.save, name="issue_save"),
    path(f"{HERE}buscar/clientes/", picking.customers, name="issuing_customers"),
    path(f"{HERE}buscar/claves/", picking.codes, name="issuing_codes"),
    path(f"{HERE}buscar/conceptos/", picking.concepts, name="issuing_concept_search"),
    path(f"{HERE}buscar/documentos/", picking.documents, name="issuing_documents"),
    path(f"{HERE}conceptos/", concepts.index, name="issuing_concepts"),
    path(f"{HERE}conceptos/nuevo/", concepts.new, name="issuing_concept_new"),
    path(f"{HERE}conceptos/<uuid:saved_concept_id>/", concepts.edit, name="issuing_concept"),
    path(f"{HERE}conceptos/<uuid:saved_concept_id>/quitar/", concepts.archive, name="issuing_concept_archive"),
    path(f"{HERE}nota/<uuid:receivable_id>/", notes.new, name="issue_note"),
    path(f"{HERE}anticipo/<uuid:document_id>/usar/", advances.use, name="advance_use"),
    path(f"{HERE}cancelar/<uuid:document_id>/", cancel.ask, name="issue_cancel"),
    path(f"{HERE}cancelaciones/<uuid:cancellation_id>/retirar/", cancel.withdraw, name="cancellation_withdraw"),
    path(ONE, detail.show, name="issue"),
    path(f"{ONE}estado/", detail.state, name="issue_state"),
    path(f"{ONE}editar/", form.edit, name="issue_edit"),
    path(f"{ONE}vista-previa.pdf", drafts.preview, name="issue_preview"),
    path(f"{ONE}timbrar/", drafts.stamp, name="issue_stamp"),
    path(f"{ONE}enviar/", sends.send, name="issue_send"),
    path(f"{ONE}descartar/", drafts.discard, name="issue_discard"),
    path(f"{ONE}duplicar/", drafts.duplicate, name="issue_duplicate"),
    path(f"{ONE}sustituir/", cancel.substitute, name="issue_substitute"),
    path(f"{ONE}aplicar-anticipo/", advances.apply, name="advance_apply"),
    path("clientes/<uuid:customer_id>/datos-fiscales/", customer.fiscal, name="customer_fiscal"),
    path("clientes/<uuid:customer_id>/datos-fiscales/guardar/", customer.save, name="customer_fiscal_save"),
    path(SET, settings.index, name="issuing_settings"),
    path(f"{SET}empresa/", settings.issuer, name="issuer_profile"),
    path(f"{SET}sello/", seal.show, name="issuing_seal"),
    path(f"{SET}sello/<uuid:seal_certificate_id>/quitar/", seal.revoke, name="issuing_seal_revoke"),
    path(f"{SET}pac/", stamper.index, name="issuing_stampers"),
    path(f"{SET}pac/probar/", stamper.check, name="issuing_stamper_check"),
    path(f"{SET}pac/quitar/", stamper.disable, name="issuing_stamper_disable"),
    path(f"{SET}pac/<slug:adapter>/", stamper.edit, name="issuing_stamper"),
]
