"""The content of a complement, written from the books: receipts, the instalment of each document, and its taxes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from aldia.documents.models import FiscalDocument
from aldia.documents.originals import OriginalLost, read_original
from aldia.domain.fiscal.complement_plan import Draft, Pair, Place, Said, place
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import (
    UNDATED,
    DraftComplement,
    DraftPaidDocument,
    DraftParty,
    DraftPayment,
    DraftRelation,
    from_json,
)
from aldia.domain.fiscal.errors import FiscalError
from aldia.domain.fiscal.paid_invoice import PaidInvoice, read_invoice
from aldia.issuing.books import OPEN, Books, noted_on, said_of, since
from aldia.issuing.models import FiscalProfile, Issue
from aldia.issuing.operations import profiles
from aldia.receivables.models import Credit, Receivable

PAYMENT_USE = "CP01"
NOON = time(12)  # the guide: 12:00:00 where the hour is not known
SUBSTITUTION = "04"
# c_FormaPago of how money came in; "" has to be chosen by a person
FORMS = {
    "transfer": "03",
    "cash": "01",
    "cheque": "02",
    "card": "04",
    "deposit": "01",
    "offset": "17",
    "other": "",
    "": "03",
}
KEPT = (
    "form", "exchange_rate", "operation", "payer_bank", "payer_account", "payee_bank", "payee_account", "foreign_bank",
    "chain_type", "chain_certificate", "chain", "chain_seal",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartLine:
    """A line of a complement as it is to be: its receipt's place, and the instalment."""

    credit: uuid.UUID
    receivable: Receivable
    payment: int
    amount: int
    share: int
    place: Place


