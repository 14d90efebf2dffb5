"""Each delivery is claimed once, asked about again, handed over, and ends as what is known of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aldia.domain.ports.channels import ChannelFailure, ChannelUnknown
from aldia.messaging.models import ChannelAccount, Delivery, Message, Suppression
from aldia.messaging.operations import delivering
from aldia.messaging.operations.delivering import MINUTES, NotUnknown, deliver, reap_expired, resolve_unknown
from aldia.messaging.operations.outbox import Enclosure
from aldia.messaging.operations.suppressions import NotSuppressed, lift, suppress
from aldia.messaging.queries.messages import due_deliveries, suppressed_among
from aldia.messaging.states import PENDING
from aldia.tenancy import storage
from aldia.tenancy.models import AuditEvent, Company, User
from aldia.tenancy.scope import company_scope
from tests.capabilities.messaging.conftest import DAY, NOON, Postman, deliveries, send, states, write
from tests.cast import make_company, make_customer, make_user

LATER = ChannelFailure("451", "más tarde", permanent=False)
NEVER = ChannelFailure("554", "rechazado", permanent=True)
NO_SUCH = ChannelFailure("550", "no existe", permanent=True, address_is_bad=True)
CUT = ChannelUnknown("se cortó")
GONE = timedelta(seconds=-1)  # a lease that is over as soon as it begins


def test_sent_is_written_once(customer: Any) -> None:
    message, postman = write(customer), Postman(["prov-1"])
    assert send(message, postman) == "sent"
    assert send(message, postman) == "sent"
    assert len(postman.got) == 1
    (delivery,) = deliveries(message)
    assert (delivery.provider_id, delivery.attempts, delivery.fence, delivery.lease_until) == ("prov-1", 1, 1, None)
    assert delivery.sent_at is not None
    assert states(message) == ["done", "sent"]


def test_what_the_adapter_gets(company: Company, customer: Any) -> None:
    file = storage.store("f.pdf", b"%PDF-1", "application/pdf")
    account = ChannelAccount.objects.create(
        company=company, channel="email", adapter="mailbox", name="Correo", is_default=True,
        sender_address="cobranza@tresrios.example", sender_name="Tres Ríos", reply_to="todos@tresrios.example",
    )  # fmt: skip
    message = write(
        customer, attachments=[Enclosure("f.pdf", "application/pdf", file.pk)], reply_to="marisol@tresrios.example"
    )
    postman, seen = Postman(), []
    (delivery,) = deliveries(message)
    deliver(delivery_id=delivery.pk, now=NOON, adapter_of=lambda *asked: (seen.append(asked), postman)[1])
    (got,) = postman.got
    assert seen == [(account, "email")]
    assert (got.header_id, got.to_address, got.reply_to) == (
        delivery.header_id,
        delivery.address,
        "marisol@tresrios.example",
    )
    assert (got.sender_name, got.sender_address) == ("Tres Ríos", "cobranza@tresrios.example")
    assert [(each.name, each.data) for each in got.files] == [("f.pdf", b"%PDF-1")]
    assert got.is_automatic


def test_a_file_that_is_gone_stops_it_before_the_network(customer: Any) -> None:
    file = storage.store("f.pdf", b"%PDF-1", "application/pdf")
    storage._forget(file.path)
    message, postman = write(customer, attachments=[Enclosure("f.pdf", "application/pdf", file.pk)]), Postman()
    assert send(message, postman) == "failed"
    assert postman.got == []
    assert "ya no está" in deliveries(message)[0].error


def test_recheck_stops_the_whole_message(customer: Any) -> None:
    message, postman, asked = write(customer, "a@x.example", "b@x.example"), Postman(), []
    assert send(message, postman, recheck=lambda row: (asked.append(row.pk), "paid")[1]) == "cancelled"
    assert postman.got == []
    assert asked == [message.pk]
    assert states(message) == ["cancelled", "cancelled", "cancelled"]
    assert Message.objects.get().cancel_reason == "paid"


def test_recheck_after_one_has_left_stops_the_rest(customer: Any) -> None:
    message, postman = write(customer, "a@x.example", "b@x.example"), Postman()
    send(message, postman, recheck=lambda _message: "")
    send(message, postman, place=1, recheck=lambda _message: "paid")
    assert states(message) == ["done", "sent", "cancelled"]


def test_a_recheck_that_breaks_puts_the_claim_back(customer: Any) -> None:
    message, postman = write(customer), Postman()

    def broken(_message: Message) -> str:
        raise LookupError("no")

    with pytest.raises(LookupError):
        send(message, postman, recheck=broken)
    assert states(message) == ["ready", "queued"]
    assert send(message, postman) == "sent"


@pytest.mark.parametrize(
    ("answer", "state", "suppressed"), [(NEVER, "failed", False), (NO_SUCH, "bounced", True), (CUT, "unknown", False),
                                        (RuntimeError("?"), "unknown", False), (KeyError("x"), "unknown", False)]
)  # fmt: skip
def test_how_an_attempt_ends(customer: Any, answer: Exception, state: str, suppressed: bool) -> None:
    message, postman = write(customer, "Lupita@Guera.example"), Postman([answer])
    assert send(message, postman) == state
    assert states(message) == ["done", state]
    assert send(message, postman, now=NOON + timedelta(days=9)) == state
    assert len(postman.got) == 1
    assert Suppression.objects.exists() == suppressed
    assert suppressed_among("email", ["LUPITA@guera.example"]) == (
        {"lupita@guera.example": "bounce"} if suppressed else {}
    )


def test_a_reminder_is_tried_again_on_its_day_only(customer: Any) -> None:
    message, postman, now = write(customer), Postman([LATER]), NOON
    tries = []
    while send(message, postman, now=now) == "queued":
        (delivery,) = deliveries(message)
        tries.append(delivery.try_after - now)  # type: ignore[operator]
        assert send(message, postman, now=delivery.try_after - timedelta(seconds=1)) == "queued"  # type: ignore[operator]
        assert due_deliveries(now=now) == []
        now = delivery.try_after  # type: ignore[assignment]
        assert [each.delivery_id for each in due_deliveries(now=now)] == [delivery.pk]
    assert tries == [timedelta(minutes=each) for each in MINUTES]
    assert len(postman.got) == len(MINUTES) + 1
    assert states(message) == ["done", "failed"]
    assert len({each.header_id for each in postman.got}) == 1


@pytest.mark.parametrize(
    ("zone", "state"),
    [("America/Mexico_City", "queued"), ("America/Sao_Paulo", "queued"), ("Atlantic/Azores", "failed")],
)
def test_the_day_ends_at_midnight_of_the_company(company: Company, customer: Any, zone: str, state: str) -> None:
    Company.objects.update(time_zone=zone)
    late = datetime(2026, 11, 21, 0, 59, 30, tzinfo=UTC)  # 23:59:30 in the Azores
    message = write(customer)
    assert send(message, Postman([LATER]), now=late) == state


def test_a_receipt_goes_on_over_days_and_unknown_is_no_reason_to_stop(customer: Any) -> None:
    message, now = write(customer, guarantee="at_least", purpose="receipt"), NOON
    postman = Postman([CUT, LATER, LATER, LATER, LATER, LATER, LATER, CUT, "id"])
    while send(message, postman, now=now) == "queued":
        now = deliveries(message)[0].try_after  # type: ignore[assignment]
    assert states(message) == ["done", "sent"]
    assert now.date() > DAY
    assert len({each.header_id for each in postman.got}) == 1


def test_nothing_leaves_before_its_time(customer: Any) -> None:
    message, postman = write(customer, send_after=NOON + timedelta(hours=1)), Postman()
    assert due_deliveries(now=NOON) == []
    assert send(message, postman) == "queued"
    assert send(message, postman, now=NOON + timedelta(hours=1)) == "sent"


def test_a_letter_waits_for_a_person(customer: Any) -> None:
    message, postman = write(customer, "Calle 1", channel="letter"), Postman()
    assert due_deliveries(now=NOON) == []
    assert send(message, postman) == "queued"
    assert postman.got == []


def test_a_channel_without_an_account_is_tried_again(customer: Any) -> None:
    message = write(customer, "+525555550134", channel="sms")
    (delivery,) = deliveries(message)
    assert deliver(delivery_id=delivery.pk, now=NOON) == "queued"
    (delivery,) = deliveries(message)
    assert delivery.error_code == "no_channel"
    assert "SMS" in delivery.error.upper()


def test_a_suppressed_address_is_left_out_and_only_it(customer: Any, owner: User) -> None:
    row = suppress(channel="email", address=" A@x.example", why="person", actor=owner)
    message, postman = write(customer, "a@X.example", "b@x.example"), Postman()
    assert send(message, postman) == "cancelled"
    assert send(message, postman, place=1) == "sent"
    assert [each.to_address for each in postman.got] == ["b@x.example"]
    assert states(message) == ["done", "cancelled", "sent"]
    lift(suppression_id=row.pk, actor=owner)
    with pytest.raises(NotSuppressed):
        lift(suppression_id=row.pk, actor=owner)
    assert send(write(customer, "a@x.example"), postman) == "sent"
    verbs = list(AuditEvent.objects.order_by("seq").values_list("verb", "actor"))
    assert verbs == [("messaging.suppressed", owner.pk), ("messaging.lifted", owner.pk)]


def test_a_dead_sender_leaves_an_unknown_that_only_a_person_repeats(customer: Any, owner: User) -> None:
    message, postman = write(customer), Postman()
    (delivery,) = deliveries(message)
    assert delivering._claim(delivery.pk, NOON, GONE) == 1
    assert send(message, postman) == "sending"
    assert reap_expired(now=NOON) == 1
    assert reap_expired(now=NOON) == 0
    assert states(message) == ["done", "unknown"]
    assert due_deliveries(now=NOON + timedelta(days=3)) == []
    assert send(message, postman, now=NOON + timedelta(days=3)) == "unknown"
    assert postman.got == []
    tomorrow = DAY + timedelta(days=1)
    assert resolve_unknown(delivery_id=delivery.pk, outcome="again", actor=owner, on_day=tomorrow) == "queued"
    assert states(message) == ["ready", "queued"]
    assert Message.objects.get().on_day == tomorrow
    assert send(message, postman) == "sent"
    with pytest.raises(NotUnknown):
        resolve_unknown(delivery_id=delivery.pk, outcome="again", actor=owner)
    assert AuditEvent.objects.get(verb="messaging.unknown_resolved").detail["outcome"] == "again"


def test_a_person_may_say_that_it_arrived(customer: Any, owner: User) -> None:
    message = write(customer)
    send(message, Postman([CUT]))
    (delivery,) = deliveries(message)
    with pytest.raises(ValueError, match="maybe"):
        resolve_unknown(delivery_id=delivery.pk, outcome="maybe", actor=owner)
    assert resolve_unknown(delivery_id=delivery.pk, outcome="sent", actor=owner) == "sent"
    (delivery,) = deliveries(message)
    assert delivery.resolved_by == owner
    assert delivery.sent_at is not None
    assert states(message) == ["done", "sent"]


def test_a_living_sender_is_not_reaped(customer: Any) -> None:
    message = write(customer)
    assert send(message, Postman(meanwhile=lambda: reap_expired(now=NOON))) == "sent"


def test_a_receipt_of_a_dead_sender_is_queued_again(customer: Any) -> None:
    message, postman = write(customer, guarantee="at_least"), Postman()
    delivering._claim(deliveries(message)[0].pk, NOON, GONE)
    assert reap_expired(now=NOON) == 1
    assert states(message) == ["ready", "queued"]
    assert send(message, postman, now=NOON + timedelta(minutes=1)) == "sent"


def test_what_a_late_sender_knows_is_better_than_unknown(customer: Any) -> None:
    """It slept through its lease, but nobody has claimed or decided since: its word counts."""
    for answer, state in (("id", "sent"), (NEVER, "failed"), (LATER, "queued")):
        message = write(customer)
        postman = Postman([answer], meanwhile=lambda: reap_expired(now=NOON))
        assert send(message, postman, lease=GONE) == state
        assert states(message) == ["ready" if state == "queued" else "done", state]


def test_who_slept_through_its_lease_before_the_network_sends_nothing(customer: Any) -> None:
    message, postman = write(customer), Postman()

    def asleep(_message: Message) -> str:
        Delivery.objects.update(lease_until=NOON - timedelta(days=400))
        assert reap_expired(now=NOON) == 1
        return ""

    assert send(message, postman, recheck=asleep) == "unknown"
    assert postman.got == []


def test_what_a_late_sender_says_after_a_person_decided_changes_nothing(customer: Any, owner: User) -> None:
    message = write(customer)
    (delivery,) = deliveries(message)

    def decided() -> None:
        reap_expired(now=NOON)
        resolve_unknown(delivery_id=delivery.pk, outcome="again", actor=owner)

    assert send(message, Postman(["late"], meanwhile=decided), lease=GONE) == "queued"
    assert deliveries(message)[0].provider_id == ""
    assert states(message) == ["ready", "queued"]


def test_another_company_has_no_such_delivery(customer: Any) -> None:
    message = write(customer)
    with company_scope(make_company("Otra", "OTR010203AB1").pk), pytest.raises(Delivery.DoesNotExist):
        deliver(delivery_id=_id(message), now=NOON)


def _id(message: Message) -> Any:
    return Delivery.all_companies.filter(message_id=message.pk).values_list("pk", flat=True).first() or message.pk


class Outbox(RuleBasedStateMachine):
    """Everything that can happen to a reminder to two people, in any order."""

    ANSWERS = st.sampled_from(["id", LATER, NEVER, NO_SUCH, CUT, RuntimeError("bug")])

    def __init__(self) -> None:
        super().__init__()
        self.company = make_company()
        self.scope = company_scope(self.company.pk)
        self.scope.__enter__()
        self.owner = make_user(f"{self.company.pk.hex}@x.example")
        self.message = write(make_customer(self.company), "a@x.example", "b@x.example")
        self.now, self.handed, self.released = NOON, [0, 0], [0, 0]
        self.reached = [False, False]

    def teardown(self) -> None:
        self.scope.__exit__(None, None, None)

    @rule(place=st.integers(0, 1), answer=ANSWERS, dies=st.booleans(), reason=st.sampled_from(["", "", "paid"]))
    def attempt(self, place: int, answer: Any, dies: bool, reason: str) -> None:
        if dies:  # claimed, and never heard of again
            delivering._claim(deliveries(self.message)[place].pk, self.now, GONE)
            return
        postman = Postman([answer])
        send(self.message, postman, place=place, now=self.now, recheck=lambda _message: reason)
        if postman.got and not (isinstance(answer, ChannelFailure)):
            self.handed[place] += 1

    @rule(minutes=st.sampled_from([1, 20, 200]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def reap(self) -> None:
        reap_expired(now=self.now)

    @precondition(lambda self: "unknown" in states(self.message))
    @rule(outcome=st.sampled_from(["sent", "again"]))
    def person(self, outcome: str) -> None:
        for place, delivery in enumerate(deliveries(self.message)):
            if delivery.state == "unknown":
                resolve_unknown(delivery_id=delivery.pk, outcome=outcome, actor=self.owner)
                self.released[place] += outcome == "again"

    @invariant()
    def at_most_once_unless_a_person_said_again(self) -> None:
        for handed, released in zip(self.handed, self.released, strict=True):
            assert handed <= 1 + released

    @invariant()
    def the_message_ends_with_its_deliveries(self) -> None:
        state, *rest = states(self.message)
        if set(rest) & set(PENDING):
            assert state == "ready"
        else:
            assert state == ("cancelled" if set(rest) == {"cancelled"} else "done")

    @invariant()
    def attempts_and_fences_only_rise(self) -> None:
        for delivery in deliveries(self.message):
            assert delivery.fence >= delivery.attempts
            assert (delivery.lease_until is not None) == (delivery.state == "sending")


class TestOutbox(TestCase):
    def test_states(self) -> None:
        from hypothesis.stateful import run_state_machine_as_test

        run_state_machine_as_test(Outbox, settings=settings(max_examples=15, stateful_step_count=12, deadline=None))
