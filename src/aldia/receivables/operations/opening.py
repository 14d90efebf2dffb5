"""Opening balances: what the company was owed before it came, opened from a sheet and never twice.

Each row opens a receivable of kind "opening"; what was paid of it before is a credit of the same kind. Both are dated
on the day of issue, so that balances are those of the sheet on every day from then on. `opening_on` says until when
documents are already counted in the balance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext as _

from aldia.customers.models import CreditLine, Customer
from aldia.customers.operations.intake import match_or_create
from aldia.domain.fiscal import terms
from aldia.domain.fiscal.document import Party
from aldia.domain.money import minor_text
from aldia.receivables.clusters import chunks
from aldia.receivables.desk import Desk
from aldia.receivables.models import Credit, CreditKind, Receivable, ReceivableKind
from aldia.receivables.opening_check import OPENED, Checker, RowResult, token_of
from aldia.receivables.opening_rows import OpeningRow
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.switching import switch_on
from aldia.receivables.posting import CHAIN
from aldia.receivables.settings import collection_settings
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

SOURCE = RULE = "opening"
CHUNK = 250  # rows per transaction, as imports do


class PreviewChanged(ValueError):
    """What is on file changed after the preview was shown; nothing was written."""


@dataclass(frozen=True, slots=True)
class OpeningPreview:
    """What every row would do, in the order of the sheet, and the token that applies exactly that."""

    results: list[RowResult]
    token: str


@dataclass(slots=True)
class Opened:
    """What was done: each row's outcome, how many receivables opened, customers created and switched on."""

    results: list[RowResult] = field(default_factory=list)
    receivables: int = 0
    created: int = 0
    switched_on: int = 0
    owed: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(each.outcome for each in self.results))


def preview_opening(*, rows: Sequence[OpeningRow], today: date) -> OpeningPreview:
    """What the rows would do now. Writes nothing."""
    checker = Checker(company=_company(), today=today)
    results = [each for part in chunks(rows, 5000) for each in checker.check(part)]
    return OpeningPreview(results, token_of(results))


def apply_opening(
    *,
    rows: Sequence[OpeningRow],
    today: date,
    actor: User | None,
    name: str = "",
    collect: bool = True,
    token: str = "",
    progress: Callable[[int], None] | None = None,
) -> Opened:
    """Open what the rows say, a chunk per transaction: interrupted or repeated, no row opens twice.

    `collect` switches the customers of opened rows on. With a `token` nothing is written unless the preview is still
    the one that the person saw (`PreviewChanged`). `progress` is told how many rows are done.
    """
    if token and preview_opening(rows=rows, today=today).token != token:
        raise PreviewChanged(_("Algo cambió desde que viste la revisión. Revísala otra vez antes de aplicar."))
    done = Opened()
    checker = Checker(company=_company(), today=today)
    for part in chunks(rows, CHUNK):
        with transaction():
            _apply_chunk(checker, part, done, actor, name, collect)
        if progress is not None:
            progress(len(done.results))
    return done


def _apply_chunk(
    checker: Checker, rows: Sequence[OpeningRow], done: Opened, actor: User | None, name: str, collect: bool
) -> None:
    lock_chain(CHAIN)  # before anything else: what is on file stays as it is looked at
    results = checker.check(rows)
    results, created = _with_customers(results, checker.company.country, actor)
    opening = [each for each in results if each.outcome == OPENED]
    opened = _open(opening, checker.today, actor)
    off = {each.customer.pk for each in opening if each.customer and not each.customer.collecting}
    if opened:
        owed = {currency: minor_text(amount, currency) for currency, amount in sorted(_owed(opening).items())}
        detail = {"receivables": [str(row.pk) for row in opened], "owed": owed, "file": name[:200]}
        audit.record(actor=actor, verb="receivables.openings_loaded", object_type="receivable", detail=detail)
        if collect and off:
            done.switched_on += switch_on(customer_ids=off, today=checker.today, actor=actor).customers
        if keys := {row.key for row in opened if row.key}:
            apply_documents(keys=keys, today=checker.today, actor=actor)
        done.owed.update(_owed(opening))
    done.results += results
    done.receivables += len(opened)
    done.created += created


def _with_customers(results: Iterable[RowResult], country: str, actor: User | None) -> tuple[list[RowResult], int]:
    """The same results with the customers that did not exist, created (off, until they are switched on)."""
    results = list(results)
    parties = {id(each): Party(each.row.tax_id, each.row.name) for each in results if each.is_new_customer}
    if not parties:
        return results, 0
    customers = match_or_create(parties=parties.values(), country=country, actor=actor)
    named = [replace(each, customer=customers[parties[id(each)]]) if id(each) in parties else each for each in results]
    return named, len({customer.pk for customer in customers.values()})


def _open(results: Sequence[RowResult], today: date, actor: User | None) -> list[Receivable]:
    """Put the rows on the books, with what was paid of them before."""
    if not results:
        return []
    desk = Desk(actor=actor)
    customers = {each.customer.pk for each in results if each.customer}
    lines = {row.customer_id: row for row in CreditLine.objects.filter(customer_id__in=customers, is_default=True)}
    default_days = collection_settings().default_term_days
    opened = []
    for each in results:
        assert each.customer is not None  # noqa: S101
        line = lines.get(each.customer.pk)
        due_on = each.row.due_on or _due_on(each.row, each.customer, line, default_days)
        receivable = desk.open(_receivable(each, each.customer, line, due_on, today))
        _pay_before(desk, receivable, each.row)
        opened.append(receivable)
    desk.close()
    return opened


def _receivable(
    result: RowResult, customer: Customer, line: CreditLine | None, due_on: date, today: date
) -> Receivable:
    row = result.row
    return Receivable(
        id=uuid7(),
        customer=customer,
        kind=ReceivableKind.OPENING,
        document_id=result.document.pk if result.document else None,
        key=result.key,
        number=row.number,
        purchase_order=row.purchase_order,
        currency=row.currency,
        total=row.total,
        issued_on=row.issued_on,
        due_on=due_on,
        credit_line=line if line and line.currency == row.currency else None,
        opening_on=today,
    )


def _due_on(row: OpeningRow, customer: Customer, line: CreditLine | None, default_days: int) -> date:
    days = terms.term_days(
        customer=customer.term_days,
        credit_line=line.term_days if line else None,
        conditions="",
        company=default_days,
    )
    return terms.due_on(row.issued_on, days)


def _pay_before(desk: Desk, receivable: Receivable, row: OpeningRow) -> None:
    paid = row.total - row.balance
    if not paid:
        return
    credit = desk.record(
        Credit(
            id=uuid7(),
            customer_id=receivable.customer_id,
            kind=CreditKind.OPENING,
            source=SOURCE,
            external_key=f"opening:{receivable.id}",
            currency=receivable.currency,
            amount=paid,
            received_on=row.issued_on,
            reference=receivable.number,
        )
    )
    desk.apply(credit, receivable, amount=paid, credit_amount=paid, on=row.issued_on, rule=RULE)


def _owed(opening: Sequence[RowResult]) -> Counter[str]:
    """What the rows leave owed, in minor units by currency."""
    sums: Counter[str] = Counter()
    for each in opening:
        sums[each.row.currency] += each.row.balance
    return sums


def _company() -> Company:
    return Company.objects.get(pk=current_company_id())
