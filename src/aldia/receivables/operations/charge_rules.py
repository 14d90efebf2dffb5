"""Rules of late fees and of discounts: drafts that people write, switched on and off, replaced by a next version."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from django.utils.translation import gettext as _

from aldia.customers.models import Customer, Portfolio
from aldia.domain.currencies import CURRENCIES
from aldia.receivables.charge_models import (
    ChargeScope,
    EndCode,
    FixedEach,
    Frequency,
    RatePer,
    to_ppm,
)
from aldia.receivables.models import DiscountCustomer, DiscountRule, LateFeeCustomer, LateFeeRule
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

R = TypeVar("R", LateFeeRule, DiscountRule)
MAX_DAYS, MAX_PERCENT, MAX_TIERS, MAX_MINOR = 365, Decimal(1000), 5, 10**15 - 1


class RuleRefused(ValueError):
    """A rule that cannot be saved or switched; the sentence is for the person."""


@dataclass(frozen=True, slots=True)
class Whom:
    """To whom a rule applies: all, the customers of a portfolio, or some."""

    name: str
    scope: str = ChargeScope.ALL
    portfolio_id: uuid.UUID | None = None
    customer_ids: tuple[uuid.UUID, ...] = ()
    currency: str = "MXN"


@dataclass(frozen=True, slots=True)
class LateDetails:
    """What people write of a rule of late fees. Rates in percent, amounts in minor units of the rule's currency."""

    rate: Decimal = Decimal(0)
    per: str = RatePer.MONTH
    basis: int = 360
    grace_days: int = 0
    minimum: int = 0
    cap_percent: Decimal | None = None
    cap_amount: int | None = None
    fixed_fee: int = 0
    fixed_each: str = FixedEach.ONCE
    tax_percent: Decimal = Decimal(0)
    frequency: str = Frequency.MONTH
    due_days: int = 10
    spares_disputed: bool = True
    spares_paused: bool = True
    spares_planned: bool = True


@dataclass(frozen=True, slots=True)
class DiscountDetails:
    """What people write of a discount: (days after issue, percent) for each tier, or one percent until a day."""

    tiers: tuple[tuple[int, Decimal], ...]
    until_on: date | None = None
    pro_rata: bool = False


def draft_late_rule(whom: Whom, details: LateDetails) -> LateFeeRule:
    """The rule as it would be saved, unsaved: for simulations. Raises `RuleRefused`."""
    _check_whom(whom)
    if details.per not in RatePer or details.fixed_each not in FixedEach or details.frequency not in Frequency:
        raise RuleRefused(_("Elige una de las opciones de la lista."))
    if details.basis not in (360, 365):
        raise RuleRefused(_("El año de cálculo es de 360 o de 365 días."))
    if not 0 <= details.grace_days <= MAX_DAYS or not 0 <= details.due_days <= MAX_DAYS:
        raise RuleRefused(_("Los días van de 0 a 365."))
    amounts = (details.minimum, details.fixed_fee, details.cap_amount or 0)
    if not all(0 <= amount <= MAX_MINOR for amount in amounts):
        raise RuleRefused(_("Los importes no pueden ser negativos."))
    rate, cap = _ppm(details.rate), None if details.cap_percent is None else _ppm(details.cap_percent)
    if not rate and not details.fixed_fee:
        raise RuleRefused(_("Escribe una tasa o un cargo fijo: así no cobraría nada."))
    if cap == 0 or details.cap_amount == 0:
        raise RuleRefused(_("Con un tope de cero no cobraría nada: déjalo vacío si no hay tope."))
    if details.tax_percent > 100:
        raise RuleRefused(_("El IVA no puede pasar de 100 %."))
    return LateFeeRule(
        **_common(whom), rate_ppm=rate, per=details.per, basis=details.basis, grace_days=details.grace_days,
        minimum=details.minimum, cap_ppm=cap, cap_amount=details.cap_amount, fixed_fee=details.fixed_fee,
        fixed_each=details.fixed_each, tax_ppm=_ppm(details.tax_percent), frequency=details.frequency,
        due_days=details.due_days, spares_disputed=details.spares_disputed, spares_paused=details.spares_paused,
        spares_planned=details.spares_planned,
    )  # fmt: skip


