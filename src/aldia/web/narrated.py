"""Events of the audit trail for pages: the verb as a sentence, what changed, the way to its object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from aldia.banking.models import BankAccount
from aldia.collections.models import EvidenceFile
from aldia.customers.models import Customer, Portfolio
from aldia.customers.queries import as_uuid
from aldia.documents.models import FiscalDocument
from aldia.domain.folding import fold
from aldia.messaging.models import Message, Template
from aldia.receivables.models import Credit, Receivable
from aldia.reminders.models import ReminderRule
from aldia.tenancy.models import AuditEvent
from aldia.web.audit_words import FIELDS, OBJECTS, VERBS

LONGEST = 200  # letters of a value
MOST = 12  # values of a list that are written out
_NAMED: dict[str, type[Model]] = {  # kinds of objects whose name is looked up
    "bankaccount": BankAccount, "credit": Credit, "customer": Customer, "document": FiscalDocument,
    "evidence": EvidenceFile, "message": Message, "portfolio": Portfolio, "receivable": Receivable,
    "reminder_rule": ReminderRule, "template": Template,
}  # fmt: skip
_COLUMN = {"credit": "reference", "customer": "legal_name", "receivable": "number", "message": "subject"}


class Change(NamedTuple):
    """A field from before to after."""

    label: str
    before: str
    after: str


class Told(NamedTuple):
    """An event as the page draws it."""

    event: AuditEvent
    title: str
    kind: str
    name: str
    url: str
    changes: list[Change]
    facts: list[tuple[str, str]]


def told(events: Iterable[AuditEvent]) -> list[Told]:
    """The events with their words; the names of their objects in one query for each kind."""
    rows = list(events)
    names = _names(rows)
    return [_told(row, names.get((row.object_type, row.object_id), "")) for row in rows]


def title_of(verb: str) -> str:
    return str(VERBS.get(verb, verb))


def changes_of(detail: dict[str, Any]) -> list[Change]:
    """What an event says was otherwise before: `changes`, `before` with `after`, or pairs as they stand."""
    pairs = detail.get("changes")
    if isinstance(pairs, dict):
        return list(_pairs(pairs))
    before, after = detail.get("before"), detail.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        return list(_pairs({name: [before.get(name), after.get(name)] for name in {**before, **after}}))
    return list(_pairs(detail)) if _is_all_pairs(detail) else []


def facts_of(detail: dict[str, Any]) -> list[tuple[str, str]]:
    """What else an event says: ids that nobody reads are left out."""
    found: list[tuple[str, str]] = []
    if _is_all_pairs(detail):
        return found
    for name, value in detail.items():
        text = "" if name in ("changes", "before", "after") else word(value)
        if text and as_uuid(text) is None:
            found.append((label_of(name), text))
    return found


def label_of(name: str) -> str:
    return str(FIELDS.get(name, name.replace("_", " ")))


def word(value: Any) -> str:
    """A value of the trail as it is read: "sí", "30", "a, b y 3 más"."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("sí") if value else _("no")
    if isinstance(value, dict):
        return _short(" · ".join(f"{label_of(name)}: {word(each)}" for name, each in value.items() if word(each)))
    if isinstance(value, list):
        if all(as_uuid(str(each)) for each in value):
            return str(len(value)) if value else ""
        shown = ", ".join(word(each) for each in value[:MOST])
        return _short(shown if len(value) <= MOST else f"{shown}…")
    return _short(str(value))


def _told(row: AuditEvent, name: str) -> Told:
    kind, address = OBJECTS.get(row.object_type, (row.object_type, ""))
    known = row.object_type not in _NAMED or name
    url = _url(address, row.object_id) if address and row.object_id and known else ""
    detail = row.detail if isinstance(row.detail, dict) else {}
    return Told(row, title_of(row.verb), str(kind), name, url, changes_of(detail), facts_of(detail))


def _pairs(found: dict[str, Any]) -> Iterator[Change]:
    nothing = _("vacío")
    for name, pair in found.items():
        if isinstance(pair, list) and len(pair) == 2 and pair[0] != pair[1]:
            yield Change(label_of(name), word(pair[0]) or nothing, word(pair[1]) or nothing)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and not isinstance(value[0], list) and value[0] != value[1]


def _is_all_pairs(detail: dict[str, Any]) -> bool:
    return bool(detail) and all(_is_pair(value) for value in detail.values())


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _url(address: str, object_id: str) -> str:
    """The page of an object, or the one where all of its kind are."""
    for arguments in ([as_uuid(object_id)], [object_id], []):
        try:
            return reverse(address, args=arguments)
        except NoReverseMatch:
            continue
    return ""


def _names(rows: list[AuditEvent]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for kind, model in _NAMED.items():
        ids = {as_uuid(row.object_id) for row in rows if row.object_type == kind} - {None}
        if not ids:
            continue
        for each in model._default_manager.filter(pk__in=ids):
            found[kind, str(each.pk)] = _name_of(kind, each)
    return found


def _name_of(kind: str, row: Model) -> str:
    if isinstance(row, EvidenceFile):
        return f"{row.until:%d/%m/%Y}"
    if isinstance(row, Credit):
        return row.reference or str(row.get_kind_display())
    return str(getattr(row, _COLUMN.get(kind, "pk")) if kind in _COLUMN else row) or "—"


def verbs_like(words: list[str]) -> list[str]:
    """The verbs whose sentence has all of these words (folded)."""
    return [verb for verb, sentence in VERBS.items() if all(each in fold(str(sentence)) for each in words)]
