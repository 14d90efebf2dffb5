"""Writing the messages of one morning: a thousand customers with a few documents each, without attachments.

Each message carries a link to pay of its own.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, date, datetime

from django.db import connection

from aldia.customers.models import Contact, Customer
from aldia.messaging.models import Delivery, Message
from aldia.payments.models import PaymentLink, ProviderAccount
from aldia.receivables.models import Receivable, ReceivableKind
from aldia.reminders.models import When
from aldia.reminders.operations.composing import compose_due
from aldia.reminders.operations.general import make_default_rule
from aldia.reminders.operations.planning import plan_company
from aldia.reminders.operations.rule_words import RuleWords, StepWords
from aldia.reminders.operations.rules import activate_rule, create_rule
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope

DAY, DUE = date(2026, 11, 24), date(2026, 11, 20)
DOCUMENTS = 4


def run(size: int = 1_000) -> dict[str, object]:
    """CPU and wall seconds of composing `size` messages; messages per second of CPU."""
    company = Company.objects.create(slug=f"c-{uuid.uuid4().hex}", legal_name="Empresa", tax_id="EMP010203AB1")
    with company_scope(company.pk):
        _prepare(company, size)
        as_of = datetime(2026, 11, 24, 16, tzinfo=UTC)
        plan_company(as_of=as_of, today=DAY)
        cpu, wall = time.process_time(), time.perf_counter()
        done = compose_due(company=company, as_of=as_of)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        return {
            "engine": connection.vendor,
            "messages": len(done.messages),
            "deliveries": Delivery.objects.count(),
            "links": PaymentLink.objects.count(),
            "documents_each": DOCUMENTS,
            "html_kb": len(Message.objects.values_list("html", flat=True)[0]) // 1024,
            "cpu_seconds": round(cpu, 2),
            "seconds": round(wall, 2),
            "per_cpu_second": round(len(done.messages) / cpu),
        }


def _prepare(company: Company, size: int) -> None:
    ProviderAccount.objects.create(company=company, provider="sandbox", name="Prueba", methods=["card", "spei"])
    customers = [
        Customer(company=company, legal_name=f"Cliente {n}", tax_id=f"CLI{n:06}AB1", collecting=True)
        for n in range(size)
    ]
    Customer.objects.bulk_create(customers)
    Contact.objects.bulk_create(
        Contact(company=company, customer=each, name="Cobranza", email=f"c{n}@example.com")
        for n, each in enumerate(customers)
    )
    Receivable.objects.bulk_create(
        Receivable(
            company=company, customer=each, kind=ReceivableKind.INVOICE, number=f"F-{n}-{m}", currency="MXN",
            total=1_160_00 + m, balance=1_160_00 + m, issued_on=date(2026, 10, 21), due_on=DUE,
        )
        for n, each in enumerate(customers)
        for m in range(DOCUMENTS)
    )  # fmt: skip
    words = RuleWords("Mañana", (StepWords(When.AFTER, 1),), attach_pdf=False, attach_xml=False)
    rule = create_rule(words=words, actor=None)
    make_default_rule(rule_id=rule.pk, actor=None)
    rule.refresh_from_db()
    activate_rule(rule_id=rule.pk, version=rule.version, today=DUE, actor=None)
