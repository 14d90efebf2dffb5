"""What a set of fiscal documents says about who owes what: the same answer whatever order they came in.

`derive` looks at documents that name each other (a cluster) and at what people have done, and says which receivables
and credits there should be, and how the credits apply. It is asked again whenever a document of the cluster arrives,
is cancelled or revived; the subledger then posts the difference. All amounts are minor units.

Rules (Anexo 20 and its guides, https://www.sat.gob.mx/minisitio/FacturaElectronica/anexo_20.htm):
relation 01 credit note, 02 debit note, 03 return, 04 substitution, 07 application of an advance ("anticipo",
appendix 6 of the guide to fill in the CFDI). PUE: paid at the latest on the last day of its month (RMF 2.7.1.39).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from aldia.domain.calendars import month_end
from aldia.domain.fiscal.facts import (
    DocumentFact,
    Effects,
    HandAllocation,
    OpeningFact,
    PaidLine,
    PaymentFact,
    WantedAllocation,
    WantedCredit,
    WantedReceivable,
)
from aldia.domain.money import exponent

CREDIT_RELATIONS = ("01", "03")
SUBSTITUTION, ADVANCE_APPLICATION, DEBIT_RELATION = "04", "07", "02"


@dataclass(slots=True)
class _Desk:
    """The state of one derivation: what each receivable still has to receive, and what is known by key."""

    documents: dict[str, DocumentFact]
    openings: dict[str, OpeningFact]
    hand: dict[str, list[HandAllocation]]
    hands_off: frozenset[str]
    successors: dict[str, str]
    effects: Effects = field(default_factory=Effects)
    open: dict[str, int] = field(default_factory=dict)
    used_hand: set[int] = field(default_factory=set)
    paid_by_complement: set[str] = field(default_factory=set)

    def alive(self, document: DocumentFact) -> bool:
        return document.cancelled_on is None and document.key not in self.successors

    def target(self, key: str, customer: str) -> str:
        """The receivable that a key stands for now: follows substitutions within the same customer; "" if none."""
        seen = set()
        while key in self.successors and key not in seen:
            seen.add(key)
            key = self.successors[key]
        wanted = self.effects.receivables.get(key)
        if wanted is None or wanted.customer != customer or wanted.void_on is not None:
            return ""
        return key


def derive(
    *,
    documents: Sequence[DocumentFact],
    openings: Sequence[OpeningFact] = (),
    hand: Sequence[HandAllocation] = (),
    hands_off: frozenset[str] = frozenset(),
    presume_pue: bool,
    today: date,
) -> Effects:
    """Say what the documents of a cluster come to.

    `hands_off` are external keys of document credits that a person assigned by hand: they are wanted, but where they
    apply is the person's word (their allocations are in `hand`, with `is_payment` false).
    """
    by_key = {document.key: document for document in documents}
    desk = _Desk(by_key, {o.key: o for o in openings}, {}, hands_off, _successors(documents, openings))
    _lay_hand(desk, hand)
    _want_receivables(desk)
    ordered = sorted(documents, key=lambda d: (d.issued_on, d.key))
    for document in ordered:
        if document.kind == "advance" and desk.alive(document):
            _want_advance(desk, document)
    for document in ordered:
        if document.kind == "credit_note" and desk.alive(document):
            _want_credit_note(desk, document)
    _want_payments(desk, ordered)
    if presume_pue:
        _presume(desk, today)
    return desk.effects


def _family(kind: str) -> str:
    return "charge" if kind in ("invoice", "debit_note", "advance") else kind


def _successors(documents: Sequence[DocumentFact], openings: Sequence[OpeningFact]) -> dict[str, str]:
    """Replaced key -> the live document that replaces it (relation 04); the latest word wins, never in a circle."""
    families = {opening.key: "charge" for opening in openings}
    families |= {document.key: _family(document.kind) for document in documents}
    found: dict[str, str] = {}
    for document in sorted(documents, key=lambda d: (d.issued_on, d.key), reverse=True):
        if document.cancelled_on is not None:
            continue
        for key in document.names(SUBSTITUTION):
            same_family = families.get(key) == _family(document.kind)
            if same_family and key not in found and not _leads_to(found, document.key, key):
                found[key] = document.key
    return found


def _leads_to(successors: dict[str, str], start: str, end: str) -> bool:
    """Whether following the substitutions from `start` arrives at `end` (two documents that replace each other)."""
    seen: set[str] = set()
    while start in successors and start not in seen:
        seen.add(start)
        start = successors[start]
        if start == end:
            return True
    return False


# ---- receivables ----------------------------------------------------------------------------------------------


def _want_receivables(desk: _Desk) -> None:
    billed_advances = _billed_advances(desk)
    for document in desk.documents.values():
        is_charge = document.kind in ("invoice", "debit_note") or document.key in billed_advances
        if is_charge and document.total > 0 and document.key not in desk.openings:
            _want(desk, _receivable_of(desk, document))
    for opening in desk.openings.values():
        _want(desk, _opening_of(desk, opening))


def _opening_of(desk: _Desk, opening: OpeningFact) -> WantedReceivable:
    cancelled_on = opening.cancelled_on
    if document := desk.documents.get(opening.key):
        cancelled_on = cancelled_on or document.cancelled_on
    void_on, code = _death(desk, opening.key, opening.opening_on, cancelled_on)
    return WantedReceivable(
        opening.key, opening.customer, "opening", opening.currency, opening.total, opening.opening_on, void_on, code
    )


def _lay_hand(desk: _Desk, hand: Sequence[HandAllocation]) -> None:
    """Lay out what people applied; what they applied to a replaced document follows it to the one that replaces it."""
    for line in hand:
        key, seen = line.receivable, set[str]()
        while key in desk.successors and key not in seen:
            seen.add(key)
            key = desk.successors[key]
        if key != line.receivable and _can_receive(desk, line, key):
            desk.effects.moved[line.id] = key
            desk.hand.setdefault(key, []).append(replace(line, receivable=key))
        else:
            desk.hand.setdefault(line.receivable, []).append(line)


def _can_receive(desk: _Desk, line: HandAllocation, key: str) -> bool:
    """Whether the substitute is the same customer's, in the same currency, alive, and has room for the allocation."""
    old = desk.documents.get(line.receivable) or desk.openings.get(line.receivable)
    new = desk.documents.get(key)
    if old is None or new is None or not desk.alive(new):
        return False
    room = new.total - sum(other.amount for other in desk.hand.get(key, ()))
    return (old.customer, old.currency) == (new.customer, new.currency) and line.amount <= room


