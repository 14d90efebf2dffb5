"""The blind review: a person says what an automatic match should have been before seeing what it was."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from aldia.banking.models import Match, ReviewState
from aldia.banking.operations import reviewing
from aldia.banking.queries import blind, story
from aldia.banking.queries.blind import Sealed
from aldia.customers.queries import as_uuid
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.narrative import pieces_of, reads_of
from aldia.web.views.banking.sights import REFUSALS, match_or_404, movements_in_sight, say_refusal
from aldia.web.views.receivables.common import sight

RIGHT, WRONG = "right", "wrong"


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """How many wait, and why this exists."""
    rows = _waiting(request)
    return render(request, "banking/reviews.html", {"rows": rows, "next": rows[0] if rows else None})


def _waiting(request: CompanyRequest) -> list[Match]:
    rows = blind.waiting()
    if not request.membership.own_portfolio_only:
        return rows
    ids = [each.movement_id for each in rows]
    seen = set(movements_in_sight(request).filter(pk__in=ids).values_list("pk", flat=True))
    return [each for each in rows if each.movement_id in seen]


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECONCILE)
def show(request: CompanyRequest, match_id: UUID) -> HttpResponse:
    """First what the person says; only then what was applied, side by side."""
    match = match_or_404(request, match_id)
    if match.review != ReviewState.WAITING or match.undone_at is not None:
        messages.info(request, _("Esa conciliación ya no espera revisión."))
        return redirect("match_reviews")
    sealed = blind.sealed(match, sight(request))
    if request.method != "POST":
        return _page(request, match, sealed)
    if request.POST.get("verdict") in (RIGHT, WRONG):
        return _judge(request, match, is_right=request.POST["verdict"] == RIGHT)
    documents, payments = _ids(request.POST, "doc"), _ids(request.POST, "credit")
    if not documents and not payments and "nothing" not in request.POST:
        messages.warning(request, _("Marca lo que crees que pagó, o di que nada de la lista."))
        return _page(request, match, sealed)
    if sealed.is_same(documents, payments):
        return _judge(request, match, is_right=True)
    return _page(request, match, sealed, documents=documents, payments=payments, opened=True)


def _ids(data: QueryDict, name: str) -> set[UUID]:
    return {key for text in data.getlist(name)[:300] if (key := as_uuid(text))}


def _judge(request: CompanyRequest, match: Match, *, is_right: bool) -> HttpResponse:
    try:
        reviewing.answer(match_id=match.pk, is_right=is_right, actor=request.user, now=clock.now())
    except REFUSALS as error:
        say_refusal(request, error)
        return redirect("match_review", match.pk)
    if is_right:
        messages.success(request, _("Coincide: estaba bien."))
    else:
        messages.success(request, _("Anotado: estaba mal. Se deshizo y su clase lo tendrá en cuenta."))
    rest = [each for each in _waiting(request) if each.pk != match.pk]
    return redirect("match_review", rest[0].pk) if rest else redirect("match_reviews")


def _page(
    request: CompanyRequest,
    match: Match,
    sealed: Sealed,
    *,
    documents: set[UUID] | None = None,
    payments: set[UUID] | None = None,
    opened: bool = False,
) -> HttpResponse:
    """`opened`: the reviewer answered, and what was applied may be shown."""
    movement = match.movement
    waiting = _waiting(request)
    context = {
        "match": match if opened else None,
        "match_id": match.pk,
        "row": movement,
        "pieces": pieces_of(movement.text or movement.concept, movement.evidence),
        "reads": reads_of(movement.evidence),
        "documents": [(each, each.receivable.pk in (documents or set())) for each in sealed.documents],
        "payments": [(each, each.pk in (payments or set())) for each in sealed.payments],
        "applied": _applied(match) if opened else None,
        "yours": [each for each in sealed.documents if each.receivable.pk in (documents or set())],
        "your_payments": [each for each in sealed.payments if each.pk in (payments or set())],
        "place": next((n for n, each in enumerate(waiting, 1) if each.pk == match.pk), 1),
        "total": len(waiting),
        "skip": next((each.pk for each in waiting if each.pk != match.pk), None),
    }
    return render(request, "banking/review.html", context)


def _applied(match: Match) -> Match | None:
    """The match with its lines, to show beside what the reviewer said."""
    return next((each for each in story.matches_of([match.movement_id]) if each.pk == match.pk), None)
