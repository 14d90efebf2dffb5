"""Who the company is on what it issues, and how each customer is named on a document."""

from __future__ import annotations

import re
import uuid
from datetime import date
from typing import TypeVar

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.customers.operations.versions import NotThere, Refused, Stale, plain
from aldia.documents.models import Direction, FiscalDocument, Kind
from aldia.documents.operations.parties import own_tax_id
from aldia.documents.originals import OriginalLost, read_original
from aldia.domain import tax_ids
from aldia.domain.fiscal import cfdi
from aldia.domain.fiscal.catalogues import REGIMES
from aldia.domain.fiscal.draft_checks import NOBODY, PUBLIC_NAME, fits_person, fits_regime
from aldia.domain.fiscal.draft_findings import Findings
from aldia.domain.fiscal.errors import FiscalError
from aldia.issuing.models import ComplementMode, FiscalProfile, IssuerProfile
from aldia.tenancy import audit
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

Row = TypeVar("Row", IssuerProfile, FiscalProfile)
_POSTAL = re.compile(r"[0-9]{5}")
_SERIES = re.compile(r"[A-Za-z0-9-]{0,25}")
LATEST_DAY = 17  # of the month: the authority's own last day for anything monthly
CHARGES = (Kind.INVOICE, Kind.DEBIT_NOTE, Kind.ADVANCE)


class ProfileError(Refused):
    """It cannot be kept so. `field` is the one to mend; the text is a sentence for people."""


def issuer() -> IssuerProfile | None:
    """The company's profile, None before it was set up."""
    return IssuerProfile.objects.first()


def save_issuer(
    *,
    name: str,
    regime: str,
    postal_code: str,
    invoice_series: str = "",
    credit_note_series: str = "NC",
    debit_note_series: str = "ND",
    complement_series: str = "P",
    complement_mode: str = ComplementMode.RECEIPT,
    complement_day: int = 5,
    complements_since: date | None = None,
    is_automatic: bool = False,
    sends_documents: bool = True,
    version: int = 0,
    actor: User | None,
) -> IssuerProfile:
    """Keep the company's profile. `version` is the one that the person saw, 0 when there was none.

    Raises `ProfileError`, and `Stale` when somebody saved it meanwhile.
    """
    series = {
        "invoice_series": invoice_series.strip(),
        "credit_note_series": credit_note_series.strip(),
        "debit_note_series": debit_note_series.strip(),
        "complement_series": complement_series.strip(),
    }
    with transaction():
        company = Company.objects.select_for_update(no_key=True).get(pk=current_company_id())
        name, postal_code = _named(name), postal_code.strip()
        _check_identity(name, regime, postal_code, own_tax_id(company))
        _check_habits(series, complement_mode, complement_day)
        values: dict[str, object] = {"name": name, "regime": regime, "postal_code": postal_code, **series}
        values |= {"complement_mode": complement_mode, "complement_day": complement_day}
        values |= {"complements_since": complements_since, "is_automatic": is_automatic}
        values |= {"sends_documents": sends_documents}
        row = IssuerProfile.objects.select_for_update().first() or IssuerProfile(company_id=company.pk, version=0)
        return _keep(row, values, version, actor, "issuing.issuer_saved", "issuerprofile")


def fiscal_profile(customer_id: uuid.UUID) -> FiscalProfile:
    """The customer's, as kept; else one read from its last document on file (unsaved, not confirmed; may be empty).

    Raises `NotThere`.
    """
    if found := FiscalProfile.objects.filter(customer_id=customer_id).first():
        return found
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise NotThere
    return _read(customer)


def save_fiscal_profile(
    *,
    customer_id: uuid.UUID,
    name: str,
    postal_code: str,
    regime: str,
    use: str = "G03",
    version: int = 0,
    actor: User | None,
) -> FiscalProfile:
    """Keep how a customer is named, confirmed by a person. Raises `ProfileError`, `Stale`, `NotThere`."""
    with transaction():
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
        if customer is None:
            raise NotThere
        name, postal_code = _named(name), postal_code.strip()
        _check_identity(name, regime, postal_code, customer.tax_id)
        if not fits_regime(use, regime, customer.tax_id):
            raise ProfileError(_("Ese uso no va con el régimen del cliente."), "use")
        row = FiscalProfile.objects.select_for_update().filter(customer=customer).first() or FiscalProfile(
            company_id=current_company_id(), customer=customer, version=0
        )
        values: dict[str, object] = {"name": name, "postal_code": postal_code, "regime": regime, "use": use}
        values["is_confirmed"] = True
        return _keep(row, values, version, actor, "issuing.customer_named", "customer", customer.pk)


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────


