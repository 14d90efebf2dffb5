"""The statement of account on paper, under the company's brand: what is owed and since when, what moved, how to pay."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.customers.models import Customer
from aldia.domain.calendars import add_months
from aldia.integrations.spreadsheets import write_xlsx
from aldia.integrations.typesetting import set_pdf
from aldia.integrations.typesetting.pictures import qr_svg
from aldia.payments.directions import CURRENCY, Directions, printed_directions
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.queries.lists import Wanted
from aldia.receivables.queries.statement import CurrencyStatement, Statement, statement
from aldia.reporting import sheets, words
from aldia.tenancy.brand import Brand, brand_words, current_brand
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

MONTHS = 3  # what a statement that goes by itself looks back
MOST_ROWS = 2_000  # of a part: what is older is summed in the balance before, or is in Excel

Figure = Callable[[int], str]


def statement_pdf(
    customer_id: uuid.UUID,
    *,
    today: date,
    first: date | None = None,
    wanted: Wanted | None = None,
    pay_url: str = "",
) -> bytes:
    """The statement of a customer of the company in scope as of today, in the customer's language.

    Movements since `first` (three months back), documents that `wanted` lists (those that are open). `pay_url` is
    printed with its QR code. Raises `CannotSet`, `Customer.DoesNotExist`.
    """
    company, customer, found = _account(customer_id, today, first, wanted)
    with override(customer.language[:2] or "es"):
        return set_statement(found, customer=customer, company=company, pay_url=pay_url)


def statement_xlsx(
    customer_id: uuid.UUID, *, today: date, first: date | None = None, wanted: Wanted | None = None
) -> bytes:
    """The same as a workbook: movements and documents of each currency. Raises `Customer.DoesNotExist`."""
    company, customer, found = _account(customer_id, today, first, wanted)
    stream = io.BytesIO()
    with override(customer.language[:2] or "es"):
        directions = printed_directions(customer.pk, company)
        write_xlsx(stream, sheets.statement_sheets(found, customer=customer, company=company, directions=directions))
    return stream.getvalue()


def statement_name(customer: Customer, *, today: date) -> str:
    """ "estado-de-cuenta-ALG010203AB2-2026-11-21.pdf"."""
    parts = ["estado-de-cuenta", "".join(each for each in customer.tax_id if each.isascii() and each.isalnum())]
    return "-".join([*(part for part in parts if part), today.isoformat()]) + ".pdf"


def _account(
    customer_id: uuid.UUID, today: date, first: date | None, wanted: Wanted | None
) -> tuple[Company, Customer, Statement]:
    company = Company.objects.get(pk=current_company_id())
    customer = Customer.objects.get(pk=customer_id)
    since = first or add_months(today, -MONTHS)
    found = statement(
        customer_id=customer_id, first=since, last=today, today=today, home=company.currency, wanted=wanted
    )
    return company, customer, found


def set_statement(found: Statement, *, customer: Customer, company: Company, pay_url: str = "") -> bytes:
    """A statement that was asked for already, in the active language. Raises `CannotSet`."""
    directions = printed_directions(customer.pk, company)
    return set_pdf("statement", paper_of(found, customer, company, current_brand(), directions, pay_url))


def paper_of(
    found: Statement,
    customer: Customer,
    company: Company,
    brand: Brand,
    directions: Directions | None = None,
    pay_url: str = "",
) -> dict[str, Any]:
    """What the template `statement.typ` asks for."""
    contact = [company.tax_id, brand.contact, company.sender_email]
    owing = [part for part in found.currencies if part.owed] or found.currencies
    return {
        "brand": brand_words(brand),
        "company": {"name": company.legal_name, "lines": [each for each in contact if each]},
        "title": _("Estado de cuenta"),
        "date": _("Al %(day)s") % {"day": words.day(found.today)},
        "period": _("Movimientos del %(first)s al %(last)s")
        % {"first": words.day(found.first), "last": words.day(found.last)},
        "customer": [each for each in (customer.legal_name, customer.tax_id) if each],
        "summary": [_summary(part, company) for part in owing],
        "pay": _how_to_pay(directions, pay_url),
        "currencies": [_part(part, found, company) for part in found.currencies],
        "footer": f"{company.legal_name} · {company.tax_id}",
        "words": _words(),
    }


def _words() -> dict[str, Any]:
    return {
        "page": _("Página"),
        "customer": _("Cliente"),
        "pay": _("Cómo pagar"),
        "documents": _("Documentos"),
        "document_heads": [
            _("Folio"), _("Documento"), _("Emisión"), _("Vence"), _("Atraso"), _("Total"), _("Saldo"),
        ],
        "no_documents": _("No hay documentos que mostrar."),
        "movements": _("Movimientos"),
        "movement_heads": [_("Fecha"), _("Concepto"), _("Cargo"), _("Abono"), _("Saldo")],
        "no_movements": _("No hubo movimientos en el periodo."),
        "credits": _("Pagos y créditos por aplicar"),
        "credit_heads": [_("Fecha"), _("Concepto"), _("Importe"), _("A favor")],
    }  # fmt: skip


def _summary(part: CurrencyStatement, company: Company) -> dict[str, str]:
    return {
        "label": _("Saldo por pagar"),
        "value": words.amount(part.owed, part.currency, company),
        "late": _("Vencido: %(amount)s") % {"amount": words.amount(part.overdue, part.currency, company)}
        if part.overdue
        else "",
    }


def _how_to_pay(directions: Directions | None, pay_url: str) -> dict[str, Any]:
    """The account that is the customer's alone, and the page where it pays; nothing where there is neither."""
    facts: list[tuple[str, str]] = []
    if directions is not None:
        facts = [
            (_("CLABE interbancaria"), directions.grouped),
            (_("Referencia"), directions.reference),
            (_("Banco"), directions.bank),
            (_("Beneficiario"), directions.beneficiary),
        ]
    note = _("Para pagos en %(currency)s por SPEI. Esta cuenta es solo de usted: su pago se identifica solo.")
    if directions is not None and directions.reference:
        note = _("Para pagos en %(currency)s por SPEI. Ponga la referencia tal cual: así su pago se identifica solo.")
    return {
        "facts": [(name, value) for name, value in facts if value],
        "note": note % {"currency": CURRENCY} if directions is not None else "",
        "url": pay_url,
        "url_label": _("O pague en línea"),
        "qr": qr_svg(pay_url) if pay_url else "",
    }


