"""The placeholders that a template may use: one registry that checks them, explains them and fills an example.

Every value is text ready to be read (amounts with their symbol, dates in words); `documentos` alone is a list, of rows
of text. What a message has no value for is empty, and an empty value counts as «no» in `{% if … %}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from aldia.domain.sentences import gettext_noop
from aldia.messaging.models import Channel, Purpose

Context = Mapping[str, "str | list[dict[str, str]]"]

ROWS = "documentos"
TABLE = "tabla"
LINK = "liga_de_pago"
STATEMENT_LINK = "estado_de_cuenta"
PAGE_LINK = "pagina_en_aldia"
DOCUMENT_KIND = "tipo_de_documento"
LINKS = (LINK, STATEMENT_LINK, PAGE_LINK)  # alone on a line each of them is a button
ACCOUNT, ACCOUNT_BANK, BENEFICIARY = "clabe", "banco_clabe", "beneficiario"

_EVERY = frozenset(Purpose)
_OWED = frozenset({Purpose.BEFORE, Purpose.ON_DAY, Purpose.AFTER, Purpose.STATEMENT, Purpose.DIRECT})
_PAID = frozenset({Purpose.PAID, Purpose.RECEIPT, Purpose.DIRECT, Purpose.NOTICE})
_DRAWN = frozenset({Channel.EMAIL, Channel.LETTER})
_ANYWHERE = frozenset(Channel)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One name that a template may write between braces, where it has a value, and what it looks like."""

    name: str
    _description: str
    example: str
    purposes: frozenset[str] = _EVERY
    channels: frozenset[str] = _ANYWHERE

    @property
    def description(self) -> str:
        """What it stands for, in the active language."""
        return gettext(self._description)


_ = gettext_noop
PLACEHOLDERS: tuple[Placeholder, ...] = (
    Placeholder("cliente", _("Cómo se llama al cliente: su nombre comercial o su razón social"), "Abarrotes La Güera"),
    Placeholder("razon_social", _("Razón social del cliente"), "ABARROTES LA GUERA SA DE CV"),
    Placeholder("rfc", _("RFC del cliente"), "ALG010203AB2"),
    Placeholder("contacto", _("Nombre de la persona a quien se escribe"), "Lupita Robles"),
    Placeholder("empresa", _("Nombre de tu empresa"), "Distribuidora Tres Ríos"),
    Placeholder("remitente", _("Quién firma y contesta"), "Marisol Peña"),
    Placeholder("telefono", _("Teléfono de tu empresa"), "55 5555 0134"),
    Placeholder("correo", _("Correo al que llega la respuesta"), "cobranza@tresrios.example"),
    Placeholder("fecha", _("Fecha en que sale el mensaje"), "21 de noviembre de 2026"),
    Placeholder("total", _("Suma de lo que el mensaje reclama, por moneda"), "$18,560.00",
                _OWED | {Purpose.ORDER, Purpose.DOCUMENT, Purpose.NOTICE}),
    Placeholder("vencido", _("La parte que ya venció, por moneda"), "$11,600.00", _OWED),
    Placeholder("por_vencer", _("La parte que todavía no vence, por moneda"), "$6,960.00", _OWED),
    Placeholder("cuantos", _("Cuántos documentos incluye"), "2"),
    Placeholder("folio", _("Folio del documento (el primero, si son varios)"), "F-1042"),
    Placeholder("vencimiento", _("Fecha de vencimiento del documento más antiguo"), "10 de noviembre de 2026",
                _OWED | {Purpose.ORDER}),
    Placeholder("dias_vencido", _("Días que lleva vencido el documento más antiguo"), "11", _OWED),
    Placeholder("pagado", _("Importe que se recibió"), "$11,600.00", _PAID),
    Placeholder("fecha_de_pago", _("Fecha en que se recibió el pago"), "20 de noviembre de 2026", _PAID),
    Placeholder("saldo_restante", _("Lo que queda por pagar después del pago, por moneda"), "$6,960.00", _PAID),
    Placeholder("mensaje", _("Lo que escribe la persona que manda el mensaje"), "Te comparto lo que acordamos.",
                frozenset({Purpose.ORDER, Purpose.DOCUMENT, Purpose.DIRECT, Purpose.NOTICE})),
    Placeholder(DOCUMENT_KIND, _("Qué es el documento que se manda: factura, nota de crédito…"), "Factura",
                frozenset({Purpose.DOCUMENT})),
    Placeholder(TABLE, _("La tabla de documentos, ya dibujada"), "", _EVERY, _DRAWN),
    Placeholder(ACCOUNT, _("CLABE que es solo de este cliente (vacía si no tiene)"), "646 180 110 400 000 001"),
    Placeholder(ACCOUNT_BANK, _("Banco de esa CLABE"), "STP"),
    Placeholder(BENEFICIARY, _("Beneficiario de esa CLABE"), "Distribuidora Tres Ríos"),
    Placeholder(LINK, _("Liga de pago; sola en su renglón se vuelve botón"), "https://paga.example/p/8Kq2"),
    Placeholder(STATEMENT_LINK, _("Liga al estado de cuenta en línea"), "https://paga.example/e/8Kq2"),
    Placeholder(PAGE_LINK, _("Página de Aldía donde se atiende; sola en su renglón se vuelve botón"),
                "https://aldia.example/e/tres-rios/pagos/reportados/", frozenset({Purpose.NOTICE})),
)  # fmt: skip

