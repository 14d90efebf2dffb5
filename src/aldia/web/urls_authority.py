"""Addresses of the connection with SAT."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.authority import history, missing, overview, status

urlpatterns: list[URLPattern | URLResolver] = [
    path("sat/", overview.show, name="authority"),
    path("sat/conectar/", overview.connect, name="authority_connect"),
    path("sat/cambiar/", overview.change, name="authority_change"),
    path("sat/quitar/", overview.revoke, name="authority_revoke"),
    path("sat/sincronizar/", overview.sync, name="authority_sync"),
    path("sat/sincronizaciones/", history.index, name="authority_history"),
    path("sat/sincronizaciones/<uuid:run_id>/", history.detail, name="authority_run"),
    path("sat/sincronizaciones/<uuid:run_id>/avance/", overview.progress, name="authority_progress"),
    path("sat/sincronizaciones/<uuid:run_id>/detener/", history.cancel, name="authority_cancel"),
    path("sat/por-traer/", missing.index, name="authority_missing"),
    path("sat/por-traer/pedir/", missing.ask_selected, name="authority_fetch_selected"),
    path("sat/pedir/", missing.ask_one, name="authority_fetch"),
    path("documentos/<uuid:document_id>/consultar/", status.ask, name="document_status"),
]
