"""The little text that CFDI XML is made of: escaped attributes and numbers as SAT prints them.

Written as text rather than through a tree: the generator makes thousands of documents a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

# Besides the markup, blanks that an XML parser would fold and so change what was sealed.
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


def escape(text: str) -> str:
    """Text fit for an attribute between double quotes."""
    return text.translate(_ESCAPES)


def attributes(pairs: Iterable[tuple[str, str]]) -> str:
    """Attributes with a leading blank each; the empty ones are left out, as SAT wants optional ones."""
    return "".join([f' {name}="{value.translate(_ESCAPES)}"' for name, value in pairs if value])


def element(tag: str, own: str = "", body: str = "") -> str:
    """An element, self-closing when it has no body."""
    return f"<{tag}{own}>{body}</{tag}>" if body else f"<{tag}{own}/>"


def money(minor: int, decimals: int = 2) -> str:
    """Minor units of a currency: 123456 -> "1234.56". Amounts of a CFDI are never negative."""
    if minor < 0:
        raise ValueError(f"a CFDI prints no negative amounts: {minor}")
    if decimals == 2:
        return f"{minor // 100}.{minor % 100:02d}"
    if not decimals:
        return str(minor)
    whole, rest = divmod(minor, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}"


def decimal_text(value: Decimal) -> str:
    """A decimal without exponent."""
    return f"{value:f}"


def exchange_text(micro: int) -> str:
    """An exchange rate in millionths: 18305000 -> "18.305000"."""
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"


def micro_text(micro: int, decimals: int = 0) -> str:
    """Millionths with at least so many decimals and no other idle zeros: 12500000 -> "12.5", (3000000, 2) -> "3.00"."""
    whole, rest = divmod(micro, 1_000_000)
    if not rest:
        return f"{whole}.{'0' * decimals}" if decimals else str(whole)
    return f"{whole}.{f'{rest:06d}'.rstrip('0').ljust(decimals, '0')}"


def rate_text(micro: int) -> str:
    """TasaOCuota, always with six decimals: 160000 -> "0.160000"."""
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"
