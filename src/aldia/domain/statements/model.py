"""What a bank file holds, whatever its format: statements, movements, and an account of every row.

A `Preview` writes nothing. What cannot be decided from the file is a `Question` with its candidates; while one is open
the statement gives no movements. Amounts are integers of minor units, positive when money comes in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aldia.domain.statements.mapping import Mapping

Value = str | Decimal | date | datetime | bool | None
RowKind = Literal["movement", "header", "footer", "skipped"]
ProofState = Literal["full", "partial", "none"]
Answer = str | int | bool


def printable(text: str) -> str:
    """The text with a blank for every control character."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def plain(text: str) -> str:
    """A cell as text: one line, printable, without the quotes that banks put around digits ('0123456789')."""
    bare = " ".join(printable(text).split())
    if bare[:1] != "'":
        return bare
    return bare[1:-1].strip() if len(bare) > 1 and bare[-1] == "'" else bare[1:]


@dataclass(frozen=True, slots=True)
class Row:
    """`line` counts as people do: the row of the sheet, the line of the text file."""

    line: int
    cells: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known besides the file: the account it is uploaded to, the answers given to questions about this file.

    `year` is that of the first date of a file whose dates have none; `today` (if given) makes later dates unlikely.
    """

    country: str = ""
    currency: str = ""
    bank: str = ""
    year: int | None = None
    today: date | None = None


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something read about the other party. `start` and `end` mark it in `Movement.text`; -1 when a column gave it."""

    kind: str
    value: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the bank. `payer_*` is the other party: who paid when money came in, who was paid when it went out.

    `text` is what the bank wrote, on one line; `text_key` the same as it is compared; `trace_key` is the bank's own
    key (clave de rastreo, FITID, AcctSvcrRef); `seq` counts the movements of a day from 1, oldest first; `raw` is the
    row as it came, by heading.
    """

    line: int
    booked_on: date
    amount: int
    currency: str
    text: str
    text_key: str
    value_on: date | None = None
    balance: int | None = None
    account: str = ""
    bank_reference: str = ""
    trace_key: str = ""
    payer_name: str = ""
    payer_tax_id: str = ""
    payer_account: str = ""
    concept: str = ""
    code: str = ""
    kind: str = ""
    seq: int = 0
    evidence: tuple[Evidence, ...] = ()
    raw: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence about the file: `code` for programs, `template` and `params` for people, `line` where (0: all)."""

    code: str
    template: str
    params: Dictionary[str, str] = field(default_factory=dict)
    line: int = 0

    @property
    def message(self) -> str:
        return self.template % self.params if self.params else self.template


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row. `why` (for skipped rows) is the sentence; `code` its name for programs."""

    line: int
    kind: RowKind
    code: str = ""
    why: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible answer: what to store, and what it would mean with an example of the file."""

    value: Answer
    label: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can say. The answer goes to `Mapping.answered(code, value)`, or to `Hints` for `year`."""

    code: str
    template: str
    candidates: tuple[Candidate, ...]
    params: Dictionary[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return self.template % self.params if self.params else self.template


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a person maps it: its heading, the first values, the role it has ("" if none)."""

    index: int
    heading: str
    samples: tuple[str, ...]
    role: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """How far the file proves itself: `tied` of `steps` hold. `first_line` and `cause` tell the first that does not.

    Steps are the running balances, plus opening to closing and declared totals where the file states them. Causes:
    sign, hundredfold, missing_row, totals, closing. `newest_first` is the order of the file.
    """

    state: ProofState = "none"
    tied: int = 0
    steps: int = 0
    first_line: int = 0
    cause: str = ""
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """What the file says of itself, in minor units: balances and the sums and counts of charges and deposits."""

    opening: int | None = None
    closing: int | None = None
    debits: int | None = None
    credits: int | None = None
    debit_count: int | None = None
    credit_count: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One account of a file, oldest movement first. With `questions` open there are no movements.

    `printed`: read from where things stand on a page (PDF); it is always shown for review, and enters only proven.
    """

    currency: str = ""
    account: str = ""
    holder: str = ""
    bank: str = ""
    sheet: str = ""
    period: tuple[date, date] | None = None
    declared: Declared = Declared()
    movements: tuple[Movement, ...] = ()
    rows: tuple[RowOutcome, ...] = ()
    proof: Proof = Proof()
    questions: tuple[Question, ...] = ()
    findings: tuple[Said, ...] = ()
    mapping: Mapping | None = None
    columns: tuple[Column, ...] = ()
    printed: bool = False

    @property
    def is_importable(self) -> bool:
        """Whether its movements may enter: a printed one only if opening + movements = closing, and all stated ties."""
        if self.questions:
            return False
        bounded = self.declared.opening is not None and self.declared.closing is not None
        return not self.printed or (bounded and self.proof.state == "full")

    @property
    def state(self) -> str:
        """previewed (can be imported) or needs_mapping (a person must answer first)."""
        return "needs_mapping" if self.questions else "previewed"

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what became of them: movement, header, footer, skipped."""
        found = Counter(row.kind for row in self.rows)
        return {kind: found[kind] for kind in ("movement", "header", "footer", "skipped")}

    @property
    def skipped(self) -> tuple[RowOutcome, ...]:
        return tuple(row for row in self.rows if row.kind == "skipped")


@dataclass(frozen=True, slots=True)
class Preview:
    """A whole file. `format` is what its bytes are: xlsx, xls, html, spreadsheetml, text, ofx, mt940, camt, norma43…"""

    format: str
    statements: tuple[Statement, ...]
    sha256: str = ""

    @property
    def state(self) -> str:
        open_questions = any(statement.questions for statement in self.statements)
        return "needs_mapping" if open_questions else "previewed"

    @property
    def movements(self) -> tuple[Movement, ...]:
        return tuple(movement for statement in self.statements for movement in statement.movements)
