"""What a customer says it paid, until somebody has seen the money."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.receivables.models import Credit, Receivable
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import StoredFile, User


class ReportState(models.TextChoices):
    WAITING = "waiting", _("Por revisar")
    ACCEPTED = "accepted", _("Aceptado")
    REJECTED = "rejected", _("Rechazado")


class ReportedPayment(CompanyModel):
    """A payment that the customer says it made. While it waits, what it names is not chased."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="reported_payments")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    paid_on = models.DateField()
    method = models.CharField(max_length=20, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    proof = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=ReportState, default=ReportState.WAITING)
    reported_on = models.DateField()
    reported_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reject_reason = models.CharField(max_length=300, blank=True)
    credit = models.ForeignKey(Credit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="reportedpayment_amount")]
        indexes = [
            models.Index(fields=["company", "reported_on"], name="reported_waiting", condition=Q(state="waiting"))
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class ReportedDebt(CompanyModel):
    """A receivable that a reported payment names."""

    report = models.ForeignKey(ReportedPayment, on_delete=models.CASCADE, related_name="debts")
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="reported")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "report", "receivable"], name="reporteddebt_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.receivable_id)
