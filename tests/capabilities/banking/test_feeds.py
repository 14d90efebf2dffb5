"""Accounts connected with their bank: movements pulled and pushed, changed and taken back; the pages to set it up."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aldia.banking.models import BankAccount, BankEvent, BankMovement, Match, MovementComment, StatementImport
from aldia.banking.operations.feed_changes import Change, acknowledge, take_away
from aldia.banking.operations.feed_events import MAX_TRIES, process, receive
from aldia.banking.operations.feed_pulls import pull
from aldia.banking.operations.feeds import Details, choose, connect, disconnect, look
from aldia.banking.queries.feeds import changed_at_bank, due_to_ask, new_events
from aldia.customers.operations.versions import Refused, Stale
from aldia.domain.ports.banks import FeedAccount
from aldia.integrations.banks.fintoc import Fintoc
from aldia.tenancy.models import AuditEvent, Company, Secret, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.integrations.banks.worlds import ACCOUNT, KEY, LINK, SECRET, BankWorld, OpenWorld, signed
from tests.integrations.payments.peers import serving

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


@dataclass
class Branch:
    """An account of the company that Fintoc reads."""

    company: Company
    owner: User
    account: BankAccount
    bank: BankWorld

    def pull(self, **late: float) -> Any:
        return pull(account_id=self.account.pk, today=TODAY, now=NOW + timedelta(**late))

    def tell(self, body: bytes, **late: float) -> Any:
        """A notice comes in, is kept, and is answered."""
        got = receive(account=self.fresh(), headers=signed(body, "fintoc-signature"), body=body, now=NOW)
        assert got.status == 200
        return [process(event_id=each, today=TODAY, now=NOW + timedelta(**late)) for each in new_events(now=NOW)]

    def fresh(self) -> BankAccount:
        return BankAccount.objects.select_related("secret").get(pk=self.account.pk)

    def rows(self) -> list[tuple[str, int]]:
        found = BankMovement.objects.order_by("booked_on", "amount").values_list("feed_id", "amount")
        return [(name[-2:], amount) for name, amount in found]

    def explain(self, name: str) -> BankMovement:
        """Something was built on a movement."""
        row = BankMovement.objects.get(feed_id=name)
        Match.objects.create(
            company=self.company, movement=row, how="manual", key=uuid.uuid4().hex, amount=row.amount, applied_at=NOW
        )
        return row


@pytest.fixture
def branch(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Branch]:
    company = make_company()
    owner = make_user("duena@tresrios.example", company)
    with serving(BankWorld()) as bank, company_scope(company.pk):
        monkeypatch.setattr(Fintoc, "api", bank.url)
        account = BankAccount.objects.create(company=company, name="BBVA", currency="MXN", number="012180009999999999")
        keys = {"secret_key": KEY, "link_token": LINK, "webhook_secret": SECRET}
        connect(account_id=account.pk, version=1, feed="fintoc", details=Details(secrets=keys), actor=owner)
        (seen,) = look(account_id=account.pk).accounts
        account = choose(account_id=account.pk, version=2, feed_account=seen, actor=owner)
        yield Branch(company, owner, account, bank)  # type: ignore[arg-type]


# Asking


def test_what_was_booked_comes_in_once_however_often_it_is_asked(branch: Branch) -> None:
    for day in (18, 19, 20):
        branch.bank.arrive(day * 100, on=f"2026-11-{day}")
    first, again = branch.pull(), branch.pull()
    assert (first.new, again.new, again.known) == (3, 0, 3)
    assert branch.rows() == [("00", 1800), ("01", 1900), ("02", 2000)]
    assert (StatementImport.objects.count(), StatementImport.objects.get().source) == (1, "pull")
    account = branch.fresh()
    assert (account.fed_until, account.fed_result) == (TODAY, "0 movimientos nuevos.")
    assert due_to_ask() == [account.pk]


def test_each_question_goes_back_a_week_for_what_was_booked_late(branch: Branch) -> None:
    branch.pull()
    branch.bank.arrive(100, on="2026-11-15")
    branch.bank.arrive(200, on="2026-11-13")
    assert branch.pull().new == 1
    asked = [request.query["since"] for request in branch.bank.made("GET", "/movements")]
    assert asked == ["2026-08-23", "2026-11-14"]


def test_twins_of_one_day_are_two_and_a_file_before_is_recognised(branch: Branch) -> None:
    branch.bank.arrive(5_000), branch.bank.arrive(5_000)
    assert branch.pull().new == 2
    assert branch.pull().new == 0


def test_a_silent_bank_is_told_on_the_account_and_moves_nothing(branch: Branch) -> None:
    branch.bank.arrive(100)
    branch.bank.breaks = "500"
    done = branch.pull()
    assert done.failed
    account = branch.fresh()
    assert (account.fed_until, BankMovement.objects.count()) == (None, 0)
    assert account.fed_result
    branch.bank.breaks = ""
    assert branch.pull().new == 1


def test_another_currency_is_refused_whole_with_a_sentence(branch: Branch) -> None:
    branch.bank.arrive(100), branch.bank.arrive(200, currency="USD")
    done = branch.pull()
    assert done.failed
    assert "MXN" in done.sentence
    assert not BankMovement.objects.exists()


# What the bank changes


def test_a_correction_of_an_untouched_movement_takes_its_place(branch: Branch) -> None:
    name = branch.bank.arrive(100, sender_account=None)
    branch.pull()
    branch.bank.arrive(120, id=name)
    done = branch.pull()
    assert (done.updated, done.new) == (1, 0)
    row = BankMovement.objects.get()
    assert (row.amount, row.payer_name, row.feed_change) == (120, "Abarrotes La Güera", None)
    assert branch.pull().updated == 0


def test_an_explained_movement_is_marked_and_stays_as_it_was(branch: Branch) -> None:
    name = branch.bank.arrive(100)
    branch.pull()
    row = branch.explain(name)
    branch.bank.arrive(120, on="2026-11-19", id=name)
    assert [branch.pull().flagged, branch.pull().flagged] == [1, 1]
    row.refresh_from_db()
    assert (row.amount, row.feed_change["kind"]) == (100, "modified")
    assert row.feed_change["now"]["amount"] == 120
    assert row.feed_change["now"]["booked_on"] == "2026-11-19"
    assert [each.pk for each in changed_at_bank(branch.account.pk)] == [row.pk]
    assert AuditEvent.objects.filter(verb="banking.movement_changed_at_bank").count() == 1
    acknowledge(movement_id=row.pk, actor=branch.owner)
    assert changed_at_bank() == []


def test_other_words_about_explained_money_change_nothing(branch: Branch) -> None:
    name = branch.bank.arrive(100)
    branch.pull()
    row = branch.explain(name)
    branch.bank.arrive(100, id=name, description="SPEI RECIBIDO HSBC")
    assert branch.pull().flagged == 0
    row.refresh_from_db()
    assert row.feed_change is None


def test_a_bank_that_takes_its_change_back_leaves_no_mark(branch: Branch) -> None:
    name = branch.bank.arrive(100)
    branch.pull()
    row = branch.explain(name)
    branch.bank.arrive(120, id=name)
    branch.pull()
    branch.bank.arrive(100, id=name)
    branch.pull()
    row.refresh_from_db()
    assert row.feed_change is None


@pytest.mark.parametrize("touch", ["match", "comment", "archived", "assigned"])
def test_what_a_person_touched_is_never_taken_away(branch: Branch, touch: str) -> None:
    name = branch.bank.arrive(100)
    branch.pull()
    row = BankMovement.objects.get()
    if touch == "match":
        branch.explain(name)
    elif touch == "comment":
        MovementComment.objects.create(company=branch.company, movement=row, text="Pregunté", author=branch.owner)
    else:
        fields = {"state": "archived", "archived_at": NOW} if touch == "archived" else {"assigned_to": branch.owner}
        BankMovement.objects.update(**fields)
    del branch.bank.movements[name]
    (done,) = branch.tell(branch.bank.removed(name))
    row.refresh_from_db()
    assert (done.flagged, row.feed_change["kind"]) == (1, "removed")


# What it tells


def test_a_notice_makes_us_look_and_a_second_delivery_changes_nothing(branch: Branch) -> None:
    branch.bank.arrive(100)
    body = branch.bank.refreshed()
    (done,) = branch.tell(body)
    assert (done.new, done.has_work) == (1, True)
    again = receive(account=branch.fresh(), headers=signed(body, "fintoc-signature"), body=body, now=NOW)
    assert (again.status, again.kept, BankEvent.objects.count()) == (200, 0, 1)
    event = BankEvent.objects.get()
    assert process(event_id=event.pk, today=TODAY, now=NOW).new == 0
    assert (event.processed_at, event.outcome) == (NOW, "1 movimiento nuevo.")


def test_a_movement_that_the_bank_lost_goes_while_nobody_touched_it(branch: Branch) -> None:
    name, stays = branch.bank.arrive(100), branch.bank.arrive(200)
    branch.pull()
    del branch.bank.movements[name]
    (done,) = branch.tell(branch.bank.removed(name))
    assert (done.gone, done.has_work) == (1, True)
    assert [row.feed_id for row in BankMovement.objects.all()] == [stays]
    assert take_away(account_id=branch.account.pk, feed_id=name, now=NOW) is Change.UNKNOWN


def test_a_late_notice_of_removal_does_not_take_what_is_there_again(branch: Branch) -> None:
    name = branch.bank.arrive(100)
    branch.pull()
    (done,) = branch.tell(branch.bank.removed(name))
    assert (done.gone, BankMovement.objects.count()) == (0, 1)


def test_a_modified_movement_is_asked_for_whole(branch: Branch) -> None:
    name = branch.bank.arrive(100)
    branch.pull()
    branch.bank.arrive(130, id=name)
    (done,) = branch.tell(branch.bank.modified(name))
    row = BankMovement.objects.get()
    assert (done.updated, row.amount, row.payer_name) == (1, 130, "Abarrotes La Güera")
    branch.bank.movements[name]["status"] = "reversed"
    (done,) = branch.tell(branch.bank.modified(name, event="evt_9"))
    assert (done.gone, BankMovement.objects.count()) == (1, 0)


def test_a_modified_movement_that_we_never_had_comes_in(branch: Branch) -> None:
    name = branch.bank.arrive(100)
    branch.tell(branch.bank.modified(name))
    assert BankMovement.objects.get().feed_id == name


def test_forged_stale_and_unreadable_notices_leave_no_row(branch: Branch) -> None:
    body = branch.bank.refreshed()
    stale = signed(body, "fintoc-signature", at=datetime.now(UTC) - timedelta(minutes=9))
    forged = signed(body, "fintoc-signature", "whsec_de_otro_lado")
    for headers, sent, status in (
        (stale, body, 403), (forged, body, 403), ({}, body, 403), (signed(b"[]", "fintoc-signature"), b"[]", 400),
    ):  # fmt: skip
        got = receive(account=branch.fresh(), headers=headers, body=sent, now=NOW)
        assert (got.status, got.kept) == (status, 0)
    assert not BankEvent.objects.exists()


def test_a_notice_waits_longer_each_time_and_is_given_up_in_the_end(branch: Branch) -> None:
    branch.bank.breaks = "500"
    assert branch.tell(branch.bank.refreshed()) == [None]
    event = BankEvent.objects.get()
    assert (event.tries, event.retry_after) == (1, NOW + timedelta(minutes=1))
    assert new_events(now=NOW) == []
    for _try in range(MAX_TRIES):
        process(event_id=event.pk, today=TODAY, now=NOW)
    event.refresh_from_db()
    assert event.processed_at == NOW
    assert event.outcome


def test_a_notice_of_another_account_of_the_link_is_not_ours(branch: Branch) -> None:
    branch.bank.arrive(100)
    (done,) = branch.tell(branch.bank.refreshed(account="acc_ajena"))
    assert (done.new, BankMovement.objects.count()) == (0, 0)


def test_a_broken_link_says_what_to_do(branch: Branch) -> None:
    branch.tell(branch.bank.event("link.credentials_changed", {"id": "link_1"}))
    assert "acceso" in branch.fresh().fed_result


# The open interface


@pytest.fixture
def pushed(branch: Branch) -> Branch:
    details = Details(settings={"address": ""}, secrets={"push_secret": SECRET})
    account = branch.fresh()
    connect(account_id=account.pk, version=account.version, feed="generic", details=details, actor=branch.owner)
    return branch


def push(branch: Branch, kind: str, name: str, **what: Any) -> Any:
    body = json.dumps({"id": name, "type": kind, **what}).encode()
    got = receive(account=branch.fresh(), headers=signed(body, "aldia-signature"), body=body, now=NOW)
    assert got.status == 200
    return [process(event_id=each, today=TODAY, now=NOW) for each in new_events(now=NOW)]


def test_a_service_that_only_tells(pushed: Branch) -> None:
    world = OpenWorld()
    rows = [world.arrive("100.00"), world.arrive("100.00", balance="5000.00"), world.arrive("-3.50")]
    (done,) = push(pushed, "movements", "n-1", movements=rows)
    assert (done.new, StatementImport.objects.get().source) == (3, "push")
    (again,) = push(pushed, "movements", "n-2", movements=rows[1:])
    assert (again.new, again.updated) == (0, 0)
    (changed,) = push(pushed, "movements.modified", "n-3", movements=[rows[0] | {"amount": "90.00"}])
    assert (changed.updated, changed.gone) == (1, 0)
    (gone,) = push(pushed, "movements.removed", "n-4", ids=["m-3", "m-9"])
    assert gone.gone == 1
    assert sorted(BankMovement.objects.values_list("amount", flat=True)) == [9_000, 10_000]
    assert pull(account_id=pushed.account.pk, today=TODAY, now=NOW).new == 0


# Setting it up


def test_keys_are_kept_encrypted_and_go_with_the_connection(branch: Branch) -> None:
    branch.bank.arrive(100)
    branch.pull()
    account = branch.fresh()
    assert KEY.encode() not in bytes(account.secret.ciphertext)
    told = json.dumps(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert KEY not in told
    assert account.hook_token not in told
    disconnect(account_id=account.pk, version=account.version, actor=branch.owner)
    account = branch.fresh()
    assert (account.feed, account.hook_token, account.secret_id) == ("", "", None)
    assert not Secret.objects.exists()
    assert BankMovement.objects.count() == 1


def test_an_empty_secret_leaves_the_one_that_is_kept(branch: Branch) -> None:
    account = branch.fresh()
    connect(account_id=account.pk, version=account.version, feed="fintoc", details=Details(), actor=branch.owner)
    assert look(account_id=account.pk).works
    with pytest.raises(Stale):
        connect(account_id=account.pk, version=account.version, feed="fintoc", details=Details(), actor=None)


@pytest.mark.parametrize(
    ("feed", "settings", "keys", "field"),
    [
        ("generic", {}, {}, "address"),
        ("generic", {}, {"push_secret": "corto"}, "push_secret"),
        ("nadie", {}, {}, "feed"),
    ],
    ids=["nothing", "short", "unknown"],
)
def test_what_cannot_work_is_refused(
    branch: Branch, feed: str, settings: dict[str, str], keys: dict[str, str], field: str
) -> None:
    account = branch.fresh()
    details = Details(settings, keys)
    with pytest.raises(Refused) as refusal:
        connect(account_id=account.pk, version=account.version, feed=feed, details=details, actor=None)
    assert refusal.value.field == field


def test_one_account_of_the_bank_is_one_account_here(branch: Branch) -> None:
    other = BankAccount.objects.create(company=branch.company, name="Otra", currency="MXN")
    keys = {"secret_key": KEY, "link_token": LINK}
    other = connect(account_id=other.pk, version=1, feed="fintoc", details=Details(secrets=keys), actor=None)
    for seen in (FeedAccount(ACCOUNT, "La misma"), FeedAccount("acc_usd", "Dólares", currency="USD")):
        with pytest.raises(Refused):
            choose(account_id=other.pk, version=other.version, feed_account=seen, actor=None)


# Pages


@pytest.fixture
def client(branch: Branch) -> Client:
    client = Client()
    client.force_login(branch.owner)
    return client


def page(branch: Branch, name: str, *args: Any) -> str:
    return f"/e/{branch.company.slug}{reverse(name, args=args)}"


def test_an_account_is_connected_by_its_pages(branch: Branch, client: Client) -> None:
    mine = BankAccount.objects.create(company=branch.company, name="Banorte", currency="MXN", number="00009999")
    branch.account.archived_at = NOW
    branch.account.save()
    shown = client.get(page(branch, "bank_feed", mine.pk)).content.decode()
    assert "Conectar esta cuenta" in shown
    form = page(branch, "bank_feed_edit", mine.pk, "fintoc")
    assert client.get(form).status_code == 200
    assert client.post(form, {"version": 1, "secret_key": ""}).status_code == 422
    answer = client.post(form, {"version": 1, "secret_key": KEY, "link_token": LINK})
    assert answer["Location"] == page(branch, "bank_feed_choose", mine.pk)
    choosing = client.get(answer["Location"]).content.decode()
    assert "Cuenta Enlace Negocios" in choosing
    assert KEY not in client.get(form).content.decode()
    answer = client.post(page(branch, "bank_feed_choose", mine.pk), {"version": 2, "feed_account": ACCOUNT})
    assert answer["Location"] == page(branch, "bank_feed", mine.pk)
    shown = client.get(answer["Location"]).content.decode()
    assert "/ganchos/bancos/" in shown
    assert client.post(page(branch, "bank_feed_ask", mine.pk)).status_code == 302
    assert client.post(page(branch, "bank_feed_disconnect", mine.pk), {"version": 3}).status_code == 302


def test_wrong_keys_are_a_sentence_on_the_page(branch: Branch, client: Client) -> None:
    branch.bank.breaks = "401"
    shown = client.get(page(branch, "bank_feed_choose", branch.account.pk))
    assert shown.status_code == 200
    assert "credenciales" in shown.content.decode()


def test_changes_of_the_bank_are_shown_until_somebody_looked(branch: Branch, client: Client) -> None:
    name = branch.bank.arrive(100)
    branch.pull()
    row = branch.explain(name)
    branch.bank.arrive(120, id=name)
    branch.pull()
    shown = client.get(page(branch, "bank_feed", branch.account.pk)).content.decode()
    assert "Ahora el banco dice" in shown
    assert "1.20" in shown
    client.post(page(branch, "bank_change_seen", row.pk))
    assert "Ahora el banco dice" not in client.get(page(branch, "bank_feed", branch.account.pk)).content.decode()


def test_the_hook_takes_signed_notices_and_nothing_else(branch: Branch) -> None:
    account = branch.fresh()
    address = reverse("bank_hook", args=[branch.company.pk, account.hook_token])
    client, body = Client(), branch.bank.refreshed()
    header = {"fintoc-signature": signed(body, "fintoc-signature")["fintoc-signature"]}
    assert client.get(address).status_code == 204
    for sent, headers, status in (
        (body, header, 200),
        (body, header, 200),
        (body + b" ", header, 403),
        (body, {}, 403),
    ):
        got = client.post(address, sent, content_type="application/json", headers=headers)
        assert got.status_code == status
    wrong = reverse("bank_hook", args=[branch.company.pk, "otro"])
    assert client.post(wrong, body, content_type="application/json", headers=header).status_code == 404
    assert BankEvent.objects.count() == 1
