"""Keeping figures that are dear to compute."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from aldia.reporting.models import KeptFigures
from aldia.tenancy.scope import current_company_id, transaction


def keep(*, kind: str, key: str, on: date, position: int, figures: dict[str, Any], now: datetime) -> None:
    """Keep figures as of a position of the chains, read before they were computed (`queries.kept.position`).

    Whoever computed from a later position wins: a slow computation never takes the place of a newer one. No audit
    event: nothing is decided here, and what is kept can be thrown away at any time.
    """
    with transaction():
        values = {"on": on, "ledger_seq": position, "figures": figures, "made_at": now}
        row = KeptFigures(company_id=current_company_id(), kind=kind, key=key, **values)
        if (
            KeptFigures.objects.bulk_create([row], ignore_conflicts=True)
            and KeptFigures.objects.filter(pk=row.pk).exists()
        ):
            return
        KeptFigures.objects.filter(kind=kind, key=key, ledger_seq__lte=position).update(**values)