def _keep(
    row: Row,
    values: dict[str, object],
    version: int,
    actor: User | None,
    verb: str,
    object_type: str,
    object_id: object = None,
) -> Row:
    if row.version != version:
        raise Stale
    changed = {name: value for name, value in values.items() if getattr(row, name) != value or not version}
    if not changed:
        return row
    pairs = {name: [plain(getattr(row, name)), plain(value)] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(row, name, value)
    row.version = version + 1
    row.save(force_insert=not version)
    detail = {"changes": pairs}
    audit.record(actor=actor, verb=verb, object_type=object_type, object_id=object_id or row.pk, detail=detail)
    return row


def _named(name: str) -> str:
    """The name as registers have it: capitals, single blanks."""
    return " ".join(name.upper().split())


def _check_identity(name: str, regime: str, postal_code: str, tax_id: str) -> None:
    findings = Findings()
    if not findings.text("name", name, 300, is_needed=True):
        raise ProfileError(_(findings.found[0].template) % findings.found[0].params, "name")
    if regime not in REGIMES:
        raise ProfileError(_("Elige el régimen fiscal."), "regime")
    generic = tax_id in (tax_ids.MX_PUBLIC, tax_ids.MX_FOREIGN)
    if not (regime == NOBODY if generic else fits_person(regime, tax_id)):
        raise ProfileError(_("Ese régimen no es de un RFC como %(tax_id)s.") % {"tax_id": tax_id}, "regime")
    if not _POSTAL.fullmatch(postal_code):
        raise ProfileError(_("El código postal lleva cinco dígitos."), "postal_code")


def _check_habits(series: dict[str, str], mode: str, day: int) -> None:
    for field, value in series.items():
        if not _SERIES.fullmatch(value):
            raise ProfileError(_("La serie admite hasta 25 letras, dígitos o guiones."), field)
    given = [value for field, value in series.items() if value and field != "debit_note_series"]
    if len(set(given)) != len(given):
        raise ProfileError(_("Usa una serie distinta para cada tipo de documento."), "complement_series")
    if mode not in ComplementMode.values:
        raise ProfileError(_("Elige cada cuándo se hace un complemento."), "complement_mode")
    if not 1 <= day <= LATEST_DAY:
        raise ProfileError(_("El día límite va del 1 al %(day)s.") % {"day": LATEST_DAY}, "complement_day")


# ── reading what documents say ────────────────────────────────────────────────────────────────────────────────


def _read(customer: Customer) -> FiscalProfile:
    row = FiscalProfile(company_id=current_company_id(), customer=customer, version=0)
    row.name, row.postal_code, row.regime, row.use = _named(customer.legal_name)[:300], "", "", "G03"
    issued = FiscalDocument.objects.filter(customer=customer, direction=Direction.ISSUED).select_related("original")
    for document in issued.filter(kind__in=CHARGES).order_by("-issued_on", "-id")[:3]:
        if _copy(row, document):
            break
    if customer.tax_id in (tax_ids.MX_PUBLIC, tax_ids.MX_FOREIGN):
        row.regime, row.use = NOBODY, "S01"
        mine = issuer()
        row.postal_code = mine.postal_code if mine else row.postal_code
        row.name = PUBLIC_NAME if customer.tax_id == tax_ids.MX_PUBLIC else row.name
    return row


def _copy(row: FiscalProfile, document: FiscalDocument) -> bool:
    """Take name, postal code, régimen and use from a document that says them (CFDI 4.0 does)."""
    try:
        receiver = cfdi.parse(read_original(document)).receiver
    except (OriginalLost, FiscalError):
        return False
    if not receiver.regime:
        return False
    row.name, row.postal_code = receiver.name[:300] or row.name, receiver.postal_code[:5]
    row.regime, row.use = receiver.regime[:3], receiver.use[:4] or row.use
    return True
