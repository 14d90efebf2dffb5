"""Statement files: uploaded, asked about, imported one statement at a time, undone while nothing rests on them."""

from __future__ import annotations

import dataclasses
import hashlib
import uuid
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from aldia.banking.models import BankAccount, ColumnMapping, StatementFile, StatementImport
from aldia.banking.operations.importing import ImportRefused, bring_in
from aldia.banking.operations.retracting import undo
from aldia.banking.queries import statements as queries
from aldia.documents.operations.discarding import mark_discarded
from aldia.domain.sentences import Refusal, gettext_noop
from aldia.domain.statements.errors import BadMapping
from aldia.domain.statements.mapping import Mapping
from aldia.domain.statements.model import Answer, Preview, Statement
from aldia.integrations.spreadsheets.guard import LIMITS
from aldia.integrations.statements import pdf
from aldia.tenancy import audit, storage
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction
from aldia.tenancy.sentences import spoken

__all__ = [
    "Imported", "NeedsAnswer", "NeedsConfirmation", "NothingToImport", "answer", "discard", "import_file",
    "map_columns", "undo", "unlock", "upload",
]  # fmt: skip
FIRST_YEAR, LAST_YEAR = 1990, 2100


class NeedsAnswer(ImportRefused):
    """The file leaves something open that only a person can say."""


class NothingToImport(ImportRefused):
    """The statement has no movements."""


class NeedsConfirmation(ImportRefused):
    """Something speaks against this import; a person may confirm it. `concerns` are the sentences."""

    def __init__(self, concerns: list[str]) -> None:
        super().__init__(" ".join(concerns))
        self.concerns = concerns


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: its row, and how many movements this call found new, known and doubtful."""

    row: StatementImport
    new: int
    known: int
    doubtful: int
    is_repeated: bool = False


def upload(
    *,
    data: bytes,
    name: str,
    account_id: uuid.UUID | None = None,
    mapping: Mapping | None = None,
    today: date | None = None,
    actor: User | None,
) -> StatementFile:
    """Keep a file as it came, and say what it is; one that is no statement is kept with the sentence why.

    `mapping` says how its columns are read, where that is known before (without fingerprint: whatever its header is).

    Raises `FileTooLarge` or `CannotStore`; `ImportRefused` if the account is gone.
    """
    account = BankAccount.objects.filter(pk=account_id).first() if account_id else None
    if account_id and account is None:
        raise ImportRefused(_("Esa cuenta ya no existe."))
    stored = storage.store(name, data, max_bytes=LIMITS.file)
    file = StatementFile(
        company_id=current_company_id(), file=stored, name=stored.name[:255], sha256=hashlib.sha256(data).hexdigest(),
        account=account, uploaded_by=actor, mapping=[mapping.to_json()] if mapping else None,
    )  # fmt: skip
    try:
        found = queries.read(data, hints=queries.hints_for(file, account, today), remembered=queries.remembered(file))
        file.format = found.format[:20]
    except Refusal as error:
        file.refusal = spoken(error)[:500]
    with transaction():
        file.save(force_insert=True)
        detail = {"name": file.name, "format": file.format, "refused": file.refusal}
        audit.record(
            actor=actor, verb="banking.statement_uploaded", object_type="statementfile", object_id=file.pk,
            detail=detail,
        )  # fmt: skip
    return file


# What the file leaves open


def answer(
    *, file_id: uuid.UUID, part: int = 0, code: str, value: Answer, today: date | None = None, actor: User | None
) -> StatementFile:
    """Answer a question about a file. Raises `BadMapping` for what is no answer, `ImportRefused` for a file gone."""
    said: dict[str, Any] = {}
    mapping: Mapping | None = None
    if code == "year":
        said = {"year": _year(value)}
    elif code == "currency":
        said = {"currency": Mapping().answered("currency", value).currency}
    else:
        mapping = _mapping_of(file_id, part, today).answered(code, value)
    return _told(file_id, said, mapping, actor, {"question": code, "answer": str(value)[:200]})


def map_columns(
    *,
    file_id: uuid.UUID,
    part: int = 0,
    roles: Dictionary[str, int],
    decimal: str = "",
    date_order: str = "",
    sign: str = "",
    today: date | None = None,
    actor: User | None,
) -> StatementFile:
    """Say by hand what each column of a table is. Raises `BadMapping`, `ImportRefused`."""
    mapping = _mapping_of(file_id, part, today).with_roles(dict(roles))
    changed = mapping.to_json() | {"decimal": decimal, "date_order": date_order, "sign": sign}
    return _told(file_id, {}, Mapping.from_json(changed), actor, {"columns": dict(roles)})


def _told(
    file_id: uuid.UUID, said: Dictionary[str, Any], mapping: Mapping | None, actor: User | None, detail: dict[str, Any]
) -> StatementFile:
    """Keep what a person said with the file."""
    with transaction():
        file = _locked(file_id)
        file.hints = {**file.hints, **said}
        if mapping is not None:
            _keep(file, mapping)
        file.save(update_fields=["hints", "mapping"])
        audit.record(
            actor=actor, verb="banking.statement_answered", object_type="statementfile", object_id=file.pk,
            detail=detail,
        )  # fmt: skip
    return file


def _locked(file_id: uuid.UUID) -> StatementFile:
    file = StatementFile.objects.select_for_update(no_key=True).filter(pk=file_id).first()
    if file is None:
        raise ImportRefused(_("Ese archivo ya no está."))
    return file


def _year(value: Answer) -> int:
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:9]) <= LAST_YEAR):
        raise BadMapping(why=gettext_noop("ese año no existe"))
    return int(text)


def _mapping_of(file_id: uuid.UUID, part: int, today: date | None) -> Mapping:
    """How the table of a part is read so far. The file is read outside any transaction: it may take long."""
    file = StatementFile.objects.select_related("file", "account").filter(pk=file_id).first()
    if file is None:
        raise ImportRefused(_("Ese archivo ya no está."))
    statement = _part(queries.preview(file, today=today), part)
    if statement.mapping is None:
        raise BadMapping(why=gettext_noop("este formato no tiene columnas"))
    return statement.mapping


def _keep(file: StatementFile, mapping: Mapping) -> None:
    """Remember the mapping with the file; it names no currency, which is the account's."""
    plain = dataclasses.replace(mapping, currency="", confirmed=True).to_json()
    others = [each for each in file.mapping or [] if each.get("fingerprint") != mapping.fingerprint]
    file.mapping = [*others, plain]


