"""The company's colours and logo for its public pages: its own style sheet, because pages carry no style inline."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render

from aldia.portal.access import PublicRequest, public
from aldia.portal.colours import palette
from aldia.tenancy.brand import current_brand, logo_png

KEPT = "public, max-age=600"


@public("portal_brand")
def style(request: PublicRequest, slug: str) -> HttpResponse:
    colours = palette(current_brand().accent)
    response = render(request, "portal/brand.css", {"colours": colours}, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = KEPT
    return response


@public("portal_brand")
def logo(request: PublicRequest, slug: str) -> HttpResponse:
    """The logo as we drew it, the only picture of a company that pages show."""
    png = logo_png(current_brand())
    if png is None:
        raise Http404
    response = HttpResponse(png, content_type="image/png")
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = KEPT
    return response
