"""The e-mail of a payment order: the company's own words for it, else those of the house, with the link to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import structlog
from django.utils.formats import date_format
from django.utils.translation import override

from aldia.customers.models import Customer
from aldia.domain.calendars import short_date
from aldia.domain.money import format_money
from aldia.messaging.look import look_of_company
from aldia.messaging.models import Channel, Purpose, Template
from aldia.messaging.placeholders import ACCOUNT, ACCOUNT_BANK, BENEFICIARY, LINK, ROWS
from aldia.messaging.queries.templates import builtin_template, choose_template
from aldia.messaging.rendering import Rendered, render
from aldia.messaging.scanning import TemplateError
from aldia.payments.directions import CURRENCY, printed_directions
from aldia.receivables.models import Receivable
from aldia.tenancy.models import Company, User

COLUMNS = ("folio", "concepto", "vencimiento", "total")
_COMMA_COUNTRIES = frozenset({"CL", "CO", "ES"})

log = structlog.get_logger("aldia.payments")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said, the template that says it, and its language."""

    rendered: Rendered
    template: Template

    @property
    def language(self) -> str:
        return self.template.language


def order_letter(
    *, company: Company, customer: Customer, row: Receivable, url: str, contact: str, note: str, actor: User | None,
    today: date,
) -> Letter:  # fmt: skip
    """The mail of one order. Words of the company's own that cannot be filled give way to those of the house."""
    template = choose_template(purpose=Purpose.ORDER, channel=Channel.EMAIL, language=customer.language)
    look = look_of_company()
    who = actor.get_full_name() if actor else ""
    with override(template.language):
        values = _values(company, customer, row, today) | {
            "contacto": contact,
            "mensaje": note,
            "remitente": who or company.sender_name or str(company),
            "correo": actor.email if actor else "",
            "telefono": look.phone,
            LINK: url,
        }
    try:
        return Letter(render(template=template, context=values, look=look, columns=COLUMNS), template)
    except TemplateError as error:
        house = builtin_template(template.builtin)
        if template._state.adding or house is None:
            raise
        log.warning("template_failed", template=template.name, error=str(error))
        return Letter(render(template=house, context=values, look=look, columns=COLUMNS), house)


def _values(
    company: Company, customer: Customer, row: Receivable, today: date
) -> dict[str, str | list[dict[str, str]]]:
    mark = "," if company.country in _COMMA_COUNTRIES else "."
    total = format_money(row.total, row.currency, home=company.currency, decimal=mark)
    account = printed_directions(customer.pk, company) if row.currency == CURRENCY else None
    line = {
        "folio": row.number, "tipo": str(row.get_kind_display()), "vencimiento": short_date(row.due_on), "total": total,
        "saldo": total, "moneda": row.currency, "concepto": row.concept, "emision": short_date(today),
    }  # fmt: skip
    return {
        "cliente": customer.trade_name or customer.legal_name,
        "razon_social": customer.legal_name,
        "rfc": customer.tax_id,
        "empresa": str(company),
        "fecha": date_format(today),
        "total": total,
        "cuantos": "1",
        "folio": row.number,
        "vencimiento": date_format(row.due_on),
        ACCOUNT: account.said if account else "",
        ACCOUNT_BANK: account.bank if account else "",
        BENEFICIARY: account.beneficiary if account else "",
        ROWS: [line],
    }
