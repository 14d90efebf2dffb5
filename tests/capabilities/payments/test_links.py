"""Links: what they ask, for how long, and what becomes of them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from aldia.customers.models import Contact, Customer
from aldia.domain.money import Money
from aldia.domain.ports.payments import PaymentState
from aldia.messaging.models import Message
from aldia.payments.models import PaymentLink
from aldia.payments.operations.attempts import AttemptError, refund
from aldia.payments.operations.links import LinkError, NewLink, create_link, revoke_link, standing_link
from aldia.payments.operations.orders import OrderError, create_order
from aldia.payments.queries.links import find_link, link_view, methods_for
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import void_receivable
from tests.support.paying import Till, broken


def asks(till: Till, *rows: Receivable, **more: Any) -> NewLink:
    values: dict[str, Any] = {
        "customer_id": till.customer.pk, "receivable_ids": [row.pk for row in rows], "policy": "partial",
        "currency": "MXN", "now": till.now, "expires_at": till.now + timedelta(days=30), "actor": till.owner, **more,
    }  # fmt: skip
    return create_link(**values)


def view(till: Till, made: NewLink) -> tuple[str, list[str], int, int, int]:
    found = find_link(made.token)
    assert found is not None
    seen = link_view(found, till.now)
    return seen.state.value, [row.number for row in seen.documents], seen.total, seen.least, seen.most


def test_a_link_over_several_documents_until_they_are_paid(till: Till) -> None:
    first, second, other = till.owes(60_00, -1), till.owes(40_00, 5), till.owes(10_00)
    made = asks(till, first, second)
    assert view(till, made) == ("live", ["F-1", "F-2"], 100_00, 1_00, 100_00)
    till.pays(70_00, link_id=made.link.pk)
    assert view(till, made) == ("live", ["F-2"], 30_00, 1_00, 30_00)
    till.pays(30_00, link_id=made.link.pk)
    assert view(till, made) == ("paid", [], 0, 0, 0)
    assert [line.amount for line in link_view(made.link, till.now).paid] == [70_00, 30_00]
    assert till.owed(first, second, other) == [0, 0, 10_00]
    with pytest.raises(AttemptError, match="ya está pagada"):
        till.begins(10_00, link_id=made.link.pk)


def test_a_refund_brings_a_paid_link_back_to_life(till: Till) -> None:
    made = asks(till, till.owes(60_00))
    attempt = till.pays(60_00, link_id=made.link.pk)
    refund(attempt_id=attempt.pk, amount=60_00, key=uuid.uuid4(), actor=None, now=till.now)
    assert view(till, made)[0] == "live"
    assert link_view(made.link, till.now).paid == []


def test_all_or_nothing(till: Till) -> None:
    made = asks(till, till.owes(60_00), till.owes(40_00), policy="full")
    assert view(till, made)[3:] == (100_00, 100_00)
    with pytest.raises(AttemptError, match="no se puede pagar ese importe"):
        till.begins(60_00, link_id=made.link.pk)
    one, two = (till.begins(100_00, link_id=made.link.pk, method="store") for _turn in range(2))
    till.becomes(one, PaymentState.SUCCEEDED, received=100_00)
    late = till.becomes(two, PaymentState.SUCCEEDED, received=100_00)
    assert (late.posted, late.review) == (100_00, "paid_twice")
    assert till.credits() == [(100_00, 0), (100_00, 100_00)]
    assert broken() == []


def test_a_fixed_amount_is_asked_once(till: Till) -> None:
    row = till.owes(100_00)
    made = asks(till, row, policy="fixed", amount=25_00)
    assert view(till, made) == ("live", ["F-1"], 100_00, 25_00, 25_00)
    till.pays(25_00, link_id=made.link.pk)
    assert view(till, made)[0] == "paid"
    assert till.owed(row) == [75_00]


def test_a_link_dies_by_the_clock_by_hand_and_with_its_documents(till: Till) -> None:
    row = till.owes(60_00)
    old, taken, gone = asks(till, row), asks(till, row), asks(till, till.owes(10_00))
    for _turn in range(2):
        revoke_link(link_id=taken.link.pk, actor=till.owner)
    assert view(till, taken)[0] == "revoked"
    void_receivable(
        receivable_id=gone.link.debts.get().receivable_id, on=till.today, reason="Se canceló", actor=till.owner
    )
    assert view(till, gone) == ("revoked", [], 0, 0, 0)
    till.passes(days=30)
    assert view(till, old)[0] == "expired"
    for link in (old, taken, gone):
        with pytest.raises(AttemptError):
            till.begins(10_00, link_id=link.link.pk)


def test_a_link_over_everything_asks_what_is_owed_when_it_is_opened(till: Till) -> None:
    made = asks(till, covers_all=True)
    assert view(till, made)[0] == "paid"
    till.owes(60_00)
    till.owes(5_00, currency="USD")
    assert view(till, made) == ("live", ["F-1"], 60_00, 1_00, 60_00)


def test_only_the_token_finds_it(till: Till) -> None:
    made = asks(till, till.owes(60_00))
    assert len(made.token) == 43
    assert find_link(made.token) == made.link
    assert find_link(made.token[:-1] + "x") is None
    assert find_link(str(made.link.pk)) is None
    assert made.token not in str(PaymentLink.objects.values().get())


def test_the_standing_link_is_one_while_it_lives(till: Till) -> None:
    till.owes(60_00)
    first = standing_link(customer_id=till.customer.pk, currency="MXN", now=till.now)
    assert standing_link(customer_id=till.customer.pk, currency="MXN", now=till.now) == first
    assert standing_link(customer_id=till.customer.pk, currency="USD", now=till.now) != first
    till.passes(days=24)
    fresh = standing_link(customer_id=till.customer.pk, currency="MXN", now=till.now)
    assert fresh.link != first.link
    assert view(till, first)[0] == "live"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"receivable_ids": []}, "al menos un documento"),
        ({"receivable_ids": [uuid.uuid4()]}, "un solo cliente"),
        ({"currency": "USD"}, "una sola moneda"),
        ({"policy": "whatever"}, "cuánto se puede pagar"),
        ({"policy": "fixed"}, "mayor que cero"),
        ({"expires_in": timedelta(0)}, "después de hoy"),
        ({"expires_in": timedelta(days=400)}, "un año"),
    ],
    ids=["no-document", "unknown", "currency", "policy", "amount", "past", "long"],
)
def test_what_no_link_is_made_of(till: Till, change: dict[str, Any], why: str) -> None:
    row = till.owes(60_00)
    if "expires_in" in change:
        change = {"expires_at": till.now + change["expires_in"]}
    with pytest.raises(LinkError, match=why):
        asks(till, row, **change)
    assert not PaymentLink.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"collecting": False}, {"collecting": False, "generic": True}], ids=["off", "generic"]
)
def test_who_gets_no_link(till: Till, fields: dict[str, Any]) -> None:
    Customer.objects.filter(pk=till.customer.pk).update(**fields)
    with pytest.raises(LinkError, match="no se le cobra"):
        asks(till, covers_all=True)


def test_methods_say_why_not(till: Till) -> None:
    offers = {each.method.value: each for each in methods_for(till.customer, 12_000_00, "MXN")}
    assert {name: each.is_open for name, each in offers.items()} == {"card": True, "spei": True, "store": False}
    assert offers["store"].reason == "Hasta $10,000.00."
    assert [each.reason for each in methods_for(till.customer, 5_00, "MXN")] == ["Desde $10.00."] * 3
    assert {each.reason for each in methods_for(till.customer, 500_00, "USD")} == {"No se cobra en USD."}


def test_an_order_is_owed_and_asked_for_at_once(till: Till) -> None:
    Contact.objects.create(company=till.company, customer=till.customer, name="Lupita", email="lupita@guera.example")
    key = uuid.uuid4()
    values: dict[str, Any] = {
        "customer_id": till.customer.pk, "amount": Money(1_500_00, "MXN"), "concept": "Anticipo de obra",
        "due_on": till.today + timedelta(days=5), "key": key, "actor": till.owner, "now": till.now, "today": till.today,
    }  # fmt: skip
    order = create_order(**values)
    again = create_order(**values)
    assert (again.receivable.pk, again.link, again.token) == (key, order.link, order.token)
    assert (order.receivable.kind, order.receivable.number, order.receivable.balance) == (
        "payment_order",
        "OP-1",
        1_500_00,
    )
    message = Message.objects.get()
    assert [each.address for each in message.deliveries.all()] == ["lupita@guera.example"]
    assert message.subject == "Orden de pago OP-1 por $1,500.00 · Distribuidora Tres Ríos"
    assert f"/l/{till.company.slug}/{order.token}/" in message.html
    assert "Anticipo de obra" in message.text
    till.pays(1_500_00, link_id=order.link.pk)
    assert till.owed(order.receivable) == [0]
    assert view(till, NewLink(order.link, order.token))[0] == "paid"
    with pytest.raises(OrderError, match="otra orden"):
        create_order(**{**values, "amount": Money(1, "MXN")})


def test_an_order_that_cannot_be_leaves_nothing(till: Till) -> None:
    values: dict[str, Any] = {
        "customer_id": till.customer.pk, "amount": Money(1_500_00, "MXN"), "concept": "Obra", "due_on": till.today,
        "key": uuid.uuid4(), "actor": None, "now": till.now, "today": till.today,
    }  # fmt: skip
    for change in (
        {"concept": " "},
        {"amount": Money(0, "MXN")},
        {"addresses": ["nadie"]},
        {"customer_id": uuid.uuid4()},
    ):
        with pytest.raises(OrderError):
            create_order(**{**values, **change})
    Customer.objects.filter(pk=till.customer.pk).update(collecting=False)
    with pytest.raises(OrderError, match="no se le cobra"):
        create_order(**values)
    assert not Receivable.objects.exists()
    assert not Message.objects.exists()
