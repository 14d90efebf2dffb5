"""Statements printed as PDF, made here in the manner of several banks: read by place, proven, or shown and refused."""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Callable

import pytest
from pypdf import PdfWriter

from aldia.domain.sentences import Refusal
from aldia.domain.statements.model import Hints, Statement
from aldia.integrations.statements import read_file
from aldia.integrations.statements.pdf import unlock
from tests.support.printing import Paper, encrypted, money, signed

# Each story: day, what the bank writes, the rest on a second line, amount in minor units.
STORY = [
    (2, "SPEI RECIBIDO BANAMEX", "0194043509 002 PAGO FACTURA A-1001", 11_600_00),
    (2, "PAGO CUENTA DE TERCERO", "BNET 0123456789 RENTA", -8_500_00),
    (5, "SPEI RECIBIDO HSBC", "0194043510 021 F 1002", 23_200_50),
    (9, "COMISION SPEI", "", -5_80),
    (9, "IVA COMISION SPEI", "", -93),
    (15, "DEPOSITO EN EFECTIVO", "SUC 0321", 400_00),
    (15, "DEPOSITO EN EFECTIVO", "SUC 0321", 400_00),
]
AMOUNTS = [amount for *_words, amount in STORY]
OPENING = 100_000_00
CLOSING = OPENING + sum(AMOUNTS)
MX = Hints("MX", "MXN")


def summary(paper: Paper, y: float, opening: str, closing: str, decimals: int = 2) -> None:
    paper.row(y, (30, "Cuenta CLABE"), (140, "012180001234567899"))
    paper.row(y + 10, (30, "Periodo"), (140, "DEL 01/01/2026 AL 31/01/2026"))
    paper.row(y + 20, (30, opening), (300, money(OPENING, decimals), "right"))
    paper.row(y + 30, (30, closing), (300, money(CLOSING, decimals), "right"))


def with_two_lines_of_headings() -> Paper:
    """Two dates, balances once a day, counts and sums below; the table goes on over pages with furniture between."""
    paper = Paper(7)
    summary(paper, 40, "Saldo de Operación Inicial", "Saldo Final (+)")
    charges, out, deposits, into = signed(AMOUNTS)
    paper.row(90, (30, "Depósitos / Abonos (+)"), (200, str(deposits), "right"), (300, money(into), "right"))
    paper.row(100, (30, "Retiros / Cargos (-)"), (200, str(charges), "right"), (300, money(out), "right"))
    balance, y = OPENING, 0.0
    for at, (day, text, more, amount) in enumerate(STORY):
        if at in (0, 3):
            if at:
                paper.row(760, (30, "Av. de las Torres 100, Ciudad de México"), (500, "Página 1 de 2"))
                paper.turn()
                paper.row(20, (30, "Estado de cuenta"), (450, "No. de cliente 12345"))
            paper.row(150, (40, "FECHA"), (495, "SALDO"))
            paper.row(160, (30, "OPER"), (60, "LIQ"), (90, "COD. DESCRIPCIÓN"), (250, "REFERENCIA"), (340, "CARGOS"),
                      (400, "ABONOS"), (450, "OPERACIÓN"), (520, "LIQUIDACIÓN"))  # fmt: skip
            y = 172
        balance += amount
        paper.row(y, (30, f"{day:02d}/ENE"), (60, f"{day:02d}/ENE"), (90, text))
        paper.put(370 if amount < 0 else 430, y, money(abs(amount)), "right")
        if at + 1 == len(STORY) or STORY[at + 1][0] != day:
            paper.row(y, (490, money(balance), "right"), (562, money(balance), "right"))
        paper.put(92, y + 9, more)
        y += 18 if more else 9
    paper.put(30, y + 12, "Total de Movimientos")
    for at, (name, total, count) in enumerate((("CARGOS", out, charges), ("ABONOS", into, deposits))):
        paper.row(y + 22 + 10 * at, (30, f"TOTAL IMPORTE {name}"), (240, money(total), "right"),
                  (300, f"TOTAL MOVIMIENTOS {name}"), (480, str(count), "right"))  # fmt: skip
    return paper


