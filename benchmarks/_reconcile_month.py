"""A month of the benchmark's world played day by day against the engine, judged strictly, set right every evening."""

from __future__ import annotations

import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from aldia.domain.matching import (
    Alias,
    BankMovement,
    CreditNote,
    Decision,
    Discount,
    Document,
    Hypothesis,
    KnownMoney,
    MemoryIndex,
    Outcome,
    Paid,
    Party,
    Said,
    Settings,
    Trust,
    decide_batch,
    of_statement,
)
from aldia.domain.matching.bounds import upper_ppm
from aldia.domain.matching.names import name_key
from aldia.domain.statements.model import Movement
from aldia.domain.statements.movements import with_evidence
from benchmarks.reconcile_world import START, Bill, Line, Truth, World

BANKS = {"banorte": "mx_banorte", "bbva": "mx_bbva", "santander": "mx_santander"}
DOLLAR = Decimal("18.1")


@dataclass(slots=True)
class Score:
    """Counts of one or more months."""

    movements: int = 0
    payable: int = 0
    autos: int = 0
    wrong: int = 0
    policy: int = 0  # by agreement, never counted as automatic
    policy_right: int = 0
    policy_customer: int = 0  # and the customer was right, whatever the document
    first: int = 0  # payable movements whose proposal was right
    top5: int = 0
    no_payer: int = 0
    found: Counter[str] = field(default_factory=Counter)  # copies, returns and noise recognised
    missed: Counter[str] = field(default_factory=Counter)
    by_kind: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    records: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    vetoed: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)  # proposals that nothing vetoed, and wrong
    parse_seconds: float = 0.0
    decide_seconds: float = 0.0

    def figures(self) -> dict[str, object]:
        right = self.autos - self.wrong
        seconds = self.decide_seconds or 1
        return {
            "movements": self.movements,
            "payable": self.payable,
            "autos": self.autos,
            "wrong": self.wrong,
            "precision": round(right / self.autos, 6) if self.autos else None,
            "error_upper_95_ppm": upper_ppm(self.wrong, self.autos),
            "straight_through": round(right / max(1, self.payable), 4),
            "auto_or_first": round((right + self.first) / max(1, self.payable), 4),
            "auto_or_top5": round((right + self.top5) / max(1, self.payable), 4),
            "policy": [self.policy, self.policy_right, self.policy_customer],
            "touchless": round((right + self.policy_customer) / max(1, self.payable), 4),
            "no_usable_payer": round(self.no_payer / max(1, self.payable), 4),
            "recognised": dict(self.found),
            "missed": dict(self.missed),
            "per_second": round(self.movements / seconds),
            "per_second_with_parsing": round(self.movements / (seconds + self.parse_seconds)),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "by_kind": {
                kind: dict(zip(("all", "auto", "wrong", "first"), row, strict=True))
                for kind, row in sorted(self.by_kind.items())
            },
            "vetoes": dict(self.vetoed.most_common()),
        }


