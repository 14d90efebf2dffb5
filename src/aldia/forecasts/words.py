"""What forecasts say in people's words: tiers, why a method stepped back, and the reasons of one invoice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aldia.forecasts.models import Confidence

TIERS = {
    0: gettext_lazy("Sin historia suficiente: fecha de vencimiento y margen amplio"),
    1: gettext_lazy("Basado en los pagos de cada cliente y de su cartera"),
    2: gettext_lazy("Basado en los pagos de cada cliente y en lo que los adelanta o atrasa"),
    3: gettext_lazy("Basado en los pagos de cada cliente y en lo que los adelanta o atrasa, con un segundo modelo"),
}
SHORT_TIERS = {
    0: gettext_lazy("Sin historia suficiente"),
    1: gettext_lazy("Costumbre de pago"),
    2: gettext_lazy("Costumbre y circunstancias"),
    3: gettext_lazy("Costumbre y circunstancias (2)"),
}
WHY = {
    "backtest": gettext_lazy(
        "El modelo con más datos no le ganó a la costumbre de cada cliente en tus últimas semanas."
    ),
    "worse": gettext_lazy(
        "Lo pronosticado hace cuatro semanas salió peor que el promedio de cada cliente: se usa el método anterior."
    ),
    "coverage": gettext_lazy(
        "Los márgenes de los últimos pronósticos no se cumplieron como decían: se usa el método anterior."
    ),
}
STEPPED_BACK = frozenset({"worse", "coverage"})
CONFIDENCE = {
    Confidence.NEW: gettext_lazy("Cliente nuevo: todavía no ha pagado nada"),
    Confidence.LITTLE: gettext_lazy("Poca historia: uno o dos pagos"),
    Confidence.NORMAL: gettext_lazy("Con historia de pagos"),
}
BUCKETS = (
    gettext_lazy("A tiempo"),
    gettext_lazy("1–30 días tarde"),
    gettext_lazy("31–60 días tarde"),
    gettext_lazy("Más de 60 días tarde"),
)
GROUPS = {
    "habit": gettext_lazy("Su costumbre"),
    "trend": gettext_lazy("Cómo ha pagado últimamente"),
    "size": gettext_lazy("El tamaño de la factura"),
    "terms": gettext_lazy("El plazo y el calendario"),
    "exposure": gettext_lazy("Lo que tiene abierto"),
    "climate": gettext_lazy("Cómo está pagando toda tu cartera"),
}
WEEKDAYS = (
    gettext_lazy("domingo"),
    gettext_lazy("lunes"),
    gettext_lazy("martes"),
    gettext_lazy("miércoles"),
    gettext_lazy("jueves"),
    gettext_lazy("viernes"),
    gettext_lazy("sábado"),
)
Fact = Mapping[str, Any]


def late_words(days: int) -> str:
    """ "11 días tarde", "3 días antes", "el día que vence"."""
    if days == 0:
        return _("el día que vence")
    count = {"count": abs(days)}
    if days > 0:
        return ngettext("%(count)s día tarde", "%(count)s días tarde", days) % count
    return ngettext("%(count)s día antes", "%(count)s días antes", -days) % count


def moved_words(days: int) -> str:
    """ "la atrasa 6 días", "la adelanta 1 día"."""
    count = {"count": abs(days)}
    if days > 0:
        return ngettext("la atrasa %(count)s día", "la atrasa %(count)s días", days) % count
    return ngettext("la adelanta %(count)s día", "la adelanta %(count)s días", -days) % count


def reason(fact: Fact) -> str:
    """One reason as a sentence with its facts: «Paga 11 días tarde en mediana (14 pagos): la atrasa 6 días.»"""
    told = _FACTS[fact["group"]](fact)
    days = int(fact.get("days", 0))
    return f"{told}: {moved_words(days)}." if days else f"{told}."


def _habit(fact: Fact) -> str:
    if not fact.get("n"):
        return _("Todavía no ha pagado nada")
    payments = ngettext("%(count)s pago", "%(count)s pagos", fact["n"]) % {"count": fact["n"]}
    return _("Paga %(when)s en mediana (%(payments)s)") % {"when": late_words(fact["median"]), "payments": payments}


def _trend(fact: Fact) -> str:
    latest = [late_words(each) for each in fact.get("last", ())]
    if not latest:
        return _("No hay pagos recientes suyos")
    since = fact.get("since")
    told = ngettext("Su último pago llegó %(last)s", "Sus últimos pagos llegaron %(last)s", len(latest)) % {
        "last": ", ".join(latest)
    }
    if since is None or since < 30:
        return told
    return _("%(told)s; no paga desde hace %(days)s días") % {"told": told, "days": since}


def _size(fact: Fact) -> str:
    tenths = int(fact.get("times", 10))
    times = f"{tenths // 10}.{tenths % 10}"
    if 8 <= tenths <= 12:
        return _("Es de un importe como los de siempre")
    return _("Es %(times)s veces lo que le facturas de costumbre") % {"times": times}


def _terms(fact: Fact) -> str:
    return _("Tiene %(term)s días de plazo y vence en %(weekday)s") % {
        "term": fact.get("term", 0),
        "weekday": WEEKDAYS[int(fact.get("weekday", 0))],
    }


def _exposure(fact: Fact) -> str:
    count = int(fact.get("overdue", 0))
    if not count:
        return _("No tiene nada vencido")
    told = ngettext("Tiene %(count)s factura vencida", "Tiene %(count)s facturas vencidas", count) % {"count": count}
    return _("%(told)s, la más vieja de hace %(days)s días") % {"told": told, "days": fact.get("oldest", 0)}


def _climate(fact: Fact) -> str:
    return _("En los últimos 90 días tu cartera pagó %(when)s en promedio") % {"when": late_words(fact.get("delay", 0))}


_FACTS: dict[str, Callable[[Fact], str]] = {
    "habit": _habit,
    "trend": _trend,
    "size": _size,
    "terms": _terms,
    "exposure": _exposure,
    "climate": _climate,
}
