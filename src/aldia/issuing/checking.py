"""The findings of a document of ours: those of the draft itself, and those against what is on file."""

from __future__ import annotations

from datetime import date
from functools import cache

from aldia.documents.models import AuthorityStatus, Direction, FiscalDocument, Kind
from aldia.domain.fiscal.draft_checks import by_heart, check_draft
from aldia.domain.fiscal.draft_findings import Exists, Finding, Findings
from aldia.domain.fiscal.drafts import Draft, DraftDocument, from_json
from aldia.domain.sentences import gettext_noop
from aldia.issuing.models import Issue
from aldia.issuing.queries import catalogues
from aldia.receivables.models import Receivable

_CHARGES = (Kind.INVOICE, Kind.DEBIT_NOTE, Kind.ADVANCE)
# what each relation may name (matrix of errors: CFDI40137 and the guide's table of relations)
_NAMES = {"01": _CHARGES, "02": _CHARGES, "03": (*_CHARGES, Kind.TRANSFER)}


def findings_of(issue: Issue, *, today: date) -> list[Finding]:
    """Everything to say of a draft before it is submitted."""
    draft = from_json(issue.content)
    found = check_draft(draft, today=today, exists=_exists(today))
    findings = Findings()
    if draft.receiver.rfc != issue.customer.tax_id:
        findings.say("receiver.rfc", gettext_noop("El RFC no es el del cliente elegido."))
    _check_related(draft, findings)
    return found + findings.found


def _exists(today: date) -> Exists:
    @cache
    def exists(catalogue: str, code: str) -> bool | None:
        said = catalogues.exists(catalogue, code, on=today)
        return by_heart(catalogue, code) if said is None else said

    return exists


def _check_related(draft: Draft, findings: Findings) -> None:
    keys = [key for relation in draft.relations for key in relation.uuids]
    there = {row.key: row for row in FiscalDocument.objects.filter(key__in=keys[:400])}
    for place, relation in enumerate(draft.relations):
        where = f"relations.{place}.uuids"
        for key in relation.uuids:
            if (row := there.get(key)) is None:
                told = gettext_noop("El documento %(key)s no está en tu archivo: revisa que el folio fiscal sea ese.")
                findings.warn(where, told, key=key)
            else:
                _check_named(draft, relation.code, row, where, findings)
    if isinstance(draft, DraftDocument):
        _check_balance(draft, there, findings)


def _check_named(draft: Draft, code: str, row: FiscalDocument, where: str, findings: Findings) -> None:
    number = row.number
    if row.direction != Direction.ISSUED:
        findings.say(where, gettext_noop("%(number)s es de un proveedor: no lo emitiste tú."), number=number)
    elif code == "04" and row.type_code != draft.type_code:
        told = gettext_noop("%(number)s es de otro tipo: un documento solo sustituye a uno del mismo.")
        findings.say(where, told, number=number)
    elif code in _NAMES and row.kind not in _NAMES[code]:
        findings.say(where, gettext_noop("%(number)s no es una factura."), number=number)
    elif code != "04" and row.status == AuthorityStatus.CANCELLED:
        findings.say(where, gettext_noop("%(number)s está cancelado ante el SAT."), number=number)
    elif code != "04" and row.receiver_tax_id != draft.receiver.rfc:
        findings.warn(where, gettext_noop("%(number)s es de otro cliente."), number=number)
    elif isinstance(draft, DraftDocument) and code in ("01", "03") and row.currency != draft.currency:
        findings.warn(
            where, gettext_noop("%(number)s está en otra moneda: alguien tendrá que aplicarla."), number=number
        )


def _check_balance(draft: DraftDocument, there: dict[str, FiscalDocument], findings: Findings) -> None:
    """A note above what its invoice still owes leaves the rest in favour: said, and allowed."""
    named = [key for each in draft.relations if each.code in ("01", "03") for key in each.uuids]
    if draft.type_code != "E" or len(named) != 1 or named[0] not in there:
        return
    receivable = Receivable.objects.filter(key=named[0], voided_on__isnull=True).first()
    if receivable is None or receivable.currency != draft.currency:
        return
    if draft.total > receivable.total:
        findings.warn("total", gettext_noop("La nota es mayor que la factura %(number)s."), number=receivable.number)
    elif draft.total > receivable.balance:
        told = gettext_noop("La nota es mayor que el saldo de %(number)s: el resto queda a favor del cliente.")
        findings.warn("total", told, number=receivable.number)
