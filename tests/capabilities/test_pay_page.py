"""What a customer meets at a payment link: every state, every way of typing an amount, and strangers at the door."""

from __future__ import annotations

import hashlib
import io
import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import segno
from django.apps import apps
from django.test import Client
from structlog.stdlib import ProcessorFormatter

from aldia.config import logs
from aldia.customers.models import Customer
from aldia.payments.models import LinkPolicy, PaymentAttempt, PaymentLink, ProviderAccount, SandboxCharge
from aldia.payments.operations.links import NewLink, revoke_link
from aldia.payments.operations.sandbox import Wish, act, deliver
from aldia.payments.queries.links import link_view
from aldia.portal.colours import LIGHT, NIGHT, contrast, palette
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.discounts import offer_discount
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.guards import company_models
from aldia.tenancy.models import Company, CompanyBrand, RateCount
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user
from tests.support.till import link_for, opened, owes, pay, test_account

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SLUG = "tres-rios"
HOME = f"/l/{SLUG}/"


@pytest.fixture
def company(settings: object) -> Iterator[Company]:
    settings.SECURE_SSL_REDIRECT = False  # type: ignore[attr-defined]
    company = make_company(slug=SLUG)
    with company_scope(company.pk):
        yield company


@pytest.fixture
def account(company: Company) -> ProviderAccount:
    return test_account(company)


@pytest.fixture
def customer(company: Company) -> Customer:
    return make_customer(company)


@pytest.fixture
def debts(customer: Customer) -> list[Receivable]:
    return [owes(customer, 100_000, days=-3, number="F-1"), owes(customer, 250_050, number="F-2")]


