"""The demo's bank: accounts, statement files that are uploaded like anybody's, and what its people reconciled so far.

The weeks before are reconciled; of the last days the queue is left, for whoever opens the demo.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

from aldia.banking.models import AdjustmentReason, BankAccount, BankMovement, MovementState
from aldia.banking.operations import accepting, shelving
from aldia.banking.operations.accounts import Details, create_account
from aldia.banking.operations.adjusting import adjust, save_reason
from aldia.banking.operations.deciding import reconcile
from aldia.banking.operations.movements import MatchError
from aldia.banking.operations.preferences import own_matching_settings, update_matching_settings
from aldia.banking.operations.statements import import_file, upload
from aldia.banking.plans import Line as PlanLine
from aldia.banking.plans import Plan
from aldia.demo import bank_story
from aldia.demo.bank_debtors import debtors_of
from aldia.demo.bank_files import Book, Line, banorte_sheet, bbva_text, dollars_ofx, ordered
from aldia.demo.bank_story import SPEI_FEE, SPEI_FEE_VAT, Debtor, Deposit, Pool
from aldia.demo.generator import DEMO_SEED
from aldia.demo.people import DemoCast
from aldia.documents.models import ComplementPayment
from aldia.domain.money import Money
from aldia.payments.models import PaymentAttempt, PaymentLink, ReportedPayment, ReportState
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.models import User

BANORTE_CLABE, DOLLARS = "072180009876543213", "65501234567"
REASONS = (
    ("Comisiones bancarias", "701.10", "out"),
    ("IVA de comisiones", "118.01", "out"),
    ("Intereses ganados", "702.02", "in"),
    ("Venta de activo", "704.01", "in"),
)
RENT = 4_640_00


@dataclass(frozen=True, slots=True)
class Accounts:
    bbva: BankAccount
    banorte: BankAccount
    dollars: BankAccount


def bank(cast: DemoCast, owner: User, *, today: date, now: datetime) -> None:
    """Open the accounts, tell the past and have it reconciled, then tell the last days."""
    accounts = _open_accounts(cast, owner)
    _settle_how(owner)
    _rents(owner, today)
    pool = Pool(debtors_of(cast, "MXN"), Random(f"{DEMO_SEED}:bank"), today)  # noqa: S311  (a story, not a secret)
    dollars = Pool(debtors_of(cast, "USD"), Random(f"{DEMO_SEED}:usd"), today)  # noqa: S311
    told = _Teller(accounts, owner, today, now)
    told.past(cast, pool)
    told.present(pool, dollars)


def _open_accounts(cast: DemoCast, owner: User) -> Accounts:
    holder = cast.company.name
    made = [
        create_account(details=Details(name, currency, bank=bank, number=number, holder=holder), actor=owner)
        for name, currency, bank, number in (
            ("BBVA operación", "MXN", "BBVA", cast.company.clabe),
            ("Banorte cobranza", "MXN", "Banorte", BANORTE_CLABE),
            ("Dólares", "USD", "Santander", DOLLARS),
        )
    ]
    return Accounts(*made)


def _settle_how(owner: User) -> None:
    """What the bank and the card provider keep, and the accounts of what is nobody's payment."""
    card = {"key": "Tarjetas", "ppm": 36_000, "fixed": 3_00, "vat_ppm": 160_000}
    changes = {"fees": [SPEI_FEE + SPEI_FEE_VAT, SPEI_FEE], "commissions": [card]}
    update_matching_settings(version=own_matching_settings().version, changes=changes, actor=owner)
    for name, code, direction in REASONS:
        if not AdjustmentReason.objects.filter(name=name).exists():
            save_reason(name=name, code=code, account_name=name, direction=direction, actor=owner)


def _rents(owner: User, today: date) -> None:
    """Months of the same rent: documents that only their number tells apart."""
    clean = Receivable.objects.filter(balance__gt=0, currency="MXN", customer__generic=False, customer__collecting=True)
    free = clean.exclude(customer__in=PaymentLink.objects.values("customer"))
    chosen = list(free.values_list("customer_id", flat=True).distinct().order_by("customer_id")[:3])
    for customer in chosen:
        for month in range(3):
            issued = today - timedelta(days=75 - 20 * month)
            open_charge(
                customer_id=customer, kind="charge_note", total=Money(RENT, "MXN"), issued_on=issued,
                due_on=issued + timedelta(days=10), concept=f"Renta de exhibidor {issued:%m/%Y}",
                key=uuid.uuid5(customer, f"rent:{month}"), actor=owner,
            )  # fmt: skip


