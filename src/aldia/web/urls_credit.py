"""Addresses of risk and credit: the table, the policy, holds, leave, and what is advised."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.credit import holding, policy, record, table

HERE = "credito/"
ONE = "clientes/<uuid:customer_id>/credito/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(HERE, table.index, name="credit"),
    path(f"{HERE}exportar/", table.export, name="credit_export"),
    path(f"{HERE}politica/", policy.edit, name="credit_policy"),
    path(f"{HERE}detener/", holding.hold, name="credit_hold"),
    path(f"{HERE}liberar/", holding.lift, name="credit_lift"),
    path(f"{HERE}permisos/<uuid:hold_override_id>/retirar/", record.withdraw, name="credit_leave_withdraw"),
    path(ONE, record.page, name="customer_credit"),
    path(f"{ONE}permiso/", record.override, name="credit_override"),
    path(f"{ONE}sugerencia/", record.apply_suggestion, name="credit_apply_suggestion"),
    path(f"{ONE}sugerencia/deshacer/", record.undo_suggestion, name="credit_undo"),
]
