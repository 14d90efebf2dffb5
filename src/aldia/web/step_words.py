"""The seven steps in words: their names, what each means, and why a receivable is where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.domain.steps import LONG_OVERDUE, OUTSIDE, STEPS, Why


@dataclass(frozen=True, slots=True)
class Words:
    """The name of what is in a step, what it means, and its icon."""

    name: Any
    meaning: Any
    icon: str


STEP_WORDS: dict[int, Words] = {
    1: Words(gettext_lazy("Emitida"), gettext_lazy("Nada indica todavía que el cliente la tenga."), "file-invoice"),
    2: Words(
        gettext_lazy("Enviada"),
        gettext_lazy("Salió un mensaje con ella y no rebotó, o el cliente usó su portal."),
        "send",
    ),
    3: Words(
        gettext_lazy("Con fecha acordada"),
        gettext_lazy("Se acordó cuándo: cambió su vencimiento, tiene un plan o el cliente prometió un día."),
        "calendar-check",
    ),
    4: Words(gettext_lazy("Recordada"), gettext_lazy("Salió un recordatorio con su vencimiento de hoy."), "bell"),
    5: Words(
        gettext_lazy("Vencida"),
        gettext_lazy("Pasó su día y nadie la ha vuelto a recordar ni a trabajar."),
        "calendar-due",
    ),
    6: Words(gettext_lazy("Recordada de nuevo"), gettext_lazy("Salió un recordatorio ya vencida."), "bell-ringing"),
    7: Words(
        gettext_lazy("En cobranza"),
        gettext_lazy("Alguien la trabaja, está en disputa o prometida, o lleva demasiado tiempo vencida."),
        "phone-call",
    ),
}
WHY: dict[str, Any] = {
    Why.CLOSED: gettext_lazy("Ya no se debe"),
    Why.ISSUED: gettext_lazy("Nada indica que el cliente la tenga"),
    Why.SENT: gettext_lazy("Se le envió o la vio en su portal"),
    Why.DATE_MOVED: gettext_lazy("Se movió su vencimiento"),
    Why.PLAN: gettext_lazy("Se paga con un plan"),
    Why.PROMISE: gettext_lazy("Prometió cuándo pagarla"),
    Why.REMINDED: gettext_lazy("Se le recordó antes de vencer"),
    Why.FALLEN_DUE: gettext_lazy("Venció y no se le ha vuelto a recordar"),
    Why.REMINDED_AFTER: gettext_lazy("Se le recordó ya vencida"),
    Why.DISPUTED: gettext_lazy("Está en disputa"),
    Why.PLAN_LATE: gettext_lazy("Su plan de pagos va atrasado o se incumplió"),
    Why.WORKED: gettext_lazy("Se llamó, escribió o visitó al cliente"),
    Why.LETTER: gettext_lazy("Se le mandó carta certificada"),
    Why.PROMISED_LATE: gettext_lazy("Prometió pagarla ya vencida"),
}


def why_text(why: str) -> str:
    """Why a receivable is where it is."""
    if why == Why.LONG_OVERDUE:
        return _("Lleva más de %(days)s días vencida") % {"days": LONG_OVERDUE}
    return str(WHY[why])


def step_name(step: int, *, outside: str = "") -> str:
    """«5 · Vencida»; what stands for outside depends on the direction."""
    return outside if step == OUTSIDE else f"{step} · {STEP_WORDS[step].name}"


def step_choices() -> list[tuple[str, str]]:
    """Pairs for a select."""
    return [(str(step), step_name(step)) for step in STEPS]
