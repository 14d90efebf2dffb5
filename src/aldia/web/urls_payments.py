"""Addresses of getting paid: links, payments on line, collection accounts, providers and their settings."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views import payment_hooks
from aldia.web.views.payments import (
    accounts,
    attempt,
    attempts_table,
    collecting,
    collecting_table,
    customer,
    links,
    links_table,
    many_links,
    settings,
)

LINKS = "pagos/ligas/"
LINK = f"{LINKS}<uuid:payment_link_id>/"
ATTEMPTS = "pagos/en-linea/"
ATTEMPT = f"{ATTEMPTS}<uuid:payment_attempt_id>/"
ACCOUNTS = "pagos/cuentas-de-cobro/"
METHODS = "configuracion/medios-de-pago/"
METHOD = f"{METHODS}<uuid:provider_account_id>/"
CUSTOMER = "clientes/<uuid:customer_id>/cobro/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(LINKS, links_table.index, name="payment_links"),
    path(f"{LINKS}exportar/", links_table.export, name="payment_links_export"),
    path(f"{LINKS}nueva/", links.new, name="payment_link_new"),
    path(f"{LINKS}revocar/", links.revoke_many, name="payment_links_revoke"),
    path(f"{LINKS}varias/", many_links.ask, name="payment_links_many"),
    path(f"{LINKS}varias/<str:token>/", many_links.made, name="payment_links_made"),
    path(f"{LINKS}varias/<str:token>/avance/", many_links.progress, name="payment_links_progress"),
    path(f"{LINKS}varias/<str:token>/exportar/", many_links.export, name="payment_links_made_export"),
    path(LINK, links.show, name="payment_link"),
    path(f"{LINK}codigo.svg", links.qr, name="payment_link_qr"),
    path(f"{LINK}imprimir/", links.sheet, name="payment_link_sheet"),
    path(f"{LINK}revocar/", links.revoke, name="payment_link_revoke"),
    path(ATTEMPTS, attempts_table.index, name="payment_attempts"),
    path(f"{ATTEMPTS}exportar/", attempts_table.export, name="payment_attempts_export"),
    path(ATTEMPT, attempt.show, name="payment_attempt"),
    path(f"{ATTEMPT}consultar/", attempt.look_again, name="payment_attempt_look"),
    path(f"{ATTEMPT}devolver/", attempt.refund, name="payment_attempt_refund"),
    path(f"{ATTEMPT}clientes/", attempt.customers, name="payment_attempt_customers"),
    path(f"{ATTEMPT}cliente/", attempt.assign, name="payment_attempt_assign"),
    path(f"{ATTEMPT}es-otro/", attempt.distinct, name="payment_attempt_distinct"),
    path(f"{ATTEMPT}es-el-mismo/", attempt.same, name="payment_attempt_same"),
    path(f"{ATTEMPT}confirmar/", attempt.proven, name="payment_attempt_proven"),
    path(f"{ATTEMPT}visto/", attempt.seen, name="payment_attempt_seen"),
    path(ACCOUNTS, collecting_table.index, name="collection_accounts"),
    path(f"{ACCOUNTS}exportar/", collecting_table.export, name="collection_accounts_export"),
    path(f"{ACCOUNTS}avance/", collecting_table.progress, name="collection_accounts_progress"),
    path(f"{ACCOUNTS}imprimir/", collecting_table.sheet, name="collection_accounts_sheet"),
    path(f"{ACCOUNTS}emitir/", collecting.for_all, name="collection_accounts_issue"),
    path(f"{ACCOUNTS}reintentar/", collecting.retry, name="collection_accounts_retry"),
    path(f"{ACCOUNTS}<uuid:collection_account_id>/cerrar/", collecting.close, name="collection_account_close"),
    path("clientes/cuentas-de-cobro/", collecting.for_many, name="customers_collection"),
    path(CUSTOMER, customer.tab, name="customer_paying"),
    path(f"{CUSTOMER}cuenta/", collecting.for_one, name="customer_collection"),
    path(f"{CUSTOMER}portal/", customer.portal_open, name="customer_portal"),
    path(f"{CUSTOMER}portal/renovar/", customer.portal_renew, name="customer_portal_renew"),
    path(f"{CUSTOMER}portal/cerrar/", customer.portal_close, name="customer_portal_close"),
    path(f"{CUSTOMER}portal/<uuid:portal_pass_id>/cerrar/", customer.pass_close, name="customer_pass_close"),
    path(METHODS, accounts.index, name="payment_methods"),
    path(f"{METHODS}agregar/<str:provider>/", accounts.new, name="payment_account_new"),
    path(f"{METHODS}avisos/<uuid:inbox_event_id>/reintentar/", accounts.retry_event, name="payment_event_retry"),
    path(METHOD, accounts.edit, name="payment_account"),
    path(f"{METHOD}comprobar/", accounts.check, name="payment_account_check"),
    path(f"{METHOD}medios/", accounts.methods, name="payment_account_methods"),
    path(f"{METHOD}emisora/", accounts.issue, name="payment_account_issuer"),
    path(f"{METHOD}apagar/", accounts.disable, name="payment_account_disable"),
    path(f"{METHOD}prender/", accounts.enable, name="payment_account_enable"),
    path("configuracion/cobro-en-linea/", settings.asking, name="payment_settings"),
    path("configuracion/portal/", settings.portal, name="portal_settings"),
    path("ganchos/pagos/<uuid:hook_company>/<str:hook_token>/", payment_hooks.receive, name="payment_hook"),
]
