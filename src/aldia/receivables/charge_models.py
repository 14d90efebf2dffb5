"""What is charged for paying late, given for paying early, and owed by instalments: rules, and what came of them.

A rule is a draft until a person switches it on; from then on it is never rewritten: changing it makes the next version,
which takes its place on a day. What a customer was promised or charged can so be explained years later. Late fees are
receivables of their own (`ReceivableKind.LATE_FEE`) that name in `raises` what they are on; discounts are credits.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer, Portfolio
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import User

PPM = 10_000  # millionths in one percent


def percent(ppm: int) -> Decimal:
    """Millionths as percent, without trailing zeros: 35,000 is 3.5."""
    value = Decimal(ppm) / PPM
    return value.quantize(Decimal(1)) if value == value.to_integral() else value.normalize()


def to_ppm(value: Decimal) -> int:
    """Percent as millionths; ValueError for more than four decimals."""
    scaled = value * PPM
    if scaled != scaled.to_integral():
        raise ValueError("more than four decimals")
    return int(scaled)


class ChargeScope(models.TextChoices):
    ALL = "all", _("A todos los clientes")
    PORTFOLIO = "portfolio", _("A los clientes de una cartera")
    CUSTOMERS = "customers", _("Solo a algunos clientes")


class EndCode(models.TextChoices):
    OFF = "off", _("Apagada")
    REPLACED = "replaced", _("La sustituye otra versión")


class ChargeRule(CompanyModel):
    """What both kinds of rules share. On from `starts_on` to `ended_on`, both included; a draft has no `starts_on`.

    The most specific rule wins: one for some customers before one for a portfolio before one for all.
    """

    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=10, choices=ChargeScope, default=ChargeScope.ALL)
    portfolio = models.ForeignKey(Portfolio, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    version = models.PositiveIntegerField(default=1)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    end_code = models.CharField(max_length=10, choices=EndCode, blank=True, default="")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.starts_on is None

    @property
    def is_on(self) -> bool:
        """Switched on, and by nobody switched off; it may begin on a day to come."""
        return self.starts_on is not None and self.ended_on is None


class RatePer(models.TextChoices):
    MONTH = "month", _("al mes")
    YEAR = "year", _("al año")
    DAY = "day", _("al día")


class FixedEach(models.TextChoices):
    ONCE = "once", _("una sola vez, el primer día de atraso")
    MONTH = "month", _("cada mes de atraso")


class Frequency(models.TextChoices):
    MONTH = "month", _("Cada mes")
    FORTNIGHT = "fortnight", _("Cada quincena")
    WEEK = "week", _("Cada semana")


class LateFeeRule(ChargeRule):
    """Late interest and fixed fees; see `domain.charges.late.LateTerms`.

    Amounts in minor units of `currency`: other currencies are not charged by it; rates in millionths (`ppm`: 3 % is
    30,000). Each period that closes is charged once; a fee falls due `due_days` after the day on which it is made.
    """

    rate_ppm = models.PositiveBigIntegerField(default=0)
    per = models.CharField(max_length=5, choices=RatePer, default=RatePer.MONTH)
    basis = models.PositiveSmallIntegerField(default=360)
    grace_days = models.PositiveSmallIntegerField(default=0)
    minimum = models.BigIntegerField(default=0)
    cap_ppm = models.PositiveBigIntegerField(null=True, blank=True)
    cap_amount = models.BigIntegerField(null=True, blank=True)
    fixed_fee = models.BigIntegerField(default=0)
    fixed_each = models.CharField(max_length=5, choices=FixedEach, default=FixedEach.ONCE)
    tax_ppm = models.PositiveBigIntegerField(default=0)
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.MONTH)
    due_days = models.PositiveSmallIntegerField(default=10)
    spares_disputed = models.BooleanField(default=True)
    spares_paused = models.BooleanField(default=True)
    spares_planned = models.BooleanField(default=True)

    class Meta:
        base_manager_name = "all_companies"
        constraints = [
            models.CheckConstraint(condition=Q(minimum__gte=0) & Q(fixed_fee__gte=0), name="latefee_amounts"),
            models.CheckConstraint(condition=Q(basis__in=(360, 365)), name="latefee_basis"),
        ]

    @property
    def rate(self) -> Decimal:
        return percent(self.rate_ppm)

    @property
    def cap_percent(self) -> Decimal | None:
        return None if self.cap_ppm is None else percent(self.cap_ppm)

    @property
    def tax_percent(self) -> Decimal:
        return percent(self.tax_ppm)


class LateFeeCustomer(CompanyModel):
    """A customer to whom a rule for some applies."""

    rule = models.ForeignKey(LateFeeRule, on_delete=models.CASCADE, related_name="members")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "rule", "customer"], name="latefee_customer")]
        base_manager_name = "all_companies"


class ChargeRun(CompanyModel):
    """A period charged by a rule: once, whoever asks how often. Reversed, it is not charged again."""

    rule = models.ForeignKey(LateFeeRule, on_delete=models.PROTECT, related_name="runs")
    period_start = models.DateField()
    period_end = models.DateField()
    ran_on = models.DateField()
    spared = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reversed_on = models.DateField(null=True, blank=True)
    reverse_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "rule", "period_start"], name="chargerun_period"),
            models.CheckConstraint(condition=Q(period_end__gte=models.F("period_start")), name="chargerun_days"),
        ]
        indexes = [models.Index(fields=["company", "ran_on"], name="chargerun_on")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.period_start} – {self.period_end}"


class FeeEnd(models.TextChoices):
    REVERSED = "reversed", _("Se revirtió la corrida")
    FORGIVEN = "forgiven", _("Condonado")
    CORRECTED = "corrected", _("Corregido")
    NOT_OWED = "not_owed", _("Ya no correspondía")


class LateFee(CompanyModel):
    """What one receivable was charged for one period. `fee` is the receivable that asks for it; `take` counts
    corrections, so that a job that is repeated cannot charge twice. `words` says how it was counted."""

    run = models.ForeignKey(ChargeRun, on_delete=models.PROTECT, related_name="fees")
    rule = models.ForeignKey(LateFeeRule, on_delete=models.PROTECT, related_name="+", db_index=False)
    receivable = models.ForeignKey(
        "receivables.Receivable", on_delete=models.PROTECT, related_name="late_fees", db_index=False
    )
    fee = models.ForeignKey("receivables.Receivable", on_delete=models.PROTECT, related_name="+", db_index=False)
    period_start = models.DateField()
    period_end = models.DateField()
    take = models.PositiveSmallIntegerField(default=0)
    days = models.PositiveIntegerField()
    interest = models.BigIntegerField()
    fixed = models.BigIntegerField()
    adjustment = models.BigIntegerField()
    tax = models.BigIntegerField()
    words = models.TextField(blank=True)
    ended_on = models.DateField(null=True, blank=True)
    end_code = models.CharField(max_length=10, choices=FeeEnd, blank=True, default="")
    end_reason = models.CharField(max_length=300, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "receivable", "rule", "period_start", "take"], name="latefee_period"
            ),
            models.UniqueConstraint(fields=["company", "fee"], name="latefee_fee"),
        ]
        base_manager_name = "all_companies"

    @property
    def total(self) -> int:
        return self.interest + self.fixed + self.adjustment + self.tax


class DiscountRule(ChargeRule):
    """A discount for paying early, offered to what is issued while it is on. `tiers`: [[days after issue, percent]], or
    one percent until a day (`until_on`). `receivable`: an offer for one document, which wins over any rule."""

    tiers = models.JSONField(default=list)
    until_on = models.DateField(null=True, blank=True)
    pro_rata = models.BooleanField(default=False)
    receivable = models.ForeignKey(
        "receivables.Receivable", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        base_manager_name = "all_companies"


class DiscountCustomer(CompanyModel):
    """A customer to whom a discount for some applies."""

    rule = models.ForeignKey(DiscountRule, on_delete=models.CASCADE, related_name="members")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "rule", "customer"], name="discount_customer")]
        base_manager_name = "all_companies"


class DiscountRefusal(CompanyModel):
    """A person took the discount off a document: no rule gives it again."""

    receivable = models.ForeignKey("receivables.Receivable", on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=300, blank=True)
    refused_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "receivable"], name="discount_refusal")]
        base_manager_name = "all_companies"


class PlanEnd(models.TextChoices):
    CANCELLED = "cancelled", _("Cancelado")
    BROKEN = "broken", _("Incumplido")


class PaymentPlan(CompanyModel):
    """An agreement to pay a receivable by instalments; what is paid covers the oldest first. While it lives the
    receivable falls due with its next instalment; when it ends it is due again as before (`original_due_on`)."""

    receivable = models.ForeignKey(
        "receivables.Receivable", on_delete=models.PROTECT, related_name="plans", db_index=False
    )
    amount = models.BigIntegerField()
    original_due_on = models.DateField()
    accepted_on = models.DateField()
    grace_days = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    ended_on = models.DateField(null=True, blank=True)
    end_code = models.CharField(max_length=10, choices=PlanEnd, blank=True, default="")
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "receivable"], name="plan_live", condition=Q(ended_on__isnull=True)
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="plan_amount"),
        ]
        indexes = [models.Index(fields=["company", "receivable"], name="plan_receivable")]
        base_manager_name = "all_companies"


class Instalment(CompanyModel):
    """One payment of a plan: what and until when; rows are never changed."""

    plan = models.ForeignKey(PaymentPlan, on_delete=models.PROTECT, related_name="instalments", db_index=False)
    position = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "plan", "position"], name="instalment_position"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_amount"),
        ]
        base_manager_name = "all_companies"
