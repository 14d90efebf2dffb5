"""Addresses of what keeps the installation going: background jobs, health."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views import health, jobs

urlpatterns: list[URLPattern | URLResolver] = [
    path("salud/", health.page, name="health"),
    path("configuracion/trabajos/", jobs.index, name="jobs"),
    path("configuracion/trabajos/<uuid:job_id>/reintentar/", jobs.requeue, name="job_requeue"),
    path("configuracion/trabajos/<uuid:job_id>/descartar/", jobs.discard, name="job_discard"),
]