@dataclass(slots=True)
class Writer:
    """Writes the drafts of one circle, in the order in which their instalments count."""

    books: Books
    _said: dict[uuid.UUID, list[Said]] = field(default_factory=dict)
    _profiles: dict[uuid.UUID, FiscalProfile] = field(default_factory=dict)

    def lines(self, draft: Draft) -> list[PartLine]:
        """Place every line of a draft after what complements before it say."""
        found: list[PartLine] = []
        receipts: dict[str, int] = {}
        for pair in self.ordered(draft.lines):
            line, receivable = draft.lines[pair], self.books.receivables[uuid.UUID(pair[1])]
            number = receipts.setdefault(pair[0], len(receipts))
            where = self._place(receivable, self.books.credits[uuid.UUID(pair[0])], line.amount)
            found.append(PartLine(uuid.UUID(pair[0]), receivable, number, line.amount, line.share, where))
        return found

    def ordered(self, lines: Mapping[Pair, object]) -> list[Pair]:
        """Receipts by day, and their documents by date."""

        def order(pair: Pair) -> tuple[object, ...]:
            credit = self.books.credits[uuid.UUID(pair[0])]
            receivable = self.books.receivables[uuid.UUID(pair[1])]
            return self.books.paid_on(credit), credit.id, receivable.issued_on, receivable.id

        return sorted(lines, key=order)

    def _place(self, receivable: Receivable, credit: Credit, paid: int) -> Place:
        first = since(self.books.profile)
        notes, *early = noted_on(receivable, first, until=max(self.books.paid_on(credit), receivable.issued_on))
        if receivable.id not in self._said:
            drafts = [issue.id for issue in self.books.issues.values() if issue.state in OPEN]
            told = said_of(receivable, but=drafts)
            self._said[receivable.id] = [*told, *(Said(None, each) for each in early)]
        said = self._said[receivable.id]
        found = place(total=receivable.total, noted=notes, said=said, paid=paid)
        said.append(Said(found.number, paid))
        return found

    def content(self, draft: Draft, lines: list[PartLine], issue: Issue | None) -> DraftComplement:
        """The whole complement; what a person said of its receipts before is kept."""
        old = _written(issue)
        told = self._told(issue, old)
        taxes = {each.uuid: each for payment in (old.payments if old else ()) for each in payment.documents}
        payments = []
        for number in range(lines[-1].payment + 1):
            own = [line for line in lines if line.payment == number]
            documents = tuple(_paid(line, taxes.get(line.receivable.key)) for line in own)
            payments.append(self._payment(own, documents, told.get(own[0].credit)))
        replaced = self.books.issues.get(uuid.UUID(draft.replaces)) if draft.replaces else None
        relations = (DraftRelation(SUBSTITUTION, (replaced.uuid,)),) if replaced else ()
        profile = self.books.profile
        issuer = DraftParty(self.books.tax_id, profile.name, profile.regime, profile.postal_code)
        return DraftComplement(
            series=old.series if old else "",
            folio=old.folio if old else "",
            issued_at=UNDATED,
            place=profile.postal_code,
            issuer=issuer,
            receiver=self._receiver(lines[0].receivable),
            payments=tuple(payments),
            relations=relations,
        )

    def _told(self, issue: Issue | None, old: DraftComplement | None) -> dict[uuid.UUID, DraftPayment]:
        """The receipts as the draft has them now, by credit."""
        if issue is None or old is None:
            return {}
        rows = self.books.parts.get(issue.id, ())
        return {row.credit_id: old.payments[row.payment] for row in rows if row.payment < len(old.payments)}

    def _payment(
        self, own: list[PartLine], documents: tuple[DraftPaidDocument, ...], told: DraftPayment | None
    ) -> DraftPayment:
        credit = self.books.credits[own[0].credit]
        fresh = DraftPayment(
            paid_at=datetime.combine(self.books.paid_on(credit), NOON),
            form=FORMS.get(credit.method, ""),
            currency=credit.currency,
            amount=sum(line.share for line in own),
            documents=documents,
            operation=_operation(credit),
        )
        return replace(fresh, **{name: getattr(told, name) for name in KEPT}) if told else fresh

    def _receiver(self, receivable: Receivable) -> DraftParty:
        customer = receivable.customer_id
        if customer not in self._profiles:
            self._profiles[customer] = profiles.fiscal_profile(customer)
        known = self._profiles[customer]
        assert receivable.document is not None  # noqa: S101
        rfc = receivable.document.receiver_tax_id
        return DraftParty(rfc, known.name, known.regime, known.postal_code, PAYMENT_USE)


def _written(issue: Issue | None) -> DraftComplement | None:
    if issue is None:
        return None
    try:
        draft = from_json(issue.content)
    except (BadContent, ValueError):
        return None
    return draft if isinstance(draft, DraftComplement) else None


def _operation(credit: Credit) -> str:
    """NumOperacion: the reference of the money, where it came through somebody who gives one."""
    text = " ".join(credit.reference.replace("|", " ").split())
    return text[:100]


def _paid(line: PartLine, known: DraftPaidDocument | None) -> DraftPaidDocument:
    document = line.receivable.document
    assert document is not None  # noqa: S101
    again = PaidInvoice(known.currency, known.total, known.taxes, known.object_code) if known else None
    taxes = again or invoice_of(document)
    where = line.place
    return DraftPaidDocument(
        uuid=document.key,
        series=document.series,
        folio=document.folio,
        currency=document.currency,
        total=document.total,
        taxes=taxes.taxes,
        partiality=where.number,
        before=where.before - where.lacks,
        paid=line.amount,
        paid_earlier=where.earlier,
        of_payment=line.share,
        object_code=taxes.object_code,
    )


def invoice_of(document: FiscalDocument) -> PaidInvoice:
    """The taxes of an invoice on file. Where its file cannot be read, taxed and without taxes: the check says so."""
    try:
        return read_invoice(read_original(document))
    except (OriginalLost, FiscalError):
        is_taxed = document.transferred or document.withheld
        return PaidInvoice(document.currency, document.total, (), "02" if is_taxed else "")
