"""Addresses of the staff's pages. Inside a company they are under /e/<slug>/ (see `web.middleware`)."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from aldia.web.views import brand, companies, errors, people, settings_pages, style

urlpatterns: list[URLPattern | URLResolver] = [
    path("", companies.root, name="root"),
    path("empresas/nueva/", companies.new, name="company_new"),
    path("invitacion/<str:token>/", people.accept, name="invitation"),
    path("perfil/", settings_pages.profile, name="profile"),
    path("perfil/tema/", settings_pages.theme, name="theme"),
    path("idioma/", settings_pages.language, name="language"),
    path("configuracion/empresa/", companies.edit, name="company_settings"),
    path("configuracion/empresa/imagen/", brand.change, name="company_brand"),
    path("configuracion/empresa/logotipo/", brand.upload_logo, name="company_logo_upload"),
    path("configuracion/empresa/logotipo/quitar/", brand.remove_logo, name="company_logo_remove"),
    path("configuracion/empresa/logotipo.png", brand.logo, name="company_logo"),
    path("configuracion/personas/", people.index, name="people"),
    path("configuracion/personas/invitar/", people.invite, name="people_invite"),
    path("configuracion/personas/permisos/", people.permission_table, name="people_permissions"),
    path("configuracion/personas/<uuid:membership_id>/", people.edit, name="person"),
    path("configuracion/personas/<uuid:membership_id>/suspender/", people.suspend, name="person_suspend"),
    path("configuracion/personas/<uuid:membership_id>/reactivar/", people.restore, name="person_restore"),
    path("configuracion/invitaciones/<uuid:invitation_id>/reenviar/", people.resend, name="invitation_resend"),
    path("configuracion/invitaciones/<uuid:invitation_id>/revocar/", people.revoke, name="invitation_revoke"),
    path("", include("aldia.web.urls_operations")),
    path("", include("aldia.web.urls_reports")),
    path("", include("aldia.web.urls_channels")),
    path("", include("aldia.web.urls_customers")),
    path("", include("aldia.web.urls_receivables")),
    path("", include("aldia.web.urls_charges")),
    path("", include("aldia.web.urls_documents")),
    path("", include("aldia.web.urls_authority")),
    path("", include("aldia.web.urls_lists")),
    path("", include("aldia.web.urls_collecting")),
    path("", include("aldia.web.urls_messages")),
    path("", include("aldia.web.urls_payments")),
    path("", include("aldia.web.urls_statements")),
    path("", include("aldia.web.urls_feeds")),
    path("", include("aldia.web.urls_banking")),
    path("", include("aldia.web.urls_matching")),
    path("", include("aldia.web.urls_reminders")),
    path("", include("aldia.web.urls_complements")),
    path("", include("aldia.web.urls_issuing")),
    path("", include("aldia.web.urls_recurring")),
    path("", include("aldia.web.urls_desk")),
    path("", include("aldia.web.urls_steps")),
    path("", include("aldia.web.urls_credit")),
    path("", include("aldia.web.urls_evidence")),
    path("", include("aldia.web.urls_forecast")),
    path("", include("aldia.web.urls_regular")),
]
if settings.DEV:
    urlpatterns.append(path("estilo/", style.page, name="style"))
    urlpatterns.append(path("estilo/error/<int:code>/", errors.sample, name="style_error"))
