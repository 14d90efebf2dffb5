"""Decisions in the words of a bookkeeper: what was seen, what adds up, what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aldia.domain.matching import sentences as say
from aldia.domain.matching.candidates import Case
from aldia.domain.matching.model import Document, Hypothesis, Outcome, Param, Reason
from aldia.domain.matching.trust import State, Trust
from aldia.domain.sentences import quoted

MOST_NAMED = 6


def kind_of(kind: str) -> Reason:
    """Why a movement needs no documents."""
    return Reason(kind, say.KINDS[kind], {})


def nothing(case: Case) -> tuple[Reason, ...]:
    """Why there is not even a proposal."""
    found = [*_payer(case, "")]
    if case.cited.paid:
        found.append(_reason("cites_paid", say.VETOES["cites_paid"]))
    return (*found, _reason("nothing", say.NOTHING))


def explain(
    case: Case, best: Hypothesis, others: Sequence[Hypothesis], outcome: Outcome, trust: Trust
) -> tuple[Reason, ...]:
    """The certificate of `best`: payer, citation, arithmetic, chance, record; then what makes it a question."""
    if best.known:
        found = [*_payer(case, best.customer), *_recognised(case, best)]
        found += [_reason(code, say.VETOES[code]) for code in best.vetoes]
        return (*found, *_record(best, outcome, trust, case))
    owed = case.index.open_of(best.customer, "") if best.family == "exchange" else case.owed(best.customer)
    documents = {document.key: document for document in owed}
    chosen = [documents[key] for key in sorted(best.documents) if key in documents]
    found = [*_payer(case, best.customer), *_cited(best, chosen), *_sum(case, best, chosen), *_chance(best)]
    if outcome is Outcome.POLICY:
        found.append(_reason("policy", say.POLICY))
    found += (_reason(code, say.VETOES[code]) for code in best.vetoes if outcome is not Outcome.POLICY)
    found += _record(best, outcome, trust, case)
    return tuple(found)


def _reason(code: str, template: str, **params: Param) -> Reason:
    return Reason(code, template, params)


def _payer(case: Case, customer: str) -> Iterator[Reason]:
    payer = case.payer
    if payer.flag and payer.flag in say.FLAGS:
        yield _reason(f"payer_{payer.flag}", say.FLAGS[payer.flag], value=quoted(payer.value))
    elif payer.customer:
        name = quoted(case.index.party(payer.customer).name, 60).rstrip(".")
        yield _reason(f"payer_{payer.how}", say.PAYERS[payer.how], value=quoted(payer.value), customer=name)
    else:
        yield _reason("payer_none", say.NO_PAYER)


def _recognised(case: Case, best: Hypothesis) -> Iterator[Reason]:
    """What was on the books already, and by what it is known to be this deposit."""
    movement, keys = case.movement, {key for key, _ in best.known}
    money = [each for each in case.known() if each.key in keys]
    names = list(dict.fromkeys(quoted(case.index.party(each.customer).name, 60).rstrip(".") for each in money))
    if template := say.RECOGNISED.get(best.support):
        yield _reason(f"known_{best.support}", template)
    yield _reason(
        f"sum_{best.family}",
        say.FAMILIES[best.family if len(best.known) > 1 else "known"],
        count=len(best.known),
        amount=(movement.amount, movement.currency),
        gross=(movement.amount + best.fee, movement.currency),
        customers=", ".join(names[:MOST_NAMED]) + ("…" if len(names) > MOST_NAMED else ""),
    )
    if best.fee:
        yield _reason("known_fee", say.KNOWN_FEE, fee=(best.fee, movement.currency))


def _cited(best: Hypothesis, chosen: Sequence[Document]) -> Iterator[Reason]:
    if template := say.SUPPORTS.get(best.support):
        yield _reason(f"cites_{best.support}", template, documents=_names(chosen))


def _names(documents: Sequence[Document]) -> str:
    named = ", ".join(quoted(document.name) for document in documents[:MOST_NAMED])
    return f"{named}…" if len(documents) > MOST_NAMED else named


def _sum(case: Case, best: Hypothesis, chosen: Sequence[Document]) -> Iterator[Reason]:
    movement = case.movement
    owed = sum(document.balance for document in chosen)
    missing = sum(allocation.difference for allocation in best.allocations)
    family = best.family.removesuffix("_all")
    yield _reason(
        f"sum_{best.family}",
        say.FAMILIES[family],
        documents=_names(chosen),
        count=len(chosen),
        amount=(movement.amount, movement.currency),
        owed=(owed, movement.currency),
        missing=(abs(missing), movement.currency),
        left=(best.left, movement.currency),
    )


def _chance(best: Hypothesis) -> Iterator[Reason]:
    if best.support in ("none", "unknown", "part") and best.chance_ppm and len(best.allocations) > 1:
        once = max(1, 1_000_000 // best.chance_ppm)
        yield _reason("chance_of", say.CHANCE, once=f"{once:,}")


def _record(best: Hypothesis, outcome: Outcome, trust: Trust, case: Case) -> Iterator[Reason]:
    verdict = trust.verdict(best.class_key)
    record = verdict.record
    if record.cases:
        yield _reason("record", say.RECORD, right=f"{record.right:,}", wrong=f"{record.wrong:,}")
    if outcome is not Outcome.PROPOSE or best.vetoes:
        return
    if verdict.state is State.PAUSED:
        yield _reason("paused", say.PAUSED)
    elif verdict.state is State.SHADOW or case.settings.mode == "shadow":
        yield _reason("shadow", say.SHADOW)
    else:
        yield _reason("young", say.YOUNG, cap=(case.settings.young_cap, case.settings.currency))
