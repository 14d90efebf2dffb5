"""Addresses of connections with banks: set up on each bank account, and called by the services."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views import bank_hooks
from aldia.web.views.banking import feeds

ACCOUNT = "bancos/<uuid:bank_account_id>/conexion/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(ACCOUNT, feeds.show, name="bank_feed"),
    path(f"{ACCOUNT}servicio/<str:feed>/", feeds.edit, name="bank_feed_edit"),
    path(f"{ACCOUNT}cuenta/", feeds.choose, name="bank_feed_choose"),
    path(f"{ACCOUNT}preguntar/", feeds.ask, name="bank_feed_ask"),
    path(f"{ACCOUNT}quitar/", feeds.disconnect, name="bank_feed_disconnect"),
    path("bancos/cambios/<uuid:bank_movement_id>/visto/", feeds.acknowledge, name="bank_change_seen"),
    path("ganchos/bancos/<uuid:hook_company>/<str:hook_token>/", bank_hooks.receive, name="bank_hook"),
]
