"""What each row of opening balances would do, looked at beside what is on file. Reads only.

A row whose invoice is on file as a CFDI but is not collected (its customer is off) opens with the balance of the
sheet: the person says what is still owed, and payments up to the day of the opening are already in it. The CFDI is
linked to it, so that later notes, complements and cancellations have their effect.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from aldia.customers.identity import Identity, identify, is_foreign, is_public
from aldia.customers.models import Customer
from aldia.customers.operations.intake import find
from aldia.documents.models import AuthorityStatus, Direction, FiscalDocument, number_of
from aldia.domain import tax_ids
from aldia.domain.fiscal.document import Party
from aldia.domain.folding import fold
from aldia.domain.money import format_money
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Receivable
from aldia.receivables.opening_rows import OpeningRow
from aldia.tenancy.models import Company

OPENED, DUPLICATE, IGNORED, ERROR = "opened", "duplicate", "ignored", "error"
COLLECTED = ("invoice", "debit_note")


@dataclass(frozen=True, slots=True)
class RowResult:
    """What a row does: `outcome` one of opened, duplicate, ignored, error; `customer` None: it would be created."""

    row: OpeningRow
    outcome: str
    code: str
    message: str
    customer: Customer | None = None
    document: FiscalDocument | None = None

    @property
    def key(self) -> str:
        """The fiscal key it answers to: its own, or that of the CFDI on file with its number."""
        return self.row.key or (self.document.key if self.document else "")

    @property
    def is_new_customer(self) -> bool:
        return self.outcome == OPENED and self.customer is None

    @property
    def switches_on(self) -> bool:
        return self.outcome == OPENED and (self.customer is None or not self.customer.collecting)


class Refused(Exception):
    """The row opens nothing; outcome, code and sentence."""

    def __init__(self, outcome: str, code: str, message: str) -> None:
        self.outcome, self.code = outcome, code
        super().__init__(message)


@dataclass(slots=True)
class OnFile:
    """What is on file of what the rows name."""

    customers: dict[Identity, Customer] = field(default_factory=dict)
    foreign: dict[str, list[Customer]] = field(default_factory=dict)
    by_key: dict[str, Receivable] = field(default_factory=dict)
    by_number: dict[tuple[uuid.UUID, str, str], list[Receivable]] = field(default_factory=dict)
    documents: dict[str, FiscalDocument] = field(default_factory=dict)
    numbered: dict[tuple[uuid.UUID, str, str], FiscalDocument] = field(default_factory=dict)


class Checker:
    """Judges rows one after another; remembers those it saw, so that a repeated one is told apart."""

    def __init__(self, *, company: Company, today: date) -> None:
        self.company, self.today = company, today
        self.seen: dict[object, OpeningRow] = {}

    def check(self, rows: Sequence[OpeningRow]) -> list[RowResult]:
        """A result for each row; a handful of queries however many."""
        on_file = self._load([row for row in rows if not row.problems])
        return [self._judge(row, on_file) for row in rows]

    def _judge(self, row: OpeningRow, on_file: OnFile) -> RowResult:
        customer = document = None
        try:
            if row.problems:
                raise Refused(ERROR, "cell", " ".join(row.problems))
            customer = self.customer_of(row, on_file)
            self._check_itself(row)
            self._check_repeated(row)
            _check_collected(row, customer, on_file)
            document = self._document(row, customer, on_file)
        except Refused as refusal:
            message = str(refusal)
            if refusal.code != "cell":
                message = _("Fila %(row)s: %(why)s") % {"row": row.line, "why": message}
            return RowResult(row, refusal.outcome, refusal.code, message, customer)
        message = _("Fila %(row)s: %(why)s") % {"row": row.line, "why": self._opening(row, customer, document)}
        return RowResult(row, OPENED, "opened", message, customer, document)

    def _opening(self, row: OpeningRow, customer: Customer | None, document: FiscalDocument | None) -> str:
        owed = format_money(row.balance, row.currency, home=self.company.currency)
        if document is not None:
            return _("por cobrar %(owed)s, ligada a su CFDI en archivo.") % {"owed": owed}
        if customer is None:
            return _("por cobrar %(owed)s; se crea su cliente.") % {"owed": owed}
        return _("por cobrar %(owed)s.") % {"owed": owed}

    # Who owes it

    def customer_of(self, row: OpeningRow, on_file: OnFile) -> Customer | None:
        """The customer on file, None if it is to be created; raises `Refused` where nobody can owe it."""
        country = self.company.country
        if is_public(country, row.tax_id):
            raise Refused(ERROR, "generic", _("las ventas al público en general no se cobran."))
        if row.tax_id == tax_ids.normalise(country, self.company.tax_id):
            raise Refused(ERROR, "own", _("el cliente es tu propia empresa."))
        if is_foreign(country, row.tax_id):
            return self._foreign(row, on_file)
        customer = on_file.customers.get(identify(country, Party(row.tax_id, row.name)))
        if customer is None:
            report = tax_ids.check(country, row.tax_id)
            if not report.ok:
                raise Refused(ERROR, "tax_id", report.message)
        return customer

    def _foreign(self, row: OpeningRow, on_file: OnFile) -> Customer | None:
        """Those who share the foreign tax id are told apart by name."""
        if not fold(row.name):
            raise Refused(ERROR, "nameless", _("falta el nombre del cliente extranjero: comparten el mismo RFC."))
        named = on_file.foreign.get(fold(row.name), [])
        if len(named) > 1:
            raise Refused(ERROR, "ambiguous", _("hay varios clientes extranjeros con ese nombre."))
        return named[0] if named else None

    # The row by itself, and beside the others of the file

    def _check_itself(self, row: OpeningRow) -> None:
        if row.issued_on > self.today:
            raise Refused(ERROR, "future", _("la fecha de emisión es posterior a hoy."))
        if row.balance == 0:
            raise Refused(IGNORED, "paid", _("su saldo es cero: no hay nada que cobrar."))

    def _check_repeated(self, row: OpeningRow) -> None:
        who = identify(self.company.country, Party(row.tax_id, row.name))
        names: list[object] = [(who, number, row.currency) for number in sorted(row.spellings)]
        for name in [row.key, *names] if row.key else names:
            first = self.seen.setdefault(name, row)
            if first is row or (first.key and row.key and first.key != row.key):
                continue
            if (first.total, first.balance, first.currency) != (row.total, row.balance, row.currency):
                why = _("es la misma factura que la fila %(first)s, con otro importe: deja una sola.")
                raise Refused(ERROR, "conflict", why % {"first": first.line})
            raise Refused(DUPLICATE, "repeated", _("repite la fila %(first)s.") % {"first": first.line})

    # Beside what is on file

    def _document(self, row: OpeningRow, customer: Customer | None, on_file: OnFile) -> FiscalDocument | None:
        """The CFDI on file that the row is about, which must agree with it."""
        document = on_file.documents.get(row.key) if row.key else None
        if document is None and customer is not None and not row.key:
            named = [on_file.numbered.get((customer.pk, number, row.currency)) for number in row.spellings]
            document = next((each for each in named if each is not None), None)
        if document is None:
            return None
        if document.direction != Direction.ISSUED or document.kind not in COLLECTED:
            raise Refused(ERROR, "not_charge", _("ese UUID está en archivo y no es una factura tuya."))
        if customer is None or document.customer_id != customer.pk:
            why = _("su CFDI en archivo es de otro cliente (%(tax_id)s).") % {"tax_id": document.receiver_tax_id}
            raise Refused(ERROR, "other_customer", why)
        if document.status == AuthorityStatus.CANCELLED:
            raise Refused(IGNORED, "cancelled", _("su CFDI está cancelado ante el SAT: no se cobra."))
        if (document.currency, document.total) != (row.currency, row.total):
            kept = format_money(document.total, document.currency, home=self.company.currency)
            why = _("su CFDI en archivo es por %(total)s y la fila dice otro total.") % {"total": kept}
            raise Refused(ERROR, "other_total", why)
        if document.key in on_file.by_key:
            raise Refused(DUPLICATE, "duplicate", _("ya estaba por cobrar: no cambió nada."))
        if customer.collecting:
            why = _("su CFDI está en archivo y ya tuvo su efecto: no hay nada que abrir.")
            raise Refused(DUPLICATE, "on_file", why)
        return document

    def _load(self, rows: Sequence[OpeningRow]) -> OnFile:
        found, country = OnFile(), self.company.country
        plain = {identify(country, Party(row.tax_id, row.name)) for row in rows if not is_foreign(country, row.tax_id)}
        found.customers = find(identities=plain)
        foreign = {row.tax_id for row in rows if is_foreign(country, row.tax_id)}
        for each in Customer.objects.filter(country=country, tax_id__in=foreign):
            found.foreign.setdefault(fold(each.legal_name), []).append(each)
        _load_numbers(found, rows)
        numbered = {each.key for each in found.numbered.values()}
        _load_keys(found, numbered | {row.key for row in rows if row.key})
        return found


def _check_collected(row: OpeningRow, customer: Customer | None, on_file: OnFile) -> None:
    """A receivable with the same key, or of the same customer with the same number and currency, is never doubled."""
    there = on_file.by_key.get(row.key) if row.key else None
    if there is None and customer is not None:
        named = [
            each
            for number in sorted(row.spellings)
            for each in on_file.by_number.get((customer.pk, number, row.currency), ())
            if not (row.key and each.key and each.key != row.key)
        ]
        there = next(iter(named), None)
    if there is None:
        return
    if there.voided_on is not None:
        raise Refused(DUPLICATE, "voided", _("ya estaba y se canceló: no cambió nada."))
    raise Refused(DUPLICATE, "duplicate", _("ya estaba por cobrar: no cambió nada."))


def _load_keys(found: OnFile, keys: set[str]) -> None:
    for part in chunks(sorted(keys), 500):
        rows = Receivable.objects.filter(~Q(key=""), key__in=part)  # its partial index: the condition is repeated
        found.by_key |= {row.key: row for row in rows}
        found.documents |= {row.key: row for row in FiscalDocument.objects.filter(key__in=part)}


def _load_numbers(found: OnFile, rows: Iterable[OpeningRow]) -> None:
    """Receivables and documents by customer, number and currency: number first, the index that narrows most."""
    rows = list(rows)
    ids = {each.pk for each in found.customers.values()} | {c.pk for some in found.foreign.values() for c in some}
    for part in chunks(sorted({number for row in rows for number in row.spellings}), 500):
        for receivable in Receivable.objects.filter(number__in=part):
            if receivable.customer_id in ids:
                name = (receivable.customer_id, receivable.number, receivable.currency)
                found.by_number.setdefault(name, []).append(receivable)
    folios = {row.folio for row in rows} | {row.folio.rpartition("-")[2] for row in rows}
    for part in chunks(sorted(folios - {""}), 500):
        documents = FiscalDocument.objects.filter(folio__in=part, direction=Direction.ISSUED, kind__in=COLLECTED)
        for document in documents:
            if document.customer_id in ids:
                number = number_of(document.series, document.folio, document.key)
                found.numbered[document.customer_id, number, document.currency] = document


def token_of(results: Iterable[RowResult]) -> str:
    """A hash of what would be done: two previews with the same token do the same."""
    told = [
        [each.row.line, each.outcome, each.code, each.message, str(each.customer.pk if each.customer else ""),
         each.row.number, each.row.key, each.row.balance, each.row.total, each.row.currency]
        for each in results
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
