"""A company's own words: saved, copied, archived, and put back to those that came with the house."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict, dataclass

from django.db import IntegrityError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aldia.customers.operations.versions import NotThere, Stale
from aldia.messaging.builtins import LANGUAGES, builtins
from aldia.messaging.models import Channel, Purpose, Template, Tone
from aldia.messaging.placeholders import ROWS, TABLE, allowed_names, example_context
from aldia.messaging.scanning import TemplateError, has_tags, inert, statements
from aldia.messaging.templating import check_source, evaluate
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

MAX_NAME = 120
MAX_SUBJECT = 300
_PROVIDER_NAME = re.compile(r"[a-z0-9_]{1,200}")
_PLAIN_OUTPUT = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Words:
    """What a person edits of a template."""

    name: str
    purpose: str
    channel: str
    subject: str
    body: str
    tone: str = "neutral"
    language: str = "es"
    provider_name: str = ""


def check(*, words: Words) -> None:
    """Raise `TemplateError` (sentence, `field`, `line`) if these words cannot be a template."""
    _check_kind(words)
    name = " ".join(words.name.split())
    if not name or len(name) > MAX_NAME:
        raise TemplateError(_("Escribe un nombre de hasta 120 letras."), field="name")
    has_subject = words.channel in (Channel.EMAIL, Channel.LETTER)
    if has_subject and not words.subject.strip():
        raise TemplateError(_("Escribe el asunto."), field="subject")
    if len(words.subject) > MAX_SUBJECT or "\n" in words.subject.strip():
        raise TemplateError(_("El asunto va en una sola línea de hasta 300 letras."), field="subject")
    if not words.body.strip():
        raise TemplateError(_("Escribe el mensaje."))
    allowed = allowed_names(purpose=words.purpose, channel=words.channel)
    check_source(words.subject, allowed - {TABLE, ROWS}, field="subject")
    check_source(words.body, allowed)
    if words.provider_name:
        _check_approved(words)
    evaluate(words.body, example_context(purpose=words.purpose, channel=words.channel), allowed)


def save_template(
    *, words: Words, template_id: uuid.UUID | None = None, version: int = 0, builtin: str = "", actor: User | None
) -> Template:
    """Save an edit (`template_id` and the `version` that was shown), the company's own form of a built-in (`builtin`),
    or a new template. Raises `TemplateError`, `Stale`, `NotThere`."""
    words = _clean(words)
    check(words=words)
    try:
        with transaction():
            if template_id is not None:
                return _edit(_take(template_id, version), words, actor)
            return _add(words, builtin, actor)
    except IntegrityError as error:
        raise _name_taken() from error


def duplicate_template(
    *, name: str, actor: User | None, template_id: uuid.UUID | None = None, builtin: str = ""
) -> Template:
    """A copy under another name, for a person to change. Raises `TemplateError`, `NotThere`."""
    source = Template.objects.filter(pk=template_id).first() if template_id else None
    if source is None and builtin in builtins():
        source = builtins()[builtin].template()
    if source is None:
        raise NotThere
    values = {field: getattr(source, field) for field in Words.__slots__}
    return save_template(words=Words(**values | {"name": name}), actor=actor)


def archive_template(*, template_id: uuid.UUID, version: int, actor: User | None) -> None:
    """Take it out of use: steps that name it say the words of the house. Raises `Stale`, `NotThere`."""
    with transaction():
        row = _take(template_id, version)
        if row.archived_at is None:
            Template.objects.filter(pk=row.pk).update(archived_at=Now(), version=row.version + 1)
            _record(actor, "messaging.template_archived", row, {})


def unarchive_template(*, template_id: uuid.UUID, actor: User | None) -> Template:
    """Bring an archived template back. Raises `NotThere`."""
    with transaction():
        row = Template.objects.select_for_update().filter(pk=template_id).first()
        if row is None:
            raise NotThere
        if row.archived_at is not None:
            row.archived_at, row.version = None, row.version + 1
            row.save(update_fields=["archived_at", "version"])
            _record(actor, "messaging.template_unarchived", row, {})
    return row


def restore_builtin(*, template_id: uuid.UUID, version: int, actor: User | None) -> Template:
    """Put the words of the house back into the company's own form of a built-in. Raises `Stale`, `NotThere`."""
    with transaction():
        row = _take(template_id, version)
        house = builtins().get(row.builtin)
        if house is None:
            raise NotThere
        values = {"subject": house.subject, "body": house.body, "provider_name": house.provider_name}
        return _change(row, values, "messaging.template_restored", actor)


