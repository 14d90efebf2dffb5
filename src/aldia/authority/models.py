"""Connections with the tax authority, what was asked of it and what it answered, and its lists of taxpayers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.documents.models import FiscalDocument, IngestBatch
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Secret, StoredFile, User


class AuthorityConnection(CompanyModel):
    """The company's e.firma at its authority. The key and its password are in `secret`; here is only what is public.

    `adapter` names who speaks to it (`integrations.registry`). Documents are asked for since `since`; a run every
    `interval_days`, the next one at `next_at`. Revoked, its secret is deleted and the row stays.
    """

    adapter = models.CharField(max_length=40, default="mx_sat")
    tax_id = models.CharField(max_length=20)
    holder = models.CharField(max_length=300)
    number = models.CharField(max_length=40)
    certificate = models.BinaryField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    secret = models.ForeignKey(Secret, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    settings = models.JSONField(default=dict)
    interval_days = models.PositiveSmallIntegerField(default=3)
    wants_issued = models.BooleanField(default=True)
    wants_received = models.BooleanField(default=True)
    since = models.DateField()
    next_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "adapter"], name="connection_once", condition=Q(revoked_at__isnull=True)
            )
        ]
        indexes = [
            models.Index(fields=["company", "next_at"], name="connection_due", condition=Q(revoked_at__isnull=True))
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.tax_id} {self.number}"


class RunState(models.TextChoices):
    RUNNING = "running", _("En curso")
    DONE = "done", _("Terminada")
    PARTIAL = "partial", _("Terminada con pendientes")
    FAILED = "failed", _("Detenida")
    CANCELLED = "cancelled", _("Cancelada")


class Trigger(models.TextChoices):
    SCHEDULED = "scheduled", _("Programada")
    ASKED = "asked", _("Pedida")
    DOCUMENT = "document", _("Un documento")
    FIRST = "first", _("Primera vez")


class SyncRun(CompanyModel):
    """One synchronisation: the period that it brings up to date (local time of central Mexico), and what it brought.

    `counts`: documents, new, cancelled, missing, … by name.
    """

    connection = models.ForeignKey(AuthorityConnection, on_delete=models.CASCADE, related_name="runs", db_index=False)
    trigger = models.CharField(max_length=10, choices=Trigger)
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    counts = models.JSONField(default=dict)
    message = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "connection"],
                name="syncrun_one",
                condition=Q(state="running") & ~Q(trigger="document"),
            )
        ]
        indexes = [models.Index(fields=["company", "connection", "-started_at"], name="syncrun_recent")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d} → {self.until:%Y-%m-%d}"


class RequestKind(models.TextChoices):
    XML = "xml", _("Documentos")
    METADATA = "metadata", _("Listado")


class RequestState(models.TextChoices):
    """`asking` and `verifying` are ours; `accepted`… are the authority's own (EstadoSolicitud 1 to 6)."""

    PLANNED = "planned", _("Por pedir")
    ACCEPTED = "accepted", _("Aceptada")
    IN_PROCESS = "in_process", _("En proceso")
    FINISHED = "finished", _("Lista para descargar")
    DONE = "done", _("Descargada")
    EMPTY = "empty", _("Sin documentos")
    SPLIT = "split", _("Dividida en partes")
    ERROR = "error", _("Con error")
    REJECTED = "rejected", _("Rechazada")
    EXPIRED = "expired", _("Vencida")
    STOPPED = "stopped", _("Detenida")


OPEN_REQUESTS = (
    RequestState.PLANNED, RequestState.ACCEPTED, RequestState.IN_PROCESS, RequestState.FINISHED,
)  # fmt: skip


