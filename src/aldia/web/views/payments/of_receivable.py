"""What the page of one receivable says of paying it on line: where to transfer, its links, who tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from aldia.payments.models import CollectionAccount, PaymentAttempt, PaymentLink
from aldia.payments.queries.collecting import account_of
from aldia.payments.queries.links import links_of_receivables
from aldia.receivables.models import Receivable
from aldia.web.payment_words import grouped_clabe, method_label
from aldia.web.views.payments.links_table import Row, drawn, with_states

MOST = 5


@dataclass(frozen=True, slots=True)
class Paying:
    """What `payments/_of_receivable.html` draws."""

    links: list[Row] = field(default_factory=list)
    attempts: list[tuple[PaymentAttempt, str]] = field(default_factory=list)
    account: CollectionAccount | None = None

    @property
    def shown(self) -> str:
        return grouped_clabe(self.account.value) if self.account else ""


def paying_of(row: Receivable, now: datetime) -> Paying:
    """The account of its customer, the newest links that name it, and payments begun or posted for it."""
    account = account_of(row.customer_id) if row.balance and row.currency == "MXN" else None
    ids = list(links_of_receivables([row.pk]).values_list("pk", flat=True)[:MOST])
    rows = with_states(PaymentLink.objects.filter(pk__in=ids).select_related("customer", "created_by"))
    links = drawn(list(rows.order_by("-created_at", "-id")), now)
    return Paying(links, _attempts(row, ids), account)


def _attempts(row: Receivable, link_ids: list[UUID]) -> list[tuple[PaymentAttempt, str]]:
    """Payments that chose the document, or came by a link that names it."""
    found: Any = PaymentAttempt.objects.filter(customer_id=row.customer_id).select_related("account")
    recent = found.order_by("-created_at", "-id")[:50]
    mine = [each for each in recent if str(row.pk) in each.chosen or each.link_id in link_ids]
    return [(each, method_label(each.method)) for each in mine[:MOST]]