def _check_kind(words: Words) -> None:
    """What a form chooses from lists."""
    choices = ((words.purpose, Purpose.values, "purpose"), (words.channel, Channel.values, "channel"),
               (words.tone, Tone.values, "tone"), (words.language, LANGUAGES, "language"))  # fmt: skip
    for value, known, field in choices:
        if value not in known:
            raise TemplateError(_("Elige una de las opciones."), field=field)


def _check_approved(words: Words) -> None:
    """What WhatsApp asks of a template that it approves: plain data inside words.

    https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates
    """
    if words.channel != Channel.WHATSAPP:
        raise TemplateError(_("El nombre de plantilla aprobada es solo para WhatsApp."), field="provider_name")
    if not _PROVIDER_NAME.fullmatch(words.provider_name):
        raise TemplateError(_("El nombre en WhatsApp lleva minúsculas, números y guion bajo."), field="provider_name")
    body = words.body.strip()
    outputs = [each for each in statements(body) if each.is_output]
    if has_tags(body) or any(not _PLAIN_OUTPUT.fullmatch(each.inner) for each in outputs):
        raise TemplateError(_("Una plantilla aprobada de WhatsApp solo lleva datos: sin condiciones ni «|»."))
    if body.startswith("{{") or body.endswith("}}"):
        raise TemplateError(_("Una plantilla aprobada de WhatsApp no empieza ni termina con un dato."))


def _clean(words: Words) -> Words:
    """As it is kept: no letters that are no text, line feeds only."""
    plain = {field: inert(value.replace("\r\n", "\n").replace("\r", "\n")) for field, value in asdict(words).items()}
    tidy = {"name": " ".join(plain["name"].split()), "subject": plain["subject"].strip(), "body": plain["body"].strip()}
    if words.channel not in (Channel.EMAIL, Channel.LETTER):
        tidy["subject"] = ""
    return Words(**{**plain, **tidy, "provider_name": plain["provider_name"].strip()})


def _add(words: Words, builtin: str, actor: User | None) -> Template:
    if builtin and builtin not in builtins():
        raise NotThere
    own = Template.objects.select_for_update().filter(builtin=builtin).first() if builtin else None
    if own is not None:
        if own.archived_at is None:
            raise Stale
        return _edit(own, words, actor)
    values = asdict(words)
    if builtin:
        values |= dict(zip(("purpose", "tone", "channel", "language"), builtin.split("."), strict=True))
    _refuse_taken(words, None)
    row = Template.objects.create(company_id=current_company_id(), builtin=builtin, **values)
    _record(actor, "messaging.template_added", row, {"words": values})
    return row


def _edit(row: Template, words: Words, actor: User | None) -> Template:
    values = asdict(words)
    if row.builtin:  # what it is for is what its id says
        for fixed in ("purpose", "channel", "tone", "language"):
            values.pop(fixed)
    _refuse_taken(words, row.pk)
    return _change(row, values, "messaging.template_edited", actor)


def _change(row: Template, values: dict[str, str], verb: str, actor: User | None) -> Template:
    changes = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    if not changes and row.archived_at is None:
        return row
    for name, (_before, after) in changes.items():
        setattr(row, name, after)
    if "body" in changes or "provider_name" in changes:
        row.provider_state = ""
    row.version += 1
    row.archived_at = None
    row.save(update_fields=[*changes, "provider_state", "version", "archived_at"])
    _record(actor, verb, row, {"changes": changes})
    return row


def _take(template_id: uuid.UUID, version: int) -> Template:
    row = Template.objects.select_for_update().filter(pk=template_id).first()
    if row is None:
        raise NotThere
    if row.version != version:
        raise Stale
    return row


def _refuse_taken(words: Words, own_id: uuid.UUID | None) -> None:
    same = Template.objects.filter(name=words.name, language=words.language)
    if any(each != own_id for each in same.values_list("pk", flat=True)):
        raise _name_taken()


def _name_taken() -> TemplateError:
    return TemplateError(_("Ya hay una plantilla con ese nombre en ese idioma."), field="name")


def _record(actor: User | None, verb: str, row: Template, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="template", object_id=row.pk, detail={"name": row.name, **detail})
