"""A person's own choices: name, language, theme."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from aldia.tenancy import operations, queries
from aldia.tenancy.models import User
from aldia.web.access import open_to_all, signed_in
from aldia.web.forms import ProfileForm


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = ProfileForm(
        request.POST or None, initial={"name": user.name, "language": user.language, "theme": user.theme}
    )
    if request.method == "POST" and form.is_valid():
        operations.change_preferences(user=user, **form.cleaned_data)
        with override(user.language):
            messages.success(request, _("Se guardaron tus preferencias."))
        return redirect("profile")
    secured = bool(queries.two_factor_users([user.pk]))
    return render(request, "settings/profile.html", {"form": form, "secured": secured})


@require_POST
@signed_in
def theme(request: HttpRequest) -> HttpResponse:
    """The switch of the sidebar: keeps the theme, answers nothing to a script."""
    try:
        operations.change_preferences(user=cast(User, request.user), theme=request.POST.get("theme", ""))
    except operations.Refused as error:
        messages.error(request, str(error))
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return HttpResponseRedirect(_back(request))


@require_POST
@open_to_all
def language(request: HttpRequest) -> HttpResponse:
    """The visitor's language: a cookie, and the account's where there is one."""
    wanted = request.POST.get("language", "")
    response = HttpResponseRedirect(_back(request))
    if wanted in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            operations.change_preferences(user=cast(User, request.user), language=wanted)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, wanted, max_age=31_536_000, samesite="Lax", secure=not settings.DEV,
            httponly=True,
        )  # fmt: skip
    return response


def _back(request: HttpRequest) -> str:
    """The page that the person came from, if it is ours."""
    target = request.POST.get("next") or request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if target and safe else "/"
