"""Empresas: crear una con su dueño (create) y ver las que hay (list)."""

from __future__ import annotations

import argparse
import os
import secrets

from aldia.cli.errors import WrongUsage
from aldia.cli.output import add_json, emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="create|list")
    create = verbs.add_parser("create", help="una empresa y su dueño")
    create.add_argument("--name", required=True, help="razón social")
    create.add_argument("--tax-id", required=True, help="RFC u otro identificador fiscal")
    create.add_argument("--country", default="MX", help="MX, CL, CO o ES (MX)")
    create.add_argument("--email", required=True, help="correo del dueño, con el que entra")
    create.add_argument("--password", help="su contraseña (o ALDIA_PASSWORD; sin ella se inventa una y se muestra)")
    create.add_argument("--currency", default="", help="moneda (la del país)")
    create.add_argument("--time-zone", default="", help="zona horaria (la de la capital)")
    add_json(create)
    add_json(verbs.add_parser("list", help="las empresas que hay"))


def run(args: argparse.Namespace) -> int:
    return _create(args) if args.verb == "create" else _list(args)


def _create(args: argparse.Namespace) -> int:
    from aldia.reminders.operations.rules import ensure_default_rule
    from aldia.tenancy.operations.companies import create_company
    from aldia.tenancy.operations.refusals import Refused
    from aldia.tenancy.operations.registering import register_person
    from aldia.tenancy.scope import company_scope

    currency, zone = COUNTRIES.get(args.country, ("MXN", "America/Mexico_City"))
    given = args.password or os.environ.get("ALDIA_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    try:
        owner = register_person(email=args.email, password=password)
        company = create_company(
            owner=owner,
            legal_name=args.name,
            tax_id=args.tax_id,
            country=args.country,
            currency=args.currency or currency,
            time_zone=args.time_zone or zone,
        )
    except Refused as error:
        raise WrongUsage(str(error)) from error
    with company_scope(company.pk):
        ensure_default_rule()
    text = f"Empresa creada: {company.legal_name}\n  id: {company.pk}\n  páginas: /e/{company.slug}/"
    text += f"\n  dueño: {owner.email}"
    data = {"company": str(company.pk), "slug": company.slug, "owner": owner.email}
    if not given and owner.check_password(password):
        text += f"\n  contraseña: {password}"
        data["password"] = password
    emit(args, data, text)
    return 0


def _list(args: argparse.Namespace) -> int:
    from aldia.tenancy.models import Company

    companies = list(Company.objects.order_by("legal_name"))
    data = [
        {"company": str(each.pk), "name": each.legal_name, "tax_id": each.tax_id, "slug": each.slug}
        for each in companies
    ]
    text = "\n".join(f"{each.pk}  {each.tax_id:<14} {each.legal_name}" for each in companies)
    emit(args, data, text or "Todavía no hay empresas: aldia company create --help")
    return 0


COUNTRIES = {
    "MX": ("MXN", "America/Mexico_City"),
    "CL": ("CLP", "America/Santiago"),
    "CO": ("COP", "America/Bogota"),
    "ES": ("EUR", "Europe/Madrid"),
}
