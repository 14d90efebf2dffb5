"""The company's seal: checked when it comes in, opened for signing only, destroyed when it is revoked."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from aldia.customers.operations.versions import NotThere, Refused
from aldia.integrations.stamping.certificates import Holder, make_credentials
from aldia.issuing.models import SealCertificate
from aldia.issuing.operations import seals
from aldia.issuing.operations.seals import NoSeal
from aldia.tenancy.models import AuditEvent, Company, Secret
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from tests.support.issuer import ISSUER, NOW, PASSWORD, csd, issuing_company, with_seal


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = issuing_company()
    with company_scope(company.pk):
        yield company


def test_a_seal_is_kept_and_opens_to_sign(company: Company) -> None:
    row = with_seal()
    assert (row.tax_id, row.number, bytes(row.certificate)) == (ISSUER.rfc, csd().number, csd().cer)
    assert (row.valid_from, row.valid_to) == (datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 12, 31, tzinfo=UTC))
    pair = seals.open_seal(purpose="stamp", now=NOW, about="F1")
    assert pair.sign(b"x") == seals.open_seal(purpose="stamp", now=NOW).sign(b"x")
    uses = AuditEvent.objects.filter(verb="issuing.seal_used").order_by("seq")
    assert [use.detail["about"] for use in uses] == ["F1", ""]
    assert uses[0].detail["purpose"] == "stamp"


def test_neither_key_nor_password_is_anywhere_in_the_clear(company: Company) -> None:
    row = with_seal()
    key = csd().encrypted_key()
    secret = Secret.objects.get(pk=row.secret_id)
    kept = b"".join(bytes(each) for each in (secret.ciphertext, secret.wrapped_key, row.certificate))
    assert key not in kept
    assert PASSWORD.encode() not in kept
    assert base64.b64encode(key) not in kept
    for event in AuditEvent.objects.all():
        assert PASSWORD not in str(event.detail)
    assert PASSWORD not in repr(seals.open_seal(purpose="stamp", now=NOW))


@pytest.mark.parametrize(
    ("case", "field", "words"),
    [
        ("password", "key", "revisa"),
        ("empty", "password", "contraseña"),
        ("cer", "cer", "no es un certificado"),
        ("key", "key", "No se pudo abrir"),
        ("pair", "key", "no corresponde"),
        ("efirma", "cer", "Es una e.firma"),
        ("other", "cer", "otro RFC"),
        ("expired", "cer", "ya venció"),
        ("early", "cer", "todavía no está vigente"),
        ("film", "cer", "2 kB"),
    ],
)
def test_what_is_not_the_companys_seal_is_refused_with_its_field(
    case: str, field: str, words: str, company: Company
) -> None:
    own = csd()
    family = make_credentials(company=Holder("EKU9003173C9", "OTRA"), valid_from=date(2025, 1, 1))
    mine = make_credentials(company=Holder(ISSUER.rfc, "YO"), valid_from=date(2025, 1, 1))
    cer, key, password, now = own.cer, own.encrypted_key(), PASSWORD, NOW
    if case == "password":
        password = "otra"
    elif case == "empty":
        password = ""
    elif case == "cer":
        cer = b"hola"
    elif case == "key":
        key = b"hola"
    elif case == "pair":
        key = mine.seals[ISSUER.rfc].encrypted_key()
    elif case == "efirma":
        cer, key = mine.efirma.cer, mine.efirma.encrypted_key()
    elif case == "other":
        cer, key = family.seals["EKU9003173C9"].cer, family.seals["EKU9003173C9"].encrypted_key()
    elif case == "expired":
        now = datetime(2029, 1, 1, tzinfo=UTC)
    elif case == "early":
        now = datetime(2024, 12, 31, tzinfo=UTC)
    else:
        cer = bytes(100_000)
    with pytest.raises(Refused, match=words) as caught:
        seals.save_seal(cer=cer, key=key, password=password, now=now, actor=None)
    assert caught.value.field == field
    assert not SealCertificate.objects.exists()
    assert not Secret.objects.exists()


def test_the_same_seal_again_takes_its_own_place(company: Company) -> None:
    first = with_seal()
    again = with_seal()
    assert (again.pk, again.secret_id) == (first.pk, first.secret_id)
    assert SealCertificate.objects.count() == Secret.objects.count() == 1


def test_a_revoked_seal_is_destroyed_and_signs_no_more(company: Company) -> None:
    row = with_seal()
    seals.revoke(seal_id=row.pk, now=NOW, actor=None)
    assert not Secret.objects.exists()
    with pytest.raises(NoSeal, match="Falta el sello"):
        seals.open_seal(purpose="stamp", now=NOW)
    seals.revoke(seal_id=row.pk, now=NOW + timedelta(days=1), actor=None)
    row.refresh_from_db()
    assert row.revoked_at == NOW
    with_seal()  # and can be brought again
    assert seals.open_seal(purpose="stamp", now=NOW).tax_id == ISSUER.rfc


def test_the_newest_seal_in_force_is_used(company: Company) -> None:
    with_seal()
    newer = make_credentials(company=Holder(ISSUER.rfc, "YO"), valid_from=date(2026, 6, 1)).seals[ISSUER.rfc]
    row = seals.save_seal(cer=newer.cer, key=newer.encrypted_key(), password=PASSWORD, now=NOW, actor=None)
    assert seals.current_seal(NOW) == row
    assert seals.open_seal(purpose="stamp", now=NOW).certificate == newer.cer


def test_an_expired_seal_says_so(company: Company) -> None:
    with_seal()
    with pytest.raises(NoSeal, match="ya venció"):
        seals.open_seal(purpose="stamp", now=datetime(2029, 6, 1, tzinfo=UTC))


def test_a_seal_of_another_company_is_not_there(company: Company) -> None:
    row = with_seal()
    with company_scope(make_company(slug="otra").pk):
        with pytest.raises(NotThere):
            seals.revoke(seal_id=row.pk, now=NOW, actor=None)
        with pytest.raises(NoSeal):
            seals.open_seal(purpose="stamp", now=NOW)


def test_what_was_altered_at_rest_does_not_open_and_says_what_to_do(company: Company) -> None:
    row = with_seal()
    secret = Secret.objects.get(pk=row.secret_id)
    Secret.objects.filter(pk=secret.pk).update(ciphertext=bytes(secret.ciphertext)[:-1] + b"\x00")
    with pytest.raises(NoSeal, match="vuelve a subirlo"):
        seals.open_seal(purpose="stamp", now=NOW)
