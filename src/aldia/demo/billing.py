"""What the demo's company issues by itself: its seal and a PAC that stamps nothing fiscal, complements, what repeats.

Most complements are stamped; those of the latest receipts wait as drafts, for whoever opens the demo.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from aldia.customers.models import Customer
from aldia.demo.people import DemoCast
from aldia.documents.operations.seals import add_certificate, trust_certificate
from aldia.domain.calendars import add_months
from aldia.domain.fiscal.drafts import DraftDocument, DraftLine, from_json, plain_line, to_json
from aldia.domain.recurrence import LAST, MONTH, WEEK, Rule
from aldia.integrations.stamping import simulated_pac
from aldia.integrations.stamping.certificates import DEMO_PASSWORD, Credentials
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.issuing.operations import complements, drafting, profiles, seals, stampers, stamping
from aldia.receivables.models import Receivable
from aldia.recurring.models import ScheduleKind
from aldia.recurring.operations import schedules, turning
from aldia.tenancy.models import User

CONSULTING = plain_line("80101500", "E48", "Asesoría de anaquel, {mes} de {año}", 1_000, 8_500_00)
DELIVERY = plain_line("78101800", "E48", "Entrega a sucursales, {periodo}", 1_000, 3_200_00)
PALLETS = plain_line("24112700", "H87", "Tarima de madera retornable", 40_000, 185_00)
MOST_STAMPED, LEFT_TO_STAMP = 25, 4


def bill(
    cast: DemoCast, customers: list[Customer], credentials: Credentials, owner: User, *, now: datetime, today: date
) -> None:
    """Set up who issues, then follow the money of the last two months and leave work for today."""
    _set_up(cast, credentials, owner, now, today)
    complements.follow(today=today, now=now)
    _stamp_past(owner, now, today)
    billed = [each for each in customers if not each.foreign_id][:6]
    _write(billed, owner, now)
    _repeat(billed, owner, today)


def _set_up(cast: DemoCast, credentials: Credentials, owner: User, now: datetime, today: date) -> None:
    party, seal = cast.company.party, credentials.seals[cast.company.rfc]
    profiles.save_issuer(
        name=party.name,
        regime=party.regime,
        postal_code=party.postal_code,
        invoice_series="D",
        complements_since=add_months(today.replace(day=1), -1),
        actor=owner,
    )
    seals.save_seal(cer=seal.cer, key=seal.encrypted_key(), password=DEMO_PASSWORD.decode(), now=now, actor=owner)
    stampers.save_account(adapter="simulated", settings={}, secrets={}, is_test=True, actor=owner)
    stamps = simulated_pac.credentials(Path(settings.DATA_DIR) / stampers.HOME / simulated_pac.FOLDER, today.year)
    for authority in stamps.authorities():
        trust_certificate(data=authority)
    add_certificate(data=stamps.pac.cer, actor=owner)


def _stamp_past(owner: User, now: datetime, today: date) -> None:
    """All but the latest receipts have their complement, so far as nothing is missing to write it."""
    drafts = Issue.objects.filter(kind=IssueKind.COMPLEMENT, state=IssueState.DRAFT)
    rows = list(dict.fromkeys(drafts.order_by("parts__credit__received_on", "id")))
    for issue in rows[:-LEFT_TO_STAMP][:MOST_STAMPED]:
        if not complements.check(issue, today=today):
            complements.submit(issue_id=issue.pk, version=issue.version, now=now, today=today, actor=owner)
            stamping.work(issue_id=issue.pk, now=now)


def _write(customers: list[Customer], owner: User, now: datetime) -> None:
    """An invoice that was stamped, one half written, and a credit note that waits for somebody to look."""
    made = [
        _draft(each, [replace(PALLETS, quantity_micro=boxes * 1_000_000)], owner)
        for boxes, each in zip((20, 30), customers[:2], strict=True)
    ]
    done = drafting.submit(issue_id=made[0].pk, version=made[0].version, now=now, actor=owner)
    stamping.work(issue_id=done.pk, now=now)
    owing = Receivable.objects.filter(customer__in=customers, kind="invoice", balance__gt=0, document__isnull=False)
    receivable = owing.order_by("-issued_on", "id").first()
    if receivable is not None:
        kind, tenth = IssueKind.CREDIT_NOTE, receivable.total // 10
        content = drafting.note_for(receivable_id=receivable.pk, kind=kind, amount=tenth, reason="Mercancía dañada")
        drafting.create(kind=kind, customer_id=receivable.customer_id, content=content, actor=owner)


def _draft(customer: Customer, lines: Iterable[DraftLine], owner: User) -> Issue:
    content = _content(customer, lines)
    return drafting.create(kind=IssueKind.INVOICE, customer_id=customer.pk, content=content, actor=owner)


def _content(customer: Customer, lines: Iterable[DraftLine]) -> dict[str, Any]:
    draft = from_json(drafting.blank(kind=IssueKind.INVOICE, customer_id=customer.pk))
    assert isinstance(draft, DraftDocument)  # noqa: S101
    return to_json(replace(draft, lines=tuple(lines), currency="MXN", exchange_rate=0, method="PPD", form="99"))


def _repeat(customers: list[Customer], owner: User, today: date) -> None:
    """Three series: a monthly invoice, one every two weeks, and a charge note; the last missed its dates and asks."""
    month = today.replace(day=1)
    advice = _details(customers[0], "Asesoría mensual", Rule(MONTH, 1, (1,)), [CONSULTING], add_months(month, 1))
    delivery = _details(customers[1], "Entregas quincenales", Rule(WEEK, 2, (4,)), [DELIVERY], today)
    rack = replace(
        _details(customers[2], "Renta de exhibidor", Rule(MONTH, 1, (LAST,)), [], today - timedelta(days=70)),
        kind=ScheduleKind.CHARGE_NOTE,
        content={"concept": "Renta de exhibidor, {mes} de {año}", "amount": 1_450_00},
    )
    for each in (advice, delivery):
        schedules.save(details=each, today=today, actor=owner)
    late = schedules.save(details=rack, today=rack.starts_on, actor=owner)
    turning.appear(schedule_id=late.pk, today=today)


def _details(
    customer: Customer, name: str, rule: Rule, lines: Iterable[DraftLine], starts_on: date
) -> schedules.Details:
    return schedules.Details(
        name=name,
        kind=ScheduleKind.INVOICE,
        customer_id=customer.pk,
        rule=rule,
        content=_content(customer, lines),
        currency="MXN",
        starts_on=starts_on,
    )
