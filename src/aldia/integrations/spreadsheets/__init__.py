"""Sheets in and out: `read_records` from XLSX or CSV with its limits, `write_xlsx` and `write_csv`."""

from aldia.integrations.spreadsheets.cells import Record, Value
from aldia.integrations.spreadsheets.errors import CellError, MissingColumns, SheetError
from aldia.integrations.spreadsheets.guard import LIMITS, Limits
from aldia.integrations.spreadsheets.reader import Row, read_records, read_rows
from aldia.integrations.spreadsheets.writer import CSV_TYPE, XLSX_TYPE, Cell, Column, Sheet, write_csv, write_xlsx

__all__ = [
    "CSV_TYPE", "LIMITS", "XLSX_TYPE", "Cell", "CellError", "Column", "Limits", "MissingColumns", "Record", "Row",
    "Sheet", "SheetError", "Value", "read_records", "read_rows", "write_csv", "write_xlsx",
]  # fmt: skip
