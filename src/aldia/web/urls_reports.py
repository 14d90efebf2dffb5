"""Addresses of reports."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views import (
    home,
    reports,
    reports_collectors,
    reports_downloads,
    reports_history,
    reports_indicators,
    reports_reminders,
    reports_rows,
    reports_statement,
    statement_sending,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("inicio/", home.index, name="home"),
    path("inicio/grafica/", home.chart, name="home_chart"),
    path("inicio/indicadores/", home.indicators, name="home_indicators"),
    path("inicio/cifras/", home.figures, name="home_figures"),
    path("inicio/lo-que-viene/", home.outlook, name="home_outlook"),
    path("reportes/antiguedad/", reports.aging, name="report_aging"),
    path("reportes/antiguedad.xlsx", reports.aging_xlsx, name="report_aging_xlsx"),
    path("reportes/antiguedad.pdf", reports.aging_pdf, name="report_aging_pdf"),
    path("reportes/vencidos/", reports_rows.overdue, name="report_overdue"),
    path("reportes/detalle/", reports_rows.rows, name="report_rows"),
    path("reportes/detalle.xlsx", reports_rows.rows_xlsx, name="report_rows_xlsx"),
    path("reportes/indicadores/", reports_indicators.indicators, name="report_indicators"),
    path("reportes/indicadores.xlsx", reports_indicators.indicators_xlsx, name="report_indicators_xlsx"),
    path("reportes/indicadores/meses/", reports_history.show, name="report_history"),
    path("reportes/indicadores/meses.xlsx", reports_history.as_xlsx, name="report_history_xlsx"),
    path("reportes/recordatorios/", reports_reminders.reminders, name="report_reminders"),
    path("reportes/recordatorios/detalle/", reports_reminders.rows, name="report_reminders_rows"),
    path("reportes/recordatorios.xlsx", reports_reminders.as_xlsx, name="report_reminders_xlsx"),
    path("reportes/cobradores/", reports_collectors.collectors, name="report_collectors"),
    path("reportes/cobradores.xlsx", reports_collectors.as_xlsx, name="report_collectors_xlsx"),
    path("reportes/descargas/<uuid:job_id>/", reports_downloads.show, name="report_download"),
    path("reportes/descargas/<uuid:job_id>/archivo/", reports_downloads.fetch, name="report_download_file"),
    path("reportes/estado-de-cuenta/", reports_statement.index, name="report_statement"),
    path("clientes/<uuid:customer_id>/estado-de-cuenta/", reports_statement.detail, name="customer_statement"),
    path(
        "clientes/<uuid:customer_id>/estado-de-cuenta.xlsx", reports_statement.as_xlsx, name="customer_statement_xlsx"
    ),
    path("clientes/<uuid:customer_id>/estado-de-cuenta/enviar/", statement_sending.send, name="statement_send"),
    path(
        "clientes/<uuid:customer_id>/estado-de-cuenta/enviar/vista/",
        statement_sending.panel,
        name="statement_send_preview",
    ),
    path("clientes/<uuid:customer_id>/estado-de-cuenta.pdf", reports_statement.as_pdf, name="customer_statement_pdf"),
]
