"""Setting up who issues: the company's data, its seal, its PAC, and how its customers are named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from aldia.issuing.models import FiscalProfile, IssuerProfile, SealCertificate, StamperAccount
from aldia.tenancy.models import AuditEvent, Role, Secret
from aldia.tenancy.scope import company_scope
from aldia.web.views.issuing.settings import plain_name
from tests.capabilities.issuing.pages import BASE, HERE, SET, Desk, found_company, open_desk, signed_in, text_of
from tests.support.issuer import PASSWORD, csd, plant_pac

pytestmark = pytest.mark.django_db
pytest.importorskip("satcfdi", reason="the extra mx is not installed")
ISSUER = {
    "version": "0", "name": "DISTRIBUIDORA TRES RÍOS", "regime": "601", "postal_code": "06700", "invoice_series": "F",
    "credit_note_series": "NC", "debit_note_series": "ND", "complement_series": "P", "complement_mode": "receipt",
    "complement_day": "5", "complements_since": "", "sends_documents": "on",
}  # fmt: skip


@pytest.fixture
def desk(settings: Any, tmp_path: Path) -> Iterator[Desk]:
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DATA_DIR = tmp_path
    with company_scope(found_company().pk):
        yield open_desk(ready=False)


def files(cer: bytes, key: bytes) -> dict[str, Any]:
    return {"cer": SimpleUploadedFile("sello.cer", cer), "key": SimpleUploadedFile("sello.key", key)}


def test_from_nothing_to_ready_step_by_step(desk: Desk, tmp_path: Path) -> None:
    assert "Para empezar a timbrar" in desk.get(HERE)
    page = desk.get(f"{HERE}nueva/?customer={desk.customer.pk}")
    assert "Aún no se puede timbrar" in page
    desk.post(f"{SET}empresa/", **ISSUER)
    pair = csd()
    desk.post(f"{SET}sello/", **files(pair.cer, pair.encrypted_key()), password=PASSWORD)
    plant_pac(tmp_path)
    assert "PAC simulado" in desk.get(f"{SET}pac/")
    desk.get(f"{SET}pac/simulated/")
    desk.post(f"{SET}pac/simulated/")
    page = text_of(desk.get(SET))
    assert "Timbras de prueba" in page
    assert "Para empezar a timbrar" not in text_of(desk.get(HERE))


def test_the_issuer_as_sat_has_it(desk: Desk) -> None:
    page = desk.get(f"{SET}empresa/")
    assert 'value="DISTRIBUIDORA TRES RÍOS"' in page, "proposed from the company's own name"
    wrong = desk.post(f"{SET}empresa/", 422, **ISSUER | {"postal_code": "123"}).content.decode()
    assert "Son cinco dígitos." in wrong
    wrong = desk.post(f"{SET}empresa/", 422, **ISSUER | {"regime": "605"}).content.decode()
    assert "invalid-feedback" in wrong, "a person's régimen does not fit a company"
    desk.post(f"{SET}empresa/", **ISSUER)
    row = IssuerProfile.objects.get()
    assert (row.name, row.invoice_series, row.sends_documents) == ("DISTRIBUIDORA TRES RÍOS", "F", True)
    desk.post(f"{SET}empresa/", 409, **ISSUER | {"version": "7"})
    desk.post(f"{SET}empresa/", **ISSUER | {"version": str(row.version), "invoice_series": "G"})
    assert IssuerProfile.objects.get().invoice_series == "G"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Distribuidora Tres Ríos, S.A. de C.V.", "DISTRIBUIDORA TRES RÍOS"),
        ("Peña y Asociados S.C.", "PEÑA Y ASOCIADOS"),
        ("Ana Ruiz", "ANA RUIZ"),
    ],
)
def test_the_plain_name(given: str, wanted: str) -> None:
    assert plain_name(given) == wanted


def test_a_seal_goes_in_and_nothing_of_it_comes_out(desk: Desk) -> None:
    pair = csd()
    key = pair.encrypted_key()
    path = f"{SET}sello/"
    wrong = desk.post(path, 422, **files(pair.cer, key), password="otra-clave-7Q").content.decode()
    assert "otra-clave-7Q" not in wrong
    assert "invalid-feedback" in wrong
    desk.post(path, 422, **files(b"x", key), password=PASSWORD)
    desk.post(path, 422, **files(pair.cer, b"x" * 70_000), password=PASSWORD)
    desk.post(path, 422, password=PASSWORD)
    assert not SealCertificate.objects.exists()
    desk.post(path, **files(pair.cer, key), password=PASSWORD)
    row = SealCertificate.objects.get()
    page = desk.get(path)
    assert row.number in page
    assert PASSWORD not in page
    assert PASSWORD not in str(list(AuditEvent.objects.values_list("detail", flat=True)))
    desk.post(f"{path}{row.pk}/quitar/")
    assert SealCertificate.objects.get().revoked_at is not None
    assert not Secret.objects.filter(kind="csd").exists()


def test_a_pac_is_filled_in_tried_and_put_away(desk: Desk) -> None:
    path = f"{SET}pac/"
    page = desk.get(path)
    assert "Nadie la ha probado" not in page
    desk.get(f"{path}nadie/", 404)
    desk.post(f"{path}swsapien/", 422, mode="")
    desk.get(f"{path}swsapien/")
    desk.post(f"{path}simulated/")
    account = StamperAccount.objects.get(disabled_at__isnull=True)
    assert account.is_test, "what is simulated is never said to be real"
    desk.post(f"{path}probar/")
    assert "Funciona" in desk.get(path)
    desk.post(f"{path}quitar/")
    assert not StamperAccount.objects.filter(disabled_at__isnull=True).exists()
    desk.post(f"{path}probar/")
    assert "Falta la cuenta del PAC" in text_of(desk.get(path))


def test_only_owners_and_administrators_set_it_up(desk: Desk) -> None:
    finance = signed_in(desk.company, "finanzas@ejemplo.mx", Role.FINANCE)
    for path in ("", "empresa/", "sello/", "pac/", "pac/simulated/"):
        assert finance.get(f"{SET}{path}").status_code == 403
    page = finance.get(HERE).content.decode()
    assert "Lo configura una persona dueña" in page
    assert finance.get(f"{HERE}nueva/?customer={desk.customer.pk}").status_code == 200


def test_a_customer_is_named_as_sat_has_it(desk: Desk) -> None:
    path = f"{BASE}/clientes/{desk.customer.pk}/datos-fiscales/"
    assert "Con qué datos se le factura" in desk.get(path)
    given = {"version": "0", "name": "ABARROTES LA GUERA", "postal_code": "44100", "regime": "601", "use": "G03"}
    desk.post(f"{path}guardar/", 422, **given | {"postal_code": "1"})
    desk.post(f"{path}guardar/", 422, **given | {"use": "D01"})
    desk.post(f"{path}guardar/", **given)
    row = FiscalProfile.objects.get()
    assert (row.regime, row.is_confirmed) == ("601", True)
    assert "Confirmados" in desk.get(path)
    desk.post(f"{path}guardar/", 409, **given | {"name": "OTRO", "version": "9"})
    auditor = signed_in(desk.company, "auditor@ejemplo.mx", Role.AUDITOR)
    assert auditor.get(path).status_code == 200
    assert auditor.post(f"{path}guardar/", given).status_code == 403


def test_a_seal_about_to_end_is_said(desk: Desk) -> None:
    pair = csd()
    desk.post(f"{SET}sello/", **files(pair.cer, pair.encrypted_key()), password=PASSWORD)
    SealCertificate.objects.update(valid_to=datetime.now(UTC).replace(microsecond=0))
    assert "Para empezar a timbrar" in desk.get(HERE)
