"""What the house recorded of a customer, as plain facts for an evidence file: amounts in minor units with currency.

Journal entries and audit events go with everything that their hashes cover, so that a reader can take the hashes anew.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Model, Q, QuerySet

from aldia.collections.models import Activity, Dispute
from aldia.collections.queries.promises import Judged, Patience, judged, of_customer
from aldia.messaging.queries.messages import MessageDetail
from aldia.payments.models import PortalPass, ReportedPayment
from aldia.receivables.clusters import chunks
from aldia.receivables.models import (
    Allocation,
    DueDateChange,
    Instalment,
    JournalEntry,
    JournalLine,
    LedgerAccount,
    PaymentPlan,
)
from aldia.receivables.posting import entry_body
from aldia.reminders.settings import sending_of
from aldia.tenancy.audit import event_body
from aldia.tenancy.models import AuditEvent

if TYPE_CHECKING:
    from aldia.reporting.evidence_pieces import Collected

Facts = dict[str, Any]


def recorded(found: Collected) -> dict[str, list[Facts]]:
    """By kind of piece, in the order of the index."""
    promises = judged_promises(found)
    claims = list(claims_of(found).select_related("reported_by", "decided_by").order_by("reported_on", "id"))
    disputes = list(disputes_of(found))
    activities = list(activities_of(found))
    owned: dict[str, Iterable[Model]] = {
        "receivable": found.receivables, "credit": found.credits, "promise": [each.promise for each in promises],
        "dispute": disputes, "reported_payment": claims, "activity": activities,
        "message": [each.message for each in found.messages],
        "delivery": [each for detail in found.messages for each in detail.deliveries],
    }  # fmt: skip
    return {
        "receivables": _receivables(found),
        "payments": _payments(found),
        "promises": [_promise(each) for each in promises],
        "disputes": [_row(each, "receivable__number", "owner", "created_by") for each in disputes],
        "plans": _plans(found),
        "claims": [_row(each, "reported_by", "decided_by") for each in claims],
        "activities": [_row(each, "contact", "by") for each in activities],
        "portal": _visits(found),
        "ledger": _ledger(found),
        "audit": _audit(found, owned),
    }


def judged_promises(found: Collected) -> list[Judged]:
    """The promises of the period with what became of them."""
    rows = of_customer(found.customer.pk).filter(found.within("promised_on")).order_by("promised_on", "id")
    patience = Patience(found.company.country, sending_of(found.company).transit_days)
    return judged(rows, as_of=found.until, patience=patience)


def disputes_of(found: Collected) -> QuerySet[Dispute]:
    rows = Dispute.objects.filter(found.within("opened_on"), receivable__customer=found.customer)
    return rows.select_related("receivable", "owner", "created_by").order_by("opened_on", "id")


def claims_of(found: Collected) -> QuerySet[ReportedPayment]:
    return ReportedPayment.objects.filter(found.within("reported_on"), customer=found.customer)


def activities_of(found: Collected) -> QuerySet[Activity]:
    """What was done and stands: what somebody took back is in the audit trail only."""
    rows = Activity.objects.filter(found.within("on"), customer=found.customer, withdrawn_at__isnull=True)
    return rows.select_related("contact", "by").order_by("at", "id")


def delivery_proof(detail: MessageDetail) -> Facts:
    """What became of a message: each address, each thing that happened to it, and what providers said."""
    message = detail.message
    events: dict[uuid.UUID, list[Facts]] = defaultdict(list)
    for each in detail.events:
        events[each.delivery_id].append(_row(each))
    deliveries = [{**_row(each), "events": events[each.pk]} for each in detail.deliveries]
    files = [{"name": each.name, "sha256": each.file.sha256} for each in message.attachments.all()]
    return {"message": _without(_row(message), "html", "text"), "deliveries": deliveries, "attachments": files}


def _row(row: Model, *named: str) -> Facts:
    """The columns of a row, and of some of its references the name beside the id ("receivable__number")."""
    found: Facts = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    for path in named:
        name, _mark, column = path.partition("__")
        other = getattr(row, name)
        found[name] = "" if other is None else str(getattr(other, column) if column else other)
    return _without(found, "company_id")


def _without(facts: Facts, *names: str) -> Facts:
    return {name: value for name, value in facts.items() if name not in names}


def _receivables(found: Collected) -> list[Facts]:
    ids = [row.pk for row in found.receivables]
    changes = _by(DueDateChange, ids, "receivable_id")
    kept = ("id", "kind", "key", "number", "currency", "total", "balance", "issued_on", "due_on", "voided_on")
    return [
        {
            **{name: getattr(row, name) for name in kept},
            "document_sha256": row.document.sha256 if row.document else "",
            "due_date_changes": [_row(each) for each in changes[row.pk]],
        }
        for row in found.receivables
    ]


def _payments(found: Collected) -> list[Facts]:
    applied = _by(Allocation, [row.pk for row in found.credits], "credit_id")
    kept = (
        "id", "kind", "source", "external_key", "currency", "amount", "remaining", "received_on", "method", "reference",
        "reversed_on", "reverse_reason",
    )  # fmt: skip
    return [
        {**{name: getattr(row, name) for name in kept}, "applied": [_row(each) for each in applied[row.pk]]}
        for row in found.credits
    ]


def _promise(each: Judged) -> Facts:
    debts = [{"number": debt.receivable.number, "balance_then": debt.balance_then} for debt in each.debts]
    return {**_row(each.promise, "created_by"), "state": each.state.value, "last_day": each.last, "debts": debts}


def _plans(found: Collected) -> list[Facts]:
    rows = PaymentPlan.objects.filter(found.within("accepted_on"), receivable__customer=found.customer)
    plans = list(rows.select_related("receivable", "created_by").order_by("accepted_on", "id"))
    parts = _by(Instalment, [plan.pk for plan in plans], "plan_id")
    return [
        {**_row(plan, "receivable__number", "created_by"), "instalments": [_row(each) for each in parts[plan.pk]]}
        for plan in plans
    ]


def _visits(found: Collected) -> list[Facts]:
    """When the customer looked at its statement of account, and by which address the link had gone."""
    rows = PortalPass.objects.filter(customer=found.customer, first_used_at__isnull=False).order_by("first_used_at")
    return [
        {"address": row.address, "first_used_at": row.first_used_at, "last_used_at": row.last_used_at}
        for row in rows
        if row.first_used_at and _is_within(found, row.first_used_at)
    ]


def _is_within(found: Collected, moment: Any) -> bool:
    day = moment.astimezone(ZoneInfo(found.company.time_zone)).date()
    return bool(day <= found.until and (found.since is None or day >= found.since))


def _ledger(found: Collected) -> list[Facts]:
    """The entries that moved the account. One that also names somebody else goes with its hash and our lines only."""
    ids: set[uuid.UUID] = set()
    for column, rows in (("receivable_id", found.receivables), ("credit_id", found.credits)):
        for part in chunks([row.pk for row in rows]):
            ids |= set(JournalLine.objects.filter(**{f"{column}__in": part}).values_list("entry_id", flat=True))
    accounts = {row.pk: f"{row.code} {row.name}" for row in LedgerAccount.objects.all()}
    entries = [row for part in chunks(ids) for row in JournalEntry.objects.filter(pk__in=part)]
    lines = _by(JournalLine, [row.pk for row in entries], "entry_id")
    ours = {row.pk for row in [*found.receivables, *found.credits]}
    kept = sorted((row for row in entries if row.on <= found.until), key=lambda row: row.seq)
    return [_entry(row, lines[row.pk], accounts, ours, found.customer.pk) for row in kept]


def _entry(
    row: JournalEntry, lines: list[Any], accounts: dict[uuid.UUID, str], ours: set[uuid.UUID], customer_id: uuid.UUID
) -> Facts:
    mine = [each for each in lines if each.customer_id in (None, customer_id)]
    named = {str(each.account_id): accounts.get(each.account_id, "") for each in mine}
    base = {"seq": row.seq, "hash": row.hash, "prev_hash": row.prev_hash, "accounts": named}
    if len(mine) == len(lines):
        return {**base, "body": entry_body(row, lines)}
    told = [[str(each.receivable_id or each.credit_id), each.amount, each.currency] for each in mine]
    return {**base, "on": row.on, "kind": row.kind, "lines": [each for each in told if uuid.UUID(each[0]) in ours]}


def _audit(found: Collected, owned: dict[str, Iterable[Model]]) -> list[Facts]:
    events: list[AuditEvent] = []
    for object_type, rows in owned.items():
        for part in chunks([str(row.pk) for row in rows]):
            events += AuditEvent.objects.filter(object_type=object_type, object_id__in=part).select_related("actor")
    own = Q(object_type="customer", object_id=str(found.customer.pk), verb__in=_OF_THE_CUSTOMER)
    events += AuditEvent.objects.filter(own).select_related("actor")
    kept = sorted((each for each in events if _is_within(found, each.created_at)), key=lambda each: each.seq)
    return [
        {"body": event_body(each), "prev_hash": each.prev_hash, "hash": each.hash, "who": str(each.actor or "Aldía")}
        for each in kept
    ]


_OF_THE_CUSTOMER = ("customers.created", "customers.appeared", "customers.switched_on", "customers.switched_off")


def _by(model: type[Model], ids: Collection[uuid.UUID], column: str) -> dict[uuid.UUID, list[Any]]:
    """Rows of a table by one of their references, in the order of their ids."""
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for part in chunks(ids):
        for row in model._default_manager.filter(**{f"{column}__in": part}).order_by("id"):
            found[getattr(row, column)].append(row)
    return found
