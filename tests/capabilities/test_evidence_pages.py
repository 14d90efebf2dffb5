"""The pages of evidence files and of the audit trail through Django's client: what each person may see and do."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.converters import UUIDConverter
from python_calamine import CalamineWorkbook

import aldia
from aldia.collections.models import EvidenceFile
from aldia.collections.operations.promises import record_promise
from aldia.customers.models import Customer, Portfolio
from aldia.customers.operations.portfolios import create_portfolio
from aldia.domain.money import Money
from aldia.jobs.evidence import make_evidence
from aldia.queue.models import Job
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy import audit, operations
from aldia.tenancy.models import AuditEvent, Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock, narrated
from aldia.web.audit_words import FAMILIES, OBJECTS, VERBS
from aldia.web.views.evidence.trail import history_of
from tests.cast import make_company, make_customer, make_user

FILES, TRAIL = "reportes/expedientes/", "reportes/bitacora/"


@pytest.fixture(autouse=True)
def _quick_and_apart(settings: Any, tmp_path: Path) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    folder = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": folder}


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="norte")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def owner(company: Company) -> User:
    return make_user("duena@example.com", company)


@pytest.fixture
def debtor(company: Company) -> Customer:
    customer = make_customer(company, search="abarrotes la guera")
    today = clock.today(company)
    open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(116_000, "MXN"), issued_on=today - timedelta(days=60),
        due_on=today - timedelta(days=30), concept="Pedido", key=uuid.uuid4(), actor=None, number="F-1",
    )  # fmt: skip
    return customer


class Browser:
    """A signed in person in one company."""

    def __init__(self, user: User, company: Company) -> None:
        self.client, self.base = Client(), f"/e/{company.slug}/"
        self.client.force_login(user)

    def get(self, path: str, **data: Any) -> Any:
        return self.client.get(self.base + path, data)

    def post(self, path: str, **data: Any) -> Any:
        return self.client.post(self.base + path, data)

    def text(self, path: str, **data: Any) -> str:
        answer = self.get(path, **data)
        assert answer.status_code == 200, (path, answer.status_code)
        return words(answer)


def words(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def ask(browser: Browser, customer: Customer, **data: Any) -> Any:
    form = {"customer": customer.pk, "key": uuid.uuid4(), "since": ""}
    until = clock.today(customer.company).isoformat()
    return browser.post(FILES + "nuevo/", **{**form, "until": until, **data})


# -- evidence files ----------------------------------------------------------------------------------------------------


def test_from_the_customer_to_the_file_in_hand(company: Company, owner: User, debtor: Customer) -> None:
    browser = Browser(owner, company)
    assert "¿De quién es el expediente?" in browser.text(FILES + "nuevo/")
    assert debtor.legal_name in browser.text(FILES + "nuevo/", q="güera")
    assert "Ningún cliente coincide" in browser.text(FILES + "nuevo/", q="no existe")
    assert f"?customer={debtor.pk}" in browser.get(f"clientes/{debtor.pk}/").content.decode()
    assert "Hacer el expediente" in browser.text(FILES + "nuevo/", customer=debtor.pk)
    answer = ask(browser, debtor)
    row = EvidenceFile.objects.get()
    assert answer.status_code == 302
    assert str(row.pk) in answer["Location"]
    assert Job.objects.filter(task_path=make_evidence.module_path).count() == 1
    assert "Armando el expediente" in browser.text(f"{FILES}{row.pk}/")
    assert browser.get(f"{FILES}{row.pk}/archivo.pdf").status_code == 404
    make_evidence.call(str(row.pk))
    row.refresh_from_db()
    page = browser.text(f"{FILES}{row.pk}/")
    assert row.sha256 in page
    assert "aldia evidence verify" in page
    assert debtor.legal_name in browser.text(FILES)
    pdf = browser.get(f"{FILES}{row.pk}/archivo.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert b"".join(pdf.streaming_content).startswith(b"%PDF-")
    assert "Todo coincide" in words(browser.post(f"{FILES}{row.pk}/comprobar/"))


def test_a_damaged_file_is_said_where_it_is_proved(
    company: Company, owner: User, debtor: Customer, tmp_path: Path
) -> None:
    browser = Browser(owner, company)
    ask(browser, debtor)
    row = EvidenceFile.objects.get()
    make_evidence.call(str(row.pk))
    row.refresh_from_db()
    assert row.file is not None
    path = tmp_path / row.file.path
    path.write_bytes(path.read_bytes().replace(b"%PDF-1.", b"%PDF-2.", 1))
    told = words(browser.post(f"{FILES}{row.pk}/comprobar/"))
    assert "Algo no coincide" in told
    assert "no es, byte por byte" in told
    path.write_bytes(b"nada")
    assert "No es un PDF" in words(browser.post(f"{FILES}{row.pk}/comprobar/"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"until": "2999-01-01"}, "no puede ser futuro"),
        ({"since": "2026-05-01", "until": "2026-04-01"}, "va antes"),
        ({"until": "ayer"}, "fecha válida"),
        ({"until": ""}, "obligatorio"),
    ],
)
def test_what_cannot_be_asked_is_said(
    data: dict[str, str], sentence: str, company: Company, owner: User, debtor: Customer
) -> None:
    answer = ask(Browser(owner, company), debtor, **data)
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert not EvidenceFile.objects.exists()


def test_sent_twice_it_is_one(company: Company, owner: User, debtor: Customer) -> None:
    browser, key = Browser(owner, company), uuid.uuid4()
    ask(browser, debtor, key=key)
    ask(browser, debtor, key=key)
    assert EvidenceFile.objects.count() == 1
    assert Job.objects.filter(task_path=make_evidence.module_path).count() == 1


def test_one_that_failed_can_be_tried_again(company: Company, owner: User, debtor: Customer) -> None:
    browser = Browser(owner, company)
    ask(browser, debtor)
    row = EvidenceFile.objects.get()
    Job.objects.filter(task_path=make_evidence.module_path).update(state="dead")
    assert "No se pudo armar" in browser.text(f"{FILES}{row.pk}/")
    assert browser.post(f"{FILES}{row.pk}/reintentar/").status_code == 302
    assert "Armando el expediente" in browser.text(f"{FILES}{row.pk}/")


def test_a_collector_sees_only_the_own_portfolio(company: Company, owner: User, debtor: Customer) -> None:
    collector = make_user("cobra@example.com", company, Role.COLLECTOR)
    Membership.objects.filter(user=collector).update(own_portfolio_only=True)
    ask(Browser(owner, company), debtor)
    row = EvidenceFile.objects.get()
    browser = Browser(collector, company)
    assert debtor.legal_name not in browser.text(FILES)
    assert browser.get(f"{FILES}{row.pk}/").status_code == 404
    assert "¿De quién" in words(ask(browser, debtor))
    assert EvidenceFile.objects.count() == 1
    portfolio = Portfolio.objects.create(company=company, name="Mía", collector=collector)
    Customer.objects.filter(pk=debtor.pk).update(portfolio=portfolio)
    assert browser.get(f"{FILES}{row.pk}/").status_code == 200
    assert ask(browser, debtor).status_code == 302


def test_an_auditor_looks_and_downloads_but_asks_for_none(company: Company, owner: User, debtor: Customer) -> None:
    ask(Browser(owner, company), debtor)
    row = EvidenceFile.objects.get()
    make_evidence.call(str(row.pk))
    browser = Browser(make_user("audita@example.com", company, Role.AUDITOR), company)
    assert "Expediente nuevo" not in browser.text(FILES)
    assert ask(browser, debtor).status_code == 403
    assert browser.get(f"{FILES}{row.pk}/archivo.pdf").status_code == 200


# -- audit trail -------------------------------------------------------------------------------------------------------


@pytest.fixture
def trail(company: Company, owner: User, debtor: Customer) -> None:
    """What a morning leaves behind."""
    operations.update_company(actor=owner, changes={"trade_name": "Los Tres"})
    create_portfolio(name="Norte", collector_id=owner.pk, actor=owner)
    audit.record(
        actor=owner, verb="customers.edited", object_type="customer", object_id=debtor.pk,
        detail={"changes": {"term_days": [30, 45], "collecting": [True, False]}},
    )  # fmt: skip
    audit.record(
        actor=owner, verb="member.changed", object_type="member", object_id=uuid.uuid4(),
        detail={"email": "x@example.com", "before": {"role": "collector"}, "after": {"role": "finance"}},
    )  # fmt: skip
    today = clock.today(company)
    record_promise(
        receivable_ids=[Receivable.objects.get().pk], amount=None, due_on=today + timedelta(days=3), key=uuid.uuid4(),
        today=today, actor=owner,
    )  # fmt: skip


@pytest.mark.usefixtures("trail")
def test_the_trail_says_before_and_after_in_words(company: Company, owner: User, debtor: Customer) -> None:
    page = Browser(owner, company).text(TRAIL)
    for said in (
        "días de crédito: 30 → 45", "cobranza: sí → no", "papel: collector → finance",
        "nombre comercial: vacío → Los Tres", "Editó un cliente", "Anotó una promesa de pago", debtor.legal_name,
        "aldia verify --company norte --audit-head", audit.anchor(),
    ):  # fmt: skip
        assert said in page, said
    raw = Browser(owner, company).get(TRAIL).content.decode()
    assert f"/clientes/{debtor.pk}/" in raw


@pytest.mark.parametrize(
    ("query", "seen", "hidden"),
    [
        ({"what": "customers"}, "Editó un cliente", "Creó una cartera"),
        ({"what": "portfolios"}, "Creó una cartera", "Editó un cliente"),
        ({"object": "promise"}, "Anotó una promesa", "Editó un cliente"),
        ({"who": "house"}, "Abrió una cuenta por cobrar", "Creó una cartera"),
        ({"q": "norte"}, "Creó una cartera", "Editó un cliente"),
        ({"q": "PROMESA anoto"}, "Anotó una promesa", "Creó una cartera"),
        ({"q": "term_days"}, "Editó un cliente", "Creó una cartera"),
        ({"from": "2999-01-01"}, "Nada coincide", "Creó una cartera"),
        ({"to": "2001-01-01"}, "Nada coincide", "Creó una cartera"),
        ({"from": "2001-01-01", "to": "2999-01-01"}, "Creó una cartera", "Nada coincide"),
        ({"from": "ayer"}, "no es una fecha", "Nada coincide"),
        ({"one": "no-such-id"}, "Nada coincide", "Creó una cartera"),
    ],
)
@pytest.mark.usefixtures("trail")
def test_it_is_filtered(query: dict[str, str], seen: str, hidden: str, company: Company, owner: User) -> None:
    page = Browser(owner, company).text(TRAIL, **query)
    assert seen in page
    assert hidden not in page


@pytest.mark.usefixtures("trail")
def test_by_person_and_by_object(company: Company, owner: User, debtor: Customer) -> None:
    other = make_user("otra@example.com", company)
    audit.record(actor=other, verb="portfolios.deleted", object_type="portfolio", object_id=uuid.uuid4())
    browser = Browser(owner, company)
    mine = browser.text(TRAIL, who=owner.pk)
    assert "Creó una cartera" in mine
    assert "Borró una cartera" not in mine
    of_one = browser.text(TRAIL, object="customer", one=debtor.pk)
    assert "Editó un cliente" in of_one
    assert "Creó una cartera" not in of_one
    assert [each.title for each in history_of("customer", debtor.pk)] == ["Editó un cliente"]


@pytest.mark.usefixtures("trail")
def test_it_leaves_as_excel_with_the_same_rows(company: Company, owner: User) -> None:
    answer = Browser(owner, company).get(TRAIL + "excel/", what="customers")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    rows = book.get_sheet_by_index(0).to_python()
    said = [row for row in rows if "Editó un cliente" in row]
    assert len(said) == 1
    assert any("días de crédito: 30 → 45" in str(cell) for cell in said[0])
    assert AuditEvent.objects.get(verb="customers.edited").hash in said[0]
    assert not any("Creó una cartera" in row for row in rows)


@pytest.mark.usefixtures("trail")
def test_who_may_read_it(company: Company, owner: User) -> None:
    collector = make_user("cobra@example.com", company, Role.COLLECTOR)
    assert Browser(collector, company).get(TRAIL).status_code == 403
    own = make_user("propia@example.com", company, Role.FINANCE)
    Membership.objects.filter(user=own).update(own_portfolio_only=True)
    audit.record(actor=own, verb="portfolios.edited", object_type="portfolio", object_id=uuid.uuid4())
    page = Browser(own, company).text(TRAIL)
    assert "Ves lo que hiciste tú" in page
    assert "Editó una cartera" in page
    assert "Creó una cartera" not in page
    stranger = make_user("fuera@example.com", make_company("Otra", "OTR010203AB1", slug="sur"))
    assert Browser(stranger, company).get(TRAIL).status_code == 404


def test_a_page_of_events_costs_the_same_for_many(
    company: Company, owner: User, debtor: Customer, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        audit.record(actor=owner, verb="customers.edited", object_type="customer", object_id=debtor.pk)
        audit.record(actor=None, verb="receivables.paused", object_type="receivable", object_id=uuid.uuid4())
        assert number >= 0
    browser = Browser(owner, company)
    browser.get(TRAIL)
    with django_assert_max_num_queries(60):
        browser.get(TRAIL)


@pytest.mark.parametrize(
    ("detail", "changes", "facts"),
    [
        ({"name": ["A", "B"]}, [("nombre", "A", "B")], []),
        ({"changes": {"limit": [None, 5]}}, [("límite", "vacío", "5")], []),
        ({"changes": {"role": ["a", "a"]}}, [], []),
        ({"before": {"role": "a"}, "after": {"role": "b"}}, [("papel", "a", "b")], []),
        ({"columns": ["a", "b"], "reason": "x"}, [], [("columnas", "a, b"), ("motivo", "x")]),
        ({"receivable": "019caf47-2001-742e-ba53-23026397062b"}, [], []),
        ({"ids": ["019caf47-2001-742e-ba53-23026397062b"] * 3}, [], [("ids", "3")]),
        ({"contact": {"name": "Rosa", "email": ""}}, [], [("contacto", "nombre: Rosa")]),
        ({}, [], []),
    ],
)
def test_particulars_in_words(
    detail: dict[str, Any], changes: list[tuple[str, str, str]], facts: list[tuple[str, str]]
) -> None:
    assert [tuple(each) for each in narrated.changes_of(detail)] == changes
    assert narrated.facts_of(detail) == facts


# -- words -------------------------------------------------------------------------------------------------------------

ROOT = Path(aldia.__file__).parent
NO_VERBS = re.compile(r"aldia\.|.*\.(zip|png|xml|pdf|json|typ)$|dispute\.(won|lost)|payment\.|receiver\.")


def test_every_verb_that_operations_write_has_its_words() -> None:
    """Found in their source: a new verb without words shows its code to people."""
    found: set[str] = set()
    families = "|".join(FAMILIES)
    for path in [*ROOT.glob("*/operations/**/*.py"), ROOT / "queue" / "operations.py"]:
        found |= set(re.findall(rf'"((?:{families})\.[a-z_]+)"', path.read_text()))
    found = {verb for verb in found if not NO_VERBS.match(verb)}
    assert len(found) > 180
    assert sorted(found - VERBS.keys()) == []
    assert {verb.partition(".")[0] for verb in VERBS} == set(FAMILIES)


def test_every_kind_of_object_that_operations_name_has_its_words() -> None:
    found: set[str] = set()
    for path in ROOT.glob("*/operations/**/*.py"):
        found |= set(re.findall(r'object_type="([a-z_]+)"', path.read_text()))
    assert len(found) > 30
    assert sorted(found - OBJECTS.keys()) == []


def test_what_an_object_leads_to_takes_its_id() -> None:
    """An address that would take anything else, too (a provider's name), is a page that is not there."""
    for kind, (_label, address) in OBJECTS.items():
        if not address:
            continue
        (_possible, _pattern, _defaults, converters), *_more = get_resolver().reverse_dict.getlist(address)
        taken = set(map(type, converters.values()))
        assert taken <= {UUIDConverter}, f"{kind} leads to {address}, which takes {converters}"
