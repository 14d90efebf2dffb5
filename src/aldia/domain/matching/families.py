"""What the deposit may have paid: hypotheses of one customer, family by family, the surest kind first.

A family is the arithmetic alone. How sure a hypothesis is, is said elsewhere (`grading`), and whether anything forbids
it too (`vetoes`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from aldia.domain.matching import subsets
from aldia.domain.matching.candidates import Case
from aldia.domain.matching.differences import explain, short_of
from aldia.domain.matching.model import Allocation, CreditNote, Document, Hypothesis

MOST_CITED_SUBSETS = 7
SMALL_SHARE = 20  # less than a twentieth missing is something that was kept, not a part
MOST_PARTS = 12
MOST_NOTES, MOST_SEVERAL = 3, 12  # credit notes in one payment, and how many a customer may have to look for several
MOST_FEE = 5_000  # minor units: more than banks keep of a transfer
NOT_YET_CHANCE = 99  # λ that does not lower a proposal: what is nearly owed is no accident


def hypotheses(case: Case, customer: str) -> list[Hypothesis]:
    """Everything the deposit may have paid to `customer`'s account; a whole citation that adds up ends the search."""
    owed = case.owed(customer)
    cited = case.cited.of(customer)
    found = list(_cited(case, customer, cited, owed))
    if any(each.family in ("exact", "credit_note") and each.support in ("all", "strong") for each in found):
        return found
    if customer == case.payer.customer or customer in case.payer.candidates:
        found += _uncited(case, customer, owed, found)
    return found


def _cited(case: Case, customer: str, cited: list[Document], owed: Sequence[Document]) -> Iterator[Hypothesis]:
    """By the documents that the text cites: together, in part, with a difference, or with others."""
    if not cited:
        return
    amount, on = case.movement.amount, case.movement.booked_on
    total = sum(document.balance for document in cited)
    strong = case.cited.of(customer, least=3)
    if total == amount:
        yield paying(customer, "exact", cited, "all")
        return
    if strong and len(strong) < len(cited) and sum(document.balance for document in strong) == amount:
        yield paying(customer, "exact", strong, "strong")
        return
    core = strong or cited
    yield from _some_of(case, customer, cited)
    for kind, allocations in explain(core, amount, on, case.settings, cited=True):
        yield Hypothesis(customer, kind, allocations, "all")
    yield from _with_credit(case, customer, core, "all")
    owing = sum(document.balance for document in core)
    little = (owing - amount) * SMALL_SHARE <= owing or (owing - amount <= MOST_FEE and not case.citing.partial)
    if len(core) == 1 and amount < owing and not little:
        part = core[0]
        yield Hypothesis(customer, _part_of(case, part), (Allocation(part.key, amount),), "all")
    elif amount > owing:
        yield from _completed(case, customer, core, owed, amount - owing)
    elif little:
        yield Hypothesis(customer, "unexplained", short_of(core, owing - amount), "all")
    else:
        yield Hypothesis(customer, "short", _pour(core, amount), "all")


def _part_of(case: Case, document: Document) -> str:
    """A part, the next instalment, or a sum that falls short: what little is missing may be a tax or a discount that
    nobody told us of.
    """
    amount = case.movement.amount
    if _is_instalment(document, amount):
        return "instalment"
    return "partial" if amount * 4 <= document.balance * 3 or case.citing.partial else "short"


def _some_of(case: Case, customer: str, cited: list[Document]) -> Iterator[Hypothesis]:
    """Some numbers of a text are no folios: the part of them that adds up."""
    if not 1 < len(cited) <= MOST_CITED_SUBSETS:
        return
    for size in range(len(cited) - 1, 0, -1):
        hits = [
            chosen
            for chosen in combinations(cited, size)
            if sum(document.balance for document in chosen) == case.movement.amount
        ]
        for chosen in hits:
            yield paying(customer, "exact", chosen, "some")
        if hits:
            return


