"""Movements are decided from the books, and what is certain applies by itself."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from aldia.banking import queue_keys as kinds
from aldia.banking.batching import BY_ITSELF, Weighed, weigh
from aldia.banking.encoding import hypothesis_json
from aldia.banking.models import BankMovement, MatchDecision, MatchHow, MatchingSettings, PayerAlias, QueueKey
from aldia.banking.models import ReviewState as Review
from aldia.banking.names import sync_names
from aldia.banking.operations.applying import MatchError, Stale, apply_match
from aldia.banking.operations.judging import trust as own_trust
from aldia.banking.operations.learning import confirm
from aldia.banking.operations.preferences import own_matching_settings
from aldia.banking.operations.requeueing import QUEUED, follow_books, movements_with, requeue
from aldia.banking.operations.returning import apply_return
from aldia.banking.operations.saying import decision_row, locked, same_words, say, write_keys
from aldia.banking.plans import plan_of
from aldia.banking.reports import report_of, reported_amounts
from aldia.banking.settings import engine_settings, promise_of
from aldia.banking.standing import SURE
from aldia.domain.matching import Decision, Outcome, Reason, is_reviewed
from aldia.domain.sentences import quoted
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id, transaction

CHUNK = 400  # movements of a batch, rounded up to whole days
MOST_TURNS = 8  # times that one movement is decided in a round, whatever its neighbours do
CITED = frozenset({"uuid", "series", "keyword"})


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of a round: movements decided, applied by themselves (of these by agreement, and returns), proposed;
    `changed` decisions differ from what was said before; `refused` are those that the books would not take.
    """

    decided: int = 0
    applied: int = 0
    policy: int = 0
    returned: int = 0
    proposed: int = 0
    changed: int = 0
    refused: int = 0


def reconcile(*, movement_ids: Collection[uuid.UUID] | None = None, now: datetime, full: bool = False) -> Reconciled:
    """Decide movements that wait (`movement_ids`, or all that were not decided yet or that a change in the books
    concerns; `full`: the whole queue again) and apply what applies by itself.

    Each movement applies in a transaction of its own: cut short, the next round goes on. Repeating it changes nothing.
    """
    row = own_matching_settings()
    renamed = sync_names(now=now)
    if renamed.names or renamed.tax_ids:
        named = [(kinds.NAME, each) for each in renamed.names] + [(kinds.TAX_ID, each) for each in renamed.tax_ids]
        requeue(aliases=named)
    done = _Round(row, now)
    follow_books()
    only = set(movement_ids) if movement_ids is not None else None
    wanted = _waiting(full) | done.restless() if only is None else only
    while wanted:
        for chunk in _by_days(wanted):
            done.decide(chunk)
        follow_books()
        wanted = done.again(only)
    return done.sum()


def _waiting(full: bool) -> set[uuid.UUID]:
    """What is to be decided: marked, never decided, or decided to apply and cut short before it did."""
    queue = BankMovement.objects.filter(state__in=QUEUED, doubt="")
    if full:
        return set(queue.values_list("pk", flat=True))
    undecided = set(queue.filter(decided_at__isnull=True).values_list("pk", flat=True))
    return undecided | set(queue.filter(outcome__in=list(BY_ITSELF)).values_list("pk", flat=True))


def _by_days(movement_ids: Collection[uuid.UUID]) -> list[list[uuid.UUID]]:
    """Chunks of whole days, oldest first: who decides a day sees all of it, in whatever order it came."""
    days: dict[date, list[uuid.UUID]] = {}
    ids = sorted(movement_ids)
    for start in range(0, len(ids), CHUNK):
        part = BankMovement.objects.filter(pk__in=ids[start : start + CHUNK]).values_list("pk", "booked_on")
        for pk, on in part:
            days.setdefault(on, []).append(pk)
    chunks: list[list[uuid.UUID]] = [[]]
    for on in sorted(days):
        if len(chunks[-1]) >= CHUNK:
            chunks.append([])
        chunks[-1] += days[on]
    return [chunk for chunk in chunks if chunk]


