"""The formats made for programs: files written here record by record, with the deviations that banks are known for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from aldia.domain.statements.bai2 import read_bai2
from aldia.domain.statements.errors import HasDoctype, NoTable
from aldia.domain.statements.model import Hints, Statement
from aldia.domain.statements.mt940 import read_mt940
from aldia.domain.statements.norma43 import read_norma43
from aldia.domain.statements.ofx import read_amount, read_ofx
from aldia.domain.statements.plain_layouts import read_plain
from aldia.domain.statements.qif import read_qif
from aldia.integrations.statements.camt import read_camt

NONE = Hints()


def only(found: Sequence[Statement]) -> Statement:
    assert len(found) == 1
    return found[0]


def amounts(statement: Statement) -> list[int]:
    return [each.amount for each in statement.movements]


# MT940

MT940 = """{1:F01BANKMXMMAXXX0000000000}{2:I940BANKMXMMXXXXN}{4:
:20:START
:25:012180001234567899
:28C:1/1
:60F:C260101MXN1000,00
:61:2601020102C500,00NTRFFACT123//BANKKEY001
:86:166?00ABONO?20EREF+E2E0001?21SVWZ+PAGO FACTURA 12?223?30BANKMX?31DE89370400440532013000?32ALFA SA?33 DE CV
:61:260103D20,5NCHG
:86:COMISION
:62F:C260103MXN1479,50
-}
"""


def test_mt940_movements_parties_and_proof() -> None:
    statement = only(read_mt940(MT940, NONE))
    first, second = statement.movements
    assert (first.amount, first.booked_on, first.value_on) == (50000, date(2026, 1, 2), date(2026, 1, 2))
    assert (first.payer_name, first.payer_account) == ("ALFA SA DE CV", "DE89370400440532013000")
    assert (first.trace_key, first.bank_reference, first.concept) == ("BANKKEY001", "FACT123", "PAGO FACTURA 123")
    assert (second.amount, second.text) == (-2050, "COMISION")
    assert (statement.account, statement.currency) == ("012180001234567899", "MXN")
    assert (statement.proof.state, statement.proof.tied, statement.proof.steps) == ("full", 1, 1)
    assert statement.counts["movement"] == 2


@pytest.mark.parametrize(
    ("line", "amount"),
    [
        ("2601020102C1,00NTRF", 100), ("2601020102D1,00NTRF", -100), ("2601020102CR1,00NTRF", 100),
        ("2601020102DR1,NTRF", -100), ("2601020102RC1,00NTRF", -100), ("2601020102RD1,00NTRF", 100),
        ("2601020102RDR1,00NTRF", 100), ("260102CN1,00NTRF", 100), ("260102    D1,00NTRF", -100),
        ("2601020102C000000000001,00N102EREF", 100), ("2601020102CR\n1,00NTRF", 100), ("260102CM1,00", 100),
    ],
)  # fmt: skip
def test_mt940_signs(line: str, amount: int) -> None:
    text = f":20:A\n:25:1\n:60F:C260101EUR0,\n:61:{line}\n:62F:C260102EUR0,\n"
    assert amounts(only(read_mt940(text, NONE))) == [amount]


def test_mt940_days() -> None:
    """30 February is no value date; an entry in January of a value in December is of the next year."""
    text = ":20:A\n:25:1\n:60F:C260101EUR0,\n:61:2602300301C1,00N\n:61:2512310102C2,00N\n:62F:C260102EUR3,\n"
    found = only(read_mt940(text, NONE)).movements
    assert [(each.booked_on, each.value_on) for each in found] == [
        (date(2026, 1, 2), date(2025, 12, 31)), (date(2026, 3, 1), None),
    ]  # fmt: skip


def test_mt940_one_bad_line_loses_neither_the_block_nor_the_file() -> None:
    text = MT940.replace(":61:260103D20,5NCHG", ":61:this is no line") + MT940.replace(":25:0", ":25:9")
    found = read_mt940(text, NONE)
    assert [amounts(each) for each in found] == [[50000], [50000, -2050]]
    assert [row.code for row in found[0].skipped] == ["bad_line"]
    assert found[0].proof.state == "partial"


def test_mt940_texts_that_look_like_tags_and_literal_line_ends() -> None:
    text = ":20:A\n:25:1\n:60F:C260101EUR0,\n:61:260102C1,00N\n:86:hora 10\n:12:11 fin\n:62F:C260102EUR1,\n"
    assert only(read_mt940(text, NONE)).movements[0].text == "hora 10 :12:11 fin"
    assert amounts(only(read_mt940(text.replace("\n", "\\n"), NONE))) == [100]


def test_mt940_without_currency_asks_and_an_unknown_one_is_told() -> None:
    text = ":61:2601020102C1,00NTRF\n:86:x\n"
    assert [each.code for each in only(read_mt940(text, NONE)).questions] == ["currency"]
    assert amounts(only(read_mt940(text, Hints(currency="MXN")))) == [100]
    old = only(
        read_mt940(":20:A\n:25:1\n:60F:C020101DEM0,\n:61:020102C1,00N\n:62F:C020102DEM1,\n", Hints(currency="MXN"))
    )
    assert (old.currency, [row.code for row in old.skipped]) == ("DEM", ["bad_currency"])


def test_mt942_totals_are_steps_of_the_proof() -> None:
    text = ":20:A\n:25:1\n:28C:1/1\n:34F:MXN0\n:61:2601020102C1,00N\n:61:2601020102C2,00N\n:90D:0MXN0,\n:90C:2MXN3,00\n"
    statement = only(read_mt940(text, NONE))
    assert (statement.proof.state, statement.proof.steps) == ("full", 4)


# OFX


def ofx(entries: str, closed: bool = True, account: str = "1") -> str:
    end = "</STMTTRN>" if closed else ""
    body = "".join(f"<STMTTRN>{entry}{end}\n" for entry in entries.split("|"))
    return (
        f"OFXHEADER:100\n<OFX><BANKMSGSRSV1><STMTRS><CURDEF>MXN<BANKACCTFROM><ACCTID>{account}</BANKACCTFROM>"
        f"<BANKTRANLIST>{body}</BANKTRANLIST><LEDGERBAL><BALAMT>90.00<DTASOF>00000000</LEDGERBAL></STMTRS>"
    )


ENTRY = (
    "<TRNTYPE>DEBIT<DTPOSTED>20260115120000[-6:CST]<TRNAMT>-10.50<FITID>T1<NAME>ALFA &amp; CIA<MEMO>NOTA<CHECKNUM>77"
)


@pytest.mark.parametrize("closed", [True, False])
def test_ofx_movements(closed: bool) -> None:
    statement = only(read_ofx(ofx(f"{ENTRY}|{ENTRY.replace('T1', 'T2')}", closed), NONE))
    first = statement.movements[0]
    assert amounts(statement) == [-1050, -1050]
    assert (first.booked_on, first.text, first.trace_key) == (date(2026, 1, 15), "ALFA & CIA | NOTA", "T1")
    assert (first.bank_reference, statement.account, statement.declared.closing) == ("77", "1", 9000)


def test_ofx_in_xml_several_accounts_and_missing_dates() -> None:
    xml = (
        '<?xml version="1.0"?><?OFX OFXHEADER="200"?>'
        + ofx(ENTRY)[14:]
        + ofx("<TRNAMT>-1.00<FITID>X", account="2")[14:]
    )
    found = read_ofx(xml, NONE)
    assert [(each.account, len(each.movements), [row.code for row in each.skipped]) for each in found] == [
        ("1", 1, []), ("2", 0, ["bad_date"]),
    ]  # fmt: skip
    with pytest.raises(HasDoctype):
        read_ofx('<!DOCTYPE OFX [<!ENTITY a "b">]><OFX>', NONE)


@pytest.mark.parametrize(
    ("text", "minor"),
    [("+1 006,60", 100660), ("-00000000001500.0000", -150000), ("1,006.60", 100660), ("1.006,60", 100660), ("10", 1000),
     ("1e5", None), ("0.001", None), ("", None)],
)  # fmt: skip
def test_ofx_amounts(text: str, minor: int | None) -> None:
    assert read_amount(text, "MXN") == minor


# camt


def camt(entries: str, balances: str = "", version: str = "053.001.02") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{version}">'
        f"<BkToCstmrStmt><Stmt><Id>1</Id><CreDtTm>2026-01-31T10:00:00</CreDtTm><Acct><Id><IBAN>ES9121000418450200051332"
        f"</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def entry(
    amount: str, side: str = "CRDT", status: str = "<Sts>BOOK</Sts>", more: str = "", day: str = "2026-01-15"
) -> str:
    booked = f"<BookgDt><Dt>{day}</Dt></BookgDt>" if day else ""
    return f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}{booked}{more}</Ntry>'


def balance(code: str, amount: str) -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f'<Bal>{kind}<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'


PARTY = (
    "<AcctSvcrRef>KEY0001</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>ALFA SL</Nm></Pty></Dbtr>"
    "<DbtrAcct><Id><IBAN>ES7921000813610123456789</IBAN></Id></DbtrAcct></RltdPties>"
    "<RmtInf><Ustrd>FRA 2026-12</Ustrd></RmtInf></TxDtls></NtryDtls>"
)


def test_camt_movements_parties_and_proof() -> None:
    data = camt(
        entry("1210.00", more=PARTY)
        + entry("10.50", "DBIT")
        + entry("5", status="<Sts><Cd>PDNG</Cd></Sts>")
        + entry("0"),
        balance("OPBD", "100.00") + balance("CLBD", "1299.50"),
    )
    statement = only(read_camt(data, NONE))
    first = statement.movements[0]
    assert amounts(statement) == [121000, -1050]
    assert (first.payer_name, first.payer_account) == ("ALFA SL", "ES7921000813610123456789")
    assert (first.trace_key, first.text) == ("KEY0001", "FRA 2026-12")
    assert [row.code for row in statement.skipped] == ["pending", "zero_amount"]
    assert (statement.proof.state, statement.proof.steps) == ("full", 1)


def test_camt_batches_keep_their_breakdown_only_when_it_sums() -> None:
    parts = "".join(f'<TxDtls><Amt Ccy="EUR">{part}</Amt></TxDtls>' for part in ("10.00", "20.00"))
    batch = f"<NtryDtls>{parts}</NtryDtls>"
    whole = only(read_camt(camt(entry("30.00", more=batch) + entry("31.00", more=batch)), NONE))
    assert [[name for name, _ in each.raw] for each in whole.movements] == [["Ntry", "TxDtls 1", "TxDtls 2"], ["Ntry"]]


def test_camt_lies_about_encoding_and_dates() -> None:
    data = camt(entry("1.00", more="<AddtlNtryInf>Peñón</AddtlNtryInf>", day="")).decode().encode("cp1252")
    movement = only(read_camt(data, NONE)).movements[0]
    assert (movement.text, movement.booked_on) == ("Peñón", date(2026, 1, 31))


# Norma 43


def n43(
    *movements: tuple[str, str, str, str], closing: str = "2", opening: int = 100000, final: int | None = None
) -> str:
    """Records of 80 positions from (day, sign, cents, text)."""
    lines = [f"11{'2100':4}{'0418':4}{'0200051332':10}260101260131{closing}{opening:014d}9783{'MI EMPRESA SL':26}"]
    for day, sign, cents, text in movements:
        lines.append(f"22    0418{day}{day}04007{sign}{int(cents):014d}{'0000000077':10}{'REF 12':12}{'':16}")
        lines.append(f"2301{text[:38]:38}{text[38:76]:38}")
    debits = [int(cents) for _, sign, cents, _ in movements if sign == "1"]
    credits = [int(cents) for _, sign, cents, _ in movements if sign != "1"]
    end = opening + sum(credits) - sum(debits) if final is None else final
    lines.append(
        f"33210004180200051332{len(debits):05d}{sum(debits):014d}{len(credits):05d}{sum(credits):014d}2{end:014d}978"
    )
    lines.append(f"88{'9' * 18}{len(lines):06d}")
    return "".join(f"{line:80}\r\n" for line in lines).replace("\r\n", "\n")


def test_norma43_signs_texts_and_closing_record() -> None:
    text = n43(("260105", "2", "121000", "TRANSFERENCIA DE ALFA SL"), ("260106", "1", "8540", "RECIBO LUZ"))
    statement = only(read_norma43(text, NONE))
    assert amounts(statement) == [121000, -8540]
    assert statement.movements[0].text == "TRANSFERENCIA DE ALFA SL"
    assert statement.movements[0].payer_name == "ALFA SL"
    assert (statement.account, statement.holder, statement.currency) == ("2100 0418 0200051332", "MI EMPRESA SL", "EUR")
    assert (statement.proof.state, statement.proof.steps) == ("full", 5)
    assert statement.period == (date(2026, 1, 1), date(2026, 1, 31))
    assert statement.counts == {"movement": 2, "header": 3, "footer": 2, "skipped": 0}


def test_norma43_sign_zero_no_line_ends_and_a_closing_that_does_not_tie() -> None:
    text = n43(("260105", "0", "121000", "X"), final=5)
    assert amounts(only(read_norma43(text.replace("\n", ""), NONE))) == [121000]
    assert only(read_norma43(text, NONE)).proof.cause == "closing"
    with pytest.raises(NoTable):
        read_norma43("22 nothing\n", NONE)


# BAI2, QIF, fixed width, pasted blocks


def test_bai2_type_codes_give_the_sign() -> None:
    text = (
        "01,A,B,260115,0900,1,80,1,2/\n02,B,A,1,260115,,MXN,2/\n03,0123,,010,100000,,/\n88,015,140000,,/\n"
        "16,142,50000,V,260115,,BANKREF1,CUSTREF,SPEI RECIBIDO\n88, ALFA\n16,475,10000,S,1,2,3,R2,C2,CHEQUE/\n49,0,5/\n"
    )
    statement = only(read_bai2(text, NONE))
    assert amounts(statement) == [50000, -10000]
    assert (statement.movements[0].trace_key, statement.movements[0].text) == ("BANKREF1", "SPEI RECIBIDO ALFA")
    assert (statement.proof.state, statement.currency) == ("full", "MXN")


def test_qif_reads_bank_accounts_and_asks_for_the_order_of_days() -> None:
    text = "!Account\nNEje\nTBank\n^\n!Type:Bank\nD03/24/2026\nT-1,500.25\nPALFA\nMFACT 1\nN12\n^\n"
    text += "!Type:Invst\nD1/1/26\nT5.00\n^\n"
    movement = only(read_qif(text, Hints("MX"))).movements[0]
    assert (movement.amount, movement.booked_on, movement.text) == (-150025, date(2026, 3, 24), "ALFA | FACT 1")
    asked = only(read_qif("!Type:Bank\nD01/03/26\nT1.00\n^\nD01/05/26\nT2.00\n^\nD01/07/26\nT3.00\n^\n", Hints("MX")))
    assert [question.code for question in asked.questions] == ["date_order"]
    assert asked.mapping
    answer = asked.mapping.answered("date_order", "MDY")
    text = "!Type:Bank\nD01/03/26\nT1.00\n^\nD01/05/26\nT2.00\n^\nD01/07/26\nT3.00\n^\n"
    assert only(read_qif(text, Hints("MX"), [answer])).movements[2].booked_on == date(2026, 1, 7)


def test_santander_fixed_width() -> None:
    def line(day: str, cents: int, left: int, text: str) -> str:
        return f"{'65500012345':11}{'':5}{day}1015{'':4}{text:40}{cents:+015d}{left:014d}{'00001234':8}{'EXTRA':40}"

    text = "\n".join([line("01042026", 1160000, 6160000, "ABONO SPEI"), line("02042026", -160000, 6000000, "PAGO")])
    statement = only(read_plain(text, Hints("MX")))
    assert amounts(statement) == [1160000, -160000]
    assert (statement.account, statement.proof.state) == ("65500012345", "full")
    assert statement.movements[0].text == "ABONO SPEI | EXTRA"


def test_blocks_pasted_from_a_portal_leave_out_what_is_of_today() -> None:
    text = "SPEI ALFA\n30 Jul 2026 , 12:07:00\n$1,167.23\n\nOXXO\n29 Jul 2026 , 12:07:00\n-$67.23\n"
    text += "OXXO\nHoy , 09:00:00\n-$5.00\n"
    statement = only(read_plain(text, Hints("MX")))
    assert [(each.booked_on.day, each.amount) for each in statement.movements] == [(29, -6723), (30, 116723)]
    assert [row.code for row in statement.skipped] == ["pending"]
    assert read_plain("a,b\nc,d\n", Hints("MX")) == ()
