"""Public addresses: a company's slug, and no account."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.portal.views import brand

urlpatterns: list[URLPattern | URLResolver] = [
    path("marca/<slug:slug>/colores.css", brand.style, name="portal_brand"),
    path("marca/<slug:slug>/logotipo.png", brand.logo, name="portal_logo"),
]
