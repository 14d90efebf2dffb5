"""One movement of the bank: its page, and what a person may do with it besides matching it by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.banking.models import BankMovement
from aldia.banking.operations import accepting, doubts, shelving, undoing
from aldia.banking.operations.applying import OnTheBooks
from aldia.banking.operations.importing import ImportRefused
from aldia.customers.queries import as_uuid
from aldia.jobs.banking import enqueue_reconcile
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_matching import ArchiveForm, CommentForm, UndoForm
from aldia.web.views.banking.movement_page import context_of
from aldia.web.views.banking.sights import (
    REFUSALS,
    back_to,
    choice_in,
    key_in,
    match_or_404,
    movement_or_404,
    say_refusal,
    version_in,
)
from aldia.web.views.payments.common import say_form


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    return page(request, movement_or_404(request, bank_movement_id))


def page(request: CompanyRequest, row: BankMovement, *, status: int = 200, **more: Any) -> HttpResponse:
    """Draw the page; with a form that came back with a mistake its dialog is open."""
    return render(request, "banking/movement.html", context_of(request, row, **more), status=status)


def _do(request: CompanyRequest, movement_id: UUID, run: Callable[[BankMovement], str]) -> HttpResponse:
    """One act on a movement: what it says, or why not, and back."""
    row = movement_or_404(request, movement_id)
    try:
        messages.success(request, run(row))
    except OnTheBooks:
        raise
    except REFUSALS as error:
        say_refusal(request, error)
    return back_to(request, "bank_movement", row.pk)


@require_POST
@needs(permissions.RECONCILE)
def accept(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """Apply one of the proposals."""
    choice = choice_in(request)

    def run(row: BankMovement) -> str:
        accepting.accept(
            movement_id=row.pk, choice=choice, key=key_in(request), actor=request.user, now=clock.now(),
            version=version_in(request),
        )  # fmt: skip
        return _("Quedó conciliado como se propuso.")

    try:
        return _do(request, bank_movement_id, run)
    except OnTheBooks as error:  # there the person says whether it is the same money
        say_refusal(request, error)
        return redirect(f"{reverse('bank_movement_match', args=[bank_movement_id])}?choice={choice}")


@require_POST
@needs(permissions.RECONCILE)
def undo(request: CompanyRequest, match_id: UUID) -> HttpResponse:
    """Take an explanation back."""
    match = match_or_404(request, match_id)
    form = UndoForm(request.POST)
    if not form.is_valid():
        say_form(request, form)
        return back_to(request, "bank_movement", match.movement_id)

    def run(row: BankMovement) -> str:
        reason = form.cleaned_data["reason"]
        undoing.undo_match(match_id=match.pk, reason=reason, actor=request.user, now=clock.now())
        return _("Se deshizo: los libros dicen otra vez lo que decían antes.")

    return _do(request, match.movement_id, run)


@require_POST
@needs(permissions.RECONCILE)
def comment(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    form = CommentForm(request.POST)
    row = movement_or_404(request, bank_movement_id)
    if not form.is_valid():
        return page(request, row, status=422, comment_form=form)

    def run(row: BankMovement) -> str:
        shelving.comment(movement_id=row.pk, text=form.cleaned_data["text"], actor=request.user)
        return _("Comentario guardado.")

    return _do(request, bank_movement_id, run)


@require_POST
@needs(permissions.RECONCILE)
def archive(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """Put it out of the way."""
    row = movement_or_404(request, bank_movement_id)
    form = ArchiveForm(request.POST)
    if not form.is_valid():
        say_form(request, form)
        return back_to(request, "bank_movement", row.pk)

    def run(row: BankMovement) -> str:
        reason = form.cleaned_data["reason"]
        shelving.archive(movement_ids=[row.pk], reason=reason, actor=request.user, now=clock.now())
        return _("Archivado: ya no pregunta por él. Lo encuentras en Movimientos.")

    return _do(request, bank_movement_id, run)


@require_POST
@needs(permissions.RECONCILE)
def unarchive(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    def run(row: BankMovement) -> str:
        shelving.unarchive(movement_ids=[row.pk], actor=request.user)
        return _("Volvió a la bandeja.")

    return _do(request, bank_movement_id, run)


@require_POST
@needs(permissions.RECONCILE)
def assign(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """Who looks into it; nobody when empty."""
    user_id = as_uuid(request.POST.get("user", ""))

    def run(row: BankMovement) -> str:
        shelving.assign(movement_ids=[row.pk], user_id=user_id, actor=request.user)
        return _("Responsable guardado.")

    return _do(request, bank_movement_id, run)


@require_POST
@needs(permissions.RECONCILE)
def settle_doubt(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """Say whether a look-alike is a movement of its own or one that was there."""
    row = movement_or_404(request, bank_movement_id)
    is_new = request.POST.get("is_new") == "1"
    try:
        kept = doubts.settle(movement_id=row.pk, is_new=is_new, actor=request.user, now=clock.now())
    except (*REFUSALS, ImportRefused) as error:
        say_refusal(request, error)
        return redirect("bank_movement", row.pk)
    if kept is None:
        messages.success(request, _("Es el mismo: no cuenta otra vez."))
        return back_to(request, "bank_movements")
    enqueue_reconcile()
    messages.success(request, _("Es un movimiento propio: ya se puede conciliar."))
    return back_to(request, "bank_movement", row.pk)
