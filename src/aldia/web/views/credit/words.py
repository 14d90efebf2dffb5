"""Why an advice says what it says, in sentences with their figures; and the words of risk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aldia.domain.credit_advice import LATE_DAYS, VERY_LATE_SHARE, Advice, Because
from aldia.tenancy.models import Company
from aldia.web.formatting import amount_text

BANDS = {
    "A": (gettext_lazy("Muy bajo"), "green"),
    "B": (gettext_lazy("Bajo"), "green"),
    "C": (gettext_lazy("Medio"), "yellow"),
    "D": (gettext_lazy("Alto"), "red"),
    "E": (gettext_lazy("Muy alto"), "red"),
}


def band_of(letter: str) -> tuple[Any, str]:
    """The word and the colour of a letter; one that is not known (of another version) is shown as it is, grey."""
    return BANDS.get(letter, (letter, "gray"))


def sentences(advice: Advice, company: Company) -> Iterator[str]:
    """The reasons of an advice, in its order."""
    for each in advice.because:
        yield _WORDS[each](advice, company)


def days_text(days: int) -> str:
    """ "30 días", "1 día", or cash."""
    return ngettext("%(n)s día", "%(n)s días", days) % {"n": days} if days else _("de contado")


def _little(advice: Advice, company: Company) -> str:
    return ngettext(
        "Solo se le conoce %(n)s pago: hacen falta tres para sugerir algo.",
        "Se le conocen %(n)s pagos: hacen falta tres para sugerir algo.",
        advice.behaviour.paid,
    ) % {"n": advice.behaviour.paid}


def _on_time(advice: Advice, company: Company) -> str:
    seen = advice.behaviour
    if seen.median_delay < 0:
        return _("Paga %(days)s antes de su fecha en mediana (%(n)s facturas).") % _delay(advice)
    return _("Paga el día que vence en mediana (%(n)s facturas).") % {"n": len(seen.delays)}


def _late(advice: Advice, company: Company) -> str:
    return _("Paga %(days)s tarde en mediana (%(n)s facturas): con más de %(most)s se acorta su plazo.") % {
        **_delay(advice), "most": LATE_DAYS,
    }  # fmt: skip


def _often(advice: Advice, company: Company) -> str:
    seen = advice.behaviour
    known = {
        "share": seen.very_late_permille // 10, "most": VERY_LATE_SHARE // 10, "n": len(seen.delays)
    }  # fmt: skip
    return _("%(share)s %% de sus %(n)s facturas pasó de 30 días de atraso (el tope es %(most)s %%).") % known


def _risk(advice: Advice, company: Company) -> str:
    seen = advice.behaviour
    known = {"band": seen.band, "word": str(BANDS[seen.band][0]).lower(), "score": seen.score}
    if seen.is_scored:
        return _("Su riesgo es %(word)s (%(band)s): %(score)s de 100 de pagar con más de 30 días de atraso.") % known
    return _("Su riesgo es %(word)s (%(band)s), por la parte que ha pagado con más de 30 días de atraso.") % known


def _owes_late(advice: Advice, company: Company) -> str:
    return ngettext(
        "Tiene %(n)s factura vencida ahora; sus días de atraso cuentan.",
        "Tiene %(n)s facturas vencidas ahora; sus días de atraso cuentan.",
        advice.behaviour.still_late,
    ) % {"n": advice.behaviour.still_late}


def _purchases(advice: Advice, company: Company) -> str:
    seen = advice.behaviour
    known = {
        "monthly": amount_text(seen.monthly, seen.currency, company), "days": advice.used_days,
        "percent": advice.percent, "band": seen.band,
    }  # fmt: skip
    return _(
        "Compra %(monthly)s al mes y su dinero está fuera %(days)s días: de eso, %(percent)s %% por su riesgo %(band)s."
    ) % known  # fmt: skip


def _no_purchases(advice: Advice, company: Company) -> str:
    return _("No ha comprado en un año: su límite se deja como está.")


def _near(advice: Advice, company: Company) -> str:
    return _("La cuenta da casi lo que ya tiene (menos de 10 % de diferencia): se deja como está.")


def _delay(advice: Advice) -> dict[str, object]:
    return {"days": days_text(abs(advice.behaviour.median_delay)), "n": len(advice.behaviour.delays)}


_WORDS: dict[Because, Callable[[Advice, Company], str]] = {
    Because.LITTLE_HISTORY: _little,
    Because.PAYS_ON_TIME: _on_time,
    Because.PAYS_LATE: _late,
    Because.OFTEN_VERY_LATE: _often,
    Because.RISK: _risk,
    Because.OWES_LATE_NOW: _owes_late,
    Because.PURCHASES: _purchases,
    Because.NO_PURCHASES: _no_purchases,
    Because.NEAR: _near,
}
