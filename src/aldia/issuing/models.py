"""What the company issues: who it is for the authority, its seal, who stamps, and each document from draft to end."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument
from aldia.receivables.models import Credit, Receivable
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Secret, StoredFile, User


class ComplementMode(models.TextChoices):
    RECEIPT = "receipt", _("Uno por cada pago")
    MONTHLY = "monthly", _("Uno al mes por cliente")


class IssuerProfile(CompanyModel):
    """Who the company is on what it issues: name exactly as registered, régimen, postal code; and how it issues.

    `complement_day`: natural day of the next month until which a complement is due (RMF 2.7.1.32: the fifth).
    `is_automatic`: complements are stamped and sent without a person.
    """

    name = models.CharField(_("nombre registrado"), max_length=300)
    regime = models.CharField(_("régimen fiscal"), max_length=3)
    postal_code = models.CharField(_("lugar de expedición"), max_length=5)
    invoice_series = models.CharField(max_length=25, blank=True)
    credit_note_series = models.CharField(max_length=25, blank=True, default="NC")
    debit_note_series = models.CharField(max_length=25, blank=True, default="ND")
    complement_series = models.CharField(max_length=25, blank=True, default="P")
    complement_mode = models.CharField(max_length=8, choices=ComplementMode, default=ComplementMode.RECEIPT)
    complement_day = models.PositiveSmallIntegerField(default=5)
    complements_since = models.DateField(null=True, blank=True)
    is_automatic = models.BooleanField(default=False)
    sends_documents = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="issuerprofile_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class Folio(CompanyModel):
    """The last number given in a series; its row is the lock."""

    series = models.CharField(max_length=25, blank=True)
    last = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "series"], name="folio_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.series} {self.last}"


class SealCertificate(CompanyModel):
    """The company's CSD: public part here, key and password in `secret`. The newest one not revoked seals."""

    tax_id = models.CharField(max_length=20)
    number = models.CharField(max_length=40)
    certificate = models.BinaryField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    secret = models.ForeignKey(Secret, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "number"], name="sealcertificate_once", condition=Q(revoked_at__isnull=True)
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.number


class StamperAccount(CompanyModel):
    """The company's account at a PAC: adapter (`integrations.registry`), mode, settings, and secrets encrypted."""

    adapter = models.CharField(max_length=40)
    is_test = models.BooleanField(default=False)
    settings = models.JSONField(default=dict)
    secret = models.ForeignKey(Secret, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    disabled_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company"], name="stamperaccount_one", condition=Q(disabled_at__isnull=True)
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.adapter


class FiscalProfile(CompanyModel):
    """How a customer is named on a document: name, postal code and régimen exactly as in the authority's register.

    `is_confirmed`: a person wrote or confirmed it; else it was read from its last document.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="fiscal_profiles", db_index=False)
    name = models.CharField(max_length=300)
    postal_code = models.CharField(max_length=5)
    regime = models.CharField(max_length=3)
    use = models.CharField(max_length=4, default="G03")
    is_confirmed = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "customer"], name="fiscalprofile_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class SavedConcept(CompanyModel):
    """A concept that the company bills often: offered while typing. `line` is a draft's line as JSON."""

    name = models.CharField(max_length=200)
    search = models.CharField(max_length=300, blank=True)
    line = models.JSONField()
    used_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["company", "-used_at"], name="savedconcept_recent")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class IssueKind(models.TextChoices):
    INVOICE = "invoice", _("Factura")
    CREDIT_NOTE = "credit_note", _("Nota de crédito")
    DEBIT_NOTE = "debit_note", _("Nota de cargo")
    ADVANCE = "advance", _("Anticipo")
    COMPLEMENT = "complement", _("Complemento de pago")


class IssueState(models.TextChoices):
    """What the company wants and what the PAC said. `unknown`: asked, and nobody answered yet; asked again, the same
    stamp comes. `rejected`: the PAC said no; a person mends the draft."""

    DRAFT = "draft", _("Borrador")
    QUEUED = "queued", _("Por timbrar")
    SEALED = "sealed", _("Sellado")
    UNKNOWN = "unknown", _("Esperando al PAC")
    REJECTED = "rejected", _("Rechazado")
    STAMPED = "stamped", _("Timbrado")
    CANCELLING = "cancelling", _("Cancelación en curso")
    CANCELLED = "cancelled", _("Cancelado")
    DISCARDED = "discarded", _("Descartado")


