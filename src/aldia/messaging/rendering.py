"""From a template and a flat context to what is sent: subject, HTML and text, or the parameters of an approved text."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from aldia.messaging import layout, sms, writing
from aldia.messaging.look import Look, look_of_company
from aldia.messaging.markup import blocks
from aldia.messaging.models import Channel, Template
from aldia.messaging.placeholders import DEFAULT_COLUMNS, ROW_FIELDS, ROWS, TABLE, Context, allowed_names
from aldia.messaging.scanning import inert, names_in
from aldia.messaging.tables import draw_html, draw_text
from aldia.messaging.templating import MAX_ROWS, Values, evaluate

MAX_SUBJECT = 200
_NOT_ON_A_LINE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]+")


@dataclass(frozen=True, slots=True)
class Rendered:
    """Content as it will be frozen. `html` is empty but for e-mail; `parameters` in the order of a WhatsApp template.

    `logo_id` is the stored file that the HTML shows as `cid:logo` (None: no logo); `write_message` attaches it.
    """

    subject: str = ""
    html: str = ""
    text: str = ""
    provider_template: str = ""
    parameters: tuple[str, ...] = ()
    logo_id: uuid.UUID | None = None
    logo_type: str = ""


def render(
    *, template: Template, context: Context, look: Look | None = None, columns: Sequence[str] = DEFAULT_COLUMNS
) -> Rendered:
    """Fill a template. `look`: the company's (default: of the company in scope); `columns`: of the drawn table.

    Names that the context lacks are empty. Raises `TemplateError` where the template itself is at fault.
    """
    allowed = allowed_names(purpose=template.purpose, channel=template.channel)
    given = {**context, TABLE: "x" if context.get(ROWS) else ""}  # the token says where; what is drawn is ours
    with translation.override(template.language):
        subject, values = evaluate(template.subject, given, allowed)
        heading = one_line(values.fill(subject, lambda _name, value: value))
        body, values = evaluate(template.body, given, allowed)
        if template.channel == Channel.EMAIL:
            return _email(template, heading, body, values, context, look or look_of_company(), columns)
        return _plain(template, heading, body, values, context, columns)


def one_line(text: str) -> str:
    """The text as it may stand in a header: no line ends, no controls, nothing that turns the direction of reading."""
    return " ".join(_NOT_ON_A_LINE.sub(" ", text).split())[:MAX_SUBJECT]


def _email(
    template: Template,
    heading: str,
    body: str,
    values: Values,
    context: Context,
    look: Look,
    columns: Sequence[str],
) -> Rendered:
    found = blocks(body, values)
    rows, total = _rows(context), _word(context, "total")
    letter = layout.Letter(
        subject=heading,
        blocks=found,
        values=values,
        table=draw_html(rows, columns, total),
        answers=_answers(context),
        why=_why(context, look),
    )
    table = draw_text(rows, columns, total)
    text = writing.write(found, values, table=table, style=writing.MAIL)
    footer = "\n".join(line for line in (letter.answers, letter.why) if line)
    return Rendered(
        subject=heading,
        html=layout.draw(letter, look, template.language),
        text=f"{text}\n\n-- \n{footer}\n" if footer else f"{text}\n",
        logo_id=look.logo_id,
        logo_type=look.logo_type,
    )


def _plain(
    template: Template, heading: str, body: str, values: Values, context: Context, columns: Sequence[str]
) -> Rendered:
    """SMS, WhatsApp and letters: text; a WhatsApp template that is approved takes its values by number."""
    found = blocks(body, values)
    style = {Channel.SMS: writing.SMS, Channel.WHATSAPP: writing.WHATSAPP}.get(
        Channel(template.channel), writing.LETTER
    )
    table = draw_text(_rows(context), columns, _word(context, "total")) if template.channel == Channel.LETTER else ""
    text = writing.write(found, values, table=table, style=style)
    if template.channel == Channel.SMS:
        return Rendered(text=sms.plain(text))
    if template.channel == Channel.WHATSAPP and template.provider_name:
        said = tuple(one_line(_word(context, name)) or "-" for name in names_in(template.body))
        return Rendered(subject=heading, text=text, provider_template=template.provider_name, parameters=said)
    return Rendered(subject=heading, text=text)


def _rows(context: Context) -> list[Mapping[str, str]]:
    rows = context.get(ROWS)
    found = rows[:MAX_ROWS] if isinstance(rows, list) else []
    return [{name: inert(row[name]) for name in ROW_FIELDS if row.get(name)} for row in found]


def _word(context: Context, name: str) -> str:
    value = context.get(name)
    return inert(value) if isinstance(value, str) else ""


def _answers(context: Context) -> str:
    """Who reads what they answer."""
    person, address = one_line(_word(context, "remitente")), one_line(_word(context, "correo"))
    if person and address:
        return _("Las respuestas a este correo llegan a %(person)s (%(address)s).") % {
            "person": person,
            "address": address,
        }
    return (
        _("Las respuestas a este correo llegan a %(person)s.") % {"person": person or address}
        if person or address
        else ""
    )


def _why(context: Context, look: Look) -> str:
    company, customer = one_line(_word(context, "empresa") or look.company), one_line(_word(context, "cliente"))
    if not company:
        return ""
    if not customer:
        return _("Este mensaje lo envía %(company)s.") % {"company": company}
    return _("Se envió a esta dirección porque %(company)s la tiene como contacto de %(customer)s.") % {
        "company": company,
        "customer": customer.removesuffix("."),  # «S.A. de C.V.» ends the sentence itself
    }
