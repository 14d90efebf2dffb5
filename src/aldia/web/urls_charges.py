"""Addresses of late fees, discounts for paying early and instalment plans."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.charges import discounts, late_rules, late_runs, of_receivable, plan_page, plans

LATE = "recargos/<uuid:late_fee_rule_id>/"
FEE = "recargos/cargo/<uuid:late_fee_id>/"
RUN = "recargos/corrida/<uuid:charge_run_id>/"
OFF = "descuentos/<uuid:discount_rule_id>/"
ONE = "por-cobrar/<uuid:receivable_id>/"
PLAN = "planes/<uuid:payment_plan_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("recargos/", late_rules.index, name="late_rules"),
    path("recargos/nueva/", late_rules.new, name="late_rule_new"),
    path("recargos/simular/", late_rules.preview, name="late_rule_preview"),
    path(LATE, late_rules.show, name="late_rule"),
    path(f"{LATE}editar/", late_rules.edit, name="late_rule_edit"),
    path(f"{LATE}encender/", late_rules.turn_on, name="late_rule_on"),
    path(f"{LATE}apagar/", late_rules.turn_off, name="late_rule_off"),
    path(f"{LATE}version/", late_rules.version, name="late_rule_version"),
    path(f"{LATE}borrar/", late_rules.delete, name="late_rule_delete"),
    path(f"{LATE}simulacion.xlsx", late_rules.export, name="late_rule_export"),
    path(RUN, late_runs.show, name="charge_run"),
    path(f"{RUN}revertir/", late_runs.reverse_run, name="charge_run_reverse"),
    path(f"{FEE}condonar/", late_runs.forgive, name="late_fee_forgive"),
    path(f"{FEE}revertir/", late_runs.reverse_fee, name="late_fee_reverse"),
    path(f"{FEE}corregir/", late_runs.correct, name="late_fee_correct"),
    path("descuentos/", discounts.index, name="discount_rules"),
    path("descuentos/nuevo/", discounts.new, name="discount_rule_new"),
    path(f"{OFF}editar/", discounts.edit, name="discount_rule_edit"),
    path(f"{OFF}encender/", discounts.turn_on, name="discount_rule_on"),
    path(f"{OFF}apagar/", discounts.turn_off, name="discount_rule_off"),
    path(f"{OFF}version/", discounts.version, name="discount_rule_version"),
    path(f"{OFF}borrar/", discounts.delete, name="discount_rule_delete"),
    path("planes/", plans.index, name="payment_plans"),
    path(f"{ONE}plan/", plans.edit, name="plan_new"),
    path(PLAN, plan_page.show, name="payment_plan"),
    path(f"{PLAN}cancelar/", plans.cancel, name="plan_cancel"),
    path(f"{PLAN}incumplido/", plans.declare_broken, name="plan_break"),
    path(f"{ONE}descuento/", of_receivable.offer, name="receivable_discount"),
    path(f"{ONE}descuento/quitar/", of_receivable.refuse, name="receivable_no_discount"),
    path(f"{ONE}descuento/permitir/", of_receivable.allow, name="receivable_allow_discount"),
]
