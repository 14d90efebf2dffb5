"""The list of movements: tabs by state, filters, what each row says, sums, and the file that it exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.banking.models import BankAccount, BankMovement, MatchHow, MovementState
from aldia.banking.queries import guided, inbox
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.tenancy.models import Membership
from aldia.web.access import CompanyRequest
from aldia.web.forms import currency_choices
from aldia.web.inbox_words import GROUPS, LEVEL_OF_ONE, LEVELS, why_text
from aldia.web.listing import Amount, Choice, Column, Day, Listing, Pick, Search
from aldia.web.views.banking.sights import movements_in_sight
from aldia.web.views.collecting.lists import in_parts
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.table import OfCustomer, for_person

TABS: tuple[tuple[str, Any, Any], ...] = (
    (
        inbox.WAITING,
        gettext_lazy("Por conciliar"),
        gettext_lazy(
            "Pendiente: nada explica todavía el dinero. Parcial: una parte ya está explicada y el resto espera."
        ),
    ),
    (
        "partial",
        gettext_lazy("Parciales"),
        gettext_lazy("Una parte del movimiento ya pagó algo; lo que falta sigue esperando."),
    ),
    (
        "reconciled",
        gettext_lazy("Conciliados"),
        gettext_lazy("Todo el importe está explicado y en los libros. Cada uno se puede deshacer."),
    ),
    (
        "archived",
        gettext_lazy("Archivados"),
        gettext_lazy("Alguien los apartó con un motivo: no preguntan, no se borran y se pueden traer de vuelta."),
    ),
    (
        "reversed",
        gettext_lazy("Devueltos"),
        gettext_lazy("El banco se llevó el dinero de vuelta: lo que habían pagado se debe otra vez."),
    ),
    (inbox.ALL, gettext_lazy("Todos"), gettext_lazy("Todo lo que el banco ha dicho, en cualquier estado.")),
)


def account_choices() -> list[tuple[str, str]]:
    """The company's accounts at banks."""
    return [(str(pk), name) for pk, name in BankAccount.objects.order_by("name").values_list("pk", "name")]


def people_choices() -> list[tuple[str, Any]]:
    """Who may look into a movement, and nobody."""
    rows = Membership.objects.filter(suspended_at__isnull=True).select_related("user").order_by("user__name")
    return [("nobody", _("Nadie")), *((str(row.user_id), row.user.get_full_name()) for row in rows)]


