"""The gate of a sale on credit before it leaves the house: shut while something stops the customer's credit."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from aldia.collections.credit_words import sentences
from aldia.collections.queries.credit import CreditStanding, standing
from aldia.collections.queries.exposure import is_of_a_date
from aldia.customers.models import Customer
from aldia.domain.fiscal.drafts import DraftDocument, from_json
from aldia.domain.money import Money
from aldia.issuing.models import Issue, IssueKind
from aldia.issuing.refusals import DraftingError
from aldia.receivables.models import PuePolicy, Receivable, ReceivableKind
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.settings import collection_settings
from aldia.tenancy.scope import transaction

ON_CREDIT = (IssueKind.INVOICE, IssueKind.DEBIT_NOTE)
AT_ONCE = "PUE"  # https://www.sat.gob.mx/consultas/43074/emite-tus-facturas: paid in one single exhibition


class CreditHeld(DraftingError):
    """The customer's credit is stopped and nobody's leave covers this sale. `standing` says why."""

    def __init__(self, standing: CreditStanding) -> None:
        why = " ".join(sentences(standing.why, standing.exposure.currency))
        super().__init__(_("Crédito detenido. %(why)s") % {"why": why})
        self.standing = standing


def check(*, customer_id: uuid.UUID, adding: Money, today: date, is_counted: bool = False) -> CreditStanding:
    """How credit would stand with a sale made, the customer held until the end of the caller's transaction.

    Two sales at once follow one another here, so that the second knows of the first. `is_counted`: the sale is in the
    exposure already, as a date of a recurring document that has come. Raises `CreditHeld`.
    """
    with transaction():
        customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer_id)
        found = standing(customer_id, today=today, adding=adding, is_counted=is_counted)
        if found.is_held and not customer.generic:
            raise CreditHeld(found)
    return found


def gate(*, today: date) -> Callable[[Issue], None]:
    """What `issuing` asks before it gives a document its folio. Raises `CreditHeld`."""

    def ask(issue: Issue) -> None:
        if is_on_credit(issue):
            adding = Money(issue.total, issue.currency)
            check(customer_id=issue.customer_id, adding=adding, today=today, is_counted=is_of_a_date(issue.pk))

    return ask


def charge_gate(*, today: date) -> Callable[[uuid.UUID, Money], None]:
    """What `recurring` asks before it opens the charge note of a date. Raises `CreditHeld`."""

    def ask(customer_id: uuid.UUID, amount: Money) -> None:
        check(customer_id=customer_id, adding=amount, today=today, is_counted=True)

    return ask


def open_note(*, customer_id: uuid.UUID, total: Money, key: uuid.UUID, today: date, **charge: Any) -> Receivable:
    """Open a charge note as any other sale on credit (the rest as `receivables.operations.charges.open_charge`).

    Repeating a key opens nothing new. Raises `CreditHeld` and what opening a charge raises.
    """
    with transaction():
        if not Receivable.objects.filter(pk=key).exists() and Customer.objects.filter(pk=customer_id).exists():
            check(customer_id=customer_id, adding=total, today=today)
        return open_charge(customer_id=customer_id, kind=ReceivableKind.CHARGE_NOTE, total=total, key=key, **charge)


def is_on_credit(issue: Issue) -> bool:
    """Whether a document gives credit: not what substitutes another, nor what is paid at once (unless the house keeps
    such invoices open until their payment is on the books)."""
    if issue.kind not in ON_CREDIT or issue.replaces_id is not None:
        return False
    draft = from_json(issue.content)
    is_at_once = isinstance(draft, DraftDocument) and draft.method == AT_ONCE
    return not is_at_once or collection_settings().pue_policy == PuePolicy.OPEN