def _want(desk: _Desk, wanted: WantedReceivable) -> None:
    desk.effects.receivables[wanted.key] = wanted
    taken = sum(line.amount for line in desk.hand.get(wanted.key, ()))
    desk.open[wanted.key] = 0 if wanted.void_on else max(0, wanted.total - taken)


def _receivable_of(desk: _Desk, document: DocumentFact) -> WantedReceivable:
    void_on, code = _death(desk, document.key, document.issued_on, document.cancelled_on)
    named = document.names(DEBIT_RELATION)
    return WantedReceivable(
        key=document.key,
        customer=document.customer,
        kind="debit_note" if document.kind == "debit_note" else "invoice",
        currency=document.currency,
        total=document.total,
        issued_on=document.issued_on,
        void_on=void_on,
        void_code=code,
        raises=named[0] if document.kind == "debit_note" and len(named) == 1 else "",
    )


def _death(desk: _Desk, key: str, issued_on: date, cancelled_on: date | None) -> tuple[date | None, str]:
    """When and why a document stopped being collectable."""
    if key in desk.successors:
        return max(desk.documents[desk.successors[key]].issued_on, issued_on), "replaced"
    if cancelled_on is not None:
        return max(cancelled_on, issued_on), "cancelled"
    return None, ""


def _billed_advances(desk: _Desk) -> dict[str, DocumentFact]:
    """Advances consumed by procedure B: a later invoice bills only the remainder, so the advance bills itself."""
    billed: dict[str, DocumentFact] = {}
    for document in desk.documents.values():
        if document.is_advance_remainder and desk.alive(document):
            for key in document.names(ADVANCE_APPLICATION):
                advance = desk.documents.get(key)
                if advance is not None and advance.kind == "advance" and desk.alive(advance):
                    billed[key] = document
    return billed


