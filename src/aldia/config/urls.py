"""Addresses. A company's pages live under /e/<slug>/: `CompanyMiddleware` strips that prefix before these are read."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("cuenta/", include("allauth.urls")),
    path("", include("aldia.portal.urls")),
    path("", include("aldia.web.urls")),
]
handler404 = "aldia.web.views.errors.not_found"
handler403 = "aldia.web.views.errors.forbidden"
handler400 = "aldia.web.views.errors.bad_request"
handler429 = "aldia.web.views.errors.too_many"
handler500 = "aldia.web.views.errors.server_error"
