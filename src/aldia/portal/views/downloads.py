"""Papers and files that a customer takes along: each is looked up as the customer's own, or it does not exist."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, cast
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from aldia.documents.models import FiscalDocument
from aldia.documents.originals import OriginalLost, read_original, read_originals
from aldia.documents.papers import CannotPrint, cfdi_pdf, file_name
from aldia.integrations.spreadsheets import XLSX_TYPE, write_xlsx
from aldia.integrations.typesetting import PDF_TYPE, CannotSet
from aldia.payments.queries import portal
from aldia.portal.guests import GuestRequest, guest
from aldia.portal.listing import wanted_of
from aldia.portal.pages import show
from aldia.portal.views.paying import picked
from aldia.portal.views.statement import document_page, statement_page
from aldia.receivables.models import Receivable
from aldia.receivables.papers import receipt_name, receipt_pdf
from aldia.receivables.queries.statement import Statement, statement
from aldia.receivables.queries.states import company_ranges
from aldia.reporting import sheets, statement_papers
from aldia.tenancy.storage import DamagedFile, open_stored
from aldia.web import clock
from aldia.web.views.reports_common import FIRST_DAY, Asked

MOST_ZIPPED = 500
MOST_PAPERS = 40  # PDFs take a moment each: of more documents the archive has the XML only
MOST_ROWS = 2_000
IN_MEMORY = 2 * 1024 * 1024
PAPERS, ARCHIVES = 300, 60  # so many an hour for one pass


@guest("portal_document_pdf", needs="may_download", pace=PAPERS)
def document_pdf(request: GuestRequest, slug: str, receivable_id: UUID) -> HttpResponse:
    """The CFDI of a document on paper."""
    row = _receivable(request, receivable_id)
    try:
        return kept(cfdi_pdf(_paper(row.document)), file_name(_paper(row.document)), PDF_TYPE)
    except CannotPrint as error:
        return document_page(request, row.pk, errors={"file": str(error)}, status=409)


@guest("portal_document_xml", needs="may_download")
def document_xml(request: GuestRequest, slug: str, receivable_id: UUID) -> HttpResponse:
    """The original bytes of a document."""
    row = _receivable(request, receivable_id)
    try:
        return _xml(_paper(row.document))
    except OriginalLost:
        return document_page(request, row.pk, errors={"file": _lost()}, status=409)


@guest("portal_complement_pdf", needs="may_download", pace=PAPERS)
def complement_pdf(request: GuestRequest, slug: str, document_id: UUID) -> HttpResponse:
    """A payment complement on paper."""
    paper = _complement(request, document_id)
    try:
        return kept(cfdi_pdf(paper), file_name(paper), PDF_TYPE)
    except CannotPrint as error:
        return _sorry(request, str(error))


@guest("portal_complement_xml", needs="may_download")
def complement_xml(request: GuestRequest, slug: str, document_id: UUID) -> HttpResponse:
    """The original bytes of a payment complement."""
    try:
        return _xml(_complement(request, document_id))
    except OriginalLost:
        return _sorry(request, _lost())


@guest("portal_receipt", needs="may_download", pace=PAPERS)
def receipt(request: GuestRequest, slug: str, credit_id: UUID) -> HttpResponse:
    """The receipt of a payment."""
    credit = portal.payment_of(request.customer.pk, credit_id)
    if credit is None:
        raise Http404
    try:
        return kept(receipt_pdf(credit), receipt_name(credit), PDF_TYPE)
    except CannotSet:
        return _sorry(request, _("No se pudo formar el recibo. Vuelva a intentarlo en un momento."))


@guest("portal_proof")
def proof(request: GuestRequest, slug: str, report_id: UUID) -> HttpResponse:
    """The proof that the customer sent, always as a download."""
    report = portal.report_of(request.customer.pk, report_id)
    if report is None or report.proof is None:
        raise Http404
    try:
        stream = open_stored(report.proof)
    except DamagedFile:
        return _sorry(request, _lost())
    answer = FileResponse(stream, as_attachment=True, filename=report.proof.name, content_type=_BYTES)
    return _guarded(cast(HttpResponse, answer))


@guest("portal_excel", needs="may_download", pace=ARCHIVES)
def as_xlsx(request: GuestRequest, slug: str) -> HttpResponse:
    """The statement as a workbook: the documents as filtered, and all movements."""
    found = _statement(request)
    stream = cast(IO[bytes], SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - the response closes it
    write_xlsx(stream, sheets.statement_sheets(found, customer=request.customer, company=request.company))
    stream.seek(0)
    name = statement_papers.statement_name(request.customer, today=found.today).removesuffix("pdf") + "xlsx"
    return _guarded(cast(HttpResponse, FileResponse(stream, as_attachment=True, filename=name, content_type=XLSX_TYPE)))


@guest("portal_statement_pdf", needs="may_download", pace=ARCHIVES)
def as_pdf(request: GuestRequest, slug: str) -> HttpResponse:
    """The statement as a paper, as the company sends it: what is open, and the last months."""
    today = clock.today(request.company)
    try:
        data = statement_papers.statement_pdf(request.customer.pk, today=today)
    except CannotSet:
        return statement_page(request, error=_("No se pudo formar el PDF: descárguelo en Excel."), status=409)
    return kept(data, statement_papers.statement_name(request.customer, today=today), PDF_TYPE)


@guest("portal_zip", methods=("GET", "HEAD", "POST"), needs="may_download", pace=ARCHIVES)
def as_zip(request: GuestRequest, slug: str) -> HttpResponse:
    """The XML (and the paper, where they are few) of the documents chosen, or of all that the filter leaves."""
    rows = _wanted_rows(request)
    papers = [row.document for row in rows if row.document is not None and _is_own(request, row.document)]
    if not papers:
        sentence = _("Ninguno de esos documentos tiene archivos para descargar.")
        return statement_page(request, error=sentence, status=409)
    if len(rows) > MOST_ZIPPED:
        sentence = _("Son demasiados documentos para un solo archivo: hasta %(n)d. Use los filtros.")
        return statement_page(request, error=sentence % {"n": MOST_ZIPPED}, status=409)
    stream = cast(IO[bytes], SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - the response closes it
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _members(papers):
            archive.writestr(name, data)
    stream.seek(0)
    name = f"documentos-{clock.today(request.company).isoformat()}.zip"
    answer = FileResponse(stream, as_attachment=True, filename=name, content_type="application/zip")
    return _guarded(cast(HttpResponse, answer))


def _members(papers: Sequence[FiscalDocument]) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file; what is missing is said in a text beside them."""
    missing, taken = [], set()
    for paper, data in read_originals(list(papers)).items():
        stem = file_name(paper).removesuffix(".pdf") or paper.key
        stem = stem if stem not in taken else f"{stem}-{paper.key[:8]}"
        taken.add(stem)
        if data is None:
            missing.append(paper.number)
            continue
        yield f"{stem}.xml", data
        if len(papers) <= MOST_PAPERS:
            try:
                yield f"{stem}.pdf", cfdi_pdf(paper)
            except CannotPrint:
                missing.append(f"{paper.number} (PDF)")
    if missing:
        yield _("LEAME.txt"), (_("No se pudo incluir: ") + ", ".join(missing) + "\n").encode()


