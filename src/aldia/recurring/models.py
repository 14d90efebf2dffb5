"""Schedules of invoices and charge notes, their prices over time, and what became of each date."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.issuing.models import Issue
from aldia.receivables.models import Receivable
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import User


class ScheduleKind(models.TextChoices):
    INVOICE = "invoice", _("Factura")
    CHARGE_NOTE = "charge_note", _("Nota de cobro")


class ScheduleState(models.TextChoices):
    ACTIVE = "active", _("Activa")
    PAUSED = "paused", _("En pausa")
    ENDED = "ended", _("Terminada")


class Schedule(CompanyModel):
    """What is issued again and again to a customer. `rule` is `domain.recurrence.Rule` as JSON.

    `content` is a draft's content without dates, or a charge note's concept and amount, as JSON; texts may say
    {mes}, {año}, {periodo}. `next_on`: the day on which the next date is issued, derived from the rule and kept for
    the index (null: no date is left).
    """

    name = models.CharField(max_length=150)
    kind = models.CharField(max_length=12, choices=ScheduleKind)
    state = models.CharField(max_length=8, choices=ScheduleState, default=ScheduleState.ACTIVE)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="schedules", db_index=False)
    rule = models.JSONField()
    content = models.JSONField()
    currency = models.CharField(max_length=3)
    due_days = models.PositiveSmallIntegerField(null=True, blank=True)
    is_automatic = models.BooleanField(default=True)
    sends = models.BooleanField(default=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    most = models.PositiveIntegerField(null=True, blank=True)
    next_on = models.DateField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["company", "next_on"], name="schedule_due", condition=Q(state="active")),
            models.Index(fields=["company", "customer"], name="schedule_customer"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class PriceChange(CompanyModel):
    """From a day on the schedule costs something else: new content, or a percentage (hundredths) on every price."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="prices", db_index=False)
    from_on = models.DateField()
    percent = models.IntegerField(null=True, blank=True)
    content = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "schedule", "from_on"], name="pricechange_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.from_on}"


class OccurrenceState(models.TextChoices):
    ASKING = "asking", _("Espera tu decisión")
    ISSUING = "issuing", _("Emitiéndose")
    DONE = "done", _("Emitida")
    FAILED = "failed", _("Con error")
    SKIPPED = "skipped", _("Omitida")


class Occurrence(CompanyModel):
    """One date of a schedule, exactly once; rows appear when the date comes. `on` is the date of the rule, `issue_on`
    the day it is issued after adjustments. `asking`: it was missed, and a person says whether it is issued."""

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="occurrences", db_index=False)
    on = models.DateField()
    issue_on = models.DateField()
    state = models.CharField(max_length=8, choices=OccurrenceState)
    issue = models.ForeignKey(Issue, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    receivable = models.ForeignKey(Receivable, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField(null=True, blank=True)
    message = models.CharField(max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "schedule", "on"], name="occurrence_once")]
        indexes = [
            models.Index(
                fields=["company", "state", "on"],
                name="occurrence_open",
                condition=Q(state__in=["asking", "issuing", "failed"]),
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.on}"
