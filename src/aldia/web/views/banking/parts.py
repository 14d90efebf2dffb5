"""One statement of a file as the preview draws it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from aldia.banking.models import BankAccount, StatementImport
from aldia.banking.operations.importing import foresee
from aldia.banking.queries import statements as queries
from aldia.domain.statements.banks import BANKS
from aldia.domain.statements.model import Column, Movement, Proof, Question, RowOutcome, Said, Statement
from aldia.tenancy.models import Company
from aldia.web import statement_words as words
from aldia.web.forms_banking import BankAccountForm

SAMPLE = 12
SHOWN_SKIPPED = 200


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no movement, and why."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its possible answers: (value, label, example)."""

    code: str
    text: str
    candidates: list[tuple[Any, str, str]]


@dataclass(frozen=True, slots=True)
class Part:
    """What the page shows of a statement."""

    at: int
    statement: Statement
    bank: str
    proof: tuple[Any, str]
    proof_text: str
    questions: list[Asked]
    needs_columns: bool
    columns: Sequence[Column]
    decimal: str
    date_order: str
    sign: str
    sample: Sequence[Movement]
    more: int
    skipped: list[Skipped]
    more_skipped: int
    unread: int
    findings: list[str]
    money_in: int
    money_out: int
    count_in: int
    count_out: int
    account: BankAccount | None
    concerns: list[str]
    expected: tuple[int, int, int] | None
    standing: StatementImport | None
    form: BankAccountForm

    @property
    def is_ready(self) -> bool:
        return bool(self.statement.movements) and not self.questions and self.statement.is_importable


def part_of(
    company: Company,
    statement: Statement,
    at: int,
    *,
    accounts: Sequence[BankAccount],
    given: BankAccount | None,
    chosen: BankAccount | None,
    standing: StatementImport | None,
) -> Part:
    """Draw a statement: nothing is written. `given` is the account it was uploaded to, `chosen` the one just picked."""
    account = standing.account if standing else chosen or queries.suggested(statement, accounts, given)
    ready = bool(statement.movements) and not statement.questions
    fits = account is not None and account.currency == statement.currency
    into = [movement.amount for movement in statement.movements if movement.amount > 0]
    out = [movement.amount for movement in statement.movements if movement.amount < 0]
    mapping = statement.mapping
    return Part(
        at=at, statement=statement, bank=BANKS[statement.bank].name if statement.bank in BANKS else "",
        proof=words.PROOFS[statement.proof.state], proof_text=proof_text(statement.proof),
        questions=_questions(statement), needs_columns=any(each.code == "roles" for each in statement.questions),
        columns=_columns(statement),
        decimal=mapping.decimal if mapping else "", date_order=mapping.date_order if mapping else "",
        sign=mapping.sign if mapping else "",
        sample=statement.movements[:SAMPLE], more=max(len(statement.movements) - SAMPLE, 0),
        skipped=[told(row) for row in statement.skipped[:SHOWN_SKIPPED]],
        more_skipped=max(len(statement.skipped) - SHOWN_SKIPPED, 0), unread=queries.unread_rows(statement),
        findings=[_said(each) for each in statement.findings if each.code != "not_tied"],
        money_in=sum(into), money_out=-sum(out), count_in=len(into), count_out=len(out), account=account,
        concerns=queries.concerns(statement, account) if ready else [],
        expected=foresee(account=account, statement=statement) if account and ready and fits else None,
        standing=standing, form=BankAccountForm(company=company, known=_known_account(statement), prefix="new"),
    )  # fmt: skip


def _known_account(statement: Statement) -> dict[str, str]:
    """What a file says of its account, to begin a new one with."""
    bank = BANKS[statement.bank].name if statement.bank in BANKS else ""
    name = " ".join(filter(None, (bank or _("Cuenta"), statement.account[-4:] or statement.currency)))
    return {
        "name": name, "bank": bank, "number": statement.account[:40], "currency": statement.currency,
        "holder": statement.holder[:200],
    }  # fmt: skip


def told(row: RowOutcome) -> Skipped:
    """A skipped row in the language of who reads it."""
    return Skipped(row.line, row.text, _(row.why) if row.why else "")


def _said(each: Said) -> str:
    return _(each.template) % each.params if each.params else _(each.template)


def _columns(statement: Statement) -> Sequence[Column]:
    """The columns with the roles they have, or seem to have where that is the question."""
    guess = next((each.candidates[0].value for each in statement.questions if _is_guess(each)), "")
    pairs = (pair.strip().partition("=") for pair in str(guess).split(",") if guess)
    seems = {int(place): role for role, _equals, place in pairs if place.isdecimal()}
    return [dataclasses.replace(each, role=each.role or seems.get(each.index, "")) for each in statement.columns]


def _is_guess(question: Question) -> bool:
    """Whether the one answer offered is what the columns seem to be: it fills in the form of the columns instead."""
    return question.code == "roles" and len(question.candidates) == 1


def _questions(statement: Statement) -> list[Asked]:
    found = []
    for each in statement.questions:
        if _is_guess(each):
            each = dataclasses.replace(each, candidates=())
        text = _(each.template) % each.params if each.params else _(each.template)
        found.append(Asked(each.code, text, [(one.value, _(one.label), one.example) for one in each.candidates]))
    return found


def proof_text(proof: Proof) -> str:
    """How far the file proves itself, in words; with the first line that does not tie."""
    if proof.state == "none":
        return _("El archivo no trae saldos: no hay con qué comprobar que esté completo.")
    if proof.state == "full":
        return _("Cada saldo es el anterior más su movimiento: %(n)s de %(n)s comprobaciones.") % {"n": proof.steps}
    text = _("Cuadran %(tied)s de %(steps)s comprobaciones.") % {"tied": proof.tied, "steps": proof.steps}
    cause = words.CAUSES.get(proof.cause, "")
    if proof.first_line and cause:
        return text + " " + _("El primero que no, en el renglón %(line)s: %(why)s.") % {
            "line": proof.first_line, "why": cause,
        }  # fmt: skip
    return text + (" " + _("Por qué: %(why)s.") % {"why": cause} if cause else "")
