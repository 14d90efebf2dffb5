"""The language of templates: what it refuses and where, what it can reach (nothing), and that it never hangs."""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from liquid.exceptions import LiquidError

from aldia.messaging import scanning, templating, tree
from aldia.messaging.placeholders import PLACEHOLDERS, ROW_FIELDS, ROWS, allowed_names, example_context
from aldia.messaging.scanning import TemplateError, names_in, statements
from aldia.messaging.templating import MAX_OUTPUT, check_source, evaluate

NAMES = allowed_names(purpose="after", channel="email")
SECRET = "clave-secreta-7Q"
ROUNDS = int(os.environ.get("ALDIA_FUZZ", "1500"))  # by hand: ALDIA_FUZZ=100000
SLOW_SECONDS = 0.05


def filled(source: str, **context: object) -> str:
    text, values = evaluate(source, context, NAMES)
    return values.fill(text, lambda _name, value: value)


def refusal(source: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        check_source(source, NAMES)
    return caught.value


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Hola {{ cliente }}", "Hola Güera"),
        ("{{cliente}}", "Güera"),
        ("{{ cliente | upcase }}", "GÜERA"),
        ("{{ contacto | default: cliente }}", "Güera"),
        ("{{ contacto | default: 'amigo' | upcase }}", "AMIGO"),
        ("{% if contacto %}a{% else %}b{% endif %}", "b"),
        ("{% if contacto %}a{% elsif cliente == 'Güera' %}b{% endif %}", "b"),
        ("{% unless contacto %}sin{% endunless %}", "sin"),
        ("{% if cliente contains 'üe' and total != '' %}x{% endif %}", "x"),
        ("{% for f in documentos %}[{{ f.folio }}]{% endfor %}", "[1][2]"),
        ("{% if documentos %}hay{% endif %}", "hay"),
        ("a\n{% if contacto %}\nb\n{% endif %}\nc", "a\nc"),
        ("}} %} { { cliente } }", "}} %} { { cliente } }"),
    ],
)
def test_what_it_says(source: str, said: str) -> None:
    check_source(source, NAMES)
    assert filled(source, cliente="Güera", total="$1", contacto="", documentos=[{"folio": "1"}, {"folio": "2"}]) == said


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("Hola\n{{ clinte }}", 2, "¿Quisiste decir «cliente»?"),
        ("{{ liga }}", 1, "¿Quisiste decir «liga_de_pago»?"),
        ("{% for f in documentos %}\n{{ f.foli }}\n{% endfor %}", 2, "¿Quisiste decir «f.folio»?"),
        ("{{ cliente.secreto }}", 1, "no existe el dato"),
        ("{{ documentos.size }}", 1, "no existe el dato"),
        ("{{ fila.folio }}", 1, "no existe el dato"),
        ("{{ forloop.index }}", 1, "no existe el dato"),
        ("{{ now }}", 1, "no existe el dato"),
        ("a\n\n{% include 'x' %}", 3, "«include» no se puede usar"),
        ("{% render 'x' %}", 1, "«render» no se puede usar"),
        ("{% assign x = 'a' %}", 1, "«assign» no se puede usar"),
        ("{% capture x %}{% endcapture %}", 1, "«capture» no se puede usar"),
        ("{% raw %}{{ x }}{% endraw %}", 1, "«raw» no se puede usar"),
        ("{% liquid echo 'a' %}", 1, "«liquid» no se puede usar"),
        ("{% tablerow x in documentos %}{% endtablerow %}", 1, "«tablerow» no se puede usar"),
        ("{% # nota %}", 1, "No se entiende"),
        ("{{ cliente | ljust: 100000000 }}", 1, "«| ljust» no existe"),
        ("{{ cliente | default }}", 1, "lleva otra cosa después"),
        ("{{ cliente | upcase: 'x' }}", 1, "lleva otra cosa después"),
        ("{{ cliente | default: x: 'y' }}", 1, "lleva otra cosa después"),
        ("{{ documentos }}", 1, "escribe {{ tabla }}"),
        ("{{ tabla | upcase }}", 1, "«tabla» va sola"),
        ("{% for i in (1..1000000000) %}x{% endfor %}", 1, "No se entiende"),
        ("{% for i in cliente %}x{% endfor %}", 1, "«for» solo recorre documentos"),
        ("{% for f in documentos limit:1 %}x{% endfor %}", 1, "«for» solo recorre documentos"),
        ("{% for f in documentos reversed %}x{% endfor %}", 1, "«for» solo recorre documentos"),
        ("{% for cliente in documentos %}x{% endfor %}", 1, "usa otro nombre"),
        ("{% for a in documentos %}{% for b in documentos %}{% endfor %}{% endfor %}", 1, "dentro de otro"),
        ("{% if total > 5 %}x{% endif %}", 1, "No se entiende"),
        ("{% if total == 5 %}x{% endif %}", 1, "No se entiende"),
        ("{% if total == empty %}x{% endif %}", 1, "No se entiende"),
        ("{{ 5 }}", 1, "No se entiende"),
        ("{{ cliente[0] }}", 1, "No se entiende"),
        ('{{ ["cliente"] }}', 1, "No se entiende"),
        ("{{- cliente -}}", 1, "No se entiende"),
        ("x\n{{ }}", 2, "No se entiende"),
        ("x\n{{ cliente", 2, "no se cierra"),
        ("x\n{% if cliente %}\ny", 2, "falta {% endif %}"),
        ("x\n{% endfor %}", 2, "sobra un {% endfor %}"),
        ("{% if cliente }} x %}{% endif %}", 1, "No se entiende"),
        ("{% if cliente %}" * 9 + "{% endif %}" * 9, 1, "anidadas"),
        ("{{ cliente }}" * 151, 0, "demasiados datos"),
        ("x" * 10_001, 0, "demasiado larga"),
        ("{% for f in documentos %}" + "{{ f.folio }}" * 30 + "{% endfor %}", 1, "demasiado para cada documento"),
    ],
)
def test_what_it_refuses_and_where(source: str, line: int, words: str) -> None:
    error = refusal(source)
    assert words in error.sentence
    assert error.line == line
    assert str(error).startswith(f"Línea {line}: ") == bool(line)