def _completed(
    case: Case, customer: str, core: Sequence[Document], owed: Sequence[Document], rest: int
) -> Iterator[Hypothesis]:
    """More came than the cited documents owe: others complete it, or it stays in favour of the customer."""
    named = {document.key for document in core}
    others = [document for document in owed if document.key not in named]
    if 0 < rest < case.settings.rounding:
        yield paying(customer, "rounding", core, "all", left=rest)
        return
    balances = [document.balance for document in others]
    for document in others:
        if document.balance == rest:
            chance = subsets.single_chance_ppm(balances, rest)
            yield paying(customer, "completed", [*core, document], "part", chance=chance)
    for found in subsets.solve(others, rest, case.movement.booked_on.toordinal()):
        yield paying(customer, "completed", [*core, *found.documents], "part", chance=found.chance_ppm)
    yield paying(customer, "surplus", core, "all", left=rest)


def _uncited(case: Case, customer: str, owed: Sequence[Document], found: list[Hypothesis]) -> Iterator[Hypothesis]:
    """By what the payer owes, whatever the text says."""
    amount = case.movement.amount
    equal = [document for document in owed if document.balance == amount]
    balances = [document.balance for document in owed]
    for document in equal:
        yield paying(customer, "exact", [document], chance=subsets.single_chance_ppm(balances, amount))
    yield from _instalments(customer, owed, amount)
    most = "pair" if equal else "any"
    for solved in subsets.solve(owed, amount, case.movement.booked_on.toordinal(), most=most):
        yield paying(customer, solved.family, solved.documents, chance=solved.chance_ppm)
    if not equal:
        for document in owed:
            for kind, allocations in explain([document], amount, case.movement.booked_on, case.settings):
                chance = subsets.near_chance_ppm(balances, document.balance, _width(case, kind))
                yield Hypothesis(customer, kind, allocations, chance_ppm=chance)
            if 0 < amount - document.balance < case.settings.rounding:
                chance = subsets.near_chance_ppm(balances, document.balance, _width(case, "rounding"))
                yield paying(customer, "rounding", [document], left=amount - document.balance, chance=chance)
        yield from _nearly(case, customer, owed, balances)
        if len(owed) > 1:
            for kind, allocations in explain(owed, amount, case.movement.booked_on, case.settings):
                yield Hypothesis(customer, f"{kind}_all", allocations)
        yield from _with_any_credit(case, customer, owed)
    yield from _first_parts(customer, owed, amount, balances)
    yield from _fallback(case, customer, owed)


def _nearly(case: Case, customer: str, owed: Sequence[Document], balances: Sequence[int]) -> Iterator[Hypothesis]:
    """A few pesos less than one document: what a bank may have kept, although nobody told of such a fee."""
    amount = case.movement.amount
    near = [document for document in owed if case.settings.rounding <= document.balance - amount <= MOST_FEE]
    if len(near) == 1 and amount > 2 * MOST_FEE:
        chance = subsets.near_chance_ppm(balances, near[0].balance, _width(case, "unexplained"))
        yield Hypothesis(
            customer, "unexplained", short_of(near, near[0].balance - amount), chance_ppm=min(chance, NOT_YET_CHANCE)
        )


def _width(case: Case, kind: str) -> int:
    """How many amounts an explanation of a kind admits: the more, the likelier that one fits by chance."""
    settings = case.settings
    widths = {
        "rounding": 2 * settings.rounding - 1, "fee": len(settings.fees), "discount": 3,
        "commission": 3 * len(settings.commissions), "withholding": 6 * len(settings.withholdings),
        "late_discount": 3, "unexplained": MOST_FEE,
    }  # fmt: skip
    return widths[kind]


def _instalments(customer: str, owed: Sequence[Document], amount: int) -> Iterator[Hypothesis]:
    for document in owed:
        if amount < document.balance and amount in document.partials:
            family = "instalment" if _is_instalment(document, amount) else "partial"
            yield Hypothesis(customer, family, (Allocation(document.key, amount),), "history")


