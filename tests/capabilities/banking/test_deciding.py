"""Movements are decided from the books: what is sure applies, the rest asks; nothing depends on order or hour."""

from __future__ import annotations

import random
import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from aldia.banking.models import (
    BankMovement,
    ClassRecord,
    Match,
    MatchDecision,
    PayerName,
    QueueKey,
)
from aldia.banking.operations import deciding
from aldia.banking.operations.applying import BalanceChanged
from aldia.banking.operations.deciding import Reconciled, reconcile
from aldia.banking.operations.preferences import agree_oldest_first, own_matching_settings, update_matching_settings
from aldia.banking.operations.undoing import undo_match
from aldia.banking.queries.decisions import last_of
from aldia.banking.queries.queue import counts
from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.payments.models import CollectionAccount, PaymentAttempt, ProviderAccount, ReportedPayment
from aldia.payments.operations.reported import reject_report, report_payment
from aldia.receivables.models import Credit, Receivable
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_customer
from tests.support.bank_window import TODAY, Window, at, books, fresh


@pytest.fixture
def window(window: Window) -> Window:
    window._made = 1_000  # folios as companies have them
    return window


def go(full: bool = False) -> Reconciled:
    return reconcile(now=at(), full=full)


def pays(window: Window, row: Receivable, **fields: Any) -> BankMovement:
    """A transfer that cites a document, by a payer whose tax id the bank shows."""
    customer = Customer.objects.get(pk=row.customer_id)
    values = {
        "concept": f"PAGO {row.number}",
        "payer_tax_id": customer.tax_id,
        "trace_key": uuid.uuid4().hex[:20].upper(),
    }
    return window.moved(fields.pop("amount", row.balance), **{**values, **fields})


def said(movement: BankMovement) -> MatchDecision:
    return MatchDecision.objects.get(pk=fresh(movement).decision_id)


def codes(movement: BankMovement) -> set[str]:
    return {each["code"] for each in said(movement).reasons}


# -- what applies, what asks -------------------------------------------------------------------------------------------


def test_what_is_certain_applies_by_itself(window: Window) -> None:
    row = window.owes(1_000_00)
    movement = pays(window, row)
    done = go()
    match = Match.objects.get()
    assert (done.decided, done.applied, done.changed, done.refused) == (1, 1, 1, 0)
    assert (fresh(row).balance, fresh(movement).state, fresh(movement).outcome) == (0, "reconciled", "auto")
    assert (match.how, match.class_key, match.decision_id) == ("auto", "exact|folio|known|-", said(movement).pk)
    assert said(movement).trust["state"] == "proven"
    assert QueueKey.objects.count() == 0
    assert go() == Reconciled()


def test_what_nobody_cited_asks_with_its_reasons(window: Window) -> None:
    row = window.owes(1_234_56)
    movement = window.moved(1_234_56, payer_tax_id=window.customer.tax_id, concept="PAGO")
    done = go()
    assert (done.proposed, done.applied) == (1, 0)
    assert (fresh(row).balance, fresh(movement).outcome, fresh(movement).payer_id) == (
        1_234_56, "propose", window.customer.pk,
    )  # fmt: skip
    told = last_of([movement.pk])[movement.pk]
    assert told.choices[0].documents == {str(row.pk)}
    assert any("ALG010203AB2" in sentence for _code, sentence in told.sentences)
    assert counts().outcomes == {"propose": 1}
    kinds = dict(
        QueueKey.objects.filter(movement=movement, kind__in=("customer", "amount")).values_list("kind", "value")
    )
    assert kinds == {"customer": str(window.customer.pk), "amount": "MXN:123456"}


def test_in_shadow_everything_asks(window: Window) -> None:
    update_matching_settings(version=own_matching_settings().version, changes={"mode": "shadow"}, actor=window.owner)
    movement = pays(window, window.owes(1_000_00))
    assert (go().applied, fresh(movement).outcome) == (0, "propose")
    row = own_matching_settings()
    update_matching_settings(version=row.version, changes={"mode": "auto"}, actor=window.owner)
    assert go().applied == 1


def test_over_the_cap_of_a_young_class_asks(window: Window) -> None:
    update_matching_settings(version=own_matching_settings().version, changes={"young_cap": 500_00}, actor=window.owner)
    movement = pays(window, window.owes(1_000_00))
    assert (go().applied, fresh(movement).outcome, "young" in codes(movement)) == (0, "propose", True)


