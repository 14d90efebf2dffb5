"""Words of the bank's pages: states, evidence, differences, classes of match, and why something waits."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

# What the narrative gave: (label, css of the mark). Colours repeat by meaning: who, what for, which key.
EVIDENCE: dict[str, tuple[Any, str]] = {
    "name": (_("Quién paga"), "ev-who"),
    "tax_id": (_("RFC o identificador"), "ev-who"),
    "account": (_("Cuenta de quien paga"), "ev-who"),
    "bank": (_("Su banco"), "ev-who"),
    "bank_code": (_("Su banco"), "ev-who"),
    "concept": (_("Concepto"), "ev-what"),
    "folio": (_("Folio"), "ev-what"),
    "reference": (_("Referencia"), "ev-key"),
    "trace": (_("Clave de rastreo"), "ev-key"),
    "payer_key": (_("Clave del pagador"), "ev-key"),
}

DIFFERENCES: tuple[tuple[str, Any], ...] = (
    ("withholding", _("Retención de impuestos")),
    ("discount", _("Descuento por pronto pago")),
    ("fee", _("Comisión del banco")),
    ("commission", _("Comisión de tarjeta o plataforma")),
    ("rounding", _("Redondeo")),
    ("exchange", _("Tipo de cambio")),
)
DIFFERENCE_NAMES: dict[str, Any] = dict(DIFFERENCES) | {
    "credit_note": _("Nota de crédito"),
    "unexplained": _("Sin explicar"),
}

HOW_ICONS = {
    "auto": ("sparkles", "green"),
    "policy": ("rosette-discount-check", "green"),
    "accepted": ("check", "green"),
    "manual": ("edit", "azure"),
    "return": ("arrow-back-up", "purple"),
}

OUTCOMES: dict[str, Any] = {
    "auto": _("Se concilia sola"),
    "policy": _("Por acuerdo con el cliente"),
    "propose": _("Hay una propuesta"),
    "advance": _("Se propone como anticipo"),
    "exception": _("Nada lo explica"),
    "duplicate": _("Ya estaba"),
    "reversal": _("Es una devolución"),
    "not_receivable": _("No es cobranza"),
}

STATES: dict[str, tuple[str, Any]] = {
    "pending": ("yellow", _("Nada explica todavía este movimiento.")),
    "partial": ("azure", _("Una parte está explicada; el resto sigue pendiente.")),
    "reconciled": ("green", _("Todo el movimiento está explicado y en los libros.")),
    "archived": ("gray", _("Alguien lo apartó: no se pregunta por él. Se puede traer de vuelta.")),
    "reversed": ("purple", _("El banco se llevó el dinero de vuelta: lo que pagaba se debe otra vez.")),
}

FAMILIES: dict[str, Any] = {
    "declared": _("El cliente dijo qué pagaba"),
    "exact": _("Importe exacto"),
    "all_open": _("Todo lo que debe"),
    "all_due": _("Todo lo vencido"),
    "oldest_first": _("Lo que venció primero"),
    "month": _("Los documentos de un mes"),
    "run": _("Documentos seguidos"),
    "all_but_one": _("Todo menos un documento"),
    "pair": _("Dos documentos"),
    "triple": _("Tres documentos"),
    "quad": _("Cuatro documentos"),
    "any": _("Varios documentos"),
    "completed": _("Lo citado y lo que completa"),
    "credit_note": _("Menos una nota de crédito"),
    "withholding": _("Menos la retención"),
    "discount": _("Menos el pronto pago"),
    "late_discount": _("Menos el pronto pago, fuera de plazo"),
    "rounding": _("Diferencia de centavos"),
    "fee": _("Menos lo que cobra el banco"),
    "commission": _("Menos la comisión"),
    "instalment": _("La siguiente parcialidad"),
    "partial": _("Pago parcial"),
    "surplus": _("Llegó de más"),
    "short": _("Llegó de menos"),
    "unexplained": _("Falta poco, sin explicación"),
    "first_part": _("Primera parcialidad"),
    "exchange": _("En otra moneda"),
    "oldest_part": _("A lo más antiguo"),
    "advance": _("Anticipo"),
    "amount_only": _("Solo coincide el importe"),
    "known": _("Dinero que ya estaba registrado"),
    "payout": _("Depósito de un proveedor de cobro"),
}
SUPPORTS: dict[str, Any] = {
    "told": _("avisado por el cliente"),
    "folio": _("con folio"),
    "complement": _("con complemento de pago"),
    "portal": _("avisado en el portal"),
    "number": _("con el número"),
    "reference": _("con la referencia"),
    "part": _("con parte de los folios"),
    "history": _("como otras veces"),
    "none": _("sin folio"),
    "unknown": _("con un folio que no corresponde"),
    "mismatch": _("con otro folio"),
}
PAYERS: dict[str, Any] = {
    "known": _("pagador identificado"),
    "near": _("pagador parecido"),
    "unknown": _("pagador desconocido"),
    "other": _("paga otro"),
}
ALIAS_KINDS: dict[str, Any] = {
    "tax_id": _("RFC o identificador"),
    "account": _("Cuenta o CLABE"),
    "name": _("Nombre"),
}
CLASS_STATES: dict[str, tuple[Any, str, Any]] = {
    "proven": (_("Probada"), "green", _("Viene demostrada de fábrica: se aplica sola desde el primer día.")),
    "earned": (_("Ganada"), "green", _("Tu propio historial la demostró: se aplica sola.")),
    "shadow": (_("En sombra"), "gray", _("Propone y tú decides; cada respuesta tuya cuenta.")),
    "paused": (_("En pausa"), "red", _("Se equivocó más de lo que prometemos: volvió a preguntar por sí misma.")),
}
DIRECTIONS = (
    ("both", _("Entradas y salidas")),
    ("in", _("Solo dinero que entra")),
    ("out", _("Solo dinero que sale")),
)


def class_label(class_key: str) -> tuple[str, str]:
    """A class in words: what adds up, and on what it rests."""
    parts = [*class_key.split("|"), "", "", ""]
    family = str(FAMILIES.get(parts[0].removesuffix("_all"), parts[0]))
    rest = [str(SUPPORTS.get(parts[1], "")), str(PAYERS.get(parts[2], ""))]
    return family, ", ".join(each for each in rest if each)


def difference_label(kind: str) -> str:
    """What a difference is called; of a withholding its table entry is dropped."""
    return str(DIFFERENCE_NAMES.get(kind.partition(":")[0], kind))


def percent_text(ppm: int, decimals: int = 2) -> str:
    """Parts per million as a per cent with so many decimals, cut and never rounded up: 999_512 is "99.95 %"."""
    scale = 10 ** (4 - decimals)
    whole, rest = divmod(ppm // scale, 10**decimals)
    return f"{whole}.{rest:0{decimals}d} %" if decimals else f"{whole} %"


def bound_text(ppm: int) -> str:
    """An upper bound of errors, rounded up: at most so many in a hundred."""
    hundredths = -(-ppm // 100)
    return _now("a lo más %(share)s %% de error") % {"share": f"{hundredths // 100}.{hundredths % 100:02d}"}