def draft_discount(whom: Whom, details: DiscountDetails) -> DiscountRule:
    """The discount as it would be saved, unsaved. Raises `RuleRefused`."""
    _check_whom(whom)
    tiers = sorted(details.tiers, key=lambda tier: tier[0])
    if not 1 <= len(tiers) <= MAX_TIERS:
        raise RuleRefused(_("Un descuento tiene de uno a cinco escalones."))
    if details.until_on is not None and len(tiers) > 1:
        raise RuleRefused(_("Un descuento hasta una fecha tiene un solo porcentaje."))
    if any(not 0 <= days <= MAX_DAYS for days, _percent in tiers):
        raise RuleRefused(_("Los días van de 0 a 365."))
    percents = [percent for _days, percent in tiers]
    if any(not percent.is_finite() or not 0 < percent < 100 for percent in percents):
        raise RuleRefused(_("El descuento va de más de 0 a menos de 100 %."))
    if len({days for days, _percent in tiers}) < len(tiers) or percents != sorted(percents, reverse=True):
        raise RuleRefused(_("Cada escalón da más días y menos descuento que el anterior."))
    return DiscountRule(
        **_common(whom), tiers=[[days, _ppm(percent)] for days, percent in tiers], until_on=details.until_on,
        pro_rata=details.pro_rata,
    )  # fmt: skip


def save_late_rule(
    *, whom: Whom, details: LateDetails, actor: User | None, rule_id: uuid.UUID | None = None
) -> LateFeeRule:
    """Write down a draft, or rewrite one; nothing is charged by it. Raises `RuleRefused`."""
    with transaction():
        return _save(draft_late_rule(whom, details), LateFeeCustomer, whom, rule_id, actor)


def save_discount(
    *, whom: Whom, details: DiscountDetails, actor: User | None, rule_id: uuid.UUID | None = None
) -> DiscountRule:
    """Write down a draft of a discount, or rewrite one; nothing is given by it. Raises `RuleRefused`."""
    with transaction():
        return _save(draft_discount(whom, details), DiscountCustomer, whom, rule_id, actor)


def switch_on(*, model: type[R], rule_id: uuid.UUID, starts_on: date, today: date, actor: User | None) -> R:
    """Let a draft hold from a day on, today or later; the version it replaces ends the day before."""
    with transaction():
        rule = rule_by_id(model, rule_id)
        if not rule.is_draft:
            raise RuleRefused(_("Esta regla ya se encendió."))
        if starts_on < today:
            raise RuleRefused(_("Una regla empieza hoy o después: nunca cobra ni descuenta hacia atrás."))
        if rule.replaces_id is not None:
            before = rule_by_id(model, rule.replaces_id)
            if before.is_on:
                before.ended_on, before.end_code = starts_on - timedelta(days=1), EndCode.REPLACED
                before.save(update_fields=["ended_on", "end_code"])
        rule.starts_on = starts_on
        rule.save(update_fields=["starts_on"])
        _record(actor, "switched_on", rule, {"starts_on": starts_on})
        return rule


def switch_off(*, model: type[R], rule_id: uuid.UUID, today: date, actor: User | None) -> R:
    """Stop a rule at once. What it charged stays; discounts promised on documents issued until today hold."""
    with transaction():
        rule = rule_by_id(model, rule_id)
        if rule.is_on:
            rule.ended_on, rule.end_code = today, EndCode.OFF
            rule.save(update_fields=["ended_on", "end_code"])
            _record(actor, "switched_off", rule, {"on": today})
        return rule


def next_version(*, model: type[R], rule_id: uuid.UUID, actor: User | None) -> R:
    """A draft that changes a rule: it takes its place when it is switched on. The one there is, if there is one."""
    with transaction():
        rule = rule_by_id(model, rule_id)
        found = model.objects.filter(replaces=rule, starts_on__isnull=True).first()
        if found is not None:
            return found
        members = list(rule.members.values_list("customer_id", flat=True))
        copy = rule_by_id(model, rule_id)
        copy.pk = model._meta.pk.get_default()
        copy._state.adding = True
        copy.version, copy.replaces, copy.created_by = rule.version + 1, rule, actor
        copy.starts_on = copy.ended_on = None
        copy.end_code = ""
        copy.save(force_insert=True)
        _put_members(copy, members)
        _record(actor, "copied", copy, {"from": rule_id})
        return copy


