"""What forbids a hypothesis to apply by itself, whatever its score and its class's record. Each has its sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from aldia.domain.matching.candidates import Case
from aldia.domain.matching.grading import EXPLAINED, payer_label
from aldia.domain.matching.known import TOLD, on_books
from aldia.domain.matching.model import Document, Hypothesis
from aldia.domain.matching.subsets import FAMILIES

NEVER = frozenset(
    {"amount_only", "oldest_part", "advance", "short", "unexplained", "exchange", "surplus", "late_discount"}
)
SETS = frozenset(FAMILIES)
PARTS = frozenset({"partial", "instalment", "first_part"})
SURE = frozenset({"link", "trace", "complement", "portal", "uuid", "series", "keyword"})
KNOWN = frozenset({"own", "id", "name", "near"})
AMONG = "among"
MOST_CHANCE_PPM = 1_000  # of a set that nobody cited: λ < 10⁻³
MOST_EXPLAINED_PPM = 10_000  # of a document with a difference that is explained
MARGIN = 8  # points by which the next explanation must be worse
HUNDREDS = 10_000  # minor units: nobody's tax or commission leaves whole hundreds
ROUND = 50_000  # minor units: an amount in whole five hundreds is common
COMMON = 8  # and one that so many documents owe


def vetoes(case: Case, best: Hypothesis, rivals: Sequence[Hypothesis]) -> tuple[str, ...]:
    """The codes of all that forbids `best`; `rivals` are the other hypotheses of the movement."""
    return tuple(dict.fromkeys(_found(case, best, rivals)))


def _found(case: Case, best: Hypothesis, rivals: Sequence[Hypothesis]) -> Iterator[str]:
    payer = payer_label(case.payer, best.customer)
    if best.family.removesuffix("_all") in NEVER:
        yield best.family.removesuffix("_all")
    worth = case.worth()
    if worth is None or worth > case.settings.cap:
        yield "over_cap"
    if best.known:
        yield from _of_known(case, best, payer)
        yield from _rivals(best, rivals)
        return
    if best.support not in ("link", "trace") and on_books(case, best):
        yield "on_books"
    if case.payer.flag == "contradiction":
        yield "contradiction"
    if payer == "other" and case.payer.customer != best.customer:
        yield "other_payer"
    if payer not in KNOWN and not _speaks_for_itself(case, best, payer):
        yield "payer_unknown"
    if best.family != "declared":
        yield from _documents(case, best, payer)
        yield from _text(case, best)
    yield from _rivals(best, rivals)
    if best.support not in ("link", "trace") and _has_twin(case, best):
        yield "twin"


def _of_known(case: Case, best: Hypothesis, payer: str) -> Iterator[str]:
    """Money on the books that is not this deposit's own by its key or its payout may be another's."""
    if best.support in TOLD:
        return
    if case.payer.flag == "contradiction":
        yield "contradiction"
    if best.family == "known" and payer not in KNOWN:
        yield "payer_unknown"
    if any(strength >= 3 for _, strength in case.cited.open.values()):
        yield "cites_other"
    if best.chance_ppm >= MOST_CHANCE_PPM:
        yield "chance"


def _speaks_for_itself(case: Case, best: Hypothesis, payer: str) -> bool:
    """Whether what is cited is enough without a payer: whole documents by folio, or by a bare number if all of the
    amount is theirs to the cent; any of it when the payer is one of a few customers and this is one of them.
    """
    if best.support == "number":
        return best.family == "exact" or (payer == AMONG and best.family not in PARTS)
    if best.support in ("complement", "portal"):
        return not _is_anybodys(case)
    if best.support == "part":
        return best.chance_ppm < MOST_CHANCE_PPM and _folios(case, best) > 1
    return best.support in SURE and best.family not in PARTS


def _is_anybodys(case: Case) -> bool:
    """Whether the amount is round, or two documents owe it, or two people stated it: it says nothing of who paid."""
    movement = case.movement
    return movement.amount % ROUND == 0 or len(case.index.by_balance(movement.currency, movement.amount, 2)) > 1


def _folios(case: Case, best: Hypothesis) -> int:
    return sum(case.cited.strength(key) >= 3 for key in best.documents)


def _documents(case: Case, best: Hypothesis, payer: str) -> Iterator[str]:
    open_now = case.index.open_of(best.customer, "") if best.family == "exchange" else case.owed(best.customer)
    owed = {document.key: document for document in open_now}
    chosen = [owed[key] for key in best.documents if key in owed]
    if len(chosen) < len(best.documents):
        yield "not_open"
    if any(document.issued_on > case.movement.booked_on for document in chosen):
        yield "issued_after"
    if has_sibling(case, best, list(owed.values())):
        yield "sibling"
    if payer not in KNOWN and payer != AMONG and _is_common(case, best, chosen):
        yield "common_amount"
    most = MOST_EXPLAINED_PPM if best.family in EXPLAINED else MOST_CHANCE_PPM
    if best.chance_ppm >= most and best.family != "exact":
        yield "chance"
    by_chance = best.family in EXPLAINED or best.family == "first_part"
    if best.support in ("none", "unknown") and by_chance and case.movement.amount % HUNDREDS == 0:
        yield "chance"
    if best.family not in ("exact", "rounding") and not case.cited.doubtful.isdisjoint(owed):
        yield "doubtful_number"
    simple = best.family not in SETS | {"exact", "instalment"} and best.support in ("none", "unknown")
    if simple and any(document.partials for document in chosen):
        yield "has_partials"
    if best.family in PARTS and any(document.balance == case.movement.amount for document in owed.values()):
        yield "instalment_or_document"


def has_sibling(case: Case, best: Hypothesis, owed: Sequence[Document]) -> bool:
    """Whether another document of the customer owes the same as one that nobody cited: either may be meant."""
    uncited = {
        document.balance
        for document in owed
        if document.key in best.documents and case.cited.strength(document.key) < 2
    }
    cited_by_reference = {key for key in best.documents if case.cited.strength(key) == 1}
    if not uncited or (best.support == "reference" and len(cited_by_reference) == len(best.documents)):
        return False
    return any(document.balance in uncited and document.key not in best.documents for document in owed)


def _is_common(case: Case, best: Hypothesis, chosen: Sequence[Document]) -> bool:
    """Whether the amount of one document is round, or many owe as much: a number may meet it by chance. Two numbers
    that add up to the cent do not.
    """
    if best.support in ("uuid", "series") or (best.family in ("exact", "completed") and _cites_several(case, best)):
        return False
    return case.movement.amount % ROUND == 0 or any(
        len(case.index.by_balance(document.currency, document.balance, COMMON)) == COMMON for document in chosen
    )


def _cites_several(case: Case, best: Hypothesis) -> bool:
    return sum(case.cited.strength(key) >= 2 for key in best.documents) > 1


def _text(case: Case, best: Hypothesis) -> Iterator[str]:
    """What the words say against it."""
    sure = best.support in SURE
    strong = [doc for doc, strength in case.cited.open.values() if strength >= 3 and doc.key not in best.documents]
    surest = any(case.cited.strength(doc.key) == 4 for doc in strong)
    if any(doc.customer == best.customer for doc in strong) or (surest and not sure):
        yield "cites_other"
    least = 3 if sure else 2
    if any(doc.customer == best.customer and strength >= least for doc, strength in case.cited.paid.values()):
        yield "cites_paid"
    if case.citing.advance and not sure:
        yield "says_advance"
    if case.citing.partial and not sure and best.family in SETS | {"exact"}:
        yield "says_partial"


def _rivals(best: Hypothesis, rivals: Sequence[Hypothesis]) -> Iterator[str]:
    """Another explanation nearly as good that would pay other documents, or the same ones otherwise."""
    for rival in rivals:
        if rival.settles == best.settles:
            continue
        if _undercuts(best, rival) or (rival.family not in NEVER and rival.score > best.score - MARGIN):
            yield "two_solutions"
            return


def _undercuts(best: Hypothesis, rival: Hypothesis) -> bool:
    """Whether one document that nobody cited owes the amount, or nearly, and something else gives it as well: a set
    that is no mere chance, or, where equal amounts are common anyway, any set and any whole part of a document.
    """
    if best.support not in ("none", "unknown", "history") or best.family not in (*EXPLAINED, "exact"):
        return False
    common = best.family != "exact" or best.chance_ppm >= MOST_CHANCE_PPM
    if rival.family in SETS:
        return common or rival.chance_ppm < 10 * MOST_CHANCE_PPM
    return rival.family == "first_part" and best.family == "exact" and common


def _has_twin(case: Case, best: Hypothesis) -> bool:
    """Another equal payment of the customer within days: one of both may be a double, unless the text tells apart."""
    if best.support in ("uuid", "series", "keyword", "number") and payer_label(case.payer, best.customer) in KNOWN:
        return False
    movement = case.movement
    span = timedelta(days=case.settings.twin_days)
    return any(
        paid.movement != movement.key and abs(paid.paid_on - movement.booked_on) <= span
        for paid in case.index.payments_of(best.customer, movement.currency, movement.amount)
    )
