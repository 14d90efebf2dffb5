"""Who may do what: the one table of roles and permissions.

A view names the permission it needs (`web.access.needs`); nothing else decides. `auditor` sees everything and changes
nothing; `collector` collects but touches neither settings nor people.
"""

from __future__ import annotations

from aldia.tenancy.models import Membership, Role

VIEW = "view"
EDIT_CUSTOMERS = "edit_customers"
SWITCH_CUSTOMERS = "switch_customers"
IMPORT_DOCUMENTS = "import_documents"
RECORD_PAYMENTS = "record_payments"
ADJUST_BALANCES = "adjust_balances"
RECONCILE = "reconcile"
PAUSE = "pause"
SEND_MESSAGES = "send_messages"
MANAGE_REMINDERS = "manage_reminders"
EXPORT = "export"
MANAGE_COMPANY = "manage_company"
MANAGE_PEOPLE = "manage_people"
VIEW_AUDIT = "view_audit"
MANAGE_JOBS = "manage_jobs"

EVERYTHING = frozenset(
    {
        VIEW,
        EDIT_CUSTOMERS,
        SWITCH_CUSTOMERS,
        IMPORT_DOCUMENTS,
        RECORD_PAYMENTS,
        ADJUST_BALANCES,
        RECONCILE,
        PAUSE,
        SEND_MESSAGES,
        MANAGE_REMINDERS,
        EXPORT,
        MANAGE_COMPANY,
        MANAGE_PEOPLE,
        VIEW_AUDIT,
        MANAGE_JOBS,
    }
)

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.OWNER: EVERYTHING,
    Role.ADMIN: EVERYTHING,
    Role.FINANCE: EVERYTHING - {MANAGE_COMPANY, MANAGE_PEOPLE},
    Role.COLLECTOR: frozenset({VIEW, EDIT_CUSTOMERS, RECORD_PAYMENTS, PAUSE, SEND_MESSAGES, EXPORT}),
    Role.AUDITOR: frozenset({VIEW, EXPORT, VIEW_AUDIT}),
}


def allows(membership: Membership | None, permission: str) -> bool:
    """Whether an active membership carries the permission."""
    if membership is None or membership.suspended_at is not None:
        return False
    return permission in ROLE_PERMISSIONS.get(membership.role, frozenset())
