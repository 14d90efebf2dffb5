"""The words of reminding: when a step comes, what became of it, and why something is not sent."""

from __future__ import annotations

from enum import StrEnum

from aldia.domain.sentences import gettext_noop


class When(StrEnum):
    """What a step waits for."""

    BEFORE = "before"
    ON = "on"
    AFTER = "after"
    REPEAT = "repeat"
    PAID = "paid"


class State(StrEnum):
    """What became of one turn of a step. PLANNED with a reason waits; the others are final."""

    PLANNED = "planned"
    MERGED = "merged"
    SKIPPED = "skipped"
    DONE = "done"


class Why(StrEnum):
    """Why something is not sent, for good or for now."""

    NOTHING = ""
    PAID = "paid"
    VOIDED = "voided"
    GENERIC = "generic"
    OFF = "off"
    RULE_OFF = "rule_off"
    OTHER_RULE = "other_rule"
    CUSTOMER_PAUSED = "customer_paused"
    PAUSED = "paused"
    DISPUTED = "disputed"
    PROMISE = "promise"
    REPORTED = "reported"
    COVERED = "covered"
    PLANNED = "planned"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    NO_CONTACT = "no_contact"
    NO_CHANNEL = "no_channel"
    TEMPLATE = "template"
    CHANGED = "changed"
    REJECTED = "rejected"
    BELOW_MINIMUM = "below_minimum"
    FREQUENCY = "frequency"
    QUIET_HOURS = "quiet_hours"
    MOVED = "moved"
    PASSED = "passed"
    UNTIL = "until"
    OLD = "old"
    REVERSED = "reversed"


SENTENCES: dict[Why, str] = {
    Why.PAID: gettext_noop("Ya está pagada."),
    Why.VOIDED: gettext_noop("Se canceló."),
    Why.GENERIC: gettext_noop("Es público en general: no se le cobra a nadie en particular."),
    Why.OFF: gettext_noop("El cliente está apagado."),
    Why.RULE_OFF: gettext_noop("Su regla no está activa."),
    Why.OTHER_RULE: gettext_noop("Ahora sigue otra regla, o este paso se quitó."),
    Why.CUSTOMER_PAUSED: gettext_noop("Los recordatorios del cliente están en pausa."),
    Why.PAUSED: gettext_noop("Los recordatorios de este documento están en pausa."),
    Why.DISPUTED: gettext_noop("El cliente lo disputa."),
    Why.PROMISE: gettext_noop("El cliente prometió pagar y la fecha no ha llegado."),
    Why.REPORTED: gettext_noop("El cliente avisó que ya pagó; falta revisarlo."),
    Why.COVERED: gettext_noop("El saldo a favor del cliente lo cubre."),
    Why.PLANNED: gettext_noop("Su plan de pagos deja esa parte para después."),
    Why.OPTED_OUT: gettext_noop("El contacto pidió no recibir mensajes por este medio."),
    Why.BOUNCED: gettext_noop("La dirección del contacto rebota."),
    Why.NO_CONTACT: gettext_noop("Falta un contacto de cobranza con los datos de este medio."),
    Why.NO_CHANNEL: gettext_noop("Falta configurar este medio en Configuración → Canales."),
    Why.TEMPLATE: gettext_noop("Su plantilla tiene un error: corrígela y saldrá."),
    Why.REJECTED: gettext_noop("Una persona decidió que no saliera."),
    Why.CHANGED: gettext_noop("Algo cambió antes de enviarse; se vuelve a redactar."),
    Why.BELOW_MINIMUM: gettext_noop("Lo que se debe no llega al mínimo de la regla."),
    Why.FREQUENCY: gettext_noop("Al cliente ya se le escribió hace poco; saldrá en cuanto el límite lo permita."),
    Why.QUIET_HOURS: gettext_noop("Está fuera del horario o de los días de envío."),
    Why.MOVED: gettext_noop("Su fecha de vencimiento cambió."),
    Why.PASSED: gettext_noop("Su momento ya pasó."),
    Why.UNTIL: gettext_noop("La regla ya no insiste a estas alturas."),
    Why.OLD: gettext_noop("Pasó demasiado tiempo para que tenga sentido."),
    Why.REVERSED: gettext_noop("El pago se deshizo."),
}


def sentence(why: str) -> str:
    """The Spanish sentence of a reason as it is stored ("" for none); the interface translates it."""
    return SENTENCES.get(Why(why), "") if why in set(Why) else why
