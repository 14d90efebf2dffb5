"""A company with one row in every table and a canary in every text, and the ids that addresses ask for.

A new address whose argument is called `<model>_id` needs nothing here; any other argument needs a line in `ALIASES`
(another name for a model) or in `VALUES` (not an id).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.db import models

from aldia.queue.models import Job
from aldia.tenancy import operations, storage
from aldia.tenancy.guards import company_models
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, ChainHead, Company, Invitation, Membership, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user

CANARY = "Canario7Q"
NOW = datetime(2026, 11, 21, 16, tzinfo=UTC)
DAY = date(2026, 10, 15)

# Arguments of addresses that are not called after their model.
ALIASES = {
    "document_id": "fiscaldocument",
    "batch_id": "ingestbatch",
    "item_id": "ingestitem",
    "file_id": "customerfile",
    "entry_id": "journalentry",
    "evidence_id": "evidencefile",
    "event_id": "auditevent",
    "line_id": "creditline",
    "member_id": "membership",
    "report_id": "reportedpayment",
    "attempt_id": "paymentattempt",
    "rule_id": "reminderrule",
    "run_id": "syncrun",
}
# Arguments that are not ids of a company's rows.
VALUES: dict[str, Callable[[World], Any]] = {
    "token": lambda world: world.token,
    "code": lambda world: 409,
    "channel": lambda world: "email",
    "adapter": lambda world: "smtp",
    "provider": lambda world: "sandbox",
    "feed": lambda world: "generic",
    "hook_company": lambda world: world.company.pk,
    "hook_token": lambda world: "no-such-token",
    "uidb36": lambda world: "1",
    "key": lambda world: "no-such-key",
    "slug": lambda world: world.company.slug,
    "clabe": lambda world: "646180110400000007",
    "provider_id": lambda world: "no-such-payment",
}
# Values that a column must have, where a canary or a one would not do.
COLUMNS: dict[str, Any] = {
    "currency": "MXN",
    "country": "MX",
    "language": "es",
    "residence": "MX",
    "key": "",
    "rate": "",
}
ROWS: dict[str, dict[str, Any]] = {
    "receivable": {"total": 100_000, "balance": 60_000},
    "credit": {"amount": 100_000, "remaining": 60_000, "held": 0},
    "allocation": {"amount": 40_000, "credit_amount": 40_000},
    "customer": {"collecting": True},
    "debtortypeoverride": {"type": "disorganised"},
    "invoiceforecast": {"confidence": "normal", "quantiles": list(range(19)), "buckets": [1000, 0, 0, 0]},
    "forecastscore": {
        "figures": {
            "made_on": "2026-10-01",
            "tier": 1,
            "n": 0,
            "resolved": 0,
            "error": None,
            "due_error": None,
            "average_error": None,
            "inside": None,
            "judged_bands": 0,
            "confusion": [[0] * 4] * 4,
            "cash": {},
        }
    },
    "schedule": {
        "kind": "charge_note",
        "rule": {"unit": "month", "every": 1, "days": [1]},
        "content": {"concept": "Renta de Canario7Q", "amount": 1},
    },
    "ledgeraccount": {"role": "receivable"},
    "job": {"task_path": "aldia.jobs.none"},
    "provideraccount": {"provider": "sandbox"},
    "ruleassignment": {"receivable": None},
    "discountrule": {"receivable": None, "tiers": [[10, 20_000]]},
}


@dataclass
class World:
    """Company A full of canaries and its people; company B with an owner who must learn nothing of A."""

    company: Company
    other: Company
    owner: User
    lowest: User
    suspended: User
    outsider: User
    text: str
    token: str = ""
    rows: dict[str, models.Model] = field(default_factory=dict)

    def value(self, argument: str) -> Any:
        """What to put into an address for an argument; KeyError when nobody said."""
        if argument in VALUES:
            return VALUES[argument](self)
        return self.rows[self.model_of(argument)].pk

    def model_of(self, argument: str) -> str:
        return ALIASES.get(argument) or argument.removesuffix("_id").replace("_", "")

    def query(self) -> str:
        """A query string with the ids of the company's rows under every name that a page may read."""
        names = {ALIASES.get(f"{each}_id", each): each for each in ("document", "batch", "item", "file", "line")}
        found = {names.get(model, model): str(row.pk) for model, row in self.rows.items()}
        return urlencode({"what": "owed", **found})

    def fingerprint(self) -> str:
        """A hash of every row of company A."""
        found = hashlib.sha256()
        for model in [*company_models(apps), Job]:
            manager = getattr(model, "all_companies", model._default_manager)
            with company_scope(self.company.pk):
                found.update(repr(list(manager.filter(company=self.company).order_by("pk").values_list())).encode())
        company = Company.objects.filter(pk=self.company.pk).values_list()
        found.update(repr(list(company)).encode())
        return found.hexdigest()


