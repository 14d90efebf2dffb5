"""Rules of reminding, who follows which, and one row for each thing that was due: what became of it and why.

A candidate is one step of a rule for one receivable at one of its turns (`cycle`); the row exists once, so a step is
sent at most once however many schedulers run. What was not sent says why, in a word that the screen explains.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.messaging.models import Channel, Message, Template
from aldia.receivables.models import Credit, Receivable
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import User


class Weekdays(models.TextChoices):
    BANK_DAYS = "bank", _("Días hábiles bancarios")
    WEEKDAYS = "weekdays", _("De lunes a viernes")
    EVERY_DAY = "every", _("Todos los días")


class ReminderSettings(CompanyModel):
    """How and when a company reminds. Hours are local to the company; `transit_days` are bank days.

    `min_days_between` and `max_per_week` count days on which a customer was reminded (`domain.reminders.caps`).
    `merge_after_days`: how many days a step that speaks of a day (when it falls due, when it is paid) may wait.
    `promises`: whether customers are reminded of what they promised; None where nobody said, which is yes.
    """

    send_from = models.TimeField(default="09:00")
    send_until = models.TimeField(default="18:00")
    weekdays = models.CharField(max_length=10, choices=Weekdays, default=Weekdays.BANK_DAYS)
    min_days_between = models.PositiveSmallIntegerField(default=1)
    max_per_week = models.PositiveSmallIntegerField(default=3)
    transit_days = models.PositiveSmallIntegerField(default=1)
    merge_after_days = models.PositiveSmallIntegerField(default=3)
    receipts = models.BooleanField(default=False)
    notices = models.BooleanField(default=True)
    notice_email = models.EmailField(blank=True)
    promises = models.BooleanField(null=True)
    attach_limit_kb = models.PositiveIntegerField(default=5000)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="remindersettings_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.weekdays


class Grouping(models.TextChoices):
    CUSTOMER = "customer", _("Un mensaje por cliente con todo lo pendiente")
    DOCUMENT = "document", _("Un mensaje por documento")


class ReminderRule(CompanyModel):
    """A rule with a name. Off until a person activates it; `activated_on` is the first day it looks at."""

    name = models.CharField(_("nombre"), max_length=100)
    is_default = models.BooleanField(default=False)
    activated_on = models.DateField(null=True, blank=True)
    grouping = models.CharField(max_length=10, choices=Grouping, default=Grouping.CUSTOMER)
    min_balance = models.BigIntegerField(default=0)
    min_currency = models.CharField(max_length=3, blank=True)
    only_overdue = models.BooleanField(default=False)
    columns = models.JSONField(default=list)
    attach_pdf = models.BooleanField(default=True)
    attach_xml = models.BooleanField(default=True)
    attach_statement = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="reminderrule_name"),
            models.UniqueConstraint(fields=["company"], name="reminderrule_one_default", condition=Q(is_default=True)),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class When(models.TextChoices):
    BEFORE = "before", _("Antes de vencer")
    ON_DAY = "on", _("El día que vence")
    AFTER = "after", _("Primera vez después de vencer")
    REPEAT = "repeat", _("Después, cada tantos días")
    PAID = "paid", _("Al pagar")


class ReminderStep(CompanyModel):
    """One step. `days` before or after; a REPEAT comes each `days` after the step before it, `times` at most and not
    past `until_days` after due. `channels` in order of preference; all of them are used when `every_channel`."""

    rule = models.ForeignKey(ReminderRule, on_delete=models.CASCADE, related_name="steps")
    when = models.CharField(max_length=10, choices=When)
    days = models.PositiveSmallIntegerField(default=0)
    times = models.PositiveSmallIntegerField(null=True, blank=True)
    until_days = models.PositiveSmallIntegerField(null=True, blank=True)
    channels = models.JSONField(default=list)
    every_channel = models.BooleanField(default=False)
    tone = models.CharField(max_length=10, default="neutral")
    needs_approval = models.BooleanField(default=False)
    is_on = models.BooleanField(default=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.when} {self.days}"


class StepTemplate(CompanyModel):
    """Which words a step uses on a channel, in a language; without a row, the template of its purpose and tone."""

    step = models.ForeignKey(ReminderStep, on_delete=models.CASCADE, related_name="templates")
    channel = models.CharField(max_length=10, choices=Channel)
    language = models.CharField(max_length=10, default="es")
    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "step", "channel", "language"], name="steptemplate_once")
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.channel} {self.language}"


class RuleAssignment(CompanyModel):
    """Who follows which rule, where it is not the company's default. `rule` empty: no reminders at all.

    What came due before `assigned_on` is not made up for, but for the latest.
    """

    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    receivable = models.ForeignKey(Receivable, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    rule = models.ForeignKey(ReminderRule, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    assigned_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "customer"], name="ruleassignment_customer", condition=Q(customer__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["company", "receivable"], name="ruleassignment_debt", condition=Q(receivable__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=True) ^ Q(receivable__isnull=True), name="ruleassignment_one"
            ),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.rule_id or "—")


class CustomerPause(CompanyModel):
    """A customer that is not reminded until a day (empty: until somebody resumes), with the reason and who said so."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    starts_on = models.DateField()
    until = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=300)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "customer"], name="customerpause_one", condition=Q(ended_on__isnull=True)
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.reason


class CandidateState(models.TextChoices):
    PLANNED = "planned", _("Por enviar")
    MERGED = "merged", _("Va en otro paso")
    SKIPPED = "skipped", _("No se envía")
    DONE = "done", _("En un mensaje")


class ReminderCandidate(CompanyModel):
    """One step that came due for one receivable. `cycle`: 0, or the turn of a repeated step, or of a payment.

    `credit` is the payment that a PAID step thanks for. `why` says why it was skipped, or what holds it up for now.
    """

    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.ForeignKey(ReminderStep, on_delete=models.PROTECT, related_name="+", db_index=False)
    cycle = models.PositiveIntegerField(default=0)
    channel = models.CharField(max_length=10, choices=Channel, blank=True)
    credit = models.ForeignKey(
        Credit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=CandidateState, default=CandidateState.PLANNED)
    why = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    decided_on = models.DateField()
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "receivable", "step", "cycle", "channel"], name="candidate_once"
            ),
            # whatever the number of its turn, and whichever rule was followed when
            models.UniqueConstraint(
                fields=["company", "credit", "receivable", "channel"],
                name="candidate_thanks_once",
                condition=Q(credit__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "customer", "due_on"], name="candidate_planned", condition=Q(state="planned")
            ),
            models.Index(fields=["company", "decided_on", "id"], name="candidate_day"),
            models.Index(fields=["company", "customer", "decided_on"], name="candidate_customer"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.state} {self.why}"


class MessageDebt(CompanyModel):
    """What a message said of a receivable, frozen: the balance it asked for, the day it fell due."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="debts")
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="message_debts")
    balance = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    due_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "message", "receivable"], name="messagedebt_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.balance} {self.currency}"
