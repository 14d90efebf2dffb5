"""How much a customer may owe and how long: lines by name, one of them the default."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from aldia.customers.models import CreditLine, Customer
from aldia.customers.operations.customers import check_term
from aldia.customers.operations.intake import clip
from aldia.customers.operations.versions import NotThere, Refused, change, take
from aldia.domain.money import MAX_MINOR, MoneyError, exponent
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction
from aldia.tenancy.sentences import spoken

MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class Terms:
    """`limit_minor` in minor units of `currency`; `term_days` None: the customer's own term applies."""

    name: str
    currency: str
    limit_minor: int
    term_days: int | None = None


def add_credit_line(*, customer_id: uuid.UUID, terms: Terms, default: bool = False, actor: User | None) -> CreditLine:
    """Add a line; the first is the default. Raises `Refused` (with its field), `NotThere`."""
    terms = checked(terms)
    with transaction():
        lines = _lines_locked(customer_id)
        if len(lines) >= MAX_LINES:
            raise Refused(_("Este cliente ya tiene 20 líneas de crédito."))
        _refuse_same_name(lines, terms.name, None)
        default = default or not lines
        if default:
            _demote(lines)
        line = CreditLine.objects.create(
            company_id=current_company_id(), customer_id=customer_id, is_default=default, **asdict(terms)
        )
        _audit(actor, "customers.credit_line_added", line, {"line": asdict(terms)})
    return line


def update_credit_line(
    *, line_id: uuid.UUID, version: int, terms: Terms, default: bool, actor: User | None
) -> CreditLine:
    """Save an edited line. The default stops being it only when another becomes it. Raises `Stale` too."""
    terms = checked(terms)
    with transaction():
        lines = _lines_locked(_customer_of(line_id))
        line = take(CreditLine, line_id, version)
        _refuse_same_name(lines, terms.name, line_id)
        if default and not line.is_default:
            _demote(lines)
        changes = change(line, asdict(terms) | {"is_default": default or line.is_default})
        if changes:
            _audit(actor, "customers.credit_line_edited", line, {"line": line.name, "changes": changes})
    return line


def remove_credit_line(*, line_id: uuid.UUID, actor: User | None) -> CreditLine:
    """Remove a line; receivables that were on it stay, on none. The oldest of the others becomes the default."""
    with transaction():
        lines = _lines_locked(_customer_of(line_id))
        line = next(each for each in lines if each.pk == line_id)
        CreditLine.objects.get(pk=line_id).delete()
        heir = next((each for each in lines if each.pk != line_id), None)
        if line.is_default and heir is not None:
            change(heir, {"is_default": True})
        detail = {"line": line.name, "limit_minor": line.limit_minor, "currency": line.currency}
        _audit(actor, "customers.credit_line_removed", line, detail)
    return line


def checked(terms: Terms) -> Terms:
    """The terms as kept. Raises `Refused` with the field at fault."""
    name = clip(terms.name, 100)
    if not name:
        raise Refused(_("Ponle nombre a la línea, por ejemplo «General»."), "name")
    try:
        exponent(terms.currency)
    except MoneyError as error:
        raise Refused(spoken(error), "currency") from error
    if not 0 <= terms.limit_minor <= MAX_MINOR:
        raise Refused(_("El límite debe ser cero o más."), "limit")
    check_term(terms.term_days)
    return Terms(name, terms.currency, terms.limit_minor, terms.term_days)


def _refuse_same_name(lines: list[CreditLine], name: str, line_id: uuid.UUID | None) -> None:
    if any(line.name == name and line.pk != line_id for line in lines):
        raise Refused(_("El cliente ya tiene una línea con ese nombre."), "name")


def _customer_of(line_id: uuid.UUID) -> uuid.UUID:
    found = CreditLine.objects.filter(pk=line_id).values_list("customer_id", flat=True).first()
    if found is None:
        raise NotThere
    return found


def _lines_locked(customer_id: uuid.UUID) -> list[CreditLine]:
    """Lines of a customer, oldest first, with the customer locked: only one at a time chooses the default."""
    if Customer.objects.select_for_update().filter(pk=customer_id).first() is None:
        raise NotThere
    return list(CreditLine.objects.filter(customer_id=customer_id).order_by("id"))


def _demote(lines: list[CreditLine]) -> None:
    for line in lines:
        if line.is_default:
            change(line, {"is_default": False})


def _audit(actor: User | None, verb: str, line: CreditLine, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="customer", object_id=line.customer_id, detail=detail)
