"""Many customers at once from their sheet: first what would change, then exactly that or nothing.

The preview is a function of the file and of what is on file now; `token` is its hash. Applying computes it again with
the customers locked and refuses (`PreviewChanged`) if it is not the one that the person saw.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aldia.customers import sheets
from aldia.customers.identity import identify, is_foreign
from aldia.customers.models import Customer, Portfolio
from aldia.customers.operations.intake import clip
from aldia.customers.operations.sheet_changes import Change, Rules, changes_of
from aldia.customers.operations.sheet_rows import Applied, write_rows
from aldia.customers.operations.versions import Refused
from aldia.customers.sheets import Current, Wanted
from aldia.domain import tax_ids
from aldia.domain.fiscal.document import Party
from aldia.domain.folding import fold
from aldia.integrations.spreadsheets import Limits, read_records
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

LIMITS = Limits(rows=sheets.MAX_ROWS)


class PreviewChanged(Exception):
    """What is on file changed after the preview was shown; nothing was written."""

    def __init__(self) -> None:
        super().__init__(_("Algo cambió desde que viste la revisión. Revísala otra vez antes de aplicar."))


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row: what changes (all of it, if the customer is new), or why it cannot be."""

    number: int
    name: str
    tax_id: str
    customer_id: uuid.UUID | None = None
    changes: tuple[Change, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        return self.customer_id is None and not self.errors


@dataclass(frozen=True, slots=True)
class Preview:
    """Rows that change or have errors, in the order of the sheet, and how many stay as they are."""

    rows: tuple[RowChange, ...]
    unchanged: int
    token: str

    @property
    def changed(self) -> list[RowChange]:
        return [row for row in self.rows if not row.errors]

    @property
    def failed(self) -> list[RowChange]:
        return [row for row in self.rows if row.errors]

    def switching(self, on: bool) -> list[RowChange]:
        """Rows that switch a customer on (or off)."""
        wanted = ("collecting", on)
        return [row for row in self.changed if any((each.field, each.value) == wanted for each in row.changes)]


def preview_changes(*, data: bytes, customers: QuerySet[Customer], rules: Rules) -> Preview:
    """What the sheet would change among `customers`. Raises `SheetError` when the file cannot be read at all."""
    wanted = _read(data, rules)
    return _preview(wanted, _on_file(wanted, customers, rules), rules)


def apply_changes(
    *, data: bytes, customers: QuerySet[Customer], rules: Rules, token: str, today: date, actor: User | None
) -> Applied:
    """Write what the preview with this token showed; rows with errors stay as they are.

    Switching is left to the caller (`Applied.on`, `.off`): it opens receivables. Raises `PreviewChanged`, `SheetError`.
    """
    wanted = _read(data, rules)
    with transaction():
        ids = sorted(each.pk for each in _on_file(wanted, customers, rules).everybody())
        list(Customer.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
        on_file = _on_file(wanted, customers, rules)
        preview = _preview(wanted, on_file, rules)
        if preview.token != token:
            raise PreviewChanged
        applied = _write(preview, on_file, rules, today)
        if applied.detail:
            detail = {"customers": applied.detail}
            audit.record(actor=actor, verb="customers.sheet_applied", object_type="customers", detail=detail)
    return applied


def _write(preview: Preview, on_file: _OnFile, rules: Rules, today: date) -> Applied:
    """An import may create one of the new customers at this very moment."""
    try:
        with transaction():
            return write_rows(preview.changed, on_file.current, rules.country, today)
    except IntegrityError as error:
        raise PreviewChanged from error


@dataclass(slots=True)
class _OnFile:
    """What is on file of what the sheet names."""

    current: dict[uuid.UUID, Current] = field(default_factory=dict)
    by_tax_id: dict[str, list[Customer]] = field(default_factory=dict)
    portfolios: dict[str, Portfolio] = field(default_factory=dict)

    def everybody(self) -> Iterable[Customer]:
        return (each.customer for each in self.current.values())


def _read(data: bytes, rules: Rules) -> list[Wanted]:
    records = read_records(data, columns=sheets.HEADINGS, required=("tax_id",), decimal=rules.decimal, limits=LIMITS)
    return [sheets.read_wanted(record, rules.currency) for record in records]


def _on_file(wanted: list[Wanted], customers: QuerySet[Customer], rules: Rules) -> _OnFile:
    """Everything the sheet names, in a few queries whatever its length."""
    found = _OnFile(portfolios={fold(each.name): each for each in Portfolio.objects.all()})
    for start in range(0, len(wanted), sheets.CHUNK):
        part = wanted[start : start + sheets.CHUNK]
        ids = [row.customer_id for row in part if row.customer_id]
        tax_id_list = [tax_ids.normalise(rules.country, row.tax_id) for row in part if row.tax_id]
        slice_ = customers.select_related("portfolio")
        rows = {each.pk: each for each in slice_.filter(pk__in=ids)} | {
            each.pk: each for each in slice_.filter(tax_id__in=tax_id_list)
        }
        fresh = [row for pk, row in rows.items() if pk not in found.current]
        found.current |= {each.customer.pk: each for each in sheets.together(fresh)}
        for customer in fresh:
            found.by_tax_id.setdefault(customer.tax_id, []).append(customer)
    return found


def _preview(wanted: list[Wanted], on_file: _OnFile, rules: Rules) -> Preview:
    seen: dict[object, int] = {}
    rows = [_row(each, on_file, rules, seen) for each in wanted]
    telling = tuple(row for row in rows if row.changes or row.errors)
    canonical = json.dumps([asdict(row) for row in telling], sort_keys=True, default=str)
    return Preview(telling, len(rows) - len(telling), hashlib.sha256(canonical.encode()).hexdigest())


def _row(wanted: Wanted, on_file: _OnFile, rules: Rules, seen: dict[object, int]) -> RowChange:
    tax_id = tax_ids.normalise(rules.country, wanted.tax_id)
    try:
        current = _match(wanted, tax_id, on_file)
        key: object = current.customer.pk if current else identify(rules.country, Party(tax_id, wanted.legal_name))
        if key in seen:
            raise Refused(_("este cliente ya está en la fila %(row)s.") % {"row": seen[key]})
        seen[key] = wanted.number
        if current is None:
            _check_new(wanted, tax_id, rules)
    except Refused as error:
        sentence = _("Fila %(row)s: %(why)s") % {"row": wanted.number, "why": error}
        return RowChange(wanted.number, clip(wanted.legal_name, 300), tax_id, errors=(sentence, *wanted.errors))
    changes, errors = changes_of(wanted, current, tax_id, on_file.portfolios, rules)
    errors = (*wanted.errors, *errors)
    if current is None:
        return RowChange(wanted.number, clip(wanted.legal_name, 300), tax_id, None, () if errors else changes, errors)
    customer = current.customer
    return RowChange(
        wanted.number, customer.legal_name, customer.tax_id, customer.pk, () if errors else changes, errors
    )


def _match(wanted: Wanted, tax_id: str, on_file: _OnFile) -> Current | None:
    """By our id, else by tax id. An id beside another customer's tax id is a sheet sorted by half."""
    if wanted.customer_id is not None:
        current = on_file.current.get(wanted.customer_id)
        if current is None:
            raise Refused(_("el cliente de esta fila ya no existe o no está en tu cartera."))
        if tax_id and current.customer.tax_id != tax_id:
            raise Refused(
                _("el RFC %(tax_id)s no es el de %(name)s: ¿se ordenó solo una parte de la hoja?")
                % {"tax_id": tax_id, "name": current.customer}
            )
        return current
    if not tax_id:
        raise Refused(_("falta el RFC."))
    found = on_file.by_tax_id.get(tax_id, [])
    if len(found) > 1:
        named = [each for each in found if fold(each.legal_name) == fold(wanted.legal_name)]
        if len(named) != 1:
            raise Refused(_("hay %(n)s clientes con el RFC %(tax_id)s: usa la hoja exportada, que trae su ID.")
                          % {"n": len(found), "tax_id": tax_id})  # fmt: skip
        return on_file.current[named[0].pk]
    if found and not is_foreign(found[0].country, tax_id):
        return on_file.current[found[0].pk]
    same = [each for each in found if fold(each.legal_name) == fold(wanted.legal_name) or not wanted.legal_name]
    return on_file.current[same[0].pk] if same else None


def _check_new(wanted: Wanted, tax_id: str, rules: Rules) -> None:
    if not rules.create_missing:
        raise Refused(
            _("no hay un cliente con el RFC %(tax_id)s. Marca «crear los que falten» si es nuevo.") % {"tax_id": tax_id}
        )
    report = tax_ids.check(rules.country, tax_id)
    if not report.ok:
        raise Refused(report.message)
    if not clip(wanted.legal_name, 300):
        raise Refused(_("falta la razón social del cliente nuevo."))
