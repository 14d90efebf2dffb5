"""Pages of bank accounts and statements: upload, preview, questions, import, doubts, undo, and what goes wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from aldia.banking.models import BankAccount, BankMovement, ColumnMapping, Match, StatementFile, StatementImport
from aldia.banking.operations.accounts import Details, create_account
from aldia.tenancy.models import Company, Membership, Role
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.support.statements import Line, csv_of

pytestmark = pytest.mark.django_db
BASE = "/e/norte/bancos/"
UPLOAD = f"{BASE}subir/"
LINES: list[Line] = [
    (date(2026, 11, 2), "SPEI RECIBIDO ALFA", 116_000_00),
    (date(2026, 11, 3), "COMISION", -8_00),
    (date(2026, 11, 4), "SPEI RECIBIDO BETA", 58_000_00),
    (date(2026, 11, 17), "SPEI RECIBIDO GAMMA", 1_160_00),
]


@pytest.fixture
def company(db: None, settings: Any) -> Iterator[Company]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    company = make_company(slug="norte")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def client(company: Company) -> Client:
    return client_of(company, Role.FINANCE)


def client_of(company: Company, role: str) -> Client:
    client = Client()
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    client.force_login(make_user(f"{role}@norte.example", company, role), backend=backend)
    return client


@pytest.fixture
def account(company: Company) -> BankAccount:
    return create_account(details=Details("BBVA pagos", "MXN", "BBVA", "0123456789"), actor=None)


def sent(client: Client, *files: tuple[str, bytes], **fields: Any) -> HttpResponse:
    names = [SimpleUploadedFile(name, data) for name, data in files]
    return client.post(UPLOAD, {"files": names, **fields})


def uploaded(client: Client, data: bytes, name: str = "movimientos.csv", **fields: Any) -> str:
    """The address of the preview of a file."""
    answer = sent(client, (name, data), **fields)
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def imported(client: Client, data: bytes, account: BankAccount, **fields: Any) -> HttpResponse:
    return client.post(f"{uploaded(client, data)}importar/", {"part": 0, "account": account.pk, **fields})


def said(answer: HttpResponse) -> str:
    return answer.content.decode()


def follow(client: Client, answer: HttpResponse) -> str:
    assert answer.status_code == 302, said(answer)
    return said(client.get(answer["Location"]))


# Accounts


def test_the_empty_list_says_what_to_do(client: Client) -> None:
    page = said(client.get(BASE))
    assert "descarga los movimientos en Excel o CSV" in page
    assert UPLOAD in page


def test_an_account_is_made_edited_archived_and_taken_back(client: Client) -> None:
    form = {"name": "Banorte", "currency": "MXN", "country": "MX", "number": "0721 8000 0123 4567 89", "bank": ""}
    page = said(client.post(f"{BASE}nueva/", form))
    assert "dígito de control" in page
    answer = client.post(f"{BASE}nueva/", form | {"number": "072180001234567897"})
    page = follow(client, answer)
    account = BankAccount.objects.get()
    assert (account.bank, account.number) == ("Banorte", "072180001234567897")
    assert "Sin estados de cuenta todavía" in page
    here = answer["Location"]
    changed = form | {"number": "", "name": "Banorte pagos", "version": account.version}
    assert client.post(f"{here}editar/", changed).status_code == 302
    assert client.post(f"{here}editar/", changed).status_code == 409, "somebody else's version"
    assert "Cuentas archivadas" in follow(client, client.post(f"{here}archivar/"))
    client.post(f"{here}activar/")
    assert BankAccount.objects.get().archived_at is None


def test_two_accounts_with_the_same_number_are_refused(client: Client, account: BankAccount) -> None:
    form = {"name": "Otra", "currency": "MXN", "country": "MX", "number": "0123456789"}
    assert "es la cuenta «BBVA pagos»" in said(client.post(f"{BASE}nueva/", form))


# The good road


def test_a_file_is_shown_and_nothing_is_written_until_it_is_imported(client: Client, account: BankAccount) -> None:
    preview = uploaded(client, csv_of(LINES))
    page = said(client.get(preview))
    assert "Comprobado" in page
    assert "3 de 3 comprobaciones" in page
    assert "SPEI RECIBIDO ALFA" in page
    assert "4 nuevos" in page
    assert not BankMovement.objects.exists()
    page = follow(client, client.post(f"{preview}importar/", {"part": 0, "account": account.pk}))
    assert "4 movimientos nuevos" in page
    assert BankMovement.objects.count() == 4
    row = StatementImport.objects.get()
    assert (row.opening, row.closing) == (100_000_00, 100_000_00 + sum(amount for _day, _text, amount in LINES))
    assert "Ya importado" in said(client.get(preview))
    listed = said(client.get(f"{BASE}{account.pk}/"))
    assert "movimientos.csv" in listed
    assert "No faltan días" in listed


def test_the_account_can_be_made_on_the_way(client: Client) -> None:
    preview = uploaded(client, csv_of(LINES))
    new = {"part": 0, "account": "new", "new-name": "Santander", "new-currency": "MXN", "new-country": "MX"}
    follow(client, client.post(f"{preview}importar/", new))
    assert BankMovement.objects.filter(account__name="Santander").count() == 4


def test_the_same_file_again_says_so(client: Client, account: BankAccount) -> None:
    imported(client, csv_of(LINES), account)
    assert "ya estaba importado" in follow(client, imported(client, csv_of(LINES), account))
    assert (BankMovement.objects.count(), StatementImport.objects.count()) == (4, 1)


def test_several_files_at_once_wait_in_a_list(client: Client, account: BankAccount) -> None:
    files = [("a.csv", csv_of(LINES[:2])), ("b.csv", csv_of(LINES[2:])), ("foto.png", b"\x89PNG\r\n\x1a\n" + b"x" * 50)]
    page = follow(client, sent(client, *files, account=account.pk))
    assert "3 archivos listos" in page
    assert "Es un archivo PNG" in page
    assert StatementFile.objects.filter(account=account).count() == 3


def test_what_lies_between_two_statements_is_told(client: Client, account: BankAccount) -> None:
    imported(client, csv_of(LINES[:3]), account)
    imported(client, csv_of(LINES[3:], opening=300_000_00), account)
    page = said(client.get(f"{BASE}{account.pk}/"))
    assert "Faltan días" in page
    assert "$26,008.00" in page


def test_days_without_movements_are_no_gap(client: Client, account: BankAccount) -> None:
    imported(client, csv_of(LINES[:3]), account)
    imported(client, csv_of(LINES[3:], opening=273_992_00), account)
    assert "No faltan días" in said(client.get(f"{BASE}{account.pk}/"))


# What the file leaves open


def test_a_partial_proof_asks_for_a_confirmation(client: Client, account: BankAccount) -> None:
    torn = csv_of(LINES).split(b"\r\n")
    data = b"\r\n".join([*torn[:2], *torn[3:]])
    preview = uploaded(client, data)
    page = said(client.get(preview))
    assert "El primero que no, en el renglón 3" in page
    back = client.post(f"{preview}importar/", {"part": 0, "account": account.pk})
    assert "El saldo no cuadra" in follow(client, back)
    assert not BankMovement.objects.exists()
    client.post(f"{preview}importar/", {"part": 0, "account": account.pk, "confirmed": "1"})
    assert BankMovement.objects.count() == 3


def test_a_file_of_another_account_is_not_taken_without_asking(client: Client, account: BankAccount) -> None:
    data = b"Cuenta:,9998887776,,,\r\n" + csv_of(LINES)
    preview = uploaded(client, data)
    back = client.post(f"{preview}importar/", {"part": 0, "account": account.pk})
    page = follow(client, back)
    assert "El archivo dice que es de la cuenta 9998887776" in page
    assert 'name="confirmed"' in page
    assert not BankMovement.objects.exists()


def test_a_question_is_answered_once_and_remembered_by_the_header(client: Client, account: BankAccount) -> None:
    rows = "Fecha,Concepto,Abono\r\n03/04/2026,PAGO ALFA,1.500\r\n05/06/2026,PAGO BETA,2.750\r\n"
    preview = uploaded(client, rows.encode())
    page = said(client.get(preview))
    assert "¿qué signo separa los decimales?" in page
    assert "Punto decimal" in page
    assert "no se" not in follow(
        client, client.post(f"{preview}responder/", {"part": 0, "code": "decimal", "value": ","})
    )
    page = said(client.get(preview))
    assert "$1,500.00" in page
    assert not ColumnMapping.objects.exists(), "an answer is remembered when the file is imported"
    client.post(f"{preview}importar/", {"part": 0, "account": account.pk})
    assert set(BankMovement.objects.values_list("amount", flat=True)) == {150000, 275000}
    other = uploaded(client, rows.replace("1.500", "9.250").encode())
    assert "¿qué signo" not in said(client.get(other))


def test_columns_are_named_by_hand_and_remembered(client: Client, account: BankAccount) -> None:
    rows = "Cuándo,Qué,Cuánto,Queda\r\n2026-11-02,ALFA,100.50,200.50\r\n2026-11-03,BETA,10.00,210.50\r\n"
    preview = uploaded(client, rows.encode())
    page = said(client.get(preview))
    assert "Dinos qué es cada columna" in page
    assert "Cuándo" in page
    assert '<option value="date" selected>' in page, "what it seems to be is filled in"
    named = {"part": 0, "column-0": "date", "column-1": "desc", "column-2": "amount", "column-3": "balance"}
    page = follow(client, client.post(f"{preview}columnas/", named | {"column-3": "amount"}))
    assert "mismo papel" in page
    page = follow(client, client.post(f"{preview}columnas/", named))
    assert "ALFA" in page
    assert "Comprobado" in page
    client.post(f"{preview}importar/", {"part": 0, "account": account.pk})
    assert list(BankMovement.objects.order_by("booked_on").values_list("amount", "balance")) == [
        (10050, 20050), (1000, 21050),
    ]  # fmt: skip
    again = uploaded(client, rows.replace("11-0", "12-0").encode())
    assert "Dinos qué es" not in said(client.get(again))


def test_every_row_that_does_not_enter_is_listed_with_why(client: Client, account: BankAccount) -> None:
    data = csv_of(LINES) + b'\r\n18/11/2026,SIN IMPORTE,,,\r\n99/99/2026,RARO,,"5.00",\r\n'
    page = said(client.get(uploaded(client, data)))
    assert "renglones que no entran" in page or "renglón que no entra" in page
    assert "su fecha no se entiende" in page


# After it


def doubtful(client: Client, account: BankAccount) -> StatementImport:
    morning = [(date(2026, 11, 2), "DEPOSITO", 50_00), (date(2026, 11, 2), "PAGO B", 70_00)]
    later = [(date(2026, 11, 2), "DEPOSITO", 50_00), (date(2026, 11, 3), "PAGO C", 90_00)]
    imported(client, csv_of(morning, opening=None), account)
    page = follow(client, imported(client, csv_of(later, opening=None), account))
    assert "puede estar repetido" in page
    assert "Es el mismo" in page
    return StatementImport.objects.order_by("-imported_at")[0]


@pytest.mark.parametrize(("answer", "left"), [("same", 3), ("new", 4)])
def test_a_doubt_is_settled_by_a_person(client: Client, account: BankAccount, answer: str, left: int) -> None:
    doubtful(client, account)
    doubt = BankMovement.objects.exclude(doubt="").get()
    here = f"{BASE}dudas/{doubt.pk}/"
    client.post(here)
    assert BankMovement.objects.exclude(doubt="").exists(), "a form that says nothing settles nothing"
    client.post(here, {"answer": answer})
    assert BankMovement.objects.count() == left
    assert not BankMovement.objects.exclude(doubt="").exists()
    assert client.post(here, {"answer": "same"}).status_code in (302, 404)


def test_all_doubts_at_once(client: Client, account: BankAccount) -> None:
    row = doubtful(client, account)
    assert "1 duda resuelta" in follow(client, client.post(f"{BASE}estados/{row.pk}/dudas/", {"answer": "same"}))


def test_an_import_is_undone_while_nothing_rests_on_it(client: Client, account: BankAccount) -> None:
    imported(client, csv_of(LINES), account)
    row = StatementImport.objects.get()
    assert "4 movimientos quitados" in follow(client, client.post(f"{BASE}estados/{row.pk}/deshacer/"))
    assert not BankMovement.objects.exists()
    assert "se deshizo" in said(client.get(f"{BASE}estados/{row.pk}/"))
    imported(client, csv_of(LINES), account)
    movement = BankMovement.objects.order_by("id")[0]
    Match.objects.create(
        company_id=account.company_id, movement=movement, how="manual", key="k", amount=1,
        applied_at="2026-11-20T00:00Z",
    )  # fmt: skip
    row = StatementImport.objects.get(state="imported")
    assert "ya tiene conciliaciones" in follow(client, client.post(f"{BASE}estados/{row.pk}/deshacer/"))
    assert BankMovement.objects.count() == 4


def test_what_another_file_also_tells_stays(client: Client, account: BankAccount) -> None:
    imported(client, csv_of(LINES[:3]), account)
    first = StatementImport.objects.get()
    imported(client, csv_of(LINES[1:], opening=216_000_00), account)
    page = follow(client, client.post(f"{BASE}estados/{first.pk}/deshacer/"))
    assert "1 movimiento quitado" in page
    assert "2 se quedan" in page
    second = StatementImport.objects.get(state="imported")
    assert (second.new, second.known, second.seen) == (3, 0, [])
    assert BankMovement.objects.filter(statement=second).count() == 3


def test_a_file_that_is_not_wanted_is_forgotten(client: Client, account: BankAccount) -> None:
    preview = uploaded(client, csv_of(LINES))
    client.post(f"{preview}descartar/")
    assert not StatementFile.objects.exists()
    assert client.get(preview).status_code == 404
    preview = uploaded(client, csv_of(LINES))
    client.post(f"{preview}importar/", {"part": 0, "account": account.pk})
    assert "se conserva" in follow(client, client.post(f"{preview}descartar/"))


# Who may


def test_who_only_looks_changes_nothing(company: Company, account: BankAccount) -> None:
    writer, looker = client_of(company, Role.FINANCE), client_of(company, Role.AUDITOR)
    preview = uploaded(writer, csv_of(LINES))
    assert looker.get(BASE).status_code == 200
    assert looker.get(preview).status_code == 200
    assert looker.get(UPLOAD).status_code == 403
    assert looker.post(f"{preview}importar/", {"part": 0, "account": account.pk}).status_code == 403
    assert "Importar 4" not in said(looker.get(preview))


def test_who_sees_only_the_own_portfolios_sees_no_statement(company: Company, client: Client) -> None:
    Membership.objects.update(own_portfolio_only=True)
    assert client.get(BASE).status_code == 403


# Bad files


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 120_000_000)
    return out.getvalue()


def plain_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("hola.txt", b"hola")
    return out.getvalue()


BAD = {
    "empty": b"",
    "blanks": b" \r\n\t ",
    "nulls": b"\x00" * 500,
    "picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
    "program": b"MZ" + b"\x90" * 300,
    "random": bytes(range(256)) * 40,
    "zip": plain_zip(),
    "half a workbook": bomb()[:3000],
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 700,
    "pdf": b"%PDF-1.4\n%%EOF",
    "xml": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "html": b"<html><body><p>Sesion expirada</p></body></html>",
    "prose": "Estimado cliente, le enviamos su información.".encode(),
    "ofx": b"OFXHEADER:100\n<OFX><STMTTRN><TRNAMT>x",
    "mt940": b":20:A\n:25:B\n:28C:1\n:60F:C\n:61:9999\n",
    "norma43": b"11" + b"0" * 78 + b"\r\n22" + b"9" * 78,
    "cut utf16": b"\xff\xfeF\x00e\x00c\x00h",
    "nul in utf16": "Fecha,Concepto,Abono\n01/02/2026,A\x00B,5.00\n".encode("utf-16"),
}


READABLE = {"nul in utf16", "cut utf16", "mt940", "ofx", "norma43", "random", "prose", "html"}  # or asked about


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gives_a_sentence(client: Client, kind: str) -> None:
    preview = uploaded(client, BAD[kind], "raro.bin")
    answer = client.get(preview)
    assert answer.status_code == 200
    refused = bool(StatementFile.objects.get().refusal)
    assert refused is ("No pudimos leer este archivo" in said(answer))
    assert refused or kind in READABLE
    for what in ("importar", "responder", "columnas", "contrasena", "descartar"):
        assert client.post(f"{preview}{what}/", {"part": "x", "code": "roles", "value": "z"}).status_code == 302


def test_a_bomb_is_refused_by_measure(client: Client) -> None:
    page = client.get(uploaded(client, bomb(), "bomba.xlsx"))
    assert page.status_code == 200
    assert "No pudimos leer" in said(page)


def test_a_file_of_sixty_megabytes_is_refused(client: Client) -> None:
    answer = sent(client, ("enorme.csv", b"a" * 60 * 1024 * 1024))
    assert answer.status_code == 413
    assert "60" in said(answer)
    page = follow(client, sent(client, ("enorme.csv", b"a" * 21 * 1024 * 1024), ("buena.csv", csv_of(LINES))))
    assert "se admiten 20" in page
    assert StatementFile.objects.count() == 1


def test_odd_addresses_and_forms_are_no_error(client: Client, account: BankAccount) -> None:
    preview = uploaded(client, csv_of(LINES))
    assert client.get(f"{UPLOAD}?account=x").status_code == 200
    assert client.get(f"{preview}?account=x&part=99").status_code == 200
    for fields in ({"part": "9", "account": account.pk}, {"account": "x"}, {"account": "new"}, {"part": "-1"}):
        assert client.post(f"{preview}importar/", fields).status_code == 302
    for code, value in (("year", "x"), ("year", "99999999999"), ("currency", "ZZZ"), ("decimal", "ñ"), ("", "")):
        assert client.post(f"{preview}responder/", {"code": code, "value": value}).status_code == 302
    assert client.post(UPLOAD).status_code == 400
    assert not BankMovement.objects.exists()
