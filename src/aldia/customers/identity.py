"""Who a tax id names: one customer each, except the ids that Mexico shares among many receivers.

XAXX010101000 (público en general) is one customer that is never collected; XEXX010101000 (foreign residents) is told
apart by the foreign id, else by the name. Rule 2.7.1.23 of the Resolución Miscelánea Fiscal,
https://www.sat.gob.mx/normatividad/resolucion-miscelanea
"""

from __future__ import annotations

from dataclasses import dataclass

from aldia.domain import tax_ids
from aldia.domain.fiscal.document import Party
from aldia.domain.folding import fold


@dataclass(frozen=True, slots=True)
class Identity:
    """What the database keeps unique within a company; `discriminator` is "" unless the tax id is shared."""

    country: str
    tax_id: str
    discriminator: str


def search_text(*parts: str) -> str:
    """The text that `Customer.search` holds (700 characters at most)."""
    return fold(" ".join(part for part in parts if part))[:700].rstrip()


def identify(country: str, party: Party) -> Identity:
    """The identity of a receiver under the rules of `country` (that of the tax id, not of residence)."""
    tax_id = tax_ids.normalise(country, party.tax_id)[:20]
    if not is_foreign(country, tax_id):
        return Identity(country, tax_id, "")
    foreign = "".join(char for char in party.foreign_id.upper() if char.isalnum())
    return Identity(country, tax_id, (foreign or fold(party.name))[:200])


def is_public(country: str, tax_id: str) -> bool:
    """Whether a normalised tax id is the one of sales to nobody in particular: filed, never collected nor financed."""
    return _kind(country, tax_id) == "generic"


def is_foreign(country: str, tax_id: str) -> bool:
    """Whether a normalised tax id is shared by all residents abroad."""
    return _kind(country, tax_id) == "foreign"


def _kind(country: str, tax_id: str) -> str:
    return tax_ids.check(country, tax_id).kind if tax_ids.is_generic(country, tax_id) else ""
