"""Carry a plan of complements out: rows of drafts written, moved and discarded, cancellations asked for.

Joins the caller's transaction, which has locked the ledger.
"""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import date, datetime

from aldia.domain.fiscal.complement_plan import Draft, Ending, due_on, plan
from aldia.domain.fiscal.drafts import to_json
from aldia.issuing.books import OPEN, ORIGIN, Books
from aldia.issuing.complement_drafts import PartLine, Writer
from aldia.issuing.models import ComplementMode, ComplementPart, Issue, IssueKind, IssueState, Motive
from aldia.issuing.operations import cancelling
from aldia.tenancy import audit
from aldia.tenancy.scope import current_company_id


def carry_out(*, books: Books, now: datetime) -> Counter[str]:
    """Make the drafts of these books what they should be; count what was done."""
    found = plan(books.receipts, books.papers, is_monthly=books.profile.complement_mode == ComplementMode.MONTHLY)
    counts: Counter[str] = Counter()
    for issue_id in found.discards:
        _discard(books, books.issues[uuid.UUID(issue_id)])
        counts["discarded"] += 1
    _keep_live(books, found.live)
    writer = Writer(books)
    placed = [(draft, writer.lines(draft)) for draft in sorted(found.drafts, key=lambda each: _first(writer, each))]
    kept = [
        (draft, lines, books.issues.get(uuid.UUID(draft.paper)) if draft.paper else None) for draft, lines in placed
    ]
    fresh = [issue for _draft, lines, issue in kept if issue is not None and _differs(books, issue, lines)]
    ComplementPart.objects.filter(issue__in=fresh).delete()  # all before any: they trade places
    for draft, lines, issue in kept:
        word = _write(books, writer, draft, lines, issue, is_moved=issue in fresh)
        counts.update([word] if word else [])
    for ending in found.endings:
        counts["cancelling"] += _end(books, ending, now)
    if counts:
        audit.record(actor=None, verb="complements.followed", object_type="company", detail=dict(counts))
    return counts


def _first(writer: Writer, draft: Draft) -> tuple[object, ...]:
    credit = writer.books.credits[uuid.UUID(writer.ordered(draft.lines)[0][0])]
    return writer.books.paid_on(credit), credit.id


def _discard(books: Books, issue: Issue) -> None:
    """The money that it told of is not there any more."""
    issue.state, issue.trouble, issue.trouble_code = IssueState.DISCARDED, "", ""
    issue.version += 1
    issue.save(update_fields=["state", "trouble", "trouble_code", "version"])
    ComplementPart.objects.filter(issue=issue).update(is_live=False)
    books.issues[issue.id] = issue


def _keep_live(books: Books, live: set[str]) -> None:
    """Stop what says nothing any more first: the place of its lines is then free for others."""
    over: list[uuid.UUID] = []
    alive: list[uuid.UUID] = []
    for issue_id, rows in books.parts.items():
        if books.issues[issue_id].state in OPEN:
            continue
        wanted = str(issue_id) in live
        changed = [row.id for row in rows if row.is_live != wanted]
        (alive if wanted else over).extend(changed)
    ComplementPart.objects.filter(pk__in=over).update(is_live=False)
    if alive:  # drafts may hold the place that it had: they are written (or discarded) after this
        pairs = ComplementPart.objects.filter(pk__in=alive).values_list("credit_id", "receivable_id")
        for credit_id, receivable_id in pairs:
            held = ComplementPart.objects.filter(credit_id=credit_id, receivable_id=receivable_id, is_live=True)
            held.filter(issue__state__in=OPEN).update(is_live=False)
        ComplementPart.objects.filter(pk__in=alive).update(is_live=True)


def _differs(books: Books, issue: Issue, lines: list[PartLine]) -> bool:
    """Whether the rows of a draft are not what they should be."""
    rows = books.parts.get(issue.id, ())
    there = {
        (r.credit_id, r.receivable_id): (r.payment, r.amount, r.share, r.before, r.earlier, r.number, r.is_live)
        for r in rows
    }
    return there != {(line.credit, line.receivable.id): (*_figures(line), True) for line in lines}


def _figures(line: PartLine) -> tuple[int, int, int, int, int, int]:
    return line.payment, line.amount, line.share, line.place.before, line.place.earlier, line.place.number


def _write(
    books: Books, writer: Writer, draft: Draft, lines: list[PartLine], issue: Issue | None, *, is_moved: bool
) -> str:
    """Make or change one draft; what was done to it ("" for nothing)."""
    content = writer.content(draft, lines, issue)
    row = issue or _new(books, draft, lines)
    values = {
        "content": to_json(content),
        "currency": content.payments[0].currency,
        "total": sum(payment.amount for payment in content.payments),
        "due_on": min(_due(books, line) for line in lines),
        "customer_id": lines[0].receivable.customer_id,
    }
    changed = is_moved or any(getattr(row, name) != value for name, value in values.items())
    if issue is not None and not changed:
        return ""
    for name, value in values.items():
        setattr(row, name, value)
    if issue is None:
        row.save(force_insert=True)
    else:
        row.version += 1  # one that the PAC refused stays so until somebody submits it again
        row.save(update_fields=[*values, "version"])
    if issue is None or is_moved:
        ComplementPart.objects.bulk_create([_part(row, line) for line in lines])
    return "drafted" if issue is None else "changed"


def _new(books: Books, draft: Draft, lines: list[PartLine]) -> Issue:
    keys = Issue.objects.filter(origin=ORIGIN, origin_key__startswith=f"{draft.group}#")
    before = max((int(key.rpartition("#")[2]) for key in keys.values_list("origin_key", flat=True)), default=0)
    return Issue(
        company_id=current_company_id(),
        kind=IssueKind.COMPLEMENT,
        origin=ORIGIN,
        origin_key=f"{draft.group}#{before + 1}",
        replaces_id=uuid.UUID(draft.replaces) if draft.replaces else None,
    )


def _due(books: Books, line: PartLine) -> date:
    return due_on(books.paid_on(books.credits[line.credit]), day=books.profile.complement_day)


def _part(issue: Issue, line: PartLine) -> ComplementPart:
    payment, amount, share, before, earlier, number = _figures(line)
    return ComplementPart(
        company_id=current_company_id(),
        issue=issue,
        credit_id=line.credit,
        receivable=line.receivable,
        payment=payment,
        key=line.receivable.key,
        amount=amount,
        share=share,
        before=before,
        earlier=earlier,
        number=number,
    )


def _end(books: Books, ending: Ending, now: datetime) -> int:
    """Ask for the cancellation of a complement; what keeps it from being asked is said on it."""
    issue = books.issues[uuid.UUID(ending.paper)]
    successor = books.issues[uuid.UUID(ending.successor)] if ending.successor else None
    if issue.document_id is None:
        return 0
    motive = Motive.WITH_RELATION if successor else Motive.WITHOUT_RELATION
    key = successor.uuid if successor else ""
    try:
        cancelling.ask(document_id=issue.document_id, motive=motive, replacement_key=key, actor=None, now=now)
    except cancelling.CancellingError as error:
        Issue.objects.filter(pk=issue.pk).update(trouble_code="cancelling", trouble=str(error)[:500])
        return 0
    return 1
