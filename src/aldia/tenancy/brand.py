"""How the company in scope shows itself on papers, mails and pages: its logo, colour, and how to reach it."""

from __future__ import annotations

from dataclasses import dataclass

from aldia.integrations.typesetting.pictures import png_svg
from aldia.tenancy.models import CompanyBrand, StoredFile
from aldia.tenancy.storage import DamagedFile, open_stored

HOUSE_ACCENT = "#1d4ed8"


@dataclass(frozen=True, slots=True)
class Brand:
    """`accent` is always a colour ("#rrggbb"); `logo` a PNG of at most 640 by 320, or None."""

    accent: str = HOUSE_ACCENT
    phone: str = ""
    website: str = ""
    footer: str = ""
    logo: StoredFile | None = None

    @property
    def contact(self) -> str:
        """Phone and website on one line."""
        return " · ".join(part for part in (self.phone, plain_address(self.website)) if part)


def current_brand() -> Brand:
    """What the company chose; the house's colour and no logo where it chose nothing."""
    row = CompanyBrand.objects.select_related("logo").first()
    if row is None:
        return Brand()
    return Brand(row.accent or HOUSE_ACCENT, row.phone, row.website, row.footer, row.logo)


def logo_png(brand: Brand) -> bytes | None:
    """The bytes of the logo; None without one, or when the storage lost it (a paper goes out all the same)."""
    if brand.logo is None:
        return None
    try:
        with open_stored(brand.logo) as stream:
            return stream.read()
    except (DamagedFile, OSError):
        return None


def brand_words(brand: Brand) -> dict[str, str]:
    """The brand as the templates of papers take it."""
    png = logo_png(brand)
    return {
        "accent": brand.accent,
        "contact": brand.contact,
        "footer": brand.footer,
        "logo": png_svg(png) if png else "",
    }


def plain_address(website: str) -> str:
    """ "www.ejemplo.mx" of "https://www.ejemplo.mx/"."""
    return website.removeprefix("https://").removeprefix("http://").rstrip("/")
