"""Writes about companies and the people in them: each in one transaction, each leaving one event in the audit chain.

Errors are `Refused` with a Spanish sentence for the person.
"""

from __future__ import annotations

from aldia.tenancy.operations.brand import change_brand, remove_logo, set_logo
from aldia.tenancy.operations.companies import EDITABLE, create_company, update_company
from aldia.tenancy.operations.invitations import (
    accept_invitation,
    find_invitation,
    invite_person,
    resend_invitation,
    revoke_invitation,
)
from aldia.tenancy.operations.members import change_member, restore_member, suspend_member
from aldia.tenancy.operations.preferences import change_preferences
from aldia.tenancy.operations.refusals import Refused

__all__ = [
    "EDITABLE",
    "Refused",
    "accept_invitation",
    "change_brand",
    "change_member",
    "change_preferences",
    "create_company",
    "find_invitation",
    "invite_person",
    "remove_logo",
    "resend_invitation",
    "restore_member",
    "revoke_invitation",
    "set_logo",
    "suspend_member",
    "update_company",
]
