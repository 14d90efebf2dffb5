"""Configuración → Medios de pago: the company's accounts at providers, set up step by step."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.domain.ports.payments import Method, Provider
from aldia.integrations import registry
from aldia.payments import providers
from aldia.payments.models import AttemptState, CollectionAccount, InboxEvent, PaymentAttempt, ProviderAccount
from aldia.payments.operations import inbox
from aldia.payments.operations import provider_accounts as operations
from aldia.payments.queries.providers import provider_accounts
from aldia.tenancy import permissions
from aldia.tenancy.models import AuditEvent
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text
from aldia.web.forms_payment_accounts import PaymentAccountForm
from aldia.web.forms_payments import MethodsForm
from aldia.web.limits import limited
from aldia.web.payment_words import COUNTRY_NAMES, METHOD_HELP, METHOD_ICONS, PROVIDER_ABOUT, SANDBOX, method_label
from aldia.web.views import errors
from aldia.web.views.payments.common import absolute, version_of

SHOWN_EVENTS = 20
NUMBERED = re.compile(r"(?:^|\s)\d{1,2}\.\s")
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Row:
    """An account as the index draws it."""

    account: ProviderAccount
    label: str
    methods: list[tuple[str, str]]
    warnings: list[str]
    is_known: bool
    can_issue: bool
    issued: int = 0


@require_safe
@needs(permissions.MANAGE_COMPANY)
def index(request: CompanyRequest) -> HttpResponse:
    found = list(provider_accounts())
    issued = {
        account_id: CollectionAccount.objects.filter(account_id=account_id, closed_at__isnull=True).count()
        for account_id in [each.pk for each in found if each.opens_accounts]
    }
    rows = [_row(each, issued.get(each.pk, 0)) for each in found]
    using = [row for row in rows if row.account.disabled_at is None]
    context = {
        "rows": rows,
        "offers": [_offer(kind, using) for kind in registry.all_providers()],
        "issuers": [row for row in using if row.can_issue],
        "issuer": next((row for row in using if row.account.opens_accounts), None),
        "only_test": bool(using) and not any(row.account.is_live for row in using),
    }
    return render(request, "payments/methods.html", context)


def _row(account: ProviderAccount, issued: int) -> Row:
    kind = registry.payment_provider(account.provider)
    on = [(METHOD_ICONS.get(each, "cash"), method_label(each)) for each in account.methods]
    return Row(
        account=account,
        label=_(str(kind.label)) if kind else account.provider,
        methods=on,
        warnings=warnings_of(account) if account.disabled_at is None else [],
        is_known=kind is not None,
        can_issue=kind is not None and kind.opens_accounts,
        issued=issued,
    )


def _offer(kind: type[Provider], using: list[Row]) -> dict[str, Any]:
    """What a provider gives, as its card says it."""
    return {
        "name": kind.name,
        "label": _(str(kind.label)),
        "about": PROVIDER_ABOUT.get(kind.name, ""),
        "methods": [(METHOD_ICONS[each], method_label(each)) for each in kind.methods],
        "countries": [str(COUNTRY_NAMES.get(each, each)) for each in sorted(kind.countries)],
        "opens_accounts": kind.opens_accounts,
        "is_test": kind.name == SANDBOX,
        "has_one": any(row.account.provider == kind.name for row in using),
    }


def warnings_of(account: ProviderAccount) -> list[str]:
    """What is wrong with an account, as far as its own story tells."""
    found = []
    if not account.methods and not account.opens_accounts:
        found.append(_("No ofrece ningún medio: prende al menos uno."))
    if account.checked_at is None and account.provider != SANDBOX:
        found.append(_("Nadie ha comprobado sus claves todavía."))
    if _check_failed(account):
        found.append(_("La última comprobación falló: %(text)s") % {"text": account.check_result})
    paid = PaymentAttempt.objects.filter(account=account, state=AttemptState.SUCCEEDED)
    paid = paid.filter(created_at__gte=clock.now() - RECENT)
    kind = registry.payment_provider(account.provider)
    told = InboxEvent.objects.filter(account=account, received_at__gte=clock.now() - RECENT)
    if kind is not None and kind.has_notices and paid.exists() and not told.exists():
        found.append(_("Hay pagos, pero no llega ningún aviso: revisa la dirección de avisos en su panel."))
    return found


def _check_failed(account: ProviderAccount) -> bool:
    """Whether the keys did not work when somebody last tried them (the audit keeps what came of it)."""
    tried = AuditEvent.objects.filter(verb="payments.account_checked", object_id=str(account.pk))
    last = tried.order_by("-seq").first() if account.checked_at else None
    return last is not None and not last.detail.get("works", True)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
def new(request: CompanyRequest, provider: str) -> HttpResponse:
    kind = _kind(provider)
    form = PaymentAccountForm(request.POST if request.method == "POST" else None, kind=kind)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                account = operations.create_account(provider=provider, details=form.details(), actor=request.user)
            except Refused as error:
                _say(form, error)
            else:
                messages.success(request, _("Se agregó «%(name)s». Compruébala antes de usarla.") % {"name": account})
                return redirect("payment_account", account.pk)
    return render(request, "payments/account.html", _page(request, kind, form, None), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
def edit(request: CompanyRequest, provider_account_id: UUID) -> HttpResponse:
    account = _account(provider_account_id)
    kind = _kind(account.provider)
    known, problem = _secrets_of(account)
    data = request.POST if request.method == "POST" else None
    form, status = PaymentAccountForm(data, kind=kind, account=account, known=known), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                operations.update_account(
                    account_id=account.pk, version=version_of(request), details=form.details(), actor=request.user
                )
            except Refused as error:
                _say(form, error)
            except Stale as error:
                return errors.conflict(request, str(error))
            else:
                messages.success(request, _("Se guardó la cuenta."))
                return redirect("payment_account", account.pk)
    context = _page(request, kind, form, account) | {"problem": problem}
    return render(request, "payments/account.html", context, status=status)


@require_POST
@needs(permissions.MANAGE_COMPANY)
@limited("payment_check", limit=60)
def check(request: CompanyRequest, provider_account_id: UUID) -> HttpResponse:
    """Prove that the keys work; moves no money."""
    account = _account(provider_account_id)
    try:
        works, text = operations.check_account(account_id=account.pk, actor=request.user, now=clock.now())
    except (Refused, providers.NoProvider) as error:
        works, text = False, str(error)
    (messages.success if works else messages.error)(request, text)
    return redirect("payment_account", account.pk)


@require_POST
@needs(permissions.MANAGE_COMPANY)
def methods(request: CompanyRequest, provider_account_id: UUID) -> HttpResponse:
    """Switch methods on and off."""
    account = _account(provider_account_id)
    kind = _kind(account.provider)
    form = MethodsForm(request.POST, choices=[(each.value, "") for each in kind.methods])
    if not form.is_valid():
        messages.error(request, _("Ese medio no es de este proveedor."))
        return redirect("payment_account", account.pk)

    def run(**who: Any) -> ProviderAccount:
        return operations.set_methods(**who, methods=form.cleaned_data["methods"])

    return _decided(request, account, run, _("Se guardó qué medios ofrece «%(name)s»."), "payment_account")


@require_POST
@needs(permissions.MANAGE_COMPANY)
def issue(request: CompanyRequest, provider_account_id: UUID) -> HttpResponse:
    """Let the account give each customer its own CLABE or reference."""
    account = _account(provider_account_id)
    said = _("«%(name)s» emite desde ahora la cuenta de cada cliente. Emítelas en Cuentas de cobro.")
    return _decided(request, account, operations.make_issuer, said)


@require_POST
@needs(permissions.MANAGE_COMPANY)
def disable(request: CompanyRequest, provider_account_id: UUID) -> HttpResponse:
    said = _("Se apagó «%(name)s»: no se le pide nada nuevo. Lo que ya se pagó se sigue registrando.")
    return _decided(request, _account(provider_account_id), operations.disable_account, said)


@require_POST
@needs(permissions.MANAGE_COMPANY)
def enable(request: CompanyRequest, provider_account_id: UUID) -> HttpResponse:
    return _decided(request, _account(provider_account_id), operations.enable_account, _("Se prendió «%(name)s»."))


@require_POST
@needs(permissions.MANAGE_COMPANY)
@limited("payment_event", limit=120)
def retry_event(request: CompanyRequest, inbox_event_id: UUID) -> HttpResponse:
    """Look again at the payment that a notice was about."""
    event = get_object_or_404(InboxEvent.objects.defer("body", "headers"), pk=inbox_event_id)
    try:
        done = inbox.process(event_id=event.pk, now=clock.now())
    except providers.NoProvider as error:
        messages.error(request, str(error))
    else:
        if done:
            messages.success(request, _("El aviso se aplicó."))
        else:
            messages.warning(request, _("Todavía no se puede aplicar: se vuelve a intentar solo."))
    return redirect("payment_account", event.account_id)


def _decided(
    request: CompanyRequest,
    account: ProviderAccount,
    operation: Callable[..., ProviderAccount],
    said: str,
    to: str = "payment_methods",
) -> HttpResponse:
    try:
        operation(account_id=account.pk, version=version_of(request), actor=request.user)
    except Stale as error:
        return errors.conflict(request, str(error))
    except NotThere as error:
        raise Http404 from error
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said % {"name": account})
    return redirect(to, account.pk) if to == "payment_account" else redirect(to)


def _kind(provider: str) -> type[Provider]:
    kind = registry.payment_provider(provider)
    if kind is None:
        raise Http404
    return kind


def _account(account_id: UUID) -> ProviderAccount:
    return get_object_or_404(ProviderAccount.objects.select_related("secret"), pk=account_id)


def _say(form: PaymentAccountForm, error: Refused) -> None:
    form.add_error(error.field if error.field in form.fields else None, str(error))


def _secrets_of(account: ProviderAccount) -> tuple[set[str], str]:
    """The names of the secrets that are kept, and why they cannot be opened here."""
    try:
        return set(providers.revealed(account)), ""
    except providers.NoProvider as error:
        return set(), str(error)


def _page(
    request: CompanyRequest, kind: type[Provider], form: PaymentAccountForm, account: ProviderAccount | None
) -> dict[str, Any]:
    label = _(str(kind.label))
    context: dict[str, Any] = {
        "form": form,
        "kind": kind,
        "label": label,
        "about": PROVIDER_ABOUT.get(kind.name, ""),
        "steps": steps_of(_(str(kind.help))) if kind.help else [],
        "offered": [_method(request, kind, each, account) for each in kind.methods],
        "is_test": kind.name == SANDBOX,
        "account": account,
    }
    if account is None:
        return context
    events = InboxEvent.objects.filter(account=account).defer("body", "headers").select_related("attempt")
    return context | {
        "lead": "" if account.name == label else label,
        "hook_url": absolute(request, providers.hook_path(account)) if account.hook_token and kind.has_notices else "",
        "events": list(events.order_by("-received_at", "-id")[:SHOWN_EVENTS]),
        "warnings": warnings_of(account) if account.disabled_at is None else [],
    }


def steps_of(text: str) -> list[str]:
    """The steps of a set-up: "1. This. 2. That." is a list of two; anything else is one step a line."""
    parts = NUMBERED.split(text) if NUMBERED.match(text) else text.splitlines()
    return [part.strip() for part in parts if part.strip()]


def _method(
    request: CompanyRequest, kind: type[Provider], method: Method, account: ProviderAccount | None
) -> dict[str, Any]:
    """A method with its limits in the company's own currency, in words."""
    currency = request.company.currency
    return {
        "value": method.value,
        "label": method_label(method),
        "icon": METHOD_ICONS[method],
        "help": METHOD_HELP[method],
        "limits": _limits(request, account, method, currency),
        "is_on": account is not None and method.value in account.methods,
    }


def _limits(request: CompanyRequest, account: ProviderAccount | None, method: Method, currency: str) -> str:
    if account is None:
        return ""
    try:
        limits = providers.build(account).limits(method, currency)
    except (providers.NoProvider, ImportError, NotImplementedError):
        return ""
    if limits is None:
        return _("No cobra en %(currency)s.") % {"currency": currency}
    parts = []
    if limits.least:
        parts.append(_("desde %(amount)s") % {"amount": amount_text(limits.least, currency, request.company)})
    if limits.most:
        parts.append(_("hasta %(amount)s") % {"amount": amount_text(limits.most, currency, request.company)})
    return " ".join(parts)
