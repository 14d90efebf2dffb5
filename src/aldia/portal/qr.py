"""QR codes, drawn by us: no picture of a link is asked of anybody else."""

from __future__ import annotations

import io

import segno


def qr_svg(text: str) -> bytes:
    """The code as a black and white SVG with its quiet zone, for screens and paper."""
    out = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, svgclass=None, lineclass=None, scale=4, border=4, light="#ffffff")
    return out.getvalue()
