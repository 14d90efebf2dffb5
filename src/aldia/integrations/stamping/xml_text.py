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


def money(minor: int) -> str:
    """Minor units of a two-decimal currency: 123456 -> "1234.56". Amounts of a CFDI are never negative."""
    if minor < 0:
        raise ValueError(f"a CFDI prints no negative amounts: {minor}")
    return f"{minor // 100}.{minor % 100:02d}"


def decimal_text(value: Decimal) -> str:
    """A decimal without exponent."""
    return f"{value:f}"


def exchange_text(micro: int) -> str:
    """An exchange rate in millionths: 18305000 -> "18.305000"."""
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"


def quantity_text(milli: int) -> str:
    """Thousandths without idle zeros: 12500 -> "12.5", 3000 -> "3"."""
    whole, rest = divmod(milli, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)
