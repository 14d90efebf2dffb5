"""Who gets into the portal (reliability, threats 5 to 8): tokens and ids of others, scanners of mail, renewals.

Every address of the portal is read from its URLconf, so a new one is tried without being asked.
"""

from __future__ import annotations

import logging
import random
import re
import statistics
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from aldia.config import logs
from aldia.customers.models import Contact, Customer
from aldia.domain.money import Money
from aldia.jobs.portal import send_fresh_link
from aldia.messaging.models import Delivery, Message
from aldia.payments.models import PortalPass
from aldia.payments.operations.passes import find_pass, issue_pass, revoke_pass
from aldia.payments.operations.renewals import renew_by_address, renew_pass
from aldia.payments.operations.reported import report_payment
from aldia.queue.models import Job
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.guards import company_models
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, RateCount
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store
from tests.cast import Papers, make_company, make_user
from tests.support.portal import Guest, contact, customer_of, guest_of, options, owes, stranger, today

pytestmark = pytest.mark.django_db
CANARY = "Canario9Z"
ADDRESS = "lupita@guera.example"
AGENTS = ("Mozilla/5.0", "Mimecast", "Proofpoint", "curl/8", "SafeLinks")
IDS = {"receivable_id": "receivable", "document_id": "document", "credit_id": "credit", "report_id": "report"}


@pytest.fixture(autouse=True)
def _plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_user("duena@tresrios.example", company)
    return company


@pytest.fixture
def customer(company: Company) -> Customer:
    customer = customer_of(company)
    contact(customer, ADDRESS)
    return customer


def everything_of(customer: Customer) -> dict[str, uuid.UUID]:
    """A row of each kind that an address names, with canaries in its texts."""
    with company_scope(customer.company_id):
        row = owes(customer, 100_00, number=f"{CANARY}-1")
        papers = Papers(customer.company, customer)
        invoice = papers.invoice(100_00, today(), series=CANARY)
        type(row).objects.filter(pk=row.pk).update(document=invoice)
        complement = papers.complement(today(), 100_00, (invoice, 100_00), series=CANARY)
        credit = record_payment(
            customer_id=customer.pk, amount=Money(40_00, "MXN"), received_on=today(), key=uuid7().hex, actor=None,
            today=today(), policy="", named={row.pk: 40_00}, is_distinct=True, reference=CANARY,
        )  # fmt: skip
        report = report_payment(
            customer_id=customer.pk, amount=Money(10_00, "MXN"), paid_on=today(), receivable_ids=[row.pk],
            key=uuid7(), today=today(), actor=None, reference=CANARY, proof=store(f"{CANARY}.pdf", b"%PDF-" + b"x"),
        )  # fmt: skip
    return {"receivable": row.pk, "document": complement.pk, "credit": credit.pk, "report": report.pk}


def addresses() -> list[URLPattern]:
    """All of the portal but the one of the mail."""
    portal = next(each for each in get_resolver().url_patterns if "aldia.portal.urls'" in repr(each))
    inner = next(each for each in portal.url_patterns if "urls_statement" in repr(each))  # type: ignore[union-attr]
    found = [each for each in inner.url_patterns if each.name != "portal_enter"]  # type: ignore[union-attr]
    assert len(found) >= 20
    return found  # type: ignore[return-value]


def path_of(pattern: URLPattern, company: Company, ids: dict[str, uuid.UUID]) -> str:
    given = {name: ids[IDS[name]] for name in pattern.pattern.converters}
    return reverse(str(pattern.name), kwargs={"slug": company.slug, **given})


def body_of(response: Any) -> str:
    data = b"".join(response.streaming_content) if response.streaming else response.content
    return str(data.decode(errors="replace")) + str(dict(response.headers))


PAPERS = {
    "portal_complement_pdf", "portal_document_pdf", "portal_excel", "portal_receipt", "portal_statement_pdf",
    "portal_zip",
}  # fmt: skip


