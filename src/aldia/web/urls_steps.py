"""Addresses of the seven steps, the team and its targets."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.steps import board, flow, rows
from aldia.web.views.team import board as team_board
from aldia.web.views.team import rows as team_rows
from aldia.web.views.team import targets

urlpatterns: list[URLPattern | URLResolver] = [
    path("cobranza/pasos/", board.index, name="steps"),
    path("inicio/pasos/", board.strip, name="steps_strip"),
    path("cobranza/pasos/documentos/", rows.index, name="steps_rows"),
    path("cobranza/pasos/exportar/", rows.export, name="steps_export"),
    path("cobranza/pasos/flujo/", flow.index, name="steps_flow"),
    path("cobranza/pasos/flujo/documentos/", flow.moves, name="steps_moves"),
    path("cobranza/pasos/flujo/exportar/", flow.export, name="steps_moves_export"),
    path("cobranza/equipo/", team_board.index, name="team"),
    path("cobranza/equipo/renglones/", team_rows.index, name="team_rows"),
    path("cobranza/equipo/exportar/", team_board.export, name="team_export"),
    path("cobranza/equipo/metas/", targets.edit, name="targets"),
    path("cobranza/mi-mes/", team_board.mine, name="my_month"),
]