class Issue(CompanyModel):
    """A document of ours from draft to end. `content` is the neutral draft (`domain.fiscal.drafts`) as JSON.

    `key` names it at the PAC, the same at every attempt. `origin` with `origin_key` says what asked for it ("screen",
    "recurring", "payment"…), once. `sealed`: the exact bytes that the PAC is asked to stamp. `due_on`: last day to
    stamp a complement. `replaces`: the one it substitutes (relation 04). Nothing is tried before `next_at`.
    """

    kind = models.CharField(max_length=12, choices=IssueKind)
    state = models.CharField(max_length=10, choices=IssueState, default=IssueState.DRAFT)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="issues", db_index=False)
    origin = models.CharField(max_length=20, default="screen")
    origin_key = models.CharField(max_length=120, blank=True)
    content = models.JSONField()
    series = models.CharField(max_length=25, blank=True)
    folio = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(default=0)
    due_on = models.DateField(null=True, blank=True)
    key = models.UUIDField(default=uuid7, editable=False)
    is_test = models.BooleanField(default=False)
    stamper = models.ForeignKey(StamperAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sealed = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sealed_at = models.DateTimeField(null=True, blank=True)
    uuid = models.CharField(max_length=36, blank=True)
    document = models.ForeignKey(
        FiscalDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="issues", db_index=False
    )
    stamped_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    trouble_code = models.CharField(max_length=30, blank=True)
    trouble = models.CharField(max_length=500, blank=True)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="successors")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "key"], name="issue_key"),
            models.UniqueConstraint(
                fields=["company", "origin", "origin_key"], name="issue_origin", condition=~Q(origin_key="")
            ),
            models.UniqueConstraint(fields=["company", "uuid"], name="issue_uuid", condition=~Q(uuid="")),
        ]
        indexes = [
            models.Index(fields=["company", "kind", "-created_at"], name="issue_recent"),
            models.Index(fields=["company", "customer", "-created_at"], name="issue_customer"),
            models.Index(
                fields=["company", "next_at"],
                name="issue_waiting",
                condition=Q(state__in=["queued", "sealed", "unknown", "cancelling"]),
            ),
            models.Index(
                fields=["company", "due_on"],
                name="issue_due",
                condition=Q(kind="complement") & Q(state__in=["draft", "queued", "sealed", "unknown", "rejected"]),
            ),
            models.Index(fields=["company", "document"], name="issue_document"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.series}{self.folio}" or self.get_kind_display()


class ComplementPart(CompanyModel):
    """What a complement says that a receipt of money paid of a document: one DoctoRelacionado.

    `payment` is the place of its Pago node. `amount` and `before` in minor units of the document's currency, `share` in
    the money's. `earlier`: what live complements said of it until then. `is_live` ends when the complement does.
    """

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="parts", db_index=False)
    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="+", db_index=False)
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="+", db_index=False)
    payment = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=60)
    amount = models.BigIntegerField()
    share = models.BigIntegerField()
    before = models.BigIntegerField()
    earlier = models.BigIntegerField(default=0)
    number = models.PositiveIntegerField()
    is_live = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "issue", "credit", "receivable"], name="complementpart_once"),
            models.UniqueConstraint(
                fields=["company", "credit", "receivable"], name="complementpart_live", condition=Q(is_live=True)
            ),
            models.CheckConstraint(condition=Q(amount__gt=0) & Q(before__gte=models.F("amount")), name="part_amount"),
        ]
        indexes = [
            models.Index(fields=["company", "key"], name="complementpart_key"),
            models.Index(fields=["company", "credit"], name="complementpart_credit"),
            models.Index(fields=["company", "receivable"], name="complementpart_document"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.key} {self.number}"


class Motive(models.TextChoices):
    """c_MotivoCancelacion: https://www.sat.gob.mx/consultas/91447/nuevo-esquema-de-cancelacion"""

    WITH_RELATION = "01", _("Con errores, y otro lo sustituye")
    WITHOUT_RELATION = "02", _("Con errores, sin otro que lo sustituya")
    NOT_DONE = "03", _("No se llevó a cabo la operación")
    IN_GLOBAL = "04", _("Operación nominativa en una factura global")


class CancellationState(models.TextChoices):
    ASKED = "asked", _("Por pedir")
    WAITING = "waiting", _("Espera al receptor")
    DONE = "done", _("Cancelado")
    REJECTED = "rejected", _("El receptor no aceptó")
    FAILED = "failed", _("No se pudo")
    WITHDRAWN = "withdrawn", _("Retirada")


class Cancellation(CompanyModel):
    """A wish to cancel a document of ours at the authority, and what came of it. Nothing is tried before `next_at`."""

    document = models.ForeignKey(FiscalDocument, on_delete=models.PROTECT, related_name="cancellations", db_index=False)
    issue = models.ForeignKey(Issue, null=True, blank=True, on_delete=models.SET_NULL, related_name="cancellations")
    motive = models.CharField(max_length=2, choices=Motive)
    replacement_key = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=CancellationState, default=CancellationState.ASKED)
    code = models.CharField(max_length=30, blank=True)
    message = models.CharField(max_length=500, blank=True)
    acknowledgement = models.ForeignKey(
        StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "document"], name="cancellation_open", condition=Q(state__in=["asked", "waiting"])
            )
        ]
        indexes = [
            models.Index(
                fields=["company", "next_at"], name="cancellation_waiting", condition=Q(state__in=["asked", "waiting"])
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.motive} {self.state}"


class CatalogueEntry(models.Model):
    """A code of a catalogue of the authority (c_ClaveProdServ, c_ClaveUnidad, …): global data, updated as a whole.

    `search` is the text that the search box looks in, folded; `detail` what else the catalogue says of the code.
    """

    id = models.BigAutoField(primary_key=True)
    catalogue = models.CharField(max_length=30)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=500)
    search = models.CharField(max_length=900)
    detail = models.JSONField(default=dict)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["catalogue", "code"], name="catalogueentry_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CatalogueLoad(models.Model):
    """When a catalogue was loaded, from what, and how many codes it has: global data."""

    id = models.BigAutoField(primary_key=True)
    catalogue = models.CharField(max_length=30, unique=True)
    source = models.CharField(max_length=200)
    revision = models.CharField(max_length=60, blank=True)
    rows = models.IntegerField()
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.catalogue
