"""Customers and what is known of them: contacts, terms, credit lines, portfolios, files.

`version` counts the edits of a row by people: a form carries the one it was drawn from, and the second of two edits of
the same form is refused instead of undoing the first.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import StoredFile, User


class Portfolio(CompanyModel):
    """A set of customers ("cartera") and the person who collects it."""

    name = models.CharField(_("nombre"), max_length=100)
    collector = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "name"], name="portfolio_name")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class Customer(CompanyModel):
    """Somebody the company bills. `collecting` is the switch Prendido/Apagado: off, nothing is collected.

    `identity` tells apart receivers that share a tax id (Mexico's XEXX010101000): their foreign id, else their
    name normalised; "" for everybody else. `generic` (público en general) is never collected nor financed.
    `search` is the normalised text that the search box looks in (names, tax id, without accents, lower case).
    """

    country = models.CharField(max_length=2, default="MX")
    tax_id = models.CharField(max_length=20)
    identity = models.CharField(max_length=200, blank=True, default="")
    legal_name = models.CharField(_("razón social"), max_length=300)
    trade_name = models.CharField(_("nombre comercial"), max_length=300, blank=True)
    foreign_id = models.CharField(max_length=60, blank=True)
    residence = models.CharField(max_length=3, blank=True)
    generic = models.BooleanField(default=False)
    collecting = models.BooleanField(_("prendido"), default=False)
    portfolio = models.ForeignKey(Portfolio, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    term_days = models.PositiveSmallIntegerField(_("días de crédito"), null=True, blank=True)
    language = models.CharField(max_length=10, default="es")
    notes = models.TextField(blank=True)
    search = models.CharField(max_length=700, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "country", "tax_id", "identity"], name="customer_identity"),
            models.CheckConstraint(condition=Q(generic=False) | Q(collecting=False), name="customer_generic_off"),
        ]
        indexes = [
            models.Index(fields=["company", "legal_name", "id"], name="customer_name"),
            models.Index(fields=["company", "portfolio"], name="customer_portfolio"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.trade_name or self.legal_name


class Handover(CompanyModel):
    """Who collected a customer until the day (with it) on which it passed to somebody else or to nobody.

    What nobody collected has no row: it counts for who takes it next, as what came before the first row does.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    collector = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    until = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "customer", "until"], name="handover_day")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return f"{self.customer_id} {self.until}"


class ContactRole(models.TextChoices):
    COLLECTIONS = "collections", _("Cobranza")
    BILLING = "billing", _("Facturación")
    MANAGEMENT = "management", _("Dirección")
    OTHER = "other", _("Otro")


class Contact(CompanyModel):
    """A person at a customer, how to reach them, and the channels they opted out of."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("nombre"), max_length=200, blank=True)
    role = models.CharField(max_length=12, choices=ContactRole, default=ContactRole.COLLECTIONS)
    email = models.EmailField(_("correo"), blank=True)
    phone = models.CharField(_("teléfono"), max_length=30, blank=True)
    whatsapp = models.CharField(max_length=30, blank=True)
    is_primary = models.BooleanField(default=False)
    no_email = models.BooleanField(default=False)
    no_sms = models.BooleanField(default=False)
    no_whatsapp = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "customer"], name="contact_one_primary", condition=Q(is_primary=True)
            )
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name or self.email


class CreditLine(CompanyModel):
    """How much a customer may owe, in one currency, and how long: `limit_minor` in minor units."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="credit_lines")
    name = models.CharField(_("nombre"), max_length=100)
    currency = models.CharField(max_length=3)
    limit_minor = models.BigIntegerField()
    term_days = models.PositiveSmallIntegerField(null=True, blank=True)
    is_default = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "customer", "name"], name="creditline_name"),
            models.UniqueConstraint(
                fields=["company", "customer"], name="creditline_one_default", condition=Q(is_default=True)
            ),
            models.CheckConstraint(condition=Q(limit_minor__gte=0), name="creditline_limit"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.name


class CustomerFile(CompanyModel):
    """A document kept with a customer: contract, purchase order, proof."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=200, blank=True)
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.label
