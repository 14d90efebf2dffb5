"""Pages of the portal: under the company's brand, and one page for every way of not getting in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from aldia.portal import cookies
from aldia.tenancy.brand import Brand, current_brand


def show(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page with what `portal/base.html` needs; `proof` goes into every form as a hidden field of that name."""
    known = getattr(request, "company", None) is not None
    brand: Any = SimpleLazyObject(current_brand) if known else Brand()
    shell = {"brand": brand, "proof": cookies.proof(request), "website": SimpleLazyObject(lambda: _website(brand))}
    return render(request, template, {**shell, **(context or {})}, status=status)


def _website(brand: Brand) -> str:
    """The company's own site, where it is an address that a browser only opens."""
    return brand.website if brand.website.startswith(("https://", "http://")) else ""


def refusal(request: HttpRequest, why: str) -> HttpResponse:
    """The page of whoever cannot go on here, with how to go on. `why`: a key of `sentences()`."""
    said = sentences()[why]
    return show(request, "portal/refusal.html", {"said": said, "why": why}, status=said["status"])


def sentences() -> dict[str, dict[str, Any]]:
    """Title, sentence, icon and status of each refusal."""
    return {
        "unknown": {
            "title": _("Esta liga no funciona"),
            "text": _("Revise que la dirección esté completa: a veces el correo la parte en dos renglones."),
            "icon": "link",
            "status": 404,
        },
        "expired": {
            "title": _("Esta liga ya venció"),
            "text": _("Por seguridad las ligas duran pocos días. Pida una nueva a quien se la envió."),
            "icon": "clock-pause",
            "status": 410,
        },
        "revoked": {
            "title": _("Esta liga fue anulada"),
            "text": _("La empresa la retiró. Si todavía quiere pagar, pídale una nueva."),
            "icon": "ban",
            "status": 410,
        },
        "outside": {
            "title": _("Abra otra vez su liga"),
            "text": _("Por seguridad esta página se cierra sola. Vuelva a abrir la liga que recibió."),
            "icon": "lock",
            "status": 403,
        },
        "stale": {
            "title": _("Vuelva a intentarlo"),
            "text": _(
                "La página estuvo abierta demasiado tiempo o se abrió otra liga en otra pestaña. "
                "Vuelva a abrir la liga que recibió; no se hizo ningún cargo."
            ),
            "icon": "refresh",
            "status": 403,
        },
        "too_many": {
            "title": _("Demasiados intentos"),
            "text": _("Por seguridad hay que esperar unos minutos antes de volver a intentarlo."),
            "icon": "clock-pause",
            "status": 429,
        },
        "no_paper": {
            "title": _("No se pudo preparar el documento"),
            "text": _("Vuelva a intentarlo en unos minutos. Su pago no cambia por esto."),
            "icon": "file-off",
            "status": 503,
        },
    }
