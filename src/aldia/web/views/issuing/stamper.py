"""The company's account at a PAC: choose one, fill it in, try it, put it away."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.customers.operations.versions import Refused
from aldia.domain.ports.stamping import Stamper
from aldia.integrations import registry
from aldia.issuing.models import StamperAccount
from aldia.issuing.operations import stampers
from aldia.tenancy import permissions
from aldia.tenancy.models import AuditEvent
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_issuer import StamperForm
from aldia.web.limits import limited
from aldia.web.views.payments.accounts import steps_of


@require_safe
@needs(permissions.MANAGE_AUTHORITY)
def index(request: CompanyRequest) -> HttpResponse:
    account = stampers.current_account()
    context = {"account": account, "offers": [_offer(kind, account) for kind in registry.all_stampers()]}
    if account is not None:
        kind = registry.stamper(account.adapter)
        tried = AuditEvent.objects.filter(object_type="stamperaccount", object_id=str(account.pk))
        tried = tried.filter(verb="issuing.stamper_tried").order_by("-seq")
        context |= {"kind": kind, "label": _(str(kind.label)) if kind else account.adapter, "tried": tried.first()}
    return render(request, "issuing/stampers.html", context)


def _offer(kind: type[Stamper], account: StamperAccount | None) -> dict[str, object]:
    return {
        "name": kind.name,
        "label": _(str(kind.label)),
        "about": _(str(kind.about)),
        "is_fiscal": kind.is_fiscal,
        "is_used": account is not None and account.adapter == kind.name,
    }


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_AUTHORITY)
def edit(request: CompanyRequest, adapter: str) -> HttpResponse:
    """Fill an account in; saving it makes it the one that stamps."""
    kind = registry.stamper(adapter)
    if kind is None:
        raise Http404
    account = stampers.current_account()
    account = account if account is not None and account.adapter == adapter else None
    data = request.POST if request.method == "POST" else None
    known = {each.name for each in kind.fields if each.is_secret} if account and account.secret_id else set()
    form, status = StamperForm(data, kind=kind, account=account, known=known), 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and _kept(request, form):
            return redirect("issuing_stampers")
    context = {
        "form": form,
        "kind": kind,
        "account": account,
        "label": _(str(kind.label)),
        "about": _(str(kind.about)),
        "steps": steps_of(_(str(kind.help))) if kind.help else [],
    }
    return render(request, "issuing/stamper.html", context, status=status)


def _kept(request: CompanyRequest, form: StamperForm) -> bool:
    try:
        stampers.save_account(**form.values(), actor=request.user)
    except Refused as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    messages.success(request, _("Se guardó la cuenta. Pruébala antes de timbrar."))
    return True


@require_POST
@needs(permissions.MANAGE_AUTHORITY)
@limited("stamper_try", limit=60)
def check(request: CompanyRequest) -> HttpResponse:
    """Ask the PAC whether the account works; stamps nothing."""
    works, text = stampers.try_account(actor=request.user)
    (messages.success if works else messages.error)(request, text)
    return redirect("issuing_stampers")


@require_POST
@needs(permissions.MANAGE_AUTHORITY)
def disable(request: CompanyRequest) -> HttpResponse:
    stampers.disable_account(actor=request.user)
    messages.success(request, _("Se quitó la cuenta del PAC: nada se timbra hasta que haya otra."))
    return redirect("issuing_stampers")