@pytest.fixture
def link(account: ProviderAccount, debts: list[Receivable]) -> NewLink:
    return link_for(*debts)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def plainly(answer: Any) -> str:
    """The words of a page, without markup and with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(answer)).split())


def fingerprint(company: Company) -> str:
    """A hash of every row of a company and of all counts."""
    found = hashlib.sha256()
    for model in company_models(apps):
        found.update(repr(list(model.objects.order_by("pk").values_list())).encode())
    found.update(repr(list(RateCount.objects.values_list())).encode())
    return found.hexdigest()


def now() -> datetime:
    return datetime.now(UTC)


# The brand


@pytest.mark.parametrize("accent", ["#ffff00", "#000000", "#ffffff", "#777777", "#1d4ed8", "#e11d48", "rojo", ""])
def test_the_colour_of_a_brand_can_be_read_everywhere(accent: str) -> None:
    colours = palette(accent)
    assert contrast(colours["accent"], colours["on_accent"]) >= 4.5
    assert contrast(colours["text"], LIGHT) >= 4.5
    assert contrast(colours["text_night"], NIGHT) >= 4.5


def test_the_brand_is_a_style_sheet_of_the_company(company: Company) -> None:
    CompanyBrand.objects.create(company=company, accent="#ffe600")
    answer = Client().get(f"/marca/{SLUG}/colores.css")
    assert answer["Content-Type"].startswith("text/css")
    assert b"--brand: #ffe600; --on-brand: #101620" in answer.content
    assert Client().get(f"/marca/{SLUG}/logotipo.png").status_code == 404


# Coming in


def test_a_link_is_a_cookie_and_a_clean_address(link: NewLink) -> None:
    answer = Client().get(f"{HOME}{link.token}/")
    assert (answer.status_code, answer["Location"]) == (303, HOME)
    cookie = answer.cookies["aldia_liga"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", HOME)
    assert 0 < int(cookie["max-age"]) <= 10 * 86_400
    assert list(answer.cookies) == ["aldia_liga"]
    assert link.token not in cookie.value
    assert not cookie["secure"]
    assert Client().get(f"{HOME}{link.token}/", secure=True).cookies["aldia_liga"]["secure"]


def test_fifty_scanners_change_nothing(company: Company, link: NewLink) -> None:
    before = fingerprint(company)
    for _turn in range(50):
        client = Client()
        client.head(f"{HOME}{link.token}/")
        opened(link, SLUG, client)
        assert client.get(HOME).status_code == 200
        client.head(HOME)
    assert client.get(f"{HOME}formas", {"mode": "all"}).status_code == 200
    assert client.get(f"{HOME}codigo.svg").status_code == 200
    assert fingerprint(company) == before


def test_a_look_that_changes_something_would_be_seen(company: Company, link: NewLink) -> None:
    before = fingerprint(company)
    revoke_link(link_id=link.link.pk, actor=None)
    assert fingerprint(company) != before


def test_what_leads_nowhere_is_one_friendly_page(company: Company, link: NewLink, debts: list[Receivable]) -> None:
    other = make_company("Otra", "OTR010203AB1", slug="otra")
    expired = link_for(debts[0], expires_at=now() + timedelta(seconds=60))
    PaymentLink.objects.filter(pk=expired.link.pk).update(expires_at=now() - timedelta(seconds=1))
    revoked = link_for(debts[1])
    revoke_link(link_id=revoked.link.pk, actor=None)
    for address, status, said in (
        (f"/l/otra/{link.token}/", 404, "Esta liga no funciona"),
        ("/l/nadie/x/", 404, "Esta liga no funciona"),
        (f"{HOME}{'x' * 43}/", 404, "Esta liga no funciona"),
        (f"{HOME}%00%ff/", 404, "Esta liga no funciona"),
        (f"{HOME}{expired.token}/", 410, "Esta liga ya venció"),
        (f"{HOME}{revoked.token}/", 410, "Esta liga fue anulada"),
        (HOME, 403, "Abra otra vez su liga"),
        (f"{HOME}codigo.svg", 403, "Abra otra vez su liga"),
        (f"{HOME}pago/{uuid4()}/", 403, "Abra otra vez su liga"),
    ):
        answer = Client().get(address)
        assert (answer.status_code, said in text(answer)) == (status, True), address
        assert not answer.cookies
        assert "$1,000.00" not in text(answer)
    assert other.slug == "otra"


def test_a_link_revoked_while_it_is_open_is_over(link: NewLink) -> None:
    client = opened(link, SLUG)
    revoke_link(link_id=link.link.pk, actor=None)
    assert client.get(HOME).status_code == 410
    assert client.get(f"{HOME}formas").headers["HX-Redirect"] == HOME


@pytest.mark.parametrize("cookie", ["", "x", "a:b:c", "W10:1:1", "é", "a" * 5000])
def test_a_forged_cookie_opens_nothing(link: NewLink, cookie: str) -> None:
    client = Client()
    client.cookies["aldia_liga"] = cookie
    assert client.get(HOME).status_code == 403


def test_a_cookie_of_one_company_is_nothing_at_another(company: Company, link: NewLink) -> None:
    make_company("Otra", "OTR010203AB1", slug="otra")
    client = opened(link, SLUG)
    client.cookies["aldia_liga"]["path"] = "/"
    assert client.get("/l/otra/").status_code == 403


# What strangers may know


def test_headers_keep_the_page_to_itself(link: NewLink) -> None:
    client = opened(link, SLUG)
    for answer in (client.get(f"{HOME}{link.token}/"), client.get(HOME), Client().get(HOME)):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store, private"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"
    page = text(client.get(HOME))
    assert link.token not in page
    assert not re.search(r"\sstyle=|<style|<script(?! src=)|\son[a-z]+=", page)
    assert not re.search(r'(?:src|href)="https?://(?!localhost)', page)


def test_the_token_is_in_no_line_of_the_log(link: NewLink, monkeypatch: pytest.MonkeyPatch) -> None:
    (handler,) = (each for each in logging.getLogger().handlers if isinstance(each.formatter, ProcessorFormatter))
    written = io.StringIO()
    monkeypatch.setattr(handler, "stream", written)
    opened(link, SLUG)
    Client().get(f"{HOME}{link.token}/nada/")
    assert written.getvalue().count(f"{HOME}[oculto]/") >= 2
    assert link.token not in written.getvalue()
    assert link.token not in logs.clean_text(f"GET {HOME}{link.token}/ 303")
    assert link.token not in logs.clean_text(f"Not Found: /p/{SLUG}/{link.token}/")
    assert logs.clean_text(f"GET {HOME}pago/{link.link.pk}/") == f"GET {HOME}pago/{link.link.pk}/"


def test_the_staff_is_unknown_on_public_pages(company: Company, link: NewLink) -> None:
    client = Client()
    client.force_login(make_user("ana@example.com", company), backend=BACKEND)
    opened(link, SLUG, client)
    answer = client.get(HOME)
    assert not answer.wsgi_request.user.is_authenticated
    assert set(answer.cookies) == set()
    assert client.get(f"/e/{SLUG}/perfil/").status_code == 200  # and is still signed in where it belongs


def test_the_page_speaks_the_customers_language(customer: Customer, link: NewLink) -> None:
    assert opened(link, SLUG).get(HOME)["Content-Language"] == "es"
    Customer.objects.filter(pk=customer.pk).update(language="en")
    assert opened(link, SLUG).get(HOME)["Content-Language"] == "en"
    assert Client().get(HOME, headers={"accept-language": "en-GB,fr"})["Content-Language"] == "en"
    assert Client().get(HOME, headers={"accept-language": "fr,de;q=0.5"})["Content-Language"] == "es"


# What is asked


def test_the_page_says_who_what_and_how_much(link: NewLink) -> None:
    page = plainly(opened(link, SLUG).get(HOME))
    for said in ("Distribuidora Tres Ríos", "Abarrotes La Güera", "F-1", "F-2", "$3,500.50", "$2,500.50", "Venció"):
        assert said in page
    for said in (
        "Tarjeta de crédito o débito",
        "Transferencia SPEI",
        "Efectivo en tienda",
        "no se cobra dinero de verd",
    ):
        assert said in page


def test_cash_is_offered_below_the_cap_of_the_store(customer: Customer, account: ProviderAccount) -> None:
    client = opened(link_for(owes(customer, 50_000_00)), SLUG)
    assert "Hasta $10,000.00" in plainly(client.get(HOME))
    below = client.get(f"{HOME}formas", {"mode": "amount", "amount": "1,000.00"})
    assert "Hasta $10,000.00" not in plainly(below)
    assert "Pagar $1,000.00" in plainly(below)


def test_a_link_for_the_whole_gives_no_choice(debts: list[Receivable], account: ProviderAccount) -> None:
    client = opened(link_for(*debts, policy=LinkPolicy.FULL), SLUG)
    assert 'name="mode"' not in text(client.get(HOME))
    assert pay(client, SLUG, account, mode="amount", amount="1.00").status_code == 303
    assert PaymentAttempt.objects.get().amount == 350_050


def test_a_fixed_link_asks_its_amount(debts: list[Receivable], account: ProviderAccount) -> None:
    client = opened(link_for(*debts, policy=LinkPolicy.FIXED, amount=12_345), SLUG)
    assert "$123.45" in plainly(client.get(HOME))
    pay(client, SLUG, account)
    assert PaymentAttempt.objects.get().amount == 12_345


def test_without_a_way_to_pay_the_page_says_whom_to_call(company: Company, debts: list[Receivable]) -> None:
    page = plainly(opened(link_for(*debts), SLUG).get(HOME))
    assert "Comuníquese con Distribuidora Tres Ríos" in page


def test_the_picture_of_the_link_is_the_link(link: NewLink, settings: Any) -> None:
    settings.ALDIA_URL = "https://cobranza.example"
    answer = opened(link, SLUG).get(f"{HOME}codigo.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "no-store, private"
    rows = list(segno.make_qr(f"https://cobranza.example{HOME}{link.token}/", error="m").matrix_iter(border=4))
    drawn = [[0] * len(rows) for _row in rows]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", text(answer)):
        drawn[int(y)][int(x) : int(x) + int(width)] = [1] * int(width)
    assert drawn == [list(row) for row in rows]


# Amounts as people type them

TYPED = {
    "1000": 100_000, "1,000.50": 100_050, "$1,000.50": 100_050, " 1000.5 ": 100_050, "1000.50 MXN": 100_050,
    "MXN 10": 1_000, "0.01": None, "0": None, "-5": None, "1e3": None, "１０": None, "": None, "mil": None,
    "1.000,50": 100_050, "3500.51": None, "3500.50": 350_050, "99999999999999999999": None, "10.001": None,
    "5 USD": None, "' OR 1=1 --": None, "<script>": None, "\u202e10": None, "10" * 400: None, "٣": None,
    "NaN": None, "1_000": None,
}  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
def test_an_amount_as_people_type_it(link: NewLink, account: ProviderAccount, typed: str) -> None:
    client = opened(link, SLUG)
    answer = pay(client, SLUG, account, mode="amount", amount=typed)
    if TYPED[typed] is None:
        assert answer.status_code == 422
        assert re.search(r'role="alert".*?<div>[A-ZÉ][^<]+\.</div>', text(answer), re.DOTALL), text(answer)
        assert not PaymentAttempt.objects.exists()
    else:
        assert answer.status_code == 303
        assert PaymentAttempt.objects.get().amount == TYPED[typed]
    assert client.get(f"{HOME}formas", {"mode": "amount", "amount": typed}).status_code == 200


HOSTILE: dict[str, dict[str, Any]] = {
    "no way": {"way": ""},
    "unknown way": {"way": "x:y"},
    "a null in the way": {"way": "\x00"},
    "no documents": {"mode": "some"},
    "not an id": {"mode": "some", "doc": ["x", "\x00"]},
    "somebody's document": {"mode": "some", "doc": [str(uuid4())]},
    "no key": {"key": "nope"},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_forms_are_sentences(link: NewLink, account: ProviderAccount, case: str) -> None:
    answer = pay(opened(link, SLUG), SLUG, account, **HOSTILE[case])
    assert answer.status_code in (403, 422)
    assert not PaymentAttempt.objects.exists()


def test_an_account_of_another_company_is_no_way(link: NewLink) -> None:
    other = make_company("Otra", "OTR010203AB1", slug="otra")
    with company_scope(other.pk):
        foreign = test_account(other)
    assert pay(opened(link, SLUG), SLUG, foreign).status_code == 422
    assert not PaymentAttempt.objects.exists()


def test_an_unknown_mode_is_everything(link: NewLink, account: ProviderAccount) -> None:
    assert pay(opened(link, SLUG), SLUG, account, mode="\x00; drop").status_code == 303
    assert PaymentAttempt.objects.get().amount == 350_050


# Early discounts


@pytest.fixture
def discount(company: Company, debts: list[Receivable]) -> date:
    """2 % off the second document, until the day returned."""
    today = clock.today(company)
    last_on = today + timedelta(days=3)
    offer_discount(receivable_id=debts[1].pk, percent=Decimal(2), until_on=last_on, today=today, actor=None)
    return last_on


def test_the_page_asks_what_settles_it_today(link: NewLink, account: ProviderAccount, discount: date) -> None:
    client = opened(link, SLUG)
    page = plainly(client.get(HOME))
    for said in (
        "Pagando hoy $3,450.49", "Sin descuento: $3,500.50 descuento de $50.01 hasta el",
        "$2,450.49 Sin descuento: $2,500.50",
        "Todo hoy, con descuento $3,450.49", "Pagar $3,450.49",
    ):  # fmt: skip
        assert said in page
    assert "<s>" in text(client.get(HOME))
    assert "Pagar $2,450.49" in plainly(client.get(f"{HOME}formas", {"mode": "some", "doc": [str(link_doc(link, 1))]}))
    refused = plainly(client.get(f"{HOME}formas", {"mode": "amount", "amount": "3,450.50"}))
    assert "Con el descuento de hoy bastan $3,450.49" in refused


def link_doc(link: NewLink, index: int) -> Any:
    return link_view(link.link, now()).documents[index].pk


@pytest.mark.parametrize("policy", [LinkPolicy.PARTIAL, LinkPolicy.FULL], ids=["partial", "full"])
def test_paying_the_net_leaves_nothing_owed(
    debts: list[Receivable], account: ProviderAccount, discount: date, policy: str
) -> None:
    client, attempt = begun(link_for(*debts, policy=policy), account)
    assert (attempt.amount, attempt.chosen[str(debts[1].pk)]) == (345_049, 245_049)
    settle(attempt)
    assert not Receivable.objects.filter(balance__gt=0).exists()
    assert Credit.objects.get(kind="discount").amount == 5_001
    assert "Esta liga ya está pagada" in plainly(client.get(HOME))


def test_a_fixed_link_speaks_of_no_discount(debts: list[Receivable], account: ProviderAccount, discount: date) -> None:
    client = opened(link_for(*debts, policy=LinkPolicy.FIXED, amount=12_345), SLUG)
    page = plainly(client.get(HOME))
    assert "Importe a pagar $123.45" in page
    assert "escuento" not in page


# Paying


def settle(attempt: PaymentAttempt, amount: int = 0, action: str = "pay") -> PaymentAttempt:
    """What the payer does at the test provider, and what we are told of it."""
    act(provider_id=attempt.provider_id, wish=Wish(action, amount=amount), now=now())
    deliver(now=now())
    attempt.refresh_from_db()
    return attempt


def begun(link: NewLink, account: ProviderAccount, method: str = "card", **form: Any) -> tuple[Client, PaymentAttempt]:
    client = opened(link, SLUG)
    assert pay(client, SLUG, account, method, **form).status_code == 303
    return client, PaymentAttempt.objects.get()


def test_a_double_click_is_one_payment(link: NewLink, account: ProviderAccount) -> None:
    client = opened(link, SLUG)
    key = str(uuid4())
    first, again = (pay(client, SLUG, account, key=key) for _turn in range(2))
    assert first["Location"] == again["Location"]
    assert (PaymentAttempt.objects.count(), SandboxCharge.objects.count()) == (1, 1)
    pay(client, SLUG, account, key=key, mode="amount", amount="10")  # back, and another choice on the same page
    assert PaymentAttempt.objects.count() == 2


def test_paid_is_paid_with_a_receipt(link: NewLink, account: ProviderAccount) -> None:
    client, attempt = begun(link, account)
    assert "/prueba/tres-rios/" in attempt.offer["shown"]["url"]
    waiting = client.get(f"{HOME}pago/{attempt.pk}/")
    assert 'data-outcome="waiting"' in text(waiting)
    settle(attempt)
    paid = client.get(f"{HOME}pago/{attempt.pk}/")
    assert 'data-outcome="paid"' in text(paid)
    pdf = client.get(f"{HOME}pago/{attempt.pk}/recibo.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf["Content-Disposition"].startswith('attachment; filename="recibo-')
    assert not Receivable.objects.filter(balance__gt=0).exists()
    home = plainly(client.get(HOME))
    assert "Esta liga ya está pagada" in home
    assert "Recibo" in home
    assert pay(client, SLUG, account, proof=paid.context["proof"], key=str(uuid4())).status_code == 303
    assert PaymentAttempt.objects.count() == 1


def test_some_documents_are_paid_and_no_others(
    link: NewLink, account: ProviderAccount, debts: list[Receivable]
) -> None:
    client, attempt = begun(link, account, mode="some", doc=[str(debts[1].pk)])
    assert attempt.amount == 250_050
    settle(attempt)
    assert [Receivable.objects.get(pk=row.pk).balance for row in debts] == [100_000, 0]
    page = plainly(client.get(HOME))
    assert "$1,000.00" in page
    assert "Ya pagado con esta liga" in page


def test_a_part_is_paid_and_the_rest_stays(link: NewLink, account: ProviderAccount, debts: list[Receivable]) -> None:
    client, attempt = begun(link, account, mode="amount", amount="400")
    settle(attempt)
    assert [Receivable.objects.get(pk=row.pk).balance for row in debts] == [60_000, 250_050]  # the oldest due first
    assert "de $1,000.00" in plainly(client.get(HOME))


def test_more_than_was_asked_stays_in_favour(link: NewLink, account: ProviderAccount) -> None:
    client, attempt = begun(link, account)
    settle(attempt, 400_000)
    assert "$499.50 a su favor" in plainly(client.get(f"{HOME}pago/{attempt.pk}/"))
    assert Credit.objects.get().remaining == 49_950


def test_less_than_was_asked_leaves_the_rest(link: NewLink, account: ProviderAccount) -> None:
    client, attempt = begun(link, account)
    settle(attempt, 50_000)
    assert "Llegó menos de lo que iba a pagar" in plainly(client.get(f"{HOME}pago/{attempt.pk}/"))
    assert sum(Receivable.objects.values_list("balance", flat=True)) == 300_050


@pytest.mark.parametrize(("action", "said"), [("fail", "El pago no pasó"), ("expire", "Este pago ya no se hizo")])
def test_what_failed_says_so_and_can_be_tried_again(
    link: NewLink, account: ProviderAccount, action: str, said: str
) -> None:
    client, attempt = begun(link, account)
    settle(attempt, action=action)
    page = plainly(client.get(f"{HOME}pago/{attempt.pk}/"))
    assert said in page
    assert "Intentar otra vez" in page
    assert pay(client, SLUG, account).status_code == 303
    assert PaymentAttempt.objects.count() == 2


def test_a_refund_is_said_and_the_debt_is_back(link: NewLink, account: ProviderAccount) -> None:
    client, attempt = begun(link, account)
    settle(settle(attempt), action="refund")
    page = plainly(client.get(f"{HOME}pago/{attempt.pk}/"))
    assert "Pago devuelto" in page
    assert sum(Receivable.objects.values_list("balance", flat=True)) == 350_050
    assert "Total por pagar" in plainly(client.get(HOME))


def test_somebody_else_paid_meanwhile(link: NewLink, account: ProviderAccount, debts: list[Receivable]) -> None:
    client = opened(link, SLUG)
    page = client.get(HOME)
    form = {"proof": page.context["proof"], "key": str(page.context["key"]), "way": f"{account.pk}:card"}
    chosen = {**form, "mode": "some", "doc": [str(debts[0].pk)]}
    today = clock.today(Company.objects.get(slug=SLUG))
    for row in debts:
        record_payment(
            customer_id=row.customer_id, amount=_money(row), received_on=today, key=uuid4().hex, actor=None,
            today=today, policy="", named={row.pk: row.balance}, is_distinct=True,
        )  # fmt: skip
        if row is debts[0]:
            answer = client.post(HOME, chosen)
            assert answer.status_code == 422
            assert "ya no se debe" in plainly(answer)
            assert (
                "se deben $2,500.50" in plainly(client.post(HOME, {**form, "mode": "amount", "amount": "3000"})).lower()
            )
    answer = client.post(HOME, {**form, "mode": "all"}, follow=True)
    assert "No hace falta que pague otra vez" in plainly(answer)
    assert not PaymentAttempt.objects.exists()


def _money(row: Receivable) -> Any:
    from aldia.domain.money import Money

    return Money(row.balance, row.currency)


def test_the_page_that_waits_asks_the_provider_now_and_then(link: NewLink, account: ProviderAccount) -> None:
    """The notice was lost: whoever waits on the page learns the truth all the same, and asks not too often."""
    client, attempt = begun(link, account)
    act(provider_id=attempt.provider_id, wish=Wish("pay", quiet=True), now=now())
    path = f"{HOME}pago/{attempt.pk}/"
    assert 'data-outcome="waiting"' in text(client.get(path))
    assert 'data-outcome="paid"' in text(client.get(path, headers={"hx-request": "true"}))


def test_a_payment_of_another_link_does_not_exist(link: NewLink, account: ProviderAccount, customer: Customer) -> None:
    _client, attempt = begun(link, account)
    other = opened(link_for(owes(customer, 500, number="F-9")), SLUG)
    for path in (f"{HOME}pago/{attempt.pk}/", f"{HOME}pago/{attempt.pk}/recibo.pdf", f"{HOME}pago/{uuid4()}/"):
        assert other.get(path).status_code == 404


def test_a_form_of_another_tab_or_site_does_nothing(
    link: NewLink, account: ProviderAccount, customer: Customer
) -> None:
    client = opened(link, SLUG)
    proof = client.get(HOME).context["proof"]
    form = {"proof": proof, "key": str(uuid4()), "mode": "all", "way": f"{account.pk}:card"}
    assert client.post(HOME, {**form, "proof": ""}).status_code == 403
    assert client.post(HOME, form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    opened(link_for(owes(customer, 500, number="F-9")), SLUG, client)  # the cookie is another link's now
    assert client.post(HOME, form).status_code == 403
    assert not PaymentAttempt.objects.exists()


def test_whoever_tries_too_often_waits(link: NewLink, account: ProviderAccount) -> None:
    client = opened(link, SLUG)
    answers = [client.post(HOME, {}).status_code for _turn in range(62)]
    assert answers[:60] == [403] * 60
    assert answers[60:] == [429] * 2
    assert client.get(HOME).status_code == 200
