"""Words and pictures of getting paid: methods, providers, states, and why a person must look at a payment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from aldia.domain.ports.payments import Method
from aldia.payments.models.providers import Review

METHOD_NAMES: dict[str, Any] = {
    Method.CARD: _("Tarjeta"),
    Method.SPEI: _("SPEI a CLABE"),
    Method.STORE: _("Efectivo en tienda"),
    Method.TRANSFER: _("Transferencia con referencia"),
}
METHOD_HELP: dict[str, Any] = {
    Method.CARD: _("Crédito o débito, en la página del proveedor: la tarjeta nunca pasa por aquí."),
    Method.SPEI: _("Desde la banca de tu cliente, a una CLABE que el proveedor vigila."),
    Method.STORE: _("En la caja de una tienda, con un código. Tiene tope por pago."),
    Method.TRANSFER: _("A tu cuenta de siempre, con una referencia propia de cada cliente."),
}
METHOD_ICONS: dict[str, str] = {
    Method.CARD: "credit-card",
    Method.SPEI: "building-bank",
    Method.STORE: "building-store",
    Method.TRANSFER: "switch-horizontal",
}
PROVIDER_ABOUT: dict[str, Any] = {
    "stripe": _("Tarjeta, OXXO y transferencia en su propia página."),
    "mercado_pago": _("Tarjeta, efectivo y transferencia con Checkout Pro."),
    "conekta": _("Tarjeta, efectivo y SPEI en su página de pago."),
    "fintoc": _("Una CLABE por cliente: cada transferencia se registra sola."),
    "stp": _("CLABE por cliente directo en SPEI, con tu propio prefijo."),
    "transfer": _("Sin proveedor ni comisión: tu CLABE de siempre y una referencia por cliente."),
    "sandbox": _("Para aprender: todo el camino, sin dinero de verdad."),
}
COUNTRY_NAMES: dict[str, Any] = {
    "MX": _("México"), "CL": _("Chile"), "CO": _("Colombia"), "ES": _("España"), "AR": _("Argentina"),
    "PE": _("Perú"), "BR": _("Brasil"), "UY": _("Uruguay"), "US": _("Estados Unidos"),
}  # fmt: skip
SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a payment waits for a person, and what to do about it."""

    label: Any
    text: Any


REVIEWS: dict[str, Reason] = {
    Review.UNKNOWN_PAYER: Reason(
        _("No se sabe de quién es"),
        _("El dinero llegó, pero nada dice qué cliente lo mandó. Elige de quién es y se registra."),
    ),
    Review.DUPLICATE: Reason(
        _("Quizá ya está registrado"),
        _("Hay un pago igual de este cliente en esos días. Compáralos: si es el mismo, no se registra otra vez."),
    ),
    Review.CURRENCY: Reason(
        _("Llegó en otra moneda"),
        _("Se pidió en una moneda y llegó en otra. Registra el pago a mano con lo que te abonó el banco y márcalo "
          "como visto."),
    ),
    Review.PROOF: Reason(
        _("Falta confirmarlo"),
        _("El proveedor avisó sin prueba. Mira en tu banco si el dinero está: si está, confírmalo y se registra."),
    ),
    Review.PAID_TWICE: Reason(
        _("Se pagó dos veces"),
        _("Lo que pagaba ya estaba pagado, así que el dinero quedó a favor del cliente. Devuélvelo o déjalo a cuenta."),
    ),
    Review.STUCK: Reason(
        _("El proveedor no contesta"),
        _("Le preguntamos varias veces y no dice en qué quedó. Consúltalo otra vez, o mira en su panel."),
    ),
    Review.REFUSED: Reason(
        _("No se pudo registrar"),
        _("El dinero llegó, pero los libros no lo aceptaron. Registra el pago a mano y márcalo como visto."),
    ),
}  # fmt: skip
OTHER_REVIEW = Reason(_("Necesita que lo veas"), _("Algo no cuadró al registrarlo. Mira qué pasó y decide."))


def method_label(method: str) -> str:
    """The name of a method for people; a dash when nobody chose one yet."""
    return str(METHOD_NAMES.get(method, method or "—"))


def review_of(code: str) -> Reason:
    """What a review code means."""
    return REVIEWS.get(code, OTHER_REVIEW)


def grouped_clabe(value: str) -> str:
    """A CLABE as people read it aloud: bank, place, account, check digit. Anything else as it is."""
    if len(value) == 18 and value.isascii() and value.isdigit():
        return f"{value[:3]} {value[3:6]} {value[6:10]} {value[10:14]} {value[14:17]} {value[17]}"
    return value