def test_a_name_of_another_purpose_is_refused() -> None:
    check_source("{{ pagado }}", allowed_names(purpose="receipt", channel="email"))
    with pytest.raises(TemplateError):
        check_source("{{ pagado }}", allowed_names(purpose="before", channel="email"))
    with pytest.raises(TemplateError):
        check_source("{{ tabla }}", allowed_names(purpose="after", channel="sms"))


def test_the_parser_itself_would_let_more_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without our list a template reads what it was not given and counts what it likes."""
    monkeypatch.setattr(tree.Walk, "nodes", lambda *_arguments: 0)
    templating._compiled.cache_clear()
    assert filled("{% for f in documentos %}{{ forloop.length }}{% endfor %}", documentos=[{}]) == ""
    check_source("{{ cualquier.cosa }}", NAMES)
    templating._compiled.cache_clear()


def test_what_is_not_in_the_registry_never_gets_in() -> None:
    class Loot(str):
        secret = SECRET

    context = {"cliente": Loot("Güera"), "secreto": SECRET, "documentos": [{"folio": "1", "clave": SECRET}]}
    plain = templating._plain(context, NAMES)
    assert set(plain) == NAMES
    assert set(plain[ROWS][0]) <= set(ROW_FIELDS)
    assert SECRET not in repr(plain)


def test_a_template_from_the_table_is_checked_again_when_it_is_filled() -> None:
    with pytest.raises(TemplateError):
        evaluate("{{ clave }}", {"clave": SECRET}, NAMES)


def test_output_has_an_end() -> None:
    rows = [{"folio": "x" * 2000}] * 100
    with pytest.raises(TemplateError, match="demasiado largo"):
        filled("{% for f in documentos %}{{ f.folio }}{% endfor %}", documentos=rows)
    with pytest.raises(TemplateError, match="demasiado largo"):
        filled("{{ cliente }}" * 100, cliente="x" * 1000)
    source = "{% for f in documentos %}" + "x" * 3000 + "{% endfor %}"
    with pytest.raises(TemplateError):
        filled(source, documentos=rows)


def test_tokens_are_ours_alone() -> None:
    """A source or a value that writes our marks gets neither somebody else's value nor braces joined together."""
    assert filled("\ue0000\ue001{{ cliente }}", cliente="\ue0001\ue001Z") == "�0��1�Z"
    assert "{�{ cliente }}" in filled("{\ue000{ cliente }}", cliente="no")
    assert filled("{{ cliente }}", cliente="a\x00b\u2028c\x85d\ud800e\tf\ng") == "a�b�c�d�e\tf\ng"


