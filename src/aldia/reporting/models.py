"""What reports keep: figures that are dear to compute, and who gets which report when."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from aldia.messaging.models import Message
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import User


class KeptFigures(CompanyModel):
    """Figures as of a position of the ledger: exact while the ledger stands there, and said to be older afterwards."""

    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=200)
    on = models.DateField()
    ledger_seq = models.BigIntegerField()
    made_at = models.DateTimeField()
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "kind", "key"], name="keptfigures_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Frequency(models.TextChoices):
    DAILY = "daily", _("Cada día hábil")
    WEEKLY = "weekly", _("Cada semana")
    MONTHLY = "monthly", _("Cada mes")


class ReportSchedule(CompanyModel):
    """A report that goes out by e-mail by itself. `day`: of the week (1 Monday) or of the month (31: its last)."""

    report = models.CharField(max_length=30)
    name = models.CharField(_("nombre"), max_length=150)
    options = models.JSONField(default=dict)
    format = models.CharField(max_length=4)
    frequency = models.CharField(max_length=10, choices=Frequency)
    day = models.PositiveSmallIntegerField(default=1)
    at = models.TimeField(default="08:00")
    recipients = models.JSONField(default=list)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    next_on = models.DateField()
    paused_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["company", "next_on"], name="reportschedule_next")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class ReportSending(CompanyModel):
    """One time that a schedule was due: at most one message of it a day, or the sentence that says why none."""

    schedule = models.ForeignKey(ReportSchedule, on_delete=models.CASCADE, related_name="sendings")
    on = models.DateField()
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "schedule", "on"], name="reportsending_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.on)
