"""What a company learns of who pays for whom: two confirmations, conflicts, shared payers, rejections, fading."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aldia.banking.indexing.facts import facts
from aldia.banking.indexing.payers import Payers
from aldia.banking.models import BankAccount, BankMovement, Match, PayerAlias, PayerLesson, StatementImport
from aldia.banking.operations.learning import add, confirm, confirm_reviewed, edit, reject, restore, revoke
from aldia.banking.operations.lessons import withdraw
from aldia.banking.queries.payers import Standing, learned_payers
from aldia.customers.models import Customer
from aldia.customers.operations.versions import Refused, Stale
from aldia.domain.matching import Alias, aliases
from aldia.domain.matching.aliases import HALF_LIFE_DAYS
from aldia.tenancy.models import AuditEvent, Company, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

MONDAY = datetime(2026, 11, 2, 18, tzinfo=UTC)
CLABE = "012180001234567897"
FOLIO_CLASS, AMOUNT_CLASS, NUMBER_CLASS = "exact|folio|unknown|-", "exact|none|unknown|fair", "exact|number|unknown|-"


def told(kind: str, value: str) -> list[Alias]:
    """What the engine is told of a payer."""
    return list(Payers(facts()).aliases(kind, value))


@dataclass
class Desk:
    """A company that reconciles: deposits come in, and people or the engine say whose they are."""

    company: Company
    owner: User
    guera: Customer
    norte: Customer
    account: BankAccount
    file: StatementImport
    deposits: int = 0

    def deposit(self, amount: int = 100_00, **fields: Any) -> BankMovement:
        self.deposits += 1
        values = {"payer_account": CLABE, "payer_name": "TESORERIA DEL GRUPO SA DE CV", **fields}
        return BankMovement.objects.create(
            company=self.company, account=self.account, statement=self.file, booked_on=MONDAY.date(), amount=amount,
            currency="MXN", dedupe_key=uuid.uuid4().hex, **values,
        )  # fmt: skip

    def match(self, movement: BankMovement, customer: Customer, how: str = "manual", **fields: Any) -> Match:
        values = {"class_key": FOLIO_CLASS if how == "auto" else "", **fields}
        return Match.objects.create(
            company=self.company, movement=movement, customer=customer, how=how, key=uuid.uuid4().hex,
            amount=movement.amount, applied_at=MONDAY, **values,
        )  # fmt: skip

    def person(self, customer: Customer, days: int = 0, how: str = "manual", **fields: Any) -> Match:
        """A person says whose a new deposit of the same payer is."""
        match = self.match(self.deposit(), customer, how, **fields)
        confirm(match=match, by="person", now=MONDAY + timedelta(days=days), actor=self.owner)
        return match

    def who(self, kind: str = "account", value: str = CLABE, days: int = 0) -> str:
        """The customer that the engine would name, "" if it would not."""
        return aliases.strong(told(kind, value), MONDAY.date() + timedelta(days=days))

    def standing(self, customer: Customer, kind: str = "account", days: int = 0) -> Standing | None:
        rows = learned_payers(on=MONDAY.date() + timedelta(days=days), customer_id=customer.pk)
        return next((row.standing for row in rows if row.alias.kind == kind), None)


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    company = make_company()
    owner = make_user("duena@tresrios.example", company)
    with company_scope(company.pk):
        account = BankAccount.objects.create(company=company, name="BBVA", currency="MXN", number="012180009999999991")
        file = StatementImport.objects.create(company=company, account=account, source="file", imported_at=MONDAY)
        guera, norte = make_customer(company), make_customer(company, "Ferretería del Norte", "FNO010203AB3")
        yield Desk(company, owner, guera, norte, account, file)


def test_two_confirmations_name_a_payer_and_one_does_not(desk: Desk) -> None:
    desk.person(desk.guera)
    assert desk.who() == ""
    assert desk.standing(desk.guera) is Standing.YOUNG
    desk.person(desk.guera, days=1)
    assert desk.who() == str(desk.guera.pk)
    assert desk.standing(desk.guera, days=1) is Standing.STRONG
    assert desk.who("name", "tesoreria del grupo", days=1) == str(desk.guera.pk)


def test_one_movement_speaks_once_however_often_it_is_confirmed(desk: Desk) -> None:
    deposit = desk.deposit()
    halves = [desk.match(deposit, desk.guera), desk.match(deposit, desk.guera)]
    for match in (*halves, *halves):
        confirm(match=match, by="person", now=MONDAY)
    assert {row.confirmed for row in PayerAlias.objects.all()} == {1}
    assert PayerLesson.objects.count() == 2  # its account and its name


def test_undoing_a_match_takes_back_exactly_what_it_taught(desk: Desk) -> None:
    first, second = desk.person(desk.guera), desk.person(desk.guera, days=3)
    before = list(PayerAlias.objects.order_by("id").values_list("confirmed", "confirmed_on", "taught_by"))
    third = desk.person(desk.guera, days=9)
    assert len(withdraw(match=third, now=MONDAY)) == 2
    assert list(PayerAlias.objects.order_by("id").values_list("confirmed", "confirmed_on", "taught_by")) == before
    withdraw(match=second, now=MONDAY)
    assert desk.who() == ""
    assert withdraw(match=second, now=MONDAY) == []
    withdraw(match=first, now=MONDAY)
    assert told("account", CLABE) == []
    assert desk.standing(desk.guera) is None


def test_a_payer_of_two_customers_never_names_one(desk: Desk) -> None:
    for days in range(3):
        desk.person(desk.guera, days)
    desk.person(desk.norte, days=4)
    assert desk.who(days=4) == ""
    assert desk.standing(desk.guera, days=4) is Standing.SHARED
    assert set(aliases.shared(told("account", CLABE), MONDAY.date())) == {
        str(desk.guera.pk), str(desk.norte.pk),
    }  # fmt: skip


def test_a_rejection_blocks_until_confirmed_again_and_weakens_for_half_a_year(desk: Desk) -> None:
    desk.person(desk.guera), desk.person(desk.guera)
    wrong = desk.deposit()
    reject(movement=wrong, customer_id=desk.guera.pk, now=MONDAY + timedelta(days=5))
    reject(movement=wrong, customer_id=desk.guera.pk, now=MONDAY + timedelta(days=5))
    assert {row.rejected for row in PayerAlias.objects.all()} == {1}
    assert desk.who(days=5) == ""
    assert desk.standing(desk.guera, days=5) is Standing.BLOCKED
    desk.person(desk.guera, days=6), desk.person(desk.guera, days=7)
    assert desk.who(days=8) == ""
    desk.person(desk.guera, days=180)
    assert desk.who(days=190) == str(desk.guera.pk)


def test_the_rejection_of_another_customer_leaves_this_one_alone(desk: Desk) -> None:
    desk.person(desk.guera), desk.person(desk.guera)
    assert reject(movement=desk.deposit(), customer_id=desk.norte.pk, now=MONDAY) == []
    assert desk.who() == str(desk.guera.pk)


@pytest.mark.parametrize(
    ("days", "weight", "named"),
    [(0, 2000, True), (179, 2000, True), (180, 1000, False), (360, 500, False)],
    ids=["today", "before", "half_life", "two_half_lives"],
)
def test_unused_it_fades_by_half_with_every_half_life(desk: Desk, days: int, weight: int, named: bool) -> None:
    desk.person(desk.guera), desk.person(desk.guera)
    (row,) = [row for row in learned_payers(on=MONDAY.date() + timedelta(days=days)) if row.alias.kind == "account"]
    assert row.weight == weight
    assert bool(desk.who(days=days)) is named
    assert row.standing is (Standing.STRONG if named else Standing.FADED)


def test_what_faded_needs_two_confirmations_anew(desk: Desk) -> None:
    desk.person(desk.guera)
    desk.person(desk.guera, days=2 * HALF_LIFE_DAYS)
    assert desk.who(days=2 * HALF_LIFE_DAYS) == ""
    desk.person(desk.guera, days=2 * HALF_LIFE_DAYS + 1)
    assert desk.who(days=2 * HALF_LIFE_DAYS + 1) == str(desk.guera.pk)


def test_documents_that_the_payer_cited_teach_without_a_person(desk: Desk) -> None:
    for _each in range(2):
        match = desk.match(desk.deposit(), desk.guera, "auto", class_key=FOLIO_CLASS)
        assert confirm(match=match, by="folio", now=MONDAY)
    assert desk.who() == str(desk.guera.pk)
    assert {row.taught_by for row in PayerAlias.objects.all()} == {"folio"}


@pytest.mark.parametrize(
    ("how", "class_key", "by"),
    [
        ("auto", AMOUNT_CLASS, "folio"),
        ("auto", "set|none|known|sure", "folio"),
        ("auto", NUMBER_CLASS, "folio"),
        ("policy", "part|none|known|fair", "folio"),
        ("accepted", FOLIO_CLASS, "folio"),
        ("accepted", AMOUNT_CLASS, "person"),
        ("accepted", "advance|none|other|fair", "person"),
        ("accepted", "payout|told|unknown|-", "person"),
        ("auto", FOLIO_CLASS, "person"),
        ("return", "", "person"),
    ],
    ids=str,
)
def test_amounts_teach_nothing(desk: Desk, how: str, class_key: str, by: str) -> None:
    match = desk.match(desk.deposit(), desk.guera, how, class_key=class_key)
    assert confirm(match=match, by=by, now=MONDAY) == []
    assert not PayerAlias.objects.exists()


def test_a_match_that_rested_on_an_alias_does_not_prove_it(desk: Desk) -> None:
    desk.person(desk.guera), desk.person(desk.guera)
    alias = PayerAlias.objects.get(kind="account")
    auto = desk.match(desk.deposit(), desk.guera, "auto", rests_on=alias)
    assert confirm(match=auto, by="folio", now=MONDAY) == []
    accepted = desk.match(desk.deposit(), desk.guera, "accepted", class_key="exact|none|known|sure", rests_on=alias)
    assert [row.kind for row in confirm(match=accepted, by="person", now=MONDAY)] == ["name"]
    alias.refresh_from_db()
    assert alias.confirmed == 2
    assert confirm_reviewed(match=auto, now=MONDAY)[0].confirmed == 3  # somebody looked without being told


@pytest.mark.parametrize(
    "fields",
    [
        {"payer_account": "012180009999999991", "payer_name": ""},
        {"payer_account": "1234", "payer_name": "CLIENTE"},
        {"payer_account": "", "payer_name": "Abarrotes La Güera, S.A. de C.V."},
        {"payer_account": "", "payer_name": "", "payer_tax_id": "XAXX010101000"},
        {"payer_account": "", "payer_name": "Distribuidora Tres Ríos", "payer_tax_id": "DTR010203AB1"},
        {"payer_account": "", "payer_name": "", "payer_tax_id": "ALG010203AB2"},
        {"payer_account": "000000000000", "payer_name": "DEPOSITO EN EFECTIVO"},
    ],
    ids=["own_account", "scraps", "own_name_of_customer", "generic_id", "ourselves", "own_id_of_customer", "nobody"],
)
def test_what_names_nobody_new_is_not_learned(desk: Desk, fields: dict[str, str]) -> None:
    match = desk.match(desk.deposit(**fields), desk.guera)
    assert confirm(match=match, by="person", now=MONDAY) == []


def test_money_out_and_adjustments_teach_nothing(desk: Desk) -> None:
    out = desk.match(desk.deposit(-100_00), desk.guera)
    nobody = Match.objects.create(
        company=desk.company, movement=desk.deposit(), how="manual", key="a", amount=100_00, applied_at=MONDAY
    )
    assert confirm(match=out, by="person", now=MONDAY) == [] == confirm(match=nobody, by="person", now=MONDAY)
    with pytest.raises(ValueError, match="text"):
        confirm(match=out, by="text", now=MONDAY)


def test_what_was_revoked_says_nothing_until_a_person_begins_anew(desk: Desk) -> None:
    desk.person(desk.guera), desk.person(desk.guera)
    alias = PayerAlias.objects.get(kind="account")
    revoke(alias_id=alias.pk, actor=desk.owner, now=MONDAY)
    assert desk.who() == ""
    assert desk.standing(desk.guera) is Standing.REVOKED
    auto = desk.match(desk.deposit(payer_name=""), desk.guera, "auto", class_key=FOLIO_CLASS)
    assert confirm(match=auto, by="folio", now=MONDAY) == []
    desk.person(desk.guera, days=1)
    assert desk.who(days=1) == ""
    assert PayerAlias.objects.get(kind="account").confirmed == 1
    desk.person(desk.guera, days=2)
    assert desk.who(days=2) == str(desk.guera.pk)


def test_a_revocation_can_be_taken_back(desk: Desk) -> None:
    desk.person(desk.guera), desk.person(desk.guera)
    alias = PayerAlias.objects.get(kind="account")
    revoke(alias_id=alias.pk, actor=desk.owner, now=MONDAY)
    restore(alias_id=alias.pk, actor=desk.owner, now=MONDAY)
    assert desk.who() == str(desk.guera.pk)
    verbs = list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == ["banking.payer_revoked", "banking.payer_restored"]


def test_a_person_writes_a_payer_down_and_it_is_one_word(desk: Desk) -> None:
    for _twice in range(2):
        alias = add(
            kind="account", value="0121 8000 1234 5678 97", customer_id=desk.guera.pk, note="Su tesorería",
            actor=desk.owner, now=MONDAY,
        )  # fmt: skip
    assert (alias.value, alias.confirmed, alias.note) == (CLABE, 1, "Su tesorería")
    desk.person(desk.guera, days=1)
    assert desk.who(days=1) == str(desk.guera.pk)


@pytest.mark.parametrize(
    ("kind", "value", "field"),
    [
        ("account", "12", "value"),
        ("tax_id", "XAXX010101000", "value"),
        ("tax_id", "FNO010203AB3", "value"),
        ("name", "Abarrotes La Güera SA de CV", "value"),
        ("text", "pago de algo", "kind"),
        ("name", "", "value"),
    ],
    ids=["short", "generic", "of_another", "own_name", "free_text", "nothing"],
)
def test_what_cannot_be_written_down_says_why(desk: Desk, kind: str, value: str, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        add(kind=kind, value=value, customer_id=desk.guera.pk, actor=desk.owner, now=MONDAY)
    assert refusal.value.field == field
    assert str(refusal.value).endswith(".")


def test_a_payer_is_given_to_another_customer(desk: Desk) -> None:
    desk.person(desk.guera), desk.person(desk.guera)
    old = PayerAlias.objects.get(kind="account")
    with pytest.raises(Stale):
        edit(alias_id=old.pk, version=0, note="", customer_id=desk.norte.pk, actor=desk.owner, now=MONDAY)
    new = edit(
        alias_id=old.pk, version=old.version, note="Cambió", customer_id=desk.norte.pk, actor=desk.owner, now=MONDAY
    )
    old.refresh_from_db()
    assert old.revoked_at
    assert new.customer_id == desk.norte.pk
    assert desk.who() == ""
    desk.person(desk.norte, days=1)
    assert desk.who(days=1) == str(desk.norte.pk)


def test_another_company_learns_nothing_of_it(desk: Desk) -> None:
    desk.person(desk.guera)
    other = make_company("Otra", "OTR010203AB9")
    with company_scope(other.pk):
        assert learned_payers(on=date(2026, 11, 2)) == [] == told("account", CLABE)