def test_two_that_cite_one_document_on_a_day_both_ask_in_one_round_or_in_two(window: Window) -> None:
    row, other = window.owes(1_000_00), window.owes(1_000_00)
    update_matching_settings(version=own_matching_settings().version, changes={"mode": "shadow"}, actor=window.owner)
    first = pays(window, row)
    go()
    update_matching_settings(version=own_matching_settings().version, changes={"mode": "auto"}, actor=window.owner)
    BankMovement.objects.update(decided_at=at())  # only the second is new: its neighbour waits decided
    second = pays(window, row)
    assert go().applied == 0
    assert "clash" in codes(first)
    assert "clash" in codes(second)
    assert (fresh(row).balance, fresh(other).balance) == (1_000_00, 1_000_00)


def test_money_that_went_out_pays_nothing(window: Window) -> None:
    window.owes(1_000_00)
    movement = window.moved(-1_000_00, payer_tax_id=window.customer.tax_id)
    go()
    assert (fresh(movement).outcome, fresh(movement).certainty) == ("not_receivable", -1)


def test_a_return_takes_its_deposit_back(window: Window) -> None:
    row = window.owes(1_000_00)
    deposit = pays(window, row, trace_key="RASTREO0001")
    go()
    before = fresh(row).balance
    back = window.moved(-1_000_00, TODAY + timedelta(days=0), trace_key="RASTREO0001", kind="return")
    done = go()
    assert (before, fresh(row).balance, done.returned) == (0, 1_000_00, 1)
    assert (fresh(deposit).state, fresh(back).state) == ("reversed", "reversed")


def test_a_copy_is_recognised_and_the_first_is_not(window: Window) -> None:
    row = window.owes(1_000_00)
    first = pays(window, row, trace_key="RASTREO0002")
    copy = pays(window, row, trace_key="RASTREO0002")
    go()
    assert (fresh(first).state, fresh(copy).outcome, said(copy).undoes_id) == ("reconciled", "duplicate", first.pk)


def test_what_somebody_undid_never_applies_by_itself_again(window: Window) -> None:
    row = window.owes(1_000_00)
    movement = pays(window, row)
    go()
    undo_match(match_id=Match.objects.get().pk, reason="No es", actor=window.owner, now=at())
    done = go()
    assert (done.applied, fresh(movement).outcome, fresh(row).balance) == (0, "propose", 1_000_00)
    assert "undone" in codes(movement)
    assert go(full=True).changed == 0


