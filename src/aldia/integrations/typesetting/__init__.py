"""Papers set by Typst: a template of `templates/` and data. Words go in as JSON, never as markup: no text can command.

Pictures go in as SVG text, so a template opens no file but its own.
"""

from aldia.integrations.typesetting.press import PDF_TYPE, CannotSet, set_pdf, set_png

__all__ = ["PDF_TYPE", "CannotSet", "set_pdf", "set_png"]
