"""A company that writes to people, and adapters that do as they are told."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from aldia.domain.ports.channels import Outgoing, Sent
from aldia.messaging.models import Delivery, DeliveryState, Message
from aldia.messaging.operations.delivering import deliver
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.messaging.rendering import Rendered
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 18, tzinfo=UTC)  # 12:00 in Mexico City


@dataclass
class Postman:
    """An adapter whose answers are given in turn (the last one stays): an exception to raise, or a provider's id."""

    answers: list[Exception | str] = field(default_factory=lambda: ["id-1"])
    got: list[Outgoing] = field(default_factory=list)
    meanwhile: Callable[[], Any] = lambda: None

    def send(self, message: Outgoing) -> Sent:
        self.got.append(message)
        self.meanwhile()
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Sent(answer)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    with company_scope(company.pk):
        yield company


@pytest.fixture
def owner(company: Company) -> User:
    return make_user("dueña@ejemplo.mx", company)


@pytest.fixture
def customer(company: Company) -> Any:
    return make_customer(company, search="abarrotes la guera")


def write(customer: Any, *addresses: str, **more: Any) -> Message:
    """A message to these addresses."""
    values: dict[str, Any] = {
        "key": uuid.uuid4().hex,
        "channel": "email",
        "purpose": "after",
        "customer_id": customer.pk if customer else None,
        "recipients": [Recipient(each) for each in addresses or ("lupita@guera.example",)],
        "rendered": Rendered("Asunto", "<p>Hola</p>", "Hola"),
        "on_day": DAY,
    }
    return write_message(**values | more)


def send(message: Message, postman: Postman, *, now: datetime = NOON, place: int = 0, **more: Any) -> DeliveryState:
    """Deliver one of its deliveries through the postman."""
    delivery = deliveries(message)[place]
    return deliver(delivery_id=delivery.pk, now=now, adapter_of=lambda _account, _channel: postman, **more)  # type: ignore[arg-type,return-value]


def deliveries(message: Message) -> list[Delivery]:
    return list(Delivery.objects.filter(message=message).order_by("id"))


def states(message: Message) -> list[str]:
    """The state of the message, then of its deliveries."""
    return [Message.objects.get(pk=message.pk).state, *(each.state for each in deliveries(message))]
