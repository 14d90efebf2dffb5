"""The language of templates: Liquid over a flat context of text, with nothing in it that could reach, grow or hang.

python-liquid parses; before it sees a template, a linear scan bounds what there is to parse (`scanning`), and after it
every node of the tree must be on a list (`tree`). What is left: `{{ name | filter }}`, if/elsif/else/unless, and one
level of `for` over the rows of `documentos`. No assignment, no inclusion, no attribute of anything, no range, no
arithmetic: the output is at most what is written, times the rows, times the values.

A value never becomes markup: what `{{ … }}` puts out is a token (`Values`) that whoever draws the text replaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TextIO

from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment, RenderContext
from liquid.builtin.content import Literal
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.for_tag import ForTag
from liquid.builtin.tags.if_tag import IfTag
from liquid.builtin.tags.unless_tag import UnlessTag
from liquid.exceptions import LiquidError

from aldia.domain.sentences import quoted
from aldia.messaging.placeholders import ROW_FIELDS, ROWS
from aldia.messaging.scanning import (
    CLOSE,
    MAX_DEPTH,
    OPEN,
    TemplateError,
    inert,
    refuse_unknown_tags,
    statements,
    written_plainly,
)
from aldia.messaging.tree import FILTERS, MAX_LOOPS, Walk, line_at

MAX_ROWS = 100
MAX_OUTPUT = 64 * 1024
TOKEN = re.compile(f"{OPEN}([0-9]+){CLOSE}")
VALUES = "\0values"


@dataclass(slots=True)
class Values:
    """The values that one rendering put out, by the number of their token: (placeholder or "", value)."""

    found: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0

    def token(self, name: str, value: str) -> str:
        self.size += len(value)
        if self.size > MAX_OUTPUT:
            raise _too_long()
        self.found.append((name, value))
        return f"{OPEN}{len(self.found) - 1}{CLOSE}"

    def fill(self, text: str, say: Callable[[str, str], str]) -> str:
        """The text with each token replaced by `say(name, value)`."""
        return TOKEN.sub(lambda match: say(*self.found[int(match.group(1))]), text)


def check_source(source: str, allowed: Collection[str], *, field: str = "body") -> None:
    """Raise `TemplateError` unless the source is a template over these names and nothing else."""
    try:
        refuse_unknown_tags(list(statements(source)))
        Walk(allowed).nodes(_parsed(written_plainly(source)).nodes, {})
    except TemplateError as error:
        error.field = field
        raise
    except LiquidError as error:
        raise _as_ours(source, error, field) from error
    except RecursionError as error:  # the depth is bounded long before; this is the net below
        raise TemplateError(_("Tiene demasiadas condiciones anidadas."), field=field) from error


def evaluate(source: str, context: Mapping[str, Any], allowed: Collection[str]) -> tuple[str, Values]:
    """The text with tokens for its values. Checks the source again: what is in a table is not trusted either."""
    template = _compiled(source, frozenset(allowed))
    values = Values()
    try:
        text = template.render({**_plain(context, allowed), VALUES: values})
    except LiquidError as error:
        raise _as_ours(source, error, "body") from error
    if len(text) + values.size > MAX_OUTPUT:
        raise _too_long()
    return text, values


class _Marked(OutputNode):
    """`{{ … }}` puts out a token; the value stays aside."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        values: Values = context.globals[VALUES]  # type: ignore[assignment]
        if not isinstance(value, str):
            return 0
        left = self.expression.left if isinstance(self.expression, FilteredExpression) else None
        return buffer.write(values.token(str(left) if isinstance(left, Path) else "", value))


class _MarkedOutput(Output):
    node_class = _Marked


class _Sandbox(Environment):
    """Only what is registered here exists."""

    block_nesting_limit = MAX_DEPTH + 1
    context_depth_limit = 8
    loop_iteration_limit = MAX_LOOPS * MAX_ROWS + 1
    local_namespace_limit = 0
    output_stream_limit = MAX_OUTPUT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (Literal, _MarkedOutput, Illegal, IfTag, UnlessTag, ForTag):
            self.add_tag(tag)
        for name, (_arguments, act) in FILTERS.items():
            self.add_filter(name, act)


_SANDBOX = _Sandbox()


@lru_cache(maxsize=512)
def _compiled(source: str, allowed: frozenset[str]) -> BoundTemplate:
    check_source(source, allowed)
    return _parsed(written_plainly(source, swallow=True))


def _parsed(source: str) -> BoundTemplate:
    try:
        return _SANDBOX.from_string(source)
    except LiquidError as error:
        if isinstance(error.__cause__, RecursionError):
            raise error.__cause__ from None
        raise


def _plain(context: Mapping[str, Any], allowed: Collection[str]) -> dict[str, Any]:
    """The context as a template sees it: allowed names only, text only; what is empty is nothing (and so «no»)."""
    found: dict[str, Any] = dict.fromkeys(allowed)
    for name, value in context.items():
        if name not in found:
            continue
        if isinstance(value, str):
            found[name] = inert(value) or None
        elif name == ROWS:
            found[name] = [_row(row) for row in value[:MAX_ROWS]] or None
    return found


def _row(row: Mapping[str, str]) -> dict[str, str | None]:
    return {name: inert(value) or None for name in ROW_FIELDS if isinstance(value := row.get(name, ""), str)}


def _too_long() -> TemplateError:
    return TemplateError(_("El mensaje sale demasiado largo."))


def _as_ours(source: str, error: LiquidError, field: str) -> TemplateError:
    """What the parser did not like, in Spanish: what is likely missing, else the line it stands on."""
    tags = [each for each in statements(source) if not each.is_output]
    for word in ("if", "unless", "for"):
        opened = [each for each in tags if each.inner.split(" ", 1)[0] == word]
        closed = [each for each in tags if each.inner == f"end{word}"]
        if len(opened) > len(closed):
            why = _("falta {%% end%(tag)s %%} para cerrar un «%(tag)s».") % {"tag": word}
            return TemplateError(why, line=opened[-1].line, field=field)
        if len(opened) < len(closed):
            return TemplateError(_("sobra un {%% end%(tag)s %%}.") % {"tag": word}, line=closed[-1].line, field=field)
    line = line_at(error.token) if error.token is not None else 0
    lines = source.splitlines()
    shown = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return TemplateError(_("No se entiende «%(text)s».") % {"text": quoted(shown, 60)}, line=line, field=field)