def make_world(text: str = CANARY) -> World:
    """Company A with `text` in every column of text that has room for it."""
    company = make_company(f"{text} SA de CV", f"{text}RFC"[:20], slug="compania-a")
    other = make_company("Otra Empresa", "OTR010203AB1", slug="compania-b")
    owner = make_user("owner@example.com", company)
    world = World(
        company=company,
        other=other,
        owner=owner,
        lowest=make_user("lowest@example.com", company, Role.AUDITOR),
        suspended=make_user("suspended@example.com", company),
        outsider=make_user("outsider@example.com", other),
        text=text,
    )
    with company_scope(company.pk):
        Membership.objects.filter(user=world.suspended).update(suspended_at=NOW)
        _invitation, world.token = operations.invite_person(
            actor=owner, email=f"{CANARY}@example.com", role=Role.FINANCE, now=datetime.now(UTC)
        )
        world.rows["storedfile"] = storage.store(f"{text}.xml", text.encode() * 20, "text/xml")
        world.rows["invitation"] = Invitation.objects.get()
        world.rows["membership"] = Membership.objects.get(user=world.lowest)
        world.rows["chainhead"] = ChainHead.objects.get()
        world.rows["auditevent"] = AuditEvent.objects.get()
        for model in [*company_models(apps), Job]:
            row_of(world, model, ())
    return world


def row_of(world: World, model: type[models.Model], above: tuple[type[models.Model], ...]) -> models.Model:
    """The world's row of a table, made with what it refers to."""
    name = model._meta.model_name or ""
    if name not in world.rows:
        given = ROWS.get(name, {})
        values = {
            each.name: given[each.name] if each.name in given else _value(world, each, (*above, model))
            for each in model._meta.concrete_fields
            if not each.primary_key
        }
        row = model(**{key: value for key, value in values.items() if value is not _DEFAULT})
        if row.pk is None:
            row.pk = uuid7()
        row.save(force_insert=True)
        world.rows[name] = row
    return world.rows[name]


_DEFAULT = object()


def _value(world: World, each: Any, above: tuple[type[models.Model], ...]) -> Any:
    if each.is_relation:
        return _related(world, each, above)
    if isinstance(each, models.CharField | models.TextField):
        return _text(each, world.text)
    if each.null or each.has_default() or each.has_db_default():
        return _DEFAULT
    if isinstance(each, models.DateTimeField):
        return NOW + timedelta(days=3)
    if isinstance(each, models.DateField):
        return DAY
    if isinstance(each, models.BinaryField):
        return CANARY.encode()
    return False if isinstance(each, models.BooleanField) else 1


def _related(world: World, each: Any, above: tuple[type[models.Model], ...]) -> Any:
    target = each.related_model
    if target is Company:
        return world.company
    if target is User:
        return world.owner
    if target in above or (each.null and target is each.model):
        return None
    return row_of(world, target, above)


def _text(each: Any, text: str) -> Any:
    if each.choices:
        return _DEFAULT if each.has_default() else each.choices[0][0]
    if each.name in COLUMNS:
        return COLUMNS[each.name]
    if each.null:
        return _DEFAULT
    room = each.max_length or 1000
    return text if room >= len(text) else _DEFAULT if each.has_default() or each.blank else "x"
