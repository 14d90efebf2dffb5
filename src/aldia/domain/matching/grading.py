"""How sure a hypothesis is: its class (the unit of trust), and a score that only puts hypotheses in order.

A class is family | citation | payer | λ: all movements of a class are equally certain for the same reasons, so that a
record of right and wrong can be kept of each.
"""

from __future__ import annotations

from dataclasses import replace

from aldia.domain.matching.candidates import Case
from aldia.domain.matching.model import Allocation, Hypothesis, Payer
from aldia.domain.matching.subsets import FAMILIES

_FAMILY = {
    "declared": 34, "known": 34, "payout": 34, "exact": 30,
    "all_open": 26, "all_due": 25, "oldest_first": 25, "month": 24, "run": 22,
    "all_but_one": 22, "pair": 21, "triple": 19, "quad": 17, "any": 15, "completed": 20, "credit_note": 23,
    "withholding": 22, "discount": 22, "rounding": 21, "fee": 20, "commission": 19, "instalment": 32,
    "withholding_all": 18, "discount_all": 18, "rounding_all": 18, "fee_all": 15, "commission_all": 15,
    "partial": 14, "surplus": -4, "exchange": 6, "late_discount": 12, "late_discount_all": 8,
    "short": 5, "unexplained": 6, "first_part": 12,
    "oldest_part": 0, "advance": -2, "amount_only": 4,
}  # fmt: skip
_SUPPORT = {
    "uuid": 42, "link": 45, "trace": 45, "key": 45, "group": 45, "day": 12,
    "complement": 38, "portal": 36, "series": 40, "keyword": 34, "number": 26,
    "reference": 20, "some": 14, "part": 30, "history": 8, "unknown": -3, "mismatch": -12, "none": 0,
}  # fmt: skip
_PAYER = {
    "own": 30,
    "id": 30,
    "name": 26,
    "near": 18,
    "among": 10,
    "none": 0,
    "ambiguous": 2,
    "shared": 2,
    "other": -6,
    "external": -4,
}
_BANDS = ((100, "a"), (1_000, "b"), (10_000, "c"))
SLIP = 47  # an exact amount with another folio: a slip of the pen is likelier than a part that owes as much by chance
_CITED = {4: "series", 3: "keyword", 2: "number", 1: "reference"}
# λ is asked of what nobody cited: of cited documents, chance is no explanation
_BY_CHANCE = frozenset({"none", "unknown", "mismatch", "part", "day"})


EXPLAINED = ("withholding", "discount", "fee", "commission", "credit_note", "rounding")
_CLASS_FAMILY = dict.fromkeys(FAMILIES, "set") | dict.fromkeys(("partial", "instalment", "first_part"), "part")
_CLASS_FAMILY |= dict.fromkeys(EXPLAINED, "explained")
_CLASS_SUPPORT = dict.fromkeys(("uuid", "series", "keyword"), "folio") | dict.fromkeys(
    ("link", "trace", "key", "group"), "told"
)


def grade(case: Case, hypothesis: Hypothesis) -> Hypothesis:
    """The hypothesis with its class and score."""
    support = support_of(case, hypothesis)
    payer = payer_label(case.payer, hypothesis.customer)
    band = _band(hypothesis.chance_ppm) if support in _BY_CHANCE else "-"
    score = _FAMILY[hypothesis.family] + _SUPPORT[support] + _PAYER[payer]
    score -= {"a": 0, "b": 3, "c": 8, "d": 12}.get(band, 0)
    if hypothesis.family == "exact" and support == "mismatch":
        score += SLIP
    return replace(
        hypothesis,
        allocations=tuple(sorted(hypothesis.allocations, key=_by_document)),
        support=support,
        score=score,
        class_key=class_of(hypothesis.family, support, payer, band),
    )


def _by_document(allocation: Allocation) -> str:
    return allocation.document


def class_of(family: str, support: str, payer: str, band: str) -> str:
    """The class, coarse enough to earn a record: kind of arithmetic | kind of citation | payer | λ."""
    cited = _CLASS_SUPPORT.get(support, support)
    chance = {"-": "-", "a": "sure"}.get(band, "fair")
    if band in ("c", "d") and family in EXPLAINED:
        chance = "thin"
    if cited == "reference":
        cited = "number"
    if payer in ("own", "id", "name") or (payer == "near" and chance in ("sure", "-")):
        who = "known"
    else:
        who = {"near": "near", "among": "near", "other": "other"}.get(payer, "unknown")
    return "|".join((_CLASS_FAMILY.get(family, family), cited, who, chance))


def support_of(case: Case, hypothesis: Hypothesis) -> str:
    """How the text cites the documents: by the weakest citation among them."""
    support = hypothesis.support
    if hypothesis.known:
        return support
    if support in ("all", "strong"):
        weakest = min(case.cited.strength(key) for key in hypothesis.documents)
        return _CITED.get(weakest, "reference")
    if support in ("none", "history"):
        strong = [doc for doc, strength in case.cited.open.values() if strength >= 3]
        if any(doc.key not in hypothesis.documents for doc in strong if doc.customer == hypothesis.customer):
            return "mismatch"
        if strong or case.cited.unknown:
            return "unknown"
    return support


def payer_label(payer: Payer, customer: str) -> str:
    """What is known of the payer, for a hypothesis about `customer`."""
    if payer.customer:
        if payer.customer != customer or payer.flag == "contradiction":
            return "other"
        return {5: "own", 4: "id", 3: "name"}.get(payer.level, "near")
    if customer in payer.candidates and payer.flag in ("ambiguous", "shared"):
        return "among"
    return payer.flag or "none"


def _band(chance_ppm: int) -> str:
    return next((band for limit, band in _BANDS if chance_ppm < limit), "d")
