"""The PACs, each with its own server on this machine, for the tests that hold all of them to the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from aldia.domain.fiscal.drafts import Draft
from aldia.domain.fiscal.keypairs import KeyPair
from aldia.domain.ports.stamping import Stamper
from aldia.integrations.stamping.facturama import Facturama
from aldia.integrations.stamping.finkok import Finkok
from aldia.integrations.stamping.sealing import Sealer
from aldia.integrations.stamping.swsapien import SwSapien
from tests.support.fake_pac import (
    PASSWORD,
    TOKEN,
    USER,
    FacturamaHandler,
    FakePac,
    FinkokHandler,
    StatusHandler,
    SwHandler,
    serving,
)

NAMES = ("swsapien", "finkok", "facturama")


@dataclass
class Bench:
    """A PAC, our adapter of it, and the seal of whoever issues."""

    pac: FakePac
    stamper: Stamper
    pair: KeyPair
    secret: str

    def sealed(self, draft: Draft, at: Any) -> bytes:
        """The sealed bytes; the PAC that seals by itself gets the means to write the same document."""
        xml = Sealer(self.pair).seal(draft, at)
        self.pac.sealer = lambda asked: _theirs(self.pair, draft, asked)
        return xml


def _theirs(pair: KeyPair, draft: Draft, asked: dict[str, Any]) -> bytes:
    """Their own document of what was asked, a minute later: it must be what our draft says, or it shows."""
    from dataclasses import replace
    from datetime import datetime, timedelta

    at = datetime.fromisoformat(asked["Date"]) + timedelta(minutes=1)
    xml = Sealer(pair).seal(replace(draft, series=asked.get("Serie", ""), folio=asked.get("Folio", "")), at)
    root = etree.fromstring(xml)
    if asked["CfdiType"] != "P":
        items = sum((Decimal(str(item["Total"])) for item in asked["Items"]), Decimal())
        assert items == Decimal(root.get("Total")), (items, root.get("Total"))
    assert asked["Receiver"]["Rfc"] == root.find("{http://www.sat.gob.mx/cfd/4}Receptor").get("Rfc")
    return xml


@contextlib.contextmanager
def bench(name: str, pair: KeyPair, home: Path) -> Iterator[Bench]:
    """A PAC of that name, answering."""
    pac = FakePac(home)
    handler = {"swsapien": SwHandler, "finkok": FinkokHandler, "facturama": FacturamaHandler}[name]
    with serving(pac, handler) as host, serving(pac, StatusHandler) as sat:
        hosts = ("http://127.0.0.1:1", host)  # the real service is nowhere near a test
        if name == "swsapien":
            kind = type("Sw", (SwSapien,), {"hosts": hosts, "status_url": sat})
            stamper = kind({}, {"token": TOKEN}, is_test=True)
            stamper._is_test = False  # ask how a cancellation stands as the real service has it asked
            secret = TOKEN
        elif name == "finkok":
            kind = type("Fin", (Finkok,), {"hosts": hosts})
            stamper = kind({"user": USER}, {"password": PASSWORD}, is_test=True)
            stamper._is_test = False
            secret = PASSWORD
        else:
            kind = type("Fac", (Facturama,), {"hosts": hosts})
            stamper = kind({"user": USER}, {"password": PASSWORD}, is_test=True)
            secret = PASSWORD
        yield Bench(pac, stamper, pair, secret)
