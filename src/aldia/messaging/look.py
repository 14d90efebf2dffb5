"""How a company shows itself in its messages: name, colour, logo, and what the footer says."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from aldia.tenancy.models import Company, CompanyBrand
from aldia.tenancy.scope import current_company_id

ACCENT = "#206bc4"
MAIL_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})  # no mail client draws an SVG
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Look:
    """What the layout of an e-mail needs to know of the company. `accent`: "#rrggbb"."""

    company: str = ""
    accent: str = ACCENT
    logo_id: uuid.UUID | None = None
    logo_type: str = ""
    phone: str = ""
    website: str = ""
    footer: str = ""

    @property
    def on_accent(self) -> str:
        """The colour of words on the accent: whichever of black and white is easier to read."""
        return "#ffffff" if _luminance(self.accent) <= DARK else "#1b2430"

    @property
    def link(self) -> str:
        """The accent where it can be read on white, else the house's."""
        return self.accent if _luminance(self.accent) <= DARK else ACCENT


DARK = 183  # thousandths of luminance: at this much, white on it has a contrast of 4.5 (WCAG 2.2, 1.4.3)


def look_of_company() -> Look:
    """The look of the company in scope: two queries; ask once for many messages."""
    company = Company.objects.get(pk=current_company_id())
    brand = CompanyBrand.objects.select_related("logo").first()
    if brand is None:
        return Look(company=str(company))
    logo = brand.logo if brand.logo and brand.logo.content_type in MAIL_PICTURES else None
    return Look(
        company=str(company),
        accent=brand.accent.lower() if _COLOUR.fullmatch(brand.accent) else ACCENT,
        logo_id=logo.pk if logo else None,
        logo_type=logo.content_type if logo else "",
        phone=brand.phone,
        website=brand.website,
        footer=brand.footer,
    )


def _luminance(colour: str) -> int:
    """Relative luminance in thousandths (WCAG 2.2); 0 is black."""
    red, green, blue = (_light(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return round(1000 * (0.2126 * red + 0.7152 * green + 0.0722 * blue))


def _light(share: float) -> float:
    """A channel of sRGB as light."""
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
