"""Finding a document by whatever people know of it: folio, series, UUID, amount, tax id, name, dates."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q, QuerySet

from aldia.documents.models import FiscalDocument
from aldia.domain.folding import fold
from aldia.domain.money import BadMoney, parse_money
from aldia.tenancy.models import Membership

_KEY_PART = re.compile(r"[0-9A-F-]{4,36}")
_NUMBER = re.compile(r"([^\W\d_]*)[-\s]?(\d{1,20})", re.UNICODE)
_TAX_ID = re.compile(r"[A-ZÑ&0-9]{3,13}")
_EXACT = {"kind": "kind", "direction": "direction", "status": "status", "seal": "seal_state", "currency": "currency"}
_RANGES = {"from": "issued_on__gte", "until": "issued_on__lte", "min": "total__gte", "max": "total__lte"}


def visible_documents(*, membership: Membership) -> QuerySet[FiscalDocument]:
    """What a member may see: who is restricted to the own portfolios sees the documents of their customers only."""
    rows = FiscalDocument.objects.select_related("customer")
    if membership.own_portfolio_only:
        rows = rows.filter(customer__portfolio__collector=membership.user_id)
    return rows


def filter_documents(rows: QuerySet[FiscalDocument], values: dict[str, Any]) -> QuerySet[FiscalDocument]:
    """Rows that match every value: q (anything), kind, direction, status, seal, currency, from, until, min, max."""
    for name, lookup in (_EXACT | _RANGES).items():
        if name in values:
            rows = rows.filter(**{lookup: values[name]})
    return rows.filter(matching(values["q"])) if values.get("q") else rows


def matching(text: str) -> Q:
    """Documents that a person may mean by `text`: every way of reading it counts."""
    upper = text.upper()
    meant = Q(receiver_name__icontains=text) | Q(issuer_name__icontains=text)
    if any(char.isalpha() for char in text) and (folded := fold(text)):  # digits alone are in every tax id
        meant |= Q(customer__search__contains=folded)
    if number := _NUMBER.fullmatch(text):
        series, folio = number.groups()
        meant |= Q(folio=folio, series__iexact=series) if series else Q(folio=folio) | Q(folio=folio.zfill(10))
    meant |= Q(folio__iexact=text) | Q(series__iexact=text)
    if _KEY_PART.fullmatch(upper):
        meant |= Q(key__startswith=upper) if len(upper) < 8 else Q(key__contains=upper)
    if _TAX_ID.fullmatch(upper):
        meant |= Q(receiver_tax_id__startswith=upper) | Q(issuer_tax_id__startswith=upper)
    return meant | _amount(text)


def _amount(text: str) -> Q:
    """Documents of exactly this total, as people type amounts ("1,160.00", "$1160")."""
    try:
        return Q(total=abs(parse_money(text, "MXN").minor))
    except BadMoney:
        return Q()
