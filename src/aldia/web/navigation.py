"""The sections of the sidebar: one list with the permission and the address of each.

`names` are names of addresses: the first that resolves is the link, all of them (and everything below their path) make
it the current one. An item whose address does not exist (yet), or that the person may not open, is not shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from aldia.authority.models import ListedDocument
from aldia.banking.models import BankMovement, MovementState
from aldia.payments.models import PaymentAttempt
from aldia.recurring.queries.waiting import for_people
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows

MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Item:
    label: Any
    icon: str
    names: tuple[str, ...]
    permission: str = permissions.VIEW
    go: str = ""  # "g" and this letter opens it
    badge: Callable[[HttpRequest], int] | None = None  # how much waits there for a person


@dataclass(frozen=True, slots=True)
class Section:
    label: Any
    items: tuple[Item, ...]


def payments_to_review(request: HttpRequest) -> int:
    """Payments on line that wait for a person."""
    rows = PaymentAttempt.objects.exclude(review="")
    membership = getattr(request, "membership", None)
    if membership is not None and membership.own_portfolio_only:
        rows = rows.filter(customer__portfolio__collector=membership.user_id)
    return rows.order_by()[:MOST_COUNTED].count()


def movements_to_reconcile(request: HttpRequest) -> int:
    """Movements of the bank that wait for a person."""
    rows = BankMovement.objects.filter(state__in=(MovementState.PENDING, MovementState.PARTIAL))
    membership = getattr(request, "membership", None)
    if membership is not None and membership.own_portfolio_only:
        rows = rows.filter(payer__portfolio__collector=membership.user_id)
    return rows.order_by()[:MOST_COUNTED].count()


def documents_to_bring(request: HttpRequest) -> int:
    """Documents that SAT lists and are not on file."""
    membership = getattr(request, "membership", None)
    if membership is not None and membership.own_portfolio_only:
        return 0
    return ListedDocument.objects.filter(missing_since__isnull=False).order_by()[:MOST_COUNTED].count()


def dates_to_decide(request: HttpRequest) -> int:
    """Dates of recurring documents that were missed or failed."""
    rows = for_people()
    membership = getattr(request, "membership", None)
    if membership is not None and membership.own_portfolio_only:
        rows = rows.filter(schedule__customer__portfolio__collector=membership.user_id)
    return rows.order_by()[:MOST_COUNTED].count()


SECTIONS = (
    Section("", (Item(_("Inicio"), icon="home", names=("home",), go="i"),)),
    Section(
        _("Cobrar"),
        (
            Item(_("Lista de hoy"), icon="phone", names=("worklist",), go="h"),
            Item(_("Clientes"), icon="users", names=("customers", "customer_list"), go="c"),
            Item(_("Carteras"), icon="briefcase", names=("portfolios", "portfolio_list")),
            Item(_("Por cobrar"), icon="file-invoice", names=("receivables", "receivable_list"), go="p"),
            Item(_("Promesas"), icon="calendar-check", names=("promises",)),
            Item(
                _("Recargos y planes"),
                icon="rosette-discount-check",
                names=("late_rules", "discount_rules", "payment_plans"),
            ),
            Item(_("Disputas"), icon="flag", names=("disputes",)),
            Item(_("Los siete pasos"), icon="stairs", names=("steps",)),
            Item(_("Equipo"), icon="users-group", names=("team",), permission=permissions.MANAGE_TEAM),
            Item(_("Riesgo y crédito"), icon="shield-half", names=("credit",)),
        ),
    ),
    Section(
        _("Pagos"),
        (
            Item(_("Recibidos"), icon="cash", names=("credits", "credit_list", "payments"), go="r"),
            Item(_("Avisos de pago"), icon="message-dollar", names=("reports",)),
            Item(
                _("Pagos en línea"),
                icon="credit-card",
                names=("payment_attempts",),
                go="n",
                badge=payments_to_review,
            ),
            Item(_("Ligas de pago"), icon="link", names=("payment_links",), go="k"),
            Item(_("Cuentas de cobro"), icon="building-bank", names=("collection_accounts",)),
        ),
    ),
    Section(
        _("Conciliación"),
        (
            Item(
                _("Por conciliar"),
                icon="list-check",
                names=("reconcile_inbox",),
                go="b",
                badge=movements_to_reconcile,
            ),
            Item(
                _("Conciliación guiada"),
                icon="player-play",
                names=("guided",),
                permission=permissions.RECONCILE,
                go="u",
            ),
            Item(_("Movimientos"), icon="switch-horizontal", names=("bank_movements",), go="o"),
            Item(_("Cuentas y estados de cuenta"), icon="building-bank", names=("bank_accounts", "statements_index")),
            Item(_("Pagadores aprendidos"), icon="user-check", names=("payer_aliases",)),
            Item(_("Resultados"), icon="gauge", names=("match_scorecard",)),
        ),
    ),
    Section(
        _("Facturación"),
        (
            Item(_("Facturas y notas"), icon="file-invoice", names=("issues",), go="f"),
            Item(_("Complementos de pago"), icon="receipt", names=("complements",)),
            Item(_("Recurrentes"), icon="rotate", names=("schedules",), badge=dates_to_decide),
        ),
    ),
    Section(
        _("Recordatorios"),
        (
            Item(_("Reglas"), icon="bell", names=("reminder_rules",), go="e"),
            Item(_("Plantillas"), icon="notes", names=("message_templates",)),
            Item(_("Calendario"), icon="calendar-event", names=("reminder_calendar",), go="l"),
            Item(_("Enviados"), icon="send", names=("messages",), go="v"),
            Item(_("Buzón"), icon="inbox", names=("mailbox",)),
        ),
    ),
    Section(
        _("Documentos"),
        (
            Item(
                _("Importar"),
                icon="file-upload",
                names=("imports", "documents_import", "import_documents", "batch_list"),
                permission=permissions.IMPORT_DOCUMENTS,
                go="m",
            ),
            Item(
                _("Saldos iniciales"),
                icon="table-import",
                names=("opening_balances", "opening_import"),
                permission=permissions.IMPORT_DOCUMENTS,
            ),
            Item(_("En archivo"), icon="archive", names=("documents", "document_list"), go="d"),
        ),
    ),
    Section(
        _("SAT"),
        (
            Item(_("Sincronización"), icon="refresh", names=("authority",), go="s"),
            Item(_("Por traer"), icon="file-download", names=("authority_missing",), badge=documents_to_bring),
            Item(_("Listas 69 y 69-B"), icon="list-details", names=("taxpayer_lists",)),
        ),
    ),
    Section(
        _("Reportes"),
        (
            Item(_("Antigüedad de saldos"), icon="chart-bar", names=("report_aging", "aging"), go="a"),
            Item(
                _("Estado de cuenta"), icon="report-money", names=("report_statement", "statements", "statement_list")
            ),
            Item(_("Saldos vencidos"), icon="alert-triangle", names=("report_overdue", "overdue")),
            Item(_("Indicadores"), "chart-line", ("report_indicators",)),
            Item(_("Pronóstico"), icon="chart-dots", names=("forecast",)),
            Item(_("Flujo de efectivo"), icon="cash-register", names=("cash_flow",)),
            Item(_("Cobrado por cobrador"), icon="cash", names=("report_collectors",)),
            Item(_("Eficacia de recordatorios"), icon="bell-check", names=("report_reminders",)),
            Item(_("Expedientes"), icon="folder", names=("evidence",)),
            Item(_("Reportes por correo"), icon="mail-fast", names=("report_schedules",)),
            Item(_("Bitácora"), icon="history", names=("audit", "audit_list"), permission=permissions.VIEW_AUDIT),
        ),
    ),
    Section(
        _("Configuración"),
        (
            Item(_("Empresa"), icon="building", names=("company_settings",), permission=permissions.MANAGE_COMPANY),
            Item(
                _("Cobranza"), icon="adjustments", names=("collection_settings",), permission=permissions.MANAGE_COMPANY
            ),
            Item(
                _("Recordatorios"),
                icon="bell",
                names=("reminder_settings",),
                permission=permissions.MANAGE_REMINDERS,
            ),
            Item(
                _("Conciliación"),
                icon="scale",
                names=("matching_settings",),
                permission=permissions.RECONCILE,
            ),
            Item(_("Canales"), icon="send", names=("channels",), permission=permissions.MANAGE_COMPANY),
            Item(
                _("Medios de pago"),
                icon="wallet",
                names=("payment_methods", "payment_settings"),
                permission=permissions.MANAGE_COMPANY,
            ),
            Item(_("Portal"), icon="world", names=("portal_settings",), permission=permissions.MANAGE_COMPANY),
            Item(_("Personas"), icon="user-cog", names=("people",), permission=permissions.MANAGE_PEOPLE),
            Item(
                _("Facturación"),
                icon="file-invoice",
                names=("issuing_settings",),
                permission=permissions.MANAGE_AUTHORITY,
            ),
            Item(
                _("Certificados del SAT"),
                icon="certificate",
                names=("certificates",),
                permission=permissions.MANAGE_COMPANY,
            ),
            Item(
                _("Trabajos"),
                icon="settings-automation",
                names=("jobs", "job_list"),
                permission=permissions.MANAGE_JOBS,
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    icon: str
    url: str
    current: bool
    go: str
    count: int = 0


def sidebar(request: HttpRequest) -> list[tuple[str, list[Link]]]:
    """The sections that this person sees, with the current item marked (the deepest address above the page's)."""
    membership = getattr(request, "membership", None)
    found = [
        (
            section,
            [(item, url) for item in section.items if allows(membership, item.permission) and (url := _url(item))],
        )
        for section in SECTIONS
    ]
    current = _current(request.path, [url for _section, items in found for _item, url in items])
    return [
        (str(section.label), [_link(request, item, url, current) for item, url in items])
        for section, items in found
        if items
    ]


def _link(request: HttpRequest, item: Item, url: str, current: str) -> Link:
    count = item.badge(request) if item.badge else 0
    return Link(str(item.label), item.icon, url, url == current, item.go, count)


def _url(item: Item) -> str:
    for name in item.names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def _current(path: str, urls: list[str]) -> str:
    root = reverse("root")
    above = [url for url in urls if path == url or (url != root and path.startswith(url))]
    return max(above, key=len, default="")
