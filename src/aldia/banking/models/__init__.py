"""Bank accounts, their movements, what explains each, and what was learned of who pays."""

from aldia.banking.models.accounts import (
    BankAccount,
    BankEvent,
    ColumnMapping,
    StatementFile,
    StatementImport,
    StatementState,
)
from aldia.banking.models.learning import (
    ClassRecord,
    Judgement,
    MatchingSettings,
    PayerAgreement,
    PayerAlias,
    PayerLesson,
    PayerName,
    PayerNameBlock,
)
from aldia.banking.models.matches import AdjustmentReason, Match, MatchDecision, MatchHow, MatchLine, ReviewState
from aldia.banking.models.movements import BankMovement, MovementComment, MovementState, QueueKey

__all__ = [
    "AdjustmentReason", "BankAccount", "BankEvent", "BankMovement", "ClassRecord", "ColumnMapping", "Judgement",
    "Match", "MatchDecision", "MatchHow", "MatchLine", "MatchingSettings", "MovementComment", "MovementState",
    "PayerAgreement", "PayerAlias", "PayerLesson", "PayerName", "PayerNameBlock", "QueueKey", "ReviewState",
    "StatementFile", "StatementImport", "StatementState",
]  # fmt: skip
