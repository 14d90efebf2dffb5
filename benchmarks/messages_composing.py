"""Composing reminders: fill a template with a table of ten documents, draw HTML and text, write the rows of the outbox.

Slices of a hundred messages share a transaction, as a tick writes them; nothing is sent.
"""

from __future__ import annotations

import time
from datetime import date

from django.db import connection

from aldia.messaging.look import Look, look_of_company
from aldia.messaging.models import Delivery, Message
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.messaging.placeholders import EXAMPLE_ROWS, ROWS, example_context
from aldia.messaging.queries.templates import choose_template
from aldia.messaging.rendering import render
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, transaction

TODAY = date(2026, 11, 21)
SLICE = 100


def run(size: int = 1000) -> dict[str, object]:
    """Compose and write `size` messages of one address each."""
    company = Company.objects.create(slug=f"bench-{uuid7().hex}", legal_name="Bench", tax_id="XAXX010101000")
    with company_scope(company.pk):
        look = look_of_company()
        wall, cpu = time.perf_counter(), time.process_time()
        for start in range(0, size, SLICE):
            with transaction():
                for number in range(start, min(size, start + SLICE)):
                    _compose(number, look)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        written = (Message.objects.count(), Delivery.objects.count())
        longest = max(len(each) for each in Message.objects.values_list("html", flat=True)[:10])
    return {
        "engine": connection.vendor,
        "messages": written[0],
        "deliveries": written[1],
        "html_bytes": longest,
        "cpu_ms_per_message": round(cpu / size * 1000, 2),
        "messages_per_cpu_second": round(size / cpu),
        "messages_per_second": round(size / wall),
    }


def _compose(number: int, look: Look) -> None:
    context = example_context(purpose="after", channel="email")
    rows = [{**EXAMPLE_ROWS[place % 2], "folio": f"F-{number}-{place}"} for place in range(10)]
    template = choose_template(purpose="after", channel="email", tone="neutral")
    context |= {ROWS: rows, "cliente": f"Cliente {number}", "cuantos": "10"}
    write_message(
        key=f"bench:{number}",
        channel="email",
        purpose="after",
        customer_id=None,
        recipients=[Recipient(f"cliente{number}@ejemplo.example", f"Cliente {number}")],
        rendered=render(template=template, context=context, look=look),
        on_day=TODAY,
        template=template,
    )
