"""The editor's HTML becomes light formatting and comes back; nothing of a stranger's HTML stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.messaging.richtext import cleaned, from_html, to_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hola</p><p>Van <b>dos</b> cosas:</p><ul><li>una</li><li>otra</li></ul>",
         "Hola\n\nVan *dos* cosas:\n\n- una\n- otra"),
        ("<div>uno<br>dos</div><div><br></div><div>tres</div>", "uno\ndos\n\ntres"),
        ("hola <strong> fuerte </strong>y <em>quedo</em>", "hola  *fuerte* y _quedo_"),
        ('<a href="https://x.example/a">la liga</a>', "[la liga](https://x.example/a)"),
        ('<a href="https://x.example/a">https://x.example/a</a>', "https://x.example/a"),
        ("<b>uno<br>dos</b>", "*uno*\n*dos*"),
        ("<p>{{ liga_de_pago }}</p>", "{{ liga_de_pago }}"),
        ("<p>a &lt; b &amp; c&nbsp;d</p>", "a < b & c d"),
        ("", ""),
    ],
    ids=["paragraphs", "divs", "marks", "link", "bare link", "marks over lines", "placeholder", "letters", "nothing"],
)  # fmt: skip
def test_what_is_written_is_kept_with_marks(html: str, text: str) -> None:
    assert from_html(html).replace("  ", " ") == text.replace("  ", " ")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>hola",
        '<img src=x onerror="alert(1)">hola',
        '<a href="javascript:alert(1)">hola</a>',
        '<p style="position:fixed" onclick="x()">hola</p>',
        '<svg><script>x</script></svg><iframe src="https://malo.example"></iframe>hola',
        '<p class="x"><font color=red>hola</font></p>',
    ],
    ids=["script", "picture", "address", "attributes", "frames", "font"],
)
def test_what_could_harm_is_gone(html: str) -> None:
    assert from_html(html) == "hola"
    assert not any(word in cleaned(html) for word in ("script", "onerror", "style", "iframe", "javascript", "class"))


@pytest.mark.parametrize(
    "text",
    [
        "Hola, *Lupita*:\n\nSu saldo es de _$100.00_.\n\n- F-1\n- F-2\n\n[Pague aquí](https://x.example/p)\nGracias",
        "{{ tabla }}\n\n[Pague]({{ liga_de_pago }})\n\n{{ estado_de_cuenta }}",
    ],
    ids=["formatting", "placeholders"],
)
def test_it_comes_back_as_it_went(text: str) -> None:
    assert from_html(to_html(text)) == text


@given(st.text(max_size=300))
def test_whatever_comes_is_read(html: str) -> None:
    said = from_html(html)
    assert from_html(to_html(said)).split() == from_html(to_html(from_html(to_html(said)))).split()
    assert "<script" not in to_html(said).lower()