LIST = Listing(
    key="bank_movements",
    columns=(
        Column("text", gettext_lazy("Movimiento"), always=True),
        Column("booked_on", gettext_lazy("Fecha"), sort="booked_on"),
        Column("account", gettext_lazy("Cuenta"), shown=False),
        Column("proposal", gettext_lazy("Qué lo explica")),
        Column("certainty", gettext_lazy("Certeza"), sort="certainty"),
        Column("who", gettext_lazy("Responsable"), shown=False),
        Column("state", gettext_lazy("Estado"), sort="state"),
        Column("amount", gettext_lazy("Importe"), sort="amount", numeric=True),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar en lo que dice el banco, cliente o importe")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Choice("why", gettext_lazy("Qué falta"), tuple((key, each.label) for key, each in GROUPS.items())),
        Choice("level", gettext_lazy("Certeza"), tuple((str(key), each.label) for key, each in LEVELS.items())),
        Pick("account", gettext_lazy("Cuenta"), account_choices),
        Choice(
            "way",
            gettext_lazy("Dinero"),
            (("in", gettext_lazy("Que entró")), ("out", gettext_lazy("Que salió"))),
        ),
        Pick("who", gettext_lazy("Responsable"), people_choices),
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        Day("from", gettext_lazy("Desde")),
        Day("to", gettext_lazy("Hasta")),
        Amount("least", gettext_lazy("Importe desde")),
    ),
    sort="-booked_on",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A movement as the list draws it: what waits with its proposal, what is settled with its explanation."""

    movement: BankMovement
    why: str
    customer: str
    documents: tuple[str, ...]
    note: str
    has_proposal: bool

    @property
    def pk(self) -> UUID:
        return self.movement.pk

    @property
    def title(self) -> str:
        return self.movement.payer_name or self.movement.concept or self.movement.text

    @property
    def is_waiting(self) -> bool:
        return self.movement.state in inbox.OPEN

    @property
    def level(self) -> Any:
        decided = self.is_waiting and self.movement.outcome and not self.movement.doubt
        return LEVELS.get(self.movement.certainty) if decided else None

    @property
    def level_word(self) -> Any:
        return LEVEL_OF_ONE.get(self.movement.certainty, "")

    @property
    def left(self) -> int:
        return self.movement.amount - self.movement.explained


def tab_of(request: CompanyRequest, usual: str) -> str:
    """The tab asked for."""
    asked = request.GET.get("state", "")
    return asked if asked in {key for key, _label, _text in TABS} else usual


def listing(request: CompanyRequest, tab: str) -> Listing:
    """The list as the tab has it."""

    def narrowed(rows: QuerySet[BankMovement], values: dict[str, Any]) -> QuerySet[BankMovement]:
        states = inbox.STATES_OF.get(tab)
        return inbox.filtered(rows.filter(state__in=states) if states else rows, values, request.company.currency)

    usual = "-certainty" if tab == inbox.WAITING else LIST.sort
    return replace(LIST, filters=for_person(request, LIST), apply=narrowed, sort=usual)


def chosen(request: CompanyRequest, most: int) -> list[UUID]:
    """The movements that a bulk form names (at most `most` and one), in the order of guided reconciliation."""
    rows = listing(request, tab_of(request, inbox.ALL)).selected(request, movements_in_sight(request))
    return list(rows.order_by(*guided.ORDER).values_list("pk", flat=True)[: most + 1])


def drawn(request: CompanyRequest, movements: Sequence[BankMovement]) -> list[Row]:
    """Rows with what explains them, or would."""
    waits = [row for row in movements if row.state in inbox.OPEN]
    cards = guided.cards_of(waits, customers=sight(request).customers(), whole=False)
    proposed = {card.movement.pk: card.best for card in cards}
    settled = inbox.explained([row.pk for row in movements if row.explained])
    return [_row(row, proposed.get(row.pk), settled.get(row.pk)) for row in movements]


def _row(movement: BankMovement, best: guided.Choice | None, known: inbox.Explained | None) -> Row:
    why = why_text(movement.why, movement.outcome, movement.doubt)
    if movement.state in inbox.OPEN:
        documents = tuple(each.receivable.number for each in best.paid) if best else ()
        note = _("queda a favor") if best and best.left else _("ya registrado") if best and best.known else ""
        return Row(movement, why, str(best.customer or "") if best else "", documents, note, best is not None)
    if known is None:
        return Row(movement, why, "", (), movement.archive_reason, False)
    notes = [*known.reasons, *([_("a favor del cliente")] if known.left else [])]
    return Row(movement, why, ", ".join(known.customers[:2]), known.documents, ", ".join(notes), False)


def tabs(request: CompanyRequest, rows: QuerySet[BankMovement], active: str) -> list[dict[str, Any]]:
    """The tabs with how many wait."""
    counts = inbox.counts_by_state(rows)
    waiting = counts.get(MovementState.PENDING, 0) + counts.get(MovementState.PARTIAL, 0)
    shown = {inbox.WAITING: waiting, "partial": counts.get(MovementState.PARTIAL, 0)}
    return [
        {"label": label, "url": f"?state={key}", "active": key == active, "count": shown.get(key)}
        for key, label, _text in TABS
        if key != "partial" or shown[key] or key == active
    ]


def explanation(tab: str) -> Any:
    """What the state of a tab means."""
    return next(text for key, _label, text in TABS if key == tab)


def sheet_columns() -> list[SheetColumn]:
    return [
        SheetColumn(_("Fecha"), "day", 12),
        SheetColumn(_("Cuenta"), width=24),
        SheetColumn(_("Lo que dice el banco"), width=70),
        SheetColumn(_("Quién paga"), width=34),
        SheetColumn(_("RFC"), width=16),
        SheetColumn(_("Clave de rastreo"), width=30),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Importe"), "money"),
        SheetColumn(_("Explicado"), "money"),
        SheetColumn(_("Por explicar"), "money"),
        SheetColumn(_("Estado")),
        SheetColumn(_("Qué falta"), width=30),
        SheetColumn(_("Cliente"), width=36),
        SheetColumn(_("Documentos"), width=40),
        SheetColumn(_("Nota"), width=30),
        SheetColumn(_("Cómo"), width=24),
        SheetColumn(_("Responsable"), width=24),
    ]


def cells(rows: QuerySet[BankMovement]) -> Iterator[list[Cell]]:
    """The rows of the file, a few hundred at a time."""
    hows = dict(MatchHow.choices)
    for part in in_parts(rows.iterator(chunk_size=500)):
        settled = inbox.explained([row.pk for row in part if row.explained])
        for row in part:
            known = settled.get(row.pk, inbox.Explained())
            waits = row.state in inbox.OPEN
            yield [
                row.booked_on, row.account.name, row.text, row.payer_name, row.payer_tax_id, row.trace_key,
                row.currency, Money(row.amount, row.currency), Money(row.explained, row.currency),
                Money(row.amount - row.explained if waits else 0, row.currency), str(row.get_state_display()),
                why_text(row.why, row.outcome, row.doubt) if waits else "", ", ".join(known.customers),
                ", ".join(known.documents), row.archive_reason or ", ".join(known.reasons),
                ", ".join(str(hows.get(how, how)) for how in known.hows),
                row.assigned_to.get_full_name() if row.assigned_to else "",
            ]  # fmt: skip
