"""Writing a schedule: what is charged, to whom, when; its next dates are drawn while it is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import UNDATED, DraftDocument, DraftParty, from_json, to_json
from aldia.issuing.models import Issue, IssueKind
from aldia.issuing.operations import drafting
from aldia.jobs.recurring import enqueue_schedules
from aldia.recurring.content import content_on, document_of
from aldia.recurring.models import Schedule, ScheduleKind
from aldia.recurring.operations.schedules import Details, ScheduleError, Stale, draft, save
from aldia.recurring.queries.schedules import coming
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_invoice import MOST_LINES, blank_line, read_sheet
from aldia.web.forms_issuing import LineForm, initial_of
from aldia.web.forms_recurring import ChargeForm, RuleForm, TermsForm, charge_initial, rule_initial
from aldia.web.views import errors
from aldia.web.views.issuing.common import issues_in_sight
from aldia.web.views.issuing.readiness import readiness
from aldia.web.views.payments.common import version_of
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.paying import customer_asked, pick_customer
from aldia.web.views.recurring.common import rule_of, schedule_or_404

NOBODY = DraftParty("", "", "", "", use="")


@dataclass
class Desk:
    """A schedule being written, for one customer."""

    request: CompanyRequest
    customer: Customer
    kind: str
    rule: RuleForm
    terms: TermsForm | None = None
    charge: ChargeForm | None = None
    lines: list[LineForm] = field(default_factory=list)
    schedule: Schedule | None = None

    @property
    def version(self) -> int:
        return self.schedule.version if self.schedule else 0

    def is_valid(self) -> bool:
        head = self.charge or self.terms
        good = [self.rule.is_valid(), head is not None and head.is_valid()]
        good += [each.is_valid() for each in self.lines if not each.is_blank]
        return all(good)

    def details(self) -> Details:
        """What was written; only after it was found valid."""
        data, head = self.rule.cleaned_data, self.charge or self.terms
        assert head is not None  # noqa: S101
        more = head.cleaned_data
        return Details(
            name=data["name"], kind=self.kind, customer_id=self.customer.pk,
            rule=self.rule.rule(self.request.company.country), content=self._content(more), currency=more["currency"],
            starts_on=data["starts_on"], ends_on=data["ends_on"], most=data["most"], due_days=data["due_days"],
            is_automatic=bool(more.get("is_automatic", True)), sends=bool(more.get("sends", True)),
        )  # fmt: skip

    def _content(self, data: dict[str, Any]) -> dict[str, Any]:
        if self.charge is not None:
            return {"concept": data["concept"].strip(), "amount": data["amount"]}
        draft = DraftDocument(
            "I", "", "", UNDATED, "", NOBODY, replace(NOBODY, use=data["use"]),
            tuple(each.line() for each in self.lines if not each.is_blank), currency=data["currency"],
            method=data["method"], form=data["form"], conditions=data["conditions"].strip(), note=data["note"].strip(),
        )  # fmt: skip
        return to_json(draft)

    def wrong(self) -> list[str]:
        """What cannot be read, once each."""
        found = [form for form in (self.rule, self.charge, self.terms, *self.lines) if form is not None]
        said = [str(text) for form in found if form.is_bound for group in form.errors.values() for text in group]
        return list(dict.fromkeys(said))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.ISSUE_DOCUMENTS)
def new(request: CompanyRequest) -> HttpResponse:
    """First the customer; then what is charged again and again, from a document of ours or from nothing."""
    source = _source(request)
    customer = source.customer if source else customer_asked(request)
    if customer is None:
        return pick_customer(request, "schedule_new", _("Nueva serie recurrente"))
    kind = _kind(request, source)
    if request.method == "POST":
        return _write(_posted(request, customer, kind))
    return _page(_blank(request, customer, kind, source))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.ISSUE_DOCUMENTS)
def edit(request: CompanyRequest, schedule_id: UUID) -> HttpResponse:
    row = schedule_or_404(request, schedule_id)
    rule = rule_of(row)
    if rule is None or (rule.unit == "month" and len(rule.days) > 2):
        messages.error(request, _("Esta serie tiene una regla que aquí no se puede cambiar: termínala y haz otra."))
        return redirect("schedule", row.pk)
    if request.method == "POST":
        return _write(_posted(request, row.customer, row.kind, row))
    return _page(_drawn(request, row))


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def preview(request: CompanyRequest) -> HttpResponse:
    """The total and the next dates of what is being written; nothing is kept."""
    row = None
    if (schedule_id := customer_queries.as_uuid(request.POST.get("schedule", ""))) is not None:
        row = schedule_or_404(request, schedule_id)
    customer_id = customer_queries.as_uuid(request.POST.get("customer", ""))
    customer = row.customer if row else get_object_or_404(sight(request).customers(), pk=customer_id)
    desk = _posted(request, customer, row.kind if row else _kind(request, None), row)
    return render(request, "recurring/_panel.html", {"desk": desk, **_panel(desk)})


def _write(desk: Desk) -> HttpResponse:
    request, act = desk.request, desk.request.POST.get("act", "save")
    if act == "add":
        desk.lines.append(blank_line("MXN"))
    elif act.startswith("remove:"):
        gone = act.removeprefix("remove:")
        desk.lines = [each for each in desk.lines if each.prefix != gone] or [blank_line("MXN")]
    if act != "save":
        return _page(desk)
    if not desk.is_valid():
        return _page(desk, status=422)
    try:
        row = save(
            details=desk.details(), today=clock.today(request.company), actor=request.user,
            schedule_id=desk.schedule.pk if desk.schedule else None, version=version_of(request),
        )  # fmt: skip
    except Stale as error:
        return errors.conflict(request, str(error))
    except ScheduleError as error:
        form = desk.charge if error.field == "content" and desk.charge is not None else desk.rule
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _page(desk, status=422)
    enqueue_schedules()
    messages.success(request, _("«%(name)s» está guardada.") % {"name": row.name})
    return redirect("schedule", row.pk)


# What the form begins with


def _source(request: CompanyRequest) -> Issue | None:
    """The document of ours that is to be repeated, if the address names one."""
    issue_id = customer_queries.as_uuid(request.GET.get("issue", ""))
    if issue_id is None:
        return None
    return get_object_or_404(issues_in_sight(request), pk=issue_id, kind=IssueKind.INVOICE, customer__generic=False)


def _kind(request: CompanyRequest, source: Issue | None) -> str:
    asked = request.POST.get("kind", "") or request.GET.get("kind", "")
    if source is not None:
        return ScheduleKind.INVOICE
    can_invoice = request.company.country == "MX"
    usual = ScheduleKind.INVOICE if can_invoice else ScheduleKind.CHARGE_NOTE
    return asked if asked in ScheduleKind.values and (can_invoice or asked != ScheduleKind.INVOICE) else usual


def _blank(request: CompanyRequest, customer: Customer, kind: str, source: Issue | None) -> Desk:
    today = clock.today(request.company)
    initial: dict[str, Any] = {"starts_on": today, "month_day": str(today.day), "weekdays": [str(today.weekday())]}
    desk = Desk(request, customer, kind, RuleForm(initial=initial))
    if kind == ScheduleKind.CHARGE_NOTE:
        money = {"currency": request.company.currency}
        desk.charge = ChargeForm(initial=money, decimal=decimal_mark(request.company))
        return desk
    content = source.content if source else drafting.blank(kind=IssueKind.INVOICE, customer_id=customer.pk)
    try:
        draft = from_json(content)
    except BadContent:
        draft = from_json(drafting.blank(kind=IssueKind.INVOICE, customer_id=customer.pk))
    assert isinstance(draft, DraftDocument)  # noqa: S101 - the kind was asked for
    _show_draft(desk, draft)
    if source is not None and draft.lines:
        desk.rule.initial["name"] = draft.lines[0].description[:150]
    return desk


def _show_draft(desk: Desk, draft: DraftDocument, **more: Any) -> None:
    desk.terms = TermsForm(initial={
        "use": draft.receiver.use, "method": draft.method, "form": draft.form, "currency": draft.currency,
        "conditions": draft.conditions, "note": draft.note, "is_automatic": True, **more,
    })  # fmt: skip
    desk.lines = [
        LineForm(prefix=f"l{at}", initial=initial_of(each, draft.currency), currency=draft.currency)
        for at, each in enumerate(draft.lines[:MOST_LINES])
    ] or [blank_line(draft.currency)]


def _drawn(request: CompanyRequest, row: Schedule) -> Desk:
    """The form of a schedule that is there, at today's prices."""
    rule = rule_of(row)
    assert rule is not None  # noqa: S101 - looked at before
    initial = rule_initial(rule) | {
        "name": row.name, "starts_on": row.starts_on, "ends_on": row.ends_on, "most": row.most,
        "due_days": row.due_days,
    }  # fmt: skip
    desk = Desk(request, row.customer, row.kind, _rule_form(None, row, initial), schedule=row)
    content = content_on(row, clock.today(request.company))
    if row.kind == ScheduleKind.CHARGE_NOTE:
        money = charge_initial(content, row.currency) | {"sends": row.sends}
        desk.charge = ChargeForm(initial=money, decimal=decimal_mark(request.company))
    else:
        _show_draft(desk, document_of(content), is_automatic=row.is_automatic)
    return desk