def delete_draft(*, model: type[R], rule_id: uuid.UUID, actor: User | None) -> None:
    """Throw a draft away."""
    with transaction():
        rule = rule_by_id(model, rule_id)
        if not rule.is_draft:
            raise RuleRefused(_("Una regla que se encendió no se borra: apágala."))
        _record(actor, "deleted", rule, {})
        rule.members.all().delete()
        rule.delete()


def rule_by_id(model: type[R], rule_id: uuid.UUID) -> R:
    """Its row, locked. Raises `RuleRefused`."""
    rule = model.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise RuleRefused(_("Esa regla no existe."))
    return rule


def _save(
    row: R,
    members: type[LateFeeCustomer] | type[DiscountCustomer],
    whom: Whom,
    rule_id: uuid.UUID | None,
    actor: User | None,
) -> R:
    changes: dict[str, list[object]] = {}
    if rule_id is None:
        row.created_by = actor
        row.save(force_insert=True)
    else:
        there = rule_by_id(type(row), rule_id)
        if not there.is_draft:
            raise RuleRefused(_("Una regla encendida no se reescribe: haz una versión nueva."))
        row.pk, row.version, row.replaces_id = there.pk, there.version, there.replaces_id
        row.created_by, row.created_at = there.created_by, there.created_at
        row._state.adding = False
        changes = _changes(there, row)
        row.save(force_update=True)
        members.objects.filter(rule_id=row.pk).delete()
    _put_members(row, whom.customer_ids if whom.scope == ChargeScope.CUSTOMERS else ())
    _record(actor, "saved", row, {"name": row.name, "changes": changes})
    return row


def _changes(there: R, row: R) -> dict[str, list[object]]:
    """Each column that is otherwise, from before to after."""
    pairs = {field.attname: [getattr(each, field.attname) for each in (there, row)] for field in row._meta.fields}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _put_members(rule: LateFeeRule | DiscountRule, customer_ids: Collection[uuid.UUID]) -> None:
    ids = list(dict.fromkeys(customer_ids))
    if isinstance(rule, LateFeeRule):
        late = [LateFeeCustomer(company_id=rule.company_id, rule_id=rule.pk, customer_id=each) for each in ids]
        LateFeeCustomer.objects.bulk_create(late)
    else:
        given = [DiscountCustomer(company_id=rule.company_id, rule_id=rule.pk, customer_id=each) for each in ids]
        DiscountCustomer.objects.bulk_create(given)


def _common(whom: Whom) -> dict[str, object]:
    return {
        "company_id": current_company_id(),
        "name": whom.name.strip(),
        "scope": whom.scope,
        "portfolio_id": whom.portfolio_id if whom.scope == ChargeScope.PORTFOLIO else None,
        "currency": whom.currency,
    }


def _check_whom(whom: Whom) -> None:
    if not whom.name.strip() or len(whom.name.strip()) > 100:
        raise RuleRefused(_("Ponle un nombre de hasta 100 letras."))
    if whom.scope not in ChargeScope or whom.currency not in CURRENCIES:
        raise RuleRefused(_("Elige una de las opciones de la lista."))
    if whom.scope == ChargeScope.PORTFOLIO and not _is_portfolio(whom.portfolio_id):
        raise RuleRefused(_("Elige una cartera."))
    if whom.scope == ChargeScope.CUSTOMERS:
        wanted = set(whom.customer_ids)
        if not wanted or Customer.objects.filter(pk__in=wanted, generic=False).count() != len(wanted):
            raise RuleRefused(_("Elige al menos un cliente."))


def _is_portfolio(portfolio_id: uuid.UUID | None) -> bool:
    return portfolio_id is not None and Portfolio.objects.filter(pk=portfolio_id).exists()


def _ppm(percent: Decimal) -> int:
    if not percent.is_finite() or not 0 <= percent <= MAX_PERCENT:
        raise RuleRefused(_("Un porcentaje va de 0 a 1,000."))
    try:
        return to_ppm(percent)
    except ValueError:
        raise RuleRefused(_("Un porcentaje lleva cuatro decimales cuando mucho.")) from None


def _record(actor: User | None, verb: str, rule: LateFeeRule | DiscountRule, detail: dict[str, object]) -> None:
    kind = "late_rule" if isinstance(rule, LateFeeRule) else "discount_rule"
    audit.record(actor=actor, verb=f"{kind}s.{verb}", object_type=kind, object_id=rule.pk, detail=detail)
