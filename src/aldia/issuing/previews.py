"""A draft on paper: the very paper of a stamped document, marked as what it is and without what only a stamp gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.documents.papers import CannotPrint, paper_of
from aldia.domain.fiscal.drafts import UNDATED, from_json
from aldia.domain.fiscal.errors import FiscalError
from aldia.domain.fiscal.printed import read_printed
from aldia.integrations.stamping.simulated import UnsealedPress
from aldia.integrations.typesetting import CannotSet, set_pdf
from aldia.issuing.models import Issue
from aldia.tenancy.brand import current_brand

MARK = "BORRADOR SIN VALIDEZ"
_NOBODY = "00000000-0000-0000-0000-000000000000"


def preview(issue: Issue) -> bytes:
    """The draft as PDF, plainly marked BORRADOR SIN VALIDEZ. Raises `CannotPrint` where it says too little."""
    draft = from_json(issue.content)
    if draft.issued_at == UNDATED:
        at = issue.created_at
        draft = replace(draft, issued_at=datetime(at.year, at.month, at.day))  # noqa: DTZ001 - a CFDI has no zone
    try:
        printed = read_printed(UnsealedPress().issue(draft, uuid=_NOBODY))
        paper = paper_of(printed, current_brand(), is_cancelled=False, note=draft.note)
        return set_pdf("cfdi", paper | _UNSTAMPED | {"number": _number(issue)})
    except (FiscalError, ValueError) as error:
        raise CannotPrint(_("Al borrador le faltan datos para verse como documento: complétalo primero.")) from error
    except CannotSet as error:
        raise CannotPrint(_("No se pudo formar el PDF del borrador.")) from error


_UNSTAMPED = {"mark": MARK, "uuid": "Sin timbrar", "footer": MARK, "qr": "", "stamp": [], "seals": [], "issued_at": "—"}


def _number(issue: Issue) -> str:
    return "-".join(part for part in (issue.series, issue.folio) if part) or "Borrador"
