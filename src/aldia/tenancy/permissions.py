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
ISSUE_DOCUMENTS = "issue_documents"
CANCEL_DOCUMENTS = "cancel_documents"
MANAGE_AUTHORITY = "manage_authority"
PAUSE = "pause"
SEND_MESSAGES = "send_messages"
MANAGE_REMINDERS = "manage_reminders"
EXPORT = "export"
MANAGE_COMPANY = "manage_company"
MANAGE_PEOPLE = "manage_people"
VIEW_AUDIT = "view_audit"
MANAGE_JOBS = "manage_jobs"
COLLECT = "collect"  # log calls, promises and disputes; the list of the day
MANAGE_TEAM = "manage_team"  # see everybody's work, set targets
MANAGE_CREDIT = "manage_credit"  # hold credit, override a hold, say what kind of debtor somebody is
MANAGE_REPORTS = "manage_reports"  # reports that go out by themselves

EVERYTHING = frozenset(
    {
        VIEW,
        EDIT_CUSTOMERS,
        SWITCH_CUSTOMERS,
        IMPORT_DOCUMENTS,
        RECORD_PAYMENTS,
        ADJUST_BALANCES,
        RECONCILE,
        ISSUE_DOCUMENTS,
        CANCEL_DOCUMENTS,
        MANAGE_AUTHORITY,
        PAUSE,
        SEND_MESSAGES,
        MANAGE_REMINDERS,
        EXPORT,
        MANAGE_COMPANY,
        MANAGE_PEOPLE,
        VIEW_AUDIT,
        MANAGE_JOBS,
        COLLECT,
        MANAGE_TEAM,
        MANAGE_CREDIT,
        MANAGE_REPORTS,
    }
)

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.OWNER: EVERYTHING,
    Role.ADMIN: EVERYTHING,
    Role.FINANCE: EVERYTHING - {MANAGE_COMPANY, MANAGE_PEOPLE, MANAGE_AUTHORITY},
    Role.COLLECTOR: frozenset({VIEW, EDIT_CUSTOMERS, RECORD_PAYMENTS, PAUSE, SEND_MESSAGES, EXPORT, COLLECT}),
    Role.AUDITOR: frozenset({VIEW, EXPORT, VIEW_AUDIT}),
}


def allows(membership: Membership | None, permission: str) -> bool:
    """Whether an active membership carries the permission."""
    if membership is None or membership.suspended_at is not None:
        return False
    return permission in ROLE_PERMISSIONS.get(membership.role, frozenset())
