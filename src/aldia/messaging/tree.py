"""The list of what may stand in a template: every node and expression that the parser found must be on it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _
from liquid.ast import BlockNode, ConditionalBlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import (
    BooleanExpression,
    Filter,
    FilteredExpression,
    Path,
    PositionalArgument,
    StringLiteral,
)
from liquid.builtin.expressions.logical import (
    ContainsExpression,
    EqExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import Nil
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression

from aldia.domain.sentences import quoted
from aldia.messaging.placeholders import ROW_FIELDS, ROWS, TABLE
from aldia.messaging.scanning import TemplateError

MAX_IN_LOOP = 40
MAX_LOOPS = 3


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


# name -> (how many texts it takes, what it does)
FILTERS: dict[str, tuple[int, Callable[..., str]]] = {
    "upcase": (0, lambda value: _text(value).upper()),
    "downcase": (0, lambda value: _text(value).lower()),
    "capitalize": (0, lambda value: _text(value)[:1].upper() + _text(value)[1:]),
    "strip": (0, lambda value: _text(value).strip()),
    "default": (1, lambda value, other: _text(value) or _text(other)),
}


class Walk:
    """Every node and expression must be one that we know; names must be allowed. `rows`: names of loops around."""

    def __init__(self, allowed: Collection[str]) -> None:
        self.allowed = allowed
        self.loops = 0

    def nodes(self, nodes: list[Node], rows: Mapping[str, int]) -> int:
        return sum(self.node(each, rows) for each in nodes)

    def node(self, node: Node, rows: Mapping[str, int]) -> int:
        """Check it; return how much work it is."""
        if isinstance(node, ContentNode):
            return 1
        if isinstance(node, OutputNode):
            return 1 + self.output(node.expression, rows)
        if isinstance(node, BlockNode):
            return self.nodes(node.nodes, rows)
        if isinstance(node, IfNode | UnlessNode):
            work = self.expression(node.condition, rows) + self.node(node.consequence, rows)
            work += sum(self.node(each, rows) for each in node.alternatives)
            return 1 + work + (self.node(node.default, rows) if node.default else 0)
        if isinstance(node, ConditionalBlockNode):
            return 1 + self.expression(node.expression, rows) + self.node(node.block, rows)
        if isinstance(node, ForNode):
            return self.loop(node, rows)
        raise TemplateError(_("No se entiende «%(text)s».") % {"text": quoted(node.token.value)}, line=_line(node))

    def loop(self, node: ForNode, rows: Mapping[str, int]) -> int:
        each, line = node.expression, _line(node)
        over = each.iterable.path if isinstance(each.iterable, Path) else []
        plain = each.limit is None and each.offset is None and each.cols is None and not each.reversed
        if list(over) != [ROWS] or not plain or ROWS not in self.allowed:
            raise TemplateError(_("«for» solo recorre documentos: {% for fila in documentos %}."), line=line)
        if rows:
            raise TemplateError(_("Un «for» no puede ir dentro de otro."), line=line)
        if each.identifier in self.allowed:
            why = _("«%(name)s» ya es un dato: usa otro nombre, por ejemplo fila.") % {"name": each.identifier}
            raise TemplateError(why, line=line)
        self.loops += 1
        work = self.node(node.block, {each.identifier: line})
        if self.loops > MAX_LOOPS or work > MAX_IN_LOOP:
            raise TemplateError(_("Este «for» hace demasiado para cada documento."), line=line)
        return 1 + work + (self.node(node.default, rows) if node.default else 0)

    def output(self, expression: Expression, rows: Mapping[str, int]) -> int:
        if not isinstance(expression, FilteredExpression):
            raise self.strange(expression)
        work = self.primitive(expression.left, rows)
        path = expression.left.path if isinstance(expression.left, Path) else []
        if list(path) == [ROWS]:
            why = _("«documentos» se recorre con {% for fila in documentos %}, o escribe {{ tabla }}.")
            raise TemplateError(why, line=_line(expression))
        if expression.filters and list(path) == [TABLE]:
            raise TemplateError(_("«tabla» va sola, sin «|»."), line=_line(expression))
        return work + sum(self.filter(each, rows) for each in expression.filters or [])

    def filter(self, found: Filter, rows: Mapping[str, int]) -> int:
        if found.name not in FILTERS:
            shown = ", ".join(FILTERS)
            raise TemplateError(
                _("«| %(name)s» no existe. Se puede: %(known)s.") % {"name": quoted(found.name), "known": shown},
                line=_line(found),
            )
        plain = all(isinstance(each, PositionalArgument) for each in found.args)
        if not plain or len(found.args) != FILTERS[found.name][0]:
            raise TemplateError(_("«| %(name)s» lleva otra cosa después.") % {"name": found.name}, line=_line(found))
        return 1 + sum(self.primitive(each.value, rows) for each in found.args)

    def expression(self, expression: Expression, rows: Mapping[str, int]) -> int:
        if isinstance(expression, BooleanExpression):
            return self.expression(expression.expression, rows)
        if isinstance(expression, LogicalAndExpression | LogicalOrExpression):
            return 1 + self.expression(expression.left, rows) + self.expression(expression.right, rows)
        if isinstance(expression, EqExpression | NeExpression | ContainsExpression):
            return 1 + self.primitive(expression.left, rows) + self.primitive(expression.right, rows)
        return self.primitive(expression, rows)

    def primitive(self, expression: Expression, rows: Mapping[str, int]) -> int:
        if isinstance(expression, Path):
            self.path(expression, rows)
        elif not isinstance(expression, StringLiteral | Nil):
            raise self.strange(expression)
        return 1

    def path(self, expression: Path, rows: Mapping[str, int]) -> None:
        first, *rest = expression.path
        line = _line(expression)
        if first in rows:
            if len(rest) != 1 or rest[0] not in ROW_FIELDS:
                near = f"{first}.{_nearest(str(rest[0]) if rest else '', ROW_FIELDS)}"
                raise TemplateError(_unknown(str(expression), near), line=line)
        elif rest or first not in self.allowed:
            raise TemplateError(_unknown(str(expression), _nearest(str(first), self.allowed)), line=line)

    def strange(self, expression: Expression) -> TemplateError:
        text = quoted(str(expression) or expression.token.value)
        return TemplateError(_("No se entiende «%(text)s».") % {"text": text}, line=_line(expression))


def _nearest(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name[:60].lower(), sorted(known), n=1, cutoff=0)
    return close[0] if close else ""


def _unknown(name: str, near: str) -> str:
    return _("no existe el dato «%(name)s». ¿Quisiste decir «%(near)s»?") % {"name": quoted(name), "near": near}


def _line(part: Any) -> int:
    return line_at(part.token)


def line_at(token: Any) -> int:
    return token.source.count("\n", 0, max(0, token.start_index)) + 1 if token.source else 0
