"""One movement through the stages: identity, words, kind, payer, candidates, hypotheses, grade, vetoes, decision."""

from __future__ import annotations

from dataclasses import replace

from aldia.domain.matching import explaining
from aldia.domain.matching.candidates import Case, by_due, customers, open_case
from aldia.domain.matching.classify import classify
from aldia.domain.matching.declared import declared
from aldia.domain.matching.families import hypotheses, paying
from aldia.domain.matching.grading import grade
from aldia.domain.matching.index import Index
from aldia.domain.matching.known import TOLD, recognised
from aldia.domain.matching.model import Allocation, BankMovement, Decision, Document, Hypothesis, Outcome
from aldia.domain.matching.settings import Settings
from aldia.domain.matching.trust import Trust
from aldia.domain.matching.vetoes import NEVER, vetoes

POLICY_VETOES = frozenset({"sibling", "oldest_part", "two_solutions", "chance"})
MOST_BY_AMOUNT = 12


def decide(movement: BankMovement, index: Index, *, settings: Settings, trust: Trust) -> Decision:
    """What becomes of a movement. Pure: the same books and record give the same answer.

    `trust` says which classes may apply by themselves, up to which amount; whatever it says, a veto makes a question.
    """
    return settled(movement, index) or weigh(open_case(movement, index, settings), trust)


def settled(movement: BankMovement, index: Index) -> Decision | None:
    """The decision on what needs no documents: copies, returns, charges, own money; None for a deposit."""
    if copy := index.same_identity(movement):
        return Decision(movement.key, Outcome.DUPLICATE, reasons=(explaining.kind_of("duplicate"),), undoes=copy)
    kind, undone = classify(movement, index)
    if kind == "return":
        return Decision(movement.key, Outcome.REVERSAL, reasons=(explaining.kind_of(kind),), undoes=undone)
    if kind == "return_unknown":
        return Decision(movement.key, Outcome.EXCEPTION, reasons=(explaining.kind_of(kind),))
    if kind:
        return Decision(movement.key, Outcome.NOT_RECEIVABLE, reasons=(explaining.kind_of(kind),))
    return None


def weigh(case: Case, trust: Trust) -> Decision:
    """Hypotheses of a deposit, graded, and what is done with the best."""
    ranked = rank(case)
    payer, touched = case.payer, frozenset(case.touched)
    key = case.movement.key
    if not ranked:
        return Decision(key, Outcome.EXCEPTION, None, explaining.nothing(case), payer=payer, touched=touched)
    best = replace(ranked[0], vetoes=vetoes(case, ranked[0], ranked[1:]))
    outcome = _outcome(case, best, trust)
    if outcome is Outcome.POLICY:
        best = _oldest(case, best)
    others = tuple(ranked[1 : case.settings.alternatives])
    reasons = explaining.explain(case, best, ranked[1:], outcome, trust)
    return Decision(key, outcome, best, reasons, others, payer, touched=touched)


def rank(case: Case) -> list[Hypothesis]:
    """All hypotheses, the best first; equal ones in an order that depends on nothing but themselves."""
    found = [*declared(case), *recognised(case)]
    if not any(each.support in TOLD or each.support in ("link", "trace") for each in found):
        for customer in customers(case):
            found += hypotheses(case, customer)
        if not found:
            found += [*_by_amount(case), *_exchange(case)]
        elif all(each.family in NEVER for each in found):
            found += _exchange(case)
    graded: dict[tuple[object, ...], Hypothesis] = {}
    for each in (grade(case, each) for each in found):
        known = graded.get(each.settles)
        if known is None or known.score < each.score:
            graded[each.settles] = each
    return sorted(graded.values(), key=lambda each: (-each.score, each.chance_ppm))


def _by_amount(case: Case) -> list[Hypothesis]:
    """Nobody is known and nothing cited: whoever owes exactly this, as a question."""
    movement = case.movement
    found = list(case.index.by_balance(movement.currency, movement.amount, MOST_BY_AMOUNT))
    if len(found) > 1:
        found.sort(key=lambda document: (*_turn(case, document), by_due(document)))
    return [paying(document.customer, "amount_only", [document]) for document in found]


def _turn(case: Case, document: Document) -> tuple[bool, bool]:
    """What a customer owes first it is likelier to pay now, and what is issued already."""
    return (document.issued_on > case.movement.booked_on, not case.index.is_first(document))


def _exchange(case: Case) -> list[Hypothesis]:
    """A document in another currency, within a margin of the rate of the day; always a question."""
    movement, payer = case.movement, case.payer
    if not payer.customer:
        return []
    found = []
    for document in case.index.open_of(payer.customer, ""):
        rate = case.index.rate(document.currency, movement.currency, movement.booked_on)
        if document.currency == movement.currency or rate is None:
            continue
        worth = int((document.balance * rate).to_integral_value())
        if abs(worth - movement.amount) * 1_000_000 <= worth * case.settings.exchange_ppm:
            found.append(
                Hypothesis(document.customer, "exchange", (Allocation(document.key, movement.amount, 0, "exchange"),))
            )
    return found


def _outcome(case: Case, best: Hypothesis, trust: Trust) -> Outcome:
    worth = case.worth()  # one of which nothing tells the worth is over every cap
    if not best.vetoes and worth is not None and trust.applies(best.class_key, worth, case.settings):
        return Outcome.AUTO
    if best.family == "advance":
        return Outcome.ADVANCE
    if _is_policy(case, best):
        return Outcome.POLICY
    return Outcome.PROPOSE


def _is_policy(case: Case, best: Hypothesis) -> bool:
    """The payer is certain and oldest first was agreed: which document is paid is then a rule, not a guess."""
    if case.settings.mode == "shadow" or best.family not in ("exact", "oldest_part", "oldest_first"):
        return False
    if best.family == "exact" and len(best.allocations) > 1:
        return False  # what is cited is chosen already
    sure = case.payer.customer == best.customer and case.payer.level >= 3 and not case.payer.flag
    return (
        sure
        and bool(best.vetoes)
        and POLICY_VETOES.issuperset(best.vetoes)
        and case.movement.amount <= case.settings.cap
        and case.index.party(best.customer).oldest_first
    )


def _oldest(case: Case, best: Hypothesis) -> Hypothesis:
    """Of documents that owe the same, those that fell due first."""
    if best.family != "exact":
        return best
    owed = case.owed(best.customer)
    equal = [document for document in owed if document.balance == case.movement.amount]
    first = min(equal, key=lambda document: (document.due_on, document.issued_on, document.key))
    return replace(best, allocations=(Allocation(first.key, first.balance),))
