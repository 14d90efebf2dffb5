"""The tables: whose they are, in which order their keys begin, and that a row points only at rows below it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable

import pytest
from django.apps import apps
from django.db import models

from tests.architecture.source import ROOT, Finding, assert_clean

# Tables that belong to no company, and why.
GLOBAL = {
    "tenancy.Company": "is the company",
    "tenancy.User": "a person may work for several companies",
    "tenancy.RateCount": "attempts are counted by address or person, before any company is known",
    "queue.Job": "workers claim work of all companies; the row says in whose scope it runs",
    "queue.Schedule": "some schedules are the house's own",
    "queue.ScheduleRun": "belongs to its schedule",
    "documents.SatCertificate": "certificates that the authority publishes, the same for everybody",
    "authority.TaxpayerList": "a list that the authority publishes, the same for everybody",
    "authority.ListedTaxpayer": "a row of such a list",
    "issuing.CatalogueEntry": "a code of a catalogue that the authority publishes, the same for everybody",
    "issuing.CatalogueLoad": "which catalogue was loaded, when",
}


def layers() -> dict[str, int]:
    """Height of each room of the house, from the contract in pyproject.toml (0 is the bottom)."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    lines = next(contract for contract in config["contracts"] if contract["type"] == "layers")["layers"]
    return {room.strip(" ()"): height for height, line in enumerate(reversed(lines)) for room in line.split("|")}


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("aldia.")]


def upward_keys(tables: Iterable[type[models.Model]], height: dict[str, int]) -> list[Finding]:
    """Foreign keys to a table of a higher layer, or of a neighbour on the same line."""
    found = []
    for model in tables:
        own = model._meta.app_label
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey):
                other = field.related_model._meta.app_label
                if other != own and other in height and height[other] >= height[own]:
                    found.append(Finding(f"{model._meta.label}.{field.name}", f"points up at {other}"))
    return found


def ownerless(tables: Iterable[type[models.Model]]) -> list[Finding]:
    """Tables without a company that cannot be null, except the global ones."""
    found = []
    for model in tables:
        field = next((field for field in model._meta.fields if field.name == "company"), None)
        if (field is None or field.null) and model._meta.label not in GLOBAL:
            found.append(Finding(model._meta.label, "has no company of its own"))
    return found


def keys_without_company(tables: Iterable[type[models.Model]]) -> list[Finding]:
    """Unique constraints and indexes of a company's table that do not begin with the company."""
    found = []
    for model in tables:
        if model._meta.label in GLOBAL:
            continue
        rules = [rule for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
        for rule in (*rules, *model._meta.indexes):
            if rule.fields and rule.fields[0].lstrip("-") != "company":
                found.append(Finding(f"{model._meta.label}:{rule.name}", f"begins with {rule.fields[0]}"))
        for field in model._meta.fields:
            if field.unique and not field.primary_key:
                found.append(Finding(f"{model._meta.label}.{field.name}", "unique without the company"))
    return found


def unguarded_managers(tables: Iterable[type[models.Model]]) -> list[Finding]:
    """Company tables whose first manager would answer without a company."""
    from aldia.tenancy.base import ScopedManager

    return [
        Finding(model._meta.label, "its default manager is not scoped")
        for model in tables
        if model._meta.label not in GLOBAL and not isinstance(model._meta.default_manager, ScopedManager)
    ]


def inexact_money(tables: Iterable[type[models.Model]]) -> list[Finding]:
    """Fields of a kind that loses money: floats, and decimals, which SQLite keeps as floats."""
    return [
        Finding(f"{model._meta.label}.{field.name}", type(field).__name__)
        for model in tables
        for field in model._meta.fields
        if isinstance(field, (models.FloatField, models.DecimalField))
    ]


def test_foreign_keys_point_downwards() -> None:
    assert_clean("upward_keys", upward_keys(our_models(), layers()))


def test_every_table_of_a_company_has_its_company() -> None:
    assert_clean("ownerless", ownerless(our_models()))
    assert set(GLOBAL) <= {model._meta.label for model in our_models()}, "GLOBAL names a table that is gone"


def test_unique_keys_and_indexes_begin_with_the_company() -> None:
    assert_clean("keys_without_company", keys_without_company(our_models()))


def test_managers_refuse_to_forget_the_company() -> None:
    assert_clean("unguarded_managers", unguarded_managers(our_models()))


def test_amounts_are_kept_exactly() -> None:
    assert_clean("inexact_money", inexact_money(our_models()))


@pytest.mark.django_isolate_apps("aldia.customers", "aldia.receivables")
def test_the_guards_find_what_they_guard_against() -> None:
    class Debt(models.Model):
        class Meta:
            app_label = "receivables"

    class Buyer(models.Model):
        debt = models.ForeignKey(Debt, on_delete=models.PROTECT)
        company = models.UUIDField(null=True)
        code = models.CharField(max_length=10, unique=True)
        amount = models.FloatField()

        class Meta:
            app_label = "customers"
            constraints = [models.UniqueConstraint(fields=["code", "company"], name="x")]

    assert [found.place for found in upward_keys([Buyer, Debt], layers())] == ["customers.Buyer.debt"]
    assert [found.place for found in ownerless([Buyer, Debt])] == ["customers.Buyer", "receivables.Debt"]
    assert [found.place for found in keys_without_company([Buyer])] == ["customers.Buyer:x", "customers.Buyer.code"]
    assert len(unguarded_managers([Buyer])) == 1
    assert [found.place for found in inexact_money([Buyer])] == ["customers.Buyer.amount"]
