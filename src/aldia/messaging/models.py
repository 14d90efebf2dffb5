"""What leaves the house: templates, messages with their frozen content, and what became of each delivery.

A message is written once with its content frozen; a delivery is one address of it. A reminder is sent at most once:
`queued → sending → sent | failed | unknown`, and nobody repeats an unknown but a person. What `guarantee` says
AT_LEAST may be tried again with the same Message-ID (receipts).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Contact, Customer
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import Secret, StoredFile, User


class Channel(models.TextChoices):
    EMAIL = "email", _("Correo")
    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    LETTER = "letter", _("Carta certificada")


class Purpose(models.TextChoices):
    BEFORE = "before", _("Antes de vencer")
    ON_DAY = "on", _("El día que vence")
    AFTER = "after", _("Después de vencer")
    PAID = "paid", _("Al pagar")
    RECEIPT = "receipt", _("Recibo de pago")
    STATEMENT = "statement", _("Estado de cuenta")
    ORDER = "order", _("Orden de pago")
    DOCUMENT = "document", _("Documento emitido")
    DIRECT = "direct", _("Mensaje directo")
    NOTICE = "notice", _("Aviso a la empresa")


class Tone(models.TextChoices):
    FRIENDLY = "friendly", _("Amable")
    NEUTRAL = "neutral", _("Neutro")
    FIRM = "firm", _("Firme")


class ChannelAccount(CompanyModel):
    """A way out of the house: which adapter (`integrations.registry`), its settings, and its secrets encrypted."""

    channel = models.CharField(max_length=10, choices=Channel)
    adapter = models.CharField(max_length=40)
    name = models.CharField(_("nombre"), max_length=100)
    settings = models.JSONField(default=dict)
    secret = models.ForeignKey(Secret, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sender_name = models.CharField(max_length=200, blank=True)
    sender_address = models.CharField(max_length=254, blank=True)
    reply_to = models.EmailField(blank=True)
    is_default = models.BooleanField(default=False)
    disabled_at = models.DateTimeField(null=True, blank=True)
    hook_token = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "channel"], name="channelaccount_one_default", condition=Q(is_default=True)
            ),
            models.UniqueConstraint(
                fields=["company", "hook_token"], name="channelaccount_hook", condition=~Q(hook_token="")
            ),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class Template(CompanyModel):
    """Words with placeholders (Liquid over a flat context of strings). `builtin` names one that came with the house."""

    name = models.CharField(_("nombre"), max_length=120)
    purpose = models.CharField(max_length=10, choices=Purpose)
    channel = models.CharField(max_length=10, choices=Channel)
    tone = models.CharField(max_length=10, choices=Tone, default=Tone.NEUTRAL)
    language = models.CharField(max_length=10, default="es")
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    builtin = models.CharField(max_length=60, blank=True)
    provider_name = models.CharField(max_length=200, blank=True)
    provider_state = models.CharField(max_length=20, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "name", "language"], name="template_name")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class MessageState(models.TextChoices):
    AWAITING = "awaiting", _("Espera aprobación")
    READY = "ready", _("Por enviar")
    DONE = "done", _("Enviado")
    CANCELLED = "cancelled", _("No se envió")


class Guarantee(models.TextChoices):
    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Message(CompanyModel):
    """One message with its content as it was frozen. `key` makes it once: the same occasion never writes a second.

    `facts` holds what it said in figures (amounts as minor units with their currency), for whoever asks years later.
    `provider_template` with `parameters`: the approved template of WhatsApp that says the same. `reply_to`: a person.
    """

    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="messages")
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=10, choices=Purpose)
    reason = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=200)
    guarantee = models.CharField(max_length=10, choices=Guarantee, default=Guarantee.AT_MOST)
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.READY)
    account = models.ForeignKey(ChannelAccount, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    template = models.ForeignKey(Template, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    language = models.CharField(max_length=10, default="es")
    subject = models.CharField(max_length=300, blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    provider_template = models.CharField(max_length=200, blank=True)
    parameters = models.JSONField(default=list)
    sender_name = models.CharField(max_length=200, blank=True)
    reply_to = models.EmailField(blank=True)
    facts = models.JSONField(default=dict)
    on_day = models.DateField()
    send_after = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "key"], name="message_once")]
        indexes = [
            models.Index(fields=["company", "customer", "on_day"], name="message_customer"),
            models.Index(fields=["company", "-created_at", "id"], name="message_recent"),
            models.Index(fields=["company", "send_after"], name="message_ready", condition=Q(state="ready")),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.subject or self.key


class Attachment(CompanyModel):
    """A file that goes with a message, kept as it went. `content_id`: a picture inside the HTML (the logo)."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content_id = models.CharField(max_length=60, blank=True)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "message", "position"], name="attachment_position")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    QUEUED = "queued", _("En cola")
    SENDING = "sending", _("Enviando")
    SENT = "sent", _("Enviado")
    DELIVERED = "delivered", _("Entregado")
    OPENED = "opened", _("Abierto")
    BOUNCED = "bounced", _("Rebotado")
    COMPLAINED = "complained", _("Marcado como no deseado")
    FAILED = "failed", _("Falló")
    UNKNOWN = "unknown", _("No se sabe")
    CANCELLED = "cancelled", _("No se envió")


class Delivery(CompanyModel):
    """One address of a message and what became of it. `fence` rises at each claim: a late sender changes nothing."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_copy = models.BooleanField(default=False)
    name = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.QUEUED)
    header_id = models.CharField(max_length=200, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    try_after = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "message", "address"], name="delivery_once")]
        indexes = [
            models.Index(fields=["company", "lease_until"], name="delivery_sending", condition=Q(state="sending")),
            models.Index(fields=["company", "try_after"], name="delivery_queued", condition=Q(state="queued")),
            models.Index(fields=["company", "id"], name="delivery_unknown", condition=Q(state="unknown")),
            models.Index(fields=["company", "provider_id"], name="delivery_provider", condition=~Q(provider_id="")),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.address} {self.state}"


class DeliveryEvent(CompanyModel):
    """What happened to a delivery, in our words, and what the provider said. Rows are added, never changed."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    detail = models.CharField(max_length=500, blank=True)
    raw = models.JSONField(default=dict)
    event_key = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "event_key"], name="deliveryevent_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.kind


class ProviderNotice(CompanyModel):
    """What a provider told us, as it came: the inbox of the channels. `events` is what its adapter read in it when it
    verified the request: a signature cannot be verified again later. Unprocessed: some event has no delivery yet."""

    account = models.ForeignKey(ChannelAccount, on_delete=models.PROTECT, related_name="+")
    event_id = models.CharField(max_length=200)
    body = models.TextField()
    headers = models.JSONField(default=dict)
    events = models.JSONField(default=list)
    processed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "account", "event_id"], name="providernotice_once")]
        indexes = [
            models.Index(fields=["company", "id"], name="providernotice_new", condition=Q(processed_at__isnull=True))
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.event_id


class Suppression(CompanyModel):
    """An address that is not written to any more: it bounced, complained, or asked. Lifted by a person only."""

    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    why = models.CharField(max_length=12)
    detail = models.CharField(max_length=500, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "channel", "address"],
                name="suppression_once",
                condition=Q(lifted_at__isnull=True),
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.address
