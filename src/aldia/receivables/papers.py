"""The receipt of a payment on paper: what came in, what it paid, and what is left."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.customers.models import Customer
from aldia.domain.amounts_in_words import in_words
from aldia.domain.calendars import short_date
from aldia.domain.money import Money, format_money
from aldia.integrations.typesetting import set_pdf
from aldia.receivables.methods import method_name
from aldia.receivables.models import Allocation, Credit
from aldia.receivables.operations.payments import live_allocations
from aldia.receivables.queries.discounts import given_on
from aldia.tenancy.brand import Brand, brand_words, current_brand
from aldia.tenancy.models import Company

_COMMA_COUNTRIES = frozenset({"CL", "CO", "ES"})


def receipt_pdf(credit: Credit) -> bytes:
    """The receipt of a credit as its books stand now (its company in scope), in the customer's language.

    Raises `CannotSet`.
    """
    company = Company.objects.get(pk=credit.company_id)
    with override(credit.customer.language or "es"):
        return set_pdf("receipt", paper_of(credit, live_allocations(credit), company, current_brand()))


def receipt_name(credit: Credit) -> str:
    """ "recibo-2026-11-21-0193a5d2.pdf": the day and the last letters of the payment's key."""
    return f"recibo-{credit.received_on.isoformat()}-{credit.pk.hex[-8:]}.pdf"


def paper_of(credit: Credit, applied: list[Allocation], company: Company, brand: Brand) -> dict[str, Any]:
    """What the template `receipt.typ` asks for."""

    def amount(minor: int, currency: str) -> str:
        mark = "," if company.country in _COMMA_COUNTRIES else "."
        return format_money(minor, currency, home=company.currency, decimal=mark)

    contact = [company.tax_id, brand.contact, company.sender_email]
    return {
        "brand": brand_words(brand),
        "company": {"name": company.legal_name, "lines": [each for each in contact if each]},
        "title": _("Recibo de pago"),
        "date": short_date(credit.received_on),
        "reference": credit.pk.hex[-8:].upper(),
        "mark": _("DESHECHO") if credit.reversed_on else "",
        "payer": _payer(credit.customer),
        "amount": amount(credit.amount, credit.currency),
        "in_words": _in_words(credit, company),
        "facts": [
            (_("Fecha del pago"), short_date(credit.received_on)),
            (_("Forma de pago"), method_name(credit.method)),
            (_("Referencia"), credit.reference[:120]),
            (_("Moneda"), credit.currency),
        ],
        "heads": [_("Documento"), _("Vence"), _("Total"), _("Pagado con este recibo"), _("Queda por pagar")],
        "rows": [_row(each, amount) for each in applied],
        "totals": _totals(credit, applied, amount),
        "note": _("Este recibo no es un comprobante fiscal. Los saldos son los que había al hacerlo."),
        "footer": f"{company.legal_name} · {company.tax_id}",
        "words": {
            "page": _("Página"),
            "received_from": _("Recibimos de"),
            "amount": _("Importe recibido"),
            "paid": _("Lo que se pagó"),
            "nothing": _("Todavía no se aplica a ningún documento: queda a su favor."),
        },
    }


def _payer(customer: Customer) -> list[str]:
    return [each for each in (customer.legal_name, customer.tax_id) if each]


def _in_words(credit: Credit, company: Company) -> str:
    """In Spanish only: other languages have no such custom here."""
    is_spanish = (credit.customer.language or "es").startswith("es")
    return in_words(Money(credit.amount, credit.currency).decimal, credit.currency) if is_spanish else ""


def _row(each: Allocation, amount: Any) -> list[str]:
    row = each.receivable
    return [
        f"{row.get_kind_display()} {row.number}",
        short_date(row.due_on),
        amount(row.total, row.currency),
        amount(each.amount, row.currency),
        amount(row.balance, row.currency),
    ]


def _totals(credit: Credit, allocations: list[Allocation], amount: Any) -> list[dict[str, Any]]:
    applied = credit.amount - credit.remaining
    same = {each.receivable_id for each in allocations if each.receivable.currency == credit.currency}
    found = [
        {"label": _("Importe recibido"), "value": amount(credit.amount, credit.currency), "strong": False},
        {"label": _("Aplicado a documentos"), "value": amount(applied, credit.currency), "strong": False},
    ]
    if off := sum(given_on(same).values()):
        label, value = _("Descuento por pronto pago"), amount(off, credit.currency)
        found.append({"label": label, "value": value, "strong": False})
    if credit.remaining:
        value = amount(credit.remaining, credit.currency)
        found.append({"label": _("Queda a su favor"), "value": value, "strong": True})
    return found
