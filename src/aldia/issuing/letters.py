"""The e-mail that carries a document of ours: the company's own words for it, else those of the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import structlog
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument
from aldia.domain.calendars import short_date
from aldia.domain.fiscal.values import NO_CURRENCY
from aldia.domain.money import format_money
from aldia.messaging.look import look_of_company
from aldia.messaging.models import Channel, Purpose, Template
from aldia.messaging.placeholders import DOCUMENT_KIND, ROWS
from aldia.messaging.queries.templates import builtin_template, choose_template
from aldia.messaging.rendering import Rendered, render
from aldia.messaging.scanning import TemplateError
from aldia.tenancy.models import Company, User

COLUMNS = ("folio", "tipo", "emision", "total")

log = structlog.get_logger("aldia.issuing")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said, the template that says it, its language, and the one line of the list of messages."""

    rendered: Rendered
    template: Template
    reason: str

    @property
    def language(self) -> str:
        return self.template.language


def document_letter(
    *,
    company: Company,
    customer: Customer,
    document: FiscalDocument,
    is_fiscal: bool,
    contact: str,
    actor: User | None,
    today: date,
) -> Letter:
    """The mail of one document. Words of the company's own that cannot be filled give way to those of the house."""
    template = choose_template(purpose=Purpose.DOCUMENT, channel=Channel.EMAIL, language=customer.language)
    look = look_of_company()
    with override(template.language):
        kind = str(document.get_kind_display())
        total = "" if document.currency == NO_CURRENCY else format_money(document.total, document.currency)
        warning = "" if is_fiscal else _("Es una prueba: este documento no tiene validez fiscal.")
        row = {
            "folio": document.number, "tipo": kind, "emision": short_date(document.issued_on), "total": total,
            "saldo": "", "vencimiento": "", "moneda": document.currency, "concepto": "", "orden_de_compra": "",
            "dias_vencido": "",
        }  # fmt: skip
        values: dict[str, str | list[dict[str, str]]] = {
            "cliente": customer.trade_name or customer.legal_name,
            "razon_social": customer.legal_name,
            "rfc": customer.tax_id,
            "contacto": contact,
            "empresa": str(company),
            "remitente": (actor.get_full_name() if actor else "") or company.sender_name or str(company),
            "telefono": look.phone,
            "correo": actor.email if actor else "",
            "fecha": date_format(today),
            "total": total,
            "cuantos": "1",
            "folio": document.number,
            "mensaje": warning,
            DOCUMENT_KIND: kind.lower(),
            ROWS: [row],
        }
    reason = f"{kind} {document.number}"
    try:
        return Letter(render(template=template, context=values, look=look, columns=COLUMNS), template, reason)
    except TemplateError as error:
        house = builtin_template(template.builtin)
        if template._state.adding or house is None:
            raise
        log.warning("template_failed", template=template.name, error=str(error))
        return Letter(render(template=house, context=values, look=look, columns=COLUMNS), house, reason)
