"""Certificates and schemas are dear to make: once for the whole folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
from lxml import etree

from aldia.domain.fiscal.keypairs import KeyPair, read_pair
from aldia.integrations.stamping import simulated_pac
from aldia.integrations.stamping.certificates import DEMO_PASSWORD, Credentials, Holder, make_credentials
from tests.integrations.stamping.cast import ISSUER

_CFD = "transform/schemas/www.sat.gob.mx/sitio_internet/cfd"
_PARTS = {
    "http://www.sat.gob.mx/cfd/4": "4/cfdv40.xsd",
    "http://www.sat.gob.mx/Pagos20": "Pagos/Pagos20.xsd",
    "http://www.sat.gob.mx/TimbreFiscalDigital": "TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd",
}


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    """A family of certificates for the issuer of the cast."""
    holder = Holder(ISSUER.rfc, ISSUER.name, "GODE561231GR8")
    return make_credentials(company=holder, valid_from=date(2025, 1, 1))


@pytest.fixture(scope="session")
def schema_errors() -> Callable[[bytes], list[str]]:
    """XML -> what SAT's schema (from the extra `mx`) finds wrong with it."""
    root = resources.files(pytest.importorskip("satcfdi", reason="the extra mx is not installed"))
    imports = "".join(
        f'<xs:import namespace="{space}" schemaLocation="{root / _CFD / path}"/>' for space, path in _PARTS.items()
    )
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    schema = etree.XMLSchema(etree.fromstring(text.encode()))

    def errors(xml: bytes) -> list[str]:
        schema.validate(etree.fromstring(xml))
        return [str(entry) for entry in schema.error_log]

    return errors


@pytest.fixture(scope="session")
def pair(credentials: Credentials) -> KeyPair:
    """The issuer's seal, opened."""
    pytest.importorskip("satcfdi", reason="the extra mx is not installed")
    csd = credentials.seals[ISSUER.rfc]
    return read_pair(csd.cer, csd.encrypted_key(), DEMO_PASSWORD.decode())


@pytest.fixture(scope="session")
def pac_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the simulated PAC behind the fake ones has its certificates."""
    home = tmp_path_factory.mktemp("pacs")
    simulated_pac.credentials(home / "pac", 2026)
    return home
