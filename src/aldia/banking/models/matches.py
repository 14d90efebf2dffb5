"""What explains a movement: decisions of the engine, matches that were applied, and accounts for the rest."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.banking.models.learning import PayerAlias
from aldia.banking.models.movements import BankMovement
from aldia.customers.models import Customer
from aldia.payments.models import ReportedPayment
from aldia.receivables.models import Credit, LedgerAccount, Receivable
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import User


class AdjustmentReason(CompanyModel):
    """Why money has no document, and the account it goes to. `direction`: in, out or both. Retired, never deleted."""

    name = models.CharField(_("motivo"), max_length=100)
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=4, default="both")
    retired_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "name"], name="adjustmentreason_name")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class MatchDecision(CompanyModel):
    """What the engine said of a movement, and why: rows are added, never changed.

    `hypothesis` and `alternatives` are `domain.matching.Hypothesis` as JSON, `reasons` are [{"code", "template",
    "params"}], `payer` is `domain.matching.Payer`. `trust` is the verdict on the class at that time ({"state",
    "right", "wrong", "bound_ppm"}). `full`: made by the nightly pass.
    """

    movement = models.ForeignKey(BankMovement, on_delete=models.CASCADE, related_name="decisions")
    outcome = models.CharField(max_length=16)
    class_key = models.CharField(max_length=60, blank=True)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    hypothesis = models.JSONField(null=True, blank=True)
    alternatives = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    payer = models.JSONField(default=dict)
    trust = models.JSONField(default=dict)
    undoes_id = models.UUIDField(null=True, blank=True)
    chance_ppm = models.IntegerField(default=0)
    score = models.IntegerField(default=0)
    decided_at = models.DateTimeField()
    full = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["company", "decided_at"], name="matchdecision_at")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.outcome} {self.class_key}"


class MatchHow(models.TextChoices):
    AUTO = "auto", _("Por sí sola")
    POLICY = "policy", _("Por acuerdo: lo más antiguo primero")
    ACCEPTED = "accepted", _("Propuesta aceptada")
    MANUAL = "manual", _("A mano")
    RETURN = "return", _("Devolución")


class ReviewState(models.TextChoices):
    NONE = "", _("Sin revisión")
    WAITING = "waiting", _("Por revisar")
    RIGHT = "right", _("Correcta")
    WRONG = "wrong", _("Equivocada")


class Match(CompanyModel):
    """An explanation of (part of) a movement that stands, or was undone: nothing is deleted.

    `amount` is the part of the movement it explains, with its sign. `credit` is the payment it recorded on the books
    (null when it only recognised credits that were there, or is an adjustment). `key` is the idempotency key.
    `rests_on` is the learned payer without which it would not have been made. `before` is what undoing it gives back
    that no row of the books remembers (`banking.operations.undoing`).
    """

    movement = models.ForeignKey(BankMovement, on_delete=models.PROTECT, related_name="matches")
    how = models.CharField(max_length=10, choices=MatchHow)
    key = models.CharField(max_length=80)
    amount = models.BigIntegerField()
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    credit = models.ForeignKey(Credit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(MatchDecision, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    report = models.ForeignKey(ReportedPayment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    rests_on = models.ForeignKey(PayerAlias, null=True, blank=True, on_delete=models.SET_NULL, related_name="matches")
    class_key = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict)
    applied_at = models.DateTimeField()
    applied_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    undo_reason = models.CharField(max_length=300, blank=True)
    review = models.CharField(max_length=8, choices=ReviewState, default=ReviewState.NONE, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "key"], name="match_key"),
            models.CheckConstraint(condition=~Q(amount=0), name="match_amount"),
        ]
        indexes = [
            models.Index(fields=["company", "applied_at"], name="match_applied"),
            models.Index(fields=["company", "customer"], name="match_customer"),
            models.Index(fields=["company", "applied_at", "id"], name="match_review", condition=Q(review="waiting")),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.how} {self.amount}"


class MatchLine(CompanyModel):
    """A part of a match. Exactly one of these is meant:

    - `receivable` with `amount` of the match's credit, and `difference` more settled as `difference_kind` by a credit
      of its own (`settled_by`) or by a credit note that was there (`settled_by`, `is_note`);
    - `known` a credit that was on the books before the bank showed it, of which `amount` arrived;
    - `reason` an adjustment of `amount` to its account;
    - none: `amount` left in favour of the customer (an advance).
    """

    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="lines")
    receivable = models.ForeignKey(Receivable, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    known = models.ForeignKey(Credit, null=True, blank=True, on_delete=models.PROTECT, related_name="bank_lines")
    reason = models.ForeignKey(AdjustmentReason, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    difference = models.BigIntegerField(default=0)
    difference_kind = models.CharField(max_length=30, blank=True)
    settled_by = models.ForeignKey(Credit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_note = models.BooleanField(default=False)

    class Meta:
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.amount}"