def _wanted_rows(request: GuestRequest) -> list[Receivable]:
    """What the form chose, or what the address filters; one more than an archive takes."""
    if request.method == "POST":
        return portal.own_ids(request.customer.pk, picked(request))
    ranges, asked = company_ranges(), Asked(request)  # type: ignore[arg-type]
    rows = portal.documents(request.customer.pk, wanted_of(asked, ranges), asked.today, ranges)
    return list(rows.select_related("document", "document__original")[: MOST_ZIPPED + 1])


def _statement(request: GuestRequest) -> Statement:
    ranges, asked = company_ranges(), Asked(request)  # type: ignore[arg-type]
    return statement(
        customer_id=request.customer.pk, first=FIRST_DAY, last=asked.today, today=asked.today,
        home=request.company.currency, wanted=wanted_of(asked, ranges), ranges=ranges,
    )  # fmt: skip


def _receivable(request: GuestRequest, receivable_id: UUID) -> Receivable:
    """A document of the customer that has files which we issued to it."""
    row = portal.document_of(request.customer.pk, receivable_id)
    if row is None or row.document is None or not _is_own(request, row.document):
        raise Http404
    return row


def _is_own(request: GuestRequest, paper: FiscalDocument) -> bool:
    return paper.customer_id == request.customer.pk and paper.direction == "issued"


def _paper(document: FiscalDocument | None) -> FiscalDocument:
    if document is None:
        raise Http404
    return document


def _complement(request: GuestRequest, document_id: UUID) -> FiscalDocument:
    paper = portal.paper_of(request.customer.pk, document_id)
    if paper is None or paper.kind != portal.COMPLEMENT:
        raise Http404
    return paper


def _xml(paper: FiscalDocument) -> HttpResponse:
    return kept(read_original(paper), f"{paper.key}.xml", _BYTES)


def kept(data: bytes, name: str, content_type: str) -> HttpResponse:
    """A file to be kept: never a page of ours."""
    answer = HttpResponse(data, content_type=content_type)
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return _guarded(answer)


_BYTES = "application/octet-stream"


def _guarded(answer: HttpResponse) -> HttpResponse:
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _lost() -> str:
    return _("Ese archivo no está disponible en este momento. Pídalo a la empresa.")


def _sorry(request: GuestRequest, text: str) -> HttpResponse:
    context = {"customer": request.customer, "options": request.options, "section": "", "text": text}
    return show(request, "portal/sorry.html", context, status=409)
