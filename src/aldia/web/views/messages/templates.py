"""Templates ("Plantillas"): the list, and what is done with one beside editing its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.customers.operations.versions import Stale
from aldia.customers.queries import as_uuid
from aldia.messaging.models import Channel, Purpose, Template, Tone
from aldia.messaging.operations import templates as operations
from aldia.messaging.placeholders import allowed_names, example_context
from aldia.messaging.queries.templates import TemplateEntry, template_list
from aldia.messaging.scanning import TemplateError
from aldia.messaging.templating import evaluate
from aldia.reminders.models import StepTemplate
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_messages import LANGUAGES, DuplicateForm
from aldia.web.views import errors
from aldia.web.views.customers.common import gone_is_404
from aldia.web.views.messages.common import REFUSALS, template_or_404


@dataclass(frozen=True, slots=True)
class Line:
    """A template as the list draws it. `used` is how many steps of rules name it."""

    entry: TemplateEntry
    used: int

    @property
    def template(self) -> Template:
        return self.entry.template

    @property
    def url(self) -> str:
        return address_of(self.entry.template_id, self.entry.builtin)

    @property
    def subject(self) -> str:
        """The subject as the example has it: conditions and names in braces tell nobody anything in a list."""
        purpose, channel = self.template.purpose, self.template.channel
        try:
            allowed = allowed_names(purpose=purpose, channel=channel)
            text, values = evaluate(self.template.subject, example_context(purpose=purpose, channel=channel), allowed)
        except TemplateError:
            return self.template.subject
        return values.fill(text, lambda _name, value: value)

    @property
    def is_changed(self) -> bool:
        """The company's own form of one that came with the house."""
        return self.entry.template_id is not None and bool(self.entry.builtin)


@dataclass(frozen=True, slots=True)
class Group:
    """The templates of a purpose."""

    label: str
    lines: list[Line]


def address_of(template_id: UUID | None, builtin: str) -> str:
    """The page of a template, one of the house's or the company's own."""
    return (
        reverse("message_template", args=[template_id]) if template_id else reverse("builtin_template", args=[builtin])
    )


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    archived = request.GET.get("archived") == "1"
    wanted = {name: request.GET.get(name, "") for name in ("channel", "purpose", "tone", "language")}
    entries = [each for each in template_list(archived=archived) if _matches(each.template, wanted)]
    context = {
        "groups": _groups(entries, request.company.locale[:2]),
        "tabs": _tabs(wanted["channel"], archived),
        "archived": archived,
        "wanted": wanted,
        "is_filtered": any(wanted[name] for name in ("purpose", "tone", "language")),
        "choices": {"purpose": Purpose.choices, "tone": Tone.choices, "language": LANGUAGES},
    }
    return render(request, "messages/templates.html", context)


def _matches(template: Template, wanted: dict[str, str]) -> bool:
    return all(not value or getattr(template, name) == value for name, value in wanted.items())


def _groups(entries: Sequence[TemplateEntry], language: str) -> list[Group]:
    """By purpose, in the order in which a debt meets them; the company's own language first."""
    entries = sorted(entries, key=lambda each: each.template.language != language)
    used = used_by([each.template_id for each in entries if each.template_id])
    found = []
    for purpose in Purpose:
        lines = [
            Line(each, used.get(each.template_id, 0) if each.template_id else 0)
            for each in entries
            if each.template.purpose == purpose
        ]
        if lines:
            found.append(Group(str(purpose.label), lines))
    return found


def used_by(template_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many steps that are in use name each template."""
    rows = StepTemplate.objects.filter(template__in=template_ids, step__removed_at__isnull=True)
    rows = rows.filter(step__rule__archived_at__isnull=True).order_by().values("template")
    return dict(rows.annotate(n=Count("id")).values_list("template", "n"))


def _tabs(channel: str, archived: bool) -> list[dict[str, Any]]:
    choices = [("", _("Todas")), *Channel.choices]
    tabs = [
        {"label": label, "url": f"?channel={key}" if key else "?", "active": key == channel and not archived}
        for key, label in choices
    ]
    return [*tabs, {"label": _("Archivadas"), "url": "?archived=1", "active": archived}]


# One template


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def duplicate(request: CompanyRequest) -> HttpResponse:
    """A copy under another name, of the company's own (`template`) or of one of the house's (`builtin`)."""
    source = _source(request)
    form = DuplicateForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Escribe el nombre de la copia."))
        return redirect(address_of(*source))
    template_id, builtin = source
    try:
        made = operations.duplicate_template(
            name=form.cleaned_data["name"], actor=request.user, template_id=template_id,
            builtin="" if template_id else builtin,
        )  # fmt: skip
    except REFUSALS as error:
        messages.error(request, str(error))
        return redirect(address_of(*source))
    messages.success(request, _("«%(name)s» está lista para editarse.") % {"name": made})
    return redirect("message_template", made.pk)


def _source(request: CompanyRequest) -> tuple[UUID | None, str]:
    """Which template a form of the page names."""
    found = as_uuid(request.POST.get("template", ""))
    return (template_or_404(found).pk, "") if found else (None, request.POST.get("builtin", "") or "-")


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def archive(request: CompanyRequest, template_id: UUID) -> HttpResponse:
    template = template_or_404(template_id)
    try:
        operations.archive_template(template_id=template.pk, version=_version(request), actor=request.user)
    except Stale as error:
        return errors.answer(request, 409, str(error))
    except REFUSALS as error:
        messages.error(request, str(error))
        return redirect("message_template", template.pk)
    messages.success(request, _("Se archivó «%(name)s»; está en «Archivadas».") % {"name": template})
    return redirect("message_templates")


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def unarchive(request: CompanyRequest, template_id: UUID) -> HttpResponse:
    template = template_or_404(template_id)
    try:
        operations.unarchive_template(template_id=template.pk, actor=request.user)
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("«%(name)s» vuelve a usarse.") % {"name": template})
    return redirect("message_template", template.pk)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def restore(request: CompanyRequest, template_id: UUID) -> HttpResponse:
    """Put the words of the house back."""
    template = template_or_404(template_id)
    try:
        operations.restore_builtin(template_id=template.pk, version=_version(request), actor=request.user)
    except Stale as error:
        return errors.answer(request, 409, str(error))
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Volvieron las palabras originales."))
    return redirect("message_template", template.pk)


def _version(request: CompanyRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