def with_amounts_on_the_last_line() -> Paper:
    """The day once, words on two lines, the amount beside the last of them; deposits after withdrawals."""
    paper = Paper(8)
    summary(paper, 40, "Saldo anterior", "Saldo al corte")
    paper.row(150, (30, "FECHA"), (90, "CONCEPTO"), (380, "RETIROS", "right"), (460, "DEPOSITOS", "right"),
              (540, "SALDO", "right"))  # fmt: skip
    paper.row(160, (90, "SALDO ANTERIOR"), (540, money(OPENING), "right"))
    balance, y, before = OPENING, 172.0, 0
    for day, text, more, amount in STORY:
        balance += amount
        if day != before:
            paper.put(30, y, f"{day:02d} ENE")
        before = day
        if more:
            paper.put(90, y, text)
            y += 9
        paper.put(90, y, more or text)
        paper.put(380 if amount < 0 else 460, y, money(abs(amount)), "right")
        paper.put(540, y, money(balance), "right")
        y += 11
    paper.row(y + 6, (90, "SALDO FINAL"), (540, money(balance), "right"))
    return paper


def of_an_unknown_bank() -> Paper:
    """Nobody's layout: headings at the left of wide columns, amounts at their right, one signed amount."""
    paper = Paper(9)
    summary(paper, 40, "Saldo inicial", "Saldo final")
    paper.row(150, (30, "Fecha de operación"), (130, "Detalle"), (330, "Folio"), (400, "Importe"), (480, "Saldo"))
    balance, y = OPENING, 165.0
    for at, (day, text, more, amount) in enumerate(STORY):
        balance += amount
        sign = "-" if amount < 0 else ""
        paper.row(y, (30, f"{day:02d}/01/2026"), (130, f"{text} {more}".strip()[:34]), (330, f"{7100 + at}"),
                  (470, sign + money(abs(amount)), "right"), (570, money(balance), "right"))  # fmt: skip
        y += 12
    return paper


def of_chile() -> Paper:
    """Whole pesos with points, charges and deposits, one text for each line as old printers write it."""
    paper = Paper(8)
    summary(paper, 40, "Saldo inicial", "Saldo final", decimals=0)
    paper.row(150, (30, "FECHA"), (80, "DESCRIPCION"), (250, "N° DOCUMENTO"), (390, "CARGOS", "right"),
              (470, "ABONOS", "right"), (550, "SALDO", "right"))  # fmt: skip
    balance, y = OPENING, 165.0
    for at, (day, text, _more, amount) in enumerate(STORY):
        balance += amount
        paper.row(y, (30, f"{day:02d}/01/2026 {text}"), (250, f"{at + 1:07d}"))
        paper.put(390 if amount < 0 else 470, y, money(abs(amount), 0), "right")
        paper.put(550, y, money(balance, 0), "right")
        y += 11
    return paper


LAYOUTS: dict[str, Callable[[], Paper]] = {
    "two lines of headings": with_two_lines_of_headings,
    "amounts on the last line": with_amounts_on_the_last_line,
    "unknown bank": of_an_unknown_bank,
}


def only(data: bytes, hints: Hints = MX) -> Statement:
    (statement,) = read_file(data, hints=hints).statements
    return statement


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_are_read_and_proven(name: str) -> None:
    statement = only(LAYOUTS[name]().pdf())
    assert [movement.amount for movement in statement.movements] == AMOUNTS
    assert [movement.booked_on.day for movement in statement.movements] == [day for day, *_ in STORY]
    assert {movement.booked_on.year for movement in statement.movements} == {2026}
    assert (statement.declared.opening, statement.declared.closing) == (OPENING, CLOSING)
    assert statement.proof.state == "full"
    assert statement.is_importable
    assert "printed" in [said.code for said in statement.findings]
    assert "FACTURA A-1001" in statement.movements[0].text or name == "unknown bank"
    assert not statement.skipped


def test_whole_pesos_and_dates_printed_with_their_text() -> None:
    statement = only(of_chile().pdf(), Hints("CL", "CLP"))
    assert [movement.amount for movement in statement.movements] == AMOUNTS
    assert statement.movements[0].text == "SPEI RECIBIDO BANAMEX"
    assert statement.is_importable


def test_counts_and_sums_that_are_stated_must_hold() -> None:
    data = with_two_lines_of_headings().pdf()
    statement = only(data)
    charges, out, deposits, into = signed(AMOUNTS)
    stated = statement.declared
    assert (stated.debits, stated.credits) == (out, into)
    assert (stated.debit_count, stated.credit_count) == (charges, deposits)
    for right, wrong in ((money(out), money(out + 1)), (f"({charges})", f"({charges + 1})")):
        assert data.count(right.encode())
        assert not only(data.replace(right.encode(), wrong.encode())).is_importable


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_does_not_tie_is_shown_and_may_not_enter(name: str) -> None:
    data = LAYOUTS[name]().pdf()
    wrong = only(data.replace(b"23,200.50", b"23,200.51", 1))
    assert len(wrong.movements) == len(STORY)
    assert not wrong.is_importable
    assert "unproven" in [said.code for said in wrong.findings]