# ---- advances and credit notes ---------------------------------------------------------------------------------


def _apply(desk: _Desk, credit: WantedCredit, key: str, amount: int, on: date, rule: str) -> int:
    """Apply up to `amount` of a credit to a receivable of the same currency; return what was applied."""
    wanted = desk.effects.receivables[key]
    applied = min(amount, desk.open[key], credit.free()) if wanted.currency == credit.currency else 0
    if applied > 0:
        on = max(on, wanted.issued_on)
        credit.allocations.append(WantedAllocation(key, applied, applied, on, rule))
        desk.open[key] -= applied
    return applied


def _want_advance(desk: _Desk, advance: DocumentFact) -> None:
    """An advance is credit in favour; the invoices that name it (07) use it, as far as their notes say, in order."""
    if advance.total <= 0:
        return
    credit = WantedCredit(
        advance.key, "advance", advance.key, advance.customer, advance.currency, advance.total, advance.issued_on
    )
    desk.effects.credits[credit.external_key] = credit
    if credit.external_key in desk.hands_off:
        return
    if advance.key in desk.effects.receivables:
        remainder = _billed_advances(desk)[advance.key]
        _apply(desk, credit, advance.key, advance.total, max(remainder.issued_on, advance.issued_on), "advance_billed")
        return
    for invoice in _invoices_naming(desk, advance):
        noted = _noted(desk, invoice)
        limit = max(0, noted - _advanced(desk, invoice.key)) if noted else credit.amount
        _apply(desk, credit, invoice.key, limit, max(invoice.issued_on, advance.issued_on), "advance")


def _invoices_naming(desk: _Desk, advance: DocumentFact) -> list[DocumentFact]:
    found = [
        document
        for document in desk.documents.values()
        if advance.key in document.names(ADVANCE_APPLICATION)
        and document.key in desk.effects.receivables
        and document.customer == advance.customer
        and desk.alive(document)
    ]
    return sorted(found, key=lambda d: (d.issued_on, d.key))


def _noted(desk: _Desk, invoice: DocumentFact) -> int:
    """How much of an advance the notes of application (type E, 07) say was used on an invoice; 0 if there are none."""
    return sum(
        note.total
        for note in desk.documents.values()
        if note.kind == "credit_note" and desk.alive(note) and invoice.key in note.names(ADVANCE_APPLICATION)
    )


def _advanced(desk: _Desk, key: str) -> int:
    """What advances already pay of an invoice."""
    lines = (line for credit in desk.effects.credits.values() for line in credit.allocations)
    return sum(line.amount for line in lines if line.receivable == key and line.rule == "advance")


def _documents_an_advance(desk: _Desk, note: DocumentFact) -> bool:
    """Whether a note of application (07) only documents what an advance on file already pays."""
    for key in note.names(ADVANCE_APPLICATION):
        named = desk.documents.get(key)
        if named is None:
            continue
        if named.kind == "advance":
            return True
        advances = (desk.documents.get(k) for k in named.names(ADVANCE_APPLICATION))
        if any(a is not None and a.kind == "advance" and desk.alive(a) for a in advances):
            return True
    return False


