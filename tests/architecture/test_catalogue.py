"""English is complete: every text that a page shows has its English one, with the same placeholders."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog

from tests.architecture.catalogue import catalogue, texts, untranslated, updated
from tests.architecture.source import write_tree

SAMPLE = {
    "web/views.py": 'NAME = _("Cliente")\nngettext("%(n)s día", "%(n)s días", 2)\npgettext("mes", "Marzo")\n',
    "web/templates/a.html": '{% translate "Hola" %}{% blocktranslate %}De {{ name }}{% endblocktranslate %}'
    '{% include "b.html" with title=_("Título") %}'
    "{% blocktranslate count n=rows %}{{ n }} fila{% plural %}{{ n }} filas{% endblocktranslate %}",
}


def test_english_is_complete() -> None:
    assert untranslated(texts(), catalogue()) == []


def test_every_kind_of_text_is_found(tmp_path: Path) -> None:
    found = set(texts(write_tree(tmp_path, SAMPLE)))
    assert found == {
        (None, "Cliente", None),
        (None, "%(n)s día", "%(n)s días"),
        ("mes", "Marzo", None),
        (None, "Hola", None),
        (None, "De %(name)s", None),
        (None, "Título", None),
        (None, "%(n)s fila", "%(n)s filas"),
    }


def test_what_is_missing_or_differs_is_said(tmp_path: Path) -> None:
    shown = texts(write_tree(tmp_path, SAMPLE))
    assert len(untranslated(shown, Catalog(locale="en"))) == len(shown)
    english = updated(shown, Catalog(locale="en"))
    for message in english:
        if message.id:
            message.string = message.id
    assert untranslated(shown, english) == []
    english["De %(name)s"].string = "From %(nombre)s"
    assert untranslated(shown, english) == [
        "web/templates/a.html: 'De %(name)s' and its English text differ in placeholders"
    ]
