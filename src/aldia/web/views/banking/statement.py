"""An import: what it brought, what it could not tell, and the way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from aldia.banking.models import BankMovement, StatementImport, StatementState
from aldia.banking.operations import doubts, retracting
from aldia.banking.operations.importing import ImportRefused
from aldia.banking.queries import statements as queries
from aldia.domain.statements.model import Proof
from aldia.jobs.banking import enqueue_reconcile
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web import statement_words as words
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Column, Listing
from aldia.web.views.banking.accounts import see_all
from aldia.web.views.banking.parts import SHOWN_SKIPPED, Skipped, proof_text
from aldia.web.views.banking.sights import back_to

MOVEMENTS = Listing(
    key="statement_movements",
    columns=(
        Column("booked_on", gettext_lazy("Fecha"), sort="booked_on", always=True),
        Column("text", gettext_lazy("Lo que dice el banco")),
        Column("amount", gettext_lazy("Importe"), sort="amount", numeric=True),
        Column("balance", gettext_lazy("Saldo"), numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    sort="booked_on",
)


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, statement_import_id: UUID) -> HttpResponse:
    see_all(request)
    row = get_object_or_404(StatementImport.objects.select_related("account", "file", "imported_by", "undone_by"),
                            pk=statement_import_id)  # fmt: skip
    proof = _proof(row)
    skipped = [
        Skipped(int(each.get("line", 0)), str(each.get("text", "")), _(each["why"]) if each.get("why") else "")
        for each in row.skipped
        if isinstance(each, dict)
    ]
    context: dict[str, Any] = {
        "row": row, "proof": words.PROOFS[proof.state], "proof_text": proof_text(proof),
        "doubts": queries.doubtful(statement=row)[:200], "skipped": skipped[:SHOWN_SKIPPED],
        "more_skipped": max(len(skipped) - SHOWN_SKIPPED, 0), "is_undone": row.state == StatementState.UNDONE,
        "resting": retracting.resting(row) if row.state != StatementState.UNDONE else 0,
        "page": MOVEMENTS.page(request, BankMovement.objects.filter(statement=row, doubt="")),
    }  # fmt: skip
    return render(request, "banking/statement.html", context)


def _proof(row: StatementImport) -> Proof:
    """The proof as it was kept; what an older version wrote says nothing."""
    try:
        proof = Proof(**row.proof)
    except TypeError:
        return Proof()
    return proof if proof.state in words.PROOFS else Proof()


@require_POST
@needs(permissions.RECONCILE)
def undo(request: CompanyRequest, statement_import_id: UUID) -> HttpResponse:
    see_all(request)
    row = get_object_or_404(StatementImport.objects, pk=statement_import_id)
    try:
        undone = retracting.undo(import_id=row.pk, actor=request.user, now=clock.now())
    except ImportRefused as error:
        messages.error(request, str(error))
        return redirect("statement", row.pk)
    text = ngettext("%(n)d movimiento quitado.", "%(n)d movimientos quitados.", undone.removed)
    text = _("Importación deshecha: %(what)s") % {"what": text % {"n": undone.removed}}
    if undone.kept:
        kept = ngettext("%(n)d se queda: otro archivo también lo trae.",
                        "%(n)d se quedan: otro archivo también los trae.", undone.kept)  # fmt: skip
        text += " " + kept % {"n": undone.kept}
    messages.success(request, text)
    if undone.cleared:
        enqueue_reconcile()
    return redirect("bank_account", row.account_id)


@require_POST
@needs(permissions.RECONCILE)
def settle(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """Whether one doubtful movement is new."""
    see_all(request)
    movement = get_object_or_404(BankMovement.objects, pk=bank_movement_id)
    try:
        is_new = _is_new(request)
        kept = doubts.settle(movement_id=movement.pk, is_new=is_new, actor=request.user, now=clock.now())
    except ImportRefused as error:
        messages.error(request, str(error))
    else:
        if kept is not None:
            enqueue_reconcile()
        messages.success(
            request, _("Es otro movimiento: ya cuenta.") if kept else _("Es el mismo: se quitó el repetido.")
        )
    return back_to(request, "statement", movement.statement_id)


@require_POST
@needs(permissions.RECONCILE)
def settle_all(request: CompanyRequest, statement_import_id: UUID) -> HttpResponse:
    """The same answer for every doubtful movement of an import."""
    see_all(request)
    row = get_object_or_404(StatementImport.objects, pk=statement_import_id)
    try:
        is_new = _is_new(request)
        count = doubts.settle_all(statement_id=row.pk, is_new=is_new, actor=request.user, now=clock.now())
    except ImportRefused as error:
        messages.error(request, str(error))
        return redirect("statement", row.pk)
    if count and is_new:
        enqueue_reconcile()
    text = ngettext("%(n)d duda resuelta.", "%(n)d dudas resueltas.", count)
    messages.success(request, text % {"n": count})
    return redirect("statement", row.pk)


def _is_new(request: CompanyRequest) -> bool:
    """Raises `ImportRefused` for a form that says neither: nothing is removed by mistake."""
    answer = request.POST.get("answer")
    if answer not in ("new", "same"):
        raise ImportRefused(_("Di si es otro movimiento o el mismo."))
    return answer == "new"
