"""Imports and what became of each of their files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from aldia.documents.models import IngestBatch, IngestItem, Outcome, SatCertificate

NEEDS_A_LOOK = (Outcome.ERROR, Outcome.IGNORED)
PAGE = 1000
OWN = "issue"  # `issuing.operations.storing`


def batches() -> QuerySet[IngestBatch]:
    """The company's imports with who made them."""
    return IngestBatch.objects.select_related("created_by", "file")


def listed_batches() -> QuerySet[IngestBatch]:
    """Those that a list shows: not the batches of one by which the company's own documents come on file."""
    return batches().exclude(source=OWN)


def items(*, batch: IngestBatch) -> QuerySet[IngestItem]:
    """The files of an import with the document that each gave."""
    return IngestItem.objects.filter(batch=batch).select_related("document")


def filter_items(rows: QuerySet[IngestItem], values: dict[str, Any]) -> QuerySet[IngestItem]:
    """Files that match: outcome, and q in the name, the sentence or the key."""
    if "outcome" in values:
        rows = rows.filter(outcome=values["outcome"])
    if text := values.get("q"):
        rows = rows.filter(Q(name__icontains=text) | Q(message__icontains=text) | Q(key__startswith=text.upper()))
    return rows


def unread_items(*, batch: IngestBatch) -> Iterator[IngestItem]:
    """Files that gave no document, in their order, page by page."""
    position = -1
    while True:
        rows = IngestItem.objects.filter(batch=batch, outcome__in=NEEDS_A_LOOK, position__gt=position)
        page = list(rows.order_by("position")[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        position = page[-1].position


def waits_for_customers(*, batch: IngestBatch) -> bool:
    """Whether some invoice of an import is not collected because its customer is off."""
    return IngestItem.objects.filter(batch=batch, outcome=Outcome.STORED, code="customer_off").exists()


def certificates() -> QuerySet[SatCertificate]:
    """The certificate store, newest first (no company owns it; `der` is left unread)."""
    return SatCertificate.objects.defer("der").order_by("-valid_to", "number")
