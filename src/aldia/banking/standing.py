"""Where a decided movement stands in the queue: how sure its proposal is, and the one thing that keeps it waiting.

`certainty` puts guided reconciliation in order, `why` groups the inbox. Both are functions of the decision alone and
are written on the movement with it.
"""

from __future__ import annotations

from aldia.domain.matching import Decision, Outcome
from aldia.domain.matching.vetoes import NEVER

SURE, LIKELY, DOUBTFUL, NONE, NOT_RECEIVABLE = 3, 2, 1, 0, -1

# The vetoes by what a person must find out, the weightiest first: the first that a proposal has names its reason.
ORDER = (
    "contradiction", "other_payer", "payer_unknown", "cites_paid", "on_books", "twin", "not_open", "issued_after",
    "unexplained", "late_discount", "short", "surplus", "exchange", "advance", "oldest_part", "first_part",
    "amount_only", "sibling", "two_solutions", "instalment_or_document", "has_partials", "cites_other",
    "doubtful_number", "clash", "chance", "common_amount", "says_advance", "says_partial", "over_cap",
)  # fmt: skip
_WEIGHT = {code: place for place, code in enumerate(ORDER)}
# With one of these the proposal is a guess about who or what: never "likely".
GUESSES = NEVER | {
    "contradiction", "other_payer", "payer_unknown", "cites_paid", "not_open", "issued_after", "doubtful_number",
    "common_amount",
}  # fmt: skip
_WAITS = frozenset({"paused", "shadow", "young"})  # nothing speaks against it: only its record is missing


def standing_of(decision: Decision) -> tuple[int, str]:
    """(certainty, why) of a decision; `why` is the code of a veto or of a reason, "" when there is nothing to ask."""
    codes = [reason.code for reason in decision.reasons]
    if decision.outcome is Outcome.NOT_RECEIVABLE:
        return NOT_RECEIVABLE, codes[0] if codes else ""
    best = decision.hypothesis
    if best is None:
        if decision.outcome is not Outcome.EXCEPTION:
            return NONE, ""
        known = bool(decision.payer.customer)
        return NONE, "return_unknown" if "return_unknown" in codes else "nothing" if known else "nobody"
    if best.vetoes:
        worst = min(best.vetoes, key=lambda code: _WEIGHT.get(code, len(ORDER)))
        return (DOUBTFUL if GUESSES.intersection(best.vetoes) else LIKELY), worst[:24]
    return SURE, next((code for code in codes if code in _WAITS), "")
