"""Addresses of documents."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views import certificates, documents, imports, papers

urlpatterns: list[URLPattern | URLResolver] = [
    path("importar/", imports.index, name="imports"),
    path("importar/subir/", imports.upload, name="import_upload"),
    path("importar/<uuid:batch_id>/", imports.detail, name="import_detail"),
    path("importar/<uuid:batch_id>/avance/", imports.progress, name="import_progress"),
    path("importar/<uuid:batch_id>/no-leidos.xlsx", imports.unread, name="import_unread"),
    path("documentos/", documents.index, name="documents"),
    path("documentos/exportar/", documents.export, name="documents_export"),
    path("documentos/<uuid:document_id>/", documents.detail, name="document"),
    path("documentos/<uuid:document_id>/xml/", documents.xml, name="document_xml"),
    path("documentos/<uuid:document_id>/pdf/", papers.document, name="document_pdf"),
    path("documentos/<uuid:document_id>/cancelado/", documents.cancel, name="document_cancel"),
    path("documentos/<uuid:document_id>/vigente/", documents.revive, name="document_revive"),
    path("configuracion/certificados/", certificates.index, name="certificates"),
]
