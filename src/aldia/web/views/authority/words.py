"""How synchronisations, their requests and their answers are put into words and colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.authority.models import PackageState, RequestKind, RequestState, RunState, SyncRequest, SyncRun
from aldia.authority.queries.overview import Step
from aldia.documents.models import Direction
from aldia.domain.fiscal.mass_download import to_local
from aldia.web.formatting import day_text

RUN_COLOURS = {
    RunState.RUNNING: "azure", RunState.DONE: "green", RunState.PARTIAL: "yellow", RunState.FAILED: "red",
    RunState.CANCELLED: "gray",
}  # fmt: skip
REQUEST_COLOURS = {
    RequestState.PLANNED: "gray", RequestState.ACCEPTED: "azure", RequestState.IN_PROCESS: "azure",
    RequestState.FINISHED: "azure", RequestState.DONE: "green", RequestState.EMPTY: "green",
    RequestState.SPLIT: "gray", RequestState.ERROR: "red", RequestState.REJECTED: "red", RequestState.EXPIRED: "yellow",
    RequestState.STOPPED: "gray",
}  # fmt: skip
PACKAGE_COLOURS = {
    PackageState.WAITING: "azure", PackageState.STORED: "azure", PackageState.IMPORTED: "green",
    PackageState.LOST: "red",
}  # fmt: skip
WHAT = {
    (RequestKind.XML, Direction.ISSUED): gettext_lazy("XML emitidos"),
    (RequestKind.XML, Direction.RECEIVED): gettext_lazy("XML recibidos"),
    (RequestKind.METADATA, Direction.ISSUED): gettext_lazy("Listado de emitidos"),
    (RequestKind.METADATA, Direction.RECEIVED): gettext_lazy("Listado de recibidos"),
}
COUNTS = {
    "opened": gettext_lazy("nuevos por cobrar"), "stored": gettext_lazy("nuevos en archivo"),
    "updated": gettext_lazy("actualizados"), "duplicate": gettext_lazy("ya estaban"),
    "ignored": gettext_lazy("ignorados"), "error": gettext_lazy("con error"),
    "cancelled": gettext_lazy("cancelados"), "missing": gettext_lazy("por traer"),
    "left": gettext_lazy("peticiones pendientes"),
}  # fmt: skip
TYPES = {
    "I": gettext_lazy("Ingreso"), "E": gettext_lazy("Egreso"), "P": gettext_lazy("Pago"), "N": gettext_lazy("Nómina"),
    "T": gettext_lazy("Traslado"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a row of the page."""

    row: SyncRequest
    what: str
    period: str
    colour: str
    packages: list[tuple[Any, str]]
    place: str = ""


def all_asked(rows: Sequence[SyncRequest]) -> list[Asked]:
    """The requests of a run, each with why it was put in the place of another."""
    states = {row.pk: row.state for row in rows}
    found = []
    for row in rows:
        place = ""
        if row.parent_id is not None:
            is_part = states.get(row.parent_id) == RequestState.SPLIT
            place = _("Parte de una que se dividió") if is_part else _("En lugar de otra que no sirvió")
        found.append(replace(asked(row), place=place))
    return found


def asked(row: SyncRequest) -> Asked:
    """A request in words."""
    what = _("Un documento") if row.uuid else str(WHAT.get((row.kind, row.direction), row.get_kind_display()))  # type: ignore[call-overload]
    packages = [(each, PACKAGE_COLOURS[PackageState(each.state)]) for each in row.packages.all()]
    return Asked(row, what, period(row), REQUEST_COLOURS[RequestState(row.state)], packages)


def period(row: SyncRequest) -> str:
    """What a request asked for, by the clock of central Mexico, whole days without their hours."""
    if row.uuid:
        return row.uuid
    if row.since is None or row.until is None:
        return "—"
    since, until = to_local(row.since), to_local(row.until)
    return f"{_moment(since, '00:00:00')} – {_moment(until, '23:59:59')}"


def _moment(local: datetime, plain: str) -> str:
    clock = f"{local:%H:%M:%S}"
    return day_text(local.date()) if clock == plain else f"{day_text(local.date())}, {clock}"


def brought(run: SyncRun) -> list[tuple[str, int]]:
    """What a run brought, in words, nothing that is nought."""
    return [(str(words), count) for name, words in COUNTS.items() if (count := run.counts.get(name, 0))]


def run_title(run: SyncRun) -> str:
    """What a run was to bring up to date."""
    since, until = to_local(run.since), to_local(run.until)
    if run.trigger == "document":
        return _("Un documento")
    return f"{day_text(since.date())} – {day_text(until.date())}"


def standing(step: Step) -> str:
    """Where a run is, in one sentence."""
    if not step.requests:
        return _("Preparando lo que se va a pedir.")
    if step.packages > step.packages_imported:
        return _("Descargando y leyendo paquetes: %(done)s de %(all)s.") % {
            "done": step.packages_imported,
            "all": step.packages,
        }
    return _("El SAT prepara lo pedido. Suele tardar minutos; a veces, horas.")
