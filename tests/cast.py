"""The cast of the tests: a company, its people, its customers, and papers written straight into the tables."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from aldia.customers.models import Customer
from aldia.documents.models import (
    ComplementPayment,
    DocumentRelation,
    FiscalDocument,
    PaymentComplementLine,
)
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Membership, Role, StoredFile, User
from aldia.tenancy.scope import company_scope


def make_company(name: str = "Distribuidora Tres Ríos", tax_id: str = "DTR010203AB1", slug: str = "") -> Company:
    return Company.objects.create(slug=slug or f"c-{uuid7().hex}", legal_name=name, tax_id=tax_id)


def make_user(email: str, company: Company | None = None, role: str = Role.OWNER) -> User:
    user = User.objects.create_user(email=email, password="una-clave-larga-1", name=email.split("@")[0])
    if company is not None:
        with company_scope(company.id):
            Membership.objects.create(company=company, user=user, role=role)
    return user


def make_customer(
    company: Company, name: str = "Abarrotes La Güera", tax_id: str = "ALG010203AB2", **fields: Any
) -> Customer:
    fields = {"collecting": True, **fields}
    return Customer.all_companies.create(company=company, legal_name=name, tax_id=tax_id, **fields)


class Papers:
    """Writes fiscal documents into the tables, as an import would have left them."""

    def __init__(self, company: Company, customer: Customer) -> None:
        self.company, self.customer = company, customer
        self._file: StoredFile | None = None
        self._folio = 0

    def invoice(
        self, total: int, on: date, *, method: str = "PPD", kind: str = "invoice", **fields: Any
    ) -> FiscalDocument:
        return self._document(kind=kind, type_code="I", total=total, on=on, method=method, **fields)

    def note(
        self, total: int, on: date, *named: FiscalDocument | str, code: str = "01", **fields: Any
    ) -> FiscalDocument:
        relations = [(code, _key(each)) for each in named] + fields.pop("relations", [])
        return self._document(kind="credit_note", type_code="E", total=total, on=on, relations=relations, **fields)

    def complement(
        self, on: date, amount: int, *lines: tuple[FiscalDocument | str, int], **fields: Any
    ) -> FiscalDocument:
        """A complement with one receipt: lines are (document, paid in the document's minor units)."""
        currency = fields.pop("paid_in", "MXN")
        document = self._document(kind="payment_complement", type_code="P", total=0, on=on, currency="XXX", **fields)
        payment = ComplementPayment.all_companies.create(
            company=self.company, document=document, position=1, paid_on=on, currency=currency, amount=amount
        )
        for position, (named, paid, *rest) in enumerate(lines, 1):
            PaymentComplementLine.all_companies.create(
                company=self.company,
                payment=payment,
                position=position,
                to_key=_key(named),
                currency=named.currency if isinstance(named, FiscalDocument) else "MXN",
                equivalence=rest[0] if rest else "1",
                paid=paid,
            )
        return document

    def _document(self, *, on: date, relations: list[tuple[str, str]] = (), **fields: Any) -> FiscalDocument:  # type: ignore[assignment]
        self._folio += 1
        values: dict[str, Any] = {
            "company": self.company,
            "customer": self.customer,
            "country": "MX",
            "direction": "issued",
            "key": str(uuid.uuid4()).upper(),
            "series": "F",
            "folio": str(self._folio),
            "issued_on": on,
            "issued_at": datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
            "issuer_tax_id": self.company.tax_id,
            "issuer_name": self.company.legal_name,
            "receiver_tax_id": self.customer.tax_id,
            "receiver_name": self.customer.legal_name,
            "currency": "MXN",
            "subtotal": fields["total"],
            "original": self._original(),
            "original_offset": 0,
            "size": 0,
            "sha256": "",
        }
        document = FiscalDocument.all_companies.create(**{**values, **fields})
        for code, key in relations:
            DocumentRelation.all_companies.create(company=self.company, document=document, code=code, to_key=key)
        return document

    def _original(self) -> StoredFile:
        if self._file is None:
            self._file = StoredFile.all_companies.create(
                company=self.company, path="x", name="x.zip", size=0, sha256=""
            )
        return self._file


def _key(named: FiscalDocument | str) -> str:
    return named if isinstance(named, str) else named.key
