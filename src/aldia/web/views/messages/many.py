"""One text for many customers: each gets its own message, with its own people and what it owes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.customers.models import Customer
from aldia.customers.queries import as_uuid
from aldia.domain.reminders import Why
from aldia.jobs.messages import Written, enqueue_writing, write_to, written_of
from aldia.jobs.reminders import enqueue_sending
from aldia.messaging.models import Channel, Purpose
from aldia.messaging.queries.templates import choose_template
from aldia.reminders.drafting import Round, recipients_for
from aldia.reminders.operations.statements import overdue_of
from aldia.reminders.queries.facts import standing_of
from aldia.reminders.queries.span import Span
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_writing import ManyForm
from aldia.web.limits import limited
from aldia.web.views.customers import table as customers
from aldia.web.views.messages import preview
from aldia.web.views.messages.desk import channels, ids_of, inserts, start_of, templates_of
from aldia.web.views.messages.draft import drawn_for
from aldia.web.views.receivables import table as receivables
from aldia.web.views.reminders.common import why_text

AT_ONCE = 1_000
NOW = 20  # so many are written while the person waits; more, or with files, in the background
RECEIVABLES = "receivables"
STATEMENT = "statement"


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.SEND_MESSAGES)
@limited("write", limit=600)
def write(request: CompanyRequest) -> HttpResponse:
    """Draw the page for the customers that were chosen in a list, draw it again, or send."""
    chosen = _chosen(request) if request.method == "POST" else []
    if not chosen:
        messages.info(request, _("Elige en la lista a quién escribir."))
        return redirect("customers")
    if len(chosen) > AT_ONCE:
        messages.warning(request, _("Son más de 1,000 clientes: afina el filtro y hazlo por partes."))
        return redirect("customers")
    do = request.POST.get("do", "start")
    if do in ("start", STATEMENT):
        return _page(request, chosen, _first_form(statement=do == STATEMENT))
    form = _form(_other_words(request, do) if do in ("template", "channel") else request.POST)
    if do == "send" and form.is_valid():
        return _sent(request, chosen, form)
    return _page(request, chosen, form, 422 if do == "send" else 200)


def _chosen(request: CompanyRequest) -> list[UUID]:
    """The customers: named by our own page (`customer`), or by the selection of a list of theirs or of receivables."""
    visible = customers.all_of(request).filter(generic=False)
    if named := ids_of(request.POST.getlist("customer")[: AT_ONCE + 1]):
        rows = visible.filter(pk__in=named)
    elif request.POST.get("of") == RECEIVABLES:
        found = receivables.listing(request).selected(request, receivables.in_sight(request))
        rows = visible.filter(pk__in=found.order_by().values("customer"))
    else:
        rows = customers.LIST.selected(request, customers.customers_of(request)).filter(generic=False)
    return list(rows.order_by("legal_name", "id").values_list("pk", flat=True)[: AT_ONCE + 1])


def _first_form(*, statement: bool = False) -> ManyForm:
    """What it starts with: a sheet of one's own, or the words and the paper of a statement of account."""
    channel = channels()[0][0]
    chosen = _statement_words() if statement and channel == Channel.EMAIL else ""
    start = start_of(channel, "es", chosen)
    words = {"channel": channel, "subject": start.subject, "body": start.body, "template": chosen}
    return _bare_form(channel, initial={**words, "attach_statement": bool(chosen)})


def _statement_words() -> str:
    """The template of statements, as the list of templates names it."""
    template = choose_template(purpose=Purpose.STATEMENT, channel=Channel.EMAIL)
    return template.builtin if template._state.adding else str(template.pk)


def _form(data: Any) -> ManyForm:
    channel = data.get("channel", "")
    return _bare_form(channel if channel in dict(channels()) else Channel.EMAIL, data=data)


def _bare_form(channel: str, **more: Any) -> ManyForm:
    return ManyForm(**more, channels=channels(), templates=templates_of(channel))


def _other_words(request: CompanyRequest, do: str) -> Any:
    data = request.POST.copy()
    template = data.get("template", "") if do == "template" else ""
    start = start_of(data.get("channel", ""), "es", template)
    data["template"], data["subject"], data["body"] = template, start.subject, start.body
    return data


def _sent(request: CompanyRequest, chosen: Sequence[UUID], form: ManyForm) -> HttpResponse:
    """Write each its message: while the person waits if that is short, else in the background."""
    data = {**form.cleaned_data, "key": str(form.cleaned_data["key"])}
    first = _drawn(request, chosen, form)[1]
    if any(each.field in ("subject", "body", "channel") for each in first.mistakes):
        form.add_error(None, first.mistakes[0].text)
        return _page(request, chosen, form, 422)
    has_files = any(data[name] for name in ("attach_pdf", "attach_xml", "attach_statement"))
    if len(chosen) > NOW or has_files:
        enqueue_writing(customer_ids=chosen, data=data, actor=request.user)
        text = _("Se están escribiendo %(n)d mensajes en segundo plano.")
        messages.info(request, text % {"n": len(chosen)})
        return redirect(f"{reverse('messages_written')}?key={data['key']}")
    found = write_to(customer_ids=chosen, data=data, actor=request.user, as_of=clock.now())
    enqueue_sending()
    _say(request, found)
    return redirect("messages")


