"""The statement of account in the portal of a customer with 2,000 documents: server time of its pages."""

from __future__ import annotations

import logging
import statistics
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aldia.customers.models import Customer
from aldia.payments.operations.passes import issue_pass
from aldia.receivables.models import Receivable
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, transaction

PAGES = {
    "first_page": "",
    "last_page": "?tab=all&page=40",
    "overdue_by_balance": "?tab=overdue&sort=-balance",
    "filtered": "?tab=all&number=F-1&late_from=5&late_to=300",
    "one_range": "?bucket=2&currency=MXN",
    "payments": "pagos/",
    "workbook": "estado-de-cuenta.xlsx?tab=all",
}
ROUNDS = 15


def run(size: int = 2_000) -> dict[str, object]:
    """Milliseconds of each page, the middle of fifteen, wall and CPU; how many statements the first one takes."""
    logging.disable(logging.INFO)  # a line per request
    settings.SECURE_SSL_REDIRECT = False
    settings.ALLOWED_HOSTS = ["*"]
    company, token = _books(size)
    client, place = Client(), f"/p/{company.slug}/"
    client.get(f"{place}{token}/")
    figures: dict[str, object] = {"engine": connection.vendor, "documents": size}
    for name, rest in PAGES.items():
        client.get(place + rest)
        taken = [_milliseconds(client, place + rest) for _ in range(2 if name == "workbook" else ROUNDS)]
        wall, cpu = zip(*taken, strict=True)
        figures[name] = {"wall_ms": round(statistics.median(wall), 1), "cpu_ms": round(statistics.median(cpu), 1)}
    with CaptureQueriesContext(connection) as found:
        client.get(place)
    figures["statements_of_first_page"] = len(found)
    return figures


def _milliseconds(client: Client, path: str) -> tuple[float, float]:
    """Wall and CPU of one answer."""
    started, used = time.perf_counter(), time.process_time()
    response = client.get(path)
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    if response.status_code != 200 or not body:
        raise RuntimeError(f"{path}: {response.status_code}")
    return (time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000


def _books(size: int) -> tuple[Company, str]:
    """A customer with `size` documents, two thirds of them open, among as many of others."""
    slug = f"portal-{uuid7().hex}"
    company = Company.objects.create(slug=slug, legal_name="Distribuidora Tres Ríos", tax_id="DTR010203AB1")
    today = datetime.now(UTC).date()
    with company_scope(company.pk), transaction():
        customers = [
            Customer.objects.create(company=company, legal_name=name, tax_id=f"XYZ{place:06}AB1", collecting=True)
            for place, name in enumerate(("Abarrotes La Güera", "Otro cliente"))
        ]
        Receivable.objects.bulk_create(
            Receivable(
                id=uuid7(), company=company, customer=customers[number % 2], kind="charge_note",
                number=f"F-{number}", concept=f"Pedido {number}", currency="USD" if number % 10 == 0 else "MXN",
                total=1_160_00, balance=(1_160_00, 0, 500_00)[number % 3],
                issued_on=today - timedelta(days=number % 400 + 5),
                due_on=today + timedelta(days=30 - number % 400),
            )
            for number in range(size * 2)
        )  # fmt: skip
    with company_scope(company.pk):
        _row, token = issue_pass(customer_id=customers[0].pk, now=datetime.now(UTC))
    return company, token
