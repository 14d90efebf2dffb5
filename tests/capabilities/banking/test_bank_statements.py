"""Statement files by operations and by the command line: what is kept, remembered, refused and told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from aldia.banking.models import BankAccount, BankMovement, ColumnMapping, StatementFile, StatementImport
from aldia.banking.operations import statements
from aldia.banking.operations.accounts import Details, create_account
from aldia.banking.operations.importing import ImportRefused
from aldia.banking.queries import statements as queries
from aldia.banking.queries.accounts import Gap, gaps_between
from aldia.banking.queries.numbers import same_number
from aldia.cli.main import main
from aldia.domain.statements.errors import BadMapping, DamagedStatement
from aldia.domain.statements.model import Hints
from aldia.domain.statements.ordering import merged
from aldia.tenancy.models import AuditEvent, Company, StoredFile
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from tests.support.statements import Line, csv_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
LINES: list[Line] = [(date(2026, 11, day), f"PAGO {day}", day * 100_00) for day in (2, 3, 4, 5)]


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(tax_id="DTR010203AB1")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def account(company: Company) -> BankAccount:
    return create_account(details=Details("BBVA pagos", "MXN", "BBVA"), actor=None)


def kept(data: bytes, account: BankAccount | None = None) -> StatementFile:
    return statements.upload(data=data, name="a.csv", account_id=account.pk if account else None, actor=None)


def imported(file: StatementFile, account: BankAccount, now: datetime = NOW) -> statements.Imported:
    return statements.import_file(
        file_id=file.pk, part=0, account_id=account.pk, is_confirmed=False, actor=None, now=now
    )


# Operations


def test_a_preview_writes_nothing(account: BankAccount) -> None:
    file = kept(csv_of(LINES), account)
    before = AuditEvent.objects.count()
    found = queries.preview(file)
    assert len(found.movements) == 4
    assert (BankMovement.objects.count(), AuditEvent.objects.count()) == (0, before)


def test_the_same_bytes_enter_an_account_once(account: BankAccount) -> None:
    first = imported(kept(csv_of(LINES)), account)
    again = imported(kept(csv_of(LINES)), account, datetime(2026, 11, 21, tzinfo=UTC))
    assert (first.new, again.new, again.known, again.is_repeated) == (4, 0, 4, True)
    other = create_account(details=Details("Otra", "MXN"), actor=None)
    assert imported(kept(csv_of(LINES)), other).new == 4, "another account is another matter"


def test_the_currency_of_the_account_decides_what_the_file_does_not_say(company: Company) -> None:
    dollars = create_account(details=Details("Dólares", "USD"), actor=None)
    assert imported(kept(csv_of(LINES)), dollars).new == 4
    assert set(BankMovement.objects.values_list("currency", flat=True)) == {"USD"}


def test_a_file_that_says_another_currency_is_refused(company: Company) -> None:
    dollars = create_account(details=Details("Dólares", "USD"), actor=None)
    data = csv_of(LINES, header="Fecha,Concepto,Cargo (MXN),Abono (MXN),Saldo (MXN)")
    with pytest.raises(ImportRefused, match="USD"):
        imported(kept(data), dollars)


def test_what_is_remembered_names_no_currency(account: BankAccount) -> None:
    rows = b"Fecha,Concepto,Abono\r\n03/04/2026,PAGO ALFA,1.500\r\n25/06/2026,PAGO BETA,2.750\r\n"
    file = kept(rows, account)
    with pytest.raises(statements.NeedsAnswer):
        imported(file, account)
    statements.answer(file_id=file.pk, code="decimal", value=",", actor=None)
    imported(file, account)
    mapping = ColumnMapping.objects.get().mapping
    assert (mapping["decimal"], mapping["currency"], mapping["confirmed"]) == (",", "", True)
    dollars = create_account(details=Details("Dólares", "USD"), actor=None)
    assert imported(kept(rows.replace(b"BETA", b"DELTA")), dollars).new == 2


def test_a_year_is_an_answer_of_the_file_alone(account: BankAccount) -> None:
    rows = b"Fecha,Concepto,Abono,Saldo\r\n03/04,A,100.50,100.50\r\n25/06,B,10.00,110.50\r\n"
    file = kept(rows, account)
    assert [each.code for each in queries.preview(file).statements[0].questions] == ["year"]
    with pytest.raises(BadMapping):
        statements.answer(file_id=file.pk, code="year", value="1066", actor=None)
    statements.answer(file_id=file.pk, code="year", value="2025", actor=None)
    imported(file, account)
    assert BankMovement.objects.order_by("booked_on")[0].booked_on == date(2025, 4, 3)
    assert not ColumnMapping.objects.exists()


def test_a_file_that_goes_takes_its_bytes_with_it(account: BankAccount) -> None:
    from aldia.documents.operations.discarding import sweep_marked

    file = kept(csv_of(LINES), account)
    statements.discard(file_id=file.pk, actor=None)
    assert sweep_marked() == 1
    assert not StoredFile.objects.exists()


def test_a_reader_that_breaks_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_plain: object, **_named: object) -> None:
        raise IndexError

    monkeypatch.setattr(queries, "read_file", breaks)
    with pytest.raises(DamagedStatement):
        queries.read(b"x", hints=Hints())


# Pure parts


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0123456789", "123456789", True),
        ("012180001234567897", "00123456789", True),
        ("****6789", "012180000123456789", True),
        ("XXXX1234", "012180000123456789", False),
        ("0123456789", "9876543210", False),
        ("", "0123456789", None),
        ("789", "0123456789", None),
        ("ES91 2100 0418 4502 0005 1332", "2100-0418-45-0200051332", True),
    ],
)
def test_two_writings_of_a_number(one: str, other: str, same: bool | None) -> None:
    assert same_number(one, other) is same
    assert same_number(other, one) is same


@pytest.mark.parametrize(
    ("stored", "incoming", "same", "expected"),
    [
        ("ab", "xy", {}, "abxy"),
        ("ab", "xy", {"x": "a"}, "ayb"),
        ("ab", "xy", {"y": "a"}, "xab"),
        ("abc", "axcy", {"a": "a", "c": "c"}, "axbcy"),
        ("", "xy", {}, "xy"),
        ("ab", "", {}, "ab"),
    ],
)
def test_a_day_keeps_its_order(stored: str, incoming: str, same: dict[str, str], expected: str) -> None:
    assert "".join(map(str, merged(stored, incoming, same))) == expected


def part(first: int, last: int, opening: int | None = None, closing: int | None = None, known: int = 0) -> Any:
    return StatementImport(
        first_on=date(2026, 11, first), last_on=date(2026, 11, last), opening=opening, closing=closing, known=known
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([part(1, 5), part(6, 9)], []),
        ([part(1, 5), part(8, 9)], [Gap(date(2026, 11, 5), date(2026, 11, 8))]),
        ([part(1, 5, 0, 10), part(8, 9, 10, 20)], []),
        ([part(1, 5, 0, 10), part(8, 9, 12, 20)], [Gap(date(2026, 11, 5), date(2026, 11, 8), 2)]),
        ([part(1, 5, 0, 10), part(6, 9, 12, 20)], [Gap(date(2026, 11, 5), date(2026, 11, 6), 2)]),
        ([part(1, 9, 0, 10), part(3, 5, 7, 8), part(10, 12, 10, 11)], []),
        ([part(1, 5, 0, 10), part(5, 9, 12, 20)], [Gap(date(2026, 11, 5), date(2026, 11, 5), 2)]),
        ([part(1, 5, 0, 10), part(5, 9, 8, 20, known=1)], []),
    ],
)
def test_what_is_missing_between_statements(parts: list[Any], expected: list[Gap]) -> None:
    assert gaps_between(parts) == expected


# The command line


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)


def aldia(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main([*words, "--company", "DTR010203AB1", "--json"]) == code
    return said(capsys)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "movimientos.csv"
    path.write_bytes(csv_of(LINES) + b"\r\n06/11/2026,PENDIENTE,,,\r\n")
    return path


def test_a_file_comes_in_by_the_command_line(company: Company, capsys: pytest.CaptureFixture[str], sheet: Path) -> None:
    made = aldia(capsys, "account", "create", "--name", "BBVA", "--bank", "BBVA", "--currency", "MXN")
    words = ("statements", "import", str(sheet), "--account", made["account"])
    first = aldia(capsys, *words)
    assert (first["movements_new"], first["movements_known"]) == (4, 0)
    assert first["rows"] == {"movement": 4, "header": 1, "footer": 0, "skipped": 1}
    assert first["proof"] == {"state": "full", "tied": 3, "steps": 3}
    assert [(each["line"], bool(each["why"])) for each in first["skipped"]] == [(6, True)]
    again = aldia(capsys, *words)
    assert (again["movements_new"], again["movements_known"]) == (0, 4)
    (listed,) = main(["account", "list", "--company", "DTR010203AB1", "--json"]) or said(capsys)  # type: ignore[misc]
    assert (listed["movements"], listed["pending"]) == (4, 4)


def test_the_columns_of_a_strange_file_are_given(
    account: BankAccount, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    strange, mapping = tmp_path / "x.csv", tmp_path / "m.json"
    strange.write_text("Cuándo;Qué;Cuánto\n2026-11-02;ALFA;100.50\n2026-11-03;BETA;-10.00\n")
    words = ("statements", "import", str(strange), "--account", "BBVA pagos")
    asked = aldia(capsys, *words, code=2)
    assert asked["state"] == "needs_mapping"
    assert [each["heading"] for each in asked["columns"]] == ["Cuándo", "Qué", "Cuánto"]
    assert not StatementFile.objects.exists(), "a file that nothing came from is not kept"
    mapping.write_text('{"roles": {"date": 0, "desc": 1, "amount": 2}, "sign": "signed"}')
    assert aldia(capsys, *words, "--mapping", str(mapping))["movements_new"] == 2
    mapping.write_text('{"roles": {"date": 0, "desc": 0}}')
    assert "dos papeles" in aldia(capsys, *words, "--mapping", str(mapping), code=2)["error"]


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n0000", b"%PDF-1.4", b"hola"])
def test_a_bad_file_is_refused_with_a_sentence(
    account: BankAccount, capsys: pytest.CaptureFixture[str], tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    answer = aldia(capsys, "statements", "import", str(path), "--account", str(account.pk), code=2)
    assert len(answer["error"]) > 20
    assert not StatementFile.objects.exists()


def test_an_account_that_is_not_there(company: Company, capsys: pytest.CaptureFixture[str], sheet: Path) -> None:
    for name in ("x", "00000000-0000-0000-0000-000000000000"):
        answer = aldia(capsys, "statements", "import", str(sheet), "--account", name, code=2)
        assert "No hay ninguna cuenta" in answer["error"]


def test_of_a_file_with_several_accounts_only_the_named_one_comes_in(
    account: BankAccount, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "dos.csv"
    rows = ["Cuenta,Fecha,Concepto,Cargo,Abono"]
    rows += [f"{number},0{day}/11/2026,PAGO {number},,{day}00.50" for number in ("5550001111", "5550002222")
             for day in (2, 3)]  # fmt: skip
    path.write_text("\n".join(rows))
    words = ("statements", "import", str(path), "--account", str(account.pk))
    assert "varias cuentas" in aldia(capsys, *words, code=2)["error"]
    BankAccount.objects.update(number="5550002222")
    answer = aldia(capsys, *words)
    assert answer["movements_new"] == 2
    assert answer["others"] == [{"account": "5550001111", "movements": 2}]