def _posted(request: CompanyRequest, customer: Customer, kind: str, row: Schedule | None = None) -> Desk:
    desk = Desk(request, customer, kind, _rule_form(request.POST, row), schedule=row)
    if kind == ScheduleKind.CHARGE_NOTE:
        desk.charge = ChargeForm(request.POST, decimal=decimal_mark(request.company))
    else:
        desk.terms = TermsForm(request.POST)
        sheet = read_sheet(request.POST, decimal=decimal_mark(request.company))
        desk.lines = sheet.lines or [blank_line("MXN")]
    return desk


def _rule_form(data: Any, row: Schedule | None, initial: dict[str, Any] | None = None) -> RuleForm:
    """The form of dates; a rhythm that is not among the usual ones stays a choice."""
    form = RuleForm(data, initial=initial)
    rule = rule_of(row) if row else None
    if rule is not None:
        form.offer(rule)
    return form


# What the page draws


def _panel(desk: Desk) -> dict[str, Any]:
    """The next dates, their amounts, and what should be known before it is kept."""
    request, today = desk.request, clock.today(desk.request.company)
    if not desk.is_valid():
        return {"wrong": desk.wrong()}
    try:
        details = desk.details()
        dates = coming(*draft(details=details, today=today, schedule=desk.schedule))
    except ScheduleError as error:
        return {"wrong": [str(error)]}
    return {
        "dates": dates,
        "currency": details.currency,
        "amounts": [(str(each.prefix), each.line().base) for each in desk.lines if not each.is_blank],
        "warnings": warnings(request, desk.customer, details, [each.issue_on for each in dates], today),
    }


