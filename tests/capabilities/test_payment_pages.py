"""Links, payments on line, collection accounts and providers as the staff uses them; and what nobody else sees."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from aldia.customers.models import Contact, Customer
from aldia.domain.folding import fold
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import read_rows
from aldia.jobs.payment_links import is_making, make_links, purpose_of
from aldia.messaging.models import Message
from aldia.payments import providers
from aldia.payments.models import (
    CollectionAccount,
    InboxEvent,
    PaymentAttempt,
    PaymentLink,
    PaymentSettings,
    PortalPass,
    PortalSettings,
    ProviderAccount,
)
from aldia.payments.models.providers import Review
from aldia.payments.operations import attempts, collecting, inbox
from aldia.payments.operations import provider_accounts as accounts
from aldia.payments.operations.links import create_link
from aldia.payments.operations.sandbox import Wish, act, deliver, simulate_transfer
from aldia.payments.tokens import LINK, Tokens
from aldia.queue.models import Job
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy import audit
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
BASE = "/e/tres-rios"
LINKS, ATTEMPTS, ACCOUNTS = f"{BASE}/pagos/ligas/", f"{BASE}/pagos/en-linea/", f"{BASE}/pagos/cuentas-de-cobro/"
METHODS = f"{BASE}/configuracion/medios-de-pago/"
HOSTILE = '"><img src=x onerror=alert(1)>'


@dataclass
class Desk:
    """The company as these tests have it: a person, a customer that owes, and the test provider."""

    company: Company
    owner: User
    client: Client
    customer: Customer
    account: ProviderAccount
    folio: int = 0

    def owes(self, total: int, customer: Customer | None = None, days: int = 10) -> Receivable:
        today = datetime.now(UTC).date()
        self.folio += 1
        return open_charge(
            customer_id=(customer or self.customer).pk, kind="charge_note", total=Money(total, "MXN"), issued_on=today,
            due_on=today + timedelta(days=days), concept="Pedido", key=uuid.uuid4(), actor=self.owner,
            number=f"ZX-{self.folio}",
        )  # fmt: skip

    def link(self, *rows: Receivable, **more: Any) -> PaymentLink:
        given = {
            "customer_id": self.customer.pk, "receivable_ids": [row.pk for row in rows], "covers_all": not rows,
            "policy": "partial", "currency": "MXN", "now": now(), "expires_at": now() + timedelta(days=30),
            "actor": self.owner,
        }  # fmt: skip
        return create_link(**{**given, **more}).link

    def paid(self, link: PaymentLink, amount: int, received: int = 0) -> PaymentAttempt:
        """What the customer paid with a link at the test provider, told by its notices."""
        made = attempts.start(
            customer_id=self.customer.pk, link_id=link.pk, account_id=self.account.pk, method="card",
            amount=Money(amount, "MXN"), chosen={}, key=uuid.uuid4(), return_url="https://ejemplo.mx/",
            base_url="https://ejemplo.mx", now=now(),
        )  # fmt: skip
        act(provider_id=made.provider_id, wish=Wish("pay", amount=received), now=now())
        self.hear()
        made.refresh_from_db()
        return made

    def hear(self) -> None:
        deliver(now=now())
        for event in InboxEvent.objects.filter(processed_at__isnull=True):
            inbox.process(event_id=event.pk, now=now())

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, path
        return str(answer.content.decode())

    def post(self, path: str, status: int = 302, **data: Any) -> Any:
        answer = self.client.post(path, data)
        assert answer.status_code == status, (path, answer.content.decode()[:2000])
        return answer

    def said(self, path: str = LINKS) -> str:
        """The toasts on the next page."""
        return self.get(path)


def cells_of(desk: Desk, place: str) -> list[list[Any]]:
    """The rows of a workbook that a page sends, without its headings."""
    answer = desk.client.get(place)
    assert answer.status_code == 200
    return [list(row.values) for row in read_rows(b"".join(answer))][1:]


def named(company: Company, name: str, tax_id: str, **fields: Any) -> Customer:
    """A customer that the search box finds."""
    return make_customer(company, name, tax_id, search=fold(f"{name} {tax_id}"), **fields)


def now() -> datetime:
    return datetime.now(UTC)


def signed_in(company: Company, email: str, role: str = Role.OWNER) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_user(email, company, role), backend=BACKEND)
    return client


@pytest.fixture
def desk(settings: Any) -> Iterator[Desk]:
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    company = make_company(slug="tres-rios")
    client = signed_in(company, "ana@ejemplo.mx")
    with company_scope(company.pk):
        owner = User.objects.get(email="ana@ejemplo.mx")
        details = accounts.Details(name="Pruebas", is_live=False)
        account = accounts.create_account(provider="sandbox", details=details, actor=owner)
        account = accounts.make_issuer(account_id=account.pk, version=account.version, actor=owner)
        yield Desk(company, owner, client, named(company, "Abarrotes La Güera", "ALG010203AB2"), account)


# Links


def test_an_empty_list_says_the_next_step(desk: Desk) -> None:
    page = desk.get(LINKS)
    assert "Ninguna liga vigente" in page
    assert f'href="{LINKS}nueva/"' in page


def test_make_a_link_over_what_is_chosen_and_take_it_back(desk: Desk) -> None:
    one, two = desk.owes(1000_00), desk.owes(500_00)
    form = desk.get(f"{LINKS}nueva/?customer={desk.customer.pk}")
    assert f'value="{one.pk}" checked' in form
    key = uuid.uuid4()
    data = {
        "key": key, "covers": "some", "policy": "partial", "expires_on": (now() + timedelta(days=9)).date(),
        "note": "Gracias", "id": [str(two.pk)], "currency": "MXN",
    }  # fmt: skip
    first = desk.post(f"{LINKS}nueva/?customer={desk.customer.pk}", **data)
    again = desk.post(f"{LINKS}nueva/?customer={desk.customer.pk}", **data)
    link = PaymentLink.objects.get()
    assert first.headers["Location"] == again.headers["Location"] == f"{LINKS}{link.pk}/"
    assert [each.receivable_id for each in link.debts.all()] == [two.pk]
    page = desk.get(f"{LINKS}{link.pk}/")
    address = f"/l/tres-rios/{Tokens().of(LINK, link.pk)}/"
    assert f'data-copy="{address}' in page.replace("http://localhost:8000", "").replace("http://localhost", "")
    assert "$500.00" in page
    desk.post(f"{LINKS}{link.pk}/revocar/")
    page = desk.get(f"{LINKS}{link.pk}/")
    assert "Revocada" in page
    assert address not in page


def test_a_link_starts_from_a_document_and_is_seen_there(desk: Desk) -> None:
    one, two = desk.owes(100_00), desk.owes(200_00)
    form = desk.get(f"{LINKS}nueva/?receivable={two.pk}")
    assert f'value="{two.pk}" checked' in form
    assert f'value="{one.pk}" checked' not in form
    desk.link(two)
    page = desk.get(f"{BASE}/por-cobrar/{two.pk}/")
    assert "Cobro en línea" in page
    assert f"{LINKS}nueva/?receivable={two.pk}" in page
    assert "Liga del" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expires_on": "2020-01-01"}, "Tiene que ser hoy o después"),
        ({"expires_on": "2099-01-01"}, "A lo más, un año"),
        ({"policy": "fixed"}, "Escribe cuánto pide la liga"),
        ({"policy": "fixed", "amount": "1e9"}, "importe"),
        ({"policy": "nope"}, "Escoja una opción"),
        ({"id": []}, "Elige al menos un documento"),
        ({"note": "x" * 301}, "300"),
    ],
)
def test_what_a_link_cannot_be_is_said(desk: Desk, changes: dict[str, Any], said: str) -> None:
    row = desk.owes(100_00)
    data = {
        "key": uuid.uuid4(), "covers": "some", "policy": "full", "expires_on": (now() + timedelta(days=9)).date(),
        "id": [str(row.pk)],
    }  # fmt: skip
    page = desk.post(f"{LINKS}nueva/?customer={desk.customer.pk}", 422, **(data | changes)).content.decode()
    assert said in page
    assert not PaymentLink.objects.exists()


def test_tabs_filters_and_sheet(desk: Desk) -> None:
    paid, open_ = desk.owes(100_00), desk.owes(200_00)
    other = named(desk.company, "Ferretería El Clavo", "FEC010203AB1")
    day = now().astimezone(ZoneInfo("America/Mexico_City")).date()
    span = f"from={day}&to={day + timedelta(days=1)}"  # midnight may come meanwhile
    live, done = desk.link(open_), desk.link(paid)
    gone = desk.link(desk.owes(5_00, other), customer_id=other.pk)
    desk.paid(done, 100_00)
    desk.post(f"{LINKS}{gone.pk}/revocar/")
    for query, expected in (
        ("", [live]), ("?state=paid", [done]), ("?state=revoked", [gone]), ("?state=expired", []),
        ("?state=all", [live, done, gone]), ("?state=all&q=clavo", [gone]), ("?state=all&q=ZX-2", [live]),
        (f"?state=all&customer={other.pk}", [gone]), (f"?state=all&creator={desk.owner.pk}", [live, done, gone]),
        (f"?state=all&{span}", [live, done, gone]), ("?state=all&to=2020-01-01", []),
        ("?state=all&from=9999-12-31", []), ("?state=all&to=9999-12-31", [live, done, gone]),
        ("?state=all&covers=all", []), ("?state=all&currency=USD", []), ("?state=x&from=nope&creator=nope", [live]),
    ):  # fmt: skip
        page = desk.get(f"{LINKS}{query}")
        shown = {link for link in (live, done, gone) if f"{LINKS}{link.pk}/" in page}
        assert shown == set(expected), query
    sheet = cells_of(desk, f"{LINKS}exportar/?state=paid")
    assert [row[1] for row in sheet] == ["Abarrotes La Güera"]
    assert float(sheet[0][-1]) == 100
    assert not any("/l/" in str(cell) for row in sheet for cell in row), "a sheet is passed on: no addresses"


def test_revoke_many(desk: Desk) -> None:
    ids = [str(desk.link(desk.owes(10_00)).pk) for _each in range(3)]
    desk.post(f"{LINKS}revocar/", id=ids[:2])
    assert PaymentLink.objects.filter(revoked_at__isnull=False).count() == 2
    assert "Se revocaron 2 ligas" in desk.get(LINKS)
    desk.post(f"{LINKS}revocar/?state=live", all="1")
    assert not PaymentLink.objects.filter(revoked_at__isnull=True).exists()


def test_the_code_to_scan_says_the_address(desk: Desk) -> None:
    link = desk.link(desk.owes(10_00))
    answer = desk.client.get(f"{LINKS}{link.pk}/codigo.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.content.startswith(b'<svg xmlns="http://www.w3.org/2000/svg" ')
    assert desk.get(f"{LINKS}{link.pk}/imprimir/").count("/l/tres-rios/") == 1


def test_links_for_many_customers(desk: Desk) -> None:
    others = [make_customer(desk.company, f"Cliente {n}", f"CLI0{n:02}203AB1") for n in range(3)]
    rows = [desk.owes(100_00), desk.owes(50_00), *(desk.owes(10_00 * (n + 1), each) for n, each in enumerate(others))]
    asked = desk.post(f"{LINKS}varias/?tab=open", 200, id=[str(row.pk) for row in rows]).content.decode()
    assert "4 ligas de pago" in asked
    data = {
        "do": "make", "id": [str(row.pk) for row in rows], "key": uuid.uuid4(), "covers": "some", "policy": "full",
        "expires_on": (now() + timedelta(days=9)).date(), "note": "",
    }  # fmt: skip
    first, again = (desk.post(f"{LINKS}varias/?tab=open", **data) for _each in range(2))
    assert PaymentLink.objects.count() == 4
    place = first.headers["Location"]
    page = desk.get(place)
    assert page.count('data-copy="http') == 4
    assert "$150.00" in page
    assert desk.get(again.headers["Location"])
    sheet = cells_of(desk, f"{place}exportar/")
    assert sum("/l/tres-rios/" in str(row[-1]) for row in sheet) == 4
    assert desk.client.get(f"{LINKS}varias/no-es-nada/").status_code == 404


def test_more_than_a_few_are_made_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aldia.web.views.payments.many_links.NOW", 1)
    row, other = desk.owes(100_00), make_customer(desk.company, "Otro", "OTR010203AB9", collecting=False)
    late = desk.owes(100_00, other)
    key = uuid.uuid4()
    data = {
        "do": "make", "id": [str(row.pk), str(late.pk)], "key": key, "covers": "all", "policy": "partial",
        "expires_on": (now() + timedelta(days=9)).date(), "note": "", "all": "",
    }  # fmt: skip
    Customer.objects.filter(pk=other.pk).update(collecting=True)
    place = desk.post(f"{LINKS}varias/", **data).headers["Location"]
    Customer.objects.filter(pk=other.pk).update(collecting=False)
    assert is_making(key)
    assert "Creando ligas" in desk.get(place)
    assert "hx-get" in desk.get(f"{place}avance/")
    job = Job.objects.get(task_path=make_links.module_path)
    made = make_links.func(*job.payload["args"])
    Job.objects.all().update(state="done")
    assert made == PaymentLink.objects.filter(purpose=purpose_of(key), covers_all=True).count() == 1
    assert desk.client.get(f"{place}avance/").headers["HX-Refresh"] == "true"
    assert "1 cliente se quedó sin liga" in desk.get(place)


def test_a_link_goes_into_a_message(desk: Desk) -> None:
    link = desk.link(desk.owes(10_00))
    page = desk.get(f"{BASE}/recordatorios/escribir/?customer={desk.customer.pk}&link={link.pk}")
    assert Tokens().of(LINK, link.pk) in page
    other = make_customer(desk.company, "Otro", "OTR010203AB9")
    page = desk.get(f"{BASE}/recordatorios/escribir/?customer={other.pk}&link={link.pk}")
    assert Tokens().of(LINK, link.pk) not in page


# Payment orders


def test_an_order_opens_its_debt_and_its_link_and_sends_it(desk: Desk) -> None:
    Contact.objects.create(
        company=desk.company, customer=desk.customer, name="Paty", email="paty@guera.example", role="collections"
    )
    place = f"{BASE}/por-cobrar/nueva/?customer={desk.customer.pk}&kind=payment_order"
    assert 'value="paty@guera.example"' in desk.get(place)
    today = datetime.now(UTC).date().isoformat()
    data = {
        "kind": "payment_order", "concept": "Flete", "amount": "1,234.50", "currency": "MXN", "issued_on": today,
        "key": uuid.uuid4(), "send_now": "on", "addresses": "paty@guera.example, otra@guera.example", "note": "Gracias",
    }  # fmt: skip
    for changes, said in (({"addresses": ""}, "a quién se le envía"), ({"addresses": "no"}, "no es un correo")):
        assert said in desk.post(place, 422, **(data | changes)).content.decode()
    first, again = desk.post(place, **data), desk.post(place, **data)
    link = PaymentLink.objects.get()
    assert first.headers["Location"] == again.headers["Location"] == f"{LINKS}{link.pk}/"
    row = Receivable.objects.get()
    assert (row.kind, row.balance, link.order_id) == ("payment_order", 1234_50, row.pk)
    message = Message.objects.get()
    assert {each.address for each in message.deliveries.all()} == {"paty@guera.example", "otra@guera.example"}
    assert Tokens().of(LINK, link.pk) in message.html
    own = f"{BASE}/por-cobrar/?own=1&tab=all"
    assert "Liga por salir" in desk.get(own)
    message.deliveries.update(state="sent", sent_at=now())
    assert "Liga enviada" in desk.get(own)
    message.deliveries.update(state="bounced")
    assert "La liga no llegó" in desk.get(own)
    message.deliveries.update(opened_at=now())
    assert "Liga abierta" in desk.get(own)


def test_an_order_that_is_not_sent_has_its_link_ready(desk: Desk) -> None:
    data = {
        "kind": "payment_order", "concept": "Flete", "amount": "10", "currency": "MXN", "key": uuid.uuid4(),
        "issued_on": datetime.now(UTC).date().isoformat(),
    }  # fmt: skip
    desk.post(f"{BASE}/por-cobrar/nueva/?customer={desk.customer.pk}", **data)
    assert not Message.objects.exists()
    assert "Liga sin enviar" in desk.get(f"{BASE}/por-cobrar/?own=1&tab=all")


# Payments on line


def test_a_payment_and_its_story(desk: Desk) -> None:
    row = desk.owes(1000_00)
    paid = desk.paid(desk.link(row), 1000_00)
    page = desk.get(ATTEMPTS)
    assert "Nada por revisar" not in page
    assert f"{ATTEMPTS}{paid.pk}/" in page
    assert "$1,000.00" in page
    page = desk.get(f"{ATTEMPTS}{paid.pk}/")
    for said in ("Pagado", row.number, "Quedó registrado", "El cliente empezó a pagar con la liga", "Aviso del prov"):
        assert said in page
    desk.post(f"{ATTEMPTS}{paid.pk}/consultar/")
    assert "El proveedor dice: pagado" in desk.get(f"{ATTEMPTS}{paid.pk}/")
    sheet = cells_of(desk, f"{ATTEMPTS}exportar/")
    assert [row[1] for row in sheet] == ["Abarrotes La Güera"]


def test_refund_a_part_then_the_rest(desk: Desk) -> None:
    row = desk.owes(1000_00)
    paid = desk.paid(desk.link(row), 1000_00)
    place = f"{ATTEMPTS}{paid.pk}/"
    for amount, said in (("0", "mayor que cero"), ("1000.01", "No puede pasar"), ("1e3", "importe"), ("", "obligat")):
        page = desk.post(f"{place}devolver/", 422, amount=amount, key=uuid.uuid4()).content.decode()
        assert said in page
        assert "data-open" in page
    key = uuid.uuid4()
    for _twice in range(2):
        desk.post(f"{place}devolver/", amount="400", key=key)
    paid.refresh_from_db()
    row.refresh_from_db()
    assert (paid.refunded, row.balance) == (400_00, 400_00)
    desk.post(f"{place}devolver/", amount="600", key=uuid.uuid4())
    row.refresh_from_db()
    assert row.balance == 1000_00
    assert "Devolver</button>" not in desk.get(place)


def test_the_money_of_an_unknown_payer_is_given_to_a_customer(desk: Desk) -> None:
    row = desk.owes(300_00)
    attempt = PaymentAttempt.objects.create(
        company=desk.company, account=desk.account, method="spei", currency="MXN", amount=300_00, received=300_00,
        state="succeeded", review=Review.UNKNOWN_PAYER, paid_on=now().date(), provider_id="ch_nadie",
        payer={"name": HOSTILE},
    )  # fmt: skip
    place = f"{ATTEMPTS}{attempt.pk}/"
    assert "No se sabe de quién es" in desk.get(ATTEMPTS)
    assert "por revisar" in desk.get(f"{BASE}/inicio/"), "the navigation counts it"
    page = desk.get(f"{place}?q=güera")
    assert f'name="customer" value="{desk.customer.pk}"' in page
    assert HOSTILE not in page
    assert escape(HOSTILE) in page
    assert str(desk.customer.pk) in desk.get(f"{place}clientes/?q=guera")
    desk.post(f"{place}cliente/", customer="no")
    assert "Elige de la lista" in desk.get(place)
    desk.post(f"{place}cliente/", customer=str(desk.customer.pk))
    row.refresh_from_db()
    attempt.refresh_from_db()
    assert (row.balance, attempt.review, attempt.customer_id) == (0, "", desk.customer.pk)
    assert "Se dijo de qué cliente es" in desk.get(place)


def suspected(desk: Desk) -> tuple[PaymentAttempt, Credit, Receivable]:
    """The same amount by hand and by the provider, on the same day."""
    row = desk.owes(500_00)
    today = now().date()
    credit = record_payment(
        customer_id=desk.customer.pk, amount=Money(250_00, "MXN"), received_on=today, key=uuid.uuid4().hex,
        actor=desk.owner, today=today, policy="", named={row.pk: 250_00}, reference="Ficha 7",
    )  # fmt: skip
    attempt = desk.paid(desk.link(row), 250_00)
    assert attempt.review == Review.DUPLICATE
    return attempt, credit, row


def test_the_same_money_is_posted_once(desk: Desk) -> None:
    attempt, credit, row = suspected(desk)
    page = desk.get(f"{ATTEMPTS}{attempt.pk}/")
    assert "Es el mismo" in page
    assert "Ficha 7" in page
    assert desk.client.post(f"{ATTEMPTS}{attempt.pk}/es-el-mismo/", {"credit": str(uuid.uuid4())}).status_code == 404
    desk.post(f"{ATTEMPTS}{attempt.pk}/es-el-mismo/", credit=str(credit.pk))
    row.refresh_from_db()
    attempt.refresh_from_db()
    assert (row.balance, attempt.review, attempt.credit_id) == (250_00, "", credit.pk)


def test_another_payment_is_posted(desk: Desk) -> None:
    attempt, credit, row = suspected(desk)
    desk.post(f"{ATTEMPTS}{attempt.pk}/es-otro/")
    row.refresh_from_db()
    attempt.refresh_from_db()
    assert (row.balance, attempt.review) == (0, "")
    assert attempt.credit_id != credit.pk
    desk.post(f"{ATTEMPTS}{attempt.pk}/es-otro/")
    assert Credit.objects.count() == 2, "asked twice, posted once"


def test_what_was_seen_waits_no_more(desk: Desk) -> None:
    attempt, *_rest = suspected(desk)
    place = f"{ATTEMPTS}{attempt.pk}/"
    desk.post(f"{place}visto/", reason="")
    attempt.refresh_from_db()
    assert attempt.review
    desk.post(f"{place}visto/", reason="Lo vi en el banco")
    attempt.refresh_from_db()
    assert attempt.review == ""
    assert "Lo vi en el banco" in desk.get(place)


# Collection accounts


def test_issue_show_copy_print_and_close(desk: Desk) -> None:
    others = [make_customer(desk.company, f"Cliente {n}", f"CLI0{n:02}203AB1") for n in range(2)]
    make_customer(desk.company, "Apagado", "APA010203AB1", collecting=False)
    page = desk.get(ACCOUNTS)
    assert "Emitir las que faltan" in page
    desk.post(f"{ACCOUNTS}emitir/")
    assert CollectionAccount.objects.count() == 3
    assert "Por emitir" in desk.get(f"{ACCOUNTS}?state=all")
    assert desk.get(f"{ACCOUNTS}avance/")
    collecting.ask_providers(now=now())
    row = CollectionAccount.objects.get(customer=desk.customer)
    page = desk.get(ACCOUNTS)
    assert f'data-copy="{row.value}"' in page
    assert f"{row.value[:3]} {row.value[3:6]} {row.value[6:10]}" in page
    assert "Emitir las que faltan" not in page
    assert desk.get(f"{ACCOUNTS}?q={row.value}").count('class="clabe"') == 1
    assert desk.get(f"{ACCOUNTS}imprimir/").count('class="slip"') == 3
    sheet = cells_of(desk, f"{ACCOUNTS}exportar/")
    assert row.value in [cells[2] for cells in sheet]
    owed = desk.owes(70_00)
    for place in (f"{BASE}/clientes/{desk.customer.pk}/cobro/", f"{BASE}/por-cobrar/{owed.pk}/"):
        assert f'data-copy="{row.value}"' in desk.get(place)
    desk.post(f"{ACCOUNTS}{row.pk}/cerrar/")
    assert f'data-copy="{row.value}"' not in desk.get(ACCOUNTS)
    assert row.value in desk.get(f"{ACCOUNTS}?state=closed")
    desk.post(f"{BASE}/clientes/{desk.customer.pk}/cobro/cuenta/")
    collecting.ask_providers(now=now())
    again = CollectionAccount.objects.get(customer=desk.customer, closed_at__isnull=True)
    assert again.value != row.value, "a CLABE is never given twice"
    assert others


def test_a_transfer_to_the_account_is_seen(desk: Desk) -> None:
    row = desk.owes(80_00)
    desk.post(f"{BASE}/clientes/{desk.customer.pk}/cobro/cuenta/")
    collecting.ask_providers(now=now())
    mine = CollectionAccount.objects.get()
    simulate_transfer(clabe=mine.value, amount=80_00, payer="LA GUERA", reference="Pago", now=now())
    desk.hear()
    row.refresh_from_db()
    assert row.balance == 0
    assert "Llegó una transferencia" in desk.get(f"{ATTEMPTS}{PaymentAttempt.objects.get().pk}/")


def test_selected_customers_get_theirs(desk: Desk) -> None:
    other = make_customer(desk.company, "Otro", "OTR010203AB9")
    desk.post(f"{BASE}/clientes/cuentas-de-cobro/", id=[str(other.pk)])
    assert [row.customer_id for row in CollectionAccount.objects.all()] == [other.pk]


# Medios de pago


def test_the_first_page_offers_every_provider_and_says_what_it_gives(desk: Desk) -> None:
    page = desk.get(METHODS)
    for said in ("Stripe", "Mercado Pago", "Conekta", "Fintoc", "STP", "Proveedor de prueba", "CLABE por cliente"):
        assert said in page
    assert "¿Qué cuenta usa cada cliente para transferir?" in page
    assert "Solo de prueba" in page


def test_set_up_a_provider_whose_secret_never_comes_back(desk: Desk) -> None:
    from aldia.integrations import registry

    kind = registry.payment_provider("stripe")
    assert kind is not None
    form = desk.get(f"{METHODS}agregar/stripe/")
    data = {each.name: f"canario-{each.name}" for each in kind.fields if each.is_secret}
    assert data, "it has secrets"
    for name in data:
        assert f'name="{name}"' in form
    desk.post(f"{METHODS}agregar/stripe/", 422, mode="live")
    answer = desk.post(f"{METHODS}agregar/stripe/", mode="live", name="Stripe de la empresa", **data)
    place = answer.headers["Location"]
    page = desk.get(place)
    assert "•••••••• guardada" in page
    assert not any(value in page for value in data.values())
    account = ProviderAccount.objects.get(provider="stripe")
    assert account.hook_token
    assert account.hook_token in page
    desk.post(place, mode="test", name="Stripe", version=str(account.version))
    account.refresh_from_db()
    assert (account.name, account.is_live) == ("Stripe", False)
    desk.post(place, 409, mode="test", name="Otra vez", version="1")


def test_a_key_of_many_lines_keeps_them(desk: Desk) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBg\n-----END PRIVATE KEY-----"
    form = desk.get(f"{METHODS}agregar/stp/")
    assert re.search(r'<textarea name="private_key"', form)
    data = {
        "mode": "test", "company": "EMPRESA", "clabe_prefix": "6461801104", "notice_user": "stp",
        "notice_password": "canario-clave", "private_key": pem, "environment": "demo",
    }  # fmt: skip
    place = desk.post(f"{METHODS}agregar/stp/", **data).headers["Location"]
    account = ProviderAccount.objects.select_related("secret").get(provider="stp")
    assert providers.revealed(account)["private_key"].split() == pem.split()
    assert "\n" in providers.revealed(account)["private_key"]
    page = desk.get(place)
    assert "MIIBVAIBADANBg" not in page
    assert "canario-clave" not in page


def test_a_check_that_failed_is_told_until_one_works(desk: Desk) -> None:
    audit.record(
        actor=desk.owner, verb="payments.account_checked", object_type="provider_account", object_id=desk.account.pk,
        detail={"works": False},
    )  # fmt: skip
    ProviderAccount.objects.update(checked_at=now(), check_result="La clave no sirve.")
    assert "La última comprobación falló: La clave no sirve." in desk.get(METHODS)
    desk.post(f"{METHODS}{desk.account.pk}/comprobar/")
    assert "La última comprobación falló" not in desk.get(METHODS)


def test_switch_methods_and_the_account(desk: Desk) -> None:
    place = f"{METHODS}{desk.account.pk}/"
    version = ProviderAccount.objects.get().version
    desk.post(f"{place}medios/", methods=["card"], version=str(version))
    assert ProviderAccount.objects.get().methods == ["card"]
    desk.post(f"{place}medios/", methods=["nope"], version=str(version + 1))
    assert "Ese medio no es de este proveedor" in desk.get(place)
    desk.post(f"{place}comprobar/")
    assert ProviderAccount.objects.get().checked_at
    version = ProviderAccount.objects.get().version
    desk.post(f"{place}apagar/", version=str(version))
    assert ProviderAccount.objects.get().disabled_at
    assert "Apagada" in desk.get(METHODS)
    desk.post(f"{place}prender/", version=str(version + 1))
    assert ProviderAccount.objects.get().disabled_at is None
    for nonsense in ("", "x", "-1", "9" * 30, "1٢"):
        for act_ in ("apagar", "prender", "emisora", "medios"):
            assert desk.client.post(f"{place}{act_}/", {"version": nonsense}).status_code == 409


def test_notices_are_shown_and_one_is_tried_again(desk: Desk) -> None:
    desk.paid(desk.link(desk.owes(10_00)), 10_00)
    page = desk.get(f"{METHODS}{desk.account.pk}/")
    assert "Aplicado" in page
    event = InboxEvent.objects.first()
    assert event is not None
    assert event.body not in page
    desk.post(f"{METHODS}avisos/{event.pk}/reintentar/")
    assert "El aviso se aplicó" in desk.get(METHODS)


def test_how_to_ask_is_kept(desk: Desk) -> None:
    place = f"{BASE}/configuracion/cobro-en-linea/"
    data = {
        "policy": "full", "least_partial": "50", "link_days": "45", "link_in_reminders": "on",
        "notice_address": "ana@ejemplo.mx, luis@ejemplo.mx",
    }  # fmt: skip
    desk.get(place)
    for changes, said in (
        ({"link_days": "0"}, "1"), ({"link_days": "9999"}, "180"), ({"policy": "fixed"}, "Escoja"),
        ({"least_partial": "x"}, "importe"), ({"least_partial": "-1"}, ""),
        ({"notice_address": "no"}, "no es un correo"),
    ):  # fmt: skip
        assert said in desk.post(place, 422, **(data | changes)).content.decode()
    desk.post(place, **data)
    row = PaymentSettings.objects.get()
    assert (row.policy, row.least_partial, row.link_days, row.accounts_in_papers) == ("full", 50_00, 45, False)


def test_what_the_portal_offers_is_kept(desk: Desk) -> None:
    place = f"{BASE}/configuracion/portal/"
    desk.get(place)
    data = {"version": "1", "pass_days": "30", "asks_code": "on", "may_pay": "on", "greeting": HOSTILE}
    assert "30" in desk.post(place, 422, **(data | {"pass_days": "31"})).content.decode()
    desk.post(place, **data)
    row = PortalSettings.objects.get()
    assert (row.asks_code, row.may_pay, row.may_dispute, row.version) == (True, True, False, 2)
    assert HOSTILE not in desk.get(place)
    desk.post(place, 409, **(data | {"pass_days": "3"}))


# The customer's file


def test_the_portal_of_a_customer_is_opened_renewed_and_closed(desk: Desk) -> None:
    place = f"{BASE}/clientes/{desk.customer.pk}/cobro/"
    assert "Crear liga del portal" in desk.get(place)
    desk.post(f"{place}portal/")
    first = PortalPass.objects.get()
    assert "/p/tres-rios/" in desk.get(place)
    desk.post(f"{place}portal/")
    assert PortalPass.objects.count() == 1, "the link that lives is given again"
    desk.post(f"{place}portal/renovar/")
    first.refresh_from_db()
    assert first.revoked_at
    assert PortalPass.objects.filter(revoked_at__isnull=True).count() == 1
    last = PortalPass.objects.get(revoked_at__isnull=True)
    desk.post(f"{place}portal/{last.pk}/cerrar/")
    assert not PortalPass.objects.filter(revoked_at__isnull=True).exists()
    desk.post(f"{place}portal/cerrar/")
    assert "Crear liga del portal" in desk.get(place)


# Who may what


MAY: dict[str, set[str]] = {
    "ligas/nueva/": {Role.OWNER, Role.FINANCE, Role.COLLECTOR},
    "ligas/": {Role.OWNER, Role.FINANCE, Role.COLLECTOR, Role.AUDITOR},
    "en-linea/": {Role.OWNER, Role.FINANCE, Role.COLLECTOR, Role.AUDITOR},
    "cuentas-de-cobro/": {Role.OWNER, Role.FINANCE, Role.COLLECTOR, Role.AUDITOR},
    "medios": {Role.OWNER},
    "portal": {Role.OWNER},
}
PLACES = {"medios": METHODS, "portal": f"{BASE}/configuracion/portal/"}


@pytest.mark.parametrize("role", [Role.OWNER, Role.FINANCE, Role.COLLECTOR, Role.AUDITOR])
def test_each_role_sees_its_pages(desk: Desk, role: str) -> None:
    client = signed_in(desk.company, f"{role}@ejemplo.mx", role)
    for place, roles in MAY.items():
        address = PLACES.get(place, f"{BASE}/pagos/{place}")
        assert client.get(address).status_code == (200 if role in roles else 403), place
    paid = desk.paid(desk.link(desk.owes(10_00)), 10_00)
    page = client.get(f"{ATTEMPTS}{paid.pk}/").content.decode()
    assert ("Devolver</button>" in page) == (role in (Role.OWNER, Role.FINANCE))
    refund = client.post(f"{ATTEMPTS}{paid.pk}/devolver/", {"amount": "x"})
    assert refund.status_code == (422 if role in (Role.OWNER, Role.FINANCE) else 403)


def test_who_sees_only_the_own_portfolio_sees_no_other(desk: Desk) -> None:
    link = desk.link(desk.owes(10_00))
    paid = desk.paid(link, 10_00)
    collecting.open_for(customer_ids=[desk.customer.pk], account_id=desk.account.pk, actor=desk.owner, now=now())
    user = make_user("solo@ejemplo.mx", desk.company, Role.COLLECTOR)
    Membership.objects.filter(user=user).update(own_portfolio_only=True)
    client = Client(raise_request_exception=False)
    client.force_login(user, backend=BACKEND)
    for place in (LINKS, f"{ATTEMPTS}?state=all", f"{ACCOUNTS}?state=all"):
        assert desk.customer.legal_name not in client.get(place).content.decode()
    for place in (f"{LINKS}{link.pk}/", f"{LINKS}{link.pk}/codigo.svg", f"{ATTEMPTS}{paid.pk}/"):
        assert client.get(place).status_code == 404
    assert client.post(f"{LINKS}{link.pk}/revocar/").status_code == 404


def test_another_company_knows_nothing(desk: Desk) -> None:
    link = desk.link(desk.owes(10_00))
    paid = desk.paid(link, 10_00)
    other = make_company("Otra", "OTR010203AB1", slug="otra")
    client = signed_in(other, "ajena@ejemplo.mx")
    for place in (
        f"pagos/ligas/{link.pk}/", f"pagos/en-linea/{paid.pk}/", f"configuracion/medios-de-pago/{desk.account.pk}/",
        f"clientes/{desk.customer.pk}/cobro/",
    ):  # fmt: skip
        assert client.get(f"/e/otra/{place}").status_code == 404, place
    assert client.post(f"/e/otra/pagos/ligas/{link.pk}/revocar/").status_code == 404


@pytest.mark.parametrize("text", ["\x00", "'", HOSTILE, "9" * 400, "💸", "%", "-1", "2026-99-99"])
def test_hostile_questions_are_answered(desk: Desk, text: str) -> None:
    desk.link(desk.owes(10_00))
    names = ("q", "state", "customer", "creator", "currency", "from", "to", "least", "method", "account", "sort", "c")
    for place in (LINKS, ATTEMPTS, ACCOUNTS, f"{LINKS}nueva/"):
        answer = desk.client.get(place, dict.fromkeys(names, text))
        assert answer.status_code in (200, 404), place
        assert HOSTILE not in answer.content.decode()
        for name in names:
            assert desk.client.get(place, {name: text}).status_code in (200, 404), (place, name)


def test_lists_ask_as_much_for_many_as_for_few(desk: Desk) -> None:
    def asked(place: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            desk.get(place)
        return len(found)

    def more(count: int) -> None:
        for _each in range(count):
            desk.paid(desk.link(desk.owes(10_00)), 10_00)
            desk.link(desk.owes(20_00))
        who = [make_customer(desk.company, f"C {uuid.uuid4().hex}", uuid.uuid4().hex[:12]).pk for _each in range(count)]
        collecting.open_for(customer_ids=who, account_id=desk.account.pk, actor=desk.owner, now=now())

    places = (
        LINKS, f"{LINKS}?state=all", f"{ATTEMPTS}?state=all", f"{ACCOUNTS}?state=all", METHODS,
        f"{BASE}/clientes/{desk.customer.pk}/cobro/",
    )  # fmt: skip
    more(2)
    for place in places:
        desk.get(place)
    few = {place: asked(place) for place in places}
    more(5)
    assert {place: asked(place) for place in places} == few
    assert max(few.values()) <= 40
