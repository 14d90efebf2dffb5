"""How the company shows itself: logo, colour, how to reach it. The logo is drawn anew before it is kept."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from aldia.integrations.typesetting.pictures import MAX_SIDE, NotAPicture, TooManyPixels, redrawn
from aldia.tenancy import audit
from aldia.tenancy.models import CompanyBrand, StoredFile, User
from aldia.tenancy.operations.refusals import Refused
from aldia.tenancy.scope import current_company_id, transaction
from aldia.tenancy.storage import CannotStore, store

MAX_LOGO_BYTES = 2 * 1024 * 1024
LOGO_BOX = (640, 320)  # twice what any mail or paper shows
LOGO_NAME = "logo.png"
WORDS = {"accent": 7, "phone": 30, "website": 200, "footer": 500}
_accent = re.compile(r"#[0-9a-f]{6}").fullmatch
_is_web = URLValidator(schemes=["http", "https"])


def change_brand(*, actor: User | None, accent: str, phone: str, website: str, footer: str) -> CompanyBrand:
    """Set colour ("#rrggbb", "" for the house's), phone, website and the line at the foot. Raises `Refused`."""
    values = {"accent": accent.strip().lower(), "phone": phone.strip(), "website": website.strip(), "footer": footer}
    values["footer"] = " ".join(footer.split())
    _check(values)
    with transaction():
        row = _row()
        before = {name: getattr(row, name) for name in values}
        changed = {name: [before[name], value] for name, value in values.items() if before[name] != value}
        if changed:
            for name, (_old, new) in changed.items():
                setattr(row, name, new)
            row.save(update_fields=list(changed))
            _audit(actor, "company.brand_changed", changed)
    return row


def set_logo(*, actor: User | None, data: bytes) -> CompanyBrand:
    """Keep a logo: PNG, JPEG or WebP by its bytes, redrawn as a PNG of at most 640 by 320. Raises `Refused`.

    Setting and storing it take long and touch the disk: both happen before the transaction.
    """
    png = _drawn(data)
    try:
        stored = store(LOGO_NAME, png, "image/png", max_bytes=len(png))
    except CannotStore as error:
        raise Refused(str(error), "logo") from error
    return _keep_logo(actor, stored)


def remove_logo(*, actor: User | None) -> CompanyBrand:
    """Show the company without a logo; the file stays, mails that went out name it."""
    return _keep_logo(actor, None)


def _keep_logo(actor: User | None, stored: StoredFile | None) -> CompanyBrand:
    with transaction():
        row = _row()
        if row.logo_id != (stored.pk if stored else None):
            before, row.logo = row.logo_id, stored
            row.save(update_fields=["logo"])
            _audit(actor, "company.logo_changed", {"logo": [before, row.logo_id]})
    return row


def _row() -> CompanyBrand:
    """The company's row, locked; made on first use."""
    company_id = current_company_id()
    CompanyBrand.objects.get_or_create(company_id=company_id)
    return CompanyBrand.objects.select_for_update().get()


def _check(values: dict[str, str]) -> None:
    for name, limit in WORDS.items():
        if len(values[name]) > limit:
            raise Refused(_("Es demasiado largo: caben %(limit)d letras.") % {"limit": limit}, name)
        if not values[name].isprintable():
            raise Refused(_("Tiene caracteres que no se pueden mostrar."), name)
    if values["accent"] and not _accent(values["accent"]):
        raise Refused(_("El color se escribe como #1d4ed8."), "accent")
    if values["website"]:
        try:
            _is_web(values["website"])
        except ValidationError:
            raise Refused(_("La página web se escribe como https://www.ejemplo.com."), "website") from None


def _drawn(data: bytes) -> bytes:
    if not data:
        raise Refused(_("El archivo está vacío."), "logo")
    if len(data) > MAX_LOGO_BYTES:
        raise Refused(_("El logotipo pesa más de 2 MB."), "logo")
    if _looks_like_svg(data):
        raise Refused(_("Los logotipos SVG no se admiten: pueden llevar programas. Súbelo como PNG."), "logo")
    try:
        return redrawn(data, max_width=LOGO_BOX[0], max_height=LOGO_BOX[1])
    except TooManyPixels:
        sides = {"side": f"{MAX_SIDE:,}"}
        raise Refused(_("La imagen es demasiado grande: a lo más %(side)s pixeles por lado.") % sides, "logo") from None
    except NotAPicture:
        raise Refused(_("No es una imagen PNG, JPEG o WebP que se pueda leer."), "logo") from None


def _looks_like_svg(data: bytes) -> bool:
    start = data[:1024].replace(b"\x00", b"").lower()
    return b"<svg" in start or start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith((b"<?xml", b"<!doctype svg"))


def _audit(actor: User | None, verb: str, detail: dict[str, Any]) -> None:
    audit.record(actor=actor, verb=verb, object_type="company", object_id=current_company_id(), detail=detail)
