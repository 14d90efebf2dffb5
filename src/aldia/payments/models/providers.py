"""Providers of payments: their accounts, what was asked of them, and what they told us."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.payments.models.links import PaymentLink
from aldia.receivables.models import Credit
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import Secret, User


class ProviderAccount(CompanyModel):
    """The company's account at a provider (`integrations.registry`): its settings, and its secrets encrypted.

    `methods`: the ones switched on, of those the provider has. `sequence`: the last number of a collection account
    that was given out. `looked_at`: until when incoming transfers were last asked for.
    """

    provider = models.CharField(max_length=40)
    name = models.CharField(_("nombre"), max_length=100)
    settings = models.JSONField(default=dict)
    secret = models.ForeignKey(Secret, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    methods = models.JSONField(default=list)
    is_live = models.BooleanField(default=False)
    opens_accounts = models.BooleanField(default=False)
    hook_token = models.CharField(max_length=64, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    looked_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_result = models.CharField(max_length=300, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "hook_token"], name="provideraccount_hook", condition=~Q(hook_token="")
            ),
            models.UniqueConstraint(
                fields=["company"],
                name="provideraccount_one_issuer",
                condition=Q(opens_accounts=True, disabled_at__isnull=True),
            ),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class CollectionAccount(CompanyModel):
    """A CLABE or a reference that only one customer pays into. Never given to another, not even after it is closed.

    `value` is empty while the provider has not answered (`key` is the idempotency key of the question).
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="collection_accounts")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="collection_accounts")
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=40, blank=True)
    sequence = models.PositiveIntegerField()
    provider_id = models.CharField(max_length=120, blank=True)
    bank = models.CharField(max_length=100, blank=True)
    beneficiary = models.CharField(max_length=200, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "kind", "value"], name="collectionaccount_value", condition=~Q(value="")
            ),
            models.UniqueConstraint(fields=["company", "account", "sequence"], name="collectionaccount_sequence"),
            models.UniqueConstraint(
                fields=["company", "customer", "account"],
                name="collectionaccount_customer",
                condition=Q(closed_at__isnull=True),
            ),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.value


class AttemptState(models.TextChoices):
    CREATED = "created", _("Iniciado")
    PENDING = "pending", _("En espera del pago")
    FAILED = "failed", _("No pasó")
    EXPIRED = "expired", _("Venció sin pagarse")
    SUCCEEDED = "succeeded", _("Pagado")
    REFUNDED = "refunded", _("Devuelto")
    DISPUTED = "disputed", _("En contracargo")


class Review(models.TextChoices):
    """Why a person must look at an attempt."""

    UNKNOWN_PAYER = "unknown_payer", _("No sabemos de qué cliente es")
    DUPLICATE = "duplicate", _("Puede ser un pago que ya está registrado")
    CURRENCY = "currency", _("Llegó en otra moneda")
    PROOF = "proof", _("Falta confirmar que el dinero llegó")
    PAID_TWICE = "paid_twice", _("Se pagó lo que ya estaba pagado: quedó a favor")
    STUCK = "stuck", _("El proveedor no dice en qué quedó")
    REFUSED = "refused", _("No se pudo registrar")


class PaymentAttempt(CompanyModel):
    """One payment asked of a provider, or one that came into a collection account by itself.

    Its id is the idempotency key we give the provider. `chosen`: receivable id -> minor units, as the payer chose.
    `received`, `refunded`, `disputed`, `fee` are totals to date as last seen; `posted` (and `posted_fee`) is what the
    books hold of it. `looks` counts the answers of the provider that were applied. `check_after`: when the janitor asks
    again. `review`: why a person must look (`Review`; "" when nobody must).
    """

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="attempts")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payment_attempts", null=True)
    link = models.ForeignKey(PaymentLink, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts")
    collection = models.ForeignKey(
        CollectionAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts"
    )
    provider_id = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    chosen = models.JSONField(default=dict)
    offer = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=AttemptState, default=AttemptState.CREATED)
    received = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    disputed = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0)
    posted = models.BigIntegerField(default=0)
    posted_fee = models.BigIntegerField(default=0)
    paid_on = models.DateField(null=True, blank=True)
    payer = models.JSONField(default=dict)
    trace = models.CharField(max_length=60, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    review = models.CharField(max_length=40, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    check_after = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True)
    looks = models.PositiveIntegerField(default=0)
    credit = models.ForeignKey(Credit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "account", "provider_id"], name="attempt_provider_id", condition=~Q(provider_id="")
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="attempt_amount"),
            models.CheckConstraint(
                condition=Q(received__gte=0) & Q(refunded__gte=0) & Q(disputed__gte=0) & Q(posted__gte=0),
                name="attempt_totals",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at", "id"], name="attempt_recent"),
            models.Index(fields=["company", "customer", "created_at"], name="attempt_customer"),
            models.Index(
                fields=["company", "check_after"], name="attempt_to_check", condition=Q(check_after__isnull=False)
            ),
            models.Index(fields=["company", "created_at"], name="attempt_to_review", condition=~Q(review="")),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def net(self) -> int:
        """What stays with the company of what came in, before the provider's fee; minor units."""
        return max(self.received - self.refunded - self.disputed, 0)


class InboxEvent(CompanyModel):
    """What a provider told us, as it came (raw body, the headers that prove it), once. Applied by a job.

    `said`: the payment as the notice itself tells it, only where the provider cannot be asked.
    """

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="events")
    event_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=100, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=64, blank=True)
    said = models.JSONField(null=True, blank=True)
    needs_proof = models.BooleanField(default=False)
    body = models.TextField()
    headers = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    attempt = models.ForeignKey(PaymentAttempt, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")
    tries = models.PositiveSmallIntegerField(default=0)
    retry_after = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "account", "event_id"], name="inboxevent_once")]
        indexes = [
            models.Index(fields=["company", "received_at"], name="inbox_new", condition=Q(processed_at__isnull=True))
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.event_id


class SandboxCharge(CompanyModel):
    """A payment at the built-in test provider: its side of the story, which only its own page and adapter touch.

    `notices`: what it tells us and when ([{"id", "kind", "at", "sent": n, "times": n}]).
    """

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    provider_id = models.CharField(max_length=60)
    key = models.CharField(max_length=64, blank=True)
    method = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    description = models.CharField(max_length=300, blank=True)
    payer = models.CharField(max_length=200, blank=True)
    return_url = models.CharField(max_length=500, blank=True)
    paid_into = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, default="created")
    received = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    disputed = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0)
    paid_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    notices = models.JSONField(default=list)
    notify_after = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "provider_id"], name="sandboxcharge_id"),
            models.UniqueConstraint(
                fields=["company", "account", "key"], name="sandboxcharge_key", condition=~Q(key="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "notify_after"], name="sandbox_to_tell", condition=Q(notify_after__isnull=False)
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.provider_id
