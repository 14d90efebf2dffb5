"""Who may see a customer's statement of account without an account of ours: passes by link, and visits with them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from aldia.customers.models import Customer
from aldia.tenancy.base import CompanyModel
from aldia.tenancy.models import User


class PortalSettings(CompanyModel):
    """What the customers of a company may do in their portal. `pass_days` is at most 30."""

    pass_days = models.PositiveSmallIntegerField(default=30)
    asks_code = models.BooleanField(default=False)
    may_pay = models.BooleanField(default=True)
    may_report = models.BooleanField(default=True)
    may_dispute = models.BooleanField(default=True)
    may_download = models.BooleanField(default=True)
    greeting = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company"], name="portalsettings_once"),
            models.CheckConstraint(condition=Q(pass_days__gte=1, pass_days__lte=30), name="portalsettings_days"),
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.pass_days)


class PortalPass(CompanyModel):
    """A link to one customer's statement, given to one address ("" when a person copied it); only its hash is kept."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="portal_passes")
    address = models.CharField(max_length=254, blank=True)
    token_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    first_used_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    renews = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="renewals")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "token_hash"], name="portalpass_token")]
        indexes = [models.Index(fields=["company", "customer", "expires_at"], name="portalpass_customer")]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return self.address


class PortalVisit(CompanyModel):
    """One browser that came in with a pass and asked for a code: the code (slow hash), its tries, and its proof."""

    portal_pass = models.ForeignKey(PortalPass, on_delete=models.CASCADE, related_name="visits")
    browser_hash = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=200, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "portal_pass", "browser_hash"], name="portalvisit_browser")
        ]
        base_manager_name = "all_companies"

    def __str__(self) -> str:
        return str(self.portal_pass_id)
