"""Who signs in the tests of the adapter: a company with its e.firma and its seal, and a stranger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

from aldia.domain.fiscal.keypairs import KeyPair, read_pair
from aldia.integrations.stamping.certificates import DEMO_PASSWORD, Credential, Credentials, Holder, make_credentials

COMPANY, STRANGER = "DTR010203AB1", "ALG010203AB2"
NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)  # 12:30 in central Mexico


def credentials(rfc: str = COMPANY) -> Credentials:
    return _made(rfc)


@cache
def _made(rfc: str) -> Credentials:
    return make_credentials(company=Holder(rfc, "Distribuidora Tres Ríos"), valid_from=date(2026, 1, 1))


def pair_of(credential: Credential) -> KeyPair:
    return read_pair(credential.cer, credential.encrypted_key(), DEMO_PASSWORD.decode())


@cache
def efirma(rfc: str = COMPANY) -> KeyPair:
    return pair_of(credentials(rfc).efirma)
