"""What customers say about what they owe: promises to pay and disputes. Whether one is kept is derived, not stored."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.receivables.models import Receivable
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import User


class Promise(CompanyModel):
    """A customer's word to pay: so much, by a day. Kept, partly kept or broken follows from what was paid since."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="promises")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    promised_on = models.DateField()
    due_on = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    withdraw_reason = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="promise_amount")]
        indexes = [
            models.Index(fields=["company", "due_on"], name="promise_due", condition=Q(withdrawn_on__isnull=True))
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.due_on}"


class PromisedDebt(CompanyModel):
    """A receivable that a promise is about, with what it owed then."""

    promise = models.ForeignKey(Promise, on_delete=models.CASCADE, related_name="debts")
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="promised")
    balance_then = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "promise", "receivable"], name="promiseddebt_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.balance_then)


class DisputeReason(models.TextChoices):
    AMOUNT = "amount", _("El importe no es correcto")
    NOT_RECEIVED = "not_received", _("No recibió el producto o servicio")
    QUALITY = "quality", _("Producto o servicio con problemas")
    PAID = "paid", _("Dice que ya la pagó")
    PAPERWORK = "paperwork", _("Faltan documentos (orden de compra, acuse, contrarrecibo)")
    OTHER = "other", _("Otro")


class Dispute(CompanyModel):
    """A part (or all) of a receivable that the customer contests; only that part is not asked for meanwhile."""

    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="disputes")
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=20, choices=DisputeReason)
    note = models.CharField(max_length=500, blank=True)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    opened_on = models.DateField()
    answer_by = models.DateField(null=True, blank=True)
    resolved_on = models.DateField(null=True, blank=True)
    resolution = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount"),
            models.UniqueConstraint(
                fields=["company", "receivable"], name="dispute_one_open", condition=Q(resolved_on__isnull=True)
            ),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.reason
