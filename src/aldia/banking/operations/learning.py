"""Learning who pays for whom, from people's confirmations and from documents that the payer cited.

Never from amounts alone, and never from a match that rested on the very thing it would teach: an alias cannot prove
itself. Every change is made under the lock of the audit chain, which comes last in any transaction; so two matches of
one payer teach one after the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.banking.models import BankMovement, Match, MatchHow, PayerAlias, PayerLesson
from aldia.banking.operations.lessons import (
    FOLIO,
    PERSONS_WORD,
    alias_of,
    local_day,
    start_anew,
    teach,
    write_lesson,
)
from aldia.banking.operations.requeueing import requeue
from aldia.banking.operations.undoing import undo_match
from aldia.banking.payer_keys import KINDS, NAME, TAX_ID, Own, PayerKey, keys_of, value_of
from aldia.customers.models import Customer
from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.domain.matching.aliases import TEACHERS
from aldia.domain.matching.names import name_key
from aldia.receivables.operations.payments import PERSON
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

# How a class (`family|support|payer|λ`) must cite its documents to teach without a person.
_DOCUMENTED = frozenset({"folio", "complement", "portal"})
# What an accepted proposal may rest on besides its amount.
_CITED = _DOCUMENTED | {"told", "number", "part"}
_PAYER_KNOWN = frozenset({"known", "near"})
# Who pays out for others (a provider, a terminal) is nobody's payer.
_PAID_OUT = frozenset({"payout"})
_BY_ITSELF = (MatchHow.AUTO, MatchHow.POLICY)


def confirm(*, match: Match, by: str, now: datetime, actor: User | None = None) -> list[PayerAlias]:
    """Learn from a match that stands: its payer pays for its customer. `by`: "person", or "folio" (the documents that
    the payer cited). A movement teaches each of its keys once. Returns the aliases that learned something.

    Whatever may not teach (money out, an adjustment, an amount-only proposal, what rests on the alias itself, ids that
    identify nobody) teaches nothing: call it for every accepted, manual or automatic match without asking first, in
    the transaction of the match, after its posting.
    """
    if by not in TEACHERS:
        raise ValueError(by)
    if not _mayteach(match, by):
        return []
    with transaction():
        lock_chain(audit.CHAIN)
        return _taught(match, by, now)


def confirm_reviewed(*, match: Match, now: datetime, actor: User | None = None) -> list[PayerAlias]:
    """A person who did not see why said that a match is right: that confirms what it rested on, and nothing else."""
    if match.rests_on_id is None:
        return []
    with transaction():
        lock_chain(audit.CHAIN)
        alias = PayerAlias.objects.get(pk=match.rests_on_id)
        return [alias] if teach(alias, match, PERSONS_WORD, now) else []


def reject(
    *, movement: BankMovement, customer_id: uuid.UUID, now: datetime, actor: User | None = None
) -> list[PayerAlias]:
    """A person said that the payer of this movement did not pay for this customer: what said so is blocked until
    somebody confirms it again. Only aliases that exist; to be called when a proposal's *customer* was wrong.
    """
    with transaction():
        lock_chain(audit.CHAIN)
        keys = keys_of(movement, Own.of_company())
        today = local_day(now)
        found = [alias for alias in _known(keys) if alias.customer_id == customer_id and alias.rejected_on != today]
        for alias in found:
            alias.rejected += 1
            alias.rejected_on = today
            alias.version += 1
            alias.save(update_fields=["rejected", "rejected_on", "version"])
        return found


def revoke(*, alias_id: uuid.UUID, actor: User | None, now: datetime) -> list[uuid.UUID]:
    """Forget a payer: it says nothing until somebody confirms it again, and every match that applied by itself and
    rested on it is undone, each in its own transaction. Returns the ids of the matches that were reopened; those that
    the books keep (a closed month, a later credit) stay. Repeating it goes on where it stopped.
    """
    with transaction():
        lock_chain(audit.CHAIN)
        alias = _taken(alias_id)
        if alias.revoked_at is None:
            alias.revoked_at, alias.revoked_by = now, actor
            alias.version += 1
            alias.save(update_fields=["revoked_at", "revoked_by", "version"])
            _audit(actor, "banking.payer_revoked", alias, {})
    reopened = _reopen(alias, actor, now)
    requeue(aliases=[(alias.kind, alias.value)], customer_ids=[alias.customer_id])
    return reopened


def restore(*, alias_id: uuid.UUID, actor: User | None, now: datetime) -> PayerAlias:
    """Take a revocation or the last rejection back, as a person's word: it counts as what it was before."""
    with transaction():
        lock_chain(audit.CHAIN)
        alias = _taken(alias_id)
        if alias.revoked_at is None and alias.rejected_on is None:
            return alias
        alias.revoked_at, alias.revoked_by = None, None
        alias.rejected, alias.rejected_on = max(0, alias.rejected - 1), None
        alias.version += 1
        alias.save()
        _audit(actor, "banking.payer_restored", alias, {})
    requeue(aliases=[(alias.kind, alias.value)])
    return alias


def add(
    *, kind: str, value: str, customer_id: uuid.UUID, note: str = "", actor: User | None, now: datetime
) -> PayerAlias:
    """A payer that a person writes down. It is one confirmation: the second comes from a match. Raises `Refused`."""
    with transaction():
        lock_chain(audit.CHAIN)
        customer = Customer.objects.filter(pk=customer_id).first()
        if customer is None:
            raise Refused(_("Elige al cliente por el que paga."), "customer")
        key = _checked(kind, value, customer)
        alias = alias_of(key, customer_id)
        if alias.revoked_at is not None:
            start_anew(alias, now)
        if not PayerLesson.objects.filter(alias=alias, match__isnull=True, withdrawn_at__isnull=True).exists():
            write_lesson(alias, None, PERSONS_WORD, now)
        alias.note = note.strip()[:300]
        alias.save(update_fields=["note"])
        _audit(actor, "banking.payer_added", alias, {"note": alias.note})
    requeue(aliases=[(alias.kind, alias.value)])
    return alias