def test_without_opening_or_closing_nothing_is_proven() -> None:
    data = of_an_unknown_bank().pdf()
    for label in (b"Saldo inicial", b"Saldo final"):
        blind = only(data.replace(label, b"X" * len(label)))
        assert [movement.amount for movement in blind.movements] == AMOUNTS
        assert not blind.is_importable


def test_a_page_that_was_left_out_is_noticed() -> None:
    paper = with_two_lines_of_headings()
    torn = dataclasses.replace(paper, pages=paper.pages[:1])
    assert not only(torn.pdf()).is_importable


@pytest.mark.parametrize("rotate", [0, 180])
def test_a_page_laid_the_other_way_is_the_same(rotate: int) -> None:
    upright = only(of_an_unknown_bank().pdf())
    turned = Paper(9, [[_turned(text) for text in of_an_unknown_bank().pages[0]]]) if rotate else of_an_unknown_bank()
    assert only(turned.pdf(rotate)).movements == upright.movements


def _turned(drawn: str) -> str:
    """The same text drawn upside down, on a page that is then turned."""
    words = drawn.split(" ")
    x, y = words[4], words[5]
    return " ".join([*words[:4], f"-1 0 0 -1 {612 - float(x):.2f} {792 - float(y):.2f} Tm", *words[7:]])


def test_a_password_is_asked_and_the_opened_file_is_the_same() -> None:
    plain = of_an_unknown_bank().pdf()
    locked = encrypted(plain, "clave-123")
    assert refused(locked) == "encrypted"
    with pytest.raises(Refusal) as wrong:
        unlock(locked, "otra")
    assert wrong.value.code == "wrong_password"
    opened = unlock(locked, "clave-123")
    assert b"clave-123" not in opened
    assert only(opened).movements == only(plain).movements


def refused(data: bytes) -> str:
    with pytest.raises(Refusal) as refusal:
        read_file(data, hints=MX)
    assert refusal.value.message
    return refusal.value.code


def test_every_other_pdf_is_refused_with_a_sentence() -> None:
    blank, letter, long = Paper(), Paper(), PdfWriter()
    letter.put(50, 100, "Estimado cliente: gracias por su preferencia.")
    for _page in range(301):
        long.add_blank_page(612, 792)
    many = io.BytesIO()
    long.write(many)
    whole = of_an_unknown_bank().pdf()
    assert refused(blank.pdf()) == "scanned"
    assert refused(letter.pdf()) == "no_table"
    assert refused(many.getvalue()) == "too_many_pages"
    assert refused(b"%PDF-1.7 ...") == "damaged"
    assert refused(whole[:300]) == "damaged"
    assert refused(b"%PDF-1.4\n" + b"\x00" * 21_000_000) == "too_large"


def test_forty_pages_take_seconds() -> None:
    paper, balance = Paper(8), OPENING
    summary(paper, 40, "Saldo inicial", "Saldo final")
    paper.pages[0] = [text.replace(money(CLOSING), money(OPENING + 480 * 1_00)) for text in paper.pages[0]]
    for page in range(40):
        if page:
            paper.turn()
        paper.row(150, (30, "FECHA"), (100, "DESCRIPCION"), (390, "CARGOS", "right"), (470, "ABONOS", "right"),
                  (550, "SALDO", "right"))  # fmt: skip
        for row in range(12):
            balance += 1_00
            paper.row(
                165 + row * 20,
                (30, f"{1 + page % 28:02d}/01/2026" if page < 28 else "28/01/2026"),
                (100, f"DEPOSITO {page * 12 + row}"),
                (470, money(1_00), "right"),
                (550, money(balance), "right"),
            )
            paper.put(100, 174 + row * 20, "SEGUNDA LINEA DEL MOVIMIENTO")  # fmt: skip
    begun = time.monotonic()
    statement = only(paper.pdf())
    assert len(statement.movements) == 480
    assert statement.is_importable
    assert time.monotonic() - begun < 20