def test_what_the_books_refuse_asks_once_and_says_why(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    movement = pays(window, window.owes(1_000_00))

    def refuse(**_fields: Any) -> Match:
        raise BalanceChanged("Ya no se debe.")

    monkeypatch.setattr(deciding, "apply_match", refuse)
    assert (go().refused, fresh(movement).outcome) == (1, "propose")
    assert ("refused", "Ya no se debe.") in last_of([movement.pk])[movement.pk].sentences
    assert MatchDecision.objects.count() == 1
    assert go() == Reconciled()
    assert go(full=True).changed == 0


def test_a_doubtful_movement_is_not_decided(window: Window) -> None:
    movement = pays(window, window.owes(1_000_00), doubt="same_day")
    assert go() == Reconciled()
    assert fresh(movement).decided_at is None
    assert counts().doubtful == 1


def test_what_is_explained_in_part_proposes_only_the_rest(window: Window) -> None:
    first, second = window.owes(600_00), window.owes(400_00)
    movement = window.moved(1_000_00, payer_tax_id=window.customer.tax_id, concept=f"PAGO {second.number}")
    window.match(movement, _line(first))
    go()
    told = last_of([movement.pk])[movement.pk]
    assert (fresh(movement).state, fresh(movement).outcome) == ("partial", "propose")
    assert {each.amount for each in told.choices[0].allocations} == {400_00}


def test_oldest_first_where_it_was_agreed_is_a_label_of_its_own(window: Window) -> None:
    first = window.owes(1_000_00, due_on=date(2026, 10, 30))
    second = window.owes(1_000_00, due_on=date(2026, 11, 15))
    movement = window.moved(1_000_00, payer_tax_id=window.customer.tax_id, concept="PAGO")
    go()
    assert fresh(movement).outcome == "propose"
    agree_oldest_first(customer_id=window.customer.pk, oldest_first=True, today=at().date(), actor=window.owner)
    done = go()
    assert (done.applied, done.policy, Match.objects.get().how) == (1, 1, "policy")
    assert (fresh(first).balance, fresh(second).balance) == (0, 1_000_00)


def test_a_class_that_earned_its_record_applies_without_being_asked_again(window: Window) -> None:
    window.owes(1_234_56)
    movement = window.moved(1_234_56, payer_tax_id=window.customer.tax_id, concept="PAGO")
    go()
    class_key = fresh(movement).class_key
    ClassRecord.objects.create(company=window.company, class_key=class_key, right=4_000)
    assert (go().applied, fresh(movement).state) == (1, "reconciled")


# -- what was stated beforehand ----------------------------------------------------------------------------------------


def _report(window: Window, amount: int, *rows: Receivable) -> ReportedPayment:
    return report_payment(
        customer_id=window.customer.pk, amount=Money(amount, "MXN"), paid_on=TODAY, actor=None, today=TODAY,
        receivable_ids=[row.pk for row in rows], key=uuid.uuid4(),
    )  # fmt: skip


def test_what_the_customer_said_in_the_portal_is_proposed_and_answered(window: Window) -> None:
    rows = [window.owes(700_00), window.owes(550_00), window.owes(800_00)]
    movement = window.moved(1_250_00, concept="PAGO")
    go()
    report = _report(window, 1_250_00, rows[0], rows[1])
    go()
    assert (fresh(movement).class_key.split("|")[:2], said(movement).hypothesis["customer"]) == (
        ["declared", "portal"], str(window.customer.pk),
    )  # fmt: skip
    assert {each["document"] for each in said(movement).hypothesis["allocations"]} == {
        str(each.pk) for each in rows[:2]
    }
    reject_report(report_id=report.pk, reason="No llegó", today=TODAY, actor=window.owner)
    go()
    assert not fresh(movement).class_key.startswith("declared")
    assert go(full=True).changed == 0


def test_money_to_the_customers_own_account_is_its_own_even_if_only_the_text_says_so(window: Window) -> None:
    provider = ProviderAccount.objects.create(company=window.company, provider="pretend", name="STP", methods=[])
    CollectionAccount.objects.create(
        company=window.company, customer=window.customer, account=provider, kind="clabe", sequence=1,
        value="646180111111111118",
    )  # fmt: skip
    row = window.owes(1_234_56)
    movement = window.moved(1_234_56, text=f"SPEI RECIBIDO A LA CUENTA 646180111111111118 FACTURA {row.folio}")
    go()
    payer = said(movement).payer
    assert (payer["level"], payer["how"], payer["customer"]) == (5, "collection_account", str(window.customer.pk))
    assert fresh(movement).state == "reconciled"


def test_the_reference_of_a_payment_that_was_begun_pays_what_was_chosen(window: Window) -> None:
    provider = ProviderAccount.objects.create(company=window.company, provider="pretend", name="STP", methods=[])
    row = window.owes(900_00)
    window.owes(900_00)
    PaymentAttempt.objects.create(
        company=window.company, account=provider, customer=window.customer, method="spei", currency="MXN",
        amount=900_00, chosen={str(row.pk): 900_00}, state="pending", check_after=at(),
        offer={"shown": {"reference": "7712 3456"}},
    )  # fmt: skip
    movement = window.moved(900_00, concept="PAGO", bank_reference="0077123456")
    go()
    assert fresh(movement).class_key.startswith("declared|told")
    assert (fresh(row).balance, fresh(movement).state) == (0, "reconciled")


def test_a_payment_noted_by_hand_is_recognised_not_recorded_twice(window: Window) -> None:
    row = window.owes(1_000_00)
    credit = window.paid(1_000_00, named={row.pk: 1_000_00}, reference="RASTREO000123")
    movement = window.moved(1_000_00, trace_key="RASTREO000123", payer_tax_id=window.customer.tax_id)
    go()
    best = said(movement).hypothesis
    assert (best["family"], best["known"]) == ("known", [[str(credit.pk), 1_000_00]])
    assert Credit.objects.filter(kind="payment").count() == 1


def test_a_complement_on_file_is_money_that_waits_for_its_deposit(window: Window) -> None:
    from aldia.receivables.operations.effects import apply_documents

    papers = Papers(window.company, window.customer)
    invoice = papers.invoice(1_160_00, date(2026, 10, 1))
    complement = papers.complement(TODAY, 1_160_00, (invoice, 1_160_00))
    complement.payments.update(operation="RASTREO77778888")
    apply_documents(keys={invoice.key, complement.key}, today=TODAY, actor=None)
    movement = window.moved(1_160_00, trace_key="RASTREO77778888", payer_tax_id=window.customer.tax_id)
    go()
    best = said(movement).hypothesis
    assert (best["family"], best["support"]) == ("known", "key")


def test_a_tax_id_that_many_share_says_nothing_of_who_paid(window: Window) -> None:
    stranger = make_customer(window.company, "Foreign Trading Inc", "XEXX010101000")
    window.owes(1_234_56, stranger)
    movement = window.moved(1_234_56, payer_tax_id="XEXX010101000", concept="PAGO")
    go()
    assert fresh(movement).payer_id is None


# -- only what could concern it is looked at again ---------------------------------------------------------------------


def _waiting(window: Window, count: int) -> list[BankMovement]:
    """Deposits of as many customers that ask, each for reasons of its own."""
    found = []
    for n in range(count):
        customer = make_customer(window.company, f"Cliente Número{n:03} Bajío", f"CLI{n:06}AB1")
        window.owes(50_000 + 7 * n, customer)
        found.append(window.moved(50_000 + 7 * n, payer_tax_id=customer.tax_id, concept="PAGO"))
    return found


def test_a_new_document_looks_again_only_at_what_it_could_concern(window: Window) -> None:
    _waiting(window, 12)
    window.moved(77_00, concept="FACTURA 98765")
    assert go().decided == 13
    first = Customer.objects.get(tax_id="CLI000003AB1")
    window.owes(1_00, first)
    assert go().decided == 1, "its customer's deposit, and no other"
    window.owes(50_000 + 7 * 5, make_customer(window.company, "Otra cosa", "OTR010203AB1"))
    assert go().decided == 1, "the one of that amount, and no other"
    window.owes(3_00, make_customer(window.company, "Nueva", "NUE010203AB1"), number="ZZ-98765")
    assert go().decided == 1, "the one that cites its folio, and no other"
    assert go(full=True).changed == 0


def test_nothing_changed_is_nothing_decided(window: Window) -> None:
    _waiting(window, 4)
    go()
    before = list(BankMovement.objects.order_by("pk").values())
    assert go() == Reconciled()
    assert list(BankMovement.objects.order_by("pk").values()) == before


def test_a_customer_that_comes_later_is_found_by_its_name(window: Window) -> None:
    movement = window.moved(1_234_56, payer_name="FERRETERIA EL TORNILLO FELIZ", concept="PAGO")
    other = window.moved(99_00, payer_name="ALGUIEN MAS DEL SUR", concept="PAGO")
    go()
    assert fresh(movement).payer_id is None
    decided = fresh(other).version
    customer = make_customer(window.company, "Ferretería El Tornillo Feliz SA de CV", "FTF010203AB1")
    window.owes(1_234_56, customer)
    assert go().decided == 1
    assert (fresh(movement).payer_id, fresh(other).version) == (customer.pk, decided)
    Customer.objects.filter(pk=customer.pk).update(legal_name="Grupo Industrial Zamora SA de CV")
    assert go().decided == 1
    assert (fresh(movement).payer_id, PayerName.objects.get(customer=customer).name_key) == (
        None, "grupo industrial zamora",
    )  # fmt: skip


def test_a_twin_that_comes_later_makes_both_a_question(window: Window) -> None:
    ClassRecord.objects.create(company=window.company, class_key="exact|none|known|sure", right=4_000)
    update_matching_settings(version=own_matching_settings().version, changes={"mode": "shadow"}, actor=window.owner)
    window.owes(1_234_56)
    first = window.moved(1_234_56, payer_tax_id=window.customer.tax_id, concept="PAGO")
    go()
    assert "twin" not in codes(first)
    second = window.moved(1_234_56, payer_tax_id=window.customer.tax_id, concept="PAGO")
    go()
    assert "twin" in codes(first) & codes(second)
    assert go(full=True).changed == 0


# -- order, repetition, the night --------------------------------------------------------------------------------------


class _Day:
    """A random day at the bank, told in any order."""

    def __init__(self, window: Window, seed: int) -> None:
        self.window, self.random = window, random.Random(seed)
        names = ("Aceros", "Molinos", "Textiles", "Pinturas", "Granos", "Maderas")
        self.customers = [
            make_customer(window.company, f"{name} del {place}", f"CLI{n:06}AB1")
            for n, (name, place) in enumerate((name, place) for name in names for place in ("Norte", "Bajío"))
        ]
        self.rows = [
            window.owes(self.random.choice((116_000, 58_000, self.random.randrange(1_000, 90_000))), customer,
                        number=f"F-{2_000 + n}", key=uuid7(), due_on=date(2026, 10, 1) + timedelta(days=n % 40))
            for n, customer in enumerate(self.random.choices(self.customers, k=40))
        ]  # fmt: skip
        self.told = [self._one(n) for n in range(36)]

    def _one(self, n: int) -> dict[str, Any]:
        rng = self.random
        row = rng.choice(self.rows)
        customer = next(each for each in self.customers if each.pk == row.customer_id)
        fields: dict[str, Any] = {
            "amount": rng.choice((row.total, row.total, row.total, row.total // 2, row.total - 100)),
            "concept": rng.choice((f"PAGO {row.number}", f"FACTURA {row.folio}", "PAGO", f"PAGO {row.number}")),
            "on": TODAY - timedelta(days=rng.randrange(2)), "dedupe_key": f"m{n}", "seq": n, "line": n,
            "trace_key": f"RASTREO{n:06}",
        }  # fmt: skip
        who = rng.random()
        if who < 0.6:
            fields["payer_tax_id"] = customer.tax_id
        elif who < 0.85:
            fields["payer_name"] = customer.legal_name.upper()
        return fields

    def tell(self, order: list[int]) -> None:
        for n in order:
            fields = dict(self.told[n])
            self.window.moved(fields.pop("amount"), fields.pop("on"), **fields)


def _came_to() -> dict[str, Any]:
    """What became of each movement and document, without ids."""
    number = dict(Receivable.objects.values_list("pk", "number"))
    found: dict[str, Any] = {}
    for row in BankMovement.objects.all():
        kept = MatchDecision.objects.get(pk=row.decision_id)
        best = kept.hypothesis or {}
        lines = sorted((number[uuid.UUID(each["document"])], each["amount"]) for each in best.get("allocations", ()))
        found[row.dedupe_key] = (row.state, row.outcome, row.class_key, row.why, lines, sorted(best.get("vetoes", ())))
    return found | {"owed": sorted(Receivable.objects.values_list("number", "balance"))}


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_a_day_changes_nothing(db: None, seed: int) -> None:
    results = []
    for turn in range(3):
        window = Window.open(slug=f"orden-{turn}")
        with company_scope(window.company.pk):
            day = _Day(window, seed)
            order = list(range(len(day.told)))
            random.Random(100 * seed + turn).shuffle(order)
            day.tell(order)
            go()
            results.append(_came_to())
    assert results[0] == results[1] == results[2]
    outcomes = {value[1] for key, value in results[0].items() if key != "owed"}
    assert {"auto", "propose"} <= outcomes


def _everything() -> dict[str, Any]:
    keys = QueueKey.objects.order_by("movement_id", "kind", "value").values_list("movement_id", "kind", "value")
    return {
        **books(),
        "movements": list(BankMovement.objects.order_by("pk").values()),
        "decisions": list(MatchDecision.objects.order_by("pk").values()),
        "keys": list(keys),
        "matches": list(Match.objects.order_by("pk").values()),
    }


@pytest.mark.parametrize("seed", range(4))
def test_the_nightly_pass_changes_nothing_whatever_happened_by_day(window: Window, seed: int) -> None:
    day = _Day(window, seed)
    rng = random.Random(seed)
    order = list(range(len(day.told)))
    rng.shuffle(order)
    while order:
        day.tell([order.pop() for _ in range(min(len(order), rng.randrange(1, 7)))])
        _something(window, day, rng)
        go()
    before = _everything()
    done = go(full=True)
    assert (done.changed, done.applied) == (0, 0)
    assert done.decided == counts().waiting > 5
    assert _everything() == before


def _something(window: Window, day: _Day, rng: random.Random) -> None:
    """What happens in an office while the bank's movements come in."""
    customer = rng.choice(day.customers)
    what = rng.randrange(6)
    if what == 0:
        day.rows.append(window.owes(rng.choice((116_000, 58_000, 12_345)), customer))
    elif what == 1:
        owed = Receivable.objects.filter(customer=customer, balance__gt=0).first()
        if owed is not None:
            window.paid(owed.balance, customer=customer, named={owed.pk: owed.balance})
    elif what == 2:
        match = Match.objects.filter(undone_at__isnull=True).first()
        if match is not None:
            undo_match(match_id=match.pk, reason="No era", actor=window.owner, now=at())
    elif what == 3:
        agree_oldest_first(customer_id=customer.pk, oldest_first=True, today=at().date(), actor=window.owner)
    elif what == 4:
        make_customer(window.company, f"{customer.legal_name} Dos", f"NVO{rng.randrange(10**6):06}AB1")
    else:
        _report_of(customer, rng)


def _report_of(customer: Customer, rng: random.Random) -> None:
    owed = Receivable.objects.filter(customer=customer, balance__gt=0).first()
    if owed is not None:
        report_payment(
            customer_id=customer.pk, amount=Money(owed.balance, "MXN"), paid_on=TODAY, actor=None, today=TODAY,
            receivable_ids=[owed.pk], key=uuid.uuid4(),
        )  # fmt: skip


def _line(row: Receivable) -> Any:
    from aldia.banking.plans import Line

    return Line(row.pk, row.balance)