class _Round:
    """One call's work, and its counts."""

    def __init__(self, row: MatchingSettings, now: datetime) -> None:
        self.now = now
        self.settings = engine_settings(row, Company.objects.get(pk=current_company_id()))
        self.trust = own_trust()
        self.promise = promise_of(row)
        self.turns: Counter[uuid.UUID] = Counter()
        self.proposed: set[uuid.UUID] = set()
        self.counts: Counter[str] = Counter()

    def sum(self) -> Reconciled:
        return Reconciled(decided=len(self.turns), proposed=len(self.proposed), **self.counts)

    def restless(self) -> set[uuid.UUID]:
        """What rests on a customer's word that may have been answered, or on a record that may have changed since."""
        found = set(QueueKey.objects.filter(kind=kinds.SAID).values_list("movement_id", flat=True))
        found |= set(movements_with(kinds.amount_key(*each) for each in reported_amounts()))
        sure = BankMovement.objects.filter(state__in=QUEUED, certainty=SURE, doubt="").exclude(class_key="")
        for pk, class_key, amount, outcome in sure.values_list("pk", "class_key", "amount", "outcome"):
            if self.trust.applies(class_key, amount, self.settings) != (outcome == Outcome.AUTO):
                found.add(pk)
        return found

    def again(self, only: set[uuid.UUID] | None) -> set[uuid.UUID]:
        """What the last turn marked; of one movement never more than some turns."""
        queue = BankMovement.objects.filter(state__in=QUEUED, doubt="", decided_at__isnull=True)
        marked = set(queue.values_list("pk", flat=True))
        if only is not None:  # the rest waits for a round of its own
            marked &= only | set(self.turns)
        return {pk for pk in marked if self.turns[pk] < MOST_TURNS}

    def decide(self, movement_ids: Sequence[uuid.UUID]) -> None:
        """Decide a chunk with its neighbours, keep what is asked, apply what is sure."""
        weighed = weigh(movement_ids, settings=self.settings, trust=self.trust)
        self.turns.update(each.row.pk for each in weighed)
        sure = [each for each in weighed if each.decision.outcome in BY_ITSELF]
        self._keep([each for each in weighed if each.decision.outcome not in BY_ITSELF])
        for each in sorted(sure, key=_deposits_first):
            self._apply(each)

    def _keep(self, asked: Sequence[Weighed]) -> None:
        """Write what is said of movements that go on waiting; what was said before is not written again."""
        if not asked:
            return
        with transaction():
            rows = locked(each.row.pk for each in asked)
            # one that somebody changed meanwhile is looked at again if it still waits
            there = [each for each in asked if each.row.pk in rows and rows[each.row.pk].version == each.row.version]
            same = same_words(rows.values(), {each.row.pk: each.decision for each in asked})
            for each in there:
                if each.row.pk not in same:
                    self._write(each)
                elif rows[each.row.pk].decided_at is None:
                    BankMovement.objects.filter(pk=each.row.pk).update(decided_at=self.now)
            write_keys({each.row.pk: each.keys for each in there})
        self.proposed |= {each.row.pk for each in there if each.decision.outcome is Outcome.PROPOSE}

    def _write(self, each: Weighed) -> None:
        kept = decision_row(each.decision, each.row.pk, trust=self.trust, now=self.now)
        insert_rows([kept])
        say(kept, each.decision, now=self.now)
        self.counts["changed"] += 1

    def _apply(self, each: Weighed) -> None:
        """One movement by itself: its decision and what it does to the books are one transaction, or neither is."""
        try:
            with transaction():
                self._do(each)
        except MatchError as error:
            self.counts["refused"] += 1
            self._keep([replace(each, decision=_refused(each.decision, str(error)))])
        else:
            outcome = each.decision.outcome
            self.proposed.discard(each.row.pk)
            self.counts.update(applied=1, changed=1)
            self.counts.update(policy=outcome is Outcome.POLICY, returned=outcome is Outcome.REVERSAL)

    def _do(self, each: Weighed) -> None:
        decision, row = each.decision, each.row
        kept = decision_row(decision, row.pk, trust=self.trust, now=self.now)
        insert_rows([kept])
        if decision.outcome is Outcome.REVERSAL:
            apply_return(
                movement_id=row.pk, undoes_id=uuid.UUID(decision.undoes), how=MatchHow.RETURN,
                key=f"return:{row.pk.hex}", actor=None, now=self.now, version=row.version,
            )  # fmt: skip
        else:
            self._match(each, kept)
        say(kept, decision, now=self.now)
        QueueKey.objects.filter(movement_id=row.pk).delete()

    def _match(self, each: Weighed, kept: MatchDecision) -> None:
        decision, row = each.decision, each.row
        best = decision.hypothesis
        if best is None:
            raise ValueError("nothing to apply")
        match = apply_match(
            movement_id=row.pk, plan=plan_of(hypothesis_json(best)), key=f"auto:{row.pk.hex}", actor=None,
            how=MatchHow.POLICY if decision.outcome is Outcome.POLICY else MatchHow.AUTO, now=self.now,
            decision_id=kept.pk, report_id=report_of(row, best), rests_on_id=_alias_of(decision),
            class_key=best.class_key, version=row.version,
            review=Review.WAITING if is_reviewed(each.deposit.key, self.promise) else Review.NONE,
        )  # fmt: skip
        if match.decision_id != kept.pk:
            raise Stale(_("Otra conciliación ya lo aplicó."))
        if best.support in CITED:
            confirm(match=match, by="folio", now=self.now)


def _deposits_first(each: Weighed) -> tuple[bool, date, uuid.UUID]:
    """A return comes after the deposit that it takes back."""
    return (each.decision.outcome is Outcome.REVERSAL, each.row.booked_on, each.row.pk)


def _alias_of(decision: Decision) -> uuid.UUID | None:
    """The learned payer without which the match would not have been made."""
    payer = decision.payer
    if not payer.customer or not payer.how.startswith("learned_"):
        return None
    kind = payer.how.removeprefix("learned_")
    known = PayerAlias.objects.filter(kind=kind, value=payer.value, customer_id=uuid.UUID(payer.customer))
    row = known.filter(revoked_at__isnull=True).first()
    return row.pk if row else None


def _refused(decision: Decision, sentence: str) -> Decision:
    """The books would not take it: a person looks, and reads why."""
    best = decision.hypothesis
    asked = replace(best, vetoes=(*best.vetoes, "refused")) if best else None
    reason = Reason("refused", "%(why)s", {"why": quoted(sentence, 300)})
    return replace(decision, outcome=Outcome.PROPOSE, hypothesis=asked, reasons=(*decision.reasons, reason))
