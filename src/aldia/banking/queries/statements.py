"""What a statement file would do, and what is on file of the imports: nothing here writes."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.banking.models import (
    BankAccount,
    BankMovement,
    ColumnMapping,
    StatementFile,
    StatementImport,
    StatementState,
)
from aldia.banking.queries.numbers import same_number
from aldia.domain.folding import fold
from aldia.domain.statements.banks import BANKS
from aldia.domain.statements.errors import DamagedStatement
from aldia.domain.statements.mapping import BadMapping, Mapping
from aldia.domain.statements.model import Hints, Preview, Statement
from aldia.integrations.spreadsheets.guard import LIMITS
from aldia.integrations.statements.reader import read_file
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id
from aldia.tenancy.storage import open_stored

log = logging.getLogger(__name__)


def preview(file: StatementFile, *, today: date | None = None, account: BankAccount | None = None) -> Preview:
    """What the file holds, read again from its bytes under the answers given so far. Writes nothing.

    `account` is the one chosen for it (default: the one it was uploaded to). Raises `Refusal` with its sentence, or
    `DamagedFile` when the store lost it.
    """
    with open_stored(file.file) as stream:
        data = stream.read(LIMITS.file + 1)
    return read(data, hints=hints_for(file, account or file.account, today), remembered=remembered(file))


def read(data: bytes, *, hints: Hints, remembered: Sequence[Mapping] = ()) -> Preview:
    """What bytes hold. Raises `Refusal`, whatever they are: strangers' files reach readers that nobody can prove."""
    try:
        return read_file(data, hints=hints, remembered=remembered)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, MemoryError) as error:
        log.exception("a statement file that no reader foresaw")
        raise DamagedStatement(line=1) from error


def hints_for(file: StatementFile, account: BankAccount | None, today: date | None) -> Hints:
    """What is known besides the file: of the account, of the company, and the answers given about this file."""
    company = Company.objects.get(pk=current_company_id())
    year = file.hints.get("year")
    known = Hints(country=company.country, currency=str(file.hints.get("currency") or ""), year=year, today=today)
    if account is None:
        return known
    return dataclasses.replace(
        known, country=account.country or company.country, currency=account.currency, bank=profile_of(account)
    )


def profile_of(account: BankAccount) -> str:
    """The key of the profile of the account's bank, "" for a bank without one."""
    words = f" {fold(account.bank)} "
    own = [bank for bank in BANKS.values() if bank.country == account.country]
    found = {bank.key for bank in own if f" {fold(bank.name)} " in words or any(f" {m} " in words for m in bank.marks)}
    return found.pop() if len(found) == 1 else ""


def remembered(file: StatementFile) -> list[Mapping]:
    """Mappings that a person confirmed: those of the company, then those of this file, which win."""
    kept = [row.mapping for row in ColumnMapping.objects.order_by("created_at", "id")]
    found = []
    for data in [*kept, *(file.mapping or [])]:
        try:
            found.append(Mapping.from_json(data))
        except BadMapping:
            continue  # one that an older version wrote
    return found


# Before an import


def concerns(statement: Statement, account: BankAccount | None) -> list[str]:
    """What a person must confirm before this statement enters that account; [] when nothing speaks against it."""
    found = []
    if statement.proof.state == "partial":
        found.append(
            _("El saldo no cuadra en %(n)d de %(steps)d comprobaciones: puede faltar o sobrar algún movimiento.")
            % {"n": statement.proof.steps - statement.proof.tied, "steps": statement.proof.steps}
        )
    if account is not None and same_number(statement.account, account.number) is False:
        found.append(
            _("El archivo dice que es de la cuenta %(file)s y elegiste «%(name)s» (%(number)s).")
            % {"file": statement.account[:40], "name": account.name, "number": account.number}
        )
    unread = unread_rows(statement)
    if unread:
        found.append(
            ngettext(
                "%(n)d renglón con dinero no se pudo leer y quedaría fuera.",
                "%(n)d renglones con dinero no se pudieron leer y quedarían fuera.",
                unread,
            )
            % {"n": unread}
        )
    return found


# Rows that the bank itself does not count as movements, and texts that were joined to another row.
HARMLESS = frozenset({"pending", "rejected", "continuation", "zero_amount", "no_amount"})


def unread_rows(statement: Statement) -> int:
    """Rows that may be movements and could not be read."""
    return sum(row.code not in HARMLESS for row in statement.skipped)


def suggested(statement: Statement, accounts: Sequence[BankAccount], given: BankAccount | None) -> BankAccount | None:
    """The account that the statement is of: by its number, else the one it was uploaded to, else the only one."""
    fitting = [each for each in accounts if not statement.currency or each.currency == statement.currency]
    named = [each for each in fitting if same_number(statement.account, each.number)]
    if len(named) == 1:
        return named[0]
    if given is not None and same_number(statement.account, given.number) is not False:
        return given
    left = [each for each in fitting if same_number(statement.account, each.number) is not False]
    return left[0] if len(left) == 1 and len(accounts) == 1 else None


def standing(file: StatementFile) -> dict[int, StatementImport]:
    """The live imports of the same bytes, by part."""
    rows = StatementImport.objects.filter(file__sha256=file.sha256, state=StatementState.IMPORTED)
    return {row.part: row for row in rows.select_related("account").order_by("imported_at")}


# After it


def imports(account: BankAccount | None = None) -> QuerySet[StatementImport]:
    """Imports, newest first."""
    rows = StatementImport.objects.select_related("account", "file", "imported_by")
    rows = rows.filter(account=account) if account else rows
    return rows.defer("skipped", "seen").order_by("-imported_at", "-id")


def doubtful(**filters: Any) -> QuerySet[BankMovement]:
    """Movements of which a person must say whether they are new, with the one that each may be."""
    rows = BankMovement.objects.exclude(doubt="").filter(**filters)
    return rows.select_related("twin", "twin__statement__file", "account").order_by("booked_on", "seq", "id")


def files_waiting() -> QuerySet[StatementFile]:
    """Files that somebody uploaded and of whose bytes nothing was imported yet, newest first."""
    done = StatementImport.objects.filter(state=StatementState.IMPORTED, file__isnull=False).values("file__sha256")
    rows = StatementFile.objects.filter(imports__isnull=True).exclude(sha256__in=done)
    return rows.select_related("account", "uploaded_by", "file").order_by("-created_at", "-id")
