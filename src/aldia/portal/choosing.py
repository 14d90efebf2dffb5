"""What a person chose to pay by a link: everything, some documents, or an amount; and by what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from django.http import QueryDict
from django.utils.translation import gettext as _

from aldia.domain.money import BadMoney, MoneyError, NegativeMoney, NoMoney, TooManyDecimals, parse_money
from aldia.payments.models import LinkPolicy
from aldia.payments.operations.attempts import MAX_CHOSEN
from aldia.payments.queries.links import LinkView
from aldia.payments.queries.providers import MethodOffer
from aldia.web.formatting import amount_text, decimal_mark

ALL, SOME, AMOUNT = "all", "some", "amount"


@dataclass(frozen=True, slots=True)
class Choice:
    """Minor units; `chosen` by receivable where documents were picked. `error`: why it cannot be paid as it stands."""

    mode: str
    amount: int
    chosen: dict[UUID, int] = field(default_factory=dict)
    typed: str = ""
    error: str = ""
    ids: frozenset[str] = frozenset()


def read_choice(data: QueryDict, view: LinkView, company: Any) -> Choice:
    """What a form (or the address of a piece of the page) says."""
    mode = data.get("mode", ALL) if view.policy == LinkPolicy.PARTIAL else ALL
    if mode == SOME:
        return _some(data.getlist("doc"), view)
    if mode == AMOUNT:
        return _typed(data.get("amount", ""), view, company)
    return _all(view)


def _all(view: LinkView) -> Choice:
    """Everything; where a discount counts, with what it leaves of each document, so that it holds when money comes."""
    rows = view.documents if view.offers and len(view.documents) <= MAX_CHOSEN else ()
    return Choice(ALL, view.asks, {row.pk: view.price_of(row) for row in rows})


def _some(ids: Sequence[str], view: LinkView) -> Choice:
    owed = {str(row.pk): row for row in view.documents}
    wanted = frozenset(ids)
    chosen = {owed[each].pk: view.price_of(owed[each]) for each in wanted if each in owed}
    error = ""
    if not wanted:
        error = _("Elija al menos un documento.")
    elif len(chosen) < len(wanted):
        error = _("Uno de los documentos que eligió ya no se debe. Revise la lista.")
    return Choice(SOME, sum(chosen.values()), chosen, error=error, ids=wanted)


def _typed(text: str, view: LinkView, company: Any) -> Choice:
    try:
        amount = parse_money(text, view.currency, decimal=decimal_mark(company)).minor
    except MoneyError as error:
        return Choice(AMOUNT, 0, typed=text[:60], error=_misread(error))
    least, most = (amount_text(each, view.currency, company) for each in (view.least, view.most))
    said = ""
    if view.asks < amount and view.discount:
        enough = amount_text(view.asks, view.currency, company)
        said = _("Con el descuento de hoy bastan %(enough)s: escriba esa cantidad o menos.") % {"enough": enough}
    elif amount > view.most:
        said = _("Se deben %(most)s: escriba esa cantidad o menos.") % {"most": most}
    elif amount < view.least:
        said = _("Lo menos que se puede pagar son %(least)s.") % {"least": least}
    return Choice(AMOUNT, amount, typed=text[:60], error=said)


def _misread(error: MoneyError) -> str:
    """The parser's sentence as the customers of a company are spoken to."""
    if isinstance(error, NoMoney):
        return _("Escriba cuánto quiere pagar.")
    if isinstance(error, NegativeMoney):
        return _("El importe va sin signo.")
    if isinstance(error, TooManyDecimals):
        return _("Escriba el importe con centavos de dos cifras, como 1,250.00.")
    if type(error) is BadMoney:
        return _("No se entiende ese importe. Escríbalo con números, como 1,250.00.")
    return str(error)


def key_of(form_key: str, link_id: UUID, choice: Choice, offer: MethodOffer) -> UUID | None:
    """The idempotency key of a payment: one form sent twice is one payment, sent with another choice it is another.

    None when the form's own key is no key.
    """
    try:
        base = UUID(form_key)
    except ValueError:
        return None
    chosen = sorted((str(each), amount) for each, amount in choice.chosen.items())
    return uuid5(base, json.dumps([str(link_id), str(offer.account.pk), offer.method, choice.amount, chosen]))
