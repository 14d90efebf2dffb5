"""Files kept with a customer."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.customers import queries
from aldia.customers.models import Customer, CustomerFile
from aldia.customers.operations import files
from aldia.customers.operations.versions import Refused
from aldia.tenancy import permissions
from aldia.tenancy.storage import CannotStore, DamagedFile, FileTooLarge, open_stored, store
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_customers import CustomerFileForm
from aldia.web.limits import limited
from aldia.web.views.customers.common import customer_or_404, gone_is_404, say_why
from aldia.web.views.customers.record import show


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
@limited("upload", limit=600)
@gone_is_404
def add(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    form = CustomerFileForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            stored = store(upload.name, upload, upload.content_type or "", max_bytes=files.MAX_BYTES)
            files.add_file(customer_id=customer.pk, file=stored, label=form.cleaned_data["label"], actor=request.user)
        except (FileTooLarge, CannotStore) as error:
            form.add_error("file", str(error))
        except Refused as error:
            say_why(form, error)
        else:
            messages.success(request, _("Se guardó el archivo."))
            return redirect("customer_files", customer.pk)
    return page(request, customer, form, 422)


def page(request: CompanyRequest, customer: Customer, form: CustomerFileForm, status: int = 200) -> HttpResponse:
    """The tab of files."""
    context = {"files": queries.files_of(customer), "removed": queries.removed_files_of(customer), "form": form}
    return show(request, customer, "customer_files", "customers/files.html", status=status, **context)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    return page(request, customer_or_404(request, customer_id), CustomerFileForm())


@require_safe
@needs(permissions.VIEW)
def download(request: CompanyRequest, customer_id: UUID, file_id: UUID) -> HttpResponse:
    """Always as a download, never shown inside our pages: a file of others may hold anything."""
    kept = _kept(request, customer_id, file_id)
    try:
        stream = open_stored(kept.file)
    except DamagedFile as error:
        raise Http404(str(error)) from error
    answer = FileResponse(stream, as_attachment=True, filename=kept.file.name, content_type="application/octet-stream")
    return cast(HttpResponse, answer)


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def remove(request: CompanyRequest, customer_id: UUID, file_id: UUID) -> HttpResponse:
    kept = _kept(request, customer_id, file_id)
    files.remove_file(file_id=kept.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("Se quitó «%(name)s»; abajo puedes recuperarlo.") % {"name": kept})
    return redirect("customer_files", customer_id)


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def restore(request: CompanyRequest, customer_id: UUID, file_id: UUID) -> HttpResponse:
    kept = _kept(request, customer_id, file_id)
    files.restore_file(file_id=kept.pk, actor=request.user)
    messages.success(request, _("Se recuperó «%(name)s».") % {"name": kept})
    return redirect("customer_files", customer_id)


def _kept(request: CompanyRequest, customer_id: UUID, file_id: UUID) -> CustomerFile:
    customer = customer_or_404(request, customer_id)
    return get_object_or_404(CustomerFile.objects.select_related("file"), customer=customer, pk=file_id)
