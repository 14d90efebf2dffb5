"""What customers say they paid: reported, then accepted (it becomes a payment) or rejected with the reason."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.payments.models import ReportedDebt, ReportedPayment, ReportState
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.payments import PaymentError, record_payment
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import StoredFile, User
from aldia.tenancy.scope import current_company_id, transaction

SOURCE = "reported"
MAX_DEBTS = 500
__all__ = ["PaymentError", "ReportError", "accept_report", "reject_report", "report_payment"]


class ReportError(ValueError):
    """A report that cannot be kept or decided as asked; the sentence is for the person."""


def report_payment(
    *,
    customer_id: uuid.UUID,
    amount: Money,
    paid_on: date,
    receivable_ids: Collection[uuid.UUID],
    key: uuid.UUID,
    today: date,
    actor: User | None,
    method: str = "",
    reference: str = "",
    note: str = "",
    proof: StoredFile | None = None,
) -> ReportedPayment:
    """Keep that a customer says it paid. While it waits for a person, what it names is not chased.

    `receivable_ids` may be empty: then it holds nothing, and pays the oldest due when accepted. `key` is the report's
    id: repeating it returns the one kept. Raises `ReportError`.
    """
    if amount.minor <= 0:
        raise ReportError(_("El importe debe ser mayor que cero."))
    if paid_on > today:
        raise ReportError(_("La fecha del pago no puede ser posterior a hoy."))
    with transaction():
        if Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first() is None:
            raise ReportError(_("Ese cliente no existe."))
        if repeated := _repeated(key, customer_id, amount, paid_on):
            return repeated
        rows = _named(customer_id, amount.currency, receivable_ids)
        report = ReportedPayment(
            id=key, company_id=current_company_id(), customer_id=customer_id, currency=amount.currency,
            amount=amount.minor, paid_on=paid_on, method=method[:20], reference=reference.strip()[:200],
            note=note.strip()[:500], proof=proof, reported_on=today, reported_by=actor,
        )  # fmt: skip
        report.save(force_insert=True)
        insert_rows([_debt(report, row) for row in rows])
        _audit(actor, "payments.reported", report, {
            "amount": amount.text, "currency": amount.currency, "paid_on": paid_on,
            "receivables": sorted(str(row.pk) for row in rows),
        })  # fmt: skip
    return report


def accept_report(
    *, report_id: uuid.UUID, today: date, actor: User | None, is_distinct: bool = False, received_on: date | None = None
) -> Credit:
    """The money is there: record the payment and apply it to what the report names, oldest due first.

    `received_on` is the day of the bank where it differs from what the customer said. What is more than the named
    documents owe stays in favour. Done twice, the same payment is returned. Raises `ReportError`, and what
    `record_payment` raises: `SuspectedDuplicate` until a person says that it is another payment (`is_distinct`).
    """
    with transaction():
        report = _locked(report_id)
        if report.state == ReportState.REJECTED:
            raise ReportError(_("Ese aviso de pago ya se rechazó."))
        if report.state == ReportState.ACCEPTED and report.credit is not None:
            return report.credit
        named = _shares(report)
        credit = record_payment(
            customer_id=report.customer_id,
            amount=Money(report.amount, report.currency),
            received_on=received_on or report.paid_on,
            key=f"{SOURCE}:{report.pk}",
            actor=actor,
            today=today,
            policy="" if ReportedDebt.objects.filter(report=report).exists() else "oldest_due",
            named=named,
            method=report.method,
            reference=report.reference,
            note=report.note,
            proof=report.proof,
            is_distinct=is_distinct,
        )
        report.credit = credit
        _decide(report, ReportState.ACCEPTED, today, actor)
        _audit(actor, "payments.report_accepted", report, {"credit": credit.pk})
    return credit


def reject_report(*, report_id: uuid.UUID, reason: str, today: date, actor: User | None) -> ReportedPayment:
    """The money is not there: what it named is chased again. Done twice, it is done once. Raises `ReportError`."""
    if not reason.strip():
        raise ReportError(_("Escribe por qué se rechaza."))
    with transaction():
        report = _locked(report_id)
        if report.state == ReportState.ACCEPTED:
            raise ReportError(_("Ese aviso ya se aceptó: deshaz el pago que registró."))
        if report.state == ReportState.WAITING:
            report.reject_reason = reason.strip()[:300]
            _decide(report, ReportState.REJECTED, today, actor)
            _audit(actor, "payments.report_rejected", report, {"reason": report.reject_reason})
    return report


def _decide(report: ReportedPayment, state: ReportState, today: date, actor: User | None) -> None:
    report.state, report.decided_on, report.decided_by = state, today, actor
    report.save(update_fields=["state", "decided_on", "decided_by", "credit", "reject_reason"])


def _locked(report_id: uuid.UUID) -> ReportedPayment:
    report = ReportedPayment.objects.select_for_update().filter(pk=report_id).first()
    if report is None:
        raise ReportError(_("Ese aviso de pago no existe."))
    return report


def _shares(report: ReportedPayment) -> dict[uuid.UUID, int]:
    """How much of it each named document takes: what it still owes, oldest due first, while it lasts."""
    rows = Receivable.objects.filter(reported__report=report, balance__gt=0).order_by("due_on", "issued_on", "id")
    left, found = report.amount, {}
    for row in rows:
        share = min(left, row.balance)
        if share:
            found[row.pk] = share
            left -= share
    return found


def _named(customer_id: uuid.UUID, currency: str, receivable_ids: Collection[uuid.UUID]) -> list[Receivable]:
    wanted = set(receivable_ids)
    if len(wanted) > MAX_DEBTS:
        raise ReportError(_("Son demasiados documentos: a lo más 500."))
    rows = list(Receivable.objects.filter(id__in=wanted, customer_id=customer_id, currency=currency).order_by("id"))
    if len(rows) != len(wanted):
        raise ReportError(_("Los documentos deben ser del cliente y de la moneda del pago."))
    return rows


def _repeated(key: uuid.UUID, customer_id: uuid.UUID, amount: Money, paid_on: date) -> ReportedPayment | None:
    row = ReportedPayment.objects.filter(pk=key).first()
    if row is None:
        return None
    if (row.customer_id, row.amount, row.currency, row.paid_on) != (
        customer_id,
        amount.minor,
        amount.currency,
        paid_on,
    ):
        raise ReportError(_("Esa clave ya se usó para otro aviso."))
    return row


def _debt(report: ReportedPayment, row: Receivable) -> ReportedDebt:
    return ReportedDebt(id=uuid7(), company_id=report.company_id, report=report, receivable=row)


def _audit(actor: User | None, verb: str, report: ReportedPayment, detail: dict[str, object]) -> None:
    detail = {"customer": report.customer_id, **detail}
    audit.record(actor=actor, verb=verb, object_type="reported_payment", object_id=report.pk, detail=detail)
