"""Concepts that the company bills often, kept with their key, unit, price and taxes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aldia.domain.fiscal.draft_json import BadContent, decode, encode
from aldia.domain.fiscal.drafts import DraftLine
from aldia.domain.folding import fold
from aldia.issuing.models import SavedConcept
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

WORDS = 8  # of what somebody types, looked at


class ConceptError(ValueError):
    """It cannot be kept so; the text is a sentence for people."""


def save(
    *, name: str, line: Mapping[str, Any], concept_id: uuid.UUID | None = None, actor: User | None
) -> SavedConcept:
    """Keep a concept: `line` is a draft's line as `drafts.to_json` gives it. Raises `ConceptError`."""
    name = " ".join(name.split())
    if not name or len(name) > 200:
        raise ConceptError(_("Ponle un nombre de hasta 200 caracteres."))
    try:
        drawn = decode(DraftLine, line)
    except (BadContent, TypeError):
        raise ConceptError(_("El concepto no se entiende.")) from None
    with transaction():
        row = _take(concept_id) if concept_id else SavedConcept(company_id=current_company_id())
        row.name, row.line = name, encode(drawn)
        row.search = fold(f"{name} {drawn.identification} {drawn.product_key} {drawn.description}")[:300]
        row.archived_at = None
        row.save(force_insert=concept_id is None)
        _record(actor, "issuing.concept_saved", row)
    return row


def archive(*, concept_id: uuid.UUID, actor: User | None) -> SavedConcept:
    """Offer it no more. Raises `ConceptError`."""
    with transaction():
        row = _take(concept_id)
        SavedConcept.objects.filter(pk=row.pk, archived_at__isnull=True).update(archived_at=Now())
        _record(actor, "issuing.concept_archived", row)
    return row


def mark_used(*, concept_id: uuid.UUID, now: datetime) -> None:
    """It was put into a draft: offered first from now on."""
    with transaction():
        SavedConcept.objects.filter(pk=concept_id).update(used_at=now)


def search(text: str, limit: int = 20) -> list[SavedConcept]:
    """Those whose name, number or key has every word, the most recently used first."""
    rows = SavedConcept.objects.filter(archived_at__isnull=True)
    for word in fold(text).split()[:WORDS]:
        rows = rows.filter(search__contains=word)
    return list(rows.order_by(F("used_at").desc(nulls_last=True), "name", "id")[:limit])


def _take(concept_id: uuid.UUID) -> SavedConcept:
    row = SavedConcept.objects.select_for_update().filter(pk=concept_id).first()
    if row is None:
        raise ConceptError(_("Ese concepto ya no existe."))
    return row


def _record(actor: User | None, verb: str, row: SavedConcept) -> None:
    audit.record(actor=actor, verb=verb, object_type="concept", object_id=row.pk, detail={"name": row.name})
