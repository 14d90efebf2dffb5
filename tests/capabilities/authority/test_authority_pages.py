"""The pages of the connection with SAT, as people use them, against a SAT that verifies what is signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from aldia.authority.models import AuthorityConnection, ListedDocument, SyncRequest, SyncRun
from aldia.authority.operations import runs, statuses
from aldia.domain.ports.tax import AuthorityFailure, DocumentStatus
from aldia.integrations.stamping.certificates import DEMO_PASSWORD, Credentials, Holder, make_credentials
from aldia.queue.models import Job
from aldia.tenancy.models import Company, Membership, Role, Secret, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import Papers, make_company, make_customer, make_user
from tests.support.fake_sat import FakeSat, Held, serving

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
BASE = "/e/tres-rios"
SAT = f"{BASE}/sat/"
RFC, OTHER = "DTR010203AB1", "ALG010203AB2"
PASSWORD = DEMO_PASSWORD.decode()
HOSTILE = '"><img src=x onerror=alert(1)>'
UUID = "129C4D12-1415-4ACE-BE12-34E71C4EAB4E"


@cache
def credentials(rfc: str) -> Credentials:
    return make_credentials(
        company=Holder(rfc, "Distribuidora Tres Ríos"), valid_from=date.today() - timedelta(days=90)
    )


@dataclass
class Desk:
    company: Company
    owner: User
    client: Client
    sat: FakeSat

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, path
        return str(answer.content.decode())

    def post(self, path: str, status: int = 302, **data: Any) -> str:
        answer = self.client.post(path, data)
        content = str(answer.content.decode())
        assert answer.status_code == status, (path, content[:2000])
        return content

    def connects(self, status: int = 302, **more: Any) -> str:
        return self.post(f"{SAT}conectar/", status, **{**form(), **more})

    def connected(self) -> AuthorityConnection:
        self.connects()
        AuthorityConnection.objects.update(settings=self.sat.settings)
        return AuthorityConnection.objects.get()

    def steps(self) -> None:
        """The worker comes by until nothing moves any more."""
        for _round in range(6):
            self.sat.passes(minutes=30)
            runs.step(now=lambda: self.sat.now, today=self.sat.local.date(), take_in=lambda _batch: None)


def form(who: str = RFC, **more: Any) -> dict[str, Any]:
    efirma = credentials(who).efirma
    return {
        "cer": SimpleUploadedFile("efirma.cer", efirma.cer), "password": PASSWORD, "interval_days": "3",
        "key": SimpleUploadedFile("efirma.key", efirma.encrypted_key()), "wants_issued": "on",
        "wants_received": "on", "since": f"{date.today() - timedelta(days=40)}", **more,
    }  # fmt: skip


@pytest.fixture
def desk(settings: Any) -> Iterator[Desk]:
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    company = make_company(slug="tres-rios", tax_id=RFC)
    owner = make_user("dueña@ejemplo.mx", company)
    with company_scope(company.pk), serving(FakeSat(datetime.now(UTC))) as sat:
        sat.trust(credentials(RFC))
        yield Desk(company, owner, signed_in(owner), sat)


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend=BACKEND)
    return client


def test_who_is_not_connected_is_told_what_it_is_for(desk: Desk) -> None:
    page = desk.get(SAT)
    assert "Conecta la e.firma de la empresa" in page
    assert f"{SAT}conectar/" in page
    for path in ("sincronizaciones/", "por-traer/"):
        desk.get(SAT + path)
    desk.post(f"{SAT}sincronizar/")
    desk.post(f"{SAT}pedir/", uuid=UUID)
    assert "no tiene su e.firma conectada" in desk.get(SAT)
    assert not SyncRun.objects.exists()
    assert desk.client.get(f"{SAT}cambiar/").status_code == 302
    desk.post(f"{SAT}quitar/", version="1")


def test_connecting_starts_the_first_run_and_shows_nothing_secret(desk: Desk) -> None:
    desk.connects()
    row = AuthorityConnection.objects.get()
    assert (row.tax_id, row.interval_days, row.created_by) == (RFC, 3, desk.owner)
    assert SyncRun.objects.get().trigger == "first"
    assert Job.objects.filter(task_path__endswith="step_sync").exists()
    pages = [desk.get(SAT + each) for each in ("", "conectar/", "cambiar/", "sincronizaciones/", "por-traer/")]
    assert row.number in pages[0]
    assert "La primera sincronización ya empezó" in pages[0]
    for page in pages:
        assert PASSWORD not in page
        assert 'type="password" name="password" value' not in page
    desk.post(f"{SAT}sincronizar/")
    assert "Ya hay una sincronización en curso" in desk.get(SAT)


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"password": "otra-contraseña-9"}, "revisa que sea el archivo .key y la contraseña"),
        ({"password": ""}, "Este campo es obligatorio"),
        ({"since": "2001-01-01"}, "seis años"),
        ({"since": "pronto"}, "fecha"),
        ({"interval_days": "31"}, "30"),
        ({"interval_days": "a"}, "entero"),
        ({"wants_issued": "", "wants_received": ""}, "emitidos, los recibidos o ambos"),
    ],
)  # fmt: skip
def test_what_is_typed_wrong_is_said_at_its_field(desk: Desk, what: dict[str, str], sentence: str) -> None:
    page = desk.connects(422, **what)
    assert sentence in page
    assert what.get("password", PASSWORD) not in page or not what.get("password", PASSWORD)
    assert not AuthorityConnection.objects.exists()
    assert not Secret.objects.exists()


@pytest.mark.parametrize(
    ("which", "sentence"),
    [
        ("seal", "Es un sello digital (CSD) y aquí va la e.firma."),
        ("other", "es de otro RFC"),
        ("mixed", "no corresponde al certificado"),
        ("swapped", "no es un certificado del SAT"),
        ("empty", "Falta este archivo"),
        ("huge", "es demasiado grande"),
        ("none", "Este campo es obligatorio"),
    ],
)
def test_wrong_files_are_said_in_a_sentence(desk: Desk, which: str, sentence: str) -> None:
    good, seal, other = credentials(RFC).efirma, credentials(RFC).seals[RFC], credentials(OTHER).efirma
    cer, key = {
        "seal": (seal.cer, seal.encrypted_key()), "other": (other.cer, other.encrypted_key()),
        "mixed": (good.cer, other.encrypted_key()), "swapped": (good.encrypted_key(), good.cer),
        "empty": (b"", good.encrypted_key()), "huge": (bytes(70_000), good.encrypted_key()), "none": (b"", b""),
    }[which]  # fmt: skip
    files: dict[str, Any] = {"cer": SimpleUploadedFile("a.cer", cer), "key": SimpleUploadedFile("a.key", key)}
    page = desk.connects(422, **files) if which != "none" else desk.post(f"{SAT}conectar/", 422, password=PASSWORD)
    assert sentence in page
    assert PASSWORD not in page
    assert not Secret.objects.exists()


def test_a_run_is_seen_from_its_first_question_to_its_documents(desk: Desk) -> None:
    desk.sat.list(
        Held(UUID, OTHER, RFC, desk.sat.local - timedelta(days=3), issuer_name=HOSTILE, amount="1160.50", xml=b"<x/>")
    )
    desk.connected()
    run = SyncRun.objects.get()
    bar = desk.client.get(f"{SAT}sincronizaciones/{run.pk}/avance/")
    assert "HX-Refresh" not in bar.headers
    assert 'hx-trigger="every 5s"' in bar.content.decode()
    page = desk.get(f"{SAT}sincronizaciones/{run.pk}/")
    for what in (
        "XML emitidos",
        "XML recibidos",
        "Listado de emitidos",
        "Listado de recibidos",
        "Por pedir",
        "Detener",
    ):
        assert what in page
    desk.steps()
    page = desk.get(f"{SAT}sincronizaciones/{run.pk}/")
    assert "El SAT no tiene documentos de ese periodo." in page
    assert "(5004)" in page
    bar = desk.client.get(f"{SAT}sincronizaciones/{run.pk}/avance/")
    desk.get(f"{SAT}sincronizaciones/?state=done")
    run.refresh_from_db()
    assert ("HX-Refresh" in bar.headers) == (run.state != "running")


def test_what_is_missing_is_shown_and_asked_for(desk: Desk) -> None:
    desk.connected()
    SyncRun.objects.all().delete()
    key = "00000001-0000-4000-8000-000000000000"
    rows = [missing(desk, number, issuer_name=HOSTILE) for number in (1, 2, 3)]
    page = desk.get(f"{SAT}por-traer/")
    assert key in page
    assert HOSTILE not in page
    assert escape(HOSTILE) in page
    assert "1,160.50" in page
    desk.post(f"{SAT}pedir/", uuid=key, back="missing")
    desk.post(f"{SAT}por-traer/pedir/", id=[str(row.pk) for row in rows])
    assert SyncRequest.objects.exclude(uuid="").count() == 3
    page = desk.get(f"{SAT}por-traer/")
    assert page.count("Pedido") == 3
    assert "Se pidieron 2 documentos al SAT." in page
    assert "Ese documento ya se está pidiendo." in page
    desk.post(f"{SAT}pedir/", uuid="nada")
    assert "no es un folio fiscal" in desk.get(SAT)
    for query in (
        "q=algo",
        "q=" + key[:8],
        "direction=received",
        "type=I",
        "from=2020-01-01",
        "until=2020-01-01",
        "from=x",
    ):
        desk.get(f"{SAT}por-traer/?{query}")


def missing(desk: Desk, number: int, **fields: Any) -> ListedDocument:
    now = desk.sat.now
    return ListedDocument.objects.create(
        company=desk.company, key=f"{number:08X}-0000-4000-8000-000000000000", direction="received",
        issuer_tax_id=OTHER, receiver_tax_id=RFC, type_code="I", issued_at=now, amount="1160.50", listed_at=now,
        missing_since=now, **fields,
    )  # fmt: skip


def test_fifty_missing_cost_as_many_queries_as_two(desk: Desk) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            database,
        ) as queries:
            desk.get(f"{SAT}por-traer/")
        return len(queries)

    desk.connected()
    [missing(desk, number) for number in (1, 2)]
    asked()
    few = asked()
    [missing(desk, number) for number in range(3, 60)]
    assert asked() <= few + 1


def test_changing_stopping_and_revoking(desk: Desk) -> None:
    row = desk.connected()
    run = SyncRun.objects.get()
    desk.post(f"{SAT}sincronizaciones/{run.pk}/detener/")
    desk.post(f"{SAT}sincronizaciones/{run.pk}/detener/")
    assert "Esa sincronización ya terminó." in desk.get(f"{SAT}sincronizaciones/{run.pk}/")
    desk.post(f"{SAT}sincronizar/")
    assert SyncRun.objects.filter(state="running", asked_by=desk.owner).count() == 1
    wishes = {"interval_days": "7", "wants_issued": "on", "version": str(row.version)}
    desk.post(f"{SAT}cambiar/", 422, **{**wishes, "interval_days": "0"})
    desk.post(f"{SAT}cambiar/", **wishes)
    desk.post(f"{SAT}cambiar/", 409, **wishes)
    row.refresh_from_db()
    assert (row.interval_days, row.wants_issued, row.wants_received) == (7, True, False)
    desk.post(f"{SAT}quitar/", 409, version="1000")
    desk.post(f"{SAT}quitar/", version=str(row.version))
    assert not Secret.objects.exists()
    assert "Conecta la e.firma de la empresa" in desk.get(SAT)


def test_trouble_and_the_end_of_the_efirma_are_said(desk: Desk) -> None:
    desk.connected()
    AuthorityConnection.objects.update(trouble="El SAT no acepta el certificado.")
    assert "El SAT no acepta el certificado." in desk.get(SAT)
    AuthorityConnection.objects.update(trouble="", valid_to=datetime.now(UTC) + timedelta(days=9))
    assert "está por vencer" in desk.get(SAT)
    AuthorityConnection.objects.update(valid_to=datetime.now(UTC))
    page = desk.get(SAT)
    assert "La e.firma venció." in page
    assert "Sincronizar ahora" not in page


@pytest.mark.parametrize(
    ("role", "sees", "asks", "manages"),
    [(Role.ADMIN, True, True, True), (Role.FINANCE, True, True, False), (Role.AUDITOR, True, False, False),
     (Role.COLLECTOR, True, False, False)],
)  # fmt: skip
def test_who_may_do_what(desk: Desk, role: str, sees: bool, asks: bool, manages: bool) -> None:
    desk.connected()
    SyncRun.objects.all().delete()
    desk.client = signed_in(make_user(f"{role}@ejemplo.mx", desk.company, role))
    page = desk.get(SAT, 200 if sees else 403)
    assert ("Sincronizar ahora" in page) == asks
    assert ("Quitar" in page) == manages
    assert ("Pedir al SAT" in page) == asks
    desk.get(f"{SAT}conectar/", 200 if manages else 403)
    desk.post(f"{SAT}sincronizar/", 302 if asks else 403)


def test_who_sees_only_the_own_portfolio_sees_nothing_of_it(desk: Desk) -> None:
    user = make_user("cobradora@ejemplo.mx", desk.company, Role.COLLECTOR)
    Membership.objects.filter(user=user).update(own_portfolio_only=True)
    desk.client = signed_in(user)
    for path in ("", "sincronizaciones/", "por-traer/"):
        desk.get(SAT + path, 403)


@pytest.mark.parametrize("ahead", [0, 1], ids=["of today", "of tomorrow, in a zone ahead"])
def test_a_document_is_asked_about_from_its_page(desk: Desk, monkeypatch: pytest.MonkeyPatch, ahead: int) -> None:
    customer = make_customer(desk.company)
    document = Papers(desk.company, customer).invoice(116_000, clock.today(desk.company) + timedelta(days=ahead))
    path = f"{BASE}/documentos/{document.pk}/"
    assert "Nunca se le ha preguntado al SAT" in desk.get(path)
    found, gone = "S - Comprobante obtenido satisfactoriamente.", "N - 602: Comprobante no encontrado."
    answers: list[DocumentStatus | AuthorityFailure] = [
        AuthorityFailure("no_answer", "El SAT no contestó a tiempo."),
        DocumentStatus(gone, "No Encontrado"),
        DocumentStatus(found, "Vigente", "Cancelable con aceptación", "En proceso", "100"),
        DocumentStatus(found, "Cancelado", "", HOSTILE, "200"),
    ]
    monkeypatch.setattr(statuses, "_expression", lambda _document: statuses._Expression(RFC, OTHER, "1160", ""))

    class Told:
        def __init__(self, _settings: object) -> None:
            pass

        def status(self, **_asked: str) -> DocumentStatus:
            answer = answers.pop(0)
            if isinstance(answer, AuthorityFailure):
                raise answer
            return answer

    monkeypatch.setattr(statuses.registry, "tax_authority", lambda _name: Told)
    for sentence in ("no contestó a tiempo", "no lo encuentra", "está vigente", "está cancelado"):
        desk.post(f"{path}consultar/")
        page = desk.get(path)
        assert sentence in page
    document.refresh_from_db()
    assert (document.status, document.cancelled_on) == ("cancelled", document.issued_on)
    assert escape(HOSTILE) in page
    assert "Consultas anteriores" in page
    assert "En proceso" in page
