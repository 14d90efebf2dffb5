"""Statements of others: counts, sums and proof of every sample file, and a second, byte-level reading of the formats.

The figures were worked out from the files: by hand for sheets, QIF and BAI2, by the plain counting below for the rest.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from aldia.domain.sentences import Refusal
from aldia.domain.statements.model import Hints, Preview, Statement
from aldia.integrations.statements import read_file

pytestmark = pytest.mark.corpus

# file -> the code of its refusal, or for each statement (movements, their sum, skipped rows, proof), or what is asked
FIGURES: dict[str, str | list[str | tuple[int, int, int, str]]] = {
    "bai2/moov__3940e35d8f932097.fuzz": "no_table",
    "bai2/moov__e262a7798c82c66e.fuzz": "no_table",
    "bai2/moov__sample-parseError.txt": "no_table",
    "bai2/moov__sample1.txt": [(17, 0, 0, "none 0/0")],
    "bai2/moov__sample2.txt": [
        (1, 450000, 0, "none 0/0"),
        (1, 500000, 0, "none 0/0"),
        (2, 30000000, 0, "none 0/0"),
        (0, 0, 0, "none 0/0"),
        (0, 0, 0, "none 0/0"),
    ],
    "bai2/moov__sample3.txt": [(8, -30803, 0, "full 7/7"), (18, 11098, 0, "full 8/8")],
    "bai2/pybai2__account_trailer_amount_blank_example.bai2": [(0, 0, 0, "none 0/0"), (0, 0, 0, "none 0/0")],
    "bai2/pybai2__nwb_example.bai2": [(5, -2676, 0, "full 1/1")],
    "bai2/pybai2__svb_us_example.bai2": [(2, 1395996, 0, "full 2/2")],
    "camt/genkgo__camt052.v2.xml": [(1, -20000000, 0, "none 0/0")],
    "camt/genkgo__camt052.v6.Amt-zero.xml": [(0, 0, 1, "none 0/0")],
    "camt/genkgo__camt052.v6.xml": [(0, 0, 1, "none 0/0")],
    "camt/genkgo__camt053.v2.all-balance-types.xml": [(1, 885, 0, "partial 0/1")],
    "camt/genkgo__camt053.v2.minimal.ultimate.xml": [(1, 885, 0, "none 0/0")],
    "camt/genkgo__camt053.v2.multi.statement.xml": [(2, 185, 0, "full 2/2")],
    "camt/genkgo__camt053.v2.with-account-name.xml": [(1, 885, 0, "none 0/0")],
    "camt/genkgo__camt053.v2.with-party-ids.xml": [(1, 885, 0, "none 0/0")],
    "camt/genkgo__camt053.v2.wrong.xml": "no_table",
    "camt/genkgo__camt053.v3.xml": [(1, 885, 0, "none 0/0")],
    "camt/genkgo__camt053.v4.xml": [(1, 885, 0, "none 0/0")],
    "camt/genkgo__camt054.v2.with-account-name.xml": [(1, -20000000, 0, "none 0/0")],
    "camt/genkgo__camt054.v2.xml": [(1, -20000000, 0, "none 0/0")],
    "camt/genkgo__camt054.v8-with-UETR.xml": [(1, -20000000, 0, "none 0/0")],
    "csv/csv2ofx__capitalone.csv": [(2, 0, 0, "none 0/0")],
    "csv/csv2ofx__creditunion.csv": ["ask sign"],
    "csv/csv2ofx__default.csv": ["ask sign"],
    "csv/csv2ofx__gls.csv": [(1, -9876, 0, "none 0/0")],
    "csv/csv2ofx__ingesp.csv": [(10, 35021, 0, "partial 0/9")],
    "csv/csv2ofx__mint.csv": [(4, -300000, 0, "none 0/0")],
    "csv/csv2ofx__mint_extra.csv": [(4, -300000, 0, "none 0/0")],
    "csv/csv2ofx__mint_headerless.csv": ["ask roles"],
    "csv/csv2ofx__n26-fr.csv": [(2, 0, 0, "none 0/0")],
    "csv/csv2ofx__outbank.csv": [(4, -3589, 0, "none 0/0")],
    "csv/csv2ofx__pcmastercard.csv": ["ask sign"],
    "csv/csv2ofx__schwab-checking-baltest-case2.csv": [(4, -21527, 0, "partial 1/3")],
    "csv/csv2ofx__schwab-checking-baltest-case3.csv": [(4, -21527, 0, "full 3/3")],
    "csv/csv2ofx__schwab-checking-baltest-case5.csv": [(4, -21527, 0, "full 3/3")],
    "csv/csv2ofx__schwab-checking-baltest-case6.csv": [(4, -21527, 0, "full 3/3")],
    "csv/csv2ofx__ubs-ch-fr_trimmed.csv": [(3, 3000, 0, "full 2/2")],
    "csv/csv2ofx__xero.csv": ["ask roles"],
    "latam/cl__bancochile__banco_chile_cartola_binary_sample.xls": [(5, -120000, 0, "partial 4/6")],
    "latam/cl__bancochile__banco_chile_credit_facturado_binary.xls": ["ask sign"],
    "latam/cl__bancochile__banco_chile_credit_facturado_sample.xls": ["ask sign"],
    "latam/cl__bancochile__banco_chile_credit_no_facturado_sample.xls": ["ask sign"],
    "latam/es__caixabank__movimientos.xlsx": [(2, 112460, 0, "full 1/1")],
    "mt940/jejik__K4262927_20200905-080000-952.txt": [(1, 23000, 0, "none 0/0")],
    "mt940/jejik__abnamro.txt": [(10, -34593, 0, "partial 0/2")],
    "mt940/jejik__bug-core-5401.txt": [(1, 5000, 0, "partial 0/1")],
    "mt940/jejik__commerzbank.txt": [(1, -1235, 0, "partial 0/1")],
    "mt940/jejik__knab.txt": [(3, -626000, 0, "partial 1/2")],
    "mt940/jejik__lbbw.txt": [(2, 0, 0, "full 1/1")],
    "mt940/jejik__oldenburgischelandesbank.txt": [(1, 10450, 0, "partial 0/1")],
    "mt940/jejik__oldenburgischelandesbankmitbindestrich.txt": [(1, 172700, 0, "partial 0/1")],
    "mt940/jejik__postfinance.txt": [(4, 15940, 0, "partial 1/2")],
    "mt940/jejik__rabobank-iban.txt": [(4, -7000, 0, "full 2/2")],
    "mt940/jejik__rabobank.txt": [(3, -149479, 0, "partial 1/3"), (2, -9430, 0, "full 1/1")],
    "mt940/jejik__sparkasse.txt": [(2, -4000, 0, "full 2/2")],
    "mt940/jejik__sparkasse2.txt": [(1, 102725, 0, "partial 0/1")],
    "mt940/jejik__triodos.txt": [(2, -71570, 0, "partial 0/1")],
    "mt940/jejik__volksbankenraiffeisenbanken.txt": [(12, 74500, 0, "full 8/8")],
    "mt940/wolph__ASNB__mt940_with_spaces_for_entry_date.txt": [(8, 5694, 0, "full 31/31")],
    "mt940/wolph__betterplace__currency_in_25.sta": "no_table",
    "mt940/wolph__betterplace__empty_86.sta": "no_table",
    "mt940/wolph__betterplace__empty_entry_date.sta": [(1, 5000, 0, "none 0/0")],
    "mt940/wolph__betterplace__missing_crlf_at_end.sta": "no_table",
    "mt940/wolph__betterplace__sepa_mt9401.sta": [
        (7, -290987, 0, "full 1/1"),
        (2, -48524995, 0, "full 1/1"),
        (5, -52803851, 0, "full 1/1"),
        (3, 105000000, 0, "full 1/1"),
        (5, -72669427, 0, "full 1/1"),
        (1, 5099005, 0, "full 1/1"),
        (8, -6042225, 0, "full 2/2"),
        (11, -75097373, 0, "full 2/2"),
        (12, -119022009, 0, "full 2/2"),
        (9, -306683981, 0, "full 2/2"),
        (1, 1399005, 0, "full 1/1"),
        (12, -150107450, 0, "full 3/3"),
        (1, 5099005, 0, "full 1/1"),
        (3, 9299019, 0, "full 1/1"),
        (4, 35859391, 0, "full 1/1"),
        (7, -250161722, 0, "full 1/1"),
        (3, -7240000, 0, "full 1/1"),
        (1, -15000, 0, "full 1/1"),
        (1, -15000, 0, "full 1/1"),
        (1, 5005, 0, "full 1/1"),
    ],
    "mt940/wolph__betterplace__sepa_snippet.sta": [(4, 35859391, 0, "full 1/1"), (7, -250191730, 0, "partial 0/1")],
    "mt940/wolph__betterplace__with_binary_character.sta": [
        (3, -18018675, 0, "full 1/1"),
        (1, 112000, 0, "full 1/1"),
    ],
    "mt940/wolph__citi__mt940.txt": [(3, -114275, 2, "full 1/1")],
    "mt940/wolph__cmxl__account_balance_credit.sta": "no_table",
    "mt940/wolph__cmxl__account_balance_debit.sta": "no_table",
    "mt940/wolph__cmxl__account_identification_iban.sta": "no_table",
    "mt940/wolph__cmxl__available_balance.sta": "no_table",
    "mt940/wolph__cmxl__mt940.sta": [
        (0, 0, 11, "none 0/0"),
        (2, 220000, 0, "full 1/1"),
        (3, 1004000, 0, "full 1/1"),
    ],
    "mt940/wolph__cmxl__statement_number.sta": "no_table",
    "mt940/wolph__jejik__abnamro.sta": [(10, -34593, 0, "partial 0/2")],
    "mt940/wolph__jejik__ing.sta": [(7, -4559, 0, "partial 0/1")],
    "mt940/wolph__jejik__knab.sta": [(3, -626000, 0, "partial 1/2")],
    "mt940/wolph__jejik__postfinance.sta": [(4, 15940, 0, "partial 1/2")],
    "mt940/wolph__jejik__rabobank.sta": [(3, -149479, 0, "partial 1/3"), (2, -9430, 0, "full 1/1")],
    "mt940/wolph__jejik__sns.sta": [(2, -2500, 0, "full 2/2")],
    "mt940/wolph__jejik__triodos.sta": [(2, -71570, 0, "partial 0/1")],
    "mt940/wolph__mBank__mt942.sta": [(3, 3, 0, "full 4/4")],
    "mt940/wolph__mBank__with_newline_in_tnr.sta": [(2, 8900, 0, "partial 0/1")],
    "mt940/wolph__sberbank__171011_01234945.sta": [(3, -943700, 0, "full 1/1")],
    "mt940/wolph__self-provided__account_identification.sta": "no_table",
    "mt940/wolph__self-provided__details_60-63.sta": [(1, -23315, 0, "partial 0/1")],
    "mt940/wolph__self-provided__empty_non_swift.sta": "no_table",
    "mt940/wolph__self-provided__invalid_statement.sta": "no_table",
    "mt940/wolph__self-provided__long_statement_number.sta": [(0, 0, 0, "full 1/1")],
    "mt940/wolph__self-provided__malformed_details.sta": [(1, -23315, 0, "partial 0/1")],
    "mt940/wolph__self-provided__mt942.sta": [(1, -42, 0, "partial 1/2")],
    "mt940/wolph__self-provided__overly_long_details.sta": [(1, -23315, 0, "partial 0/1")],
    "mt940/wolph__self-provided__raphaelm.sta": [(0, 0, 8, "none 0/0"), (0, 0, 1, "none 0/0")],
    "mt940/wolph__self-provided__sparkassen.sta": [(1, 3000, 0, "none 0/0")],
    "mt940/wolph__self-provided__transaction_details_wrapped.sta": [(1, -600, 0, "full 1/1")],
    "mt940/wolph__self-provided__whitespace.sta": [(1, -23315, 0, "partial 0/1")],
    "mt940/wolph__self-provided__wrapped_timestamp.sta": [(1, -600, 0, "full 1/1")],
    "ofx/bankfile__chase__blank-line-before-header-none-after.qfx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__chase__non-ascii-byte-declared-usascii.qfx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__hsbc-brasil__dtstart-ddmmyy.ofx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__lcl__check-without-payee.ofx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__onpoint-community-credit-union__self-closing-memo-tag.ofx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__template__ofx-1.0.2.ofx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__unnamed-bank__amount-plus-sign-and-space.ofx": [(1, 100660, 0, "none 0/0")],
    "ofx/bankfile__unnamed-bank__character-outside-latin1.ofx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__unnamed-bank__charset-8859-1-without-iso-prefix.qfx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__unnamed-bank__chknum-instead-of-checknum.ofx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__unnamed-bank__tags-outside-spec.ofx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__unnamed-bank__xml-declaration-ofx-2.ofx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__unnamed-bank__zero-date.ofx": [(1, -1000, 0, "none 0/0")],
    "ofx/bankfile__wells-fargo__header-on-one-line.qfx": [(1, -1000, 0, "none 0/0")],
    "ofx/csv2ofx__default.ofx": [(2, 9500000, 0, "none 0/0"), (6, 37000000, 0, "none 0/0")],
    "ofx/csv2ofx__ex__transfer_example.ofx": "no_table",
    "ofx/csv2ofx__gls.ofx": [(1, -9876, 0, "none 0/0")],
    "ofx/csv2ofx__mint.ofx": "no_table",
    "ofx/csv2ofx__n26.ofx": [(2, 0, 0, "none 0/0")],
    "ofx/csv2ofx__outbank.ofx": [(4, -3589, 0, "none 0/0")],
    "ofx/csv2ofx__schwab-checking-baltest-case1.ofx": [(4, -21527, 0, "none 0/0")],
    "ofx/csv2ofx__schwab-checking-baltest-case2.ofx": [(4, -21527, 0, "none 0/0")],
    "ofx/csv2ofx__schwab-checking-baltest-case4.ofx": [(4, -21527, 0, "none 0/0")],
    "ofx/csv2ofx__schwab-checking-baltest-case5.ofx": [(4, -21527, 0, "none 0/0")],
    "ofx/csv2ofx__schwab-checking-baltest-case7.ofx": [(2, 0, 0, "none 0/0")],
    "ofx/csv2ofx__schwab-checking-msmoney.ofx": [(4, -21527, 0, "none 0/0")],
    "ofx/csv2ofx__stripe-all.ofx": [(5, 11250, 0, "none 0/0")],
    "ofx/ofxparse__fail_nice__date_missing.ofx": [(0, 0, 3, "none 0/0")],
    "ofx/ofxparse__fail_nice__empty_balance.ofx": [(1, 12000, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__anzcc.ofx": [(1, -550, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__bank_medium.ofx": [(3, -34527, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__bank_small.ofx": "no_table",
    "ofx/ofxparse__fixtures__checking.ofx": [(3, -5950, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__error_message.ofx": "no_table",
    "ofx/ofxparse__fixtures__fidelity-savings.ofx": [(1, -150000, 3, "none 0/0")],
    "ofx/ofxparse__fixtures__investment_401k.ofx": [(0, 0, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__investment_medium.ofx": [(3, -395, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__multiple_accounts.ofx": [(0, 0, 0, "none 0/0"), (0, 0, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__signon_success.ofx": "no_table",
    "ofx/ofxparse__fixtures__signon_success_no_message.ofx": "no_table",
    "ofx/ofxparse__fixtures__td_ameritrade.ofx": [(0, 0, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__tiaacref.ofx": [(0, 0, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__vanguard.ofx": [(0, 0, 0, "none 0/0")],
    "ofx/ofxparse__fixtures__vanguard401k.ofx": [(0, 0, 0, "none 0/0")],
    "qif/csv2ofx__default.qif": [(2, 9500000, 0, "none 0/0"), (6, 37000000, 0, "none 0/0")],
    "qif/csv2ofx__default_w_splits.qif": [(2, 9500000, 0, "none 0/0"), (6, 37000000, 0, "none 0/0")],
    "qif/csv2ofx__investment_example.qif": "no_table",
    "qif/csv2ofx__mint_alt.qif": [(2, -50000, 0, "none 0/0")],
    "qif/csv2ofx__stripe-default.qif": [(5, 11250, 0, "none 0/0")],
    "qif/csv2ofx__ubs-ch-fr.qif": [(3, 3000, 0, "none 0/0")],
    "qif/csv2ofx__xero.qif": [
        (1, 14900000, 0, "none 0/0"),
        (3, -17300000, 0, "none 0/0"),
        (1, -20900000, 0, "none 0/0"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def statements(corpus: Path) -> Path:
    return corpus / "statements"


def read(path: Path) -> Preview:
    folder = path.parent.name
    hints = {
        "csv": Hints("US", "USD"),
        "qif": Hints("US", "USD"),
        "latam": Hints(path.name[:2].upper()),
        "mt940": Hints(currency="EUR"),
    }
    return read_file(path.read_bytes(), hints=hints.get(folder, Hints()))


def figures(statement: Statement) -> str | tuple[int, int, int, str]:
    if statement.questions:
        return "ask " + "+".join(question.code for question in statement.questions)
    proof = statement.proof
    total = sum(movement.amount for movement in statement.movements)
    return (
        len(statement.movements), total, len(statement.skipped), f"{proof.state} {proof.tied}/{proof.steps}",
    )  # fmt: skip


def test_every_sample_is_in_the_table(statements: Path) -> None:
    found = {path.relative_to(statements).as_posix() for path in statements.rglob("*") if path.is_file()}
    assert found - {"INDEX.tsv"} == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_counts_sums_and_proof(statements: Path, name: str) -> None:
    try:
        found: object = [figures(statement) for statement in read(statements / name).statements]
    except Refusal as refusal:
        found = refusal.code
    assert found == FIGURES[name]


def ours(preview: Preview) -> tuple[int, Decimal]:
    total = sum((Decimal(movement.amount) for movement in preview.movements), Decimal(0))
    return len(preview.movements), total / 100


def test_mt940_says_what_its_bytes_say(statements: Path) -> None:
    """Every :61: counted and summed by nothing but a pattern over the text."""
    compared = 0
    for path in sorted((statements / "mt940").iterdir()):
        text = path.read_bytes().decode("utf-8", errors="replace")
        if "DEM" in text or not isinstance(FIGURES[f"mt940/{path.name}"], list):
            continue
        count, total = 0, Decimal(0)
        for sign, amount in re.findall(r"^:61:\d{6} *(?:\d{4})? *(R?[CD])[A-Z]?\s*(\d+,?\d*)", text, re.M):
            value = Decimal(amount.replace(",", "."))
            count += bool(value)
            total += value if sign in ("C", "RD") else -value
        assert ours(read(path)) == (count, total), path.name
        compared += 1
    assert compared > 35


def test_ofx_says_what_its_bytes_say(statements: Path) -> None:
    compared = 0
    for path in sorted((statements / "ofx").iterdir()):
        if not isinstance(FIGURES[f"ofx/{path.name}"], list):
            continue
        text = path.read_bytes().decode("cp1252", errors="replace")
        entries = re.findall(r"<STMTTRN>(.*?)(?:</STMTTRN>|(?=<STMTTRN>))", text, re.S)
        dated = [entry for entry in entries if re.search(r"<DTPOSTED>(?!\d{4}0231)\d{8}", entry)]
        written = [re.search(r"<TRNAMT>([^<\n\r]*)", entry) for entry in dated]
        if any(match and re.search(r"\.\d\d\d*[1-9]", match[1].strip()) for match in written):
            continue  # fractions of cents: shares of a fund, told as rows that cannot be read
        amounts = [Decimal(match[1].strip().replace(" ", "").replace(",", ".")) for match in written if match]
        assert ours(read(path)) == (len([value for value in amounts if value]), sum(amounts)), path.name
        compared += 1
    assert compared > 25


def test_camt_says_what_its_bytes_say(statements: Path) -> None:
    for path in sorted((statements / "camt").iterdir()):
        if not isinstance(FIGURES[f"camt/{path.name}"], list):
            continue
        total = Decimal(0)
        for entry in re.findall(r"<Ntry>(.*?)</Ntry>", path.read_text(), re.S):
            amount = Decimal(re.findall(r"<Amt[^>]*>([0-9.]+)<", entry)[0])
            booked = "PDNG" not in entry
            total += (amount if "<CdtDbtInd>CRDT" in entry.partition("<NtryDtls>")[0] else -amount) * booked
        assert ours(read(path))[1] == total, path.name


def test_a_second_upload_of_any_sample_adds_nothing(statements: Path) -> None:
    from aldia.domain.statements.overlap import assign, entry_of

    for name, figure in FIGURES.items():
        if not isinstance(figure, list):
            continue
        for one, two in zip(read(statements / name).statements, read(statements / name).statements, strict=True):
            stored = [entry_of(movement, ("stored", at)) for at, movement in enumerate(one.movements)]
            result = assign(stored, [entry_of(movement, at) for at, movement in enumerate(two.movements)])
            assert (result.new, result.review) == ((), ()), name
