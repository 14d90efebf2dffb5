"""What the engine last said of a movement, in words."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext

from aldia.banking.encoding import hypothesis_of, payer_of, reason_of
from aldia.banking.models import BankMovement, MatchDecision
from aldia.domain.matching import Hypothesis, Payer, Reason
from aldia.domain.money import format_money


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as pages show it: `sentences` are (code, sentence); `choices` the first proposal and its
    alternatives, in the order that `accepting.accept(choice=…)` counts them.
    """

    decision: MatchDecision
    choices: tuple[Hypothesis, ...]
    sentences: tuple[tuple[str, str], ...]
    payer: Payer


def told(decision: MatchDecision) -> Told:
    """A decision read back."""
    choices = tuple(hypothesis_of(each) for each in (decision.hypothesis, *decision.alternatives) if each)
    reasons = [reason_of(each) for each in decision.reasons]
    return Told(decision, choices, tuple((each.code, sentence_of(each)) for each in reasons), payer_of(decision.payer))


def sentence_of(reason: Reason) -> str:
    """A reason in the language of whoever reads it."""
    shown = {
        name: format_money(value[0], value[1]) if isinstance(value, tuple) else str(value)
        for name, value in reason.params.items()
    }
    return gettext(reason.template) % shown if shown else gettext(reason.template)


def last_of(movement_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Told]:
    """What was last said of each movement that was decided."""
    of = dict(BankMovement.objects.filter(pk__in=list(movement_ids)).values_list("decision_id", "pk"))
    kept = MatchDecision.objects.filter(pk__in=[decision_id for decision_id in of if decision_id])
    return {of[each.pk]: told(each) for each in kept}
