"""Sealing with the CSD: it verifies on the bytes, SAT's schema accepts them, and what cannot be sealed says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree

from aldia.domain.fiscal.keypairs import KeyPair
from aldia.domain.fiscal.seals import verify
from aldia.integrations.stamping.sealing import CannotSeal, Sealer, local_moment
from aldia.integrations.tax import mx_schemas
from tests.integrations.stamping.cast import COMPANY, KINDS

AT = datetime(2026, 9, 10, 12, 30, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seal_verifies_on_the_bytes_and_the_schema_accepts_them(kind: str, pair: KeyPair) -> None:
    xml = Sealer(pair).seal(KINDS[kind], AT)
    report = verify(xml, certificates=lambda _number: None, transform=mx_schemas.transform)
    assert report.seal == "ok", report.findings
    assert etree.fromstring(xml).get("Fecha") == "2026-09-10T12:30:05"
    assert mx_schemas.validate_schema(xml) == []


def test_the_same_draft_at_the_same_moment_is_the_same_bytes(pair: KeyPair) -> None:
    assert Sealer(pair).seal(KINDS["invoice on credit"], AT) == Sealer(pair).seal(KINDS["invoice on credit"], AT)


def test_a_draft_of_another_issuer_is_not_sealed(pair: KeyPair) -> None:
    with pytest.raises(CannotSeal, match="otro RFC"):
        Sealer(pair).seal(replace(KINDS["invoice on credit"], issuer=COMPANY), AT)


def test_what_the_schema_refuses_is_not_sealed(pair: KeyPair) -> None:
    wrong = replace(KINDS["invoice on credit"], place="6700")
    with pytest.raises(CannotSeal, match="esquema") as caught:
        Sealer(pair).seal(wrong, AT)
    assert any("LugarExpedicion" in finding for finding in caught.value.findings)


@pytest.mark.parametrize(
    ("place", "local"),
    [
        ("06700", "2026-01-15T12:00:00"),
        ("22000", "2026-01-15T10:00:00"),
        ("77500", "2026-01-15T13:00:00"),
        ("83000", "2026-01-15T11:00:00"),
    ],
)
def test_a_document_is_dated_by_the_clock_of_its_place(place: str, local: str) -> None:
    now = datetime(2026, 1, 15, 18, 0, 0, 999, tzinfo=UTC)
    assert local_moment(now, place).isoformat() == local
