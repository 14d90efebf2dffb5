"""Estados de cuenta del banco: leer un archivo, comprobarlo e importarlo en una cuenta (import)."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aldia.cli.companies import add_company, working_for
from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.files import require
from aldia.cli.output import add_json, emit, print_error, say

if TYPE_CHECKING:
    from aldia.banking.models import BankAccount, StatementFile
    from aldia.banking.operations.statements import Imported
    from aldia.domain.statements.mapping import Mapping
    from aldia.domain.statements.model import Statement

MAPPING = (
    'M.json: {"roles": {"date": 0, "desc": 2, "amount": 3, "balance": 4}, "decimal": ".", "date_order": "DMY", '
    '"sign": "signed", "header": true}; las columnas se cuentan desde 0'
)


@dataclass(slots=True)
class Brought:
    """What came in: statements that did, and those of the file that are of other accounts."""

    statements: list[Statement] = field(default_factory=list)
    done: list[Imported] = field(default_factory=list)
    others: list[Statement] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="import")
    load = verbs.add_parser("import", help="importar un archivo en una cuenta", epilog=MAPPING)
    load.add_argument("file", metavar="ARCHIVO", help="XLSX, XLS, CSV, TXT, OFX, MT940, camt, Norma 43, PDF…")
    load.add_argument("--account", required=True, metavar="A", help="la cuenta: su id, su nombre o su número")
    add_company(load)
    load.add_argument("--mapping", metavar="M.json", help="qué es cada columna, cuando el archivo no lo dice")
    add_json(load)


def run(args: argparse.Namespace) -> int:
    (path,) = require([args.file])
    with working_for(args) as company:
        today = datetime.now(UTC).astimezone(ZoneInfo(company.time_zone)).date()
        account = _account(args.account)
        file = _upload(path, account, _mapping(args.mapping), today)
        try:
            return _bring_in(args, file, account, today)
        finally:
            _forget_unused(file)


def _account(text: str) -> BankAccount:
    """The account with this id, name or number."""
    from aldia.banking.models import BankAccount
    from aldia.banking.operations.accounts import bare_number

    try:
        found = list(BankAccount.objects.filter(pk=UUID(text)))
    except ValueError:
        number = bare_number(text)
        found = list(BankAccount.objects.filter(name=text.strip()))
        found = found or (list(BankAccount.objects.filter(number=number)) if number else [])
    if not found:
        raise WrongUsage(f"No hay ninguna cuenta «{text}». Las que hay: aldia account list")
    if len(found) > 1:
        raise WrongUsage(f"Hay varias cuentas con ese número; di cuál: {', '.join(str(each.pk) for each in found)}")
    return found[0]


def _mapping(name: str | None) -> Mapping | None:
    from aldia.domain.statements.errors import BadMapping
    from aldia.domain.statements.mapping import Mapping

    if not name:
        return None
    (path,) = require([name])
    try:
        return Mapping.from_json({"confirmed": True, **json.loads(path.read_bytes())})
    except BadMapping as error:
        raise WrongUsage(f"«{name}»: {error}") from error
    except (OSError, ValueError, TypeError) as error:
        raise WrongUsage(f"«{name}» no es un objeto JSON con el orden de columnas.") from error


def _upload(path: Path, account: BankAccount, mapping: Mapping | None, today: Any) -> StatementFile:
    from aldia.banking.operations import statements
    from aldia.tenancy.storage import CannotStore, FileTooLarge

    try:
        data = path.read_bytes()
        file = statements.upload(
            data=data, name=path.name, account_id=account.pk, mapping=mapping, today=today, actor=None
        )
    except FileTooLarge as error:
        raise WrongUsage(str(error)) from error
    except (OSError, CannotStore) as error:
        raise CouldNotRun(f"No se pudo leer o guardar «{path}»: {error}") from error
    if file.refusal:
        refusal = file.refusal
        _forget_unused(file)
        raise WrongUsage(refusal)
    return file


def _forget_unused(file: StatementFile) -> None:
    """A file that nothing came from is not kept."""
    from aldia.banking.operations import statements
    from aldia.banking.operations.importing import ImportRefused

    try:
        statements.discard(file_id=file.pk, actor=None)
    except ImportRefused:
        return


def _bring_in(args: argparse.Namespace, file: StatementFile, account: BankAccount, today: Any) -> int:
    from aldia.banking.operations import statements
    from aldia.banking.operations.importing import ImportRefused
    from aldia.banking.queries import statements as queries
    from aldia.jobs.banking import enqueue_reconcile

    found = queries.preview(file, today=today)
    parts = _of_account(found.statements, account)
    asked = [found.statements[at] for at in parts if found.statements[at].questions]
    if asked:
        return _ask(args, asked)
    brought = Brought(others=[each for at, each in enumerate(found.statements) if at not in parts])
    for at in parts:
        statement = found.statements[at]
        brought.statements.append(statement)
        if not statement.movements:
            continue
        for concern in queries.concerns(statement, account):
            say(concern)
        try:
            brought.done.append(
                statements.import_file(
                    file_id=file.pk, part=at, account_id=account.pk, is_confirmed=True, actor=None,
                    now=datetime.now(UTC), today=today,
                )
            )  # fmt: skip
        except ImportRefused as error:
            raise WrongUsage(str(error)) from error
    enqueue_reconcile()
    _report(args, brought, account)
    return 0


def _of_account(found: tuple[Statement, ...], account: BankAccount) -> list[int]:
    """Which statements of the file are this account's: by number, else by currency; a file with one is its own."""
    from aldia.banking.queries.numbers import same_number

    if len(found) == 1:
        return [0]
    named = [at for at, each in enumerate(found) if same_number(each.account, account.number)]
    if named:
        return [at for at in named if found[at].currency in ("", account.currency)] or named
    left = [
        at
        for at, each in enumerate(found)
        if each.currency in ("", account.currency) and same_number(each.account, account.number) is not False
    ]
    numbers = {found[at].account for at in left if found[at].movements}
    if len(numbers) > 1:
        raise WrongUsage(
            f"El archivo trae varias cuentas ({', '.join(sorted(number or '?' for number in numbers))}): "
            "ponle a la cuenta su número para saber cuál es la suya."
        )
    if not left:
        raise WrongUsage(f"Ninguna cuenta del archivo es «{account.name}» ({account.currency} {account.number}).")
    return left


