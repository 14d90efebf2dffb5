"""Reconciliation: a movement of the bank + the books -> what it pays, why, and whether that may apply by itself."""

from aldia.domain.matching.batch import decide_batch
from aldia.domain.matching.deciding import decide
from aldia.domain.matching.index import Index
from aldia.domain.matching.memory import MemoryIndex
from aldia.domain.matching.model import (
    Alias,
    Allocation,
    BankMovement,
    CreditNote,
    Decision,
    Discount,
    Document,
    Hypothesis,
    KnownMoney,
    Outcome,
    Paid,
    Party,
    Payer,
    Reason,
    Receipt,
    Said,
    of_statement,
)
from aldia.domain.matching.settings import Commission, Settings, Withholding
from aldia.domain.matching.trust import COLD, Promise, Record, State, Trust, Verdict, earn, is_reviewed

__all__ = [
    "COLD",
    "Alias",
    "Allocation",
    "BankMovement",
    "Commission",
    "CreditNote",
    "Decision",
    "Discount",
    "Document",
    "Hypothesis",
    "Index",
    "KnownMoney",
    "MemoryIndex",
    "Outcome",
    "Paid",
    "Party",
    "Payer",
    "Promise",
    "Reason",
    "Receipt",
    "Record",
    "Said",
    "Settings",
    "State",
    "Trust",
    "Verdict",
    "Withholding",
    "decide",
    "decide_batch",
    "earn",
    "is_reviewed",
    "of_statement",
]
