"""The rules of SAT's mass download: what may be asked, and what to do next after each of its answers.

Pure. Times are local to central Mexico and carry no zone, as SAT wants and writes them; both ends of a period count.
What SAT publishes of the service (version 1.5, codes and limits):
https://www.sat.gob.mx/consultas/42968/consulta-y-recuperacion-de-comprobantes-(nuevo). Never is the same period asked
for a third time: SAT then refuses it for good (5002), so the next one differs by a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from aldia.domain.fiscal.zones import CENTRE
from aldia.domain.ports.tax import Asked, Package, Progress, Query, Stage, Wanted
from aldia.domain.sentences import Refusal, gettext_noop

YEARS = 6
MOST = {Wanted.XML: 200_000, Wanted.METADATA: 1_000_000}
SHORTEST = timedelta(seconds=2)
SAME_PERIOD = 2  # times that SAT answers the same question of XML, ever
PACKAGE_LIFE = timedelta(hours=72)
MOST_DOWNLOADS = 2  # of one package, ever
STUCK_AFTER = timedelta(hours=72)  # SAT's own word for how long a request may take
SECOND = timedelta(seconds=1)
_FOLIO = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", re.IGNORECASE).fullmatch
_ZONE = ZoneInfo(CENTRE)
_PROGRESS_MINUTES = (1, 2, 5, 10, 15, 30)
_RETRY_MINUTES = (1, 5, 15, 60)
_HOUR, _RETRY_MOST = timedelta(hours=1), timedelta(hours=3)


class BadQuery(Refusal):
    """SAT would refuse this, so it is not asked."""

    code = "query"


class NoPeriod(BadQuery):
    code = "no_period"
    template = gettext_noop("Falta el periodo que se va a pedir.")


class Backwards(BadQuery):
    code = "backwards"
    template = gettext_noop("El periodo debe empezar antes de terminar y durar al menos dos segundos.")


class TooOld(BadQuery):
    code = "too_old"
    template = gettext_noop("El SAT solo entrega lo de los últimos seis años: desde el %(oldest)s.")


class InFuture(BadQuery):
    code = "future"
    template = gettext_noop("El periodo no puede terminar después de este momento.")


class BadFolio(BadQuery):
    code = "folio"
    template = gettext_noop("«%(uuid)s» no es un folio fiscal: son 32 letras y números en cinco grupos.")


class Exhausted(BadQuery):
    code = "exhausted"
    template = gettext_noop("Ese mismo periodo ya se pidió dos veces, y el SAT no lo contesta una tercera.")


class Indivisible(BadQuery):
    code = "indivisible"
    template = gettext_noop("El periodo ya no se puede partir: dura unos segundos y aún rebasa el tope del SAT.")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From one second to another, both included."""

    since: datetime
    until: datetime

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, datetime) and self.since <= moment <= self.until


def to_local(moment: datetime) -> datetime:
    """A moment as SAT writes it: central Mexico's clock, whole seconds, no zone."""
    return moment.astimezone(_ZONE).replace(tzinfo=None, microsecond=0)


def to_moment(local: datetime) -> datetime:
    """What SAT wrote, in UTC."""
    return local.replace(tzinfo=_ZONE).astimezone(UTC)


def oldest(today: date) -> datetime:
    """The first second that SAT still answers for: midnight, six years ago."""
    try:
        first = today.replace(year=today.year - YEARS)
    except ValueError:  # 29 February
        first = date(today.year - YEARS, 3, 1)
    return datetime.combine(first, time())


def check_query(query: Query, *, now: datetime, asked_before: int = 0) -> None:
    """See that SAT would take it. `now` is local; `asked_before`: times that this very question was asked already.

    Raises `BadQuery`.
    """
    if query.uuid:
        if not _FOLIO(query.uuid):
            raise BadFolio(uuid=query.uuid)
        return
    if query.since is None or query.until is None:
        raise NoPeriod
    if query.until - query.since < SHORTEST:
        raise Backwards
    first = oldest(now.date())
    if query.since < first:
        raise TooOld(oldest=f"{first:%d/%m/%Y}")
    if query.until > now:
        raise InFuture
    if asked_before >= SAME_PERIOD:
        raise Exhausted


def states_wanted(query: Query) -> str:
    """EstadoComprobante: the XML of what others issued and cancelled is no longer given out, its listing is."""
    is_refused = query.wanted is Wanted.XML and query.side == "received"
    return "Vigente" if is_refused else "Todos"


