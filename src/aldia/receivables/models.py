"""The subledger: what is owed, what pays it, and the double entry behind both.

Facts are stored (opened, allocated, voided, paused); paid, partial, overdue and their age are functions of them and a
date. `balance` and `remaining` are the stored derivations; `aldia verify` re-proves them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import CreditLine, Customer
from aldia.documents.models import FiscalDocument
from aldia.receivables.charge_models import (
    ChargeRun,
    DiscountCustomer,
    DiscountRefusal,
    DiscountRule,
    Instalment,
    LateFee,
    LateFeeCustomer,
    LateFeeRule,
    PaymentPlan,
)
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import StoredFile, User

__all__ = [
    "Allocation", "ChargeRun", "CollectionSettings", "Credit", "CreditKind", "DiscountCustomer", "DiscountRefusal",
    "DiscountRule", "DocumentedReceipt", "DueDateChange", "Instalment", "JournalEntry", "JournalLine", "LateFee",
    "LateFeeCustomer", "LateFeeRule", "LedgerAccount", "PaymentPlan", "PuePolicy", "Receivable", "ReceivableKind",
]  # fmt: skip


class PuePolicy(models.TextChoices):
    PRESUMED = "presumed", _("Se presume pagada al cierre de su mes")
    OPEN = "open", _("Sigue abierta hasta que se registre su pago")


class CollectionSettings(CompanyModel):
    """How a company collects."""

    pue_policy = models.CharField(max_length=10, choices=PuePolicy, default=PuePolicy.PRESUMED)
    default_term_days = models.PositiveSmallIntegerField(default=30)
    aging_bounds = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="collectionsettings_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.pue_policy


class ReceivableKind(models.TextChoices):
    INVOICE = "invoice", _("Factura")
    DEBIT_NOTE = "debit_note", _("Nota de cargo")
    CHARGE_NOTE = "charge_note", _("Nota de cobro")
    PAYMENT_ORDER = "payment_order", _("Orden de pago")
    LATE_FEE = "late_fee", _("Recargo")
    OPENING = "opening", _("Saldo inicial")


class Receivable(CompanyModel):
    """Something a customer owes. `key` is the fiscal key it answers to ("" if none); amounts in minor units.

    `raises` is the receivable that a debit note adds to. A voided receivable has balance 0. `series`, `folio` and
    `uuid_start` are what payers cite of its number and key (`domain.folios`), null where it has none.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="receivables", db_index=False)
    kind = models.CharField(max_length=14, choices=ReceivableKind)
    document = models.ForeignKey(FiscalDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=60, blank=True)
    number = models.CharField(max_length=110)
    series = models.CharField(max_length=25, null=True, blank=True)
    folio = models.CharField(max_length=40, null=True, blank=True)
    uuid_start = models.CharField(max_length=8, null=True, blank=True)
    purchase_order = models.CharField(max_length=100, blank=True)
    concept = models.CharField(max_length=300, blank=True)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    balance = models.BigIntegerField()
    issued_on = models.DateField()
    due_on = models.DateField()
    method = models.CharField(max_length=4, blank=True)
    credit_line = models.ForeignKey(
        CreditLine, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    raises = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    opening_on = models.DateField(null=True, blank=True)
    no_presumption = models.BooleanField(default=False)
    voided_on = models.DateField(null=True, blank=True)
    void_code = models.CharField(max_length=20, blank=True)
    void_reason = models.CharField(max_length=300, blank=True)
    paused_on = models.DateField(null=True, blank=True)
    paused_until = models.DateField(null=True, blank=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0) & Q(balance__lte=F("total")), name="receivable_balance"),
            models.CheckConstraint(condition=Q(total__gt=0), name="receivable_total"),
            models.CheckConstraint(condition=Q(voided_on__isnull=True) | Q(balance=0), name="receivable_voided"),
            models.UniqueConstraint(fields=["company", "key"], name="receivable_key", condition=~Q(key="")),
        ]
        indexes = [
            models.Index(
                # covers the aging: grouped by customer and currency, as of today and as of past days
                fields=["company", "customer", "currency", "due_on", "balance", "issued_on"],
                name="receivable_open",
                condition=Q(balance__gt=0),
            ),
            models.Index(fields=["company", "due_on", "id"], name="receivable_due", condition=Q(balance__gt=0)),
            models.Index(
                fields=["company", "currency", "balance"], name="receivable_amount", condition=Q(balance__gt=0)
            ),
            models.Index(
                fields=["company", "due_on", "id"],
                name="receivable_partial",
                condition=Q(balance__gt=0) & Q(balance__lt=F("total")),
            ),
            models.Index(
                fields=["company", "issued_on", "id"],
                name="receivable_paid",
                condition=Q(balance=0) & Q(voided_on__isnull=True),
            ),
            models.Index(
                fields=["company", "issued_on", "id"],
                name="receivable_cancelled",
                condition=Q(voided_on__isnull=False),
            ),
            models.Index(fields=["company", "number"], name="receivable_number"),
            models.Index(fields=["company", "folio"], name="receivable_folio", condition=Q(folio__isnull=False)),
            models.Index(fields=["company", "series"], name="receivable_series", condition=Q(series__isnull=False)),
            models.Index(
                fields=["company", "uuid_start"], name="receivable_uuid", condition=Q(uuid_start__isnull=False)
            ),
            models.Index(
                fields=["company", "purchase_order"], name="receivable_order", condition=~Q(purchase_order="")
            ),
            models.Index(fields=["company", "issued_on", "id"], name="receivable_issued"),
            models.Index(fields=["company", "customer", "issued_on"], name="receivable_customer"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.number


class DueDateChange(CompanyModel):
    """A due date moved by a person, with the reason; rows are added, never changed."""

    receivable = models.ForeignKey(Receivable, on_delete=models.CASCADE, related_name="due_changes")
    old_due_on = models.DateField()
    new_due_on = models.DateField()
    reason = models.CharField(max_length=300)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"{self.old_due_on} → {self.new_due_on}"


class CreditKind(models.TextChoices):
    PAYMENT = "payment", _("Pago")
    CREDIT_NOTE = "credit_note", _("Nota de crédito")
    ADVANCE = "advance", _("Anticipo")
    DISCOUNT = "discount", _("Descuento")
    WRITE_OFF = "write_off", _("Incobrable")
    WITHHOLDING = "withholding", _("Retención")
    ADJUSTMENT = "adjustment", _("Ajuste")
    PRESUMED = "presumed", _("Pago presunto (PUE)")
    OPENING = "opening", _("Pagado antes de llegar")


class Credit(CompanyModel):
    """Something that pays: money, a credit note, a write-off. `remaining` = amount − Σ allocations (in its currency).

    `held` is the part of `remaining` that names documents which are not on file (or needs a person): it is not
    credit in favour. `hands_off`: a person assigned it by hand, documents no longer move it.
    `is_distinct`: a person confirmed that it is not the money of a complement on file.
    `external_key` identifies it at its source: the same money never enters twice.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="credits", db_index=False)
    kind = models.CharField(max_length=12, choices=CreditKind)
    source = models.CharField(max_length=20)
    external_key = models.CharField(max_length=120)
    document = models.ForeignKey(
        FiscalDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    complement = models.ForeignKey(FiscalDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    held = models.BigIntegerField(default=0)
    review = models.CharField(max_length=40, blank=True)
    received_on = models.DateField()
    method = models.CharField(max_length=20, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    proof = models.ForeignKey(
        StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    hands_off = models.BooleanField(default=False)
    is_distinct = models.BooleanField(default=False)
    reversed_on = models.DateField(null=True, blank=True)
    reverse_reason = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(remaining__gte=0) & Q(remaining__lte=F("amount")), name="credit_remaining"
            ),
            models.CheckConstraint(condition=Q(held__gte=0) & Q(held__lte=F("remaining")), name="credit_held"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="credit_amount"),
            models.UniqueConstraint(fields=["company", "source", "external_key"], name="credit_source"),
        ]
        indexes = [
            models.Index(fields=["company", "customer", "received_on"], name="credit_customer"),
            models.Index(fields=["company", "received_on", "id"], name="credit_received"),
            models.Index(fields=["company", "customer"], name="credit_open", condition=Q(remaining__gt=0)),
            models.Index(fields=["company", "document"], name="credit_document"),
            models.Index(
                fields=["company", "currency", "amount", "received_on"],
                name="credit_money",
                condition=Q(kind__in=["payment", "advance"]) & Q(reversed_on__isnull=True),
            ),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class DocumentedReceipt(CompanyModel):
    """A receipt (`Pago` node, at `position`) of a complement that the company wrote from money on its books.

    By the fiscal key of the complement, which is known before the document is on file: however it comes in, by whoever
    brings it, the money is `credit` and never enters again. Rows are never taken away, not even with the complement.
    """

    key = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "key", "position"], name="documentedreceipt_once")]
        indexes = [models.Index(fields=["company", "credit"], name="documentedreceipt_credit")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.key} {self.position}"


class Allocation(CompanyModel):
    """A part of a credit applied to a receivable. Rows are added, never changed: an undo is a row of its own.

    `amount` in the receivable's currency, `credit_amount` in the credit's; both negative in a reversal.
    """

    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="allocations", db_index=False)
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="allocations", db_index=False)
    amount = models.BigIntegerField()
    credit_amount = models.BigIntegerField()
    on = models.DateField()
    rule = models.CharField(max_length=30)
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    reversal_of = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversal")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, credit_amount__gte=0, reversal_of__isnull=True)
                | Q(amount__lt=0, credit_amount__lte=0, reversal_of__isnull=False),
                name="allocation_sign",
            )
        ]
        indexes = [
            models.Index(fields=["company", "receivable", "on"], name="allocation_receivable"),
            models.Index(fields=["company", "credit"], name="allocation_credit"),
            models.Index(fields=["company", "on"], name="allocation_on"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.amount}"


class LedgerAccount(CompanyModel):
    """An account of the company's chart; `role` is how operations find it."""

    code = models.CharField(max_length=30)
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="account_code"),
            models.UniqueConstraint(fields=["company", "role"], name="account_role"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class JournalEntry(CompanyModel):
    """One change of money; its lines sum to zero per currency. `key` is the idempotency key of the change."""

    seq = models.BigIntegerField()
    on = models.DateField()
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=160)
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    memo = models.CharField(max_length=300, blank=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "key"], name="entry_key"),
            models.UniqueConstraint(fields=["company", "seq"], name="entry_seq"),
        ]
        indexes = [models.Index(fields=["company", "on"], name="entry_on")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class JournalLine(CompanyModel):
    """A signed amount (debit +) on an account, in minor units of `currency`."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    receivable = models.ForeignKey(
        Receivable, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    credit = models.ForeignKey(
        Credit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [
            models.Index(fields=["company", "account", "currency"], name="line_account"),
            models.Index(fields=["company", "receivable"], name="line_receivable"),
            models.Index(fields=["company", "credit"], name="line_credit"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
