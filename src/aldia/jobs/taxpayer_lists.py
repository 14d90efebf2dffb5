"""Jobs on SAT's lists of taxpayers: bring them up to date, and tell a company which of its customers is in one."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.utils.translation import gettext as _
from django_tasks import task

from aldia.authority.models import AuthorityConnection, TaxpayerList
from aldia.authority.operations.lists import ListLooksCut, load_list
from aldia.authority.queries.lists import Flag, flags_of, listed_customers
from aldia.customers.models import Customer
from aldia.domain.fiscal.taxpayer_lists import NotAList
from aldia.integrations.tax.mx_lists import FILES, ListUnavailable, download
from aldia.queue.claiming import database_now
from aldia.reminders.operations.notices import notify_company
from aldia.reminders.rounds import Round
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, current_company_id

FRESH_FOR = timedelta(days=7)

log = structlog.get_logger("aldia.authority")


@task(max_attempts=2)
def update_lists() -> int:
    """Download the lists that are older than a week, where some company speaks with SAT at all. Returns how many."""
    return sum(_update(name) for name in FILES if _is_old(name)) if _somebody_is_connected() else 0


@task(max_attempts=2)
def tell_listed() -> int:
    """Tell the company of each customer that a list speaks against, once per list and situation."""
    listed = list(listed_customers(Customer.objects.all()))
    flags = flags_of([customer.tax_id for customer in listed])
    against = [(each, flag) for each in listed for flag in flags.get(each.tax_id, ()) if flag.is_against]
    if not against:
        return 0
    turn = Round.at(Company.objects.get(pk=current_company_id()), database_now())
    return sum(_tell(customer, flag, turn) for customer, flag in against)


def _somebody_is_connected() -> bool:
    for company_id in Company.objects.values_list("pk", flat=True):
        with company_scope(company_id):
            if AuthorityConnection.objects.filter(revoked_at__isnull=True).exists():
                return True
    return False


def _is_old(name: str) -> bool:
    fresh = TaxpayerList.objects.filter(name=name, is_current=True, loaded_at__gt=database_now() - FRESH_FOR)
    return not fresh.exists()


def _update(name: str) -> int:
    try:
        load_list(data=download(name), now=database_now(), file_name=f"{name}.csv")
    except (ListUnavailable, NotAList, ListLooksCut) as error:
        log.warning("taxpayer_list_not_loaded", list=name, why=str(error))
        return 0
    return 1


def _tell(customer: Customer, flag: Flag, turn: Round) -> int:
    sentence = _("%(customer)s (%(tax_id)s) está en la lista del SAT «%(list)s»: %(situation)s.") % {
        "customer": customer, "tax_id": flag.tax_id, "list": flag.title, "situation": flag.situation or "—",
    }  # fmt: skip
    told = notify_company(
        key=f"listed:{customer.pk}:{flag.listing}:{flag.situation[:40]}",
        subject=_("Un cliente está en una lista del SAT"),
        sentence=sentence,
        turn=turn,
        extra={"cliente": str(customer), "razon_social": customer.legal_name, "rfc": customer.tax_id},
    )
    return told is not None
