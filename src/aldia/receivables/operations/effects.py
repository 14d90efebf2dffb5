"""Post the difference between what the documents on file say and what the subledger holds."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from aldia.customers.models import CreditLine
from aldia.domain.fiscal import terms
from aldia.domain.fiscal.effects import derive
from aldia.domain.fiscal.facts import Effects, HandAllocation, WantedCredit, WantedReceivable
from aldia.receivables.clusters import Cluster, Paper, chunks, load
from aldia.receivables.desk import Desk
from aldia.receivables.models import Allocation, Credit, PuePolicy, Receivable
from aldia.receivables.settings import collection_settings
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

SOURCE = "document"
VOID_RULE, MOVED_RULE, DERIVED_RULE = "void", "moved", "derived"
VOID_REASONS = {"cancelled": "Cancelado ante el SAT", "replaced": "Sustituido por otro documento"}


@dataclass(slots=True)
class Applied:
    """What the subledger learned: fiscal keys whose receivable was opened now, and keys that now collect."""

    opened: set[str] = field(default_factory=set)
    collecting: set[str] = field(default_factory=set)


def apply_documents(*, keys: Collection[str], today: date, actor: User | None) -> Applied:
    """Make the subledger say what the documents reachable from `keys` say. Safe to repeat; order does not matter."""
    with transaction():
        desk = Desk(actor=actor)  # locks the ledger before anything is read
        work = _Work(desk, _link_openings(load(keys)), today)
        work.run()
        desk.close()
        return work.applied


def _link_openings(cluster: Cluster) -> Cluster:
    """Give opening balances loaded by number the key of the document that turned up for them."""
    loose = [
        document
        for document in cluster.documents.values()
        if document.kind in ("invoice", "debit_note")
        and document.key not in cluster.receivables
        and document.customer_id
    ]
    numbers = {(d.customer_id, d.number, d.currency, d.total): d for d in loose}
    changed = False
    for part in chunks({document.number for document in loose}):
        for row in Receivable.objects.filter(kind="opening", key="", number__in=part):
            document = numbers.get((row.customer_id, row.number, row.currency, row.total))
            if document is not None:
                Receivable.objects.filter(pk=row.pk).update(key=document.key, document_id=document.id)
                changed = True
    return load(cluster.documents.keys()) if changed else cluster


class _Work:
    """One application: what is wanted beside what is there."""

    def __init__(self, desk: Desk, cluster: Cluster, today: date) -> None:
        self.desk, self.cluster, self.today = desk, cluster, today
        self.applied = Applied()
        self.settings = collection_settings()
        self.receivables = cluster.receivables
        self.credits: dict[str, Credit] = {}
        self.revived: list[Receivable] = []
        self.live: dict[uuid.UUID, Allocation] = {}
        self.of_credit: dict[uuid.UUID, dict[uuid.UUID, Allocation]] = {}
        self._load_credits()
        self._load_allocations()

    # -- what is there --------------------------------------------------------------------------------------------

    def _load_credits(self) -> None:
        ids = [document.id for document in self.cluster.documents.values()]
        for part in chunks(ids):
            rows = Credit.objects.filter(source=SOURCE, document_id__in=part, reversed_on__isnull=True)
            self.credits |= {row.external_key: row for row in rows}

    def _load_allocations(self) -> None:
        """Live allocations of the cluster's receivables and of its credits, sharing the row objects in hand."""
        receivables = {row.id: row for row in self.receivables.values()}
        credits = {row.id: row for row in self.credits.values()}
        live = Allocation.objects.filter(reversal_of__isnull=True, reversal__isnull=True)
        for part in chunks(receivables):
            self.live |= {row.id: row for row in live.filter(receivable_id__in=part)}
        for part in chunks(credits):
            self.live |= {row.id: row for row in live.filter(credit_id__in=part)}
        for part in chunks({row.credit_id for row in self.live.values()} - credits.keys()):
            credits |= {row.id: row for row in Credit.objects.filter(id__in=part)}
        for part in chunks({row.receivable_id for row in self.live.values()} - receivables.keys()):
            receivables |= {row.id: row for row in Receivable.objects.filter(id__in=part)}
        for row in self.live.values():
            row.credit, row.receivable = credits[row.credit_id], receivables[row.receivable_id]
            self.of_credit.setdefault(row.credit_id, {})[row.id] = row

    def _hand(self) -> list[HandAllocation]:
        """Allocations that documents do not decide: people's, the bank's, and those of notes assigned by hand."""
        return [
            HandAllocation(
                id=str(row.id),
                credit=str(row.credit_id),
                receivable=row.receivable.key,
                amount=row.amount,
                received_on=row.credit.received_on,
                is_payment=row.credit.kind == "payment" and row.credit.source != SOURCE,
                distinct=row.credit.is_distinct,
            )
            for row in self.live.values()
            if row.receivable.key and (row.credit.source != SOURCE or row.credit.hands_off)
        ]

    # -- what there should be ----------------------------------------------------------------------------------------

    def run(self) -> None:
        effects = derive(
            documents=self.cluster.facts,
            openings=self.cluster.openings,
            hand=self._hand(),
            hands_off=frozenset(key for key, credit in self.credits.items() if credit.hands_off),
            presume_pue=self.settings.pue_policy == PuePolicy.PRESUMED,
            today=self.today,
        )
        known = {fact.key for fact in self.cluster.facts} | {fact.key for fact in self.cluster.openings}
        self._undo(effects, known)
        self._void_and_move(effects)
        self._credit(effects)
        self._restore()
        self._cover(effects)
        self.applied.collecting = {key for key, wanted in effects.receivables.items() if wanted.void_on is None}

    def _undo(self, effects: Effects, known: set[str]) -> None:
        """Take back what documents no longer say: allocations first, then whole credits."""
        keys = {document.id: document.key for document in self.cluster.documents.values()}
        for key, credit in list(self.credits.items()):
            if credit.document_id is None or keys[credit.document_id] not in known:
                continue  # its customer is off: nothing moves
            wanted = effects.credits.get(key)
            same = wanted is not None and (wanted.amount, wanted.currency) == (credit.amount, credit.currency)
            if same and credit.hands_off:
                continue
            self._unapply_unwanted(credit, wanted if same else None)
            if not same:
                self.desk.reverse(credit, on=self.today, reason="Los documentos ya no lo dicen")
                del self.credits[key]

    def _unapply_unwanted(self, credit: Credit, wanted: WantedCredit | None) -> None:
        keep = Counter((a.receivable, a.amount, a.credit_amount) for a in wanted.allocations) if wanted else Counter()
        for row in list(self.of_credit.get(credit.id, {}).values()):
            identity = (row.receivable.key, row.amount, row.credit_amount)
            if keep[identity] > 0:
                keep[identity] -= 1
            else:
                self._unapply(row, DERIVED_RULE)

    def _unapply(self, row: Allocation, rule: str) -> None:
        undo = self.desk.give_back if rule == VOID_RULE else self.desk.unapply
        undo(row, on=row.on if rule == DERIVED_RULE else self.today, rule=rule)
        del self.live[row.id]
        del self.of_credit[row.credit_id][row.id]

    def _void_and_move(self, effects: Effects) -> None:
        moved = [self.live[uuid.UUID(key)] for key in effects.moved]
        for row in moved:
            self._unapply(row, MOVED_RULE)
        for key, wanted in effects.receivables.items():
            there = self.receivables.get(key)
            if there is None:
                continue
            if wanted.void_on and there.voided_on is None:
                self._void(there, wanted)
            elif wanted.void_on is None and there.voided_on and there.void_code in VOID_REASONS:
                self.desk.revive(there, on=self.today)
                self.revived.append(there)
        self._open(effects)
        for row in moved:
            target = self.receivables[effects.moved[str(row.id)]]
            amount = min(row.amount, target.balance)
            if amount == row.amount:
                self.desk.apply(
                    row.credit, target, amount=amount, credit_amount=row.credit_amount, on=row.on, rule=MOVED_RULE
                )

    def _void(self, row: Receivable, wanted: WantedReceivable) -> None:
        assert wanted.void_on is not None  # noqa: S101
        for allocation in [a for a in self.live.values() if a.receivable_id == row.id]:
            self._unapply(allocation, VOID_RULE)
        self.desk.void(row, on=wanted.void_on, code=wanted.void_code, reason=VOID_REASONS[wanted.void_code])

    def _open(self, effects: Effects) -> None:
        missing = [wanted for key, wanted in effects.receivables.items() if key not in self.receivables]
        lines = self._credit_lines({wanted.customer for wanted in missing}) if missing else {}
        for wanted in missing:
            document = self.cluster.documents[wanted.key]
            row = self.desk.open(self._receivable(wanted, document, lines.get(wanted.customer)))
            self.receivables[wanted.key] = row
            if wanted.void_on:
                self._void(row, wanted)
            else:
                self.applied.opened.add(wanted.key)
        self._raise(effects, {wanted.key for wanted in missing})
        for key, opening in self.receivables.items():
            if opening.document_id is None and key in self.cluster.documents:
                opening.document_id = self.cluster.documents[key].id
                self.desk.touch(opening)

    def _raise(self, effects: Effects, fresh: set[str]) -> None:
        """Say which receivable a debit note adds to, when either of them is new; later it is the person's word."""
        for key, wanted in effects.receivables.items():
            if wanted.raises in self.receivables and not fresh.isdisjoint((key, wanted.raises)):
                self.receivables[key].raises = self.receivables[wanted.raises]
                self.desk.touch(self.receivables[key])

    def _credit_lines(self, customers: set[str]) -> dict[str, CreditLine]:
        rows = CreditLine.objects.filter(customer_id__in=customers, is_default=True)
        return {str(row.customer_id): row for row in rows}

    def _receivable(self, wanted: WantedReceivable, document: Paper, line: CreditLine | None) -> Receivable:
        customer = self.cluster.customers[uuid.UUID(wanted.customer)]
        days = terms.term_days(
            customer=customer.term_days,
            credit_line=line.term_days if line else None,
            conditions=document.conditions,
            company=self.settings.default_term_days,
        )
        return Receivable(
            id=uuid7(),
            customer=customer,
            kind=wanted.kind,
            document_id=document.id,
            key=wanted.key,
            number=document.number,
            currency=wanted.currency,
            total=wanted.total,
            issued_on=wanted.issued_on,
            due_on=terms.due_on(wanted.issued_on, days),
            method=document.method,
            credit_line=line,
        )

    def _credit(self, effects: Effects) -> None:
        for key, wanted in effects.credits.items():
            credit = self.credits.get(key) or self.desk.record(self._new_credit(wanted))
            self.credits[key] = credit
            if credit.hands_off:
                continue
            self._apply_wanted(credit, wanted)
            if (credit.held, credit.review) != (wanted.held, wanted.review):
                credit.held, credit.review = wanted.held, wanted.review
                self.desk.touch(credit)

    def _apply_wanted(self, credit: Credit, wanted: WantedCredit) -> None:
        there = Counter(
            (row.receivable.key, row.amount, row.credit_amount) for row in self.of_credit.get(credit.id, {}).values()
        )
        for line in wanted.allocations:
            identity = (line.receivable, line.amount, line.credit_amount)
            if there[identity] > 0:
                there[identity] -= 1
                continue
            self.desk.apply(
                credit,
                self.receivables[line.receivable],
                amount=line.amount,
                credit_amount=line.credit_amount,
                on=line.on,
                rule=line.rule,
            )

    def _new_credit(self, wanted: WantedCredit) -> Credit:
        document = self.cluster.documents[wanted.document]
        return Credit(
            id=uuid7(),
            customer_id=uuid.UUID(wanted.customer),
            kind=wanted.kind,
            source=SOURCE,
            external_key=wanted.external_key,
            document_id=document.id,
            complement_id=document.id if document.kind == "payment_complement" else None,
            currency=wanted.currency,
            amount=wanted.amount,
            received_on=wanted.received_on,
            reference=document.number,
        )

    def _restore(self) -> None:
        """Give back to a revived receivable what people had applied to it before the void, as far as it is left."""
        undone = Allocation.objects.filter(receivable__in=self.revived, rule=VOID_RULE, reversal_of__isnull=False)
        by_id = {credit.id: credit for credit in self.credits.values()}
        last = {(row.receivable_id, row.credit_id): row for row in undone.select_related("credit").order_by("id")}
        receivables = {row.id: row for row in self.revived}
        for row in last.values():
            credit, receivable = by_id.setdefault(row.credit_id, row.credit), receivables[row.receivable_id]
            amount, credit_amount = -row.amount, -row.credit_amount
            is_free = credit.reversed_on is None and credit_amount <= credit.remaining - credit.held
            if is_free and amount <= receivable.balance and (credit.source != SOURCE or credit.hands_off):
                self.desk.apply(
                    credit, receivable, amount=amount, credit_amount=credit_amount, on=self.today, rule="restored"
                )

    def _cover(self, effects: Effects) -> None:
        """Note on hand-made payments which complement documents them."""
        by_id = {str(row.credit_id): row.credit for row in self.live.values()}
        for credit_id, key in effects.covered.items():
            credit = by_id.get(credit_id)
            if credit is not None and credit.complement_id != self.cluster.documents[key].id:
                credit.complement_id = self.cluster.documents[key].id
                self.desk.touch(credit)
