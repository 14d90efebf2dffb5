"""Pages of complements: what is due, many stamped at once, how a payment came in, PUE at risk; who may, bad input."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import read_rows
from aldia.issuing.models import Issue, IssueState
from aldia.issuing.operations import complements
from aldia.receivables.models import CollectionSettings, PuePolicy, Receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.models import Company, Membership, Role
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.capabilities.issuing.pages import signed_in
from tests.cast import Papers
from tests.support.drafting import with_fiscal_profile, with_profile
from tests.support.issuer import issuing_company, receiving_customer, with_seal, with_simulated_pac

pytest.importorskip("satcfdi", reason="the extra mx is not installed")

NOW, PAID = datetime(2026, 12, 4, 18, tzinfo=UTC), date(2026, 11, 20)
HERE = "/e/tres-rios/complementos/"


@dataclass
class Desk:
    company: Company
    customer: Customer
    papers: Papers
    owner: Client
    today: date = date(2026, 12, 4)

    def paid(self, total: int, paid: int, *, on: date = PAID, currency: str = "MXN", **fields: Any) -> Issue:
        """A PPD invoice, a payment of it, and its draft."""
        document = self.papers.invoice(total, date(2026, 10, 1), currency=currency)
        apply_documents(keys=[document.key], today=self.today, actor=None)
        row = Receivable.objects.get(key=document.key)
        record_payment(
            customer_id=self.customer.pk, amount=Money(paid, currency), received_on=on, key=uuid.uuid4().hex,
            actor=None, today=self.today, policy="", named={row.pk: paid}, is_distinct=True, **fields,
        )  # fmt: skip
        complements.follow(today=self.today, now=NOW)
        return Issue.objects.get(parts__receivable=row)

    def get(self, path: str = "", status: int = 200, client: Client | None = None) -> str:
        answer = (client or self.owner).get(f"{HERE}{path}")
        assert answer.status_code == status, (path, answer.status_code)
        return answer.content.decode()

    def post(self, path: str, status: int = 302, **data: Any) -> str:
        answer = self.owner.post(f"{HERE}{path}", data, follow=status == 302)
        assert answer.redirect_chain if status == 302 else answer.status_code == status, answer.content.decode()[:800]
        return answer.content.decode()


@pytest.fixture
def desk(db: None, settings: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Desk]:
    settings.DATA_DIR = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(clock, "now", lambda: NOW)
    company = issuing_company("tres-rios")
    with company_scope(company.pk):
        customer = receiving_customer(company, search="abarrotes la guera")
        with_profile(complements_since=date(2026, 10, 1))
        with_fiscal_profile(customer)
        yield Desk(company, customer, Papers(company, customer), signed_in(company, "ana@tresrios.example"))


def test_the_list_counts_the_days_that_are_left(desk: Desk) -> None:
    soon, late = desk.paid(100_000, 60_000), desk.paid(100_000, 5_000, on=date(2026, 10, 31))
    page = desk.get()
    for said in ("ABARROTES LA GUERA", "5 dic 2026", "en 1 día", "venció", "$650.00"):
        assert said in page, said
    only_late = desk.get("?tab=late")
    assert (str(late.pk) in only_late, str(soon.pk) in only_late) == (True, False)
    assert str(soon.pk) in desk.get("?q=guera&currency=MXN&due_from=2026-12-01&due_to=2026-12-31")
    for odd in ("?tab=zzz", "?q=%00", "?due_from=ayer", "?customer=x", "?c=zz", "?sort=uuid"):
        desk.get(odd)
    assert "Ningún complemento en este estado" in desk.get("?tab=cancelled")
    answer = desk.owner.get(f"{HERE}exportar/")
    rows = list(read_rows(b"".join(answer)))  # type: ignore[arg-type]
    assert len(rows) == 3


def test_many_are_stamped_at_once_and_what_lacks_something_is_named(desk: Desk) -> None:
    with_seal(now=NOW)
    with_simulated_pac()
    good, abroad = desk.paid(100_000, 60_000), desk.paid(100_000, 5_000, currency="USD")
    said = desk.post("timbrar/", id=[str(good.pk), str(abroad.pk), "x"])
    assert "1 complemento va a timbrarse" in said
    assert "tipo de cambio" in said.lower()
    states = {each.pk: (each.state, each.folio) for each in Issue.objects.all()}
    assert states == {good.pk: (IssueState.QUEUED, "1"), abroad.pk: (IssueState.DRAFT, "")}
    assert "No elegiste ninguno" in desk.post("timbrar/")


def test_how_a_payment_came_in_is_corrected(desk: Desk) -> None:
    issue = desk.paid(100_000, 60_000, method="other", currency="USD")
    page = desk.get(f"{issue.pk}/")
    assert "falta elegirla" in page
    credit = issue.parts.get().credit_id
    assert f"complementos/{issue.pk}/" in desk.owner.get(f"/e/tres-rios/pagos/{credit}/").content.decode()
    for bad in ({"form": "99"}, {"form": "zz"}, {"form": "03", "exchange_rate": "uno"}, {"form": "03", "payment": "9"}):
        desk.post(f"{issue.pk}/pago/", **({"version": 1, "payment": 0} | bad))
        assert Issue.objects.get().version == 1
    desk.post(f"{issue.pk}/pago/", version=1, payment=0, form="03", operation="A|B")
    desk.post(f"{issue.pk}/pago/", version=1, payment=0, form="03", operation="77", exchange_rate="18.3514")
    assert "18.3514" in desk.get(f"{issue.pk}/")
    desk.post(f"{issue.pk}/pago/", 409, version=1, payment=0, form="01")
    desk.post(f"{issue.pk}/timbrar/", 409, version=1)
    for path in ("pago/", "timbrar/", "enviar/"):
        desk.post(f"{uuid.uuid4()}/{path}", 404, version=1, payment=0, form="03")
    assert "Solo se envía" in desk.post(f"{issue.pk}/enviar/")


def test_who_may(desk: Desk) -> None:
    issue = desk.paid(100_000, 60_000)
    auditor = signed_in(desk.company, "ojo@tresrios.example", Role.AUDITOR)
    page = desk.get(f"{issue.pk}/", client=auditor)
    assert "Corregir cómo se recibió" not in page
    for path in ("timbrar/", "revisar/", f"{issue.pk}/timbrar/", f"{issue.pk}/pago/", f"{issue.pk}/enviar/"):
        assert auditor.post(f"{HERE}{path}").status_code == 403
    collector = signed_in(desk.company, "caro@tresrios.example", Role.COLLECTOR)
    Membership.objects.filter(user__email="caro@tresrios.example").update(own_portfolio_only=True)
    assert "ABARROTES" not in desk.get(client=collector)
    desk.get(f"{issue.pk}/", 404, client=collector)


def test_a_draft_that_cannot_be_read_is_said_not_crashed(desk: Desk) -> None:
    issue = desk.paid(100_000, 60_000)
    for content in ({}, {"type_code": "P"}, {"type_code": "I"}):
        Issue.objects.filter(pk=issue.pk).update(content=content)
        assert "No se puede leer" in desk.get(f"{issue.pk}/")
    desk.post(f"{issue.pk}/pago/", version=1, payment=0, form="03")


def test_pue_at_risk(desk: Desk, monkeypatch: Any) -> None:
    CollectionSettings.objects.create(company=desk.company, pue_policy=PuePolicy.OPEN)

    def pue(on: date, form: str = "03") -> FiscalDocument:
        document = desk.papers.invoice(50_000, on, method="PUE", payment_form=form)
        apply_documents(keys=[document.key], today=date(2026, 11, 20), actor=None)
        return document

    pue(date(2026, 10, 5))
    pue(date(2026, 12, 1))
    other = pue(date(2026, 11, 10), form="01")
    row = Receivable.objects.get(key=other.key)
    record_payment(
        customer_id=desk.customer.pk, amount=Money(50_000, "MXN"), received_on=PAID, key="k", actor=None,
        today=desk.today, policy="", named={row.pk: 50_000}, method="transfer",
    )  # fmt: skip
    page = desk.get("pue/")
    assert "Su mes ya cerró" in page
    assert "Se pagaron con otra forma" in page
    assert "está por cerrar" not in page
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 26, 18, tzinfo=UTC))
    assert "Su mes está por cerrar" in desk.get("pue/")
