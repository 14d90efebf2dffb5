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
    code = "too_big"
    template = gettext_noop("La hoja es demasiado grande: %(what)s. Se admiten %(limit)s; divide el archivo.")


class BadLine(SheetError):
    code = "bad_line"
    template = gettext_noop("La fila %(row)s no se puede leer: revisa que sus comillas estén cerradas.")


class MissingColumns(SheetError):
    code = "missing_columns"
    template = gettext_noop("Faltan columnas en la primera fila: %(names)s. Descarga la plantilla para verlas todas.")


class RepeatedColumn(SheetError):
    code = "repeated_column"
    template = gettext_noop("La columna «%(name)s» está dos veces (columnas %(first)s y %(second)s): deja una sola.")


class CellError(Refusal):
    """One cell; `row` counts as Excel shows it, `column` is its heading."""

    code = "cell"
    template = gettext_noop("Fila %(row)s, columna «%(column)s»: %(why)s")

    def __init__(self, *, row: int, column: str, why: str) -> None:
        self.row, self.column, self.why = row, column, why
        super().__init__(row=row, column=column, why="")
        self.params["why"] = why
        self.args = (self.message,)

    def __str__(self) -> str:
        return self.message
