"""Addresses of reports."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views import (
    home,
    reports,
    reports_downloads,
    reports_indicators,
    reports_rows,
    reports_statement,
    statement_sending,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("inicio/", home.index, name="home"),
    path("inicio/grafica/", home.chart, name="home_chart"),
    path("inicio/indicadores/", home.indicators, name="home_indicators"),
    path("reportes/antiguedad/", reports.aging, name="report_aging"),
    path("reportes/antiguedad.xlsx", reports.aging_xlsx, name="report_aging_xlsx"),
    path("reportes/antiguedad.pdf", reports.aging_pdf, name="report_aging_pdf"),
    path("reportes/vencidos/", reports_rows.overdue, name="report_overdue"),
    path("reportes/detalle/", reports_rows.rows, name="report_rows"),
    path("reportes/detalle.xlsx", reports_rows.rows_xlsx, name="report_rows_xlsx"),
    path("reportes/indicadores/", reports_indicators.indicators, name="report_indicators"),
    path("reportes/indicadores.xlsx", reports_indicators.indicators_xlsx, name="report_indicators_xlsx"),
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
