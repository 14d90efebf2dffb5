"""The authority's listing, read and applied: dirty rows, what belongs to others, payroll, and nothing twice."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest

from aldia.authority.models import ListedDocument
from aldia.authority.operations.listing import PART, Applied, apply, apply_package, confirm_listed, settle_missing
from aldia.documents.models import CancellationNotice
from aldia.domain.fiscal.listing import ListedRow, read_rows
from aldia.tenancy.storage import store
from tests.cast import Papers
from tests.fixtures.cfdi.builder import ISSUER, RECEIVER, uid
from tests.support.fake_sat.holdings import COLUMNS
from tests.support.sat_office import START, Office

TODAY = date(2026, 5, 20)


def line(name: str, *, issuer: str = ISSUER[0], receiver: str = RECEIVER[0], who: str = "C", kind: str = "I",
         status: str = "1", on: str = "", at: str = "2026-05-04 10:00:00") -> str:  # fmt: skip
    return f"{uid(name)}~{issuer}~A~{receiver}~{who}~PAC010101AB1~{at}~{at}~1160.00~{kind}~{status}~{on}"


def rows(*lines: str, encoding: str = "utf-8") -> list[ListedRow | None]:
    return list(read_rows("\r\n".join([COLUMNS, *lines, ""]).encode(encoding).splitlines(keepends=True)))


def test_a_row_says_what_it_says() -> None:
    (row,) = rows(line("a", status="0", on="2026-05-09 11:12:13"))
    assert row == ListedRow(
        uid("a"), ISSUER[0], "A", RECEIVER[0], "C", "I", datetime(2026, 5, 4, 10), "1160.00", True,
        datetime(2026, 5, 9, 11, 12, 13),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dirty", "name"),
    [
        (line("a", who="UNO\nDOS"), "UNO DOS"),
        (line("a", who="UNO~DOS"), "UNO DOS"),
        (line("a", who="PEÑA"), "PEÑA"),
        (line("a").lower(), "c"),
    ],
)
def test_names_with_breaks_and_tildes_are_read(dirty: str, name: str) -> None:
    found = rows(dirty, line("b"))
    assert [each and (each.key, each.receiver_name) for each in found] == [(uid("a"), name), (uid("b"), "C")]
    assert rows(line("a", who="PEÑA"), encoding="latin-1")[0] == rows(line("a", who="PEÑA"))[0]


@pytest.mark.parametrize(
    "bad", [f"{uid('a')}~A~B", line("a", status="7"), line("a", at="ayer"), line("a", receiver="nadie"), "basura"]
)
def test_what_cannot_be_read_is_counted_and_passed_over(bad: str) -> None:
    assert [row.key for row in rows(bad, line("b")) if row] == [uid("b")]


def listed(office: Office, *found: ListedRow | None) -> Applied:
    return apply(rows=found, own=ISSUER[0], now=START, today=TODAY, done=Applied())


def test_only_ones_own_is_kept_and_no_payroll(office: Office) -> None:
    done = listed(
        office,
        *rows(line("a"), line("b", issuer="COM980612H51", receiver=ISSUER[0]), line("c", kind="N"),
              line("d", issuer="XAXX010101000"), f"{uid('e')}~A"),
    )  # fmt: skip
    assert (done.rows, done.new, done.unread, done.is_personal) == (2, 2, 1, True)
    assert set(ListedDocument.objects.values_list("key", "direction")) == {(uid("a"), "issued"), (uid("b"), "received")}


def test_a_cancellation_is_known_even_when_the_document_comes_later(office: Office) -> None:
    assert listed(office, *rows(line("a", status="0", on="2026-05-09 10:00:00"))).cancelled == 1
    assert CancellationNotice.objects.get().cancelled_on == date(2026, 5, 9)
    assert listed(office, *rows(line("a", status="0", on="2026-05-09 10:00:00"))).cancelled == 0


def test_a_long_listing_goes_in_parts_and_a_second_time_changes_nothing(office: Office) -> None:
    found = rows(*(line(f"n{n}") for n in range(2 * PART + 5)))
    assert listed(office, *found).new == 2 * PART + 5
    again = listed(office, *found)
    assert (again.rows, again.new, again.cancelled) == (2 * PART + 5, 0, 0)


def test_what_is_listed_and_not_on_file_is_missing_until_it_comes(office: Office) -> None:
    paper = Papers(office.company, office.customer).invoice(116_000, date(2026, 5, 4), key=uid("here"))
    listed(office, *rows(line("here"), line("gone"), line("void", status="0", on="2026-05-09 10:00:00")))
    assert settle_missing(since=START, now=START) == 1
    assert ListedDocument.objects.get(missing_since__isnull=False).key == uid("gone")
    confirm_listed(now=START)
    paper.refresh_from_db()
    assert (paper.status, paper.status_checked_at) == ("valid", START)
    Papers(office.company, office.customer).invoice(116_000, date(2026, 5, 4), key=uid("gone"))
    assert settle_missing(since=START, now=START) == 0


def test_a_package_is_read_whatever_else_is_in_it(office: Office) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("A.txt", "\r\n".join([COLUMNS, line("a"), ""]))
        archive.writestr("A_tercero.txt", "Uuid~RfcACuentaTerceros~NombreACuentaTerceros\r\n")
        archive.writestr("__MACOSX/._A.txt", "\x00\x05")
        archive.writestr("empty.txt", "")
    done = apply_package(file=store("a.zip", target.getvalue()), now=START, today=TODAY)
    assert (done.rows, done.new) == (1, 1)
