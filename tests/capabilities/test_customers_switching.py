"""What switching customers on would do is said before, and is what it does; the sheet switches in one piece."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import Sum

from aldia.customers.models import Customer
from aldia.customers.operations.bulk_edit import PreviewChanged, preview_changes
from aldia.customers.operations.sheet_changes import Rules
from aldia.receivables.models import Receivable
from aldia.receivables.operations.customer_sheets import apply_customer_sheet
from aldia.receivables.operations.switching import switch_on
from aldia.receivables.queries import switching
from aldia.receivables.queries.switching import forecast_on
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_company, make_customer

TODAY = date(2026, 11, 21)


@pytest.fixture
def company(db):
    company = make_company()
    with company_scope(company.pk):
        yield company


@pytest.fixture
def guera(company):
    """Off, with every kind of paper that changes what is owed."""
    customer = make_customer(company, collecting=False)
    papers = Papers(company, customer)
    first = papers.invoice(1000_00, date(2026, 10, 1))
    papers.invoice(500_00, date(2026, 10, 2), method="PUE")  # presumed paid at the end of its month
    papers.invoice(70_00, date(2026, 11, 20), method="PUE")
    papers.invoice(300_00, date(2026, 10, 3), status="cancelled", cancelled_on=date(2026, 10, 4))
    papers.note(100_00, date(2026, 10, 5), first)
    papers.complement(date(2026, 10, 6), 200_00, (first, 200_00))
    papers.invoice(40_00, date(2026, 10, 7), currency="USD")
    return customer


def owed():
    rows = Receivable.objects.filter(balance__gt=0).values_list("currency").order_by("currency")
    return dict(rows.annotate(Sum("balance")))


def test_the_forecast_is_what_happens(guera):
    forecast = forecast_on(customer_ids=[guera.pk], today=TODAY)
    assert (forecast.customers, forecast.documents) == (1, 7)
    assert forecast.owed == {"MXN": 770_00, "USD": 40_00}
    assert not Receivable.objects.exists()
    assert not Customer.objects.get().collecting
    switched = switch_on(customer_ids=[guera.pk], today=TODAY, actor=None)
    assert (switched.receivables, owed()) == (forecast.receivables, forecast.owed)


def test_customers_that_are_on_or_generic_would_open_nothing(company, guera):
    make_customer(company, "Público", "XAXX010101000", generic=True, collecting=False)
    switch_on(customer_ids=[guera.pk], today=TODAY, actor=None)
    everybody = list(Customer.objects.values_list("pk", flat=True))
    assert forecast_on(customer_ids=everybody, today=TODAY) == switching.Forecast(0, 0, 0, {})


def test_too_many_documents_are_counted_only(guera, monkeypatch):
    monkeypatch.setattr(switching, "EXACT_UP_TO", 6)
    forecast = forecast_on(customer_ids=[guera.pk], today=TODAY)
    assert forecast.is_long
    assert (forecast.receivables, forecast.documents) == (None, 7)


def test_the_sheet_edits_and_switches_or_neither(guera):
    data = "RFC;Plazo;Prendido\nALG010203AB2;45;Sí\n".encode()
    token = preview_changes(data=data, customers=Customer.objects.all(), rules=Rules()).token
    call = {"data": data, "customers": Customer.objects.all(), "rules": Rules(), "today": TODAY, "actor": None}
    with pytest.raises(PreviewChanged):
        apply_customer_sheet(token="x", **call)
    assert not Receivable.objects.exists()
    applied, opened = apply_customer_sheet(token=token, **call)
    assert (applied.edited, opened) == (1, Receivable.objects.filter(voided_on__isnull=True).count())
    assert Customer.objects.get().collecting is True
    assert Receivable.objects.get(total=1000_00).due_on == date(2026, 11, 15)  # the term of the same sheet