class SyncRequest(CompanyModel):
    """One request of a mass download, through the authority's own states. Times are local to central Mexico.

    `request_id` is the authority's name of it; `code` and `message` its last answer. `parent`: what it is a part of, or
    takes the place of. Nothing is asked before `next_at`. `asked_with` is the certificate number that asked.
    """

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="requests", db_index=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="parts")
    kind = models.CharField(max_length=8, choices=RequestKind)
    direction = models.CharField(max_length=8)
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    uuid = models.CharField(max_length=36, blank=True)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.PLANNED)
    request_id = models.CharField(max_length=60, blank=True)
    asked_with = models.CharField(max_length=40, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=10, blank=True)
    message = models.CharField(max_length=300, blank=True)
    found = models.IntegerField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "request_id"], name="syncrequest_once", condition=~Q(request_id="")
            )
        ]
        indexes = [
            models.Index(fields=["company", "run"], name="syncrequest_run"),
            models.Index(
                fields=["company", "next_at"],
                name="syncrequest_open",
                condition=Q(state__in=["planned", "accepted", "in_process", "finished"]),
            ),
            models.Index(fields=["company", "kind", "direction", "since", "until"], name="syncrequest_period"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.kind} {self.direction} {self.state}"


class PackageState(models.TextChoices):
    WAITING = "waiting", _("Por descargar")
    STORED = "stored", _("Guardado")
    IMPORTED = "imported", _("Leído")
    LOST = "lost", _("Perdido por el SAT")


class SyncPackage(CompanyModel):
    """A package of a request: stored as it came before anything reads it."""

    request = models.ForeignKey(SyncRequest, on_delete=models.CASCADE, related_name="packages", db_index=False)
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=PackageState, default=PackageState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    file = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    batch = models.ForeignKey(IngestBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    stored_at = models.DateTimeField(null=True, blank=True)
    imported_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "request", "name"], name="syncpackage_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class ListedDocument(CompanyModel):
    """A document as the authority's listing (metadata) tells it, whether its XML is on file or not.

    `amount` is as printed, without a currency: the listing has none. `missing_since`: in the listing, not on file.
    """

    key = models.CharField(max_length=60)
    direction = models.CharField(max_length=8)
    issuer_tax_id = models.CharField(max_length=20)
    issuer_name = models.CharField(max_length=300, blank=True)
    receiver_tax_id = models.CharField(max_length=20)
    receiver_name = models.CharField(max_length=300, blank=True)
    type_code = models.CharField(max_length=4, blank=True)
    issued_at = models.DateTimeField()
    amount = models.CharField(max_length=30, blank=True)
    is_valid = models.BooleanField(default=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    listed_at = models.DateTimeField()
    missing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "key"], name="listeddocument_once")]
        indexes = [
            models.Index(
                fields=["company", "issued_at"], name="listeddocument_missing", condition=Q(missing_since__isnull=False)
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.key


class StatusCheck(CompanyModel):
    """One answer of the authority's status service about a document; rows are added, never changed."""

    document = models.ForeignKey(
        FiscalDocument, null=True, blank=True, on_delete=models.CASCADE, related_name="status_checks", db_index=False
    )
    key = models.CharField(max_length=60)
    code = models.CharField(max_length=120)
    state = models.CharField(max_length=40)
    cancelable = models.CharField(max_length=60, blank=True)
    cancellation = models.CharField(max_length=60, blank=True)
    listed_issuer = models.CharField(max_length=20, blank=True)
    checked_at = models.DateTimeField()
    checked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["company", "key", "-checked_at"], name="statuscheck_key")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class TaxpayerList(models.Model):
    """One load of a list that the authority publishes ("69b", "firmes", …): global data, the same for everybody."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    published_on = models.DateField(null=True, blank=True)
    loaded_at = models.DateTimeField()
    rows = models.IntegerField()
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="taxpayerlist_current", condition=Q(is_current=True))
        ]

    def __str__(self) -> str:
        return self.name


class ListedTaxpayer(models.Model):
    """A taxpayer of a list, with the situation in the authority's words ("Presunto", "Definitivo", …)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    listing = models.ForeignKey(TaxpayerList, on_delete=models.CASCADE, related_name="taxpayers")
    tax_id = models.CharField(max_length=20, db_index=True)
    name = models.CharField(max_length=300)
    situation = models.CharField(max_length=120)
    since = models.DateField(null=True, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.tax_id} {self.situation}"
