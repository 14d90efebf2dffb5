"""A certified letter on paper: the frozen text of a message under the company's head, with its table set as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.integrations.typesetting import set_pdf
from aldia.messaging.models import Delivery, Message
from aldia.tenancy.brand import Brand, brand_words, current_brand
from aldia.tenancy.models import Company

_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def letter_pdf(message: Message, *, delivery: Delivery | None = None) -> bytes:
    """The letter of a message (its company in scope). `delivery` names whom it goes to and, once posted, its number.

    Raises `CannotSet`.
    """
    company = Company.objects.get(pk=message.company_id)
    with override(message.language or "es"):
        return set_pdf("letter", paper_of(message, delivery, company, current_brand()))


def paper_of(message: Message, delivery: Delivery | None, company: Company, brand: Brand) -> dict[str, Any]:
    """What the template `letter.typ` asks for."""
    sender = message.sender_name or company.sender_name
    return {
        "brand": brand_words(brand),
        "company": {"name": company.legal_name, "lines": _lines(company, brand, message)},
        "date": long_date(message.on_day, message.language),
        "reference": delivery.provider_id if delivery else "",
        "to": _addressee(message, delivery),
        "subject": message.subject or message.get_purpose_display(),
        "parts": parts_of(message.text),
        "signed": [each for each in (sender, company.legal_name) if each],
        "footer": f"{company.legal_name} · {company.tax_id}",
        "words": {
            "page": _("Página"),
            "present": _("Presente"),
            "regards": _("Atentamente,"),
            "reference": _("Guía"),
        },
    }


def _lines(company: Company, brand: Brand, message: Message) -> list[str]:
    found = [company.tax_id, brand.contact, message.reply_to or company.sender_email]
    return [each for each in found if each]


def _addressee(message: Message, delivery: Delivery | None) -> list[str]:
    """Name, tax id, and the address if somebody wrote one (a delivery without it repeats the name)."""
    customer = message.customer
    names = [delivery.name if delivery else "", customer.legal_name if customer else ""]
    name = next((each for each in names if each), "")
    address = delivery.address if delivery and delivery.address not in names else ""
    found = [name, customer.tax_id if customer else "", *address.splitlines()]
    return [each for each in found if each] or [_("A quien corresponda")]


def long_date(day: date, language: str) -> str:
    """ "21 de noviembre de 2026", "November 21, 2026"."""
    if language == "en":
        return f"{_MONTHS_EN[day.month - 1]} {day.day}, {day.year}"
    return f"{day.day} de {_MONTHS[day.month - 1]} de {day.year}"


def parts_of(text: str) -> list[dict[str, Any]]:
    """The paragraphs of a text, and its tables: columns set with blanks under a rule of dashes (`tables.draw_text`)."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            blocks[-1].append(line.rstrip())
        elif blocks[-1]:
            blocks.append([])
    return [part for block in blocks if block for part in _parts(block)]


def _parts(block: list[str]) -> list[dict[str, Any]]:
    if len(block) < 3 or len(block[1]) < 8 or set(block[1]) != {"-"}:
        return [{"kind": "words", "lines": block}]
    width, rows = len(block[1]), [block[0], *block[2:]]
    after: list[str] = []
    while len(rows) > 1 and (len(rows[-1]) > width or "  " not in rows[-1].strip()):  # the total, what is left out
        after.insert(0, rows.pop())
    if len(rows) == 1 or any(len(row) > width for row in rows):
        return [{"kind": "words", "lines": block}]
    table = _table([row.ljust(width) for row in rows], width)
    return [table, *([{"kind": "words", "lines": after}] if after else [])]


def _table(rows: Sequence[str], width: int) -> dict[str, Any]:
    """Columns are parted by two blanks or more that every row has in the same place."""
    blank = [all(row[at] == " " for row in rows) for at in range(width)]
    spans: list[tuple[int, int]] = []
    start = 0
    at = 0
    while at < width:
        end = at
        while end < width and blank[end]:
            end += 1
        if end - at >= 2 and at > start:
            spans.append((start, at))
            start = end
        at = max(end, at + 1)
    if start < width:
        spans.append((start, width))
    cells = [[row[first:last].strip() for first, last in spans] for row in rows]
    numeric = [
        place for place, (first, last) in enumerate(spans) if all(row[last - 1] != " " for row in rows) and place
    ]
    return {"kind": "table", "heads": cells[0], "numeric": numeric, "rows": cells[1:]}
