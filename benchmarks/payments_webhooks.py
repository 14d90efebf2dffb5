"""Notices of providers taken per second by the whole WSGI stack: middleware, limit, signature, row, job, answer."""

from __future__ import annotations

import io
import json
import time
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connection

from aldia.integrations.payments.sandbox import Sandbox
from aldia.payments import providers
from aldia.payments.models import InboxEvent, ProviderAccount
from aldia.payments.operations.provider_accounts import Details, create_account
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from aldia.web import clock

SECRET = "prueba_para-medir-cuanto-tarda"  # of a provider that moves no money
WARM = 100


def run(size: int = 2_000) -> dict[str, object]:
    """CPU and wall time of `size` notices, all different, each signed; all must be kept. One process."""
    company = Company.objects.create(slug="avisos", legal_name="Avisos", tax_id="AVI010203AB1")
    with company_scope(company.pk):
        details = Details("Prueba", secrets={"webhook_secret": SECRET})
        account = create_account(provider="sandbox", details=details, actor=None)
        adapter = providers.build(account)
    assert isinstance(adapter, Sandbox)
    application = get_wsgi_application()
    requests = [_request(account, adapter, number) for number in range(size + WARM)]
    statuses = [_send(application, each) for each in requests[:WARM]]
    wall, cpu = time.perf_counter(), time.process_time()
    statuses += [_send(application, each) for each in requests[WARM:]]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with company_scope(company.pk):
        kept = InboxEvent.objects.count()
    return {
        "engine": connection.vendor,
        "notices": size,
        "accepted": statuses.count("200 OK"),
        "kept": kept,
        "cpu_ms_each": round(1000 * cpu / size, 2),
        "per_second_wall": round(size / wall),
        "per_second_cpu": round(size / cpu),
    }


def _request(account: ProviderAccount, adapter: Sandbox, number: int) -> dict[str, Any]:
    headers, body = adapter.sign_notice(
        event_id=f"evt_{number:032x}", kind="payment.succeeded", provider_id=f"pago_{number:032x}", now=clock.now()
    )
    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {
        "REQUEST_METHOD": "POST", "PATH_INFO": providers.hook_path(account), "QUERY_STRING": "", "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "443", "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "https",
        "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False, **given,
    }  # fmt: skip


def _send(application: Any, environ: dict[str, Any]) -> str:
    said: list[str] = []
    answer = application(environ, lambda status, _headers, _error=None: said.append(status))
    body = b"".join(answer)
    answer.close()
    if not said[0].startswith("200"):
        said[0] += f" {body[:200]!r}"
    json.loads(body)
    return said[0]
