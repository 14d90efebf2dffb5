"""Addresses of evidence files and the audit trail."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.evidence import files, trail

ONE = "reportes/expedientes/<uuid:evidence_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("reportes/expedientes/", files.index, name="evidence"),
    path("reportes/expedientes/nuevo/", files.new, name="evidence_new"),
    path(ONE, files.show, name="evidence_show"),
    path(f"{ONE}archivo.pdf", files.download, name="evidence_file"),
    path(f"{ONE}comprobar/", files.verify, name="evidence_verify"),
    path(f"{ONE}reintentar/", files.retry, name="evidence_retry"),
    path("reportes/bitacora/", trail.index, name="audit"),
    path("reportes/bitacora/excel/", trail.export, name="audit_export"),
]