def warnings(request: CompanyRequest, customer: Customer, details: Details, days: list[date], today: date) -> list[str]:
    """What a person should know before the first date comes."""
    found = []
    if not customer.collecting:
        found.append(_("El cliente está apagado: se emite, pero ni se envía ni se cobra hasta que lo prendas."))
    missed = [day for day in days if day < today - timedelta(days=1)]
    if missed:
        found.append(_("Hay fechas que ya pasaron: esperarán a que digas si se emiten."))
    if details.kind == ScheduleKind.INVOICE:
        if details.currency != "MXN":
            found.append(_("En otra moneda cada fecha deja un borrador: falta el tipo de cambio del día."))
        if missing := readiness(request).missing:
            titles = ", ".join(step.title for step in missing)
            found.append(_("Aún no se puede timbrar. Falta: %(what)s.") % {"what": titles})
    elif details.sends and not customer.contacts.exclude(email="").exists():
        found.append(_("El cliente no tiene correo: la nota se hace, pero no se envía."))
    return found


def _page(desk: Desk, status: int = 200) -> HttpResponse:
    is_bound = desk.rule.is_bound
    context: dict[str, Any] = {
        "desk": desk,
        "customer": desk.customer,
        "schedule": desk.schedule,
        "can_invoice": desk.request.company.country == "MX",
        "line_mould": blank_line("MXN", "mould"),
        **(_panel(desk) if is_bound or desk.schedule is None else {}),
    }
    if not is_bound:
        context.pop("wrong", None)
        if desk.schedule is not None:
            context |= {"dates": coming(desk.schedule), "currency": desk.schedule.currency}
    return render(desk.request, "recurring/form.html", context, status=status)


def warnings_of(request: CompanyRequest, row: Schedule) -> list[str]:
    """The same of a schedule that is there."""
    rule = rule_of(row)
    if rule is None:
        return []
    details = Details(
        name=row.name, kind=row.kind, customer_id=row.customer_id, rule=rule, content=row.content,
        currency=row.currency, starts_on=row.starts_on, sends=row.sends,
    )  # fmt: skip
    return warnings(request, row.customer, details, [], clock.today(request.company))
