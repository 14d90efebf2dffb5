"""The tick of a company: what was stopped is due again, what came due is planned, and everything due is written.

Sending is another step, in no transaction (`messaging.operations.delivering`, with the gate of `sending.recheck_at`).
Any number of ticks at once, or one that was killed anywhere, leaves what a single one would have left.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from aldia.domain.reminders import State
from aldia.reminders.attachments import StatementPdf
from aldia.reminders.operations.composing import Composed, compose_due
from aldia.reminders.operations.planning import plan_company
from aldia.reminders.operations.promised import write_promise_reminders
from aldia.reminders.operations.receipts import write_receipts, write_thanks
from aldia.reminders.operations.refunds import write_refunds
from aldia.reminders.operations.sending import refresh_awaiting, reopen_cancelled, reopen_failed
from aldia.reminders.rounds import Round
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id, transaction


@dataclass(frozen=True, slots=True)
class Ran:
    """What one tick did: steps found due, messages written (their ids), and how many steps were not sent, by reason."""

    planned: int = 0
    messages: list[uuid.UUID] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)


class _Undo(Exception):
    """Ends a dry run: nothing of it stays."""


def run_company(*, as_of: datetime, statement_pdf: StatementPdf | None = None, dry_run: bool = False) -> Ran:
    """Plan and write what is due of the company in scope at a moment.

    `statement_pdf` makes the statement of account for rules that attach it. `dry_run`: the same, and then none of it
    is kept; no files are made.
    """
    if not dry_run:
        return _run(as_of, statement_pdf, with_files=True)
    ran = Ran()
    try:
        with transaction():
            ran = _run(as_of, None, with_files=False)
            raise _Undo
    except _Undo:
        return ran


def _run(as_of: datetime, statement_pdf: StatementPdf | None, *, with_files: bool) -> Ran:
    company = Company.objects.get(pk=current_company_id())
    turn = Round.at(company, as_of)
    receipts = write_receipts(turn=turn, with_files=with_files) + write_refunds(turn=turn)
    refresh_awaiting(today=turn.today)
    reopen_cancelled(today=turn.today)
    reopen_failed(today=turn.today)
    promised = write_promise_reminders(turn=turn)  # before planning: whoever got one is not reminded again that day
    planned = plan_company(as_of=as_of, today=turn.today)
    composed = Composed()
    if turn.is_open:
        composed = compose_due(company=company, as_of=as_of, statement_pdf=statement_pdf, with_files=with_files)
    thanks = write_thanks(turn=turn)
    skipped: Counter[str] = Counter(composed.not_now)
    for (state, why), count in planned.counts.items():
        if why and state in (State.SKIPPED, State.PLANNED):
            skipped[why] += count
    return Ran(planned.to_send, receipts + promised + composed.messages + thanks, dict(sorted((+skipped).items())))