def _ask(args: argparse.Namespace, asked: list[Statement]) -> int:
    """The file leaves something open: say what, with the columns, and how to answer."""
    questions = [
        {"code": one.code, "text": one.message, "candidates": [each.value for each in one.candidates]}
        for statement in asked
        for one in statement.questions
    ]
    columns = [
        {"column": each.index, "heading": each.heading, "role": each.role, "samples": list(each.samples)}
        for each in asked[0].columns
    ]
    text = " ".join(str(each["text"]) for each in questions) + " Respóndelo con --mapping."
    if not args.json:
        print_error(args, text)
        for column in columns:
            say(f"  {column['column']}: {column['heading'] or '(sin encabezado)'}  {', '.join(column['samples'][:3])}")
        return 2
    say(f"aldia: {text}")
    emit(args, {"error": text, "state": "needs_mapping", "questions": questions, "columns": columns}, "")
    return 2


def _report(args: argparse.Namespace, brought: Brought, account: BankAccount) -> None:
    rows = {"movement": 0, "header": 0, "footer": 0, "skipped": 0}
    for statement in brought.statements:
        for kind, count in statement.counts.items():
            rows[kind] += count
    proofs = [statement.proof for statement in brought.statements]
    tied, steps = sum(each.tied for each in proofs), sum(each.steps for each in proofs)
    skipped = [
        {"line": row.line, "code": row.code, "why": row.why}
        for statement in brought.statements
        for row in statement.skipped
    ]
    data = {
        "movements_new": sum(each.new for each in brought.done),
        "movements_known": sum(each.known for each in brought.done),
        "movements_doubtful": sum(each.doubtful for each in brought.done),
        "rows": rows,
        "proof": {"state": _state(tied, steps), "tied": tied, "steps": steps},
        "skipped": skipped,
        "account": str(account.pk),
        "imports": [str(each.row.pk) for each in brought.done],
        "others": [{"account": each.account, "movements": len(each.movements)} for each in brought.others],
    }
    words = {"full": "comprobado", "partial": "no cuadra del todo", "none": "sin saldos que comprobar"}
    text = f"{data['movements_new']} movimientos nuevos, {data['movements_known']} ya estaban, "
    text += f"{data['movements_doubtful']} por aclarar. "
    text += f"{words[_state(tied, steps)].capitalize()}: {tied} de {steps} saldos."
    lines = [f"  renglón {row['line']}: {row['why']}" for row in skipped]
    emit(args, data, "\n".join([text, *lines]))


def _state(tied: int, steps: int) -> str:
    return "none" if not steps else "full" if tied == steps else "partial"