def _note_targets(desk: _Desk, note: DocumentFact) -> tuple[str, ...]:
    """The documents a note credits; a note that replaces another without naming any inherits that one's."""
    targets = note.names(*CREDIT_RELATIONS, ADVANCE_APPLICATION)
    if targets:
        return targets
    inherited: list[str] = []
    for key in note.names(SUBSTITUTION):
        replaced = desk.documents.get(key)
        if replaced is not None and replaced.kind == "credit_note":
            inherited += replaced.names(*CREDIT_RELATIONS, ADVANCE_APPLICATION)
    return tuple(dict.fromkeys(inherited))


def _want_credit_note(desk: _Desk, note: DocumentFact) -> None:
    """A note applies to the one document it names; several or none wait for a person; the rest stays in favour."""
    if note.total <= 0 or _documents_an_advance(desk, note):
        return
    targets = _note_targets(desk, note)
    if len(targets) == 1 and _was_counted_before(desk, targets[0], note.issued_on):
        return
    credit = WantedCredit(note.key, "credit_note", note.key, note.customer, note.currency, note.total, note.issued_on)
    desk.effects.credits[credit.external_key] = credit
    if credit.external_key in desk.hands_off:
        return
    if len(targets) != 1:
        credit.review = "names_several" if targets else "names_none"
        return
    key = desk.target(targets[0], note.customer)
    if key:
        if desk.effects.receivables[key].currency != note.currency:
            credit.review = "other_currency"
        _apply(desk, credit, key, note.total, note.issued_on, "credit_note")
    elif targets[0] not in desk.documents:
        credit.held, credit.review = credit.amount, "not_on_file"
    elif desk.documents[targets[0]].kind == "advance":
        credit.held, credit.review = credit.amount, "names_advance"
    else:
        credit.review = "target_void"


def _was_counted_before(desk: _Desk, key: str, on: date) -> bool:
    """Whether an opening balance already took this into account (it is of the day of the opening or before)."""
    opening = desk.openings.get(key)
    return opening is not None and on <= opening.opening_on


# ---- complementos de pago --------------------------------------------------------------------------------------


def _want_payments(desk: _Desk, ordered: list[DocumentFact]) -> None:
    receipts = [
        (payment.paid_on, document.key, payment.position, document, payment)
        for document in ordered
        if document.kind == "payment_complement" and desk.alive(document)
        for payment in document.payments
        if payment.amount > 0
    ]
    ordered_receipts = [(document, payment) for *_, document, payment in sorted(receipts, key=lambda r: r[:3])]
    for document, payment in ordered_receipts:
        if payment.credit:  # first: what they stand for is no other complement's money
            _note_written(desk, document, payment)
    for document, payment in ordered_receipts:
        if not payment.credit:
            _want_payment(desk, document, payment)


def _note_written(desk: _Desk, document: DocumentFact, payment: PaymentFact) -> None:
    """A complement written from money on the books: it documents exactly that money, and brings none, whatever
    became of it since (undone, moved: the complement is then cancelled, and until that it changes nothing here)."""
    for line in payment.lines:
        key = desk.target(line.to_key, document.customer)
        if not key:
            continue
        desk.paid_by_complement.add(key)
        for hand in desk.hand.get(key, ()):
            if hand.credit == payment.credit and id(hand) not in desk.used_hand:
                desk.used_hand.add(id(hand))
                desk.effects.covered[payment.credit] = document.key


def _want_payment(desk: _Desk, document: DocumentFact, payment: PaymentFact) -> None:
    """One receipt of money: what a person already recorded is not counted again; the rest is a payment."""
    shares = shares_of(payment)
    lines = list(zip(payment.lines, shares, strict=True))
    new: list[tuple[PaidLine, int]] = []
    covered = 0
    for line, share in lines:
        key = desk.target(line.to_key, document.customer)
        if key:
            desk.paid_by_complement.add(key)
        if _was_counted_before(desk, line.to_key, payment.paid_on):
            covered += share
        elif key and (match := _hand_match(desk, key, line.paid, payment.paid_on)) is not None:
            desk.effects.covered[match.credit] = document.key
            covered += share
        else:
            new.append((line, share))
    amount = payment.amount - covered
    if amount <= 0 or (covered and not new):
        return
    credit = WantedCredit(
        f"{document.key}#{payment.position}",
        "payment",
        document.key,
        document.customer,
        payment.currency,
        amount,
        payment.paid_on,
    )
    desk.effects.credits[credit.external_key] = credit
    if credit.external_key not in desk.hands_off:
        for line, share in new:
            _apply_paid(desk, credit, line, share, payment.paid_on)


