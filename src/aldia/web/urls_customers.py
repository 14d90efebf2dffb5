"""Addresses of customers."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.customers import editing, files, lines, people, portfolios, record, sheet, switching, table

ONE = "clientes/<uuid:customer_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("clientes/", table.index, name="customers"),
    path("clientes/exportar/", table.export, name="customers_export"),
    path("clientes/prender/", switching.many, name="customers_switch"),
    path("clientes/cartera/", portfolios.assign, name="customers_assign"),
    path("clientes/nuevo/", editing.new, name="customer_new"),
    path("clientes/hoja/", sheet.upload, name="customers_sheet"),
    path("clientes/hoja/<str:token>/", sheet.preview, name="customers_sheet_preview"),
    path(ONE, record.summary, name="customer"),
    path(f"{ONE}prender/", switching.one, name="customer_switch"),
    path(f"{ONE}editar/", editing.edit, name="customer_edit"),
    path(f"{ONE}borrar/", editing.delete, name="customer_delete"),
    path(f"{ONE}por-cobrar/", record.receivables, name="customer_receivables"),
    path(f"{ONE}documentos/", record.documents, name="customer_documents"),
    path(f"{ONE}pagos/", record.credits, name="customer_credits"),
    path(f"{ONE}contactos/", record.contacts, name="customer_contacts"),
    path(f"{ONE}contactos/nuevo/", people.new, name="contact_new"),
    path(f"{ONE}contactos/<uuid:contact_id>/", people.edit, name="contact"),
    path(f"{ONE}contactos/<uuid:contact_id>/quitar/", people.remove, name="contact_remove"),
    path(f"{ONE}condiciones/", record.terms, name="customer_terms"),
    path(f"{ONE}lineas/nueva/", lines.new, name="credit_line_new"),
    path(f"{ONE}lineas/<uuid:line_id>/", lines.edit, name="credit_line"),
    path(f"{ONE}lineas/<uuid:line_id>/quitar/", lines.remove, name="credit_line_remove"),
    path(f"{ONE}archivos/", files.index, name="customer_files"),
    path(f"{ONE}archivos/nuevo/", files.add, name="customer_file_add"),
    path(f"{ONE}archivos/<uuid:file_id>/", files.download, name="customer_file"),
    path(f"{ONE}archivos/<uuid:file_id>/quitar/", files.remove, name="customer_file_remove"),
    path(f"{ONE}archivos/<uuid:file_id>/recuperar/", files.restore, name="customer_file_restore"),
    path(f"{ONE}actividad/", record.activity_page, name="customer_activity"),
    path("carteras/", portfolios.index, name="portfolios"),
    path("carteras/nueva/", portfolios.new, name="portfolio_new"),
    path("carteras/<uuid:portfolio_id>/", portfolios.edit, name="portfolio"),
    path("carteras/<uuid:portfolio_id>/borrar/", portfolios.delete, name="portfolio_delete"),
]
