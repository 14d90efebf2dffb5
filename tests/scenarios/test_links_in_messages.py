"""Links and accounts that messages carry: whose they are, when they are made, and that previews make none."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aldia.customers.models import Customer
from aldia.messaging.models import Message
from aldia.payments.models import CollectionAccount, LinkedDebt, PaymentLink, PortalPass, ProviderAccount
from aldia.payments.operations.carried import Carrier, Wanted
from aldia.payments.queries.links import find_link
from aldia.payments.tokens import PASS, Tokens, payment_settings
from aldia.reminders.models import When
from aldia.reminders.operations.activation import preview_activation
from aldia.reminders.operations.one_off import Order, preview_one_off, send_one_off
from aldia.reminders.operations.rule_words import StepWords
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent
from aldia.web.views.messages.desk import again
from tests.support.stage import Stage

LUPITA, PACO = "lupita@laguera.example", "paco@laguera.example"
AFTER = StepWords(When.AFTER, 1)
CLABE = "646180110400000001"


@pytest.fixture
def provider(stage: Stage) -> ProviderAccount:
    return ProviderAccount.objects.create(
        company=stage.company, provider="sandbox", name="Prueba", methods=["card", "spei"], hook_token=uuid7().hex
    )


def late(stage: Stage, name: str = "Abarrotes La Güera", email: str = LUPITA, **fields: Any) -> Customer:
    customer = stage.customer(name, email, **fields)
    stage.owes(customer, 1_160_00, date(2026, 3, 2))
    return customer


def links_in(text: str, kind: str = "l") -> list[str]:
    """The tokens of the addresses in a text."""
    return list(dict.fromkeys(re.findall(rf"https?://[^\s\"]+/{kind}/[^/\s]+/([^/\s\"]+)/", text)))


def order(customer: Customer, body: str, **fields: Any) -> Order:
    return Order(customer.pk, "email", "Su saldo", body, **fields)


def test_a_reminder_carries_the_link_that_pays_all_of_its_customer(stage: Stage, provider: ProviderAccount) -> None:
    guera = late(stage)
    stage.owes(guera, 40_00, date(2026, 4, 30))
    stage.follow(stage.rule(AFTER), guera)
    stage.walk(date(2026, 3, 3))
    (mail,) = stage.mails
    tokens = links_in(stage.text(mail))
    assert links_in(stage.html(mail)) == tokens
    link = find_link(tokens[0])
    assert link is not None
    assert (link.customer_id, link.currency, link.covers_all, link.policy) == (guera.pk, "MXN", True, "partial")
    assert tokens[0] in Message.objects.get().text  # what was said is kept as it was said


def test_the_same_link_while_it_lives_a_week_more_then_another(stage: Stage, provider: ProviderAccount) -> None:
    guera = late(stage)
    stage.follow(stage.rule(AFTER, StepWords(When.REPEAT, 7, times=9)), guera)
    stage.walk(date(2026, 4, 8))
    found = [links_in(stage.text(mail))[0] for mail in stage.mails]
    assert len(found) == 6
    assert len(set(found)) == 2
    assert found == sorted(found, key=found.index)
    for token, day in zip(found, stage.days(), strict=True):
        link = find_link(token)
        assert link is not None
        month, number = map(int, day.split("-"))
        assert link.expires_at > stage.at("09:00", date(2026, month, number)) + timedelta(days=7)


def test_a_message_on_one_document_carries_the_link_of_that_document(stage: Stage, provider: ProviderAccount) -> None:
    guera = late(stage)
    stage.owes(guera, 40_00, date(2026, 3, 2))
    stage.follow(stage.rule(AFTER, grouping="document"), guera)
    stage.walk(date(2026, 3, 3))
    for mail in stage.mails:
        link = find_link(links_in(stage.text(mail))[0])
        assert link is not None
        (debt,) = LinkedDebt.objects.filter(link=link)
        assert debt.receivable.number in stage.text(mail)
    assert PaymentLink.objects.filter(purpose="document").count() == len(stage.mails) == 2


def test_without_a_way_to_pay_or_where_it_is_not_wanted_there_is_no_link(stage: Stage) -> None:
    guera, sol = late(stage), late(stage, "El Sol", PACO)
    stage.follow(stage.rule(AFTER), guera)
    stage.walk(date(2026, 3, 3))
    ProviderAccount.objects.create(company=stage.company, provider="sandbox", name="Prueba", methods=["card"])
    settings = payment_settings()
    settings.link_in_reminders = False
    settings.save()
    stage.follow(stage.rule(AFTER, name="Otra"), sol)
    stage.owes(sol, 20_00, date(2026, 3, 3))
    stage.walk(date(2026, 3, 5))
    assert len(stage.mails) == 2
    assert [links_in(stage.text(mail)) for mail in stage.mails] == [[], []]
    assert PaymentLink.objects.count() == 0
    message = send_one_off(
        order=order(sol, "{{ liga_de_pago }}"), key=uuid.uuid4(), actor=stage.owner, as_of=stage.at("09:00")
    )
    assert len(links_in(message.text)) == 1  # a person asked for it


def test_each_address_opens_the_statement_with_a_link_of_its_own(stage: Stage) -> None:
    guera = late(stage)
    stage.contact(guera, PACO)
    sent = order(guera, "Vea su saldo: {{ estado_de_cuenta }}", copy_me=True)
    send_one_off(order=sent, key=uuid.uuid4(), actor=stage.owner, as_of=stage.at("09:00"))
    stage.send()
    tokens = {to[0]: links_in(stage.text(mail), "p") for _sender, to, mail in stage.mailer.taken}
    assert all(links_in(stage.html(mail), "p") == tokens[to[0]] for _sender, to, mail in stage.mailer.taken)
    assert {each.address: [token] for each, token in _passes()} == {at: tokens[at] for at in (LUPITA, PACO)}
    send_one_off(order=sent, key=uuid.uuid4(), actor=stage.owner, as_of=stage.at("10:00"))
    stage.send("10:00")
    again = {to[0]: links_in(stage.text(mail), "p") for _sender, to, mail in stage.mailer.taken[3:]}
    assert again == tokens
    assert PortalPass.objects.count() == 2


def test_words_written_again_ask_for_links_of_their_own(stage: Stage, provider: ProviderAccount) -> None:
    guera = late(stage)
    body = "Buen día.\n\n{{ liga_de_pago }}\n\nVea {{ estado_de_cuenta }} hoy.\n\nGracias"
    message = send_one_off(order=order(guera, body), key=uuid.uuid4(), actor=stage.owner, as_of=stage.at("09:00"))
    assert links_in(message.text) + links_in(message.text, "p")
    assert again(message).body == body


def _passes() -> list[tuple[PortalPass, str]]:
    tokens = Tokens()
    return [(row, tokens.of(PASS, row.pk)) for row in PortalPass.objects.all()]


def test_the_account_of_the_customer_is_said(stage: Stage, provider: ProviderAccount) -> None:
    guera, sol = late(stage), late(stage, "El Sol", PACO)
    CollectionAccount.objects.create(
        company=stage.company, customer=guera, account=provider, kind="clabe", value=CLABE, bank="STP", sequence=1,
        opened_at=stage.at("08:00"),
    )  # fmt: skip
    stage.follow(stage.rule(AFTER), guera, sol)
    stage.walk(date(2026, 3, 3))
    said = {to[0]: " ".join(stage.text(mail).split()) for _sender, to, mail in stage.mailer.taken}
    assert "CLABE *646 180 110 400 000 001* (STP), a nombre de Distribuidora Tres Ríos" in said[LUPITA]
    assert "CLABE" not in said[PACO]


def test_a_preview_shows_a_link_and_makes_none(stage: Stage, provider: ProviderAccount) -> None:
    guera = late(stage)
    rule = stage.rule(AFTER, active=False)
    stage.follow(rule, guera)
    before = AuditEvent.objects.count()
    seen = preview_activation(rule_ids=[rule.pk], as_of=stage.at("09:00", date(2026, 3, 3)))
    written = order(guera, "{{ liga_de_pago }} {{ estado_de_cuenta }}")
    one = preview_one_off(order=written, actor=stage.owner, as_of=stage.at("09:00"))
    assert links_in(one.rendered.text) == ["ejemplo"]
    assert links_in(one.rendered.text, "p") == ["ejemplo"]
    assert seen.shown[0].rendered is not None
    assert links_in(seen.shown[0].rendered.text) == ["ejemplo"]
    assert (PaymentLink.objects.count(), PortalPass.objects.count(), AuditEvent.objects.count()) == (0, 0, before)


def test_what_many_messages_carry_costs_a_few_queries(stage: Stage, provider: ProviderAccount) -> None:
    customers = [stage.customer(f"Cliente {n}", f"c{n}@ejemplo.example") for n in range(40)]

    def carry(count: int) -> int:
        wanted = [
            Wanted(each.pk, (f"{each.pk}@x.example",), "MXN", pays=True, shows=True, directs=True)
            for each in customers[:count]
        ]
        carrier = Carrier(stage.company, stage.at("09:00"))
        _ = (carrier.settings, carrier.tokens, carrier.takes_payments)
        with CaptureQueriesContext(
            connection,
        ) as found:
            got = carrier.carry(wanted)
        assert all(each.pay_url and each.statement_url for each in got)
        assert len({each.pay_url for each in got}) == count
        return len(found)

    few = carry(2)
    assert carry(40) <= few + 2  # rows of SQLite are inserted one by one in one statement; nothing else grows
    assert PaymentLink.objects.count() == PortalPass.objects.count() == 40
    assert carry(40) < few  # and what exists is only read
