"""Why a file is not a fiscal document that can be booked: one class per reason, each with a sentence for people.

`template` is the Spanish source sentence (marked for the message catalogue, so that an interface may translate it)
and `params` what fills it; `message` is the sentence itself. It says what is wrong, where, and what to do.
`permanent` is always true here: the same bytes will fail again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from aldia.domain.sentences import gettext_noop

# What is quoted back from a file is short: a message is a sentence, not a copy of the file.
QUOTE_LIMIT = 60


def quoted(value: object) -> str:
    """A piece of the file, safe to show inside a sentence: one line, printable, at most 60 characters."""
    text = "".join(char if char.isprintable() else " " for char in str(value)[: QUOTE_LIMIT * 4])
    text = " ".join(text.split())
    return text if len(text) <= QUOTE_LIMIT else text[: QUOTE_LIMIT - 1] + "…"


class FiscalError(Exception):
    """Base of every reason. Raised by `parse`; nothing else ever is."""

    code: ClassVar[str] = "fiscal.error"
    template: ClassVar[str] = gettext_noop("El archivo no se pudo leer como comprobante fiscal.")
    permanent: ClassVar[bool] = True

    def __init__(self, **params: object) -> None:
        self.params: dict[str, str] = {name: quoted(value) for name, value in params.items()}
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return self.template % self.params if self.params else self.template

    def __reduce__(self) -> tuple[Callable[..., FiscalError], tuple[type[FiscalError], dict[str, str]]]:
        """Travels between processes: files are parsed by a pool."""
        return _rebuild, (type(self), self.params)


def _rebuild(kind: type[FiscalError], params: dict[str, str]) -> FiscalError:
    return kind(**params)


# ── the file is not XML that can be read ──────────────────────────────────────────────────────────────────────


class NotXml(FiscalError):
    code = "not_xml"
    template = gettext_noop(
        "No es un XML bien formado (línea %(line)s, columna %(column)s). El archivo está dañado: "
        "pide de nuevo el XML original a quien lo emitió o descárgalo del SAT."
    )


class EmptyFile(NotXml):
    code = "empty"
    template = gettext_noop("El archivo está vacío: descárgalo de nuevo y vuelve a subirlo.")


class OtherFormat(NotXml):
    code = "other_format"
    template = gettext_noop("Esto es un archivo %(format)s, no un XML: sube el XML del comprobante.")


class Truncated(NotXml):
    code = "truncated"
    template = gettext_noop(
        "El XML está incompleto: termina en la línea %(line)s antes de cerrar el comprobante. "
        "Descárgalo de nuevo y vuelve a subirlo."
    )


class BadEncoding(NotXml):
    code = "bad_encoding"
    template = gettext_noop(
        "El XML dice estar escrito en «%(encoding)s», que no se puede leer: guárdalo de nuevo en UTF-8 o descárgalo "
        "del SAT."
    )


class HasDoctype(FiscalError):
    code = "has_doctype"
    template = gettext_noop(
        "El XML trae una declaración DOCTYPE, que ningún CFDI lleva y que se rechaza por seguridad. "
        "Descarga el XML original del SAT."
    )


class TooLarge(FiscalError):
    code = "too_large"
    template = gettext_noop(
        "El archivo mide %(size)s MB y el máximo por comprobante es %(limit)s MB. Revisa que sea un solo CFDI."
    )


class TooDeep(FiscalError):
    code = "too_deep"
    template = gettext_noop(
        "El XML tiene más de %(limit)s niveles de elementos anidados, que ningún CFDI tiene: se rechaza por seguridad."
    )


# ── XML, but not a document that can be booked ────────────────────────────────────────────────────────────────


class NotCfdi(FiscalError):
    code = "not_cfdi"
    template = gettext_noop(
        "Es un XML, pero no un CFDI: su elemento principal es «%(root)s» y debe ser «cfdi:Comprobante»."
    )


class Retenciones(NotCfdi):
    code = "retenciones"
    template = gettext_noop(
        "Es una constancia de retenciones e información de pagos, no un CFDI de ingresos: no genera cuentas por cobrar "
        "y no se guarda."
    )


class UnsupportedVersion(FiscalError):
    code = "unsupported_version"
    template = gettext_noop("La versión «%(version)s» del comprobante no se admite: se leen CFDI 3.2, 3.3 y 4.0.")


class UnsupportedComplement(FiscalError):
    code = "unsupported_complement"
    template = gettext_noop(
        "La versión «%(version)s» del complemento de pagos no se admite: se leen las versiones 1.0 y 2.0."
    )


class NotStamped(FiscalError):
    code = "not_stamped"
    template = gettext_noop(
        "El comprobante no está timbrado: no tiene UUID, así que aún no es una factura. Sube el XML timbrado."
    )


class SeveralStamps(FiscalError):
    code = "several_stamps"
    template = gettext_noop(
        "El comprobante trae dos timbres con UUID distintos (%(first)s y %(second)s) y no se puede saber cuál vale. "
        "Descarga el XML original del SAT."
    )


# ── a field of the document ───────────────────────────────────────────────────────────────────────────────────


class FieldError(FiscalError):
    """A field is missing or wrong; `path` says which, as people write it: `Comprobante/Receptor/@Rfc`."""

    def __init__(self, path: str, **params: object) -> None:
        self.path = path
        super().__init__(path=path, **params)


class MissingField(FieldError):
    code = "missing_field"
    template = gettext_noop("Falta el dato %(path)s, que es obligatorio: pide al emisor un CFDI correcto.")


class BadNumber(FieldError):
    code = "bad_number"
    template = gettext_noop(
        "El dato %(path)s no es un número válido: dice «%(value)s» y debe llevar solo dígitos y un punto decimal."
    )


class OutOfRange(BadNumber):
    code = "number_out_of_range"
    template = gettext_noop("El dato %(path)s está fuera de lo posible: dice «%(value)s».")


class BadDate(FieldError):
    code = "bad_date"
    template = gettext_noop(
        "El dato %(path)s no es una fecha válida: dice «%(value)s» y debe ser como 2026-01-31T13:45:00."
    )


class BadUuid(FieldError):
    code = "bad_uuid"
    template = gettext_noop("El dato %(path)s no es un UUID: dice «%(value)s».")


class BadTaxId(FieldError):
    code = "bad_tax_id"
    template = gettext_noop("El dato %(path)s no tiene forma de RFC: dice «%(value)s».")


class UnknownCurrency(FieldError):
    code = "unknown_currency"
    template = gettext_noop(
        "El dato %(path)s dice «%(value)s», que no es una moneda del catálogo del SAT (por ejemplo MXN o USD)."
    )


class UnknownType(FieldError):
    code = "unknown_type"
    template = gettext_noop("El dato %(path)s dice «%(value)s», que no es un tipo de comprobante: I, E, P, N o T.")


class RepeatedField(FieldError):
    code = "repeated_field"
    template = gettext_noop("El dato %(path)s aparece más de una vez y no se puede saber cuál vale.")