def rows_of(company: Company) -> str:
    """Every row of the company, of the queue, of the limits and of the sessions."""
    models = [*company_models(apps), Job, RateCount, apps.get_model("sessions", "Session")]
    with company_scope(company.pk):
        return repr([list(model._base_manager.order_by("pk").values_list()) for model in models])


def own_rows_of(company: Company) -> str:
    """Every row of this company alone."""
    with company_scope(company.pk):
        return repr([list(model.objects.order_by("pk").values_list()) for model in company_models(apps)])  # type: ignore[attr-defined]


# ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_token_stays_behind(customer: Customer) -> None:
    guest = guest_of(customer, ADDRESS, enters=False)
    response = guest.enter()
    assert response.status_code == 303
    assert response["Location"] == guest.path()
    assert guest.token not in body_of(response)
    assert guest.token not in str(response.cookies)
    for cookie in response.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == guest.path()
    shown = guest.get()
    assert shown.status_code == 200
    assert guest.token not in body_of(shown)
    assert shown["Referrer-Policy"] == "no-referrer"
    assert "no-store" in shown["Cache-Control"]
    assert "noindex" in shown["X-Robots-Tag"]
    assert "frame-ancestors 'none'" in shown["Content-Security-Policy"]


def test_cookies_are_secure_where_there_is_https(customer: Customer) -> None:
    guest = guest_of(customer, enters=False)
    response = guest.client.get(guest.path(f"{guest.token}/"), secure=True)
    assert {bool(cookie["secure"]) for cookie in response.cookies.values()} == {True}


@pytest.mark.parametrize("method", ["get", "head"])
def test_fifty_scanners_change_nothing(company: Company, customer: Customer, method: str) -> None:
    """Mail scanners open the link, and the page that it leads to, before anybody does: no row is written anywhere."""
    options(company, asks_code=True)
    guest = guest_of(customer, ADDRESS, enters=False)
    before = rows_of(company)
    for number in range(50):
        client = Client(HTTP_USER_AGENT=AGENTS[number % len(AGENTS)])
        ask = getattr(client, method)
        assert ask(guest.path(f"{guest.token}/")).status_code == 303
        assert ask(guest.path()).status_code == 303  # to the page that asks for a code
        assert ask(guest.path("codigo/")).status_code == 200
    assert rows_of(company) == before
    assert find_in(company, guest.token) is not None


def test_looking_at_pages_writes_nothing(company: Company, customer: Customer) -> None:
    """Nothing but how many papers were made for a pass: those are costly, and kept to a pace."""
    ids = everything_of(customer)
    guest = guest_of(customer)
    before = rows_of(company)
    for pattern in addresses():
        for method in ("get", "head"):
            response = getattr(guest.client, method)(path_of(pattern, company, ids))
            body_of(response)
    assert {count.key.split(":")[0] for count in RateCount.objects.all()} <= PAPERS
    RateCount.objects.all().delete()
    assert rows_of(company) == before


def find_in(company: Company, token: str) -> PortalPass | None:
    with company_scope(company.pk):
        return find_pass(token, datetime.now(UTC))


@pytest.mark.parametrize("kind", ["garbage", "short", "other_company", "expired", "revoked", "changed"])
def test_a_link_that_does_not_open_leads_to_one_page(company: Company, customer: Customer, kind: str) -> None:
    owes(customer, 100_00, number=CANARY)
    guest = guest_of(customer, ADDRESS, enters=False)
    tokens = {"garbage": "A" * 43, "short": "x", "changed": guest.token[:-1] + ("A" if guest.token[-1] != "A" else "B")}
    with company_scope(company.pk):
        if kind == "expired":
            PortalPass.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
        if kind == "revoked":
            revoke_pass(pass_id=guest.row.pk, actor=None, now=datetime.now(UTC))  # type: ignore[union-attr]
    if kind == "other_company":
        other = make_company("Otra Empresa", "OTR010203AB1")
        guest = Guest(other, Client(), guest.token)
    response = guest.enter(tokens.get(kind, ""))
    if response.status_code == 303:
        response = guest.get()
    assert response.status_code in (404, 410)
    text = body_of(response)
    assert "Esta liga ya no abre" in text
    assert "liga nueva" in text
    assert CANARY not in text
    assert customer.legal_name not in text
    for rest in ("pagos/", "documentos.zip", "ya-pague/", "estado-de-cuenta.pdf"):
        assert guest.get(rest).status_code in (403, 410)


