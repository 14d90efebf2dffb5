"""What is no payment of a customer: charges, returns, the company's own transfers, fees and interest."""

from __future__ import annotations

from aldia.domain.matching.index import Index
from aldia.domain.matching.model import BankMovement

_NOT_RECEIVABLE = {"fee": "fee", "interest": "interest", "tax": "fee", "transfer_out": "charge"}


def classify(movement: BankMovement, index: Index) -> tuple[str, str]:
    """What it is ("" for a deposit that may pay documents) and, for a return, the deposit that it takes back.

    A return is recognised by its tracking key: words alone ("devolución") never undo anything.
    """
    if movement.amount < 0:
        undone = movement.trace_key and index.credit_of_trace(movement.account, movement.trace_key, -movement.amount)
        if undone:
            return "return", undone
        return ("return_unknown" if movement.kind == "return" else "charge"), ""
    if movement.amount == 0:
        return "charge", ""
    if movement.kind == "return":
        return "own_return", ""
    if _is_own(movement, index):
        return "own_transfer", ""
    return _NOT_RECEIVABLE.get(movement.kind, ""), ""


def _is_own(movement: BankMovement, index: Index) -> bool:
    """The company's own account or tax id on the other side; the words alone only when nobody else is named."""
    if movement.payer_account and index.is_own_account(movement.payer_account):
        return True
    if movement.payer_tax_id:
        return index.is_own_tax_id(movement.payer_tax_id)
    return movement.kind == "own_transfer" and not movement.payer_name
