"""How a company shows itself: pictures decided by their bytes and drawn anew, colours that are colours, a trace."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aldia.documents.papers import pdf_of
from aldia.integrations.typesetting.pictures import NotAPicture, TooManyPixels, picture_size, redrawn
from aldia.tenancy import operations
from aldia.tenancy.brand import HOUSE_ACCENT, Brand, current_brand, logo_png
from aldia.tenancy.models import AuditEvent, Company, CompanyBrand, Role, StoredFile
from aldia.tenancy.operations.brand import MAX_LOGO_BYTES
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.fixtures.cfdi import builder

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
# one pixel each: a baseline JPEG, a lossless WebP
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb00430050373c463c32504641465a55505f78c882786e6e78f5afb991c8ffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc0000b080001000101011100ffc4001f00000105"
    "01010101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d010203000411051221"
    "31410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a43444546474849"
    "4a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5"
    "b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f002bff"
    "d9"
)
WEBP = bytes.fromhex("524946461c000000574542505650384c0f0000002f000000000710fd8ffe0722a2ff0100")


def png(width: int, height: int, *, text: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xd0\x20\x20" * width for _ in range(height))
    more = chunk(b"tEXt", b"Comment\0" + text) if text else b""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(tax_id=builder.ISSUER[0], slug="marca")
    with company_scope(company.id):
        yield company


@pytest.mark.parametrize("data", [png(3, 2), JPEG, WEBP], ids=["png", "jpeg", "webp"])
def test_the_bytes_say_what_a_picture_is(data: bytes) -> None:
    drawn = redrawn(data, max_width=640, max_height=320)
    assert drawn.startswith(b"\x89PNG")
    assert picture_size(drawn) == picture_size(data)


def test_a_large_picture_is_drawn_smaller_in_proportion_and_a_small_one_is_left() -> None:
    assert picture_size(redrawn(png(1280, 320), max_width=640, max_height=320)) == (640, 160)
    assert picture_size(redrawn(png(40, 20), max_width=640, max_height=320)) == (40, 20)


def test_what_a_file_hides_is_not_kept() -> None:
    hidden = b"<script>alert(document.cookie)</script>"
    data = png(8, 8, text=hidden)
    assert hidden in data
    assert hidden not in redrawn(data + hidden, max_width=640, max_height=320)


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + bytes(40), SVG, png(8, 8)[:40], b"\xff\xd8\xff" + bytes(30), b"RIFF1234WEBPVP8 ", b"%PDF-"],
)
def test_what_is_no_picture_is_said(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        redrawn(data, max_width=640, max_height=320)


def test_a_bomb_is_refused_by_its_header() -> None:
    data = png(1, 1)
    with pytest.raises(TooManyPixels):
        redrawn(data[:16] + struct.pack(">II", 9_000, 9_000) + data[24:], max_width=640, max_height=320)


def test_a_company_without_a_brand_shows_the_house(company: Company) -> None:
    assert current_brand() == Brand()
    assert current_brand().accent == HOUSE_ACCENT


def test_a_brand_is_kept_with_a_trace_and_shown_on_papers(company: Company) -> None:
    operations.change_brand(
        actor=None, accent="#0F766E", phone="55 1234 5678", website="https://tresrios.example/", footer=" Av.  Uno 1 "
    )
    operations.set_logo(actor=None, data=png(60, 30))
    brand = current_brand()
    assert (brand.accent, brand.contact, brand.footer) == ("#0f766e", "55 1234 5678 · tresrios.example", "Av. Uno 1")
    assert picture_size(logo_png(brand) or b"") == (60, 30)
    verbs = list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == ["company.brand_changed", "company.logo_changed"]
    ours, plain = pdf_of(builder.cfdi("brand"), brand=brand), pdf_of(builder.cfdi("brand"), brand=Brand())
    assert b"/Subtype/Image" in ours
    assert b"/Subtype/Image" not in plain


def test_saying_the_same_again_leaves_no_trace(company: Company) -> None:
    for _ in range(2):
        operations.change_brand(actor=None, accent="#0f766e", phone="", website="", footer="")
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accent", "red"), ("accent", "#12345"), ("accent", "#12345g"), ("website", "javascript:alert(1)"),
        ("website", "tresrios"), ("phone", "5" * 31), ("footer", "x" * 501), ("phone", "55\x0012"),
    ],
)  # fmt: skip
def test_what_is_not_a_colour_nor_an_address_is_refused(company: Company, field: str, value: str) -> None:
    values = {"accent": "", "phone": "", "website": "", "footer": "", field: value}
    with pytest.raises(operations.Refused) as refusal:
        operations.change_brand(actor=None, **values)
    assert refusal.value.field == field
    assert not CompanyBrand.objects.exclude(accent="", phone="").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [(SVG, "SVG"), (b"", "vacío"), (b"\x89PNG" + bytes(MAX_LOGO_BYTES), "2 MB"), (b"hola", "PNG, JPEG o WebP")],
)
def test_a_logo_that_cannot_be_is_a_sentence_and_leaves_no_file(company: Company, data: bytes, words: str) -> None:
    with pytest.raises(operations.Refused, match=words):
        operations.set_logo(actor=None, data=data)
    assert not StoredFile.objects.exists()


def test_the_page_uploads_shows_and_removes(company: Company, client: Client) -> None:
    client.force_login(make_user("marca@example.com", company))
    at = "/e/marca/configuracion/empresa/"
    assert client.get(f"{at}logotipo.png").status_code == 404
    upload = SimpleUploadedFile("programa.exe", png(40, 20), content_type="text/html")
    assert client.post(f"{at}logotipo/", {"logo": upload}).status_code == 302
    shown = client.get(f"{at}logotipo.png")
    assert shown["Content-Type"] == "image/png"
    assert picture_size(shown.content) == (40, 20)
    assert "logotipo.png?v=" in client.get(at).content.decode()
    wrong = client.post(f"{at}logotipo/", {"logo": SimpleUploadedFile("logo.svg", SVG)})
    assert wrong.status_code == 422
    assert "SVG no se admiten" in wrong.content.decode()
    client.post(f"{at}logotipo/quitar/")
    assert client.get(f"{at}logotipo.png").status_code == 404
    values = {"accent": "#0f766e", "phone": "", "website": "ftp://x", "footer": ""}
    assert "https://www.ejemplo.com" in client.post(f"{at}imagen/", values).content.decode()
    client.post(f"{at}imagen/", {**values, "website": ""})
    assert current_brand().accent == "#0f766e"


def test_only_who_manages_the_company_changes_its_brand(company: Company, client: Client) -> None:
    client.force_login(make_user("cobra@example.com", company, Role.COLLECTOR))
    assert client.post("/e/marca/configuracion/empresa/imagen/", {"accent": "#000000"}).status_code == 403
    assert client.post("/e/marca/configuracion/empresa/logotipo/", {"logo": io.BytesIO(png(1, 1))}).status_code == 403