def _is_instalment(document: Document, amount: int) -> bool:
    """The same part as all before, and parts that make up the whole."""
    if not document.partials or any(abs(part - amount) > 1 for part in document.partials):
        return False
    count = (document.total + amount // 2) // amount
    return abs(document.total - count * amount) <= count


def _first_parts(customer: str, owed: Sequence[Document], amount: int, balances: Sequence[int]) -> Iterator[Hypothesis]:
    """A whole fraction of a document nobody has paid anything of: its first instalment, perhaps."""
    chance: int | None = None
    for document in owed:
        if not document.partials and amount * 2 <= document.total:
            parts = (document.total + amount // 2) // amount
            if parts <= MOST_PARTS and abs(document.total - parts * amount) <= parts:
                if chance is None:
                    chance = subsets.fraction_chance_ppm(balances, amount, MOST_PARTS)
                yield Hypothesis(customer, "first_part", (Allocation(document.key, amount),), chance_ppm=chance)


def _with_credit(case: Case, customer: str, documents: Sequence[Document], support: str) -> Iterator[Hypothesis]:
    """Credit notes on file that the payer took off: one, or a few together, each from a document of its own."""
    missing = sum(document.balance for document in documents) - case.movement.amount
    notes = sorted(case.credits(customer), key=lambda note: note.key) if missing > 0 else []
    for size in range(1, min(MOST_NOTES, len(documents), len(notes)) + 1):
        if size > 1 and len(notes) > MOST_SEVERAL:
            return
        for several in combinations(notes, size):
            adds_up = sum(note.balance for note in several) == missing
            if adds_up and (found := _credited(customer, documents, several, support)):
                yield found


def _with_any_credit(case: Case, customer: str, owed: Sequence[Document]) -> Iterator[Hypothesis]:
    for note in case.credits(customer):
        target = case.movement.amount + note.balance
        for document in owed:
            if document.balance == target and (found := _credited(customer, [document], [note], "none")):
                yield found


def _credited(
    customer: str, documents: Sequence[Document], notes: Sequence[CreditNote], support: str
) -> Hypothesis | None:
    """Each note goes to the document that it corrects, or to the largest that carries none; None when one fits none."""
    borne: dict[str, CreditNote] = {}
    owners = {document.key for document in documents}
    for note in sorted(notes, key=lambda note: (note.document not in owners, -note.balance, note.key)):
        free = [each for each in documents if each.key not in borne and each.balance >= note.balance]
        if not free:
            return None
        bearer = min(free, key=lambda each: (each.key != note.document, -each.balance, each.key))
        borne[bearer.key] = note
    allocations = tuple(
        Allocation(each.key, each.balance - taken.balance, taken.balance, "credit_note", taken.key)
        if (taken := borne.get(each.key))
        else Allocation(each.key, each.balance)
        for each in documents
    )
    return Hypothesis(customer, "credit_note", allocations, support)


def _fallback(case: Case, customer: str, owed: Sequence[Document]) -> Iterator[Hypothesis]:
    """Nothing adds up: what fell due first takes it, and what is left stays in favour of the customer."""
    amount = case.movement.amount
    allocations = _pour(owed, amount)
    if allocations and not case.citing.advance:
        left = amount - sum(allocation.amount for allocation in allocations)
        yield Hypothesis(customer, "oldest_part", allocations, left=left)
    yield Hypothesis(customer, "advance", (), left=amount)


def _pour(documents: Sequence[Document], amount: int) -> tuple[Allocation, ...]:
    allocations: list[Allocation] = []
    for document in documents:
        part = min(amount, document.balance)
        if part:
            allocations.append(Allocation(document.key, part))
            amount -= part
    return tuple(allocations)


def paying(
    customer: str, family: str, documents: Sequence[Document], support: str = "none", *, left: int = 0, chance: int = 0
) -> Hypothesis:
    """Each document paid in full."""
    allocations = tuple(Allocation(document.key, document.balance) for document in documents)
    return Hypothesis(customer, family, allocations, support, left, chance)
