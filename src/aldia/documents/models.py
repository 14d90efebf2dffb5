"""What the authority knows: fiscal documents, what they say of each other, and how they came in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import StoredFile, User


class Kind(models.TextChoices):
    INVOICE = "invoice", _("Factura")
    CREDIT_NOTE = "credit_note", _("Nota de crédito")
    DEBIT_NOTE = "debit_note", _("Nota de cargo")
    ADVANCE = "advance", _("Anticipo")
    PAYMENT_COMPLEMENT = "payment_complement", _("Complemento de pago")
    TRANSFER = "transfer", _("Traslado")
    OTHER = "other", _("Otro")


class Direction(models.TextChoices):
    ISSUED = "issued", _("Emitido")
    RECEIVED = "received", _("Recibido")


class AuthorityStatus(models.TextChoices):
    UNKNOWN = "unknown", _("Sin consultar")
    VALID = "valid", _("Vigente")
    CANCELLED = "cancelled", _("Cancelado")


class SealState(models.TextChoices):
    PENDING = "pending", _("Sin verificar")
    OK = "ok", _("Sello y timbre correctos")
    BAD = "bad", _("No coincide")
    UNKNOWN = "unknown", _("No se pudo verificar")


def number_of(series: str, folio: str, key: str) -> str:
    """Series and folio as people write them: "F-123"; the first block of the key where there is none."""
    return "-".join(part for part in (series, folio) if part) or key[:8]


class FiscalDocument(CompanyModel):
    """A document on file. Amounts are minor units of `currency`; `exchange_rate` is text, never summed.

    The original bytes are `size` bytes with hash `sha256`, inside `original` (the archive it came in) at the member
    whose local header starts at `original_offset`.
    `issued_on` is the day of issue at the place of issue. `printed_note`: what the issuer says on paper to the
    customer, for which the original has no place. `relations` live in `DocumentRelation`.
    """

    country = models.CharField(max_length=2)
    kind = models.CharField(max_length=20, choices=Kind)
    direction = models.CharField(max_length=8, choices=Direction)
    key = models.CharField(max_length=60)
    version = models.CharField(max_length=8, blank=True)
    type_code = models.CharField(max_length=4, blank=True)
    series = models.CharField(max_length=40, blank=True)
    folio = models.CharField(max_length=60, blank=True)
    issued_at = models.DateTimeField()
    issued_on = models.DateField()
    issuer_tax_id = models.CharField(max_length=20)
    issuer_name = models.CharField(max_length=300)
    receiver_tax_id = models.CharField(max_length=20)
    receiver_name = models.CharField(max_length=300)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="documents", db_index=False
    )
    currency = models.CharField(max_length=3)
    exchange_rate = models.CharField(max_length=30, blank=True)
    subtotal = models.BigIntegerField()
    discount = models.BigIntegerField(default=0)
    transferred = models.BigIntegerField(default=0)
    withheld = models.BigIntegerField(default=0)
    total = models.BigIntegerField()
    method = models.CharField(max_length=4, blank=True)
    payment_form = models.CharField(max_length=4, blank=True)
    conditions = models.CharField(max_length=1000, blank=True)
    is_global = models.BooleanField(default=False)
    is_advance_remainder = models.BooleanField(default=False)
    stamped_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=AuthorityStatus, default=AuthorityStatus.UNKNOWN)
    status_checked_at = models.DateTimeField(null=True, blank=True)
    cancelled_on = models.DateField(null=True, blank=True)
    seal_state = models.CharField(max_length=8, choices=SealState, default=SealState.PENDING)
    seal_report = models.JSONField(null=True, blank=True)
    findings = models.JSONField(default=list)
    original = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+", db_index=False)
    original_name = models.CharField(max_length=300, blank=True)
    original_offset = models.BigIntegerField()
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    parser_version = models.SmallIntegerField(default=1)
    printed_note = models.CharField(max_length=500, null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "country", "key"], name="document_key")]
        indexes = [
            models.Index(fields=["company", "key"], name="document_by_key"),  # whatever its country
            models.Index(fields=["company", "series", "folio"], name="document_folio"),
            models.Index(fields=["company", "customer", "issued_on"], name="document_customer"),
            models.Index(fields=["company", "kind", "issued_on", "id"], name="document_kind"),
            models.Index(fields=["company", "id"], name="document_unsealed", condition=Q(seal_state="pending")),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.series}{self.folio}" or self.key

    @property
    def number(self) -> str:
        return number_of(self.series, self.folio, self.key)


class DocumentRelation(CompanyModel):
    """A document names another by its key; the other may come later, or never."""

    document = models.ForeignKey(FiscalDocument, on_delete=models.CASCADE, related_name="relations", db_index=False)
    code = models.CharField(max_length=4)
    to_key = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "document", "code", "to_key"], name="relation_once")]
        indexes = [models.Index(fields=["company", "to_key", "document"], name="relation_to")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.code} {self.to_key}"


class DocumentTax(CompanyModel):
    """One total of a tax of a document; `rate` is text as printed."""

    document = models.ForeignKey(FiscalDocument, on_delete=models.CASCADE, related_name="taxes", db_index=False)
    withheld = models.BooleanField()
    code = models.CharField(max_length=6)
    factor = models.CharField(max_length=10, blank=True)
    rate = models.CharField(max_length=20, blank=True)
    base = models.BigIntegerField(null=True)
    amount = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["company", "document"], name="documenttax_document")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.code} {self.rate}"


class ComplementPayment(CompanyModel):
    """One receipt of money (a `Pago` node) that a payment complement declares. `rate` is text: MXN per unit."""

    document = models.ForeignKey(FiscalDocument, on_delete=models.CASCADE, related_name="payments", db_index=False)
    position = models.SmallIntegerField()
    paid_on = models.DateField()
    form = models.CharField(max_length=4, blank=True)
    currency = models.CharField(max_length=3)
    rate = models.CharField(max_length=30, blank=True)
    amount = models.BigIntegerField()
    operation = models.CharField(max_length=100, blank=True)
    payer_account = models.CharField(max_length=50, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "document", "position"], name="complementpayment_once")
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.document_id} {self.position}"


class PaymentComplementLine(CompanyModel):
    """What a complement says was paid of one document, in that document's currency (minor units)."""

    payment = models.ForeignKey(ComplementPayment, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.SmallIntegerField()
    to_key = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    equivalence = models.CharField(max_length=30)
    partiality = models.IntegerField(null=True)
    before = models.BigIntegerField(null=True)
    paid = models.BigIntegerField()
    after = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "payment", "position"], name="complementline_once")]
        indexes = [models.Index(fields=["company", "to_key"], name="complementline_to")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.to_key


class CancellationNotice(CompanyModel):
    """The authority's word that a document was cancelled, kept even if the document itself comes later or never."""

    key = models.CharField(max_length=60)
    cancelled_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=30)
    stated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "key"], name="cancellation_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.key


