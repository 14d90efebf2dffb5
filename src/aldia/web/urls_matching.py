"""Addresses of one movement, of matching by hand, and of what the engine learned, earned and may do."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.banking import adjusting, matching, movement, payers, reasons, review, scorecard, settings

MOVEMENT = "conciliacion/movimientos/<uuid:bank_movement_id>/"
MATCH = "conciliacion/explicaciones/<uuid:match_id>/"
PAYERS = "conciliacion/pagadores/"
PAYER = f"{PAYERS}<uuid:payer_alias_id>/"
REVIEWS = "conciliacion/revision/"
SETTINGS = "configuracion/conciliacion/"
REASONS = f"{SETTINGS}motivos/"
REASON = f"{REASONS}<uuid:adjustment_reason_id>/"
AGREEMENTS = f"{SETTINGS}acuerdos/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(MOVEMENT, movement.show, name="bank_movement"),
    path(f"{MOVEMENT}aceptar/", movement.accept, name="bank_movement_accept"),
    path(f"{MOVEMENT}comentar/", movement.comment, name="bank_movement_comment"),
    path(f"{MOVEMENT}archivar/", movement.archive, name="bank_movement_archive"),
    path(f"{MOVEMENT}desarchivar/", movement.unarchive, name="bank_movement_unarchive"),
    path(f"{MOVEMENT}responsable/", movement.assign, name="bank_movement_assign"),
    path(f"{MOVEMENT}es-nuevo/", movement.settle_doubt, name="bank_movement_doubt"),
    path(f"{MOVEMENT}ajuste/", adjusting.adjust, name="bank_movement_adjust"),
    path(f"{MOVEMENT}devolucion/", adjusting.takes_back, name="bank_movement_return"),
    path(f"{MOVEMENT}a-mano/", matching.show, name="bank_movement_match"),
    path(f"{MOVEMENT}a-mano/buscar/", matching.found, name="bank_movement_search"),
    path(f"{MATCH}deshacer/", movement.undo, name="match_undo"),
    path(PAYERS, payers.index, name="payer_aliases"),
    path(f"{PAYERS}agregar/", payers.new, name="payer_alias_new"),
    path(PAYER, payers.show, name="payer_alias"),
    path(f"{PAYER}editar/", payers.edit, name="payer_alias_edit"),
    path(f"{PAYER}olvidar/", payers.revoke, name="payer_alias_revoke"),
    path(f"{PAYER}recuperar/", payers.restore, name="payer_alias_restore"),
    path("conciliacion/resultados/", scorecard.show, name="match_scorecard"),
    path(REVIEWS, review.index, name="match_reviews"),
    path(f"{REVIEWS}<uuid:match_id>/", review.show, name="match_review"),
    path(SETTINGS, settings.show, name="matching_settings"),
    path(AGREEMENTS, settings.agreements, name="payer_agreements"),
    path(REASONS, reasons.index, name="adjustment_reasons"),
    path(f"{REASONS}nuevo/", reasons.edit, name="adjustment_reason_new"),
    path(REASON, reasons.edit, name="adjustment_reason"),
    path(f"{REASON}retirar/", reasons.retire, name="adjustment_reason_retire"),
]
