"""Configuración → Canales: by which accounts the company writes to its customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.customers.operations.versions import Refused, Stale
from aldia.domain.ports.channels import Adapter
from aldia.integrations import registry
from aldia.integrations.channels.mailbox import SPECIAL, Mailbox
from aldia.messaging import accounts
from aldia.messaging.models import Channel, ChannelAccount
from aldia.messaging.operations import accounts as operations
from aldia.messaging.operations import trying
from aldia.messaging.queries.accounts import last_notice_at
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.channel_words import ABOUT, CHANNEL_ICONS, HOOK_STEPS
from aldia.web.forms_channels import AccountForm, TestForm
from aldia.web.limits import limited
from aldia.web.views import errors


@require_safe
@needs(permissions.MANAGE_COMPANY)
def index(request: CompanyRequest) -> HttpResponse:
    found = ChannelAccount.objects.select_related("secret").order_by("disabled_at", "-is_default", "created_at")
    rows = [_row(each) for each in found]
    channels = [_channel(each, [row for row in rows if row["account"].channel == each]) for each in Channel]
    return render(request, "channels/index.html", {"channels": channels})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
def new(request: CompanyRequest, channel: str, adapter: str) -> HttpResponse:
    kind = registry.channel_adapter(adapter)
    if kind is None or channel not in operations.CHANNELS or kind not in registry.adapters_for(channel):
        raise Http404
    form = AccountForm(request.POST if request.method == "POST" else None, kind=kind, channel=channel)
    if request.method == "POST" and form.is_valid():
        try:
            account = operations.create_account(
                channel=channel, adapter=adapter, details=form.details(), hook_base=_base(request), actor=request.user
            )
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Se agregó «%(name)s». Compruébala y envíate una prueba.") % {"name": account})
            return redirect("channel_account", account.pk)
    return render(request, "channels/account.html", _page(kind, channel, form))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
def edit(request: CompanyRequest, channel_account_id: UUID) -> HttpResponse:
    account = _account(channel_account_id)
    kind = registry.channel_adapter(account.adapter)
    if kind is None:
        raise Http404
    known, problem = _secrets_of(account)
    form = AccountForm(
        request.POST if request.method == "POST" else None,
        kind=kind,
        channel=account.channel,
        account=account,
        known=known,
    )
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_account(
                account_id=account.pk,
                version=_version(request),
                details=form.details(),
                hook_base=_base(request),
                actor=request.user,
            )
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except Stale as error:
            return errors.conflict(request, str(error))
        else:
            messages.success(request, _("Se guardó la cuenta."))
            return redirect("channel_account", account.pk)
    context = _page(kind, account.channel, form) | _of_account(request, account, kind) | {"problem": problem}
    return render(request, "channels/account.html", context)


@require_POST
@needs(permissions.MANAGE_COMPANY)
@limited("channel_check", limit=60)
def check(request: CompanyRequest, channel_account_id: UUID) -> HttpResponse:
    account = _account(channel_account_id)
    tried = trying.check_account(account_id=account.pk)
    if tried.works:
        messages.success(request, _("La cuenta responde y acepta las credenciales."))
    else:
        messages.error(request, tried.text)
    return redirect("channel_account", account.pk)


@require_POST
@needs(permissions.MANAGE_COMPANY)
@limited("channel_test", limit=20)
def send_test(request: CompanyRequest, channel_account_id: UUID) -> HttpResponse:
    account = _account(channel_account_id)
    form = TestForm(request.POST, channel=account.channel)
    if not form.is_valid():
        said = [text for found in form.errors.values() for text in found]
        messages.error(request, " ".join(str(each) for each in said))
        return redirect("channel_account", account.pk)
    tried = trying.send_test(account_id=account.pk, actor=request.user, **form.cleaned_data)
    if tried.works:
        messages.success(request, _("El proveedor tomó la prueba para %(to)s.") % {"to": form.cleaned_data["to"]})
    else:
        messages.error(request, tried.text)
    return redirect("channel_account", account.pk)


@require_POST
@needs(permissions.MANAGE_COMPANY)
def make_default(request: CompanyRequest, channel_account_id: UUID) -> HttpResponse:
    said = _("Los mensajes salen ahora por «%(name)s».")
    return _decided(request, channel_account_id, operations.make_default, said)


@require_POST
@needs(permissions.MANAGE_COMPANY)
def disable(request: CompanyRequest, channel_account_id: UUID) -> HttpResponse:
    said = _("Se apagó «%(name)s»: nada más sale por ella.")
    return _decided(request, channel_account_id, operations.disable_account, said)


@require_POST
@needs(permissions.MANAGE_COMPANY)
def enable(request: CompanyRequest, channel_account_id: UUID) -> HttpResponse:
    return _decided(request, channel_account_id, operations.enable_account, _("Se prendió «%(name)s»."))


def _decided(
    request: CompanyRequest, account_id: UUID, operation: Callable[..., ChannelAccount], said: str
) -> HttpResponse:
    account = _account(account_id)
    try:
        operation(account_id=account.pk, version=_version(request), actor=request.user)
    except Stale as error:
        return errors.conflict(request, str(error))
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said % {"name": account})
    return redirect("channels")


def _account(account_id: UUID) -> ChannelAccount:
    return get_object_or_404(ChannelAccount.objects.select_related("secret"), pk=account_id)


def _version(request: CompanyRequest) -> int:
    """The version that the page showed; one that nobody has, when it says none."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _base(request: CompanyRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _row(account: ChannelAccount) -> dict[str, Any]:
    kind = registry.channel_adapter(account.adapter)
    _known, problem = _secrets_of(account) if account.disabled_at is None else (set(), "")
    label = _(str(kind.label)) if kind else account.adapter
    by_mail = account.channel == Channel.EMAIL and account.adapter != Mailbox.name
    sender = accounts.sender_of(account).address if by_mail else account.settings.get("from_number", "")
    return {"account": account, "label": label, "problem": problem, "known": kind is not None, "sender": sender}


