"""Notices to the company about payments: by e-mail, once per occasion, in the transaction of whatever they tell of.

They go to the addresses of `PaymentSettings.notice_address`, else to the owners, and they leave at least once. A notice
that cannot be written (nobody to write to, a template that fails) never keeps the money from being posted.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.customers.models import Customer
from aldia.domain.calendars import short_date
from aldia.domain.money import format_money
from aldia.messaging.look import look_of_company
from aldia.messaging.models import Channel, Guarantee, Message, Purpose
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.messaging.placeholders import PAGE_LINK
from aldia.messaging.queries.templates import choose_template
from aldia.messaging.rendering import render
from aldia.messaging.scanning import TemplateError
from aldia.payments.addresses import page_url
from aldia.payments.models import PaymentAttempt, ReportedPayment
from aldia.payments.tokens import payment_settings
from aldia.tenancy.models import Company, Membership, Role
from aldia.tenancy.scope import current_company_id, transaction

_COMMA_COUNTRIES = frozenset({"CL", "CO", "ES"})
MOST_QUOTED = 1_000  # letters of what a customer wrote

log = structlog.get_logger("aldia.payments")


@dataclass(frozen=True, slots=True)
class _Tell:
    """What is told. `key` makes it once; `page` is where it is dealt with; `paid` in minor units of `currency` (0: no
    money came in)."""

    key: str
    sentence: str
    customer: Customer | None
    page: str
    paid: int = 0
    currency: str = ""
    paid_on: date | None = None


def notify_payment(*, attempt: PaymentAttempt, now: datetime) -> Message | None:
    """A payment by provider, or into a collection account, was posted. Once per amount that it comes to."""
    company = _company()
    with override(company.locale):
        where = attempt.account.name
        sentence = _("Entró por %(provider)s%(reference)s y ya está registrado.") % {
            "provider": where,
            "reference": _(" con la referencia %(it)s") % {"it": attempt.trace} if attempt.trace else "",
        }
        if attempt.credit is not None and attempt.credit.remaining:
            left = _amount(company, attempt.credit.remaining, attempt.currency)
            sentence += " " + _("Queda a favor del cliente %(amount)s.") % {"amount": left}
        return _write(company, now, _Tell(
            f"payment:{attempt.pk}:{attempt.received}", sentence, attempt.customer, _page(company, attempt),
            attempt.received, attempt.currency, attempt.paid_on,
        ))  # fmt: skip


def notify_review(*, attempt: PaymentAttempt, now: datetime, why: str = "") -> Message | None:
    """A payment waits for a person. `why`: the sentence of its reason, as the page says it. Once per reason."""
    company = _company()
    with override(company.locale):
        amount = _amount(company, attempt.received or attempt.amount, attempt.currency)
        sentence = _("Un cobro de %(amount)s por %(provider)s espera que lo revises.") % {
            "amount": amount, "provider": attempt.account.name,
        }  # fmt: skip
        key = f"review:{attempt.pk}:{attempt.review}"
        return _write(company, now, _Tell(key, f"{sentence} {why}".strip(), attempt.customer, _page(company, attempt)))


def notify_refund(*, attempt: PaymentAttempt, now: datetime) -> Message | None:
    """Money of a payment went back to the payer. Once per amount that went back."""
    company = _company()
    with override(company.locale):
        sentence = _("Se devolvieron %(amount)s del cobro por %(provider)s: lo que pagaba vuelve a deberse.") % {
            "amount": _amount(company, attempt.refunded, attempt.currency), "provider": attempt.account.name,
        }  # fmt: skip
        key = f"refund:{attempt.pk}:{attempt.refunded}"
        return _write(company, now, _Tell(key, sentence, attempt.customer, _page(company, attempt)))


def notify_chargeback(*, attempt: PaymentAttempt, now: datetime) -> Message | None:
    """The payer's bank took money back, or gave it back to us. Once per amount in dispute."""
    company = _company()
    with override(company.locale):
        words = {"amount": _amount(company, attempt.disputed, attempt.currency), "provider": attempt.account.name}
        if attempt.disputed:
            sentence = _("El banco del pagador reclamó %(amount)s por %(provider)s. Contesta allá antes del plazo.")
        else:
            sentence = _("El contracargo por %(provider)s se resolvió a tu favor.")
        key = f"chargeback:{attempt.pk}:{attempt.disputed}"
        return _write(company, now, _Tell(key, sentence % words, attempt.customer, _page(company, attempt)))


