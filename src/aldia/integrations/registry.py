"""The outside systems this house can talk to: one line each, loaded when first needed."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from aldia.domain.ports.banks import BankFeed
from aldia.domain.ports.channels import Adapter
from aldia.domain.ports.payments import Provider
from aldia.domain.ports.stamping import Stamper
from aldia.domain.ports.tax import TaxAuthority

ANY_CHANNEL = "any"
CHANNELS = {
    "smtp": "aldia.integrations.channels.smtp.Smtp",
    "postmark": "aldia.integrations.channels.postmark.Postmark",
    "resend": "aldia.integrations.channels.resend.Resend",
    "mailgun": "aldia.integrations.channels.mailgun.Mailgun",
    "brevo": "aldia.integrations.channels.brevo.Brevo",
    "sendgrid": "aldia.integrations.channels.sendgrid.SendGrid",
    "mailjet": "aldia.integrations.channels.mailjet.Mailjet",
    "sparkpost": "aldia.integrations.channels.sparkpost.SparkPost",
    "mailbox": "aldia.integrations.channels.mailbox.Mailbox",
    "twilio": "aldia.integrations.channels.twilio.Twilio",
    "whatsapp_cloud": "aldia.integrations.channels.whatsapp_cloud.WhatsAppCloud",
    "letter": "aldia.integrations.channels.letter.Letter",
}
PAYMENTS = {
    "stripe": "aldia.integrations.payments.stripe.Stripe",
    "mercado_pago": "aldia.integrations.payments.mercado_pago.MercadoPago",
    "conekta": "aldia.integrations.payments.conekta.Conekta",
    "fintoc": "aldia.integrations.payments.fintoc.Fintoc",
    "stp": "aldia.integrations.payments.stp.Stp",
    "transfer": "aldia.integrations.payments.transfer.Transfer",
    "sandbox": "aldia.integrations.payments.sandbox.Sandbox",
}

BANKS = {
    "fintoc": "aldia.integrations.banks.fintoc.Fintoc",
    "generic": "aldia.integrations.banks.generic.Generic",
}
AUTHORITIES = {"mx_sat": "aldia.integrations.tax.mx_sat.adapter.MxSat"}

STAMPERS = {
    "swsapien": "aldia.integrations.stamping.swsapien.SwSapien",
    "finkok": "aldia.integrations.stamping.finkok.Finkok",
    "facturama": "aldia.integrations.stamping.facturama.Facturama",
    "simulated": "aldia.integrations.stamping.simulated_pac.SimulatedPac",
}


@cache
def channel_adapter(name: str) -> type[Adapter] | None:
    """The adapter of that name; None when the house does not know it (any more)."""
    return _loaded(CHANNELS.get(name))  # type: ignore[no-any-return]


def adapters_for(channel: str) -> list[type[Adapter]]:
    """The adapters that serve a channel, in the order of the table."""
    found = (channel_adapter(name) for name in CHANNELS)
    return [each for each in found if each is not None and each.channel in (channel, ANY_CHANNEL)]


@cache
def payment_provider(name: str) -> type[Provider] | None:
    """The payment provider of that name; None when the house does not know it (any more)."""
    return _loaded(PAYMENTS.get(name))  # type: ignore[no-any-return]


def all_providers() -> list[type[Provider]]:
    """The payment providers, in the order of the table."""
    return [each for each in map(payment_provider, PAYMENTS) if each is not None]


@cache
def bank_feed(name: str) -> type[BankFeed] | None:
    """The feed of bank movements of that name; None when the house does not know it (any more)."""
    return _loaded(BANKS.get(name))  # type: ignore[no-any-return]


def all_feeds() -> list[type[BankFeed]]:
    """The feeds of bank movements, in the order of the table."""
    return [each for each in map(bank_feed, BANKS) if each is not None]


@cache
def stamper(name: str) -> type[Stamper] | None:
    """The PAC of that name; None when the house does not know it (any more)."""
    return _loaded(STAMPERS.get(name))  # type: ignore[no-any-return]


def all_stampers() -> list[type[Stamper]]:
    """The PACs, in the order of the table."""
    return [each for each in map(stamper, STAMPERS) if each is not None]


@cache
def tax_authority(name: str) -> type[TaxAuthority] | None:
    """The tax authority of that name; None when the house does not know it (any more)."""
    return _loaded(AUTHORITIES.get(name))  # type: ignore[no-any-return]


def _loaded(path: str | None) -> Any:
    if path is None:
        return None
    module, _dot, attribute = path.rpartition(".")
    return getattr(import_module(module), attribute)
