"""Many movements at once: what accepting them would do, doing it, archiving, adjusting, who looks into them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from aldia.banking import standing
from aldia.banking.models import AdjustmentReason, BankMovement, Match
from aldia.banking.operations import accepting, adjusting, shelving, undoing
from aldia.banking.queries import guided, inbox
from aldia.customers.queries import as_uuid
from aldia.tenancy import permissions
from aldia.tenancy.sentences import spoken
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_matching import ArchiveForm
from aldia.web.inbox_words import GROUPS, LEVELS, why_text
from aldia.web.matching_words import FAMILIES
from aldia.web.views.banking import table
from aldia.web.views.banking.guided import Walk
from aldia.web.views.banking.sights import REFUSALS, movements_in_sight
from aldia.web.views.payments.common import say_form
from aldia.web.views.receivables.common import sight

MOST = 200  # accepted in one request: each is a transaction of its own
MOST_SHELVED = 2_000


@dataclass(frozen=True, slots=True)
class Would:
    """What accepting the first proposal of a movement would do; `hurdle`: why it should not go with the others."""

    card: guided.Card
    label: str
    why: str
    hurdle: str

    @property
    def choice(self) -> guided.Choice:
        assert self.card.best is not None  # noqa: S101 — only movements with a proposal are asked about
        return self.card.best

    @property
    def is_sure(self) -> bool:
        return not self.hurdle and self.card.movement.certainty >= standing.LIKELY

    @property
    def seen(self) -> str:
        return seen_of(self.card.movement)


@dataclass(slots=True)
class Sum:
    """Of one currency: movements, their money, the documents that they would settle, and what stays in favour."""

    currency: str
    count: int = 0
    amount: int = 0
    documents: int = 0
    differences: int = 0
    left: int = 0


@dataclass(slots=True)
class Preview:
    """What would happen. `nothing` are movements without a usable proposal; `is_cut`: there are more than fit."""

    would: list[Would] = field(default_factory=list)
    nothing: int = 0
    is_cut: bool = False

    @property
    def sums(self) -> list[Sum]:
        found: dict[str, Sum] = {}
        for each in self.would:
            row = each.card.movement
            total = found.setdefault(row.currency, Sum(row.currency))
            total.count += 1
            total.amount += each.card.left
            total.documents += len(each.choice.paid)
            total.differences += each.choice.differences
            total.left += each.choice.left
        return [found[key] for key in sorted(found)]


def seen_of(movement: BankMovement) -> str:
    """What the person saw of a movement: another version is another question."""
    return f"{movement.pk.hex}.{movement.version}.{movement.decision_id.hex if movement.decision_id else ''}"


def preview_of(request: CompanyRequest, ids: Sequence[UUID]) -> Preview:
    """What accepting these would do, in the order of guided reconciliation; two of them never pay the same twice."""
    rows = {row.pk: row for row in guided.queue(movements_in_sight(request)).filter(pk__in=ids[:MOST])}
    ordered = [rows[key] for key in ids if key in rows]
    preview = Preview(is_cut=len(ids) > MOST)
    owed: dict[UUID, int] = {}
    for card in guided.cards_of(ordered, customers=sight(request).customers(), whole=False):
        if card.best is None:
            preview.nothing += 1
            continue
        preview.would.append(_would(card, owed))
    return preview


def _would(card: guided.Card, owed: dict[UUID, int]) -> Would:
    best, row = card.best, card.movement
    assert best is not None  # noqa: S101 — the caller looked
    hurdle = _hurdle(best, owed)
    if not hurdle:
        for each in best.paid:
            left = owed.get(each.receivable.pk, each.receivable.balance)
            owed[each.receivable.pk] = left - each.amount - each.difference
    label = str(FAMILIES.get(best.family.removesuffix("_all"), best.family))
    return Would(card, label, why_text(row.why, row.outcome, row.doubt), hurdle)


def _hurdle(best: guided.Choice, owed: dict[UUID, int]) -> str:
    """Why it should be looked at by itself, given what the ones before it leave (`owed`)."""
    if best.family == "exchange":
        return _("Está en otra moneda: confirma el tipo de cambio.")
    if not best.fits:
        return _("Lo que pagaría ya no se debe: ábrelo.")
    for each in best.paid:
        if owed.get(each.receivable.pk, each.receivable.balance) < each.amount + each.difference:
            return _("%(number)s ya lo paga otro de esta lista.") % {"number": each.receivable.number}
    return ""


def ids_in(request: CompanyRequest, name: str) -> list[UUID]:
    """The ids that a form names, in its order."""
    found = (as_uuid(text) for text in request.POST.getlist(name)[:MOST])
    return list(dict.fromkeys(key for key in found if key is not None))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECONCILE)
def preview(request: CompanyRequest) -> HttpResponse:
    """What accepting would do: of a certainty or a group (GET), or of what was ticked in the list (POST)."""
    if request.method == "POST":
        ids, back = table.chosen(request, MOST), _back(request)
    else:
        walk = Walk(request)
        ids, back = list(walk.rows.values_list("pk", flat=True)[: MOST + 1]), reverse("reconcile_inbox")
    found = preview_of(request, ids)
    if not found.would:
        messages.info(request, _("Ninguno de esos movimientos tiene una propuesta que aceptar."))
        return redirect(back)
    level = request.GET.get("level", "")
    words = LEVELS.get(int(level)) if level in {str(key) for key in LEVELS} else GROUPS.get(request.GET.get("why", ""))
    context = {"preview": found, "back": back, "words": words, "most": MOST, "query": request.GET.urlencode()}
    return render(request, "banking/accept.html", context)


@require_POST
@needs(permissions.RECONCILE)
def accept(request: CompanyRequest) -> HttpResponse:
    """Accept what was ticked in the preview, as it was shown: what changed meanwhile is left and said."""
    wanted = ids_in(request, "id")
    shown = set(request.POST.getlist("seen"))
    rows = {row.pk: row for row in movements_in_sight(request).filter(pk__in=wanted)}
    same = [key for key in wanted if key in rows and seen_of(rows[key]) in shown]
    done = accepting.accept_many(movement_ids=same, actor=request.user, now=clock.now())
    matches = [each.match for each in done if each.match is not None]
    refused = [{"row": rows[each.movement_id], "sentence": each.sentence} for each in done if each.match is None]
    changed = [rows[key] for key in wanted if key in rows and key not in set(same)]
    context = {
        "matches": [match.pk for match in matches],
        "sums": _sums(matches, rows),
        "refused": refused,
        "changed": changed,
        "left": guided.queue(movements_in_sight(request)).count(),
        "more_url": f"{reverse('movements_preview')}?{request.GET.urlencode()}" if request.GET else "",
    }
    return render(request, "banking/accepted.html", context)


def _sums(matches: Sequence[Match], rows: dict[UUID, BankMovement]) -> list[tuple[str, int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for match in matches:
        currency = rows[match.movement_id].currency
        count, amount = found.get(currency, (0, 0))
        found[currency] = (count + 1, amount + match.amount)
    return [(currency, *found[currency]) for currency in sorted(found)]


@require_POST
@needs(permissions.RECONCILE)
def undo(request: CompanyRequest) -> HttpResponse:
    """Take back all that was accepted together."""
    seen = movements_in_sight(request).order_by().values("pk")
    wanted = Match.objects.filter(movement__in=seen, pk__in=ids_in(request, "match"))
    ids = list(wanted.values_list("pk", flat=True))
    try:
        reason = _("Deshecho después de aceptar varios")
        done = undoing.undo_many(match_ids=ids, reason=reason, actor=request.user, now=clock.now())
    except REFUSALS as error:
        messages.error(request, spoken(error))
        return redirect("reconcile_inbox")
    said = ngettext("Se deshizo %(n)s: quedó como estaba.", "Se deshicieron %(n)s: quedaron como estaban.", len(done))
    messages.success(request, said % {"n": len(done)})
    return redirect("reconcile_inbox")


def _many(request: CompanyRequest, most: int, run: Callable[[list[UUID]], str]) -> HttpResponse:
    """Something done to what was ticked: what it says, or why not, and back to the list."""
    ids = table.chosen(request, most)
    if not ids:
        messages.info(request, _("No elegiste ninguno."))
    elif len(ids) > most:
        words = {"most": f"{most:,}"}
        messages.warning(request, _("Son más de %(most)s: hazlo por partes. No cambió nada.") % words)
    else:
        try:
            messages.success(request, run(ids))
        except REFUSALS as error:
            messages.error(request, spoken(error))
    return redirect(_back(request))


def _back(request: CompanyRequest) -> str:
    params = request.GET.copy()
    params.pop("c", None)
    name = "reconcile_inbox" if params.get("state", inbox.WAITING) == inbox.WAITING else "bank_movements"
    return f"{reverse(name)}?{params.urlencode()}"


@require_POST
@needs(permissions.RECONCILE)
def archive(request: CompanyRequest) -> HttpResponse:
    """Out of the way, all with the same reason."""
    form = ArchiveForm(request.POST, prefix="archive")
    if not form.is_valid():
        say_form(request, form)
        return redirect(_back(request))

    def run(ids: list[UUID]) -> str:
        reason = form.cleaned_data["reason"]
        n = shelving.archive(movement_ids=ids, reason=reason, actor=request.user, now=clock.now())
        return ngettext("Se archivó %(n)s movimiento.", "Se archivaron %(n)s movimientos.", n) % {"n": n}

    return _many(request, MOST_SHELVED, run)


@require_POST
@needs(permissions.RECONCILE)
def unarchive(request: CompanyRequest) -> HttpResponse:
    """Back into the inbox."""

    def run(ids: list[UUID]) -> str:
        n = shelving.unarchive(movement_ids=ids, actor=request.user)
        return ngettext("Volvió %(n)s movimiento.", "Volvieron %(n)s movimientos.", n) % {"n": n}

    return _many(request, MOST_SHELVED, run)


@require_POST
@needs(permissions.RECONCILE)
def assign(request: CompanyRequest) -> HttpResponse:
    """Who looks into them; nobody when empty."""
    user_id = as_uuid(request.POST.get("user", ""))

    def run(ids: list[UUID]) -> str:
        n = shelving.assign(movement_ids=ids, user_id=user_id, actor=request.user)
        return ngettext("Cambió %(n)s movimiento.", "Cambiaron %(n)s movimientos.", n) % {"n": n}

    return _many(request, MOST_SHELVED, run)


@require_POST
@needs(permissions.ADJUST_BALANCES)
@needs(permissions.RECONCILE)
def adjust(request: CompanyRequest) -> HttpResponse:
    """All that is left of each goes to the account of one reason; what cannot be says why."""
    chosen = as_uuid(request.POST.get("reason", ""))
    reason = AdjustmentReason.objects.filter(pk=chosen, retired_at__isnull=True).first() if chosen else None
    if reason is None:
        messages.warning(request, _("Elige a qué cuenta van."))
        return redirect(_back(request))

    def run(ids: list[UUID]) -> str:
        done, refused = 0, ""
        for key in ids:
            try:
                adjusting.adjust(
                    movement_id=key, reason_id=reason.pk, key=uuid.uuid4().hex, actor=request.user, now=clock.now()
                )  # fmt: skip
                done += 1
            except REFUSALS as error:
                refused = spoken(error)
        if refused:
            messages.warning(request, _("%(n)s no se ajustaron. %(why)s") % {"n": len(ids) - done, "why": refused})
        words = {"n": done, "reason": reason}
        return ngettext("Se ajustó %(n)s a «%(reason)s».", "Se ajustaron %(n)s a «%(reason)s».", done) % words

    return _many(request, MOST, run)
