"""Learned payers: who pays for whom, what each is worth, and what forgetting one would open again."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.banking.operations import learning
from aldia.banking.queries import payers
from aldia.banking.queries.payers import LearnedPayer, Standing
from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.customers.operations.versions import Stale
from aldia.customers.queries import as_uuid
from aldia.tenancy import permissions
from aldia.tenancy.sentences import spoken
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_matching import AliasForm
from aldia.web.matching_words import ALIAS_KINDS
from aldia.web.views.banking.sights import REFUSALS, say_refusal
from aldia.web.views.customers.common import visible

FOUND = 12
# standing -> (word, colour, what it means)
STANDINGS: dict[str, tuple[Any, str, Any]] = {
    Standing.STRONG: (
        gettext_lazy("Identifica"), "green",
        gettext_lazy("Basta con verlo en un movimiento para saber qué cliente pagó."),
    ),
    Standing.YOUNG: (
        gettext_lazy("Aprendiendo"), "azure",
        gettext_lazy("Se confirmó una vez. Hace falta otra confirmación para que identifique por sí mismo."),
    ),
    Standing.FADED: (
        gettext_lazy("Olvidándose"), "yellow",
        gettext_lazy("Hace mucho que no paga: pesa menos cada medio año. Con otra confirmación vuelve a valer."),
    ),
    Standing.SHARED: (
        gettext_lazy("Compartido"), "purple",
        gettext_lazy("Paga por varios clientes (una matriz, un factoraje): solo los folios dicen por cuál."),
    ),
    Standing.BLOCKED: (
        gettext_lazy("Rechazado"), "red",
        gettext_lazy("Alguien dijo que no era de este cliente. No dice nada hasta que se confirme de nuevo."),
    ),
    Standing.REVOKED: (
        gettext_lazy("Olvidado"), "gray",
        gettext_lazy("Una persona lo quitó. No dice nada hasta que se recupere o se confirme de nuevo."),
    ),
}  # fmt: skip


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """All of them, those of one payer together."""
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    standing = request.GET.get("is", "")
    standing = standing if standing in set(Standing) else ""
    today = clock.today(request.company)
    seen = None if not request.membership.own_portfolio_only else set(visible(request).values_list("pk", flat=True))
    found = [
        each
        for each in payers.learned_payers(on=today, search=text)
        if seen is None or each.alias.customer_id in seen
    ]  # fmt: skip
    counts = Counter(str(each.standing) for each in found)
    shown = [row_of(each) for each in found if standing in ("", each.standing)]
    context = {
        "rows": shown, "q": text, "standing": standing, "total": len(found), "is_full": len(found) >= payers.MOST,
        "tabs": _tabs(text, standing, counts, len(found)), "meaning": STANDINGS[standing][2] if standing else "",
    }  # fmt: skip
    return render(request, "banking/payers.html", context)


def _tabs(text: str, standing: str, counts: Counter[str], total: int) -> list[dict[str, Any]]:
    query = f"&q={text}" if text else ""
    base = reverse("payer_aliases")
    tabs = [{"label": _("Todos"), "url": f"{base}?is={query}", "active": not standing, "count": total}]
    for key, (label, _colour, _meaning) in STANDINGS.items():
        if counts[str(key)] or standing == key:
            url = f"{base}?is={key}{query}"
            tabs.append({"label": label, "url": url, "active": standing == key, "count": counts[str(key)]})
    return tabs


def row_of(payer: LearnedPayer) -> dict[str, Any]:
    label, colour, meaning = STANDINGS[payer.standing]
    return {
        "payer": payer, "alias": payer.alias, "kind": ALIAS_KINDS.get(payer.alias.kind, payer.alias.kind),
        "label": label, "colour": colour, "meaning": meaning,
        "can_restore": payer.standing in (Standing.REVOKED, Standing.BLOCKED),
    }  # fmt: skip


def payer_or_404(request: CompanyRequest, alias_id: UUID) -> LearnedPayer:
    found = payers.learned_payer(alias_id=alias_id, on=clock.today(request.company))
    if found is None or not visible(request).filter(pk=found.alias.customer_id).exists():
        raise Http404
    return found


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, payer_alias_id: UUID) -> HttpResponse:
    """One of them: what it rests on, whom else it pays for, and what may be changed."""
    return _page(request, payer_or_404(request, payer_alias_id))


def _page(request: CompanyRequest, payer: LearnedPayer, form: AliasForm | None = None) -> HttpResponse:
    alias = payer.alias
    same = payers.learned_payers(on=clock.today(request.company), search=alias.value)
    seen = set(visible(request).filter(pk__in={each.alias.customer_id for each in same}).values_list("pk", flat=True))
    same = [each for each in same if each.alias.customer_id in seen]
    chosen = _customer_in(request, request.POST.get("customer", ""))
    context = {
        **row_of(payer), "customer": chosen or alias.customer, "matches": payers.rested(alias.pk)[:50],
        "form": form or AliasForm(is_new=False, initial={"note": alias.note, "version": alias.version}),
        "others": [row_of(each) for each in same if each.alias.pk != alias.pk and each.alias.value == alias.value],
        **_search(request),
    }  # fmt: skip
    return render(request, "banking/payer.html", context, status=422 if form else 200)


@require_POST
@needs(permissions.RECONCILE)
def edit(request: CompanyRequest, payer_alias_id: UUID) -> HttpResponse:
    """Change its note, or whose payments they are."""
    payer = payer_or_404(request, payer_alias_id)
    form = AliasForm(request.POST, is_new=False)
    customer = _customer_in(request, request.POST.get("customer", "")) or payer.alias.customer
    if form.is_valid() and _edit(request, payer, form, customer):
        return redirect("payer_aliases")
    return _page(request, payer, form)


def _edit(request: CompanyRequest, payer: LearnedPayer, form: AliasForm, customer: Customer) -> bool:
    try:
        learning.edit(
            alias_id=payer.alias.pk, version=form.cleaned_data["version"], note=form.cleaned_data["note"],
            customer_id=customer.pk, actor=request.user, now=clock.now(),
        )  # fmt: skip
    except (*REFUSALS, Stale, ValueError) as error:
        form.add_error(None, spoken(error))
        return False
    messages.success(request, _("Pagador guardado."))
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECONCILE)
def new(request: CompanyRequest) -> HttpResponse:
    """A payer that a person states."""
    data = request.POST if request.method == "POST" else None
    asked = {"kind": request.GET.get("kind", "name"), "value": request.GET.get("value", "")[:200]}
    form = AliasForm(data, initial=asked)
    params = request.POST if request.method == "POST" else request.GET
    customer, status = _customer_in(request, params.get("customer", "")), 200
    if request.method == "POST" and "look" not in request.POST:
        status = 422
        if form.is_valid() and _add(request, form, customer):
            return redirect("payer_aliases")
    context = {"form": form, "customer": customer, **_search(request)}
    return render(request, "banking/payer_new.html", context, status=status)


def _add(request: CompanyRequest, form: AliasForm, customer: Customer | None) -> bool:
    if customer is None:
        form.add_error(None, _("Elige de qué cliente son sus pagos."))
        return False
    data = form.cleaned_data
    try:
        learning.add(
            kind=data["kind"], value=data["value"], customer_id=customer.pk, note=data["note"], actor=request.user,
            now=clock.now(),
        )  # fmt: skip
    except (*REFUSALS, Stale, ValueError) as error:
        form.add_error(None, spoken(error))
        return False
    messages.success(request, _("Pagador agregado. Con otra confirmación identificará por sí mismo."))
    return True


@require_POST
@needs(permissions.RECONCILE)
def revoke(request: CompanyRequest, payer_alias_id: UUID) -> HttpResponse:
    """Forget it, and open again what rested on it."""
    payer = payer_or_404(request, payer_alias_id)
    try:
        reopened: list[uuid.UUID] = learning.revoke(alias_id=payer.alias.pk, actor=request.user, now=clock.now())
    except REFUSALS as error:
        say_refusal(request, error)
    else:
        messages.success(request, _forgotten(len(reopened)))
    return redirect("payer_alias", payer.alias.pk)


def _forgotten(count: int) -> str:
    if not count:
        return _("Olvidado: ya no dice quién paga.")
    text = ngettext(
        "Olvidado. Se volvió a abrir %(n)d movimiento que se apoyaba en él.",
        "Olvidado. Se volvieron a abrir %(n)d movimientos que se apoyaban en él.",
        count,
    )
    return text % {"n": count}


@require_POST
@needs(permissions.RECONCILE)
def restore(request: CompanyRequest, payer_alias_id: UUID) -> HttpResponse:
    payer = payer_or_404(request, payer_alias_id)
    try:
        learning.restore(alias_id=payer.alias.pk, actor=request.user, now=clock.now())
    except REFUSALS as error:
        say_refusal(request, error)
    else:
        messages.success(request, _("Recuperado: vuelve a contar como antes."))
    return redirect("payer_alias", payer.alias.pk)


def _customer_in(request: CompanyRequest, text: str) -> Customer | None:
    key = as_uuid(text)
    return visible(request).filter(pk=key).first() if key else None


def _search(request: CompanyRequest) -> dict[str, Any]:
    """Customers that the box found."""
    params = request.POST if request.method == "POST" else request.GET
    text = params.get("who", "").replace("\x00", "").strip()[:100]
    rows = customer_queries.matching(visible(request).filter(generic=False), customer_queries.Filter(text))
    return {"who": text, "found": list(rows.order_by("legal_name")[:FOUND]) if text else []}