def edit(
    *, alias_id: uuid.UUID, version: int, note: str, customer_id: uuid.UUID, actor: User | None, now: datetime
) -> PayerAlias:
    """Change the note, or whom the payer pays for: then the old one is revoked, what rested on it is reopened, and the
    new one is written down. Returns the alias that stands. Raises `NotThere`, `Stale`, `Refused`.
    """
    with transaction():
        lock_chain(audit.CHAIN)
        alias = _taken(alias_id)
        if alias.version != version:
            raise Stale
        if customer_id == alias.customer_id:
            before, alias.note = alias.note, note.strip()[:300]
            alias.version += 1
            alias.save(update_fields=["note", "version"])
            _audit(actor, "banking.payer_changed", alias, {"note": [before, alias.note]})
            return alias
    fresh = add(kind=alias.kind, value=alias.value, customer_id=customer_id, note=note, actor=actor, now=now)
    revoke(alias_id=alias.pk, actor=actor, now=now)
    return fresh


def _mayteach(match: Match, by: str) -> bool:
    movement = match.movement
    if match.undone_at is not None or match.customer_id is None or movement.amount <= 0 or match.amount <= 0:
        return False
    family, support, payer = (*match.class_key.split("|"), "", "", "")[:3]
    if family in _PAID_OUT or _came_through_others(match):
        return False
    if by == FOLIO:
        return match.how in _BY_ITSELF and match.rests_on_id is None and support in _DOCUMENTED
    if match.how == MatchHow.ACCEPTED:
        return support in _CITED or payer in _PAYER_KNOWN
    return match.how == MatchHow.MANUAL


def _came_through_others(match: Match) -> bool:
    """Whether it recognised payments that a provider had recorded: the bank shows the provider as payer."""
    return match.lines.filter(known__isnull=False).exclude(known__source=PERSON).exists()


def _taught(match: Match, by: str, now: datetime) -> list[PayerAlias]:
    customer = match.customer
    if customer is None:
        return []
    found, rested = [], _rested(match)
    for key in keys_of(match.movement, Own.of_company()):
        if (key.kind, key.value) in rested or _is_own_data(key, customer):
            continue
        alias = alias_of(key, customer.pk)
        if teach(alias, match, by, now):
            found.append(alias)
    return found


def _rested(match: Match) -> set[tuple[str, str]]:
    """The learned payers that made the proposal: to accept it does not prove them (to compose it by hand does)."""
    rested = {(match.rests_on.kind, match.rests_on.value)} if match.rests_on is not None else set()
    payer = match.decision.payer if match.decision is not None and match.how != MatchHow.MANUAL else {}
    how = str(payer.get("how", ""))
    if how.startswith("learned_") and payer.get("customer") == str(match.customer_id):
        rested.add((how.removeprefix("learned_"), str(payer.get("value", ""))))
    return rested


def _known(keys: Iterable[PayerKey]) -> list[PayerAlias]:
    return [alias for key in keys for alias in PayerAlias.objects.filter(kind=key.kind, value=key.value)]


def _is_own_data(key: PayerKey, customer: Customer) -> bool:
    """What the customer's own record says already is not to be learned."""
    if key.kind == TAX_ID:
        return key.value == customer.tax_id
    names = (customer.legal_name, customer.trade_name)
    return key.kind == NAME and key.value in {name_key(name) for name in names if name}


def _checked(kind: str, text: str, customer: Customer) -> PayerKey:
    if kind not in KINDS:
        raise Refused(_("Elige si es un RFC, una cuenta o un nombre."), "kind")
    own = Own.of_company()
    key = PayerKey(kind, value_of(kind, text, own.country), " ".join(text.split())[:300])
    if not key.value or not own.identifies(key):
        raise Refused(_("Eso no identifica a nadie: es muy corto, genérico o de tu propia empresa."), "value")
    if _is_own_data(key, customer):
        raise Refused(_("Ese dato ya está en el expediente del cliente: no hace falta aprenderlo."), "value")
    other = Customer.objects.filter(tax_id=key.value).exclude(pk=customer.pk).first()
    if kind == TAX_ID and other is not None:
        raise Refused(_("Ese RFC es de otro cliente: %(name)s.") % {"name": other}, "value")
    return key


def _reopen(alias: PayerAlias, actor: User | None, now: datetime) -> list[uuid.UUID]:
    rested = Match.objects.filter(rests_on=alias, undone_at__isnull=True, how__in=_BY_ITSELF)
    reopened = []
    for match_id in rested.order_by("-applied_at", "-id").values_list("pk", flat=True):
        reason = _("Se olvidó a quien pagó: %(payer)s") % {"payer": alias.shown or alias.value}
        try:
            undo_match(match_id=match_id, reason=reason[:300], actor=actor, now=now)
        except ValueError:
            continue
        reopened.append(match_id)
    return reopened


def _taken(alias_id: uuid.UUID) -> PayerAlias:
    alias = PayerAlias.objects.select_related("customer").filter(pk=alias_id).first()
    if alias is None:
        raise NotThere
    return alias


def _audit(actor: User | None, verb: str, alias: PayerAlias, detail: dict[str, object]) -> None:
    said = {"kind": alias.kind, "value": alias.value, "customer": str(alias.customer_id)}
    audit.record(actor=actor, verb=verb, object_type="payeralias", object_id=alias.pk, detail=said | detail)
