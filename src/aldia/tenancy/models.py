"""Companies, people, and what was done by whom."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from aldia.tenancy.base import CompanyModel
from aldia.tenancy.ids import uuid7


class Country(models.TextChoices):
    MX = "MX", _("México")
    CL = "CL", _("Chile")
    CO = "CO", _("Colombia")
    ES = "ES", _("España")


class Role(models.TextChoices):
    OWNER = "owner", _("Dueño")
    ADMIN = "admin", _("Administrador")
    FINANCE = "finance", _("Finanzas")
    COLLECTOR = "collector", _("Cobranza")
    AUDITOR = "auditor", _("Auditor (solo lectura)")


class Company(models.Model):
    """A tenant. `slug` is its place in addresses; money defaults to `currency`, dates are in `time_zone`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    legal_name = models.CharField(max_length=300)
    trade_name = models.CharField(max_length=300, blank=True)
    tax_id = models.CharField(max_length=20)
    country = models.CharField(max_length=2, choices=Country, default=Country.MX)
    currency = models.CharField(max_length=3, default="MXN")
    time_zone = models.CharField(max_length=60, default="America/Mexico_City")
    locale = models.CharField(max_length=10, default="es")
    sender_name = models.CharField(max_length=200, blank=True)
    sender_email = models.EmailField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.trade_name or self.legal_name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person; signs in with an e-mail address. What they may do in a company is their `Membership`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("correo"), unique=True)
    name = models.CharField(_("nombre"), max_length=200, blank=True)
    language = models.CharField(max_length=10, default="es")
    theme = models.CharField(max_length=10, default="auto")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email


class Membership(CompanyModel):
    """What a person may do in a company. `own_portfolio_only` hides other collectors' customers."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=Role)
    own_portfolio_only = models.BooleanField(default=False)
    suspended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "user"], name="membership_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


class Invitation(CompanyModel):
    """An offer of a membership, sent to an address; the token is kept hashed (SHA-256 of 256 random bits)."""

    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Role)
    own_portfolio_only = models.BooleanField(default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.email


class StoredFile(CompanyModel):
    """A file kept as it came: where it is, what it weighs, its hash."""

    path = models.CharField(max_length=300)
    name = models.CharField(max_length=300)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["company", "sha256"], name="storedfile_hash")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class CompanyBrand(CompanyModel):
    """How the company shows itself to its customers: in mails, papers and the portal. `accent`: "#rrggbb"."""

    logo = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    accent = models.CharField(max_length=7, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    website = models.URLField(blank=True)
    footer = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company"], name="companybrand_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.accent


class Secret(CompanyModel):
    """Something that must stay secret, encrypted under a data key of its own (AES-256-GCM; see `tenancy.secrets`).

    The data key is wrapped by the installation's key, which is never in the database; `wrapped_by` says by which.
    """

    kind = models.CharField(max_length=40)
    ciphertext = models.BinaryField()
    wrapped_key = models.BinaryField()
    wrapped_by = models.CharField(max_length=16)

    def __str__(self) -> str:
        return self.kind


class ChainHead(CompanyModel):
    """The last link of a company's hash chain; locking this row serialises the writers of that chain."""

    name = models.CharField(max_length=20)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "name"], name="chainhead_once")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"


class AuditEvent(CompanyModel):
    """Who did what, when, with what before and after. Append-only: the database refuses changes."""

    seq = models.BigIntegerField()
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    detail = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "seq"], name="auditevent_seq")]
        indexes = [models.Index(fields=["company", "object_type", "object_id"], name="auditevent_object")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.seq} {self.verb}"


class RateCount(models.Model):
    """How often something was done in a window of time (`tenancy.limits`). Global: it also counts strangers."""

    key = models.CharField(primary_key=True, max_length=200)
    count = models.IntegerField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
