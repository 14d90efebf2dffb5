"""People of a company: who is in, what each may do, who is invited."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.tenancy import operations, permissions, queries
from aldia.tenancy.models import Invitation, Membership, Role, User
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs, open_to_all
from aldia.web.forms import ROLE_HELP, InviteForm, MemberForm
from aldia.web.limits import limited
from aldia.web.mail import send_invitation
from aldia.web.permission_names import PERMISSION_NAMES


@require_safe
@needs(permissions.MANAGE_PEOPLE)
def index(request: CompanyRequest) -> HttpResponse:
    now = clock.now()
    invitations = [
        {"invitation": each, "state": queries.invitation_state(invitation=each, now=now)}
        for each in queries.open_invitations()
    ]
    return render(request, "people/index.html", {"people": queries.people(), "invitations": invitations})


@require_safe
@needs(permissions.VIEW)
def permission_table(request: CompanyRequest) -> HttpResponse:
    """Roles × permissions, drawn from the table that decides."""
    roles = [{"label": Role(role).label, "help": ROLE_HELP[Role(role)]} for role in permissions.ROLE_PERMISSIONS]
    rows = [
        {"label": label, "cells": [name in granted for granted in permissions.ROLE_PERMISSIONS.values()]}
        for name, label in PERMISSION_NAMES.items()
    ]
    return render(request, "people/permissions.html", {"roles": roles, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_PEOPLE)
@limited("invite", limit=100)
def invite(request: CompanyRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, token = operations.invite_person(actor=request.user, now=clock.now(), **form.cleaned_data)
        except operations.Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            _send(request, invitation, token)
            return redirect("people")
    return render(request, "people/invite.html", {"form": form, "role_help": _role_help()})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_PEOPLE)
def edit(request: CompanyRequest, membership_id: UUID) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.select_related("user"), pk=membership_id)
    initial = {"role": membership.role, "own_portfolio_only": membership.own_portfolio_only}
    form = MemberForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            operations.change_member(actor=request.user, membership_id=membership_id, **form.cleaned_data)
        except operations.Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("Se guardó lo que puede hacer %(person)s.") % {"person": membership.user})
            return redirect("people")
    secured = bool(queries.two_factor_users([membership.user_id]))
    context = {"form": form, "member": membership, "role_help": _role_help(), "secured": secured}
    return render(request, "people/edit.html", context)


@require_POST
@needs(permissions.MANAGE_PEOPLE)
def suspend(request: CompanyRequest, membership_id: UUID) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.select_related("user"), pk=membership_id)
    try:
        operations.suspend_member(actor=request.user, membership_id=membership_id, now=clock.now())
    except operations.Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(person)s ya no puede entrar a la empresa.") % {"person": membership.user})
    return redirect("people" if membership.user_id != request.user.pk else "/")


@require_POST
@needs(permissions.MANAGE_PEOPLE)
def restore(request: CompanyRequest, membership_id: UUID) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.select_related("user"), pk=membership_id)
    try:
        operations.restore_member(actor=request.user, membership_id=membership_id)
    except operations.Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(person)s puede entrar otra vez.") % {"person": membership.user})
    return redirect("people")


@require_POST
@needs(permissions.MANAGE_PEOPLE)
def resend(request: CompanyRequest, invitation_id: UUID) -> HttpResponse:
    get_object_or_404(Invitation.objects, pk=invitation_id)
    try:
        invitation, token = operations.resend_invitation(
            actor=request.user, invitation_id=invitation_id, now=clock.now()
        )
    except operations.Refused as error:
        messages.error(request, str(error))
    else:
        _send(request, invitation, token)
    return redirect("people")


@require_POST
@needs(permissions.MANAGE_PEOPLE)
def revoke(request: CompanyRequest, invitation_id: UUID) -> HttpResponse:
    get_object_or_404(Invitation.objects, pk=invitation_id)
    try:
        invitation = operations.revoke_invitation(actor=request.user, invitation_id=invitation_id, now=clock.now())
    except operations.Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Se retiró la invitación de %(email)s.") % {"email": invitation.email})
    return redirect("people")


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
@limited("accept", limit=30)
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind an invitation's link: opening it changes nothing, the button accepts."""
    try:
        invitation = operations.find_invitation(token=token, now=clock.now())
        if request.method == "POST" and request.user.is_authenticated:
            company = operations.accept_invitation(user=cast(User, request.user), token=token, now=clock.now())
            messages.success(request, _("Ya eres parte de %(company)s.") % {"company": company})
            return redirect(f"/e/{company.slug}/")
    except operations.Refused as error:
        return render(request, "people/accept.html", {"problem": str(error)}, status=410)
    if request.method == "POST":
        raise Http404
    return render(request, "people/accept.html", _welcome(request, invitation))


def _welcome(request: HttpRequest, invitation: Invitation) -> dict[str, Any]:
    back = urlencode({"next": request.path, "email": invitation.email})
    return {
        "invitation": invitation,
        "role": Role(invitation.role).label,
        "login_url": f"{reverse('account_login')}?{back}",
        "signup_url": f"{reverse('account_signup')}?{back}",
        "other_account": request.user.is_authenticated
        and cast(User, request.user).email.lower() != invitation.email.lower(),
    }


def _send(request: CompanyRequest, invitation: Invitation, token: str) -> None:
    link = request.build_absolute_uri(f"/invitacion/{token}/")
    if send_invitation(invitation=invitation, company=request.company, inviter=request.user, link=link):
        messages.success(request, _("Se envió la invitación a %(email)s.") % {"email": invitation.email})
    else:
        messages.warning(
            request,
            _("La invitación quedó lista, pero el correo no salió. Comparte este enlace: %(link)s") % {"link": link},
        )


def _role_help() -> list[tuple[str, Any]]:
    return [(Role(role).label, text) for role, text in ROLE_HELP.items()]
