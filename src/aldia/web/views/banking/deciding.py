"""Acts of guided reconciliation: each is one request that does it and answers with the movement that follows."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aldia.banking.models import AdjustmentReason, BankMovement
from aldia.banking.operations import accepting, adjusting, shelving, undoing
from aldia.banking.operations.applying import MatchError, OnTheBooks
from aldia.banking.plans import Plan
from aldia.banking.queries import guided
from aldia.customers.queries import as_uuid
from aldia.tenancy import permissions
from aldia.tenancy.sentences import spoken
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_matching import ArchiveForm, CommentForm
from aldia.web.inbox_words import NAMED_DIFFERENCES
from aldia.web.views.banking.guided import MATCHED, SHELVED, Walk, draw, is_fetch
from aldia.web.views.banking.sights import REFUSALS, choice_in, key_in, match_or_404, movement_or_404, version_in
from aldia.web.views.receivables.common import sight

Act = Callable[[BankMovement], str]


def _act(request: CompanyRequest, movement_id: UUID, run: Act) -> HttpResponse:
    """Do it, and go on with what follows (or stay, while a part of the movement waits); a refusal stays and says why.

    `run` returns what undoes it, as the address carries it.
    """
    walk = Walk(request)
    movement = movement_or_404(request, movement_id)
    place = guided.place_of(movement)
    try:
        last = run(movement)
    except OnTheBooks as error:
        return _refused(request, walk, movement, spoken(error), on_books=True)
    except REFUSALS as error:
        return _refused(request, walk, movement, spoken(error))
    still = walk.rows.filter(pk=movement.pk).first()
    following = still or guided.after(walk.rows, place)
    walk.current = following
    if is_fetch(request):
        return draw(request, walk, last=last)
    return redirect(walk.address(following, last=last))


def _refused(
    request: CompanyRequest, walk: Walk, movement: BankMovement, sentence: str, *, on_books: bool = False
) -> HttpResponse:
    walk.current = walk.rows.filter(pk=movement.pk).first() or guided.after(walk.rows, guided.place_of(movement))
    if is_fetch(request):
        return draw(request, walk, alert=sentence, on_books=on_books, status=409)
    messages.error(request, sentence)
    return redirect(walk.address(walk.current, **({"on_books": "1"} if on_books else {})))


@require_POST
@needs(permissions.RECONCILE)
def accept(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """Apply the choice that is marked."""
    choice = choice_in(request)

    def run(row: BankMovement) -> str:
        given = {
            "movement_id": row.pk, "key": key_in(request), "actor": request.user, "now": clock.now(),
            "version": version_in(request), "is_distinct": request.POST.get("is_distinct") == "1",
        }  # fmt: skip
        plan = _named_difference(request, row, choice)
        match = accepting.by_hand(plan=plan, **given) if plan else accepting.accept(choice=choice, **given)
        return f"{MATCHED}:{match.pk}"

    return _act(request, bank_movement_id, run)


def _named_difference(request: CompanyRequest, row: BankMovement, number: int) -> Plan | None:
    """The plan of a choice whose difference nothing explains, with what the person says it was; None for any other."""
    card = guided.card_of(row, customers=sight(request).customers())
    choice = next((each for each in card.choices if each.number == number), None)
    if choice is None or not choice.asks:
        return None
    kind = request.POST.get(f"difference-{number}", "")
    if kind not in dict(NAMED_DIFFERENCES):
        raise MatchError(_("Di qué fue lo que falta."))
    return choice.explained(kind)


@require_POST
@needs(permissions.ADJUST_BALANCES)
@needs(permissions.RECONCILE)
def adjust(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """All that is left of it goes to the account of a reason."""
    chosen = as_uuid(request.POST.get("reason", ""))
    reason = AdjustmentReason.objects.filter(pk=chosen, retired_at__isnull=True).first() if chosen else None

    def run(row: BankMovement) -> str:
        if reason is None:
            raise MatchError(_("Elige a qué cuenta va."))
        match = adjusting.adjust(
            movement_id=row.pk, reason_id=reason.pk, note=request.POST.get("note", "")[:500], key=key_in(request),
            actor=request.user, now=clock.now(), version=version_in(request),
        )  # fmt: skip
        return f"{MATCHED}:{match.pk}"

    return _act(request, bank_movement_id, run)


@require_POST
@needs(permissions.RECONCILE)
def archive(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """Out of the way, with a reason."""
    form = ArchiveForm(request.POST)

    def run(row: BankMovement) -> str:
        if not form.is_valid():
            raise MatchError(_("Di por qué se archiva."))
        shelving.archive(
            movement_ids=[row.pk], reason=form.cleaned_data["reason"], actor=request.user, now=clock.now()
        )  # fmt: skip
        return f"{SHELVED}:{row.pk}"

    return _act(request, bank_movement_id, run)


@require_POST
@needs(permissions.RECONCILE)
def comment(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """Write on it; it stays at hand."""
    walk, form = Walk(request), CommentForm(request.POST)
    movement = movement_or_404(request, bank_movement_id)
    if not form.is_valid():
        return _refused(request, walk, movement, _("Escribe el comentario."))
    try:
        shelving.comment(movement_id=movement.pk, text=form.cleaned_data["text"], actor=request.user)
    except REFUSALS as error:
        return _refused(request, walk, movement, spoken(error))
    walk.current = walk.rows.filter(pk=movement.pk).first()
    if is_fetch(request):
        return draw(request, walk, notice=_("Comentario guardado."))
    messages.success(request, _("Comentario guardado."))
    return redirect(walk.address(walk.current))


@require_POST
@needs(permissions.RECONCILE)
def undo(request: CompanyRequest) -> HttpResponse:
    """Take the last act back, and look at that movement again."""
    walk = Walk(request)
    kind, _separator, text = request.POST.get("last", "").partition(":")
    key = as_uuid(text)
    if key is None or kind not in (MATCHED, SHELVED):
        messages.info(request, _("No hay nada que deshacer."))
        return redirect(f"{walk.address(walk.rows.first())}")
    movement = match_or_404(request, key).movement if kind == MATCHED else movement_or_404(request, key)
    try:
        if kind == MATCHED:
            reason = _("Deshecho en la conciliación guiada")
            undoing.undo_match(match_id=key, reason=reason, actor=request.user, now=clock.now())
        else:
            shelving.unarchive(movement_ids=[movement.pk], actor=request.user)
    except REFUSALS as error:
        return _refused(request, walk, movement, spoken(error))
    walk.current = walk.rows.filter(pk=movement.pk).first() or walk.rows.first()
    said = _("Se deshizo: quedó como estaba.")
    if is_fetch(request):
        return draw(request, walk, notice=said)
    messages.success(request, said)
    return redirect(walk.address(walk.current))
