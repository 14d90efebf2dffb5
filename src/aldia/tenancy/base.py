"""What every company's table shares: UUIDv7 key, its company, and managers that refuse to forget the company."""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.db.models.functions import Now

from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import current_company_id

M = TypeVar("M", bound=models.Model)


class ScopedManager(models.Manager[M]):
    """Rows of the company in scope; `NoCompany` where there is none."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(company_id=current_company_id())


class CompanyModel(models.Model):
    """Base of every table that belongs to a company."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey("tenancy.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ScopedManager()
    all_companies = models.Manager()  # operator jobs and the verifier only; a test lists its users

    class Meta:
        abstract = True
        base_manager_name = "all_companies"
