"""What the page of one movement draws: what the bank wrote, what explains it, what could, and its whole story."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from aldia.banking.models import AdjustmentReason, BankMovement, Match, MatchHow, MatchLine, MovementState
from aldia.banking.queries import story
from aldia.banking.queries.story import Happened, Restored
from aldia.customers import queries as customer_queries
from aldia.tenancy.permissions import RECONCILE, allows
from aldia.web.access import CompanyRequest
from aldia.web.formatting import amount_html, amount_text, day_text, decimal_mark
from aldia.web.forms_matching import AdjustForm
from aldia.web.matching_words import HOW_ICONS, OUTCOMES, STATES, difference_label
from aldia.web.narrative import pieces_of, reads_of
from aldia.web.views.banking.proposals import Said, said_of
from aldia.web.views.banking.sights import address
from aldia.web.views.receivables.common import sight

RETURN_DAYS = 90
OPEN = (MovementState.PENDING, MovementState.PARTIAL)
_VERBS: dict[str, tuple[str, str, str]] = {
    "archived": ("archive", "gray", "Se archivó"),
    "unarchived": ("rotate", "azure", "Volvió a la bandeja"),
    "assigned": ("user-check", "azure", "Cambió de responsable"),
}


@dataclass(frozen=True, slots=True)
class Explained:
    """A match as the page draws it; `restored` is what undoing it would bring back."""

    match: Match
    icon: str
    tint: str
    restored: Restored

    @property
    def lines(self) -> list[tuple[MatchLine, str]]:
        """Its lines, each with what its difference is called."""
        return [(line, difference_label(line.difference_kind)) for line in self.match.lines.all()]

    @property
    def undo_id(self) -> str:
        return f"undo-{self.match.pk.hex}"


def context_of(request: CompanyRequest, row: BankMovement, **more: Any) -> dict[str, Any]:
    matches = story.matches_of([row.pk])
    live = [each for each in matches if each.undone_at is None]
    left = row.amount - row.explained
    may = allows(request.membership, RECONCILE)
    is_open = row.state in OPEN and not row.doubt
    said = _in_sight(request, said_of(row)) if is_open else Said((), [])
    colour, meaning = STATES[row.state]
    return {
        "row": row,
        "left": left,
        "is_in": row.amount > 0,
        "state_colour": colour,
        "state_meaning": meaning,
        "pieces": pieces_of(row.text or row.concept, row.evidence, _numbers(live, said)),
        "reads": reads_of(row.evidence),
        "explained": [_explained(each) for each in live],
        "undone": [each for each in matches if each.undone_at is not None],
        "said": said,
        "is_open": is_open,
        "may_work": may and is_open,
        "may": may,
        "events": events_of(request, row),
        "facts": facts_of(request, row),
        "raw": [(str(each[0]), str(each[1])) for each in row.raw if len(each) > 1],
        "people": customer_queries.collectors() if may else [],
        "deposits": deposits_like(row) if is_open and row.amount < 0 else [],
        "adjust_form": more.pop("adjust_form", None) or adjust_form(request, row),
        "key": uuid.uuid4().hex,
        "list_url": address("bank_movements"),
        "inbox_url": address("reconcile_inbox"),
        **more,
    }


def _in_sight(request: CompanyRequest, said: Said) -> Said:
    """Without the proposals about customers that the person may not see."""
    if not request.membership.own_portfolio_only:
        return said
    ids = [each.customer.pk for each in said.proposals if each.customer is not None]
    seen = set(sight(request).customers().filter(pk__in=ids).values_list("pk", flat=True))
    kept = [each for each in said.proposals if each.customer is not None and each.customer.pk in seen]
    return Said(said.sentences, kept)


def adjust_form(request: CompanyRequest, row: BankMovement, data: Any = None) -> AdjustForm:
    direction = "in" if row.amount > 0 else "out"
    reasons = AdjustmentReason.objects.filter(retired_at__isnull=True, direction__in=("both", direction))
    left = row.amount - row.explained
    return AdjustForm(
        data, reasons=list(reasons.order_by("name")), left=left, currency=row.currency,
        decimal=decimal_mark(request.company), auto_id="adjust_%s",
    )  # fmt: skip


def deposits_like(row: BankMovement) -> list[BankMovement]:
    """Deposits that this withdrawal may be the return of: the same amount, before, not returned yet."""
    rows = BankMovement.objects.filter(currency=row.currency, amount=-row.amount, reversal__isnull=True)
    rows = rows.filter(booked_on__range=(row.booked_on - timedelta(days=RETURN_DAYS), row.booked_on), doubt="")
    rows = rows.exclude(pk=row.pk).select_related("account", "payer")
    return list(rows.order_by("-booked_on", "-id")[:6])


def _explained(match: Match) -> Explained:
    icon, tint = HOW_ICONS.get(match.how, ("check", "green"))
    return Explained(match, icon, tint, story.would_restore(match))


def _numbers(live: list[Match], said: Said) -> list[str]:
    """The documents whose numbers are worth marking: those that explain it, else those that are proposed."""
    lines = [line for match in live for line in match.lines.all()]
    found = [line.receivable.number for line in lines if line.receivable is not None]
    proposed = (each.receivable for proposal in said.proposals[:3] for each in proposal.documents)
    return found or [each.number for each in proposed if each is not None]


def facts_of(request: CompanyRequest, row: BankMovement) -> list[tuple[str, Any]]:
    company = request.company
    balance = amount_text(row.balance, row.currency, company) if row.balance is not None else ""
    return [
        (_("Cuenta"), f"{row.account} · {row.account.bank}" if row.account.bank else str(row.account)),
        (_("Fecha valor"), day_text(row.value_on) if row.value_on and row.value_on != row.booked_on else ""),
        (_("Saldo después"), balance),
        (_("Quién paga") if row.amount > 0 else _("A quién se pagó"), row.payer_name),
        (_("RFC o identificador"), row.payer_tax_id),
        (_("Su cuenta"), row.payer_account),
        (_("Entró por la cuenta de cobro"), row.collection_account),
        (_("Concepto"), row.concept),
        (_("Referencia"), row.bank_reference),
        (_("Clave de rastreo"), row.trace_key),
        (_("Código del banco"), row.code),
    ]


def events_of(request: CompanyRequest, row: BankMovement) -> list[dict[str, Any]]:
    """The story as a timeline."""
    return [event for each in story.story_of(row) if (event := _event(request, each, row))]


def _event(request: CompanyRequest, happened: Happened, row: BankMovement) -> dict[str, Any] | None:
    makers = {
        "imported": _imported, "decided": _decided, "matched": _matched, "undone": _undone,
        "reviewed": _reviewed, "commented": _commented, "audit": _audited,
    }  # fmt: skip
    made = makers[happened.what](happened.about)
    if made is None:
        return None
    event = {**made, "when": happened.at, "who": happened.who}
    if happened.what == "matched":
        match: Any = happened.about
        event["amount"] = amount_html(match.amount, row.currency, request.company)
        event["who"] = happened.who or "Aldía"
    return event


def _imported(brought: Any) -> dict[str, Any]:
    ways = {"file": _("Entró en un estado de cuenta"), "pull": _("Lo trajo la conexión con el banco"),
            "push": _("Lo avisó el banco")}  # fmt: skip
    return {"icon": "file-import", "tint": "azure", "title": ways.get(brought.source, _("Entró"))}


def _decided(decision: Any) -> dict[str, Any]:
    said = str(OUTCOMES.get(decision.outcome, decision.outcome))
    return {"icon": "zoom-question", "tint": "gray", "title": _("Aldía lo revisó: %(said)s") % {"said": said.lower()}}


def _matched(match: Any) -> dict[str, Any]:
    icon, tint = HOW_ICONS.get(match.how, ("check", "green"))
    text = ", ".join(names_of(match))
    title = _("Se concilió: %(how)s") % {"how": str(MatchHow(match.how).label).lower()}
    return {"icon": icon, "tint": tint, "title": title, "text": " · ".join(filter(None, (text, match.note)))}


def names_of(match: Match) -> Iterable[str]:
    """What a match explains with, in a word or two each."""
    for line in match.lines.all():
        if line.receivable is not None:
            why = f" ({difference_label(line.difference_kind)})" if line.difference else ""
            yield f"{line.receivable.number}{why}"
        elif line.known is not None:
            yield line.known.reference or str(line.known.get_kind_display())
        elif line.reason is not None:
            yield line.reason.name
        else:
            yield _("a favor del cliente")


def _undone(match: Any) -> dict[str, Any]:
    return {"icon": "arrow-back-up", "tint": "red", "title": _("Se deshizo"), "text": match.undo_reason}


def _reviewed(match: Any) -> dict[str, Any]:
    title = _("Revisión a ciegas: estaba bien") if match.review == "right" else _("Revisión a ciegas: estaba mal")
    return {"icon": "eye", "tint": "green" if match.review == "right" else "red", "title": title}


def _commented(comment: Any) -> dict[str, Any]:
    return {"icon": "message", "tint": "azure", "title": _("Comentario"), "text": comment.text}


def _audited(event: Any) -> dict[str, Any] | None:
    """What left no row of its own; the rest of the audit repeats what the other rows say."""
    word = str(event.verb).rpartition(".")[2]
    for key, (icon, tint, title) in _VERBS.items():
        if word.endswith(key):
            return {"icon": icon, "tint": tint, "title": _(title), "text": str(event.detail.get("reason") or "")}
    return None
