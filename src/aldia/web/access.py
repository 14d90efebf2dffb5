"""Who may open a page: every view declares the one permission it needs.

    from aldia.tenancy import permissions
    from aldia.web.access import CompanyRequest, needs

    @needs(permissions.EDIT_CUSTOMERS)
    def switch_on(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
        ...                       # request.company, request.membership, request.user are there and typed

Without a login the person is sent to it (and back); without a company in the address, to their own company (or to the
page that creates one); without the permission the answer is 403. Rows of another company do not exist inside the
scope: fetch them with `get_object_or_404(Model.objects, pk=…)`, and the answer is 404.
`@signed_in` is for pages of the person (not of a company); `@open_to_all` says aloud that a page needs no login.
`test_route_matrix` fails for a view that declares nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from aldia.tenancy import queries
from aldia.tenancy.models import Company, Membership, User
from aldia.tenancy.permissions import allows

LAST_COMPANY = "last_company"
View = TypeVar("View", bound=Callable[..., HttpResponse])


class CompanyRequest(HttpRequest):
    """A request that `needs` let through: typing only."""

    company: Company
    membership: Membership
    user: User  # type: ignore[assignment]


def needs(permission: str) -> Callable[[View], View]:
    """Let the view run only for a member of the company in the address who has `permission`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_login(request)
            if getattr(request, "company", None) is None:
                return _to_own_company(request)
            if not allows(getattr(request, "membership", None), permission):
                raise PermissionDenied(permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def signed_in(view: View) -> View:
    """Let the view run for anybody who is signed in: pages of the person, not of a company."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_login(request)
        return view(request, *args, **kwargs)

    guarded.permission = "signed_in"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def open_to_all(view: View) -> View:
    """Mark a view that needs no login."""
    view.permission = "open"  # type: ignore[attr-defined]
    return view


def _to_login(request: HttpRequest) -> HttpResponse:
    """To the login and back; a write is not repeated, so it comes back to the start."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    return redirect_to_login(back, login_url=reverse(settings.LOGIN_URL))


def _to_own_company(request: HttpRequest) -> HttpResponse:
    """The same page inside the company that the person last worked in; the page that creates one if there is none."""
    if request.method not in ("GET", "HEAD"):
        raise Http404
    company = queries.home_company(user=request.user, last_slug=request.session.get(LAST_COMPANY, ""))
    if company is None:
        return redirect("company_new")
    return redirect(f"/e/{company.slug}{request.get_full_path()}")
