"""Payments and credits: the list, one of them with what it pays, and the hand that assigns and undoes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.models import Credit, CreditKind, Receivable
from aldia.receivables.operations.allocating import reassign_credit
from aldia.receivables.operations.payments import live_allocations, reverse_credit
from aldia.receivables.queries import credits as queries
from aldia.receivables.queries.sight import sight_of
from aldia.receivables.queries.states import credit_state
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms import currency_choices
from aldia.web.forms_receivables import METHODS, ReasonForm
from aldia.web.listing import Amount, Choice, Column, Day, Listing, Page, Pick, Search
from aldia.web.statuses import STATUSES
from aldia.web.views.receivables.common import REFUSALS, credit_or_404
from aldia.web.views.receivables.splits import Split, split_of
from aldia.web.views.receivables.table import OfCustomer, for_person, portfolio_choices, sheet_response
from aldia.web.views.receivables.timeline import RULES

PRESUMED = "presumed"
TABS = (
    ("", gettext_lazy("Todos")),
    (queries.IN_FAVOUR, gettext_lazy("A favor")),
    (queries.REVIEW, gettext_lazy("Por revisar")),
    (queries.APPLIED, gettext_lazy("Aplicados")),
    (PRESUMED, gettext_lazy("Presuntos")),
    (queries.REVERSED, gettext_lazy("Deshechos")),
)
TAB_CAP = 1000
REVIEWS = {
    "not_on_file": gettext_lazy("Nombra un documento que no está en archivo: se aplica solo cuando llegue."),
    "names_several": gettext_lazy("Nombra varias facturas: di a cuáles se aplica."),
    "names_none": gettext_lazy("No nombra ninguna factura: di a cuál se aplica."),
    "names_advance": gettext_lazy("Nombra un anticipo: di a qué factura se aplica."),
    "other_currency": gettext_lazy("Está en otra moneda que la factura que nombra."),
    "target_void": gettext_lazy("La factura que nombra ya no se cobra."),
}
SOURCES = (
    ("document", gettext_lazy("De un documento fiscal")),
    ("person", gettext_lazy("Registrado por una persona")),
    ("opening", gettext_lazy("Saldo inicial")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A credit as the list draws it."""

    credit: Credit
    state: str

    @property
    def pk(self) -> UUID:
        return self.credit.pk

    @property
    def free(self) -> int:
        return self.credit.remaining - self.credit.held


LIST = Listing(
    key="credits",
    columns=(
        Column("received_on", gettext_lazy("Fecha"), sort="received_on", always=True),
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name"),
        Column("kind", gettext_lazy("Tipo"), sort="kind"),
        Column("reference", gettext_lazy("Referencia"), sort="reference"),
        Column("state", gettext_lazy("Estado")),
        Column("amount", gettext_lazy("Importe"), sort="amount", numeric=True),
        Column("remaining", gettext_lazy("Sin aplicar"), sort="remaining", numeric=True),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar referencia, UUID o cliente")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Choice("kind", gettext_lazy("Tipo"), CreditKind.choices),
        Choice("source", gettext_lazy("Origen"), SOURCES),
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        Day("received_from", gettext_lazy("Desde")),
        Day("received_to", gettext_lazy("Hasta")),
        Amount("amount_from", gettext_lazy("Importe desde")),
    ),
    sort="-received_on",
)


def tab_of(request: CompanyRequest) -> str:
    state = request.GET.get("state", "")
    return state if state in {key for key, _label in TABS} else ""


def listing(request: CompanyRequest) -> Listing:
    """The list as the tab narrows it."""
    tab = tab_of(request)

    def narrowed(rows: QuerySet[Credit], values: dict[str, Any]) -> QuerySet[Credit]:
        asked = values | {"text": values.get("q", ""), "state": "" if tab == PRESUMED else tab}
        if tab == PRESUMED:
            asked["kind"] = CreditKind.PRESUMED
        return queries.filtered(rows, queries.WantedCredits.of(asked))

    return replace(LIST, filters=for_person(request, LIST), apply=narrowed)