# What each row of `documentos` carries, and the heading of its column.
ROW_FIELDS: dict[str, str] = {
    "folio": _("Folio"),
    "tipo": _("Tipo"),
    "emision": _("Emisión"),
    "vencimiento": _("Vencimiento"),
    "dias_vencido": _("Días vencido"),
    "total": _("Total"),
    "saldo": _("Saldo"),
    "moneda": _("Moneda"),
    "concepto": _("Concepto"),
    "orden_de_compra": _("Orden de compra"),
}
DEFAULT_COLUMNS = ("folio", "vencimiento", "total", "saldo")
AMOUNTS = frozenset({"dias_vencido", "total", "saldo"})  # set at the right

EXAMPLE_ROWS: list[dict[str, str]] = [
    {"folio": "F-1042", "tipo": "Factura", "emision": "11 oct 2026", "vencimiento": "10 nov 2026", "dias_vencido": "11",
     "total": "$11,600.00", "saldo": "$11,600.00", "moneda": "MXN", "concepto": "Pedido 881"},
    {"folio": "F-1057", "tipo": "Factura", "emision": "28 oct 2026", "vencimiento": "27 nov 2026", "dias_vencido": "",
     "total": "$9,280.00", "saldo": "$6,960.00", "moneda": "MXN", "concepto": "Pedido 902"},
]  # fmt: skip
EXAMPLE_DOCUMENT: dict[str, str | list[dict[str, str]]] = {
    "total": "$11,600.00", "cuantos": "1", "folio": "F-1042", ROWS: [dict(EXAMPLE_ROWS[0])],
}  # fmt: skip
EXAMPLE_ORDER: dict[str, str | list[dict[str, str]]] = {
    "total": "$4,640.00", "cuantos": "1", "folio": "OP-12", "vencimiento": "30 de noviembre de 2026",
    ROWS: [{"folio": "OP-12", "tipo": "Orden de pago", "emision": "21 nov 2026", "vencimiento": "30 nov 2026",
            "dias_vencido": "", "total": "$4,640.00", "saldo": "$4,640.00", "moneda": "MXN",
            "concepto": "Anticipo de temporada", "orden_de_compra": ""}],
}  # fmt: skip
_BY_NAME = {each.name: each for each in PLACEHOLDERS}


def placeholders(*, purpose: str, channel: str) -> list[Placeholder]:
    """Those that a template of this purpose and channel may use, in the order in which the editor shows them."""
    return [each for each in PLACEHOLDERS if purpose in each.purposes and channel in each.channels]


def allowed_names(*, purpose: str, channel: str) -> frozenset[str]:
    """The names that may stand between braces, `documentos` among them."""
    return frozenset(each.name for each in placeholders(purpose=purpose, channel=channel)) | {ROWS}


def find(name: str) -> Placeholder | None:
    """The placeholder of that name, whatever the purpose."""
    return _BY_NAME.get(name)


def example_context(*, purpose: str, channel: str) -> dict[str, str | list[dict[str, str]]]:
    """An invented message of that purpose, for the editor's preview while no customer is chosen."""
    values: dict[str, str | list[dict[str, str]]] = {
        each.name: each.example for each in placeholders(purpose=purpose, channel=channel)
    }
    values[ROWS] = [dict(row) for row in EXAMPLE_ROWS]
    own = {Purpose.ORDER.value: EXAMPLE_ORDER, Purpose.DOCUMENT.value: EXAMPLE_DOCUMENT}
    return values | own.get(purpose, {})
