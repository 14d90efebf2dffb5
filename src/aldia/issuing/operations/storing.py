"""A stamped document of ours enters by the road that every document takes: a batch of one, stored, applied, numbered.

What the PAC gave is stored first; then, in one transaction, the document comes on file, has its effect on who owes
what, and its issue says so. Repeated, or brought by the authority's download meanwhile, it is there once.
"""

from __future__ import annotations

import io
import uuid
from datetime import date, datetime
from zoneinfo import ZoneInfo

from aldia.documents import packing
from aldia.documents.models import FiscalDocument, IngestBatch, IngestItem
from aldia.documents.operations.batches import begin_batch, chunks, create_batch, finish_batch
from aldia.documents.operations.paper_notes import keep_note
from aldia.domain.ports.stamping import Stamped
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.issuing.operations import complements
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.intake import take_in_chunk
from aldia.receivables.posting import CHAIN
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import Company, StoredFile
from aldia.tenancy.scope import current_company_id, transaction

SOURCE = "issue"  # of its batch
COUNTRY = "MX"
LONGEST_NOTE = 500  # a placeholder of a period takes more than itself


def put_on_file(*, issue_id: uuid.UUID, stamped: Stamped, now: datetime) -> Issue:
    """Take a stamped document in; nothing when it is there. Safe to repeat and to run twice at once."""
    key = stamped.uuid.upper()
    issue = Issue.objects.get(pk=issue_id)
    if issue.document_id is not None:
        return issue
    name = f"{key}.xml"
    archive = packing.pack([(name, io.BytesIO(stamped.xml))], name=f"{issue or key}.zip")
    with transaction():
        lock_chain(CHAIN)  # the order of every import: the ledger, the company, then the rest
        company = Company.objects.select_for_update(no_key=True).get(pk=current_company_id())
        issue = Issue.objects.select_for_update(of=("self",)).select_related("created_by").get(pk=issue_id)
        if issue.document_id is not None:
            return issue
        today = now.astimezone(ZoneInfo(company.time_zone)).date()
        batch = _take_in(issue, key, archive, now, today)
    crashpoint("after_document")
    finish_batch(batch_id=batch.pk, now=now)
    return issue


def _take_in(issue: Issue, key: str, archive: StoredFile, now: datetime, today: date) -> IngestBatch:
    issue.uuid, issue.stamped_at = key, issue.stamped_at or now
    issue.state, issue.next_at = IssueState.STAMPED, None
    issue.trouble_code = issue.trouble = ""
    issue.version += 1
    issue.save()
    if issue.kind == IssueKind.COMPLEMENT:
        complements.claim(issue)
    was_there = FiscalDocument.objects.filter(country=COUNTRY, key=key).exists()
    created = create_batch(file=archive, name=f"{key}.xml", actor=issue.created_by, source=SOURCE)
    batch = begin_batch(batch_id=created.pk, now=now)
    if batch is not None:
        for readings in chunks(batch=batch):
            take_in_chunk(batch=batch, readings=readings, today=today)
    issue.document = FiscalDocument.objects.filter(country=COUNTRY, key=key).first()
    if issue.document is None:  # stamped, and the reader would not have it: the archive is kept and says why
        said = IngestItem.objects.filter(batch=created).values_list("message", flat=True).first()
        issue.trouble_code, issue.trouble = "not_on_file", (said or "")[:500]
    elif was_there and issue.kind == IssueKind.COMPLEMENT:
        apply_documents(keys={key}, today=today, actor=issue.created_by)  # it came before it was ours
    issue.save(update_fields=["document", "trouble", "trouble_code"])
    _keep_note(issue)
    detail = {"uuid": key, "number": str(issue), "is_test": issue.is_test}
    audit.record(actor=None, verb="issuing.stamped", object_type="issue", object_id=issue.pk, detail=detail)
    return created


def _keep_note(issue: Issue) -> None:
    """What was written to the customer goes on the paper: the XML has no place for it."""
    note = issue.content.get("note")
    if issue.document_id is not None and note:
        keep_note(document_id=issue.document_id, note=str(note)[:LONGEST_NOTE])
