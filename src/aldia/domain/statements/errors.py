"""Why a file is not a bank statement that can be read: one class per reason, each with a sentence for people."""

from __future__ import annotations

from aldia.domain.sentences import Refusal, gettext_noop


class StatementError(Refusal):
    """Base of every reason why a file as a whole is refused. Readers raise nothing else."""

    code = "statement"
    template = gettext_noop("El archivo no se pudo leer como estado de cuenta.")


class EmptyStatement(StatementError):
    code = "empty"
    template = gettext_noop("El archivo está vacío: descárgalo de nuevo del banco y vuelve a subirlo.")


class UnknownFormat(StatementError):
    code = "unknown_format"
    template = gettext_noop(
        "Es un archivo %(format)s, que no es un estado de cuenta: descarga los movimientos en Excel, CSV, TXT, OFX, "
        "MT940, camt o Norma 43."
    )


class EncryptedPdf(StatementError):
    code = "encrypted"
    template = gettext_noop(
        "El PDF pide una contraseña: escríbela para leerlo. No se guarda; lo que se guarda es el archivo ya abierto."
    )


class WrongPassword(StatementError):
    code = "wrong_password"
    template = gettext_noop("Esa no es la contraseña del PDF: escríbela como la usas para abrirlo.")


class DamagedPdf(StatementError):
    code = "damaged"
    template = gettext_noop("El PDF está dañado o no se puede leer: descárgalo de nuevo del banco y vuelve a subirlo.")


class ScannedPdf(StatementError):
    code = "scanned"
    template = gettext_noop(
        "El PDF es una imagen, sin texto que leer: descarga los movimientos del portal del banco en Excel, CSV o TXT."
    )


class TooManyPages(StatementError):
    code = "too_many_pages"
    template = gettext_noop("El PDF es demasiado largo (se admiten %(limit)s páginas): descarga un periodo más corto.")


class NoTable(StatementError):
    code = "no_table"
    template = gettext_noop("El archivo no tiene ninguna tabla de movimientos: revisa que sea el que da el banco.")


class DamagedStatement(StatementError):
    code = "damaged"
    template = gettext_noop(
        "El archivo está dañado o incompleto (línea %(line)s): descárgalo de nuevo del banco y vuelve a subirlo."
    )


class HasDoctype(StatementError):
    code = "has_doctype"
    template = gettext_noop(
        "El XML trae una declaración DOCTYPE, que ningún estado de cuenta lleva y que se rechaza por seguridad."
    )


class TooDeep(StatementError):
    code = "too_deep"
    template = gettext_noop("El XML tiene demasiados niveles anidados: se rechaza por seguridad.")


class TooLarge(StatementError):
    code = "too_large"
    template = gettext_noop("El archivo pesa %(size)s MB y se admiten %(limit)s: descarga un periodo más corto.")


class TooManyRows(StatementError):
    code = "too_many_rows"
    template = gettext_noop("El archivo pasa de %(limit)s movimientos: descarga un periodo más corto.")


class BadMapping(StatementError):
    code = "bad_mapping"
    template = gettext_noop("El orden de columnas guardado no sirve para este archivo: %(why)s.")
