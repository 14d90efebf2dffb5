"""The company's bank accounts: what waits in each, its statements, and the days that none tells."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.banking.models import BankAccount
from aldia.banking.operations import accounts as operations
from aldia.banking.operations.importing import ImportRefused
from aldia.banking.queries import accounts as queries
from aldia.banking.queries import statements
from aldia.customers.operations.versions import Refused, Stale
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_banking import BankAccountForm
from aldia.web.listing import Column, Listing
from aldia.web.views import errors
from aldia.web.views.payments.common import version_of

IMPORTS = Listing(
    key="statement_imports",
    columns=(
        Column("period", gettext_lazy("Periodo"), sort="first_on", always=True),
        Column("source", gettext_lazy("De dónde")),
        Column("new", gettext_lazy("Nuevos"), numeric=True),
        Column("known", gettext_lazy("Ya estaban"), numeric=True),
        Column("closing", gettext_lazy("Saldo final"), numeric=True),
        Column("proof", gettext_lazy("Comprobación")),
        Column("imported_at", gettext_lazy("Importado"), sort="imported_at"),
    ),
    sort="-imported_at",
)
SHOWN_GAPS = 12


def see_all(request: CompanyRequest) -> None:
    """Statements tell of every customer: who sees only the own portfolios does not open them."""
    if request.membership.own_portfolio_only:
        raise PermissionDenied("own_portfolio_only")


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    see_all(request)
    context = {
        "rows": queries.standings(queries.accounts()),
        "archived": queries.accounts(archived=True),
        "waiting": statements.files_waiting()[:5],
    }
    return render(request, "banking/accounts.html", context)


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, bank_account_id: UUID) -> HttpResponse:
    see_all(request)
    account = get_object_or_404(BankAccount.objects, pk=bank_account_id)
    (standing,) = queries.standings([account])
    context = {
        "account": account,
        "standing": standing,
        "gaps": standing.gaps[::-1][:SHOWN_GAPS],
        "doubts": statements.doubtful(account=account)[:50] if standing.doubtful else [],
        "page": IMPORTS.page(request, statements.imports(account).order_by()),
    }
    return render(request, "banking/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECONCILE)
def new(request: CompanyRequest) -> HttpResponse:
    see_all(request)
    form = BankAccountForm(request.POST or None, company=request.company)
    if request.method == "POST" and form.is_valid():
        try:
            account = operations.create_account(details=form.details(), actor=request.user)
        except Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("La cuenta está lista: sube su estado de cuenta."))
            return redirect("bank_account", account.pk)
    return _drawn(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECONCILE)
def edit(request: CompanyRequest, bank_account_id: UUID) -> HttpResponse:
    see_all(request)
    account = get_object_or_404(BankAccount.objects, pk=bank_account_id)
    form = BankAccountForm(request.POST or None, company=request.company, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_account(
                account_id=account.pk, version=version_of(request), details=form.details(), actor=request.user
            )
        except Refused as error:
            form.add_error(error.field or None, str(error))
        except Stale as error:
            return errors.conflict(request, str(error))
        except ImportRefused as error:
            messages.error(request, str(error))
            return redirect("bank_accounts")
        else:
            messages.success(request, _("Cambios guardados."))
            return redirect("bank_account", account.pk)
    return _drawn(request, form, account)


def _drawn(request: CompanyRequest, form: BankAccountForm, account: BankAccount | None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "banking/account_form.html", {"form": form, "account": account}, status=status)


@require_POST
@needs(permissions.RECONCILE)
def archive(request: CompanyRequest, bank_account_id: UUID) -> HttpResponse:
    see_all(request)
    account = get_object_or_404(BankAccount.objects, pk=bank_account_id)
    operations.archive_account(account_id=account.pk, actor=request.user, now=clock.now())
    messages.success(request, _("Cuenta archivada. Sus movimientos siguen aquí."))
    return redirect("bank_accounts")


@require_POST
@needs(permissions.RECONCILE)
def restore(request: CompanyRequest, bank_account_id: UUID) -> HttpResponse:
    see_all(request)
    account = get_object_or_404(BankAccount.objects, pk=bank_account_id)
    operations.restore_account(account_id=account.pk, actor=request.user)
    messages.success(request, _("La cuenta vuelve a recibir estados de cuenta."))
    return redirect("bank_account", account.pk)
