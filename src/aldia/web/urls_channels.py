"""Addresses of Configuración → Canales, and the one that providers call."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views import channel_hooks, channels

HOME = "configuracion/canales/"
ACCOUNT = f"{HOME}<uuid:channel_account_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(HOME, channels.index, name="channels"),
    path(f"{HOME}agregar/<str:channel>/<str:adapter>/", channels.new, name="channel_new"),
    path(ACCOUNT, channels.edit, name="channel_account"),
    path(f"{ACCOUNT}comprobar/", channels.check, name="channel_check"),
    path(f"{ACCOUNT}prueba/", channels.send_test, name="channel_test"),
    path(f"{ACCOUNT}predeterminada/", channels.make_default, name="channel_default"),
    path(f"{ACCOUNT}apagar/", channels.disable, name="channel_disable"),
    path(f"{ACCOUNT}prender/", channels.enable, name="channel_enable"),
    path("ganchos/canales/<uuid:hook_company>/<str:hook_token>/", channel_hooks.receive, name="channel_hook"),
]
