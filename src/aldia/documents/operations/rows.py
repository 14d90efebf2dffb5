"""From the neutral document to rows: amounts become minor units here, once, rounded half up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from aldia.customers.models import Customer
from aldia.documents.models import (
    AuthorityStatus,
    CancellationNotice,
    ComplementPayment,
    Direction,
    DocumentRelation,
    DocumentTax,
    FiscalDocument,
    PaymentComplementLine,
)
from aldia.documents.readings import Reading
from aldia.domain import money
from aldia.domain.fiscal import cfdi, document
from aldia.domain.fiscal.values import NO_CURRENCY
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company


@dataclass(slots=True)
class Rows:
    """What a chunk adds, table by table, in the order in which it must be inserted."""

    documents: list[FiscalDocument] = field(default_factory=list)
    relations: list[DocumentRelation] = field(default_factory=list)
    taxes: list[DocumentTax] = field(default_factory=list)
    payments: list[ComplementPayment] = field(default_factory=list)
    lines: list[PaymentComplementLine] = field(default_factory=list)

    def insert(self) -> None:
        """Write everything: a few statements however many documents."""
        insert_rows(self.documents)
        insert_rows(self.relations)
        insert_rows(self.taxes)
        insert_rows(self.payments)
        insert_rows(self.lines)


@dataclass(frozen=True, slots=True)
class Writer:
    """Builds the rows of one company's documents, members of the archive `original_id`."""

    company: Company
    original_id: uuid.UUID
    zone: ZoneInfo

    def add(
        self, rows: Rows, reading: Reading, customer: Customer | None, notice: CancellationNotice | None
    ) -> FiscalDocument:
        """The row of a document and of everything it says, appended to `rows`."""
        source = reading.document
        if source is None:
            raise ValueError("a reading without a document has no rows")
        row = self._document(reading, source, customer)
        if notice is not None:
            row.status, row.status_checked_at = AuthorityStatus.CANCELLED, notice.stated_at
            row.cancelled_on = notice.cancelled_on
        rows.documents.append(row)
        for relation in source.relations:
            rows.relations.extend(self._relation(row, relation.code, key) for key in relation.keys)
        rows.taxes.extend(self._tax(row, tax) for tax in source.taxes)
        for position, payment in enumerate(source.payments):
            self._payment(rows, row, position, payment)
        return row

    def _document(self, reading: Reading, source: document.FiscalDocument, customer: Customer | None) -> FiscalDocument:
        places = _places(source.currency)
        is_issued = source.issuer.tax_id == self.company.tax_id
        return FiscalDocument(
            id=uuid7(),
            company_id=self.company.pk,
            country=source.country,
            kind=source.kind,
            direction=Direction.ISSUED if is_issued else Direction.RECEIVED,
            key=source.key,
            version=source.version,
            type_code=source.type_code,
            series=source.series,
            folio=source.folio,
            issued_at=source.issued_at.replace(tzinfo=self.zone),
            issued_on=source.issued_at.date(),
            issuer_tax_id=source.issuer.tax_id,
            issuer_name=source.issuer.name,
            receiver_tax_id=source.receiver.tax_id,
            receiver_name=source.receiver.name,
            customer_id=customer.pk if customer is not None else None,
            currency=source.currency,
            exchange_rate=_text(source.exchange_rate),
            subtotal=_minor(source.subtotal, source.currency, places),
            discount=_minor(source.discount, source.currency, places),
            transferred=_minor(source.transferred, source.currency, places),
            withheld=_minor(source.withheld, source.currency, places),
            total=_minor(source.total, source.currency, places),
            method=source.method,
            payment_form=source.payment_form,
            conditions=source.conditions,
            is_global=source.is_global,
            is_advance_remainder=source.is_advance_remainder,
            stamped_at=source.stamped_at.replace(tzinfo=self.zone) if source.stamped_at else None,
            findings=list(source.findings),
            original_id=self.original_id,
            original_name=reading.name[-300:],
            original_offset=reading.offset,
            size=reading.size,
            sha256=reading.sha256,
            parser_version=cfdi.PARSER_VERSION,
        )

    def _relation(self, row: FiscalDocument, code: str, key: str) -> DocumentRelation:
        return DocumentRelation(id=uuid7(), company_id=self.company.pk, document_id=row.pk, code=code, to_key=key)

    def _tax(self, row: FiscalDocument, tax: document.Tax) -> DocumentTax:
        places = _places(row.currency)
        return DocumentTax(
            id=uuid7(),
            company_id=self.company.pk,
            document_id=row.pk,
            withheld=tax.withheld,
            code=tax.code[:6],
            factor=tax.factor[:10],
            rate=tax.rate[:20],
            base=None if tax.base is None else _minor(tax.base, row.currency, places),
            amount=_minor(tax.amount, row.currency, places),
        )

    def _payment(self, rows: Rows, row: FiscalDocument, position: int, payment: document.Payment) -> None:
        stored = ComplementPayment(
            id=uuid7(),
            company_id=self.company.pk,
            document_id=row.pk,
            position=position,
            paid_on=payment.paid_at.date(),
            form=payment.form,
            currency=payment.currency,
            rate=_text(payment.rate),
            amount=_minor(payment.amount, payment.currency, _places(payment.currency)),
            operation=payment.operation[:100],
            payer_account=payment.payer_account[:50],
        )
        rows.payments.append(stored)
        rows.lines.extend(self._line(stored, at, line) for at, line in enumerate(payment.documents))

    def _line(self, payment: ComplementPayment, position: int, line: document.PaidDocument) -> PaymentComplementLine:
        places = _places(line.currency)
        before, after = line.before, line.after
        return PaymentComplementLine(
            id=uuid7(),
            company_id=self.company.pk,
            payment_id=payment.pk,
            position=position,
            to_key=line.key,
            currency=line.currency,
            equivalence=_text(line.equivalence),
            partiality=line.partiality,
            before=None if before is None else _minor(before, line.currency, places),
            paid=_minor(line.paid, line.currency, places),
            after=None if after is None else _minor(after, line.currency, places),
        )


def minor(value: Decimal, currency: str) -> int:
    """An amount as it is stored."""
    return _minor(value, currency, _places(currency))


def printed(value: int, currency: str) -> str:
    """A stored amount as text: "1234.50"."""
    return money.minor_text(value, "MXN" if currency == NO_CURRENCY else currency)


def _places(currency: str) -> int:
    return money.exponent(currency) if currency != NO_CURRENCY else 2


def _minor(value: Decimal, currency: str, places: int) -> int:
    """Minor units. Most amounts are printed with the currency's own places: then there is nothing to round."""
    scaled = value.scaleb(places)
    whole = int(scaled)
    return whole if whole == scaled else money.round_to_minor(value, "MXN" if currency == NO_CURRENCY else currency)


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"[:30]
