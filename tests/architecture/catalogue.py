"""The texts of the pages and their English catalogue, without the gettext programs.

`python -m tests.architecture.catalogue` says what is missing; with `--write` (that is `make messages`) it adds new
texts to the catalogue, untranslated, and drops those that no page shows any more. Source texts are Spanish.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tests.architecture.source import PACKAGE, dotted

ENGLISH = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.po"
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
LITERAL = r"u?(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"
IN_TEMPLATE = re.compile(rf"\b(n?p?gettext|_)\(\s*{LITERAL}(?:\s*,\s*{LITERAL})?")
# Lines of the head that change by themselves or say nothing.
NOISE = re.compile(r'^"(POT-|PO-|Project-Id|Report-Msgid|Last-Translator|Language-Team|Generated-By)')
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")

Text = tuple[str | None, str, str | None]  # context, singular, plural


def texts(package: Path = PACKAGE) -> dict[Text, list[str]]:
    """Every text that pages show, with the files that it stands in."""
    found: dict[Text, list[str]] = {}
    for path in sorted(package.rglob("*")):
        name = path.relative_to(package).as_posix()
        if path.suffix == ".py" and "migrations" not in path.parts:
            origin = of_python(path.read_text(encoding="utf-8"))
        elif path.suffix in (".html", ".txt") and "templates" in path.parts:
            origin = of_template(path.read_text(encoding="utf-8"))
        else:
            continue
        for text in origin:
            found.setdefault(text, []).append(name)
    return {text: sorted(set(names)) for text, names in found.items()}


def of_python(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (name := dotted(node.func).split(".")[-1]) in CALLS:
            literals = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if literals:
                yield text_of(name.removesuffix("_lazy").removesuffix("_noop"), literals)


def of_template(source: str) -> Iterator[Text]:
    for name, *quoted in IN_TEMPLATE.findall(templatize(source)):
        yield text_of(name, [ast.literal_eval(part) for part in quoted if part])


def text_of(call: str, literals: list[str]) -> Text:
    if call == "ngettext" and len(literals) > 1:
        return None, literals[0], literals[1]
    if call == "pgettext" and len(literals) > 1:
        return literals[0], literals[1], None
    return None, literals[0], None


def catalogue() -> Catalog:
    if not ENGLISH.is_file():
        return Catalog(locale="en", fuzzy=False)
    with ENGLISH.open("rb") as stream:
        return read_po(stream, locale="en")


def untranslated(shown: dict[Text, list[str]], english: Catalog) -> list[str]:
    """Texts without an English one, or whose English one has lost or gained a placeholder."""
    problems = []
    for (context, singular, plural), names in sorted(shown.items(), key=lambda item: (item[1], str(item[0]))):
        message = english.get(singular, context)
        given = message.string if message else ""
        wanted = [singular, plural] if plural else [singular]
        forms = list(given) if isinstance(given, tuple) else [given]
        if len(forms) != len(wanted) or not all(forms) or (message and message.fuzzy):
            problems.append(f"{names[0]}: {singular!r} has no English text")
        elif placeholders(wanted[-1]) != placeholders(forms[-1]):
            problems.append(f"{names[0]}: {singular!r} and its English text differ in placeholders")
    return problems


def placeholders(text: str) -> list[str]:
    return sorted(match.group(0) for match in PLACEHOLDER.finditer(text.replace("%%", "")))


def updated(shown: dict[Text, list[str]], old: Catalog) -> Catalog:
    """The catalogue of what is shown now, keeping what was translated."""
    new = Catalog(locale="en", header_comment="# English texts of Aldía.", fuzzy=False)
    for (context, singular, plural), names in sorted(shown.items(), key=lambda item: (item[1], str(item[0]))):
        known = old.get(singular, context)
        string = known.string if known else ""
        if plural and not isinstance(string, tuple):
            string = (string, string)
        elif not plural and isinstance(string, tuple):
            string = string[0]
        new.add(
            (singular, plural) if plural else singular,
            string,
            locations=[(name, "") for name in names],
            context=context,
        )
    return new


def write(new: Catalog, path: Path = ENGLISH) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = io.BytesIO()
    write_po(written, new, width=120, omit_header=False, include_lineno=False)
    kept = [line for line in written.getvalue().decode("utf-8").splitlines() if not NOISE.match(line)]
    path.write_text("\n".join(kept).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    if "--write" in sys.argv:
        write(updated(texts(), catalogue()))
    missing = untranslated(texts(), catalogue())
    sys.stdout.write("\n".join([*missing, f"{len(texts())} texts, {len(missing)} without English"]) + "\n")
