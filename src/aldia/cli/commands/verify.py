"""Probar con SQL que cada cifra cuadra y que nadie tocó la bitácora. Termina con 1 si algo no cuadra."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from aldia.cli.companies import add_company, chosen_companies
from aldia.cli.errors import WrongUsage
from aldia.cli.output import add_json, emit

if TYPE_CHECKING:
    from aldia.tenancy.models import Company


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_company(parser, required=False)
    parser.add_argument(
        "--audit-head",
        metavar="NÚMERO:HUELLA",
        help="un eslabón de la bitácora anotado en otra parte (un correo, un expediente): comprueba que sigue ahí",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    if args.audit_head and not args.company:
        raise WrongUsage("Di de qué empresa es ese eslabón: --company")
    companies = chosen_companies(args)
    checks = verify(companies)
    if args.audit_head:
        checks.append(_anchor(companies[0], args.audit_head))
    broken = sum(check["violations"] for check in checks)
    emit(args, {"checks": checks}, as_text(checks))
    return 1 if broken else 0


def verify(companies: list[Company]) -> list[dict[str, Any]]:
    """Every check over the companies, and those of the whole house; rows and violations summed by check."""
    from aldia.banking.verify import run_checks as bank_checks
    from aldia.receivables.verify import run_checks
    from aldia.tenancy.scope import company_scope
    from aldia.tenancy.verify import company_checks, house_checks

    totals: dict[str, dict[str, Any]] = {}
    for company in companies:
        with company_scope(company.pk):
            for check in [*run_checks(), *bank_checks(), *company_checks()]:
                _add(totals, check.name, check.rows, check.violations)
    for check in house_checks():
        _add(totals, check.name, check.rows, check.violations)
    return list(totals.values())


def _anchor(company: Company, noted: str) -> dict[str, Any]:
    from aldia.tenancy.scope import company_scope
    from aldia.tenancy.verify import audit_anchor

    with company_scope(company.pk):
        return audit_anchor(noted=noted)._asdict()


def as_text(checks: list[dict[str, Any]]) -> str:
    """The checks as a table, and the verdict."""
    width = max((len(check["name"]) for check in checks), default=0)
    lines = [
        f"{'✗' if check['violations'] else '✓'} {check['name']:<{width}}  {check['rows']:>10,} filas"
        + (f"  {check['violations']:,} NO CUADRAN" if check["violations"] else "")
        for check in checks
    ]
    broken = sum(check["violations"] for check in checks)
    return "\n".join([*lines, f"{broken} faltas" if broken else "Todo cuadra."])


def _add(totals: dict[str, dict[str, Any]], name: str, rows: int, violations: int) -> None:
    row = totals.setdefault(name, {"name": name, "rows": 0, "violations": 0})
    row["rows"] += rows
    row["violations"] += violations
