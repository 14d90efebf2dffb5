"""What somebody did about a customer's debts: logged as it happens, taken back when it was a slip, never edited."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from aldia.collections.keys import dispute_key, promise_key
from aldia.collections.models import Activity, ActivityKind, Dispute, Outcome, Promise
from aldia.collections.operations.disputes import resolve_dispute
from aldia.collections.operations.promises import withdraw_promise
from aldia.customers.models import Contact, Customer
from aldia.tenancy import audit
from aldia.tenancy.models import AuditEvent, User
from aldia.tenancy.scope import current_company_id, transaction

LOGGED = "collections.activity_logged"
FURTHEST = timedelta(days=366)


class ActivityError(ValueError):
    """An activity that cannot be logged or changed as asked; the sentence is for the person."""


def log(
    *,
    customer_id: uuid.UUID,
    kind: str,
    key: uuid.UUID,
    at: datetime,
    today: date,
    actor: User | None,
    outcome: str = "",
    note: str = "",
    contact_id: uuid.UUID | None = None,
    next_on: date | None = None,
    next_kind: str = "",
    next_note: str = "",
    promise_id: uuid.UUID | None = None,
    dispute_id: uuid.UUID | None = None,
) -> Activity:
    """Keep what was done about a customer, how it ended and what comes next. Repeating a key returns the one logged.

    Whatever was to be done by today is done with it; a new next step takes the place of all the older ones. A note is
    no contact: it ends nothing. Raises `ActivityError`.
    """
    asked = Activity(
        id=key, company_id=current_company_id(), customer_id=customer_id, kind=kind, outcome=outcome,
        contact_id=contact_id, at=at, on=today, note=note.strip()[:1000], promise_id=promise_id, dispute_id=dispute_id,
        next_on=next_on, next_kind=(next_kind or ActivityKind.CALL) if next_on else "",
        next_note=next_note.strip()[:300] if next_on else "", by=actor,
    )  # fmt: skip
    _check(asked, today)
    with transaction():
        # the customer's row is the lock: two calls logged at once do not both leave a next step
        if not Customer.objects.select_for_update(of=("self",)).filter(pk=customer_id).exists():
            raise ActivityError(_("Ese cliente no existe."))
        if repeated := _repeated(asked):
            return repeated
        _check_own(asked)
        closed = _close_steps(asked, today)
        asked.save(force_insert=True)
        _audit(actor, LOGGED, asked, {
            "kind": kind, "outcome": outcome, "next_on": next_on, "closed": [str(pk) for pk in closed],
            "promise": promise_id, "dispute": dispute_id,
        })  # fmt: skip
    return asked


def withdraw(*, activity_id: uuid.UUID, now: datetime, today: date, actor: User | None) -> Activity:
    """Take back what was logged by a slip: the steps that it ended are open again, the promise recorded with it and the
    disputes opened with it stand no more. Done twice, it is done once. Raises `ActivityError`.
    """
    with transaction():
        activity = _locked(activity_id)
        if activity.withdrawn_at is None:
            activity.withdrawn_at = now
            activity.save(update_fields=["withdrawn_at"])
            reopened = _reopen(activity)
            if activity.promise_id == promise_key(activity.pk):
                why = _("Se deshizo la actividad que la registró")
                withdraw_promise(promise_id=activity.promise_id, reason=why, today=today, actor=actor)
            if activity.dispute_id:
                _close_disputes(activity, today, actor)
            _audit(actor, "collections.activity_withdrawn", activity, {"kind": activity.kind, "reopened": reopened})
    return activity


def finish_next(*, activity_id: uuid.UUID, today: date, actor: User | None) -> Activity:
    """Say that the next step of an activity is done. Done twice, it is done once. Raises `ActivityError`."""
    with transaction():
        activity = _locked(activity_id)
        if activity.next_on is None or activity.withdrawn_at is not None:
            raise ActivityError(_("Esa actividad no tiene un siguiente paso."))
        if activity.next_done_on is None:
            activity.next_done_on = today
            activity.save(update_fields=["next_done_on"])
            _audit(actor, "collections.next_step_done", activity, {"next_on": activity.next_on})
    return activity


def open_steps(customer_id: uuid.UUID) -> QuerySet[Activity]:
    """The next steps of a customer that nobody has done."""
    return Activity.objects.filter(
        customer_id=customer_id, next_on__isnull=False, next_done_on__isnull=True, withdrawn_at__isnull=True
    )


def _check(asked: Activity, today: date) -> None:
    """What can be told without the database."""
    if asked.kind not in ActivityKind.values:
        raise ActivityError(_("Elige qué se hizo: llamada, mensaje, visita o nota."))
    if asked.kind == ActivityKind.NOTE:
        if asked.outcome:
            raise ActivityError(_("Una nota no tiene resultado."))
        if not asked.note:
            raise ActivityError(_("Escribe la nota."))
    elif asked.outcome not in Outcome.values:
        raise ActivityError(_("Elige cómo terminó."))
    if asked.next_on is not None:
        if asked.next_on < today:
            raise ActivityError(_("El siguiente paso no puede estar en el pasado."))
        if asked.next_on > today + FURTHEST:
            raise ActivityError(_("El siguiente paso está a más de un año."))
        if asked.next_kind not in ActivityKind.values:
            raise ActivityError(_("Elige qué sigue: llamada, mensaje, visita o nota."))


def _check_own(asked: Activity) -> None:
    """Whoever and whatever it names is the customer's own."""
    of_customer = Q(customer_id=asked.customer_id)
    if asked.contact_id and not Contact.objects.filter(of_customer, pk=asked.contact_id).exists():
        raise ActivityError(_("Esa persona no es de este cliente."))
    if asked.promise_id and not Promise.objects.filter(of_customer, pk=asked.promise_id).exists():
        raise ActivityError(_("Esa promesa no es de este cliente."))
    disputes = Dispute.objects.filter(receivable__customer_id=asked.customer_id)
    if asked.dispute_id and not disputes.filter(pk=asked.dispute_id).exists():
        raise ActivityError(_("Esa disputa no es de este cliente."))


