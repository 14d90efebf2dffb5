"""The company's accounts at banks, the files and feeds they are read from, and how a bank's columns are read."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import Secret, StoredFile, User


class BankAccount(CompanyModel):
    """An account of the company, at a bank or at whoever keeps its money. `number` is the CLABE or number, bare.

    `feed` names the adapter that its movements come by ("" for files alone): its settings, its secrets encrypted, and
    the account's name there (`feed_account`). `hook_token` is in the address that the feed calls. `fed_until`: the last
    day that was asked for; `fed_at`, `fed_result`: when, and the sentence of what came of it.
    """

    name = models.CharField(_("nombre"), max_length=100)
    bank = models.CharField(_("banco"), max_length=60, blank=True)
    number = models.CharField(_("número o CLABE"), max_length=40, blank=True)
    holder = models.CharField(_("titular"), max_length=200, blank=True)
    country = models.CharField(max_length=2, default="MX")
    currency = models.CharField(_("moneda"), max_length=3)
    feed = models.CharField(max_length=40, blank=True)
    feed_settings = models.JSONField(default=dict)
    feed_account = models.CharField(max_length=120, blank=True)
    secret = models.ForeignKey(Secret, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    hook_token = models.CharField(max_length=64, blank=True)
    fed_until = models.DateField(null=True, blank=True)
    fed_at = models.DateTimeField(null=True, blank=True)
    fed_result = models.CharField(max_length=300, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="bankaccount_name"),
            models.UniqueConstraint(
                fields=["company", "number", "currency"], name="bankaccount_number", condition=~Q(number="")
            ),
            models.UniqueConstraint(
                fields=["company", "hook_token"], name="bankaccount_hook", condition=~Q(hook_token="")
            ),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class ColumnMapping(CompanyModel):
    """How the columns of a bank's file are read, as a person confirmed: found again by its header row."""

    fingerprint = models.CharField(max_length=64)
    mapping = models.JSONField()
    label = models.CharField(max_length=120, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "fingerprint"], name="columnmapping_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.label or self.fingerprint[:8]


class StatementFile(CompanyModel):
    """The bytes that somebody uploaded, as they came: one file may hold statements of several accounts.

    `hints` are the answers given about this file so far (`year`, …), as `domain.statements.Hints` takes them.
    `refusal`: the sentence, when it is no statement.
    """

    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=20, blank=True)
    account = models.ForeignKey(BankAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    hints = models.JSONField(default=dict)
    mapping = models.JSONField(null=True, blank=True)
    refusal = models.CharField(max_length=500, blank=True)
    uploaded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["company", "sha256"], name="statementfile_sha")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class StatementState(models.TextChoices):
    IMPORTED = "imported", _("Importado")
    UNDONE = "undone", _("Deshecho")


class StatementImport(CompanyModel):
    """Movements that entered together: one statement of a file, or what a feed brought at once (`file` null).

    `part` is the place of the statement in its file. Rows: `read` = `new` + `known` + `doubtful`; `skipped` are the
    rows that are no movement, [{"line", "code", "why", "text"}]. `seen` are the known movements of a file: they stay
    when the import that brought them first is undone. `proof` is `domain.statements.Proof` as JSON.
    Amounts in minor units of the account's currency.
    """

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="imports", db_index=False)
    file = models.ForeignKey(StatementFile, null=True, blank=True, on_delete=models.PROTECT, related_name="imports")
    part = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=10)  # file, pull, push
    state = models.CharField(max_length=10, choices=StatementState, default=StatementState.IMPORTED)
    first_on = models.DateField(null=True, blank=True)
    last_on = models.DateField(null=True, blank=True)
    opening = models.BigIntegerField(null=True, blank=True)
    closing = models.BigIntegerField(null=True, blank=True)
    read = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    doubtful = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=list)
    seen = models.JSONField(default=list)
    proof = models.JSONField(default=dict)
    imported_at = models.DateTimeField()
    imported_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "account", "file", "part"],
                name="statementimport_once",
                condition=Q(state="imported", file__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["company", "account", "imported_at"], name="statementimport_account")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.first_on} → {self.last_on}"


class BankEvent(CompanyModel):
    """What a feed told us, verified over its raw bytes and kept once; a job answers it."""

    account = models.ForeignKey(BankAccount, on_delete=models.CASCADE, related_name="+")
    event_id = models.CharField(max_length=160)
    kind = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    retry_after = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "account", "event_id"], name="bankevent_once")]
        indexes = [
            models.Index(
                fields=["company", "received_at"], name="bankevent_new", condition=Q(processed_at__isnull=True)
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.event_id
