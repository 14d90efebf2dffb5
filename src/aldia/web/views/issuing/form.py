"""Writing a document: it is saved by itself while it is written, and its totals are the server's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.collections.operations import selling
from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.customers.operations.versions import Refused, Stale
from aldia.domain.fiscal.draft_checks import Finding
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import MICRO, DraftDocument, DraftLine, DraftRelation, from_json, to_json
from aldia.issuing.models import Issue, IssueKind
from aldia.issuing.operations import anticipos, drafting, profiles
from aldia.issuing.operations.drafting import create as create_draft
from aldia.issuing.operations.drafting import update as change_draft
from aldia.jobs.issuing import enqueue_stamping
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_invoice import (
    FOREIGN,
    GENERIC,
    RELATIONS,
    RelatedForm,
    Sheet,
    blank_line,
    blank_related,
    read_sheet,
    sheet_of,
    token,
)
from aldia.web.views import errors
from aldia.web.views.credit.card import stopped_of
from aldia.web.views.credit.held import stopped
from aldia.web.views.issuing import advances
from aldia.web.views.issuing.common import OPEN, customer_asked, customers_in_sight, issue_or_404, kind_asked
from aldia.web.views.issuing.picking import pick
from aldia.web.views.issuing.readiness import readiness
from aldia.web.views.issuing.words import Mend, amounts_of, mends, name_codes, totals_of, unreadable
from aldia.web.views.payments.common import version_of


@dataclass
class Desk:
    """The document that somebody writes: not kept yet (`issue` None), or a draft."""

    request: CompanyRequest
    kind: str
    customer: Customer
    base: DraftDocument
    issue: Issue | None = None
    key: str = ""
    replaces: UUID | None = None

    @property
    def version(self) -> int:
        return self.issue.version if self.issue else 0

    def keep(self, draft: DraftDocument, version: int) -> Issue:
        """Save it: a new draft once for its key, else over the version that was shown."""
        content, actor = to_json(draft), self.request.user
        if self.issue is None:
            made = create_draft(
                kind=self.kind, customer_id=self.customer.pk, content=content, origin_key=self.key,
                replaces_id=self.replaces, actor=actor,
            )  # fmt: skip
            if made.content == content:
                return made
            self.issue, version = made, made.version
        return change_draft(issue_id=self.issue.pk, content=content, version=version, actor=actor)


@require_safe
@needs(permissions.ISSUE_DOCUMENTS)
def new(request: CompanyRequest) -> HttpResponse:
    """First whom it is for; then a document as that customer's usually are."""
    kind, customer = kind_asked(request.GET.get("kind", "")), customer_asked(request)
    if customer is None:
        return pick(request, kind)
    desk = _blank_desk(request, kind, customer, token("n"))
    return _page(desk, sheet_of(_begun(desk)))