@dataclass
class _Teller:
    """Writes files, brings them in, and does what the demo's people did with them."""

    accounts: Accounts
    owner: User
    today: date
    now: datetime
    later: list[Deposit] = field(default_factory=list)  # told with the past, and coming in the last days
    returned: Line | None = None  # of the past, and given back in the last days

    # the weeks before

    def past(self, cast: DemoCast, pool: Pool) -> None:
        """Payments that are on the books already, some new ones, and all of it explained."""
        known = self._known(cast, pool, 34, 13)
        cited = list(bank_story.cited(pool, 5, 24))
        others = [
            *bank_story.by_another(pool, "GRUPO LOGISTICO PINO ALTO SA DE CV", "021180040012345670", (26, 19, 4)),
            *bank_story.by_another(pool, "INVERSIONES CASA LUNA SC", "014320655001234569", (22, 16, 2)),
        ]
        self.later = [each for each in others if each.line.on > self.today - timedelta(days=10)]
        past = [*known, *cited, *(each for each in others if each not in self.later)]
        self.returned = cited[0].line if cited else None
        self._bring("BBVA movimientos del mes.txt", self.accounts.bbva, bbva_text,
                    [*bank_story.charges(pool, 34, 11)], 812_400_00)  # fmt: skip
        self._bring("Banorte movimientos del mes.csv", self.accounts.banorte, banorte_sheet,
                    [each.line for each in past], 145_300_00)  # fmt: skip
        reconcile(now=self.now)
        self._explain(past)
        self._shelve()

    def _known(self, cast: DemoCast, pool: Pool, first: int, last: int) -> list[Deposit]:
        """Payments that complements told of."""
        clabes = {person.rfc: person.clabe for person in cast.customers}
        rows = Credit.objects.filter(
            kind="payment", source="document", currency="MXN", reversed_on=None, customer__generic=False,
            received_on__range=(self.today - timedelta(days=first), self.today - timedelta(days=last)),
        )  # fmt: skip
        found = []
        for row in rows.select_related("customer").order_by("received_on", "id"):
            who = Debtor(str(row.customer_id), row.customer.legal_name, row.customer.tax_id,
                         clabes.get(row.customer.tax_id, ""), ())  # fmt: skip
            line = pool.transfer(who, row.amount, row.received_on, "PAGO DE FACTURAS")
            found.append(Deposit(line, "known", who.key))
        return found

    def _explain(self, told: Sequence[Deposit]) -> None:
        """What was proposed rightly is accepted; what was not is said by hand."""
        truth = {each.line.trace: each for each in told}
        waiting = BankMovement.objects.filter(state=MovementState.PENDING, amount__gt=0, trace_key__in=truth)
        by_hand, right = [], []
        for row in waiting.order_by("booked_on", "id"):
            deposit = truth[row.trace_key]
            (by_hand if deposit.kind == "learned" else right).append((row, deposit))
        accepting.accept_many(movement_ids=[row.pk for row, _deposit in right], actor=self.owner, now=self.now)
        for row, deposit in by_hand:
            self._by_hand(row, deposit)

    def _by_hand(self, row: BankMovement, deposit: Deposit) -> None:
        lines = tuple(PlanLine(uuid.UUID(key), amount) for key, amount in deposit.pays)
        plan = Plan(uuid.UUID(deposit.customer), lines, left=deposit.left)
        try:
            accepting.by_hand(
                movement_id=row.pk, plan=plan, key=f"demo:{row.pk}", actor=self.owner, now=self.now
            )  # fmt: skip
        except MatchError:
            shelving.comment(movement_id=row.pk, text="Revisar con el cliente", actor=self.owner)

    def _shelve(self) -> None:
        """Charges of the past: commissions to their account, wages and suppliers out of the way."""
        fee = AdjustmentReason.objects.get(name=REASONS[0][0])
        vat = AdjustmentReason.objects.get(name=REASONS[1][0])
        charges = BankMovement.objects.filter(state=MovementState.PENDING, amount__lt=0)
        rest = []
        for row in charges.order_by("booked_on", "id"):
            reason = vat if row.text.startswith("IVA") else fee if "COMISION" in row.text else None
            if reason is None:
                rest.append(row.pk)
            else:
                adjust(movement_id=row.pk, reason_id=reason.pk, key=f"demo:{row.pk}", actor=self.owner, now=self.now)
        shelving.archive(
            movement_ids=rest, reason="Nómina, renta y proveedores: no son de clientes", actor=self.owner, now=self.now
        )

    # the last days

    def present(self, pool: Pool, dollars: Pool) -> None:
        """The queue: uploaded and decided, and left as it is. The files overlap what is on file by some days."""
        told = [*bank_story.queue(pool), *self.later]
        bare = [each.line for each in told if each.kind in ("folio", "folios", "cash", "stranger")]
        rich = [each.line for each in told if each.line not in bare]
        out, back = self._own_transfer()
        bbva = [*bare, *bank_story.charges(pool, 10, 0), *self._payout(), out]
        banorte = [
            *rich,
            *self._on_books(pool),
            *self._reported(pool),
            *self._returns(pool),
            back,
            *self._in_pesos(dollars),
        ]
        self._bring("BBVA últimos días.txt", self.accounts.bbva, bbva_text, bbva, None)
        self._bring("Banorte últimos días.csv", self.accounts.banorte, banorte_sheet, banorte, None)
        usd = [each.line for each in bank_story.cited(dollars, 3, 8)]
        if usd:
            self._bring("Dolares.ofx", self.accounts.dollars, dollars_ofx, usd, 18_250_00)
        reconcile(now=self.now)

    def _payout(self) -> list[Line]:
        """What the test provider took in a day, less its commission, in one deposit."""
        sums: dict[date, int] = {}
        taken = PaymentAttempt.objects.filter(credit__isnull=False, credit__reversed_on=None, credit__source="provider")
        for each in taken.select_related("credit"):
            if each.credit and each.credit.received_on < self.today:
                sums[each.credit.received_on] = sums.get(each.credit.received_on, 0) + each.credit.amount - each.fee
        return [Line(day, total, "DEPOSITO PROVEEDOR DE PAGOS LIQUIDACION") for day, total in sums.items() if total > 0]

    def _on_books(self, pool: Pool) -> list[Line]:
        """Payments of these days that are on the books: noted by hand, or told by a complement that cites the key."""
        rows = Credit.objects.filter(
            kind="payment", source__in=("person", "document"), currency="MXN", reversed_on=None,
            customer__generic=False, received_on__range=(self.today - timedelta(days=9), self.today),
        )  # fmt: skip
        keys = dict(ComplementPayment.objects.exclude(operation="").values_list("document_id", "operation"))
        found = []
        for row in rows.select_related("customer").order_by("received_on", "id"):
            who = Debtor(str(row.customer_id), row.customer.legal_name, row.customer.tax_id, "", ())
            line = pool.transfer(who, row.amount, min(row.received_on, pool.day(1)), "PAGO FACTURAS")
            key = keys.get(row.complement_id, "") if row.complement_id else ""
            found.append(replace(line, trace=key or line.trace))
        return found

    def _reported(self, pool: Pool) -> list[Line]:
        """What customers reported in the portal, or by telephone, arrives."""
        found = []
        for report in ReportedPayment.objects.filter(state=ReportState.WAITING, currency="MXN").order_by("id")[:2]:
            who = report.customer
            payer = Debtor(str(who.pk), who.legal_name, who.tax_id, "", ())
            found.append(pool.transfer(payer, report.amount, min(report.paid_on, pool.day(1)), "PAGO"))
        return found

    def _returns(self, pool: Pool) -> list[Line]:
        """One that we had matched, and one of a transfer that we never saw."""
        unseen = pool.transfer(Debtor("", "Cliente ocasional", "", "", ()), 2_380_00, pool.day(3), "DEVOLUCION")
        found = [replace(unseen, amount=-unseen.amount, returned=True)]
        if self.returned is not None:
            found.append(replace(self.returned, on=pool.day(2), amount=-self.returned.amount, returned=True))
        return found

    def _own_transfer(self) -> tuple[Line, Line]:
        on = self.today - timedelta(days=5)
        words = "TRASPASO ENTRE CUENTAS PROPIAS"
        return Line(on, -150_000_00, words), Line(on, 150_000_00, words)

    def _in_pesos(self, dollars: Pool) -> list[Line]:
        """A dollar invoice paid in pesos at the rate of the day."""
        mexican = [each for each in dollars.debtors if each.tax_id and not each.tax_id.startswith("XEXX")]
        if not mexican:
            return []
        debtor = mexican[0]
        dollars.debtors.remove(debtor)
        owed = debtor.owed[0]
        rates = Receivable.objects.filter(currency="USD", document__isnull=False).order_by("-issued_on")
        rate = next((row.document.exchange_rate for row in rates[:5] if row.document), "")
        whole, _, part = (rate or "18.5").partition(".")
        millionths = int(whole) * 1_000_000 + int(f"{part:0<6}"[:6])
        return [dollars.transfer(debtor, owed.balance * millionths // 1_000_000, dollars.day(2), "PAGO FACTURA USD")]

    def _bring(
        self,
        name: str,
        account: BankAccount,
        layout: Callable[[Book], bytes],
        lines: Iterable[Line],
        opening: int | None,
    ) -> None:
        """Upload a file and import it. Without `opening` it goes on from the last balance on file."""
        rows = ordered(lines)
        if not rows:
            return
        if opening is None:
            last = BankMovement.objects.filter(account=account).order_by("-booked_on", "-seq").first()
            opening = last.balance if last and last.balance is not None else 0
        data = layout(Book(account.number, opening, rows))
        file = upload(data=data, name=name, account_id=account.pk, today=self.today, actor=self.owner)
        import_file(
            file_id=file.pk, part=0, account_id=account.pk, is_confirmed=True, actor=self.owner, now=self.now,
            today=self.today,
        )  # fmt: skip
