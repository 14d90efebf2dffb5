"""What the portal writes to customers by e-mail: the code that lets them in, and a fresh link."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.customers.models import Customer
from aldia.domain.calendars import short_date
from aldia.messaging.look import look_of_company
from aldia.messaging.models import Channel, Purpose, Template
from aldia.messaging.placeholders import STATEMENT_LINK
from aldia.messaging.rendering import Rendered, render
from aldia.messaging.sealing import MARK
from aldia.tenancy.models import Company

LANGUAGES = ("es", "en")


def code_letter(*, company: Company, customer: Customer, minutes: int) -> Rendered:
    """The mail that carries a one-time code, `MARK` where the code goes."""
    with override(language_of(customer)):
        body = (
            _("Hola:"),
            _("Este es su código para ver su estado de cuenta con {{ empresa }}:"),
            f"*{MARK}*",
            _("Sirve una sola vez, durante %(minutes)d minutos y solo en el navegador donde lo pidió.")
            % {"minutes": minutes},
            _("Nadie de {{ empresa }} se lo va a pedir. Si usted no lo pidió, no hace falta que haga nada."),
        )
        return _rendered(company, customer, _("Su código para entrar a su estado de cuenta"), body)


def renewal_letter(*, company: Company, customer: Customer, url: str, expires_at: datetime) -> Rendered:
    """The mail that carries a fresh link to the statement of account."""
    with override(language_of(customer)):
        body = (
            _("Hola:"),
            _("Esta es su liga nueva para ver y pagar su estado de cuenta con {{ empresa }}:"),
            "{{ estado_de_cuenta }}",
            _("Sirve hasta el %(day)s. Es personal: quien la tenga puede ver su estado de cuenta.")
            % {"day": short_date(expires_at.astimezone(ZoneInfo(company.time_zone)).date())},
            _("Si usted no la pidió, no hace falta que haga nada."),
        )
        return _rendered(company, customer, _("Su liga al estado de cuenta con {{ empresa }}"), body, url)


def language_of(customer: Customer) -> str:
    """The customer's language where we have words in it, else Spanish."""
    short = customer.language[:2].lower()
    return short if short in LANGUAGES else "es"


def _rendered(company: Company, customer: Customer, subject: str, body: tuple[str, ...], url: str = "") -> Rendered:
    template = Template(
        name="-", purpose=Purpose.DIRECT, channel=Channel.EMAIL, language=language_of(customer), subject=subject,
        body="\n\n".join(body),
    )  # fmt: skip
    values = {"empresa": str(company), "cliente": str(customer), STATEMENT_LINK: url}
    return render(template=template, context=values, look=look_of_company())
