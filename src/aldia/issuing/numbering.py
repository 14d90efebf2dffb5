"""The next number of a series: the series' row is the lock, and no number that is on file is given again."""

from __future__ import annotations

from django.db.models.functions import Length

from aldia.documents.models import Direction, FiscalDocument
from aldia.issuing.models import Folio
from aldia.tenancy.scope import current_company_id


def next_folio(series: str) -> str:
    """Take the next number of a series; joins the caller's transaction, and its end gives the number for good."""
    Folio.objects.get_or_create(
        company_id=current_company_id(), series=series, defaults={"last": _highest_on_file(series)}
    )
    row = Folio.objects.select_for_update().get(series=series)
    number = row.last + 1
    if _is_on_file(series, number):  # issued with another program since
        number = _highest_on_file(series) + 1
    row.last = number
    row.save(update_fields=["last"])
    return str(number)


def _is_on_file(series: str, number: int) -> bool:
    return FiscalDocument.objects.filter(series=series, folio=str(number), direction=Direction.ISSUED).exists()


def _highest_on_file(series: str) -> int:
    """The highest plain number of the series among what the company issued; 0 without any."""
    rows = FiscalDocument.objects.filter(series=series, direction=Direction.ISSUED, folio__regex=r"^[1-9][0-9]{0,17}$")
    found = rows.annotate(digits=Length("folio")).order_by("-digits", "-folio").values_list("folio", flat=True).first()
    return int(found) if found else 0