def notify_report(*, report: ReportedPayment, now: datetime) -> Message | None:
    """A customer says that it paid."""
    company = _company()
    with override(company.locale):
        amount = _amount(company, report.amount, report.currency)
        sentence = _("Dice que pagó %(amount)s el %(day)s%(proof)s. Revísalo en Avisos de pago.") % {
            "amount": amount, "day": short_date(report.paid_on),
            "proof": _(" y mandó su comprobante") if report.proof_id else "",
        }  # fmt: skip
        said, page = _with_note(sentence, report.note), page_url(company, "reports")
        return _write(company, now, _Tell(f"report:{report.pk}", said, report.customer, page))


def notify_dispute(
    *, customer: Customer, key: str, numbers: Sequence[str], reason: str, now: datetime,
    receivable_id: uuid.UUID | None = None,
) -> Message | None:  # fmt: skip
    """A customer contests documents of its statement, in its own words. `key`: the dispute's id; `receivable_id`: the
    document, where it is one."""
    company = _company()
    with override(company.locale):
        named = ", ".join(numbers[:10]) + (" …" if len(numbers) > 10 else "")
        sentence = _("No está de acuerdo con %(documents)s. Sus recordatorios se detienen mientras lo revisas.") % {
            "documents": named,
        }  # fmt: skip
        page = page_url(company, "receivable" if receivable_id else "disputes", receivable_id)
        return _write(company, now, _Tell(f"dispute:{key}", _with_note(sentence, reason), customer, page))


def notify_question(*, customer: Customer, key: str, text: str, now: datetime) -> Message | None:
    """A customer asks something from its portal or a link. `key`: the question's id."""
    company = _company()
    with override(company.locale):
        sentence = _("Escribió desde su estado de cuenta.")
        page = page_url(company, "customer", customer.pk)
        return _write(company, now, _Tell(f"question:{key}", _with_note(sentence, text), customer, page))


def notice_addresses() -> list[str]:
    """Who hears of payments: the addresses of the settings, else the owners."""
    found = [each.strip() for each in payment_settings().notice_address.replace(";", ",").split(",")]
    wanted = [each for each in found if _is_address(each)]
    return list(dict.fromkeys(wanted)) or _owners()


def _owners() -> list[str]:
    rows = Membership.objects.filter(role=Role.OWNER, suspended_at__isnull=True, user__is_active=True)
    found = rows.order_by("created_at", "pk").values_list("user__email", flat=True)
    return [each for each in found if _is_address(each)]


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _with_note(sentence: str, note: str) -> str:
    """The sentence and what the customer wrote, which commands nothing: it is a value of the template."""
    said = " ".join(note.split())[:MOST_QUOTED]
    return f"{sentence}\n\n«{said}»" if said else sentence


def _page(company: Company, attempt: PaymentAttempt) -> str:
    return page_url(company, "attempt", attempt.pk)


def _company() -> Company:
    return Company.objects.get(pk=current_company_id())


def _amount(company: Company, minor: int, currency: str) -> str:
    mark = "," if company.country in _COMMA_COUNTRIES else "."
    return format_money(minor, currency, home=company.currency, decimal=mark)


def _write(company: Company, now: datetime, tell: _Tell) -> Message | None:
    addresses = notice_addresses()
    if not addresses:
        return None
    customer = tell.customer
    values = {
        "empresa": str(company),
        "mensaje": tell.sentence,
        PAGE_LINK: tell.page,
        "cliente": (customer.trade_name or customer.legal_name) if customer else "",
        "razon_social": customer.legal_name if customer else "",
        "rfc": customer.tax_id if customer else "",
        "pagado": _amount(company, tell.paid, tell.currency) if tell.paid else "",
        "fecha_de_pago": short_date(tell.paid_on) if tell.paid_on else "",
    }
    template = choose_template(purpose=Purpose.NOTICE, channel=Channel.EMAIL, language=company.locale)
    try:
        rendered = render(template=template, context=values, look=look_of_company())
    except TemplateError as error:
        log.warning("template_failed", template=template.name, error=str(error))
        return None
    with transaction():
        return write_message(
            key=f"notice:{tell.key}",
            channel=Channel.EMAIL,
            purpose=Purpose.NOTICE,
            customer_id=None,
            recipients=[Recipient(each) for each in addresses],
            rendered=rendered,
            on_day=now.astimezone(ZoneInfo(company.time_zone)).date(),
            guarantee=Guarantee.AT_LEAST,
            template=template,
            reason=tell.sentence[:300],
            language=company.locale,
        )
