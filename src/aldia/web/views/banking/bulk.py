"""Many movements at once: what accepting them would do, doing it, archiving, adjusting, who looks into them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from aldia.banking.models import AdjustmentReason, Match
from aldia.banking.operations import accepting, adjusting, shelving, undoing
from aldia.banking.queries import guided, inbox
from aldia.customers.queries import as_uuid
from aldia.tenancy import permissions
from aldia.tenancy.sentences import spoken
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_matching import ArchiveForm
from aldia.web.inbox_words import GROUPS, LEVELS
from aldia.web.views.banking import table
from aldia.web.views.banking.guided import Walk, is_fetch
from aldia.web.views.banking.previewing import MOST, preview_of, seen_of
from aldia.web.views.banking.sights import REFUSALS, movements_in_sight
from aldia.web.views.payments.common import say_form

MOST_SHELVED = 2_000


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
    """Accept what was ticked in the preview, as it was shown: what changed meanwhile is left and said.

    A script sends the list in parts, and at the end what came of them (`match`, `refused`, `changed`) for one page.
    """
    part = _accepted(request)
    if is_fetch(request):
        return JsonResponse(part)
    seen = movements_in_sight(request)
    live = Match.objects.filter(movement__in=seen.order_by().values("pk"), undone_at__isnull=True)
    matches = list(live.filter(pk__in=[*part["match"], *ids_in(request, "match")]).select_related("movement"))
    sentences = dict(each.partition("|")[::2] for each in [*part["refused"], *request.POST.getlist("refused")[:MOST]])
    changed = [*part["changed"], *map(str, ids_in(request, "changed"))]
    rows = {str(row.pk): row for row in seen.filter(pk__in=[key for key in (*sentences, *changed) if as_uuid(key)])}
    context = {
        "matches": [match.pk for match in matches],
        "sums": _sums(matches),
        "refused": [{"row": rows[key], "sentence": sentences[key]} for key in sentences if key in rows],
        "changed": [rows[key] for key in changed if key in rows],
        "left": guided.queue(seen).count(),
        "more_url": f"{reverse('movements_preview')}?{request.GET.urlencode()}" if request.GET else "",
    }
    return render(request, "banking/accepted.html", context)


def _accepted(request: CompanyRequest) -> dict[str, list[str]]:
    """Accept what the form ticks; what came of it, in words that a form can carry."""
    wanted, shown = ids_in(request, "id"), set(request.POST.getlist("seen"))
    rows = {row.pk: row for row in movements_in_sight(request).filter(pk__in=wanted)}
    same = [key for key in wanted if key in rows and seen_of(rows[key]) in shown]
    versions = {key: rows[key].version for key in same}
    done = accepting.accept_many(movement_ids=same, versions=versions, actor=request.user, now=clock.now())
    return {
        "match": [str(each.match.pk) for each in done if each.match is not None],
        "refused": [f"{each.movement_id}|{each.sentence}" for each in done if each.match is None],
        "changed": [str(key) for key in wanted if key in rows and key not in set(same)],
    }


def _sums(matches: Sequence[Match]) -> list[tuple[str, int, int]]:
    """By currency: how many, and their money."""
    found: dict[str, tuple[int, int]] = {}
    for match in matches:
        count, amount = found.get(match.movement.currency, (0, 0))
        found[match.movement.currency] = (count + 1, amount + match.amount)
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