def in_sight(request: CompanyRequest) -> QuerySet[Credit]:
    """Of customers that are on; of one that is off where it is named."""
    named = bool(request.GET.get("customer"))
    return queries.credits(sight_of(request.membership, include_off=named))


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    rows, tab = in_sight(request), tab_of(request)
    page: Page[Any] = listing(request).page(request, rows)
    is_long = page.total_is_capped
    matching = listing(request).matching(request, rows)
    page.rows = [Row(each, credit_state(each)) for each in page.rows]
    context = {
        "page": page,
        "tab": tab,
        "keep": {"state": tab} if tab else {},
        "tabs": [] if request.htmx else _tabs(request, tab),  # type: ignore[attr-defined]
        "totals": [] if is_long else queries.totals(matching, request.company.currency),
    }
    return render(request, "receivables/credits.html", context)


def _tabs(request: CompanyRequest, active: str) -> list[dict[str, Any]]:
    rows = in_sight(request).select_related(None).order_by()
    found = []
    for key, label in TABS:
        counted = queries.filtered(rows, _of_tab(key))[:TAB_CAP].count()
        count = f"{TAB_CAP:,}+" if counted >= TAB_CAP else counted
        found.append({"label": label, "url": f"?state={key}" if key else "?", "active": key == active, "count": count})
    return found


