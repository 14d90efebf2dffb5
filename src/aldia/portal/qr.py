"""QR codes, drawn by us: no picture of a link is asked of anybody else."""

from __future__ import annotations

from itertools import groupby

import segno

QUIET = 4  # modules of white around it, ISO/IEC 18004


def qr_svg(text: str) -> bytes:
    """The code as a black and white SVG with its quiet zone, for screens and paper."""
    rows = list(segno.make_qr(text, error="m").matrix_iter(border=QUIET))
    size = len(rows)
    path = "".join(_strokes(y, row) for y, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{4 * size}" height="{4 * size}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    ).encode()


def _strokes(y: int, row: bytearray) -> str:
    """The dark runs of one row of modules."""
    found, x = "", 0
    for is_dark, run in groupby(row):
        width = len(list(run))
        if is_dark:
            found += f"M{x} {y}h{width}v1h-{width}z"
        x += width
    return found
