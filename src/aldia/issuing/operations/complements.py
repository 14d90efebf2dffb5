"""Complementos de pago: what the subledger needs of them, followed by drafts, substitutions and cancellations.

The ledger is the truth: what a receipt of money needs is read from its live allocations every time, under the ledger's
lock, so whatever applied, moved or undid money needs to call nobody here. Only drafts are written: a complement on its
way to the stamp is left alone until it is there.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from aldia.documents.operations.parties import own_tax_id
from aldia.domain.fiscal import rep, rep_checks
from aldia.domain.fiscal.draft_checks import Finding
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import DraftComplement, from_json, to_json
from aldia.domain.fiscal.rep_errors import RepError
from aldia.issuing.books import OPEN, documented_allocations, load, since
from aldia.issuing.complement_rows import carry_out
from aldia.issuing.models import (
    ComplementPart,
    Issue,
    IssueKind,
    IssuerProfile,
    IssueState,
)
from aldia.issuing.operations import drafting, profiles
from aldia.receivables.models import Allocation
from aldia.receivables.operations.documenting import claim_receipts
from aldia.receivables.posting import CHAIN
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

AT_ONCE = 100  # credits looked at in one transaction


class ComplementError(ValueError):
    """It cannot be done; the text is a sentence for people."""


class Changed(ComplementError):
    """What the person saw is not what the books say now."""


@dataclass(frozen=True, slots=True)
class Followed:
    """How many drafts were made, changed and discarded, and how many complements are to be cancelled."""

    drafted: int = 0
    changed: int = 0
    discarded: int = 0
    cancelling: int = 0


def follow(*, today: date, now: datetime, credit_ids: Collection[uuid.UUID] | None = None) -> Followed:
    """Make drafts for what lacks a complement, and undo what no longer holds. Safe to repeat at any time.

    `credit_ids`: only what concerns these; None, everything since the company writes complements here.
    """
    profile = profiles.issuer()
    counts: Counter[str] = Counter()
    if profile is None:
        return Followed()
    left = sorted(set(credit_ids) if credit_ids is not None else everything(profile))
    while left:
        with transaction():
            lock_chain(CHAIN)
            books = load(profile, left[:AT_ONCE])
            counts += carry_out(books=books, now=now)
        done = books.credits.keys() | set(left[:AT_ONCE])
        left = [each for each in left if each not in done]
    return Followed(**counts)


def everything(profile: IssuerProfile) -> set[uuid.UUID]:
    """Every credit that a complement is needed for, or is there for and may have to be undone."""
    tax_id = own_tax_id(Company.objects.get(pk=current_company_id()))
    needing = Allocation.objects.filter(documented_allocations(tax_id), credit__received_on__gte=since(profile))
    having = ComplementPart.objects.exclude(issue__state__in=(IssueState.CANCELLED, IssueState.DISCARDED))
    return set(needing.values_list("credit_id", flat=True)) | set(having.values_list("credit_id", flat=True))


def recent(*, after: uuid.UUID) -> set[uuid.UUID]:
    """The credits whose allocations changed after an id of that moment, and those of drafts and substitutions."""
    found = set(Allocation.objects.filter(pk__gte=after).values_list("credit_id", flat=True))
    open_ones = ComplementPart.objects.filter(issue__kind=IssueKind.COMPLEMENT, issue__state__in=OPEN)
    ended = ComplementPart.objects.filter(issue__state=IssueState.STAMPED, issue__successors__state=IssueState.STAMPED)
    return found | set(open_ones.values_list("credit_id", flat=True)) | set(ended.values_list("credit_id", flat=True))


# ---- what people and the stamping ask ------------------------------------------------------------------------------


def submit(*, issue_id: uuid.UUID, version: int, now: datetime, today: date, actor: User | None) -> Issue:
    """Write the complement anew from the books, give it its folio and queue it.

    Raises `Changed` when it is not what the person saw, `ComplementError` when it is no draft, `drafting.NotReady` with
    what is to be mended.
    """
    seen = _refresh(issue_id, version, now)
    with transaction():
        lock_chain(CHAIN)
        issue = Issue.objects.get(pk=issue_id)
        if issue.state not in OPEN or _lines_of(issue) != seen:
            raise Changed(_("El pago cambió: el complemento se escribió de nuevo. Revísalo antes de timbrarlo."))
        if findings := [each for each in check(issue, today=today) if not each.is_warning]:
            raise drafting.NotReady(findings)
        return drafting.submit(issue_id=issue.pk, version=issue.version, now=now, actor=actor)


def _refresh(issue_id: uuid.UUID, version: int, now: datetime) -> set[tuple[object, ...]]:
    """Write a draft as the books are now, and keep that whatever comes after; return the lines that the person saw."""
    with transaction():
        lock_chain(CHAIN)
        issue = _draft_of(issue_id)
        if issue.version != version:
            raise Changed(_("Este complemento cambió mientras lo veías. Revísalo y vuelve a timbrarlo."))
        seen = _lines_of(issue)
        profile = profiles.issuer()
        if profile is not None:
            carry_out(books=load(profile, set(issue.parts.values_list("credit_id", flat=True))), now=now)
        return seen


def _lines_of(issue: Issue) -> set[tuple[object, ...]]:
    return set(issue.parts.values_list("credit_id", "receivable_id", "amount", "share"))


def change_receipt(
    *,
    issue_id: uuid.UUID,
    payment: int,
    version: int,
    form: str,
    operation: str = "",
    exchange_rate: int = 0,
    actor: User | None,
) -> Issue:
    """Say how a receipt of a draft came in: c_FormaPago, its reference, and the exchange rate of its day (millionths).

    Raises `Changed`, `ComplementError`.
    """
    with transaction():
        issue = _draft_of(issue_id)
        if issue.version != version:
            raise Changed(_("Este complemento cambió mientras lo veías. Revísalo."))
        draft = draft_in(issue)
        if not 0 <= payment < len(draft.payments):
            raise ComplementError(_("Ese pago ya no está en el complemento."))
        payments = list(draft.payments)
        operation = " ".join(operation.split())
        payments[payment] = replace(payments[payment], form=form, operation=operation, exchange_rate=exchange_rate)
        issue.content = to_json(replace(draft, payments=tuple(payments)))
        issue.version += 1
        issue.save(update_fields=["content", "version"])
        detail = {"payment": payment, "form": form, "operation": operation, "exchange_rate": exchange_rate}
        audit.record(actor=actor, verb="complements.receipt", object_type="issue", object_id=issue.pk, detail=detail)
        return issue


def claim(issue: Issue) -> None:
    """Say which credits a stamped complement was written from: right when its UUID is known, before it is taken in."""
    credits_at = dict(issue.parts.values_list("payment", "credit_id"))
    claim_receipts(key=issue.uuid.upper(), credits_at=credits_at)


def check(issue: Issue, *, today: date) -> list[Finding]:
    """What a PAC would refuse in it: parties and relations first, then each receipt with its instalments."""
    payments = draft_in(issue).payments
    found = drafting.check(issue, today=today)
    wrong: list[RepError] = list(rep_checks.objections(payments))
    if not wrong and not any(not each.is_warning for each in found):
        try:
            rep.compute(payments)
        except RepError as error:
            wrong.append(error)
    return found + [Finding("payments", error.template, error.code, error.params) for error in wrong]


def draft_in(issue: Issue) -> DraftComplement:
    """The complement that an issue holds. Raises `ComplementError`."""
    try:
        draft = from_json(issue.content)
    except (BadContent, ValueError):
        draft = None
    if not isinstance(draft, DraftComplement):
        raise ComplementError(_("Ese documento no es un complemento de pago."))
    return draft


def _draft_of(issue_id: uuid.UUID) -> Issue:
    issue = Issue.objects.select_for_update(of=("self",)).filter(pk=issue_id, kind=IssueKind.COMPLEMENT).first()
    if issue is None:
        raise ComplementError(_("Ese complemento no existe."))
    if issue.state not in OPEN:
        raise ComplementError(_("Ese complemento ya no es un borrador."))
    return issue