def _part(found: Preview, part: int) -> Statement:
    if not 0 <= part < len(found.statements):
        raise ImportRefused(_("El archivo ya no se lee igual: vuelve a abrir su vista previa."))
    return found.statements[part]


# Importing


def import_file(
    *,
    file_id: uuid.UUID,
    part: int,
    account_id: uuid.UUID,
    is_confirmed: bool,
    actor: User | None,
    now: datetime,
    today: date | None = None,
) -> Imported:
    """Bring one statement of a file into an account; the same statement again changes nothing.

    Raises `NeedsAnswer`, `NothingToImport`, `NeedsConfirmation` or another `ImportRefused`, each with its sentence;
    `Refusal` or `DamagedFile` if the file cannot be read (any more).
    """
    file = StatementFile.objects.select_related("file", "account").filter(pk=file_id).first()
    account = BankAccount.objects.filter(pk=account_id).first()
    if file is None or account is None:
        raise ImportRefused(_("Ese archivo o esa cuenta ya no está."))
    statement = _part(queries.preview(file, today=today, account=account), part)
    _refuse_unready(statement)
    concerns = queries.concerns(statement, account)
    if concerns and not is_confirmed:
        raise NeedsConfirmation(concerns)
    row = bring_in(
        account_id=account.pk, statement=statement, source="file", file_id=file.pk, part=part, actor=actor, now=now
    )
    if row.imported_at != now or row.file_id != file.pk:
        return Imported(row, 0, row.read, 0, is_repeated=True)
    _remember(file, statement, account, actor, now)
    return Imported(row, row.new, row.known, row.doubtful)


def _refuse_unready(statement: Statement) -> None:
    if statement.questions:
        raise NeedsAnswer(statement.questions[0].message)
    if not statement.movements:
        raise NothingToImport(_("El archivo no trae ningún movimiento en esta cuenta."))
    if not statement.is_importable:
        raise ImportRefused(
            _("Un PDF solo entra cuando sus saldos cuadran por completo: descarga los movimientos en Excel, CSV o TXT.")
        )


def _remember(
    file: StatementFile, statement: Statement, account: BankAccount, actor: User | None, now: datetime
) -> None:
    """What a person said of this header is said of every file with it, from now on."""
    mapping = statement.mapping
    given = {each.get("fingerprint") for each in file.mapping or []}
    if mapping is None or mapping.fingerprint not in given:
        return
    kept = dataclasses.replace(mapping, currency="", confirmed=True).to_json()
    values = {"mapping": kept, "label": account.bank[:120] or account.name, "used_at": now, "confirmed_by": actor}
    with transaction():
        ColumnMapping.objects.update_or_create(
            company_id=current_company_id(), fingerprint=mapping.fingerprint, defaults=values
        )


def unlock(*, file_id: uuid.UUID, password: str, today: date | None = None, actor: User | None) -> StatementFile:
    """Keep a PDF without its password, which is kept nowhere, in place of the locked one.

    Raises `Refusal` (a wrong password), `ImportRefused`, and what `upload` raises.
    """
    locked = StatementFile.objects.select_related("file").filter(pk=file_id).first()
    if locked is None:
        raise ImportRefused(_("Ese archivo ya no está."))
    with storage.open_stored(locked.file) as stream:
        opened = pdf.unlock(stream.read(LIMITS.file + 1), password)
    file = upload(data=opened, name=locked.name, account_id=locked.account_id, today=today, actor=actor)
    discard(file_id=locked.pk, actor=actor)
    return file


def discard(*, file_id: uuid.UUID, actor: User | None) -> None:
    """Forget a file that nothing was imported from. Raises `ImportRefused`."""
    with transaction():
        file = _locked(file_id)
        if StatementImport.objects.filter(file=file).exists():
            raise ImportRefused(_("De este archivo ya se importó algo: se conserva."))
        stored = file.file
        file.delete()
        mark_discarded(stored)
        audit.record(
            actor=actor, verb="banking.statement_discarded", object_type="statementfile", object_id=file_id,
            detail={"name": file.name},
        )  # fmt: skip
