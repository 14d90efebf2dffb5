"""Tokens of payment links and portal passes: 256 bits, of which only the hash is kept.

A token is HMAC-SHA256 of the row's id under a key of the company, which is kept encrypted: so whoever has the company's
key can say the token again (to send the same link once more), and whoever reads the tables cannot.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as random
import uuid

from django.db import IntegrityError

from aldia.payments.models import PaymentSettings
from aldia.tenancy import secrets
from aldia.tenancy.models import Secret
from aldia.tenancy.scope import current_company_id, transaction

KIND = "links"
LINK, PASS = "link", "pass"


class Tokens:
    """The tokens of the company in scope; its key is opened once. Make one per request or per round of a job."""

    def __init__(self) -> None:
        self._key = _company_key()

    def of(self, purpose: str, row_id: uuid.UUID) -> str:
        """The token of a row: 43 characters that go into an address as they are."""
        digest = hmac.new(self._key, purpose.encode() + b":" + row_id.bytes, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """What is kept of a token, and what a token that comes back is looked up by."""
    return hashlib.sha256(token.encode()).hexdigest()


def _company_key() -> bytes:
    settings = payment_settings()
    secret = settings.link_key or _new_key(settings.pk)
    return base64.urlsafe_b64decode(secrets.reveal(secret)["key"])


def payment_settings() -> PaymentSettings:
    """The company's settings of payments; made the first time they are asked for."""
    found = PaymentSettings.objects.select_related("link_key").first()
    if found is not None:
        return found
    try:
        with transaction():
            return PaymentSettings.objects.create(company_id=current_company_id())
    except IntegrityError:  # somebody else was first
        return PaymentSettings.objects.select_related("link_key").get()


def _new_key(settings_id: uuid.UUID) -> Secret:
    with transaction():
        settings = PaymentSettings.objects.select_for_update().get(pk=settings_id)
        if settings.link_key is None:
            key = base64.urlsafe_b64encode(random.token_bytes(32)).decode()
            settings.link_key = secrets.keep(kind=KIND, values={"key": key})
            settings.save(update_fields=["link_key"])
        return settings.link_key