def test_revoking_closes_the_pages_of_who_is_in(company: Company, customer: Customer) -> None:
    guest = guest_of(customer, ADDRESS)
    assert guest.get().status_code == 200
    with company_scope(company.pk):
        revoke_pass(pass_id=guest.row.pk, actor=None, now=datetime.now(UTC))  # type: ignore[union-attr]
    assert guest.get().status_code == 410
    assert guest.post("pagar/", {"what": "all"}).status_code in (403, 410)


def test_a_cookie_is_nothing_elsewhere(company: Company, customer: Customer) -> None:
    """Another company's pages, another customer's pass, or a cookie that was touched: nobody is let in by it."""
    guest = guest_of(customer)
    other = make_company("Otra Empresa", "OTR010203AB1")
    thief = Client()
    value = guest.client.cookies["aldia_portal"].value
    for place, forged in ((other, value), (company, value[:-2]), (company, value.replace(":", ";", 1)), (company, "")):
        thief.cookies["aldia_portal"] = forged
        assert thief.get(f"/p/{place.slug}/").status_code == 403
    thief.cookies["aldia_portal"] = value
    assert thief.get(f"/p/{company.slug}/").status_code == 200  # the control


def test_leaving(customer: Customer) -> None:
    guest = guest_of(customer)
    assert guest.post("salir/").status_code == 200
    assert guest.get().status_code == 403


# ── ids ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("whose", ["another_customer", "another_company"])
def test_every_id_is_checked(company: Company, customer: Customer, whose: str) -> None:
    """Swapped for another debtor's, or another company's, every id in an address or a form does not exist."""
    mine = everything_of(customer)
    place = company if whose == "another_customer" else make_company("Otra Empresa", "OTR010203AB1")
    victim = customer_of(place, f"Víctima {CANARY}V", "VIC010203AB1")
    theirs = everything_of(victim)
    guest = guest_of(customer)
    proof = guest.proof()
    before = own_rows_of(place)
    tried = 0
    for pattern in addresses():
        path = path_of(pattern, company, theirs)
        swapped = bool(pattern.pattern.converters)
        for method in ("get", "head", "post", "put", "delete"):
            data = {"proof": proof, "id": [str(each) for each in theirs.values()], "about": str(theirs["receivable"])}
            more = {"text": "x", "amount": "1", "note": "x", "reason": "other", "what": "selected", "email": "x"}
            response = getattr(guest.client, method)(path, {**data, **more} if method == "post" else None)
            text = body_of(response)
            assert "Canario9ZV" not in text, f"{method} {path}"
            if swapped:
                assert response.status_code in (404, 405), f"{method} {path}: {response.status_code}"
                assert CANARY not in text, f"{method} {path}"
                tried += 1
            elif pattern.name == "portal_leave":
                guest.enter()
                proof = guest.proof()
    assert tried >= 30
    if whose == "another_company":
        assert own_rows_of(place) == before
    with company_scope(place.pk):  # nothing of the victim was named by a form
        assert victim.receivables.get().reported.count() == 1
        assert not victim.receivables.get().links.exists()
        assert not victim.receivables.get().disputes.exists()
    for pattern in addresses():  # the control: the same addresses open with one's own
        if pattern.pattern.converters and pattern.name not in ("portal_dispute",):
            response = guest.client.get(path_of(pattern, company, mine))
            assert response.status_code in (200, 409), pattern.name  # 409: these papers have no original to print


