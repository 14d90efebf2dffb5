"""Accounts of payment providers for pages, and what each method of theirs takes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.domain.money import format_money
from aldia.domain.ports.payments import Limits, Method
from aldia.payments import providers
from aldia.payments.models import ProviderAccount

LABELS = {
    Method.CARD: gettext_lazy("Tarjeta de crédito o débito"),
    Method.SPEI: gettext_lazy("Transferencia SPEI"),
    Method.STORE: gettext_lazy("Efectivo en tienda"),
    Method.TRANSFER: gettext_lazy("Transferencia bancaria"),
}


@dataclass(frozen=True, slots=True)
class MethodOffer:
    """A way to pay. `reason`: why it cannot be used for this amount ("" when it can). `is_test`: no real money."""

    account: ProviderAccount
    method: Method
    label: str
    limits: Limits | None
    reason: str = ""
    is_test: bool = False

    @property
    def is_open(self) -> bool:
        return not self.reason


def provider_accounts() -> QuerySet[ProviderAccount]:
    """All accounts, those in use first."""
    return ProviderAccount.objects.select_related("secret").order_by("disabled_at", "created_at", "id")


def offers_for(customer_id: uuid.UUID, amount: int, currency: str) -> list[MethodOffer]:
    """The methods switched on, each account's in the order of its provider; live accounts hide the test ones."""
    accounts = providers.usable_accounts()
    return [offer for account in accounts for offer in _offers_of(account, amount, currency)]


def _offers_of(account: ProviderAccount, amount: int, currency: str) -> list[MethodOffer]:
    try:
        adapter = providers.build(account)
    except providers.NoProvider:
        return []
    found = []
    for method in adapter.methods:
        if method not in account.methods:
            continue
        limits = adapter.limits(method, currency)
        reason = why_not(limits, amount, currency)
        is_test = not account.is_live
        found.append(MethodOffer(account, method, str(LABELS[method]), limits, reason, is_test))
    return found


def why_not(limits: Limits | None, amount: int, currency: str) -> str:
    """Why a method does not take an amount, as a sentence; "" when it does."""
    if limits is None:
        return _("No se cobra en %(currency)s.") % {"currency": currency}
    if limits.least is not None and amount < limits.least:
        return _("Desde %(amount)s.") % {"amount": format_money(limits.least, currency)}
    if limits.most is not None and amount > limits.most:
        return _("Hasta %(amount)s.") % {"amount": format_money(limits.most, currency)}
    return ""