class BatchState(models.TextChoices):
    QUEUED = "queued", _("En espera")
    RUNNING = "running", _("Leyendo")
    DONE = "done", _("Terminada")
    FAILED = "failed", _("Detenida")


class IngestBatch(CompanyModel):
    """One import: the archive as it came, how far it got, and what became of each item."""

    source = models.CharField(max_length=20, default="upload")
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=BatchState, default=BatchState.QUEUED)
    total = models.IntegerField(null=True)
    done = models.IntegerField(default=0)
    opened = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)
    collect_all = models.BooleanField(default=False)
    message = models.TextField(blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["company", "-created_at"], name="batch_recent")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class Outcome(models.TextChoices):
    OPENED = "opened", _("Por cobrar")
    STORED = "stored", _("En archivo")
    UPDATED = "updated", _("Actualizado")
    DUPLICATE = "duplicate", _("Ya estaba")
    IGNORED = "ignored", _("Ignorado")
    ERROR = "error", _("Con error")


class IngestItem(CompanyModel):
    """What became of one file of a batch, with a sentence that a person understands."""

    batch = models.ForeignKey(IngestBatch, on_delete=models.CASCADE, related_name="items", db_index=False)
    position = models.IntegerField()
    name = models.CharField(max_length=300)
    outcome = models.CharField(max_length=10, choices=Outcome)
    code = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)
    key = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=20, blank=True)
    document = models.ForeignKey(FiscalDocument, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "batch", "position"], name="item_once")]
        indexes = [models.Index(fields=["company", "batch", "outcome", "position"], name="item_outcome")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}"


class SatCertificate(models.Model):
    """A certificate of the authority's infrastructure (global data: roots, issuers, PACs, taxpayers' CSD)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40, unique=True)
    subject = models.CharField(max_length=300)
    tax_id = models.CharField(max_length=20, blank=True)
    is_authority = models.BooleanField(default=False)
    trusted = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    der = models.BinaryField()

    def __str__(self) -> str:
        return self.number
