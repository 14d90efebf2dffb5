"""Letters and receipts on paper: what they say, in whose language, and that no text commands the typesetter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.messaging.letter_papers import letter_pdf, long_date, parts_of
from aldia.messaging.models import Channel, Delivery, Message, Purpose
from aldia.messaging.tables import draw_text
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.receivables.papers import receipt_name, receipt_pdf
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user
from tests.support.papers import squeezed, text_of

TODAY = date(2026, 11, 21)
ROWS = [
    {"folio": "F-101", "vencimiento": "01/10/2026", "dias_vencido": "51", "saldo": "$1,160.00"},
    {"folio": "F-1022", "vencimiento": "15/10/2026", "dias_vencido": "", "saldo": "$20.00"},
]
HOSTILE = '#read("/etc/passwd") <script> $x$ ]] *a*'


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="cartas")
    with company_scope(company.id):
        yield company


@pytest.fixture
def customer(company: Company) -> Customer:
    return make_customer(company)


def letter(customer: Customer, text: str, **fields: str) -> Message:
    return Message.objects.create(
        company_id=customer.company_id, customer=customer, channel=Channel.LETTER, purpose=Purpose.AFTER,
        key=str(uuid7()), on_day=TODAY, text=text, **{"subject": "Saldo vencido", **fields},
    )  # fmt: skip


def charge(customer: Customer, total: int, due_on: date = date(2026, 10, 15)) -> Receivable:
    return open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(total, "MXN"), issued_on=date(2026, 9, 15),
        due_on=due_on, concept="Flete", key=uuid7(), actor=None,
    )  # fmt: skip


def pay(customer: Customer, amount: int, **named: int) -> Credit:
    return record_payment(
        customer_id=customer.id, amount=Money(amount, "MXN"), received_on=TODAY, key=str(uuid7()), actor=None,
        today=TODAY, method="transfer", reference="SPEI 7788",
    )  # fmt: skip


def test_a_letter_carries_the_words_the_table_and_who_it_goes_to(customer: Customer) -> None:
    columns = ["folio", "vencimiento", "dias_vencido", "saldo"]
    table = draw_text(ROWS, columns, "$1,180.00")
    message = letter(customer, f"Estimado cliente:\n\nLe recordamos:\n\n{table}\n\nGracias.", sender_name="Ana Ruiz")
    said = squeezed(text_of(letter_pdf(message)))
    for words in (customer.legal_name, customer.tax_id, "21 de noviembre de 2026", "F-101", "F-1022", "$1,160.00",
                  "$1,180.00", "Ana Ruiz", "Saldo vencido", "Atentamente", "Distribuidora Tres Ríos"):  # fmt: skip
        assert squeezed(words) in said, words


def test_a_table_of_text_is_read_back_cell_by_cell() -> None:
    columns = ["folio", "vencimiento", "dias_vencido", "saldo"]
    table, after = parts_of(draw_text(ROWS, columns, "$1,180.00"))
    assert table["kind"] == "table"
    assert table["rows"] == [[row[name] for name in columns] for row in ROWS]
    assert len(table["heads"]) == 4
    assert 3 in table["numeric"]
    assert after == {"kind": "words", "lines": ["Total: $1,180.00"]}


@pytest.mark.parametrize("text", ["a\n-----------\nb", "una\n----\ndos  tres", "", "- lista\n- de\n- cosas"])
def test_what_is_no_table_stays_words(text: str) -> None:
    assert [line for part in parts_of(text) for line in part["lines"]] == text.splitlines()


def test_a_posted_letter_shows_its_number_and_the_address(customer: Customer) -> None:
    message = letter(customer, "Hola")
    delivery = Delivery.objects.create(
        company_id=customer.company_id, message=message, name=customer.legal_name, provider_id="MX123456789",
        address="Av. Juárez 10, 06600 Ciudad de México",
    )  # fmt: skip
    said = squeezed(text_of(letter_pdf(message, delivery=delivery)))
    assert "MX123456789" in said
    assert squeezed("Av. Juárez 10, 06600 Ciudad de México") in said


def test_hostile_words_are_only_words(customer: Customer) -> None:
    Customer.objects.update(legal_name=HOSTILE)
    customer.refresh_from_db()
    said = squeezed(text_of(letter_pdf(letter(customer, HOSTILE, subject=HOSTILE, sender_name=HOSTILE))))
    assert said.count(squeezed(HOSTILE)) >= 4
    assert squeezed(HOSTILE) in squeezed(text_of(receipt_pdf(pay(customer, 100))))


def test_dates_in_the_readers_language() -> None:
    assert long_date(TODAY, "es") == "21 de noviembre de 2026"
    assert long_date(TODAY, "en") == "November 21, 2026"


def test_a_receipt_says_what_was_paid_and_what_is_left(customer: Customer) -> None:
    first, second = charge(customer, 100_000), charge(customer, 50_000, date(2026, 11, 1))
    credit = pay(customer, 120_000)
    said = squeezed(text_of(receipt_pdf(credit)))
    for words in (first.number, second.number, "$1,000.00", "$200.00", "$300.00", "$1,200.00", "SPEI 7788",
                  "Transferencia", "MIL DOSCIENTOS PESOS 00/100 M.N."):  # fmt: skip
        assert squeezed(words) in said, words
    assert "Quedaasufavor" not in said
    assert receipt_name(credit).startswith("recibo-2026-11-21-")


def test_a_receipt_of_money_in_favour_and_one_undone_say_so(customer: Customer) -> None:
    credit = pay(customer, 7_000)
    assert "quedaasufavor" in squeezed(text_of(receipt_pdf(credit))).lower()
    reverse_credit(credit_id=credit.pk, on=TODAY, reason="no llegó", actor=None)
    credit.refresh_from_db()
    assert "DESHECHO" in text_of(receipt_pdf(credit))


def test_the_page_of_a_payment_gives_its_receipt(company: Company, customer: Customer, client: Client) -> None:
    credit = pay(customer, 7_000)
    client.force_login(make_user("caja@example.com", company))
    address = f"/e/cartas/pagos/{credit.pk}/recibo/"
    assert address in client.get(f"/e/cartas/pagos/{credit.pk}/").content.decode()
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert "$70.00" in text_of(answer.content)