def halves(period: Period) -> tuple[Period, Period]:
    """The two halves of a period with too much in it; together exactly that period. Raises `Indivisible`."""
    length = period.until - period.since
    if length < 2 * SHORTEST + SECOND:
        raise Indivisible
    middle = period.since + timedelta(seconds=int(length.total_seconds()) // 2)
    return Period(period.since, middle), Period(middle + SECOND, period.until)


def pieces(since: datetime, until: datetime, days: int = 31) -> Iterator[Period]:
    """A long period in pieces that follow each other, oldest first; the last takes in a rest too short to ask for."""
    step = timedelta(days=days)
    while since <= until:
        end = min(since + step - SECOND, until)
        if until - end <= SHORTEST + SECOND:
            end = until
        yield Period(since, end)
        since = end + SECOND


def fresh(period: Period, asked: Callable[[Period], int], *, now: datetime) -> Period:
    """The period or, asked twice already, one that covers it and differs by a second or more. Raises `Exhausted`.

    `asked` tells how often a period was asked for. The start moves back first, then the end on.
    """
    first = oldest(now.date())
    for later in range(60):
        for earlier in range(60):
            found = Period(period.since - earlier * SECOND, period.until + later * SECOND)
            if found.since < first or found.until > now:
                break
            if asked(found) < SAME_PERIOD:
                return found
    raise Exhausted


class Next(StrEnum):
    """What to do after an answer."""

    WAIT = "wait"  # it is being worked on: ask how it is, later
    DOWNLOAD = "download"  # its packages are there
    READ = "read"  # the package came
    NOTHING = "nothing"  # nothing there: done
    SPLIT = "split"  # too much: ask for each half
    SHIFT = "shift"  # spent for good: ask for a period that differs by a second
    WAIT_FOR_TWIN = "wait_for_twin"  # the same is being asked for already: follow that one, or ask differently
    ASK_AGAIN = "ask_again"  # this request is dead: put another in its place
    RETRY = "retry"  # the same call again, later
    NEW_SESSION = "new_session"  # the same call again, in a new session
    ONLY_VALID = "only_valid"  # what is cancelled has no XML any more: only its listing
    TOMORROW = "tomorrow"  # a limit for each day
    PERSON = "person"  # nothing will change until somebody does something


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer comes to, and the sentence for people."""

    next: Next
    said: str


_ALWAYS = {
    "300": Meaning(Next.PERSON, gettext_noop("El SAT no reconoce al usuario: revisa la e.firma.")),
    "301": Meaning(Next.PERSON, gettext_noop("El SAT no aceptó los datos de la petición.")),
    "302": Meaning(Next.PERSON, gettext_noop("El SAT no pudo leer la firma de la petición.")),
    "303": Meaning(Next.PERSON, gettext_noop("La firma no es del RFC que pide: revisa la e.firma.")),
    "304": Meaning(Next.PERSON, gettext_noop("La e.firma está revocada o vencida: renuévala en el SAT y súbela.")),
    "305": Meaning(Next.PERSON, gettext_noop("El SAT no acepta el certificado: debe ser la e.firma, vigente.")),
    "404": Meaning(Next.RETRY, gettext_noop("Error no controlado del SAT: se volverá a intentar.")),
    "5001": Meaning(Next.PERSON, gettext_noop("El SAT no autoriza a esta e.firma a pedir por ese RFC.")),
    "5006": Meaning(Next.RETRY, gettext_noop("Error interno del SAT: se volverá a intentar.")),
}
_TOKEN = Meaning(Next.NEW_SESSION, gettext_noop("La sesión con el SAT terminó: se abre otra."))
_CANCELLED = Meaning(
    Next.ONLY_VALID, gettext_noop("El SAT ya no entrega el XML de lo cancelado; se pide solo lo vigente.")
)
_SPENT = Meaning(Next.SHIFT, gettext_noop("Ese periodo ya no se puede pedir igual: se pide con un segundo más."))
_TWIN = Meaning(Next.WAIT_FOR_TWIN, gettext_noop("El SAT ya tiene una petición igual en curso."))
_TOO_MUCH = Meaning(Next.SPLIT, gettext_noop("Son demasiados documentos para una petición: se parte en dos."))
_EMPTY = Meaning(Next.NOTHING, gettext_noop("El SAT no tiene documentos de ese periodo."))
_DAILY = Meaning(Next.TOMORROW, gettext_noop("Se llegó al tope diario del SAT: sigue mañana."))
_ODD = gettext_noop("El SAT contestó un código que no se conoce.")
_ON_REQUESTS = {"5002": _SPENT, "5003": _TOO_MUCH, "5004": _EMPTY, "5005": _TWIN, "5011": _DAILY, "5012": _CANCELLED}
_ON_DOWNLOAD = {
    "5004": Meaning(Next.ASK_AGAIN, gettext_noop("El SAT ya no encuentra la petición de este paquete.")),
    "5007": Meaning(Next.ASK_AGAIN, gettext_noop("El SAT perdió el paquete o ya pasaron sus 72 horas.")),
    "5008": Meaning(Next.ASK_AGAIN, gettext_noop("El paquete ya se descargó dos veces y el SAT no lo da otra vez.")),
    "5011": _DAILY,
}
_STAGES = {
    Stage.NONE: Meaning(Next.WAIT, gettext_noop("El SAT todavía no dice cómo va.")),
    Stage.ACCEPTED: Meaning(Next.WAIT, gettext_noop("El SAT aceptó la petición.")),
    Stage.IN_PROCESS: Meaning(Next.WAIT, gettext_noop("El SAT está juntando los documentos.")),
    Stage.FINISHED: Meaning(Next.DOWNLOAD, gettext_noop("Los paquetes están listos.")),
    Stage.ERROR: Meaning(Next.ASK_AGAIN, gettext_noop("La petición terminó en error en el SAT: se pide otra vez.")),
    Stage.REJECTED: Meaning(
        Next.ASK_AGAIN, gettext_noop("El SAT rechazó la petición sin decir por qué: se pide otra vez.")
    ),
    Stage.EXPIRED: Meaning(Next.ASK_AGAIN, gettext_noop("La petición venció en el SAT: se pide otra vez.")),
}


def after_asking(answer: Asked) -> Meaning:
    """What to do after the answer to a request."""
    if answer.code == "5000":
        return _STAGES[Stage.ACCEPTED] if answer.request_id else Meaning(Next.RETRY, _ODD)
    return _refused(answer.code, answer.message, _ON_REQUESTS)


def after_progress(answer: Progress) -> Meaning:
    """What to do after being told how a request is. Why it was rejected stands in `stage_code`."""
    if answer.code == "5004":  # the call: SAT does not find the request that it gave a name to
        return _STAGES[Stage.EXPIRED]
    if answer.code != "5000":
        return _refused(answer.code, answer.message, _ON_REQUESTS)
    if answer.stage in (Stage.ERROR, Stage.REJECTED) and answer.stage_code not in ("", "5000"):
        found = _refused(answer.stage_code, answer.message, _ON_REQUESTS)
        return _STAGES[answer.stage] if found.next is Next.RETRY else found
    if answer.stage is Stage.FINISHED and not answer.packages:
        return _EMPTY
    return _STAGES[answer.stage]


def after_download(answer: Package) -> Meaning:
    """What to do after asking for a package."""
    if answer.file is not None:
        return Meaning(Next.READ, gettext_noop("El paquete llegó."))
    if answer.code == "5000":  # accepted, and nothing in it
        return Meaning(Next.RETRY, gettext_noop("El SAT mandó el paquete vacío: se volverá a intentar."))
    return _refused(answer.code, answer.message, _ON_DOWNLOAD)


def wait_for_progress(times: int) -> timedelta:
    """How long to wait before asking how a request is, after having asked `times` times: at most an hour."""
    return timedelta(minutes=_PROGRESS_MINUTES[times]) if times < len(_PROGRESS_MINUTES) else _HOUR


def wait_for_retry(failures: int) -> timedelta:
    """How long to wait after the nth failure in a row (from 1): up to three hours, however long SAT is away."""
    place = max(failures, 1) - 1
    return timedelta(minutes=_RETRY_MINUTES[place]) if place < len(_RETRY_MINUTES) else _RETRY_MOST


def is_stuck(*, asked_at: datetime, now: datetime) -> bool:
    """Whether SAT has had a request for so long that another must take its place."""
    return now - asked_at > STUCK_AFTER


def _refused(code: str, message: str, here: dict[str, Meaning]) -> Meaning:
    """What a code other than 5000 means; 301 and 300 say in words which of two things they mean."""
    words = message.casefold()
    if code == "300" and "token" in words:
        return _TOKEN
    if code == "301" and "cancelad" in words:
        return _CANCELLED
    return here.get(code) or _ALWAYS.get(code) or Meaning(Next.RETRY, _ODD)
