"""What providers say: in any order, however often, from before we wrote «sent» to long after, the end is the same."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.domain.ports.channels import Event, EventKind
from aldia.jobs.messaging import process_notices
from aldia.messaging.models import (
    ChannelAccount,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Message,
    ProviderNotice,
    Suppression,
)
from aldia.messaging.operations.events import PATIENCE, apply_event, keep_notice, process_notice
from aldia.messaging.operations.suppressions import lift
from aldia.messaging.queries.messages import new_notices
from aldia.messaging.states import state_after
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import company_scope
from tests.capabilities.messaging.conftest import NOON, Postman, deliveries, send, states, write
from tests.cast import make_company, make_customer

EVERYTHING = list(EventKind)


@pytest.fixture
def account(company: Company) -> ChannelAccount:
    return ChannelAccount.objects.create(company=company, channel="email", adapter="mailbox", name="Correo")


def event(kind: str, *, key: str = "", minutes: int = 0, provider_id: str = "id-1", **more: Any) -> Event:
    return Event(EventKind(kind), provider_id, key or f"{kind}{minutes}", NOON + timedelta(minutes=minutes), **more)


def sent(customer: Any, *answers: str) -> Message:
    message = write(customer, "Lupita@guera.example")
    send(message, Postman(list(answers) or ["id-1"]))
    return message


def told(account: ChannelAccount, *events: Event, event_id: str = "n1") -> ProviderNotice:
    notice = keep_notice(account=account, event_id=event_id, body="{}", headers={}, events=events)
    assert notice is not None
    return notice


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (["delivered"], "delivered"),
        (["opened"], "opened"),
        (["clicked"], "opened"),
        (["deferred"], "sent"),
        (["failed"], "failed"),
        (["bounced"], "bounced"),
        (["complained"], "complained"),
        (["answered"], "delivered"),
        (["opened", "delivered", "sent"], "opened"),
        (["bounced", "delivered", "opened"], "bounced"),
        (["complained", "bounced"], "complained"),
        (["failed", "delivered"], "delivered"),
    ],
)
def test_a_state_never_goes_back(customer: Any, account: ChannelAccount, kinds: list[str], state: str) -> None:
    message = sent(customer)
    for kind in kinds:
        assert apply_event(account=account, event=event(kind))
    assert states(message) == ["done", state]
    assert DeliveryEvent.objects.count() == len(kinds)


def end(message: Message) -> tuple[Any, ...]:
    """All that may be seen of a message afterwards, but when we were told."""
    (delivery,) = deliveries(message)
    return (
        states(message),
        delivery.provider_id,
        delivery.delivered_at,
        delivery.opened_at,
        sorted(DeliveryEvent.objects.filter(delivery=delivery).values_list("event_key", "kind", "at", "detail")),
        sorted(Suppression.objects.values_list("address", "why", "lifted_at")),
    )


def lived(order: tuple[Event | None, ...]) -> str:
    """The end of a message whose news came in this order, each twice; None is the moment of our own «sent»."""
    company = make_company()
    with company_scope(company.pk):
        account = ChannelAccount.objects.create(company=company, channel="email", adapter="mailbox", name="C")
        message = write(make_customer(company), "lupita@guera.example")
        for turn, step in enumerate(order):
            if step is None:
                send(message, Postman(["id-1"]))
            else:
                told(account, step, step, event_id=str(turn))
            process_notices.func()
        told(account, *[each for each in order if each], event_id="again")
        process_notices.func()
        assert new_notices() == []
        *rest, events, suppressed = end(message)
        return repr((rest, [(key.partition(":")[2], *more) for key, *more in events], suppressed))


def test_every_order_ends_the_same(db: None) -> None:
    news = (event("delivered"), event("opened", minutes=1), event("bounced", minutes=2, permanent=True))
    assert len({lived(order) for order in itertools.permutations([*news, None])}) == 1


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_news_in_any_order_end_the_same(db: None, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(EVERYTHING), min_size=2, max_size=4))
    news: list[Event | None] = [
        event(kind, minutes=data.draw(st.integers(-5, 5)), key=str(place), permanent=data.draw(st.booleans()))
        for place, kind in enumerate(kinds)
    ]
    orders = data.draw(st.lists(st.permutations([*news, None]), min_size=2, max_size=5))
    assert len({lived(tuple(order)) for order in orders}) == 1


@given(st.sampled_from(list(DeliveryState)), st.permutations(EVERYTHING))
def test_the_state_is_a_function_of_what_is_known(own: DeliveryState, kinds: list[EventKind]) -> None:
    stepwise: str = own
    for kind in kinds:
        stepwise = state_after(stepwise, [kind])
    assert stepwise == state_after(own, kinds) == state_after(own, kinds * 2)


def test_what_comes_before_our_own_sent_waits_for_it(customer: Any, account: ChannelAccount) -> None:
    message = write(customer)
    notice = told(account, event("delivered"))
    assert not process_notice(notice_id=notice.pk, now=NOON)
    assert new_notices() == [notice.pk]
    send(message, Postman(["id-1"]))
    assert process_notice(notice_id=notice.pk, now=NOON)
    assert states(message) == ["done", "delivered"]
    assert new_notices() == []


def test_what_never_finds_its_delivery_is_closed_with_a_word(account: ChannelAccount) -> None:
    notice = told(account, event("delivered"), event("opened"))
    notice.refresh_from_db()
    assert process_notice(notice_id=notice.pk, now=notice.created_at + PATIENCE + timedelta(minutes=1))
    notice.refresh_from_db()
    assert "2 avisos sin un envío" in notice.error
    assert new_notices() == []


def test_our_own_name_of_a_message_is_enough_and_ends_a_doubt(customer: Any, account: ChannelAccount) -> None:
    """A provider that carries our Message-ID proves that an unknown did go out."""
    message = write(customer)
    send(message, Postman([RuntimeError("?")]))
    assert states(message) == ["done", "unknown"]
    ours = deliveries(message)[0].header_id
    assert apply_event(account=account, event=event("delivered", provider_id=f"<{ours}@tresrios.example>"))
    assert states(message) == ["done", "delivered"]


def test_told_while_it_is_being_sent(customer: Any, account: ChannelAccount) -> None:
    message = write(customer)
    ours = deliveries(message)[0].header_id
    postman = Postman(["id-1"], meanwhile=lambda: apply_event(account=account, event=event("opened", provider_id=ours)))
    assert send(message, postman) == "opened"
    (delivery,) = deliveries(message)
    assert (delivery.provider_id, delivery.opened_at) == ("id-1", NOON)
    assert delivery.sent_at is not None


def test_a_receipt_that_arrived_is_not_sent_again(customer: Any, account: ChannelAccount) -> None:
    message = write(customer, guarantee="at_least")
    send(message, Postman([RuntimeError("?")]))
    assert states(message) == ["ready", "queued"]
    apply_event(account=account, event=event("delivered", provider_id=deliveries(message)[0].header_id))
    postman = Postman()
    assert send(message, postman, now=NOON + timedelta(hours=1)) == "delivered"
    assert postman.got == []
    assert states(message) == ["done", "delivered"]


@pytest.mark.parametrize(
    ("kind", "permanent", "why"),
    [
        ("bounced", True, "bounce"),
        ("bounced", False, ""),
        ("complained", False, "complaint"),
        ("unsubscribed", False, "unsubscribe"),
        ("opened", False, ""),
        ("failed", True, ""),
    ],
)
def test_which_events_stop_an_address(
    customer: Any, account: ChannelAccount, kind: str, permanent: bool, why: str
) -> None:
    sent(customer)
    apply_event(account=account, event=event(kind, permanent=permanent))
    found = list(Suppression.objects.values_list("address", "why"))
    assert found == ([("lupita@guera.example", why)] if why else [])


def test_a_lifted_address_stays_lifted_when_the_same_news_comes_again(
    customer: Any, account: ChannelAccount, owner: User
) -> None:
    sent(customer)
    apply_event(account=account, event=event("bounced", permanent=True))
    lift(suppression_id=Suppression.objects.get().pk, actor=owner)
    apply_event(account=account, event=event("bounced", permanent=True))
    assert not Suppression.objects.filter(lifted_at__isnull=True).exists()
    apply_event(account=account, event=event("bounced", permanent=True, minutes=9))
    assert Suppression.objects.filter(lifted_at__isnull=True).exists()


def test_an_answer_finds_the_last_that_was_written_to_that_address(company: Company, customer: Any) -> None:
    account = ChannelAccount.objects.create(company=company, channel="whatsapp", adapter="mailbox", name="W")
    first = write(customer, "+525555550134", channel="whatsapp")
    second = write(customer, "+525555550134", channel="whatsapp")
    for message in (first, second):
        send(message, Postman([message.key]))
    at = deliveries(second)[0].sent_at + timedelta(minutes=1)  # type: ignore[operator]
    answer = Event(EventKind.ANSWERED, "", "a1", at, address="+525555550134", detail="Ya pagué")
    assert apply_event(account=account, event=answer)
    assert DeliveryEvent.objects.get().delivery == deliveries(second)[0]
    stranger = Event(EventKind.ANSWERED, "", "a2", at, address="+525500000000")
    assert not apply_event(account=account, event=stranger)


def test_a_notice_is_kept_once_whatever_is_in_it(account: ChannelAccount) -> None:
    raw = {"a": [1, None, True, {"b": "c\x00\ud800"}], "n" * 500: "x" * 9999, "f": 1.5}
    odd = event("opened", detail="x\x00y\ud800" + "z" * 999, raw=raw)
    assert told(account, odd, event_id="x" * 900).events
    assert keep_notice(account=account, event_id="x" * 900, body="otro\x00", headers={}, events=[odd]) is None
    assert keep_notice(account=account, event_id="x" * 901, body="otro\x00", headers={}, events=[odd]) is not None
    assert ProviderNotice.objects.count() == 2


def test_odd_events_are_kept_readable(customer: Any, account: ChannelAccount) -> None:
    message = sent(customer)
    odd = event("opened", detail="x\x00y\ud800" + "z" * 999, raw={"k\x00": "v\ud800"}, key="k" * 900)
    assert process_notice(notice_id=told(account, odd).pk, now=NOON)
    row = DeliveryEvent.objects.get()
    assert row.delivery == deliveries(message)[0]
    assert row.detail.startswith("x�y�z")
    assert len(row.event_key) <= 200


def test_a_notice_that_cannot_be_read_holds_up_no_other(customer: Any, account: ChannelAccount) -> None:
    message = sent(customer)
    ProviderNotice.objects.create(company_id=account.company_id, account=account, event_id="roto", body="{", headers={})
    told(account, event("delivered"), event_id="sano")
    process_notices.func()
    assert states(message) == ["done", "delivered"]
    assert ProviderNotice.objects.get(event_id="roto").error


def test_news_of_another_company_are_not_ours(customer: Any, account: ChannelAccount) -> None:
    message = sent(customer)
    other = make_company("Otra", "OTR010203AB1")
    with company_scope(other.pk):
        theirs = ChannelAccount.objects.create(company=other, channel="email", adapter="mailbox", name="C")
        assert not apply_event(account=theirs, event=event("bounced"))
    assert states(message) == ["done", "sent"]
    assert Delivery.objects.get().state == "sent"
