"""PDF files made by hand, with each text where a test wants it: what banks print, without anybody's file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

HEIGHT, WIDTH = 792, 612
# Widths of Helvetica (thousandths of an em) of what numbers are made of, to align them at the right as printers do.
_WIDTHS = {",": 278, ".": 278, "-": 333, " ": 278, "$": 556}


def width_of(text: str, size: float) -> float:
    """Near enough for letters, exact for amounts."""
    return sum(_WIDTHS.get(char, 556) for char in text) * size / 1000


@dataclass
class Paper:
    """Pages with texts; `y` counts from the top, as people read."""

    size: float = 8
    pages: list[list[str]] = field(default_factory=lambda: [[]])

    def put(self, x: float, y: float, text: str, align: str = "left") -> None:
        if text:
            left = x - width_of(text, self.size) if align == "right" else x
            left = x - width_of(text, self.size) / 2 if align == "middle" else left
            safe = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            self.pages[-1].append(f"BT /F1 {self.size} Tf {left:.2f} {HEIGHT - y:.2f} Td ({safe}) Tj ET")

    def row(self, y: float, *cells: tuple[float, str] | tuple[float, str, str]) -> None:
        for cell in cells:
            self.put(cell[0], y, cell[1], cell[2] if len(cell) > 2 else "left")

    def turn(self) -> None:
        self.pages.append([])

    def pdf(self, rotate: int = 0) -> bytes:
        """The file."""
        count = len(self.pages)
        kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(count))
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        ]
        for at, page in enumerate(self.pages):
            drawn = "\n".join(page).encode("cp1252")
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Rotate {rotate} "
                f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * at} 0 R >>".encode()
            )
            objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
        return _file(objects)


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))


def money(minor: int, decimals: int = 2) -> str:
    """1234567 -> 12,345.67; without decimals 1.234.567, as Chile prints."""
    if not decimals:
        return f"{minor:,}".replace(",", ".")
    return f"{minor // 100:,}.{minor % 100:02d}"


def encrypted(data: bytes, password: str) -> bytes:
    """The same file behind a password."""
    import io

    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def signed(amounts: Iterable[int]) -> tuple[int, int, int, int]:
    """Charges and deposits of movements: count and sum of each."""
    out = [-amount for amount in amounts if amount < 0]
    into = [amount for amount in amounts if amount > 0]
    return len(out), sum(out), len(into), sum(into)
