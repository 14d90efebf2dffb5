"""The editor of a template: words on the left, what a real customer reads on the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.customers.operations.versions import Stale
from aldia.jobs.reminders import enqueue_sending
from aldia.messaging import placeholders
from aldia.messaging.models import Channel, Purpose, Template
from aldia.messaging.operations import templates as operations
from aldia.messaging.operations.proving import send_proof
from aldia.messaging.queries.templates import builtin_template
from aldia.messaging.scanning import TemplateError
from aldia.tenancy import permissions
from aldia.tenancy.ids import uuid7
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_messages import TemplateForm
from aldia.web.limits import limited
from aldia.web.views.customers.common import gone_is_404
from aldia.web.views.messages import preview
from aldia.web.views.messages.common import template_or_404
from aldia.web.views.messages.templates import used_by

NEW = {
    "purpose": Purpose.AFTER,
    "channel": Channel.EMAIL,
    "language": "es",
    "subject": "",
    "body": "",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is being edited: a row of the company, one of the house's (no row yet), or nothing at all."""

    template: Template | None
    builtin: str = ""

    @property
    def template_id(self) -> UUID | None:
        return self.template.pk if self.template is not None and not self.template._state.adding else None

    @property
    def save_url(self) -> str:
        if self.template_id:
            return reverse("message_template_save", args=[self.template_id])
        return reverse("builtin_template_save", args=[self.builtin]) if self.builtin else reverse("template_new")

    @property
    def initial(self) -> dict[str, Any]:
        return TemplateForm.initial_of(self.template) if self.template is not None else NEW


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, template_id: UUID) -> HttpResponse:
    return _own(request, template_id)


@require_safe
@needs(permissions.VIEW)
def builtin(request: CompanyRequest, key: str) -> HttpResponse:
    return _drawn(request, _of_the_house(key), _first_form(_of_the_house(key)))


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@limited("template", limit=600)
@gone_is_404
def save(request: CompanyRequest, template_id: UUID) -> HttpResponse:
    template = template_or_404(template_id)
    return _posted(request, Sheet(template, template.builtin))


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@limited("template", limit=600)
@gone_is_404
def save_builtin(request: CompanyRequest, key: str) -> HttpResponse:
    """The first edit of one of the house's makes the company's own form of it."""
    return _posted(request, _of_the_house(key))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
@limited("template", limit=600)
@gone_is_404
def new(request: CompanyRequest) -> HttpResponse:
    sheet = Sheet(None)
    if request.method == "POST":
        return _posted(request, sheet)
    asked = {name: request.GET[name] for name in ("purpose", "channel", "tone", "language") if request.GET.get(name)}
    return _drawn(request, sheet, TemplateForm(initial={**NEW, **asked}))


def _own(request: CompanyRequest, template_id: UUID) -> HttpResponse:
    template = template_or_404(template_id)
    sheet = Sheet(template, template.builtin)
    return _drawn(request, sheet, _first_form(sheet))


def _of_the_house(key: str) -> Sheet:
    template = builtin_template(key)
    if template is None:
        raise Http404
    return Sheet(template, key)


def _first_form(sheet: Sheet) -> TemplateForm:
    return TemplateForm(initial=sheet.initial)


def _posted(request: CompanyRequest, sheet: Sheet) -> HttpResponse:
    """Save what was written, or (`do` is "preview", without script) only show what it would say."""
    form = TemplateForm(request.POST)
    if not form.is_valid():
        return _drawn(request, sheet, form, 422)
    if request.POST.get("do") == "preview":
        return _drawn(request, sheet, form)
    if request.POST.get("do") == "test":
        return _proved(request, sheet, form)
    data = form.cleaned_data
    try:
        saved = operations.save_template(
            words=form.words(),
            template_id=sheet.template_id,
            version=data["version"] or 0,
            builtin="" if sheet.template_id else sheet.builtin,
            actor=request.user,
        )
    except TemplateError as error:
        _put(form, error)
        return _drawn(request, sheet, form, 422)
    except Stale as error:
        form.add_error(None, str(error))
        return _drawn(request, sheet, form, 409)
    messages.success(request, _("Se guardó «%(name)s».") % {"name": saved})
    return redirect(f"{reverse('message_template', args=[saved.pk])}{_kept_customer(request)}")


def _proved(request: CompanyRequest, sheet: Sheet, form: TemplateForm) -> HttpResponse:
    """Send what is on the page to oneself; the page stays as it is, with what is not saved yet."""
    words, customer = form.words(), preview.chosen_customer(request, request.POST)
    try:
        send_proof(
            words=words, context=preview.context_of(request, words, customer), key=uuid7(), actor=request.user,
            on_day=clock.today(request.company),
        )  # fmt: skip
    except TemplateError as error:
        _put(form, error)
        return _drawn(request, sheet, form, 422)
    enqueue_sending()
    messages.success(request, _("La prueba va en camino a %(address)s.") % {"address": request.user.email})
    return _drawn(request, sheet, form)


def _kept_customer(request: CompanyRequest) -> str:
    chosen = preview.chosen_customer(request, request.POST) if request.POST.get("customer") else None
    return f"?customer={chosen.pk}" if chosen else ""


def _put(form: TemplateForm, error: TemplateError) -> None:
    """A mistake goes beside the field that it is in."""
    field = getattr(error, "field", "")
    form.add_error(field if field in form.fields else None, str(error))


def _drawn(request: CompanyRequest, sheet: Sheet, form: TemplateForm, status: int = 200) -> HttpResponse:
    may_edit = allows(request.membership, permissions.MANAGE_REMINDERS) and not _is_archived(sheet)
    purpose, channel = str(form["purpose"].value()), str(form["channel"].value())
    customer = preview.chosen_customer(request, request.POST if form.is_bound else request.GET)
    context = {
        "sheet": sheet,
        "template": sheet.template,
        "form": form,
        "may_edit": may_edit,
        "is_archived": _is_archived(sheet),
        "used": used_by([sheet.template_id]).get(sheet.template_id, 0) if sheet.template_id else 0,
        "inserts": placeholders.placeholders(purpose=purpose, channel=channel),
        "customer": customer,
        "customers": _with(preview.customer_choices(request), customer),
        "preview": _preview(request, sheet, form, customer),
        "channel": channel,
        "may_test": may_edit and channel == Channel.EMAIL,
    }
    return render(request, "messages/template.html", context, status=status)


def _is_archived(sheet: Sheet) -> bool:
    return sheet.template is not None and sheet.template.archived_at is not None


def _with(customers: list[Any], customer: Any) -> list[Any]:
    return customers if customer is None or customer in customers else [customer, *customers]


def _preview(request: CompanyRequest, sheet: Sheet, form: TemplateForm, customer: Any) -> preview.Preview | None:
    """What the words on the page say: those that were posted, else those that are kept."""
    if form.is_bound:
        return preview.preview_of(request, form.words(), customer) if form.is_valid() else None
    if sheet.template is None:
        return None
    bound = TemplateForm(sheet.initial)
    return preview.preview_of(request, bound.words(), customer) if bound.is_valid() else None
