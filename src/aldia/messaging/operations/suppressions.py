"""Addresses that are not written to any more."""

from __future__ import annotations

import uuid

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aldia.messaging.models import Suppression
from aldia.messaging.rendering import one_line
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

BOUNCE, COMPLAINT, UNSUBSCRIBE, PERSON = "bounce", "complaint", "unsubscribe", "person"
REASONS = (BOUNCE, UNSUBSCRIBE, COMPLAINT, PERSON)  # a later one weighs more


class NotSuppressed(ValueError):
    """The address is being written to (again)."""

    def __init__(self) -> None:
        super().__init__(_("A esta dirección ya se le puede escribir."))


def suppress(*, channel: str, address: str, why: str, detail: str = "", actor: User | None = None) -> Suppression:
    """Stop writing to an address: `why` is bounce, complaint, unsubscribe or person. Twice is once."""
    if why not in REASONS:
        raise ValueError(why)
    row = Suppression(
        id=uuid7(),
        company_id=current_company_id(),
        channel=channel,
        address=plain_address(address),
        why=why,
        detail=one_line(detail),
    )
    with transaction():
        Suppression.objects.bulk_create([row], ignore_conflicts=True)
        standing = Suppression.objects.get(channel=channel, address=row.address, lifted_at__isnull=True)
        if standing.pk != row.pk and REASONS.index(why) > REASONS.index(standing.why):
            standing.why, standing.detail = why, row.detail
            standing.save(update_fields=["why", "detail"])
        if standing.pk == row.pk:
            detail_kept = {"channel": channel, "address": row.address, "why": why}
            audit.record(
                actor=actor,
                verb="messaging.suppressed",
                object_type="suppression",
                object_id=row.pk,
                detail=detail_kept,
            )
    return standing


def lift(*, suppression_id: uuid.UUID, actor: User) -> None:
    """Let the address be written to again. Raises `NotSuppressed`."""
    with transaction():
        standing = Suppression.objects.filter(pk=suppression_id, lifted_at__isnull=True)
        row = standing.select_for_update().first()
        if row is None:
            raise NotSuppressed
        standing.update(lifted_at=Now(), lifted_by=actor)
        detail = {"channel": row.channel, "address": row.address, "why": row.why}
        audit.record(actor=actor, verb="messaging.lifted", object_type="suppression", object_id=row.pk, detail=detail)


def is_suppressed(channel: str, address: str) -> bool:
    """Whether the address is one that is not written to."""
    found = Suppression.objects.filter(channel=channel, address=plain_address(address), lifted_at__isnull=True)
    return found.exists()


def plain_address(address: str) -> str:
    """An address as it is compared."""
    return address.strip().lower()[:254]
