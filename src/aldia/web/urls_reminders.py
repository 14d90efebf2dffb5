"""Addresses of reminders: rules, activation, calendar, pauses, settings."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.reminders import activation, calendar, choosing, pauses, rules, settings, writing

RULE = "recordatorios/reglas/<uuid:rule_id>/"
CUSTOMER = "clientes/<uuid:customer_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("recordatorios/reglas/", rules.index, name="reminder_rules"),
    path("recordatorios/reglas/nueva/", writing.new, name="reminder_rule_new"),
    path("recordatorios/reglas/borrador/", writing.draft, name="reminder_rule_draft"),
    path("recordatorios/reglas/proximos/", rules.coming, name="reminder_rules_coming"),
    path("recordatorios/reglas/preparar/", rules.prepare, name="reminder_rule_prepare"),
    path(RULE, rules.show, name="reminder_rule"),
    path(f"{RULE}editar/", writing.edit, name="reminder_rule_edit"),
    path(f"{RULE}clientes/", choosing.customers, name="reminder_rule_customers"),
    path(f"{RULE}activar/", activation.activate, name="reminder_rule_activate"),
    path(f"{RULE}apagar/", rules.turn_off, name="reminder_rule_off"),
    path(f"{RULE}duplicar/", rules.duplicate, name="reminder_rule_duplicate"),
    path(f"{RULE}archivar/", rules.archive, name="reminder_rule_archive"),
    path(f"{RULE}recuperar/", rules.restore, name="reminder_rule_restore"),
    path(f"{RULE}general/", rules.make_general, name="reminder_rule_general"),
    path("recordatorios/calendario/", calendar.index, name="reminder_calendar"),
    path("configuracion/recordatorios/", settings.edit, name="reminder_settings"),
    path("clientes/recordatorios/", pauses.follow_many, name="customers_follow"),
    path("clientes/pausar/", pauses.pause_many, name="customers_pause"),
    path("clientes/reanudar/", pauses.resume_many, name="customers_resume"),
    path(f"{CUSTOMER}pausar/", pauses.pause, name="customer_pause"),
    path(f"{CUSTOMER}reanudar/", pauses.resume, name="customer_resume"),
    path(f"{CUSTOMER}recordatorios/", pauses.follow, name="customer_follow"),
    path("por-cobrar/<uuid:receivable_id>/recordatorios/", pauses.follow_receivable, name="receivable_follow"),
]
