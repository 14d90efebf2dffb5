"""Pages for what went wrong: a sentence, and what to do next."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from aldia.web.access import open_to_all


def sentences(code: int) -> dict[str, str]:
    """Title, sentence and icon of an error."""
    return {
        400: {
            "title": _("No entendimos la petición"),
            "text": _("La página recibió datos que no corresponden. Vuelve atrás, recarga e inténtalo otra vez."),
            "icon": "zoom-question",
        },
        403: {
            "title": _("Tu papel no permite esto"),
            "text": _("Pide a una persona administradora de la empresa que te dé el permiso."),
            "icon": "lock",
        },
        404: {
            "title": _("Esta página no existe"),
            "text": _("Puede que la dirección esté mal escrita, que se haya movido o que sea de otra empresa."),
            "icon": "map-pin",
        },
        409: {
            "title": _("Alguien cambió esto antes que tú"),
            "text": _("Vuelve a abrir la página para ver cómo quedó e inténtalo otra vez. No se guardó nada."),
            "icon": "refresh",
        },
        413: {
            "title": _("El archivo es demasiado grande"),
            "text": _("Divídelo en partes más pequeñas y súbelas una por una. No se guardó nada."),
            "icon": "file-off",
        },
        429: {
            "title": _("Demasiados intentos"),
            "text": _("Por seguridad hay que esperar unos minutos antes de volver a intentarlo."),
            "icon": "clock-pause",
        },
        500: {
            "title": _("Algo falló de nuestro lado"),
            "text": _("No se guardó nada a medias. Inténtalo en un momento; si se repite, avisa a tu administrador."),
            "icon": "alert-triangle",
        },
    }[code]


def answer(request: HttpRequest, code: int, text: str = "") -> HttpResponse:
    """The error page of a code (JSON for uploads made by script); `text` replaces the usual sentence."""
    said = sentences(code)
    if text:
        said["text"] = text
    if request.headers.get("X-Requested-With") in ("upload", "fetch") or "application/json" in request.headers.get(
        "Accept", ""
    ):
        return JsonResponse({"message": said["text"], "title": said["title"]}, status=code)
    return render(request, "errors/error.html", {"code": code, "said": said}, status=code)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open for too long or in another session."""
    return answer(request, 403, _("La página estuvo abierta demasiado tiempo. Recárgala e inténtalo otra vez."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, TooManyFilesSent):
        return answer(request, 413, _("Son demasiados archivos sueltos: ponlos en un ZIP y sube ese."))
    return answer(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def too_many(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return answer(request, 429)


def conflict(request: HttpRequest, text: str = "") -> HttpResponse:
    return answer(request, 409, text)


def server_error(request: HttpRequest) -> HttpResponse:
    """Made of nothing that could fail again: no shell, no database."""
    return render(None, "errors/500.html", {"said": sentences(500)}, status=500)  # type: ignore[arg-type]


@open_to_all
def sample(request: HttpRequest, code: int) -> HttpResponse:
    """The error pages to look at while developing."""
    return (
        server_error(request)
        if code == 500
        else answer(request, code if code in (400, 403, 404, 409, 413, 429) else 404)
    )
