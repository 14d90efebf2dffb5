"""The sheet of customers, applied whole: its edits, and the switching that opens receivables, or neither."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from aldia.customers.models import Customer
from aldia.customers.operations.bulk_edit import apply_changes
from aldia.customers.operations.sheet_changes import Rules
from aldia.customers.operations.sheet_rows import Applied
from aldia.receivables.operations.switching import switch_off, switch_on
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def apply_customer_sheet(
    *,
    data: bytes,
    customers: QuerySet[Customer],
    rules: Rules,
    token: str,
    today: date,
    actor: User | None,
    switch_now: bool = True,
) -> tuple[Applied, int]:
    """Apply exactly what the preview showed; return what was written and how many receivables opened.

    Without `switch_now` the customers of `Applied.on` are left for the caller to switch on in the background.
    Raises `PreviewChanged` and `SheetError`; then nothing is written.
    """
    with transaction():
        applied = apply_changes(data=data, customers=customers, rules=rules, token=token, today=today, actor=actor)
        opened = 0
        if applied.on and switch_now:
            opened = switch_on(customer_ids=applied.on, today=today, actor=actor).receivables
        if applied.off:
            switch_off(customer_ids=applied.off, actor=actor)
    return applied, opened
