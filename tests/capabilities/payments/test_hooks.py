"""The address that providers call: what is signed and fresh is kept once, whatever else leaves no row (T22)."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aldia.domain.money import Money
from aldia.jobs.payments import process_inbox
from aldia.payments import providers
from aldia.payments.models import InboxEvent, PaymentAttempt, ProviderAccount
from aldia.payments.operations import sandbox
from aldia.payments.operations.attempts import start
from aldia.payments.operations.provider_accounts import Details, create_account, disable_account
from aldia.payments.operations.sandbox import Wish
from aldia.queue.models import Job
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from aldia.web.views import payment_hooks
from tests.cast import make_company, make_customer
from tests.support.paying import broken

pytestmark = pytest.mark.django_db
SECRET = "whsec_los-avisos-de-esta-prueba"
HEADERS = {"sandbox": "aldia-prueba-signature", "stripe": "stripe-signature"}
BODIES: dict[str, dict[str, Any]] = {
    "sandbox": {
        "id": "evt_1", "type": "payment.succeeded", "created": 1, "data": {"object": {"id": "pago_1", "key": ""}},
    },
    "stripe": {
        "id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1,
        "data": {"object": {"id": "cs_test_1", "object": "checkout.session", "metadata": {"aldia_key": "x"}}},
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    settings.ALLOWED_HOSTS = ["testserver"]


@dataclass
class Hook:
    """An account, and what its provider would send."""

    account: ProviderAccount
    provider: str

    @property
    def body(self) -> bytes:
        return json.dumps(BODIES[self.provider], separators=(",", ":")).encode()

    @property
    def path(self) -> str:
        return reverse("payment_hook", args=[self.account.company_id, self.account.hook_token])

    def signed(self, body: bytes | None = None, *, at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
        seconds = str(int((at or clock.now()).timestamp()))
        text = seconds.encode() + b"." + (self.body if body is None else body)
        return {HEADERS[self.provider]: f"t={seconds},v1={hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}"}

    def post(self, body: bytes, headers: dict[str, str], path: str = "") -> int:
        sent = Client(raise_request_exception=False).post(
            path or self.path, body, content_type="application/json", headers=headers
        )  # fmt: skip
        return sent.status_code

    def rows(self) -> int:
        with company_scope(self.account.company_id):
            return InboxEvent.objects.count()


def account_of(company: Company, provider: str, secret: str = SECRET) -> ProviderAccount:
    secrets = {"webhook_secret": secret} | (
        {"secret_key": "sk_test_x", "api_key": "sk_test_x"} if provider == "stripe" else {}
    )
    with company_scope(company.pk):
        return create_account(provider=provider, details=Details("Cuenta", secrets=secrets), actor=None)


@pytest.fixture(params=["sandbox", "stripe"])
def hook(request: pytest.FixtureRequest) -> Hook:
    return Hook(account_of(make_company(), request.param), request.param)


def test_a_signed_notice_is_kept_once_however_often_it_comes(hook: Hook) -> None:
    for _turn in range(3):
        assert hook.post(hook.body, hook.signed()) == 200
    assert hook.rows() == 1
    with company_scope(hook.account.company_id):
        event = InboxEvent.objects.get()
        assert (event.event_id, event.body.encode(), event.processed_at) == ("evt_1", hook.body, None)
        assert HEADERS[hook.provider] in event.headers
        assert Job.objects.filter(task_path=process_inbox.module_path).count() == 1


def test_the_evidence_holds_no_password(hook: Hook) -> None:
    hook.post(hook.body, hook.signed() | {"Authorization": "Basic YTpi", "Cookie": "sessionid=x"})
    with company_scope(hook.account.company_id):
        assert {"authorization", "cookie"} & set(InboxEvent.objects.get().headers) == set()


FORGERIES: dict[str, Callable[[Hook], tuple[bytes, dict[str, str]]]] = {
    "no-signature": lambda hook: (hook.body, {}),
    "nonsense": lambda hook: (hook.body, {HEADERS[hook.provider]: "t=,v1="}),
    "other-secret": lambda hook: (hook.body, hook.signed(secret="whsec_de-otro")),
    "old": lambda hook: (hook.body, hook.signed(at=clock.now() - timedelta(minutes=6))),
    "future": lambda hook: (hook.body, hook.signed(at=clock.now() + timedelta(minutes=6))),
    "one-byte": lambda hook: (hook.body.replace(b"evt_1", b"evt_2"), hook.signed()),
    "written-again": lambda hook: (json.dumps(BODIES[hook.provider], indent=1).encode(), hook.signed()),
    "sorted-again": lambda hook: (
        json.dumps(BODIES[hook.provider], sort_keys=True, separators=(",", ":")).encode(),
        hook.signed(),
    ),
    "a-space-more": lambda hook: (hook.body + b" ", hook.signed()),
}


@pytest.mark.parametrize("forgery", list(FORGERIES))
def test_what_is_forged_or_stale_leaves_no_row(hook: Hook, forgery: str) -> None:
    body, headers = FORGERIES[forgery](hook)
    assert hook.post(body, headers) == 403
    assert hook.rows() == 0
    assert hook.post(hook.body, hook.signed()) == 200  # the control: the same, unspoilt
    assert hook.rows() == 1


def test_the_secret_of_another_company_opens_nothing_here(hook: Hook) -> None:
    other = account_of(make_company(tax_id="OTR010203AB1"), hook.provider, "whsec_de-la-otra")
    assert hook.post(hook.body, hook.signed(secret="whsec_de-la-otra")) == 403
    strange = reverse("payment_hook", args=[other.company_id, hook.account.hook_token])
    assert hook.post(hook.body, hook.signed(), path=strange) == 404
    assert hook.rows() == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff\xfe", b'{"id": NaN}', b'{"id":"evt_9"}'])
def test_what_cannot_be_read_is_refused_though_signed(hook: Hook, body: bytes) -> None:
    status = hook.post(body, hook.signed(body))
    assert status in (200, 400)
    assert hook.rows() == 0


def test_too_much_is_not_read(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payment_hooks, "MAX_BYTES", 10)
    assert hook.post(hook.body, hook.signed()) == 413
    assert hook.rows() == 0


def test_no_such_address(hook: Hook) -> None:
    for path in (
        reverse("payment_hook", args=[hook.account.company_id, "otro"]),
        reverse("payment_hook", args=[uuid.uuid4(), hook.account.hook_token]),
    ):
        assert hook.post(hook.body, hook.signed(), path=path) == 404
    assert Client().get(hook.path).status_code == 204
    assert Client().put(hook.path).status_code == 405


def test_an_account_that_is_off_still_hears_what_it_was_asked(hook: Hook) -> None:
    with company_scope(hook.account.company_id):
        disable_account(account_id=hook.account.pk, version=hook.account.version, actor=None)
    assert hook.post(hook.body, hook.signed()) == 200
    assert hook.rows() == 1


def test_secrets_that_do_not_open_make_the_provider_come_back(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_account: ProviderAccount) -> Any:
        raise providers.NoProvider("no abre")

    monkeypatch.setattr(providers, "revealed", closed)
    assert hook.post(hook.body, hook.signed()) == 503
    assert hook.rows() == 0


def test_the_whole_road_from_the_page_of_the_provider_to_the_books() -> None:
    """The test provider's real notices, over the real address, answered by the real job."""
    company = make_company()
    account = account_of(company, "sandbox")
    with company_scope(company.pk):
        customer = make_customer(company)
        attempt = start(
            customer_id=customer.pk, account_id=account.pk, method="card", amount=Money(500_00, "MXN"), chosen={},
            key=uuid.uuid4(), return_url="https://aldia.example/", base_url="https://aldia.example", now=clock.now(),
        )  # fmt: skip
        row = sandbox.act(provider_id=attempt.provider_id, wish=Wish("pay"), now=clock.now())
        adapter = providers.build(account)
        told = {"id": row.notices[-1]["id"], "kind": row.notices[-1]["kind"]}
        headers, body = adapter.sign_notice(  # type: ignore[attr-defined]
            event_id=told["id"], kind=told["kind"], provider_id=row.provider_id, key=row.key, now=clock.now()
        )
    hook = Hook(account, "sandbox")
    for _turn in range(3):
        assert hook.post(body, dict(headers)) == 200
    with company_scope(company.pk):
        assert process_inbox.call() == 1
        assert process_inbox.call() == 0
        attempt = PaymentAttempt.objects.get()
        event = InboxEvent.objects.get()
        assert (attempt.state, attempt.posted, event.attempt) == ("succeeded", 500_00, attempt)
        assert attempt.posted_fee == attempt.fee > 0
        assert broken() == []
