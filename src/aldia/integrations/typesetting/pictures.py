"""Pictures for papers and pages: QR codes, and the logo of a company made safe by drawing it anew.

What kind a picture is, is said by its bytes, never by its name. Its size is read from its header before anything is
decoded; then it is decoded and drawn as a new PNG, so that nothing else its file may hold is ever served.
"""

from __future__ import annotations

import base64
import io
import struct

import segno

from aldia.integrations.typesetting.press import CannotSet, set_png

MAX_PIXELS = 25_000_000
MAX_SIDE = 10_000


class NotAPicture(ValueError):
    """Not a PNG, JPEG or WebP, or a damaged one."""


class TooManyPixels(ValueError):
    """Larger than what is worth decoding."""


def qr_svg(text: str) -> str:
    """A QR code (error correction M) without a quiet zone: the template leaves the margin."""
    stream = io.BytesIO()
    segno.make(text, error="m", micro=False).save(stream, kind="svg", border=0, xmldecl=False, svgns=True)
    return stream.getvalue().decode()


def png_svg(png: bytes) -> str:
    """A PNG inside an SVG, as templates take their pictures."""
    width, height = struct.unpack(">II", png[16:24])
    body = base64.b64encode(png).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}"><image width="{width}" height="{height}" '
        f'xlink:href="data:image/png;base64,{body}"/></svg>'
    )


def redrawn(data: bytes, *, max_width: int, max_height: int) -> bytes:
    """The picture as a new PNG that fits, never enlarged. Raises `NotAPicture`, `TooManyPixels`."""
    width, height = picture_size(data)
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise TooManyPixels
    scale = min(1.0, max_width / width, max_height / height)
    size = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
    try:
        return set_png("picture", {**size, "bytes": list(data)}, ppi=72)[0]
    except CannotSet as error:
        raise NotAPicture from error


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header of a PNG, JPEG or WebP. Raises `NotAPicture`."""
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
            size = struct.unpack(">II", data[16:24])
        elif data[:3] == b"\xff\xd8\xff":
            size = _jpeg_size(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            size = _webp_size(data)
        else:
            raise NotAPicture
    except (struct.error, IndexError) as error:
        raise NotAPicture from error
    if not (size[0] and size[1]):
        raise NotAPicture
    return size[0], size[1]


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """From the first frame header (SOF0 to SOF15 but for DHT, JPG and DAC: ITU T.81, table B.1)."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise NotAPicture
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    raise NotAPicture


def _webp_size(data: bytes) -> tuple[int, int]:
    """RFC 9649: lossy (VP8), lossless (VP8L) or extended (VP8X)."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise NotAPicture