def _repeated(asked: Activity) -> Activity | None:
    found = Activity.objects.filter(pk=asked.pk).first()
    if found is None:
        return None
    same = ("customer_id", "kind", "outcome", "note", "contact_id", "next_on", "next_kind", "promise_id", "dispute_id")
    if any(getattr(found, name) != getattr(asked, name) for name in same):
        raise ActivityError(_("Esa clave ya se usó para otra actividad."))
    return found


def _close_steps(asked: Activity, today: date) -> list[uuid.UUID]:
    if asked.kind == ActivityKind.NOTE and asked.next_on is None:
        return []
    due = Q() if asked.next_on else Q(next_on__lte=today)
    ids = list(open_steps(asked.customer_id).filter(due).order_by("id").values_list("pk", flat=True))
    Activity.objects.filter(pk__in=ids).update(next_done_on=today)
    return ids


def _reopen(activity: Activity) -> list[str]:
    """Open again the steps that the activity ended: its own event of the audit says which they were."""
    events = AuditEvent.objects.filter(object_type="activity", object_id=str(activity.pk), verb=LOGGED)
    closed = [each for event in events for each in event.detail.get("closed", [])]
    Activity.objects.filter(pk__in=closed, customer_id=activity.customer_id).update(next_done_on=None)
    return closed


def _close_disputes(activity: Activity, today: date, actor: User | None) -> None:
    """End the disputes that were opened together with the activity and are still open."""
    waiting = Dispute.objects.filter(receivable__customer_id=activity.customer_id, resolved_on__isnull=True)
    why = _("Se deshizo la actividad que la abrió")
    for dispute in waiting.order_by("pk"):
        if dispute.pk == dispute_key(activity.pk, dispute.receivable_id):
            resolve_dispute(dispute_id=dispute.pk, resolution=why, today=today, actor=actor)


def _locked(activity_id: uuid.UUID) -> Activity:
    activity = Activity.objects.select_for_update(of=("self",)).filter(pk=activity_id).first()
    if activity is None:
        raise ActivityError(_("Esa actividad no existe."))
    return activity


def _audit(actor: User | None, verb: str, activity: Activity, detail: dict[str, object]) -> None:
    detail = {"customer": activity.customer_id, **detail}
    audit.record(actor=actor, verb=verb, object_type="activity", object_id=activity.pk, detail=detail)
