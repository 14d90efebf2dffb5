"""What the engine was taught: who pays for whom, how often each class of match was right, what the company agreed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from aldia.banking.models.movements import BankMovement
from aldia.customers.models import Customer
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import User


class MatchingSettings(CompanyModel):
    """How a company lets its movements be matched (`domain.matching.Settings`). Amounts in minor units.

    `mode`: auto, or shadow (everything only proposes). `fees` are fixed amounts that banks keep, `commissions`
    [{"key", "ppm", "fixed", "vat_ppm"}] what processors keep. `names_at`: when names of customers were last indexed;
    `seen_seq`: the last entry of the ledger whose change was looked at.
    """

    mode = models.CharField(max_length=10, default="auto")
    cap = models.BigIntegerField(default=100_000_000_00)
    young_cap = models.BigIntegerField(default=50_000_00)
    rounding = models.PositiveIntegerField(default=100)
    review_per_mille = models.PositiveSmallIntegerField(default=15)
    fees = models.JSONField(default=list)
    commissions = models.JSONField(default=list)
    names_at = models.DateTimeField(null=True, blank=True)
    seen_seq = models.BigIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="matchingsettings_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.mode


class PayerAlias(CompanyModel):
    """A payer that is not the customer by its own data: `kind` is tax_id, account or name, `value` as it is compared.

    Counts and last days of confirmations and rejections; `taught_by` is person or folio for the last one. Revoked by a
    person it says nothing until somebody confirms again.
    """

    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=200)
    shown = models.CharField(max_length=300, blank=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="payer_aliases")
    confirmed = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    confirmed_on = models.DateField(null=True, blank=True)
    rejected_on = models.DateField(null=True, blank=True)
    taught_by = models.CharField(max_length=10, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "kind", "value", "customer"], name="payeralias_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.shown or self.value


class PayerLesson(CompanyModel):
    """What taught a learned payer: a match (null when a person wrote the payer down), `by` person or folio.

    The counts of the alias are those of its lessons that were not withdrawn: undoing the match takes its lesson back.
    """

    alias = models.ForeignKey(PayerAlias, on_delete=models.CASCADE, related_name="lessons", db_index=False)
    match = models.ForeignKey("banking.Match", null=True, blank=True, on_delete=models.CASCADE, related_name="lessons")
    by = models.CharField(max_length=10)
    taught_on = models.DateField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "alias", "match"], name="payerlesson_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.by} {self.taught_on}"


class PayerAgreement(CompanyModel):
    """What was agreed with a customer: that a payment without reference pays what fell due first."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="payer_agreements", db_index=False)
    oldest_first = models.BooleanField(default=False)
    agreed_on = models.DateField(null=True, blank=True)
    agreed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "customer"], name="payeragreement_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.customer_id)


class PayerName(CompanyModel):
    """A customer's name as `domain.matching.names.name_key` writes it; `source`, `tax_id`: as the customer has them."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="payer_names", db_index=False)
    source = models.CharField(max_length=300)
    tax_id = models.CharField(max_length=20, blank=True)
    name_key = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "customer"], name="payername_once")]
        indexes = [models.Index(fields=["company", "name_key"], name="payername_key")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name_key


class PayerNameBlock(CompanyModel):
    """The first letters of two words of a name (`names.blocks`): where names alike are looked for."""

    name = models.ForeignKey(PayerName, on_delete=models.CASCADE, related_name="blocks")
    block = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "block", "name"], name="payernameblock_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.block


class Judgement(CompanyModel):
    """Whether what the engine said first of a movement was right, as people's acts show: one row a movement.

    `how`: accepted, changed (another explanation was chosen), undone, review. Only what nothing vetoed counts.
    """

    movement = models.ForeignKey(BankMovement, on_delete=models.CASCADE, related_name="judgements", db_index=False)
    class_key = models.CharField(max_length=60)
    is_right = models.BooleanField()
    how = models.CharField(max_length=10)
    was_applied = models.BooleanField(default=False)
    judged_at = models.DateTimeField()
    judged_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "movement"], name="judgement_once")]
        indexes = [models.Index(fields=["company", "class_key", "is_right"], name="judgement_class")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.class_key} {self.is_right}"


class ClassRecord(CompanyModel):
    """Judged cases of a class, kept in step with the judgements; `paused_at` when it lost its bound and said so."""

    class_key = models.CharField(max_length=60)
    right = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "class_key"], name="classrecord_once"),
            models.CheckConstraint(condition=Q(right__gte=0) & Q(wrong__gte=0), name="classrecord_counts"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.class_key
