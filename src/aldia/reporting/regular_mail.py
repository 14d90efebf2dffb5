"""The e-mail that a report goes with: which one, as of when, its totals in words, and where to open it live."""

from __future__ import annotations

from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from aldia.messaging.models import Channel, Purpose, Template
from aldia.messaging.placeholders import PAGE_LINK
from aldia.messaging.rendering import Rendered, render
from aldia.payments.addresses import base_url
from aldia.reporting import words
from aldia.reporting.catalogue import Ask, Made, report_of, totals_said
from aldia.reporting.models import ReportSchedule
from aldia.reporting.sheet_papers import heading
from aldia.tenancy import audit

BODY = "{{ mensaje }}\n\n{{ pagina_en_aldia }}"


def stem(row: ReportSchedule, ask: Ask) -> str:
    """ "saldos-vencidos-cartera-norte-2026-11-22"."""
    return f"{slugify(row.name)[:80] or row.report}-{ask.today.isoformat()}"


def rendered(row: ReportSchedule, made: Made, ask: Ask) -> Rendered:
    """Subject and body, in the company's look. Names are what people typed: they go in as values, never as template."""
    template = Template(
        purpose=Purpose.NOTICE, channel=Channel.EMAIL, language=ask.company.locale, subject="{{ cuantos }}", body=BODY
    )
    subject = f"{row.name} · {words.day(ask.today)}"
    values = {"empresa": str(ask.company), "mensaje": _said(row, made, ask), PAGE_LINK: _page(row, ask)}
    return render(template=template, context={**values, "cuantos": subject})


def facts(row: ReportSchedule, made: Made) -> dict[str, Any]:
    """What is kept with the message: which report of which schedule, and the head of the audit chain as it was then."""
    names = [each.name for each in made.files]
    return {"report": row.report, "schedule": str(row.pk), "files": names, "audit": audit.anchor()}


def _said(row: ReportSchedule, made: Made, ask: Ask) -> str:
    report = report_of(row.report)
    _title, subtitle, _notes = heading(made.sheets)
    about = f"{report.title} · {subtitle}" if subtitle else str(report.title)
    count = sum(len(list(each.rows)) for each in made.sheets)
    lines = totals_said(made.sheets, ask.company) or ([_("No hay nada que mostrar.")] if not count else [])
    files = _("Va adjunto: %(files)s.") % {"files": ", ".join(each.name for each in made.files)}
    parts = [about, "\n".join(lines), *made.said, files]
    if head := audit.anchor():
        parts.append(_("Bitácora al enviarlo: %(head)s") % {"head": head})
    return "\n\n".join(part for part in parts if part)


def _page(row: ReportSchedule, ask: Ask) -> str:
    """The report's own page, for whoever may open it; nothing in the address lets anybody in."""
    return f"{base_url()}/e/{ask.company.slug}/{report_of(row.report).path}"
