"""Named places where a test kills the process, to prove that a clean re-run ends as if nothing had happened.

`CRASH_AT=name:n` kills it (SIGKILL: no clean-up, no rollback by us) the nth time that it passes the place; otherwise
passing costs a look in a dictionary. A test lists every name used in the code and demands that each be hit.
"""

from __future__ import annotations

import os
import signal

IMPORTING = frozenset(
    {
        "after_customers",
        "after_store",
        "after_items",
        "after_apply",
        "after_unfold",
        "before_finish",
        "after_blank",
    }
)
PLANNING = frozenset({"after_settled", "after_candidates", "after_span", "after_new_thanks", "after_thanks"})
COMPOSING = frozenset({"after_files", "in_compose", "after_compose", "in_receipts"})
DELIVERING = frozenset({"after_claim", "before_network", "after_network", "after_result"})
PAYING = frozenset(
    {
        "after_attempt",
        "after_ask",
        "after_offer",
        "after_fetch",
        "in_settle",
        "after_settle",
        "after_refund",
        "after_open",
    }
)
RECONCILING = frozenset({"in_statement", "after_statement", "in_match", "after_match", "in_undo", "after_undo"})
SYNCING = frozenset(
    {"before_request", "after_request", "after_verify", "before_package", "after_package", "after_package_row"}
)
STAMPING = frozenset({"after_seal", "before_stamp", "after_stamp", "after_document", "after_cancel"})
RECURRING = frozenset({"after_occurrence", "after_issue"})
REPORTING = frozenset({"after_report_files", "after_report_sending"})
NAMES = (
    SYNCING | STAMPING | RECURRING | RECONCILING | IMPORTING | PLANNING | COMPOSING | DELIVERING | PAYING | REPORTING
)
_passed: dict[str, int] = {}


def crashpoint(name: str) -> None:
    """Die here, if the environment says so."""
    wanted = os.environ.get("CRASH_AT")
    if not wanted:
        return
    target, _, turn = wanted.partition(":")
    if target != name:
        return
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] == int(turn or 1):
        os.kill(os.getpid(), signal.SIGKILL)
