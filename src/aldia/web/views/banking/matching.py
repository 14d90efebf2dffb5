"""Matching by hand: search over everything, tick, type, and see what is left while one does."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from aldia.banking.models import AdjustmentReason, BankMovement, Match
from aldia.banking.operations import accepting
from aldia.banking.operations.applying import OnTheBooks
from aldia.banking.queries import search
from aldia.customers.queries import as_uuid
from aldia.domain.currencies import exponent
from aldia.receivables.models import Credit
from aldia.tenancy import permissions
from aldia.tenancy.sentences import spoken
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, decimal_mark
from aldia.web.matching_words import DIFFERENCES
from aldia.web.narrative import pieces_of, reads_of
from aldia.web.views.banking.movement_page import OPEN
from aldia.web.views.banking.picking import (
    MOST_PICKED,
    Basket,
    PickedDocument,
    PickedPayment,
    last_places,
    plans_of,
    spread,
)
from aldia.web.views.banking.proposals import Proposal, said_of
from aldia.web.views.banking.sights import REFUSALS, key_in, movement_or_404, movements_in_sight, version_in
from aldia.web.views.receivables.common import sight

MOST_OTHERS = 12


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECONCILE)
def show(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """The page; what is posted with `apply` is done, anything else only draws it again with what was typed."""
    row = movement_or_404(request, bank_movement_id)
    if row.state not in OPEN or row.doubt or row.amount < 0:
        messages.info(request, _why_not(row))
        return redirect("bank_movement", row.pk)
    others = _others(request, row)
    basket = _basket(request, row, _also(request, others))
    if len(_also(request, others)) and any(each.is_foreign for each in basket.documents):
        basket.errors["total"] = _("Un documento en otra moneda se paga con un solo depósito.")
    more: dict[str, Any] = {}
    if "apply" in request.POST and basket.is_right and (answer := _apply(request, row, others, basket, more)):
        return answer
    status = 422 if "apply" in request.POST else 200
    return render(request, "banking/match.html", _context(request, row, others, basket, more), status=status)


def _why_not(row: BankMovement) -> str:
    if row.doubt:
        return _("Primero di si este movimiento es nuevo o ya estaba.")
    if row.amount < 0:
        return _("El dinero que sale no se concilia con documentos: ajústalo a una cuenta o di qué depósito devuelve.")
    return _("Este movimiento ya no espera explicación.")


@require_safe
@needs(permissions.RECONCILE)
def found(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """The answers of the search box, as it is typed in."""
    row = movement_or_404(request, bank_movement_id)
    basket = Basket(row.currency, decimal_mark(request.company), row.amount - row.explained)
    return render(request, "banking/_match_found.html", {"row": row, "basket": basket, **_results(request, row)})


def _results(request: CompanyRequest, row: BankMovement) -> dict[str, Any]:
    data = request.POST if request.method == "POST" else request.GET
    text = " ".join(data.get("q", "").replace("\x00", "").split())[:100]
    asked = search.Asked(
        text, row.currency, sight(request), row.amount - row.explained, row.booked_on, decimal_mark(request.company)
    )
    groups = search.find(asked) if text else search.suggest(asked, search.likely_customers(row))
    notes = _notes([group.customer.pk for group in groups], row.currency)
    drawn = [
        {
            "group": group,
            "documents": [
                PickedDocument(each, row.currency, notes.get(each.customer_id, [])) for each in group.documents
            ],
            "payments": [PickedPayment(each, _room(each)) for each in group.payments],
            "notes": notes.get(group.customer.pk, []),
        }
        for group in groups
    ]
    return {"q": text, "groups": drawn, "differences": DIFFERENCES, "exact": asked.amount}


def _room(credit: Credit) -> int:
    """What has not arrived yet of a payment on the books."""
    return credit.amount - int(getattr(credit, "arrived", 0))


def _notes(customer_ids: Sequence[uuid.UUID], currency: str) -> dict[uuid.UUID, list[Credit]]:
    found: dict[uuid.UUID, list[Credit]] = {}
    for each in search.usable_notes(customer_ids, currency):
        found.setdefault(each.customer_id, []).append(each)
    return found


def _others(request: CompanyRequest, row: BankMovement) -> list[BankMovement]:
    """Other deposits that wait and come from the same payer: one document may have been paid in several."""
    rows = movements_in_sight(request).filter(state__in=OPEN, currency=row.currency, amount__gt=0, doubt="")
    keys = {"payer_tax_id": row.payer_tax_id, "payer_account": row.payer_account, "payer_name": row.payer_name}
    same = next(({name: value} for name, value in keys.items() if value), None)
    if row.payer_id:
        same = {"payer": row.payer_id}
    if same is None:
        return []
    return list(rows.filter(**same).exclude(pk=row.pk).order_by("booked_on", "id")[:MOST_OTHERS])


def _also(request: CompanyRequest, others: Sequence[BankMovement]) -> list[BankMovement]:
    data = request.POST if request.method == "POST" else request.GET
    chosen = {as_uuid(text) for text in data.getlist("also")}
    return [each for each in others if each.pk in chosen]


def _basket(request: CompanyRequest, row: BankMovement, also: Sequence[BankMovement]) -> Basket:
    total = sum(each.amount - each.explained for each in (row, *also))
    basket = Basket(row.currency, decimal_mark(request.company), total)
    if "instead" in request.POST:  # the money was on the books: nothing else explains it
        _fill(request, basket, [], [request.POST["instead"]])
        _fit(basket)
        return basket
    if request.method == "POST":
        _fill(request, basket, request.POST.getlist("doc"), request.POST.getlist("credit"))
        basket.rest = _customer_in(request, request.POST.get("rest", ""))
        reason = as_uuid(request.POST.get("reason", ""))
        basket.reason = AdjustmentReason.objects.filter(pk=reason, retired_at__isnull=True).first()
        basket.read(request.POST)
        return basket
    text = request.GET.get("choice", "")
    if text.isascii() and text.isdecimal() and len(text) < 3:
        _start_from(request, basket, row, int(text))
    else:
        _fill(request, basket, request.GET.getlist("doc"), request.GET.getlist("credit"))
        _fit(basket)
    return basket


def _fill(request: CompanyRequest, basket: Basket, documents: Sequence[str], credits: Sequence[str]) -> None:
    """Put the chosen rows into the basket, in the order chosen; `add` and `drop` name one more and one less."""
    add, drop = request.POST.get("add", ""), request.POST.get("drop", "")
    doc_ids = _chosen([*documents, *_named(add, "doc")], _named(drop, "doc"))
    credit_ids = _chosen([*credits, *_named(add, "credit")], _named(drop, "credit"))
    asked = search.Asked("", basket.currency, sight(request), basket.total, clock.today(request.company))
    documents_by_id = {each.pk: each for each in search.open_documents(asked).filter(pk__in=doc_ids)}
    credits_by_id = {each.pk: each for each in search.unseen_payments(asked).filter(pk__in=credit_ids)}
    notes = _notes([each.customer_id for each in documents_by_id.values()], basket.currency)
    for key in doc_ids:
        if row := documents_by_id.get(key):
            basket.documents.append(PickedDocument(row, basket.currency, notes.get(row.customer_id, [])))
    for key in credit_ids:
        if credit := credits_by_id.get(key):
            basket.payments.append(PickedPayment(credit, _room(credit)))
    missing = len(doc_ids) + len(credit_ids) - len(basket.documents) - len(basket.payments)
    if missing:
        basket.errors["gone"] = _("Algo de lo que elegiste ya no se debe o ya llegó. Revisa lo que queda.")


def _named(text: str, kind: str) -> list[str]:
    return [text.partition(":")[2]] if text.startswith(f"{kind}:") else []


def _chosen(texts: Sequence[str], without: Sequence[str]) -> list[UUID]:
    found = [each for text in texts if text not in without and (each := as_uuid(text))]
    return list(dict.fromkeys(found))[:MOST_PICKED]


def _customer_in(request: CompanyRequest, text: str) -> UUID | None:
    key = as_uuid(text)
    return key if key and sight(request).customers().filter(pk=key).exists() else None


def _start_from(request: CompanyRequest, basket: Basket, row: BankMovement, choice: int) -> None:
    """Begin with a proposal, to change it."""
    proposals = said_of(row).proposals
    if choice >= len(proposals):
        return
    proposal: Proposal = proposals[choice]
    lines = {each.receivable.pk: each for each in proposal.documents if each.receivable is not None}
    _fill(request, basket, [str(key) for key in lines], [str(credit.pk) for credit, _amount in proposal.known])
    for picked in basket.documents:
        said = lines[picked.receivable.pk]
        picked.amount, picked.difference, picked.why = said.amount, said.difference, said.kind
        picked.text = basket.shown(said.amount)
        picked.difference_text = basket.shown(said.difference) if said.difference else ""
    for payment in basket.payments:
        payment.amount = payment.room
        payment.text = basket.shown(payment.room)
    if proposal.left and proposal.customer is not None:
        basket.rest = proposal.customer.pk
    basket.fee = proposal.fee
    basket.fee_text = basket.shown(proposal.fee) if proposal.fee else ""


def _fit(basket: Basket) -> None:
    """What was chosen by the address is filled with what there is."""
    for picked in basket.documents:
        most = basket.left if picked.is_foreign else picked.receivable.balance
        picked.amount = max(0, min(most, basket.left))
        picked.text = basket.shown(picked.amount) if picked.amount else ""
    for payment in basket.payments:
        payment.amount = max(0, min(payment.room, basket.left))
        payment.text = basket.shown(payment.amount) if payment.amount else ""


def _apply(
    request: CompanyRequest, row: BankMovement, others: Sequence[BankMovement], basket: Basket, more: dict[str, Any]
) -> HttpResponse | None:
    """Apply it, movement by movement; None when something refused, which the page then says."""
    movements = [row, *_also(request, others)]
    lefts = [each.amount - each.explained for each in movements]
    bins = spread(basket.pieces(), lefts, basket.fee)
    done: list[Match] = []
    key = key_in(request)
    try:
        for place, (movement, pieces, last) in enumerate(zip(movements, bins, last_places(bins), strict=True)):
            fee = basket.fee if place == 0 else 0
            for part, plan in enumerate(plans_of(pieces, fee, last)):
                version = version_in(request) if not done else None
                done.append(_by_hand(request, movement, plan, f"{key}-{place}-{part}", version))
    except OnTheBooks as error:
        more["suspects"] = [Credit.objects.select_related("customer").get(pk=each.credit_id) for each in error.suspects]
        basket.errors["refused"] = spoken(error)
    except REFUSALS as error:
        basket.errors["refused"] = spoken(error)
    if not basket.errors:
        return _done(request, row, basket)
    if done:
        basket.errors["part"] = _("Lo anterior sí quedó aplicado: %(n)d explicaciones. Recarga para ver qué falta.") % {
            "n": len(done)
        }
    return None


def _by_hand(request: CompanyRequest, movement: BankMovement, plan: Any, key: str, version: int | None) -> Match:
    given: dict[str, Any] = {"is_distinct": True} if request.POST.get("is_distinct") == "1" else {}
    return accepting.by_hand(
        movement_id=movement.pk, plan=plan, key=key, actor=request.user, now=clock.now(), version=version, **given
    )


def _done(request: CompanyRequest, row: BankMovement, basket: Basket) -> HttpResponse:
    left = 0 if basket.rest is not None else basket.left
    if left > 0:
        shown = amount_text(left, row.currency, request.company)
        messages.success(request, _("Conciliado en parte: quedan %(left)s por explicar.") % {"left": shown})
    else:
        messages.success(request, _("Conciliado: todo el movimiento está explicado."))
    return redirect("bank_movement", row.pk)


def _context(
    request: CompanyRequest, row: BankMovement, others: Sequence[BankMovement], basket: Basket, more: dict[str, Any]
) -> dict[str, Any]:
    numbers = [each.receivable.number for each in basket.documents]
    also = {each.pk for each in _also(request, others)}
    results = _results(request, row)
    customers = {each.receivable.customer_id: each.receivable.customer for each in basket.documents}
    customers |= {each.credit.customer_id: each.credit.customer for each in basket.payments}
    customers |= {drawn["group"].customer.pk: drawn["group"].customer for drawn in results["groups"]}
    if basket.rest and basket.rest not in customers:
        customers[basket.rest] = sight(request).customers().get(pk=basket.rest)
    return {
        "row": row,
        "left": row.amount - row.explained,
        "basket": basket,
        "others": [(each, each.pk in also, each.amount - each.explained) for each in others],
        "places": exponent(row.currency),
        "decimal": basket.decimal,
        "sign": amount_text(0, row.currency, request.company).partition("0")[0],
        "code": amount_text(0, row.currency, request.company).rpartition("0")[2],
        "pieces": pieces_of(row.text or row.concept, row.evidence, numbers),
        "reads": reads_of(row.evidence),
        "customers": list(customers.values()),
        "reasons": list(_reasons()),
        "key": request.POST.get("key") or uuid.uuid4().hex,
        "has_adjustment": bool(basket.reason_text or basket.reason),
        **results,
        **more,
    }


def _reasons() -> Any:
    return AdjustmentReason.objects.filter(retired_at__isnull=True, direction__in=("both", "in")).order_by("name")
