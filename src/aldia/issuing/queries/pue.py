"""PUE invoices at risk: they say that they are paid in one exhibition, and were not, or not as they say.

RMF 2.7.1.39 (https://www.sat.gob.mx/normatividad/41506/resolucion-miscelanea-fiscal): PUE holds when the whole is paid
by the last day of the month of issue in the form that the invoice says; otherwise it is cancelled with motive 01 and
issued again: as PPD, or with the form in which it was paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from aldia.documents.models import AuthorityStatus, Direction
from aldia.domain.calendars import add_months, month_end
from aldia.domain.fiscal.complement_plan import Risk, pue_risk
from aldia.receivables.models import Allocation, CreditKind, Receivable

LOOK_BACK = 12  # months: what is older was settled, or will not be mended any more
MOST = 500
# how money came in -> the forms of c_FormaPago that say so; nothing is said of the others
FITTING = {
    "cash": {"01"},
    "deposit": {"01", "02", "03"},
    "cheque": {"02"},
    "transfer": {"03"},
    "card": {"04", "28", "29"},
}


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A PUE invoice and what threatens it; `form` is how it was paid where that is not what it says."""

    receivable: Receivable
    risk: Risk
    last_day: date
    form: str = ""


def at_risk(rows: QuerySet[Receivable], today: date) -> list[AtRisk]:
    """The PUE invoices among these that are at risk today, the oldest first; at most `MOST`."""
    first = add_months(today.replace(day=1), -LOOK_BACK)
    pue = rows.filter(
        method="PUE",
        voided_on__isnull=True,
        kind__in=("invoice", "debit_note"),
        issued_on__gte=first,
        document__direction=Direction.ISSUED,
    ).exclude(document__status=AuthorityStatus.CANCELLED)
    unpaid = pue.filter(balance__gt=0).select_related("customer", "document").order_by("issued_on", "id")[:MOST]
    found = [
        AtRisk(row, risk, month_end(row.issued_on))
        for row in unpaid
        if (risk := pue_risk(row.issued_on, balance=row.balance, today=today))
    ]
    return found + _other_form(pue, today)


def _other_form(pue: QuerySet[Receivable], today: date) -> list[AtRisk]:
    """Paid in its month, but not in the form that it says: of this month and the one before."""
    first = add_months(today.replace(day=1), -1)
    paid = Allocation.objects.filter(
        receivable__in=pue.filter(issued_on__gte=first, balance=0).values("pk"),
        reversal_of__isnull=True,
        reversal__isnull=True,
        credit__kind=CreditKind.PAYMENT,
        credit__method__in=list(FITTING),
    )
    found: dict[object, AtRisk] = {}
    for row in paid.select_related("receivable__customer", "receivable__document", "credit").order_by("id")[:MOST]:
        said = row.receivable.document.payment_form if row.receivable.document else ""
        if said and said != "99" and said not in FITTING[row.credit.method]:
            at = AtRisk(row.receivable, Risk.OTHER_FORM, month_end(row.receivable.issued_on), row.credit.method)
            found.setdefault(row.receivable_id, at)
    return list(found.values())
