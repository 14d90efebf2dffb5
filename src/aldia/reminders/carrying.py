"""The links and accounts that a message carries, as its template asks for them. What no template says is not made."""

from __future__ import annotations

from collections.abc import Sequence

from aldia.customers.models import Customer
from aldia.messaging.models import Channel, Template
from aldia.messaging.operations.outbox import Recipient
from aldia.messaging.placeholders import ACCOUNT, ACCOUNT_BANK, BENEFICIARY, LINK, STATEMENT_LINK
from aldia.payments.directions import CURRENCY
from aldia.payments.operations.carried import Carried, Wanted
from aldia.reminders.content import Debt, totals
from aldia.reminders.rounds import Round

PERSONAL = "personal"  # in a message's facts: what each address gets instead of what the content says
DIRECTIONS = (ACCOUNT, ACCOUNT_BANK, BENEFICIARY)


def wanted_of(
    *,
    template: Template,
    customer: Customer,
    channel: str,
    recipients: Sequence[Recipient],
    debts: Sequence[Debt],
    turn: Round,
    by_hand: bool = False,
) -> Wanted:
    """What a message has a use for. A letter carries no link: nobody types one. `by_hand`: a person wrote it."""
    said = f"{template.subject} {template.body}"
    on_screen = channel != Channel.LETTER and customer.collecting and not customer.generic
    asked = [each for each in totals(debts) if each.minor > 0]
    main = next((each for each in asked if each.currency == turn.company.currency), asked[0] if asked else None)
    return Wanted(
        customer.pk,
        _addresses(channel, recipients),
        main.currency if main else "",
        debts[0].receivable_id if len(debts) == 1 else None,
        pays=on_screen and LINK in said and (by_hand or turn.carrier.settings.link_in_reminders),
        shows=on_screen and STATEMENT_LINK in said,
        directs=any(name in said for name in DIRECTIONS) and (main is None or main.currency == CURRENCY),
    )


def values_of(carried: Carried, turn: Round) -> dict[str, str]:
    """What its placeholders stand for."""
    account = carried.directions
    return {
        LINK: carried.pay_url,
        STATEMENT_LINK: carried.statement_url,
        ACCOUNT: account.said if account else "",
        ACCOUNT_BANK: account.bank if account else "",
        BENEFICIARY: (account.beneficiary or turn.company.legal_name) if account else "",
    }


def facts_of_carried(carried: Carried) -> dict[str, object]:
    """What sending must know of it: each address opens the statement with a link of its own."""
    return {PERSONAL: carried.personal} if carried.personal else {}


def _addresses(channel: str, recipients: Sequence[Recipient]) -> tuple[str, ...]:
    """Who gets a way in of its own; a number of a phone has none: its codes go to the customer's e-mail."""
    if channel != Channel.EMAIL:
        return ("",)
    return tuple(each.address for each in recipients if not each.is_copy) or ("",)
