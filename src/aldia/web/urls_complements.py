"""Addresses of complementos de pago, and of PUE invoices at risk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.issuing import complement, complements, pue

HERE = "complementos/"
ONE = f"{HERE}<uuid:issue_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(HERE, complements.index, name="complements"),
    path(f"{HERE}exportar/", complements.export, name="complements_export"),
    path(f"{HERE}timbrar/", complements.stamp_many, name="complements_stamp"),
    path(f"{HERE}revisar/", complements.look, name="complements_look"),
    path(f"{HERE}pue/", pue.index, name="pue_at_risk"),
    path(ONE, complement.show, name="complement"),
    path(f"{ONE}timbrar/", complement.stamp, name="complement_stamp"),
    path(f"{ONE}pago/", complement.change_receipt, name="complement_receipt"),
    path(f"{ONE}enviar/", complement.send, name="complement_send"),
]
