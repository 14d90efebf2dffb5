"""The desk of who issues, for tests of its pages: a company that is ready, a customer, and a browser without script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.issuing.models import Issue
from aldia.issuing.operations import stamping
from aldia.tenancy.models import Company, Role, User
from tests.cast import make_customer, make_user
from tests.support.drafting import with_fiscal_profile, with_profile
from tests.support.issuer import RECEIVER, issuing_company, with_seal, with_simulated_pac

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
BASE = "/e/tres-rios"
HERE = f"{BASE}/facturacion/"
SET = f"{BASE}/configuracion/facturacion/"
LINE = {
    "description": "Limpiador multiusos 20 L", "product_key": "47131805", "unit_key": "H87", "quantity": "10",
    "unit_price": "100", "discount": "", "iva": "160000", "iva_withheld": "", "isr_withheld": "", "ieps": "",
    "ieps_quota": "", "quota_units": "", "identification": "", "unit": "", "object_code": "", "customs": "",
    "property_account": "",
}  # fmt: skip
HEAD = {
    "kind": "invoice", "key": "k1", "issue": "", "version": "0", "receiver_name": RECEIVER.name,
    "receiver_postal_code": RECEIVER.postal_code, "receiver_regime": RECEIVER.regime, "use": RECEIVER.use,
    "residence": "", "foreign_id": "", "currency": "MXN", "exchange_rate": "", "method": "PPD", "form": "99",
    "conditions": "", "export": "01", "note": "",
}  # fmt: skip


def signed_in(company: Company, email: str, role: str = Role.OWNER) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(make_user(email, company, role), backend=BACKEND)
    return client


@dataclass
class Desk:
    company: Company
    owner: User
    client: Client
    customer: Customer

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code)
        return str(answer.content.decode()) if not answer.streaming else ""

    def post(self, path: str, status: int = 302, **data: Any) -> Any:
        answer = self.client.post(path, data)
        assert answer.status_code == status, (path, answer.status_code, text_of(answer.content.decode())[:1500])
        return answer

    def typed(self, *lines: dict[str, str], related: tuple[tuple[str, str], ...] = (), **head: str) -> dict[str, Any]:
        """The form as somebody fills it in."""
        found: dict[str, Any] = {**HEAD, "customer": str(self.customer.pk), **head}
        rows = lines or ({},)
        found["line"] = [f"l{place}" for place in range(len(rows))]
        for place, each in enumerate(rows):
            found |= {f"l{place}-{name}": value for name, value in (LINE | each).items()}
        found["related"] = [f"r{place}" for place in range(len(related))]
        for place, (code, uuid) in enumerate(related):
            found |= {f"r{place}-code": code, f"r{place}-uuid": uuid}
        return found

    def saves(self, act: str = "save", *lines: dict[str, str], status: int = 302, **more: Any) -> Any:
        return self.post(f"{HERE}guardar/", status, **self.typed(*lines, **more), act=act)

    def draft(self, *lines: dict[str, str], **more: Any) -> Issue:
        known = set(Issue.objects.values_list("pk", flat=True))
        self.saves("save", *lines, **{"key": f"k{len(known)}x", **more})
        return Issue.objects.exclude(pk__in=known).get()

    def stamps(self, issue: Issue, now: Any) -> Issue:
        """What the worker does with it."""
        return stamping.work(issue_id=issue.pk, now=now)


def text_of(page: str) -> str:
    """What people read of a page."""
    bare = re.sub(r"<(script|style|template)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).split())


class _Fields(HTMLParser):
    """What a browser would send of the form that is called "doc"."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.name, self.text, self.depth = "", "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.depth += tag == "template"
        if self.depth:
            return
        if tag == "input" and given.get("name") and (given.get("type") != "checkbox" or "checked" in given):
            self.found.setdefault(given["name"], []).append(given.get("value", ""))
        elif tag in ("select", "textarea"):
            self.name, self.text = given.get("name", ""), ""
        elif tag == "option" and "selected" in given and self.name:
            self.found[self.name] = [given.get("value", "")]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "template"
        if tag == "textarea" and self.name and not self.depth:
            self.found[self.name] = [self.text.strip()]
        if tag in ("select", "textarea"):
            self.name = ""


def fields_of(page: str) -> dict[str, list[str]]:
    """What a browser would send of the page's document."""
    parser = _Fields()
    parser.feed(page[page.index('id="doc"') : page.index("</form>", page.index('id="doc"'))])
    return parser.found


def open_desk(*, ready: bool = True) -> Desk:
    """Inside the company's scope: its owner at the screen; `ready`: profile, seal and the simulated PAC are there."""
    company = Company.objects.get(slug="tres-rios")
    client = signed_in(company, "ana@ejemplo.mx")
    owner = User.objects.get(email="ana@ejemplo.mx")
    name = "ABARROTES LA GUERA"
    customer = make_customer(company, name, RECEIVER.rfc, search=fold(f"{name} {RECEIVER.rfc}"))
    if ready:
        with_profile()
        with_seal()
        with_simulated_pac()
        with_fiscal_profile(customer)
    return Desk(company, owner, client, customer)


def found_company() -> Company:
    return issuing_company("tres-rios")
