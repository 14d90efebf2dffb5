"""Why a sheet, or one of its cells, cannot be read: a sentence each, with the row and the column."""

from __future__ import annotations

from aldia.domain.sentences import Refusal, gettext_noop


class SheetError(Refusal):
    """The file as a whole is not a sheet that can be read."""

    code = "sheet"
    template = gettext_noop("El archivo no se pudo leer como hoja de cálculo.")


class EmptySheet(SheetError):
    code = "empty"
    template = gettext_noop("El archivo está vacío: no tiene ninguna fila.")


class NotASheet(SheetError):
    code = "not_a_sheet"
    template = gettext_noop("Es un archivo %(format)s, no una hoja de cálculo: guárdalo como Excel (.xlsx) o CSV.")


class DamagedSheet(SheetError):
    code = "damaged"
    template = gettext_noop("La hoja está dañada o protegida: ábrela en Excel, guárdala de nuevo como .xlsx y repite.")


class TooBig(SheetError):
    """`what` is one of the sentences below; the figures fill it."""

    code = "too_big"

    def __init__(self, what: str, **params: object) -> None:
        self.template = what
        super().__init__(**params)


HEAVY = gettext_noop("El archivo es demasiado grande: pesa %(size)s MB y se admiten %(limit)s. Divídelo.")
INFLATED = gettext_noop("La hoja es demasiado grande: sin comprimir pasa de %(limit)s MB. Divídela.")
PARTS = gettext_noop("El archivo tiene demasiadas partes: se admiten %(limit)s.")
ROWS = gettext_noop("La hoja es demasiado grande: llega a la fila %(rows)s y se admiten %(limit)s filas. Divídela.")
COLUMNS = gettext_noop("La hoja es demasiado grande: llega a la columna %(columns)s y se admiten %(limit)s.")
CELLS = gettext_noop("La hoja es demasiado grande: pasa de %(limit)s celdas. Divídela.")
TEXT = gettext_noop("La hoja es demasiado grande: repite demasiado texto, más de %(limit)s MB.")


class BadLine(SheetError):
    code = "bad_line"
    template = gettext_noop("La fila %(row)s no se puede leer: revisa que sus comillas estén cerradas.")


class MissingColumns(SheetError):
    code = "missing_columns"
    template = gettext_noop("Faltan columnas en la primera fila: %(names)s. Descarga la plantilla para verlas todas.")


class RepeatedColumn(SheetError):
    code = "repeated_column"
    template = gettext_noop("La columna «%(name)s» está dos veces (columnas %(first)s y %(second)s): deja una sola.")


class BadCell(Refusal):
    """Why one cell cannot be read, wherever it stands."""

    code = "bad_cell"

    def __init__(self, template: str, **params: object) -> None:
        self.template = template
        super().__init__(**params)


class CellError(Refusal):
    """One cell; `row` counts as Excel shows it, `column` is its heading, `reason` what is wrong with it."""

    code = "cell"
    template = gettext_noop("Fila %(row)s, columna «%(column)s»: %(why)s")

    def __init__(self, *, row: int, column: str, reason: Refusal | str) -> None:
        self.row, self.column, self.reason = row, column, reason
        super().__init__(row=row, column=column, why="")
        self.params["why"] = reason.message if isinstance(reason, Refusal) else reason
        self.args = (self.message,)

    @property
    def why(self) -> str:
        return self.params["why"]

    def __str__(self) -> str:
        return self.message
