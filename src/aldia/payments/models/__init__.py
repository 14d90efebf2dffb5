"""Payments on their way in: links that ask, providers that move the money, accounts of one customer, and claims."""

from aldia.payments.models.claims import ReportedDebt, ReportedPayment, ReportState
from aldia.payments.models.links import LinkedDebt, LinkPolicy, PaymentLink, PaymentSettings
from aldia.payments.models.portal import PortalPass, PortalSettings, PortalVisit
from aldia.payments.models.providers import (
    AttemptState,
    CollectionAccount,
    InboxEvent,
    PaymentAttempt,
    ProviderAccount,
    Review,
    SandboxCharge,
)

__all__ = [
    "AttemptState", "CollectionAccount", "InboxEvent", "LinkPolicy", "LinkedDebt", "PaymentAttempt", "PaymentLink",
    "PaymentSettings", "PortalPass", "PortalSettings", "PortalVisit", "ProviderAccount", "ReportState",
    "ReportedDebt", "ReportedPayment", "Review", "SandboxCharge",
]  # fmt: skip
