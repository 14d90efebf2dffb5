"""Movements of the bank, kept as they came, and the state of explaining each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.banking.models.accounts import BankAccount, StatementImport
from aldia.customers.models import Customer
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import User


class MovementState(models.TextChoices):
    PENDING = "pending", _("Pendiente")
    PARTIAL = "partial", _("Parcial")
    RECONCILED = "reconciled", _("Conciliado")
    ARCHIVED = "archived", _("Archivado")
    REVERSED = "reversed", _("Devuelto")


class BankMovement(CompanyModel):
    """A line of the bank (`domain.statements.Movement`). `amount` in minor units, positive when money came in.

    What the bank wrote never changes. `explained` is Σ of its live matches, with the amount's sign: the state is a
    function of it, of `archived_at` and of `reversal` (the return that took it back); all are written together.
    `reverses` is the deposit that a return takes back. `outcome` and `payer` are what the engine last said, and
    `decision_id` the row that says why; `certainty` and `why` put the queue in order (`banking.standing`). `doubt` is
    why a person must say whether it is new at all ("" if it is): while it stands, the movement is not matched.
    `twin` is the one on file that it may be, `feed_id` its name at the feed it came by.
    """

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="movements", db_index=False)
    statement = models.ForeignKey(StatementImport, on_delete=models.PROTECT, related_name="movements", db_index=False)
    line = models.PositiveIntegerField(default=0)
    booked_on = models.DateField()
    value_on = models.DateField(null=True, blank=True)
    seq = models.PositiveIntegerField(default=0)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    balance = models.BigIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    text_key = models.TextField(blank=True)
    concept = models.CharField(max_length=500, blank=True)
    bank_reference = models.CharField(max_length=120, blank=True)
    trace_key = models.CharField(max_length=120, blank=True)
    payer_name = models.CharField(max_length=300, blank=True)
    payer_tax_id = models.CharField(max_length=30, blank=True)
    payer_account = models.CharField(max_length=40, blank=True)
    collection_account = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=30, blank=True)
    evidence = models.JSONField(default=list)
    raw = models.JSONField(default=list)
    feed_id = models.CharField(max_length=120, blank=True)
    feed_change = models.JSONField(null=True, blank=True)
    dedupe_key = models.CharField(max_length=64)
    doubt = models.CharField(max_length=40, blank=True)
    twin = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=MovementState, default=MovementState.PENDING)
    explained = models.BigIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    archived_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    archive_reason = models.CharField(max_length=300, blank=True)
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="returns", db_index=False
    )
    reversal = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=16, blank=True)
    class_key = models.CharField(max_length=60, blank=True)
    score = models.IntegerField(default=0)
    certainty = models.SmallIntegerField(default=0)
    why = models.CharField(max_length=24, blank=True)
    payer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decision_id = models.UUIDField(null=True, blank=True)  # of MatchDecision, which stands above this table
    decided_at = models.DateTimeField(null=True, blank=True)
    assigned_to = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="bankmovement_amount"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, explained__gte=0, explained__lte=models.F("amount"))
                | Q(amount__lt=0, explained__lte=0, explained__gte=models.F("amount")),
                name="bankmovement_explained",
            ),
            models.UniqueConstraint(fields=["company", "account", "dedupe_key"], name="bankmovement_once"),
            models.UniqueConstraint(
                fields=["company", "account", "feed_id"], name="bankmovement_feed", condition=~Q(feed_id="")
            ),
        ]
        indexes = [
            models.Index(fields=["company", "account", "booked_on", "seq"], name="bankmovement_day"),
            models.Index(fields=["company", "booked_on", "id"], name="bankmovement_booked"),
            models.Index(
                fields=["company", "outcome", "booked_on"],
                name="bankmovement_queue",
                condition=Q(state__in=["pending", "partial"]),
            ),
            models.Index(
                fields=["company", "booked_on", "id"],
                name="bankmovement_undecided",
                condition=Q(state__in=["pending", "partial"]) & Q(decided_at__isnull=True) & Q(doubt=""),
            ),
            models.Index(
                fields=["company", "-certainty", "booked_on", "id"],
                name="bankmovement_certainty",
                condition=Q(state__in=["pending", "partial"]),
            ),
            models.Index(
                fields=["company", "account", "trace_key"], name="bankmovement_trace", condition=~Q(trace_key="")
            ),
            models.Index(fields=["company", "currency", "amount"], name="bankmovement_sum"),
            models.Index(fields=["company", "statement"], name="bankmovement_statement"),
            models.Index(
                fields=["company", "account", "booked_on", "id"], name="bankmovement_doubt", condition=~Q(doubt="")
            ),
            # a movement that goes must not cost a walk over the table for each reference to movements
            models.Index(
                fields=["company", "reverses"], name="bankmovement_reverses", condition=Q(reverses__isnull=False)
            ),
            models.Index(
                fields=["company", "reversal"], name="bankmovement_reversal", condition=Q(reversal__isnull=False)
            ),
            models.Index(fields=["company", "twin"], name="bankmovement_twin", condition=Q(twin__isnull=False)),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"


class QueueKey(CompanyModel):
    """What a queued movement could be concerned by: a change in one of these calls for a new decision.

    `kind` as `banking.queue_keys` names it: customer, claim, amount (`currency:minor`), folio… The rows of a
    movement go when it leaves the queue.
    """

    movement = models.ForeignKey(BankMovement, on_delete=models.CASCADE, related_name="queue_keys")
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "movement", "kind", "value"], name="queuekey_once")]
        # with the movement: else SQLite reads all keys of the company, from the only index that holds what is asked
        indexes = [models.Index(fields=["company", "kind", "value", "movement"], name="queuekey_value")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class MovementComment(CompanyModel):
    """What a person wrote on a movement."""

    movement = models.ForeignKey(BankMovement, on_delete=models.CASCADE, related_name="comments")
    text = models.CharField(max_length=2000)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.text[:60]
