"""What was forecast, when, by which model: rows that are added and never changed, so that the past can be judged.

Probabilities are per mille. Quantiles are days from the due day: 19 levels, 5 % to 95 %.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.receivables.models import Receivable
from aldia.tenancy.base import CompanyModel


class ModelRun(CompanyModel):
    """A model learnt as of the morning of a day, and the open book forecast with it.

    `tier` is the one used, `wanted_tier` what the history would allow, `why` why they differ (a key of
    `forecasts.words`). `metrics`: what the backtest said of it (`domain.forecasting.measures`).
    """

    as_of = models.DateField()
    tier = models.PositiveSmallIntegerField()
    wanted_tier = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=30, blank=True)
    code_version = models.CharField(max_length=20)
    known = models.PositiveIntegerField()
    resolved = models.PositiveIntegerField()
    forecast = models.PositiveIntegerField()
    coefficients = models.JSONField(default=dict)
    calibration = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    learnt_on = models.DateField()
    ledger_seq = models.BigIntegerField(default=0)
    cpu_ms = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["company", "as_of"], name="modelrun_day")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.as_of} tier {self.tier}"


class Confidence(models.TextChoices):
    """How much is known of the customer (prediction design, tiers): 0 payments, 1 or 2, more."""

    NEW = "new", _("Cliente nuevo")
    LITTLE = "little", _("Poca historia")
    NORMAL = "normal", _("Con historia")


class InvoiceForecast(CompanyModel):
    """When an open receivable is expected to be paid, as of the day of its run.

    `unpaid_permille`: still unpaid 14 days after max(as of, due). `never_permille`: not paid within 200 days after
    due. `buckets`: on time, 1 to 30, 31 to 60, over 60 days late. `reasons`: facts with their days, for sentences.
    """

    run = models.ForeignKey(ModelRun, on_delete=models.PROTECT, related_name="invoices", db_index=False)
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="+", db_index=False)
    as_of = models.DateField()
    due_on = models.DateField()
    balance = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    expected_on = models.DateField(null=True, blank=True)
    low_on = models.DateField()
    high_on = models.DateField(null=True, blank=True)
    quantiles = models.JSONField(default=list)
    late_permille = models.PositiveSmallIntegerField()
    unpaid_permille = models.PositiveSmallIntegerField()
    never_permille = models.PositiveSmallIntegerField()
    buckets = models.JSONField(default=list)
    known_payments = models.PositiveIntegerField()
    confidence = models.CharField(max_length=6, choices=Confidence)
    reasons = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "run", "receivable"], name="invoiceforecast_once")]
        indexes = [
            models.Index(fields=["company", "receivable", "as_of"], name="invoiceforecast_receivable"),
            models.Index(fields=["company", "as_of"], name="invoiceforecast_day"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.as_of} {self.expected_on}"


class CashForecast(CompanyModel):
    """Money of the open book expected in a stretch of days, both ends included, in minor units of one currency.

    `raw`: the bounds as simulated; `low_80`, `high_80` and so on: scaled by the model's own past errors.
    """

    run = models.ForeignKey(ModelRun, on_delete=models.PROTECT, related_name="cash", db_index=False)
    currency = models.CharField(max_length=3)
    horizon = models.CharField(max_length=8)
    first = models.DateField()
    last = models.DateField()
    expected = models.BigIntegerField()
    low_50 = models.BigIntegerField()
    high_50 = models.BigIntegerField()
    low_80 = models.BigIntegerField()
    high_80 = models.BigIntegerField()
    low_95 = models.BigIntegerField()
    high_95 = models.BigIntegerField()
    raw = models.JSONField(default=dict)
    is_provisional = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "run", "currency", "horizon", "first"], name="cashforecast_once")
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.first} {self.expected} {self.currency}"


class ForecastScore(CompanyModel):
    """How forecasts came out, as judged on a day. `source`: "made" when they were due, "backtest" made afterwards."""

    on = models.DateField()
    source = models.CharField(max_length=10)
    figures = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["company", "source", "on"], name="forecastscore_day")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.on} {self.source}"


class RiskScore(CompanyModel):
    """0 to 100: the probability that a standard invoice of the customer is paid over 30 days late, as of a run."""

    run = models.ForeignKey(ModelRun, on_delete=models.PROTECT, related_name="risks", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    as_of = models.DateField()
    score = models.PositiveSmallIntegerField()
    band = models.CharField(max_length=1)
    known_payments = models.PositiveIntegerField()
    mean_delay = models.IntegerField(null=True, blank=True)
    reasons = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "run", "customer"], name="riskscore_once")]
        indexes = [models.Index(fields=["company", "customer", "as_of"], name="riskscore_customer")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.score} {self.band}"
