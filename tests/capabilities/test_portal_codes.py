"""One-time codes of the portal (reliability, threat 9): where they go, how long they live, and who may try them.

The mail is sent for real, to a server on this machine: the code stands in what arrives and nowhere in our tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.hashers import identify_hasher

from aldia.customers.models import Contact, Customer
from aldia.messaging.accounts import SMTP_BACKEND
from aldia.messaging.models import ChannelAccount, DeliveryState, Message
from aldia.messaging.sealing import FACT, MARK, as_received, throw_away
from aldia.payments.models import PortalPass, PortalVisit
from aldia.payments.operations import codes
from aldia.payments.operations.codes import CodeError, ask_code, check_code, end_visit, is_verified, masked
from aldia.payments.operations.passes import issue_pass, revoke_pass
from aldia.tenancy.guards import company_models
from aldia.tenancy.models import AuditEvent, Secret
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.integrations.channels.peers import Mailer, smtp_peer
from tests.support.stage import Stage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
MINE, OTHER = "un-navegador", "otro-navegador"
ADDRESS = "lupita@guera.example"


@pytest.fixture
def stage(settings: Any) -> Iterator[Stage]:
    mailer = Mailer()
    with smtp_peer(mailer) as port:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP_BACKEND, "127.0.0.1", port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.DEFAULT_FROM_EMAIL = "Aldía <avisos@aldia.example>"
        company = make_company()
        owner = make_user("marisol@tresrios.example", company)
        with company_scope(company.pk):
            yield Stage(company, owner, mailer, date(2026, 11, 23))


@pytest.fixture
def customer(stage: Stage) -> Customer:
    return stage.customer("Abarrotes La Güera", ADDRESS)


@pytest.fixture
def row(customer: Customer) -> PortalPass:
    return issue_pass(customer_id=customer.pk, address=ADDRESS, now=NOW)[0]


def sent_code(stage: Stage) -> str:
    """The code in the last mail that arrived."""
    stage.send("10:00")
    found = re.search(r"^\*?(\d{6})\*?$", stage.text(stage.mails[-1]).replace("\r", ""), re.MULTILINE)
    assert found, stage.text(stage.mails[-1])
    return found[1]


def refused(row: PortalPass, code: str, now: datetime = NOW, browser: str = MINE) -> CodeError:
    with pytest.raises(CodeError) as error:
        check_code(pass_id=row.pk, browser=browser, code=code, now=now)
    return error.value


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_in_the_mailbox_lets_this_browser_in_once(stage: Stage, row: PortalPass) -> None:
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    code = sent_code(stage)
    assert stage.mails[-1]["To"] is not None
    assert ADDRESS in str(stage.mails[-1]["To"])
    assert code not in str(stage.mails[-1]["Subject"])
    assert code in stage.html(stage.mails[-1])
    assert not is_verified(pass_id=row.pk, browser=MINE, now=NOW)
    check_code(pass_id=row.pk, browser=MINE, code=f" {code[:3]} {code[3:]}\n", now=NOW + timedelta(minutes=9))
    assert is_verified(pass_id=row.pk, browser=MINE, now=NOW + timedelta(hours=8))
    assert not is_verified(pass_id=row.pk, browser=MINE, now=NOW + timedelta(hours=8, minutes=9))
    assert not is_verified(pass_id=row.pk, browser=OTHER, now=NOW)
    assert not is_verified(pass_id=row.pk, browser="", now=NOW)
    assert refused(row, code).is_over  # once
    assert is_verified(pass_id=row.pk, browser=MINE, now=NOW + timedelta(minutes=10))


def test_the_code_is_in_no_table(stage: Stage, row: PortalPass) -> None:
    """Neither before it leaves nor after: its hash is slow, the words of the mail are sealed."""
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    kept = {model: str(list(model._default_manager.values())) for model in company_models(apps)}
    code = sent_code(stage)
    later = {model: str(list(model._default_manager.values())) for model in company_models(apps)}
    assert [model for model in kept if re.search(rf"\b{code}\b", kept[model] + later[model])] == []
    message = Message.objects.get()
    assert MARK in message.text
    assert MARK in message.html
    assert identify_hasher(PortalVisit.objects.get().code_hash).algorithm == "pbkdf2_sha256"


def test_what_is_sealed_is_thrown_away_and_a_late_mail_fails(stage: Stage, row: PortalPass) -> None:
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    assert Secret.objects.filter(pk=Message.objects.get().facts[FACT]).exists()
    assert throw_away(after=timedelta(minutes=10)) == 0
    assert throw_away(after=timedelta(minutes=-1)) == 1
    assert stage.send("10:00") == {DeliveryState.FAILED: 1}
    assert stage.mails == []


def test_it_is_bound_to_the_browser_and_to_the_pass(stage: Stage, customer: Customer, row: PortalPass) -> None:
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    code = sent_code(stage)
    assert refused(row, code, browser=OTHER).is_over
    second = issue_pass(customer_id=customer.pk, address="otra@guera.example", now=NOW)[0]
    assert refused(second, code).is_over
    check_code(pass_id=row.pk, browser=MINE, code=code, now=NOW)


def test_five_tries_and_then_not_even_the_right_one(stage: Stage, row: PortalPass) -> None:
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    code = sent_code(stage)
    said = [str(refused(row, other_than(code))) for _ in range(5)]
    assert ["Quedan 4" in said[0], "Quedan 3" in said[1], "Queda 1" in said[3]] == [True, True, True]
    assert refused(row, code).is_over
    assert not is_verified(pass_id=row.pk, browser=MINE, now=NOW)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34", "0x1234", "-12345"])
def test_what_is_no_code_costs_no_try(stage: Stage, row: PortalPass, typed: str) -> None:
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    assert "6 números" in str(refused(row, typed))
    assert PortalVisit.objects.get().tries == 0


def test_ten_minutes(stage: Stage, row: PortalPass) -> None:
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    code = sent_code(stage)
    assert "venció" in str(refused(row, code, NOW + timedelta(minutes=10)))
    check_code(pass_id=row.pk, browser=MINE, code=code, now=NOW + timedelta(minutes=9, seconds=59))


def test_asked_for_again_the_new_one_counts(stage: Stage, row: PortalPass) -> None:
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    ask_code(pass_id=row.pk, browser=MINE, now=NOW + timedelta(seconds=20))  # twice by mistake: it goes once
    assert Message.objects.count() == 1
    first = sent_code(stage)
    ask_code(pass_id=row.pk, browser=MINE, now=NOW + timedelta(seconds=31))
    second = sent_code(stage)
    if first != second:
        refused(row, first)
    check_code(pass_id=row.pk, browser=MINE, code=second, now=NOW + timedelta(minutes=1))


def test_ten_a_day_for_all_browsers_of_a_pass(stage: Stage, row: PortalPass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "make_password", lambda code: f"plain${code}")  # the slow hash is not what is tried
    for number in range(10):
        ask_code(pass_id=row.pk, browser=f"navegador {number}", now=NOW)
    with pytest.raises(CodeError, match="mañana"):
        ask_code(pass_id=row.pk, browser="uno más", now=NOW)
    assert Message.objects.count() == 10
    ask_code(pass_id=row.pk, browser="uno más", now=NOW + timedelta(days=1))


def test_leaving_and_revoking_close_the_door(stage: Stage, row: PortalPass) -> None:
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    check_code(pass_id=row.pk, browser=MINE, code=sent_code(stage), now=NOW)
    end_visit(pass_id=row.pk, browser=MINE, now=NOW)
    assert not is_verified(pass_id=row.pk, browser=MINE, now=NOW)
    ask_code(pass_id=row.pk, browser=MINE, now=NOW + timedelta(minutes=1))
    code = sent_code(stage)
    revoke_pass(pass_id=row.pk, actor=stage.owner, now=NOW)
    assert refused(row, code, NOW + timedelta(minutes=1)).is_over
    with pytest.raises(CodeError):
        ask_code(pass_id=row.pk, browser=MINE, now=NOW + timedelta(minutes=2))


def test_a_copied_link_asks_the_customers_own_address(stage: Stage, customer: Customer) -> None:
    copied = issue_pass(customer_id=customer.pk, now=NOW, actor=stage.owner)[0]
    assert codes.code_address(copied) == ADDRESS
    Contact.objects.filter(customer=customer).delete()
    with pytest.raises(CodeError, match="correo"):
        ask_code(pass_id=copied.pk, browser=MINE, now=NOW)


def test_acting_stamps_the_pass_and_tells_the_audit_trail(stage: Stage, row: PortalPass) -> None:
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    row.refresh_from_db()
    assert row.first_used_at is None
    check_code(pass_id=row.pk, browser=MINE, code=sent_code(stage), now=NOW)
    row.refresh_from_db()
    assert row.first_used_at == row.last_used_at == NOW
    verbs = list(AuditEvent.objects.filter(object_type="portal_pass").order_by("seq").values_list("verb", flat=True))
    assert verbs == ["portal.pass_issued", "portal.code_sent", "portal.code_accepted"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [("marisol@dominio.mx", "m•••@dominio.mx"), ("a@b.mx", "a•••@b.mx"), ("", ""), ("sin arroba", "")],
    ids=["long", "short", "none", "no_address"],
)
def test_an_address_is_shown_by_its_first_letter(address: str, shown: str) -> None:
    assert masked(address) == shown


@pytest.mark.parametrize("adapter", ["mailbox", "smtp"])
def test_only_the_test_mailbox_shows_a_code_to_the_staff(stage: Stage, row: PortalPass, adapter: str) -> None:
    """Nothing leaves the house there, so it is the customer's mailbox too; and only while the code lives."""
    if adapter == "mailbox":
        ChannelAccount.objects.create(
            company=stage.company, channel="email", adapter="mailbox", name="Buzón", is_default=True
        )
    ask_code(pass_id=row.pk, browser=MINE, now=NOW)
    message = Message.objects.get()
    assert MARK in as_received(message)
    stage.send("10:00")
    assert (MARK in as_received(message)) == (adapter == "smtp")
    throw_away(after=timedelta(minutes=-1))
    assert MARK in as_received(message)