def test_names_in_order_for_an_approved_template() -> None:
    assert names_in("{{ empresa }} {{ total | upcase }} {{ empresa }} {{cliente}}") == ["empresa", "total", "cliente"]


PIECES = [
    "{{", "}}", "{%", "%}", " ", "\n", "|", ":", ".", ",", "==", "!=", "<>", "'", '"', "-", "x", "á", "0", "9" * 30,
    "if", "endif", "elsif", "else", "unless", "endunless", "for", "endfor", "in", "and", "or", "not", "contains",
    "documentos", "cliente", "fila", "fila.folio", "tabla", "secreto", "clave", "__class__", "self", "now", "forloop",
    "(1..999999999)", "[", "]", "(", ")", "assign", "capture", "include", "render", "raw", "comment", "cycle",
    "increment", "tablerow", "liquid", "echo", "upcase", "default", "append", "split", "join", "map", "where", "size",
    "first", "nil", "true", "empty", "blank", "limit:", "offset:", "reversed", "\ue000", "\ue001", "\x00",
    "{{ cliente }}",
    "{% if cliente %}", "{% endif %}", "{% for fila in documentos %}", "{% endfor %}", "{{ fila.saldo }}",
    "{{ fila.clave }}", "{{ documentos.first.clave }}", "{{ secreto }}", "{% else %}",
]  # fmt: skip
CONTEXT = {
    **example_context(purpose="after", channel="email"),
    "secreto": SECRET,
    "clave": SECRET,
    "self": SECRET,
    ROWS: [{"folio": "F1", "saldo": "$1", "clave": SECRET, "__class__": SECRET}] * 100,
}


def try_it(source: str) -> bool:
    """Neither leaks, nor hangs, nor fails with anything but its own refusal; whether it was accepted.

    The best of three times counts: others use the CPU too.
    """
    seconds = []
    for _round in range(3):
        templating._compiled.cache_clear()
        started = time.thread_time()
        try:
            text, values = evaluate(source, CONTEXT, NAMES)
        except TemplateError as error:
            text, said = "", str(error)
        else:
            said = values.fill(text, lambda _name, value: value)
        seconds.append(time.thread_time() - started)
        if seconds[-1] < SLOW_SECONDS:
            break
    assert SECRET not in said
    assert len(said) <= MAX_OUTPUT
    assert min(seconds) < SLOW_SECONDS, repr(source)
    return bool(text)


def test_grammar_fuzz() -> None:
    """Rubble of the language; nearly all of it is refused."""
    dice = random.Random(20261121)
    for _round in range(ROUNDS):
        count = dice.choice((3, 10, 40, 400))
        try_it("".join(dice.choice(PIECES) for _piece in range(dice.randint(1, count))))


