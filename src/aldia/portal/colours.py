"""A company's colour where people can read it: on buttons, as words on white, as words on the night."""

from __future__ import annotations

import re
from colorsys import hls_to_rgb, rgb_to_hls

from aldia.tenancy.brand import HOUSE_ACCENT

LEAST = 4.5  # the contrast of text, WCAG 2.2, 1.4.3: https://www.w3.org/TR/WCAG22/#contrast-minimum
LIGHT, NIGHT, INK = "#ffffff", "#181e29", "#101620"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def palette(accent: str) -> dict[str, str]:
    """The colours of a page under a brand: the accent, what is written on it, and the accent as text, day and night."""
    accent = accent.lower() if _COLOUR.fullmatch(accent) else HOUSE_ACCENT
    on_accent = readable_on(accent)
    return {
        "accent": shifted(accent, on_accent),
        "on_accent": on_accent,
        "text": shifted(accent, LIGHT),
        "text_night": shifted(accent, NIGHT),
    }


def readable_on(colour: str) -> str:
    """White or ink, whichever is read more easily on the colour."""
    return LIGHT if contrast(LIGHT, colour) >= contrast(INK, colour) else INK


def shifted(colour: str, ground: str) -> str:
    """The colour made darker or lighter, by no more than it takes to be read on the ground."""
    hue, light, saturation = rgb_to_hls(*_channels(colour))
    step = -0.02 if _luminance(ground) > 0.4 else 0.02
    while contrast(colour, ground) < LEAST and 0 < light + step < 1:
        light += step
        colour = "#" + "".join(f"{round(255 * each):02x}" for each in hls_to_rgb(hue, light, saturation))
    return colour


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    lit = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in _channels(colour))
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), lit, strict=True))