def shares_of(payment: PaymentFact) -> list[int]:
    """What each line takes of the receipt, in the receipt's minor units, never more than it in all.

    Across currencies a share is paid ÷ equivalence rounded half up; when all of them come to the receipt but for the
    rounding (one minor unit a line), the last one absorbs the difference.
    """
    raw = [_share(line, payment.currency) for line in payment.lines]
    difference = payment.amount - sum(raw)
    has_other = any(line.currency != payment.currency for line in payment.lines)
    if raw and has_other and abs(difference) <= len(raw) and raw[-1] + difference >= 0:
        raw[-1] += difference
    left, shares = payment.amount, []
    for share in raw:
        shares.append(min(share, left))
        left -= shares[-1]
    return shares


def _share(line: PaidLine, currency: str) -> int:
    if line.currency == currency or line.equivalence <= 0:
        return line.paid
    scale = Decimal(10) ** (exponent(currency) - exponent(line.currency))
    return int((Decimal(line.paid) * scale / line.equivalence).quantize(Decimal(1), ROUND_HALF_UP))


def _hand_match(desk: _Desk, key: str, paid: int, paid_on: date) -> HandAllocation | None:
    """The hand-made payment that is this line's money: same receivable, same amount, nearest in time, used once."""
    candidates = [
        line
        for line in desk.hand.get(key, ())
        if line.is_payment and not line.distinct and line.amount == paid and id(line) not in desk.used_hand
    ]
    if not candidates:
        return None
    best = min(candidates, key=lambda line: (abs((line.received_on - paid_on).days), line.received_on, line.credit))
    desk.used_hand.add(id(best))
    return best


def _apply_paid(desk: _Desk, credit: WantedCredit, line: PaidLine, share: int, on: date) -> None:
    key = desk.target(line.to_key, credit.customer)
    share = min(share, credit.free())
    if not key or desk.effects.receivables[key].currency != line.currency:
        credit.held += share
        credit.review = credit.review or ("not_on_file" if not key else "other_currency")
        return
    wanted = desk.effects.receivables[key]
    applied = min(line.paid, desk.open[key])
    taken = share if applied == line.paid else share * applied // line.paid if line.paid else 0
    if applied > 0 and (taken > 0 or share == 0):
        credit.allocations.append(WantedAllocation(key, applied, taken, max(on, wanted.issued_on), "complement"))
        desk.open[key] -= applied
    if taken < share:
        credit.held += share - taken
        credit.review = credit.review or "exceeds_balance"


# ---- PUE -------------------------------------------------------------------------------------------------------


def _presume(desk: _Desk, today: date) -> None:
    """PUE documents count as paid at the end of their month, unless a complement or a later payment says otherwise."""
    for key, wanted in desk.effects.receivables.items():
        document = desk.documents.get(key)
        if document is None or document.method != "PUE" or document.no_presumption or wanted.kind == "opening":
            continue
        closes_on = month_end(document.issued_on)
        paid_later = any(h.is_payment and h.received_on > closes_on for h in desk.hand.get(key, ()))
        if closes_on >= today or paid_later or key in desk.paid_by_complement or desk.open[key] <= 0:
            continue
        credit = WantedCredit(
            f"presumed:{key}", "presumed", key, wanted.customer, wanted.currency, desk.open[key], closes_on
        )
        _apply(desk, credit, key, desk.open[key], closes_on, "presumed")
        desk.effects.credits[credit.external_key] = credit
