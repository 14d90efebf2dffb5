"""Public addresses: a company's slug, and no account."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from aldia.portal.views import attempts, brand, links, sandbox

urlpatterns: list[URLPattern | URLResolver] = [
    path("marca/<slug:slug>/colores.css", brand.style, name="portal_brand"),
    path("marca/<slug:slug>/logotipo.png", brand.logo, name="portal_logo"),
    path("l/<slug:slug>/", links.page, name="pay_link"),
    path("l/<slug:slug>/formas", links.ways, name="pay_ways"),
    path("l/<slug:slug>/codigo.svg", links.qr, name="pay_qr"),
    path("l/<slug:slug>/pago/<uuid:attempt_id>/", attempts.status, name="pay_attempt"),
    path("l/<slug:slug>/pago/<uuid:attempt_id>/recibo.pdf", attempts.receipt, name="pay_receipt"),
    path("l/<slug:slug>/<str:token>/", links.enter, name="pay_enter"),
    path("p/<slug:slug>/", include("aldia.portal.urls_statement")),
    path("prueba/<slug:slug>/clabe/<str:clabe>/", sandbox.transfer, name="sandbox_transfer"),
    path("prueba/<slug:slug>/<str:provider_id>/", sandbox.page, name="sandbox"),
]
