"""Cuentas de banco de una empresa: crear una (create) o ver las que hay (list)."""

from __future__ import annotations

import argparse

from aldia.cli.companies import add_company, working_for
from aldia.cli.errors import WrongUsage
from aldia.cli.output import add_json, emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="create|list")
    create = verbs.add_parser("create", help="una cuenta nueva")
    add_company(create)
    create.add_argument("--name", default="", help="cómo la llaman (el banco y el final del número)")
    create.add_argument("--bank", default="", help="banco, como «BBVA»")
    create.add_argument("--number", default="", help="CLABE o número de cuenta")
    create.add_argument("--currency", default="", help="moneda (la de la empresa)")
    create.add_argument("--country", default="", help="país del banco (el de la empresa)")
    create.add_argument("--holder", default="", help="titular, si no es la empresa")
    add_json(create)
    listed = verbs.add_parser("list", help="las cuentas que hay")
    add_company(listed)
    add_json(listed)


def run(args: argparse.Namespace) -> int:
    return _create(args) if args.verb == "create" else _list(args)


def _create(args: argparse.Namespace) -> int:
    from aldia.banking.operations.accounts import Details, create_account
    from aldia.customers.operations.versions import Refused

    with working_for(args) as company:
        name = args.name or " ".join(filter(None, (args.bank, args.number[-4:]))) or "Cuenta de banco"
        details = Details(
            name=name, currency=args.currency or company.currency, bank=args.bank, number=args.number,
            holder=args.holder, country=args.country or company.country,
        )  # fmt: skip
        try:
            account = create_account(details=details, actor=None)
        except Refused as error:
            raise WrongUsage(str(error)) from error
    emit(args, {"account": str(account.pk), "name": account.name}, f"Cuenta creada: {account.name}\n  id: {account.pk}")
    return 0


def _list(args: argparse.Namespace) -> int:
    from aldia.banking.queries.accounts import accounts, standings

    with working_for(args):
        found = standings([*accounts(), *accounts(archived=True)])
    data = [
        {
            "account": str(each.account.pk),
            "name": each.account.name,
            "bank": each.account.bank,
            "number": each.account.number,
            "currency": each.account.currency,
            "archived": each.account.archived_at is not None,
            "movements": each.movements,
            "pending": each.pending,
            "doubtful": each.doubtful,
            "last_on": each.last_on,
            "gaps": [{"from": gap.first_day, "to": gap.last_day, "missing": gap.missing} for gap in each.gaps],
        }
        for each in found
    ]
    lines = [
        f"{each.account.pk}  {each.account.name} ({each.account.currency}): {each.movements} movimientos, "
        f"{each.pending} por conciliar"
        for each in found
    ]
    emit(args, data, "\n".join(lines) or "Todavía no hay cuentas: aldia account create --help")
    return 0
