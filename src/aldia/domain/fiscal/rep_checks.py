"""What is wrong with the payments of a complement before anything is computed: each objection, not only the first.

Matriz de errores of the complement 2.0, revisión B; c_FormaPago says which accounts each form may name. What depends on
the figures (CRP20275 and 76) is judged where they are made, in `rep`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from aldia.domain.currencies import CURRENCIES
from aldia.domain.fiscal import rep_errors as errors
from aldia.domain.fiscal.drafts import EXEMPT, IEPS, IVA, DraftPaidDocument, DraftPayment, DraftTax
from aldia.domain.fiscal.rep_errors import RepError
from aldia.domain.money import minor_text

PESO, UNDEFINED, TRANSFER = "MXN", "99", "03"
FOREIGN_BANK = "XEXX010101000"
IVA_RATES = frozenset({0, 80_000, 160_000})  # in millionths; c_TasaOCuota knows no other
TAXED, UNTAXED = "02", frozenset({"01", "03", "04", "05"})
NOT_TRANSFERRED, IEPS_ONLY = frozenset({"06", "08"}), "07"
MAX_PARTS = 999  # NumParcialidad has three digits

_ANY_ACCOUNT = "[0-9]{10,11}|[0-9]{15,16}|[0-9]{18}|[A-Z0-9_]{10,50}"
# c_FormaPago: the pattern of the payer's account and that of the account that received
_ACCOUNTS = {
    "02": ("[0-9]{11}|[0-9]{18}", _ANY_ACCOUNT),
    TRANSFER: ("[0-9]{10}|[0-9]{16}|[0-9]{18}", "[0-9]{10}|[0-9]{18}"),
    "04": ("[0-9]{16}", _ANY_ACCOUNT),
    "05": (_ANY_ACCOUNT, _ANY_ACCOUNT),
    "06": ("[0-9]{10}", _ANY_ACCOUNT),
    "28": ("[0-9]{16}", _ANY_ACCOUNT),
    "29": ("[0-9]{15,16}", _ANY_ACCOUNT),
}


def name_of(document: DraftPaidDocument) -> str:
    """An invoice as people call it: series and folio, or the start of its UUID."""
    return f"{document.series}{document.folio}" or document.uuid[:8]


def objections(payments: Iterable[DraftPayment]) -> Iterator[RepError]:
    """Everything that the authority would refuse, and what would make the instalments of an invoice pass its total."""
    place = 0
    for place, payment in enumerate(payments, 1):
        yield from _of_payment(payment, place)
        yield from _of_accounts(payment, place)
        yield from _of_chain(payment, place)
        for document in payment.documents:
            yield from _of_document(document, payment)
            yield from _of_taxes(document)
    if not place:
        yield errors.NoPayments()


def _of_payment(payment: DraftPayment, place: int) -> Iterator[RepError]:
    if payment.form in ("", UNDEFINED):
        yield errors.UndefinedForm(payment=place)
    if payment.currency not in CURRENCIES:
        yield errors.UnusableCurrency(currency=payment.currency)
        return
    if payment.currency != PESO and payment.exchange_rate <= 0:
        yield errors.RateMissing(payment=place, currency=payment.currency)
    if payment.currency == PESO and payment.exchange_rate:
        yield errors.RateUnwanted(payment=place)
    if payment.amount <= 0:
        yield errors.NoAmount(payment=place)
    if not payment.documents:
        yield errors.NoDocuments(payment=place)
    paid = sum(document.paid for document in payment.documents if document.currency == payment.currency)
    if paid > payment.amount > 0:
        one, other = (minor_text(amount, payment.currency) for amount in (paid, payment.amount))
        yield errors.PaidMoreThanAmount(payment=place, paid=one, amount=other)


def _of_accounts(payment: DraftPayment, place: int) -> Iterator[RepError]:
    """CRP20221 to CRP20228."""
    patterns = _ACCOUNTS.get(payment.form)
    named = (payment.payer_bank, payment.payer_account, payment.payee_bank, payment.payee_account)
    if patterns is None:
        if any((*named, payment.foreign_bank)):
            yield errors.AccountsUnwanted(payment=place, form=payment.form)
        return
    if payment.payer_bank == FOREIGN_BANK and not payment.foreign_bank:
        yield errors.ForeignBankUnnamed(payment=place)
    if payment.payer_account and not re.fullmatch(patterns[0], payment.payer_account):
        yield errors.BadPayerAccount(account=payment.payer_account, form=payment.form)
    if payment.payee_account and not re.fullmatch(patterns[1], payment.payee_account):
        yield errors.BadPayeeAccount(account=payment.payee_account, form=payment.form)


def _of_chain(payment: DraftPayment, place: int) -> Iterator[RepError]:
    """CRP20229 to CRP20235: the proof of a SPEI goes whole or not at all."""
    parts = (payment.chain_certificate, payment.chain, payment.chain_seal)
    if payment.chain_type and payment.form != TRANSFER:
        yield errors.ChainUnwanted()
    if payment.chain_type and not all(parts):
        yield errors.ChainIncomplete(payment=place)
    if not payment.chain_type and any(parts):
        yield errors.ChainUntyped(payment=place)


def _of_document(document: DraftPaidDocument, payment: DraftPayment) -> Iterator[RepError]:
    """CRP20236 to CRP20244, and the chain of instalments."""
    name = name_of(document)
    if document.currency not in CURRENCIES:
        yield errors.UnusableCurrency(currency=document.currency)
        return
    if document.before <= 0:
        yield errors.NothingOwed(document=name)
    if document.paid <= 0 or document.of_payment <= 0:
        yield errors.NothingPaid(document=name)
    if document.paid > document.before > 0:
        one, other = (minor_text(amount, document.currency) for amount in (document.paid, document.before))
        yield errors.PaidMoreThanOwed(document=name, paid=one, owed=other)
    if document.paid_earlier < 0 or document.paid_earlier + document.before > document.total:
        yield errors.PaidMoreThanInvoice(document=name)
    if document.currency == payment.currency and document.of_payment != document.paid:
        yield errors.ShareDiffers(document=name)
    if not 1 <= document.partiality <= MAX_PARTS or (document.partiality == 1 and document.paid_earlier):
        yield errors.BadPartiality(document=name, part=document.partiality)


def _of_taxes(document: DraftPaidDocument) -> Iterator[RepError]:
    """CRP20246, 47, 78 and 79: what c_ObjetoImp asks and forbids; CRP20252 and 60: taxes that nobody may print."""
    name, code = name_of(document), document.object
    taxes = [total.tax for total in document.taxes]
    if code == TAXED and not taxes:
        yield errors.TaxesMissing(document=name)
    if code in UNTAXED and taxes:
        yield errors.TaxesUnwanted(document=name, object=code)
    if code in NOT_TRANSFERRED and any(tax.code in (IVA, IEPS) for tax in taxes):
        yield errors.TaxesUntransferred(document=name, object=code)
    if code == IEPS_ONLY and not _is_ieps_only(taxes):
        yield errors.OnlyIeps(document=name)
    if any(tax.withheld and tax.factor == EXEMPT for tax in taxes):
        yield errors.ExemptWithheld(document=name)
    for tax in taxes:
        if tax.code == IVA and not tax.withheld and tax.factor != EXEMPT and tax.rate not in IVA_RATES:
            yield errors.UnknownRate(document=name, rate=f"{Decimal(tax.rate).scaleb(-4).normalize():f} %")


def _is_ieps_only(taxes: list[DraftTax]) -> bool:
    return any(tax.code == IEPS and not tax.withheld for tax in taxes) and not any(tax.code == IVA for tax in taxes)
