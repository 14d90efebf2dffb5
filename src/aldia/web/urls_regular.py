"""Addresses of reports that go out by themselves, and the cash flow."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.regular import cash, editing, schedules

urlpatterns: list[URLPattern | URLResolver] = [
    path("reportes/flujo/", cash.cash_flow, name="cash_flow"),
    path("reportes/flujo.xlsx", cash.cash_flow_xlsx, name="cash_flow_xlsx"),
    path("reportes/flujo.pdf", cash.cash_flow_pdf, name="cash_flow_pdf"),
    path("reportes/flujo/detalle/", cash.cash_flow_rows, name="cash_flow_rows"),
    path("reportes/archivo/", schedules.file, name="report_file"),
    path("reportes/por-correo/", schedules.index, name="report_schedules"),
    path("reportes/por-correo/nuevo/", editing.new, name="report_schedule_new"),
    path("reportes/por-correo/<uuid:reportschedule_id>/", schedules.show, name="report_schedule"),
    path("reportes/por-correo/<uuid:reportschedule_id>/editar/", editing.edit, name="report_schedule_edit"),
    path("reportes/por-correo/<uuid:reportschedule_id>/pausar/", editing.pause, name="report_schedule_pause"),
    path("reportes/por-correo/<uuid:reportschedule_id>/reanudar/", editing.resume, name="report_schedule_resume"),
    path("reportes/por-correo/<uuid:reportschedule_id>/archivar/", editing.archive, name="report_schedule_archive"),
    path("reportes/por-correo/<uuid:reportschedule_id>/recuperar/", editing.restore, name="report_schedule_restore"),
    path("reportes/por-correo/<uuid:reportschedule_id>/enviar/", editing.send_now, name="report_schedule_send_now"),
    path("reportes/por-correo/<uuid:reportschedule_id>/muestra/", editing.sample, name="report_schedule_sample"),
]
