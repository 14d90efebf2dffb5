"""What a new draft says before anybody typed: who issues, who receives, series, currency and terms as usual."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TypeVar

from aldia.customers.models import Customer
from aldia.documents.models import Direction, FiscalDocument
from aldia.documents.operations.parties import own_tax_id
from aldia.domain.fiscal.drafts import UNDATED, DraftComplement, DraftDocument, DraftParty
from aldia.issuing.models import FiscalProfile, IssueKind, IssuerProfile
from aldia.issuing.operations import profiles
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

D = TypeVar("D", bound=DraftDocument | DraftComplement)
CREDIT_USE = "G02"


def as_issuer(draft: D, profile: IssuerProfile | None) -> D:
    """The draft with the company as its profile says now; a place of issue that it has already stays."""
    if profile is None:
        return draft
    party = issuer_party(profile)
    return replace(draft, issuer=party, place=draft.place or profile.postal_code)


def issuer_party(profile: IssuerProfile) -> DraftParty:
    """The company as it is named on what it issues."""
    company = Company.objects.get(pk=current_company_id())
    return DraftParty(own_tax_id(company), profile.name, profile.regime, profile.postal_code)


def receiver_party(customer: Customer, profile: FiscalProfile | None = None) -> DraftParty:
    """A customer as it is named on a document."""
    found = profile or profiles.fiscal_profile(customer.pk)
    return DraftParty(
        customer.tax_id,
        found.name,
        found.regime,
        found.postal_code,
        found.use,
        customer.residence,
        customer.foreign_id if customer.residence else "",
    )


def as_receiver(draft: D, customer_id: uuid.UUID) -> D:
    """The draft with its customer as a person has confirmed since, where somebody did; its use stays."""
    kept = FiscalProfile.objects.filter(customer_id=customer_id, is_confirmed=True).first()
    if kept is None:
        return draft
    party = replace(draft.receiver, name=kept.name, regime=kept.regime, postal_code=kept.postal_code)
    return replace(draft, receiver=party)


def series_for(kind: str) -> str:
    """The series that the company gives to a kind of document."""
    profile = profiles.issuer()
    if profile is None:
        return ""
    named = {
        IssueKind.CREDIT_NOTE: profile.credit_note_series,
        IssueKind.DEBIT_NOTE: profile.debit_note_series,
        IssueKind.COMPLEMENT: profile.complement_series,
    }
    return str(named.get(IssueKind(kind), profile.invoice_series))


def blank_content(kind: str, customer_id: uuid.UUID) -> DraftDocument:
    """A draft without concepts. Raises `Customer.DoesNotExist`."""
    customer = Customer.objects.get(pk=customer_id)
    profile = profiles.issuer()
    last = _last_charge(customer)
    receiver = receiver_party(customer)
    is_note, is_advance = kind == IssueKind.CREDIT_NOTE, kind == IssueKind.ADVANCE
    if is_note and receiver.use not in (CREDIT_USE, "S01"):
        receiver = replace(receiver, use=CREDIT_USE)
    at_once = is_advance or (last is not None and last.method == "PUE" and not is_note)
    form = "15" if is_note else (last.payment_form if last and last.method == "PUE" else "03") if at_once else "99"
    return DraftDocument(
        "E" if is_note else "I",
        series_for(kind),
        "",
        UNDATED,
        profile.postal_code if profile else "",
        issuer_party(profile) if profile else DraftParty("", "", "", ""),
        receiver,
        (),
        currency=last.currency if last else "MXN",
        method="PUE" if is_note or at_once else "PPD",
        form=form,
        conditions="" if is_note or at_once or not customer.term_days else f"CREDITO {customer.term_days} DIAS",
    )


def _last_charge(customer: Customer) -> FiscalDocument | None:
    rows = FiscalDocument.objects.filter(customer=customer, direction=Direction.ISSUED, kind="invoice")
    return rows.order_by("-issued_on", "-id").first()
