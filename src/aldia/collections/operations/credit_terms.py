"""Term and limit of a customer put at once, as an advice said or as they were before it (its undo)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from aldia.customers.models import CreditLine, Customer
from aldia.customers.operations.customers import check_term
from aldia.customers.operations.versions import change
from aldia.domain.money import MAX_MINOR
from aldia.tenancy import audit
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction


class TermsError(ValueError):
    """Terms that cannot be put as asked; the sentence is for the person."""


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """`days` None: the general term. `limit` of the one line, in the company's own currency; None: no line."""

    days: int | None = None
    limit: int | None = None


def terms_of(customer_id: uuid.UUID) -> CreditTerms:
    """What a customer has of its own. Raises `TermsError` where that is more than one limit."""
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise TermsError(_("Ese cliente no existe."))
    line = _line(customer_id)
    return CreditTerms(customer.term_days, line.limit_minor if line else None)


def put_terms(
    *, customer_id: uuid.UUID, terms: CreditTerms, expected: CreditTerms, why: str, actor: User | None
) -> CreditTerms:
    """Give a customer these terms if it still has those that were shown; return what it had. Raises `TermsError`.

    `why` is kept in the trail. Without a limit the line goes, with one where there was none a line is opened.
    """
    check_term(terms.days)
    if terms.limit is not None and not 0 <= terms.limit <= MAX_MINOR:
        raise TermsError(_("El límite debe ser cero o más."))
    with transaction():
        customer = Customer.objects.select_for_update(of=("self",)).filter(pk=customer_id).first()
        if customer is None or customer.generic:
            raise TermsError(_("Ese cliente no lleva crédito."))
        before = terms_of(customer_id)
        if before == terms:
            return before
        if before != expected:
            raise TermsError(
                _("El plazo o el límite de este cliente cambiaron mientras lo veías. Revisa cómo quedaron.")
            )
        change(customer, {"term_days": terms.days})
        if terms.limit != before.limit:
            _put_limit(customer_id, terms.limit)
        changes = {"term_days": [before.days, terms.days], "limit_minor": [before.limit, terms.limit]}
        differing = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
        audit.record(
            actor=actor, verb="collections.credit_terms_put", object_type="customer", object_id=customer_id,
            detail={"why": why, "changes": differing},
        )  # fmt: skip
    return before


def _put_limit(customer_id: uuid.UUID, limit: int | None) -> None:
    line = _line(customer_id)
    if line is None:
        CreditLine.objects.create(
            company_id=current_company_id(), customer_id=customer_id, name=_("General"), currency=_home(),
            limit_minor=limit or 0, is_default=True,
        )  # fmt: skip
    elif limit is None:
        line.delete()
    else:
        change(line, {"limit_minor": limit})


def _line(customer_id: uuid.UUID) -> CreditLine | None:
    """The one line of a customer, in the company's own currency."""
    rows = list(CreditLine.objects.filter(customer_id=customer_id)[:2])
    if len(rows) > 1:
        raise TermsError(_("Este cliente tiene varias líneas de crédito: reparte el límite entre ellas a mano."))
    if rows and rows[0].currency != _home():
        raise TermsError(_("La línea de este cliente está en otra moneda: cámbiala a mano."))
    return rows[0] if rows else None


def _home() -> str:
    return Company.objects.values_list("currency", flat=True).get(pk=current_company_id())
