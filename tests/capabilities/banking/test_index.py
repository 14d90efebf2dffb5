"""The database answers the engine as the index in memory does: the same random books give the same decisions."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from aldia.banking.batching import weigh
from aldia.banking.indexing.documents import order_of
from aldia.banking.models import BankAccount, BankMovement, PayerAlias, StatementImport
from aldia.banking.names import sync_names
from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.domain.folios import split_number
from aldia.domain.matching import Alias, CreditNote, Document, MemoryIndex, Party, Settings, Trust, decide_batch
from aldia.domain.matching import BankMovement as Deposit
from aldia.payments.models import CollectionAccount, ProviderAccount
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, transaction
from tests.cast import make_company, make_customer

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
WORDS = ("Aceros", "Molinos", "Textiles", "Norte", "Bajío", "Laguna", "Pinturas", "Rincón", "Comercial", "Valle")
FORMS = (" SA de CV", " S de RL", "", " SC")
pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Iterator[Company]:
    company = make_company()
    with company_scope(company.pk):
        yield company


class Books:
    """Random books, written to the tables and told to an index in memory."""

    def __init__(self, company: Company, seed: int) -> None:
        self.company, self.random = company, random.Random(seed)
        self.memory = MemoryIndex(
            own_tax_ids=frozenset({company.tax_id}), own_accounts=frozenset({"002180000000000001"})
        )
        self.account = BankAccount.objects.create(
            company=company, name="Banco", number="002180000000000001", currency="MXN"
        )
        self.file = StatementImport.objects.create(
            company=company, account=self.account, source="file", imported_at=NOW
        )
        self.customers: list[Customer] = []
        self.documents: list[Document] = []
        self.deposits: list[Deposit] = []
        with transaction():
            self._customers()
            self._documents()
            self._credits()
            self._aliases()
            self._movements()
        sync_names(now=NOW)

    def _customers(self) -> None:
        provider = ProviderAccount.objects.create(company=self.company, provider="pretend", name="STP", methods=[])
        provider.disabled_at = NOW
        for n in range(14):
            name = " ".join(self.random.sample(WORDS, self.random.choice((1, 2, 2, 3)))) + self.random.choice(FORMS)
            row = make_customer(self.company, name, f"ABC{n:06}AB1")
            own = [f"64618000{n:010}"] if self.random.random() < 0.3 else []
            for value in own:
                CollectionAccount.objects.create(
                    company=self.company, customer=row, account=provider, kind="clabe", value=value, sequence=n
                )
            self.memory.add_party(Party(str(row.pk), name, row.tax_id), own)
            self.customers.append(row)

    def _documents(self) -> None:
        rows = []
        for n in range(120):
            total = self.random.choice((116_000, 58_000, 232_000)) if n % 3 else self.random.randrange(1_000, 900_000)
            issued = TODAY - timedelta(days=self.random.randrange(1, 90))
            series, folio = self.random.choice(("F", "FAC", "")), str(self.random.randrange(1_000, 1_060))
            number = f"{series}-{folio}" if series else folio
            order = self.random.choice(("", "", "", "4500012", "PO-77123"))
            key = str(uuid.UUID(int=self.random.getrandbits(128), version=4)).upper() if n % 4 == 0 else ""
            row = Receivable(
                id=uuid7(), company_id=self.company.pk, customer=self.random.choice(self.customers), kind="invoice",
                key=key, number=number, currency="USD" if n % 17 == 0 else "MXN", total=total, balance=total,
                issued_on=issued, due_on=issued + timedelta(days=30), purchase_order=order,
            )  # fmt: skip
            row.series, row.folio = split_number(number)
            row.uuid_start = key[:8] or None
            rows.append(row)
        insert_rows(rows)
        self.documents = [_document(row) for row in rows]

    def _credits(self) -> None:
        """Some documents are paid, wholly or in part; some customers have a credit note."""
        for n, document in enumerate(self.documents):
            if n % 5 == 0:
                paid = document.total if n % 10 == 0 else document.total // 3
                customer, key = uuid.UUID(document.customer), uuid.UUID(document.key)
                _pay(self.company, customer, key, paid, document.issued_on, document.currency)
                document = replace(document, balance=document.balance - paid, partials=(paid,))
            self.documents[n] = document
            self.memory.add_document(document)
        for customer in self.customers[:4]:
            amount = self.random.randrange(1_000, 50_000)
            note = Credit(
                id=uuid7(), company_id=self.company.pk, customer=customer, kind="credit_note", source="x",
                external_key=uuid.uuid4().hex, currency="MXN", amount=amount, remaining=amount, received_on=TODAY,
                reference="NC-1",
            )  # fmt: skip
            insert_rows([note])
            self.memory.add_credit_note(CreditNote(str(note.pk), str(customer.pk), "MXN", amount, TODAY, "", "NC-1"))

    def _aliases(self) -> None:
        for n, customer in enumerate(self.customers[:5]):
            value = f"01218000{n:010}"
            owners = [customer, self.customers[-1]] if n == 4 else [customer]
            for owner in owners:
                PayerAlias.objects.create(
                    company=self.company, kind="account", value=value, customer=owner, confirmed=3, confirmed_on=TODAY
                )
                self.memory.add_alias(Alias("account", value, str(owner.pk), 3, confirmed_on=TODAY))

    def _movements(self) -> None:
        rows = [self._movement(n) for n in range(60)]
        insert_rows(rows)

    def _movement(self, n: int) -> BankMovement:
        rng = self.random
        document = rng.choice([each for each in self.documents if each.balance])
        customer = next(each for each in self.customers if str(each.pk) == document.customer)
        amount = rng.choice((document.balance, document.balance, document.balance - 50, document.balance // 2 + 1))
        concept = rng.choice(
            (f"PAGO {document.name}", f"FACT {document.folio}", document.folio, "PAGO", f"OC {document.order or 1}",
             document.uuid[:8], "ANTICIPO", f"F-{rng.randrange(1_000, 1_060)}")
        )  # fmt: skip
        who = rng.random()
        row = BankMovement(
            id=uuid7(), company_id=self.company.pk, account=self.account, statement=self.file, line=n,
            booked_on=TODAY - timedelta(days=rng.randrange(3)), seq=n + 1, amount=amount, currency="MXN",
            text=f"SPEI RECIBIDO {concept}", text_key=fold(concept), concept=concept, dedupe_key=f"{n}",
            trace_key=f"RASTREO{n:05}" if n % 3 else "", payer_tax_id=customer.tax_id if who < 0.4 else "",
            payer_name=customer.legal_name[: rng.choice((12, 40))].upper() if 0.3 < who < 0.8 else "",
            payer_account=f"01218000{rng.randrange(6):010}" if who > 0.75 else "",
        )  # fmt: skip
        own = self.memory._collection
        if rng.random() < 0.15 and own:
            row.collection_account = rng.choice(sorted(own))
        return row


def _document(row: Receivable) -> Document:
    return Document(
        str(row.pk), str(row.customer_id), row.currency, row.balance, row.total, row.issued_on, row.due_on,
        row.series or "", row.folio or "", row.key, order_of(row.purchase_order) if row.purchase_order else "",
    )  # fmt: skip


def _pay(company: Company, customer: uuid.UUID, receivable: uuid.UUID, amount: int, on: date, currency: str) -> None:
    """Rows as a payment leaves them, without the ledger: the index reads no entries. The bank has shown it."""
    credit = Credit(
        id=uuid7(), company_id=company.pk, customer_id=customer, kind="payment", source="bank",
        external_key=uuid.uuid4().hex, currency=currency, amount=amount, remaining=0, received_on=on,
    )  # fmt: skip
    insert_rows([credit])
    insert_rows([
        Allocation(id=uuid7(), company_id=company.pk, credit=credit, receivable_id=receivable, amount=amount,
                   credit_amount=amount, on=on, rule="named")
    ])  # fmt: skip
    row = Receivable.objects.get(pk=receivable)
    Receivable.objects.filter(pk=receivable).update(balance=row.balance - amount)


@pytest.mark.parametrize("seed", range(6))
def test_same_books_same_decisions(company: Company, seed: int) -> None:
    books = Books(company, seed)
    settings, trust = Settings(fees=(50,)), Trust()
    rows = list(BankMovement.objects.order_by("pk"))
    weighed = {each.deposit.key: each for each in weigh([row.pk for row in rows], settings=settings, trust=trust)}
    for document in books.documents:  # payments that the books hold, as the memory is told of them
        for paid in document.partials:
            _tell_paid(books.memory, document, paid)
    deposits = [each.deposit for each in weighed.values()]
    for deposit in deposits:
        books.memory.add_movement(deposit)
    expected = decide_batch(deposits, books.memory, settings=settings, trust=trust)
    for decision in expected:
        assert weighed[decision.movement].decision == decision
    outcomes = {decision.outcome for decision in expected}
    assert len(outcomes) >= 3, "books that tell nothing apart prove nothing"


def _tell_paid(memory: MemoryIndex, document: Document, amount: int) -> None:
    from aldia.domain.matching import Paid

    memory.add_paid(Paid(f"paid {document.key}", document.customer, document.currency, amount, document.issued_on))
