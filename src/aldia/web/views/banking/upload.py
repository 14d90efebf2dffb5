"""Statement files: uploaded several at once, looked at before anything is written, asked about, brought in."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.banking.models import BankAccount, StatementFile
from aldia.banking.operations import accounts as account_operations
from aldia.banking.operations import statements as operations
from aldia.banking.operations.importing import ImportRefused
from aldia.banking.queries import accounts as account_queries
from aldia.banking.queries import statements as queries
from aldia.customers.operations.versions import Refused
from aldia.domain.sentences import Refusal
from aldia.domain.statements.errors import TooLarge
from aldia.domain.statements.mapping import ROLES
from aldia.integrations.spreadsheets.guard import LIMITS, MEGABYTE
from aldia.jobs.banking import enqueue_reconcile
from aldia.tenancy import permissions
from aldia.tenancy.sentences import spoken
from aldia.tenancy.storage import CannotStore, DamagedFile, FileTooLarge
from aldia.web import clock
from aldia.web import statement_words as words
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_banking import BankAccountForm
from aldia.web.limits import limited
from aldia.web.views import errors
from aldia.web.views.banking.accounts import see_all
from aldia.web.views.banking.parts import part_of

MOST_FILES = 30
MOST_BYTES = 3 * LIMITS.file
REFUSALS = (ImportRefused, Refusal, DamagedFile, FileTooLarge, CannotStore)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECONCILE)
@limited("statement_upload", limit=600)
def index(request: CompanyRequest) -> HttpResponse:
    """Where files are dropped, and those that wait for somebody to look."""
    see_all(request)
    account = _account(request)
    if request.method == "POST":
        return _taken(request, account)
    waiting = queries.files_waiting()
    context = {"account": account, "waiting": waiting[:50], "accounts": account_queries.accounts()}
    return render(request, "banking/upload.html", context)


def _account(request: CompanyRequest) -> BankAccount | None:
    """The account that the page was opened for."""
    try:
        wanted = UUID(request.POST.get("account") or request.GET.get("account") or "")
    except ValueError:
        return None
    return BankAccount.objects.filter(pk=wanted, archived_at__isnull=True).first()


def _taken(request: CompanyRequest, account: BankAccount | None) -> HttpResponse:
    files = request.FILES.getlist("files")
    if not files:
        return _said(request, 400, _("Elige al menos un archivo de tu banco."))
    if len(files) > MOST_FILES or sum(file.size or 0 for file in files) > MOST_BYTES:
        text = _("Son demasiados archivos de una vez: sube hasta %(n)d, de %(mb)d MB en total.")
        return _said(request, 413, text % {"n": MOST_FILES, "mb": MOST_BYTES // MEGABYTE})
    kept, refused = [], []
    for file in files:
        try:
            kept.append(_keep(request, file, account))
        except REFUSALS as error:
            refused.append(f"{file.name}: {spoken(error)}")
    if not kept:
        return _said(request, 413, " ".join(refused))
    for text in refused:
        messages.error(request, text)
    return _onwards(request, kept, account)


def _keep(request: CompanyRequest, file: UploadedFile, account: BankAccount | None) -> StatementFile:
    if (file.size or 0) > LIMITS.file:
        raise TooLarge(size=f"{(file.size or 0) / MEGABYTE:.1f}", limit=LIMITS.file // MEGABYTE)
    return operations.upload(
        data=file.read(), name=file.name or _("archivo"), account_id=account.pk if account else None,
        today=clock.today(request.company), actor=request.user,
    )  # fmt: skip


def _onwards(request: CompanyRequest, kept: list[StatementFile], account: BankAccount | None) -> HttpResponse:
    """To the preview of the one file, or to the list of those that wait."""
    if len(kept) == 1:
        url = reverse("statement_file", args=[kept[0].pk])
    else:
        url = reverse("statement_upload") + (f"?account={account.pk}" if account else "")
        text = ngettext("%(n)d archivo listo para revisar.", "%(n)d archivos listos para revisar.", len(kept))
        messages.success(request, text % {"n": len(kept)})
    response = redirect(url)
    response["X-Location"] = url
    return response


def _said(request: CompanyRequest, status: int, text: str) -> HttpResponse:
    if request.headers.get("X-Requested-With") == "upload":
        return JsonResponse({"message": text}, status=status)
    return errors.answer(request, 413 if status == 413 else 400, text)


# One file


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, statement_file_id: UUID) -> HttpResponse:
    """Every account of the file, how it is read, its proof, each row: nothing is written."""
    see_all(request)
    file = _file(statement_file_id)
    try:
        found = queries.preview(file, today=clock.today(request.company))
    except (Refusal, DamagedFile) as error:
        code = getattr(error, "code", "")
        context = {"file": file, "why": spoken(error), "asks_password": code == "encrypted"}
        return render(request, "banking/statement_refused.html", context)
    accounts, standing, chosen = account_queries.accounts(), queries.standing(file), _account(request)
    at_part = request.GET.get("part", "0")
    parts = [
        part_of(
            request.company, each, at, accounts=accounts, given=file.account, standing=standing.get(at),
            chosen=chosen if at_part == str(at) else None,
        )
        for at, each in enumerate(found.statements)
    ]  # fmt: skip
    context = {
        "file": file, "format": words.FORMATS.get(found.format, found.format), "parts": parts, "accounts": accounts,
        "role_groups": words.ROLES, "decimals": words.DECIMALS, "orders": words.ORDERS, "signs": words.SIGNS,
        "banks": BankAccountForm.banks(),
    }  # fmt: skip
    return render(request, "banking/preview.html", context)


def _file(file_id: UUID) -> StatementFile:
    return get_object_or_404(StatementFile.objects.select_related("file", "account"), pk=file_id)


def _number(request: CompanyRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


@require_POST
@needs(permissions.RECONCILE)
def answer(request: CompanyRequest, statement_file_id: UUID) -> HttpResponse:
    """The answer to a question about the file."""
    see_all(request)
    file = _file(statement_file_id)
    try:
        operations.answer(
            file_id=file.pk, part=_number(request, "part"), code=request.POST.get("code", ""),
            value=request.POST.get("value", "")[:500], today=clock.today(request.company), actor=request.user,
        )  # fmt: skip
    except REFUSALS as error:
        messages.error(request, spoken(error))
    return redirect("statement_file", file.pk)


@require_POST
@needs(permissions.RECONCILE)
def columns(request: CompanyRequest, statement_file_id: UUID) -> HttpResponse:
    """What each column is, as a person chose."""
    see_all(request)
    file = _file(statement_file_id)
    roles: dict[str, int] = {}
    for name, role in request.POST.items():
        place = name.removeprefix("column-")
        if role in ROLES and place != name and place.isascii() and place.isdecimal() and len(place) < 4:
            if role in roles:
                messages.error(request, _("Dos columnas tienen el mismo papel: deja cada uno en una sola."))
                return redirect("statement_file", file.pk)
            roles[str(role)] = int(place)
    try:
        operations.map_columns(
            file_id=file.pk, part=_number(request, "part"), roles=roles, decimal=request.POST.get("decimal", ""),
            date_order=request.POST.get("date_order", ""), sign=request.POST.get("sign", ""),
            today=clock.today(request.company), actor=request.user,
        )  # fmt: skip
    except REFUSALS as error:
        messages.error(request, spoken(error))
    else:
        messages.success(request, _("Así se lee ahora. Al importarlo se recuerda para los que traigan el mismo orden."))
    return redirect("statement_file", file.pk)


@require_POST
@needs(permissions.RECONCILE)
@limited("statement_unlock", limit=60)
def unlock(request: CompanyRequest, statement_file_id: UUID) -> HttpResponse:
    """A PDF with a password, opened; the password is kept nowhere."""
    see_all(request)
    file = _file(statement_file_id)
    try:
        opened = operations.unlock(
            file_id=file.pk, password=request.POST.get("password", ""), today=clock.today(request.company),
            actor=request.user,
        )  # fmt: skip
    except REFUSALS as error:
        messages.error(request, spoken(error))
        return redirect("statement_file", file.pk)
    return redirect("statement_file", opened.pk)


@require_POST
@needs(permissions.RECONCILE)
def bring_in(request: CompanyRequest, statement_file_id: UUID) -> HttpResponse:
    """Bring one statement of the file into an account, new or there already."""
    see_all(request)
    file, part, account_id = _file(statement_file_id), _number(request, "part"), None
    try:
        account_id = _chosen(request)
        done = operations.import_file(
            file_id=file.pk, part=part, account_id=account_id,
            is_confirmed=request.POST.get("confirmed") == "1", actor=request.user, now=clock.now(),
            today=clock.today(request.company),
        )  # fmt: skip
    except (*REFUSALS, Refused) as error:
        messages.error(request, spoken(error))
        again = reverse("statement_file", args=[file.pk])
        return redirect(f"{again}?{urlencode({'account': account_id, 'part': part})}" if account_id else again)
    enqueue_reconcile()
    _tell(request, done)
    return redirect("statement", done.row.pk)


def _chosen(request: CompanyRequest) -> UUID:
    """The account that was picked; made first where a new one was asked for."""
    text = request.POST.get("account", "")
    if text != "new":
        try:
            return UUID(text)
        except ValueError:
            raise ImportRefused(_("Elige de qué cuenta es este estado de cuenta.")) from None
    form = BankAccountForm(request.POST, company=request.company, prefix="new")
    if not form.is_valid():
        label, complaints = next(iter(form.errors.items()))
        raise ImportRefused(f"{form.fields[label].label}: {complaints[0]}" if label in form.fields else complaints[0])
    return account_operations.create_account(details=form.details(), actor=request.user).pk


def _tell(request: CompanyRequest, done: operations.Imported) -> None:
    if done.is_repeated:
        messages.info(request, _("Este estado de cuenta ya estaba importado: no se agregó nada."))
        return
    text = ngettext("%(n)d movimiento nuevo.", "%(n)d movimientos nuevos.", done.new) % {"n": done.new}
    if done.known:
        text += " " + ngettext("%(n)d ya estaba.", "%(n)d ya estaban.", done.known) % {"n": done.known}
    messages.success(request, text)
    if done.doubtful:
        text = ngettext(
            "%(n)d puede estar repetido: dinos si es otro.", "%(n)d pueden estar repetidos: dinos si son otros.",
            done.doubtful,
        )  # fmt: skip
        messages.warning(request, text % {"n": done.doubtful})


@require_POST
@needs(permissions.RECONCILE)
def discard(request: CompanyRequest, statement_file_id: UUID) -> HttpResponse:
    """Forget a file that nothing was imported from."""
    see_all(request)
    file = _file(statement_file_id)
    try:
        operations.discard(file_id=file.pk, actor=request.user)
    except ImportRefused as error:
        messages.error(request, str(error))
        return redirect("statement_file", file.pk)
    messages.success(request, _("Archivo descartado: no se guardó nada de él."))
    return redirect("statement_upload")
