"""Guided reconciliation: one movement at a time, the surest first, with its evidence and what may be done about it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from aldia.banking import standing
from aldia.banking.models import BankMovement, Match
from aldia.banking.queries import guided, inbox
from aldia.customers.queries import as_uuid
from aldia.tenancy import permissions
from aldia.web import clock, narrative
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text
from aldia.web.inbox_words import GROUPS, LEVEL_OF_ONE, LEVELS, NAMED_DIFFERENCES, differing, why_text
from aldia.web.matching_words import FAMILIES, difference_label
from aldia.web.views.banking.sights import movements_in_sight
from aldia.web.views.receivables.common import sight

WAITS = frozenset({"shadow", "young", "paused", "policy"})
MATCHED, SHELVED = "match", "shelved"


class Walk:
    """One person's way through the queue: the filter that the address carries, and the movement at hand."""

    def __init__(self, request: CompanyRequest) -> None:
        self.request = request
        level, group = request.GET.get("level", ""), request.GET.get("why", "")
        self.level = int(level) if level in {str(key) for key in LEVELS} else None
        self.group = group if group in GROUPS else ""
        self.rows: QuerySet[BankMovement] = guided.queue(
            movements_in_sight(request), level=self.level, group=self.group
        )  # fmt: skip

    @property
    def filter(self) -> dict[str, str]:
        found = {"level": "" if self.level is None else str(self.level), "why": self.group}
        return {name: value for name, value in found.items() if value}

    def address(self, movement: BankMovement | None, **more: str) -> str:
        """The page of a movement of this walk; of its end without one."""
        where = {"m": str(movement.pk)} if movement else {"end": "1"}
        return f"{reverse('guided')}?{urlencode(self.filter | where | more)}"

    @property
    def query(self) -> str:
        """The filter, for the addresses of acts."""
        return f"?{urlencode(self.filter)}" if self.filter else ""

    @cached_property
    def current(self) -> BankMovement | None:
        """The movement asked for; when it waits no more, the one that follows it; the first without one."""
        if self.request.GET.get("end") == "1":
            return None
        asked = as_uuid(self.request.GET.get("m", ""))
        if asked is None:
            return self.rows.first()
        found = self.rows.filter(pk=asked).first()
        if found is not None:
            return found
        gone = get_object_or_404(movements_in_sight(self.request), pk=asked)
        return guided.after(self.rows, guided.place_of(gone))


@dataclass(frozen=True, slots=True)
class Shown:
    """A choice as the page draws it."""

    choice: guided.Choice
    label: str
    differs: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [{"paid": each, "kind": difference_label(each.kind) if each.kind else ""} for each in self.choice.paid]


@dataclass(frozen=True, slots=True)
class Last:
    """What the person did last, with what undoes it."""

    text: str
    value: str


@require_safe
@needs(permissions.RECONCILE)
@vary_on_headers("X-Requested-With")
def show(request: CompanyRequest) -> HttpResponse:
    on_books = request.GET.get("on_books") == "1"
    return draw(request, Walk(request), last=request.GET.get("last", ""), on_books=on_books)


def draw(request: CompanyRequest, walk: Walk, *, last: str = "", status: int = 200, **said: Any) -> HttpResponse:
    """The stage for the movement at hand: alone for a script, inside its page for everybody else.

    `said`: `notice`, `alert`, and `on_books` when the same money may be on the books already.
    """
    context = stage(request, walk) | {"last": last_of(request, last), **said}
    template = "banking/guided/_stage.html" if is_fetch(request) else "banking/guided.html"
    return render(request, template, context, status=status)


def is_fetch(request: CompanyRequest) -> bool:
    """Whether a script of ours asked and puts the answer into the page itself."""
    return request.headers.get("X-Requested-With") == "fetch"


