"""Reported payments for pages."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from aldia.payments.models import ReportedDebt, ReportedPayment, ReportState

WAITING = Q(state=ReportState.WAITING)


def reports() -> QuerySet[ReportedPayment]:
    """All reports, with what a list shows of each."""
    return ReportedPayment.objects.select_related("customer", "reported_by", "decided_by", "credit", "proof")


def of_receivables(ids: Collection[uuid.UUID]) -> QuerySet[ReportedPayment]:
    """The reports that name any of the receivables, newest first."""
    naming = ReportedDebt.objects.filter(report=OuterRef("pk"), receivable_id__in=list(ids))
    return reports().filter(Exists(naming)).order_by("-reported_on", "-id")


def of_customer(customer_id: uuid.UUID) -> QuerySet[ReportedPayment]:
    """The reports of a customer, newest first."""
    return reports().filter(customer_id=customer_id).order_by("-reported_on", "-id")


def numbers_of(report_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[ReportedDebt]]:
    """What each report names, oldest due first."""
    found: dict[uuid.UUID, list[ReportedDebt]] = {}
    rows = ReportedDebt.objects.filter(report_id__in=list(report_ids)).select_related("receivable")
    for row in rows.order_by("receivable__due_on", "receivable__number", "id"):
        found.setdefault(row.report_id, []).append(row)
    return found
