"""Asking a feed for an account's movements, with days of overlap: what it gives is compared, never trusted to be new.

No call to a feed happens in a transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.banking import feeding
from aldia.banking.models import BankAccount, BankMovement
from aldia.banking.operations.feed_changes import Change, differs, reconsider
from aldia.banking.operations.feeds import told
from aldia.banking.operations.importing import ImportRefused, bring_in
from aldia.domain.ports.banks import Fed, ProviderFailure

OVERLAP = timedelta(days=7)  # banks book late, and change what they booked
FIRST_LOOK = timedelta(days=90)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of asking (or of being told). `failed`: the feed could not be read; `sentence` is for the page."""

    new: int = 0
    known: int = 0
    doubtful: int = 0
    updated: int = 0
    gone: int = 0
    flagged: int = 0
    failed: bool = False
    permanent: bool = False
    sentence: str = ""

    @property
    def has_work(self) -> bool:
        """Whether the engine has anything to decide anew."""
        return bool(self.new or self.updated or self.gone)


def pull(*, account_id: uuid.UUID, today: date, now: datetime) -> Pulled:
    """Ask for what was booked since the last time, and a week before it. What goes wrong is told on the account."""
    account = BankAccount.objects.select_related("secret").get(pk=account_id)
    since = (account.fed_until - OVERLAP) if account.fed_until else today - FIRST_LOOK
    try:
        feed = feeding.build(account)
        if not feed.pulls:
            return Pulled()
        found = list(feed.iter_movements(account.feed_account, since))
        done = take(account_id=account.pk, found=found, source="pull", now=now)
    except (ProviderFailure, feeding.NoFeed, ImportRefused) as failure:
        sentence = getattr(failure, "text", "") or str(failure)
        told(account_id=account_id, sentence=sentence, now=now)
        return Pulled(failed=True, permanent=getattr(failure, "permanent", True), sentence=sentence)
    same = BankAccount.objects.filter(pk=account_id, feed=account.feed, feed_account=account.feed_account)
    same.update(fed_until=today)
    told(account_id=account_id, sentence=done.sentence, now=now)
    return done


def take(*, account_id: uuid.UUID, found: Sequence[Fed], source: str, now: datetime) -> Pulled:
    """Movements as a feed gives them now: those on file under their name are reconsidered, the rest are brought in.

    Raises `ImportRefused`.
    """
    counts = dict.fromkeys(Change, 0)
    on_file = _on_file(account_id, [fed.id for fed in found])
    for fed in found:
        row = on_file.get(fed.id)
        if row is not None and (not fed.is_booked or row.feed_change is not None or differs(row, fed.movement)):
            counts[reconsider(account_id=account_id, fed=fed, now=now)] += 1
    booked = [fed for fed in found if fed.is_booked]
    if not booked:
        return _pulled(0, 0, 0, counts)
    done = bring_in(
        account_id=account_id, statement=[fed.movement for fed in booked], source=source,
        feed_ids=[fed.id for fed in booked], actor=None, now=now,
    )  # fmt: skip
    return _pulled(done.new, done.known, done.doubtful, counts)


def _pulled(new: int, known: int, doubtful: int, counts: dict[Change, int]) -> Pulled:
    updated, gone, flagged = (counts[each] for each in (Change.UPDATED, Change.GONE, Change.FLAGGED))
    return Pulled(
        new, known, doubtful, updated, gone, flagged, sentence=_sentence(new, doubtful, updated + gone, flagged)
    )


def _sentence(new: int, doubtful: int, changed: int, flagged: int) -> str:
    parts = [ngettext("%(n)d movimiento nuevo", "%(n)d movimientos nuevos", new) % {"n": new}]
    if doubtful:
        parts.append(ngettext("%(n)d por confirmar", "%(n)d por confirmar", doubtful) % {"n": doubtful})
    if changed:
        parts.append(
            ngettext("%(n)d corregido por el banco", "%(n)d corregidos por el banco", changed) % {"n": changed}
        )
    if flagged:
        parts.append(_("%(n)d que cambiaron en el banco después de conciliarse") % {"n": flagged})
    return ", ".join(parts) + "."


def _on_file(account_id: uuid.UUID, names: Sequence[str]) -> dict[str, BankMovement]:
    found: dict[str, BankMovement] = {}
    for start in range(0, len(names), BATCH):
        rows = BankMovement.objects.filter(account_id=account_id, feed_id__in=names[start : start + BATCH])
        found |= {row.feed_id: row for row in rows}
    return found