@require_safe
@needs(permissions.ISSUE_DOCUMENTS)
def edit(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    issue = issue_or_404(request, issue_id)
    desk = _desk_of(request, issue)
    if desk is None or issue.state not in OPEN or issue.kind == IssueKind.COMPLEMENT:
        return redirect("issue", issue.pk)
    sheet = sheet_of(desk.base)
    return _page(desk, sheet, findings=drafting.check(issue, today=clock.today(request.company)), draft=desk.base)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def calculate(request: CompanyRequest) -> HttpResponse:
    """While it is written: the totals, what is missing, and the draft saved by itself."""
    desk = _posted_desk(request)
    if desk is None:
        return errors.conflict(request)
    sheet = read_sheet(request.POST, decimal=decimal_mark(request.company))
    context: dict[str, Any] = {"desk": desk, "issue": desk.issue}
    if not sheet.is_valid():
        context["wrong"] = unreadable(sheet)
        return render(request, "issuing/_panel.html", context)
    draft = sheet.draft(desk.base)
    if draft.lines and request.POST.get("save") == "1":
        try:
            context["issue"] = desk.issue = desk.keep(draft, version_of(request))
            context["saved_at"] = f"{clock.now().astimezone(ZoneInfo(request.company.time_zone)):%H:%M}"
        except drafting.Stale:
            return errors.conflict(request)
        except drafting.DraftingError as error:
            context["wrong"] = [Mend(str(error))]
    return render(request, "issuing/_panel.html", context | _sums(desk, sheet, draft))


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def save(request: CompanyRequest) -> HttpResponse:
    """Keep it; and then look at it, or stamp it."""
    desk, act = _posted_desk(request), request.POST.get("act", "save")
    if desk is None:
        return errors.conflict(request)
    sheet = read_sheet(request.POST, decimal=decimal_mark(request.company))
    if (answer := _reshaped(desk, sheet, act)) is not None:
        return answer
    if not sheet.is_valid():
        return _page(desk, sheet, wrong=unreadable(sheet), status=422)
    draft = sheet.draft(desk.base)
    try:
        desk.issue = issue = desk.keep(draft, version_of(request))
        _keep_receiver(desk, sheet)
        if act.startswith((advances.WHOLE, advances.REMAINDER)):
            return _with_advance(desk, draft, act)
        if act != "stamp":
            if act != "preview":
                messages.success(request, _("Se guardó el borrador."))
            return redirect("issue_preview" if act == "preview" else "issue", issue.pk)
        gate = selling.gate(today=clock.today(request.company))
        drafting.submit(issue_id=issue.pk, version=issue.version, now=clock.now(), actor=request.user, gate=gate)
    except selling.CreditHeld as error:
        return stopped(request, issue, error)
    except drafting.Stale as error:
        return errors.conflict(request, str(error))
    except drafting.NotReady as error:
        return _page(desk, sheet, findings=list(error.findings), draft=draft, status=422)
    except drafting.DraftingError as error:
        return _page(desk, sheet, wrong=[Mend(str(error))], draft=draft, status=422)
    enqueue_stamping(issue.pk)
    return redirect("issue", issue.pk)


def _blank_desk(request: CompanyRequest, kind: str, customer: Customer, key: str) -> Desk:
    content = drafting.blank(kind=kind, customer_id=customer.pk)
    base = from_json(content)
    assert isinstance(base, DraftDocument)  # noqa: S101 (a complement is not written by hand)
    return Desk(request, kind, customer, base, key=key)


def _begun(desk: Desk) -> DraftDocument:
    """The blank document with what its kind always says, and the document that the address says it names."""
    base, asked = desk.base, desk.request.GET
    if desk.kind == IssueKind.ADVANCE and not base.lines:
        base = replace(base, lines=(DraftLine(anticipos.KEY, anticipos.UNIT, anticipos.ADVANCE, MICRO, 0),))
    code, uuid = asked.get("relation", ""), asked.get("uuid", "").upper()
    form = RelatedForm({"code": code, "uuid": uuid})
    if code in dict(RELATIONS) and uuid and form.is_valid():
        return replace(base, relations=(*base.relations, DraftRelation(code, (uuid,))))
    return base


def _desk_of(request: CompanyRequest, issue: Issue) -> Desk | None:
    """The desk of a draft; None where its content is no document that the form can show."""
    try:
        base = from_json(issue.content)
    except BadContent:
        return None
    if not isinstance(base, DraftDocument):
        return None
    return Desk(request, issue.kind, issue.customer, base, issue=issue)


def _posted_desk(request: CompanyRequest) -> Desk | None:
    """What the form is of; None where it is no draft (any more)."""
    if text := request.POST.get("issue", ""):
        issue = issue_or_404(request, customer_queries.as_uuid(text) or UUID(int=0))
        return _desk_of(request, issue) if issue.state in OPEN and issue.kind != IssueKind.COMPLEMENT else None
    customer_id = customer_queries.as_uuid(request.POST.get("customer", ""))
    customer = get_object_or_404(customers_in_sight(request), pk=customer_id)
    key = request.POST.get("key", "")
    return _blank_desk(request, kind_asked(request.POST.get("kind", "")), customer, key[:40] or token("n"))


def _reshaped(desk: Desk, sheet: Sheet, act: str) -> HttpResponse | None:
    """Rows added and taken away where no script does it."""
    if act == "add":
        sheet.lines.append(blank_line(desk.base.currency))
    elif act == "relate":
        sheet.related.append(blank_related(desk.kind))
    elif act.startswith("remove:"):
        gone = act.removeprefix("remove:")
        sheet.lines = [each for each in sheet.lines if each.prefix != gone]
        sheet.related = [each for each in sheet.related if each.prefix != gone]
    elif act == "calc":
        sheet.is_valid()
    else:
        return None
    sheet.lines = sheet.lines or [blank_line(desk.base.currency)]
    draft = sheet.draft(desk.base) if sheet.is_valid() else None
    return _page(desk, sheet, draft=draft, wrong=[] if draft else unreadable(sheet))


def _keep_receiver(desk: Desk, sheet: Sheet) -> None:
    """Keep the receiver's data in the customer's file where the person said so."""
    data = sheet.head.cleaned_data
    if not data["keep_receiver"]:
        return
    known = profiles.fiscal_profile(desk.customer.pk)
    try:
        profiles.save_fiscal_profile(
            customer_id=desk.customer.pk, name=data["receiver_name"], postal_code=data["receiver_postal_code"],
            regime=data["receiver_regime"], use=data["use"] or known.use,
            version=0 if known._state.adding else known.version, actor=desk.request.user,
        )  # fmt: skip
    except (Refused, Stale) as error:
        messages.warning(desk.request, _("Los datos no se guardaron en su ficha: %(why)s") % {"why": error})


def _with_advance(desk: Desk, draft: DraftDocument, act: str) -> HttpResponse:
    """The same draft, using an advance of the customer."""
    way, _colon, uuid = act.partition(":")
    assert desk.issue is not None  # noqa: S101
    content = advances.with_advance(way, uuid, to_json(draft))
    change_draft(issue_id=desk.issue.pk, content=content, version=desk.issue.version, actor=desk.request.user)
    messages.success(desk.request, _("El anticipo quedó en la factura. Revisa cómo quedó."))
    return redirect("issue_edit", desk.issue.pk)


def _sums(desk: Desk, sheet: Sheet, draft: DraftDocument) -> dict[str, Any]:
    """What the panel says of a draft that can be read."""
    issue = desk.issue
    findings = drafting.check(issue, today=clock.today(desk.request.company)) if issue else []
    return _said(sheet, draft, findings)


def _said(sheet: Sheet, draft: DraftDocument, findings: list[Finding]) -> dict[str, Any]:
    return {
        "draft": draft,
        "totals": totals_of(draft),
        "amounts": amounts_of(sheet, draft),
        "mends": mends(findings, sheet),
        "is_blocked": any(not each.is_warning for each in findings),
    }


def _page(
    desk: Desk,
    sheet: Sheet,
    *,
    findings: list[Finding] | None = None,
    draft: DraftDocument | None = None,
    wrong: list[Mend] | None = None,
    status: int = 200,
) -> HttpResponse:
    request, base = desk.request, desk.base
    name_codes(sheet.lines)
    context: dict[str, Any] = {
        "desk": desk,
        "issue": desk.issue,
        "sheet": sheet,
        "customer": desk.customer,
        "kind_label": IssueKind(desk.kind).label,
        "is_generic": base.receiver.rfc == GENERIC,
        "is_foreign": base.receiver.rfc == FOREIGN,
        "ready": readiness(request),
        "advances": anticipos.open_advances(desk.customer.pk) if desk.kind == IssueKind.INVOICE else [],
        "line_mould": blank_line(base.currency, "mould"),
        "related_mould": blank_related(desk.kind, "mould"),
        "wrong": wrong or [],
        "credit": stopped_of(request, desk.customer) if desk.kind in selling.ON_CREDIT else None,
        "lines_cut": len(base.lines) > len(sheet.lines) and not sheet.head.is_bound,
    }
    if draft is not None:
        context |= _said(sheet, draft, findings or [])
    return render(request, "issuing/form.html", context, status=status)