def test_a_session_of_the_staff_is_nothing_here(company: Company, customer: Customer) -> None:
    owner = make_user("otra@tresrios.example", company)
    client = Client()
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(f"/p/{company.slug}/").status_code == 403
    assert client.get(f"/e/{company.slug}/p/{company.slug}/").status_code == 404


def test_every_form_needs_the_proof_of_its_page(company: Company, customer: Customer) -> None:
    ids = everything_of(customer)
    guest = guest_of(customer)
    good = guest.proof()
    for pattern in addresses():
        for proof in ("", "0" * 64, guest_of(customer).proof()[::-1]):
            response = guest.client.post(path_of(pattern, company, ids), {"proof": proof})
            assert response.status_code in (403, 405), pattern.name
        path = path_of(pattern, company, ids)
        crossed = guest.client.post(path, {"proof": good}, HTTP_SEC_FETCH_SITE="cross-site")
        assert crossed.status_code in (403, 405), pattern.name


# ── the second layer ──────────────────────────────────────────────────────────────────────────────────────────


def test_without_the_code_no_page_opens(company: Company, customer: Customer) -> None:
    ids = everything_of(customer)
    guest = guest_of(customer, ADDRESS)
    proof = guest.proof()
    options(company, asks_code=True)
    outside = {"portal_code", "portal_code_send", "portal_code_check", "portal_renew", "portal_leave"}
    for pattern in addresses():
        if pattern.name in outside:
            continue
        for method in ("get", "post"):
            response = getattr(guest.client, method)(path_of(pattern, company, ids), {"proof": proof})
            if response.status_code == 405:
                continue
            assert response.status_code == 303, (method, pattern.name)
            assert response["Location"] == guest.path("codigo/")
            assert CANARY not in body_of(response)
    text = body_of(guest.get("codigo/"))
    assert "l•••@guera.example" in text
    assert ADDRESS not in text


def test_the_code_of_the_mail_opens_this_browser_only(company: Company, customer: Customer) -> None:
    from aldia.messaging.sealing import FACT
    from aldia.tenancy.models import Secret
    from aldia.tenancy.secrets import reveal

    options(company, asks_code=True)
    guest, second = guest_of(customer, ADDRESS), guest_of(customer, ADDRESS)
    assert guest.post("codigo/enviar/", proof=proof_of(guest)).status_code == 303
    page = body_of(guest.get("codigo/"))
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page
    with company_scope(company.pk):
        message = Message.objects.get()
        assert Delivery.objects.get().address == ADDRESS
        code = reveal(Secret.objects.get(pk=message.facts[FACT]))["words"]
    assert second.post("codigo/entrar/", {"code": code}, proof=proof_of(second)).status_code == 422
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    refused = guest.post("codigo/entrar/", {"code": wrong}, proof=proof_of(guest))
    assert "Quedan 4 intentos" in body_of(refused)
    assert guest.post("codigo/entrar/", {"code": f" {code[:3]} {code[3:]} "}, proof=proof_of(guest)).status_code == 303
    assert guest.get().status_code == 200
    assert second.get().status_code == 303


def proof_of(guest: Guest) -> str:
    found = re.search(r'name="proof" value="([0-9a-f]+)"', guest.get("codigo/").content.decode())
    assert found
    return found[1]


# ── a fresh link ──────────────────────────────────────────────────────────────────────────────────────────────


def ask(guest: Guest, **data: str) -> HttpResponse:
    found = re.search(r'name="proof" value="([0-9a-f]+)"', guest.get().content.decode())
    assert found
    response: HttpResponse = guest.client.post(guest.path("liga-nueva/"), {"proof": found[1], **data})
    return response


def plain(response: HttpResponse) -> tuple[int, str, dict[str, str]]:
    """What somebody who asks can see of the answer."""
    headers = {name: value for name, value in response.headers.items() if name != "X-Request-ID"}
    return response.status_code, response.content.decode(), headers


