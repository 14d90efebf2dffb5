"""What a company decides about its matching, and the tables that explain why less came than was owed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Withholding:
    """Tax the payer keeps: `numerator/denominator` of the document's amount before taxes (`net`)."""

    key: str
    numerator: int
    denominator: int


# Rates a Mexican customer withholds when the document does not show it already. Income tax: 10 % on fees and rent
# (LISR 106, 116), 1.25 % from RESICO (LISR 113-J), https://www.diputados.gob.mx/LeyesBiblio/ref/lisr.htm. VAT: two
# thirds of 16 % on fees and rent, 4 % on freight (RLIVA 3), 6 % on staff made available (LIVA 1-A until 2021, still
# found on contracts), https://www.diputados.gob.mx/LeyesBiblio/ref/liva.htm.
MX_WITHHOLDINGS = (
    Withholding("isr_10", 10, 100),
    Withholding("iva_2_3", 32, 300),
    Withholding("isr_10_iva_2_3", 62, 300),
    Withholding("isr_resico", 125, 10_000),
    Withholding("isr_resico_iva_2_3", 1_250 * 3 + 32_000, 300_000),
    Withholding("iva_4", 4, 100),
    Withholding("iva_6", 6, 100),
    Withholding("iva_4_isr_resico", 525, 10_000),
)


@dataclass(frozen=True, slots=True)
class Commission:
    """What a card processor or a factor keeps: `ppm` of the total plus `fixed`, and VAT on both (`vat_ppm`)."""

    key: str
    ppm: int
    fixed: int = 0
    vat_ppm: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """One company's. `cap` is the most that applies by itself; `young_cap` while a class has few cases of its own.

    `rounding` is what counts as rounding in minor units, exclusive; `fees` are fixed amounts banks keep of a transfer;
    `vat_ppm` estimates the amount before taxes of documents that do not tell.
    """

    country: str = "MX"
    currency: str = "MXN"
    cap: int = 100_000_000_00
    young_cap: int = 5_000_000
    rounding: int = 100
    vat_ppm: int = 160_000
    withholdings: tuple[Withholding, ...] = MX_WITHHOLDINGS
    commissions: tuple[Commission, ...] = ()
    fees: tuple[int, ...] = ()
    exchange_ppm: int = 15_000
    twin_days: int = 15
    said_days: int = 5
    alternatives: int = 5
    most_open: int = 600
    concept_limits: frozenset[int] = field(default_factory=lambda: frozenset({25, 30, 35, 40}))
    mode: Literal["shadow", "on"] = "on"


DEFAULT = Settings()
