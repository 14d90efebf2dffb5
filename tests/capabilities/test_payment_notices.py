"""Notices to the company about payments: who hears, once per occasion, and that none keeps money from being posted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import resolve

from aldia.customers.models import Customer
from aldia.messaging.models import Message, Template
from aldia.payments.addresses import PAGES, Page, base_url
from aldia.payments.models import PaymentAttempt, ProviderAccount, ReportedPayment
from aldia.payments.operations import notices
from aldia.payments.tokens import payment_settings
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    make_user("duena@tresrios.example", company)
    with company_scope(company.id):
        yield company


def _attempt(customer: Customer, **fields: Any) -> PaymentAttempt:
    account = ProviderAccount.objects.create(
        company=customer.company, provider="sandbox", name="Proveedor de prueba", hook_token=uuid7().hex
    )
    values = {"amount": 1160_00, "currency": "MXN", "received": 1160_00, "paid_on": date(2026, 11, 21), **fields}
    return PaymentAttempt.objects.create(
        id=uuid7(), company=customer.company, account=account, customer=customer, **values
    )


def _addresses(message: Message) -> list[str]:
    return list(message.deliveries.order_by("address").values_list("address", flat=True))


def test_the_owners_hear_of_a_payment_once(company: Company) -> None:
    attempt = _attempt(make_customer(company), trace="ABC123")
    message = notices.notify_payment(attempt=attempt, now=NOW)
    assert message is not None
    assert _addresses(message) == ["duena@tresrios.example"]
    assert "$1,160.00" in message.subject
    assert "ABC123" in message.text
    assert "Proveedor de prueba" in message.text
    again = notices.notify_payment(attempt=attempt, now=NOW)
    assert again is not None
    assert again.pk == message.pk
    attempt.received = 2000_00
    assert notices.notify_payment(attempt=attempt, now=NOW) != message


def test_named_addresses_hear_instead_and_what_is_none_is_left_out(company: Company) -> None:
    settings = payment_settings()
    settings.notice_address = "pagos@tresrios.example, no es correo; Caja@tresrios.example"
    settings.save()
    message = notices.notify_review(
        attempt=_attempt(make_customer(company), review="amount"), now=NOW, why="Sobran $5.00."
    )
    assert message is not None
    assert _addresses(message) == ["Caja@tresrios.example", "pagos@tresrios.example"]
    assert "Sobran $5.00." in message.text


def test_a_company_that_nobody_owns_is_told_nothing(db: None) -> None:
    company = make_company()
    with company_scope(company.id):
        assert notices.notify_payment(attempt=_attempt(make_customer(company)), now=NOW) is None


def test_a_template_that_fails_keeps_no_payment_from_being_posted(company: Company) -> None:
    Template.objects.create(
        company=company, name="Aviso", purpose="notice", channel="email", language="es", subject="{{ nada | date: 1 }}",
        body="{% for a in b %}", builtin="notice.neutral.email.es",
    )  # fmt: skip
    assert notices.notify_payment(attempt=_attempt(make_customer(company)), now=NOW) is None


@pytest.mark.parametrize(
    ("event", "said"),
    [("refund", "$160.00"), ("chargeback", "$500.00"), ("won", "a tu favor")],
    ids=["refund", "chargeback", "won"],
)
def test_money_that_goes_back_is_told(company: Company, event: str, said: str) -> None:
    attempt = _attempt(make_customer(company), refunded=160_00, disputed=0 if event == "won" else 500_00)
    tell = notices.notify_refund if event == "refund" else notices.notify_chargeback
    message = tell(attempt=attempt, now=NOW)
    assert message is not None
    assert said in message.text


def test_what_customers_write_is_quoted_and_commands_nothing(company: Company) -> None:
    customer = make_customer(company)
    report = ReportedPayment.objects.create(
        id=uuid7(), company=company, customer=customer, currency="MXN", amount=500_00, paid_on=date(2026, 11, 20),
        note="<b>ya</b> {{ empresa }}\nhttps://malo.example", reported_on=date(2026, 11, 21),
    )  # fmt: skip
    told = [
        notices.notify_report(report=report, now=NOW),
        notices.notify_dispute(customer=customer, key="1", numbers=["F-1", "F-2"], reason="Faltan cajas", now=NOW),
        notices.notify_question(customer=customer, key="1", text="¿Puedo pagar el lunes?", now=NOW),
    ]
    texts = [message.text for message in told if message is not None]
    assert "$500.00" in texts[0]
    assert "{{ empresa }}" in texts[0]
    assert told[0] is not None
    assert "<b>ya</b>" not in told[0].html
    assert "F-1, F-2" in texts[1]
    assert "Faltan cajas" in texts[1]
    assert "¿Puedo pagar el lunes?" in texts[2]
    for text, path in zip(texts, ("pagos/reportados/", "cobranza/disputas/", f"clientes/{customer.pk}/"), strict=True):
        assert f"Abrir en Aldía: {base_url()}/e/{company.slug}/{path}\n" in text


def test_each_tells_where_it_is_dealt_with(company: Company) -> None:
    attempt = _attempt(make_customer(company), refunded=1_00, disputed=1_00, review="amount")
    page = f"{base_url()}/e/{company.slug}/pagos/en-linea/{attempt.pk}/"
    for tell in (notices.notify_payment, notices.notify_review, notices.notify_refund, notices.notify_chargeback):
        message = tell(attempt=attempt, now=NOW)
        assert message is not None
        assert f"Abrir en Aldía: {page}\n" in message.text
        assert f'href="{page}"' in message.html
    row_id = uuid7()
    told = notices.notify_dispute(
        customer=attempt.customer, key="2", numbers=["F-1"], reason="", now=NOW, receivable_id=row_id  # type: ignore[arg-type]
    )  # fmt: skip
    assert told is not None
    assert f"/e/{company.slug}/por-cobrar/{row_id}/" in told.text


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("attempt", "payment_attempt"),
        ("customer", "customer"),
        ("disputes", "disputes"),
        ("payment_plans", "payment_plans"),
        ("promises", "promises"),
        ("receivable", "receivable"),
        ("reports", "reports"),
    ],
    ids=["attempt", "customer", "disputes", "payment_plans", "promises", "receivable", "reports"],
)
def test_pages_that_notices_lead_to_are_there(page: Page, name: str) -> None:
    some_id = uuid7()
    found = resolve(f"/{PAGES[page].format(id=some_id)}", urlconf="aldia.web.urls")
    assert (found.url_name, list(found.kwargs.values())) == (name, [some_id] if "{id}" in PAGES[page] else [])
    assert len(PAGES) == 7