def _part(part: CurrencyStatement, found: Statement, company: Company) -> dict[str, Any]:
    def figure(minor: int) -> str:
        return words.figure(minor, part.currency, company)

    ages = zip(words.range_words(found.ranges), part.buckets, strict=True)
    totals = [sum(row.total for row in part.documents), sum(row.balance for row in part.documents)]
    return {
        "name": part.currency,
        "figures": [
            {"label": _("Por pagar"), "value": figure(part.owed)},
            {"label": _("Vencido"), "value": figure(part.overdue), "tone": "bad" if part.overdue else ""},
            {"label": _("Por vencer"), "value": figure(part.owed - part.overdue)},
            {"label": _("A favor"), "value": figure(part.in_favour)},
        ],
        "share": _thousandths(part.buckets),
        "ages": [{"label": label, "value": figure(minor)} for label, minor in ages],
        "documents": _document_rows(part.documents[:MOST_ROWS], found.today, figure),
        "documents_total": [_("Total"), "", "", "", "", *map(figure, totals)],
        "documents_cut": _cut(len(part.documents)),
        "movements": _movement_rows(part, found, figure),
        "movements_total": [
            words.day(found.last), _("Saldo al cierre"), *map(figure, (part.charged, part.paid, part.closing)),
        ],
        "movements_cut": _cut(len(part.movements)),
        "balance_line": "" if part.movements else _("Saldo: %(amount)s") % {"amount": figure(part.closing)},
        "credits": [_credit_row(row, figure) for row in part.credits],
    }  # fmt: skip


def _movement_rows(part: CurrencyStatement, found: Statement, figure: Figure) -> list[list[str]]:
    """What moved since the balance before; the last ones of very many."""
    moves = part.movements[-MOST_ROWS:]
    if not moves:
        return []
    before = figure(moves[0].running - moves[0].amount)
    return [[words.day(found.first), _("Saldo anterior"), "", "", before]] + [
        [
            words.day(each.on),
            words.movement_text(each),
            figure(each.amount) if words.is_charge(each) else "",
            "" if words.is_charge(each) else figure(-each.amount),
            figure(each.running),
        ]
        for each in moves
    ]


def _credit_row(row: Credit, figure: Figure) -> list[str]:
    name = f"{words.credit_name(row.kind)} {row.reference}".strip()
    return [words.day(row.received_on), name, figure(row.amount), figure(row.remaining - row.held)]


def _cut(count: int) -> str:
    if count <= MOST_ROWS:
        return ""
    return _("Se imprimen %(most)s renglones de %(count)s; el Excel los trae todos.") % {
        "most": MOST_ROWS, "count": count,
    }  # fmt: skip


def _document_rows(rows: Sequence[Receivable], today: date, figure: Figure) -> list[list[str]]:
    found = []
    for row in rows:
        late = (today - row.due_on).days if row.balance else 0
        found.append(
            [
                row.number,
                words.kind_name(row.kind),
                words.day(row.issued_on),
                words.day(row.due_on),
                str(late) if late > 0 else "",
                figure(row.total),
                figure(row.balance),
            ]
        )
    return found


def _thousandths(parts: tuple[int, ...]) -> list[int]:
    whole = sum(part for part in parts if part > 0)
    return [max(0, part) * 1000 // whole if whole else 0 for part in parts]
