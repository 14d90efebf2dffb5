"""A company that issues documents: its seal (made here), its account at a PAC, a customer, documents in the queue."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings as house

from aldia.customers.models import Customer
from aldia.domain.fiscal.drafts import UNDATED, Draft, DraftDocument, DraftLine, DraftParty, plain_line, to_json
from aldia.integrations.stamping import simulated_pac
from aldia.integrations.stamping.certificates import DEMO_PASSWORD, Credential, Holder, make_credentials
from aldia.issuing.models import Issue, IssueState, SealCertificate, StamperAccount
from aldia.issuing.operations import seals, stampers
from aldia.tenancy.models import Company, User
from tests.cast import make_company, make_customer

NOW = datetime(2026, 9, 10, 18, 0, tzinfo=UTC)  # noon in Mexico City
TODAY = date(2026, 9, 10)
ISSUER = DraftParty("DTR980623K40", "DISTRIBUIDORA TRES RÍOS", "601", "06700")
RECEIVER = DraftParty("ALG010203AB2", "ABARROTES LA GUERA", "601", "44100", "G01")
SOAP = plain_line("47131805", "H87", "Limpiador multiusos 20 L", 10_000, 10_000)
PASSWORD = DEMO_PASSWORD.decode()


@cache
def csd(rfc: str = ISSUER.rfc) -> Credential:
    """A seal of its own for a taxpayer, made once a run."""
    return make_credentials(company=Holder(rfc, "EMPRESA DE PRUEBA"), valid_from=date(2025, 1, 1)).seals[rfc]


def issuing_company(slug: str = "") -> Company:
    return make_company(tax_id=ISSUER.rfc, slug=slug)


def receiving_customer(company: Company, **fields: Any) -> Customer:
    return make_customer(company, "ABARROTES LA GUERA", RECEIVER.rfc, **fields)


def with_seal(*, now: datetime = NOW, actor: User | None = None) -> SealCertificate:
    pair = csd()
    return seals.save_seal(cer=pair.cer, key=pair.encrypted_key(), password=PASSWORD, now=now, actor=actor)


@cache
def _pac_family() -> Path:
    """The simulated PAC's certificates, made once a run: they cost a second."""
    folder = Path(tempfile.mkdtemp(prefix="aldia-pac-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    simulated_pac.credentials(folder, TODAY.year)
    return folder


def plant_pac(data: Path) -> None:
    """Let the simulated PAC of a data directory begin with certificates that exist already."""
    shutil.copytree(_pac_family(), data / stampers.HOME / "pac", dirs_exist_ok=True)


def with_simulated_pac(**settings: str) -> StamperAccount:
    plant_pac(Path(house.DATA_DIR))
    return stampers.save_account(adapter="simulated", settings=settings, secrets={}, is_test=True, actor=None)


def invoice(*lines: DraftLine, **fields: Any) -> DraftDocument:
    """An invoice of $1,160.00 on credit, unless said otherwise; undated, as drafts are."""
    usual: dict[str, Any] = {"method": "PPD", "form": "99"}
    values = usual | fields
    return DraftDocument("I", "", "", UNDATED, "06700", ISSUER, RECEIVER, lines or (SOAP,), **values)


def queued(
    customer: Customer, draft: Draft | None = None, *, folio: str = "1", series: str = "F", **fields: Any
) -> Issue:
    """A document with its folio, waiting to be stamped."""
    draft = draft or invoice()
    values = {"kind": "invoice", "state": IssueState.QUEUED, "currency": "MXN", "total": getattr(draft, "total", 0)}
    return Issue.objects.create(
        company_id=customer.company_id, customer=customer, content=to_json(draft), series=series, folio=folio,
        **(values | fields),
    )  # fmt: skip