def _channel(channel: Channel, rows: list[dict[str, Any]]) -> dict[str, Any]:
    account = accounts.default_account(channel)
    return {
        "value": channel.value,
        "label": channel.label,
        "icon": CHANNEL_ICONS[channel],
        "rows": rows,
        "is_mailbox": accounts.is_mailbox(account, channel),
        "by_house": channel == Channel.EMAIL and account is None and accounts.house_has_mail(),
        "works": accounts.has_channel(channel),
        "choices": [
            {"name": kind.name, "label": _(str(kind.label)), "about": ABOUT.get(kind.name, "")}
            for kind in registry.adapters_for(channel)
            if channel in operations.CHANNELS
        ],
    }


def _secrets_of(account: ChannelAccount) -> tuple[set[str], str]:
    """The names of the secrets that are kept, and why they cannot be opened here."""
    try:
        return set(accounts.revealed(account)), ""
    except accounts.NoChannel as error:
        return set(), str(error)


def _page(kind: type[Adapter], channel: str, form: AccountForm) -> dict[str, Any]:
    return {
        "form": form,
        "label": _(str(kind.label)),
        "channel": channel,
        "channel_label": Channel(channel).label,
        "about": ABOUT.get(kind.name, ""),
        "is_email": channel == Channel.EMAIL,
        "house_address": settings.DEFAULT_FROM_EMAIL,
        "special": [(name, _(text)) for name, text in SPECIAL.items()] if kind.name == "mailbox" else [],
    }


def _of_account(request: CompanyRequest, account: ChannelAccount, kind: type[Adapter]) -> dict[str, Any]:
    to = request.user.email if account.channel == Channel.EMAIL else ""
    hook = account.hook_token and request.build_absolute_uri("/").rstrip("/") + accounts.hook_path(account)
    return {
        "account": account,
        "lead": "" if account.name == _(str(kind.label)) else _(str(kind.label)),
        "test_form": TestForm(channel=account.channel, to=to),
        "hook_url": hook,
        "hook_steps": HOOK_STEPS.get(kind.name, ""),
        "hook_with_password": any(each.name == "hook_password" for each in kind.fields),
        "last_notice_at": last_notice_at(account_id=account.pk),
        "sender": accounts.sender_of(account),
    }
