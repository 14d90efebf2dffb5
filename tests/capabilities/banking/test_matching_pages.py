"""One movement, matching it by hand, what was learned of payers, the engine's results: as a bookkeeper uses them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from aldia.banking.models import (
    AdjustmentReason,
    BankMovement,
    Match,
    MatchHow,
    MatchingSettings,
    MatchLine,
    MovementComment,
    MovementState,
    PayerAgreement,
    PayerAlias,
    ReviewState,
    StatementImport,
)
from aldia.banking.operations.adjusting import save_reason
from aldia.banking.operations.applying import apply_match
from aldia.banking.plans import Line, Plan
from aldia.customers.models import Customer
from aldia.domain.matching import Hypothesis
from aldia.domain.money import Money
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.models import Role
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from tests.support.bank_desk import NOW, TODAY, BankDesk, advance, make_desk, pays, signed_in

pytestmark = pytest.mark.django_db
BASE = "/e/tres-rios"
ALL, PAYERS = f"{BASE}/conciliacion/movimientos/", f"{BASE}/conciliacion/pagadores/"
SETTINGS = f"{BASE}/configuracion/conciliacion/"
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def desk(settings: Any) -> Iterator[BankDesk]:
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    company = make_company(slug="tres-rios")
    with company_scope(company.pk):
        yield make_desk(company)


def page_of(row: BankMovement, more: str = "") -> str:
    return f"{ALL}{row.pk}/{more}"


def of(row: BankMovement) -> BankMovement:
    return BankMovement.objects.get(pk=row.pk)


def typed(row: BankMovement, **more: Any) -> dict[str, Any]:
    """What the form of matching by hand sends."""
    return {"version": of(row).version, "key": uuid.uuid4().hex, "apply": "1", "rest": ""} | more


def paying(*amounts: tuple[Receivable, str]) -> dict[str, Any]:
    """Documents chosen, with what was typed beside each."""
    found: dict[str, Any] = {"doc": [str(row.pk) for row, _text in amounts]}
    return found | {f"pay-{row.pk}": text for row, text in amounts}


def booked(desk: BankDesk, amount: int, reference: str = "TRF 9", customer: Customer | None = None) -> Credit:
    """A payment that somebody recorded before the bank showed it."""
    return record_payment(
        customer_id=(customer or desk.customer).pk, amount=Money(amount, "MXN"), received_on=TODAY - timedelta(days=2),
        key=uuid.uuid4().hex, actor=desk.owner, today=TODAY, policy="oldest_due", named={}, reference=reference,
        is_distinct=True,
    )  # fmt: skip


def reason_of(desk: BankDesk, name: str = "Comisiones bancarias", code: str = "701.10") -> AdjustmentReason:
    return save_reason(name=name, code=code, account_name=name, actor=desk.owner)


# The page of a movement


def test_what_the_bank_wrote_is_shown_with_its_evidence_marked(desk: BankDesk) -> None:
    text = "SPEI RECIBIDO DEL CLIENTE ACME SA RFC AAA010101AA1 CONCEPTO PAGO FAC-101"
    evidence = [{"kind": "tax_id", "value": "AAA010101AA1", "start": 38, "end": 50}]
    row = desk.moved(116_000, text, evidence=evidence, raw=[["Fecha", "01/02/2026"], ["Abono", "1,160.00"]])
    desk.decided(row, pays(desk.owes(116_000)))
    page = desk.get(page_of(row))
    assert '<mark class="ev ev-who" title="RFC o identificador">AAA010101AA1</mark>' in page
    assert '<mark class="ev ev-doc" title="Cita FAC-101">FAC-101</mark>' in page
    assert "1,160.00" in page
    assert "01/02/2026" in page
    assert "Nada explica todavía" in page
    assert f"{page_of(row, 'a-mano/')}?choice=0" in page


def test_hostile_text_of_a_bank_is_only_text(desk: BankDesk) -> None:
    row = desk.moved(100, HOSTILE, payer_name=HOSTILE, concept=HOSTILE, raw=[[HOSTILE, HOSTILE]], evidence=[
        {"kind": "name", "value": HOSTILE, "start": 0, "end": 400},
        {"kind": "trace", "value": "A", "start": 2, "end": 5}, ["odd"], {},
    ])  # fmt: skip
    page = desk.get(page_of(row))
    assert HOSTILE not in page
    assert "&lt;img src=x" in page or "<mark" in page


def test_a_movement_of_nobody_else(desk: BankDesk) -> None:
    row = desk.moved(100)
    desk.get(f"{ALL}{uuid.uuid4()}/", 404)
    outsider = make_company("Otra", "OTR010203AB1", slug="otra")
    client = signed_in(outsider, "otro@ejemplo.mx")
    assert client.get(page_of(row)).status_code == 404


def test_who_only_looks_sees_no_way_to_change_it(desk: BankDesk) -> None:
    row = desk.decided(desk.moved(116_000), pays(desk.owes(116_000)))
    client = signed_in(desk.company, "auditor@ejemplo.mx", Role.AUDITOR)
    page = client.get(page_of(row)).content.decode()
    assert "Lo que ve Aldía" in page
    for words in ("Conciliar a mano", "Aceptar</button>", "Comentar", "a-mano/?choice"):
        assert words not in page
    for act in ("aceptar/", "comentar/", "archivar/", "responsable/", "ajuste/", "devolucion/", "a-mano/"):
        assert client.post(page_of(row, act)).status_code == 403, act


def test_comments_and_who_looks_into_it(desk: BankDesk) -> None:
    row = desk.moved(100)
    desk.post(page_of(row, "comentar/"), text="Preguntar a Lupita")
    assert MovementComment.objects.get().text == "Preguntar a Lupita"
    assert "Preguntar a Lupita" in desk.get(page_of(row))
    desk.post(page_of(row, "comentar/"), 422, text="")
    desk.post(page_of(row, "responsable/"), user=str(desk.owner.pk))
    assert of(row).assigned_to_id == desk.owner.pk
    desk.post(page_of(row, "responsable/"), user="no-es-nadie")
    assert of(row).assigned_to_id is None


def test_it_is_archived_with_a_reason_and_brought_back(desk: BankDesk) -> None:
    row = desk.moved(100)
    desk.post(page_of(row, "archivar/"), reason="")
    assert of(row).state == MovementState.PENDING
    desk.post(page_of(row, "archivar/"), reason="Es de otra empresa")
    page = desk.get(page_of(row))
    assert "Archivado" in page
    assert "Es de otra empresa" in page
    assert "Conciliar a mano" not in page
    desk.post(page_of(row, "desarchivar/"))
    assert of(row).state == MovementState.PENDING


def test_it_is_adjusted_to_an_account(desk: BankDesk) -> None:
    row = desk.moved(-5_800, "COMISION POR MANEJO")
    reason = reason_of(desk)
    assert "Comisiones bancarias" in desk.get(page_of(row))
    late = desk.post(page_of(row, "ajuste/"), 422, reason=str(reason.pk), amount="99.00", key="a1")
    assert "no pasar de lo que falta" in late.content.decode()
    desk.post(page_of(row, "ajuste/"), reason=str(reason.pk), amount="58.00", note="Julio", key="a1")
    assert of(row).state == MovementState.RECONCILED
    assert MatchLine.objects.get().amount == -5_800
    page = desk.get(page_of(row))
    assert "Julio" in page


def test_a_return_is_recognised_by_a_person(desk: BankDesk) -> None:
    deposit = desk.moved(50_000, "SPEI RECIBIDO", TODAY - timedelta(days=3))
    back = desk.moved(-50_000, "CARGO DEV", TODAY)
    page = desk.get(page_of(back))
    assert "¿Devuelve alguno de estos depósitos?" in page
    desk.post(page_of(back, "devolucion/"), deposit=str(deposit.pk), key="r1")
    assert of(deposit).state == MovementState.REVERSED
    assert of(deposit).reversal_id == back.pk
    assert str(back.pk) in desk.get(page_of(deposit))
    assert str(deposit.pk) in desk.get(page_of(back))


def test_undo_says_what_it_gives_back_and_gives_it(desk: BankDesk) -> None:
    debt = desk.owes(116_000)
    row = desk.moved(116_000)
    desk.post(page_of(row, "a-mano/"), **typed(row, **paying((debt, "1,160.00"))))
    page = desk.get(page_of(row))
    assert "vuelve a deber" in page
    assert "Se retira el pago que se registró" in page
    match = Match.objects.get()
    desk.post(f"{BASE}/conciliacion/explicaciones/{match.pk}/deshacer/", reason="")
    assert of(row).state == MovementState.RECONCILED
    desk.post(f"{BASE}/conciliacion/explicaciones/{match.pk}/deshacer/", reason="Era de otro")
    assert of(row).state == MovementState.PENDING
    assert Receivable.objects.get(pk=debt.pk).balance == 116_000
    page = desk.get(page_of(row))
    assert "Era de otro" in page
    assert "Lo que se deshizo" in page


def test_a_doubtful_row_is_settled(desk: BankDesk) -> None:
    StatementImport.objects.update(doubtful=2, read=2)
    row = desk.moved(100, doubt="same_text")
    page = desk.get(page_of(row))
    assert "¿Es nuevo o ya estaba?" in page
    assert "Conciliar a mano" not in page
    desk.get(page_of(row, "a-mano/"), 302)
    desk.post(page_of(row, "es-nuevo/"), is_new="1")
    assert of(row).doubt == ""
    copy = desk.moved(100, doubt="same_text")
    desk.post(page_of(copy, "es-nuevo/"), is_new="0")
    assert not BankMovement.objects.filter(pk=copy.pk).exists()
    desk.get(page_of(copy), 404)


# Matching by hand


@pytest.mark.parametrize(
    ("q", "finds"),
    [
        ("guera", ["FAC-101", "FAC-102"]), ("FAC-102", ["FAC-102"]), ("102", ["FAC-102"]), ("580", ["FAC-102"]),
        ("$1,160.00", ["FAC-101"]), ("ALG010203", ["FAC-101", "FAC-102"]), ("soto", ["FAC-103"]), ("nada", []),
        ("%", []), ("1e9", []), ("", ["FAC-101"]),
    ],
)  # fmt: skip
def test_search_finds_by_name_folio_amount_and_tax_id(desk: BankDesk, q: str, finds: list[str]) -> None:
    desk.owes(116_000)
    desk.owes(58_000)
    desk.owes(33_300, desk.another("Soto Hermanos", "SHE010203AB1"))
    row = desk.moved(116_000)
    page = desk.get(page_of(row, f"a-mano/buscar/?q={q}"))
    assert sorted(set(re.findall(r"<b>(FAC-\d+)</b>", page))) == finds


def test_search_finds_payments_that_the_bank_has_not_shown(desk: BankDesk) -> None:
    credit = booked(desk, 70_000, "CHEQUE 55")
    row = desk.moved(70_000)
    for q in ("", "CHEQUE 55", "700", "guera"):
        assert f'data-add="credit:{credit.pk}"' in desk.get(page_of(row, f"a-mano/buscar/?q={q}")), q
    desk.post(page_of(row, "a-mano/"), **typed(row, credit=str(credit.pk), **{f"known-{credit.pk}": "700"}))
    assert of(row).state == MovementState.RECONCILED
    assert Credit.objects.count() == 1
    other = desk.moved(70_000)
    assert str(credit.pk) not in desk.get(page_of(other, "a-mano/buscar/?q=CHEQUE 55"))


def test_one_movement_pays_documents_of_several_customers(desk: BankDesk) -> None:
    soto = desk.another("Soto Hermanos", "SHE010203AB1")
    mine, theirs = desk.owes(60_000), desk.owes(40_000, soto)
    row = desk.moved(100_000)
    desk.post(page_of(row, "a-mano/"), **typed(row, **paying((mine, "600"), (theirs, "400"))))
    assert of(row).state == MovementState.RECONCILED
    assert {each.customer_id: each.amount for each in Match.objects.all()} == {
        desk.customer.pk: 60_000,
        soto.pk: 40_000,
    }
    assert not Receivable.objects.filter(balance__gt=0).exists()


def test_a_part_leaves_the_rest_to_be_explained(desk: BankDesk) -> None:
    debt = desk.owes(60_000)
    row = desk.moved(100_000)
    desk.post(page_of(row, "a-mano/"), **typed(row, **paying((debt, "250"))))
    assert (of(row).state, of(row).explained) == (MovementState.PARTIAL, 25_000)
    page = desk.get(page_of(row, "a-mano/"))
    assert "Ya explicado" in page
    assert 'data-left="75000"' in page
    desk.post(page_of(row, "a-mano/"), **typed(row, **paying((debt, "350")), rest=str(desk.customer.pk)))
    assert of(row).state == MovementState.RECONCILED
    assert sum(Credit.objects.values_list("remaining", flat=True)) == 40_000


def test_a_difference_is_settled_as_what_it_is(desk: BankDesk) -> None:
    debt = desk.owes(116_000)
    row = desk.moved(106_000)
    wrong = typed(row, **paying((debt, "1060")), **{f"diff-{debt.pk}": "100"})
    assert "Di qué es la diferencia" in desk.post(page_of(row, "a-mano/"), 422, **wrong).content.decode()
    desk.post(page_of(row, "a-mano/"), **(wrong | {f"why-{debt.pk}": "withholding"}))
    assert Receivable.objects.get(pk=debt.pk).balance == 0
    assert of(row).state == MovementState.RECONCILED
    assert "Retención de impuestos" in desk.get(page_of(row))


def test_a_payout_is_several_payments_less_what_was_kept(desk: BankDesk) -> None:
    one, two = booked(desk, 60_000, "A"), booked(desk, 40_000, "B", desk.another("Soto Hermanos", "SHE010203AB1"))
    row = desk.moved(97_100)
    data = typed(row, credit=[str(one.pk), str(two.pk)], fee="29")
    data |= {f"known-{one.pk}": "600", f"known-{two.pk}": "400"}
    desk.post(page_of(row, "a-mano/"), **data)
    assert of(row).state == MovementState.RECONCILED
    assert Credit.objects.filter(kind="payment").count() == 2


def test_a_part_goes_to_an_account(desk: BankDesk) -> None:
    debt, reason = desk.owes(90_000), reason_of(desk, "Depósitos en garantía", "205.99")
    row = desk.moved(100_000)
    data = typed(row, **paying((debt, "900")), adjustment="100")
    assert "Elige el motivo" in desk.post(page_of(row, "a-mano/"), 422, **data).content.decode()
    desk.post(page_of(row, "a-mano/"), **(data | {"reason": str(reason.pk)}))
    assert of(row).state == MovementState.RECONCILED
    assert Match.objects.count() == 1


def test_several_deposits_pay_one_document(desk: BankDesk) -> None:
    debt = desk.owes(100_000)
    name = {"payer_name": "ABARROTES LA GUERA"}
    first = desk.moved(60_000, on=TODAY - timedelta(days=2), **name)
    second = desk.moved(30_000, **name)
    page = desk.get(page_of(second, "a-mano/"))
    assert f'value="{first.pk}"' in page
    data = typed(second, also=str(first.pk), **paying((debt, "900")))
    data |= {f"diff-{debt.pk}": "100", f"why-{debt.pk}": "discount"}
    desk.post(page_of(second, "a-mano/"), **data)
    assert [of(each).state for each in (first, second)] == [MovementState.RECONCILED] * 2
    assert Receivable.objects.get(pk=debt.pk).balance == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Elige qué explica"), ("0", "Elige qué explica"), ("601", "Pasa de lo que se debe"), ("diez", "importe"),
        ("-5", "negativo"), ("1e5", "importe"), ("NaN", "importe"), ("9" * 40, "15 dígitos"), ("5.001", "decimales"),
    ],
)  # fmt: skip
def test_an_amount_that_cannot_be_is_said_beside_it(desk: BankDesk, text: str, said: str) -> None:
    debt = desk.owes(60_000)
    row = desk.moved(100_000)
    page = desk.post(page_of(row, "a-mano/"), 422, **typed(row, **paying((debt, text)))).content.decode()
    assert said in page
    assert of(row).state == MovementState.PENDING
    assert not Match.objects.exists()


def test_more_than_arrived_is_refused(desk: BankDesk) -> None:
    debts = desk.owes(60_000), desk.owes(60_000)
    row = desk.moved(100_000)
    data = typed(row, **paying(*[(debt, "600") for debt in debts]))
    assert "$200.00" in desk.post(page_of(row, "a-mano/"), 422, **data).content.decode().replace(
        "200.00 de más", "$200.00"
    )
    assert not Match.objects.exists()


def test_what_was_typed_stays_while_one_adds_and_drops(desk: BankDesk) -> None:
    one, two = desk.owes(60_000), desk.owes(40_000)
    row = desk.moved(100_000)
    data = typed(row, **paying((one, "123.45")))
    data.pop("apply")
    page = desk.post(page_of(row, "a-mano/"), 200, **data, add=f"doc:{two.pk}").content.decode()
    assert 'value="123.45"' in page
    assert f'data-line="doc:{two.pk}"' in page.split("data-picked")[1]
    page = desk.post(page_of(row, "a-mano/"), 200, **data, drop=f"doc:{one.pk}").content.decode()
    assert f'data-line="doc:{one.pk}"' not in page.split("data-picked")[1]
    assert not Match.objects.exists()


def test_a_proposal_is_the_start_of_a_change(desk: BankDesk) -> None:
    debt = desk.owes(80_000)
    row = desk.decided(desk.moved(100_000), pays(debt, left=20_000), advance(desk.customer, 100_000))
    page = desk.get(page_of(row, "a-mano/?choice=0"))
    assert 'value="800.00"' in page
    assert f'value="{desk.customer.pk}" selected' in page
    for odd in ("choice=9", "choice=x", "choice=99999999", "doc=x", f"doc={uuid.uuid4()}", "credit=1"):
        desk.get(page_of(row, f"a-mano/?{odd}"))


def test_the_same_form_twice_is_once(desk: BankDesk) -> None:
    debt = desk.owes(60_000)
    row = desk.moved(100_000)
    data = typed(row, **paying((debt, "250")))
    desk.post(page_of(row, "a-mano/"), **data)
    desk.client.post(page_of(row, "a-mano/"), data)
    assert (of(row).explained, Match.objects.count()) == (25_000, 1)


def test_a_document_in_another_currency_is_paid_at_the_exchange_of_the_payment(desk: BankDesk) -> None:
    debt = desk.owes(100_00, currency="USD")
    row = desk.moved(185_000)
    page = desk.get(page_of(row, f"a-mano/?doc={debt.pk}"))
    assert "Salda en USD" in page
    assert 'value="1850.00"' in page
    wrong = typed(row, **paying((debt, "1850")), **{f"owed-{debt.pk}": "100.01"})
    assert "Pasa de lo que se debe" in desk.post(page_of(row, "a-mano/"), 422, **wrong).content.decode()
    desk.post(page_of(row, "a-mano/"), **(wrong | {f"owed-{debt.pk}": "60"}))
    assert Receivable.objects.get(pk=debt.pk).balance == 40_00
    assert of(row).state == MovementState.RECONCILED


def test_money_that_may_be_on_the_books_is_asked_about(desk: BankDesk) -> None:
    """The same money is recognised, not recorded twice; another payment is recorded when a person says so."""
    debt = desk.owes(70_000)
    credit = booked(desk, 70_000, "CHEQUE 55")
    other = desk.owes(70_000)
    row = desk.moved(70_000)
    data = typed(row, **paying((other, "700")))
    page = desk.post(page_of(row, "a-mano/"), 422, **data).content.decode()
    assert "Es este mismo pago: reconócelo" in page
    assert str(credit.pk) in page
    known = desk.post(page_of(row, "a-mano/"), 200, version=data["version"], instead=str(credit.pk)).content.decode()
    assert f'data-line="credit:{credit.pk}"' in known.split("data-picked")[1]
    assert f'data-line="doc:{other.pk}"' not in known.split("data-picked")[1].split("data-total-bar")[0]
    desk.post(page_of(row, "a-mano/"), **(data | {"is_distinct": "1", "key": uuid.uuid4().hex}))
    assert (Credit.objects.count(), Receivable.objects.get(pk=debt.pk).balance) == (2, 0)
    assert Receivable.objects.get(pk=other.pk).balance == 0


def test_accepting_what_may_be_on_the_books_leads_to_the_question(desk: BankDesk) -> None:
    desk.owes(70_000)
    booked(desk, 70_000, "CHEQUE 55")
    row = desk.proposed(desk.owes(70_000))
    answer = desk.post(page_of(row, "aceptar/"), choice="0", version=str(of(row).version), key="a9")
    assert answer.headers["Location"].endswith("a-mano/?choice=0")
    assert not Match.objects.exists()


def test_a_proposal_is_accepted_once(desk: BankDesk) -> None:
    debt = desk.owes(116_000)
    row = desk.proposed(debt)
    for _again in range(2):
        desk.post(page_of(row, "aceptar/"), choice="0", version=str(row.version), key="a1")
    assert of(row).state == MovementState.RECONCILED
    assert Match.objects.count() == 1
    assert Receivable.objects.get(pk=debt.pk).balance == 0


def test_a_movement_that_changed_meanwhile_is_not_overwritten(desk: BankDesk) -> None:
    debt = desk.owes(60_000)
    row = desk.moved(100_000)
    data = typed(row, **paying((debt, "250")))
    desk.post(page_of(row, "comentar/"), text="algo")
    BankMovement.objects.filter(pk=row.pk).update(version=row.version + 1)
    desk.post(page_of(row, "a-mano/"), 422, **data)
    assert not Match.objects.exists()


def test_money_that_goes_out_is_not_matched_with_documents(desk: BankDesk) -> None:
    row = desk.moved(-100)
    desk.get(page_of(row, "a-mano/"), 302)


# Where a payment and a document say what the bank shows


def test_the_payment_and_the_document_name_the_movement_behind_them(desk: BankDesk) -> None:
    debt = desk.owes(116_000)
    row = desk.moved(116_000)
    desk.post(page_of(row, "a-mano/"), **typed(row, **paying((debt, "1160"))))
    credit = Credit.objects.get()
    for place in (f"{BASE}/pagos/{credit.pk}/", f"{BASE}/por-cobrar/{debt.pk}/"):
        assert page_of(row) in desk.get(place), place


# Learned payers


def alias(desk: BankDesk, customer: Customer | None = None, **more: Any) -> PayerAlias:
    given = {"kind": "name", "value": "GRUPO MATRIZ", "shown": "GRUPO MATRIZ SA", "confirmed": 3, "confirmed_on": TODAY}
    return PayerAlias.objects.create(
        company=desk.company, customer=customer or desk.customer, **({**given, "taught_by": "person"} | more)
    )


def test_payers_are_listed_by_what_they_are_worth(desk: BankDesk) -> None:
    alias(desk)
    alias(desk, value="NUEVO UNO", shown="NUEVO UNO", confirmed=1)
    alias(desk, value="FACTORAJE", shown="FACTORAJE")
    alias(desk, desk.another("Soto Hermanos", "SHE010203AB1"), value="FACTORAJE", shown="FACTORAJE")
    page = desk.get(PAYERS)
    for words in ("Identifica", "Aprendiendo", "Compartido", "GRUPO MATRIZ SA", "Soto Hermanos"):
        assert words in page
    shared = desk.get(f"{PAYERS}?is=shared")
    assert shared.count("FACTORAJE") >= 2
    assert "GRUPO MATRIZ" not in shared
    assert "solo los folios dicen por cuál" in shared
    assert "Nada coincide" in desk.get(f"{PAYERS}?q=inexistente")
    desk.get(f"{PAYERS}?is=otra&q=%00")


def test_a_shared_payer_explains_itself(desk: BankDesk) -> None:
    mine = alias(desk, value="FACTORAJE")
    alias(desk, desk.another("Soto Hermanos", "SHE010203AB1"), value="FACTORAJE")
    page = desk.get(f"{PAYERS}{mine.pk}/")
    assert "También paga por otros" in page
    assert "Soto Hermanos" in page


def test_a_payer_is_forgotten_and_recovered(desk: BankDesk) -> None:
    row = alias(desk)
    desk.post(f"{PAYERS}{row.pk}/olvidar/")
    assert PayerAlias.objects.get(pk=row.pk).revoked_at is not None
    assert "Recuperar" in desk.get(f"{PAYERS}{row.pk}/")
    desk.post(f"{PAYERS}{row.pk}/recuperar/")
    assert PayerAlias.objects.get(pk=row.pk).revoked_at is None


def test_a_payer_is_added_and_moved_to_another_customer(desk: BankDesk) -> None:
    soto = desk.another("Soto Hermanos", "SHE010203AB1")
    data = {"kind": "tax_id", "value": "GMA010203AB9", "note": "La matriz", "version": "1"}
    missing = desk.post(f"{PAYERS}agregar/", 422, **data).content.decode()
    assert "Elige de qué cliente" in missing
    assert "Soto" in desk.post(f"{PAYERS}agregar/", 200, **data, who="soto", look="1").content.decode()
    desk.post(f"{PAYERS}agregar/", **data, customer=str(soto.pk))
    row = PayerAlias.objects.get()
    assert (row.customer_id, row.note) == (soto.pk, "La matriz")
    assert "Abarrotes" in desk.get(f"{PAYERS}{row.pk}/?who=abarrotes")
    desk.post(f"{PAYERS}{row.pk}/editar/", version=str(row.version), note="Otra", customer=str(desk.customer.pk))
    live = PayerAlias.objects.filter(revoked_at__isnull=True).get()
    assert (live.customer_id, live.note) == (desk.customer.pk, "Otra")
    desk.post(f"{PAYERS}{live.pk}/editar/", 422, version="99", note="x", customer=str(desk.customer.pk))


# Results and the blind review


def applied(desk: BankDesk, debt: Receivable) -> Match:
    """An automatic match that waits for review."""
    row = desk.decided(desk.moved(debt.balance), pays(debt))
    plan = Plan(debt.customer_id, (Line(debt.pk, debt.balance),))
    return apply_match(
        movement_id=row.pk, plan=plan, how=MatchHow.AUTO, key=uuid.uuid4().hex, actor=None, now=NOW,
        decision_id=row.decision_id, class_key=row.class_key, review=ReviewState.WAITING,
    )  # fmt: skip


def test_the_scorecard_says_what_it_can_and_no_more(desk: BankDesk) -> None:
    page = desk.get(f"{BASE}/conciliacion/resultados/")
    assert "Sin revisiones todavía no se puede afirmar un margen" in page
    assert "Probada" in page
    applied(desk, desk.owes(116_000))
    page = desk.get(f"{BASE}/conciliacion/resultados/?period=all")
    assert "aplicadas: 1 · deshechas por error: 0" in page
    assert "100.00 %" in page
    desk.get(f"{BASE}/conciliacion/resultados/?period=otra")


def test_the_reviewer_answers_before_seeing(desk: BankDesk) -> None:
    debt, decoy = desk.owes(116_000), desk.owes(58_000)
    match = applied(desk, debt)
    page = desk.get(f"{BASE}/conciliacion/revision/{match.pk}/")
    assert {str(debt.pk), str(decoy.pk)} <= set(re.findall(r'name="doc" value="([^"]+)"', page))
    assert "Se aplicó a" not in page
    assert "checked" not in page.split("blind-list")[1]
    page = desk.post(f"{BASE}/conciliacion/revision/{match.pk}/", 200, doc=str(decoy.pk)).content.decode()
    assert "No coinciden" in page
    assert "Se aplicó a" in page
    assert Match.objects.get().review == ReviewState.WAITING
    desk.post(f"{BASE}/conciliacion/revision/{match.pk}/", doc=str(debt.pk))
    assert Match.objects.get().review == ReviewState.RIGHT
    desk.get(f"{BASE}/conciliacion/revision/{match.pk}/", 302)


def test_a_wrong_one_is_undone(desk: BankDesk) -> None:
    debt = desk.owes(116_000)
    match = applied(desk, debt)
    assert "Empezar" in desk.get(f"{BASE}/conciliacion/revision/")
    desk.post(f"{BASE}/conciliacion/revision/{match.pk}/", 200)
    desk.post(f"{BASE}/conciliacion/revision/{match.pk}/", verdict="wrong")
    match.refresh_from_db()
    assert (match.review, match.undone_at is not None) == (ReviewState.WRONG, True)
    assert Receivable.objects.get(pk=debt.pk).balance == 116_000
    assert "Nada por revisar" in desk.get(f"{BASE}/conciliacion/revision/")


# Settings


def chosen(**more: Any) -> dict[str, Any]:
    return {
        "version": "1", "mode": "shadow", "cap": "500,000", "young_cap": "20000", "rounding": "0.99",
        "review_per_mille": "20", "fees": "5.80; 11.60",
    } | more  # fmt: skip


def test_settings_are_read_and_kept(desk: BankDesk) -> None:
    assert "Concilia sola" in desk.get(SETTINGS)
    more = {"commission-0-key": "Terminal", "commission-0-share": "3.6", "commission-0-vat": "16"}
    desk.post(SETTINGS, **chosen(**more))
    row = MatchingSettings.objects.get()
    assert (row.mode, row.cap, row.young_cap, row.rounding) == ("shadow", 50_000_000, 2_000_000, 99)
    assert (row.review_per_mille, row.fees) == (20, [580, 1160])
    assert row.commissions == [{"key": "Terminal", "ppm": 36_000, "fixed": 0, "vat_ppm": 160_000}]
    page = desk.get(SETTINGS)
    for words in ('value="3.6"', 'value="500000.00"', "5.80; 11.60", 'value="Terminal"'):
        assert words in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"cap": "mucho"}, {"cap": ""}, {"mode": "otro"}, {"fees": "uno"}, {"review_per_mille": "0"},
        {"commission-0-share": "3"}, {"commission-0-key": "T"}, {"commission-0-key": "T", "commission-0-share": "200"},
        {"commission-0-key": "T", "commission-0-share": "NaN"}, {"version": "7"},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(desk: BankDesk, wrong: dict[str, str]) -> None:
    desk.post(SETTINGS, **chosen())
    before = MatchingSettings.objects.values().get()
    version = {"version": str(MatchingSettings.objects.get().version)}
    desk.post(SETTINGS, 409 if "version" in wrong else 422, **chosen(**(version | wrong)))
    assert MatchingSettings.objects.values().get() == before


def test_agreements_are_made_and_ended(desk: BankDesk) -> None:
    place = f"{SETTINGS}acuerdos/"
    assert "Abarrotes" in desk.get(f"{place}?q=guera")
    desk.post(place, customer=str(desk.customer.pk), oldest_first="1")
    assert PayerAgreement.objects.get().oldest_first
    assert "Ningún cliente sin acuerdo" in desk.get(f"{place}?q=guera")
    desk.post(place, customer=str(desk.customer.pk), oldest_first="0")
    assert not PayerAgreement.objects.get().oldest_first
    desk.post(place, 404, customer="x", oldest_first="1")


def test_reasons_are_made_changed_and_retired(desk: BankDesk) -> None:
    place = f"{SETTINGS}motivos/"
    assert "Todavía no hay motivos" in desk.get(place)
    data = {
        "version": "1",
        "name": "Intereses",
        "code": "702.04",
        "account_name": "Intereses ganados",
        "direction": "in",
    }
    desk.post(f"{place}nuevo/", **data)
    row = AdjustmentReason.objects.get()
    assert (row.name, row.account.code, row.direction) == ("Intereses", "702.04", "in")
    desk.post(f"{place}nuevo/", 422, **data)
    desk.post(f"{place}{row.pk}/", **(data | {"name": "Rendimientos", "version": str(row.version)}))
    assert AdjustmentReason.objects.get().name == "Rendimientos"
    desk.post(f"{place}{row.pk}/retirar/", retired="1")
    assert "Ofrecer otra vez" in desk.get(place)
    desk.post(f"{place}{row.pk}/retirar/", retired="0")
    assert AdjustmentReason.objects.get().retired_at is None


def test_proposals_of_everything_are_drawn(desk: BankDesk) -> None:
    """Known money with a fee, an advance, a document that is gone."""
    credit = booked(desk, 60_000)
    known = Hypothesis(str(desk.customer.pk), "payout", (), known=((str(credit.pk), 60_000),), class_key="payout|-|-|-")
    gone = pays(desk.owes(10_000))
    row = desk.decided(desk.moved(60_000), known, advance(desk.customer, 60_000), gone)
    Receivable.objects.filter(number="FAC-101").update(balance=0)
    page = desk.get(page_of(row))
    assert "Pago ya registrado" in page
    assert "A favor del cliente" in page
    assert f'data-line="credit:{credit.pk}"' in desk.get(page_of(row, "a-mano/?choice=0"))
