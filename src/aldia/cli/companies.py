"""The company that a command works for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from aldia.cli.errors import WrongUsage

if TYPE_CHECKING:
    from aldia.tenancy.models import Company


def add_company(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """The option `--company`."""
    parser.add_argument("--company", required=required, metavar="C", help="su id, su nombre en la dirección o su RFC")


def company_named(text: str) -> Company:
    """The company with this id, slug or tax id; `WrongUsage` if there is none, or several."""
    from aldia.tenancy.models import Company

    try:
        found = list(Company.objects.filter(pk=UUID(text)))
    except ValueError:
        found = list(Company.objects.filter(slug=text)) or list(Company.objects.filter(tax_id__iexact=text.strip()))
    if not found:
        raise WrongUsage(f"No hay ninguna empresa «{text}». Las que hay: aldia company list")
    if len(found) > 1:
        slugs = ", ".join(company.slug for company in found)
        raise WrongUsage(f"Hay varias empresas con ese RFC; di cuál: {slugs}")
    return found[0]


@contextmanager
def working_for(args: argparse.Namespace) -> Iterator[Company]:
    """Run the block in the scope of the company that `--company` names."""
    from aldia.tenancy.scope import company_scope

    company = company_named(args.company)
    with company_scope(company.pk):
        yield company


def chosen_companies(args: argparse.Namespace) -> list[Company]:
    """The company that `--company` names, or all of them."""
    from aldia.tenancy.models import Company

    return [company_named(args.company)] if args.company else list(Company.objects.order_by("pk"))
