"""What goes on with customers that owe: promises, disputes, what was done, what is next, credit holds, the seven steps.

Whether a promise is kept, a dispute late or a customer a risk is derived from dated facts, never stored as a flag.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Contact, Customer
from aldia.receivables.models import Receivable
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import StoredFile, User


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


class DisputeOutcome(models.TextChoices):
    ACCEPTED = "accepted", _("Tenía razón")
    PARTLY = "partly", _("Tenía razón en parte")
    DISMISSED = "dismissed", _("No procede")
    WITHDRAWN = "withdrawn", _("El cliente la retiró")


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
    outcome = models.CharField(max_length=10, choices=DisputeOutcome, null=True, blank=True)
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


class ActivityKind(models.TextChoices):
    CALL = "call", _("Llamada")
    MESSAGE = "message", _("Mensaje")
    VISIT = "visit", _("Visita")
    NOTE = "note", _("Nota")


class Outcome(models.TextChoices):
    """How a call, message or visit ended. A note has none."""

    TALKED = "talked", _("Hablamos")
    NO_ANSWER = "no_answer", _("No contestó")
    LEFT_MESSAGE = "left_message", _("Dejé recado")
    PROMISED = "promised", _("Prometió pagar")
    SAYS_PAID = "says_paid", _("Dice que ya pagó")
    ASKED_COPY = "asked_copy", _("Pidió la factura u otro documento")
    ASKED_TIME = "asked_time", _("Pidió plazo o un plan de pagos")
    DISPUTED = "disputed", _("No está de acuerdo")
    REFUSED = "refused", _("Se negó a pagar")
    WRONG_CONTACT = "wrong_contact", _("Número o persona equivocada")


class Activity(CompanyModel):
    """What somebody did about a customer's debts, how it ended, and what comes next on which day."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="activities", db_index=False)
    kind = models.CharField(max_length=10, choices=ActivityKind)
    outcome = models.CharField(max_length=15, choices=Outcome, blank=True)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    on = models.DateField()
    note = models.CharField(max_length=1000, blank=True)
    promise = models.ForeignKey(Promise, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    dispute = models.ForeignKey(Dispute, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    next_on = models.DateField(null=True, blank=True)
    next_kind = models.CharField(max_length=10, choices=ActivityKind, blank=True)
    next_note = models.CharField(max_length=300, blank=True)
    next_done_on = models.DateField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["company", "customer", "on"], name="activity_customer"),
            models.Index(fields=["company", "on"], name="activity_day"),
            models.Index(
                fields=["company", "next_on"], name="activity_next",
                condition=Q(next_on__isnull=False, next_done_on__isnull=True, withdrawn_at__isnull=True),
            ),
        ]  # fmt: skip
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.on} {self.kind} {self.outcome}"


class WorklistItem(CompanyModel):
    """A customer on the list of a day, where it stood in it and why. Made once a day; what has changed since is live.

    `score`, `overdue`, `owed`: minor units of `currency` (the company's own). `unpaid_permille`: probability that it is
    still unpaid 14 days after max(today, due), weighted by balance. `why`: facts, as `domain.worklist` wrote them.
    """

    on = models.DateField()
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    collector = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    rank = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    score = models.BigIntegerField()
    overdue = models.BigIntegerField()
    owed = models.BigIntegerField()
    unpaid_permille = models.PositiveSmallIntegerField()
    why = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "on", "customer"], name="worklistitem_once")]
        indexes = [models.Index(fields=["company", "on", "rank"], name="worklistitem_rank")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.on} {self.rank}"


class Target(CompanyModel):
    """What is to be collected in a month, by one person (None: by the whole team)."""

    month = models.DateField()
    collector = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "month", "currency", "collector"], name="target_person",
                condition=Q(collector__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["company", "month", "currency"], name="target_team", condition=Q(collector__isnull=True)
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="target_amount"),
        ]  # fmt: skip
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.amount}"


class ReceivableStep(CompanyModel):
    """Where an open receivable was when last looked at: the memory that tells which moved since. The board is live."""

    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.PositiveSmallIntegerField()
    since = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "receivable"], name="receivablestep_once")]
        indexes = [models.Index(fields=["company", "step"], name="receivablestep_step")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.step)


class StepMove(CompanyModel):
    """A receivable went from a step to another on a day. 0 is outside: not yet there, or paid and cancelled."""

    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="+", db_index=False)
    on = models.DateField()
    from_step = models.PositiveSmallIntegerField()
    to_step = models.PositiveSmallIntegerField()
    balance = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [
            models.Index(fields=["company", "on"], name="stepmove_day"),
            models.Index(fields=["company", "receivable"], name="stepmove_receivable"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.from_step}→{self.to_step}"


class DebtorTypeOverride(CompanyModel):
    """A person's word on what kind of debtor a customer is (or a confirmation of what was measured). It expires."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=15)
    reason = models.CharField(max_length=500)
    on = models.DateField()
    withdrawn_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["company", "customer", "on"], name="debtortype_customer")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.type


class CreditPolicy(CompanyModel):
    """When the house stops selling on credit by itself. Nothing is held until somebody says so here."""

    hold_over_limit = models.BooleanField(default=False)
    hold_overdue_days = models.PositiveSmallIntegerField(null=True, blank=True)
    hold_min_overdue = models.BigIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="creditpolicy_one")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.hold_overdue_days)


class CreditHold(CompanyModel):
    """A person stopped credit to a customer, until lifted. What the policy holds is derived, not stored."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=500)
    placed_on = models.DateField()
    placed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    lifted_on = models.DateField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    lift_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "customer"], name="credithold_one", condition=Q(lifted_on__isnull=True)
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.reason


class HoldOverride(CompanyModel):
    """Leave to sell on credit in spite of a hold: who, why, until when, and up to how much more (None: no matter)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=500)
    on = models.DateField()
    until = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    amount = models.BigIntegerField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["company", "customer", "until"], name="holdoverride_customer")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.reason


class EvidenceFile(CompanyModel):
    """An evidence file ("expediente") as it was made: the PDF and the SHA-256 of it and of each piece in it."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    since = models.DateField(null=True, blank=True)
    until = models.DateField()
    file = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)
    pieces = models.JSONField(default=list)
    audit_seq = models.BigIntegerField(default=0)
    audit_hash = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["company", "customer"], name="evidencefile_customer")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.sha256
