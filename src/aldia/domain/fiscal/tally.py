"""A running account of what adds up in a document and what does not, and the roundings that SAT prescribes.

Matriz de errores of CFDI 4.0 and of the payments complement (Anexo 20): a product may lie between what its factors
could have been before they were rounded, sums are rounded half up to the decimals of their currency.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Literal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain import money
from aldia.domain.fiscal import values
from aldia.domain.fiscal.errors import quoted
from aldia.domain.fiscal.values import ZERO
from aldia.domain.sentences import gettext_noop

State = Literal["ok", "differs", "not_applicable"]

WIDE = Context(prec=60)
SIX = Decimal("0.000001")
HUNDREDTH = Decimal("0.01")
FINDINGS_LIMIT = 20

DIFFERS = gettext_noop("%(what)s dice %(printed)s y debe ser %(expected)s.")
OUTSIDE = gettext_noop("%(what)s dice %(printed)s y debe estar entre %(low)s y %(high)s.")
EXCEEDS = gettext_noop("%(what)s dice %(printed)s y no puede pasar de %(high)s.")


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure that does not add up. `template` is Spanish, for the message catalogue; `message` is it filled."""

    code: str
    template: str
    params: dict[str, str]

    @property
    def message(self) -> str:
        return self.template % self.params


@dataclass(frozen=True, slots=True)
class ArithmeticReport:
    """`not_applicable` where there is nothing to add up (payroll, files that cannot be read)."""

    state: State
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Tally:
    """Collects findings. `what` names the figure as people know it ("SubTotal", "Concepto 3: Importe")."""

    findings: list[Finding] = field(default_factory=list)

    def equal(self, code: str, what: str, printed: Decimal | None, expected: Decimal) -> None:
        if (printed or ZERO) != expected:
            self._add(code, DIFFERS, what=what, printed=shown(printed), expected=shown(expected))

    def near(self, code: str, what: str, printed: Decimal | None, expected: Decimal, tolerance: Decimal) -> None:
        if abs((printed or ZERO) - expected) > tolerance:
            self._add(code, DIFFERS, what=what, printed=shown(printed), expected=shown(round_to(expected, 6)))

    def between(self, code: str, what: str, printed: Decimal, low: Decimal, high: Decimal) -> None:
        if not low <= printed <= high:
            self._add(code, OUTSIDE, what=what, printed=shown(printed), low=shown(low), high=shown(high))

    def at_most(self, code: str, what: str, printed: Decimal, high: Decimal) -> None:
        if printed > high:
            self._add(code, EXCEEDS, what=what, printed=shown(printed), high=shown(high))

    def report(self) -> ArithmeticReport:
        return ArithmeticReport("differs" if self.findings else "ok", tuple(self.findings))

    def _add(self, code: str, template: str, **params: str) -> None:
        if len(self.findings) < FINDINGS_LIMIT:
            self.findings.append(Finding(code, template, {name: quoted(value) for name, value in params.items()}))


def shown(value: Decimal | None) -> str:
    """As people read it: at least two decimals, no zeros after them."""
    if value is None:
        return "nada"
    whole, _, cents = f"{value:f}".partition(".")
    return f"{whole}.{cents.rstrip('0').ljust(2, '0')}"


def round_to(value: Decimal, places: int) -> Decimal:
    """Half up, as SAT rounds every figure."""
    return value.quantize(Decimal((0, (1,), -places)), ROUND_HALF_UP, WIDE)


def places_of(value: Decimal) -> int:
    """Decimals as printed."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def decimals(currency: str) -> int:
    return 0 if currency == values.NO_CURRENCY else money.exponent(currency)


def half_unit(places: int) -> Decimal:
    """Half of the last printed place: how far the figure may be from what it was before it was rounded."""
    return Decimal((0, (5,), -places - 1))


def product_limits(left: Decimal, right: Decimal, places: int) -> tuple[Decimal, Decimal]:
    """Between what the product of two printed (so rounded) figures may lie, printed with `places` decimals."""
    unit = Decimal((0, (1,), -places))
    some, other = half_unit(places_of(left)), half_unit(places_of(right))
    low = WIDE.multiply(max(left - some, ZERO), max(right - other, ZERO)).quantize(unit, ROUND_FLOOR, WIDE)
    high = WIDE.multiply(left + some, right + other).quantize(unit, ROUND_CEILING, WIDE)
    return low, high


def number(element: _Element, name: str) -> Decimal:
    """A number of the document, zero where it is missing. Raises `BadNumber`."""
    return values.optional_number(element, name, element.tag.rpartition("}")[2]) or ZERO
