"""The connection of a bank account: which service reads it, with what keys, which of its accounts it is."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.banking import feeding
from aldia.banking.models import BankAccount, BankMovement
from aldia.banking.operations import feeds as operations
from aldia.banking.operations.feed_changes import acknowledge as seen
from aldia.banking.queries.feeds import changed_at_bank, last_events
from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.domain.ports.banks import BankFeed, FeedKind
from aldia.integrations import registry
from aldia.jobs.bank_feeds import enqueue_pull
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_feeds import FeedForm
from aldia.web.limits import limited
from aldia.web.views import errors
from aldia.web.views.banking.accounts import see_all
from aldia.web.views.payments.accounts import steps_of
from aldia.web.views.payments.common import absolute, version_of

KIND_WORDS: dict[str, Any] = {
    FeedKind.REFRESHED: gettext_lazy("Leyó el banco otra vez"),
    FeedKind.PUSHED: gettext_lazy("Mandó movimientos"),
    FeedKind.MODIFIED: gettext_lazy("Corrigió movimientos"),
    FeedKind.REMOVED: gettext_lazy("Retiró movimientos"),
    FeedKind.BROKEN: gettext_lazy("Perdió el acceso"),
    FeedKind.OTHER: gettext_lazy("Otro aviso"),
}


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, bank_account_id: UUID) -> HttpResponse:
    see_all(request)
    account = _account(bank_account_id)
    kind = registry.bank_feed(account.feed) if account.feed else None
    context = {
        "account": account,
        "kind": kind,
        "label": _(str(kind.label)) if kind else "",
        "offers": [] if account.feed else [_offer(each, account) for each in registry.all_feeds()],
        "steps": steps_of(_(str(kind.help))) if kind else [],
        "hook_url": absolute(request, feeding.hook_path(account)) if account.hook_token else "",
        "events": [(_called(each.kind), each) for each in last_events(account.pk)] if account.feed else [],
        "changed": [(row, _day_now(row)) for row in changed_at_bank(account.pk)],
        "problem": _problem(account),
    }
    return render(request, "banking/feed.html", context)


def _called(kind: str) -> str:
    """What a notice is called; one that an older or newer version kept is another one."""
    return str(KIND_WORDS.get(kind, KIND_WORDS[FeedKind.OTHER]))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
def edit(request: CompanyRequest, bank_account_id: UUID, feed: str) -> HttpResponse:
    """Fill in (or change) the keys of a service."""
    account = _account(bank_account_id)
    kind = registry.bank_feed(feed)
    if kind is None or account.archived_at is not None:
        raise Http404
    known = _known(account) if account.feed == feed else set()
    form = FeedForm(request.POST if request.method == "POST" else None, kind=kind, account=account, known=known)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                operations.connect(
                    account_id=account.pk, version=version_of(request), feed=feed, details=form.details(),
                    actor=request.user,
                )  # fmt: skip
            except Refused as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            except Stale as error:
                return errors.conflict(request, str(error))
            else:
                return _saved(request, account.pk)
    context = {
        "account": account, "kind": kind, "label": _(str(kind.label)), "about": _(str(kind.about)), "form": form,
        "steps": steps_of(_(str(kind.help))),
    }  # fmt: skip
    return render(request, "banking/feed_form.html", context, status=status)


def _saved(request: CompanyRequest, account_id: UUID) -> HttpResponse:
    account = _account(account_id)
    if feeding.build(account).pulls:
        messages.success(request, _("Se guardó. Ahora elige cuál de sus cuentas es esta."))
        return redirect("bank_feed_choose", account_id)
    messages.success(request, _("Se guardó. Los movimientos llegan cuando el servicio avise."))
    return redirect("bank_feed", account_id)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
@limited("bank_feed_look", limit=60)
def choose(request: CompanyRequest, bank_account_id: UUID) -> HttpResponse:
    """Ask which accounts the keys let us see, and say which one this is."""
    account = _account(bank_account_id)
    if not account.feed:
        return redirect("bank_feed", account.pk)
    found = operations.look(account_id=account.pk)
    problem = "" if found.works else found.sentence
    if request.method == "POST":
        wanted = next((each for each in found.accounts if each.id == request.POST.get("feed_account")), None)
        if wanted is None:
            problem = problem or _("Elige una de las cuentas.")
        else:
            try:
                operations.choose(
                    account_id=account.pk, version=version_of(request), feed_account=wanted, actor=request.user
                )
            except Refused as error:
                problem = str(error)
            except Stale as error:
                return errors.conflict(request, str(error))
            else:
                enqueue_pull(account.pk)
                messages.success(request, _("Conectada. Los movimientos se están leyendo: tarda unos minutos."))
                return redirect("bank_feed", account.pk)
    context = {"account": account, "found": found, "problem": problem, "usual": _usual(account, found)}
    return render(request, "banking/feed_accounts.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(permissions.RECONCILE)
@limited("bank_feed_ask", limit=30)
def ask(request: CompanyRequest, bank_account_id: UUID) -> HttpResponse:
    """Have the account asked now."""
    account = _account(bank_account_id)
    if account.feed and account.feed_account and account.archived_at is None:
        enqueue_pull(account.pk)
        messages.success(request, _("Se están pidiendo los movimientos: recarga en un minuto."))
    return redirect("bank_feed", account.pk)


@require_POST
@needs(permissions.MANAGE_COMPANY)
def disconnect(request: CompanyRequest, bank_account_id: UUID) -> HttpResponse:
    try:
        operations.disconnect(account_id=bank_account_id, version=version_of(request), actor=request.user)
    except NotThere as error:
        raise Http404 from error
    except Stale as error:
        return errors.conflict(request, str(error))
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Se quitó la conexión. Sus movimientos se quedan."))
    return redirect("bank_feed", bank_account_id)


@require_POST
@needs(permissions.RECONCILE)
def acknowledge(request: CompanyRequest, bank_movement_id: UUID) -> HttpResponse:
    """A person looked at what the bank changed after the fact."""
    try:
        row = seen(movement_id=bank_movement_id, actor=request.user)
    except NotThere as error:
        raise Http404 from error
    messages.success(request, _("Listo: ya no se te vuelve a mostrar."))
    return redirect("bank_feed", row.account_id)


def _day_now(row: BankMovement) -> date | None:
    """The day on which the bank books the movement now; None when it has it no more."""
    now = (row.feed_change or {}).get("now")
    return date.fromisoformat(now["booked_on"]) if now else None


def _account(account_id: UUID) -> BankAccount:
    return get_object_or_404(BankAccount.objects.select_related("secret"), pk=account_id)


def _offer(kind: type[BankFeed], account: BankAccount) -> dict[str, Any]:
    fits = not kind.countries or account.country in kind.countries
    return {"name": kind.name, "label": _(str(kind.label)), "about": _(str(kind.about)), "fits": fits}


def _usual(account: BankAccount, found: operations.Seen) -> str:
    """The account that is chosen beforehand: the one that was, else the one whose number ends as ours does."""
    if account.feed_account:
        return account.feed_account
    tail = account.number[-4:]
    alike = [each.id for each in found.accounts if tail and each.number.endswith(tail)]
    return alike[0] if len(alike) == 1 else found.accounts[0].id if len(found.accounts) == 1 else ""


def _known(account: BankAccount) -> set[str]:
    try:
        return set(feeding.revealed(account))
    except feeding.NoFeed:
        return set()


def _problem(account: BankAccount) -> str:
    """Why the connection cannot be used here, "" if it can."""
    if not account.feed:
        return ""
    try:
        feeding.build(account)
    except feeding.NoFeed as error:
        return str(error)
    return ""
