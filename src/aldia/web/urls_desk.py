"""Addresses of the collector's day: the list, the page of a call, the log."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.desk import call, day, history

urlpatterns: list[URLPattern | URLResolver] = [
    path("cobranza/hoy/", day.index, name="worklist"),
    path("cobranza/hoy/exportar/", day.export, name="worklist_export"),
    path("cobranza/hoy/preparar/", day.rebuild, name="worklist_rebuild"),
    path("cobranza/llamar/<uuid:customer_id>/", call.show, name="call"),
    path("cobranza/llamar/<uuid:customer_id>/anotar/", call.log_activity, name="activity_log"),
    path("cobranza/actividades/", history.index, name="activities"),
    path("cobranza/actividades/exportar/", history.export, name="activities_export"),
    path("cobranza/actividades/<uuid:activity_id>/deshacer/", history.take_back, name="activity_withdraw"),
    path("cobranza/actividades/<uuid:activity_id>/hecho/", history.next_done, name="next_done"),
]
