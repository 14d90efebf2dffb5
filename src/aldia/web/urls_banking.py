"""Addresses of the inbox of movements and of guided reconciliation."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.banking import bulk, deciding, guided, inbox

GUIDED = "conciliacion/guiada/"
ONE = f"{GUIDED}<uuid:bank_movement_id>/"
MANY = "conciliacion/varios/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("conciliacion/", inbox.index, name="reconcile_inbox"),
    path("conciliacion/movimientos/", inbox.movements, name="bank_movements"),
    path("conciliacion/movimientos.xlsx", inbox.export, name="movements_export"),
    path(f"{MANY}vista-previa/", bulk.preview, name="movements_preview"),
    path(f"{MANY}aceptar/", bulk.accept, name="movements_accept"),
    path(f"{MANY}deshacer/", bulk.undo, name="movements_undo"),
    path(f"{MANY}archivar/", bulk.archive, name="movements_archive"),
    path(f"{MANY}desarchivar/", bulk.unarchive, name="movements_unarchive"),
    path(f"{MANY}responsable/", bulk.assign, name="movements_assign"),
    path(f"{MANY}ajustar/", bulk.adjust, name="movements_adjust"),
    path(GUIDED, guided.show, name="guided"),
    path(f"{GUIDED}deshacer/", deciding.undo, name="guided_undo"),
    path(f"{ONE}aceptar/", deciding.accept, name="guided_accept"),
    path(f"{ONE}ajustar/", deciding.adjust, name="guided_adjust"),
    path(f"{ONE}archivar/", deciding.archive, name="guided_archive"),
    path(f"{ONE}comentar/", deciding.comment, name="guided_comment"),
]