def test_known_and_unknown_addresses_get_the_same_answer(company: Company, customer: Customer) -> None:
    """Same status, body, headers, and the same statements: the address is looked up by the queue, later."""
    asked, statements = [], []
    ask(stranger(company), email="primero@nadie.example")  # what is made once per company is made
    for address in (ADDRESS, "nadie@nunca.example", ADDRESS.upper(), "otro@nunca.example"):
        guest = stranger(company)
        with CaptureQueriesContext(
            connection,
        ) as found:
            asked.append(plain(ask(guest, email=address)))
        statements.append([re.sub(r"'[^']*'|\b[0-9a-f-]{32,36}\b|\d+", "?", each["sql"]) for each in found])
    assert all(each == asked[0] for each in asked)
    assert all(each == statements[0] for each in statements)
    assert asked[0][0] == 200
    assert "Revise su correo" in asked[0][1]
    assert not Message.all_companies.exists()  # not yet


def test_the_times_of_both_answers_are_alike(company: Company, customer: Customer) -> None:
    """200 answers each, mixed: nothing tells the one kind from the other (Mann-Whitney, p > 0.001).

    A machine with other work may disturb one of them: what a stranger could tell shows every time.
    """
    guest = stranger(company)
    found = re.search(r'name="proof" value="([0-9a-f]+)"', guest.get().content.decode())
    assert found
    seen = []
    for turn in range(3):
        known, unknown = _times(guest, found[1], turn)
        assert len(known) == len(unknown) == 200
        seen.append((mann_whitney_z(known, unknown), statistics.median(known), statistics.median(unknown)))
        if abs(seen[-1][0]) < 3.3:
            return
    raise AssertionError(seen)


def _times(guest: Guest, proof: str, turn: int) -> tuple[list[float], list[float]]:
    order = [ADDRESS, "nadie@nunca.example"] * 200
    random.Random(turn).shuffle(order)  # whatever comes at regular times falls on both
    taken: dict[str, list[float]] = {address: [] for address in order}
    for number, address in enumerate(order):
        where = {"REMOTE_ADDR": f"10.{turn + 1}.{number // 200}.{number % 200}"}
        started = time.perf_counter()
        guest.client.post(guest.path("liga-nueva/"), {"proof": proof, "email": address}, **where)
        taken[address].append(time.perf_counter() - started)
    return taken[ADDRESS], taken["nadie@nunca.example"]