class Month:
    """A world played day by day against the engine, and set right every evening."""

    def __init__(self, world: World, trust: Trust, settings: Settings, score: Score) -> None:
        self.world = world
        self.trust = trust
        self.settings = settings
        self.score = score
        self.index = MemoryIndex(own_accounts=frozenset({"000"}), rates={("USD", "MXN"): DOLLAR})
        self.said: dict[str, Said] = {}
        self.balances = {bill.key: bill.total for bill in world.bills.values()}
        self.moved: dict[str, BankMovement] = {}
        self.lines: dict[str, Line] = {line.key: line for line in world.lines}
        for customer in world.customers.values():
            accounts = (customer.collection,) if customer.collection else ()
            self.index.add_party(Party(customer.key, customer.name, customer.tax_id, customer.agreed), accounts)
        for kind, value, customer_key in world.known_payers:
            self.index.add_alias(Alias(kind, value, customer_key, confirmed=3, confirmed_on=START - timedelta(days=20)))

    def play(self) -> None:
        bills = iter(sorted(self.world.bills.values(), key=lambda bill: bill.issued_on))
        notes = sorted(self.world.notes, key=lambda note: note[4])
        coming = next(bills, None)
        for day, lines in groupby(
            sorted(self.world.lines, key=lambda line: line.booked_on), key=lambda line: line.booked_on
        ):
            while coming and coming.issued_on <= day:
                self.index.add_document(self._document(coming))
                coming = next(bills, None)
            while notes and notes[0][4] <= day:
                key, customer, corrects, amount, issued = notes.pop(0)
                self.index.add_credit_note(CreditNote(key, customer, "MXN", amount, issued, corrects, key))
            today = list(lines)
            self._morning(day, today)
            self._day(today)

    def _morning(self, day: date, lines: list[Line]) -> None:
        """What the books know before the bank tells: complements on file, payments that shops wrote down."""
        for line in lines:
            if stated := self.world.stated.get(line.key):
                said = Said("complement", stated.movement, stated.customer, "MXN", stated.amount, stated.paid_on,
                            tuple(sorted(stated.lines.items())))  # fmt: skip
                self.said[line.key] = said
                self.index.add_said(said)
            for key, gross in line.truth.known.items():
                noted = self.world.noted[key]
                document = self.index.documents[noted.document]
                self._pay(noted.document, gross, gross)
                self.index.add_known(KnownMoney(key, document.customer, "MXN", gross, noted.noted_on, noted.source))

    def _pay(self, key: str, cash: int, settled: int) -> None:
        document = self.index.documents[key]
        self.index.add_document(
            replace(document, balance=document.balance - settled, partials=(*document.partials, cash))
        )

    def _document(self, bill: Bill) -> Document:
        customer = self.world.customers[bill.customer]
        terms = customer.discount
        return Document(
            bill.key, bill.customer, bill.currency, bill.total, bill.total, bill.issued_on, bill.due_on, bill.series,
            bill.folio, bill.uuid, bill.order, bill.net,
            Discount(terms[0] * 1_000, bill.due_on) if terms else None,
        )  # fmt: skip

    def _day(self, lines: list[Line]) -> None:
        started = time.process_time()
        movements = [_movement(line, n) for n, line in enumerate(lines)]
        parsed = time.process_time()
        decisions = decide_batch(movements, self.index, settings=self.settings, trust=self.trust)
        decisions = _named_as_told(lines, decisions)
        self.score.parse_seconds += parsed - started
        self.score.decide_seconds += time.process_time() - parsed
        for line, movement, decision in zip(lines, movements, decisions, strict=True):
            self._judge(line, decision)
            self.moved[line.key] = movement
        for line, movement, decision in zip(lines, movements, decisions, strict=True):
            self._evening(line, movement, decision)

    def _judge(self, line: Line, decision: Decision) -> None:
        score, truth = self.score, line.truth
        score.movements += 1
        best = decision.hypothesis
        right = best is not None and is_right(best, truth)
        row = score.by_kind[truth.kind]
        row[0] += 1
        if best is not None and not best.vetoes and truth.kind not in ("copy", "returned", "noise"):
            score.records[best.class_key][not right] += 1
            if not right and decision.outcome is not Outcome.AUTO:
                score.doubtful.append(_told(line, decision))
        if decision.outcome is Outcome.AUTO:
            score.autos += 1
            row[1] += 1
            if not right:
                score.wrong += 1
                row[2] += 1
                score.errors.append(_told(line, decision))
        expected = {"copy": Outcome.DUPLICATE, "returned": Outcome.REVERSAL, "noise": Outcome.NOT_RECEIVABLE}.get(
            truth.kind
        )
        if expected:
            hit = decision.outcome is expected and decision.undoes == truth.undoes
            (score.found if hit else score.missed)[truth.kind] += 1
        elif decision.outcome in (Outcome.DUPLICATE, Outcome.REVERSAL, Outcome.NOT_RECEIVABLE):
            score.missed["false_" + decision.outcome] += 1
        if not (truth.lines or truth.known) or expected:
            return
        score.payable += 1
        if decision.outcome is Outcome.POLICY:
            score.policy += 1
            score.policy_right += right
            score.policy_customer += best is not None and best.customer == truth.customer
        score.no_payer += not decision.payer.customer
        if decision.outcome is not Outcome.AUTO:
            score.vetoed.update(best.vetoes if best else ("nothing",))
            score.first += right
            row[3] += right
            score.top5 += right or any(is_right(each, truth) for each in decision.alternatives)

    def _evening(self, line: Line, movement: BankMovement, decision: Decision) -> None:
        """The books as they truly are, and what people's answers teach."""
        truth = line.truth
        if truth.kind not in ("copy",):
            self.index.add_movement(movement)
        if truth.kind == "returned":
            for key, (_, settled) in self.lines[truth.undoes].truth.lines.items():
                document = self.index.documents[key]
                self.index.add_document(
                    replace(document, balance=document.balance + settled, partials=document.partials[:-1])
                )
            return
        for key, (cash, settled) in truth.lines.items():
            self._pay(key, cash, settled)
        for key in truth.known:
            self.index.drop_known(key)
        if said := self.said.pop(line.key, None):
            self.index.drop_said(said)
        if truth.credit:
            self.index.add_credit_note(replace(self.index._credits[truth.customer][truth.credit], balance=0))
        if truth.customer and movement.amount > 0:
            self.index.add_paid(Paid(movement.key, truth.customer, "MXN", movement.amount, movement.booked_on))
        if decision.outcome is not Outcome.AUTO:
            self._teach(movement, {self.index.documents[key].customer for key in truth.lines})

    def _teach(self, movement: BankMovement, customers: Iterable[str]) -> None:
        keys = (
            ("tax_id", movement.payer_tax_id), ("account", movement.payer_account),
            ("name", name_key(movement.payer_name)),
        )  # fmt: skip
        for customer in customers:
            for kind, value in keys:
                own = kind == "tax_id" and self.index.customers_of_tax_id(value)
                if value and not own and not (kind == "name" and self.index.customers_named(value)):
                    known = {alias.customer: alias for alias in self.index.aliases(kind, value)}.get(customer)
                    times = known.confirmed + 1 if known else 1
                    self.index.add_alias(Alias(kind, value, customer, times, confirmed_on=movement.booked_on))


