"""What a template comes to: formatting, the drawn table, HTML with nothing alive in it, text, SMS and WhatsApp."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.messaging import sms
from aldia.messaging.builtins import builtins
from aldia.messaging.layout import safe_url
from aldia.messaging.look import Look
from aldia.messaging.models import Channel, Purpose, Template
from aldia.messaging.operations.templates import Words, check
from aldia.messaging.placeholders import ROW_FIELDS, ROWS, example_context, placeholders
from aldia.messaging.rendering import Rendered, render
from aldia.messaging.tables import MAX_DRAWN

LITTLE = {"empresa": "Tres Ríos", "cliente": "La Güera", "mensaje": "Hola"}
LOOK = Look(company="Distribuidora Tres Ríos", accent="#d6336c", phone="55 5555 0134", footer="Lunes a viernes")


def written(
    body: str, *, subject: str = "Asunto", channel: str = "email", language: str = "es", **context: object
) -> Rendered:
    template = Template(purpose="after", channel=channel, subject=subject, body=body, language=language)
    return render(template=template, context=context, look=LOOK)  # type: ignore[arg-type]


class Tags(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize(
    ("body", "inside"),
    [
        ("*uno* dos", "<strong>uno</strong> dos"),
        ("_uno_", "<em>uno</em>"),
        ("*_uno_ dos*", "<strong><em>uno</em> dos</strong>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("*sin cerrar", "*sin cerrar"),
        ("a*b*c", "a*b*c"),
        ("archivo_con_guiones", "archivo_con_guiones"),
        ("*uno _dos* tres_", "<strong>uno _dos</strong> tres_"),
        ("uno\ndos", "uno<br>dos"),
        ("- uno\n- dos", '<li style="margin:0 0 4px;">uno</li><li style="margin:0 0 4px;">dos</li></ul>'),
        ("[aquí](https://x.example/a?b=1&c=2)", 'href="https://x.example/a?b=1&amp;c=2"'),
        ("vea https://x.example/a_b_c.", '>https://x.example/a_b_c</a>.'),
        ("[aquí](javascript:alert(1))", "[aquí](javascript:alert(1))"),
        ("[aquí](javascript:alert)", "<p style=\"margin:0 0 12px;\">aquí</p>"),
        ("[aquí](data:text/html,x)", "<p style=\"margin:0 0 12px;\">aquí</p>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)  # fmt: skip
def test_formatting(body: str, inside: str) -> None:
    assert inside in written(body).html


def test_a_value_is_never_formatting() -> None:
    found = written("{{ cliente }} *{{ total }}*", cliente="*a* _b_ [c](https://mal.example)", total="$1")
    assert "*a* _b_ [c](https://mal.example) <strong>$1</strong>" in found.html
    assert 'href="https://mal.example"' not in found.html
    assert "*a* _b_ [c](https://mal.example) *$1*" in found.text


CANARY = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'-->]]>"


@pytest.mark.parametrize("purpose", Purpose.values)
def test_nothing_alive_from_any_value_comes_out(purpose: str) -> None:
    """Every placeholder and every column of the rows hold a canary; built-in words of that purpose are filled."""
    context = {each.name: f"{each.name}{CANARY}" for each in placeholders(purpose=purpose, channel="email")}
    context[ROWS] = [dict.fromkeys(ROW_FIELDS, f"fila{CANARY}")] * 2  # type: ignore[assignment]
    look = Look(company=f"Co{CANARY}", phone=CANARY, website=CANARY, footer=CANARY)
    for key, built in builtins().items():
        if not key.startswith(f"{purpose}.") or ".email." not in key:
            continue
        template = built.template()
        template.body += "\n[ver]({{ liga_de_pago }}) {{ estado_de_cuenta }}\n\n{{ tabla }}"
        found = render(template=template, context=context, look=look, columns=list(ROW_FIELDS))
        parsed = Tags(found.html)
        assert {tag for tag, _attributes in parsed.tags} <= ALIVE_AT_MOST
        for tag, attributes in parsed.tags:
            assert not [name for name in attributes if name.startswith("on")], tag
            assert (attributes.get("href") or "").strip().lower()[:10] in ("", "https://pa"[:10]), attributes
        assert "alert(2)" in parsed.words  # it is there to be read
        assert "\n" not in found.subject
        assert CANARY in found.text


ALIVE_AT_MOST = {
    "html", "head", "title", "meta", "style", "body", "div", "table", "tbody", "tr", "td", "th", "p", "br", "ul", "li",
    "strong", "em", "a",
}  # fmt: skip


def test_a_table_of_documents() -> None:
    found = written("{{ tabla }}", **example_context(purpose="after", channel="email"))
    parsed = Tags(found.html)
    assert "F-1042" in parsed.words
    assert "$6,960.00" in parsed.words
    assert "Total: $18,560.00" in parsed.words
    assert sum(tag == "th" for tag, _attributes in parsed.tags) == 4
    lines = found.text.split("\n\n")[0].splitlines()
    assert lines[0].split() == ["Folio", "Vencimiento", "Total", "Saldo"]
    assert set(lines[1]) == {"-"}
    assert lines[2].split()[-1] == "$11,600.00"
    assert lines[2].endswith(lines[2].split()[-1])
    assert {len(line) for line in lines[:4]} == {len(lines[1])}


def test_columns_are_those_asked_for_and_none_invented() -> None:
    context = example_context(purpose="after", channel="email")
    template = Template(purpose="after", channel="email", subject="x", body="{{ tabla }}")
    text = render(template=template, context=context, look=LOOK, columns=("concepto", "clave", "saldo", "saldo")).text
    assert text.splitlines()[0].split() == ["Concepto", "Saldo"]
    text = render(template=template, context=context, look=LOOK, columns=("clave",)).text
    assert text.splitlines()[0].split() == ["Folio", "Vencimiento", "Total", "Saldo"]


def test_a_long_table_is_cut_with_words_and_stays_below_the_size_where_mail_is_clipped() -> None:
    rows = [dict.fromkeys(ROW_FIELDS, "1,234,567.00") for _row in range(100)]
    found = written("{{ tabla }}", documentos=rows, total="$1.00")
    assert f"y {100 - MAX_DRAWN} documentos más" in found.html
    assert f"y {100 - MAX_DRAWN} documentos más" in found.text
    assert len(found.html.encode()) < 102_000
    assert len(found.text.encode()) < 65_536


def test_no_documents_no_table() -> None:
    found = written("a\n\n{{ tabla }}\n\nb", documentos=[])
    assert "Folio" not in found.html
    assert found.text.startswith("a\n\nb\n")


@pytest.mark.parametrize("body", ["{{ liga_de_pago }}", "[Pagar]({{ liga_de_pago }})"])
def test_a_link_alone_on_its_line_is_a_button_and_nothing_without_a_link(body: str) -> None:
    found = written(body, liga_de_pago="https://paga.example/p/1?a=1&b=2")
    links = [attributes for tag, attributes in Tags(found.html).tags if tag == "a"]
    assert [each["href"] for each in links] == ["https://paga.example/p/1?a=1&b=2"]
    assert "background:#d6336c" in (links[0]["style"] or "")
    assert "https://paga.example/p/1?a=1&b=2" in found.text
    empty = written(f"a\n\n{body}\n\nb", liga_de_pago="")
    assert "<a " not in empty.html
    assert empty.text.startswith("a\n\nb\n")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " data:x", "vbscript:x", "//x", "/x", "https://a b", "HTTPS//x", "java\tscript:x"]
)
def test_a_mail_leads_nowhere_else(url: str) -> None:
    assert safe_url(url) == ""
    found = written("[Pagar]({{ liga_de_pago }})\n\nvea {{ liga_de_pago }}", liga_de_pago=url)
    assert not [each for tag, each in Tags(found.html).tags if tag == "a" and each.get("href")]


def test_subject_is_one_line() -> None:
    found = written("x", subject="A {{ cliente }}", cliente="b\r\nBcc: todos@mal.example\u2028\x85\x00c\u202e d")
    assert re.fullmatch(r"A b[ \ufffd]+Bcc: todos@mal\.example[ \ufffd]+c[ \ufffd]+d", found.subject)
    assert len(written("x", subject="{{ cliente }}", cliente="x" * 500).subject) <= 200


def test_the_layout_says_who_sends_why_and_whom_to_answer() -> None:
    found = written("Hola", **example_context(purpose="after", channel="email"))
    words = " ".join(Tags(found.html).words.split())
    for said in (
        "Las respuestas a este correo llegan a Marisol Peña (cobranza@tresrios.example).",
        "Distribuidora Tres Ríos la tiene como contacto de Abarrotes La Güera.",
        "55 5555 0134",
        "Lunes a viernes",
    ):
        assert said in words
    assert 'lang="es"' in found.html
    assert "prefers-color-scheme: dark" in found.html
    assert "http" not in "".join(str(each) for tag, each in Tags(found.html).tags if tag in ("link", "img", "script"))


def test_what_is_no_text_comes_out_nowhere() -> None:
    """NUL and halves of letters: PostgreSQL keeps none of them, and a failure there would be a message lost."""
    odd = "x\x00y\ud800z\u2028"
    context = {each.name: odd for each in placeholders(purpose="after", channel="email")}
    context[ROWS] = [dict.fromkeys(ROW_FIELDS, odd)]  # type: ignore[assignment]
    template = builtins()["after.neutral.email.es"].template()
    found = render(template=template, context=context, look=Look(company=odd, phone=odd, website=odd, footer=odd))
    for text in (found.subject, found.html, found.text):
        assert not re.search("[\x00\ud800-\udfff\u2028]", text)


def test_preheader_is_the_first_words() -> None:
    hidden = re.search(
        r'<div style="display:none[^"]*">([^<]*)</div>', written("Hola *{{ cliente }}*", cliente="A&B").html
    )
    assert hidden is not None
    assert html.unescape(hidden.group(1)) == "Hola A&B"


def test_logo_is_a_picture_inside_the_mail() -> None:
    template = Template(purpose="after", channel="email", subject="x", body="y")
    look = Look(company="Tres Ríos", logo_id="0191", logo_type="image/png")  # type: ignore[arg-type]
    found = render(template=template, context={}, look=look)
    (picture,) = [each for tag, each in Tags(found.html).tags if tag == "img"]
    assert (picture["src"], picture["alt"]) == ("cid:logo", "Tres Ríos")
    assert found.logo_id == "0191"


@pytest.mark.parametrize(("accent", "on"), [("#206bc4", "#ffffff"), ("#ffd43b", "#1b2430"), ("#000000", "#ffffff")])
def test_words_on_the_accent_can_be_read(accent: str, on: str) -> None:
    assert Look(accent=accent).on_accent == on


def test_link_colour_is_readable_on_white() -> None:
    assert Look(accent="#ffd43b").link == "#206bc4"
    assert Look(accent="#862e9c").link == "#862e9c"


def test_sms_is_short_plain_text() -> None:
    found = written("*{{ empresa }}*: aún debe {{ total }}. [Pague]({{ liga_de_pago }})", channel="sms",
                    empresa="Tres Ríos", total="$1.00", liga_de_pago="https://p.example/1")  # fmt: skip
    assert found == Rendered(text="Tres Rios: aun debe $1.00. Pague https://p.example/1")


def test_whatsapp_keeps_its_marks_and_numbers_its_values() -> None:
    template = Template(
        purpose="after",
        channel="whatsapp",
        provider_name="aviso",
        body="*{{ empresa }}*: {{ total }} {{ empresa }} {{ vencimiento }}.",
    )
    found = render(template=template, context={"empresa": "A\nB", "total": "$1"}, look=LOOK)
    assert found.provider_template == "aviso"
    assert found.parameters == ("A B", "$1", "-")  # WhatsApp refuses empty ones and line feeds
    assert found.text.startswith("*A")
    template.provider_name = ""
    assert render(template=template, context={}, look=LOOK).parameters == ()


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 153, "GSM-7", 307, 3),
        ("ñ¿¡éü", "GSM-7", 5, 1),
        ("á" * 70, "UCS-2", 70, 1),
        ("á" * 71, "UCS-2", 71, 2),
        ("á" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
    ],
)
def test_parts_of_a_text_message(text: str, encoding: str, units: int, parts: int) -> None:
    assert sms.segments(text) == sms.Segments(encoding, units, parts)


def test_plain_letters_cost_less_and_others_stay() -> None:
    assert sms.plain("Así “es” él… ñandú") == 'Asi "es" él... ñandu'
    assert sms.plain("Así 😀") == "Así 😀"


@pytest.mark.parametrize("key", builtins())
def test_the_words_of_the_house_are_templates(key: str) -> None:
    template = builtins()[key].template()
    check(words=Words(**{field: getattr(template, field) for field in Words.__slots__}))
    assert len(key) <= 60
    for count in ("1", "2"):
        context = {**example_context(purpose=template.purpose, channel=template.channel), "cuantos": count}
        full = render(template=template, context=context, look=LOOK)
        bare = render(template=template, context=LITTLE, look=LOOK)
        for found in (full, bare):
            assert found.text.strip()
            assert "{" not in found.subject + found.text
            assert bool(found.subject) == (template.channel in (Channel.EMAIL, Channel.LETTER))
            assert bool(found.html) == (template.channel == Channel.EMAIL)
            assert not re.search(r"  |\s[,.;]|,\s*,", found.subject)
        if template.channel == Channel.SMS:
            assert sms.segments(full.text) == sms.Segments("GSM-7", len(full.text), 1)


def test_every_occasion_has_words_in_both_languages() -> None:
    spoken = {key.rsplit(".", 1)[0] for key in builtins() if key.endswith(".es")}
    assert spoken == {key.rsplit(".", 1)[0] for key in builtins() if key.endswith(".en")}
    only_mail = {Purpose.ORDER, Purpose.DOCUMENT}  # they leave by e-mail only: they have words for nothing else
    assert {f"{purpose}.neutral.email" for purpose in only_mail} <= spoken
    for purpose in set(Purpose.values) - only_mail:
        for channel in ("email", "sms", "whatsapp"):
            assert f"{purpose}.neutral.{channel}" in spoken
    for tone in ("friendly", "firm"):
        assert f"after.{tone}.email" in spoken
    names = [(each.name, key[-2:]) for key, each in builtins().items()]
    assert len(set(names)) == len(names)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="*_[]()-•ab \n<&.:/htps\ue000\ue0010", max_size=80), st.text(max_size=20))
def test_any_words_come_out_as_wellformed_html(body: str, value: str) -> None:
    found = written(f"x {body} {{{{ cliente }}}}", cliente=value)
    stack: list[str] = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("br", "meta", "img"):
                stack.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert stack.pop() == tag

    Balance(convert_charrefs=True).feed(found.html)
    assert stack == []
