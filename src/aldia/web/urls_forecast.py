"""Addresses of the forecast and how good it was."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.forecast import invoices, pages, score

urlpatterns: list[URLPattern | URLResolver] = [
    path("pronostico/", pages.index, name="forecast"),
    path("pronostico/dias/", pages.stretch, name="forecast_stretch"),
    path("pronostico/facturas/", invoices.index, name="forecast_invoices"),
    path("pronostico/facturas.xlsx", invoices.export, name="forecast_invoices_export"),
    path("pronostico/aciertos/", score.index, name="forecast_score"),
    path("pronostico/calcular/", pages.run_now, name="forecast_run_now"),
]
