"""What no document explains: adjustments to an account, and returns of deposits."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aldia.banking.models import MatchHow
from aldia.banking.operations import adjusting, returning
from aldia.customers.queries import as_uuid
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.banking.movement import page
from aldia.web.views.banking.movement_page import adjust_form
from aldia.web.views.banking.sights import (
    REFUSALS,
    back_to,
    key_in,
    movement_or_404,
    movements_in_sight,
    say_refusal,
    version_in,
)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def adjust(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """All that is left of it, or a part, goes to an account."""
    row = movement_or_404(request, bank_movement_id)
    if not allows(request.membership, permissions.RECONCILE):
        raise PermissionDenied(permissions.RECONCILE)
    form = adjust_form(request, row, request.POST)
    if not form.is_valid():
        return page(request, row, status=422, adjust_form=form, opened="adjust")
    try:
        adjusting.adjust(
            movement_id=row.pk, actor=request.user, now=clock.now(), key=key_in(request), version=version_in(request),
            **form.values(),
        )  # fmt: skip
    except REFUSALS as error:
        form.add_error(None, str(error))
        return page(request, row, status=422, adjust_form=form, opened="adjust")
    messages.success(request, _("Quedó en su cuenta contable."))
    return back_to(request, "bank_movement", row.pk)


@require_POST
@needs(permissions.RECONCILE)
def takes_back(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """This withdrawal returns a deposit: what the deposit paid is owed again."""
    row = movement_or_404(request, bank_movement_id)
    deposit = get_object_or_404(movements_in_sight(request), pk=as_uuid(request.POST.get("deposit", "")))
    try:
        returning.apply_return(
            movement_id=row.pk, undoes_id=deposit.pk, how=MatchHow.MANUAL, key=key_in(request), actor=request.user,
            now=clock.now(), version=version_in(request),
        )  # fmt: skip
    except REFUSALS as error:
        say_refusal(request, error)
    else:
        messages.success(request, _("Anotado: es la devolución de ese depósito. Lo que pagaba se debe otra vez."))
    return back_to(request, "bank_movement", row.pk)