def _movement(line: Line, seq: int) -> BankMovement:
    plain = Movement(seq, line.booked_on, line.amount, "MXN", line.text, "", seq=seq + 1)
    read = with_evidence(plain, BANKS.get(line.channel, ""), "MX")
    return of_statement(
        read, key=line.key, account=line.channel, concept_limit=line.concept_limit, collection_account=line.collection
    )


def _named_as_told(lines: list[Line], decisions: list[Decision]) -> list[Decision]:
    """Of two lines that are the same in everything, either may be called the copy: the later one is, as in truth."""
    at = {line.key: n for n, line in enumerate(lines)}
    for n, line in enumerate(lines):
        first = at.get(line.truth.undoes) if line.truth.kind == "copy" else None
        if first is not None and decisions[first].undoes == line.key:
            decisions[n], decisions[first] = (
                replace(decisions[first], undoes=lines[first].key), replace(decisions[n], undoes=""),
            )  # fmt: skip
    return decisions


def is_right(hypothesis: Hypothesis, truth: Truth) -> bool:
    """Every document and every cent; of a document in dollars, that it is this one and whole."""
    if hypothesis.family == "exchange":
        return truth.kind == "exchange" and hypothesis.documents == set(truth.lines)
    return said_lines(hypothesis) == truth.lines and dict(hypothesis.known) == truth.known


def said_lines(hypothesis: Hypothesis) -> dict[str, tuple[int, int]]:
    return {each.document: (each.amount, each.amount + each.difference) for each in hypothesis.allocations}


def _told(line: Line, decision: Decision) -> str:
    best = decision.hypothesis
    shown = f"{best.class_key} λ={best.chance_ppm} {said_lines(best)}" if best else ""
    return f"{line.key} {line.truth.kind} {line.amount} «{line.text[-90:]}» said {shown} true {line.truth.lines}"
