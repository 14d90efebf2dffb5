"""Words of the inbox of movements and of guided reconciliation: levels, groups, and how alternatives differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aldia.banking import standing
from aldia.banking.queries.guided import Choice
from aldia.banking.queries.inbox import DOUBT, REST, UNDECIDED
from aldia.web.matching_words import DIFFERENCES


@dataclass(frozen=True, slots=True)
class Words:
    """A name, what it means, and how it looks."""

    label: Any
    text: Any
    icon: str
    tint: str


LEVELS: dict[int, Words] = {
    standing.SURE: Words(
        gettext_lazy("Seguras"),
        gettext_lazy("Nada habla en contra: solo falta tu visto bueno, o que tu historial lo demuestre."),
        "shield-check",
        "green",
    ),
    standing.LIKELY: Words(
        gettext_lazy("Probables"),
        gettext_lazy("Se sabe quién pagó y cuadra; queda una duda que tú resuelves de un vistazo."),
        "circle-check",
        "azure",
    ),
    standing.DOUBTFUL: Words(
        gettext_lazy("Dudosas"),
        gettext_lazy("Hay una pista, no una prueba: mírala antes de aceptar."),
        "zoom-question",
        "yellow",
    ),
    standing.NONE: Words(
        gettext_lazy("Sin propuesta"),
        gettext_lazy("Nada de lo que te deben lo explica: búscalo a mano, ajústalo o archívalo."),
        "help-circle",
        "gray",
    ),
    standing.NOT_RECEIVABLE: Words(
        gettext_lazy("No son cobranza"),
        gettext_lazy("Comisiones, cargos y traspasos propios: van a una cuenta, o se archivan."),
        "building-bank",
        "purple",
    ),
}

# Of one movement.
LEVEL_OF_ONE: dict[int, Any] = {
    standing.SURE: gettext_lazy("Segura"),
    standing.LIKELY: gettext_lazy("Probable"),
    standing.DOUBTFUL: gettext_lazy("Dudosa"),
    standing.NONE: gettext_lazy("Sin propuesta"),
    standing.NOT_RECEIVABLE: gettext_lazy("No es cobranza"),
}

GROUPS: dict[str, Words] = {
    "ready": Words(
        gettext_lazy("Solo falta tu visto bueno"),
        gettext_lazy("Todo cuadra; casos así todavía se preguntan."),
        "shield-check",
        "green",
    ),
    "payer": Words(
        gettext_lazy("No se sabe quién pagó"),
        gettext_lazy("Di una vez de quién es y lo recordamos para la próxima."),
        "user-off",
        "yellow",
    ),
    "which": Words(
        gettext_lazy("Varios documentos posibles"),
        gettext_lazy("Importes iguales o dos explicaciones parecidas: ¿cuál se paga?"),
        "files",
        "azure",
    ),
    "difference": Words(
        gettext_lazy("Hay una diferencia"),
        gettext_lazy("Llegó más o menos de lo que se debe: ¿comisión, retención, tipo de cambio?"),
        "scale",
        "yellow",
    ),
    "double": Words(
        gettext_lazy("Puede ser un pago doble"),
        gettext_lazy("Lo citado ya está pagado, o llegó otro igual estos días."),
        "copy",
        "red",
    ),
    "part": Words(
        gettext_lazy("Puede ser un pago parcial"),
        gettext_lazy("Parece un abono o la primera parcialidad de algo mayor."),
        "chart-pie",
        "azure",
    ),
    "advance": Words(
        gettext_lazy("Puede ser un anticipo"),
        gettext_lazy("Se sabe quién pagó, pero nada de lo que debe da este importe."),
        "coin",
        "purple",
    ),
    "nothing": Words(
        gettext_lazy("Nada que pagar con esto"),
        gettext_lazy("El cliente no debe nada que se le parezca."),
        "zoom-question",
        "gray",
    ),
    "return": Words(
        gettext_lazy("Devolución sin su depósito"),
        gettext_lazy("Parece que el banco regresó un dinero, pero no está el depósito que devuelve."),
        "arrow-back-up",
        "red",
    ),
    "other": Words(
        gettext_lazy("No son cobranza"),
        gettext_lazy("Comisiones, cargos y traspasos propios: van a una cuenta, o se archivan."),
        "building-bank",
        "gray",
    ),
    DOUBT: Words(
        gettext_lazy("¿Es nuevo o ya estaba?"),
        gettext_lazy("Se parece mucho a otro movimiento: di si es el mismo antes de conciliarlo."),
        "copy",
        "yellow",
    ),
    UNDECIDED: Words(
        gettext_lazy("Todavía sin analizar"),
        gettext_lazy("Acaban de entrar: en un momento dicen qué son."),
        "hourglass",
        "gray",
    ),
    REST: Words(gettext_lazy("Otras preguntas"), gettext_lazy("Cada una dice la suya."), "help-circle", "gray"),
}

# Short, for a cell: what keeps one movement waiting, by the code of `BankMovement.why`.
WHY: dict[str, Any] = {
    "shadow": gettext_lazy("Falta tu visto bueno"),
    "young": gettext_lazy("Importe alto para tu historial"),
    "paused": gettext_lazy("Casos así están en pausa"),
    "over_cap": gettext_lazy("Rebasa tu límite"),
    "payer_unknown": gettext_lazy("Falta saber quién pagó"),
    "amount_only": gettext_lazy("Solo coincide el importe"),
    "common_amount": gettext_lazy("Importe común, sin pagador"),
    "other_payer": gettext_lazy("Paga otro cliente"),
    "contradiction": gettext_lazy("Los datos se contradicen"),
    "nobody": gettext_lazy("Falta saber quién pagó"),
    "sibling": gettext_lazy("Importes iguales: ¿cuál?"),
    "two_solutions": gettext_lazy("Dos explicaciones parecidas"),
    "instalment_or_document": gettext_lazy("¿Parcialidad u otro documento?"),
    "clash": gettext_lazy("Otro depósito quiere lo mismo"),
    "doubtful_number": gettext_lazy("El número es de dos documentos"),
    "chance": gettext_lazy("La suma puede ser casualidad"),
    "cites_other": gettext_lazy("Cita otro documento"),
    "unexplained": gettext_lazy("Diferencia sin explicar"),
    "short": gettext_lazy("Llegó de menos"),
    "surplus": gettext_lazy("Llegó de más"),
    "exchange": gettext_lazy("Otra moneda"),
    "has_partials": gettext_lazy("Ya tiene pagos parciales"),
    "twin": gettext_lazy("Hay otro pago igual"),
    "on_books": gettext_lazy("Quizá ya estaba registrado"),
    "late_discount": gettext_lazy("Pronto pago fuera de plazo"),
    "cites_paid": gettext_lazy("Cita algo ya pagado"),
    "not_open": gettext_lazy("El documento ya no debe"),
    "first_part": gettext_lazy("¿Primera parcialidad?"),
    "says_partial": gettext_lazy("Dice que es un abono"),
    "advance": gettext_lazy("¿Anticipo?"),
    "oldest_part": gettext_lazy("Nada da este importe"),
    "says_advance": gettext_lazy("Dice que es un anticipo"),
    "issued_after": gettext_lazy("Documento posterior al depósito"),
    "nothing": gettext_lazy("No debe nada parecido"),
    "return_unknown": gettext_lazy("Falta el depósito devuelto"),
    "charge": gettext_lazy("Es un cargo"),
    "own_transfer": gettext_lazy("Traspaso propio"),
    "fee": gettext_lazy("Comisión o impuesto del banco"),
    "interest": gettext_lazy("Intereses"),
    "own_return": gettext_lazy("Nos devolvieron un pago"),
}


# What a difference that nothing explains may turn out to be.
NAMED_DIFFERENCES: tuple[tuple[str, Any], ...] = (
    *((kind, label) for kind, label in DIFFERENCES if kind != "exchange"),
    ("adjustment", gettext_lazy("Ajuste")),
)


def why_text(why: str, outcome: str, doubt: str) -> str:
    """What keeps a movement waiting, in a few words."""
    if doubt:
        return _("¿Es nuevo o ya estaba?")
    if not outcome:
        return _("Sin analizar")
    return str(WHY.get(why, _("Por decidir")))


def differing(best: Choice, other: Choice, amounts: Any) -> list[str]:
    """What another explanation does differently from the first; `amounts` writes minor units."""
    said: list[str] = []
    if best.customer is not None and other.customer is not None and best.customer.pk != other.customer.pk:
        said.append(_("Es de %(customer)s") % {"customer": other.customer})
    mine = {each.receivable.pk: each for each in best.paid}
    its = {each.receivable.pk: each for each in other.paid}
    added = [each.receivable.number for key, each in its.items() if key not in mine]
    gone = [each.receivable.number for key, each in mine.items() if key not in its]
    if added and gone:
        words = {"added": _named(added), "gone": _named(gone)}
        said.append(_("Paga %(added)s en lugar de %(gone)s") % words)
    elif added:
        said.append(_("También paga %(added)s") % {"added": _named(added)})
    elif gone:
        said.append(_("No paga %(gone)s") % {"gone": _named(gone)})
    for key, each in its.items():
        if key in mine and each.amount != mine[key].amount:
            words = {
                "number": each.receivable.number,
                "amount": amounts(each.amount),
                "first": amounts(mine[key].amount),
            }
            said.append(_("De %(number)s paga %(amount)s y no %(first)s") % words)
    if other.left != best.left:
        said.append(_leaving(best, other, amounts))
    if other.differences and other.differences != best.differences:
        said.append(_("Da por saldados %(amount)s que no llegaron") % {"amount": amounts(other.differences)})
    if other.known and not best.known:
        said.append(_("Es dinero que ya estaba registrado: no se registra otra vez"))
    return said or [_("Paga lo mismo por otro camino")]


def _leaving(best: Choice, other: Choice, amounts: Any) -> str:
    if other.left:
        return _("Deja %(amount)s a favor del cliente") % {"amount": amounts(other.left)}
    return _("No deja nada a favor")


def _named(numbers: Iterable[str], most: int = 3) -> str:
    every = list(numbers)
    shown = ", ".join(every[:most])
    rest = len(every) - most
    return shown if rest <= 0 else ngettext("%(shown)s y %(rest)s más", "%(shown)s y %(rest)s más", rest) % {
        "shown": shown, "rest": rest,
    }  # fmt: skip