def mann_whitney_z(one: list[float], other: list[float]) -> float:
    """How many deviations the rank sum is from that of two samples of the same thing (Mann & Whitney, 1947)."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    above = sum(rank for rank, (_value, which) in enumerate(ranked, 1) if which == 0)
    m, n = len(one), len(other)
    mean, deviation = m * (m + n + 1) / 2, (m * n * (m + n + 1) / 12) ** 0.5
    return (above - mean) / deviation


def test_the_comparison_of_times_sees_a_difference() -> None:
    """The control: a hundredth more on each of the same answers is seen."""
    some = [0.010 + (number * 37 % 101) / 100_000 for number in range(200)]
    assert abs(mann_whitney_z(some, list(reversed(some)))) < 3.3
    assert abs(mann_whitney_z(some, [each + 0.0005 for each in some])) > 3.3


def url_of(company: Company, token: str) -> str:
    return f"https://aldia.example/p/{company.slug}/{token}/"


def renewed(company: Company, **asked: Any) -> int:
    with company_scope(company.pk):
        if "pass_id" in asked:
            return renew_pass(key=uuid.uuid4().hex, url_of=url_of, now=datetime.now(UTC), **asked)
        return renew_by_address(key=uuid.uuid4().hex, url_of=url_of, now=datetime.now(UTC), **asked)


def test_a_fresh_link_goes_to_the_address_on_file_only(company: Company, customer: Customer) -> None:
    assert renewed(company, address="nadie@nunca.example") == 0
    assert renewed(company, address=f"  {ADDRESS.upper()} ") == 1
    with company_scope(company.pk):
        assert Delivery.objects.get().address == ADDRESS
        text = Message.objects.get().text
        token = re.search(rf"/p/{company.slug}/([\w-]{{43}})/", text)
        assert token
        assert find_pass(token[1], datetime.now(UTC)) is not None
        assert PortalPass.objects.get().customer_id == customer.pk


def test_an_expired_pass_is_renewed_by_a_button(company: Company, customer: Customer) -> None:
    guest = guest_of(customer, ADDRESS, now=datetime.now(UTC) - timedelta(days=31))
    text = body_of(guest.get())
    assert "Enviar una liga nueva a l•••@guera.example" in text
    assert ADDRESS not in text
    assert plain(ask(guest, own="1"))[:2] == plain(ask(stranger(company), email="x@y.example"))[:2]
    job = Job.objects.filter(task_path__endswith="send_fresh_link").order_by("id").first()
    assert job is not None
    assert renewed(company, pass_id=guest.row.pk) == 1  # type: ignore[union-attr]
    with company_scope(company.pk):
        row = PortalPass.objects.latest("created_at")
        assert (row.renews_id, row.address) == (guest.row.pk, ADDRESS)  # type: ignore[union-attr]
    text = body_of(guest.enter())
    assert ADDRESS not in text


def test_what_was_revoked_or_is_on_file_no_more_is_not_renewed(company: Company, customer: Customer) -> None:
    with company_scope(company.pk):
        row, _token = issue_pass(customer_id=customer.pk, address=ADDRESS, now=datetime.now(UTC))
        revoke_pass(pass_id=row.pk, actor=None, now=datetime.now(UTC))
        assert renewed(company, pass_id=row.pk) == 0
        gone, _token = issue_pass(customer_id=customer.pk, address="ex@guera.example", now=datetime.now(UTC))
        assert renewed(company, pass_id=gone.pk) == 0
        copied, _token = issue_pass(customer_id=customer.pk, now=datetime.now(UTC))
        assert renewed(company, pass_id=copied.pk) == 0
        assert renewed(company, pass_id=uuid7()) == 0
        Contact.objects.all().delete()
        assert renewed(company, address=ADDRESS) == 0
    assert not Message.all_companies.exists()


def test_five_fresh_links_a_day(company: Company, customer: Customer) -> None:
    assert [renewed(company, address=ADDRESS) for _ in range(7)] == [1, 1, 1, 1, 1, 0, 0]


def test_the_job_sends_once_however_often_it_runs(company: Company, customer: Customer) -> None:
    with company_scope(company.pk):
        for _ in range(2):
            send_fresh_link.func("una-clave", ADDRESS, "")
        assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "typed", ["", "x", "a@b", "a b@c.mx", f"{'a' * 300}@x.mx"], ids=["none", "word", "host", "gap", "long"]
)
def test_what_is_no_address_is_said(company: Company, typed: str) -> None:
    response = ask(stranger(company), email=typed)
    assert response.status_code == 422
    assert "correo completo" in response.content.decode()


def test_renewals_are_limited_by_address_of_the_internet(company: Company, customer: Customer) -> None:
    guest = stranger(company)
    answers = [ask(guest, email=ADDRESS).status_code for _ in range(31)]
    assert set(answers[:30]) == {200}
    assert answers[30] == 429


# ── logs ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the handlers would write, through the house's own processors."""
    written: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(logs.clean_text(record.getMessage()) if not isinstance(record.msg, dict) else line(record))

    def line(record: logging.LogRecord) -> str:
        return str(logs.redact(None, "", dict(record.msg)))  # type: ignore[call-overload]

    handler = Kept()
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def test_no_log_says_a_token(customer: Customer, lines: list[str]) -> None:
    guest = guest_of(customer)
    guest.get()
    guest.client.get(guest.path(f"{guest.token}/x"))
    guest.client.get(f"/p/no-hay/{guest.token}/")
    logging.getLogger("django.request").warning("Not Found: %s", guest.path(f"{guest.token}/"))
    assert any("/p/" in each for each in lines), "nothing was logged: the test sees nothing"
    assert [each for each in lines if guest.token in each] == []