def _of_tab(key: str) -> queries.WantedCredits:
    if key == PRESUMED:
        return queries.WantedCredits(kind=CreditKind.PRESUMED)
    return queries.WantedCredits(state=key)


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, as a sheet."""
    rows = listing(request).matching(request, in_sight(request)).select_related("customer", "document")
    columns = [
        SheetColumn(_("Fecha"), "day", 12),
        SheetColumn(_("Tipo")),
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Referencia"), width=24),
        SheetColumn("UUID", width=38),
        SheetColumn(_("Forma de pago")),
        SheetColumn(_("Estado")),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Importe"), "money"),
        SheetColumn(_("Sin aplicar"), "money"),
    ]
    name = _("pagos-y-creditos-%(day)s.xlsx") % {"day": clock.today(request.company).isoformat()}
    return sheet_response(_("Pagos y créditos"), columns, _export_rows(rows), name)


def _export_rows(rows: QuerySet[Credit]) -> Iterator[list[Cell]]:
    methods = {key: str(label) for key, label in METHODS if key}
    for row in rows.iterator(chunk_size=1000):
        yield [
            row.received_on, str(row.get_kind_display()), row.customer.tax_id, row.customer.legal_name, row.reference,
            row.document.key if row.document else "", methods.get(row.method, row.method),
            str(STATUSES[credit_state(row)][0]), row.currency, Money(row.amount, row.currency),
            Money(row.remaining, row.currency),
        ]  # fmt: skip


# One credit


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, credit_id: UUID) -> HttpResponse:
    return _page(request, credit_or_404(request, credit_id))


def _page(request: CompanyRequest, credit: Credit, *, status: int = 200, **more: Any) -> HttpResponse:
    allocations = queries.allocations_of(credit)
    live = [each for each in allocations if each.reversal_of_id is None and not hasattr(each, "reversal")]
    undone = [each for each in allocations if each.reversal_of_id is not None]
    split = more.pop("split", None) or split_of_credit(request, credit)
    context = {
        "credit": credit,
        "state": credit_state(credit),
        "live": [{"allocation": each, "rule": RULES.get(each.rule, "")} for each in live],
        "undone": [{"allocation": each, "rule": RULES.get(each.rule, "")} for each in undone],
        "applied": sum(each.credit_amount for each in live),
        "free": credit.remaining - credit.held,
        "review": REVIEWS.get(credit.review, credit.review),
        "method": dict(METHODS).get(credit.method, credit.method) if credit.method else "",
        "source": dict(SOURCES).get(credit.source, credit.source),
        "split": split,
        "seen": seen(credit),
        "can_undo": credit.kind != CreditKind.PRESUMED and credit.reversed_on is None,
        "can_reverse": credit.reversed_on is None and credit.document_id is None,
        "reverse_form": more.pop("reverse_form", None) or ReasonForm(auto_id="reverse_%s"),
        **more,
    }
    return render(request, "receivables/credit.html", context, status=status)


def seen(credit: Credit) -> str:
    """What the person saw of a credit: an assignment made on anything else is not done."""
    live = sorted((str(each.receivable_id), each.amount) for each in live_allocations(credit))
    return "|".join([str(credit.remaining), *(f"{key}:{amount}" for key, amount in live)])


def split_of_credit(request: CompanyRequest, credit: Credit) -> Split | None:
    """The picker of what a credit could pay; None where nobody assigns it by hand."""
    if credit.kind in (CreditKind.PRESUMED, CreditKind.OPENING) or credit.reversed_on is not None:
        return None
    live = live_allocations(credit)
    if any(each.receivable.currency != credit.currency for each in live):
        return None
    taken: dict[UUID, int] = {}
    for each in live:
        taken[each.receivable_id] = taken.get(each.receivable_id, 0) + each.amount
    mine = Receivable.objects.filter(customer_id=credit.customer_id, currency=credit.currency)
    rows = [*mine.filter(pk__in=taken).order_by("due_on", "id")]
    rows += mine.filter(balance__gt=0).exclude(pk__in=taken).order_by("due_on", "id")
    return split_of(rows, currency=credit.currency, decimal=decimal_mark(request.company), taken=taken)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def assign(request: CompanyRequest, credit_id: UUID) -> HttpResponse:
    """Say anew what a credit pays. `seen` is what the person saw: sent twice, it is done once."""
    credit = credit_or_404(request, credit_id)
    split = split_of_credit(request, credit)
    if split is None:
        messages.error(request, _("Este abono no se asigna a mano."))
        return redirect("credit", credit.pk)
    now = split.taken
    named = split.read(request.POST)
    if named == now and split.is_right:
        return redirect("credit", credit.pk)
    said = _mistake(request, credit, split, named)
    if not said:
        try:
            reassign_credit(credit_id=credit.pk, named=named, on=clock.today(request.company), actor=request.user)
        except REFUSALS as error:
            said = str(error)
        else:
            messages.success(request, _("Quedó asignado como dijiste."))
            return redirect("credit", credit.pk)
    return _page(request, credit, status=422, split=split, assign_error=said)


def _mistake(request: CompanyRequest, credit: Credit, split: Split, named: dict[UUID, int]) -> str:
    if request.POST.get("seen") != seen(credit):
        return _("Este abono cambió mientras tanto. Revisa cómo está ahora y repítelo.")
    if split.unknown(request.POST):
        return _("Uno de los documentos elegidos ya no está abierto. Revisa el reparto.")
    if not split.is_right:
        return _("Revisa los importes marcados.")
    if sum(named.values()) > credit.amount:
        return _("Repartiste más de lo que vale el abono.")
    return ""


@require_POST
@needs(permissions.ADJUST_BALANCES)
def reverse(request: CompanyRequest, credit_id: UUID) -> HttpResponse:
    """Undo a credit that a person recorded: what it paid is owed again."""
    credit = credit_or_404(request, credit_id)
    form = ReasonForm(request.POST, auto_id="reverse_%s")
    if form.is_valid():
        try:
            reverse_credit(
                credit_id=credit.pk, on=clock.today(request.company), reason=form.cleaned_data["reason"],
                actor=request.user,
            )  # fmt: skip
        except REFUSALS as error:
            messages.error(request, str(error))
            return redirect("credit", credit.pk)
        else:
            messages.success(request, _("Se deshizo: lo que había pagado se debe otra vez."))
            return redirect(_next(request) or "credit", *([] if _next(request) else [credit.pk]))
    return _page(request, credit, status=422, reverse_form=form)


def _next(request: CompanyRequest) -> str:
    """Where to go back to, if it is a page of ours."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/e/")
    return address if is_ours else ""
