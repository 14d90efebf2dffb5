"""How a company lets its movements be matched, and what it agreed with each customer, as a person sets it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date

from django.db.models import Max
from django.utils.translation import gettext as _

from aldia.banking.models import MatchingSettings, PayerAgreement
from aldia.banking.operations.requeueing import requeue, requeue_all
from aldia.customers.models import Customer
from aldia.customers.operations.versions import Refused, Stale, plain
from aldia.receivables.models import JournalEntry
from aldia.tenancy import audit
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

MODES = ("auto", "shadow")
MOST_CAP = 10**15
MOST_ROUNDING = 100_00
MOST_REVIEWED = 1_000
MOST_ROWS = 30
MILLION = 1_000_000
NAMES = ("mode", "cap", "young_cap", "rounding", "review_per_mille", "fees", "commissions")


class PreferenceError(Refused):
    """A setting cannot be as asked; `field` names it."""


def own_matching_settings() -> MatchingSettings:
    """The settings of the company in scope, made with the defaults where there are none."""
    row = MatchingSettings.objects.first()
    if row is not None:
        return row
    with transaction():
        Company.objects.select_for_update(no_key=True).get(pk=current_company_id())  # two at once make one row
        row = MatchingSettings.objects.first()
        if row is None:  # what the ledger did before there was a queue concerns no queued movement
            seen = JournalEntry.objects.aggregate(last=Max("seq"))["last"] or 0
            row = MatchingSettings(company_id=current_company_id(), seen_seq=seen)
            row.save(force_insert=True)
    return row


def update_matching_settings(*, version: int, changes: Mapping[str, object], actor: User | None) -> MatchingSettings:
    """Change how movements are matched, by name (mode, cap, young_cap, rounding, review_per_mille, fees, commissions).

    What waits is decided again. Raises `PreferenceError` with the field at fault, and `Stale`.
    """
    if unknown := changes.keys() - set(NAMES):
        raise PreferenceError(_("No se puede cambiar: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    own_matching_settings()
    with transaction():
        row = MatchingSettings.objects.select_for_update().get()
        if row.version != version:
            raise Stale
        before = {name: getattr(row, name) for name in changes}
        for name, value in changes.items():
            setattr(row, name, value)
        _check(row)
        changed = {
            name: [plain(before[name]), plain(value)] for name, value in changes.items() if before[name] != value
        }
        if changed:
            row.version += 1
            row.save(update_fields=[*changed, "version"])
            requeue_all()
            audit.record(
                actor=actor, verb="banking.settings_changed", object_type="matchingsettings", object_id=row.pk,
                detail={"changes": changed},
            )  # fmt: skip
    return row


def agree_oldest_first(
    *, customer_id: uuid.UUID, oldest_first: bool, today: date, actor: User | None
) -> PayerAgreement:
    """Write down whether payments without reference of a customer pay what fell due first. Done twice, it is once."""
    with transaction():
        if Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first() is None:
            raise PreferenceError(_("Ese cliente no existe."))
        row = PayerAgreement.objects.filter(customer_id=customer_id).first()
        row = row or PayerAgreement(company_id=current_company_id(), customer_id=customer_id)
        if row.agreed_on is not None and row.oldest_first == oldest_first:
            return row
        row.oldest_first, row.agreed_on, row.agreed_by = oldest_first, today, actor
        row.save()
        requeue(customer_ids=[customer_id])
        audit.record(
            actor=actor, verb="banking.oldest_first_agreed", object_type="customer", object_id=customer_id,
            detail={"oldest_first": oldest_first},
        )  # fmt: skip
    return row


def _check(row: MatchingSettings) -> None:
    """Refuse what no company can mean."""
    if row.mode not in MODES:
        raise PreferenceError(_("Elige si lo seguro se aplica solo o si todo se propone."), "mode")
    for name in ("cap", "young_cap"):
        if not _is_between(getattr(row, name), 0, MOST_CAP):
            raise PreferenceError(_("El tope debe ser un importe de cero o más."), name)
    if not _is_between(row.rounding, 0, MOST_ROUNDING):
        raise PreferenceError(_("El redondeo puede ser de hasta cien pesos."), "rounding")
    if not _is_between(row.review_per_mille, 0, MOST_REVIEWED):
        raise PreferenceError(_("La muestra a revisar va de 0 a 1,000 por cada mil."), "review_per_mille")
    _check_fees(row)
    _check_commissions(row)


def _check_fees(row: MatchingSettings) -> None:
    fees = row.fees
    if not isinstance(fees, list) or len(fees) > MOST_ROWS or not all(_is_between(each, 1, MOST_CAP) for each in fees):
        raise PreferenceError(_("Cada comisión del banco debe ser un importe mayor que cero."), "fees")


def _check_commissions(row: MatchingSettings) -> None:
    rows = row.commissions
    if not isinstance(rows, list) or len(rows) > MOST_ROWS or not all(_is_commission(each) for each in rows):
        raise PreferenceError(_("Revisa las comisiones de terminales y procesadores."), "commissions")
    if len({each["key"] for each in rows}) < len(rows):
        raise PreferenceError(_("Hay dos comisiones con el mismo nombre."), "commissions")


def _is_commission(each: object) -> bool:
    return (
        isinstance(each, dict)
        and isinstance(each.get("key"), str)
        and 0 < len(each["key"].strip()) <= 60
        and _is_between(each.get("ppm"), 0, MILLION)
        and _is_between(each.get("fixed", 0), 0, MOST_CAP)
        and _is_between(each.get("vat_ppm", 0), 0, MILLION)
    )


def _is_between(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
