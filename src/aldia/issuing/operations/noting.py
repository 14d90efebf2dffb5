"""The content of a credit or debit note about an invoice: what it is of, its relation, and its taxes in proportion."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from aldia.documents.models import AuthorityStatus
from aldia.domain.fiscal.draft_checks import fits_regime
from aldia.domain.fiscal.drafts import DraftDocument, DraftLine, DraftParty, DraftRelation, to_json
from aldia.domain.fiscal.note_lines import HasQuota, amount_lines, line_total, returned_lines
from aldia.issuing.contents import CREDIT_USE, as_issuer, series_for
from aldia.issuing.models import FiscalProfile, IssueKind
from aldia.issuing.operations import profiles
from aldia.issuing.refusals import DraftingError
from aldia.issuing.sources import NoSource, draft_of
from aldia.receivables.models import Receivable

REBATE, DEBIT, RETURN = "01", "02", "03"
CONDONED, TRANSFER = "15", "03"  # c_FormaPago: of what nobody had paid yet, and of what is given back


def note_for(
    *,
    receivable_id: uuid.UUID,
    kind: str,
    amount: int | None = None,
    lines: Mapping[int, int] | None = None,
    relation: str = REBATE,
    reason: str = "",
) -> dict[str, Any]:
    """The content of a credit note (01 rebate, 03 return) or debit note (02) of an invoice, its taxes in proportion.

    `amount`: what the note is of, with taxes, in minor units. `lines`: place of each returned line (from 0) and how
    much of it comes back, in millionths. Neither: the whole invoice. Raises `DraftingError`.
    """
    receivable = Receivable.objects.select_related("document", "customer").filter(pk=receivable_id).first()
    if receivable is None or receivable.document is None:
        raise DraftingError(_("Eso no tiene factura: su nota se hace en Cobranza."))
    if receivable.document.status == AuthorityStatus.CANCELLED:
        raise DraftingError(_("La factura está cancelada ante el SAT: no lleva notas."))
    try:
        source = draft_of(receivable.document)
    except NoSource as error:
        raise DraftingError(str(error)) from None
    is_credit = kind == IssueKind.CREDIT_NOTE
    code = (relation if relation in (REBATE, RETURN) else REBATE) if is_credit else DEBIT
    noted = _lines(source, receivable.number, amount, lines, reason, is_credit=is_credit)
    draft = replace(
        source,
        series=series_for(kind),
        receiver=_receiver(source.receiver, receivable, is_credit=is_credit),
        lines=noted,
        relations=(DraftRelation(code, (receivable.document.key,)),),
        place="",
    )
    draft = _paid(draft, receivable) if is_credit else replace(draft, type_code="I")
    return to_json(as_issuer(draft, profiles.issuer()))


def _lines(
    source: DraftDocument,
    number: str,
    amount: int | None,
    quantities: Mapping[int, int] | None,
    reason: str,
    *,
    is_credit: bool,
) -> tuple[DraftLine, ...]:
    if quantities is not None:
        try:
            found = returned_lines(source.lines, quantities)
        except ValueError:
            raise DraftingError(_("No se puede devolver más de lo que se facturó.")) from None
        if not found:
            raise DraftingError(_("Di qué se devuelve."))
        return found
    if amount is None or (is_credit and amount == sum(line_total(line) for line in source.lines)):
        return source.lines
    if is_credit and amount > source.total:
        raise DraftingError(_("La nota no puede ser mayor que la factura."))
    usual = _("Bonificación sobre la factura %(number)s") if is_credit else _("Cargo sobre la factura %(number)s")
    text = " ".join(reason.split()) or usual % {"number": number}
    try:
        return amount_lines(source.lines, amount, text)
    except HasQuota:
        raise DraftingError(_("La factura lleva IEPS por unidad: di cuánto se devuelve de cada concepto.")) from None
    except ValueError:
        raise DraftingError(_("Escribe un importe mayor que cero.")) from None


def _receiver(party: DraftParty, receivable: Receivable, *, is_credit: bool) -> DraftParty:
    """As the invoice named it, or as a person has confirmed since; with the use of notes."""
    kept = FiscalProfile.objects.filter(customer_id=receivable.customer_id, is_confirmed=True).first()
    if kept is None and not party.regime:  # of a CFDI 3.3
        kept = profiles.fiscal_profile(receivable.customer_id)
    if kept is not None:
        party = replace(party, name=kept.name, regime=kept.regime, postal_code=kept.postal_code, use=kept.use)
    if is_credit and party.use != "S01" and fits_regime(CREDIT_USE, party.regime, party.rfc):
        party = replace(party, use=CREDIT_USE)
    return party


def _paid(draft: DraftDocument, receivable: Receivable) -> DraftDocument:
    """A credit note is PUE; its form says what becomes of the money: forgiven while it was owed, else given back."""
    owed = receivable.voided_on is None and receivable.balance >= draft.total
    given_back = draft.form if draft.method == "PUE" and draft.form not in ("", "99") else TRANSFER
    return replace(draft, type_code="E", method="PUE", form=CONDONED if owed else given_back, conditions="")