def _say(request: CompanyRequest, found: Written) -> None:
    done, left = found.done, len(found.left_out)
    if done:
        text = ngettext("%(n)d mensaje va en camino.", "%(n)d mensajes van en camino.", done)
        messages.success(request, text % {"n": done})
    if left:
        text = ngettext("A %(n)d cliente no se le pudo escribir.", "A %(n)d clientes no se les pudo escribir.", left)
        named = "; ".join(f"{each.name}: {each.why.rstrip('.')}" for each in left_out(request, found))
        messages.warning(request, f"{text % {'n': left}} {named}.")


@require_safe
@needs(permissions.SEND_MESSAGES)
def written(request: CompanyRequest) -> HttpResponse:
    """What became of a round that was written in the background: how many, and who was left out and why."""
    key = as_uuid(request.GET.get("key", ""))
    found = written_of(key) if key else None
    if found is None:
        return redirect("messages")
    return render(request, "messages/written.html", {"found": found, "left_out": left_out(request, found)})


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A customer that was not written to."""

    customer_id: UUID
    name: str
    why: str


def left_out(request: CompanyRequest, found: Written) -> list[LeftOut]:
    """Who was left out of those that the person may see, by name."""
    rows = customers.all_of(request).filter(pk__in=list(found.left_out)).order_by("legal_name", "id")
    return [LeftOut(row.pk, str(row), found.left_out[row.pk]) for row in rows]


def _page(request: CompanyRequest, chosen: Sequence[UUID], form: ManyForm, status: int = 200) -> HttpResponse:
    channel = str(form["channel"].value() or Channel.EMAIL)
    first, drawn = _drawn(request, chosen, form)
    n = len(chosen)
    title = ngettext("Escribir a %(n)d cliente", "Escribir a %(n)d clientes", n) % {"n": n}
    context = {
        "form": form,
        "customer": None,
        "title": title,
        "to_whom": _("A cada quien le llega el suyo, con lo que debe y a los contactos de sus recordatorios."),
        "shown_to": _("Así lo lee %(name)s, el primero de la lista.") % {"name": first},
        "hidden": [("customer", str(each)) for each in chosen] + [("was", channel)],
        "action": reverse("messages_new"),
        "panel_url": reverse("messages_preview"),
        "channel": channel,
        "inserts": inserts(channel),
        "warnings": _warnings(request, chosen, channel),
        "preview": drawn,
        "send_label": ngettext("Enviar %(n)d mensaje", "Enviar %(n)d mensajes", n) % {"n": n},
    }
    return render(request, "messages/write.html", context, status=status)


def _drawn(request: CompanyRequest, chosen: Sequence[UUID], form: ManyForm) -> tuple[Customer, preview.Preview]:
    """As the first of them reads it that will be written to."""
    is_narrow = form["only_overdue"].value() not in (None, False, "")
    now = clock.now()
    reads = next((each for each in chosen if not is_narrow or overdue_of(each, now)), chosen[0])
    first = Customer.objects.get(pk=reads)
    return first, drawn_for(request, first, form)[0]


@require_POST
@needs(permissions.SEND_MESSAGES)
def panel(request: CompanyRequest) -> HttpResponse:
    """The preview of what is being written, as the first of them reads it."""
    chosen = _chosen(request)
    if not chosen:
        return redirect("customers")
    return render(request, "messages/_preview.html", {"preview": _drawn(request, chosen, _form(request.POST))[1]})


def _warnings(request: CompanyRequest, chosen: Sequence[UUID], channel: str) -> list[dict[str, str]]:
    """Of all of them: who cannot be written to, and who would not be reminded today, and why."""
    turn = Round.at(request.company, clock.now())
    standing = standing_of(Span.of(chosen), today=turn.today, sending=turn.sending)
    rows = Customer.objects.filter(pk__in=chosen)
    alone = sum(1 for row in rows if not recipients_for(row, channel, standing))
    written = sum(1 for each in chosen if turn.today in standing.reminded_on.get(each, ()))
    found = [
        _warning(alone, _("No tienen a quién escribirle por aquí: se quedan fuera."), "danger"),
        _warning(len(standing.off), why_text(Why.OFF), "warning"),
        _warning(len(standing.paused), why_text(Why.CUSTOMER_PAUSED), "warning"),
        _warning(written, _("Hoy ya se les escribió."), "warning"),
    ]
    return [each for each in found if each]


def _warning(count: int, text: str, level: str) -> dict[str, str]:
    if not count:
        return {}
    title = ngettext("%(n)d cliente:", "%(n)d clientes:", count) % {"n": count}
    return {"title": title, "text": text, "level": level, "icon": "alert-triangle"}
