"""Links that ask for money: what they cover, how much may be paid, and until when."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.receivables.models import Receivable
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import Secret, User


class LinkPolicy(models.TextChoices):
    FULL = "full", _("Todo o nada: el saldo completo")
    PARTIAL = "partial", _("El importe que quiera, hasta el saldo")
    FIXED = "fixed", _("Un importe fijo")


class PaymentSettings(CompanyModel):
    """How a company asks for money by link. `link_key` makes the tokens of links and passes (`payments.tokens`).

    `attach_statement`: the statement of account goes with every invoice that is sent. `notice_address`: who hears of
    each payment by e-mail ("": the owners).
    """

    link_days = models.PositiveSmallIntegerField(default=30)
    policy = models.CharField(max_length=10, choices=LinkPolicy, default=LinkPolicy.PARTIAL)
    least_partial = models.BigIntegerField(default=100)
    link_in_reminders = models.BooleanField(default=True)
    accounts_in_papers = models.BooleanField(default=True)
    accounts_for_all = models.BooleanField(default=False)
    attach_statement = models.BooleanField(default=False)
    notice_address = models.CharField(max_length=500, blank=True)
    link_key = models.ForeignKey(Secret, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="paymentsettings_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.policy


class PaymentLink(CompanyModel):
    """A link that asks one customer for money. Only the hash of its token is kept.

    `covers_all`: whatever the customer owes in `currency` when it is opened; else what `LinkedDebt` names. `amount` is
    what a FIXED link asks, minor units. `order`: the payment order that was opened together with it.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payment_links")
    token_hash = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    covers_all = models.BooleanField(default=False)
    policy = models.CharField(max_length=10, choices=LinkPolicy, default=LinkPolicy.PARTIAL)
    amount = models.BigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    purpose = models.CharField(max_length=20, blank=True)
    order = models.ForeignKey(Receivable, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "token_hash"], name="paymentlink_token"),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gt=0), name="paymentlink_amount"),
            models.CheckConstraint(condition=~Q(policy="fixed") | Q(amount__isnull=False), name="paymentlink_fixed"),
        ]
        indexes = [
            models.Index(fields=["company", "customer", "expires_at"], name="paymentlink_customer"),
            models.Index(fields=["company", "-created_at", "id"], name="paymentlink_recent"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.pk)


class LinkedDebt(CompanyModel):
    """A receivable that a link asks to pay."""

    link = models.ForeignKey(PaymentLink, on_delete=models.CASCADE, related_name="debts")
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "link", "receivable"], name="linkeddebt_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.receivable_id)