def stage(request: CompanyRequest, walk: Walk) -> dict[str, Any]:
    """All that the stage draws."""
    left = walk.rows.count()
    done = inbox.done_since(_midnight(request), request.user.pk)
    context: dict[str, Any] = {
        "walk": walk, "left": left, "done": done, "goal": left + done, "words": _filter_words(walk),
        "start_url": f"{reverse('guided')}{walk.query}", "inbox_url": reverse("reconcile_inbox"), "level": walk.level,
        "level_tabs": [(key, LEVELS[key]) for key in sorted(LEVELS, reverse=True)],
    }  # fmt: skip
    movement = walk.current
    if movement is None:
        return context
    place = guided.place_of(movement)
    following, previous = guided.after(walk.rows, place), guided.before(walk.rows, place)
    context |= {
        "number": guided.passed(walk.rows, place) + 1,
        "next_url": walk.address(following),
        "next_id": following.pk if following else "",
        "previous_url": walk.address(previous) if previous else "",
        "walk_url": walk.address(movement),
        "key": uuid.uuid4(),
    }
    return context | card_context(request, movement)


def card_context(request: CompanyRequest, movement: BankMovement) -> dict[str, Any]:
    """The movement itself: narrative with its marks, choices, sentences for and against."""
    card = guided.card_of(movement, customers=sight(request).customers())
    shown = [_shown(card, each, request) for each in card.choices]
    numbers = [each.receivable.number for choice in card.choices for each in choice.paid]
    doubts = frozenset(card.best.vetoes) | WAITS if card.best else WAITS
    return {
        "card": card,
        "row": movement,
        "pieces": narrative.pieces_of(movement.text, movement.evidence, numbers),
        "reads": narrative.reads_of(movement.evidence),
        "choices": shown,
        "difference_names": NAMED_DIFFERENCES,
        "usable": any(each.choice.fits for each in shown),
        "pros": [sentence for code, sentence in card.sentences if code not in doubts],
        "cons": [sentence for code, sentence in card.sentences if code in doubts],
        "level_word": LEVEL_OF_ONE.get(movement.certainty, ""),
        "level_words": LEVELS.get(movement.certainty) if movement.outcome else None,
        "to_account": not card.choices
        and not card.takes_back
        and (movement.certainty == standing.NOT_RECEIVABLE or movement.amount < 0),
        "why": why_text(movement.why, movement.outcome, movement.doubt),
    }


def _shown(card: guided.Card, choice: guided.Choice, request: CompanyRequest) -> Shown:
    def amounts(minor: int) -> str:
        return amount_text(minor, card.movement.currency, request.company)

    label = str(FAMILIES.get(choice.family.removesuffix("_all"), choice.family))
    best = card.best
    differs = differing(best, choice, amounts) if best is not None and best is not choice else []
    return Shown(choice, label, differs)


def _filter_words(walk: Walk) -> str:
    """What the walk is about, when it is not about everything."""
    if walk.level is not None:
        return str(LEVELS[walk.level].label)
    return str(GROUPS[walk.group].label) if walk.group else ""


def _midnight(request: CompanyRequest) -> datetime:
    """When the company's day began."""
    return datetime.combine(clock.today(request.company), time.min, ZoneInfo(request.company.time_zone))


def last_of(request: CompanyRequest, value: str) -> Last | None:
    """What was done last, if it can still be undone."""
    kind, _separator, text = value.partition(":")
    key = as_uuid(text)
    if key is None:
        return None
    seen = movements_in_sight(request).order_by()
    if kind == SHELVED:
        row = seen.filter(pk=key, archived_at__isnull=False).first()
        return Last(_("Archivaste %(amount)s.") % {"amount": _amount(row, row.amount, request)}, value) if row else None
    matches = Match.objects.filter(movement__in=seen.values("pk"), undone_at__isnull=True)
    match = matches.select_related("movement", "customer").filter(pk=key).first()
    if match is None or kind != MATCHED:
        return None
    words = {"amount": _amount(match.movement, match.amount, request), "customer": match.customer or ""}
    said = _("Conciliaste %(amount)s de %(customer)s.") if match.customer_id else _("Ajustaste %(amount)s.")
    return Last(said % words, value)


def _amount(movement: BankMovement, minor: int, request: CompanyRequest) -> str:
    return amount_text(minor, movement.currency, request.company)
