"""Until when a CFDI may be cancelled, and whether its receiver has to accept it.

CFF 29-A (https://www.diputados.gob.mx/LeyesBiblio/pdf/CFF.pdf): until the month of the annual return of the year of
issue, that is 31 March of the next year for companies and 30 April for persons; later it is fined (CFF 81-XLVI and
82-XLII). Without acceptance: RMF 2.7.1.35, https://www.sat.gob.mx/normatividad/98887/resolucion-miscelanea-fiscal-.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from aldia.domain.calendars import add_bank_days
from aldia.domain.tax_ids import MX_FOREIGN, MX_PUBLIC

SMALL = 100_000  # $1,000.00
ANSWER_DAYS = 3  # business days that the receiver has; its silence accepts
WITH_RELATION, WITHOUT_RELATION, NOT_DONE, IN_GLOBAL = "01", "02", "03", "04"
MOTIVES = (WITH_RELATION, WITHOUT_RELATION, NOT_DONE, IN_GLOBAL)


@dataclass(frozen=True, slots=True)
class Cancellable:
    """What the rules ask of a document. `total` in minor units of `currency`."""

    type_code: str
    issued_on: date
    receiver: str
    currency: str
    total: int
    is_global: bool = False


def last_day(issued_on: date, issuer_tax_id: str) -> date:
    """The last day on which a document may be cancelled without a fine."""
    is_company = len(issuer_tax_id) == 12
    return date(issued_on.year + 1, 3, 31) if is_company else date(issued_on.year + 1, 4, 30)


def needs_acceptance(document: Cancellable, today: date) -> bool:
    """Whether the receiver has to accept, as far as the document says. Complements are not of the small ones (2026)."""
    if document.type_code in ("E", "T") or document.is_global:
        return False
    if document.receiver in (MX_PUBLIC, MX_FOREIGN):
        return False
    if today <= add_bank_days("MX", document.issued_on, 1):
        return False
    is_small = document.currency == "MXN" and document.total <= SMALL
    return not (is_small and document.type_code == "I")


def answer_due(asked_on: date) -> date:
    """The last business day on which the receiver may say no."""
    return add_bank_days("MX", asked_on, ANSWER_DAYS)
