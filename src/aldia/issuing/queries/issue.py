"""One document of ours with all that its page shows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aldia.documents.models import FiscalDocument
from aldia.domain.fiscal.draft_findings import Finding
from aldia.domain.fiscal.drafts import Draft, from_json
from aldia.issuing.checking import findings_of
from aldia.issuing.models import Cancellation, Issue, IssueState
from aldia.receivables.models import Receivable

CHANGEABLE = (IssueState.DRAFT, IssueState.REJECTED)


@dataclass(frozen=True, slots=True)
class IssueDetail:
    """`findings` only while it can be changed. `related`: uuid to the document on file, where there is one.

    `cancellations` the latest first; `successors` are the documents that replace it.
    """

    issue: Issue
    draft: Draft
    findings: Sequence[Finding]
    cancellations: Sequence[Cancellation]
    receivable: Receivable | None
    related: dict[str, uuid.UUID]
    successors: Sequence[Issue]


def detail(issue_id: uuid.UUID, *, today: date | None = None) -> IssueDetail:
    """Raises `Issue.DoesNotExist`."""
    rows = Issue.objects.select_related("customer", "document", "stamper", "created_by", "replaces")
    issue = rows.get(pk=issue_id)
    draft = from_json(issue.content)
    changeable = issue.state in CHANGEABLE
    keys = [key for relation in draft.relations for key in relation.uuids]
    return IssueDetail(
        issue=issue,
        draft=draft,
        findings=findings_of(issue, today=today or issue.created_at.date()) if changeable else [],
        cancellations=list(_cancellations(issue)),
        receivable=Receivable.objects.filter(key=issue.uuid).first() if issue.uuid else None,
        related=dict(FiscalDocument.objects.filter(key__in=keys[:400]).values_list("key", "pk")),
        successors=list(Issue.objects.filter(replaces=issue).exclude(state=IssueState.DISCARDED).order_by("id")),
    )


def _cancellations(issue: Issue) -> Sequence[Cancellation]:
    if issue.document_id is None:
        return []
    rows = Cancellation.objects.filter(document_id=issue.document_id).select_related("asked_by", "acknowledgement")
    return list(rows.order_by("-id"))
