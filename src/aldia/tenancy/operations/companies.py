"""Companies: created with their owner, changed with a trace."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from aldia.domain import tax_ids
from aldia.domain.money import CURRENCIES
from aldia.tenancy import audit
from aldia.tenancy.models import Company, Country, Membership, Role, User
from aldia.tenancy.operations.refusals import Refused, check_email
from aldia.tenancy.scope import company_scope, current_company_id, transaction

LANGUAGES = ("es", "en")
EDITABLE = frozenset(
    {"legal_name", "trade_name", "tax_id", "currency", "time_zone", "locale", "sender_name", "sender_email"}
)


def create_company(
    *,
    owner: User,
    legal_name: str,
    tax_id: str,
    country: str = "MX",
    currency: str = "MXN",
    time_zone: str = "America/Mexico_City",
    locale: str = "es",
    trade_name: str = "",
) -> Company:
    """Create a company with its place in addresses and make `owner` its owner. A doubtful tax id is not refused."""
    company = Company(
        legal_name=legal_name.strip(),
        trade_name=trade_name.strip(),
        tax_id=tax_ids.normalise(country, tax_id),
        country=country,
        currency=currency,
        time_zone=time_zone,
        locale=locale,
    )
    _check_company(company)
    with company_scope(company.pk), transaction():
        company.slug = _free_slug(company.trade_name or company.legal_name)
        company.save(force_insert=True)
        Membership(company_id=company.pk, user=owner, role=Role.OWNER).save(force_insert=True)
        audit.record(
            actor=owner,
            verb="company.created",
            object_type="company",
            object_id=company.pk,
            detail={"legal_name": company.legal_name, "tax_id": company.tax_id, "currency": company.currency},
        )
    return company


def update_company(*, actor: User, changes: dict[str, str]) -> Company:
    """Change what may be changed of the company in scope (not its country nor its place in addresses)."""
    unknown = set(changes) - EDITABLE
    if unknown:
        raise Refused(_("No se puede cambiar: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    with transaction():
        company = Company.objects.select_for_update().get(pk=current_company_id())
        before = {name: getattr(company, name) for name in changes}
        for name, value in changes.items():
            setattr(company, name, value.strip())
        company.tax_id = tax_ids.normalise(company.country, company.tax_id)
        _check_company(company)
        changed = {name: [before[name], getattr(company, name)] for name in changes}
        changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
        if changed:
            company.save(update_fields=list(changed))
            audit.record(
                actor=actor, verb="company.changed", object_type="company", object_id=company.pk, detail=changed
            )
    return company


@cache
def _zones() -> frozenset[str]:
    """The zones of the time zone database, read from disk once."""
    return frozenset(available_timezones())


def _check_company(company: Company) -> None:
    if not company.legal_name:
        raise Refused(_("Falta la razón social."), "legal_name")
    if not company.tax_id:
        raise Refused(_("Falta el identificador fiscal."), "tax_id")
    if len(company.tax_id) > 20:
        raise Refused(_("El identificador fiscal es demasiado largo."), "tax_id")
    if company.country not in Country.values:
        raise Refused(_("Ese país todavía no se admite."), "country")
    if company.currency not in CURRENCIES:
        raise Refused(_("Esa moneda no existe."), "currency")
    if company.time_zone not in _zones():
        raise Refused(_("Esa zona horaria no existe."), "time_zone")
    if company.locale not in LANGUAGES:
        raise Refused(_("Ese idioma no se admite."), "locale")
    if company.sender_email:
        check_email(company.sender_email, "sender_email")


def _free_slug(name: str) -> str:
    """The company's place in addresses: its name in plain letters, numbered when somebody has it already."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"\b(s\.?a\.?(p\.?i\.?)? de c\.?v\.?|s\.? de r\.?l\.?( de c\.?v\.?)?)\s*$", "", plain).strip()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "empresa"
    taken = set(Company.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)
