"""Public addresses: a company's slug, and no account."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.portal.views import brand, sandbox

urlpatterns: list[URLPattern | URLResolver] = [
    path("marca/<slug:slug>/colores.css", brand.style, name="portal_brand"),
    path("marca/<slug:slug>/logotipo.png", brand.logo, name="portal_logo"),
    path("prueba/<slug:slug>/clabe/<str:clabe>/", sandbox.transfer, name="sandbox_transfer"),
    path("prueba/<slug:slug>/<str:provider_id>/", sandbox.page, name="sandbox"),
]