def grown(dice: random.Random, depth: int, names: list[str]) -> str:
    """A template as the grammar allows it, over names that may not be."""

    def operand() -> str:
        return dice.choice([*names, *names, "'a'", '"$1"', "nil"])

    def output() -> str:
        filters = "".join(
            dice.choice([" | upcase", " | strip", f" | default: {operand()}"]) for _n in range(dice.randint(0, 2))
        )
        return "{{ " + dice.choice(names) + filters + " }}"

    parts = []
    for _part in range(dice.randint(1, 6)):
        kind = dice.choice(["text", "output", "output", "if", "for"])
        if kind == "text" or (depth == 0 and kind != "output"):
            parts.append(dice.choice(["Hola ", "\n\n", "*", "- a\n", "<b>"]))
        elif kind == "output":
            parts.append(output())
        elif kind == "if":
            test = f"{operand()} {dice.choice(['==', '!=', 'contains', 'and', 'or'])} {operand()}"
            middle = "{% else %}" + grown(dice, depth - 1, names) if dice.random() < 0.5 else ""
            parts.append("{% if " + test + " %}" + grown(dice, depth - 1, names) + middle + "{% endif %}")
        else:
            inner = grown(dice, depth - 1, [*names, "fila.folio", "fila.saldo"])
            parts.append("{% for fila in documentos %}" + inner + "{% endfor %}")
    return "".join(parts)


def test_fuzz_of_what_the_grammar_allows() -> None:
    """Templates that parse: some over names that exist, some that reach for what does not; some with a piece torn."""
    dice = random.Random(7)
    accepted = 0
    for turn in range(ROUNDS // 2):
        names = ["cliente", "total", "contacto", "tabla"]
        if turn % 3 == 0:
            names += ["secreto", "documentos.first.clave", "fila.clave", "cliente.size"]
        source = grown(dice, 3, names)
        if turn % 5 == 0:
            cut = dice.randrange(len(source))
            source = source[:cut] + dice.choice(PIECES) + source[cut + 1 :]
        accepted += try_it(source)
    assert ROUNDS // 20 < accepted < ROUNDS // 2


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=60).map("".join))
def test_grammar_fuzz_with_a_shrinking_adversary(source: str) -> None:
    try_it(source)


IN_LOOP = "{% for f in documentos %}" + "{{ f.folio | upcase | downcase | strip }}" * 7 + "{% endfor %}"
HOSTILE = [
    "{{ " * 3300,
    "{{" + " " * 9990,
    "{%" + "-" * 9990,
    "{{ '" + "x" * 9000,
    ("{{ " + "'" * 150 + " }}") * 60,
    ("{{" + " " * 150 + "x }}") * 60,
    ("{{ " + "a" * 150 + " }}") * 60,
    ("{{ " + "|" * 150 + " }}") * 60,
    ("{{ " + "cliente|" * 18 + "upcase }}") * 60,
    ("{{ cliente" + "|upcase" * 20 + " }}") * 65,
    ("{{ " + "a." * 70 + "a }}") * 60,
    "{% if " + "cliente or " * 13 + "cliente %}x{% endif %}",
    ("{% if cliente contains cliente and cliente contains cliente and cliente contains total %}x{% endif %}") * 70,
    "{% if cliente %}" * 700,
    "{% if cliente %}{% elsif total %}" + "{% elsif total %}" * 140 + "{% endif %}",
    "{% else %}" * 149,
    IN_LOOP * 3,
    "{% for f in documentos %}{% if f.folio contains f.folio %}{{ f.saldo }}{% endif %}{% endfor %}" * 3,
    "*" * 9999,
    "[" * 9999,
    "\n" * 9999,
    "%}" * 4000,
]


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_hangs(source: str) -> None:
    try_it(source)


def test_the_limits_are_what_keeps_it_from_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: the parser alone takes long over a few kilobytes that are never closed."""
    started = time.thread_time()
    with pytest.raises(TemplateError):
        list(statements("{{ " * 3300))
    ours = time.thread_time() - started
    started = time.thread_time()
    with suppress(LiquidError):
        list(templating._SANDBOX.tokenizer()("{{ " * 3300))
    alone = time.thread_time() - started
    assert alone > 5 * ours


def test_every_placeholder_explains_itself() -> None:
    assert len({each.name for each in PLACEHOLDERS}) == len(PLACEHOLDERS)
    for each in PLACEHOLDERS:
        assert each.description
        assert each.example or each.name == "tabla"
        assert scanning.inert(each.example) == each.example
